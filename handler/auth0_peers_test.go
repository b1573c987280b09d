package handler_test

import (
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
)

// auth0Config is how a program calls that knows x/oauth2 and Auth0's paths.
func (w *world) auth0Config(client, secret string, style oauth2.AuthStyle) oauth2.Config {
	return oauth2.Config{
		ClientID: client, ClientSecret: secret, Scopes: []string{"openid", "profile", "email", "offline_access"},
		Endpoint: oauth2.Endpoint{TokenURL: w.base + auth0Token, AuthStyle: style},
	}
}

func TestAuth0_ACallerThatKnowsOAuth2AndOpenIDConnect(t *testing.T) {
	w := listening(t, "", withAuth0)
	w.enrol(casey, harbor)
	provider, err := oidc.NewProvider(t.Context(), w.base)
	require.NoError(t, err)
	for name, config := range map[string]oauth2.Config{
		"a public one":      w.auth0Config(passwordApp, "", oauth2.AuthStyleInParams),
		"in the header":     w.auth0Config(backOffice, newSecret, oauth2.AuthStyleInHeader),
		"in the body":       w.auth0Config(backOffice, newSecret, oauth2.AuthStyleInParams),
		"wherever it works": w.auth0Config(backOffice, newSecret, oauth2.AuthStyleAutoDetect),
	} {
		t.Run(name, func(t *testing.T) {
			first, err := config.PasswordCredentialsToken(t.Context(), casey, harbor)
			require.NoError(t, err)
			verified, err := provider.Verifier(&oidc.Config{ClientID: config.ClientID}).Verify(t.Context(), first.Extra("id_token").(string))
			require.NoError(t, err)
			expired := *first
			expired.Expiry = time.Unix(1, 0)
			source := config.TokenSource(t.Context(), &expired)
			info, err := provider.UserInfo(t.Context(), source)
			require.NoError(t, err)
			assert.Equal(t, verified.Subject, info.Subject)
			assert.Equal(t, casey, info.Email)
			second, err := source.Token()
			require.NoError(t, err)
			assert.NotEqual(t, first.RefreshToken, second.RefreshToken)

			_, err = config.PasswordCredentialsToken(t.Context(), casey, "a wrong one")
			var refused *oauth2.RetrieveError
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, "invalid_grant", refused.ErrorCode)
			assert.Equal(t, "Wrong email or password.", refused.ErrorDescription)
		})
	}
}
