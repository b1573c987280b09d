package handler_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/otp"
)

// Section 4.5 of the contract, for the first factor.

func TestSignInChallenge_SaysWhereTheCodeWent(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	a := w.signInChallenge(plain, w.signInStart(plain, casey).ok())
	assert.Equal(t, map[string]any{
		"continuation_token": a.ok(), "challenge_type": "oob", "binding_method": "prompt", "challenge_channel": "email",
		"challenge_target_label": "c***y@c***o.c***", "code_length": 8.0, "interval": 0.0,
	}, a.body)
	m := w.mail.take(2)
	assert.Equal(t, otp.SignIn, m.Purpose)
	assert.EqualValues(t, casey, m.To)
}

func TestSignInChallenge_PrefersTheCodeToAPasswordThatNobodyHas(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	start := w.post(endpoints[3], "client_id", plain, "username", casey, "challenge_type", "password oob redirect").ok()
	a := w.post(endpoints[4], "client_id", plain, "continuation_token", start, "challenge_type", "password oob redirect")
	assert.Equal(t, "oob", a.body["challenge_type"])
}

// D22 of the contract.
func TestSignInChallenge_RedirectsAnAppWithoutCodesAndKeepsTheToken(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	start := w.signInStart(plain, casey).ok()
	for _, types := range []string{"redirect", "password redirect"} {
		w.post(endpoints[4], "client_id", plain, "continuation_token", start, "challenge_type", types).redirected()
	}
	assert.Equal(t, 1, w.mail.count())
	w.signInChallenge(plain, start).ok()
}

// D21 of the contract.
func TestSignInChallenge_IgnoresAMethodIDBeforeTheFirstFactor(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	start := w.signInStart(plain, casey).ok()
	w.post(endpoints[4], "client_id", plain, "continuation_token", start, "id", "0a0a0a0a-1111-bbbb-2222-3c3c3c3c3c3c").ok()
}

func TestSignInChallenge_Errors(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	start := w.signInStart(plain, casey).ok()
	signUp := w.signUpStart(plain, "sam@contoso.com").ok()
	for _, row := range []struct {
		name                 string
		client, token, types string
		code                 string
		number               int
		says                 string
	}{
		{"a missing client is malformed", "", start, native, "invalid_request", 90100, "client_id parameter is empty or not valid"},
		{"an unknown client is unauthorized", "nobody", start, native, "unauthorized_client", 700016, ""},
		{"a missing token is asked for", plain, "", native, "invalid_request", 900144, "'continuation_token'"},
		{"a forged token is refused", plain, "AAAA", native, "invalid_request", 55200, ""},
		{"a sign-up's token is refused", plain, signUp, native, "invalid_request", 55200, ""},
		{"another client's token is refused", asking, start, native, "invalid_request", 55200, ""},
		{"a challenge type nobody knows is refused", plain, start, "oob preverified redirect", "invalid_request", 901007, "The challenge_type list parameter contains an unsupported challenge type"},
		{"challenge types without redirect are refused", plain, start, "oob", "unsupported_challenge_type", 901007, "does not include the 'redirect' type"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := *w
			w.T = t
			w.post(endpoints[4], "client_id", row.client, "continuation_token", row.token, "challenge_type", row.types).
				refused(400, row.code, "", row.number).says(row.says)
		})
	}
	assert.Equal(t, 1, w.mail.count(), "no error sends mail")
	w.signInChallenge(plain, start).ok()
}

func TestSignInChallenge_AResendReplacesTheCode(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	token, first := w.signInSent(plain, casey)
	token, second := w.nextCode(func() answer { return w.signInChallenge(plain, token) })
	if first != second {
		w.redeemCode(plain, token, first).refused(400, "invalid_grant", "invalid_oob_value", 50181)
	}
	w.redeemCode(plain, token, second).tokens()
}
