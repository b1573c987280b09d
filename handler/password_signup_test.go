package handler_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// Sections 4.1 to 4.3 and 6.1 of the contract, where they are about passwords. What everybody does
// is in password_test.go.

// openSignUp starts a sign-up of an app that can do all there is.
func (w *world) openSignUp(client string, more ...string) (token string) {
	w.Helper()
	return w.post(upStart, append([]string{"client_id", client, "username", casey, "challenge_type", every}, more...)...).ok()
}

// upSent takes such a sign-up to where a code has been sent.
func (w *world) upSent(client string, more ...string) (token, code string) {
	w.Helper()
	start := w.openSignUp(client, more...)
	return w.nextCode(func() answer { return w.signUpChallenge(client, start) })
}

// upProven takes such a sign-up to where the code was accepted and the password is missing.
func (w *world) upProven(client string, more ...string) (token string) {
	w.Helper()
	sent, code := w.upSent(client, more...)
	return w.signUpCode(client, sent, code).wantsPassword()
}

// wantsPassword is the answer of a step after which a credential is missing.
func (a answer) wantsPassword() (token string) {
	a.t.Helper()
	return a.refused(400, "credential_required", "", 55103).text("continuation_token")
}

// wantsAttributes is the answer of a step after which attributes are missing.
func (a answer) wantsAttributes() (token string) {
	a.t.Helper()
	return a.refused(400, "attributes_required", "", 55106).text("continuation_token")
}

// asksCode is the answer of a challenge that has sent a code.
func (a answer) asksCode() (token string) {
	a.t.Helper()
	token = a.ok()
	require.Equal(a.t, "oob", a.body["challenge_type"])
	return token
}

// asksPassword is the answer of a challenge for a password: it has nothing that is about codes.
func (a answer) asksPassword() (token string) {
	a.t.Helper()
	token = a.ok()
	require.Equal(a.t, map[string]any{"challenge_type": "password", "continuation_token": token}, a.body)
	return token
}

// noAccount checks that there is none of a name.
func (w *world) noAccount(user string) {
	w.Helper()
	_, err := w.store.UserByUsername(w.Context(), user)
	require.ErrorIs(w, err, store.ErrNotFound)
}

func TestPasswordSignUp_MayComeBeforeTheCode(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		open func(w *world) string
	}{
		{"before a code was sent", func(w *world) string { return w.openSignUp(keyed) }},
		{"after a code was sent", func(w *world) string { sent, _ := w.upSent(keyed); return sent }},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t)
			open := row.open(w)
			next := w.signUpPassword(keyed, open, harbor).wantsPassword()
			w.noAccount(casey)
			w.signUpCode(keyed, next, "12345678").badToken() // the code is asked for first
			w.signUpPassword(keyed, open, harbor).badToken() // moved past
			sent, code := w.nextCode(func() answer { return w.signUpChallenge(keyed, next) })
			done := w.signUpCode(keyed, sent, code).ok()
			w.redeemToken(keyed, done, "username", casey).tokens()
			w.enter(casey, harbor).tokens()
		})
	}
}

func TestPasswordSignUp_TheLastOneBeforeTheCodeCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	next := w.signUpPassword(keyed, w.openSignUp(keyed, "password", calmHarbor), harbor).wantsPassword()
	sent, code := w.nextCode(func() answer { return w.signUpChallenge(keyed, next) })
	w.signUpCode(keyed, sent, code).ok()
	asked := w.askedPassword(keyed, casey)
	w.redeemPassword(keyed, asked, calmHarbor).refused(400, "invalid_grant", "", 50126)
	w.redeemPassword(keyed, asked, harbor).tokens()
}

func TestPasswordSignUp_MayComeLate(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		ask  func(w *world, token string) string
	}{
		{"without another challenge", func(_ *world, token string) string { return token }},
		{"after another challenge", func(w *world, token string) string { return w.signUpChallenge(keyed, token).asksPassword() }},
		{"after a challenge that was repeated with the token before", func(w *world, token string) string {
			w.signUpChallenge(keyed, token).asksPassword()
			return w.signUpChallenge(keyed, token).asksPassword()
		}},
		{"after two challenges", func(w *world, token string) string {
			return w.signUpChallenge(keyed, w.signUpChallenge(keyed, token).asksPassword()).asksPassword()
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t)
			proven := w.upProven(keyed)
			mails := w.mail.count()
			asked := row.ask(w, proven)
			w.noAccount(casey)
			done := w.signUpPassword(keyed, asked, harbor).ok()
			w.signUpPassword(keyed, asked, harbor).badToken() // one success
			assert.Equal(t, mails, w.mail.count(), "a password needs no mail")
			u, err := w.store.UserByUsername(t.Context(), casey)
			require.NoError(t, err)
			assert.NotEmpty(t, u.PasswordHash)
			assert.Equal(t, w.clock.now(), u.PasswordChangedAt)
			assert.Equal(t, []any{"otp"}, idClaims(t, w.redeemToken(keyed, done).tokens())["amr"])
		})
	}
}

func TestPasswordSignUp_AttributesComeBeforeOrAfter(t *testing.T) {
	t.Parallel()
	const oslo = `{"city":"Oslo"}`
	for _, row := range []struct {
		name string
		walk func(w *world) (done string)
	}{
		{"attributes at start, the password late", func(w *world) string {
			return w.signUpPassword(both, w.upProven(both, "attributes", oslo), harbor).ok()
		}},
		{"the password at start, attributes late", func(w *world) string {
			sent, code := w.upSent(both, "password", harbor)
			return w.signUpAttributes(both, w.signUpCode(both, sent, code).wantsAttributes(), oslo).ok()
		}},
		{"attributes, then the password, before the code", func(w *world) string {
			next := w.signUpAttributes(both, w.openSignUp(both), oslo).wantsPassword()
			next = w.signUpPassword(both, next, harbor).wantsPassword()
			sent, code := w.nextCode(func() answer { return w.signUpChallenge(both, next) })
			return w.signUpCode(both, sent, code).ok()
		}},
		{"the password, then attributes, before the code", func(w *world) string {
			next := w.signUpPassword(both, w.openSignUp(both), harbor).wantsPassword()
			next = w.signUpAttributes(both, next, oslo).wantsPassword()
			sent, code := w.nextCode(func() answer { return w.signUpChallenge(both, next) })
			return w.signUpCode(both, sent, code).ok()
		}},
		{"the password, then attributes, after the code", func(w *world) string {
			proven := w.upProven(both)
			w.signUpAttributes(both, proven, oslo).badToken() // the password first
			return w.signUpAttributes(both, w.signUpPassword(both, proven, harbor).wantsAttributes(), oslo).ok()
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t)
			w.redeemToken(both, row.walk(w), "username", casey).tokens()
			u, err := w.store.UserByUsername(t.Context(), casey)
			require.NoError(t, err)
			assert.Equal(t, map[string]string{"city": "Oslo"}, u.Attributes)
			assert.NotEmpty(t, u.PasswordHash)
		})
	}
}

// badPasswords are those that nobody may choose, by the word for what is wrong with them.
var badPasswords = []struct{ name, suberror, text string }{
	{"of one class", "password_too_weak", harbor},
	{"of seven characters", "password_too_short", "Aa1!xyz"},
	{"of seven characters in 14 bytes", "password_too_short", "ÄäÖöÜü1"},
	{"of 257 characters", "password_too_long", strings.Repeat("Harbour 1 ", 25) + "Harbour"},
	{"that everybody has", "password_banned", "Password1"},
	{"of the user name", "password_banned", "Casey@Contoso.com"},
	{"of blanks", "password_is_invalid", "          "},
	{"with a character that is none", "password_is_invalid", "A quiet harbour\uFFFD"},
}

func withClasses(c *handler.Config) { c.Passwords.Classes = 3 }

const strong = "A quiet harbour" // passes withClasses

func TestPasswordSignUp_AWeakOneIsRefusedAtStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withClasses)
	for _, row := range badPasswords {
		t.Run(row.name, func(t *testing.T) {
			w := *w
			w.T = t
			a := w.post(upStart, "client_id", keyed, "username", casey, "challenge_type", every, "password", row.text).
				refused(400, "invalid_grant", row.suberror, 399246)
			assert.NotContains(t, a.body, "continuation_token")
			assert.NotContains(t, a.body["error_description"], row.text)
			w.noAccount(casey)
		})
	}
	assert.Zero(t, w.mail.count())
}

func TestPasswordSignUp_AWeakOneLeavesTheTokenGood(t *testing.T) {
	t.Parallel()
	for _, state := range []struct {
		name string
		open func(w *world) string
	}{
		{"before the code was sent", func(w *world) string { return w.openSignUp(keyed) }},
		{"before the code", func(w *world) string { sent, _ := w.upSent(keyed); return sent }},
		{"after the code", func(w *world) string { return w.upProven(keyed) }},
		{"when it was asked for", func(w *world) string { return w.signUpChallenge(keyed, w.upProven(keyed)).asksPassword() }},
	} {
		t.Run(state.name, func(t *testing.T) {
			w := newWorld(t, withClasses)
			token := state.open(w)
			for _, row := range badPasswords {
				a := w.signUpPassword(keyed, token, row.text).refused(400, "invalid_grant", row.suberror, 399246)
				assert.NotContains(t, a.body, "continuation_token", row.name)
				w.noAccount(casey)
			}
			w.post(upContinue, "client_id", keyed, "continuation_token", token, "grant_type", "password").
				refused(400, "invalid_request", "", 900144).says("'password'")
			a := w.signUpPassword(keyed, token, strong)
			if strings.HasPrefix(state.name, "before") {
				a.wantsPassword()
				w.noAccount(casey)
				return
			}
			a.ok()
		})
	}
}
