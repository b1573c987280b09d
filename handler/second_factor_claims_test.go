package handler_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/store"
)

// K1 of the security requirements: amr, acr and auth_time say what was proven and when, and never more.

// factors is what tokens say of them.
func (a answer) factors(amr []any, acr string, at time.Time) {
	a.t.Helper()
	for name, claims := range map[string]map[string]any{"id": idClaims(a.t, a), "access": accessClaims(a.t, a)} {
		assert.ElementsMatch(a.t, amr, claims["amr"], name)
		assert.Equal(a.t, acr, claims["acr"], name)
		assert.Equal(a.t, float64(at.Unix()), claims["auth_time"], name)
	}
}

func TestFactors_AsTheTokensNameThem(t *testing.T) {
	for _, row := range []struct {
		name   string
		client string
		first  string
		method store.Method
		amr    []any
	}{
		{"a password and a text", guarded, every, textMethod, []any{"pwd", "sms", "mfa"}},
		{"a password and a mail, which is no thing that somebody has", guarded, every, mailMethod, []any{"pwd", "otp"}},
		{"a mail and a text", guarded, native, textMethod, []any{"otp", "sms"}},
		{"two mailboxes", guarded, native, mailMethod, []any{"otp"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t, secondFactors)
			w.person(casey, row.method)
			start := w.post(inStart, "client_id", row.client, "username", casey, "challenge_type", row.first, "capabilities", able).ok()
			var token string
			if row.first == native {
				sent, code := w.nextCode(func() answer { return w.signInChallenge(row.client, start) })
				token = w.redeemCode(row.client, sent, code).wants("mfa_required")
			} else {
				token = w.redeemPassword(row.client, w.signInChallenge(row.client, start).ok(), harbor).wants("mfa_required")
			}
			w.clock.pass(3 * time.Minute)
			token, code := w.nextCode(func() answer { return w.signInChallenge(row.client, token) })
			w.clock.pass(2 * time.Minute)
			proven := w.clock.now()
			a := w.redeemSecond(row.client, token, code).tokens()
			a.factors(row.amr, "2", proven)
			w.clock.pass(time.Hour)
			w.refresh(row.client, a.text("refresh_token")).tokens().factors(row.amr, "2", proven)
		})
	}
}

func TestFactors_OneIsOne(t *testing.T) {
	w := newWorld(t)
	w.enrol(casey, harbor)
	w.clock.pass(time.Minute)
	w.enter(casey, harbor).tokens().factors([]any{"pwd"}, "1", w.clock.now())
	w.signIn(casey).factors([]any{"otp"}, "1", w.clock.now())
}

// auth_time is when the latest factor was proven, however late the tokens are fetched.
func TestFactors_AreAsOldAsTheyAre(t *testing.T) {
	t.Run("of a sign-up", func(t *testing.T) {
		w := newWorld(t)
		token := w.signUp(casey)
		proven := w.clock.now()
		w.clock.pass(9 * time.Minute)
		w.redeemToken(plain, token).tokens().factors([]any{"otp"}, "1", proven)
	})
	t.Run("of a sign-up whose password came late", func(t *testing.T) {
		w := newWorld(t)
		token := w.upProven(keyed)
		proven := w.clock.now()
		w.clock.pass(4 * time.Minute)
		token = w.signUpPassword(keyed, token, harbor).ok()
		w.clock.pass(4 * time.Minute)
		w.redeemToken(keyed, token).tokens().factors([]any{"otp"}, "1", proven)
	})
	t.Run("of a reset", func(t *testing.T) {
		w := newWorld(t)
		w.enrol(casey, harbor)
		token := w.proven(casey)
		proven := w.clock.now()
		w.clock.pass(4 * time.Minute)
		token = w.resetPoll(keyed, w.resetSubmit(keyed, token, busyHarbor).ok()).ok()
		w.clock.pass(4 * time.Minute)
		w.redeemToken(keyed, token).tokens().factors([]any{"otp"}, "1", proven)
	})
	t.Run("of a registration", func(t *testing.T) {
		w := newWorld(t, secondFactors)
		token, code := w.registering(number)
		w.clock.pass(2 * time.Minute)
		token = w.registerCode(guarded, token, code).ok()
		proven := w.clock.now()
		w.clock.pass(8 * time.Minute)
		w.redeemToken(guarded, token).tokens().factors([]any{"pwd", "sms", "mfa"}, "2", proven)
	})
	t.Run("of what was preverified", func(t *testing.T) {
		w := newWorld(t, secondFactors)
		token := w.signedUp(fresh, casey)
		proven := w.clock.now()
		w.clock.pass(2 * time.Minute)
		token = w.kinds(fresh, w.redeemToken(fresh, token).wants("registration_required")).ok()
		w.clock.pass(2 * time.Minute)
		token = w.registerKnown(fresh, w.register(fresh, token, casey).ok()).ok()
		w.clock.pass(2 * time.Minute)
		w.redeemToken(fresh, token).tokens().factors([]any{"otp"}, "1", proven)
	})
}
