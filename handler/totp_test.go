package handler_test

import (
	"encoding/base32"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// Authenticator apps as second factors (RFC 6238).

// secretOf is what an authenticator app keeps that was set up with a URI.
func secretOf(t *testing.T, uri string) []byte {
	t.Helper()
	u, err := url.Parse(uri)
	require.NoError(t, err)
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(u.Query().Get("secret"))
	require.NoError(t, err)
	return secret
}

// shown is what an authenticator app shows now that was set up with a URI.
func (w *world) shown(uri string) string { return w.shownAt(uri, 0) }

// shownAt is what it shows some steps of time from now.
func (w *world) shownAt(uri string, steps int64) string {
	w.Helper()
	return otp.TOTP(secretOf(w.T, uri), otp.TOTPStep(w.clock.now())+steps)
}

// withApp gives casey's account an app, and lets the time of the step pass that this has used up.
func (w *world) withApp(user string) (uri string, recovery []string) {
	w.Helper()
	id := w.idOf(user)
	s, err := w.auth.NewTOTP(w.Context(), id)
	require.NoError(w, err)
	mails := w.mail.count()
	recovery, err = w.auth.ConfirmTOTP(w.Context(), id, w.shown(s.URI))
	require.NoError(w, err)
	w.mail.take(mails + 1) // the notice
	w.clock.pass(time.Minute)
	return s.URI, recovery
}

// kindOf is the method of a kind that a user has.
func (w *world) kindOf(user string, kind store.MethodKind) store.Method {
	w.Helper()
	for _, m := range w.methodsOf(user) {
		if m.Kind == kind {
			return m
		}
	}
	require.Fail(w, "there is none", "%s", kind)
	return store.Method{}
}

// askedApp takes a sign-in with a password to where the app was asked for.
func (w *world) askedApp(user string) (token string) {
	w.Helper()
	return w.askedBy(guarded, w.first(guarded, user).wants("mfa_required"), w.kindOf(user, store.MethodTOTP).ID).ok()
}

func TestTOTP_ASignInWithIt(t *testing.T) {
	for name, redeem := range map[string]func(w *world, token, code string) answer{
		"mfa_oob": func(w *world, token, code string) answer { return w.redeemSecond(guarded, token, code) },
		"oob":     func(w *world, token, code string) answer { return w.redeemCode(guarded, token, code) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, secondFactors)
			w.person(casey)
			uri, _ := w.withApp(casey)
			mails := w.mail.count()
			a := w.introspect(guarded, w.first(guarded, casey).wants("mfa_required"))
			assert.Equal(t, []any{
				map[string]any{"id": w.kindOf(casey, store.MethodTOTP).ID, "challenge_type": "oob", "challenge_channel": "totp", "login_hint": "authenticator app"},
				map[string]any{"id": w.kindOf(casey, store.MethodRecovery).ID, "challenge_type": "oob", "challenge_channel": "recovery", "login_hint": "recovery code"},
			}, a.body["methods"])
			a = w.signInChallenge(guarded, a.ok()) // recovery codes are asked for by name
			token := a.ok()
			assert.Equal(t, map[string]any{
				"continuation_token": token, "challenge_type": "oob", "binding_method": "prompt", "challenge_channel": "totp",
				"challenge_target_label": "authenticator app", "code_length": 6.0, "interval": 0.0,
			}, a.body)
			redeem(w, token, "").refused(400, "invalid_request", "", 900144).says("'oob'")
			redeem(w, token, notShown(w, uri)).wrongCode()
			redeem(w, token, w.shown(uri)).tokens().factors([]any{"pwd", "otp", "mfa"}, "2", w.clock.now())
			assert.Equal(t, mails, w.mail.count(), "nothing is sent")
		})
	}
}

// notShown is a code that an app shows at none of the steps that are taken now.
func notShown(w *world, uri string) string {
	for _, code := range []string{"000000", "000001", "000002", "000003"} {
		if code != w.shownAt(uri, -1) && code != w.shown(uri) && code != w.shownAt(uri, 1) {
			return code
		}
	}
	return ""
}

func TestTOTP_OneStepEitherSideIsTaken(t *testing.T) {
	for steps, right := range map[int64]bool{-3: false, -2: false, -1: true, 0: true, 1: true, 2: false, 3: false} {
		w := newWorld(t, secondFactors)
		w.person(casey)
		uri, _ := w.withApp(casey)
		w.clock.pass(5 * time.Minute)
		if a := w.redeemSecond(guarded, w.askedApp(casey), w.shownAt(uri, steps)); right {
			a.tokens()
		} else {
			a.wrongCode()
		}
	}
}

// RFC 6238 §5.2: a step of time is good once, whoever asks, wherever, and whenever while it could be right.
func TestTOTP_AStepIsGoodOnce(t *testing.T) {
	a := newWorld(t, secondFactors)
	a.person(casey)
	b := a.sibling(secondFactors)
	uri, _ := a.withApp(casey)
	tokens := []string{a.askedApp(casey), b.askedApp(casey), a.askedApp(casey)}
	code := a.shownAt(uri, 1) // of an app that is ahead
	a.redeemSecond(guarded, tokens[0], code).tokens()
	for range 4 { // as long as it could be right
		b.redeemSecond(guarded, tokens[1], code).wrongCode()
		a.clock.pass(20 * time.Second)
	}
	b.redeemSecond(guarded, tokens[1], b.shown(uri)).tokens()
	a.redeemSecond(guarded, tokens[2], a.shownAt(uri, 1)).tokens() // another step is another code
}

func TestTOTP_IsTypedAsPeopleDo(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey)
	uri, _ := w.withApp(casey)
	for _, spell := range []func(code string) string{
		func(c string) string { return c[:3] + " " + c[3:] },
		func(c string) string { return " " + c[:3] + "-" + c[3:] },
	} {
		w.redeemSecond(guarded, w.askedApp(casey), spell(w.shown(uri))).tokens()
		w.clock.pass(30 * time.Second)
	}
	token := w.askedApp(casey)
	for _, text := range []string{"1234567", "12345", "01234567", "12345a", "１２３４５６", w.shown(uri) + "0"} {
		w.redeemSecond(guarded, token, text).wrongCode()
	}
	w.redeemSecond(guarded, token, w.shown(uri)).tokens()
}

func TestTOTP_AnotherUsersCodeIsWrong(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey)
	w.person("sam@contoso.com")
	w.withApp(casey)
	sams, _ := w.withApp("sam@contoso.com")
	w.redeemSecond(guarded, w.askedApp(casey), w.shown(sams)).wrongCode()

	// Nor does it help to copy his secret, as it is stored, into the row of another.
	stolen := w.kindOf("sam@contoso.com", store.MethodTOTP)
	w.update(casey, func(u *store.User) { u.Methods = []store.Method{stolen} })
	w.redeemSecond(guarded, w.askedApp(casey), w.shown(sams)).refused(503, "temporarily_unavailable", "", 90033)
	w.redeemSecond(guarded, w.askedApp("sam@contoso.com"), w.shown(sams)).tokens()
}

func TestTOTP_ASwitchOfMethodLeavesOneCodeGood(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey, textMethod)
	uri, _ := w.withApp(casey)
	app := w.kindOf(casey, store.MethodTOTP).ID
	token, texted := w.sentSecond(w.first(guarded, casey).wants("mfa_required"), textMethod)
	token = w.askedBy(guarded, token, app).ok()
	w.redeemSecond(guarded, token, texted).wrongCode()
	token, texted = w.sentSecond(token, textMethod)
	w.redeemSecond(guarded, token, w.shown(uri)).wrongCode()
	w.redeemSecond(guarded, token, texted).tokens().factors([]any{"pwd", "sms", "mfa"}, "2", w.clock.now())
	w.redeemSecond(guarded, w.askedApp(casey), w.shown(uri)).tokens() // its step was not used up
}

// A sealed secret is opened with the old secrets, and sealed with the new one when it is used.
func TestTOTP_OutlivesAChangeOfTheSecret(t *testing.T) {
	before := newWorld(t, secondFactors, withSecrets("b"))
	before.person(casey)
	uri, _ := before.withApp(casey)
	sealed := before.kindOf(casey, store.MethodTOTP).Secret
	assert.NotContains(t, string(sealed), string(secretOf(t, uri)))

	lost := before.sibling(secondFactors, withSecrets("a"))
	lost.redeemSecond(guarded, lost.askedApp(casey), lost.shown(uri)).refused(503, "temporarily_unavailable", "", 90033)
	rotated := before.sibling(secondFactors, withSecrets("a", "b"))
	pending, err := before.auth.NewTOTP(t.Context(), before.idOf(casey))
	require.NoError(t, err)
	rotated.redeemSecond(guarded, rotated.askedApp(casey), notShown(rotated, uri)).wrongCode()
	assert.Equal(t, sealed, before.kindOf(casey, store.MethodTOTP).Secret, "a wrong code changes nothing")
	rotated.redeemSecond(guarded, rotated.askedApp(casey), rotated.shown(uri)).tokens()
	assert.NotEqual(t, sealed, before.kindOf(casey, store.MethodTOTP).Secret)
	before.clock.pass(time.Minute)
	lost.redeemSecond(guarded, lost.askedApp(casey), lost.shown(uri)).tokens()
	assert.Len(t, before.methodsOf(casey), 2)
	assert.NotEmpty(t, pending.Text)
}

// Over HTTP, as an extension of /register/v1.0: second_factor_test.go has the way through.
func TestTOTP_ARegistrationWaitsForACodeOfTheApp(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey)
	token := w.kinds(fresh, w.first(fresh, casey).wants("registration_required")).ok()
	a := w.register(fresh, token, "", "challenge_channel", "TOTP")
	old := a.text("otpauth_uri")
	u, err := url.Parse(old)
	require.NoError(t, err)
	assert.Equal(t, "otpauth://totp/Contoso:"+casey, u.Scheme+"://"+u.Host+u.Path)
	assert.Equal(t, "Contoso", u.Query().Get("issuer"))
	w.registerKnown(fresh, a.ok()).refused(400, "invalid_grant", "", 70003)
	w.registerCode(fresh, a.ok(), "").refused(400, "invalid_request", "", 900144).says("'oob'")
	w.registerCode(fresh, a.ok(), "01234567").wrongCode()
	w.registerCode(fresh, a.ok(), notShown(w, old)).wrongCode()
	assert.Empty(t, w.methodsOf(casey))

	a = w.register(fresh, a.ok(), "", "challenge_channel", "totp") // anew: another secret
	uri := a.text("otpauth_uri")
	require.NotEqual(t, old, uri)
	if w.shown(old) != w.shown(uri) {
		w.registerCode(fresh, a.ok(), w.shown(old)).wrongCode()
	}
	token, _ = w.nextCode(func() answer { return w.register(fresh, a.ok(), another) }) // another kind
	w.registerCode(fresh, token, w.shown(uri)).wrongCode()
	a = w.register(fresh, token, "", "challenge_channel", "totp")
	mails := w.mail.count()
	a2 := w.registerCode(fresh, a.ok(), w.shown(a.text("otpauth_uri")))
	assert.Equal(t, otp.MethodAdded, w.mail.take(mails+1).Purpose)
	codes := a2.body["recovery_codes"].([]any)
	assert.Len(t, codes, otp.RecoveryCodes)
	for _, code := range codes {
		assert.Len(t, code, otp.RecoveryLength)
		assert.Equal(t, code, strings.ToLower(code.(string)))
	}
	assert.Len(t, w.methodsOf(casey), 2)
	w.redeemToken(fresh, a2.ok()).tokens()
}

func TestTOTP_ARegistrationLeavesTheRecoveryCodesThatThereAre(t *testing.T) {
	w := newWorld(t, secondFactors)
	used := store.Method{ID: "0f0f0f0f-1111-4bbb-8222-3c3c3c3c3c3c", Kind: store.MethodRecovery}
	w.person(casey, used)
	token := w.kinds(fresh, w.first(fresh, casey).wants("registration_required")).ok()
	a := w.register(fresh, token, "", "challenge_channel", "totp")
	a = w.registerCode(fresh, a.ok(), w.shown(a.text("otpauth_uri")))
	assert.Equal(t, map[string]any{"continuation_token": a.ok()}, a.body)
	assert.Equal(t, used, w.methodsOf(casey)[0])
}

func TestTOTP_IsKeptOutOfTheWayOfAnAppThatCannotShowIt(t *testing.T) {
	w := newWorld(t, secondFactors, func(c *handler.Config) {
		c.Clients = append(c.Clients, handler.Client{ID: "none", Passwords: true, SecondFactor: handler.Always, Methods: []store.MethodKind{store.MethodEmail}})
	})
	w.person(casey)
	token := w.kinds("none", w.first("none", casey).wants("registration_required")).ok()
	w.register("none", token, "", "challenge_channel", "totp").refused(400, "invalid_request", "", 901001)
}
