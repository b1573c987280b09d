package handler

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/nativeauth/nativeauth/internal/flow"
)

// How long a step may take: a store that keeps to its context gives up after stepTimeout; one that
// does not is answered for after stuckTimeout. Both are within the 2 s that a caller is promised.
const (
	stepTimeout  = 1600 * time.Millisecond
	stuckTimeout = 1750 * time.Millisecond
)

// endpoint turns a step of the engine into an endpoint of the native API.
func endpoint[Req, Resp any](
	read func(form, *flow.Client) Req, step func(context.Context, Req) (Resp, error), write func(Resp) any,
) func(*exchange) (any, error) {
	return identified(readForm, (*exchange).public, func(_ *exchange, ctx context.Context, f form, c *flow.Client) (any, error) {
		resp, err := step(ctx, read(f, c))
		if err != nil {
			return nil, err
		}
		return write(resp), nil
	})
}

// identified turns a function into an endpoint: read gets what was sent, and who the client. Nothing else in
// this package reads a body or asks who the client is, but logout.
func identified[C any](
	read func(http.ResponseWriter, *http.Request) (form, error), who func(*exchange, context.Context, form) (C, error),
	serve func(*exchange, context.Context, form, C) (any, error),
) func(*exchange) (any, error) {
	return func(x *exchange) (any, error) {
		f, err := read(x.w, x.r)
		x.correlate(f.CorrelationID)
		x.sent = f.ContinuationToken
		if err != nil {
			return nil, err
		}
		if x.auth.cfg.Legacy.StrictCapabilities {
			f.sku = "" // no library is an exception
		}
		defer x.watch()()
		ctx, cancel := x.stepContext()
		defer cancel()
		c, err := who(x, ctx, f)
		if err != nil {
			return nil, err
		}
		ctx = flow.WithCaller(ctx, x.caller()) // anew, now that it is known whose server may call
		return serve(x, withLocales(ctx, f.Locales), f, c)
	}
}

// stepContext is the context of a step. A caller that hangs up does not stop a step half-way.
func stepContext(r *http.Request) (context.Context, context.CancelFunc) {
	return stepWithin(r.Context(), r)
}

// stepContext is that of the exchange, which has a trail of what is to be told.
func (x *exchange) stepContext() (context.Context, context.CancelFunc) {
	return stepWithin(flow.WithCaller(x.stepping(), x.caller()), x.r)
}

func stepWithin(ctx context.Context, r *http.Request) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithValue(context.WithoutCancel(ctx), requestKey{}, r), stepTimeout)
}

// watch answers for a step that does not come back in time, because a store of the host ignores its
// context. The step goes on by itself, and what it says then is dropped. The function that watch
// returns ends it.
func (x *exchange) watch() (stop func()) {
	t := time.AfterFunc(stuckTimeout, func() {
		defer func() { _ = recover() }() // of a Logger, say: nobody else would catch it here
		defer x.report()
		x.mu.Lock()
		defer x.mu.Unlock()
		if x.answered {
			return
		}
		// The connection is of no use as long as the step holds it.
		x.w.Header().Set("Connection", "close")
		x.fail(fmt.Errorf("no answer in %v", stuckTimeout))
		_ = http.NewResponseController(x.w).Flush() // without it the answer waits for the step
	})
	return func() { t.Stop() }
}

// run runs a route, in which a host's code may panic.
func (x *exchange) run(route route) (body any, err error) {
	defer recovered(&err)
	return route.serve(x)
}

// recovered, when deferred, makes an error of a panic.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: %v\n%s", errPanic, p, debug.Stack())
	}
}

// public returns the client of a call of the native API: one that keeps no secret. What else it sends is not
// looked at.
func (x *exchange) public(_ context.Context, f form) (*flow.Client, error) {
	c, err := x.auth.find(f.ClientID)
	switch {
	case err != nil:
		return nil, err
	case c.config.confidential():
		return nil, errConfidential
	}
	x.known(c.config.ID)
	return &c.flow, nil
}

// find returns the client of an id, whoever says so.
func (a *Auth) find(id string) (client, error) {
	if !isClientID(id) {
		return client{}, errClientID
	}
	c, ok := a.clients[id]
	switch {
	case !ok:
		return client{}, errClient
	case c.config.Disabled:
		return client{}, errDisabled
	}
	return c, nil
}

// isClientID tells whether s has the form of a client id: 1 to 128 unreserved characters of a URL.
func isClientID(s string) bool {
	if s == "" || len(s) > 128 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z':
		case c == '.', c == '_', c == '~', c == '-':
		default:
			return false
		}
	}
	return true
}
