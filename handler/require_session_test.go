package handler_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/alexedwards/scs/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
)

func TestRequireSession_SendsPeopleToThePageOfTheHost(t *testing.T) {
	w := newPages(t)
	w.serve("/account", w.auth.RequireSession(handler.SignInPage("/welcome?from=account"))(whoami))
	b := w.browse()
	b.signUp(casey)
	for _, method := range []string{"GET", "POST"} {
		a := b.do(method, w.http.URL+"/account", "").noCookie()
		assert.Equal(t, 303, a.status)
		assert.Equal(t, "/welcome?from=account", a.header.Get("Location"))
		assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
	}
	b.signIn(casey)
	assert.Equal(t, 200, b.get("/account").status)
	require.NoError(t, w.auth.EndSessions(t.Context(), b.get("/account").text("UserID")))
	assert.Equal(t, 303, b.get("/account").status)
	assert.Empty(t, b.cookie())
	b.from(map[string]string{"Origin": "https://evil.example"}).do("POST", w.http.URL+"/account", "").crossOrigin()
}

func TestRequireSession_AnswersInJSON(t *testing.T) {
	a := newPages(t).browse().isNobody()
	assert.Equal(t, "application/json; charset=utf-8", a.header.Get("Content-Type"))
	assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
	assert.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
	assert.Equal(t, "Cookie", a.header.Get("Vary"))
	a.noCookie()
}

func TestRequireSession_PanicsWhereNoClientHasCookies(t *testing.T) {
	assert.PanicsWithValue(t, "handler: RequireSession: no client has Cookies", func() { newWorld(t).auth.RequireSession() })
}

// The host keeps values of its own, as behind LoadAndSave.
func TestRequireSession_SavesWhatTheHostKeeps(t *testing.T) {
	var m *scs.SessionManager
	w := newPages(t, func(c *handler.Config) {
		var with func(*handler.Config)
		m, with = withSessions(c.State)
		with(c)
	})
	add := func(r *http.Request) string {
		m.Put(r.Context(), "seen", m.GetString(r.Context(), "seen")+"x")
		return m.GetString(r.Context(), "seen")
	}
	for path, h := range map[string]http.HandlerFunc{
		"/write":  func(rw http.ResponseWriter, r *http.Request) { fmt.Fprint(rw, add(r)) },
		"/header": func(rw http.ResponseWriter, r *http.Request) { add(r); rw.WriteHeader(http.StatusAccepted) },
		"/silent": func(_ http.ResponseWriter, r *http.Request) { add(r) },
		"/hints": func(rw http.ResponseWriter, r *http.Request) {
			rw.WriteHeader(http.StatusEarlyHints)
			fmt.Fprint(rw, add(r))
		},
		"/flush": func(rw http.ResponseWriter, r *http.Request) {
			add(r)
			assert.NoError(t, http.NewResponseController(rw).Flush())
			fmt.Fprint(rw, "later")
		},
		"/flusher": func(rw http.ResponseWriter, r *http.Request) { add(r); rw.(http.Flusher).Flush() },
	} {
		w.serve(path, w.auth.RequireSession()(h))
	}
	b := w.browse()
	b.signUp(casey)
	b.signIn(casey)
	seen := ""
	for _, path := range []string{"/silent", "/header", "/flush", "/hints", "/flusher"} {
		a := b.get(path)
		assert.Less(t, a.status, 300, path)
		require.Len(t, a.header.Values("Set-Cookie"), 1, path)
		seen += "xx"
		assert.Equal(t, seen, b.get("/write").text("text"), path)
	}
}

// What does not fit must not be lost without a word.
func TestRequireSession_AnswersForWhatCannotBeSaved(t *testing.T) {
	var m *scs.SessionManager
	w := newPages(t, func(c *handler.Config) {
		var with func(*handler.Config)
		m, with = withSessions(c.State)
		with(c)
	})
	w.serve("/much", w.auth.RequireSession()(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		m.Put(r.Context(), "much", strings.Repeat("x", 8<<10))
		rw.Header().Set("Content-Encoding", "gzip")
		rw.Header().Set("Location", "/elsewhere")
		rw.WriteHeader(http.StatusSeeOther)
		n, err := rw.Write([]byte("all is well"))
		assert.NoError(t, err)
		assert.Equal(t, 11, n)
	})))
	b := w.browse()
	b.signUp(casey)
	b.signIn(casey)
	a := b.get("/much").noCookie()
	assert.Equal(t, 503, a.status)
	assert.Equal(t, map[string]any{"error": "temporarily_unavailable", "error_description": "The session cannot be used now."}, a.body)
	assert.Equal(t, "1", a.header.Get("Retry-After"))
	assert.Empty(t, a.header.Get("Location"))
	b.isSignedIn(casey)
}
