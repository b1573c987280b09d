package handler_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/nativeauth/nativeauth/handler"
)

// listening mounts an API whose issuer is where it really listens, so that peers find it.
func listening(t *testing.T, path string, change ...func(*handler.Config)) (api *world) {
	t.Helper()
	var mux http.ServeMux
	server := httptest.NewServer(&mux)
	t.Cleanup(server.Close)
	api = newWorld(t, append(change, func(c *handler.Config) {
		c.Issuer = server.URL + path
		c.Now = nil // peers have their own clock
	})...)
	mux.Handle("/", api.auth)
	api.base = server.URL + path
	return api
}

func TestGoOIDC_VerifiesTheIDTokenThroughDiscoveryAndKeys(t *testing.T) {
	for _, path := range []string{"", "/contoso.onmicrosoft.com", "/a/b"} {
		t.Run("beneath "+path+"/", func(t *testing.T) {
			w := listening(t, path)
			w.signUp(casey)
			tokens := w.signIn(casey)

			provider, err := oidc.NewProvider(t.Context(), w.base)
			require.NoError(t, err)
			verified, err := provider.Verifier(&oidc.Config{ClientID: plain}).Verify(t.Context(), tokens.text("id_token"))
			require.NoError(t, err)
			var claims struct {
				Name string `json:"preferred_username"`
				OID  string `json:"oid"`
			}
			require.NoError(t, verified.Claims(&claims))
			assert.Equal(t, casey, claims.Name)
			assert.Equal(t, verified.Subject, claims.OID)

			_, err = provider.Verifier(&oidc.Config{ClientID: asking}).Verify(t.Context(), tokens.text("id_token"))
			assert.Error(t, err, "for another client")
			_, err = provider.Verifier(&oidc.Config{ClientID: plain}).Verify(t.Context(), mutate(tokens.text("id_token")))
			assert.Error(t, err, "with another signature")
		})
	}
}

func TestOAuth2_RefreshesThroughTheDiscoveredEndpoint(t *testing.T) {
	w := listening(t, "/contoso.onmicrosoft.com")
	w.signUp(casey)
	first := w.signIn(casey)
	provider, err := oidc.NewProvider(t.Context(), w.base)
	require.NoError(t, err)
	config := oauth2.Config{ClientID: plain, Endpoint: provider.Endpoint()}

	second, err := config.TokenSource(context.Background(), &oauth2.Token{RefreshToken: first.text("refresh_token")}).Token()
	require.NoError(t, err)
	assert.Equal(t, "Bearer", second.TokenType)
	assert.NotEqual(t, first.text("refresh_token"), second.RefreshToken)
	assert.NotEmpty(t, second.Extra("id_token"))

	_, err = config.TokenSource(context.Background(), &oauth2.Token{RefreshToken: mutate(second.RefreshToken)}).Token()
	var refused *oauth2.RetrieveError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, "invalid_grant", refused.ErrorCode)
}

func TestDiscovery_IsTheSameBeneathV2(t *testing.T) {
	w := listening(t, "/contoso.onmicrosoft.com")
	one := w.method(http.MethodGet, "/.well-known/openid-configuration")
	two := w.method(http.MethodGet, "/v2.0/.well-known/openid-configuration")
	assert.Equal(t, one.body, two.body)
	for _, member := range []string{"token_endpoint", "jwks_uri"} {
		u, err := url.Parse(one.text(member))
		require.NoError(t, err)
		assert.Contains(t, u.String(), w.base+"/")
	}
}

// mutate changes one character in the middle of the last part of a token.
func mutate(token string) string {
	b := []byte(token)
	i := len(b) - 20
	if b[i]++; b[i] == 'z'+1 || b[i] == 'Z'+1 || b[i] == '9'+1 || b[i] == '_'+1 || b[i] == '-'+1 {
		b[i] = 'A'
	}
	return string(b)
}
