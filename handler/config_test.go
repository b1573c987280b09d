package handler_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/attrs"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/token"
)

// complete is a config for the open internet with nothing missing.
func complete(t *testing.T) handler.Config {
	t.Helper()
	keys, err := token.Ephemeral()
	require.NoError(t, err)
	return handler.Config{
		Issuer: "https://id.contoso.com", Secret: secret("s"), Clients: []handler.Client{{ID: plain}},
		Users: memory.New(), State: memory.New(), Sender: newMailbox(), Keys: keys, Logger: slog.New(slog.DiscardHandler),
	}
}

func TestConfig_ACompleteOneIsValid(t *testing.T) {
	require.NoError(t, complete(t).Validate())
	_, err := handler.Mount(http.NewServeMux(), complete(t))
	require.NoError(t, err)
}

func TestConfig_EachMistakeIsNamed(t *testing.T) {
	for _, row := range []struct {
		change  func(c *handler.Config)
		problem string
	}{
		{func(c *handler.Config) { c.Issuer = "" }, "Issuer is missing: set the https URL under which the API is reached"},
		{func(c *handler.Config) { c.Issuer = "http://id.contoso.com" }, `Issuer "http://id.contoso.com" is not a plain https URL`},
		{func(c *handler.Config) { c.Issuer = "https://id.contoso.com?x=1" }, `Issuer "https://id.contoso.com?x=1" is not a plain https URL`},
		{func(c *handler.Config) { c.Issuer = "https://id.contoso.com#" }, `Issuer "https://id.contoso.com#" is not a plain https URL`},
		{func(c *handler.Config) { c.Issuer = "https://user@id.contoso.com" }, `Issuer "https://user@id.contoso.com" is not a plain https URL`},
		{func(c *handler.Config) { c.Issuer = "id.contoso.com" }, `Issuer "id.contoso.com" is not a plain https URL`},
		{func(c *handler.Config) { c.Issuer = "https://" }, `Issuer "https://" is not a plain https URL`},
		{func(c *handler.Config) { c.Issuer = "ftp://localhost" }, `Issuer "ftp://localhost" is not a plain https URL`},
		{func(c *handler.Config) { c.Issuer = "http://127.0.0.1.evil.example" }, `Issuer "http://127.0.0.1.evil.example" is not a plain https URL`},
		{func(c *handler.Config) { c.Issuer = "https://id.contoso.com/" }, `Issuer "https://id.contoso.com/" ends with a slash: leave it out`},
		{func(c *handler.Config) { c.Issuer = "https://id.contoso.com/{a}" }, `Issuer "https://id.contoso.com/{a}" has a path that is not of the form /a/b`},
		{func(c *handler.Config) { c.Prefix = "auth" }, `Prefix "auth" is not a path of the form /a/b`},
		{func(c *handler.Config) { c.Prefix = "/a//b" }, `Prefix "/a//b" is not a path of the form /a/b`},
		{func(c *handler.Config) { c.TenantID = "contoso" }, `TenantID "contoso" is not a GUID`},
		{func(c *handler.Config) { c.App = "Con\ntoso" }, `App "Con\ntoso" holds control characters`},
		{func(c *handler.Config) { c.Secret = nil }, "Secret is missing: set 32 random bytes, the same on all instances"},
		{func(c *handler.Config) { c.Secret = secret("s")[1:] }, "Secret has 31 bytes: set at least 32, random ones"},
		{func(c *handler.Config) { c.OldSecrets = [][]byte{secret("o"), nil} }, "OldSecrets[1] has 0 bytes: at least 32 are needed"},
		{func(c *handler.Config) { c.Users = nil }, "Users is missing"},
		{func(c *handler.Config) { c.State = nil }, "State is missing"},
		{func(c *handler.Config) { c.Sender = nil }, "Sender is missing"},
		{func(c *handler.Config) { c.Keys = nil }, "Keys is missing"},
		{func(c *handler.Config) { c.Clients = nil }, "Clients is empty: set the apps that may call"},
		{func(c *handler.Config) { c.Clients[0].ID = "" }, `Clients[0]: ID "" is not 1 to 128 of 0-9 A-Z a-z . _ ~ -`},
		{func(c *handler.Config) { c.Clients = append(c.Clients, c.Clients[0]) }, `Clients[1]: ID "` + plain + `" is there already`},
		{func(c *handler.Config) { c.Clients[0].Attributes = attrs.Schema{{Name: "roles"}} }, `Clients[0]: Attributes: attribute 1 ("roles"): Name is reserved, choose another`},
		{func(c *handler.Config) { c.Clients[0].Scopes = []string{"Orders.Read"} }, `Clients[0]: scope "Orders.Read" is in no resource`},
		{func(c *handler.Config) { c.Resources = []handler.Resource{{}} }, "Resources[0] has no Scopes"},
		{func(c *handler.Config) { c.Resources = []handler.Resource{{Scopes: []string{"a b"}}} }, `Resources[0]: scope "a b" has a form that RFC 6749 does not know`},
		{func(c *handler.Config) {
			c.Resources = []handler.Resource{{Scopes: []string{"A"}}, {Audience: "b", Scopes: []string{"a"}}}
		}, `Resources[1]: scope "a" is there already: each belongs to one resource`},
		{func(c *handler.Config) { c.Resources = []handler.Resource{{Scopes: []string{"OpenID"}}} }, `Resources[0]: scope "OpenID" is there already: each belongs to one resource`},
		{func(c *handler.Config) { c.Origins = []string{"*"} }, `Origins[0]: "*" holds a wildcard: list each origin`},
		{func(c *handler.Config) { c.Origins = []string{"https://*.contoso.com"} }, `Origins[0]: "https://*.contoso.com" holds a wildcard: list each origin`},
		{func(c *handler.Config) { c.Origins = []string{"https://app.contoso.com:"} }, `Origins[0]: "https://app.contoso.com:" is not an origin of the form https://host or https://host:port`},
		{func(c *handler.Config) { c.Origins = []string{"https://bücher.example"} }, `Origins[0]: "https://bücher.example" is not an origin of the form https://host or https://host:port`},
		{func(c *handler.Config) { c.Issuer = "https://id.contoso.com/a/../b" }, `Issuer "https://id.contoso.com/a/../b" has a path that is not of the form /a/b`},
		{func(c *handler.Config) { c.ResendInterval = -1 }, `ResendInterval is -1ns: no wait is for an issuer on loopback, or anybody could flood a mailbox`},
		{func(c *handler.Config) { c.Origins = []string{appOrigin, "null"} }, `Origins[1]: "null" is not an origin of the form https://host or https://host:port`},
		{func(c *handler.Config) { c.Origins = []string{appOrigin + "/"} }, `Origins[0]: "https://app.contoso.com/" is not an origin of the form https://host or https://host:port`},
		{func(c *handler.Config) { c.Origins = []string{"https://App.contoso.com"} }, `Origins[0]: "https://App.contoso.com" is not an origin of the form https://host or https://host:port`},
		{func(c *handler.Config) { c.Origins = []string{appOrigin + ":443"} }, `Origins[0]: "https://app.contoso.com:443" names the port that is meant without it: leave it out, as browsers do`},
		{func(c *handler.Config) { c.Origins = []string{"http://localhost:80"} }, `Origins[0]: "http://localhost:80" names the port that is meant without it: leave it out, as browsers do`},
		{func(c *handler.Config) { c.CodeLifetime = 10*time.Minute + 1 }, "CodeLifetime is 10m0.000000001s: set 1s to 10m0s, or 0 for the default"},
		{func(c *handler.Config) { c.CodeLifetime = -1 }, "CodeLifetime is -1ns: set 1s to 10m0s, or 0 for the default"},
		{func(c *handler.Config) { c.AccessTokenLifetime = time.Hour + time.Second }, "AccessTokenLifetime is 1h0m1s: set 1s to 1h0m0s, or 0 for the default"},
		{func(c *handler.Config) { c.IDTokenLifetime = time.Millisecond }, "IDTokenLifetime is 1ms: set 1s to 24h0m0s, or 0 for the default"},
		{func(c *handler.Config) { c.RefreshTokenIdle = -time.Hour }, "RefreshTokenIdle is -1h0m0s: set 1s to 9600h0m0s, or 0 for the default"},
		{func(c *handler.Config) { c.RefreshTokenLifetime = 401 * day }, "RefreshTokenLifetime is 9624h0m0s: set 1s to 9600h0m0s, or 0 for the default"},
		{func(c *handler.Config) { c.ResendInterval = time.Hour }, "ResendInterval is 1h0m0s: set at most 10m0s"},
		{func(c *handler.Config) { c.Limits.Off = true }, "Limits.Off is for load tests with an issuer on loopback"},
		{func(c *handler.Config) { c.Limits.StartsPerMinute = -1 }, "Limits.StartsPerMinute is -1: set 1 or more, or 0 for the default"},
		{func(c *handler.Config) { c.Limits.StartsPerHour = 100_001 }, "Limits.StartsPerHour is 100001: set at most 100000"},
		{func(c *handler.Config) { c.Limits.SignalsPerHour = 100_001 }, "Limits.SignalsPerHour is 100001: set at most 100000"},
		{func(c *handler.Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")} }, "TrustedProxies[0]: 0.0.0.0/0 trusts everybody to say where they come from: name the proxies alone"},
	} {
		t.Run(row.problem, func(t *testing.T) {
			c := complete(t)
			row.change(&c)
			assert.EqualError(t, c.Validate(), row.problem)
			_, err := handler.Mount(http.NewServeMux(), c)
			assert.ErrorContains(t, err, row.problem)
		})
	}
}

func TestConfig_EveryMistakeIsNamedAtOnce(t *testing.T) {
	err := handler.Config{
		Issuer: "http://id.example", TenantID: "x", Secret: []byte("short"),
		Clients: []handler.Client{{ID: "a b"}}, Origins: []string{"*"}, CodeLifetime: time.Hour,
	}.Validate()
	assert.Equal(t, []string{
		`Issuer "http://id.example" is not a plain https URL`,
		`TenantID "x" is not a GUID`,
		"Secret has 5 bytes: set at least 32, random ones",
		"Users is missing",
		"State is missing",
		"Sender is missing",
		"Keys is missing",
		`Clients[0]: ID "a b" is not 1 to 128 of 0-9 A-Z a-z . _ ~ -`,
		`Origins[0]: "*" holds a wildcard: list each origin`,
		"CodeLifetime is 1h0m0s: set 1s to 10m0s, or 0 for the default",
	}, strings.Split(err.Error(), "\n"))
}

func TestConfig_TheLimitsThemselvesAreValid(t *testing.T) {
	for _, change := range []func(c *handler.Config){
		func(c *handler.Config) { c.CodeLifetime = 10 * time.Minute },
		func(c *handler.Config) { c.CodeLifetime = time.Second },
		func(c *handler.Config) { c.AccessTokenLifetime = time.Hour },
		func(c *handler.Config) { c.ResendInterval = 10 * time.Minute },
		func(c *handler.Config) { c.Issuer, c.ResendInterval = "http://localhost", -1 },
		func(c *handler.Config) { c.Origins = []string{"http://localhost:3000", "https://app.contoso.com:8443"} },
		func(c *handler.Config) { c.Clients[0].ID = strings.Repeat("a", 128) },
		func(c *handler.Config) { c.Prefix = "/" },
		func(c *handler.Config) { c.Issuer = "https://id.contoso.com:8443/a/b" },
		func(c *handler.Config) { c.Issuer = "http://localhost" },
		func(c *handler.Config) { c.Issuer = "http://app.localhost:8080" },
		func(c *handler.Config) { c.Issuer = "http://[::1]:8080" },
	} {
		c := complete(t)
		change(&c)
		assert.NoError(t, c.Validate())
	}
}

func TestConfig_OnLoopbackTheRestIsMadeUp(t *testing.T) {
	for _, issuer := range []string{"http://localhost:8080", "http://127.0.0.1", "http://127.1.2.3/a", "http://[::1]", "https://localhost", "http://app.localhost"} {
		var log bytes.Buffer
		auth, err := handler.Mount(http.NewServeMux(), handler.Config{
			Issuer: issuer, Clients: []handler.Client{{ID: plain}}, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		require.NoError(t, err, issuer)
		for _, part := range []string{"Users in memory", "State in memory", "codes on standard error", "a throw-away Secret", "throw-away Keys"} {
			assert.Contains(t, log.String(), part, "somebody might take it for the real thing")
		}
		require.NoError(t, auth.Shutdown(t.Context()))
	}
}

func TestConfig_WhatIsMadeUpServes(t *testing.T) {
	w := newWorld(t, func(c *handler.Config) { c.Secret, c.Keys, c.State = nil, nil, nil })
	w.signUp(casey)
	w.signIn(casey)
}

func TestConfig_OfTheCallerStaysAsItWas(t *testing.T) {
	c := handler.Config{
		Issuer: "http://localhost", Clients: []handler.Client{{ID: plain}}, Resources: []handler.Resource{{Scopes: []string{"a"}}},
		Logger: slog.New(slog.DiscardHandler),
	}
	_, err := handler.Mount(http.NewServeMux(), c)
	require.NoError(t, err)
	assert.Nil(t, c.Users)
	assert.Nil(t, c.Secret)
	assert.Zero(t, c.CodeLifetime)
	assert.Empty(t, c.Resources[0].Audience)
}

func TestMount_LooksAtTheKeysAndRegistersNothingIfTheyAreBad(t *testing.T) {
	unknown := newRing(t, es256(t, "a"))
	unknown.opaque = vault{rs256(t, "b")}
	strange := es256(t, "a")
	strange.Algorithm = string(jose.ES384)
	for name, keys := range map[string]*ring{
		"keys that are out of order":             {keys: []jose.JSONWebKey{es256(t, "a")}, err: errors.New("sealed")},
		"a signing key that is not published":    unknown,
		"an algorithm that is not ours":          newRing(t, strange),
		"a key without an id":                    newRing(t, es256(t, "")),
		"two keys of one id":                     newRing(t, es256(t, "a"), es256(t, "a")),
		"a key of another algorithm than it has": newRing(t, jose.JSONWebKey{Key: es256(t, "a").Key, KeyID: "a", Algorithm: string(jose.RS256)}),
	} {
		c := complete(t)
		c.Keys = keys
		mux := &counter{}
		_, err := handler.Mount(mux, c)
		assert.ErrorContains(t, err, "handler: Keys: ", name)
		assert.Zero(t, mux.routes, name)
	}
}

type counter struct{ routes int }

func (c *counter) Handle(string, http.Handler) { c.routes++ }

func TestShutdown_SendsWhatWaitsAndTakesNoMore(t *testing.T) {
	w := newWorld(t)
	sent := w.signUpStart(plain, casey).ok()
	w.signUpChallenge(plain, sent).ok()
	require.NoError(t, w.auth.Shutdown(context.Background()))
	assert.Equal(t, 1, w.mail.count())
	start := w.signUpStart(plain, "sam@contoso.com").ok()
	a := w.signUpChallenge(plain, start).refused(503, "temporarily_unavailable", "", 90033)
	assert.NotEmpty(t, a.header.Get("Retry-After"))
}
