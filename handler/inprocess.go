package handler

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/nativeauth/nativeauth/internal/flow"
)

// A call of Flows is served as a request is: by the same steps of the engine with what the same reading lets through, in
// the same time, with the same words, log lines and events. What is here stands in the place of HTTP.

// turn is such a call under way: an exchange without an answer to write.
type turn struct {
	*exchange
	flows *Flows
}

// play is what a call does. It returns where the flow stands then.
type play func(ctx context.Context, t *turn) (carried, error)

// outcome is what comes of it.
type outcome struct {
	step FlowStep
	err  error
}

// Mistakes of the host's code, which are no answers to anybody.
var (
	errNoRequest = errors.New("handler: Flows need to know the request: use a context of Auth.WithRequest, or of a page beneath WithSession, RequireSession or RequireToken")
	errNotLoaded = errors.New("handler: Flows of a client with Cookies begin a session: call them from a page beneath Auth.WithSession")
)

// run plays a call, whose path is where a request would go, from where a flow stands. What it has to tell is told when it
// returns, unless a sink takes longer than an answer may.
func (f *Flows) run(ctx context.Context, path string, before carried, p play) (FlowStep, error) {
	of, known := ctx.Value(originKey{}).(origin)
	switch {
	case !known:
		return FlowStep{}, errNoRequest
	case f.client.config.Cookies && !hasSession(ctx, f.auth.cfg.Sessions):
		return FlowStep{}, errNotLoaded
	}
	var heard *trail
	if f.auth.listens() {
		heard = &trail{}
	}
	var answered atomic.Bool
	var place atomic.Pointer[carried]
	place.Store(&before)
	out, told := make(chan outcome, 1), make(chan struct{})
	answer := func(t *turn, err error) {
		defer t.report()
		if answered.CompareAndSwap(false, true) {
			out <- t.outcome(*place.Load(), err)
			t.log(err)
		}
	}
	go func() {
		defer close(told)
		defer func() { _ = recover() }() // of a Logger, say: nobody else would catch it here
		t := f.turn(ctx, of, path, heard)
		err := fmt.Errorf("%w: the call ended its goroutine", errPanic) // unless it returns
		defer func() { answer(t, err) }()
		err = t.take(p, &place)
	}()
	timer := time.NewTimer(stuckTimeout)
	defer timer.Stop()
	select {
	case <-told:
	case <-timer.C: // a store of the host ignores its context: what it says then is dropped
		go func() {
			defer func() { _ = recover() }()
			answer(f.turn(ctx, of, path, heard), fmt.Errorf("no answer in %v", stuckTimeout))
		}()
	}
	o := <-out
	return o.step, o.err
}

// turn begins a call.
func (f *Flows) turn(ctx context.Context, of origin, path string, heard *trail) *turn {
	r := of.request.WithContext(ctx)
	if r.URL == nil { // of a caller without net/http
		r.URL = &url.URL{}
	}
	t := &turn{&exchange{auth: f.auth, r: r, path: path, correlation: of.correlation, trail: heard}, f}
	t.known(f.client.config.ID)
	return t
}

// take plays the call, and those that need nothing of the person. place is where the flow has come to: what fails leaves
// it there. The host's code may panic in it.
func (t *turn) take(p play, place *atomic.Pointer[carried]) (err error) {
	defer recovered(&err)
	ctx, cancel := t.stepContext()
	defer cancel()
	next, err := p(ctx, t)
	for err == nil {
		c := next
		if place.Store(&c); c.Next == "" {
			return nil
		}
		next, err = t.onward(ctx, c)
	}
	return err
}

// outcome makes an answer of what a call has come to.
func (t *turn) outcome(c carried, err error) (o outcome) {
	if err == nil || !isOver(err) {
		o.step = t.flows.step(c)
	}
	if err != nil {
		o.err = t.refusal(err)
	}
	return o
}

// isOver tells whether an error leaves nothing to go on with.
func isOver(err error) bool {
	for _, end := range []error{
		flow.ErrTokenInvalid, flow.ErrTokenExpired, flow.ErrUserExists, flow.ErrUserNotFound, flow.ErrMustChange, flow.ErrOtherMethod,
	} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}

// refusal puts what is said of an error into a FlowError.
func (t *turn) refusal(err error) *FlowError {
	v := t.judge(err)
	if _, ok := errors.AsType[*flow.Redirect](err); ok {
		v = verdict{row: rowElsewhere, text: rowElsewhere.Text}
	}
	return &FlowError{
		Code: v.Code, SubError: v.SubError, Number: v.Number, Status: v.Status, Description: v.text,
		RetryAfter: v.wait, Invalid: v.invalid, CorrelationID: t.correlation, cause: v.cause,
	}
}

// log tells of a refusal, as fail does. A redirect is none.
func (t *turn) log(err error) {
	if _, ok := errors.AsType[*flow.Redirect](err); err == nil || ok {
		return
	}
	t.exchange.log(err, t.judge(err).row, t.correlation, t.hint(err))
}

// ask makes one call of the contract: what is said is read as its endpoint reads it, and the same step is taken.
func ask[Req, Resp any](
	ctx context.Context, t *turn, path string, said []string, read func(form, *flow.Client) Req, step func(context.Context, Req) (Resp, error),
) (resp Resp, err error) {
	t.path = path
	f, err := formOf(ctx, said)
	if err != nil {
		return resp, err
	}
	t.sent = f.ContinuationToken
	return step(withLocales(ctx, f.Locales), read(f, &t.flows.client.flow))
}

// formOf makes a form of parameters, which come in pairs, if a body could bring them.
func formOf(ctx context.Context, said []string) (f form, err error) {
	if locales, ok := ctx.Value(localesKey{}).(string); ok {
		said = append(said, "ui_locales", locales)
	}
	values := make(map[string][]string, len(said)/2)
	for i := 0; i < len(said); i += 2 {
		name, value, err := parameter(said[i], said[i+1])
		if err != nil {
			return f, err
		}
		values[name] = []string{value}
	}
	if err := decoder.Decode(&f, values); err != nil {
		return f, fmt.Errorf("%w: %w", errMalformed, err)
	}
	return f, nil
}
