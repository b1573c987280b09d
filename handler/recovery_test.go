package handler_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// Recovery codes, which were written down for the day on which the app is gone.

// askedRecovery takes a sign-in with a password to where a recovery code was asked for.
func (w *world) askedRecovery(user string) (token string) {
	w.Helper()
	return w.askedBy(guarded, w.first(guarded, user).wants("mfa_required"), w.kindOf(user, store.MethodRecovery).ID).ok()
}

func TestRecovery_ACodeIsGoodOnce(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey)
	_, codes := w.withApp(casey)
	require.Len(t, codes, otp.RecoveryCodes)
	mails := w.mail.count()
	a := w.askedBy(guarded, w.first(guarded, casey).wants("mfa_required"), w.kindOf(casey, store.MethodRecovery).ID)
	token := a.ok()
	assert.Equal(t, map[string]any{
		"continuation_token": token, "challenge_type": "oob", "binding_method": "prompt", "challenge_channel": "recovery",
		"challenge_target_label": "recovery code", "code_length": 16.0, "interval": 0.0,
	}, a.body)
	other := w.askedRecovery(casey)
	w.redeemSecond(guarded, token, codes[4]).tokens().factors([]any{"pwd", "otp", "mfa"}, "2", w.clock.now())
	w.redeemSecond(guarded, other, codes[4]).wrongCode()
	assert.Len(t, w.kindOf(casey, store.MethodRecovery).Codes, 9)
	w.redeemCode(guarded, other, codes[5]).tokens()
	assert.Equal(t, mails, w.mail.count())
}

func TestRecovery_CodesAreReadAsPeopleWriteThem(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey)
	_, codes := w.withApp(casey)
	for i, spell := range []func(c string) string{
		strings.ToUpper,
		func(c string) string { return c[:4] + "-" + c[4:8] + " " + c[8:12] + "-" + c[12:] },
		func(c string) string { return strings.NewReplacer("0", "O", "1", "l").Replace(c) },
	} {
		w.redeemSecond(guarded, w.askedRecovery(casey), spell(codes[i])).tokens()
	}
	token := w.askedRecovery(casey)
	for _, text := range []string{codes[5][:15], codes[5] + "0", codes[5][:15] + "u", "123456", "12345678"} {
		w.redeemSecond(guarded, token, text).wrongCode()
	}
	w.redeemSecond(guarded, token, codes[5]).tokens()
}

func TestRecovery_AnotherUsersCodeIsWrong(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey)
	w.person("sam@contoso.com")
	w.withApp(casey)
	_, sams := w.withApp("sam@contoso.com")
	w.redeemSecond(guarded, w.askedRecovery(casey), sams[0]).wrongCode()
	stolen := w.kindOf("sam@contoso.com", store.MethodRecovery)
	w.update(casey, func(u *store.User) { u.Methods = []store.Method{stolen} })
	w.redeemSecond(guarded, w.askedRecovery(casey), sams[0]).wrongCode() // a hash is of its user
	w.redeemSecond(guarded, w.askedRecovery("sam@contoso.com"), sams[0]).tokens()
}

func TestRecovery_TheLastCodeIsTheEndOfTheMethod(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey)
	_, codes := w.withApp(casey)
	w.update(casey, func(u *store.User) { u.Methods = u.Methods[1:] }) // the host has taken the app away
	for _, code := range codes {
		token := w.signInChallenge(guarded, w.first(guarded, casey).wants("mfa_required")).ok() // the only method needs no id
		w.redeemSecond(guarded, token, code).tokens()
	}
	w.first(guarded, casey).wants("registration_required")
}

func TestRecovery_IsNotAskedForUnlessByName(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey, mailMethod)
	_, codes := w.withApp(casey)
	token := w.first(guarded, casey).wants("mfa_required")
	w.signInChallenge(guarded, token).refused(400, "invalid_request", "introspect_required", 50076)
	mails := w.mail.count()
	require.NoError(t, w.auth.RemoveMethod(t.Context(), w.idOf(casey), w.kindOf(casey, store.MethodTOTP).ID))
	w.mail.take(mails + 1) // the notice
	token, code := w.nextCode(func() answer { return w.signInChallenge(guarded, token) })
	w.redeemSecond(guarded, token, codes[0]).wrongCode() // that is not what was asked for
	w.redeemSecond(guarded, token, code).tokens()
}

func TestRecovery_TheStoreHoldsHashes(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey)
	uri, codes := w.withApp(casey)
	u, err := w.store.UserByUsername(t.Context(), casey)
	require.NoError(t, err)
	for _, m := range u.Methods {
		for _, hash := range m.Codes {
			assert.Len(t, hash, 32)
			for _, code := range codes {
				assert.NotContains(t, string(hash), code)
			}
		}
		assert.NotContains(t, string(m.Secret), string(secretOf(t, uri)))
	}
}
