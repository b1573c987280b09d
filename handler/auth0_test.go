package handler_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// Section 12 of the contract: clients of Auth0.

const (
	auth0Token  = "/oauth/token"
	passwordApp = "auth0-app"     // public, with all that there is
	backOffice  = "auth0-server"  // the same, with a secret
	stockApp    = "auth0-stock"   // calls that name no API mean stock; no realms
	humbleApp   = "auth0-humble"  // may have one scope, and no refresh tokens
	guardedApp  = "auth0-guarded" // asks everybody for a second factor

	realmGrant = "http://auth0.com/oauth/grant-type/password-realm"
	orders     = self // the audience of the app's own API
	infos      = orders + "/userinfo"
	stock      = "api://stock"
)

var (
	allGrants   = []string{handler.GrantPassword, handler.GrantPasswordRealm, handler.GrantRefreshToken}
	plainGrants = []string{handler.GrantPassword, handler.GrantRefreshToken}
)

func withAuth0(c *handler.Config) {
	c.Resources[1].OfflineAccess = true // of stock
	realms := &handler.Auth0{Realms: []string{"employees", "partners"}}
	c.Clients = append(c.Clients,
		handler.Client{ID: passwordApp, Passwords: true, GrantTypes: allGrants, Auth0: realms},
		handler.Client{ID: backOffice, Passwords: true, GrantTypes: allGrants, Auth0: realms, Secrets: []string{oldSecret, newSecret}},
		handler.Client{ID: stockApp, Passwords: true, GrantTypes: plainGrants, Auth0: &handler.Auth0{Audience: stock}},
		handler.Client{ID: humbleApp, Passwords: true, GrantTypes: []string{handler.GrantPassword}, Auth0: &handler.Auth0{}, Scopes: []string{"Orders.Read"}},
		handler.Client{ID: guardedApp, Passwords: true, GrantTypes: plainGrants, Auth0: &handler.Auth0{}, SecondFactor: handler.Always},
	)
}

// newAuth0 has casey's account.
func newAuth0(t *testing.T, change ...func(*handler.Config)) *world {
	t.Helper()
	w := newWorld(t, append([]func(*handler.Config){withAuth0}, change...)...)
	w.enrol(casey, harbor)
	return w
}

// give sends name and password.
func (w *world) give(client, user, password string, more ...string) answer {
	w.Helper()
	return w.post(auth0Token, append([]string{"client_id", client, "grant_type", "password", "username", user, "password", password}, more...)...)
}

// says0 is an error as Auth0's libraries read it: by its word or by its whole text.
func (a answer) says0(status int, code, text string) answer {
	a.t.Helper()
	require.Equal(a.t, status, a.status, "%v", a.body)
	assert.Equal(a.t, map[string]any{"error": code, "error_description": text}, a.body)
	assert.Equal(a.t, "no-store", a.header.Get("Cache-Control"))
	return a
}

func (a answer) wrong0() answer {
	a.t.Helper()
	return a.says0(403, "invalid_grant", "Wrong email or password.")
}

// postJSON sends a JSON object of texts.
func (w *world) postJSON(path string, pairs ...string) answer {
	w.Helper()
	members := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		members[pairs[i]] = pairs[i+1]
	}
	text, err := json.Marshal(members)
	require.NoError(w, err)
	r := request(w.T, w.base+path, string(text))
	r.Header.Set("Content-Type", "application/json")
	return w.send(r)
}

func TestAuth0_TheAnswerOfTheContract(t *testing.T) {
	w := newAuth0(t)
	for name, post := range map[string]func(string, ...string) answer{"form": w.post, "JSON": w.postJSON} {
		a := post(auth0Token, "grant_type", "password", "username", " Casey@Contoso.com ", "password", harbor, "audience", stock,
			"scope", "openid profile email Stock.Read offline_access", "client_id", passwordApp).tokens()
		assert.Equal(t, "Bearer", a.body["token_type"], name)
		assert.Equal(t, 900.0, a.body["expires_in"], name)
		assert.Len(t, a.body, 5, "%s: %v", name, a.body)
		a.text("refresh_token")
		assert.Equal(t, passwordApp, idClaims(t, a)["aud"])
		assert.Equal(t, []any{"pwd"}, idClaims(t, a)["amr"])
		w.verify(a.text("access_token"))
		w.verify(a.text("id_token"))
		assert.Equal(t, "at+jwt", jwtPart(t, a.text("access_token"), 0)["typ"])
		assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
		assert.Equal(t, "no-cache", a.header.Get("Pragma"))
	}
}

func TestAuth0_ClientsAuthenticateInEveryWay(t *testing.T) {
	key := clientKey()
	w := newAuth0(t, func(c *handler.Config) {
		c.Clients = append(c.Clients, handler.Client{
			ID: signing, Keys: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key.Public()}}, Passwords: true, GrantTypes: plainGrants, Auth0: &handler.Auth0{},
		})
	})
	in := []string{"grant_type", "password", "username", casey, "password", harbor}
	ask := func(authorization string, more ...string) answer {
		return w.ask(auth0Token, authorization, append(more, in...)...)
	}
	ask(basic(backOffice, newSecret)).tokens()
	ask("", "client_id", backOffice, "client_secret", oldSecret).tokens()
	ask("", "client_assertion_type", jwtBearer, "client_assertion", w.assertion(key, "aud", self+auth0Token)).tokens()
	ask("", "client_assertion_type", jwtBearer, "client_assertion", w.assertion(key, "aud", self+"/")).tokens() // as Auth0's libraries do
	ask("", "client_id", passwordApp).tokens()
	w.postJSON(auth0Token, append(in, "client_id", backOffice, "client_secret", newSecret)...).tokens()

	for name, a := range map[string]answer{
		"a wrong secret":             ask(basic(backOffice, newSecret+"x")),
		"none of a confidential one": ask("", "client_id", backOffice),
		"one of a public one":        ask("", "client_id", passwordApp, "client_secret", newSecret),
		"an unknown client":          ask("", "client_id", "nobody"),
		"a disabled client":          ask("", "client_id", "off"),
		"no client":                  ask(""),
	} {
		t.Log(name)
		a.plainly(401, "invalid_client")
	}
	ask(basic(backOffice, newSecret), "client_id", passwordApp).plainly(400, "invalid_request")
}

func TestAuth0_WhatTokensAreFor(t *testing.T) {
	w := newAuth0(t)
	for _, row := range []struct {
		name, client string
		more         []string
		aud          any
	}{
		{"an API", passwordApp, []string{"audience", stock}, stock},
		{"the app's own API", passwordApp, []string{"audience", orders}, orders},
		{"userinfo, where none is named", passwordApp, nil, infos},
		{"userinfo, with openid", passwordApp, []string{"scope", "openid"}, infos},
		{"userinfo by name", stockApp, []string{"audience", infos, "scope", "openid"}, infos},
		{"the client's default", stockApp, nil, stock},
		{"the client's default, with openid", stockApp, []string{"scope", "openid"}, []any{stock, infos}},
		{"an API in the place of the default", stockApp, []string{"audience", orders}, orders},
		{"an API, with openid", passwordApp, []string{"audience", stock, "scope", "openid"}, []any{stock, infos}},
		{"the app's own API, with openid", passwordApp, []string{"audience", orders, "scope", "Orders.Read openid"}, []any{orders, infos}},
		{"an API, with another scope of OpenID Connect", passwordApp, []string{"audience", stock, "scope", "profile"}, stock},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := w.give(row.client, casey, harbor, row.more...).tokens()
			assert.Equal(t, row.aud, accessClaims(t, a)["aud"])
		})
	}
	for _, unknown := range []string{"api://other", "API://STOCK", stock + "/", "Stock.Read"} {
		w.give(passwordApp, casey, harbor, "audience", unknown).says0(403, "access_denied", "Service not found.")
	}
}

func TestAuth0_WhatScopesComeTo(t *testing.T) {
	w := newAuth0(t)
	for _, row := range []struct {
		name, client, audience, asked, issued, said string
		refresh                                     bool
	}{
		{"none of an API are all of it", passwordApp, orders, "", "Orders.Read Orders.Write", "Orders.Read Orders.Write", false},
		{"one of an API is that", passwordApp, orders, "Orders.Write", "Orders.Write", "", false},
		{"all of an API, in another order", passwordApp, orders, "Orders.Write Orders.Read", "Orders.Write Orders.Read", "", false},
		{"openid alone is all of OpenID Connect's", passwordApp, infos, "openid", "openid profile email", "openid profile email", false},
		{"openid alone, for an API", passwordApp, orders, "openid", "openid profile email Orders.Read Orders.Write", "openid profile email Orders.Read Orders.Write", false},
		{"openid beside one of an API", passwordApp, orders, "openid Orders.Read", "openid Orders.Read", "", false},
		{"openid beside another", passwordApp, infos, "openid email", "openid email", "", false},
		{"one without openid", passwordApp, infos, "email", "email", "", false},
		{"nothing, where there is nothing", passwordApp, infos, "", "", "", false},
		{"an unknown one is left out", passwordApp, orders, "Orders.Read Orders.Delete", "Orders.Read", "Orders.Read", false},
		{"an unknown one alone is not all", passwordApp, orders, "Orders.Delete", "", "", false},
		{"one of another API is left out", passwordApp, orders, "openid Stock.Read", "openid", "openid", false},
		{"a namespaced claim is left out", passwordApp, infos, "openid profile https://contoso.com/plan", "openid profile", "openid profile", false},
		{"twice is once", passwordApp, orders, "openid Orders.Read openid", "openid Orders.Read", "", false},
		{"a client that may have one gets that", humbleApp, orders, "", "Orders.Read", "Orders.Read", false},
		{"a client that may have one asks for more", humbleApp, orders, "Orders.Read Orders.Write", "Orders.Read", "Orders.Read", false},
		{"offline_access of an API that has it", passwordApp, stock, "Stock.Read offline_access", "Stock.Read", "", true},
		{"offline_access names no scope of the API", passwordApp, stock, "offline_access", "Stock.Read", "Stock.Read offline_access", true},
		{"openid and offline_access name none, either", passwordApp, stock, "openid offline_access", "openid profile email Stock.Read", "openid profile email Stock.Read offline_access", true},
		{"offline_access of userinfo", passwordApp, infos, "openid email offline_access", "openid email", "", true},
		{"offline_access of an API that has none", passwordApp, orders, "Orders.Read offline_access", "Orders.Read", "Orders.Read", false},
		{"offline_access of a client without the grant", humbleApp, infos, "openid email offline_access", "openid email", "openid email", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := w.give(row.client, casey, harbor, "audience", row.audience, "scope", row.asked).tokens()
			assert.Equal(t, row.issued, accessClaims(t, a)["scope"])
			said, _ := a.body["scope"].(string)
			assert.Equal(t, row.said, said)
			assert.Equal(t, row.refresh, a.body["refresh_token"] != nil, "%v", a.body)
			assert.Equal(t, strings.Contains(row.issued, "openid"), a.body["id_token"] != nil, "%v", a.body)
		})
	}
}

func TestAuth0_Realms(t *testing.T) {
	w := newAuth0(t)
	ask := func(client string, more ...string) answer {
		return w.give(client, casey, harbor, append([]string{"scope", "openid"}, more...)...)
	}
	realm := func(client string, more ...string) answer {
		return w.post(auth0Token, append([]string{"client_id", client, "grant_type", realmGrant, "username", casey, "password", harbor}, more...)...)
	}
	realm(passwordApp, "realm", "employees").tokens()
	realm(passwordApp, "realm", "partners").tokens()
	ask(passwordApp, "realm", "nonsense").tokens() // ignored
	realm(passwordApp, "realm", "Employees").says0(400, "invalid_request", "The connection was not found.")
	realm(passwordApp).plainly(400, "invalid_request")
	realm(stockApp, "realm", "employees").says0(403, "unauthorized_client", "Grant type not allowed for the client.")
}

func TestAuth0_EveryRefusalOfAPassword(t *testing.T) {
	w := newAuth0(t)
	w.signUp("code@contoso.com")
	w.enrol("off@contoso.com", harbor)
	w.update("off@contoso.com", func(u *store.User) { u.Disabled = true })
	w.enrol("must@contoso.com", harbor)
	w.update("must@contoso.com", func(u *store.User) { u.MustChangePassword = true })

	for _, name := range []string{casey, "nobody@contoso.com", "code@contoso.com", "off@contoso.com", "must@contoso.com", "no name"} {
		w.give(passwordApp, name, "a wrong one").wrong0()
	}
	w.give(passwordApp, "off@contoso.com", harbor).wrong0()
	w.give(passwordApp, casey, " "+harbor).wrong0()
	w.give(passwordApp, "must@contoso.com", harbor).says0(403, "invalid_grant", "The password must be changed before it can be used again.")

	w.give(passwordApp, " ", harbor).plainly(400, "invalid_request").says("'username'")
	w.give(passwordApp, casey, "").plainly(400, "invalid_request").says("'password'")
	w.post(auth0Token, "client_id", passwordApp).plainly(400, "invalid_request").says("'grant_type'")
	w.give(passwordApp, casey, harbor, "realm", "a", "realm", "a").plainly(400, "invalid_request").says("twice")
	w.post(auth0Token, "client_id", passwordApp, "grant_type", "client_credentials").says0(403, "unsupported_grant_type", "Unsupported grant type.")
	w.post(auth0Token, "client_id", passwordApp, "grant_type", "oob").says0(403, "unsupported_grant_type", "Unsupported grant type.")
	w.post(auth0Token, "client_id", humbleApp, "grant_type", "refresh_token").says0(403, "unauthorized_client", "Grant type not allowed for the client.")
	w.give(keyed, casey, harbor).says0(403, "unauthorized_client", "Unauthorized client.")
}

func TestAuth0_OfTransport(t *testing.T) {
	w := newAuth0(t)
	resp, _ := w.bare("GET", w.base+auth0Token, "")
	assert.Equal(t, 405, resp.StatusCode)
	assert.Equal(t, "POST, OPTIONS", resp.Header.Get("Allow"))
	resp, _ = w.bare("POST", w.base+"/mfa/authenticators", "")
	assert.Equal(t, 405, resp.StatusCode)
	for _, path := range []string{auth0Token, "/mfa/challenge"} {
		r := request(t, w.base+path, "<a/>")
		r.Header.Set("Content-Type", "text/xml")
		w.send(r).says0(415, "invalid_request", "The request body must be a form or JSON.")
		r = request(t, w.base+path, "{")
		r.Header.Set("Content-Type", "application/json")
		w.send(r).plainly(400, "invalid_request")
		w.raw(path, strings.Repeat("a", 64<<10+1)).plainly(413, "invalid_request")
	}
}

// D6: what is in the URL is not read.
func TestAuth0_ParametersInTheURLAreNotRead(t *testing.T) {
	w := newAuth0(t)
	in := url.Values{"client_id": {passwordApp}, "grant_type": {"password"}, "username": {casey}, "password": {harbor}}
	w.raw(auth0Token+"?"+in.Encode(), "").plainly(401, "invalid_client")
}

func TestAuth0_IsNotThereUnlessAClientHasIt(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{auth0Token, "/mfa/challenge", "/mfa/authenticators"} {
		w.post(path, "client_id", plain).refused(404, "invalid_request", "", 90023)
	}
	root := newWorld(t, func(c *handler.Config) { c.Issuer = "http://127.0.0.1" })
	for _, path := range []string{auth0Token, "/mfa/challenge"} {
		resp, _ := root.bare("POST", root.http.URL+path, "")
		assert.Equal(t, 404, resp.StatusCode, "the host's own")
		assert.Empty(t, resp.Header.Get("client-request-id"))
	}
}

func TestAuth0_TriesCountWithThoseOfSignIns(t *testing.T) {
	w := newAuth0(t)
	for range 5 {
		w.give(passwordApp, casey, "a wrong one").wrong0()
		w.enter(casey, "a wrong one").refused(400, "invalid_grant", "", 50126)
	}
	const text = "The account has been blocked for a while after too many attempts."
	for _, password := range []string{harbor, "a wrong one"} {
		a := w.give(passwordApp, casey, password).says0(429, "too_many_attempts", text)
		assert.Equal(t, "30", a.header.Get("Retry-After"))
	}
	w.enter(casey, harbor).refused(400, "invalid_grant", "", 50126)
	for range 10 {
		w.give(passwordApp, "nobody@contoso.com", harbor).wrong0()
	}
	w.give(passwordApp, "nobody@contoso.com", harbor).says0(429, "too_many_attempts", text)
}

// Where a server says that a person is makes no difference: tries are counted per account.
func TestAuth0_TheAddressThatAServerForwardsIsNotRead(t *testing.T) {
	w := newAuth0(t)
	try := func(n int, password string) answer {
		r := request(t, w.base+auth0Token, form("grant_type", "password", "username", casey, "password", password))
		r.Header.Set("Authorization", basic(backOffice, newSecret))
		r.Header.Set("auth0-forwarded-for", fmt.Sprintf("192.0.2.%d", n))
		return w.send(r)
	}
	for n := range 10 {
		try(n, "a wrong one").wrong0()
	}
	try(10, harbor).plainly(429, "too_many_attempts")
}

func TestAuth0_AMistakeOfTheAppIsNoTry(t *testing.T) {
	w := newAuth0(t)
	for range 12 {
		w.give(passwordApp, casey, "a wrong one", "audience", "api://other").plainly(403, "access_denied")
		w.post(auth0Token, "client_id", passwordApp, "grant_type", realmGrant, "username", casey, "password", "a wrong one", "realm", "x").plainly(400, "invalid_request")
	}
	w.give(passwordApp, casey, harbor).tokens()
}

func TestAuth0_WithHiddenAccountsALockTellsNothing(t *testing.T) {
	w := newAuth0(t, func(c *handler.Config) { c.HideAccounts = true })
	for range 10 {
		w.give(passwordApp, casey, "a wrong one").wrong0()
	}
	locked := w.give(passwordApp, casey, harbor).wrong0()
	unknown := w.give(passwordApp, "nobody@contoso.com", harbor).wrong0()
	for _, volatile := range []string{"Date", "Client-Request-Id", "X-Ms-Request-Id"} {
		locked.header.Del(volatile)
		unknown.header.Del(volatile)
	}
	assert.Equal(t, unknown.header, locked.header)
}

func TestAuth0_TheHostsClaimsAreInTheTokens(t *testing.T) {
	w := newAuth0(t)
	w.claims.Access = map[string]any{"https://contoso.com/plan": "gold"}
	w.claims.ID = map[string]any{"https://contoso.com/badge": "7"}
	a := w.give(passwordApp, casey, harbor, "scope", "openid").tokens()
	assert.Equal(t, "gold", accessClaims(t, a)["https://contoso.com/plan"])
	assert.Equal(t, "7", idClaims(t, a)["https://contoso.com/badge"])
}

// Section 12.4.

func TestAuth0_UserInfoTellsWhatTheScopesSay(t *testing.T) {
	w := newAuth0(t)
	w.update(casey, func(u *store.User) { u.Attributes = map[string]string{"displayName": "Casey J", "givenName": "Casey"} })
	id := w.idOf(casey)
	for scope, want := range map[string]map[string]any{
		"openid":         {"sub": id, "preferred_username": casey, "name": "Casey J", "given_name": "Casey", "email": casey},
		"openid email":   {"sub": id, "email": casey},
		"openid profile": {"sub": id, "preferred_username": casey, "name": "Casey J", "given_name": "Casey"},
	} {
		for _, audience := range []string{"", stock, orders} {
			a := w.give(passwordApp, casey, harbor, "scope", scope, "audience", audience).tokens()
			assert.Equal(t, want, w.userInfo(a.text("access_token")).known().body, "%s for %q", scope, audience)
			for claim := range want {
				assert.Contains(t, idClaims(t, a), claim)
			}
			for _, other := range []string{"email", "name"} {
				_, told := want[other]
				assert.Equal(t, told, idClaims(t, a)[other] != nil, other)
			}
		}
	}
	w.userInfo(w.give(passwordApp, casey, harbor, "audience", stock).text("access_token")).unauthorized("invalid_token")
	w.userInfo(w.give(passwordApp, casey, harbor, "audience", stock, "scope", "profile").text("access_token")).unauthorized("invalid_token")
	assert.Equal(t, 403, w.userInfo(w.give(passwordApp, casey, harbor, "scope", "email").text("access_token")).status)
	assert.Equal(t, 401, w.userInfo(w.give(passwordApp, casey, harbor, "scope", "openid").text("id_token")).status)
}

func TestAuth0_RequireTokenTakesTokensForItsOwnAPI(t *testing.T) {
	w := newAuth0(t)
	status := func(access string, scopes ...string) int {
		resp, _ := w.protected(w.auth.RequireToken(scopes...), "Bearer "+access)
		return resp.StatusCode
	}
	both := w.give(passwordApp, casey, harbor, "audience", orders, "scope", "openid Orders.Read").text("access_token")
	assert.Equal(t, 200, status(both))
	assert.Equal(t, 200, status(both, "Orders.Read", "openid"))
	assert.Equal(t, 403, status(both, "Orders.Write"))
	assert.Equal(t, 401, status(both, "Stock.Read"))
	other := w.give(passwordApp, casey, harbor, "audience", stock, "scope", "openid Stock.Read").text("access_token")
	assert.Equal(t, 200, status(other, "Stock.Read"))
	assert.Equal(t, 401, status(other))
	assert.Equal(t, 401, status(other, "openid"), "userinfo among its audiences is not the app")
	assert.Equal(t, 401, status(w.give(passwordApp, casey, harbor, "scope", "openid").text("access_token")))
}

func TestAuth0_IntrospectionAndRevocationKnowTheTokens(t *testing.T) {
	w := newAuth0(t, withServers)
	a := w.give(passwordApp, casey, harbor, "audience", stock, "scope", "openid Stock.Read offline_access").tokens()
	told := w.inspect(a.text("access_token")).active()
	assert.Equal(t, []any{stock, infos}, told.body["aud"])
	assert.Equal(t, passwordApp, told.body["client_id"])
	w.revoke(passwordApp, a.text("refresh_token")).empty()
	w.inspect(a.text("access_token")).inactive()
	w.userInfo(a.text("access_token")).unauthorized("invalid_token")
	w.renew(passwordApp, a.text("refresh_token")).says0(403, "invalid_grant", "Unknown or invalid refresh token.")
}

func TestAuth0_MountSaysWhatIsWrong(t *testing.T) {
	_, err := handler.Mount(http.NewServeMux(), handler.Config{
		Issuer: "http://127.0.0.1/a",
		Clients: []handler.Client{
			{ID: "a", GrantTypes: []string{realmGrant}},
			{ID: "b", GrantTypes: []string{"refresh_token"}},
			{ID: "c", Passwords: true, Auth0: &handler.Auth0{Audience: stock}, GrantTypes: []string{"refresh_token"}},
			{ID: "d", Passwords: true, Auth0: &handler.Auth0{Realms: []string{""}}, GrantTypes: []string{"password"}},
			{ID: "e", Passwords: true, Auth0: &handler.Auth0{}, GrantTypes: []string{realmGrant}},
			{ID: "f", Passwords: true, Auth0: &handler.Auth0{}, GrantTypes: []string{"password"}, Cookies: true},
		},
	})
	for _, part := range []string{
		`Clients[0]: GrantTypes has one of Auth0's, and Auth0 is nil`, `Clients[0]: GrantTypes has "` + realmGrant + `", and Passwords is off`,
		`Clients[1]: GrantTypes has one of Auth0's`, `Clients[2]: Auth0 is set, and GrantTypes has neither`,
		`Clients[2]: Auth0.Audience "api://stock" is that of no resource`, `Clients[3]: Auth0.Realms and`, `Clients[3]: Auth0.Realms holds an empty name`,
		`Clients[4]: Auth0.Realms and`, `Clients[5]: Auth0 and Cookies`,
	} {
		assert.ErrorContains(t, err, part)
	}
}

// E1, E3, T8, T9: as much for any account as for none.

func TestAuth0_NoAccountCanBeToldFromNone(t *testing.T) {
	for _, kind := range kindsOfAccount {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			var c *counted
			h := newHiding(t, withAuth0, func(cfg *handler.Config) {
				c = &counted{Store: cfg.Users.(*hostUsers).Users.(*memory.Store)}
				cfg.Users = c
			})
			h.spy.State = c
			tries := script{calls: []call{
				{auth0Token, []string{"grant_type", "password", "username", "NAME", "password", "PASSWORD"}},
				{auth0Token, []string{"grant_type", realmGrant, "realm", "employees", "username", "NAME", "password", "PASSWORD", "audience", stock, "scope", "openid"}},
				{auth0Token, []string{"grant_type", "password", "username", "NAME", "password", "PASSWORD", "audience", "nonsense"}},
			}}
			known, nobody := "known@contoso.com", "never@contoso.com"
			kind.make(h, store.User{ID: known, Username: known, Email: known})
			c.taken()
			theirs := h.play(tries, passwordApp, known, kind.says)
			spent := c.taken()
			none := h.play(tries, passwordApp, nobody, kind.says)
			for i := range theirs {
				assert.Equal(t, string(none[i]), string(theirs[i]))
			}
			if kind.name != "locked" { // nobody can be locked, too
				assert.Equal(t, c.taken(), spent, "calls of the store")
			}
		})
	}
}
