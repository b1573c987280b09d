package handler_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/attrs"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

const (
	plain   = "11111111-1111-4111-8111-111111111111" // asks for no attributes
	keyed   = "22222222-2222-4222-8222-222222222222" // has passwords
	both    = "22222222-2222-4222-8222-222222222233" // has passwords and asks for attributes
	asking  = "33333333-3333-4333-8333-333333333333" // asks for some
	hobbies = "extension_2588abcdwhtfeehjjeeqwertc_hobbies"
	terms   = "extension_2588abcdwhtfeehjjeeqwertc_terms"

	casey  = "casey@contoso.com"
	native = "oob redirect"
	every  = "oob password redirect"
	harbor = "a quiet harbour"
)

// world is a mounted API with everything a test may want to look at or to move.
type world struct {
	*testing.T
	auth  *handler.Auth
	http  *httptest.Server
	mux   *http.ServeMux
	base  string // URL of the API
	store *memory.Store
	users *hostUsers
	mail  *mailbox
	clock *clock
	busy  *atomic.Int64 // requests that are being served
	addr  string        // where calls say they come from, if that is trusted; "" for nothing

	described described // which every answer is held against

	claims    token.ExtraClaims // what the host adds
	claimsErr error
}

// newWorld mounts an API on memory stores and a clock that stands still. change may alter its
// config.
func newWorld(t *testing.T, change ...func(*handler.Config)) *world {
	t.Helper()
	w := &world{T: t, mail: newMailbox(), clock: newClock(), busy: new(atomic.Int64)}
	w.store = memory.NewAt(w.clock.now)
	w.users = &hostUsers{Users: w.store}
	w.mux = http.NewServeMux()
	w.http = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.busy.Add(1)
		defer w.busy.Add(-1)
		w.mux.ServeHTTP(rw, r)
	}))
	t.Cleanup(w.http.Close)
	cfg := handler.Config{
		Issuer: "http://127.0.0.1/contoso.onmicrosoft.com",
		App:    "Contoso",
		Secret: []byte(strings.Repeat("s", 32)),
		Clients: []handler.Client{
			{ID: plain},
			{ID: asking, Attributes: attrs.Schema{
				{Name: "displayName", Required: true},
				{Name: "city", Required: true, Regex: `^[A-Za-z .'-]{2,60}$`},
				{Name: terms, Required: true, Input: attrs.Boolean},
				{Name: "jobTitle"},
				{Name: hobbies, Input: attrs.CheckboxMultiSelect, Options: []string{"Dancing", "Swimming", "Traveling"}},
			}},
			{ID: keyed, Passwords: true},
			{ID: both, Passwords: true, Attributes: attrs.Schema{{Name: "city", Required: true}, {Name: "jobTitle"}}},
			{ID: "off", Disabled: true},
			{ID: "secretive", Confidential: true},
		},
		Resources: []handler.Resource{{Scopes: []string{"Orders.Read", "Orders.Write"}}, {Audience: "api://stock", Scopes: []string{"Stock.Read"}}},
		Users:     w.users,
		State:     w.store,
		Sender:    w.mail,
		Limits:    handler.Limits{Off: true},
		Logger:    slog.New(slog.NewTextHandler(io.Discard, nil)),
		Now:       w.clock.now,
		Claims:    w.hook,
	}
	for _, f := range change {
		f(&cfg)
	}
	w.base = w.http.URL + strings.TrimPrefix(cfg.Issuer, "http://127.0.0.1")
	auth, err := handler.Mount(w.mux, cfg)
	require.NoError(t, err)
	w.auth, w.described = auth, newDescribed(t, auth)
	t.Cleanup(func() { assert.NoError(t, auth.Shutdown(context.Background())) })
	return w
}

// settle waits until all requests have come to their end: one that was stuck is answered before.
func (w *world) settle() {
	w.Helper()
	require.Eventually(w, func() bool { return w.busy.Load() == 0 }, soon, time.Millisecond)
}

// hostUsers is a user table from which somebody can be missed.
type hostUsers struct {
	store.Users
	gone string // an ID
}

func (u *hostUsers) UserByID(ctx context.Context, id string) (store.User, error) {
	switch id {
	case "":
		return store.User{}, errors.New("no GUID") // as a column of that type says
	case u.gone:
		return store.User{}, store.ErrNotFound
	}
	return u.Users.UserByID(ctx, id)
}

func (w *world) hook(context.Context, token.ClaimsRequest) (token.ExtraClaims, error) {
	return w.claims, w.claimsErr
}

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 3, 1, 10, 15, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// mailbox is an otp.Sender that keeps what it is given.
type mailbox struct {
	mu       sync.Mutex
	messages []otp.Message
	came     *sync.Cond
}

func newMailbox() *mailbox {
	m := &mailbox{}
	m.came = sync.NewCond(&m.mu)
	return m
}

func (m *mailbox) Send(_ context.Context, msg otp.Message) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.messages = append(m.messages, msg)
	m.came.Broadcast()
	return nil
}

// take waits for the n-th message ever (from 1) and returns it.
func (m *mailbox) take(n int) otp.Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.messages) < n {
		m.came.Wait()
	}
	return m.messages[n-1]
}

func (m *mailbox) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.messages)
}

// answer is what came back.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   map[string]any
}

// post sends a form to a path of the API. Parameters come in pairs.
func (w *world) post(path string, pairs ...string) answer {
	w.Helper()
	return w.send(request(w.T, w.base+path, form(pairs...)))
}

func form(pairs ...string) string {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return values.Encode()
}

func request(t *testing.T, url, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// send sends a request and checks what holds for every answer of the API.
func (w *world) send(r *http.Request) answer {
	w.Helper()
	return w.sendFor(r, "application/json; charset=utf-8")
}

// sendFor is send for an API that spells its content type in another way.
func (w *world) sendFor(r *http.Request, media string) answer {
	w.Helper()
	if w.addr != "" {
		r.Header.Set("X-Forwarded-For", w.addr)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(w, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(w, err)
	a := answer{t: w.T, status: resp.StatusCode, header: resp.Header}
	require.Equal(w, media, resp.Header.Get("Content-Type"), "%s", text)
	require.NoError(w, json.Unmarshal(text, &a.body), "%s", text)
	assert.Equal(w, "nosniff", resp.Header.Get("X-Content-Type-Options"))
	assert.Equal(w, resp.Header.Get("client-request-id"), resp.Header.Get("x-ms-request-id"))
	assert.Len(w, resp.Header.Get("x-ms-request-id"), 36)
	if w.described != nil {
		assert.Empty(w, w.described.check(strings.TrimPrefix("http://"+r.URL.Host+r.URL.Path, w.base), a.status, media, a.body))
	}
	return a
}

// ok is an answer of 200 that goes on with a token, which it returns.
func (a answer) ok() string {
	a.t.Helper()
	require.Equal(a.t, 200, a.status, "%v", a.body)
	token, _ := a.body["continuation_token"].(string)
	require.NotEmpty(a.t, token)
	return token
}

// tokens is an answer of 200 with tokens.
func (a answer) tokens() answer {
	a.t.Helper()
	require.Equal(a.t, 200, a.status, "%v", a.body)
	require.NotEmpty(a.t, a.body["access_token"], "%v", a.body)
	return a
}

// refused is an answer with an error. suberror "" means none.
func (a answer) refused(status int, code, suberror string, number int) answer {
	a.t.Helper()
	require.Equal(a.t, status, a.status, "%v", a.body)
	assert.Equal(a.t, code, a.body["error"])
	if suberror == "" {
		assert.NotContains(a.t, a.body, "suberror")
	} else {
		assert.Equal(a.t, suberror, a.body["suberror"])
	}
	assert.Equal(a.t, []any{float64(number)}, a.body["error_codes"])
	return a
}

// says checks for a part of the text that an error comes with.
func (a answer) says(part string) answer {
	a.t.Helper()
	assert.Contains(a.t, a.body["error_description"], part)
	return a
}

// redirected is the answer that sends the app to its browser.
func (a answer) redirected() {
	a.t.Helper()
	require.Equal(a.t, 200, a.status, "%v", a.body)
	assert.Equal(a.t, map[string]any{"challenge_type": "redirect"}, a.body)
}

// The calls of the flows, for the clients that go through them as they should.

func (w *world) signUpStart(client, user string, more ...string) answer {
	w.Helper()
	return w.post("/signup/v1.0/start", append([]string{"client_id", client, "username", user, "challenge_type", native}, more...)...)
}

func (w *world) signInStart(client, user string, more ...string) answer {
	w.Helper()
	return w.post("/oauth2/v2.0/initiate", append([]string{"client_id", client, "username", user, "challenge_type", native}, more...)...)
}

func (w *world) signUpChallenge(client, token string) answer {
	w.Helper()
	return w.post("/signup/v1.0/challenge", "client_id", client, "continuation_token", token)
}

func (w *world) signInChallenge(client, token string) answer {
	w.Helper()
	return w.post("/oauth2/v2.0/challenge", "client_id", client, "continuation_token", token)
}

func (w *world) signUpCode(client, token, code string) answer {
	w.Helper()
	return w.post("/signup/v1.0/continue", "client_id", client, "continuation_token", token, "grant_type", "oob", "oob", code)
}

func (w *world) signUpAttributes(client, token, attributes string) answer {
	w.Helper()
	return w.post("/signup/v1.0/continue", "client_id", client, "continuation_token", token, "grant_type", "attributes", "attributes", attributes)
}

func (w *world) redeemCode(client, token, code string, more ...string) answer {
	w.Helper()
	return w.post("/oauth2/v2.0/token", append([]string{"client_id", client, "continuation_token", token, "grant_type", "oob", "oob", code}, more...)...)
}

func (w *world) redeemToken(client, token string, more ...string) answer {
	w.Helper()
	return w.post("/oauth2/v2.0/token", append([]string{"client_id", client, "continuation_token", token, "grant_type", "continuation_token"}, more...)...)
}

func (w *world) refresh(client, token string, more ...string) answer {
	w.Helper()
	return w.post("/oauth2/v2.0/token", append([]string{"client_id", client, "refresh_token", token, "grant_type", "refresh_token"}, more...)...)
}

func (w *world) signUpPassword(client, token, password string) answer {
	w.Helper()
	return w.post("/signup/v1.0/continue", "client_id", client, "continuation_token", token, "grant_type", "password", "password", password)
}

func (w *world) redeemPassword(client, token, password string, more ...string) answer {
	w.Helper()
	return w.post("/oauth2/v2.0/token", append([]string{"client_id", client, "continuation_token", token, "grant_type", "password", "password", password}, more...)...)
}

func (w *world) resetStart(client, user string, more ...string) answer {
	w.Helper()
	return w.post("/resetpassword/v1.0/start", append([]string{"client_id", client, "username", user, "challenge_type", native}, more...)...)
}

func (w *world) resetChallenge(client, token string) answer {
	w.Helper()
	return w.post("/resetpassword/v1.0/challenge", "client_id", client, "continuation_token", token)
}

func (w *world) resetCode(client, token, code string) answer {
	w.Helper()
	return w.post("/resetpassword/v1.0/continue", "client_id", client, "continuation_token", token, "grant_type", "oob", "oob", code)
}

func (w *world) resetSubmit(client, token, password string) answer {
	w.Helper()
	return w.post("/resetpassword/v1.0/submit", "client_id", client, "continuation_token", token, "new_password", password)
}

func (w *world) resetPoll(client, token string) answer {
	w.Helper()
	return w.post("/resetpassword/v1.0/poll_completion", "client_id", client, "continuation_token", token)
}

// nextCode returns the code that the call makes the server send.
func (w *world) nextCode(call func() answer) (token, code string) {
	w.Helper()
	sent := w.mail.count()
	token = call().ok()
	return token, w.mail.take(sent + 1).Code
}

// signUpSent takes a sign-up to where a code has been sent.
func (w *world) signUpSent(client, user string, more ...string) (token, code string) {
	w.Helper()
	start := w.signUpStart(client, user, more...).ok()
	return w.nextCode(func() answer { return w.signUpChallenge(client, start) })
}

// signInSent takes a sign-in to where a code has been sent.
func (w *world) signInSent(client, user string) (token, code string) {
	w.Helper()
	start := w.signInStart(client, user).ok()
	return w.nextCode(func() answer { return w.signInChallenge(client, start) })
}

// fixedCode is what FixedCodes returns where a test says so. Guesses are others.
const fixedCode = "00000000"

// signUp makes an account with the client that asks for nothing.
func (w *world) signUp(user string) (token string) {
	w.Helper()
	sent, code := w.signUpSent(plain, user)
	return w.signUpCode(plain, sent, code).ok()
}

// signIn signs in to an account and returns the token answer.
func (w *world) signIn(user string, more ...string) answer {
	w.Helper()
	sent, code := w.signInSent(plain, user)
	return w.redeemCode(plain, sent, code, more...).tokens()
}

// opened starts a sign-in of an app that can do all there is.
func (w *world) opened(client, user string) (token string) {
	w.Helper()
	return w.post("/oauth2/v2.0/initiate", "client_id", client, "username", user, "challenge_type", every).ok()
}

// askedPassword takes a sign-in to where the password was asked for.
func (w *world) askedPassword(client, user string) (token string) {
	w.Helper()
	a := w.signInChallenge(client, w.opened(client, user))
	require.Equal(w, "password", a.body["challenge_type"], "%v", a.body)
	return a.ok()
}

// enter signs in with a password.
func (w *world) enter(user, password string, more ...string) answer {
	w.Helper()
	return w.redeemPassword(keyed, w.askedPassword(keyed, user), password, more...)
}

// enrol makes an account with a password.
func (w *world) enrol(user, password string) {
	w.Helper()
	start := w.post("/signup/v1.0/start", "client_id", keyed, "username", user, "challenge_type", every, "password", password).ok()
	sent, code := w.nextCode(func() answer { return w.signUpChallenge(keyed, start) })
	w.signUpCode(keyed, sent, code).ok()
}

// proven takes a reset to where the code was accepted.
func (w *world) proven(user string) (token string) {
	w.Helper()
	start := w.resetStart(keyed, user).ok()
	sent, code := w.nextCode(func() answer { return w.resetChallenge(keyed, start) })
	return w.resetCode(keyed, sent, code).ok()
}

func (a answer) text(member string) string {
	a.t.Helper()
	s, ok := a.body[member].(string)
	require.True(a.t, ok, "%s in %v", member, slicesOf(a.body))
	return s
}

func slicesOf(m map[string]any) (keys []string) {
	for k := range maps.Keys(m) {
		keys = append(keys, k)
	}
	return keys
}
