package handler_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

const (
	guarded = "44444444-4444-4444-8444-444444444444" // passwords, a second factor always, the address registered
	fresh   = "55555555-5555-4555-8555-555555555555" // the same, and fresh accounts have no method
	coded   = "55555555-5555-4555-8555-555555555566" // no passwords, a second factor always
	apps    = "55555555-5555-4555-8555-555555555577" // the same, with authenticator apps alone
	able    = "mfa_required registration_required"

	another = "second@contoso.com"
	number  = "+4915112345678"
)

// secondFactors adds the clients that ask for a second factor.
func secondFactors(c *handler.Config) {
	c.SMSCountries = otp.Countries{"+49"}
	c.Clients = append(c.Clients,
		handler.Client{ID: guarded, Passwords: true, SecondFactor: handler.Always, RegisterAddress: true},
		handler.Client{ID: fresh, Passwords: true, SecondFactor: handler.Always,
			Methods: []store.MethodKind{store.MethodEmail, store.MethodSMS, store.MethodTOTP}},
		handler.Client{ID: coded, SecondFactor: handler.Always},
		handler.Client{ID: apps, SecondFactor: handler.Always, Methods: []store.MethodKind{store.MethodTOTP}},
	)
}

// mailMethod and textMethod are second factors that an account may have.
var (
	mailMethod = store.Method{ID: "0a0a0a0a-1111-4bbb-8222-3c3c3c3c3c3c", Kind: store.MethodEmail, Target: another}
	textMethod = store.Method{ID: "0b0b0b0b-1111-4bbb-8222-3c3c3c3c3c3c", Kind: store.MethodSMS, Target: number}
)

// person makes an account with a password and methods.
func (w *world) person(user string, methods ...store.Method) {
	w.Helper()
	w.enrol(user, harbor)
	w.update(user, func(u *store.User) { u.Methods = methods })
}

// first goes through the first factor of somebody with a password and returns the answer.
func (w *world) first(client, user string) answer {
	w.Helper()
	start := w.post("/oauth2/v2.0/initiate", "client_id", client, "username", user, "challenge_type", every, "capabilities", able).ok()
	return w.redeemPassword(client, w.signInChallenge(client, start).ok(), harbor)
}

// wants is an interrupt for a second factor, whose token it returns.
func (a answer) wants(suberror string) (token string) {
	a.t.Helper()
	a.refused(400, "invalid_grant", suberror, map[string]int{"mfa_required": 50076, "registration_required": 50079}[suberror])
	token, _ = a.body["continuation_token"].(string)
	require.NotEmpty(a.t, token)
	return token
}

func (w *world) introspect(client, token string) answer {
	w.Helper()
	return w.post("/oauth2/v2.0/introspect", "client_id", client, "continuation_token", token)
}

// askedBy asks for a second factor by the method with an id.
func (w *world) askedBy(client, token, id string, more ...string) answer {
	w.Helper()
	return w.post("/oauth2/v2.0/challenge", append([]string{"client_id", client, "continuation_token", token, "id", id}, more...)...)
}

func (w *world) redeemSecond(client, token, code string, more ...string) answer {
	w.Helper()
	return w.post("/oauth2/v2.0/token", append([]string{"client_id", client, "continuation_token", token, "grant_type", "mfa_oob", "oob", code}, more...)...)
}

func (w *world) kinds(client, token string) answer {
	w.Helper()
	return w.post("/register/v1.0/introspect", "client_id", client, "continuation_token", token)
}

func (w *world) register(client, token, target string, more ...string) answer {
	w.Helper()
	return w.post("/register/v1.0/challenge", append([]string{"client_id", client, "continuation_token", token, "challenge_type", "oob", "challenge_target", target}, more...)...)
}

func (w *world) registerCode(client, token, code string) answer {
	w.Helper()
	return w.post("/register/v1.0/continue", "client_id", client, "continuation_token", token, "grant_type", "oob", "oob", code)
}

func (w *world) registerKnown(client, token string) answer {
	w.Helper()
	return w.post("/register/v1.0/continue", "client_id", client, "continuation_token", token, "grant_type", "continuation_token")
}

// signedUp finishes a sign-up with a password, all but its last call.
func (w *world) signedUp(client, user string) (token string) {
	w.Helper()
	start := w.post("/signup/v1.0/start", "client_id", client, "username", user, "challenge_type", every, "password", harbor, "capabilities", able).ok()
	sent, code := w.nextCode(func() answer { return w.signUpChallenge(client, start) })
	return w.signUpCode(client, sent, code).ok()
}

func TestSecondFactor_TheWayOfMSALJS(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey, mailMethod, textMethod)
	a := w.introspect(guarded, w.first(guarded, casey).wants("mfa_required"))
	assert.Equal(t, []any{
		map[string]any{"id": mailMethod.ID, "challenge_type": "oob", "challenge_channel": "email", "login_hint": otp.Address(another).Mask()},
		map[string]any{"id": textMethod.ID, "challenge_type": "oob", "challenge_channel": "sms", "login_hint": otp.Address(number).Mask()},
	}, a.body["methods"])

	listed := a.ok()
	token, code := w.nextCode(func() answer {
		a = w.askedBy(guarded, listed, textMethod.ID, "challenge_type", every)
		return a
	})
	assert.Equal(t, map[string]any{
		"continuation_token": token, "challenge_type": "oob", "binding_method": "prompt", "challenge_channel": "sms",
		"challenge_target_label": otp.Address(number).Mask(), "code_length": 8.0, "interval": 0.0,
	}, a.body)
	sent := w.mail.take(w.mail.count())
	assert.Equal(t, otp.Message{
		Channel: otp.SMS, To: number, Purpose: otp.SecondFactor, App: "Contoso", Code: code, Life: sent.Life, Expires: sent.Expires, Style: sent.Style,
	}, sent)

	w.redeemSecond(guarded, token, "00000000").refused(400, "invalid_grant", "invalid_oob_value", 50181)
	claims := idClaims(t, w.redeemSecond(guarded, token, code).tokens())
	assert.Equal(t, []any{"pwd", "sms", "mfa"}, claims["amr"])
	assert.Equal(t, "2", claims["acr"])
}

func TestSecondFactor_ASignUpWithAPasswordHasPassedBoth(t *testing.T) {
	w := newWorld(t, secondFactors)
	a := w.redeemToken(guarded, w.signedUp(guarded, casey)).tokens()
	assert.Equal(t, []any{"otp"}, idClaims(t, a)["amr"], "a password was chosen, and none proven")
	assert.Equal(t, "1", idClaims(t, a)["acr"])
	w.refresh(guarded, a.body["refresh_token"].(string)).tokens()
}

func TestRegistration_ThePreverifiedAddress(t *testing.T) {
	w := newWorld(t, secondFactors)
	a := w.kinds(fresh, w.redeemToken(fresh, w.signedUp(fresh, casey)).wants("registration_required"))
	assert.Equal(t, []any{
		map[string]any{"id": "email", "challenge_type": "oob", "challenge_channel": "email", "login_hint": casey},
		map[string]any{"id": "sms", "challenge_type": "oob", "challenge_channel": "sms", "login_hint": ""},
		map[string]any{"id": "totp", "challenge_type": "oob", "challenge_channel": "totp", "login_hint": ""},
	}, a.body["methods"])
	a = w.register(fresh, a.ok(), strings.ToUpper(casey), "challenge_channel", "email")
	assert.Equal(t, map[string]any{"continuation_token": a.ok(), "challenge_type": "preverified"}, a.body)
	w.redeemToken(fresh, w.registerKnown(fresh, a.ok()).ok()).tokens()
}

func TestRegistration_AnAuthenticatorApp(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey)
	listed := w.kinds(fresh, w.first(fresh, casey).wants("registration_required")).ok()
	a := w.register(fresh, listed, "", "challenge_channel", "totp")
	uri, _ := a.body["otpauth_uri"].(string)
	assert.Equal(t, map[string]any{
		"continuation_token": a.ok(), "challenge_type": "oob", "binding_method": "prompt", "challenge_channel": "totp",
		"challenge_target": "", "code_length": 6.0, "otpauth_uri": uri,
	}, a.body)
	a = w.registerCode(fresh, a.ok(), w.shown(uri))
	assert.Len(t, a.body["recovery_codes"], otp.RecoveryCodes)
	claims := idClaims(t, w.redeemToken(fresh, a.ok()).tokens())
	assert.Equal(t, []any{"pwd", "otp", "mfa"}, claims["amr"])

	token := w.signInChallenge(fresh, w.first(fresh, casey).wants("mfa_required")).ok()
	w.redeemSecond(fresh, token, w.shown(uri)).refused(400, "invalid_grant", "invalid_oob_value", 50181) // its step is used up
	w.clock.pass(30 * time.Second)
	w.redeemSecond(fresh, token, w.shown(uri)).tokens()

	recovery := a.body["recovery_codes"].([]any)[3].(string)
	for _, spent := range []bool{false, true} {
		a := w.introspect(fresh, w.first(fresh, casey).wants("mfa_required"))
		id := a.body["methods"].([]any)[1].(map[string]any)["id"].(string)
		a = w.askedBy(fresh, a.ok(), id)
		assert.Equal(t, "recovery", a.body["challenge_channel"])
		a = w.redeemSecond(fresh, a.ok(), recovery)
		if spent {
			a.refused(400, "invalid_grant", "invalid_oob_value", 50181)
		} else {
			a.tokens()
		}
	}
}
