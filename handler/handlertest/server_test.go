package handlertest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/handler/handlertest"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

const ada, password = "ada@example.com", "a quiet harbour"

// app is an app that signs people in.
type app struct {
	*testing.T
	server *handlertest.Server
	client string
}

// post sends a form, and returns the status and the members of the answer. header holds pairs.
func (a app) post(path string, form url.Values, header ...string) (int, map[string]any) {
	a.Helper()
	form.Set("client_id", a.client)
	r, err := http.NewRequestWithContext(a.Context(), http.MethodPost, a.server.URL+path, strings.NewReader(form.Encode()))
	require.NoError(a, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(a, err)
	defer resp.Body.Close()
	var body map[string]any
	require.NoError(a, json.NewDecoder(resp.Body).Decode(&body))
	return resp.StatusCode, body
}

func (a app) initiate(user string) (int, map[string]any) {
	a.Helper()
	return a.post("/oauth2/v2.0/initiate", url.Values{"username": {user}, "challenge_type": {"oob redirect"}})
}

// code asks for a code for somebody, and returns the token that goes with it.
func (a app) code(user string) string {
	a.Helper()
	status, step := a.initiate(user)
	require.Equal(a, 200, status, step)
	status, step = a.post("/oauth2/v2.0/challenge", url.Values{"continuation_token": {step["continuation_token"].(string)}})
	require.Equal(a, 200, status, step)
	return step["continuation_token"].(string)
}

func (a app) redeem(token, code string) (int, map[string]any) {
	a.Helper()
	return a.post("/oauth2/v2.0/token", url.Values{"continuation_token": {token}, "grant_type": {"oob"}, "oob": {code}})
}

func start(t *testing.T, change ...func(*handler.Config)) app {
	return app{t, handlertest.New(t, change...), handlertest.ClientID}
}

// soon is longer than any message takes.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestServer_SignsSomebodyInByTheCodeFromTheInbox(t *testing.T) {
	a := start(t)
	u := a.server.AddUser(handlertest.User{Username: "Ada@Example.com", Password: password, Attributes: map[string]string{"city": "Bonn"}})
	assert.Equal(t, "Bonn", u.Attributes["city"])
	for range 2 {
		token := a.code(ada)
		code, err := a.server.Inbox.WaitCode(soon(t), "ADA@example.com")
		require.NoError(t, err)
		status, tokens := a.redeem(token, code)
		assert.Equal(t, 200, status, tokens)
	}
	assert.Len(t, a.server.Inbox.Messages(ada), 2)

	status, step := a.post("/oauth2/v2.0/initiate", url.Values{"username": {ada}, "challenge_type": {"password redirect"}})
	require.Equal(t, 200, status)
	_, step = a.post("/oauth2/v2.0/challenge", url.Values{"continuation_token": {step["continuation_token"].(string)}})
	status, step = a.post("/oauth2/v2.0/token", url.Values{"continuation_token": {step["continuation_token"].(string)}, "grant_type": {"password"}, "password": {password}})
	assert.Equal(t, 200, status, step)
}

func TestInbox_SaysWhatDidNotCome(t *testing.T) {
	a := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := a.server.Inbox.WaitCode(ctx, ada)
	assert.ErrorContains(t, err, "no such message to ada@example.com: context canceled")
	_, err = a.server.Inbox.WaitCode(ctx, "nobody")
	assert.ErrorContains(t, err, `"nobody"`)
}

func TestFixCode_GivesAnAddressOneCode(t *testing.T) {
	a := start(t)
	a.server.AddUser(handlertest.User{Username: ada})
	a.server.FixCode(ada, "1234 5678")
	for range 2 {
		status, tokens := a.redeem(a.code(ada), "12345678")
		assert.Equal(t, 200, status, tokens)
	}
	a.server.FixCode(ada, "")
	status, _ := a.redeem(a.code(ada), "12345678")
	assert.Equal(t, 400, status)
}

func TestClock_MovesWhatExpires(t *testing.T) {
	a := start(t)
	a.server.AddUser(handlertest.User{Username: ada})
	a.server.FixCode(ada, "12345678")
	token := a.code(ada)
	a.server.Clock.Advance(10 * time.Minute)
	status, body := a.redeem(token, "12345678")
	assert.Equal(t, 400, status)
	assert.Equal(t, "expired_token", body["error"])
}

func TestTokens_AreGoodForTheAppsOwnRoutes(t *testing.T) {
	a := start(t, func(c *handler.Config) {
		c.SecondFactor = handler.Always
		c.Resources = []handler.Resource{{Scopes: []string{"Orders.Read", "Orders.Write"}}}
		c.Clients = append(c.Clients, handler.Client{ID: "server", Secrets: []string{strings.Repeat("s", 32)}})
	})
	s := a.server
	s.Mux.Handle("/orders", s.Auth.RequireToken("Orders.Read")(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller, _ := handler.CallerFrom(r.Context())
		_, _ = w.Write([]byte(caller.UserID))
	})))
	u := s.AddUser(handlertest.User{Username: ada, Methods: []handlertest.Method{{Kind: store.MethodSMS, Target: "+4915112345678"}}})
	for scopes, want := range map[string]int{"Orders.Read": 200, "Orders.Write": 403} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/orders", nil)
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+s.Tokens(ada, handlertest.ClientID, scopes).AccessToken)
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		resp.Body.Close()
		assert.Equal(t, want, resp.StatusCode, scopes)
	}
	tokens := s.Tokens(ada, "server", "openid", "offline_access")
	assert.NotEmpty(t, tokens.IDToken)
	assert.NotEmpty(t, tokens.RefreshToken)
	assert.Equal(t, u, s.User(ada))

	// Whoever signs in by the API still needs the second factor.
	s.FixCode(ada, "12345678")
	_, body := a.redeem(a.code(ada), "12345678")
	assert.NotContains(t, body, "access_token")
}

func TestFail_AnswersInTheWordsOfTheContract(t *testing.T) {
	a := start(t, func(c *handler.Config) { c.Origins = []string{"https://app.example.com"} })
	a.server.AddUser(handlertest.User{Username: ada})
	a.server.Fail("/oauth2/v2.0/initiate", handlertest.Answer{Error: "user_not_found"}, 2)
	a.server.Fail("/oauth2/v2.0/initiate", handlertest.Answer{Error: "temporarily_unavailable", Status: 503, Header: http.Header{"Retry-After": {"7"}}}, 1)
	for range 2 {
		status, body := a.initiate(ada)
		assert.Equal(t, 400, status)
		assert.Equal(t, "user_not_found", body["error"])
		assert.Equal(t, []any{50034.0}, body["error_codes"])
		assert.Regexp(t, `^AADSTS50034: .*\r\nTrace ID: .*\r\nCorrelation ID: .*\r\nTimestamp: .*Z$`, body["error_description"])
		for _, member := range []string{"timestamp", "trace_id", "correlation_id"} {
			assert.NotEmpty(t, body[member])
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.server.URL+"/oauth2/v2.0/initiate", nil)
	require.NoError(t, err)
	r.Header.Set("Origin", "https://app.example.com")
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	resp.Body.Close()
	assert.Equal(t, 503, resp.StatusCode)
	assert.Equal(t, "7", resp.Header.Get("Retry-After"))
	assert.Equal(t, "https://app.example.com", resp.Header.Get("Access-Control-Allow-Origin"), "or a browser would hide it")
	status, _ := a.initiate(ada)
	assert.Equal(t, 200, status, "as many times as was said")
}

func TestAnswer_IsForOneCorrelationID(t *testing.T) {
	a := start(t)
	const id = "0f2ab9b1-6b0c-4c0e-9a52-6c1f4a4cbb0e"
	a.server.Answer(id, handlertest.Answer{Error: "invalid_grant", SubError: "invalid_oob_value"},
		handlertest.Answer{Body: map[string]any{"challenge_type": "redirect"}})
	form := url.Values{"username": {"nobody@example.com"}, "challenge_type": {"oob redirect"}}
	_, body := a.post("/oauth2/v2.0/initiate", form, "client-request-id", "1"+id[1:])
	assert.Equal(t, "user_not_found", body["error"], "another call's")
	status, body := a.post("/oauth2/v2.0/initiate", form, "client-request-id", strings.ToUpper(id))
	assert.Equal(t, 400, status)
	assert.Equal(t, "invalid_oob_value", body["suberror"])
	status, body = a.post("/oauth2/v2.0/token", form, "client-request-id", id)
	assert.Equal(t, 200, status)
	assert.Equal(t, map[string]any{"challenge_type": "redirect"}, body)
	_, body = a.post("/oauth2/v2.0/initiate", form, "client-request-id", id)
	assert.Equal(t, "user_not_found", body["error"], "after the last the API answers")
}

func TestRestore_GoesBackToASnapshot(t *testing.T) {
	a := start(t)
	s := a.server
	s.AddUser(handlertest.User{Username: ada})
	s.FixCode(ada, "12345678")
	token := a.code(ada)
	_, err := s.Inbox.WaitCode(soon(t), ada)
	require.NoError(t, err)
	snap := s.Snapshot()
	for range 2 {
		s.Clock.Advance(time.Hour)
		s.AddUser(handlertest.User{Username: "eve@example.com"})
		s.FixCode(ada, "87654321")
		a.code(ada)
		_, err = s.Inbox.WaitCode(soon(t), ada)
		require.NoError(t, err)
		s.Fail("/oauth2/v2.0/token", handlertest.Answer{Error: "server_error"}, 9)
		s.Restore(snap)
		assert.Len(t, s.Inbox.Messages(""), 1)
	}
	status, _ := a.redeem(token, "12345678")
	assert.Equal(t, 200, status, "the flow goes on from where it was")
	s.Reset()
	status, body := a.initiate(ada)
	assert.Equal(t, 400, status)
	assert.Equal(t, "user_not_found", body["error"])
	assert.Empty(t, s.Inbox.Messages(""))
}

func TestFakes_FailAndDawdle(t *testing.T) {
	inner := handlertest.New(t)
	s := inner.Store
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	users := handlertest.Users{Users: s, Fault: handlertest.Fails("UserByID")}
	_, err := users.UserByID(t.Context(), "1")
	assert.ErrorIs(t, err, handlertest.ErrFault)
	_, err = users.UserByUsername(t.Context(), ada)
	assert.ErrorIs(t, err, store.ErrNotFound)

	state := handlertest.State{State: s, Fault: handlertest.FailsTimes(1)}
	assert.ErrorIs(t, state.Put(t.Context(), "k", store.Entry{TTL: time.Minute}), handlertest.ErrFault)
	assert.NoError(t, state.Put(t.Context(), "k", store.Entry{TTL: time.Minute}))

	sender := handlertest.Sender{Sender: inner.Inbox, Fault: handlertest.Slow(time.Hour)}
	assert.ErrorIs(t, sender.Send(ctx, otp.Message{}), context.DeadlineExceeded)
	assert.Empty(t, inner.Inbox.Messages(""))
	assert.NoError(t, handlertest.Sender{Sender: inner.Inbox}.Send(t.Context(), otp.Message{To: ada}))

	a := start(t, func(c *handler.Config) { c.State = handlertest.State{State: c.State, Fault: handlertest.Fails("Put")} })
	a.server.AddUser(handlertest.User{Username: ada})
	status, body := a.initiate(ada)
	assert.Equal(t, 503, status)
	assert.Equal(t, "temporarily_unavailable", body["error"])
}

func TestNew_RefusesToRunOutsideTests(t *testing.T) {
	out, err := exec.Command("go", "run", "./testdata/outside").CombinedOutput()
	assert.Error(t, err)
	assert.Contains(t, string(out), "handlertest is for tests")
}
