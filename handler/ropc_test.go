package handler_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// Section 11.1 of the contract: the resource owner's password credentials as Azure AD v2 has them, for public
// clients and confidential ones.

const (
	tokenPath = "/oauth2/v2.0/token"
	server    = "ropc-server" // confidential, has a secret
	signer    = "ropc-signer" // confidential, has keys
	tenantID  = "99999999-9999-4999-8999-999999999999"
)

// withROPC adds clients that may send name and password in one call, beside those that may not.
func withROPC(c *handler.Config) {
	withOwners(c)
	withServers(c)
	password := []string{handler.GrantPassword}
	key := clientKey()
	c.TenantID = tenantID
	c.Clients = append(c.Clients,
		handler.Client{ID: server, Secrets: []string{newSecret}, Passwords: true, GrantTypes: password},
		handler.Client{ID: signer, Keys: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key.Public()}}, Passwords: true, GrantTypes: password},
		handler.Client{ID: "ropc-off", Secrets: []string{newSecret}, Disabled: true, Passwords: true, GrantTypes: password},
		handler.Client{ID: "ropc-few", Passwords: true, GrantTypes: password, Scopes: []string{"Orders.Read"}},
		handler.Client{ID: "ropc-strict", Secrets: []string{newSecret}, Passwords: true, GrantTypes: password, SecondFactor: handler.Always},
	)
}

// ropc is a call with a person's name and password, and more.
func ropc(more ...string) []string {
	return append([]string{"grant_type", "password", "username", casey, "password", harbor, "scope", "openid offline_access"}, more...)
}

// assertionOf signs an assertion for one of the clients that have the key.
func (w *world) assertionOf(client string, changes ...any) string {
	w.Helper()
	return w.assertion(clientKey(), append([]any{"iss", client, "sub", client}, changes...)...)
}

// withAssertion are the parameters of a client that authenticates by a key.
func withAssertion(text string, more ...string) []string {
	return append([]string{"client_assertion_type", jwtBearer, "client_assertion", text}, more...)
}

func TestROPC_ConfidentialClientsAuthenticateInEachWay(t *testing.T) {
	w := newWorld(t, withROPC)
	w.enrol(casey, harbor)
	for name, a := range map[string]answer{
		"client_secret_basic":              w.ask(tokenPath, basic(server, newSecret), ropc()...),
		"client_secret_basic, named twice": w.ask(tokenPath, basic(server, newSecret), ropc("client_id", server)...),
		"client_secret_post":               w.ask(tokenPath, "", ropc("client_id", server, "client_secret", newSecret)...),
		"private_key_jwt":                  w.ask(tokenPath, "", ropc(withAssertion(w.assertionOf(signer))...)...),
		"private_key_jwt, for the path":    w.ask(tokenPath, "", ropc(withAssertion(w.assertionOf(signer, "aud", self+tokenPath))...)...),
	} {
		a.tokens()
		assert.Equal(t, "openid", a.body["scope"], name)
		assert.Equal(t, []any{"pwd"}, idClaims(t, a)["amr"], name)
		assert.Contains(t, []any{server, signer}, accessClaims(t, a)["client_id"], name)
		assert.Equal(t, idClaims(t, a)["aud"], accessClaims(t, a)["client_id"], name)
	}
}

func TestROPC_ClientsThatAreNotAuthenticated(t *testing.T) {
	w := newWorld(t, withROPC)
	w.enrol(casey, harbor)
	used := w.assertionOf(signer)
	w.ask(tokenPath, "", ropc(withAssertion(used)...)...).tokens()
	for _, row := range []struct {
		name, authorization string
		pairs               []string
		status              int
		code, suberror      string
		number              int
	}{
		{"a confidential client without a credential", "", []string{"client_id", server}, 401, "invalid_client", "", 7000218},
		{"one that has a key", "", []string{"client_id", signer}, 401, "invalid_client", "", 7000218},
		{"one that has its secret elsewhere", "", []string{"client_id", "secretive"}, 401, "invalid_client", "", 7000218},
		{"a wrong secret in the body", "", []string{"client_id", server, "client_secret", oldSecret}, 401, "invalid_client", "", 7000215},
		{"a wrong secret in the header", basic(server, oldSecret), nil, 401, "invalid_client", "", 7000215},
		{"an empty one", basic(server, ""), nil, 401, "invalid_client", "", 7000215},
		{"a secret of one that has a key", basic(signer, newSecret), nil, 401, "invalid_client", "", 7000215},
		{"an assertion used before", "", withAssertion(used), 401, "invalid_client", "", 700027},
		{"an assertion of another key", "", withAssertion(w.assertion(es256(t, "mine"), "iss", signer, "sub", signer)), 401, "invalid_client", "", 700027},
		{"an assertion that has expired", "", withAssertion(w.assertionOf(signer, "exp", w.clock.now().Unix()-61)), 401, "invalid_client", "", 700027},
		{"an assertion for another server", "", withAssertion(w.assertionOf(signer, "aud", "https://id.example")), 401, "invalid_client", "", 700027},
		{"an assertion of one that has a secret", "", withAssertion(w.assertionOf(server)), 401, "invalid_client", "", 700027},
		{"an assertion for another client_id", "", withAssertion(w.assertionOf(signer), "client_id", server), 401, "invalid_client", "", 700027},
		{"no JWT", "", withAssertion("x.y.z"), 401, "invalid_client", "", 700027},
		{"an assertion of another type", "", []string{"client_assertion", used, "client_assertion_type", "urn:x"}, 401, "invalid_client", "", 70002},
		{"another scheme", "Bearer " + newSecret, nil, 401, "invalid_client", "", 70002},
		{"a header that cannot be read", "Basic ???", nil, 401, "invalid_client", "", 70002},
		{"a secret of a public client", "", []string{"client_id", legacyApp, "client_secret", newSecret}, 401, "invalid_client", "", 700025},
		{"the same in the header", basic(legacyApp, newSecret), nil, 401, "invalid_client", "", 700025},
		{"an assertion of a public client", "", withAssertion(w.assertionOf(legacyApp)), 401, "invalid_client", "", 700025},
		{"an unknown client", "", []string{"client_id", "nobody"}, 400, "unauthorized_client", "", 700016},
		{"an unknown client with a secret", "", []string{"client_id", "nobody", "client_secret", newSecret}, 400, "unauthorized_client", "", 700016},
		{"an unknown client in the header", basic("nobody", newSecret), nil, 401, "unauthorized_client", "", 700016},
		{"a disabled client", "", []string{"client_id", "ropc-off", "client_secret", newSecret}, 400, "invalid_client", "nativeauthapi_disabled", 7000112},
		{"no client", "", nil, 400, "invalid_request", "", 90100},
		{"a client id that is none", "", []string{"client_id", "no id", "client_secret", newSecret}, 400, "invalid_request", "", 90100},
		{"two ways at once", basic(server, newSecret), []string{"client_id", server, "client_secret", newSecret}, 400, "invalid_request", "", 90023},
		{"another client in the body", basic(server, newSecret), []string{"client_id", legacyApp}, 400, "invalid_request", "", 90023},
		{"an assertion without its type", "", []string{"client_assertion", used}, 400, "invalid_request", "", 900144},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := *w
			w.T = t
			for _, body := range [][]string{ropc(row.pairs...), append([]string{"grant_type", "refresh_token", "refresh_token", "x"}, row.pairs...)} {
				if body[1] == "refresh_token" && slices.Contains(body, legacyApp) {
					continue // which is of native authentication
				}
				a := w.ask(tokenPath, row.authorization, body...).refused(row.status, row.code, row.suberror, row.number)
				if row.authorization != "" && row.status == 401 {
					assert.Equal(t, `Basic realm="nativeauth"`, a.header.Get("WWW-Authenticate"))
				} else {
					assert.Empty(t, a.header.Values("WWW-Authenticate"))
				}
				assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
			}
		})
	}
}

// What public clients of the native API send beside what it knows is not looked at.
func TestROPC_ARefreshOfAPublicClientIsOfNativeAuthentication(t *testing.T) {
	w := newWorld(t, withROPC)
	w.enrol(casey, harbor)
	token := w.own(legacyApp, casey, harbor).tokens().text("refresh_token")
	token = w.refresh(legacyApp, token, "client_secret", "s").tokens().text("refresh_token")
	w.ask(tokenPath, "Bearer x", "client_id", legacyApp, "grant_type", "refresh_token", "refresh_token", token).tokens()
}

// A call of a client that is not authenticated costs the account nothing.
func TestROPC_OnlyAuthenticatedClientsTryPasswords(t *testing.T) {
	w := newWorld(t, withROPC)
	w.enrol(casey, harbor)
	for range 12 {
		w.ask(tokenPath, basic(server, oldSecret), ropc()[:4]...).refused(401, "invalid_client", "", 7000215)
	}
	w.ask(tokenPath, basic(server, newSecret), ropc()...).tokens()
}

func TestROPC_NativeAuthenticationIsForPublicClientsAlone(t *testing.T) {
	w := newWorld(t, withROPC)
	w.enrol(casey, harbor)
	for name, pairs := range map[string][]string{
		"a code":               {"grant_type", "oob", "oob", "12345678"},
		"a second factor":      {"grant_type", "mfa_oob", "oob", "12345678"},
		"a flow":               {"grant_type", "continuation_token"},
		"a password in a flow": {"grant_type", "password", "password", harbor, "continuation_token", w.askedPassword(keyed, casey)},
		"one call in a flow":   ropc("continuation_token", w.askedPassword(keyed, casey)),
		"a refresh in a flow":  {"grant_type", "refresh_token", "refresh_token", "x", "continuation_token", "x"},
		"no grant type":        {"username", casey},
	} {
		w.ask(tokenPath, basic(server, newSecret), append(pairs, "client_id", server)...).refused(400, "invalid_client", "", 550022)
		assert.Equal(t, 550022.0, w.ask(tokenPath, "", append(pairs, "client_id", server, "client_secret", newSecret)...).body["error_codes"].([]any)[0], name)
	}
}

func TestROPC_WhoMayNotUseItIsToldSo(t *testing.T) {
	w := newWorld(t, withROPC)
	w.enrol(casey, harbor)
	w.ask(tokenPath, basic(backend, newSecret), ropc()...).refused(400, "unauthorized_client", "", 70001)
	w.post(tokenPath, ropc("client_id", keyed)...).refused(400, "invalid_request", "", 900144).says("continuation_token")
	w.ask(tokenPath, basic(server, newSecret), "grant_type", "client_credentials").refused(400, "unsupported_grant_type", "", 70003)
	w.ask(tokenPath, basic(server, newSecret), "grant_type", "password_").refused(400, "unsupported_grant_type", "", 70003)
}

func TestROPC_TokensAreForTheScopesThatWereAskedFor(t *testing.T) {
	for _, strict := range []bool{false, true} {
		w := newWorld(t, withROPC, func(c *handler.Config) { c.StrictScopes = strict })
		w.enrol(casey, harbor)
		for _, row := range []struct {
			scope, echoed, audience string
			id, refresh             bool
		}{
			{"Orders.Read", "Orders.Read", self, false, false},
			{"Orders.Read profile openid email", "Orders.Read profile openid email", self, true, false},
			{"Stock.Read offline_access", "Stock.Read", "api://stock", false, true},
			{"openid", "openid", self, true, false},
			{"openid offline_access", "openid", self, true, true},
			{"offline_access", "", self, false, true},
			{"ORDERS.read OpenID", "ORDERS.read OpenID", self, true, false},
			{"", "openid profile", self, true, true}, // as at the whole endpoint, whose default that is
		} {
			for _, client := range []string{legacyApp, server} {
				authorization := ""
				if client == server {
					authorization = basic(server, newSecret)
				}
				a := w.ask(tokenPath, authorization, "client_id", client, "grant_type", "password", "username", casey, "password", harbor, "scope", row.scope).tokens()
				assert.Equal(t, "Bearer", a.body["token_type"])
				assert.Equal(t, 900.0, a.body["expires_in"])
				assert.Equal(t, row.echoed, a.body["scope"], row.scope)
				assert.Equal(t, row.audience, accessClaims(t, a)["aud"], row.scope)
				_, id := a.body["id_token"]
				assert.Equal(t, row.id, id, row.scope)
				_, refresh := a.body["refresh_token"]
				assert.Equal(t, row.refresh, refresh, row.scope)
			}
		}
		w.own(legacyApp, casey, harbor, "scope", "Nothing.Read").refused(400, "invalid_scope", "", 70011)
		w.own(legacyApp, casey, harbor, "scope", "Orders.Read Stock.Read").refused(400, "invalid_scope", "", 70011)
	}
}

func TestROPC_ARefreshGivesAnIDTokenOnlyWhereOneWasAskedFor(t *testing.T) {
	w := newWorld(t, withROPC)
	w.enrol(casey, harbor)
	a := w.own(legacyApp, casey, harbor, "scope", "Orders.Read offline_access").tokens()
	a = w.refresh(legacyApp, a.text("refresh_token"), "scope", "openid Orders.Read offline_access").tokens()
	assert.NotContains(t, a.body, "id_token")
	assert.Equal(t, "Orders.Read", a.body["scope"])
}

func TestROPC_ErrorsOfTheContract(t *testing.T) {
	w := newWorld(t, withROPC)
	w.person(casey, mailMethod)
	auth := basic("ropc-strict", newSecret)
	w.ask(tokenPath, auth, ropc("capabilities", able)...).refused(400, "invalid_grant", "", 50076)
	w.own("ropc-few", casey, harbor, "scope", "Orders.Read Orders.Write").refused(400, "invalid_grant", "consent_required", 65001)
	w.own("ropc-few", casey, "a wrong one", "scope", "Orders.Write").refused(400, "invalid_grant", "consent_required", 65001)
	w.own("ropc-few", casey, harbor, "scope", "Orders.Read").tokens()
	w.ask(tokenPath, auth, "grant_type", "password", "username", casey).refused(400, "invalid_request", "", 900144).says("'password'")
	w.ask(tokenPath, auth, "grant_type", "password", "password", harbor).refused(400, "invalid_request", "", 90100)
	w.ask(tokenPath, auth, ropc()[:6]...).refused(400, "invalid_grant", "", 50076)
	w.ask(tokenPath, auth, "grant_type", "password", "username", casey, "password", " "+harbor).refused(400, "invalid_grant", "", 50126)
}

// Whatever is wrong, no answer speaks of waiting: that is for devices.
func TestROPC_NeverAnswersAsForDevices(t *testing.T) {
	w := newWorld(t, withROPC, secondFactors)
	w.enrol(casey, harbor)
	for _, a := range []answer{
		w.own(legacyApp, casey, "wrong"), w.own("strict-owner", casey, harbor), w.own("nobody", casey, harbor),
		w.own(legacyApp, casey, harbor, "device_code", "x"), w.own(server, casey, harbor),
	} {
		assert.NotContains(t, []any{"authorization_pending", "slow_down", "expired_token"}, a.body["error"])
	}
}

func TestROPC_RefreshTokensOfAConfidentialClient(t *testing.T) {
	same := withKeys(t)
	w := newWorld(t, same, withROPC)
	other := w.sibling(same, withROPC)
	w.enrol(casey, harbor)
	first := w.ask(tokenPath, basic(server, newSecret), ropc()...).tokens().text("refresh_token")
	refresh := []string{"grant_type", "refresh_token", "refresh_token", first}

	w.ask(tokenPath, basic(backend, newSecret), refresh...).badRefresh()
	w.refresh(legacyApp, first).badRefresh()
	w.refresh(server, first).refused(401, "invalid_client", "", 7000218)
	w.ask(tokenPath, basic(server, oldSecret), refresh...).refused(401, "invalid_client", "", 7000215)

	second := other.ask(tokenPath, basic(server, newSecret), refresh...).tokens().text("refresh_token")
	again := w.ask(tokenPath, "", append(refresh, "client_id", server, "client_secret", newSecret)...).tokens().text("refresh_token")
	assert.Equal(t, second, again, "within the grace")
	w.ask(revoke, basic(server, newSecret), "token", second).empty()
	w.ask(tokenPath, basic(server, newSecret), "grant_type", "refresh_token", "refresh_token", second).badRefresh()
}

func TestROPC_OfManyUsesOfOneAssertionOneGetsTokens(t *testing.T) {
	w := newWorld(t, withROPC)
	w.enrol(casey, harbor)
	body := form(ropc(withAssertion(w.assertionOf(signer, "jti", rand.Text()))...)...)
	assert.Equal(t, map[int]int{200: 1, 401: 11}, w.statusesOf(12, tokenPath, body))
}

func TestROPC_GrantsOfTheHostAreForConfidentialClientsToo(t *testing.T) {
	w := newWorld(t, withServers, withBadges, func(c *handler.Config) {
		c.Clients = append(c.Clients, handler.Client{ID: "gate", Secrets: []string{newSecret}, GrantTypes: []string{badge}})
		shown := c.Grants[badge]
		c.Grants[badge] = handler.GrantFunc(func(ctx context.Context, r handler.GrantRequest) (handler.GrantResult, error) {
			assert.NotContains(t, r.Parameters, "client_secret")
			assert.NotContains(t, r.Parameters, "client_assertion")
			return shown.Redeem(ctx, r)
		})
	})
	w.signUp(casey)
	id := w.idOf(casey)
	pairs := []string{"grant_type", badge, "badge", id, "client_id", "gate"}
	w.ask(tokenPath, "", append(pairs, "client_secret", newSecret)...).tokens()
	w.ask(tokenPath, "", pairs...).refused(401, "invalid_client", "", 7000218)
	w.ask(tokenPath, "", append(pairs, "client_secret", oldSecret)...).refused(401, "invalid_client", "", 7000215)
	w.ask(tokenPath, basic(backend, newSecret), "grant_type", badge, "badge", id).refused(400, "unauthorized_client", "", 70001)
}

func TestROPC_HiddenAccountsAreAnsweredAlike(t *testing.T) {
	w := newWorld(t, withROPC, func(c *handler.Config) { c.HideAccounts = true })
	w.enrol(casey, harbor)
	w.signUp("code@contoso.com")
	w.enrol("off@contoso.com", harbor)
	w.update("off@contoso.com", func(u *store.User) { u.Disabled = true })
	for _, name := range []string{casey, "nobody@contoso.com", "code@contoso.com", "off@contoso.com"} {
		password := "a wrong one"
		if name == "off@contoso.com" {
			password = harbor
		}
		for range 3 {
			a := w.own(legacyApp, name, password).refused(400, "invalid_grant", "", 50126)
			assert.Len(t, a.body, 6, "%v", a.body)
		}
	}
}

// A flow that waits for a second factor is one of the native API, where no confidential client may go on.
func TestROPC_AConfidentialClientIsNotSentWhereItMayNotGo(t *testing.T) {
	w := newWorld(t, withServers, withBadges, secondFactors, func(c *handler.Config) {
		c.Clients = append(c.Clients, handler.Client{ID: "gate", Secrets: []string{newSecret}, GrantTypes: []string{badge}, SecondFactor: handler.Always})
	})
	w.signUp(casey)
	for _, methods := range [][]store.Method{nil, {mailMethod}} {
		w.update(casey, func(u *store.User) { u.Methods = methods })
		for _, capabilities := range []string{"", able} {
			pairs := []string{"grant_type", badge, "badge", w.idOf(casey), "capabilities", capabilities}
			a := w.ask(tokenPath, basic("gate", newSecret), pairs...).refused(400, "invalid_grant", "", 50076)
			assert.NotContains(t, a.body, "continuation_token")
		}
	}
}

// What a tenant is called in a path.

func TestTenant_ThePathNamesTheDirectory(t *testing.T) {
	w := newWorld(t, withROPC)
	w.enrol(casey, harbor)
	for _, tenant := range []string{tenantID, strings.ToUpper(tenantID), "organizations", "Organizations", "127.0.0.1"} {
		path := "/" + tenant + tokenPath
		a := w.ask(path, basic(server, newSecret), ropc()...).tokens()
		w.ask(path, basic(server, newSecret), "grant_type", "refresh_token", "refresh_token", a.text("refresh_token")).tokens()
		w.post(path, ropc("client_id", legacyApp)...).tokens()
		w.post(path+"/", ropc("client_id", legacyApp)...).tokens()
		w.ask(path, "", ropc(withAssertion(w.assertionOf(signer, "aud", self+strings.ToLower(path)))...)...).tokens()
		w.ask(path, "", ropc("client_id", server)...).refused(401, "invalid_client", "", 7000218)
	}
	for _, tenant := range []string{"common", "consumers", "Common"} {
		w.post("/"+tenant+tokenPath, ropc("client_id", legacyApp)...).refused(400, "invalid_request", "", 9001023)
	}
	for _, tenant := range []string{"contoso.com", "99999999-9999-4999-8999-999999999998", "organizations.", "x"} {
		w.post("/"+tenant+tokenPath, ropc("client_id", legacyApp)...).refused(400, "invalid_request", "", 90002)
	}
	for _, path := range []string{"/" + tenantID + "/oauth2/v2.0/initiate", "/" + tenantID + revoke, "/a/organizations" + tokenPath, "/organizations/x" + tokenPath, "/organizations"} {
		assert.NotEqual(t, 200, w.raw(path, form(ropc("client_id", legacyApp)...)).status, path)
	}
	w.method("GET", "/organizations"+tokenPath).refused(405, "invalid_request", "", 900561)
	assert.Equal(t, "POST, OPTIONS", w.method("GET", "/common"+tokenPath).header.Get("Allow"))
}

func TestTenant_IsForClientsWithAGrantOfAzureADs(t *testing.T) {
	w := newWorld(t, withROPC)
	w.enrol(casey, harbor)
	token := w.enter(casey, harbor).tokens().text("refresh_token")
	w.post("/organizations"+tokenPath, "client_id", keyed, "grant_type", "refresh_token", "refresh_token", token).
		refused(400, "unauthorized_client", "", 70001)
	w.refresh(keyed, token).tokens()

	without := newWorld(t)
	without.post("/organizations"+tokenPath, ropc("client_id", keyed)...).refused(404, "invalid_request", "", 90023)
}

// Without a prefix, paths that are not those of a tenant are the host's.
func TestTenant_WithoutAPrefix(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	c := complete(t)
	c.Issuer, c.TenantID = "https://id.example", tenantID
	c.Clients = []handler.Client{{ID: legacyApp, Passwords: true, GrantTypes: []string{handler.GrantPassword}}}
	_, err := handler.Mount(mux, c)
	require.NoError(t, err)
	for path, status := range map[string]int{
		"/" + tenantID + tokenPath: 400, "/organizations" + tokenPath: 400, "/id.example" + tokenPath: 400, "/common" + tokenPath: 400,
		"/contoso.com" + tokenPath: 418, "/organizations": 418, "/organizations/": 418,
	} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, request(t, path, form("grant_type", "password")))
		assert.Equal(t, status, w.Code, path)
	}
}

// A tenant of the caller's making is not for the log.
func TestTenant_IsNotLoggedAsItCame(t *testing.T) {
	var log lines
	w := newWorld(t, withROPC, func(c *handler.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	w.post("/canary"+tokenPath, ropc()...).refused(400, "invalid_request", "", 90002)
	assert.NotContains(t, log.String(), "canary")
	assert.Contains(t, log.String(), "path="+tokenPath)
}

// Cookies keep a client from tokens, and a server has no use for a cookie.
func TestROPC_AClientWithCookies(t *testing.T) {
	w := newWorld(t, func(c *handler.Config) {
		c.Clients = append(c.Clients, handler.Client{ID: "pages", Cookies: true, Passwords: true, GrantTypes: []string{handler.GrantPassword}})
	})
	w.enrol(casey, harbor)
	a := w.own("pages", casey, harbor, "scope", "openid offline_access")
	require.Equal(t, 200, a.status, "%v", a.body)
	assert.Equal(t, "Cookie", a.body["token_type"])
	for _, token := range []string{"access_token", "refresh_token", "id_token"} {
		assert.NotContains(t, a.body, token)
	}
	assert.Contains(t, a.header.Get("Set-Cookie"), "nativeauth_session=")

	for _, both := range []handler.Client{
		{ID: "a", Cookies: true, Secrets: []string{newSecret}}, {ID: "a", Cookies: true, Confidential: true},
	} {
		err := handler.Config{Issuer: "http://127.0.0.1", Clients: []handler.Client{both}}.Validate()
		assert.EqualError(t, err, "Clients[0]: Cookies is for browsers, and a client that authenticates is none")
	}
}
