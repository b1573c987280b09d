package handler_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/handler"
)

// W2.

func TestNewSessions_IsAsSafeAsTheConfigAsksFor(t *testing.T) {
	m := handler.NewSessions(memory.New())
	assert.Equal(t, "__Host-session", m.Cookie.Name)
	assert.True(t, m.Cookie.Secure && m.Cookie.HttpOnly && m.HashTokenInStore)
	assert.Equal(t, http.SameSiteLaxMode, m.Cookie.SameSite)
	assert.Equal(t, "/", m.Cookie.Path)
	assert.Equal(t, time.Hour, m.IdleTimeout)
	assert.Equal(t, 24*time.Hour, m.Lifetime)
	cfg := complete(t)
	cfg.Sessions, cfg.Clients[0].Cookies = m, true
	require.NoError(t, cfg.Validate())
}

func TestConfig_RefusesSessionsThatAreLessThanSafe(t *testing.T) {
	for _, row := range []struct {
		change  func(m *scs.SessionManager)
		problem string
	}{
		{func(m *scs.SessionManager) { m.Cookie.Name = "session" }, "Sessions: set Cookie.Name to one that begins with __Host-"},
		{func(m *scs.SessionManager) { m.Cookie.Name = "__host-session" }, "Sessions: set Cookie.Name to one that begins with __Host-"},
		{func(m *scs.SessionManager) { m.Cookie.Name = "__Secure-session" }, "Sessions: set Cookie.Name to one that begins with __Host-"},
		{func(m *scs.SessionManager) { m.Cookie.Name = "__Host-" }, "Sessions: set Cookie.Name to one that begins with __Host-"},
		{func(m *scs.SessionManager) { m.Cookie.Name = "__Host-a b" }, "Sessions: set Cookie.Name to a name that a cookie can have"},
		{func(m *scs.SessionManager) { m.Cookie.Secure = false }, "Sessions: set Cookie.Secure to true"},
		{func(m *scs.SessionManager) { m.Cookie.HttpOnly = false }, "Sessions: set Cookie.HttpOnly to true, or scripts can read the cookie"},
		{func(m *scs.SessionManager) { m.Cookie.SameSite = http.SameSiteNoneMode }, "Sessions: set Cookie.SameSite to http.SameSiteLaxMode"},
		{func(m *scs.SessionManager) { m.Cookie.SameSite = 0 }, "Sessions: set Cookie.SameSite to http.SameSiteLaxMode"},
		{func(m *scs.SessionManager) { m.Cookie.Path = "/auth" }, `Sessions: set Cookie.Path to "/"`},
		{func(m *scs.SessionManager) { m.Cookie.Domain = "contoso.com" }, `Sessions: set Cookie.Domain to "", or sub-domains get the cookie`},
		{func(m *scs.SessionManager) { m.HashTokenInStore = false }, "Sessions: set HashTokenInStore to true, or whoever reads the store can use every session"},
		{func(m *scs.SessionManager) { m.IdleTimeout = 0 }, "Sessions: set IdleTimeout to 1h or less, and more than 0"},
		{func(m *scs.SessionManager) { m.IdleTimeout = time.Hour + 1 }, "Sessions: set IdleTimeout to 1h or less, and more than 0"},
		{func(m *scs.SessionManager) { m.Lifetime = 0 }, "Sessions: set Lifetime to 24h or less, and more than 0"},
		{func(m *scs.SessionManager) { m.Lifetime = 24*time.Hour + 1 }, "Sessions: set Lifetime to 24h or less, and more than 0"},
		{func(m *scs.SessionManager) { m.Store = nil }, "Sessions is not complete: make it with NewSessions or scs.New"},
		{func(m *scs.SessionManager) { *m = scs.SessionManager{} }, "Sessions is not complete: make it with NewSessions or scs.New"},
	} {
		cfg := complete(t)
		cfg.Sessions, cfg.Clients[0].Cookies = handler.NewSessions(memory.New()), true
		row.change(cfg.Sessions)
		assert.EqualError(t, cfg.Validate(), row.problem)
		_, err := handler.Mount(http.NewServeMux(), cfg)
		assert.EqualError(t, err, row.problem)
	}
}

func TestConfig_TellsEveryMistakeOfAPlainManagerAtOnce(t *testing.T) {
	cfg := complete(t)
	cfg.Sessions, cfg.Clients[0].Cookies = scs.New(), true
	assert.EqualError(t, cfg.Validate(), `Sessions: set HashTokenInStore to true, or whoever reads the store can use every session
Sessions: set IdleTimeout to 1h or less, and more than 0
Sessions: set Cookie.Name to one that begins with __Host-
Sessions: set Cookie.Secure to true`)
}

func TestConfig_LetsSessionsBeStricter(t *testing.T) {
	cfg := complete(t)
	cfg.Sessions, cfg.Clients[0].Cookies = handler.NewSessions(memory.New()), true
	cfg.Sessions.IdleTimeout, cfg.Sessions.Lifetime = time.Minute, time.Hour
	cfg.Sessions.Cookie.SameSite, cfg.Sessions.Cookie.Name = http.SameSiteStrictMode, "__Host-id"
	assert.NoError(t, cfg.Validate())
}

// Browsers take no __Host- cookie over http, but for some on loopback.
func TestConfig_ChecksSessionsOverHTTPOnLoopbackForTheRest(t *testing.T) {
	for issuer, relaxed := range map[string]bool{"http://127.0.0.1:8080": true, "http://localhost": true, "https://localhost": false, "https://id.contoso.com": false} {
		cfg := complete(t)
		cfg.Issuer, cfg.Clients[0].Cookies = issuer, true
		cfg.Sessions = handler.NewSessions(memory.New())
		assert.NoError(t, cfg.Validate(), issuer)
		cfg.Sessions.Cookie.Name, cfg.Sessions.Cookie.Secure = "session", false
		assert.Equal(t, relaxed, cfg.Validate() == nil, issuer)
		cfg.Sessions.Cookie.HttpOnly = false
		assert.Error(t, cfg.Validate(), issuer)
	}
}

func TestConfig_LogoutURIsAreWhole(t *testing.T) {
	for uri, good := range map[string]bool{
		"https://app.contoso.com/": true, "https://app.contoso.com/bye?a=b": true, "http://localhost:3000/bye": true, "http://[::1]/": true,
		"http://app.contoso.com/": false, "/bye": false, "//app.contoso.com/": false, "https://app.contoso.com/#": false, "https:///bye": false,
		"javascript:alert(1)": false, "": false, "https://user@app.contoso.com/": false, "https://app.contoso.com/%zz": false,
	} {
		cfg := complete(t)
		cfg.Clients[0].Cookies, cfg.Clients[0].LogoutURIs = true, []string{uri}
		assert.Equal(t, good, cfg.Validate() == nil, uri)
	}
	cfg := complete(t)
	cfg.Clients[0].LogoutURIs = []string{"http://app.contoso.com/"}
	assert.EqualError(t, cfg.Validate(), "Clients[0]: LogoutURIs is for a client with Cookies\n"+
		`Clients[0]: LogoutURIs has "http://app.contoso.com/", which is no https URL without a fragment`)
}
