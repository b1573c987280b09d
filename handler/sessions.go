package handler

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/nativeauth/nativeauth/adapters/scsstore"
	"github.com/nativeauth/nativeauth/store"
)

// The most that a session may last, and what it lasts by default.
const (
	maxSession     = 24 * time.Hour
	maxSessionIdle = time.Hour
)

const hostPrefix = "__Host-" // browsers take such a cookie from its own host only, over https (RFC 6265bis §4.1.3.2)

// NewSessions returns a manager of sessions that are kept in state, with the settings that Config asks for:
// a cookie __Host-session that neither scripts nor other sites get to use, tokens hashed in the store, an
// hour without use, a day in all. A host may make each of them stricter.
func NewSessions(state store.State) *scs.SessionManager {
	m := scs.New()
	m.Store = scsstore.New(state)
	m.HashTokenInStore = true
	m.IdleTimeout, m.Lifetime = maxSessionIdle, maxSession
	m.Cookie.Name = hostPrefix + "session"
	m.Cookie.Secure = true // HttpOnly, SameSite=Lax and Path=/ are so already
	m.ErrorFunc = func(w http.ResponseWriter, _ *http.Request, err error) {
		if !errors.Is(err, scsstore.ErrEnded) { // else the answer goes out, and no cookie with it
			refuseSessions.send(w)
		}
	}
	return m
}

// defaultSessions are those of a host that brings none. Over plain http, on loopback, browsers do not agree
// on whether they take a cookie that is for https.
func (c Config) defaultSessions() *scs.SessionManager {
	m := NewSessions(c.State)
	if c.plainLoopback() {
		m.Cookie.Name, m.Cookie.Secure = "nativeauth_session", false
	}
	return m
}

// plainLoopback tells whether the API is reached without TLS, which it is on this machine only.
func (c Config) plainLoopback() bool { return c.developing() && strings.HasPrefix(c.Issuer, "http:") }

func (c Config) hasCookies() bool {
	return slices.ContainsFunc(c.Clients, func(c Client) bool { return c.Cookies })
}

func (c Config) checkSessions(p *problems) {
	for i, client := range c.Clients {
		if len(client.LogoutURIs) > 0 && !client.Cookies {
			p.add("Clients[%d]: LogoutURIs is for a client with Cookies", i)
		}
		if client.Cookies && client.confidential() {
			p.add("Clients[%d]: Cookies is for browsers, and a client that authenticates is none", i)
		}
		for _, uri := range client.LogoutURIs {
			u, err := url.Parse(uri)
			if err != nil || u.Host == "" || u.User != nil || strings.Contains(uri, "#") || u.Scheme != "https" && !(u.Scheme == "http" && onLoopback(u.Hostname())) {
				p.add("Clients[%d]: LogoutURIs has %q, which is no https URL without a fragment", i, uri)
			}
		}
	}
	m := c.Sessions
	if m == nil {
		return
	}
	if m.Store == nil || m.Codec == nil || m.ErrorFunc == nil {
		p.add("Sessions is not complete: make it with NewSessions or scs.New")
		return
	}
	for _, rule := range []struct {
		broken bool
		advice string
	}{
		{!m.HashTokenInStore, "HashTokenInStore to true, or whoever reads the store can use every session"},
		{m.IdleTimeout <= 0 || m.IdleTimeout > maxSessionIdle, "IdleTimeout to 1h or less, and more than 0"},
		{m.Lifetime <= 0 || m.Lifetime > maxSession, "Lifetime to 24h or less, and more than 0"},
		{!m.Cookie.HttpOnly, "Cookie.HttpOnly to true, or scripts can read the cookie"},
		{m.Cookie.SameSite != http.SameSiteLaxMode && m.Cookie.SameSite != http.SameSiteStrictMode, "Cookie.SameSite to http.SameSiteLaxMode"},
		{m.Cookie.Path != "/", `Cookie.Path to "/"`},
		{m.Cookie.Domain != "", `Cookie.Domain to "", or sub-domains get the cookie`},
		{(&http.Cookie{Name: m.Cookie.Name}).Valid() != nil, "Cookie.Name to a name that a cookie can have"},
		{!c.plainLoopback() && (len(m.Cookie.Name) == len(hostPrefix) || !strings.HasPrefix(m.Cookie.Name, hostPrefix)), "Cookie.Name to one that begins with " + hostPrefix},
		{!c.plainLoopback() && !m.Cookie.Secure, "Cookie.Secure to true"},
	} {
		if rule.broken {
			p.add("Sessions: set %s", rule.advice)
		}
	}
}

// session loads the session that a request came with, or an empty one. The context that it returns holds
// it. It is theirs if a middleware of the host, or RequireSession, has loaded it and will save it.
func (a *Auth) session(ctx context.Context, r *http.Request) (_ context.Context, theirs bool, err error) {
	defer recovered(&err)
	m := a.cfg.Sessions
	if hasSession(ctx, m) {
		return ctx, true, nil
	}
	token := ""
	if c, err := r.Cookie(m.Cookie.Name); err == nil {
		token = c.Value
	}
	loaded, err := m.Load(ctx, token)
	if err != nil {
		return nil, false, err
	}
	return loaded, false, nil
}

// hasSession tells whether a context holds a session. scs has no other way to ask.
func hasSession(ctx context.Context, m *scs.SessionManager) (has bool) {
	defer func() { has = recover() == nil }()
	m.Status(ctx)
	return
}

// within is a context that sees a session which was loaded in another one.
type within struct {
	context.Context
	session context.Context
}

func (w within) Value(key any) any {
	if v := w.session.Value(key); v != nil {
		return v
	}
	return w.Context.Value(key)
}
