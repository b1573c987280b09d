package handler_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/alexedwards/scs/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// newFormPages mounts, beside /me, a page /sign-in on which Flows of the client with cookies sign people in, and a page
// /cart on which the host keeps something of its own.
func newFormPages(t *testing.T, change ...func(*handler.Config)) *world {
	t.Helper()
	var m *scs.SessionManager
	w := newPages(t, append([]func(*handler.Config){func(c *handler.Config) {
		var set func(*handler.Config)
		m, set = withSessions(c.State)
		set(c)
	}}, change...)...)
	flows, err := w.auth.Flows(paged)
	require.NoError(t, err)
	visit := w.auth.WithSession()
	w.serve("/sign-in", visit(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		step, err := handler.FlowStep{}, error(nil)
		switch r.FormValue("do") {
		case "sign-in":
			step, err = flows.SignIn(r.Context(), r.FormValue("username"))
		case "send":
			step, err = flows.SendCode(r.Context(), r.FormValue("state"))
		case "code":
			step, err = flows.Code(r.Context(), r.FormValue("state"), r.FormValue("code"))
		case "password":
			step, err = flows.Password(r.Context(), r.FormValue("state"), r.FormValue("password"))
		}
		caller, _ := handler.CallerFrom(r.Context())
		text := ""
		if err != nil {
			text = err.Error()
		}
		rw.Header().Set("Content-Type", "application/json; charset=utf-8")
		_ = json.NewEncoder(rw).Encode(map[string]any{"needs": step.Needs, "state": step.State, "error": text, "who": caller.UserID, "tokens": step.Tokens})
	})))
	w.serve("/cart", visit(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if item := r.FormValue("item"); item != "" {
			m.Put(r.Context(), "item", item)
		}
		rw.Header().Set("Content-Type", "application/json; charset=utf-8")
		_ = json.NewEncoder(rw).Encode(map[string]any{"item": m.GetString(r.Context(), "item")})
	})))
	w.serve("/sign-out", visit(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if err := w.auth.SignOut(rw, r); err != nil {
			panic(err)
		}
	})))
	return w
}

// form sends a form of the page /sign-in.
func (b *browser) form(do string, pairs ...string) answer {
	b.Helper()
	return b.do("POST", b.http.URL+"/sign-in", form(append([]string{"do", do}, pairs...)...))
}

// typed signs in on the page, by a code.
func (b *browser) typed(user string) answer {
	b.Helper()
	sent := b.mail.count()
	a := b.form("sign-in", "username", user)
	if a.body["needs"] == "password" {
		a = b.form("send", "state", a.text("state"))
	}
	require.Equal(b, "code", a.body["needs"], "%v", a.body)
	return b.form("code", "state", a.text("state"), "code", b.mail.take(sent+1).Code)
}

func TestFlows_BeginASessionOnThePageThatTheyAreOn(t *testing.T) {
	w := newFormPages(t)
	w.signUp(casey)
	b := w.browse()
	a := b.typed(casey)
	require.Equal(t, "nothing", a.body["needs"], "%v", a.body)
	assert.Nil(t, a.body["tokens"])
	assert.Len(t, a.header.Values("Set-Cookie"), 1)
	b.isSignedIn(casey)
	assert.NotEmpty(t, b.get("/sign-in").body["who"])
	assert.Equal(t, 200, b.do("POST", w.http.URL+"/sign-out", "").status)
	b.isNobody()
	assert.Empty(t, b.cookie())
}

func TestFlows_TheSessionHasATokenOfItsOwn(t *testing.T) {
	w := newFormPages(t)
	w.signUp(casey)
	w.signUp(another)
	b := w.browse()
	b.get("/cart?item=boots")
	visitor := b.cookie()
	require.NotEmpty(t, visitor)
	b.typed(casey)
	first := b.cookie()
	assert.NotEqual(t, visitor, first)
	assert.Equal(t, "boots", b.get("/cart").body["item"], "the visitor's")
	b.typed(casey)
	second := b.cookie()
	assert.NotEqual(t, first, second)
	b.typed(another)
	assert.Empty(t, b.get("/cart").body["item"], "somebody else's")
	for _, token := range []string{visitor, first, second} {
		stale := w.browse()
		stale.hold(token)
		stale.isNobody()
	}
}

func TestWithSession_KeepsNothingOfVisitors(t *testing.T) {
	w := newFormPages(t)
	b := w.browse()
	for range 3 {
		b.get("/sign-in").noCookie()
	}
	b.hold("made-up")
	a := b.get("/cart").noCookie()
	assert.Equal(t, "Cookie", a.header.Get("Vary"))
}

func TestWithSession_ASessionThatIsOverIsAVisitors(t *testing.T) {
	w := newFormPages(t)
	w.signUp(casey)
	b := w.browse()
	b.typed(casey)
	b.get("/cart?item=boots")
	id := b.get("/sign-in").text("who")
	require.NoError(t, w.auth.EndSessions(t.Context(), id))
	a := b.get("/sign-in")
	assert.Empty(t, a.body["who"])
	assert.Len(t, a.header.Values("Set-Cookie"), 1)
	assert.Empty(t, b.cookie())
	b.typed(casey)
	b.isSignedIn(casey)
	assert.Empty(t, b.get("/cart").body["item"])

	require.NoError(t, w.auth.EndSessions(t.Context(), id))
	b.typed(casey) // on the way
	b.isSignedIn(casey)
}

func TestWithSession_PagesElsewhereGetNothingDone(t *testing.T) {
	w := newFormPages(t)
	w.signUp(casey)
	for _, says := range elsewhere {
		w.browse().from(says).form("sign-in", "username", casey).crossOrigin()
	}
	assert.Equal(t, 1, w.mail.count(), "that of the sign-up")
}

// A host that loads sessions itself has the origin of whoever signs in looked at, too.
func TestFlows_NoSessionComesFromAPageElsewhere(t *testing.T) {
	var m *scs.SessionManager
	w := newPages(t, func(c *handler.Config) {
		var set func(*handler.Config)
		m, set = withSessions(c.State)
		set(c)
	})
	w.signUp(casey)
	f := w.forms(paged)
	_, err := f.SignIn(f.ctx, casey)
	require.ErrorContains(t, err, "WithSession", "nothing holds a session")

	loaded, err := m.Load(w.page("Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"), "")
	require.NoError(t, err)
	f.ctx = loaded
	s, code := f.signInSent(casey)
	again, err := f.Code(f.ctx, s.State, code)
	assert.Equal(t, 403, refusal(t, err).Status)
	f.ctx, err = m.Load(w.page("Origin", "http://example.com"), "")
	require.NoError(t, err)
	f.at(handler.NeedNothing)(f.Code(f.ctx, again.State, code))
	token, _, err := m.Commit(f.ctx)
	require.NoError(t, err)
	b := w.browse()
	b.hold(token)
	b.isSignedIn(casey)
}

func TestFlows_NoSessionComesOfAStoreThatIsDown(t *testing.T) {
	for name, fails := range map[string]func(n int64) bool{
		"the new session": func(n int64) bool { return n == 1 },
		"what it becomes": func(n int64) bool { return n > 1 },
	} {
		t.Run(name, func(t *testing.T) {
			kept := &outOfSessions{State: memory.New(), fails: fails}
			w := newFormPages(t, func(c *handler.Config) { _, set := withSessions(kept); set(c) })
			w.signUp(casey)
			b := w.browse()
			sent := w.mail.count()
			a := b.form("sign-in", "username", casey)
			if a.body["needs"] == "password" {
				t.Fatal("the account has none")
			}
			kept.armed.Store(true)
			a = b.form("code", "state", a.text("state"), "code", w.mail.take(sent+1).Code)
			kept.armed.Store(false)
			assert.Empty(t, a.header.Values("Set-Cookie"), "%v", a.body)
			b.isNobody()
		})
	}
}

// outOfSessions is a store of sessions some of whose writes fail.
type outOfSessions struct {
	store.State
	armed atomic.Bool
	n     atomic.Int64
	fails func(n int64) bool
}

func (o *outOfSessions) Put(ctx context.Context, key string, e store.Entry) error {
	if o.armed.Load() && o.fails(o.n.Add(1)) {
		return errors.New("disk full")
	}
	return o.State.Put(ctx, key, e)
}

func (o *outOfSessions) Delete(ctx context.Context, key string, version int64) error {
	if o.armed.Load() && o.fails(o.n.Add(1)) {
		return errors.New("disk full")
	}
	return o.State.Delete(ctx, key, version)
}

// Nobody gets to see a page with what is left of a session that could not be ended.
func TestWithSession_WhatCannotBeEndedDoesNotGoOn(t *testing.T) {
	kept := &outOfSessions{State: memory.New(), fails: func(n int64) bool { return n == 1 }}
	w := newFormPages(t, func(c *handler.Config) { _, set := withSessions(kept); set(c) })
	w.signUp(casey)
	b := w.browse()
	b.typed(casey)
	require.NoError(t, w.auth.EndSessions(t.Context(), b.get("/sign-in").text("who")))
	kept.armed.Store(true)
	assert.Equal(t, 503, b.get("/sign-in").status)
	kept.armed.Store(false)
	assert.Empty(t, b.get("/sign-in").body["who"])
}

func TestWithSession_PanicsWhereNoClientHasCookies(t *testing.T) {
	assert.PanicsWithValue(t, "handler: WithSession: no client has Cookies", func() { newWorld(t).auth.WithSession() })
}
