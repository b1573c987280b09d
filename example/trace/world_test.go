package trace_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/devmail"
	"github.com/nativeauth/nativeauth/example/trace"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
)

const (
	client = "11111111-1111-4111-8111-111111111111"
	server = "22222222-2222-4222-8222-222222222222"
	prefix = "/tenant"
	page   = "/dev/flows"

	serverSecret = "the-secret-of-a-server-which-is-long"
	harbor       = "harbor-quilt-lantern"
)

// world is an API with everything that can be called, and the trace of it.
type world struct {
	*testing.T
	flows *trace.Trace
	auth  *handler.Auth
	inbox *devmail.Inbox
	http  *httptest.Server
}

func newWorld(t *testing.T) *world {
	mux := http.NewServeMux()
	w := &world{T: t, inbox: devmail.New(), http: httptest.NewServer(mux)}
	w.flows = trace.New(trace.Config{Path: page, Inbox: "/dev/inbox", API: prefix})
	t.Cleanup(w.http.Close)
	t.Cleanup(w.flows.Close) // before the server, which waits for streams
	var err error
	w.auth, err = handler.Mount(w.flows.Around(mux), handler.Config{
		Issuer: w.http.URL + prefix, Sender: w.inbox, ResendInterval: -1, Limits: handler.Limits{Off: true},
		DevicePage: "https://app.example.com/tv",
		Clients: []handler.Client{
			{ID: client, Passwords: true, ApprovesDevices: true},
			{
				ID: server, Secrets: []string{serverSecret}, Passwords: true,
				GrantTypes:  []string{handler.GrantPassword, handler.GrantDeviceCode, handler.GrantOTPEmail},
				Auth0:       &handler.Auth0{},
				AuthSources: []handler.AuthSource{{ID: "mail", Channel: otp.Email}},
			},
		},
		Events: []handler.EventSink{w.flows}, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	mux.Handle(page, w.flows)
	mux.Handle(page+"/", w.flows)
	return w
}

// post calls the API for the client with a correlation id, unless that is "", and returns what the answer has.
func (w *world) post(id, path string, fields ...string) map[string]any {
	w.Helper()
	form := url.Values{"client_id": {client}}
	for n := 0; n < len(fields); n += 2 {
		form.Set(fields[n], fields[n+1])
	}
	r, err := http.NewRequestWithContext(w.Context(), http.MethodPost, w.http.URL+prefix+path, strings.NewReader(form.Encode()))
	require.NoError(w, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if id != "" {
		r.Header.Set("client-request-id", id)
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(w, err)
	defer resp.Body.Close()
	var a map[string]any
	require.NoError(w, json.NewDecoder(resp.Body).Decode(&a))
	return a
}

// person walks through a flow.
type person struct {
	*world
	address string
	id      func() string // the correlation id of the next call
	token   string
}

// step makes a call with the token of the answer before, and keeps that of its answer if it has one.
func (p *person) step(path string, fields ...string) map[string]any {
	p.Helper()
	if p.token != "" {
		fields = append(fields, "continuation_token", p.token)
	}
	a := p.post(p.id(), path, fields...)
	if token, ok := a["continuation_token"].(string); ok {
		p.token = token
	}
	return a
}

// code returns the newest code for the person, which leaves after the answer that announces it.
func (p *person) code() (code string) {
	p.Helper()
	require.Eventually(p, func() bool {
		messages := p.inbox.Messages(p.address)
		if len(messages) > 0 {
			code = messages[0].Code
		}
		return code != ""
	}, 5*time.Second, time.Millisecond)
	return code
}

// signUp are the calls of a sign-up, for two people to make by turns.
func (p *person) signUp() []func() {
	return []func(){
		func() {
			p.step("/signup/v1.0/start", "username", p.address, "challenge_type", "oob password redirect", "password", harbor)
		},
		func() { p.step("/signup/v1.0/challenge") },
		func() { p.step("/signup/v1.0/continue", "grant_type", "oob", "oob", wrong(p.code())) },
		func() { p.step("/signup/v1.0/continue", "grant_type", "oob", "oob", p.code()) },
		func() {
			a := p.step("/oauth2/v2.0/token", "grant_type", "continuation_token", "scope", "openid offline_access")
			require.NotEmpty(p, a["refresh_token"], a)
			p.token = ""
			p.post(p.id(), "/oauth2/v2.0/token", "grant_type", "refresh_token", "refresh_token", a["refresh_token"].(string))
		},
	}
}

// signUpSteps are what these calls hit.
var signUpSteps = []string{"sign-up start", "sign-up challenge", "sign-up code", "sign-up code", "token for a finished flow", "token refresh"}

func wrong(code string) string {
	if code == "00000000" {
		return "11111111"
	}
	return "00000000"
}

// stepsOf are the steps of a flow.
func stepsOf(f trace.Flow) (steps []string) {
	for _, c := range f.Calls {
		steps = append(steps, c.Step)
	}
	return steps
}

// get asks for the page, or what is beneath it.
func (w *world) get(path string, headers ...string) (*http.Response, string) {
	w.Helper()
	r, err := http.NewRequestWithContext(w.Context(), http.MethodGet, w.http.URL+path, nil)
	require.NoError(w, err)
	for n := 0; n < len(headers); n += 2 {
		r.Header.Set(headers[n], headers[n+1])
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(w, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(w, err)
	return resp, string(body)
}

// flowsOf returns what the page says as JSON, which is what Flows says.
func (w *world) flowsOf() (all []trace.Flow) {
	w.Helper()
	_, body := w.get(page, "Accept", "application/json")
	require.NoError(w, json.Unmarshal([]byte(body), &all))
	assert.Len(w, w.flows.Flows(), len(all))
	return all
}
