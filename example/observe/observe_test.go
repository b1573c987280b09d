package observe_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
)

const person = "ada@example.com"

// inbox is an otp.Sender for tests.
type inbox chan string

func (i inbox) Send(_ context.Context, m otp.Message) error {
	i <- m.Code
	return nil
}

// step is one answer of the API.
type step struct {
	status int
	id     string // of correlation
	body   map[string]any
}

// signUp plays a sign-up over HTTP, with one wrong code, to the tokens. When it returns the sink has been told of all
// of it. wrap is what the host puts around its mux.
func signUp(t *testing.T, sink handler.EventSink, wrap func(http.Handler) http.Handler) []step {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(wrap(mux))
	codes := make(inbox, 1)
	auth, err := handler.Mount(mux, handler.Config{
		Issuer: server.URL, Clients: []handler.Client{{ID: "mobile"}}, Sender: codes, Events: []handler.EventSink{sink},
		Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	var steps []step
	post := func(path string, pairs ...string) {
		form := url.Values{"client_id": {"mobile"}}
		for i := len(steps) - 1; i >= 0 && form.Get("continuation_token") == ""; i-- {
			if text, ok := steps[i].body["continuation_token"].(string); ok {
				form.Set("continuation_token", text)
			}
		}
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, strings.NewReader(form.Encode()))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := server.Client().Do(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		s := step{status: resp.StatusCode, id: resp.Header.Get("client-request-id")}
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&s.body))
		steps = append(steps, s)
	}
	post("/signup/v1.0/start", "username", person, "challenge_type", "oob redirect")
	post("/signup/v1.0/challenge")
	post("/signup/v1.0/continue", "grant_type", "oob", "oob", "not a code")
	post("/signup/v1.0/continue", "grant_type", "oob", "oob", <-codes)
	post("/oauth2/v2.0/token", "grant_type", "continuation_token")
	server.Close() // waits for the requests, of which a sink is a part
	require.NoError(t, auth.Shutdown(t.Context()))
	require.NotEmpty(t, steps[4].body["access_token"], "%v", steps)
	return steps
}

// bare is a host that wraps nothing.
func bare(h http.Handler) http.Handler { return h }

// played are the events of a signUp, with the step of each.
var played = []struct {
	name    handler.EventName
	outcome string
	step    int
}{
	{handler.EventStart, "sign-up", 0}, {handler.EventCodeSent, "sign-up", 1}, {handler.EventCodeFailed, "refused", 2},
	{handler.EventCodeAccepted, "sign-up", 3}, {handler.EventSignIn, "tokens", 4},
}
