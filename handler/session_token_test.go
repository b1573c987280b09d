package handler_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/alexedwards/scs/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// newShop mounts an API beside a shop, whose cart is in the session of everybody, signed in or not.
func newShop(t *testing.T, change ...func(*handler.Config)) *world {
	t.Helper()
	var m *scs.SessionManager
	w := newPages(t, append(change, func(c *handler.Config) {
		var with func(*handler.Config)
		m, with = withSessions(c.State)
		with(c)
	})...)
	w.serve("/cart", m.LoadAndSave(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if add := r.FormValue("add"); add != "" {
			m.Put(r.Context(), "cart", m.GetString(r.Context(), "cart")+add)
		}
		fmt.Fprint(rw, m.GetString(r.Context(), "cart"))
	})))
	return w
}

func (b *browser) cart() string { b.Helper(); return b.get("/cart").text("text") }

// Fixation: whoever has put a token into somebody's browser has nothing of it.
func TestSession_TheTokenChangesAtEachSignIn(t *testing.T) {
	b := newShop(t).browse()
	b.signUp(casey)
	b.get("/cart?add=pear")
	before := b.cookie()
	require.NotEmpty(t, before)

	b.signIn(casey)
	first := b.cookie()
	assert.NotEqual(t, before, first)
	assert.Equal(t, "pear", b.cart(), "what was in the session is kept")
	b.signIn(casey)
	second := b.cookie()
	assert.NotEqual(t, first, second)
	assert.Equal(t, "pear", b.cart())
	b.isSignedIn(casey)

	for _, old := range []string{before, first} {
		thief := b.browse()
		thief.hold(old)
		thief.isNobody()
		assert.Empty(t, thief.cart())
	}
}

func TestSession_ATokenThatTheServerDidNotMakeIsNotTaken(t *testing.T) {
	b := newPages(t).browse()
	b.signUp(casey)
	b.hold("chosen-by-somebody-else-0123456789abcdefghi")
	b.signIn(casey)
	assert.NotContains(t, b.cookie(), "chosen")
}

func TestSession_OfSomebodyElseLeavesNothing(t *testing.T) {
	b := newShop(t).browse()
	b.signUp(casey)
	b.signUp("sam@contoso.com")
	b.signIn(casey)
	b.get("/cart?add=pear")
	caseys := b.cookie()
	b.signIn("sam@contoso.com")
	assert.Empty(t, b.cart())
	b.isSignedIn("sam@contoso.com")
	b.hold(caseys)
	b.isNobody()
}

func TestSession_TheTokenChangesAtASecondFactor(t *testing.T) {
	b := newPages(t).browse()
	b.person(casey, mailMethod)
	b.signIn(casey)
	once := b.cookie()
	token := b.first(strict, casey).wants("mfa_required")
	b.isSignedIn(casey)
	assert.Equal(t, once, b.cookie(), "half a sign-in changes nothing")
	token, code := b.nextCode(func() answer { return b.askedBy(strict, token, mailMethod.ID) })
	b.post("/oauth2/v2.0/token", "client_id", strict, "continuation_token", token, "grant_type", "mfa_oob", "oob", code).session()
	assert.NotEqual(t, once, b.cookie())
	b.hold(once)
	b.isNobody()
}

func TestSession_OverHTTPSTheCookieIsOfTheHostAlone(t *testing.T) {
	w := newPages(t, func(c *handler.Config) { c.Issuer = "https://localhost/contoso.onmicrosoft.com" })
	w.base = w.http.URL + "/contoso.onmicrosoft.com"
	w.signUp(casey)
	sent, code := w.signInSent(paged, casey)
	a := w.browse().redeemCode(paged, sent, code).session()
	c, err := http.ParseSetCookie(a.header.Get("Set-Cookie"))
	require.NoError(t, err)
	assert.Equal(t, "__Host-session", c.Name)
	assert.True(t, c.Secure)
	assert.True(t, c.HttpOnly)
	assert.Equal(t, http.SameSiteLaxMode, c.SameSite)
	assert.Equal(t, "/", c.Path)
	assert.Empty(t, c.Domain)
	assert.InDelta(t, 3600, c.MaxAge, 2)
	assert.Len(t, c.Value, 43, "256 bits")
}

// A host that has everything behind LoadAndSave already.
func TestSession_WorksBehindLoadAndSaveOfTheHost(t *testing.T) {
	var m *scs.SessionManager
	w := newPages(t, func(c *handler.Config) {
		var with func(*handler.Config)
		m, with = withSessions(c.State)
		with(c)
	})
	w.serve("/cart", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		m.Put(r.Context(), "cart", "pear")
		fmt.Fprint(rw, m.GetString(r.Context(), "cart"))
	}))
	w.serve("/out", w.auth.RequireSession()(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		assert.NoError(t, w.auth.SignOut(rw, r))
	})))
	whole := httptest.NewServer(m.LoadAndSave(w.http.Config.Handler))
	defer whole.Close()
	w.base, w.http.URL = whole.URL+w.base[len(w.http.URL):], whole.URL
	w.signUp(casey)

	b := w.browse()
	b.signIn(casey)
	b.isSignedIn(casey)
	b.logout().noBody()
	b.isNobody()

	b.get("/cart")
	before := b.cookie()
	sent, code := b.signInSent(paged, casey)
	for range 3 { // also what is refused is answered with a cookie there
		b.redeemCode(paged, sent, otherCode(code)).wrongCode()
		b.isNobody()
	}
	b.redeemCode(paged, sent, code)
	held := b.cookie()
	assert.NotEqual(t, before, held)
	assert.Equal(t, "pear", b.cart())
	b.isSignedIn(casey)
	b.redeemCode(paged, sent, code).badToken()
	b.isSignedIn(casey)

	assert.Equal(t, 200, b.get("/out").status)
	b.isNobody()
	for _, old := range []string{before, held} {
		b.hold(old)
		b.isNobody()
	}

	b.signIn(casey)
	b.update(casey, func(u *store.User) { u.Epoch++ })
	b.isNobody()
	b.hold(held)
	b.isNobody()
}

func (a answer) noBody() answer {
	a.t.Helper()
	require.Equal(a.t, 200, a.status, "%v", a.body)
	assert.Empty(a.t, a.body)
	return a
}
