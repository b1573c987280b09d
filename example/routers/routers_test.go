package routers_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/example/routers"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
)

// all are the apps, each with how it is served.
var all = []struct {
	name  string
	serve func(t *testing.T, at net.Listener, cfg handler.Config)
}{
	{"ServeMux", onHTTP(routers.ServeMux)},
	{"chi", onHTTP(routers.Chi)},
	{"gorilla/mux", onHTTP(routers.Gorilla)},
	{"gin", onHTTP(routers.Gin)},
	{"echo", onHTTP(routers.Echo)},
	{"fiber", func(t *testing.T, at net.Listener, cfg handler.Config) {
		app, err := routers.Fiber(cfg)
		require.NoError(t, err)
		go func() { _ = app.Listener(at) }()
		t.Cleanup(func() { assert.NoError(t, app.Shutdown()) })
	}},
}

// onHTTP serves an app that is an http.Handler.
func onHTTP(build func(handler.Config) (http.Handler, error)) func(*testing.T, net.Listener, handler.Config) {
	return func(t *testing.T, at net.Listener, cfg handler.Config) {
		h, err := build(cfg)
		require.NoError(t, err)
		server := &httptest.Server{Listener: at, Config: &http.Server{Handler: h}}
		server.Start()
		t.Cleanup(server.Close)
	}
}

// inbox is an otp.Sender for tests.
type inbox chan string

func (i inbox) Send(_ context.Context, m otp.Message) error {
	i <- m.Code
	return nil
}

// app is a running app.
type app struct {
	*testing.T
	url   string
	codes inbox
}

func start(t *testing.T, serve func(*testing.T, net.Listener, handler.Config), change ...func(*handler.Config)) app {
	at, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	a := app{t, "http://" + at.Addr().String(), make(inbox, 1)}
	cfg := handler.Config{
		Issuer: a.url + "/auth", Clients: []handler.Client{{ID: "mobile"}}, Sender: a.codes,
		Logger: slog.New(slog.DiscardHandler),
	}
	for _, f := range change {
		f(&cfg)
	}
	serve(t, at, cfg)
	return a
}

// do sends a request. header holds pairs.
func (a app) do(method, path string, form url.Values, header ...string) (*http.Response, map[string]any) {
	a.Helper()
	r, err := http.NewRequestWithContext(a.Context(), method, a.url+path, strings.NewReader(form.Encode()))
	require.NoError(a, err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(a, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(a, err)
	var body map[string]any
	require.NoError(a, json.Unmarshal(text, &body), "%s %s: %s", method, path, text)
	return resp, body
}

// post sends a form that goes on from an answer.
func (a app) post(path string, before map[string]any, pairs ...string) map[string]any {
	a.Helper()
	form := url.Values{"client_id": {"mobile"}}
	if before != nil {
		form.Set("continuation_token", before["continuation_token"].(string))
	}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	resp, body := a.do(http.MethodPost, "/auth"+path, form)
	require.Equal(a, http.StatusOK, resp.StatusCode, "%s: %v", path, body)
	return body
}

// signUp signs somebody up and returns the access token.
func (a app) signUp() string {
	a.Helper()
	step := a.post("/signup/v1.0/start", nil, "username", "ada@example.com", "challenge_type", "oob redirect")
	step = a.post("/signup/v1.0/challenge", step)
	step = a.post("/signup/v1.0/continue", step, "grant_type", "oob", "oob", <-a.codes)
	return a.post("/oauth2/v2.0/token", step, "grant_type", "continuation_token", "scope", "openid profile")["access_token"].(string)
}

func TestRouter_ServesTheWholeAPIAndGuardsARoute(t *testing.T) {
	for _, router := range all {
		t.Run(router.name, func(t *testing.T) {
			a := start(t, router.serve)

			resp, _ := a.do(http.MethodGet, "/api/me", nil)
			assert.Equal(t, http.StatusUnauthorized, resp.StatusCode, "without a token")
			assert.Contains(t, resp.Header.Get("WWW-Authenticate"), "Bearer")
			resp, body := a.do(http.MethodGet, "/api/me", nil, "Authorization", "Bearer "+a.signUp())
			assert.Equal(t, http.StatusOK, resp.StatusCode)
			assert.Len(t, body["user"], 36, "the context has the caller")

			resp, body = a.do(http.MethodGet, "/auth/.well-known/openid-configuration", nil)
			assert.Equal(t, http.StatusOK, resp.StatusCode)
			assert.Equal(t, a.url+"/auth", body["issuer"])
			resp, body = a.do(http.MethodPut, "/auth/oauth2/v2.0/token", nil)
			assert.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode)
			assert.Equal(t, "invalid_request", body["error"], "a method that is none has an answer of the API")
			assert.NotEmpty(t, resp.Header.Get("Allow"))
			resp, body = a.do(http.MethodPost, "/auth/signup/v9/start", url.Values{})
			assert.Equal(t, http.StatusNotFound, resp.StatusCode)
			assert.NotEmpty(t, body["correlation_id"], "and so has a path that is none")
			_, body = a.do(http.MethodPost, "/auth/signup/v1.0/start/", url.Values{"client_id": {"mobile"}})
			assert.Equal(t, "invalid_request", body["error"], "a slash at the end is no other path: %v", body)
		})
	}
}

// Without a trusted proxy nobody chooses what address they are counted under; behind one everybody has their own.
func TestRouter_KnowsWhereCallsComeFrom(t *testing.T) {
	for _, router := range all {
		t.Run(router.name, func(t *testing.T) {
			limited := func(c *handler.Config) { c.Limits.StartsPerMinute = 2 }
			begin := func(a app, from string) int {
				resp, _ := a.do(http.MethodPost, "/auth/signup/v1.0/start",
					url.Values{"client_id": {"mobile"}, "username": {"ada@example.com"}, "challenge_type": {"oob redirect"}}, "X-Forwarded-For", from)
				return resp.StatusCode
			}
			a := start(t, router.serve, limited)
			begin(a, "192.0.2.1")
			begin(a, "192.0.2.2")
			assert.Equal(t, http.StatusTooManyRequests, begin(a, "192.0.2.3"), "the header is the caller's own words")

			a = start(t, router.serve, limited, func(c *handler.Config) {
				c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
			})
			for range 2 {
				assert.Equal(t, http.StatusOK, begin(a, "192.0.2.1"))
			}
			assert.Equal(t, http.StatusTooManyRequests, begin(a, "192.0.2.1"))
			assert.Equal(t, http.StatusOK, begin(a, "192.0.2.2"))
		})
	}
}
