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

// endpoint turns a step of the engine into an endpoint. Nothing else in this package reads a body or
// asks who the client is, but the standard endpoints and logout.
func endpoint[Req, Resp any](
	read func(form, *flow.Client) Req, step func(context.Context, Req) (Resp, error), write func(Resp) any,
) func(*exchange) (any, error) {
	return func(x *exchange) (any, error) {
		f, err := readForm(x.w, x.r)
		x.correlate(f.CorrelationID)
		if err != nil {
			return nil, err
		}
		if x.auth.cfg.Legacy.StrictCapabilities {
			f.sku = "" // no library is an exception
		}
		client, err := x.auth.client(f.ClientID)
		if err != nil {
			return nil, err
		}
		defer x.watch()()
		ctx, cancel := stepContext(x.r)
		defer cancel()
		resp, err := step(ctx, read(f, client))
		if err != nil {
			return nil, err
		}
		return write(resp), nil
	}
}

// stepContext is the context of a step. A caller that hangs up does not stop a step half-way.
func stepContext(r *http.Request) (context.Context, context.CancelFunc) {
	ctx := context.WithValue(context.WithoutCancel(r.Context()), requestKey{}, r)
	return context.WithTimeout(ctx, stepTimeout)
}

// watch answers for a step that does not come back in time, because a store of the host ignores its
// context. The step goes on by itself, and what it says then is dropped. The function that watch
// returns ends it.
func (x *exchange) watch() (stop func()) {
	t := time.AfterFunc(stuckTimeout, func() {
		defer func() { _ = recover() }() // of a Logger, say: nobody else would catch it here
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

// client returns the client of an id, if it may call.
func (a *Auth) client(id string) (*flow.Client, error) {
	if !isClientID(id) {
		return nil, errClientID
	}
	c, ok := a.clients[id]
	switch {
	case !ok:
		return nil, errClient
	case c.config.Disabled:
		return nil, errDisabled
	case c.config.confidential():
		return nil, errConfidential
	}
	return &c.flow, nil
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
