package handler_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// Section 7.5 of the contract, R1 to R5.

const day = 24 * time.Hour

// badRefresh is the answer that makes clients drop the refresh token.
func (a answer) badRefresh() {
	a.t.Helper()
	a.refused(400, "invalid_grant", "bad_token", 70000)
}

func TestRefresh_AnswersEverythingThatASignInDoes(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	first := w.signIn(casey, "scope", "Orders.Read")
	w.clock.pass(time.Hour)
	a := w.refresh(plain, first.text("refresh_token"), "scope", "Orders.Read openid profile offline_access", "client_info", "1").tokens()
	for name := range first.body {
		assert.Contains(t, a.body, name)
	}
	for _, name := range []string{"access_token", "id_token", "refresh_token"} {
		assert.NotEqual(t, first.body[name], a.body[name], name)
	}
	for _, name := range []string{"client_info", "token_type", "expires_in", "refresh_token_expires_in"} {
		assert.Equal(t, first.body[name], a.body[name], name)
	}
	assert.Equal(t, "Orders.Read openid profile", a.body["scope"])
	before, after := idClaims(t, first), idClaims(t, a)
	assert.Equal(t, before["iat"].(float64)+3600, after["iat"])
	assert.Equal(t, before["auth_time"], after["auth_time"], "when the person was there")
	for _, name := range []string{"sub", "oid", "tid", "aud", "iss", "amr"} {
		assert.Equal(t, before[name], after[name], name)
	}
}

// What MSAL sends along.
func TestRefresh_TelemetryInBodyAndQueryIsIgnored(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	a := w.signIn(casey)
	uid := idClaims(t, a)["oid"].(string) + "@" + idClaims(t, a)["tid"].(string)
	const id = "0d0e7f4e-6a2c-4c6e-9a39-0b1f3a1c9d11"
	again := w.post(endpoints[5]+"?client-request-id="+id, "client_id", plain, "grant_type", "refresh_token",
		"refresh_token", a.text("refresh_token"), "scope", "openid profile offline_access", "client_info", "1",
		"x-client-SKU", "msal.js.browser", "x-client-VER", "5.29.0", "x-client-OS", "", "x-client-CPU", "",
		"x-app-name", "app", "x-app-ver", "1", "x-ms-lib-capability", "retry-after, h429",
		"x-client-current-telemetry", "5|61,0,,,|,", "x-client-last-telemetry", "5|0|||0,0", "X-AnchorMailbox", "Oid:"+uid,
		"redirect_uri", "https://elsewhere.example", "claims", "{}", "mPKeyAuthHeaderAllowed", "false").tokens()
	assert.Equal(t, id, again.header.Get("client-request-id"))
}

func TestRefresh_RotatesTheToken(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	seen, next := map[string]bool{}, w.signIn(casey).text("refresh_token")
	for range 20 {
		assert.False(t, seen[next])
		seen[next] = true
		w.clock.pass(time.Minute)
		next = w.refresh(plain, next).tokens().text("refresh_token")
	}
}

// R2 of the security requirements.
func TestRefresh_ARepeatWithinTenSecondsGetsTheSameSuccessor(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	first := w.signIn(casey).text("refresh_token")
	second := w.refresh(plain, first).tokens().text("refresh_token")
	w.clock.pass(5 * time.Second)
	assert.Equal(t, second, w.refresh(plain, first).tokens().text("refresh_token"))
	w.clock.pass(5*time.Second - time.Millisecond)
	a := w.refresh(plain, first).tokens()
	assert.Equal(t, second, a.text("refresh_token"))
	assert.Equal(t, float64((14*day-10*time.Second)/time.Second), a.body["refresh_token_expires_in"])
	w.refresh(plain, second).tokens()
}

// R3 of the security requirements.
func TestRefresh_AReuseAfterTheGraceEndsTheFamily(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	other := w.signIn(casey).text("refresh_token")
	first := w.signIn(casey).text("refresh_token")
	second := w.refresh(plain, first).tokens().text("refresh_token")
	w.clock.pass(10 * time.Second)
	w.refresh(plain, first).badRefresh()
	w.refresh(plain, second).badRefresh()
	w.refresh(plain, first).badRefresh()
	w.refresh(plain, other).tokens() // of another sign-in
}

func TestRefresh_AReuseIsSeenWhateverElseIsWrong(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	first := w.signIn(casey).text("refresh_token")
	second := w.refresh(plain, first).tokens().text("refresh_token")
	w.clock.pass(10 * time.Second)
	w.refresh(plain, first, "scope", "Nothing.Read").badRefresh()
	w.refresh(plain, second).badRefresh()
}

func TestRefresh_ATokenTwoStepsBackEndsTheFamilyAtOnce(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	first := w.signIn(casey).text("refresh_token")
	second := w.refresh(plain, first).tokens().text("refresh_token")
	third := w.refresh(plain, second).tokens().text("refresh_token")
	w.refresh(plain, first).badRefresh()
	w.refresh(plain, third).badRefresh()
}

func TestRefresh_WhatIsNoTokenOfOursIsBad(t *testing.T) {
	w := newWorld(t)
	done := w.signUp(casey)
	a := w.signIn(casey)
	good := a.text("refresh_token")
	raw, err := base64.RawURLEncoding.DecodeString(good)
	require.NoError(t, err)
	other := newWorld(t)
	other.signUp(casey)
	for name, text := range map[string]string{
		"a word": "token", "an access token": a.text("access_token"), "an id token": a.text("id_token"), "a continuation token": done,
		"one cut off": good[:len(good)-1], "one and more": good + "A", "one with a blank inside": good[:9] + " " + good[9:],
		"one padded": base64.URLEncoding.EncodeToString(raw) + "=", "one in capitals": strings.ToUpper(good),
		"one of another server": other.signIn(casey).text("refresh_token"),
	} {
		t.Run(name, func(t *testing.T) {
			w := *w
			w.T = t
			w.refresh(plain, text).badRefresh()
		})
	}
	for i := range raw {
		for bit := range 8 {
			changed := append([]byte{}, raw...)
			changed[i] ^= 1 << bit
			w.refresh(plain, base64.RawURLEncoding.EncodeToString(changed)).badRefresh()
		}
	}
	w.refresh(asking, good).badRefresh()
	w.signInChallenge(plain, good).badToken() // nor is it of use elsewhere
	w.refresh(plain, good).tokens()           // and none of it did any harm
}

func TestRefresh_EndsWithTheAccount(t *testing.T) {
	for name, end := range map[string]func(w *world, u store.User){
		"that is disabled": func(w *world, u store.User) {
			u.Disabled = true
			require.NoError(w, w.store.UpdateUser(w.Context(), u))
		},
		"whose sessions are ended": func(w *world, u store.User) {
			u.Epoch++
			require.NoError(w, w.store.UpdateUser(w.Context(), u))
		},
		"that is gone": func(w *world, u store.User) { w.users.gone = u.ID },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.signUp(casey)
			token := w.signIn(casey).text("refresh_token")
			u, err := w.store.UserByUsername(t.Context(), casey)
			require.NoError(t, err)
			end(w, u)
			w.refresh(plain, token).badRefresh()
			// For good: the family is gone.
			now, err := w.store.UserByUsername(t.Context(), casey)
			require.NoError(t, err)
			now.Disabled, now.Epoch, w.users.gone = false, 0, ""
			require.NoError(t, w.store.UpdateUser(t.Context(), now))
			w.refresh(plain, token).badRefresh()
			w.signIn(casey)
		})
	}
}

// R5 of the security requirements.
func TestRefresh_IdlesFourteenDays(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	one, two := w.signIn(casey).text("refresh_token"), w.signIn(casey).text("refresh_token")
	w.clock.pass(14*day - time.Millisecond)
	next := w.refresh(plain, one).tokens().text("refresh_token")
	w.clock.pass(time.Millisecond)
	w.refresh(plain, two).refused(400, "invalid_grant", "bad_token", 700082)
	w.clock.pass(14*day - 2*time.Millisecond)
	w.refresh(plain, next).tokens()
}

func TestRefresh_EndsNinetyDaysAfterTheSignIn(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	next := w.signIn(casey).text("refresh_token")
	for range 8 {
		w.clock.pass(11 * day)
		next = w.refresh(plain, next).tokens().text("refresh_token")
	}
	w.clock.pass(2*day - time.Second) // a second before the 90th day is over
	a := w.refresh(plain, next).tokens()
	assert.Equal(t, 1.0, a.body["refresh_token_expires_in"])
	w.clock.pass(time.Second)
	w.refresh(plain, a.text("refresh_token")).refused(400, "invalid_grant", "bad_token", 700082)
}

func TestRefresh_ItsLivesAreTheHosts(t *testing.T) {
	w := newWorld(t, func(c *handler.Config) { c.RefreshTokenIdle, c.RefreshTokenLifetime = time.Hour, 90*time.Minute })
	w.signUp(casey)
	a := w.signIn(casey)
	w.clock.pass(45 * time.Minute)
	a = w.refresh(plain, a.text("refresh_token")).tokens()
	assert.Equal(t, 2700.0, a.body["refresh_token_expires_in"])
	w.clock.pass(45 * time.Minute)
	w.refresh(plain, a.text("refresh_token")).refused(400, "invalid_grant", "bad_token", 700082)
}

func TestRefresh_ScopesMayShrinkAndNeverGrow(t *testing.T) {
	for _, row := range []struct{ name, granted, asked, echoed, audience string }{
		{"nothing asked is all", "Orders.Read Orders.Write", "", "Orders.Read Orders.Write openid profile", self},
		{"less is given", "Orders.Read Orders.Write", "Orders.Write", "Orders.Write openid profile", self},
		{"the usual three are given without the API", "Stock.Read", "openid profile offline_access", "openid profile", self},
		{"the API's audience stays", "Stock.Read", "stock.READ", "stock.READ openid profile", "api://stock"},
		{"of OpenID Connect's what was granted", "openid", "openid email", "openid profile", self},
		{"and what was granted in full", "openid email", "email", "email openid profile", self},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t)
			w.signUp(casey)
			a := w.signIn(casey, "scope", row.granted)
			a = w.refresh(plain, a.text("refresh_token"), "scope", row.asked).tokens()
			assert.Equal(t, row.echoed, a.body["scope"])
			assert.Equal(t, row.audience, accessClaims(t, a)["aud"])
		})
	}
	w := newWorld(t)
	w.signUp(casey)
	token := w.signIn(casey, "scope", "Orders.Read").text("refresh_token")
	for _, scope := range []string{"Orders.Write", "openid Orders.Read Orders.Write", "Stock.Read", "Nothing.Read"} {
		w.refresh(plain, token, "scope", scope).refused(400, "invalid_scope", "", 70011)
	}
	next := w.refresh(plain, token, "scope", "openid").tokens().text("refresh_token") // no refusal used it up
	w.refresh(plain, next, "scope", "Orders.Read").tokens()                           // and shrinking is for one access token
}

func TestRefresh_ErrorsOfTheEndpoint(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	token := w.signIn(casey).text("refresh_token")
	w.refresh("", token).refused(400, "invalid_request", "", 90100)
	w.refresh("nobody", token).refused(400, "unauthorized_client", "", 700016)
	w.refresh("off", token).refused(400, "invalid_client", "nativeauthapi_disabled", 7000112)
	w.refresh(plain, "").refused(400, "invalid_request", "", 900144).says("'refresh_token'")
	w.refresh(plain, token).tokens()
}

func TestRefresh_SeesTheAccountAsItIsNow(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	token := w.signIn(casey).text("refresh_token")
	u, err := w.store.UserByUsername(t.Context(), casey)
	require.NoError(t, err)
	u.Username, u.Email, u.Attributes = "cj@contoso.com", "cj@contoso.com", map[string]string{"displayName": "CJ"}
	require.NoError(t, w.store.UpdateUser(t.Context(), u))
	claims := idClaims(t, w.refresh(plain, token).tokens())
	assert.Equal(t, "cj@contoso.com", claims["preferred_username"])
	assert.Equal(t, "CJ", claims["name"])
	assert.Equal(t, u.ID, claims["sub"])
}
