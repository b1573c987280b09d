package handler_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// Sections 4.5, 4.6, 4.7 and 6.5 of the contract: from mfa_required to tokens.

// wanted takes casey, who has these methods, to where a second factor is wanted.
func (w *world) wanted(methods ...store.Method) (token string) {
	w.Helper()
	w.person(casey, methods...)
	return w.first(guarded, casey).wants("mfa_required")
}

// sentSecond asks for a second factor by a method and returns the code that went there.
func (w *world) sentSecond(token string, m store.Method) (next, code string) {
	w.Helper()
	next, code = w.nextCode(func() answer { return w.askedBy(guarded, token, m.ID) })
	require.EqualValues(w, m.Target, w.mail.take(w.mail.count()).To)
	return next, code
}

// byDefault is m as the one that is asked for first.
func byDefault(m store.Method) store.Method {
	m.Default = true
	return m
}

// A24 asks without an id first, and looks for the methods only if it has to. Then it names no type.
func TestSecondFactor_TheWayOfAndroid(t *testing.T) {
	w := newWorld(t, secondFactors)
	token := w.wanted(mailMethod, textMethod)
	w.post(inChallenge, "client_id", guarded, "continuation_token", token, "challenge_type", every).
		refused(400, "invalid_request", "introspect_required", 50076)
	listed := w.introspect(guarded, token).ok() // the refusal has kept the token
	a := answer{}
	token, code := w.nextCode(func() answer {
		a = w.post(inChallenge, "client_id", guarded, "continuation_token", listed, "id", mailMethod.ID)
		return a
	})
	assert.Equal(t, map[string]any{
		"continuation_token": token, "challenge_type": "oob", "binding_method": "prompt", "challenge_channel": "email",
		"challenge_target_label": otp.Address(another).Mask(), "code_length": 8.0, "interval": 0.0,
	}, a.body)
	w.redeemCode(guarded, token, otherCode(code)).wrongCode()
	w.redeemCode(guarded, token, code).tokens() // C10: grant type oob
}

func TestSecondFactor_WhichMethodIsMeantWithoutAnID(t *testing.T) {
	third := store.Method{ID: "0c0c0c0c-1111-4bbb-8222-3c3c3c3c3c3c", Kind: store.MethodSMS, Target: "+4915112345679"}
	abroad := store.Method{ID: third.ID, Kind: store.MethodSMS, Target: "+33612345678"}
	for _, row := range []struct {
		name    string
		methods []store.Method
		to      string // "" for introspect_required
	}{
		{"the only one", []store.Method{textMethod}, number},
		{"the default", []store.Method{mailMethod, byDefault(textMethod), third}, number},
		{"none of several", []store.Method{mailMethod, textMethod}, ""},
		{"the only one that can be used", []store.Method{abroad, mailMethod}, another},
		{"not a default that cannot be used", []store.Method{byDefault(abroad), mailMethod, textMethod}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, list := range []bool{false, true} {
				w := newWorld(t, secondFactors)
				token := w.wanted(row.methods...)
				if list {
					token = w.introspect(guarded, token).ok()
				}
				if row.to == "" {
					w.signInChallenge(guarded, token).refused(400, "invalid_request", "introspect_required", 50076)
					continue
				}
				w.nextCode(func() answer { return w.signInChallenge(guarded, token) })
				assert.EqualValues(t, row.to, w.mail.take(w.mail.count()).To)
			}
		})
	}
}

func TestSecondFactor_AnUnknownIDKeepsTokenAndCode(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.signUp("sam@contoso.com")
	foreign := store.Method{ID: "0d0d0d0d-1111-4bbb-8222-3c3c3c3c3c3c", Kind: store.MethodEmail, Target: "sam@contoso.com"}
	w.update("sam@contoso.com", func(u *store.User) { u.Methods = []store.Method{foreign} })
	token, code := w.sentSecond(w.wanted(mailMethod, textMethod), mailMethod)
	mails := w.mail.count()
	for _, id := range []string{"1", "email", "00000000-0000-4000-8000-000000000000", foreign.ID, another} {
		w.askedBy(guarded, token, id).refused(400, "invalid_request", "", 901001)
	}
	assert.Equal(t, mails, w.mail.count())
	w.redeemSecond(guarded, token, code).tokens()
}

func TestSecondFactor_ChallengeTypes(t *testing.T) {
	w := newWorld(t, secondFactors)
	token := w.wanted(textMethod)
	typed := func(types string, more ...string) answer {
		return w.post(inChallenge, append([]string{"client_id", guarded, "continuation_token", token, "challenge_type", types}, more...)...)
	}
	for _, id := range [][]string{nil, {"id", textMethod.ID}} {
		typed("oob", id...).refused(400, "unsupported_challenge_type", "", 901007)
		typed("oob sms redirect", id...).refused(400, "invalid_request", "", 901007)
		typed("password redirect", id...).redirected()
		typed("redirect", id...).redirected()
	}
	assert.Equal(t, 1, w.mail.count(), "all there was is the code of the sign-up")
	typed("oob redirect").ok() // D22: the redirects have kept the token

	start := w.post(inStart, "client_id", guarded, "username", casey, "challenge_type", "password redirect", "capabilities", able).ok()
	token = w.redeemPassword(guarded, w.signInChallenge(guarded, start).ok(), harbor).wants("mfa_required")
	w.signInChallenge(guarded, token).redirected() // as the opening call says
	w.askedBy(guarded, token, textMethod.ID).ok()  // who names a method knows its type
}

func TestSecondFactor_AResendReplacesTheCode(t *testing.T) {
	for _, named := range []bool{false, true} {
		w := newWorld(t, secondFactors)
		token, old := w.sentSecond(w.wanted(mailMethod, textMethod), textMethod)
		again := func() answer {
			if named {
				return w.askedBy(guarded, token, textMethod.ID)
			}
			return w.signInChallenge(guarded, token)
		}
		next, code := w.nextCode(again)
		assert.EqualValues(t, number, w.mail.take(w.mail.count()).To, "the method of before")
		w.redeemSecond(guarded, token, code).badToken()
		if old != code {
			w.redeemSecond(guarded, next, old).wrongCode()
		}
		w.redeemSecond(guarded, next, code).tokens()
	}
}

func TestSecondFactor_AnotherMethodReplacesTheCode(t *testing.T) {
	w := newWorld(t, secondFactors)
	token, texted := w.sentSecond(w.wanted(mailMethod, textMethod), textMethod)
	token, mailed := w.sentSecond(token, mailMethod)
	if texted != mailed {
		w.redeemSecond(guarded, token, texted).wrongCode()
	}
	token = w.introspect(guarded, token).ok() // the list again, and the code stays good
	claims := idClaims(t, w.redeemSecond(guarded, token, mailed).tokens())
	assert.Equal(t, []any{"pwd", "otp"}, claims["amr"], "of the method that was passed")

	token, _ = w.sentSecond(w.first(guarded, casey).wants("mfa_required"), mailMethod)
	token, texted = w.sentSecond(token, textMethod)
	token, again := w.sentSecond(token, textMethod)
	if texted != again {
		w.redeemSecond(guarded, token, texted).wrongCode()
	}
	w.redeemSecond(guarded, token, again).tokens()
}

// D2: the token before repeats the challenge whose answer was lost, as another send, and nothing else.
func TestSecondFactor_ALostChallengeMayBeRepeated(t *testing.T) {
	w := newWorld(t, secondFactors)
	listed := w.introspect(guarded, w.wanted(mailMethod, textMethod)).ok()
	lost, dead := w.sentSecond(listed, textMethod)
	w.introspect(guarded, listed).badToken()
	w.redeemSecond(guarded, listed, dead).badToken()
	token, code := w.sentSecond(listed, textMethod)
	w.redeemSecond(guarded, lost, code).badToken()
	w.redeemSecond(guarded, token, code).tokens()

	wanted := w.first(guarded, casey).wants("mfa_required")
	w.introspect(guarded, wanted).ok()
	w.introspect(guarded, wanted).badToken() // a list is no challenge
	w.askedBy(guarded, wanted, textMethod.ID).badToken()
}

func TestSecondFactor_FiveWrongCodesBurnACode(t *testing.T) {
	for name, redeem := range map[string]func(w *world, token, code string) answer{
		"mfa_oob": func(w *world, token, code string) answer { return w.redeemSecond(guarded, token, code) },
		"oob":     func(w *world, token, code string) answer { return w.redeemCode(guarded, token, code) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, secondFactors)
			token, code := w.sentSecond(w.wanted(textMethod), textMethod)
			for range 4 {
				redeem(w, token, otherCode(code)).wrongCode()
			}
			other, good := w.sentSecond(w.first(guarded, casey).wants("mfa_required"), textMethod)
			redeem(w, other, good).tokens() // a code has tries of its own, and the fifth is one
			redeem(w, token, otherCode(code)).wrongCode()
			redeem(w, token, code).wrongCode()
			token, code = w.sentSecond(token, textMethod) // the token stays good
			redeem(w, token, code).tokens()
		})
	}
}

func TestSecondFactor_WhatHasTheFormOfNoCodeIsNoTry(t *testing.T) {
	w := newWorld(t, secondFactors)
	token, code := w.sentSecond(w.wanted(textMethod), textMethod)
	w.redeemSecond(guarded, token, "").refused(400, "invalid_request", "", 900144).says("'oob'")
	for _, text := range []string{"1234567", "123456789", "abcdefgh", "０１２３４５６７", "1234567a", "not a code"} {
		w.redeemSecond(guarded, token, text).wrongCode()
	}
	w.redeemSecond(guarded, token, code[:4]+" "+code[4:]).tokens()
}

func TestSecondFactor_CodesAndTokensExpire(t *testing.T) {
	t.Run("a code, after ten minutes", func(t *testing.T) {
		w := newWorld(t, secondFactors)
		token, code := w.sentSecond(w.wanted(textMethod), textMethod)
		w.clock.pass(9 * time.Minute)
		token = w.introspect(guarded, token).ok() // a token lives on, a code does not
		w.clock.pass(time.Minute)
		w.redeemSecond(guarded, token, code).wrongCode()
		token, code = w.sentSecond(token, textMethod)
		w.clock.pass(10*time.Minute - time.Second)
		w.redeemSecond(guarded, token, code).tokens()
	})
	for name, call := range map[string]func(w *world, token string) answer{
		"introspect": func(w *world, token string) answer { return w.introspect(guarded, token) },
		"challenge":  func(w *world, token string) answer { return w.signInChallenge(guarded, token) },
	} {
		t.Run("the token at "+name, func(t *testing.T) {
			w := newWorld(t, secondFactors)
			token := w.wanted(textMethod)
			w.clock.pass(10*time.Minute - time.Second)
			token = call(w, token).ok()
			w.clock.pass(10 * time.Minute)
			call(w, token).refused(400, "expired_token", "", 552003)
		})
	}
	t.Run("the flow, after half an hour", func(t *testing.T) {
		w := newWorld(t, secondFactors)
		token := w.wanted(textMethod)
		for range 3 {
			w.clock.pass(9 * time.Minute)
			token = w.introspect(guarded, token).ok()
		}
		w.clock.pass(3 * time.Minute)
		w.introspect(guarded, token).refused(400, "expired_token", "", 552003)
	})
}

// D21: an id says nothing of a first factor.
func TestSecondFactor_AnIDIsIgnoredForTheFirst(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey, textMethod)
	opened := w.opened(guarded, casey)
	token, code := w.nextCode(func() answer { return w.askedBy(guarded, opened, textMethod.ID, "challenge_type", native) })
	m := w.mail.take(w.mail.count())
	assert.Equal(t, otp.SignIn, m.Purpose)
	assert.EqualValues(t, casey, m.To)
	w.redeemSecond(guarded, token, code).badToken() // C10
	w.redeemCode(guarded, token, code).lacking("mfa_required")
	w.askedBy(guarded, w.opened(guarded, casey), "no method at all").asksPassword()
}

func TestSecondFactor_IntrospectIsForNothingElse(t *testing.T) {
	w := newWorld(t, secondFactors, func(c *handler.Config) { c.Legacy.BadTokenInvalidGrant = true })
	w.person(casey, textMethod)
	opened := w.opened(guarded, casey)
	w.introspect(guarded, opened).badToken()
	w.introspect(guarded, "").refused(400, "invalid_request", "", 900144).says("'continuation_token'")
	w.introspect(guarded, "forged").badToken()
	w.introspect("", opened).refused(400, "invalid_request", "", 90100)
	w.introspect("nobody", opened).refused(400, "unauthorized_client", "", 700016)
	w.introspect("off", opened).refused(400, "invalid_client", "nativeauthapi_disabled", 7000112)
	w.introspect("secretive", opened).refused(400, "invalid_client", "", 550022)
	wanted := w.first(guarded, casey).wants("mfa_required")
	w.introspect(fresh, wanted).badToken()
	w.kinds(guarded, wanted).badToken()
	w.introspect(guarded, wanted).ok()
}
