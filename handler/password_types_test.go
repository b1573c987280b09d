package handler_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
)

// Section 3.2 of the contract, for sign-ups with a password, and the order of mistakes at their start.

func TestPasswordSignUp_RedirectsAnAppThatCannotAskForWhatIsMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, row := range []struct {
		name, client, types string
		more                []string
		redirect            bool
	}{
		{"no password given, none to be asked for", keyed, native, nil, true},
		{"an empty password is none", keyed, native, []string{"password", ""}, true},
		{"no password given, one to be asked for", keyed, every, nil, false},
		{"a password given, none to be asked for", keyed, native, []string{"password", harbor}, false},
		{"a password given, no code to be sent", keyed, onlyPassword, []string{"password", harbor}, true},
		{"a client without passwords needs none", plain, native, nil, false},
		{"a client without passwords has no use for one", plain, onlyPassword, []string{"password", harbor}, true},
		{"nothing but redirect", keyed, "redirect", []string{"password", harbor}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := *w
			w.T = t
			a := w.post(upStart, append([]string{"client_id", row.client, "username", casey, "challenge_type", row.types}, row.more...)...)
			if row.redirect {
				a.redirected()
				return
			}
			a.ok()
		})
	}
}

// D22.
func TestPasswordSignUp_ARedirectAtAChallengeLeavesTheTokenGood(t *testing.T) {
	t.Parallel()
	challenge := func(w *world, token, types string) answer {
		return w.post(upChallenge, "client_id", keyed, "continuation_token", token, "challenge_type", types)
	}
	w := newWorld(t)
	start := w.openSignUp(keyed)
	challenge(w, start, onlyPassword).redirected()
	challenge(w, start, "redirect").redirected()
	sent, _ := w.nextCode(func() answer { return challenge(w, start, native) })
	challenge(w, sent, onlyPassword).redirected()
	sent, code := w.nextCode(func() answer { return challenge(w, sent, native) })
	proven := w.signUpCode(keyed, sent, code).wantsPassword()
	challenge(w, proven, native).redirected()
	challenge(w, proven, "redirect").redirected()
	asked := challenge(w, proven, onlyPassword).asksPassword()
	challenge(w, asked, native).redirected()
	asked = w.signUpChallenge(keyed, asked).asksPassword() // the list of the opening call
	w.signUpPassword(keyed, asked, harbor).ok()
}

func TestPasswordSignUp_TheOpeningListDecidesWhereNoneIsGiven(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	start := w.openSignUp(keyed)
	sent, code := w.nextCode(func() answer {
		return w.post(upChallenge, "client_id", keyed, "continuation_token", start, "challenge_type", native)
	})
	proven := w.signUpCode(keyed, sent, code).wantsPassword()
	w.signUpChallenge(keyed, proven).asksPassword() // not that of the challenge before
}

// D20.
func TestPasswordSignUp_AClientWithoutPasswordsTakesNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sent, code := w.upSent(plain, "password", "short") // not even looked at
	w.signUpPassword(plain, sent, harbor).badToken()
	w.signUpCode(plain, sent, code).ok()
	u, err := w.store.UserByUsername(t.Context(), casey)
	require.NoError(t, err)
	assert.Empty(t, u.PasswordHash)
	assert.Zero(t, u.PasswordChangedAt)
}

func TestOrder_PasswordSignUpStart(t *testing.T) {
	t.Parallel()
	taken := func(call func(w *world) answer) func(w *world) answer {
		return func(w *world) answer { w.signUp(casey); return call(w) }
	}
	const broken, invalid = "{", `{"city":""}`
	eachMistake(t, []mistake{
		{"the user name before the password", start(both, "casey", every, "password", "short"), 400, "invalid_request", "", 90100},
		{"an unknown type before the password", start(both, casey, unknownType, "password", "short"), 400, "invalid_request", "", 901007},
		{"a missing redirect before the password", start(both, casey, noRedirect, "password", "short"), 400, "unsupported_challenge_type", "", 901007},
		{"missing types before the password", start(both, casey, "", "password", "short"), 400, "invalid_request", "", 900144},
		{"the attributes' form before the password", start(both, casey, every, "password", "short", "attributes", broken), 400, "invalid_request", "", 90023},
		{"the password before the attributes' rules", start(both, casey, every, "password", "short", "attributes", invalid), 400, "invalid_grant", "password_too_short", 399246},
		{"the password before the account", taken(start(both, casey, every, "password", "short")), 400, "invalid_grant", "password_too_short", 399246},
		{"the attributes' rules before the account", taken(start(both, casey, every, "password", harbor, "attributes", invalid)), 400, "invalid_grant", "attribute_validation_failed", 901014},
		{"the password before a redirect for want of a method", start(both, casey, onlyPassword, "password", "short"), 400, "invalid_grant", "password_too_short", 399246},
		{"the account before a redirect for want of a password", taken(start(both, casey, native)), 400, "user_already_exists", "", 1003037},
		{"the account last", taken(start(both, casey, every, "password", harbor)), 400, "user_already_exists", "", 1003037},
	})
}

func TestOrder_PasswordAtSignUpContinue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *handler.Config) { c.Passwords.Classes = 2 })
	proven := w.upProven(keyed)
	w.post(upContinue, "client_id", "nobody", "continuation_token", proven, "grant_type", "password").
		refused(400, "unauthorized_client", "", 700016)
	w.post(upContinue, "client_id", keyed, "continuation_token", "forged", "grant_type", "password", "password", "short").badToken()
	w.post(upContinue, "client_id", both, "continuation_token", proven, "grant_type", "password").badToken()
	w.signUp(casey) // somebody is faster
	w.signUpPassword(keyed, proven, "short").refused(400, "invalid_grant", "password_too_short", 399246)
	w.signUpPassword(keyed, proven, strong).refused(400, "user_already_exists", "", 1003037)
}
