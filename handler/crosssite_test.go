package handler_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/internal/figures"
)

// T22, W1, W2 and W3 of the security requirements in figures: each case is judged, and the wrong verdicts are counted.
// What each is about is tested beside it, in cors_test.go and session_*_test.go.

// verdicts are the cases of one subject.
type verdicts struct {
	*testing.T
	subject    string
	all, wrong int
}

// judge counts a case.
func (v *verdicts) judge(right bool, what ...any) {
	v.Helper()
	v.all++
	if !assert.True(v, right, what...) {
		v.wrong++
	}
}

// report reports them. There are so many at least.
func (v *verdicts) report(least int) {
	v.Helper()
	figures.Report(v, "T22 "+v.subject+", cases", v.all, "cases", figures.AtLeast(least))
	figure(v, "T22 "+v.subject+", wrong verdicts", v.wrong, "verdicts", 0)
}

func TestT22_OnlyPagesOfConfiguredOriginsReadAnswers(t *testing.T) {
	v := &verdicts{T: t, subject: "CORS"}
	w, off := newWorld(t, withOrigins), newWorld(t)
	body := form("client_id", plain, "username", casey, "challenge_type", native)
	ask := func(w *world, method, origin string) http.Header {
		pairs := []string{"Access-Control-Request-Method", "POST"}
		if origin != "" {
			pairs = append(pairs, "Origin", origin)
		}
		resp, _ := w.bare(method, w.base+endpoints[0], body, pairs...)
		return resp.Header
	}
	silent := func(h http.Header) bool {
		for name := range h {
			if strings.HasPrefix(name, "Access-Control-") {
				return false
			}
		}
		return true
	}
	for _, method := range []string{"OPTIONS", "POST"} {
		for _, origin := range []string{appOrigin, "http://localhost:3000"} {
			h := ask(w, method, origin)
			v.judge(h.Get("Access-Control-Allow-Origin") == origin && h.Get("Access-Control-Allow-Credentials") == "" && h.Get("Vary") == "Origin", "%s from %s: %v", method, origin, h)
			v.judge(silent(ask(off, method, origin)), "%s from %s where no origins are configured", method, origin)
		}
		for _, origin := range append(strangers, "") {
			h := ask(w, method, origin)
			v.judge(silent(h) && h.Get("Vary") == "Origin", "%s from %q: %v", method, origin, h)
		}
	}
	v.report(40)
}

func TestT22_NoPageOfAnotherOriginUsesASession(t *testing.T) {
	v := &verdicts{T: t, subject: "cross-site requests"}
	w := newPages(t, withDevicePages, func(c *handler.Config) { c.Origins = []string{appOrigin} })
	changed := 0
	w.serve("/change", w.auth.RequireSession()(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { changed++ })))
	w.signUp(casey)
	victim := w.browse()
	victim.signIn(casey)
	held := victim.cookie()
	for _, page := range elsewhere {
		b := victim.from(page)
		sent, code := w.signInSent(paged, casey)
		for what, a := range map[string]answer{
			"a sign-in":           b.redeemCode(paged, sent, code),
			"a sign-out":          b.logout(),
			"an approval":         b.post("/device", "user_code", w.device(television).user, "action", "approve"),
			"a change of the app": b.do("POST", w.http.URL+"/change", ""),
		} {
			v.judge(a.status == http.StatusForbidden && len(a.header.Values("Set-Cookie")) == 0, "%s from %v: %d %v", what, page, a.status, a.body)
		}
		v.judge(victim.cookie() == held && victim.get("/me").status == http.StatusOK, "the session after %v", page)
	}
	v.judge(changed == 0, "changes")
	for _, page := range []map[string]string{{"Sec-Fetch-Site": "same-origin", "Origin": "http://HOST"}, {"Sec-Fetch-Site": "none"}, {"Origin": "http://HOST"}, {}} {
		v.judge(victim.from(page).do("POST", w.http.URL+"/change", "").status == http.StatusOK, "the own page: %v", page)
	}
	v.report(150)
}

// withDevicePages adds a device whose code is approved on the page.
func withDevicePages(c *handler.Config) {
	c.Clients = append(c.Clients, handler.Client{ID: television, GrantTypes: []string{handler.GrantDeviceCode}})
}

func TestT22_ACookieIsItsOwnersAlone(t *testing.T) {
	v := &verdicts{T: t, subject: "cookies and fixation"}
	w := newPages(t, func(c *handler.Config) { c.Issuer = "https://localhost/contoso.onmicrosoft.com" })
	w.base = w.http.URL + "/contoso.onmicrosoft.com"
	w.signUp(casey)
	sent, code := w.signInSent(paged, casey)
	c, err := http.ParseSetCookie(w.browse().redeemCode(paged, sent, code).session().header.Get("Set-Cookie"))
	require.NoError(t, err)
	for what, right := range map[string]bool{
		"is of the host": c.Name == "__Host-session", "goes over TLS": c.Secure, "is out of reach for scripts": c.HttpOnly,
		"is not sent by other sites": c.SameSite == http.SameSiteLaxMode, "is for all paths": c.Path == "/", "is of no domain": c.Domain == "",
		"has 256 bits": len(c.Value) == 43, "ends": c.MaxAge > 0 && c.MaxAge <= 3600,
	} {
		v.judge(right, "the cookie %s: %v", what, c)
	}
	judgeFixation(t, v)
	v.report(30)
}

// judgeFixation judges what becomes of a token that somebody else knows, by each way to another.
func judgeFixation(t *testing.T, v *verdicts) {
	var kept watched
	w := newShop(t, kept.config)
	w.person(casey, mailMethod)
	ways := map[string]func(b *browser){
		"a sign-in by a code": func(b *browser) { b.signIn(casey) },
		"a sign-in by a password": func(b *browser) {
			b.post(inToken, "client_id", paged, "continuation_token", b.askedPassword(paged, casey), "grant_type", "password", "password", harbor).session()
		},
		"a password in one call": func(b *browser) {
			b.post(inToken, "client_id", paged, "grant_type", "password", "username", casey, "password", harbor).session()
		},
		"a second factor": func(b *browser) {
			asked := b.first(strict, casey).wants("mfa_required")
			token, code := b.nextCode(func() answer { return b.askedBy(strict, asked, mailMethod.ID) })
			b.post(inToken, "client_id", strict, "continuation_token", token, "grant_type", "mfa_oob", "oob", code).session()
		},
	}
	for what, signIn := range ways {
		b := w.browse()
		b.get("/cart?add=pear")
		nobodys := b.cookie()
		signIn(b)
		first := b.cookie()
		signIn(b)
		second := b.cookie()
		v.judge(nobodys != first && first != second, "%s keeps a token", what)
		for _, old := range []string{nobodys, first} {
			thief := w.browse()
			thief.hold(old)
			v.judge(thief.get("/me").status == http.StatusUnauthorized && thief.cart() == "", "%s leaves a token alive", what)
		}
		b.logout()
		v.judge(b.cookie() != second, "a sign-out after %s keeps the cookie", what)
		thief := w.browse()
		thief.hold(second)
		v.judge(thief.get("/me").status == http.StatusUnauthorized, "a sign-out after %s leaves the session alive", what)
		v.judge(!strings.Contains(kept.values.String(), second), "the store can use the session of %s", what)
	}
	chosen := w.browse()
	chosen.hold("chosen-by-somebody-else-0123456789abcdefghi")
	chosen.signIn(casey)
	v.judge(!strings.Contains(chosen.cookie(), "chosen"), "a token that the server did not make is taken")
}
