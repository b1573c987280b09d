package handler_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
)

// RFC 6750, K2.

// protected calls a route of a host's own behind a middleware. It answers the caller.
func (w *world) protected(middleware func(http.Handler) http.Handler, authorization ...string) (*http.Response, string) {
	w.Helper()
	server := httptest.NewServer(middleware(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		caller, ok := handler.CallerFrom(r.Context())
		assert.True(w, ok)
		assert.NoError(w, json.NewEncoder(rw).Encode(caller))
	})))
	defer server.Close()
	r, err := http.NewRequestWithContext(w.Context(), "GET", server.URL, nil)
	require.NoError(w, err)
	r.Header["Authorization"] = authorization
	resp, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(w, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(w, err)
	return resp, string(text)
}

func TestRequireToken_TellsWhoCalls(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	w.claims.Access = map[string]any{"plan": "gold"}
	a := w.signIn(casey, "scope", "Orders.Read openid")
	for _, scheme := range []string{"Bearer ", "bearer ", "BEARER   "} {
		for _, scopes := range [][]string{nil, {"openid"}, {"Orders.Read"}, {"Orders.Read", "openid", "profile"}} {
			resp, text := w.protected(w.auth.RequireToken(scopes...), scheme+a.text("access_token"))
			require.Equal(t, 200, resp.StatusCode, text)
			var caller handler.Caller
			require.NoError(t, json.Unmarshal([]byte(text), &caller))
			assert.Equal(t, accessClaims(t, a)["sub"], caller.UserID)
			assert.Equal(t, plain, caller.ClientID)
			assert.Equal(t, []string{"Orders.Read", "openid", "profile"}, caller.Scopes)
			assert.Equal(t, "gold", caller.Claims["plan"])
			assert.Equal(t, accessClaims(t, a), caller.Claims)
		}
	}
}

func TestRequireToken_TheUserIDIsTheHosts(t *testing.T) {
	w := newWorld(t)
	u := casey
	w.signUp(u)
	row, err := w.store.UserByUsername(t.Context(), u)
	require.NoError(t, err)
	_, text := w.protected(w.auth.RequireToken(), "Bearer "+w.signIn(u).text("access_token"))
	assert.Contains(t, text, row.ID)
}

func TestCallerFrom_IsNobodyOutsideTheMiddleware(t *testing.T) {
	_, ok := handler.CallerFrom(t.Context())
	assert.False(t, ok)
}

func TestRequireToken_Refusals(t *testing.T) {
	w := newWorld(t)
	done := w.signUp(casey)
	a := w.signIn(casey, "scope", "Orders.Read")
	good := a.text("access_token")
	stock := w.signIn(casey, "scope", "Stock.Read").text("access_token")
	strange := newWorld(t)
	strange.signUp(casey)
	parts := strings.Split(good, ".")
	for _, row := range []struct {
		name          string
		authorization []string
		scopes        []string
		status        int
		challenge     string
	}{
		{"no header is unauthorized", nil, nil, 401, `Bearer realm="nativeauth"`},
		{"another scheme is unauthorized", []string{"Basic Zm9vOmJhcg=="}, nil, 401, `Bearer realm="nativeauth"`},
		{"a token without its scheme is unauthorized", []string{good}, nil, 401, `Bearer realm="nativeauth"`},
		{"an empty header is unauthorized", []string{""}, nil, 401, `Bearer realm="nativeauth"`},
		{"a scheme without its token is malformed", []string{"Bearer"}, nil, 400, `error="invalid_request"`},
		{"a scheme and blanks are malformed", []string{"Bearer  "}, nil, 400, `error="invalid_request"`},
		{"two tokens are malformed", []string{"Bearer " + good + " " + good}, nil, 400, `error="invalid_request"`},
		{"two tokens and a comma are malformed", []string{"Bearer " + good + "," + good}, nil, 400, `error="invalid_request"`},
		{"two headers are malformed", []string{"Bearer " + good, "Bearer " + good}, nil, 400, `error="invalid_request"`},
		{"a word is no token", []string{"Bearer token"}, nil, 401, `error="invalid_token"`},
		{"an id token is no access token", []string{"Bearer " + a.text("id_token")}, nil, 401, `error="invalid_token"`},
		{"a refresh token is no access token", []string{"Bearer " + a.text("refresh_token")}, nil, 401, `error="invalid_token"`},
		{"a continuation token is no access token", []string{"Bearer " + done}, nil, 401, `error="invalid_token"`},
		{"another server's token is refused", []string{"Bearer " + strange.signIn(casey).text("access_token")}, nil, 401, `error="invalid_token"`},
		{"a token without its signature is refused", []string{"Bearer " + parts[0] + "." + parts[1] + "."}, nil, 401, `error="invalid_token"`},
		{"a token with other claims is refused", []string{"Bearer " + parts[0] + "." + parts[1][:20] + "A" + parts[1][21:] + "." + parts[2]}, nil, 401, `error="invalid_token"`},
		{"a token for another API is refused", []string{"Bearer " + stock}, nil, 401, `error="invalid_token"`},
		{"and the other way round", []string{"Bearer " + good}, []string{"Stock.Read"}, 401, `error="invalid_token"`},
		{"a token without the scope is not enough", []string{"Bearer " + good}, []string{"Orders.Write"}, 403, `error="insufficient_scope"`},
		{"a token with one scope of two is not enough", []string{"Bearer " + good}, []string{"Orders.Read", "email"}, 403, `scope="Orders.Read email"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := *w
			w.T = t
			resp, text := w.protected(w.auth.RequireToken(row.scopes...), row.authorization...)
			assert.Equal(t, row.status, resp.StatusCode, text)
			challenge := resp.Header.Get("WWW-Authenticate")
			assert.True(t, strings.HasPrefix(challenge, `Bearer realm="nativeauth"`), challenge)
			assert.Contains(t, challenge, row.challenge)
			if !strings.Contains(row.challenge, "error") && row.status == 401 {
				assert.NotContains(t, challenge, "error", "nothing was sent that could be wrong (RFC 6750 §3)")
			}
			assert.Equal(t, "application/json; charset=utf-8", resp.Header.Get("Content-Type"))
			assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
			assert.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"))
			var body map[string]any
			require.NoError(t, json.Unmarshal([]byte(text), &body))
			assert.NotEmpty(t, body["error"])
			assert.NotEmpty(t, body["error_description"])
		})
	}
}

func TestRequireToken_OfAnotherAPIAsksForItsAudience(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	stock := w.signIn(casey, "scope", "Stock.Read").text("access_token")
	resp, _ := w.protected(w.auth.RequireToken("Stock.Read", "openid"), "Bearer "+stock)
	assert.Equal(t, 200, resp.StatusCode)
}

func TestRequireToken_ATokenEndsAMinuteAfterItsTime(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	access := "Bearer " + w.signIn(casey).text("access_token")
	for _, row := range []struct {
		pass   time.Duration
		status int
	}{
		{15*time.Minute - time.Second, 200},
		{time.Minute, 200}, // clocks may differ by that much
		{time.Second, 401},
	} {
		w.clock.pass(row.pass)
		resp, _ := w.protected(w.auth.RequireToken(), access)
		assert.Equal(t, row.status, resp.StatusCode)
	}
	w.clock.pass(-17*time.Minute - time.Second) // a token of the future
	resp, _ := w.protected(w.auth.RequireToken(), access)
	assert.Equal(t, 401, resp.StatusCode)
	w.clock.pass(time.Second)
	resp, _ = w.protected(w.auth.RequireToken(), access)
	assert.Equal(t, 200, resp.StatusCode)
}

func TestRequireToken_PanicsAtWhatNoTokenCouldHave(t *testing.T) {
	w := newWorld(t)
	for _, scopes := range [][]string{{"Nothing.Read"}, {"Orders.Read", "Stock.Read"}, {"offline_access"}, {""}} {
		assert.Panics(t, func() { w.auth.RequireToken(scopes...) }, "%v", scopes)
	}
}

func TestRequireToken_KeysThatAreOutOfOrderAreTheServersMatter(t *testing.T) {
	keys := newRing(t, es256(t, "a"))
	w := newWorld(t, func(c *handler.Config) { c.Keys = keys })
	w.signUp(casey)
	access := w.signIn(casey).text("access_token")
	sent, code := w.signInSent(plain, casey)
	keys.set(func() { keys.err = errors.New("the vault is sealed at 10.0.0.7") })

	resp, text := w.protected(w.auth.RequireToken(), "Bearer "+access)
	assert.Equal(t, 503, resp.StatusCode)
	assert.NotEmpty(t, resp.Header.Get("Retry-After"))
	assert.Empty(t, resp.Header.Get("WWW-Authenticate"))
	assert.NotContains(t, text, "vault")
	resp, _ = w.protected(w.auth.RequireToken(), "Bearer token")
	assert.Equal(t, 401, resp.StatusCode, "what needs no keys is told without them")
	w.redeemCode(plain, sent, code).refused(503, "temporarily_unavailable", "", 90033)
	for _, path := range documents {
		w.method("GET", path).refused(503, "temporarily_unavailable", "", 90033)
	}

	keys.set(func() { keys.err = nil })
	resp, _ = w.protected(w.auth.RequireToken(), "Bearer "+access)
	assert.Equal(t, 200, resp.StatusCode)
	w.redeemCode(plain, sent, code).tokens()
}
