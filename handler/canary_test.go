package handler_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// canaries are what must not sing in a log: by name, what was sent or received.
type canaries struct {
	mu   sync.Mutex
	list map[string]string
}

func (c *canaries) add(name, secret string) {
	if secret == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list[secret] = name
	if unescaped, err := url.QueryUnescape(secret); err == nil {
		c.list[unescaped] = name
	}
}

// secretParameters are those whose values are nobody's business.
var secretParameters = []string{"username", "oob", "continuation_token", "refresh_token", "attributes", "password", "new_password"}

// RoundTrip notes every secret that goes by, in either direction.
func (c *canaries) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := r.GetBody()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	values, _ := url.ParseQuery(string(text))
	for _, name := range secretParameters {
		for _, v := range values[name] {
			c.add(name, v)
		}
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	resp.Body = io.NopCloser(strings.NewReader(string(answer)))
	var fields map[string]any
	_ = json.Unmarshal(answer, &fields)
	for _, name := range []string{"continuation_token", "refresh_token", "access_token", "id_token", "client_info"} {
		s, _ := fields[name].(string)
		c.add(name, s)
	}
	return resp, err
}

// Whole flows, with everything that can go wrong in them, at debug level: no code, token, secret,
// address or attribute is in the log.
func TestLog_KnowsTheRequestAndNoSecret(t *testing.T) {
	for format, logger := range map[string]func(io.Writer) slog.Handler{
		"text": func(w io.Writer) slog.Handler {
			return slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true})
		},
		"JSON": func(w io.Writer) slog.Handler {
			return slog.NewJSONHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true})
		},
	} {
		t.Run(format, func(t *testing.T) {
			c := &canaries{list: map[string]string{}}
			secret := "canary-secret-0123456789-0123456789"
			c.add("secret", secret)
			c.add("secret", base64.StdEncoding.EncodeToString([]byte(secret)))
			var log lines
			s := newTrip(t, func(cfg *handler.Config) {
				cfg.Logger, cfg.Secret = slog.New(logger(&log)), []byte(secret)
				cfg.Events = []handler.EventSink{handler.LogEvents(cfg.Logger)}
			})
			wander(t, s, c)
			wanderWithPasswords(t, s, c)
			s.mail.mu.Lock()
			for _, m := range s.mail.messages {
				c.add("code", m.Code)
				c.add("address", string(m.To))
				c.add("code in the mail", m.Text())
			}
			s.mail.mu.Unlock()

			text := log.String()
			require.Greater(t, strings.Count(text, "\n"), 40, "a log that says nothing proves nothing")
			require.Greater(t, len(c.list), 100)
			leaked := 0
			for secret, name := range c.list {
				if len(secret) >= 4 && strings.Contains(text, secret) {
					leaked++
					i := strings.Index(text, secret)
					assert.Failf(t, "a secret is in the log", "%s %q: …%s…", name, secret, text[max(0, i-200):min(len(text), i+200)])
				}
				if len(secret) > 40 && strings.Contains(text, secret[10:34]) {
					assert.Failf(t, "a part of a secret is in the log", "%s %q", name, secret)
				}
			}
			// Every name, attribute and address that a person gave has this in it.
			assert.NotContains(t, strings.ToLower(text), "canary")
			assert.NotContains(t, text, "Songbird")
			assert.NotContains(t, text, "argon2")
			figure(t, fmt.Sprintf("T24 %s, secrets in the log, of %d", t.Name()[strings.LastIndexByte(t.Name(), '/')+1:], len(c.list)), leaked, "secrets", 0)
		})
	}
}

// wander goes through every call, rightly and wrongly, with all parts of the host failing in turn.
func wander(t *testing.T, s *trip, c *canaries) {
	client := &http.Client{Transport: c}
	post := func(path string, pairs ...string) map[string]any {
		resp, err := client.Post(s.base+path, "application/x-www-form-urlencoded", strings.NewReader(form(pairs...)))
		require.NoError(t, err)
		defer resp.Body.Close()
		var body map[string]any
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&body))
		return body
	}
	str := func(body map[string]any, name string) string { v, _ := body[name].(string); return v }
	for i, m := range []mode{"", fails, panics} {
		user := fmt.Sprintf("canary.person.%d@nest-of-canaries.example", i)
		values := fmt.Sprintf(`{"displayName":"Canary Person %d","city":"Canarytown","%s":true,"jobTitle":"Songbird Keeper"}`, i, terms)
		// try makes a call well, then in each wrong way, and with each part of the host out of order.
		try := func(path string, pairs ...string) map[string]any {
			for n := range 4 {
				if m == "" {
					break
				}
				s.fault.arm(m, n)
				post(path, append([]string{"client_id", asking}, pairs...)...)
				s.fault.mend()
				if path == "/signup/v1.0/start" || strings.HasSuffix(path, "challenge") || len(s.fault.traced()) <= n {
					break // it went through, or would count as a code sent
				}
			}
			return post(path, append([]string{"client_id", asking}, pairs...)...)
		}
		for _, bad := range []string{"not-an-address-canary", user + "\x00", "\"" + user + "\"", strings.Repeat("canary", 100) + "@x.example"} {
			post("/signup/v1.0/start", "client_id", asking, "username", bad, "challenge_type", native)
			post("/oauth2/v2.0/initiate", "client_id", asking, "username", bad, "challenge_type", native)
		}
		post("/signup/v1.0/start", "client_id", asking, "username", user, "challenge_type", native, "attributes", `{"city":"Canary1!!"`)
		post("/signup/v1.0/start", "client_id", asking, "username", user, "challenge_type", native, "attributes", `{"city":"Canary-City-1!!"}`)
		started := str(try("/signup/v1.0/start", "username", user, "challenge_type", native), "continuation_token")
		post("/signup/v1.0/challenge", "client_id", plain, "continuation_token", started)
		post("/signup/v1.0/challenge", "client_id", asking, "continuation_token", started[1:]+"A")
		sent := s.mail.count()
		token := str(try("/signup/v1.0/challenge", "continuation_token", started), "continuation_token")
		code := s.mail.take(sent + 1).Code
		post("/signup/v1.0/continue", "client_id", asking, "continuation_token", token, "grant_type", "oob", "oob", "98765432")
		post("/signup/v1.0/continue", "client_id", asking, "continuation_token", token, "grant_type", "oob", "oob", code+"1")
		post("/signup/v1.0/continue", "client_id", asking, "continuation_token", token, "grant_type", "password", "password", "canary-pass-word")
		token = str(post("/signup/v1.0/continue", "client_id", asking, "continuation_token", token, "grant_type", "oob", "oob", code), "continuation_token")
		token = str(try("/signup/v1.0/continue", "continuation_token", token, "grant_type", "attributes", "attributes", values), "continuation_token")
		require.NotEmpty(t, token)
		post("/oauth2/v2.0/token", "client_id", asking, "continuation_token", token, "grant_type", "password", "password", "canary-pass-word")
		post("/oauth2/v2.0/token", "client_id", asking, "continuation_token", token, "grant_type", "continuation_token", "username", "other.canary@nest-of-canaries.example")
		got := try("/oauth2/v2.0/token", "continuation_token", token, "grant_type", "continuation_token", "username", user)
		require.NotEmpty(t, str(got, "refresh_token"))
		post("/oauth2/v2.0/token", "client_id", asking, "continuation_token", token, "grant_type", "continuation_token")
		post("/signup/v1.0/start", "client_id", asking, "username", user, "challenge_type", native)

		started = str(try("/oauth2/v2.0/initiate", "username", user, "challenge_type", native), "continuation_token")
		sent = s.mail.count()
		token = str(try("/oauth2/v2.0/challenge", "continuation_token", started), "continuation_token")
		code = s.mail.take(sent + 1).Code
		post("/oauth2/v2.0/token", "client_id", asking, "continuation_token", token, "grant_type", "oob", "oob", "12345670")
		got = post("/oauth2/v2.0/token", "client_id", asking, "continuation_token", token, "grant_type", "oob", "oob", code)
		first := str(got, "refresh_token")
		require.NotEmpty(t, first)
		bearers(s, str(got, "access_token"), str(got, "id_token"), first)
		second := str(try("/oauth2/v2.0/token", "grant_type", "refresh_token", "refresh_token", first), "refresh_token")
		post("/oauth2/v2.0/token", "client_id", plain, "grant_type", "refresh_token", "refresh_token", second)
		s.clock.pass(11 * time.Second)
		post("/oauth2/v2.0/token", "client_id", asking, "grant_type", "refresh_token", "refresh_token", first)
		post("/oauth2/v2.0/token", "client_id", asking, "grant_type", "refresh_token", "refresh_token", second)

		u, err := s.store.UserByUsername(t.Context(), user)
		require.NoError(t, err)
		u.Disabled = true
		require.NoError(t, s.store.UpdateUser(t.Context(), u))
		started = str(post("/oauth2/v2.0/initiate", "client_id", asking, "username", user, "challenge_type", native), "continuation_token")
		sent = s.mail.count()
		token = str(post("/oauth2/v2.0/challenge", "client_id", asking, "continuation_token", started), "continuation_token")
		post("/oauth2/v2.0/token", "client_id", asking, "continuation_token", token, "grant_type", "oob", "oob", s.mail.take(sent+1).Code)
		corrupt(t, s)
		post("/oauth2/v2.0/challenge", "client_id", asking, "continuation_token", token)
	}
}

// wanderWithPasswords goes through every call that a password has a part in, likewise.
func wanderWithPasswords(t *testing.T, s *trip, c *canaries) {
	client := &http.Client{Transport: c}
	post := func(path string, pairs ...string) string {
		resp, err := client.Post(s.base+path, "application/x-www-form-urlencoded", strings.NewReader(form(append([]string{"client_id", keyed}, pairs...)...)))
		require.NoError(t, err)
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		for _, word := range []string{"canary-word", "argon2"} {
			assert.NotContains(t, string(text), word, path)
		}
		var body map[string]any
		require.NoError(t, json.Unmarshal(text, &body))
		token, _ := body["continuation_token"].(string)
		return token
	}
	coded := func(path, token string) (string, string) {
		sent := s.mail.count()
		return post(path, "continuation_token", token), s.mail.take(sent + 1).Code
	}
	for i, m := range []mode{"", fails, panics} {
		user, word := fmt.Sprintf("canary.singer.%d@nest-of-canaries.example", i), fmt.Sprintf("canary-word number %d", i)
		bad := func(path string, pairs ...string) { // with the host's parts out of order, one further each time
			for n := 0; m != "" && n < 5; n++ {
				s.fault.arm(m, n)
				s.fault.traced()
				post(path, pairs...)
				s.fault.mend()
				if len(s.fault.traced()) <= n+1 {
					break
				}
			}
		}
		post(upStart, "username", user, "challenge_type", every, "password", "canary")
		post(upStart, "username", user, "challenge_type", every, "password", word+"\x00")
		post(upStart, "username", user, "challenge_type", every, "password", strings.Repeat(word, 100))
		start := post(upStart, "username", user, "challenge_type", every, "password", word)
		token, code := coded(upChallenge, start)
		post(upContinue, "continuation_token", token, "grant_type", "password", "password", "canary")
		require.NotEmpty(t, post(upContinue, "continuation_token", token, "grant_type", "oob", "oob", code))
		token = post(inChallenge, "continuation_token", post(inStart, "username", user, "challenge_type", every))
		post(inToken, "continuation_token", token, "grant_type", "password", "password", word+", wrong")
		bad(inToken, "continuation_token", token, "grant_type", "password", "password", word+", wrong")
		post(inToken, "continuation_token", token, "grant_type", "password", "password", word)
		token, code = coded(reChallenge, post(reStart, "username", user, "challenge_type", every))
		token = post(reContinue, "continuation_token", token, "grant_type", "oob", "oob", code)
		post(reSubmit, "continuation_token", token, "new_password", "canary")
		post(reSubmit, "continuation_token", token, "new_password", word)
		bad(reSubmit, "continuation_token", token, "new_password", word)
		require.NotEmpty(t, post(rePoll, "continuation_token", post(reSubmit, "continuation_token", token, "new_password", word+", next")))
		u, err := s.store.UserByUsername(t.Context(), user)
		require.NoError(t, err)
		c.add("hash", u.PasswordHash)
		for _, former := range u.PasswordHistory {
			c.add("former hash", former)
		}
		u.PasswordHash = "$canary$" + word // unreadable
		require.NoError(t, s.store.UpdateUser(t.Context(), u))
		token = post(inChallenge, "continuation_token", post(inStart, "username", user, "challenge_type", every))
		post(inToken, "continuation_token", token, "grant_type", "password", "password", word)
	}
}

// bearers shows tokens to a protected route, and as parameters where none are read.
func bearers(s *trip, tokens ...string) {
	h := s.auth.RequireToken("Orders.Read")(http.NotFoundHandler())
	for _, t := range tokens {
		for _, header := range []string{"Bearer " + t, "Bearer " + t + "x", "bearer  " + t, "Basic " + t, "Bearer " + t + "," + t} {
			r, _ := http.NewRequest(http.MethodGet, "http://x/?access_token="+t, nil)
			r.Header.Set("Authorization", header)
			h.ServeHTTP(discard{http.Header{}}, r)
		}
		r, _ := http.NewRequest(http.MethodPost, s.base+"/oauth2/v2.0/"+t+"?refresh_token="+t, strings.NewReader(""))
		s.auth.ServeHTTP(discard{http.Header{}}, r)
	}
}

type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// corrupt makes the record that was read last unreadable, with secrets in it.
func corrupt(t *testing.T, s *trip) {
	s.fault.mu.Lock()
	key := s.fault.record
	s.fault.mu.Unlock()
	e, err := s.store.Get(t.Context(), key)
	require.NoError(t, err)
	broken := strings.Replace(string(e.Value), `"s":`, `"s":"canary.person",`+`"s":`, 1)
	require.NoError(t, s.store.Put(t.Context(), key, store.Entry{Value: []byte(broken), Version: e.Version, TTL: time.Minute}))
}
