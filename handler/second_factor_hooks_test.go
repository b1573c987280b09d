package handler_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// What the host says: the policy of 6.4, and the gate before a code leaves (4.5, 4.14, C34).

// asked keeps what a hook was asked, and answers what a test wants.
type asked[R any] struct {
	requests []R
	answer   func(r R) error
}

func (a *asked[R]) hear(r R) error {
	a.requests = append(a.requests, r)
	if a.answer == nil {
		return nil
	}
	return a.answer(r)
}

// last is the latest request. The server was silent since, so there is no race.
func (a *asked[R]) last(t *testing.T) R {
	t.Helper()
	require.NotEmpty(t, a.requests)
	return a.requests[len(a.requests)-1]
}

type policy = asked[handler.SecondFactorRequest]

var errDue = errors.New("a second factor is due")

// withPolicy asks p of everybody who comes with a client that has no policy of its own.
func withPolicy(p *policy) func(*handler.Config) {
	return func(c *handler.Config) {
		c.SecondFactor = func(_ context.Context, r handler.SecondFactorRequest) (bool, error) {
			err := p.hear(r)
			if errors.Is(err, errDue) {
				return true, nil
			}
			return false, err
		}
	}
}

func withGate(g *asked[handler.GateRequest]) func(*handler.Config) {
	return func(c *handler.Config) {
		c.Gate = func(_ context.Context, r handler.GateRequest) error { return g.hear(r) }
	}
}

func TestPolicy_IsAskedOfUserClientAndRequest(t *testing.T) {
	p := &policy{}
	w := newWorld(t, secondFactors, withPolicy(p))
	w.person(casey, textMethod)
	p.requests = nil
	token := w.askedPassword(keyed, casey)
	assert.Empty(t, p.requests, "nothing was proven yet")
	w.redeemPassword(keyed, token, "a loud harbour").refused(400, "invalid_grant", "", 50126)
	assert.Empty(t, p.requests, "nor by a wrong password")
	r := request(t, w.base+inToken, form("client_id", keyed, "continuation_token", token, "grant_type", "password", "password", harbor))
	r.Header.Set("x-device", "known")
	w.send(r).tokens()
	require.Len(t, p.requests, 1)
	asked := p.last(t)
	assert.Equal(t, keyed, asked.ClientID)
	assert.Equal(t, casey, asked.User.Username)
	assert.Equal(t, []store.Method{textMethod}, asked.User.Methods)
	assert.Equal(t, "known", asked.Request.Header.Get("x-device"))
	assert.Equal(t, "/contoso.onmicrosoft.com"+inToken, asked.Request.URL.Path)
	assert.NotEmpty(t, asked.Request.RemoteAddr)
}

func TestPolicy_DecidesByEachOfThem(t *testing.T) {
	for _, row := range []struct {
		name   string
		answer func(r handler.SecondFactorRequest) error
		due    bool
	}{
		{"never", nil, false},
		{"of this user", func(r handler.SecondFactorRequest) error { return dueIf(strings.HasPrefix(r.User.Email, "casey@")) }, true},
		{"of another user", func(r handler.SecondFactorRequest) error { return dueIf(r.User.Email == another) }, false},
		{"with this client", func(r handler.SecondFactorRequest) error { return dueIf(r.ClientID == keyed) }, true},
		{"with another client", func(r handler.SecondFactorRequest) error { return dueIf(r.ClientID == plain) }, false},
		{"from a strange device", func(r handler.SecondFactorRequest) error { return dueIf(r.Request.Header.Get("x-device") == "") }, true},
		{"from a known device", func(r handler.SecondFactorRequest) error { return dueIf(r.Request.Header.Get("x-device") != "") }, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := &policy{}
			w := newWorld(t, secondFactors, withPolicy(p))
			w.person(casey, textMethod)
			p.answer = row.answer
			if a := w.first(keyed, casey); row.due {
				a.wants("mfa_required")
			} else {
				a.tokens()
			}
		})
	}
}

func dueIf(due bool) error {
	if due {
		return errDue
	}
	return nil
}

func TestPolicy_OfAClientStandsInTheOthersPlace(t *testing.T) {
	always := func(c *handler.Config) {
		c.SecondFactor = handler.Always
		c.Clients = append(c.Clients, handler.Client{ID: "never", Passwords: true, SecondFactor: handler.Never})
	}
	w := newWorld(t, secondFactors, always)
	w.person(casey, textMethod)
	w.first(keyed, casey).wants("mfa_required")
	w.first("never", casey).tokens()
}

// S5, S6: what the host cannot say now is no yes and no no, and the flow goes on when it can.
func TestPolicy_ThatFailsRefusesForNow(t *testing.T) {
	for name, row := range map[string]struct {
		answer func(handler.SecondFactorRequest) error
		status int
		code   string
		number int
	}{
		"an error":         {func(handler.SecondFactorRequest) error { return errors.New("the directory is down") }, 503, "temporarily_unavailable", 90033},
		"a deadline":       {func(handler.SecondFactorRequest) error { return context.DeadlineExceeded }, 503, "temporarily_unavailable", 90033},
		"a user not found": {func(handler.SecondFactorRequest) error { return fmt.Errorf("rules: %w", store.ErrNotFound) }, 503, "temporarily_unavailable", 90033},
		"a panic":          {func(handler.SecondFactorRequest) error { panic("a nil rule") }, 500, "server_error", 50000},
	} {
		t.Run(name, func(t *testing.T) {
			p := &policy{}
			w := newWorld(t, secondFactors, withPolicy(p))
			w.person(casey, textMethod)
			refresh := w.first(keyed, casey).tokens().text("refresh_token")
			token := w.askedPassword(keyed, casey)
			sent, code := w.signInSent(plain, casey)
			p.answer = row.answer
			for _, a := range []answer{w.redeemPassword(keyed, token, harbor), w.redeemCode(plain, sent, code), w.refresh(keyed, refresh)} {
				a.refused(row.status, row.code, "", row.number)
				assert.NotContains(t, fmt.Sprint(a.body), "director")
				assert.NotContains(t, a.body, "access_token")
			}
			p.answer = nil
			w.redeemPassword(keyed, token, harbor).tokens()
			w.redeemCode(plain, sent, code).tokens()
			w.refresh(keyed, refresh).tokens()
		})
	}
}

// gated are the two calls after which a code would leave.
var gated = []struct {
	name    string
	purpose otp.Purpose
	open    func(w *world) string
	send    func(w *world, token string) answer
	give    func(w *world, token, code string) answer
}{
	{"challenge", otp.SecondFactor,
		func(w *world) string { return w.wanted(textMethod) },
		func(w *world, token string) answer { return w.askedBy(guarded, token, textMethod.ID) },
		func(w *world, token, code string) answer { return w.redeemSecond(guarded, token, code) }},
	{"registration challenge", otp.Registration,
		func(w *world) string {
			w.person(casey)
			return w.kinds(guarded, w.first(guarded, casey).wants("registration_required")).ok()
		},
		func(w *world, token string) answer { return w.register(guarded, token, number) },
		func(w *world, token, code string) answer { return w.registerCode(guarded, token, code) }},
}

func TestGateHook_IsAskedBeforeACodeLeaves(t *testing.T) {
	for _, call := range gated {
		t.Run(call.name, func(t *testing.T) {
			g := &asked[handler.GateRequest]{}
			w := newWorld(t, secondFactors, withGate(g))
			token := call.open(w)
			for _, r := range g.requests {
				assert.Zero(t, r.User, "for a first factor nobody has proven anything")
			}
			g.requests = nil
			token, _ = w.nextCode(func() answer { return call.send(w, token) })
			r := g.last(t)
			assert.Equal(t, call.purpose, r.Purpose)
			assert.Equal(t, otp.SMS, r.Channel)
			assert.EqualValues(t, number, r.To)
			assert.Equal(t, casey, r.User.Username)
			assert.Equal(t, guarded, r.ClientID)
			assert.Equal(t, http.MethodPost, r.Request.Method)
			token, code := w.nextCode(func() answer { return call.send(w, token) })
			assert.Len(t, g.requests, 2, "a resend, too")
			call.give(w, token, code).accepted()
			assert.Len(t, g.requests, 2, "nothing leaves for a code that comes back")
		})
	}
}

func TestGateHook_WhatItRefuses(t *testing.T) {
	for _, call := range gated {
		for name, row := range map[string]struct {
			answer         func(handler.GateRequest) error
			status         int
			code, suberror string
			number         int
		}{
			"a blocked contact":   {func(handler.GateRequest) error { return handler.ErrContactBlocked }, 400, "access_denied", "provider_blocked_by_rep", 550024},
			"a wrapped one":       {func(handler.GateRequest) error { return fmt.Errorf("seen: %w", handler.ErrContactBlocked) }, 400, "access_denied", "provider_blocked_by_rep", 550024},
			"a forbidden contact": {func(handler.GateRequest) error { return handler.ErrContactForbidden }, 400, "access_denied", "provider_blocked_by_admin", 550024},
			"any, being down":     {func(handler.GateRequest) error { return errors.New("no answer from the list") }, 503, "temporarily_unavailable", "", 90033},
			"any, by a panic":     {func(handler.GateRequest) error { panic("a nil list") }, 500, "server_error", "", 50000},
		} {
			t.Run(call.name+", "+name, func(t *testing.T) {
				g := &asked[handler.GateRequest]{}
				w := newWorld(t, secondFactors, withGate(g), withInterval(0))
				token := call.open(w)
				mails := w.mail.count()
				g.answer = row.answer
				for range 8 { // more than a flow or a day has codes: what does not leave is not counted
					a := call.send(w, token).refused(row.status, row.code, row.suberror, row.number)
					assert.NotContains(t, a.body, "continuation_token")
				}
				g.answer = nil
				assert.Equal(t, mails, w.mail.count())
				token, code := w.nextCode(func() answer { return call.send(w, token) })
				g.answer = row.answer
				w.clock.pass(2 * time.Minute)
				call.send(w, token).refused(row.status, row.code, row.suberror, row.number)
				call.give(w, token, code).accepted() // the refusal keeps the code that was sent
			})
		}
	}
}

func TestGateHook_JudgesWhatIsPreverifiedToo(t *testing.T) {
	g := &asked[handler.GateRequest]{}
	w := newWorld(t, secondFactors, withGate(g))
	token := w.kinds(fresh, w.redeemToken(fresh, w.signedUp(fresh, casey)).wants("registration_required")).ok()
	g.answer = func(handler.GateRequest) error { return handler.ErrContactBlocked }
	w.register(fresh, token, casey).refused(400, "access_denied", "provider_blocked_by_rep", 550024)
	r := g.last(t)
	assert.Equal(t, otp.Registration, r.Purpose)
	assert.Equal(t, otp.Email, r.Channel)
	w.registerKnown(fresh, token).badToken()
	g.answer = nil
	w.registerKnown(fresh, w.register(fresh, token, casey).ok()).ok()
}

func TestGateHook_IsNotAskedOfAnAppThatIsSentNothing(t *testing.T) {
	g := &asked[handler.GateRequest]{}
	w := newWorld(t, secondFactors, withGate(g))
	w.person(casey)
	token := w.kinds(fresh, w.first(fresh, casey).wants("registration_required")).ok()
	g.requests, g.answer = nil, func(handler.GateRequest) error { return handler.ErrContactBlocked }
	w.register(fresh, token, "", "challenge_channel", "totp").ok()
	assert.Empty(t, g.requests)
}
