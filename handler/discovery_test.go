package handler_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
)

func TestDiscovery_SaysWhereEverythingIs(t *testing.T) {
	for issuer, prefix := range map[string]string{
		"http://127.0.0.1": "", self: "/contoso.onmicrosoft.com", "http://localhost:8080/a/b": "/a/b", "https://id.contoso.com/auth": "/auth",
	} {
		w := newWorld(t, withKeys(t), withInterval(0), func(c *handler.Config) { c.Issuer = issuer })
		w.base = w.http.URL + prefix
		first := w.method("GET", documents[0])
		require.Equal(t, 200, first.status)
		assert.Equal(t, map[string]any{
			"issuer": issuer, "token_endpoint": issuer + "/oauth2/v2.0/token", "jwks_uri": issuer + "/discovery/v2.0/keys",
			"response_types_supported": []any{"none"}, "subject_types_supported": []any{"public"},
			"id_token_signing_alg_values_supported": []any{"ES256"},
			"scopes_supported":                      []any{"openid", "profile", "email", "offline_access", "Orders.Read", "Orders.Write", "Stock.Read"},
			"grant_types_supported":                 []any{"oob", "password", "continuation_token", "refresh_token"},
			"token_endpoint_auth_methods_supported": []any{"none"},
			"revocation_endpoint":                   issuer + "/oauth2/revoke", "revocation_endpoint_auth_methods_supported": []any{"none"},
			"userinfo_endpoint":    issuer + "/userinfo",
			"acr_values_supported": []any{"1", "2"},
			"claims_supported":     first.body["claims_supported"],
		}, first.body)
		assert.Equal(t, first.body, w.method("GET", documents[1]).body, "the same under both paths")
	}
}

func TestDiscovery_EveryGrantItListsIsServed(t *testing.T) {
	w := newWorld(t)
	for _, grant := range w.method("GET", documents[0]).body["grant_types_supported"].([]any) {
		a := w.post(endpoints[5], "client_id", plain, "grant_type", grant.(string))
		a.refused(400, "invalid_request", "", 900144) // it wants its token
	}
}

func TestDiscovery_EveryScopeItListsIsGranted(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	for _, scope := range w.method("GET", documents[0]).body["scopes_supported"].([]any) {
		w.signIn(casey, "scope", scope.(string))
	}
}

func TestDiscovery_DocumentsMayBeKeptForAWhile(t *testing.T) {
	w := newWorld(t)
	for _, path := range documents {
		a := w.method("GET", path)
		assert.Equal(t, 200, a.status)
		assert.Equal(t, "public, max-age=3600", a.header.Get("Cache-Control"))
		assert.NotContains(t, a.header, "Pragma")
		assert.NotContains(t, a.header, "Set-Cookie")
	}
}

func TestDiscovery_HeadIsAnsweredAsGetWithoutTheBody(t *testing.T) {
	w := newWorld(t)
	for _, path := range documents {
		get, text := w.bare("GET", w.base+path, "")
		head, none := w.bare("HEAD", w.base+path, "")
		assert.Equal(t, 200, head.StatusCode)
		assert.Empty(t, none)
		assert.EqualValues(t, len(text), head.ContentLength)
		for _, name := range []string{"Content-Type", "Cache-Control", "X-Content-Type-Options"} {
			assert.Equal(t, get.Header.Get(name), head.Header.Get(name), name)
		}
	}
}

func TestDiscovery_TheKeysVerifyTheTokens(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	a := w.signIn(casey)
	w.verify(a.text("access_token"))
	w.verify(a.text("id_token"))
	set := w.published()
	require.Len(t, set.Keys, 1)
	assert.True(t, set.Keys[0].IsPublic())
	assert.Equal(t, "sig", set.Keys[0].Use)
	assert.Equal(t, "ES256", set.Keys[0].Algorithm)
}

func TestDiscovery_PagesOfOtherOriginsMayReadItWhereConfigured(t *testing.T) {
	w := newWorld(t, withOrigins)
	for _, path := range documents {
		resp, _ := w.bare("GET", w.base+path, "", "Origin", appOrigin)
		assert.Equal(t, appOrigin, resp.Header.Get("Access-Control-Allow-Origin"))
		assert.Contains(t, resp.Header.Values("Vary"), "Origin")
	}
}
