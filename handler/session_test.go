package handler_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/alexedwards/scs/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

const (
	paged   = "77777777-7777-4777-8777-777777777777" // has cookies, and passwords
	strict  = "77777777-7777-4777-8777-777777777788" // the same, and a second factor always
	afterIt = "https://app.contoso.com/goodbye?from=app"

	cookieName = "nativeauth_session"
)

// cookies adds the clients whose flows end in sessions.
func cookies(c *handler.Config) {
	c.Clients = append(c.Clients,
		handler.Client{ID: paged, Passwords: true, GrantTypes: []string{handler.GrantPassword}, Cookies: true, LogoutURIs: []string{afterIt, "http://localhost:3000/"}},
		handler.Client{ID: strict, Passwords: true, Cookies: true, SecondFactor: handler.Always},
	)
}

// withSessions gives a config a manager of the test's own, which it returns.
func withSessions(state store.State, change ...func(*scs.SessionManager)) (*scs.SessionManager, func(*handler.Config)) {
	m := handler.NewSessions(state)
	m.Cookie.Name, m.Cookie.Secure = cookieName, false // over http
	for _, f := range change {
		f(m)
	}
	return m, func(c *handler.Config) { c.Sessions = m }
}

// serve adds a page of the host.
func (w *world) serve(pattern string, h http.Handler) {
	w.mux.Handle(pattern, h)
}

// whoami is a page behind RequireSession that answers the caller.
var whoami = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	caller, ok := handler.CallerFrom(r.Context())
	if !ok {
		panic("no caller")
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(caller)
})

// newPages mounts an API with cookies and the page /me.
func newPages(t *testing.T, change ...func(*handler.Config)) *world {
	t.Helper()
	w := newWorld(t, append([]func(*handler.Config){cookies}, change...)...)
	w.serve("/me", w.auth.RequireSession()(whoami))
	return w
}

// browser is somebody's, with its cookies. It sends what browsers send from a page of the own origin.
type browser struct {
	*world
	client *http.Client
	header http.Header
}

func (w *world) browse() *browser {
	w.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(w, err)
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &browser{w, client, http.Header{"Origin": {w.http.URL}, "Sec-Fetch-Site": {"same-origin"}}}
}

// at is the same browser at another instance of the app, which has the same address to it.
func (b *browser) at(w *world) *browser {
	other := w.browse()
	u, err := url.Parse(b.http.URL)
	require.NoError(b, err)
	v, err := url.Parse(w.http.URL)
	require.NoError(b, err)
	other.client.Jar.SetCookies(v, b.client.Jar.Cookies(u))
	return other
}

// cookie is the token that the browser holds, "" if it has none.
func (b *browser) cookie() string {
	u, err := url.Parse(b.http.URL)
	require.NoError(b, err)
	for _, c := range b.client.Jar.Cookies(u) {
		if c.Name == cookieName {
			return c.Value
		}
	}
	return ""
}

// hold puts a token into the browser.
func (b *browser) hold(token string) {
	u, err := url.Parse(b.http.URL)
	require.NoError(b, err)
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: cookieName, Value: token, Path: "/"}})
}

func (b *browser) do(method, url, body string) answer {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), method, url, strings.NewReader(body))
	require.NoError(b, err)
	r.Header = b.header.Clone()
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := b.client.Do(r)
	require.NoError(b, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(b, err)
	a := answer{t: b.T, status: resp.StatusCode, header: resp.Header}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		require.NoError(b, json.Unmarshal(text, &a.body), "%s", text)
	} else {
		a.body = map[string]any{"text": string(text)}
	}
	return a
}

func (b *browser) get(path string) answer { b.Helper(); return b.do("GET", b.http.URL+path, "") }

func (b *browser) post(path string, pairs ...string) answer {
	b.Helper()
	return b.do("POST", b.base+path, form(pairs...))
}

func (b *browser) redeemCode(client, token, code string) answer {
	b.Helper()
	return b.post("/oauth2/v2.0/token", "client_id", client, "continuation_token", token, "grant_type", "oob", "oob", code)
}

func (b *browser) redeemToken(client, token string) answer {
	b.Helper()
	return b.post("/oauth2/v2.0/token", "client_id", client, "continuation_token", token, "grant_type", "continuation_token")
}

// signIn signs in with a code.
func (b *browser) signIn(user string) answer {
	b.Helper()
	sent, code := b.signInSent(paged, user)
	return b.redeemCode(paged, sent, code).session()
}

func (b *browser) logout(pairs ...string) answer {
	b.Helper()
	return b.post("/oauth2/logout", pairs...)
}

// isSignedIn checks who a browser is to the app's page.
func (b *browser) isSignedIn(user string) answer {
	b.Helper()
	a := b.get("/me")
	require.Equal(b, 200, a.status, "%v", a.body)
	u, err := b.users.UserByUsername(b.Context(), user)
	require.NoError(b, err)
	assert.Equal(b, u.ID, a.body["UserID"])
	return a
}

func (b *browser) isNobody() answer {
	b.Helper()
	a := b.get("/me")
	require.Equal(b, 401, a.status, "%v", a.body)
	assert.Equal(b, "unauthorized", a.body["error"])
	return a
}

// session is an answer of 200 that sets a session and holds nothing else.
func (a answer) session() answer {
	a.t.Helper()
	require.Equal(a.t, 200, a.status, "%v", a.body)
	assert.Equal(a.t, map[string]any{"token_type": "Cookie", "expires_in": 86400.0, "idle_timeout": 3600.0}, a.body)
	require.Len(a.t, a.header.Values("Set-Cookie"), 1)
	assert.Equal(a.t, "no-store", a.header.Get("Cache-Control"))
	return a
}

// noCookie checks that an answer leaves the browser's cookies alone.
func (a answer) noCookie() answer {
	a.t.Helper()
	assert.Empty(a.t, a.header.Values("Set-Cookie"))
	return a
}

func (a answer) crossOrigin() {
	a.t.Helper()
	require.Equal(a.t, 403, a.status, "%v", a.body)
	assert.Equal(a.t, "access_denied", a.body["error"])
	assert.NotEmpty(a.t, a.body["error_description"])
	a.noCookie()
}

func TestSession_EveryFlowOfAClientWithCookiesEndsInOne(t *testing.T) {
	for _, row := range []struct {
		name string
		end  func(b *browser) answer
		amr  []any
	}{
		{"a sign-in with a code", func(b *browser) answer {
			b.enrol(casey, harbor)
			sent, code := b.signInSent(paged, casey)
			return b.redeemCode(paged, sent, code)
		}, []any{"otp"}},
		{"a sign-in with a password", func(b *browser) answer {
			b.enrol(casey, harbor)
			return b.post("/oauth2/v2.0/token", "client_id", paged, "continuation_token", b.askedPassword(paged, casey), "grant_type", "password", "password", harbor)
		}, []any{"pwd"}},
		{"a sign-up", func(b *browser) answer { return b.redeemToken(paged, b.signedUp(paged, casey)) }, []any{"otp"}},
		{"a reset", func(b *browser) answer {
			b.enrol(casey, harbor)
			start := b.resetStart(paged, casey).ok()
			sent, code := b.nextCode(func() answer { return b.resetChallenge(paged, start) })
			submitted := b.resetSubmit(paged, b.resetCode(paged, sent, code).ok(), "another quiet harbour").ok()
			return b.redeemToken(paged, b.resetPoll(paged, submitted).ok())
		}, nil},
		{"a password in one call", func(b *browser) answer {
			b.enrol(casey, harbor)
			return b.post("/oauth2/v2.0/token", "client_id", paged, "grant_type", "password", "username", casey, "password", harbor)
		}, []any{"pwd"}},
		{"a grant of the host", func(b *browser) answer {
			b.enrol(casey, harbor)
			return b.post("/oauth2/v2.0/token", "client_id", "gated", "grant_type", badge, "badge", b.idOf(casey))
		}, []any{"swk"}},
		{"a second factor", func(b *browser) answer {
			b.person(casey, mailMethod)
			token := b.first(strict, casey).wants("mfa_required")
			token, code := b.nextCode(func() answer { return b.askedBy(strict, token, mailMethod.ID) })
			return b.post("/oauth2/v2.0/token", "client_id", strict, "continuation_token", token, "grant_type", "mfa_oob", "oob", code)
		}, nil},
		{"a registration", func(b *browser) answer {
			b.person(casey)
			token := b.kinds(strict, b.first(strict, casey).wants("registration_required")).ok()
			token, code := b.nextCode(func() answer { return b.register(strict, token, another) })
			return b.redeemToken(strict, b.registerCode(strict, token, code).ok())
		}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := newPages(t, withBadges, func(c *handler.Config) {
				c.Clients = append(c.Clients, handler.Client{ID: "gated", GrantTypes: []string{badge}, Cookies: true})
			}).browse()
			b.get("/me").noCookie()
			row.end(b).session()
			who := b.isSignedIn(casey)
			claims, _ := who.body["Claims"].(map[string]any)
			assert.Equal(t, who.body["UserID"], claims["sub"])
			assert.Equal(t, who.body["ClientID"], claims["client_id"])
			assert.InDelta(t, b.clock.now().Unix(), claims["auth_time"], 1)
			if row.amr != nil {
				assert.ElementsMatch(t, row.amr, claims["amr"])
			}
			assert.NotEmpty(t, claims["amr"])
		})
	}
}

func TestSession_OtherClientsGetTokensAsBefore(t *testing.T) {
	b := newPages(t).browse()
	b.signUp(casey)
	sent, code := b.signInSent(plain, casey)
	b.redeemCode(plain, sent, code).tokens().noCookie()
	b.isNobody()
}

// The gate before a session is the one before tokens.
func TestSession_NoneIsGivenBeforeEveryFactor(t *testing.T) {
	b := newPages(t).browse()
	b.person(casey, mailMethod)
	start := b.post("/oauth2/v2.0/initiate", "client_id", strict, "username", casey, "challenge_type", every, "capabilities", able).ok()
	asked := b.signInChallenge(strict, start).ok()
	first := b.post("/oauth2/v2.0/token", "client_id", strict, "continuation_token", asked, "grant_type", "password", "password", harbor)
	token := first.noCookie().wants("mfa_required")
	b.isNobody()
	for _, grant := range []string{"continuation_token", "oob", "password", "mfa_oob"} {
		a := b.post("/oauth2/v2.0/token", "client_id", strict, "continuation_token", token, "grant_type", grant, "oob", "00000000", "password", harbor)
		assert.Equal(t, 400, a.noCookie().status, grant)
	}
	b.isNobody()

	sent, code := b.signInSent(paged, casey)
	b.redeemCode(paged, sent, otherCode(code)).noCookie().wrongCode()
	b.isNobody()
	b.update(casey, func(u *store.User) { u.Disabled = true })
	assert.Equal(t, 400, b.redeemCode(paged, sent, code).noCookie().status)
	b.isNobody()
}

func TestSession_HasNoRefreshTokens(t *testing.T) {
	b := newPages(t).browse()
	b.signUp(casey)
	refresh := b.world.signIn(casey).text("refresh_token")
	b.signIn(casey)
	for _, text := range []string{refresh, b.cookie(), "forged", ""} {
		b.refresh(paged, text).refused(400, "unsupported_grant_type", "", 70003)
	}
	b.refresh(plain, refresh).tokens()
}

func TestSession_EndsItsFlow(t *testing.T) {
	b := newPages(t).browse()
	b.signUp(casey)
	start := b.signInStart(paged, casey).ok()
	sent, code := b.nextCode(func() answer { return b.signInChallenge(paged, start) })
	b.redeemCode(paged, sent, code).session()
	held := b.cookie()
	for range 2 {
		b.redeemCode(paged, sent, code).noCookie().badToken()
		b.redeemToken(paged, sent).noCookie().badToken()
		b.signInChallenge(paged, start).badToken()
		b.signInChallenge(paged, sent).badToken()
	}
	assert.Equal(t, held, b.cookie())
	b.isSignedIn(casey)
}

func TestSession_StandsForNothingElse(t *testing.T) {
	b := newPages(t).browse()
	b.signUp(casey)
	tokens := b.world.signIn(casey)
	started := b.signInStart(paged, casey).ok()
	b.signIn(casey)
	held := b.cookie()
	for _, text := range []string{tokens.text("access_token"), tokens.text("id_token"), tokens.text("refresh_token"), started, strings.ToLower(held), held[1:], held + "A", ""} {
		b.hold(text)
		b.isNobody()
	}
	resp, _ := b.protected(b.auth.RequireToken(), "Bearer "+held)
	assert.Equal(t, 401, resp.StatusCode)
	b.refresh(plain, held).badRefresh()
	b.signInChallenge(paged, held).badToken()
	b.hold(held)
	b.isSignedIn(casey)
}

func TestSession_TheStoreHoldsNoToken(t *testing.T) {
	kept := &watched{}
	w := newPages(t, func(c *handler.Config) { kept.State = c.State; c.State = kept })
	b := w.browse()
	b.signUp(casey)
	b.signIn(casey)
	kept.mu.Lock()
	defer kept.mu.Unlock()
	assert.Contains(t, kept.values.String(), "session/")
	assert.NotContains(t, kept.values.String(), b.cookie())
}
