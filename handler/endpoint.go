package handler

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/nativeauth/nativeauth/internal/flow"
)

// stepTimeout is how long a step may take, so that a store that hangs is answered for within 2 s.
const stepTimeout = 1800 * time.Millisecond

// endpoint turns a step of the engine into an endpoint. Nothing else in this package reads a body or
// asks who the client is.
func endpoint[Req, Resp any](
	read func(form, *flow.Client) Req, step func(context.Context, Req) (Resp, error), write func(Resp) any,
) func(*exchange) error {
	return func(x *exchange) error {
		f, err := readForm(x.w, x.r)
		x.correlate(f.CorrelationID)
		if err != nil {
			return err
		}
		client, err := x.auth.client(f.ClientID)
		if err != nil {
			return err
		}
		resp, err := inTime(x.r.Context(), func(ctx context.Context) (Resp, error) {
			return step(ctx, read(f, client))
		})
		if err != nil {
			return err
		}
		return x.reply(200, write(resp))
	}
}

// inTime returns what do returns, or an error once stepTimeout is over, even if a store of the host
// ignores its context. A caller that hangs up does not stop a step half-way.
func inTime[T any](ctx context.Context, do func(context.Context) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stepTimeout)
	defer cancel()
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if p := recover(); p != nil {
				r.err = fmt.Errorf("%w: %v\n%s", errPanic, p, debug.Stack())
			}
			done <- r
		}()
		r.value, r.err = do(ctx)
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, fmt.Errorf("no answer in %v: %w", stepTimeout, ctx.Err())
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
	case c.config.Confidential:
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
