package handler_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// RP-Initiated Logout 1.0, R6.

func TestLogout_EndsTheSession(t *testing.T) {
	b := newPages(t).browse()
	b.signUp(casey)
	b.signIn(casey)
	held := b.cookie()
	a := b.logout().noBody()
	assert.Contains(t, a.header.Get("Set-Cookie"), "Max-Age=0")
	assert.Equal(t, []string{"no-store"}, a.header.Values("Cache-Control"))
	assert.Empty(t, b.cookie())
	b.isNobody()
	b.hold(held)
	b.isNobody()
	b.signIn(casey)
	assert.NotEqual(t, held, b.cookie())
	b.isSignedIn(casey)
}

func TestLogout_OfNobodyIsDone(t *testing.T) {
	b := newPages(t).browse()
	b.logout().noBody()
	b.hold("unknown")
	b.logout().noBody()
	assert.Empty(t, b.cookie())
}

func TestLogout_LeavesOtherSessionsAndTokensAlone(t *testing.T) {
	b := newPages(t).browse()
	b.signUp(casey)
	refresh := b.world.signIn(casey).text("refresh_token")
	b.signIn(casey)
	other := b.world.browse()
	other.signIn(casey)
	b.logout().noBody()
	b.isNobody()
	other.isSignedIn(casey)
	b.refresh(plain, refresh).tokens()
}

func TestLogout_LeadsToARegisteredPageOnly(t *testing.T) {
	b := newPages(t).browse()
	b.signUp(casey)
	for _, uri := range []string{afterIt, "http://localhost:3000/"} {
		b.signIn(casey)
		a := b.logout("client_id", paged, "post_logout_redirect_uri", uri)
		assert.Equal(t, 303, a.status)
		assert.Equal(t, uri, a.header.Get("Location"))
		b.isNobody()
	}
	a := b.logout("client_id", paged, "post_logout_redirect_uri", afterIt, "state", "a b&c=1")
	assert.Equal(t, 303, a.status)
	assert.Equal(t, "https://app.contoso.com/goodbye?from=app&state=a+b%26c%3D1", a.header.Get("Location"))

	b.signIn(casey)
	for _, uri := range []string{
		"https://evil.example/", "https://app.contoso.com/goodbye", afterIt + "&x=1", afterIt + "#", strings.ToUpper(afterIt), afterIt + "/",
		"https://app.contoso.com/goodbye?from=app%00", "http://app.contoso.com/goodbye?from=app", "https://app.contoso.com@evil.example/goodbye?from=app",
		"https://app.contoso.com//goodbye?from=app", "/goodbye", "//evil.example", "javascript:alert(1)", "http://localhost:3000", "http://localhost:3001/",
		"http://localhost:3000/\r\nSet-Cookie: a=b", "https://app.contoso.com/%67oodbye?from=app",
	} {
		a := b.logout("client_id", paged, "post_logout_redirect_uri", uri).noCookie()
		a.refused(400, "invalid_request", "", 90023)
		assert.Empty(t, a.header.Get("Location"), uri)
	}
	b.logout("client_id", strict, "post_logout_redirect_uri", afterIt).noCookie().refused(400, "invalid_request", "", 90023)
	b.logout("client_id", "nobody", "post_logout_redirect_uri", afterIt).noCookie().refused(400, "unauthorized_client", "", 700016)
	b.logout("post_logout_redirect_uri", afterIt).noCookie().refused(400, "invalid_request", "", 90100)
	b.logout("state", "1", "state", "2").noCookie().refused(400, "invalid_request", "", 90023)
	b.isSignedIn(casey)
}

func TestLogout_IsAPostOfAForm(t *testing.T) {
	b := newPages(t).browse()
	b.signUp(casey)
	b.signIn(casey)
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		a := b.do(method, b.base+"/oauth2/logout", "")
		assert.Equal(t, 405, a.noCookie().status)
		assert.Equal(t, "POST, OPTIONS", a.header.Get("Allow"))
	}
	r := request(t, b.base+"/oauth2/logout", "{}")
	r.Header.Set("Content-Type", "application/json")
	assert.Equal(t, 415, b.send(r).status)
	b.isSignedIn(casey)
}

func TestLogout_IsThereOnlyWithCookies(t *testing.T) {
	newWorld(t).post("/oauth2/logout").refused(404, "invalid_request", "", 90023)
	assert.NotContains(t, newWorld(t).method("GET", "/.well-known/openid-configuration").body, "end_session_endpoint")
	w := newPages(t)
	a := w.method("GET", "/.well-known/openid-configuration")
	assert.Equal(t, "http://127.0.0.1/contoso.onmicrosoft.com/oauth2/logout", a.body["end_session_endpoint"])
	assert.Contains(t, a.body["grant_types_supported"], "refresh_token")
}

// A page of the host that signs out.
func TestSignOut_EndsTheSessionOfTheRequest(t *testing.T) {
	w := newPages(t)
	out := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		assert.NoError(t, w.auth.SignOut(rw, r))
		http.Redirect(rw, r, "/", http.StatusSeeOther)
	})
	w.serve("/out", w.auth.RequireSession()(out))
	w.serve("/bare", out)
	w.signUp(casey)
	for _, path := range []string{"/out", "/bare"} {
		b := w.browse()
		b.signIn(casey)
		held := b.cookie()
		a := b.do("POST", w.http.URL+path, "")
		require.Equal(t, 303, a.status, path)
		assert.Len(t, a.header.Values("Set-Cookie"), 1, path)
		assert.Empty(t, b.cookie(), path)
		b.hold(held)
		b.isNobody()
	}
	w.browse().do("POST", w.http.URL+"/bare", "")
}
