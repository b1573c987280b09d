package handler_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/otp"
)

// Section 4.2 of the contract.

func TestSignUpChallenge_SaysWhereTheCodeWent(t *testing.T) {
	w := newWorld(t, withInterval(0))
	a := w.signUpChallenge(plain, w.signUpStart(plain, "casey.jensen@contoso.com").ok())
	assert.Equal(t, map[string]any{
		"continuation_token": a.ok(), "challenge_type": "oob", "binding_method": "prompt", "challenge_channel": "email",
		"challenge_target_label": "c***n@c***o.c***", "code_length": 8.0, "interval": 60.0,
	}, a.body)
	m := w.mail.take(1)
	assert.Len(t, m.Code, 8)
	assert.EqualValues(t, "casey.jensen@contoso.com", m.To)
	assert.Equal(t, otp.SignUp, m.Purpose)
	assert.Equal(t, "Contoso", m.App)
}

// D11 of the contract and E4.
func TestSignUpChallenge_TheLabelShowsTwoCharactersOfEachLabel(t *testing.T) {
	w := newWorld(t)
	for _, address := range []string{"a@b.co", "ab@cd.ef", "abc@def.ghi", "abcd@efgh.ijkl", "casey.j+x@mail.a-long-name.example", "casey@münchen.de"} {
		a := w.signUpChallenge(plain, w.signUpStart(plain, address).ok())
		label := a.text("challenge_target_label")
		local, domain, ok := strings.Cut(label, "@")
		assert.True(t, ok, label)
		for _, part := range append([]string{local}, strings.Split(domain, ".")...) {
			assert.Regexp(t, `^[^*]?\*\*\*[^*]?$`, part, "%s of %s", label, address)
		}
		assert.Equal(t, strings.TrimSpace(label), label)
	}
}

func TestSignUpChallenge_TakesTheTypesOfTheOpeningCallIfItHasNone(t *testing.T) {
	for _, types := range []string{"", " ", "oob redirect", "OOB password redirect"} {
		w := newWorld(t)
		start := w.signUpStart(plain, casey).ok()
		w.post(endpoints[1], "client_id", plain, "continuation_token", start, "challenge_type", types).ok()
	}
}

// D22 of the contract.
func TestSignUpChallenge_RedirectsAnAppWithoutCodesAndKeepsTheToken(t *testing.T) {
	w := newWorld(t)
	start := w.signUpStart(plain, casey).ok()
	for _, types := range []string{"redirect", "password redirect"} {
		w.post(endpoints[1], "client_id", plain, "continuation_token", start, "challenge_type", types).redirected()
	}
	assert.Equal(t, 0, w.mail.count())
	w.signUpChallenge(plain, start).ok()
}

func TestSignUpChallenge_Errors(t *testing.T) {
	w := newWorld(t)
	start := w.signUpStart(plain, casey).ok()
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
		{"another client's token is refused", asking, start, native, "invalid_request", 55200, ""},
		{"a challenge type nobody knows is refused", plain, start, "oob sms redirect", "invalid_request", 901007, "The challenge_type list parameter contains an unsupported challenge type"},
		{"challenge types without redirect are refused", plain, start, "oob", "unsupported_challenge_type", 901007, "does not include the 'redirect' type"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := *w
			w.T = t
			w.post(endpoints[1], "client_id", row.client, "continuation_token", row.token, "challenge_type", row.types).
				refused(400, row.code, "", row.number).says(row.says)
		})
	}
	assert.Equal(t, 0, w.mail.count(), "no error sends mail")
	w.signUpChallenge(plain, start).ok() // and none uses up the token
}

func TestSignUpChallenge_AResendReplacesTheCode(t *testing.T) {
	w := newWorld(t)
	token, first := w.signUpSent(plain, casey)
	token, second := w.nextCode(func() answer { return w.signUpChallenge(plain, token) })
	if first != second {
		w.signUpCode(plain, token, first).refused(400, "invalid_grant", "invalid_oob_value", 50181)
	}
	w.signUpCode(plain, token, second).ok()
}
