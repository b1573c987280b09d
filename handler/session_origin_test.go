package handler_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
)

// elsewhere is what browsers say of pages that are not of the own origin. HOST stands for the host and
// port of the app.
var elsewhere = []map[string]string{
	{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
	{"Sec-Fetch-Site": "cross-site", "Origin": "null"},
	{"Sec-Fetch-Site": "cross-site"},
	{"Sec-Fetch-Site": "cross-site", "Origin": "http://HOST"}, // a lie in the one does not help against the other
	{"Sec-Fetch-Site": "cross-site", "Origin": "https://HOST"},
	{"Sec-Fetch-Site": "same-site", "Origin": "http://app.HOST"},
	{"Sec-Fetch-Site": "same-site", "Origin": "http://HOST"},
	{"Sec-Fetch-Site": "same-site", "Origin": "null"},
	{"Sec-Fetch-Site": "same-site"},
	{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-User": "?1", "Origin": "https://evil.example"},
	{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "empty", "Origin": "https://evil.example"},
	{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe", "Origin": "null"},
	{"Sec-Fetch-Site": "Cross-Site", "Origin": "https://evil.example"},
	{"Sec-Fetch-Site": "something-new", "Origin": "https://evil.example"},
	{"Sec-Fetch-Site": "SAME-ORIGIN", "Origin": "https://evil.example"},
	{"Sec-Fetch-Site": "same-origin, cross-site", "Origin": "https://evil.example"},
	// Browsers that do not know Sec-Fetch-Site, and pages on plain http.
	{"Origin": "https://evil.example"},
	{"Origin": "http://evil.example"},
	{"Origin": "null"},
	{"Origin": "http://app.HOST"},
	{"Origin": "http://HOST.evil.example"},
	{"Origin": "http://evil.example:80"},
	{"Origin": "http://127.0.0.1"},
	{"Origin": "http://127.0.0.1:1"},
	{"Origin": "http://localhost"},
	{"Origin": "https://app.contoso.com"}, // may read answers (CORS), and gets no session
	{"Origin": "http://HOST@evil.example"},
	{"Origin": "http://evil.example/HOST"},
	{"Origin": "http://evil.example#HOST"},
	{"Origin": "file://"},
	{"Origin": "moz-extension://6e0a9c0c-2d5b-4d27-8a2c-1e1b8d0f6a11"},
	{"Origin": "garbage"},
	{"Origin": "http://["},
}

// from is a browser that shows such a page and has the cookies of b.
func (b *browser) from(page map[string]string) *browser {
	u, err := url.Parse(b.http.URL)
	require.NoError(b, err)
	c := &browser{b.world, b.client, http.Header{}}
	for name, value := range page {
		c.header.Set(name, strings.ReplaceAll(value, "HOST", u.Host))
	}
	return c
}

// W3: of every request that sets a session or lives on one, and comes from another origin, none succeeds.
func TestSession_IsOutOfReachForPagesOfOtherOrigins(t *testing.T) {
	w := newPages(t, func(c *handler.Config) { c.Origins = []string{"https://app.contoso.com"} })
	changed := 0
	w.serve("/change", w.auth.RequireSession()(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { changed++ })))
	w.signUp(casey)
	victim := w.browse()
	victim.signIn(casey)
	held := victim.cookie()
	require.GreaterOrEqual(t, len(elsewhere), 20)
	tried := 0
	for _, page := range elsewhere {
		b := victim.from(page)
		// Login: the attacker's own sign-in, for the victim's browser to end.
		sent, code := w.signInSent(paged, casey)
		b.redeemCode(paged, sent, code).crossOrigin()
		b.redeemToken(paged, sent).crossOrigin()
		b.logout().crossOrigin()
		b.logout("client_id", paged, "post_logout_redirect_uri", afterIt).crossOrigin()
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "BREW"} {
			b.do(method, w.http.URL+"/change", "").crossOrigin()
			tried++
		}
		tried += 4
		assert.Equal(t, held, victim.cookie(), "%v", page)
		victim.isSignedIn(casey)
		b.isSignedIn(casey) // a link from elsewhere leads to the page, as SameSite=Lax has it

		// What was refused has used nothing up.
		fresh := w.browse()
		fresh.redeemCode(paged, sent, code).session()
		victim.hold(held)
	}
	assert.Zero(t, changed)
	t.Logf("%d requests of other origins, 0 succeeded", tried)
	assert.Equal(t, 200, victim.do("POST", w.http.URL+"/change", "").status)
	assert.Equal(t, 1, changed, "the own page may")
}

func TestSession_IsInReachOfTheOwnPagesAndOfProgramsThatAreNoBrowsers(t *testing.T) {
	w := newPages(t)
	w.signUp(casey)
	for _, page := range []map[string]string{
		{"Sec-Fetch-Site": "same-origin", "Origin": "http://HOST"},
		{"Sec-Fetch-Site": "same-origin"},
		{"Sec-Fetch-Site": "none"},
		{"Origin": "http://HOST"},
		{},
	} {
		b := w.browse().from(page)
		b.signIn(casey)
		b.isSignedIn(casey)
		b.logout().noBody()
		b.isNobody()
	}
}

// Pages of other origins may have tokens, where the config lets them, as before.
func TestSession_TokensAreGivenAcrossOriginsAsBefore(t *testing.T) {
	w := newPages(t, func(c *handler.Config) { c.Origins = []string{"https://app.contoso.com"} })
	w.signUp(casey)
	sent, code := w.signInSent(plain, casey)
	b := w.browse().from(map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://app.contoso.com"})
	b.redeemCode(plain, sent, code).tokens()
}
