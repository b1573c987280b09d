package handler_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// Sections 4.15 and 6.5 of the contract: a method is the account's when its code was right, and not before.

func TestRegisterContinue_AddsTheMethodAndTellsTheOwner(t *testing.T) {
	w := newWorld(t, secondFactors)
	token, code := w.registering(number)
	assert.Empty(t, w.methodsOf(casey))
	w.registerCode(guarded, token, otherCode(code)).wrongCode()
	assert.Empty(t, w.methodsOf(casey))
	w.clock.pass(time.Minute)
	mails := w.mail.count()
	a := w.registerCode(guarded, token, code)
	assert.Equal(t, map[string]any{"continuation_token": a.ok()}, a.body)
	methods := w.methodsOf(casey)
	require.Len(t, methods, 1)
	assert.Regexp(t, guidForm, methods[0].ID)
	assert.Equal(t, store.Method{ID: methods[0].ID, Kind: store.MethodSMS, Target: number, AddedAt: w.clock.now()}, methods[0])

	notice := w.mail.take(mails + 1)
	assert.Equal(t, otp.MethodAdded, notice.Purpose)
	assert.EqualValues(t, casey, notice.To)
	assert.Equal(t, otp.Email, notice.Channel)
	assert.Equal(t, w.clock.now(), notice.At)
	assert.Empty(t, notice.Code)

	w.redeemToken(guarded, a.ok(), "username", casey).tokens()
	assert.Equal(t, mails+1, w.mail.count())
	w.first(guarded, casey).wants("mfa_required")
}

// C22, checklist 12.
func TestRegisterContinue_TheTokenCallTakesAUserNameOrNone(t *testing.T) {
	for _, row := range []struct {
		name  string
		pairs []string
		fails bool
	}{
		{"none, as JS", nil, false},
		{"an empty one", []string{"username", ""}, false},
		{"the account's", []string{"username", casey}, false},
		{"the account's, in capitals", []string{"username", strings.ToUpper(casey)}, false},
		{"the contact that was registered", []string{"username", another}, true},
		{"somebody else's", []string{"username", "sam@contoso.com"}, true},
		{"none at all", []string{"username", "?"}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t, secondFactors)
			token, code := w.registering(another)
			token = w.registerCode(guarded, token, code).ok()
			if a := w.redeemToken(guarded, token, row.pairs...); row.fails {
				a.refused(400, "invalid_grant", "", 50126)
				w.redeemToken(guarded, token).tokens() // it has kept the token
			} else {
				a.tokens()
			}
		})
	}
}

func TestRegisterContinue_GrantTypes(t *testing.T) {
	w := newWorld(t, secondFactors)
	token, code := w.registering(another)
	with := func(pairs ...string) answer {
		return w.post(regContinue, append([]string{"client_id", guarded, "continuation_token", token}, pairs...)...)
	}
	with("oob", code).refused(400, "invalid_request", "", 900144).says("'grant_type'")
	with("grant_type", "oob").refused(400, "invalid_request", "", 900144).says("'oob'")
	for _, grant := range []string{"continuation_token", "mfa_oob", "password", "attributes", "refresh_token", "OOB", "?"} {
		with("grant_type", grant, "oob", code).refused(400, "invalid_grant", "", 70003)
	}
	w.registerCode(guarded, "", code).refused(400, "invalid_request", "", 900144).says("'continuation_token'")
	w.registerCode(guarded, "forged", code).badToken()
	w.registerCode(fresh, token, code).badToken()
	w.registerCode("nobody", token, code).refused(400, "unauthorized_client", "", 700016)
	w.redeemCode(guarded, token, code).badToken() // the code is of the registration
	w.redeemSecond(guarded, token, code).badToken()
	w.redeemToken(guarded, token).badToken()
	assert.Empty(t, w.methodsOf(casey))
	next := w.registerCode(guarded, token, code).ok()
	w.registerCode(guarded, token, code).badToken() // D1
	w.redeemCode(guarded, next, code).badToken()    // D16, and the token stays good
	w.redeemToken(guarded, next).tokens()
	w.redeemToken(guarded, next).badToken()
	require.Len(t, w.methodsOf(casey), 1)
}

func TestRegisterContinue_FiveWrongCodesBurnACode(t *testing.T) {
	w := newWorld(t, secondFactors)
	token, code := w.registering(number)
	for range 5 {
		w.registerCode(guarded, token, otherCode(code)).wrongCode()
	}
	w.registerCode(guarded, token, code).wrongCode()
	token, code = w.nextCode(func() answer { return w.register(guarded, token, number) })
	w.registerCode(guarded, token, code).ok()
}

func TestRegisterContinue_CodesAndTokensExpire(t *testing.T) {
	w := newWorld(t, secondFactors)
	token, code := w.registering(number)
	w.clock.pass(9 * time.Minute)
	token = w.kinds(guarded, token).ok() // a token lives on, a code does not
	w.clock.pass(time.Minute)
	w.registerCode(guarded, token, code).wrongCode()
	w.clock.pass(9 * time.Minute)
	w.registerCode(guarded, token, code).refused(400, "expired_token", "", 552003)

	w = newWorld(t, secondFactors)
	token, code = w.registering(number)
	next := w.registerCode(guarded, token, code).ok()
	w.clock.pass(10 * time.Minute)
	w.redeemToken(guarded, next).refused(400, "expired_token", "", 552003)
	w.first(guarded, casey).wants("mfa_required") // the method stays
}

// 6.4, last row: who has just registered a contact is not asked again; the next time, yes.
func TestRegisterContinue_TheOwnAddressAfterAPassword(t *testing.T) {
	w := newWorld(t, secondFactors)
	token, code := w.registering(casey)
	mails := w.mail.count()
	token = w.registerCode(guarded, token, code).ok()
	w.redeemToken(guarded, token).tokens()
	assert.Equal(t, mails, w.mail.count(), "who owns the address knows")
	token, code = w.nextCode(func() answer { return w.signInChallenge(guarded, w.first(guarded, casey).wants("mfa_required")) })
	assert.EqualValues(t, casey, w.mail.take(w.mail.count()).To)
	w.redeemSecond(guarded, token, code).tokens()
}

// The other row of it: an account whose sign-up registers the address.
func TestRegisterContinue_ASignUpThatRegistersTheAddress(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.redeemToken(guarded, w.signedUp(guarded, casey)).tokens()
	methods := w.methodsOf(casey)
	require.Len(t, methods, 1)
	assert.Regexp(t, guidForm, methods[0].ID)
	assert.Equal(t, store.Method{ID: methods[0].ID, Kind: store.MethodEmail, Target: casey, AddedAt: w.clock.now()}, methods[0])
	a := w.introspect(guarded, w.first(guarded, casey).wants("mfa_required"))
	assert.Len(t, a.body["methods"], 1)
}

// Recovery codes alone guard nothing, once they are used up: ten such lists leave no room all the same.
func TestRegisterContinue_AnAccountHasTenMethodsAtMost(t *testing.T) {
	w := newWorld(t, secondFactors)
	var used []store.Method
	for i := range 10 {
		used = append(used, store.Method{ID: fmt.Sprintf("0f0f0f0f-1111-4bbb-8222-3c3c3c3c3c3%d", i), Kind: store.MethodRecovery})
	}
	w.person(casey, used...)
	token := w.kinds(guarded, w.first(guarded, casey).wants("registration_required")).ok()
	token, code := w.nextCode(func() answer { return w.register(guarded, token, number) })
	w.registerCode(guarded, token, code).refused(400, "access_denied", "provider_blocked_by_admin", 550024)
	assert.Len(t, w.methodsOf(casey), 10)
	w.update(casey, func(u *store.User) { u.Methods = used[:9] })
	w.registerCode(guarded, token, code).ok()
}
