package handler_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

// OpenID Connect Core §5.3, RFC 6750.

var userInfos = []string{"/userinfo", "/oauth2/userinfo"}

// userInfo asks who the access token is about.
func (w *world) userInfo(access string) answer {
	w.Helper()
	r := request(w.T, w.base+userInfos[0], "")
	r.Method = http.MethodGet
	r.Header.Set("Authorization", "Bearer "+access)
	return w.send(r)
}

func (a answer) known() answer {
	a.t.Helper()
	require.Equal(a.t, 200, a.status, "%v", a.body)
	require.NotEmpty(a.t, a.body["sub"])
	assert.Equal(a.t, "no-store", a.header.Get("Cache-Control"))
	return a
}

// unauthorized is the answer of RFC 6750 §3 to a token that is not good.
func (a answer) unauthorized(code string) {
	a.t.Helper()
	a.plainly(401, code)
	challenge := a.header.Get("WWW-Authenticate")
	assert.Contains(a.t, challenge, `Bearer realm="nativeauth"`)
	if code == "unauthorized" { // nothing was there to be wrong
		assert.NotContains(a.t, challenge, "error")
	} else {
		assert.Contains(a.t, challenge, `error="`+code+`"`)
	}
}

func TestUserInfo_IsReadInEveryWayThatIsAllowed(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	a := w.signIn(casey)
	access := a.text("access_token")
	want := map[string]any{"sub": accessClaims(t, a)["sub"], "preferred_username": casey, "email": casey}
	for _, path := range userInfos {
		for _, row := range []struct {
			name, method, authorization, body string
			status                            int
			code                              string
		}{
			{"GET with the header", "GET", "Bearer " + access, "", 200, ""},
			{"the scheme in another case", "GET", "bearer  " + access, "", 200, ""},
			{"POST with the header", "POST", "Bearer " + access, "", 200, ""},
			{"POST with the header and other parameters", "POST", "Bearer " + access, "a=b", 200, ""},
			{"POST with the body", "POST", "", form("access_token", access), 200, ""},

			{"GET with nothing", "GET", "", "", 401, "unauthorized"},
			{"POST with nothing", "POST", "", "", 401, "unauthorized"},
			{"another scheme", "GET", basic(plain, access), "", 401, "unauthorized"},
			{"no token", "GET", "Bearer x", "", 401, "invalid_token"},
			{"no token in the body", "POST", "", "access_token=x", 401, "invalid_token"},
			{"another signature", "GET", "Bearer " + mutate(access), "", 401, "invalid_token"},
			{"an id token", "GET", "Bearer " + a.text("id_token"), "", 401, "invalid_token"},
			{"a refresh token", "GET", "Bearer " + a.text("refresh_token"), "", 401, "invalid_token"},
			{"a header that cannot be read", "GET", "Bearer a b", "", 400, "invalid_request"},
			{"header and body", "POST", "Bearer " + access, form("access_token", access), 400, "invalid_request"},
			{"twice in the body", "POST", "", form("access_token", access, "access_token", access), 400, "invalid_request"},
		} {
			t.Run(row.name+" at "+path, func(t *testing.T) {
				r := request(t, w.base+path, row.body)
				r.Method = row.method
				if row.authorization != "" {
					r.Header.Set("Authorization", row.authorization)
				}
				got := w.send(r)
				switch row.status {
				case 200:
					assert.Equal(t, want, got.known().body)
				case 401:
					got.unauthorized(row.code)
				default:
					got.plainly(row.status, row.code)
				}
			})
		}
	}
}

func TestUserInfo_TransportIsAsEverywhere(t *testing.T) {
	w := newWorld(t, withOrigins)
	w.signUp(casey)
	access := w.signIn(casey).text("access_token")
	for _, path := range userInfos {
		a := w.method("DELETE", path).plainly(405, "invalid_request")
		assert.Equal(t, "GET, HEAD, POST, OPTIONS", a.header.Get("Allow"))
		resp, _ := w.bare("POST", w.base+path, "{}", "Content-Type", "application/json", "Authorization", "Bearer "+access)
		assert.Equal(t, 415, resp.StatusCode)
		resp, _ = w.bare("GET", w.base+path+"?access_token="+access, "")
		assert.Equal(t, 401, resp.StatusCode, "the URL is not read")
		resp, text := w.bare("HEAD", w.base+path, "", "Authorization", "Bearer "+access)
		assert.Equal(t, 200, resp.StatusCode)
		assert.Empty(t, text)
		resp, _ = w.bare("GET", w.base+path, "", "Authorization", "Bearer "+access, "Origin", appOrigin)
		assert.Equal(t, appOrigin, resp.Header.Get("Access-Control-Allow-Origin"))
		resp, _ = w.bare("GET", w.base+path, "", "Origin", appOrigin)
		assert.Equal(t, 401, resp.StatusCode)
		assert.Equal(t, appOrigin, resp.Header.Get("Access-Control-Allow-Origin"), "errors are readable, too")
		h := w.preflight(path, appOrigin).Header
		assert.Equal(t, "GET, HEAD, POST, OPTIONS", h.Get("Access-Control-Allow-Methods"))
		assert.Contains(t, h.Get("Access-Control-Allow-Headers"), "Authorization")
	}
}

func TestUserInfo_SaysWhatTheScopesAllow(t *testing.T) {
	sam := store.User{ID: "7", Username: casey, Email: casey, Attributes: map[string]string{
		"displayName": "Casey Jensen", "givenName": "Casey", "surname": "Jensen", "city": "Bern",
	}}
	profile := map[string]any{"sub": "7", "preferred_username": casey, "name": "Casey Jensen", "given_name": "Casey", "family_name": "Jensen"}
	for _, row := range []struct {
		name, scope string
		strict      bool
		want        map[string]any
	}{
		{"openid alone", "openid", true, map[string]any{"sub": "7"}},
		{"the profile", "openid profile", true, profile},
		{"the address", "openid email", true, map[string]any{"sub": "7", "email": casey}},
		{"all of it, unless scopes are strict, as in the id token", "openid", false, merged(profile, map[string]any{"email": casey})},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t, func(c *handler.Config) { c.StrictScopes = row.strict })
			require.NoError(t, w.store.CreateUser(t.Context(), sam))
			a := w.signIn(casey, "scope", row.scope)
			assert.Equal(t, row.want, w.userInfo(a.text("access_token")).known().body)
			for name, value := range row.want {
				assert.Equal(t, value, idClaims(t, a)[name])
			}
		})
	}
}

func merged(a, b map[string]any) map[string]any {
	m := map[string]any{}
	for _, part := range []map[string]any{a, b} {
		for k, v := range part {
			m[k] = v
		}
	}
	return m
}

func TestUserInfo_NeedsOpenID(t *testing.T) {
	w := newWorld(t, func(c *handler.Config) { c.StrictScopes = true })
	w.signUp(casey)
	a := w.userInfo(w.signIn(casey, "scope", "Orders.Read profile").text("access_token")).plainly(403, "insufficient_scope")
	assert.Contains(t, a.header.Get("WWW-Authenticate"), `scope="openid"`)
}

// An API that was sent a token learns no more by it than the token says.
func TestUserInfo_TakesNoTokenForAnotherAPI(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	a := w.signIn(casey, "scope", "openid profile Stock.Read")
	assert.Equal(t, "api://stock", accessClaims(t, a)["aud"])
	w.userInfo(a.text("access_token")).unauthorized("invalid_token")
	w.userInfo(w.signIn(casey, "scope", "openid Orders.Read").text("access_token")).known()
}

func TestUserInfo_EndsWithTheToken(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	access := w.signIn(casey).text("access_token")
	w.clock.pass(16*time.Minute - time.Second) // with the leeway that RequireToken gives
	w.userInfo(access).known()
	w.clock.pass(time.Second)
	w.userInfo(access).unauthorized("invalid_token")
}

func TestUserInfo_HasTheClaimsOfTheHost(t *testing.T) {
	var asked token.ClaimsRequest
	extra, failure := token.ExtraClaims{}, error(nil)
	w := newWorld(t, func(c *handler.Config) {
		c.Claims = func(_ context.Context, r token.ClaimsRequest) (token.ExtraClaims, error) {
			asked = r
			return extra, failure
		}
	})
	w.signUp(casey)
	access := w.signIn(casey, "scope", "openid Orders.Read").text("access_token")
	extra = token.ExtraClaims{ID: map[string]any{"plan": "gold", "name": "Casey"}, Access: map[string]any{"internal": true}}
	got := w.userInfo(access).known().body
	assert.Equal(t, "gold", got["plan"])
	assert.Equal(t, "Casey", got["name"])
	assert.NotContains(t, got, "internal")
	assert.Equal(t, casey, asked.User.Username)
	assert.Equal(t, plain, asked.ClientID)
	assert.Equal(t, []string{"openid", "Orders.Read", "profile"}, asked.Scopes)

	extra.ID = map[string]any{"sub": "somebody else"}
	w.userInfo(access).plainly(500, "server_error")
	failure = errors.New("the plans are out of order")
	a := w.userInfo(access).plainly(503, "temporarily_unavailable")
	assert.NotEmpty(t, a.header.Get("Retry-After"))
	assert.Empty(t, a.header.Get("WWW-Authenticate"))
}

func TestGoOIDC_ReadsUserInfo(t *testing.T) {
	w := listening(t, "/contoso.onmicrosoft.com")
	w.signUp(casey)
	tokens := w.signIn(casey, "scope", "openid email")
	provider, err := oidc.NewProvider(t.Context(), w.base)
	require.NoError(t, err)
	source := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: tokens.text("access_token")})
	info, err := provider.UserInfo(t.Context(), source)
	require.NoError(t, err)
	assert.Equal(t, idClaims(t, tokens)["sub"], info.Subject)
	assert.Equal(t, casey, info.Email)

	w.revoke(plain, tokens.text("refresh_token")).empty()
	_, err = provider.UserInfo(t.Context(), source)
	assert.ErrorContains(t, err, "401")
}
