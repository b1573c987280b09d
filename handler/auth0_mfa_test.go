package handler_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// Section 12.3: second factors of clients of Auth0.

const (
	mfaChallenge      = "/mfa/challenge"
	mfaAuthenticators = "/mfa/authenticators"
	byApp             = "http://auth0.com/oauth/grant-type/mfa-otp"
	byOOB             = "http://auth0.com/oauth/grant-type/mfa-oob"
	byRecovery        = "http://auth0.com/oauth/grant-type/mfa-recovery-code"

	malformedMFA = "Malformed mfa_token"
	invalidCode  = "Invalid binding_code."
	invalidOTP   = "Invalid otp_code."
)

// newMFA has casey's account with these methods.
func newMFA(t *testing.T, methods ...store.Method) *world {
	t.Helper()
	w := newWorld(t, secondFactors, withAuth0)
	w.person(casey, methods...)
	return w
}

// mfaToken is that of casey, who has given the password.
func (w *world) mfaToken(more ...string) string {
	w.Helper()
	a := w.give(guardedApp, casey, harbor, more...)
	require.Equal(w, 403, a.status, "%v", a.body)
	token := a.text("mfa_token")
	assert.Equal(w, map[string]any{"error": "mfa_required", "error_description": "Multifactor authentication required", "mfa_token": token}, a.body)
	assert.Equal(w, "no-store", a.header.Get("Cache-Control"))
	return token
}

func (w *world) mfaAsk(token string, more ...string) answer {
	w.Helper()
	return w.post(mfaChallenge, append([]string{"client_id", guardedApp, "mfa_token", token}, more...)...)
}

// mfaSent asks for a code and returns it with the name that it has.
func (w *world) mfaSent(token string, more ...string) (oob, code string) {
	w.Helper()
	sent := w.mail.count()
	a := w.mfaAsk(token, append([]string{"challenge_type", "oob"}, more...)...)
	require.Equal(w, 200, a.status, "%v", a.body)
	return a.text("oob_code"), w.mail.take(sent + 1).Code
}

// mfaGive redeems a second factor; pairs are of its grant.
func (w *world) mfaGive(grant, token string, pairs ...string) answer {
	w.Helper()
	return w.post(auth0Token, append([]string{"client_id", guardedApp, "grant_type", grant, "mfa_token", token}, pairs...)...)
}

func (w *world) mfaList(token string) (status int, list []map[string]any) {
	w.Helper()
	resp, text := w.bare("GET", w.base+mfaAuthenticators, "", "Authorization", "Bearer "+token)
	assert.Equal(w, "no-store", resp.Header.Get("Cache-Control"))
	assert.Equal(w, "nosniff", resp.Header.Get("X-Content-Type-Options"))
	if resp.StatusCode != 200 {
		assert.Contains(w, resp.Header.Get("WWW-Authenticate"), "Bearer")
		return resp.StatusCode, nil
	}
	require.NoError(w, json.Unmarshal([]byte(text), &list))
	return resp.StatusCode, list
}

func TestAuth0MFA_ByACodeThatIsSent(t *testing.T) {
	for name, m := range map[string]store.Method{"email": mailMethod, "sms": textMethod} {
		t.Run(name, func(t *testing.T) {
			w := newMFA(t, m)
			token := w.mfaToken("audience", stock, "scope", "openid Stock.Read offline_access")
			status, list := w.mfaList(token)
			require.Equal(t, 200, status)
			assert.Equal(t, []map[string]any{{
				"id": m.ID, "authenticator_type": "oob", "oob_channel": name, "name": otp.Address(m.Target).Mask(), "active": true,
			}}, list)
			sent := w.mail.count()
			a := w.postJSON(mfaChallenge, "client_id", guardedApp, "mfa_token", token, "challenge_type", "oob", "authenticator_id", m.ID)
			oob := a.text("oob_code")
			assert.Equal(t, map[string]any{"challenge_type": "oob", "binding_method": "prompt", "oob_code": oob}, a.body)
			code := w.mail.take(sent + 1).Code
			w.mfaGive(byOOB, token, "oob_code", oob, "binding_code", otherCode(code)).says0(403, "invalid_grant", invalidCode)
			a = w.postJSON(auth0Token, "client_id", guardedApp, "grant_type", byOOB, "mfa_token", token, "oob_code", oob, "binding_code", code).tokens()
			assert.Equal(t, "openid Stock.Read", accessClaims(t, a)["scope"], "what the first call asked for")
			assert.Equal(t, []any{stock, infos}, accessClaims(t, a)["aud"])
			assert.Equal(t, "2", accessClaims(t, a)["acr"])
			w.renew(guardedApp, a.text("refresh_token")).tokens()
			w.mfaGive(byOOB, token, "oob_code", oob, "binding_code", code).says0(401, "invalid_grant", malformedMFA)
		})
	}
}

func TestAuth0MFA_ByAnAuthenticatorApp(t *testing.T) {
	w := newMFA(t)
	uri, _ := w.withApp(casey)
	app := w.kindOf(casey, store.MethodTOTP).ID
	for name, ask := range map[string]func(token string){
		"without a challenge": func(string) {},
		"after one": func(token string) {
			a := w.mfaAsk(token, "challenge_type", "otp", "authenticator_id", app)
			assert.Equal(t, map[string]any{"challenge_type": "otp"}, a.body)
		},
		"after one for whatever there is": func(token string) {
			assert.Equal(t, map[string]any{"challenge_type": "otp"}, w.mfaAsk(token).body)
		},
	} {
		t.Run(name, func(t *testing.T) {
			mails := w.mail.count()
			token := w.mfaToken()
			_, list := w.mfaList(token)
			assert.Equal(t, []map[string]any{
				{"id": app, "authenticator_type": "otp", "active": true},
				{"id": w.kindOf(casey, store.MethodRecovery).ID, "authenticator_type": "recovery-code", "active": true},
			}, list)
			ask(token)
			w.mfaGive(byApp, token, "otp", notShown(w, uri)).says0(403, "invalid_grant", invalidOTP)
			a := w.mfaGive(byApp, token, "otp", w.shown(uri)).tokens()
			assert.Equal(t, []any{"pwd", "otp", "mfa"}, accessClaims(t, a)["amr"])
			assert.Equal(t, mails, w.mail.count(), "nothing is sent")
			w.mfaGive(byApp, w.mfaToken(), "otp", w.shown(uri)).says0(403, "invalid_grant", invalidOTP) // a step is good once
			w.clock.pass(time.Minute)
		})
	}
}

func TestAuth0MFA_ByARecoveryCode(t *testing.T) {
	w := newMFA(t)
	_, recovery := w.withApp(casey)
	token := w.mfaToken()
	w.mfaGive(byRecovery, token, "recovery_code", "AAAA-AAAA-AAAA-AAAA").says0(403, "invalid_grant", "MFA Authorization rejected.")
	a := w.mfaGive(byRecovery, token, "recovery_code", recovery[0]).tokens()
	assert.NotContains(t, a.body, "recovery_code", "the others of the list are as good as before")
	w.mfaGive(byRecovery, w.mfaToken(), "recovery_code", recovery[0]).says0(403, "invalid_grant", "MFA Authorization rejected.")
	w.mfaGive(byRecovery, w.mfaToken(), "recovery_code", recovery[1]).tokens()
}

func TestAuth0MFA_EveryCallNeedsItsParameters(t *testing.T) {
	w := newMFA(t, mailMethod)
	token := w.mfaToken()
	oob, code := w.mfaSent(token)
	w.mfaGive(byOOB, token, "oob_code", oob).plainly(400, "invalid_request").says("'binding_code'")
	w.mfaGive(byOOB, token, "binding_code", code).plainly(400, "invalid_request").says("'oob_code'")
	w.mfaGive(byOOB, "", "oob_code", oob, "binding_code", code).plainly(400, "invalid_request").says("'mfa_token'")
	w.mfaGive(byApp, token).plainly(400, "invalid_request").says("'otp'")
	w.mfaGive(byRecovery, token).plainly(400, "invalid_request").says("'recovery_code'")
	w.mfaAsk("").plainly(400, "invalid_request").says("'mfa_token'")
	w.mfaAsk(token, "challenge_type", "push").says0(401, "unsupported_challenge_type", "None of the challenge types is supported.")
	w.mfaAsk(token, "authenticator_id", textMethod.ID).says0(400, "invalid_request", "The authenticator was not found.")
	w.mfaAsk(token, "challenge_type", "otp", "authenticator_id", mailMethod.ID).says0(400, "invalid_request", "The authenticator was not found.")
	const none = "User is not enrolled, or has no authenticator of these challenge types."
	w.mfaAsk(token, "challenge_type", "otp").says0(401, "unsupported_challenge_type", none)
	w.mfaGive(byApp, token, "otp", "123456").says0(401, "unsupported_challenge_type", none)
	w.mfaGive(byRecovery, token, "recovery_code", "AAAA-AAAA-AAAA-AAAA").says0(401, "unsupported_challenge_type", none)
	for _, authorization := range []string{"", "Basic x", "Bearer"} {
		resp, _ := w.bare("GET", w.base+mfaAuthenticators, "", "Authorization", authorization)
		assert.GreaterOrEqual(t, resp.StatusCode, 400, authorization)
		assert.Less(t, resp.StatusCode, 402, authorization)
	}
	w.mfaGive(byOOB, token, "oob_code", oob, "binding_code", code).tokens()
}

func TestAuth0MFA_WhichMethodAChallengeIsFor(t *testing.T) {
	w := newMFA(t, mailMethod, textMethod)
	token := w.mfaToken()
	to := func(more ...string) otp.Address {
		sent := w.mail.count()
		require.Equal(t, 200, w.mfaAsk(token, more...).status)
		return w.mail.take(sent + 1).To
	}
	assert.EqualValues(t, another, to(), "the first")
	assert.EqualValues(t, number, to("authenticator_id", textMethod.ID), "the one named")
	assert.EqualValues(t, number, to("challenge_type", "otp oob"), "the one before")
	require.NoError(t, w.auth.SetDefaultMethod(t.Context(), w.idOf(casey), textMethod.ID))
	token = w.mfaToken()
	assert.EqualValues(t, number, to(), "the default")
}

func TestAuth0MFA_AResendReplacesTheCodeAndItsName(t *testing.T) {
	w := newMFA(t, mailMethod)
	token := w.mfaToken()
	first, old := w.mfaSent(token)
	second, code := w.mfaSent(token)
	w.mfaGive(byOOB, token, "oob_code", first, "binding_code", old).says0(403, "invalid_grant", "Malformed oob_code")
	w.mfaGive(byOOB, token, "oob_code", first, "binding_code", code).says0(403, "invalid_grant", "Malformed oob_code")
	w.mfaGive(byOOB, token, "oob_code", second, "binding_code", old).says0(403, "invalid_grant", invalidCode)
	w.mfaGive(byOOB, token, "oob_code", second, "binding_code", code).tokens()
}

func TestAuth0MFA_ASwitchOfMethodLeavesOneCodeGood(t *testing.T) {
	w := newMFA(t)
	uri, _ := w.withApp(casey)
	w.update(casey, func(u *store.User) { u.Methods = append(u.Methods, mailMethod) })
	token := w.mfaToken()
	oob, code := w.mfaSent(token)
	assert.Equal(t, map[string]any{"challenge_type": "otp"}, w.mfaAsk(token, "challenge_type", "otp").body)
	for _, each := range []string{code, w.shown(uri)} {
		w.mfaGive(byOOB, token, "oob_code", oob, "binding_code", each).says0(403, "invalid_grant", "Malformed oob_code")
	}
	w.mfaGive(byApp, token, "otp", code).says0(403, "invalid_grant", invalidOTP)
	w.mfaGive(byApp, token, "otp", w.shown(uri)).tokens()
}

func TestAuth0MFA_ACodeIsComparedFiveTimes(t *testing.T) {
	w := newMFA(t, mailMethod)
	token := w.mfaToken()
	oob, code := w.mfaSent(token)
	for range 5 {
		w.mfaGive(byOOB, token, "oob_code", oob, "binding_code", otherCode(code)).says0(403, "invalid_grant", invalidCode)
	}
	w.mfaGive(byOOB, token, "oob_code", oob, "binding_code", code).says0(403, "invalid_grant", invalidCode)
	oob, code = w.mfaSent(token)
	w.mfaGive(byOOB, token, "oob_code", oob, "binding_code", code).tokens()
}

func TestAuth0MFA_CodesAreKeptApart(t *testing.T) {
	w := newWorld(t, secondFactors, withAuth0, withInterval(0))
	w.person(casey, mailMethod)
	token := w.mfaToken()
	w.mfaSent(token)
	a := w.mfaAsk(token).says0(429, "too_many_attempts", "Codes were asked for too often.")
	assert.Equal(t, "60", a.header.Get("Retry-After"))
	w.mfaAsk(w.mfaToken()).plainly(429, "too_many_attempts")
	w.clock.pass(time.Minute)
	w.mfaSent(token)
}

func TestAuth0MFA_FiveCodesInAFlow(t *testing.T) {
	w := newMFA(t, mailMethod)
	token := w.mfaToken()
	for range 5 {
		w.mfaSent(token)
	}
	w.mfaAsk(token).plainly(429, "too_many_attempts")
}

func TestAuth0MFA_TriesAtAnAppCountWithThoseOfNativeFlows(t *testing.T) {
	w := newMFA(t)
	uri, _ := w.withApp(casey)
	token := w.mfaToken()
	native := w.askedApp(casey)
	for range 3 {
		w.mfaGive(byApp, token, "otp", notShown(w, uri)).says0(403, "invalid_grant", invalidOTP)
		w.redeemSecond(guarded, native, notShown(w, uri)).wrongCode()
	}
	w.mfaGive(byApp, token, "otp", w.shown(uri)).says0(403, "invalid_grant", invalidOTP)
	w.redeemSecond(guarded, native, w.shown(uri)).wrongCode()
	w.clock.pass(30 * time.Second)
	w.mfaGive(byApp, token, "otp", w.shown(uri)).tokens()
}

func TestAuth0MFA_WhatIsNotComparedIsNotCounted(t *testing.T) {
	w := newMFA(t, mailMethod)
	stale, _ := w.mfaSent(w.mfaToken())
	w.update(casey, func(u *store.User) { u.Methods = nil })
	uri, _ := w.withApp(casey)
	token := w.mfaToken()
	for range 25 { // which have the form of an app's code
		w.mfaGive(byOOB, token, "oob_code", stale, "binding_code", "123456").says0(403, "invalid_grant", "Malformed oob_code")
		w.mfaGive(byApp, token, "otp", "12345").says0(403, "invalid_grant", invalidOTP)
		w.mfaGive(byApp, stale, "otp", "123456").says0(401, "invalid_grant", malformedMFA)
	}
	w.mfaGive(byApp, token, "otp", w.shown(uri)).tokens()
}

// A count is of the account, by whatever name it is signed in to.
func TestAuth0MFA_TriesOfAnAliasCountTogetherWhereAccountsAreHidden(t *testing.T) {
	w := newWorld(t, secondFactors, withAuth0, func(c *handler.Config) { c.Aliases, c.HideAccounts = true, true })
	h := &hiding{world: w, hash: hashOf(t, harbor)}
	h.create(store.User{ID: "casey", Username: "casey.j", Email: casey, PasswordHash: h.hash})
	uri, _ := w.withApp("casey.j")
	guess := func() string { return notShown(w, uri) }
	token := w.give(guardedApp, "casey.j", harbor).text("mfa_token")
	native := w.askedApp("casey.j")
	for range 3 {
		w.mfaGive(byApp, token, "otp", guess()).says0(403, "invalid_grant", invalidOTP)
		w.redeemSecond(guarded, native, guess()).wrongCode()
	}
	w.mfaGive(byApp, token, "otp", w.shown(uri)).says0(403, "invalid_grant", invalidOTP)
	w.redeemSecond(guarded, native, w.shown(uri)).wrongCode()
}

func TestAuth0MFA_ATokenLivesTenMinutesWhateverIsDoneWithIt(t *testing.T) {
	w := newMFA(t, mailMethod)
	token := w.mfaToken()
	w.clock.pass(9 * time.Minute)
	oob, code := w.mfaSent(token)
	w.clock.pass(time.Minute - time.Second)
	status, _ := w.mfaList(token)
	assert.Equal(t, 200, status)
	w.clock.pass(time.Second)
	w.mfaGive(byOOB, token, "oob_code", oob, "binding_code", code).says0(401, "expired_token", "mfa_token is expired")
	w.mfaAsk(token).says0(401, "expired_token", "mfa_token is expired")
	status, _ = w.mfaList(token)
	assert.Equal(t, 401, status)
}

func TestAuth0MFA_WhoHasNoMethodIsRefused(t *testing.T) {
	w := newMFA(t)
	w.give(guardedApp, casey, harbor).says0(401, "unsupported_challenge_type", "User is not enrolled, or has no authenticator of these challenge types.")
	w.give(guardedApp, casey, "a wrong one").wrong0()
}

func TestAuth0MFA_AnAccountThatMayNoLonger(t *testing.T) {
	for name, row := range map[string]struct {
		change func(u *store.User)
		status int
		text   string
	}{
		"disabled":         {func(u *store.User) { u.Disabled = true }, 403, "Wrong email or password."},
		"signed out":       {func(u *store.User) { u.Epoch++ }, 401, malformedMFA},
		"its methods gone": {func(u *store.User) { u.Methods = nil }, 401, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newMFA(t, mailMethod)
			token := w.mfaToken()
			oob, code := w.mfaSent(token)
			w.update(casey, row.change)
			a := w.mfaGive(byOOB, token, "oob_code", oob, "binding_code", code)
			assert.Equal(t, row.status, a.status, "%v", a.body)
			if row.text != "" {
				assert.Equal(t, row.text, a.body["error_description"])
			}
			assert.NotContains(t, a.body, "access_token")
			status, _ := w.mfaList(token)
			assert.Equal(t, 401, status)
			a = w.mfaAsk(token)
			assert.NotEqual(t, 200, a.status, "%v", a.body)
		})
	}
}

func TestAuth0MFA_TheGateOfTheHost(t *testing.T) {
	var verdict error
	w := newWorld(t, secondFactors, withAuth0, func(c *handler.Config) {
		c.Gate = func(context.Context, handler.GateRequest) error { return verdict }
	})
	w.person(casey, mailMethod)
	token := w.mfaToken()
	verdict = handler.ErrContactBlocked
	w.mfaAsk(token).says0(403, "access_denied", "The contact is blocked.")
	verdict = handler.ErrContactForbidden
	w.mfaAsk(token).says0(403, "access_denied", "The contact is not allowed.")
	verdict = nil
	oob, code := w.mfaSent(token)
	w.mfaGive(byOOB, token, "oob_code", oob, "binding_code", code).tokens()
}

func TestAuth0MFA_OnTwoInstances(t *testing.T) {
	same := withKeys(t)
	a := newWorld(t, same, secondFactors, withAuth0)
	b := a.sibling(same, secondFactors, withAuth0)
	a.person(casey, mailMethod)
	token := a.mfaToken()
	oob, code := b.mfaSent(token)
	for i := range 4 {
		[]*world{a, b}[i%2].mfaGive(byOOB, token, "oob_code", oob, "binding_code", otherCode(code)).says0(403, "invalid_grant", invalidCode)
	}
	a.mfaGive(byOOB, token, "oob_code", oob, "binding_code", code).tokens()
	b.mfaGive(byOOB, token, "oob_code", oob, "binding_code", code).says0(401, "invalid_grant", malformedMFA)
}

// Credentials in each other's place: F2, K2, T3.

func TestAuth0MFA_NoCredentialIsGoodInAnothersPlace(t *testing.T) {
	w := newMFA(t, mailMethod)
	token := w.mfaToken()
	oob, code := w.mfaSent(token)
	native := w.introspect(guarded, w.first(guarded, casey).wants("mfa_required")).ok()
	nativeOwn, nativeCode := w.nextCode(func() answer { // the same client, at the native API
		return w.signInChallenge(guardedApp, w.introspect(guardedApp, w.first(guardedApp, casey).wants("mfa_required")).ok())
	})
	signedIn := w.lasting()
	bare := token[:len(token)-len(guardedApp)-1] // a continuation token's form

	strangers := map[string]string{
		"oob_code": oob, "native": native, "native of the client": nativeOwn, "refresh": signedIn.text("refresh_token"),
		"access": signedIn.text("access_token"), "id": signedIn.text("id_token"), "without the client": bare,
		"of another client": bare + "." + passwordApp, "of no client": bare + ".", "the client alone": "." + guardedApp,
		"oob_code with the client": oob + "." + guardedApp, "native with the client": nativeOwn + "." + guardedApp,
		"one more": token + "A", "one less": token[1:], "twice": token + "." + guardedApp,
	}
	for name, text := range strangers {
		t.Log(name)
		w.mfaGive(byOOB, text, "oob_code", oob, "binding_code", code).says0(401, "invalid_grant", malformedMFA)
		w.mfaGive(byOOB, text, "oob_code", oob, "binding_code", nativeCode).says0(401, "invalid_grant", malformedMFA)
		w.mfaAsk(text).says0(401, "invalid_grant", malformedMFA)
		status, _ := w.mfaList(text)
		assert.Equal(t, 401, status)
	}
	for name, text := range map[string]string{
		"mfa_token": token, "bare": bare, "native": native, "native of the client": nativeOwn, "refresh": signedIn.text("refresh_token"), "junk": "x",
	} {
		t.Log(name)
		w.mfaGive(byOOB, token, "oob_code", text, "binding_code", code).says0(403, "invalid_grant", "Malformed oob_code")
	}
	for name, text := range map[string]string{"mfa_token": token, "bare": bare, "oob_code": oob} {
		t.Log(name)
		for _, client := range []string{guardedApp, guarded} {
			w.introspect(client, text).badToken()
			w.askedBy(client, text, mailMethod.ID).badToken()
			w.redeemSecond(client, text, code).badToken()
			w.redeemCode(client, text, code).badToken()
			w.redeemToken(client, text).badToken()
			w.kinds(client, text).badToken()
			w.refresh(client, text).badRefresh()
		}
		w.renew(guardedApp, text).says0(403, "invalid_grant", unknownRefresh)
		w.userInfo(text).unauthorized("invalid_token")
		resp, _ := w.protected(w.auth.RequireToken(), "Bearer "+text)
		assert.Equal(t, 401, resp.StatusCode)
	}
	w.mfaGive(byOOB, token, "oob_code", oob, "binding_code", code).tokens() // nothing of it was used up
}

func TestAuth0MFA_ATokenOfAnotherFlowOrClientIsRefused(t *testing.T) {
	w := newMFA(t, mailMethod)
	token, other := w.mfaToken(), w.mfaToken()
	oob, code := w.mfaSent(token)
	_, others := w.mfaSent(other)
	for _, each := range []string{code, others} {
		w.mfaGive(byOOB, other, "oob_code", oob, "binding_code", each).says0(403, "invalid_grant", "Malformed oob_code")
	}
	for _, client := range []string{passwordApp, stockApp} {
		for _, path := range []string{auth0Token, mfaChallenge} {
			a := w.post(path, "client_id", client, "grant_type", byOOB, "mfa_token", token, "oob_code", oob, "binding_code", code)
			a.says0(401, "invalid_grant", malformedMFA)
		}
	}
	w.post(mfaChallenge, "client_id", keyed, "mfa_token", token).says0(403, "unauthorized_client", "Unauthorized client.")
	w.mfaGive(byOOB, token, "oob_code", oob, "binding_code", code).tokens()
}

func TestAuth0MFA_EveryChangeOfATokenIsRefused(t *testing.T) {
	w := newMFA(t, mailMethod)
	token := w.mfaToken()
	for i := range token {
		changed := []byte(token)
		changed[i] ^= 1
		a := w.mfaAsk(string(changed))
		assert.Equal(t, 401, a.status, "%d: %v", i, a.body)
	}
}

func TestAuth0MFA_AConfidentialClientProvesItselfAtEachPost(t *testing.T) {
	w := newWorld(t, secondFactors, withAuth0, func(c *handler.Config) { c.SecondFactor = handler.Always })
	w.person(casey, mailMethod)
	token := w.ask(auth0Token, basic(backOffice, newSecret), "grant_type", "password", "username", casey, "password", harbor).text("mfa_token")
	status, _ := w.mfaList(token)
	assert.Equal(t, 200, status)
	w.post(mfaChallenge, "client_id", backOffice, "mfa_token", token).plainly(401, "invalid_client")
	sent := w.mail.count()
	oob := w.post(mfaChallenge, "client_id", backOffice, "client_secret", newSecret, "mfa_token", token).text("oob_code")
	code := w.mail.take(sent + 1).Code
	in := []string{"grant_type", byOOB, "mfa_token", token, "oob_code", oob, "binding_code", code}
	w.post(auth0Token, append(in, "client_id", backOffice)...).plainly(401, "invalid_client")
	w.ask(auth0Token, basic(backOffice, newSecret), in...).tokens()
}
