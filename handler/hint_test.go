package handler_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/internal/flow"
	"github.com/nativeauth/nativeauth/token"
)

// hint is what an answer on loopback says of what the call should have been.
func (a answer) hint() string {
	a.t.Helper()
	_, rest, ok := strings.Cut(a.text("error_description"), "\r\nHint: ")
	require.True(a.t, ok, "%v", a.body)
	text, _, ok := strings.Cut(rest, " See https://")
	require.True(a.t, ok, "%v", a.body)
	return text
}

var (
	hintedState = regexp.MustCompile(`^This token is of (.*?)\. `)
	hintedCall  = regexp.MustCompile(`(/[a-z]+(?:2)?/v[0-9.]+/[a-z_]+)(?: with grant_type=([a-z_]+))?`)
)

// A hint cannot send anybody astray: in each state that a flow can wait in, what it names is let through, and what
// it leaves out is not legal there.
func TestHint_EachCallThatItNamesIsLetThrough(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, group := range []struct {
		states []boundState
		client string
		open   func(t *testing.T) *world
	}{{boundStates, both, func(t *testing.T) *world { return newEntry(t) }}, {factorStates, factored, newFactored}} {
		for _, s := range group.states {
			t.Run(s.name, func(t *testing.T) {
				w := group.open(t)
				b := s.open(w)
				text := ""
				for _, c := range factorCalls {
					if !s.allows(c.name) && c.name != "register known" { // which [R2] refuses in other words
						text = c.make(w, group.client, b).hint()
						break
					}
				}
				state := hintedState.FindStringSubmatch(text)
				require.NotNil(t, state, text)
				seen[state[1]] = true
				named := hintedCall.FindAllStringSubmatch(text, -1)
				legal := len(s.legal)
				if s.allows("token for a second factor") {
					legal-- // "token for a code" is another name of it
				}
				require.Len(t, named, legal, text)
				for i, call := range named {
					if i > 0 {
						w = group.open(t)
						b = s.open(w)
					}
					a := w.hinted(group.client, b, call[1], call[2])
					require.True(t, a.went(), "%s: %v", call[0], a.body)
				}
			})
		}
	}
	var missed []string
	for _, s := range flow.Standings() {
		if !seen[s] {
			missed = append(missed, s)
		}
	}
	assert.Equal(t, []string{ // of tokens that are none of native authentication
		"a code of an OTP grant", "a code that was sent, which its oob_code names", "a sign-in that goes on with its mfa_token",
	}, missed)
}

// hinted makes a call that a hint has named, with whatever it may take.
func (w *world) hinted(client string, b bound, path, grant string) answer {
	w.Helper()
	pairs := []string{"client_id", client, "continuation_token", b.token}
	switch path {
	case regChallenge:
		pairs = append(pairs, "challenge_type", "oob", "challenge_target", another)
	case reSubmit:
		pairs = append(pairs, "new_password", busyHarbor)
	}
	switch grant {
	case "":
		return w.post(path, pairs...)
	case "oob", "mfa_oob":
		pairs = append(pairs, "oob", b.code)
	case "password":
		says := harbor
		if path == upContinue {
			says = busyHarbor
		}
		pairs = append(pairs, "password", says)
	case "attributes":
		pairs = append(pairs, "attributes", `{"city":"Bern"}`)
	}
	return w.post(path, append(pairs, "grant_type", grant)...)
}

func TestHint_SaysWhatBecameOfAToken(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	start := w.signInStart(plain, casey).ok()
	sent, code := w.nextCode(func() answer { return w.signInChallenge(plain, start) })
	assert.Equal(t, "This token is of a sign-in that waits for its code. Go on with /oauth2/v2.0/token with grant_type=oob and oob, or "+
		"/oauth2/v2.0/challenge. Each answer brings the token for the next call: use that of the latest.",
		w.redeemToken(plain, sent).hint())
	again := w.signInChallenge(plain, sent).ok()
	assert.Contains(t, w.redeemCode(plain, sent, code).hint(), "This token was replaced.")
	assert.Contains(t, w.redeemCode(asking, again, code).hint(), "for another client")
	assert.Contains(t, w.redeemCode(plain, "forged", code).hint(), "Send the continuation_token of the latest answer, whole and unchanged")
	assert.Contains(t, w.redeemCode(plain, again, "00000000").hint(), "/oauth2/v2.0/challenge sends another")
	w.redeemCode(plain, again, w.mail.take(3).Code).tokens()
	assert.Contains(t, w.redeemCode(plain, again, code).hint(), "The flow of this token is over")

	start = w.signInStart(plain, casey).ok()
	w.clock.pass(10 * time.Minute)
	assert.Contains(t, w.signInChallenge(plain, start).hint(), "good for 10m0s after the answer that brought it")
	assert.NotContains(t, w.signUpCode(plain, start, code).hint(), "password", "a client without passwords")
}

func TestHint_SaysWhatTheConfigAllows(t *testing.T) {
	w := newWorld(t, func(c *handler.Config) { c.Clients[0].Scopes = []string{"Orders.Read"} })
	done := w.signUp(casey)
	assert.Contains(t, w.redeemToken(plain, done, "scope", "Nothing.Read").hint(), "Orders.Read Orders.Write, Stock.Read")
	assert.Contains(t, w.redeemToken(plain, done, "scope", "Stock.Read").hint(), "what the client may have: Orders.Read.")
	grants := func(client string) string {
		return w.post(inToken, "client_id", client, "continuation_token", "x", "grant_type", "sms").hint()
	}
	assert.Contains(t, grants(plain), "grant_type: oob, mfa_oob, continuation_token, refresh_token.")
	assert.Contains(t, grants(keyed), "grant_type: oob, password, mfa_oob, continuation_token, refresh_token.")
	assert.Contains(t, w.post(upContinue, "client_id", plain, "continuation_token", "x", "grant_type", "sms").hint(), "grant_type is one of oob, attributes.")
	assert.Contains(t, w.post(reContinue, "client_id", keyed, "continuation_token", "x", "grant_type", "password").hint(), "grant_type is one of oob.")
	assert.Contains(t, w.signUpStart("nobody", casey).hint(), "not the ID of one of Config.Clients")
	assert.Contains(t, w.post(inStart, "client_id", plain, "username", casey, "challenge_type", "oob").hint(), "challenge_type=oob redirect")
	assert.Contains(t, w.signUpStart(asking, "sam@contoso.com", "attributes", `{"city":"1"}`).hint(), "city: ")
	assert.Contains(t, w.method("GET", inStart).hint(), "Send it as POST")
	assert.Contains(t, w.raw(inStart+"?client_id="+plain+"&username="+casey+"&challenge_type=oob", "client_id="+plain+"&username="+casey).hint(),
		"what is in the URL is not read, and challenge_type is there.")
}

func TestHint_SaysWhichLimitItIs(t *testing.T) {
	assert.Contains(t, failures["code too soon"](newWorld(t)).hint(), "The limit: a flow sends 5 codes for a factor.")
	w := newWorld(t, withInterval(time.Minute))
	sent, _ := w.signUpSent(plain, casey)
	assert.Contains(t, w.signUpChallenge(plain, sent).hint(), "The limit: codes to one address are 1m0s apart (ResendInterval")
}

// loggedLines is a log that tests read.
type loggedLines struct {
	mu  sync.Mutex
	all []map[string]any
}

func (l *loggedLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var line map[string]any
	if err := json.Unmarshal(p, &line); err != nil {
		return 0, err
	}
	l.all = append(l.all, line)
	return len(p), nil
}

// about returns the lines of a request.
func (l *loggedLines) about(correlation string) (found []map[string]any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.all {
		if line["correlation_id"] == correlation {
			found = append(found, line)
		}
	}
	return found
}

func logging(l *loggedLines) func(c *handler.Config) {
	return func(c *handler.Config) { c.Logger = slog.New(slog.NewJSONHandler(l, nil)) }
}

// Elsewhere than on loopback the log alone says it, under the id that the answer has.
func TestHint_IsForTheLogWhereOthersCanCall(t *testing.T) {
	paced := map[string]func(w *world) answer{ // that send two codes, which have to be apart here
		"code too soon": func(w *world) answer {
			t, _ := w.signUpSent(plain, casey)
			return w.signUpChallenge(plain, t)
		},
		"refresh token expired": func(w *world) answer {
			w.signUp(casey)
			w.clock.pass(time.Minute)
			t := w.signIn(casey).text("refresh_token")
			w.clock.pass(14 * 24 * time.Hour)
			return w.refresh(plain, t)
		},
	}
	keys, err := token.Ephemeral()
	require.NoError(t, err)
	for name, fail := range failures {
		if slower, ok := paced[name]; ok {
			fail = slower
		}
		t.Run(name, func(t *testing.T) {
			var log loggedLines
			w := newWorld(t, roomy, func(c *handler.Config) {
				c.Clients[0].Scopes = []string{"Orders.Read", "Orders.Write"}
				c.Issuer, c.Keys, c.ResendInterval = "https://id.example/contoso.onmicrosoft.com", keys, time.Minute
				roomy(c)
			}, logging(&log))
			w.base = w.http.URL + "/contoso.onmicrosoft.com"
			a := fail(w)
			require.GreaterOrEqual(t, a.status, 400)
			assert.Len(t, strings.Split(a.text("error_description"), "\r\n"), 4)
			assert.NotContains(t, a.body["error_description"], "Hint")
			lines := log.about(a.text("correlation_id"))
			require.NotEmpty(t, lines)
			assert.NotEmpty(t, lines[0]["hint"])
			assert.NotContains(t, lines[0]["hint"], "canary")
		})
	}
}

// A browser says nothing to the page, and little to who builds it.
func TestHint_AnOriginThatIsNotAllowedIsInTheLog(t *testing.T) {
	const id = "0d0e7f4e-6a2c-4c6e-9a39-0b1f3a1c9d11"
	for _, row := range []struct{ name, method, origin, said string }{
		{"a preflight", "OPTIONS", "http://localhost:5173", "http://localhost:5173"},
		{"a call", "POST", "https://other.example", "https://other.example"},
		{"a page without an origin", "POST", "null", "null"},
		{"what is no origin", "POST", `https://a/"x`, "[no origin]"},
		{"what is too long", "POST", "https://" + strings.Repeat("a", 300), "[no origin]"},
		{"an origin that is allowed", "POST", appOrigin, ""},
		{"the page of the API itself", "POST", "http://127.0.0.1", ""},
		{"no page", "POST", "", ""},
	} {
		for name, change := range map[string]func(*handler.Config){"some allowed": withOrigins, "none allowed": func(*handler.Config) {}} {
			if row.origin == appOrigin && name == "none allowed" {
				continue
			}
			t.Run(row.name+", "+name, func(t *testing.T) {
				var log loggedLines
				w := newWorld(t, change, logging(&log))
				r := request(t, w.base+inStart, form("client_id", plain, "username", casey, "challenge_type", "redirect"))
				r.Method = row.method
				r.Header.Set("client-request-id", id)
				if row.origin != "" {
					r.Header.Set("Origin", row.origin)
				}
				resp, err := http.DefaultTransport.RoundTrip(r)
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
				w.settle() // the line follows the answer
				said := ""
				for _, line := range log.about(id) {
					said = fmt.Sprint(line["origin"])
					assert.Contains(t, line["hint"], "Config.Origins")
				}
				assert.Equal(t, row.said, said)
			})
		}
	}
}
