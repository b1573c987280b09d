package handler_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
)

// Rule G2: events say where a call came from, masked, and which request it was.

func TestEvents_SayWhereACallCameFrom(t *testing.T) {
	h := &ear{}
	w := newDoor(t, withEar(h))
	for from, want := range map[string]string{
		"192.0.2.7": "192.0.2.0/24", "::ffff:192.0.2.7": "192.0.2.0/24", "2001:db8:7:1:2::9": "2001:db8:7::/48", "nonsense": "127.0.0.0/24",
	} {
		w.knock(knocks[1], casey, from).ok()
		w.knock(knocks[1], stranger, from)
		list := w.heard(h)
		require.Len(t, list, 2)
		for _, e := range list {
			assert.Equal(t, want, e.RemoteAddr, e.Name)
			assert.NotContains(t, e.LogValue().String(), "2.7")
			assert.Contains(t, e.LogValue().String(), want)
		}
	}
	office := knock{path: auth0Token, pairs: []string{"client_id", backOffice, "client_secret", newSecret, "grant_type", "password", "username", "NAME", "password", harbor}}
	w.knock(office, casey, near, "auth0-forwarded-for", far).tokens()
	assert.Equal(t, "198.51.100.0/24", w.heard(h)[0].RemoteAddr, "of the person")
	w.knock(office, casey, near).tokens()
	assert.Equal(t, "192.0.2.0/24", w.heard(h)[0].RemoteAddr, "of the server, where it does not say")
}

func TestEvents_OfTheHostsPagesNameTheirRequest(t *testing.T) {
	h := &ear{}
	w := newDoor(t, withEar(h))
	const own = "0a0b0c0d-1111-4222-8333-444455556666"
	office := knock{path: tokenPath, pairs: []string{"client_id", legacyApp, "grant_type", "password", "username", "NAME", "password", harbor, "scope", "openid Orders.Read"}}
	token := w.knock(office, casey, near).tokens().text("access_token")
	page := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		caller, _ := handler.CallerFrom(r.Context())
		assert.Error(t, w.auth.ChangePassword(r.Context(), caller.UserID, loud, "a third harbour"))
		assert.NoError(t, w.auth.EndSessions(r.Context(), caller.UserID))
	})
	for _, sent := range []string{own, "nonsense", ""} {
		for name, guard := range map[string]http.Handler{
			"a page for people with tokens": w.auth.RequireToken("Orders.Read")(page),
			"one behind another sign-in": http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				ctx := w.auth.WithRequest(r.Context(), r)
				assert.Error(t, w.auth.ChangePassword(w.auth.WithRequest(ctx, r), "casey", loud, "a third harbour"))
				assert.NoError(t, w.auth.EndSessions(ctx, "casey"))
			}),
		} {
			w.heard(h)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/page", nil)
			r.RemoteAddr = "127.0.0.1:1"
			r.Header.Set("X-Forwarded-For", far)
			r.Header.Set("client-request-id", sent)
			r.Header.Set("Authorization", "Bearer "+token)
			answer := httptest.NewRecorder()
			guard.ServeHTTP(answer, r)
			require.Equal(t, 200, answer.Code, name)
			list := w.heard(h)
			require.Len(t, list, 2, name)
			assert.Len(t, list[0].CorrelationID, 36, name)
			assert.Equal(t, list[0].CorrelationID, list[1].CorrelationID, "they are of one request")
			assert.Equal(t, sent == own, list[0].CorrelationID == own, name)
			assert.Equal(t, "198.51.100.0/24", list[0].RemoteAddr, name)
		}
	}
}

func TestEvents_OfPagesWithSessionsNameTheirRequest(t *testing.T) {
	h := &ear{}
	w := newWorld(t, cookies, withEar(h))
	w.mux.Handle("/page", w.auth.RequireSession()(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		caller, _ := handler.CallerFrom(r.Context())
		assert.NoError(t, w.auth.EndSessions(r.Context(), caller.UserID))
	})))
	w.mux.HandleFunc("/bye", func(rw http.ResponseWriter, r *http.Request) { assert.NoError(t, w.auth.SignOut(rw, r)) })
	w.mustEnrol(casey)
	for path, said := range map[string]string{"/page": "revoke all_sessions", "/bye": "revoke signed_out"} {
		b := w.browse()
		b.signIn(casey)
		w.heard(h)
		require.Equal(t, 200, b.do(http.MethodPost, w.http.URL+path, "").status)
		list := w.heard(h)
		require.Len(t, list, 1, said)
		assert.Equal(t, said, string(list[0].Name)+" "+list[0].Outcome)
		assert.Len(t, list[0].CorrelationID, 36)
		assert.Equal(t, "127.0.0.0/24", list[0].RemoteAddr)
	}
}
