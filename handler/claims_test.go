package handler_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

// Section 7.2 and 7.3 of the contract, K1.

func clientInfo(t *testing.T, a answer) map[string]any {
	t.Helper()
	raw, err := base64.RawURLEncoding.Strict().DecodeString(a.text("client_info"))
	require.NoError(t, err)
	var m map[string]any
	require.NoError(t, json.Unmarshal(raw, &m))
	return m
}

func TestIDToken_HasEveryClaimOfTheContract(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	u, err := w.store.UserByUsername(t.Context(), casey)
	require.NoError(t, err)
	a := w.signIn(casey)
	now := float64(w.clock.now().Unix())
	tenant := clientInfo(t, a)["utid"]
	assert.Regexp(t, guidForm, tenant)
	assert.Equal(t, map[string]any{
		"iss": "http://127.0.0.1/contoso.onmicrosoft.com", "sub": u.ID, "aud": plain, "oid": u.ID, "tid": tenant, "ver": "2.0",
		"iat": now, "nbf": now, "exp": now + 3600, "auth_time": now, "amr": []any{"otp"},
		"acr": "1", "preferred_username": casey, "email": casey,
	}, idClaims(t, a))
	head := jwtPart(t, a.text("id_token"), 0)
	assert.Equal(t, "JWT", head["typ"])
	assert.Equal(t, "ES256", head["alg"])
	assert.NotEmpty(t, head["kid"])
}

func TestAccessToken_HasEveryClaimOfRFC9068(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	a := w.signIn(casey, "scope", "Orders.Read openid email offline_access Orders.Write")
	id := idClaims(t, a)
	now := float64(w.clock.now().Unix())
	claims := accessClaims(t, a)
	assert.Regexp(t, guidForm, claims["jti"])
	assert.Len(t, claims["sid"], 22)
	delete(claims, "jti")
	delete(claims, "sid")
	assert.Equal(t, map[string]any{
		"iss": "http://127.0.0.1/contoso.onmicrosoft.com", "sub": id["sub"], "aud": "http://127.0.0.1/contoso.onmicrosoft.com",
		"client_id": plain, "azp": plain, "scope": "Orders.Read openid email Orders.Write profile", "scp": "Orders.Read Orders.Write",
		"oid": id["oid"], "tid": id["tid"], "ver": "2.0", "amr": []any{"otp"}, "acr": "1",
		"iat": now, "nbf": now, "exp": now + 900, "auth_time": now,
	}, claims)
	head := jwtPart(t, a.text("access_token"), 0)
	assert.Equal(t, map[string]any{"typ": "at+jwt", "alg": "ES256", "kid": head["kid"]}, head)
	assert.NotEqual(t, accessClaims(t, w.signIn(casey))["jti"], accessClaims(t, w.signIn(casey))["jti"])
}

func TestIDToken_SaysWhatTheSignUpSaid(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.store.CreateUser(t.Context(), store.User{ID: "7", Username: casey, Email: casey, Attributes: map[string]string{
		"displayName": "Casey Jensen", "givenName": "Casey", "surname": "Jensen", "city": "Bern",
	}}))
	claims := idClaims(t, w.signIn(casey))
	assert.Equal(t, "Casey Jensen", claims["name"])
	assert.Equal(t, "Casey", claims["given_name"])
	assert.Equal(t, "Jensen", claims["family_name"])
	assert.NotContains(t, claims, "city")
}

func TestClientInfo_NamesTheAccountAsTheIDTokenDoes(t *testing.T) {
	const upper = "ABCDEF01-2345-4789-8BCD-EF0123456789"
	w := newWorld(t)
	for i, id := range []string{"7", "user:casey@contoso.com", upper, strings.ToLower(upper)[:35] + "0", "a.b", strings.Repeat("x", 200)} {
		name := fmt.Sprintf("user%d@contoso.com", i)
		require.NoError(t, w.store.CreateUser(t.Context(), store.User{ID: id, Username: name, Email: name}))
		a := w.signIn(name)
		info, claims := clientInfo(t, a), idClaims(t, a)
		assert.Len(t, info, 2)
		assert.Equal(t, claims["oid"], info["uid"])
		assert.Equal(t, claims["tid"], info["utid"])
		assert.Equal(t, id, claims["sub"])
		assert.Regexp(t, guidForm, info["uid"], "also where the host's id %q is no GUID", id)
		assert.Regexp(t, guidForm, info["utid"])
		assert.Equal(t, claims["oid"], accessClaims(t, a)["oid"])
		assert.Equal(t, claims["tid"], accessClaims(t, a)["tid"])

		again := w.refresh(plain, a.text("refresh_token")).tokens()
		assert.Equal(t, a.body["client_info"], again.body["client_info"])
		assert.Equal(t, a.body["client_info"], w.signIn(name).body["client_info"], "and at each sign-in")
	}
}

func TestTenant_IsTheHostsOrTheIssuers(t *testing.T) {
	const tenant = "6B1C7F2E-0F6D-4A3E-9C55-0A2F3D4E5F60"
	tid := func(change ...func(*handler.Config)) any {
		w := newWorld(t, change...)
		w.signUp(casey)
		return idClaims(t, w.signIn(casey))["tid"]
	}
	assert.Equal(t, strings.ToLower(tenant), tid(func(c *handler.Config) { c.TenantID = tenant }))
	assert.Equal(t, tid(), tid(), "the same after each start")
	assert.NotEqual(t, tid(), tid(func(c *handler.Config) { c.Issuer = "http://127.0.0.1/fabrikam" }))
}

// D15 of the contract.
func TestLifetimes_AreTheHosts(t *testing.T) {
	w := newWorld(t, func(c *handler.Config) {
		c.AccessTokenLifetime, c.IDTokenLifetime = time.Hour, 10*time.Minute
		c.RefreshTokenIdle, c.RefreshTokenLifetime = time.Hour, 90*time.Minute
	})
	w.signUp(casey)
	a := w.signIn(casey)
	assert.Equal(t, 3600.0, a.body["expires_in"])
	assert.Equal(t, 3600.0, a.body["refresh_token_expires_in"])
	now := float64(w.clock.now().Unix())
	assert.Equal(t, now+3600, accessClaims(t, a)["exp"])
	assert.Equal(t, now+600, idClaims(t, a)["exp"])
}

func TestClaims_TheHostsAreAdded(t *testing.T) {
	var asked []token.ClaimsRequest
	w := newWorld(t, func(c *handler.Config) {
		hook := c.Claims
		c.Claims = func(ctx context.Context, r token.ClaimsRequest) (token.ExtraClaims, error) {
			asked = append(asked, r)
			return hook(ctx, r)
		}
	})
	w.signUp(casey)
	w.claims = token.ExtraClaims{
		Access: map[string]any{"roles": []string{"admin"}, "plan": map[string]any{"seats": 3}},
		ID:     map[string]any{"name": "Casey the Cook", "locale": "de-CH", "email_verified": true},
	}
	a := w.signIn(casey, "scope", "Orders.Read")
	access, id := accessClaims(t, a), idClaims(t, a)
	assert.Equal(t, []any{"admin"}, access["roles"])
	assert.Equal(t, map[string]any{"seats": 3.0}, access["plan"])
	assert.NotContains(t, access, "locale")
	assert.Equal(t, "Casey the Cook", id["name"])
	assert.Equal(t, "de-CH", id["locale"])
	assert.NotContains(t, id, "roles")
	require.Len(t, asked, 1)
	assert.Equal(t, casey, asked[0].User.Username)
	assert.Equal(t, plain, asked[0].ClientID)
	assert.Equal(t, []string{"Orders.Read", "openid", "profile"}, asked[0].Scopes)

	w.claims.Access = map[string]any{"roles": []string{"guest"}}
	again := w.refresh(plain, a.text("refresh_token")).tokens()
	assert.Equal(t, []any{"guest"}, accessClaims(t, again)["roles"], "asked at each refresh")
}

func TestClaims_OfTheProtocolCannotBeSet(t *testing.T) {
	w := newWorld(t)
	done := w.signUp(casey)
	for _, name := range []string{
		"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "client_id", "scope", "scp", "azp", "oid", "tid", "ver", "sid", "auth_time", "amr", "acr", "nonce", "cnf",
	} {
		for _, extra := range []token.ExtraClaims{{Access: map[string]any{name: "x"}}, {ID: map[string]any{name: "x"}}} {
			w.claims = extra
			w.redeemToken(plain, done).refused(500, "server_error", "", 50000)
		}
	}
	w.claims = token.ExtraClaims{Access: map[string]any{"f": func() {}}} // nothing JSON knows
	w.redeemToken(plain, done).refused(503, "temporarily_unavailable", "", 90033)
	w.claims = token.ExtraClaims{}
	w.redeemToken(plain, done).tokens() // none of it cost the flow
}

func TestClaims_AnErrorOfTheHostRefusesTheTokens(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	first := w.signIn(casey).text("refresh_token")
	sent, code := w.signInSent(plain, casey)
	w.claimsErr = errors.New("the host is not well")
	w.redeemCode(plain, sent, code).refused(503, "temporarily_unavailable", "", 90033)
	w.refresh(plain, first).refused(503, "temporarily_unavailable", "", 90033)
	w.claimsErr = nil
	w.redeemCode(plain, sent, code).tokens()
	w.refresh(plain, first).tokens()
}

func TestClaims_AHookThatPanicsEndsInAnAnswer(t *testing.T) {
	panics := true
	w := newWorld(t, func(c *handler.Config) {
		c.Claims = func(context.Context, token.ClaimsRequest) (token.ExtraClaims, error) {
			if panics {
				panic("canary")
			}
			return token.ExtraClaims{}, nil
		}
	})
	done := w.signUp(casey)
	a := w.redeemToken(plain, done).refused(500, "server_error", "", 50000)
	assert.NotContains(t, fmt.Sprint(a.body), "canary")
	panics = false
	w.redeemToken(plain, done).tokens()
}

func TestClaims_AreThoseThatDiscoveryLists(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	listed := w.method("GET", documents[0]).body["claims_supported"].([]any)
	for _, name := range slices.Collect(maps.Keys(idClaims(t, w.signIn(casey)))) {
		assert.Contains(t, listed, name)
	}
}
