package handler_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/nativeauth/nativeauth/handler"
)

// ropcConfig is how a program comes by tokens that knows x/oauth2 and this API's issuer.
func (w *world) ropcConfig(style oauth2.AuthStyle, secret string) (*oidc.Provider, oauth2.Config) {
	w.Helper()
	provider, err := oidc.NewProvider(w.Context(), w.base)
	require.NoError(w, err)
	endpoint := provider.Endpoint()
	endpoint.AuthStyle = style
	return provider, oauth2.Config{
		ClientID: server, ClientSecret: secret, Endpoint: endpoint, Scopes: []string{oidc.ScopeOpenID, "profile", "email", oidc.ScopeOfflineAccess},
	}
}

var styles = map[string]oauth2.AuthStyle{
	"in the header": oauth2.AuthStyleInHeader, "in the body": oauth2.AuthStyleInParams, "wherever it works": oauth2.AuthStyleAutoDetect,
}

func TestOAuth2_PasswordCredentialsAndWhatComesOfThem(t *testing.T) {
	for name, style := range styles {
		t.Run(name, func(t *testing.T) {
			w := listening(t, "/contoso.onmicrosoft.com", withROPC)
			w.enrol(casey, harbor)
			provider, config := w.ropcConfig(style, newSecret)
			first, err := config.PasswordCredentialsToken(t.Context(), casey, harbor)
			require.NoError(t, err)
			assert.True(t, first.Valid())
			verified, err := provider.Verifier(&oidc.Config{ClientID: server}).Verify(t.Context(), first.Extra("id_token").(string))
			require.NoError(t, err)

			expired := *first
			expired.Expiry = time.Unix(1, 0)
			source := config.TokenSource(t.Context(), &expired)
			second, err := source.Token()
			require.NoError(t, err)
			assert.NotEqual(t, first.AccessToken, second.AccessToken)
			assert.NotEqual(t, first.RefreshToken, second.RefreshToken)

			info, err := provider.UserInfo(t.Context(), source)
			require.NoError(t, err)
			assert.Equal(t, verified.Subject, info.Subject)
			assert.Equal(t, casey, info.Email)
		})
	}
}

func TestOAuth2_PasswordCredentialsThatAreRefused(t *testing.T) {
	for name, style := range styles {
		t.Run(name, func(t *testing.T) {
			w := listening(t, "", withROPC)
			w.enrol(casey, harbor)
			refusal := func(_ *oauth2.Token, err error) *oauth2.RetrieveError {
				var refused *oauth2.RetrieveError
				require.ErrorAs(t, err, &refused)
				return refused
			}
			_, config := w.ropcConfig(style, newSecret)
			refused := refusal(config.PasswordCredentialsToken(t.Context(), casey, "a wrong one"))
			assert.Equal(t, "invalid_grant", refused.ErrorCode)
			assert.Equal(t, http.StatusBadRequest, refused.Response.StatusCode)
			config.Scopes = []string{"Nothing.Read"}
			assert.Equal(t, "invalid_scope", refusal(config.PasswordCredentialsToken(t.Context(), casey, harbor)).ErrorCode)

			_, config = w.ropcConfig(style, oldSecret)
			refused = refusal(config.PasswordCredentialsToken(t.Context(), casey, harbor))
			assert.Equal(t, "invalid_client", refused.ErrorCode)
			assert.Equal(t, http.StatusUnauthorized, refused.Response.StatusCode)
		})
	}
}

// A program whose authority is a tenant's, as it was with Azure AD.
func TestOAuth2_PasswordCredentialsBeneathATenant(t *testing.T) {
	w := listening(t, "", withROPC)
	w.enrol(casey, harbor)
	config := oauth2.Config{ClientID: legacyApp, Scopes: []string{oidc.ScopeOpenID}, Endpoint: oauth2.Endpoint{
		TokenURL: w.base + "/organizations" + tokenPath, AuthStyle: oauth2.AuthStyleInParams,
	}}
	token, err := config.PasswordCredentialsToken(t.Context(), casey, harbor)
	require.NoError(t, err)
	assert.NotEmpty(t, token.Extra("id_token"))
	assert.Empty(t, token.RefreshToken)

	config.Endpoint.TokenURL = w.base + "/common" + tokenPath
	_, err = config.PasswordCredentialsToken(t.Context(), casey, harbor)
	assert.ErrorContains(t, err, "invalid_request")
}

// The document tells clients all that these tests know.
func TestDiscovery_TellsOfPasswordsAndConfidentialClients(t *testing.T) {
	d := newWorld(t, func(c *handler.Config) {
		c.Clients = []handler.Client{{ID: server, Secrets: []string{newSecret}, Passwords: true, GrantTypes: []string{handler.GrantPassword}}}
	}).method(http.MethodGet, documents[0]).body
	assert.Contains(t, d["grant_types_supported"], "password")
	assert.Contains(t, d["grant_types_supported"], "refresh_token")
	assert.Contains(t, d["token_endpoint_auth_methods_supported"], "client_secret_basic")
}
