package handler_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// What may happen to an account between its two factors, or after them: P5, P6, R4 of the security
// requirements, 7.5 of the contract.

// between are the places at which a flow waits between its factors. goOn is what it waits for.
var between = []struct {
	name string
	open func(w *world) (token, code string)
	goOn func(w *world, token, code string) answer
}{
	{"mfa_required, then introspect", func(w *world) (string, string) { return w.wanted(mailMethod, textMethod), "" },
		func(w *world, token, _ string) answer { return w.introspect(guarded, token) }},
	{"mfa_required, then challenge", func(w *world) (string, string) { return w.wanted(mailMethod, textMethod), "" },
		func(w *world, token, _ string) answer {
			return w.askedBy(guarded, token, textMethod.ID, "challenge_type", native)
		}},
	{"challenge, then a resend", func(w *world) (string, string) { return w.sentSecond(w.wanted(mailMethod, textMethod), textMethod) },
		func(w *world, token, _ string) answer {
			return w.post(inChallenge, "client_id", guarded, "continuation_token", token, "challenge_type", native)
		}},
	{"challenge, then mfa_oob", func(w *world) (string, string) { return w.sentSecond(w.wanted(mailMethod, textMethod), textMethod) },
		func(w *world, token, code string) answer { return w.redeemSecond(guarded, token, code) }},
	{"challenge, then oob", func(w *world) (string, string) { return w.sentSecond(w.wanted(mailMethod, textMethod), textMethod) },
		func(w *world, token, code string) answer { return w.redeemCode(guarded, token, code) }},
	{"registration_required, then introspect", func(w *world) (string, string) { return w.unregistered(), "" },
		func(w *world, token, _ string) answer { return w.kinds(guarded, token) }},
	{"register/introspect, then challenge", func(w *world) (string, string) { return w.kinds(guarded, w.unregistered()).ok(), "" },
		func(w *world, token, _ string) answer { return w.register(guarded, token, number) }},
	{"register/challenge, then continue", func(w *world) (string, string) { return w.registering(number) },
		func(w *world, token, code string) answer { return w.registerCode(guarded, token, code) }},
	{"register/continue, then the token call", func(w *world) (string, string) {
		token, code := w.registering(number)
		mails := w.mail.count()
		token = w.registerCode(guarded, token, code).ok()
		w.mail.take(mails + 1)
		return token, ""
	}, func(w *world, token, _ string) answer { return w.redeemToken(guarded, token) }},
}

// unregistered takes casey, who has a password and no method, to where a registration is wanted.
func (w *world) unregistered() (token string) {
	w.Helper()
	w.person(casey)
	return w.first(guarded, casey).wants("registration_required")
}

// registering goes on to where a code was sent to what is to be registered.
func (w *world) registering(target string) (token, code string) {
	w.Helper()
	token = w.kinds(guarded, w.unregistered()).ok()
	return w.nextCode(func() answer { return w.register(guarded, token, target) })
}

func TestBetween_WhatEndsSessionsEndsTheFlow(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w *world, id string) error{
		"ending them":        func(w *world, id string) error { return w.auth.EndSessions(w.Context(), id) },
		"another password":   func(w *world, id string) error { return w.auth.SetPassword(w.Context(), id, busyHarbor) },
		"a reset to be made": func(w *world, id string) error { return w.auth.RequirePasswordReset(w.Context(), id) },
	} {
		for _, b := range between {
			for mode, change := range map[string]func(*handler.Config){"": secondFactors, ", accounts hidden": hiddenFactors} {
				t.Run(b.name+", "+name+mode, func(t *testing.T) {
					w := newWorld(t, change)
					token, code := b.open(w)
					mails := w.mail.count()
					require.NoError(t, end(w, w.idOf(casey)))
					b.goOn(w, token, code).badToken()
					if name == "another password" {
						mails++ // the notice
					}
					assert.Equal(t, mails, w.mailed(mails), "a code has left")
				})
			}
		}
	}
}

func hiddenFactors(c *handler.Config) {
	secondFactors(c)
	c.HideAccounts = true
}

func TestBetween_AnAccountThatIsDisabledOrGoneGetsNoFurther(t *testing.T) {
	t.Parallel()
	for _, b := range between {
		for mode, change := range map[string]func(*handler.Config){"": secondFactors, ", accounts hidden": hiddenFactors} {
			t.Run(b.name+mode, func(t *testing.T) {
				w := newWorld(t, change)
				token, code := b.open(w)
				mails := w.mail.count()
				w.update(casey, func(u *store.User) { u.Disabled = true })
				b.goOn(w, token, code).refused(400, "invalid_grant", "", 50126)
				w.update(casey, func(u *store.User) { u.Disabled = false })
				w.users.gone = w.idOf(casey)
				b.goOn(w, token, code).refused(400, "user_not_found", "", 50034)
				assert.Equal(t, mails, w.mail.count())
				w.users.gone = ""
				a := b.goOn(w, token, code)
				require.Equal(t, 200, a.status, "no refusal uses up a token: %v", a.body)
			})
		}
	}
}

func TestBetween_AMethodThatWasRemovedIsOfNoUse(t *testing.T) {
	w := newWorld(t, secondFactors)
	token, code := w.sentSecond(w.wanted(mailMethod, textMethod), textMethod)
	require.NoError(t, w.auth.RemoveMethod(t.Context(), w.idOf(casey), textMethod.ID))
	w.mail.take(3) // the notice
	w.redeemSecond(guarded, token, code).badToken()
	w.askedBy(guarded, token, textMethod.ID).refused(400, "invalid_request", "", 901001)
	token, code = w.nextCode(func() answer { return w.signInChallenge(guarded, token) })
	assert.EqualValues(t, another, w.mail.take(w.mail.count()).To, "the one that is left")
	require.NoError(t, w.auth.RemoveMethod(t.Context(), w.idOf(casey), mailMethod.ID))
	w.redeemSecond(guarded, token, code).badToken()
	w.introspect(guarded, token).badToken()
	w.first(guarded, casey).wants("registration_required")
}

// A registration is open to whoever has the first factor alone: with a method, that is not enough any more.
func TestBetween_ARegistrationEndsWhenTheAccountHasAMethod(t *testing.T) {
	for name, get := range map[string]func(w *world) error{
		"by the host": func(w *world) error {
			_, err := w.auth.AddMethod(w.Context(), w.idOf(casey), store.MethodEmail, another)
			return err
		},
		"by another registration": func(w *world) error {
			token := w.kinds(guarded, w.first(guarded, casey).wants("registration_required")).ok()
			token, code := w.nextCode(func() answer { return w.register(guarded, token, another) })
			w.registerCode(guarded, token, code).ok()
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, secondFactors)
			token, code := w.registering(number)
			app := w.kinds(fresh, w.first(fresh, casey).wants("registration_required")).ok()
			a := w.register(fresh, app, "", "challenge_channel", "totp")
			mails := w.mail.count()
			require.NoError(t, get(w))
			if name == "by another registration" {
				mails++
			}
			w.mail.take(mails + 1) // the notice
			w.registerCode(guarded, token, code).badToken()
			w.registerCode(fresh, a.ok(), w.shown(a.text("otpauth_uri"))).badToken()
			w.redeemToken(guarded, token).badToken()
			u, err := w.store.UserByUsername(t.Context(), casey)
			require.NoError(t, err)
			require.Len(t, u.Methods, 1)
			assert.Equal(t, another, u.Methods[0].Target)
			w.first(guarded, casey).wants("mfa_required")
		})
	}
}

func TestBetween_AMethodThatIsRemovedAfterItsRegistrationIsAskedForAgain(t *testing.T) {
	w := newWorld(t, secondFactors)
	token, code := w.registering(number)
	mails := w.mail.count()
	token = w.registerCode(guarded, token, code).ok()
	id := w.methodsOf(casey)[0].ID
	require.NoError(t, w.auth.RemoveMethod(t.Context(), w.idOf(casey), id))
	w.mail.take(mails + 2)
	token = w.kinds(guarded, w.redeemToken(guarded, token).wants("registration_required")).ok()
	token, code = w.nextCode(func() answer { return w.register(guarded, token, another) })
	w.redeemToken(guarded, w.registerCode(guarded, token, code).ok()).tokens()
}

func (w *world) methodsOf(user string) []store.Method {
	w.Helper()
	u, err := w.store.UserByUsername(w.Context(), user)
	require.NoError(w, err)
	return u.Methods
}

// 7.5: who has proven one factor, before two were asked for, signs in again; MSAL knows it by either sign.
func TestRefresh_WhenASecondFactorIsNewlyRequired(t *testing.T) {
	p := &policy{}
	w := newWorld(t, secondFactors, withPolicy(p))
	w.person(casey, textMethod)
	one := w.enter(casey, harbor).tokens().text("refresh_token")
	p.answer = func(handler.SecondFactorRequest) error { return errDue }
	start := w.post(inStart, "client_id", keyed, "username", casey, "challenge_type", every, "capabilities", able).ok()
	token := w.redeemPassword(keyed, w.signInChallenge(keyed, start).ok(), harbor).wants("mfa_required")
	token, code := w.nextCode(func() answer { return w.signInChallenge(keyed, token) })
	two := w.redeemSecond(keyed, token, code).tokens()

	for range 2 {
		a := w.refresh(keyed, one).refused(400, "invalid_grant", "", 50076).says("interaction_required")
		assert.NotContains(t, a.body, "continuation_token")
	}
	again := w.refresh(keyed, two.text("refresh_token")).tokens()
	assert.Equal(t, idClaims(t, two)["amr"], idClaims(t, again)["amr"])
	assert.Equal(t, "2", idClaims(t, again)["acr"])
	assert.Equal(t, idClaims(t, two)["auth_time"], idClaims(t, again)["auth_time"])
	r := p.last(t)
	assert.NotNil(t, r.Request)
	p.answer = nil
	w.clock.pass(time.Minute)
	w.refresh(keyed, one).tokens() // what was refused is not used up
}

// F4 over the refresh of each first factor, and of a sign-up that the policy let pass.
func TestRefresh_OfEachFirstFactorIsHeldToThePolicy(t *testing.T) {
	t.Parallel()
	for _, first := range firstFactors {
		t.Run(first.name, func(t *testing.T) {
			due := false
			w := newWorld(t, secondFactors, func(c *handler.Config) {
				c.SecondFactor = func(context.Context, handler.SecondFactorRequest) (bool, error) { return due, nil }
			})
			token := first.pass(w, keyed, greeting{}, textMethod)().tokens().text("refresh_token")
			due = true
			w.refresh(keyed, token).refused(400, "invalid_grant", "", 50076)
		})
	}
}
