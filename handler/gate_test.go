package handler_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// The gate before the codes of first factors: a bot check.

const proof = "X-Captcha-Token"

// firstCodes are the calls by which the code of a first factor leaves, each for an address that may have an
// account or not, and what takes the code then.
var firstCodes = []struct {
	name, path string
	purpose    otp.Purpose
	known      bool // the address has to have an account, unless that is hidden
	open       func(w *world, user string) (token string)
	give       func(w *world, token, code string) answer
}{
	{"a sign-up", upChallenge, otp.SignUp, false,
		func(w *world, user string) string { return w.signUpStart(plain, user).ok() },
		func(w *world, token, code string) answer { return w.signUpCode(plain, token, code) }},
	{"a sign-in", inChallenge, otp.SignIn, true,
		func(w *world, user string) string { return w.signInStart(plain, user).ok() },
		func(w *world, token, code string) answer { return w.redeemCode(plain, token, code) }},
	{"a reset", reChallenge, otp.Reset, true,
		func(w *world, user string) string { return w.resetStart(keyed, user).ok() },
		func(w *world, token, code string) answer { return w.resetCode(keyed, token, code) }},
}

// clientOf is whose flow a path belongs to here.
func clientOf(path string) string {
	if path == reChallenge {
		return keyed
	}
	return plain
}

// askAs sends the challenge call with the token of a bot check.
func (w *world) askAs(path, token, human string) answer {
	w.Helper()
	r := request(w.T, w.base+path, form("client_id", clientOf(path), "continuation_token", token))
	r.Header.Set(proof, human)
	return w.send(r)
}

// humans refuses who brings no token of a bot check, or one a second time.
func humans() func(handler.GateRequest) error {
	used := map[string]bool{"": true}
	return func(r handler.GateRequest) error {
		human := r.Request.Header.Get(proof)
		if used[human] {
			return handler.ErrContactForbidden
		}
		used[human] = true
		return nil
	}
}

func TestGate_BotsGetNoCodeOfAFirstFactor(t *testing.T) {
	for _, call := range firstCodes {
		t.Run(call.name, func(t *testing.T) {
			g := &asked[handler.GateRequest]{}
			w := newWorld(t, withGate(g), withInterval(0))
			if call.known {
				w.person(casey)
				w.clock.pass(time.Minute)
			}
			g.requests, g.answer = nil, humans()
			mails, token := w.mail.count(), call.open(w, casey)
			assert.Empty(t, g.requests, "nothing is to leave yet")
			for range 8 { // more than a flow has codes: what does not leave is not counted
				w.askAs(call.path, token, "").refused(400, "access_denied", "provider_blocked_by_admin", 550024).says("The contact is not allowed.")
			}
			assert.Equal(t, mails, w.mail.count())
			token, code := w.nextCode(func() answer { return w.askAs(call.path, token, "one") })
			r := g.last(t)
			assert.Equal(t, http.MethodPost, r.Request.Method)
			r.Request = nil
			assert.Equal(t, handler.GateRequest{Purpose: call.purpose, Channel: otp.Email, To: casey, ClientID: clientOf(call.path)}, r)

			asked := len(g.requests)
			w.askAs(call.path, token, "two").refused(429, "temporarily_unavailable", "", 90055)
			assert.Len(t, g.requests, asked, "a limit comes first, and leaves the check unused")
			w.clock.pass(time.Minute)
			w.askAs(call.path, token, "one").refused(400, "access_denied", "provider_blocked_by_admin", 550024)
			require.Equal(t, 200, call.give(w, token, code).status, "a refusal keeps the code that was sent")
		})
	}
}

func TestGate_ThatIsOutOfOrderSendsNoCodeOfAFirstFactor(t *testing.T) {
	for name, row := range map[string]struct {
		answer         func(handler.GateRequest) error
		status, number int
		code, suberror string
	}{
		"blocked": {func(handler.GateRequest) error { return handler.ErrContactBlocked }, 400, 550024, "access_denied", "provider_blocked_by_rep"},
		"down":    {func(handler.GateRequest) error { return errors.New("no answer") }, 503, 90033, "temporarily_unavailable", ""},
		"panics":  {func(handler.GateRequest) error { panic("a nil list") }, 500, 50000, "server_error", ""},
	} {
		t.Run(name, func(t *testing.T) {
			g := &asked[handler.GateRequest]{}
			w := newWorld(t, withGate(g))
			w.person(casey)
			g.answer = row.answer
			mails := w.mail.count()
			for _, call := range firstCodes {
				user := casey
				if !call.known {
					user = "new@contoso.com"
				}
				token := call.open(w, user)
				w.askAs(call.path, token, "").refused(row.status, row.code, row.suberror, row.number)
			}
			assert.Equal(t, mails, w.mail.count())
		})
	}
}

// Where accounts are hidden the gate hears the same of an address with an account and one without, so that its
// answer tells nobody which it is.
func TestGate_IsToldNothingThatHiddenAccountsWouldShow(t *testing.T) {
	for _, call := range firstCodes {
		t.Run(call.name, func(t *testing.T) {
			g := &asked[handler.GateRequest]{}
			w := newWorld(t, hidden, withGate(g))
			w.person(casey)
			w.person("moved@contoso.com")
			w.person("out@contoso.com")
			w.update("moved@contoso.com", func(u *store.User) { u.Email = "elsewhere@contoso.com" })
			w.update("out@contoso.com", func(u *store.User) { u.Disabled = true })
			var refused []map[string]any
			for _, user := range []string{casey, "moved@contoso.com", "out@contoso.com", "nobody@contoso.com"} {
				g.requests, g.answer = nil, nil
				token := call.open(w, user)
				sent := w.mail.count()
				token = w.askAs(call.path, token, "").ok()
				w.mail.take(sent + 1)
				require.Len(t, g.requests, 1, user)
				r := g.last(t)
				r.Request = nil
				assert.Equal(t, handler.GateRequest{Purpose: call.purpose, Channel: otp.Email, To: otp.Address(user), ClientID: clientOf(call.path)}, r)
				g.answer = func(r handler.GateRequest) error { return handler.ErrContactBlocked }
				a := w.askAs(call.path, token, "").refused(400, "access_denied", "provider_blocked_by_rep", 550024)
				for _, own := range []string{"correlation_id", "trace_id", "error_description"} {
					delete(a.body, own)
				}
				refused = append(refused, a.body)
			}
			for _, body := range refused {
				assert.Equal(t, refused[0], body)
			}
		})
	}
}

// A challenge that asks for a password sends nothing.
func TestGate_IsNotAskedWhereAPasswordIs(t *testing.T) {
	g := &asked[handler.GateRequest]{}
	w := newWorld(t, withGate(g))
	w.person(casey)
	g.requests = nil
	w.redeemPassword(keyed, w.askedPassword(keyed, casey), harbor).tokens()
	assert.Empty(t, g.requests)
}
