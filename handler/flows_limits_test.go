package handler_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
)

func TestFlows_ShareTheCodesOfAnHour(t *testing.T) {
	w := newBudgets(t)
	f := w.forms(plain)
	for range 10 {
		w.clock.pass(time.Minute)
		w.signInSent(plain, casey)
	}
	w.clock.pass(time.Minute)
	w.wantsToWait(f.SignIn(f.ctx, casey))
	w.clock.pass(time.Hour)
	for range 10 {
		w.clock.pass(time.Minute)
		f.at(handler.NeedCode)(f.SignIn(f.ctx, casey))
	}
	w.clock.pass(time.Minute)
	w.signInChallenge(plain, w.signInStart(plain, casey).ok()).refused(429, "temporarily_unavailable", "", 90055)
}

// wantsToWait is a step that has a code to wait for.
func (w *world) wantsToWait(s handler.FlowStep, err error) handler.FlowStep {
	w.Helper()
	require.ErrorIs(w, err, handler.ErrTooSoon)
	require.Equal(w, handler.NeedRetry, s.Needs)
	assert.Positive(w, refusal(w.T, err).RetryAfter)
	return s
}

func TestFlows_ARetryGoesOnWhenTheWaitIsOver(t *testing.T) {
	w := newWorld(t, withInterval(time.Minute))
	f := w.forms(both)
	f.sent(func() (handler.FlowStep, error) { return f.SignUp(f.ctx, handler.SignUp{Username: casey}) })
	s := w.wantsToWait(f.SignUp(f.ctx, handler.SignUp{Username: casey, Password: harbor, Attributes: map[string]string{"city": "Oslo"}}))
	s = w.wantsToWait(f.Retry(f.ctx, s.State))
	w.clock.pass(time.Minute)
	s, code := f.sent(func() (handler.FlowStep, error) { return f.Retry(f.ctx, s.State) })
	f.ended(f.Code(f.ctx, s.State, code))
}

func TestFlows_ShareTheStartsOfAnAddress(t *testing.T) {
	w := newWorld(t, limited(handler.Limits{StartsPerMinute: 4}), behind)
	w.addr = far
	f := w.forms(plain)
	w.signUp(casey)
	f.at(handler.NeedCode)(f.SignIn(f.ctx, casey))
	w.signInStart(plain, casey).ok()
	f.at(handler.NeedCode)(f.SignIn(f.ctx, casey))
	s, err := f.SignIn(f.ctx, casey)
	require.ErrorIs(t, err, handler.ErrTooSoon)
	assert.Equal(t, handler.FlowStep{}, s)
	w.signInStart(plain, casey).refused(429, "temporarily_unavailable", "", 90055)
	w.addr = near
	f.ctx = w.page()
	f.at(handler.NeedCode)(f.SignIn(f.ctx, casey))
}

func TestFlows_OfWrongCodesAtOnceFiveAreCompared(t *testing.T) {
	log := newCauses()
	w := newWorld(t, withCauses(log))
	w.signUp(casey)
	f := w.forms(plain)
	for range 5 {
		s, code := f.signInSent(casey)
		token, before := f.TokenOf(s.State), log.of("tried too often")
		gate, calls := make(chan struct{}), inParallel
		var all sync.WaitGroup
		for n := range calls {
			all.Go(func() {
				<-gate
				if n%2 == 0 {
					_, err := f.Code(f.ctx, s.State, otherCode(code))
					assert.ErrorIs(t, err, handler.ErrWrongCode)
					return
				}
				resp, err := http.Post(w.base+"/oauth2/v2.0/token", "application/x-www-form-urlencoded", strings.NewReader(form(
					"client_id", plain, "continuation_token", token, "grant_type", "oob", "oob", otherCode(code))))
				if assert.NoError(t, err) {
					assert.Equal(t, 400, resp.StatusCode)
					assert.NoError(t, resp.Body.Close())
				}
			})
		}
		close(gate)
		all.Wait()
		assert.Equal(t, otp.Tries, calls-(log.of("tried too often")-before), "compared")
		_, err := f.Code(f.ctx, s.State, code)
		require.ErrorIs(t, err, handler.ErrWrongCode, "the right one, too late")
	}
}

func TestFlows_OfOneStateAtOnceOneWins(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	f := w.forms(plain)
	for range rounds / 5 {
		s, code := f.signInSent(casey)
		gate, won := make(chan struct{}), make(chan bool, inParallel)
		var all sync.WaitGroup
		for range inParallel {
			all.Go(func() {
				<-gate
				done, _ := f.Code(f.ctx, s.State, code)
				won <- done.Needs == handler.NeedNothing
			})
		}
		close(gate)
		all.Wait()
		close(won)
		winners := 0
		for yes := range won {
			if yes {
				winners++
			}
		}
		require.Equal(t, 1, winners)
	}
}

func TestFlows_TheGateAndTheMailSeeTheRequest(t *testing.T) {
	humans := 0
	w := newWorld(t, func(c *handler.Config) {
		c.Gate = func(_ context.Context, r handler.GateRequest) error {
			if r.Request.Header.Get("x-captcha-token") != "human" {
				return handler.ErrContactBlocked
			}
			humans++
			return nil
		}
	})
	f := w.forms(plain)
	s, err := f.SignUp(f.ctx, handler.SignUp{Username: casey})
	require.ErrorIs(t, err, handler.ErrContactBlocked)
	assert.Equal(t, "provider_blocked_by_rep", refusal(t, err).SubError)
	f.ctx = w.page("x-captcha-token", "human", "Accept-Language", "de")
	s, _ = f.sent(func() (handler.FlowStep, error) { return f.Retry(f.ctx, s.State) })
	assert.Equal(t, "Ihr Code für Contoso", w.mail.take(1).Subject())
	f.ctx = handler.WithLocales(f.ctx, "fr de")
	f.sent(func() (handler.FlowStep, error) { return f.SendCode(f.ctx, s.State) })
	assert.Equal(t, "Votre code Contoso", w.mail.take(2).Subject())
	assert.Equal(t, 2, humans)
	_, err = f.SendCode(handler.WithLocales(f.ctx, "\x00"), s.State)
	assert.Equal(t, 90023, refusal(t, err).Number)
}

func TestFlows_EventsNameTheRequest(t *testing.T) {
	const id = "0d0e7f4e-6a2c-4c6e-9a39-0b1f3a1c9d11"
	w, h := newEar(t)
	w.signUp(casey)
	w.heard(h)
	f := w.forms(plain)
	f.ctx = w.page("client-request-id", id)
	s, code := f.signInSent(casey)
	_, err := f.Code(f.ctx, s.State, otherCode(code))
	assert.Equal(t, id, refusal(t, err).CorrelationID)
	f.ended(f.Code(f.ctx, s.State, code))
	var said []string
	for _, e := range w.heard(h) {
		said = append(said, string(e.Name)+" "+e.Outcome)
		assert.Equal(t, []any{id, plain, w.idOf(casey), maskedCasey, "127.0.0.0/24"}, []any{e.CorrelationID, e.ClientID, e.UserID, e.Address, e.RemoteAddr})
	}
	assert.Equal(t, []string{"start sign-in", "code_sent sign-in", "code_failed refused", "code_accepted sign-in", "sign_in tokens"}, said)
}

func TestFlows_NoSinkHoldsThemUp(t *testing.T) {
	t.Parallel()
	held := make(chan struct{})
	w, h := newEar(t, func(c *handler.Config) {
		c.Events = append(c.Events, handler.EventFunc(func(context.Context, handler.Event) { <-held }))
	})
	f := w.forms(plain)
	began := time.Now()
	f.at(handler.NeedCode)(f.SignUp(f.ctx, handler.SignUp{Username: casey}))
	assert.Less(t, time.Since(began), soon)
	close(held)
	var said []handler.Event
	require.Eventually(t, func() bool {
		said = append(said, w.heard(h)...)
		return len(said) == 2 // start and code_sent
	}, soon, time.Millisecond)
}

func TestFlows_ALoggerThatPanicsEndsNoProcess(t *testing.T) {
	w := newTrip(t, func(c *handler.Config) { c.Logger = slog.New(deaf{}) })
	f := w.forms(plain)
	_, err := f.SignIn(f.ctx, casey)
	require.ErrorIs(t, err, handler.ErrUserNotFound)
	f.sent(func() (handler.FlowStep, error) { return f.SignUp(f.ctx, handler.SignUp{Username: casey}) })
}

// walk is what a person does in process, one call after the other. Each is made again until it is answered.
var walk = []struct {
	name string
	call func(f *forms, s handler.FlowStep, code string) (handler.FlowStep, error)
}{
	{"sign-up", func(f *forms, _ handler.FlowStep, _ string) (handler.FlowStep, error) {
		return f.SignUp(f.ctx, handler.SignUp{Username: casey})
	}},
	{"code of the sign-up", func(f *forms, s handler.FlowStep, code string) (handler.FlowStep, error) {
		return f.Code(f.ctx, s.State, code)
	}},
	{"sign-in", func(f *forms, _ handler.FlowStep, _ string) (handler.FlowStep, error) { return f.SignIn(f.ctx, casey) }},
	{"code of the sign-in", func(f *forms, s handler.FlowStep, code string) (handler.FlowStep, error) {
		return f.Code(f.ctx, s.State, code)
	}},
}

// stroll makes the calls of a walk, on a world that can break.
type stroll struct {
	*trip
	f    *forms
	ear  *ear
	step handler.FlowStep
	code string
}

func newStroll(t *testing.T) *stroll {
	s := &stroll{ear: &ear{}}
	s.trip = newTrip(t, withEar(s.ear))
	s.f = s.forms(plain)
	return s
}

// take makes a call, and what it wants to have made again.
func (s *stroll) take(n int) {
	s.Helper()
	before := s.mail.count()
	step, err := s.step, error(nil)
	if step.Needs != handler.NeedRetry {
		step, err = walk[n].call(s.f, s.step, s.code)
	}
	for err == nil && step.Needs == handler.NeedRetry {
		step, err = s.f.Retry(s.f.ctx, step.State)
	}
	require.NoError(s, err, walk[n].name)
	if s.step = step; step.Needs == handler.NeedCode {
		s.code = s.mail.take(before + 1).Code
	}
}

// suffer makes a call while something is out of order, and checks what is said of it.
func (s *stroll) suffer(n int, m mode, what string) {
	began := time.Now()
	step, err := walk[n].call(s.f, s.step, s.code)
	took := time.Since(began)
	s.fault.mend()
	assert.Less(s, took, soon, what)
	var refused *handler.FlowError
	if !assert.ErrorAs(s, err, &refused, what) {
		return
	}
	assert.ErrorIs(s, err, handler.ErrUnavailable, what)
	assert.Equal(s, map[bool]int{true: 500, false: 503}[m == panics], refused.Status, what)
	for inside := err; inside != nil; inside = errors.Unwrap(inside) {
		assert.NotContains(s, inside.Error(), "SQLSTATE", what)
	}
	if step.State != "" {
		s.step = step
	}
	var told []handler.Event
	assert.Eventually(s, func() bool { // a call that sticks is told of by itself
		told = append(told, s.heard(s.ear)...)
		return len(named(told, handler.EventStoreFailure)) > 0
	}, soon, time.Millisecond, what)
}

func TestFlows_WhatIsOutOfOrderIsSaidInTimeAndLosesNothing(t *testing.T) {
	t.Parallel()
	places := make([][]string, len(walk))
	s := newStroll(t)
	for n := range walk {
		s.take(n)
		places[n] = s.fault.traced()
	}
	for _, m := range []mode{fails, panics, hangs, sticks} {
		t.Run(string(m), func(t *testing.T) {
			type ordeal struct {
				*stroll
				n    int
				what string
			}
			var cases []ordeal
			for n, calls := range places {
				for i, name := range calls {
					c := ordeal{newStroll(t), n, fmt.Sprintf("%s: %s %s", walk[n].name, name, m)}
					for before := range n {
						c.take(before)
					}
					c.heard(c.ear)
					c.fault.arm(m, i)
					cases = append(cases, c)
				}
			}
			require.Greater(t, len(cases), 15)
			var all sync.WaitGroup
			for _, c := range cases {
				all.Go(func() { c.suffer(c.n, m, c.what) })
			}
			all.Wait()
			for _, c := range cases {
				t.Log(c.what)
				for n := c.n; n < len(walk); n++ {
					c.take(n)
				}
				assert.Empty(t, named(c.heard(c.ear), handler.EventStoreFailure), "%s: told twice", c.what)
			}
		})
	}
}

// S6: code of the host must not keep a page of the host waiting for ever.
func TestFlows_CodeOfTheHostThatEndsItsGoroutineIsAnswered(t *testing.T) {
	w := newWorld(t, func(c *handler.Config) {
		c.Gate = func(context.Context, handler.GateRequest) error {
			runtime.Goexit() // as t.FailNow does
			return nil
		}
	})
	f := w.forms(plain)
	answered := make(chan error, 1)
	go func() {
		_, err := f.SignUp(f.ctx, handler.SignUp{Username: casey})
		answered <- err
	}()
	select {
	case err := <-answered:
		require.ErrorIs(t, err, handler.ErrUnavailable)
		assert.Equal(t, 500, refusal(t, err).Status)
	case <-time.After(10 * time.Second):
		t.Fatal("no answer")
	}
}

// G2: as over HTTP, an event is told also where no line can be logged.
func TestFlows_EventsAreToldWhereTheLoggerPanics(t *testing.T) {
	h := &ear{}
	f := newTrip(t, withEar(h), func(c *handler.Config) { c.Logger = slog.New(deaf{}) }).forms(plain)
	s, code := f.sent(func() (handler.FlowStep, error) { return f.SignUp(f.ctx, handler.SignUp{Username: casey}) })
	_, err := f.Code(f.ctx, s.State, otherCode(code))
	require.ErrorIs(t, err, handler.ErrWrongCode)
	told := func() int {
		h.mu.Lock()
		defer h.mu.Unlock()
		return len(named(h.list, handler.EventCodeFailed))
	}
	require.Eventually(t, func() bool { return told() == 1 }, 5*time.Second, time.Millisecond)
}
