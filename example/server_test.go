package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// instance is the example, running in this process.
type instance struct {
	base   string // http://127.0.0.1:PORT, https with -tls
	stdout *output
	cancel context.CancelFunc
	ended  chan struct{} // closed when run has returned
	err    error         // what it returned
}

// output collects what is printed while others read it.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// The address of the app's page, or of the stand-in's.
var pageLine = regexp.MustCompile(`(?m)^ *(?:page|tests) +(https?://[^/\s]+)/(?:dev/)?$`)

// start runs the example on a free port, in memory unless the flags say otherwise. It is stopped at
// the end of the test if it was not before.
func start(t *testing.T, flags ...string) *instance {
	t.Helper()
	i := begin(t, flags...)
	i.wait(t)
	return i
}

// begin is start without waiting until the example serves.
func begin(t *testing.T, flags ...string) *instance {
	ctx, cancel := context.WithCancel(context.Background())
	i := &instance{stdout: &output{}, cancel: cancel, ended: make(chan struct{})}
	go func() {
		i.err = run(ctx, append([]string{"-addr", "127.0.0.1:0", "-db", "memory"}, flags...), i.stdout)
		close(i.ended)
	}()
	t.Cleanup(func() { _ = i.stop() })
	return i
}

// wait waits until the example serves, and learns where.
func (i *instance) wait(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		found := pageLine.FindStringSubmatch(i.stdout.String())
		if found != nil {
			i.base = found[1]
		}
		return found != nil
	}, 10*time.Second, 5*time.Millisecond, "the page's address is printed")
}

// stop ends the example as a signal does, and returns what run returned.
func (i *instance) stop() error {
	i.cancel()
	<-i.ended
	return i.err
}

// answer is the members of a JSON object.
type answer map[string]any

func (a answer) text(member string) string {
	s, _ := a[member].(string)
	return s
}

// post sends a step of a flow for the client and returns status and body.
func (i *instance) post(t *testing.T, client app, step string, fields ...string) (int, answer) {
	t.Helper()
	form := url.Values{"client_id": {client.ID}}
	for n := 0; n < len(fields); n += 2 {
		form.Set(fields[n], fields[n+1])
	}
	return do(t, http.MethodPost, i.base+apiPath+step, "", form)
}

// do sends a request, with an access token and a form if there are any.
func do(t *testing.T, method, address, token string, form url.Values) (int, answer) {
	t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(t.Context(), method, address, body)
	require.NoError(t, err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	var a answer
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&a))
	return resp.StatusCode, a
}

// code returns the newest code in the inbox for an address. It waits for the mail, which leaves
// after the answer that announces it.
func (i *instance) code(t *testing.T, address string) string {
	t.Helper()
	return i.mail(t, address).text("code")
}

// mail returns the newest message in the inbox for an address.
func (i *instance) mail(t *testing.T, address string) answer {
	t.Helper()
	var messages []answer
	require.Eventually(t, func() bool {
		resp, err := http.Get(i.base + inboxPath + "?format=json&to=" + url.QueryEscape(address))
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return json.NewDecoder(resp.Body).Decode(&messages) == nil && len(messages) > 0
	}, 5*time.Second, 5*time.Millisecond, "mail for "+address)
	return messages[0]
}

// challenge begins a sign-up or sign-in and has a code sent.
func (i *instance) challenge(t *testing.T, client app, startStep, challengeStep, address string) answer {
	t.Helper()
	status, a := i.post(t, client, startStep, "username", address, "challenge_type", "oob redirect")
	require.Equal(t, http.StatusOK, status, a)
	status, a = i.post(t, client, challengeStep, "continuation_token", a.text("continuation_token"))
	require.Equal(t, http.StatusOK, status, a)
	return a
}

// signUp signs up and returns the tokens.
func (i *instance) signUp(t *testing.T, address string) answer {
	t.Helper()
	a := i.challenge(t, quick, "/signup/v1.0/start", "/signup/v1.0/challenge", address)
	status, a := i.post(t, quick, "/signup/v1.0/continue", "grant_type", "oob",
		"continuation_token", a.text("continuation_token"), "oob", i.code(t, address))
	require.Equal(t, http.StatusOK, status, a)
	status, a = i.post(t, quick, "/oauth2/v2.0/token", "grant_type", "continuation_token",
		"continuation_token", a.text("continuation_token"), "username", address, "scope", "openid profile offline_access")
	require.Equal(t, http.StatusOK, status, a)
	return a
}

const (
	harbor  = "harbor-quilt-lantern" // passwords that nobody guesses first
	lantern = "lantern-quilt-harbor"
)

// enrol signs up with a password.
func (i *instance) enrol(t *testing.T, address, password string) {
	t.Helper()
	status, a := i.post(t, withPassword, "/signup/v1.0/start", "username", address, "challenge_type", "oob redirect", "password", password)
	require.Equal(t, http.StatusOK, status, a)
	status, a = i.post(t, withPassword, "/signup/v1.0/challenge", "continuation_token", a.text("continuation_token"))
	require.Equal(t, http.StatusOK, status, a)
	status, a = i.post(t, withPassword, "/signup/v1.0/continue", "grant_type", "oob",
		"continuation_token", a.text("continuation_token"), "oob", i.code(t, address))
	require.Equal(t, http.StatusOK, status, a)
}

// enter signs in with a password.
func (i *instance) enter(t *testing.T, address, password string) (int, answer) {
	t.Helper()
	status, a := i.post(t, withPassword, "/oauth2/v2.0/initiate", "username", address, "challenge_type", "password redirect")
	require.Equal(t, http.StatusOK, status, a)
	status, a = i.post(t, withPassword, "/oauth2/v2.0/challenge", "continuation_token", a.text("continuation_token"))
	require.Equal(t, http.StatusOK, status, a)
	return i.post(t, withPassword, "/oauth2/v2.0/token", "grant_type", "password", "continuation_token", a.text("continuation_token"),
		"password", password, "scope", "openid profile offline_access")
}

// mailFor waits until the newest message for an address has a purpose, and returns it.
func (i *instance) mailFor(t *testing.T, address, purpose string) answer {
	t.Helper()
	var m answer
	require.Eventually(t, func() bool {
		m = i.mail(t, address)
		return m.text("purpose") == purpose
	}, 5*time.Second, 5*time.Millisecond, "mail for "+address+" about "+purpose)
	return m
}

func TestRun_APasswordIsResetAndItsOwnerTold(t *testing.T) {
	i := start(t)
	i.enrol(t, "ada@example.com", harbor)
	status, tokens := i.enter(t, "ada@example.com", harbor)
	require.Equal(t, http.StatusOK, status, tokens)
	i.reset(t, i, "ada@example.com", lantern)

	told := i.mailFor(t, "ada@example.com", "password-changed")
	assert.Empty(t, told["code"])
	assert.Equal(t, "Your Contoso password was changed", told["subject"])
	status, a := i.enter(t, "ada@example.com", harbor)
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Equal(t, []any{50126.0}, a["error_codes"])
	status, _ = i.enter(t, "ada@example.com", lantern)
	assert.Equal(t, http.StatusOK, status)
	status, _ = i.post(t, withPassword, "/oauth2/v2.0/token", "grant_type", "refresh_token", "refresh_token", tokens.text("refresh_token"))
	assert.Equal(t, http.StatusBadRequest, status, "sessions from before have ended")
}

// reset replaces a password, by turns at this instance and at another one.
func (i *instance) reset(t *testing.T, other *instance, address, password string) {
	t.Helper()
	a := i.challenge(t, withPassword, "/resetpassword/v1.0/start", "/resetpassword/v1.0/challenge", address)
	code := i.mailFor(t, address, "password-reset").text("code")
	for _, step := range []struct {
		at     *instance
		path   string
		fields []string
	}{
		{other, "continue", []string{"grant_type", "oob", "oob", code}},
		{i, "submit", []string{"new_password", password}},
		{other, "poll_completion", nil},
	} {
		var status int
		status, a = step.at.post(t, withPassword, "/resetpassword/v1.0/"+step.path,
			append(step.fields, "continuation_token", a.text("continuation_token"))...)
		require.Equal(t, http.StatusOK, status, a)
	}
	assert.Equal(t, "succeeded", a["status"])
}

func TestRun_ASignUpEndsInTokensThatOpenTheApp(t *testing.T) {
	i := start(t)
	tokens := i.signUp(t, "ada@example.com")
	status, user := do(t, http.MethodGet, i.base+"/api/me", tokens.text("access_token"), nil)
	assert.Equal(t, http.StatusOK, status)
	assert.NotEmpty(t, user["id"])
	assert.Equal(t, "ada@example.com", user["username"])
	assert.Equal(t, map[string]any{}, user["attributes"])
	assert.Contains(t, user["scopes"], "profile")
}

func TestRun_AProfileIsAskedForAndJudged(t *testing.T) {
	i := start(t)
	a := i.challenge(t, withProfile, "/signup/v1.0/start", "/signup/v1.0/challenge", "ada@example.com")
	status, a := i.post(t, withProfile, "/signup/v1.0/continue", "grant_type", "oob",
		"continuation_token", a.text("continuation_token"), "oob", i.code(t, "ada@example.com"))
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Equal(t, "attributes_required", a["error"])
	assert.Len(t, a["required_attributes"], 3)

	give := func(attributes string) (int, answer) {
		return i.post(t, withProfile, "/signup/v1.0/continue", "grant_type", "attributes",
			"continuation_token", a.text("continuation_token"), "attributes", attributes)
	}
	_, refused := give(`{"displayName":"Ada","city":"L0nd0n","extension_2588abcdwhtfeehjjeeqwertc_terms":"perhaps"}`)
	assert.Equal(t, "attribute_validation_failed", refused["suberror"])
	assert.Len(t, refused["invalid_attributes"], 2, "the spelling of the city, and terms that are neither true nor false")

	status, _ = give(`{"displayName":"Ada","city":"London","extension_2588abcdwhtfeehjjeeqwertc_terms":"true"}`)
	assert.Equal(t, http.StatusOK, status)
}

func TestRun_TheApiRefusesWhoHasNoToken(t *testing.T) {
	i := start(t)
	for _, token := range []string{"", "nonsense"} {
		status, a := do(t, http.MethodGet, i.base+"/api/me", token, nil)
		assert.Equal(t, http.StatusUnauthorized, status)
		assert.NotEmpty(t, a["error"])
	}
	tokens := i.signUp(t, "ada@example.com")
	status, _ := do(t, http.MethodGet, i.base+"/api/me", tokens.text("id_token"), nil)
	assert.Equal(t, http.StatusUnauthorized, status, "an id token is for the app, not for its API")
}

func TestRun_TokensNameTheRealPort(t *testing.T) {
	i := start(t)
	status, a := do(t, http.MethodGet, i.base+apiPath+"/.well-known/openid-configuration", "", nil)
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, i.base+apiPath, a["issuer"])
}

func TestRun_OnlyTheOriginsNamedMayCallFromElsewhere(t *testing.T) {
	i := start(t, "-origin", "https://app.example.com", "-origin", "https://other.example.com")
	for origin, want := range map[string]string{
		"https://other.example.com": "https://other.example.com",
		"https://evil.example.com":  "",
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, i.base+apiPath+"/signup/v1.0/start", nil)
		require.NoError(t, err)
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", http.MethodPost)
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		resp.Body.Close()
		assert.Equal(t, want, resp.Header.Get("Access-Control-Allow-Origin"), origin)
	}
}

func TestRun_CodesAreOnTheTerminalToo(t *testing.T) {
	i := start(t)
	i.challenge(t, quick, "/signup/v1.0/start", "/signup/v1.0/challenge", "ada@example.com")
	code := i.code(t, "ada@example.com")
	assert.Contains(t, i.stdout.String(), code)
}

func TestRun_TheInboxTellsAllThereIsToAMessage(t *testing.T) {
	i := start(t)
	i.challenge(t, quick, "/signup/v1.0/start", "/signup/v1.0/challenge", "Ada@Example.com")
	m := i.mail(t, "ada@example.com")
	assert.Equal(t, "ada@example.com", m["to"])
	assert.Equal(t, "sign-up", m["purpose"])
	assert.Regexp(t, `^\d{8}$`, m["code"])
	assert.Contains(t, m["text"], m["code"])
	assert.Contains(t, m["subject"], "Contoso")
	_, err := time.Parse(time.RFC3339, m.text("sent_at"))
	assert.NoError(t, err)
}

func TestRun_AskingTooSoonForAnotherCodeDependsOnTheFlag(t *testing.T) {
	for flag, want := range map[string]float64{"0": 0, "30s": 30} {
		t.Run(flag, func(t *testing.T) {
			i := start(t, "-resend-interval", flag)
			a := i.challenge(t, quick, "/signup/v1.0/start", "/signup/v1.0/challenge", "ada@example.com")
			assert.Equal(t, want, a["interval"])
		})
	}
}

func TestRun_LimitsAreOnUnlessAFlagSaysOtherwise(t *testing.T) {
	for want, flags := range map[int][]string{429: nil, 200: {"-limits", "off"}} {
		i := start(t, append(flags, "-trusted-proxy", "127.0.0.1")...)
		last := 0
		for range 31 { // as many as Limits lets a client address have in a minute, and one more
			last = i.startFrom(t, "192.0.2.7")
		}
		assert.Equal(t, want, last)
		assert.Equal(t, 200, i.startFrom(t, "192.0.2.8"))
	}
}

// startFrom opens a sign-up as a proxy hands it on.
func (i *instance) startFrom(t *testing.T, client string) (status int) {
	t.Helper()
	body := url.Values{"client_id": {quick.ID}, "username": {"ada@example.com"}, "challenge_type": {"oob redirect"}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, i.base+apiPath+"/signup/v1.0/start", strings.NewReader(body.Encode()))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Forwarded-For", client)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

func TestRun_ATakenPortIsSaid(t *testing.T) {
	i := start(t)
	err := run(t.Context(), []string{"-addr", strings.TrimPrefix(i.base, "http://"), "-db", "memory"}, io.Discard)
	assert.ErrorContains(t, err, "address already in use")
}

func TestRun_EndsWithoutAnError(t *testing.T) {
	i := start(t)
	assert.NoError(t, i.stop())
	_, err := http.Get(i.base)
	assert.Error(t, err, "nobody listens any more")
}

func TestRun_EndsWhileAPageListens(t *testing.T) {
	i := start(t)
	resp, err := http.Get(i.base + flowsPath + "/events")
	require.NoError(t, err)
	defer resp.Body.Close()
	require.NoError(t, i.stop())
	_, err = io.ReadAll(resp.Body)
	assert.NoError(t, err, "the stream has ended as it should")
}
