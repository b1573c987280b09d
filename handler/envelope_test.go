package handler_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/token"
)

const guidForm = `^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`

// failures is one way into every error that the e-mail code flows have.
var failures = map[string]func(w *world) answer{
	"client_id missing":   func(w *world) answer { return w.post(endpoints[0]) },
	"client unknown":      func(w *world) answer { return w.signUpStart("nobody", casey) },
	"client confidential": func(w *world) answer { return w.signUpStart("secretive", casey) },
	"client disabled":     func(w *world) answer { return w.signUpStart("off", casey) },
	"username missing":    func(w *world) answer { return w.signInStart(plain, "") },
	"parameter missing":   func(w *world) answer { return w.post("/signup/v1.0/challenge", "client_id", plain) },
	"challenge type unknown": func(w *world) answer {
		return w.post(endpoints[0], "client_id", plain, "username", casey, "challenge_type", "sms redirect")
	},
	"redirect missing": func(w *world) answer {
		return w.post(endpoints[0], "client_id", plain, "username", casey, "challenge_type", "oob")
	},
	"attributes broken":  func(w *world) answer { return w.signUpStart(asking, casey, "attributes", "{") },
	"attributes invalid": func(w *world) answer { return w.signUpStart(asking, casey, "attributes", `{"city":""}`) },
	"token invalid":      func(w *world) answer { return w.signUpChallenge(plain, "forged") },
	"token expired": func(w *world) answer {
		t := w.signUpStart(plain, casey).ok()
		w.clock.pass(10 * time.Minute)
		return w.signUpChallenge(plain, t)
	},
	"code wrong": func(w *world) answer {
		t, code := w.signUpSent(plain, casey)
		return w.signUpCode(plain, t, otherCode(code))
	},
	"credential required": func(w *world) answer {
		t, _ := w.signUpSent(asking, casey)
		return w.signUpAttributes(asking, t, `{"city":"Bern"}`)
	},
	"attributes required": func(w *world) answer {
		t, code := w.signUpSent(asking, casey)
		return w.signUpCode(asking, t, code)
	},
	"user exists":    func(w *world) answer { w.signUp(casey); return w.signUpStart(plain, casey) },
	"user not found": func(w *world) answer { return w.signInStart(plain, casey) },
	"name of another": func(w *world) answer {
		return w.redeemToken(plain, w.signUp(casey), "username", "sam@contoso.com")
	},
	"grant unknown at sign-up": func(w *world) answer {
		t, _ := w.signUpSent(plain, casey)
		return w.post("/signup/v1.0/continue", "client_id", plain, "continuation_token", t, "grant_type", "sms")
	},
	"grant unknown at token": func(w *world) answer {
		return w.post("/oauth2/v2.0/token", "client_id", plain, "grant_type", "sms")
	},
	"scope unknown":        func(w *world) answer { return w.redeemToken(plain, w.signUp(casey), "scope", "Nothing.Read") },
	"scope not consented":  func(w *world) answer { return w.redeemToken(plain, w.signUp(casey), "scope", "Stock.Read") },
	"refresh token forged": func(w *world) answer { return w.refresh(plain, "forged") },
	"refresh token expired": func(w *world) answer {
		w.signUp(casey)
		t := w.signIn(casey).text("refresh_token")
		w.clock.pass(14 * 24 * time.Hour)
		return w.refresh(plain, t)
	},
	"form malformed": func(w *world) answer { return w.raw(endpoints[0], "client_id=%") },
	"path unknown":   func(w *world) answer { return w.method("POST", "/signup/") },
	"method wrong":   func(w *world) answer { return w.method("GET", endpoints[0]) },
	"body too large": func(w *world) answer { return w.raw(endpoints[0], strings.Repeat("x", 65<<10)) },
	"media type wrong": func(w *world) answer {
		r := request(w.T, w.base+endpoints[0], "{}")
		r.Header.Set("Content-Type", "application/json")
		return w.send(r)
	},
	"code too soon": func(w *world) answer {
		t := w.signUpStart(plain, casey).ok()
		for range 5 {
			t = w.signUpChallenge(plain, t).ok()
		}
		return w.signUpChallenge(plain, t)
	},
	"a hook that reaches too far": func(w *world) answer {
		w.claims = token.ExtraClaims{ID: map[string]any{"sub": "somebody"}}
		return w.redeemToken(plain, w.signUp(casey))
	},
	"a hook that fails": func(w *world) answer {
		w.claimsErr = errors.New("canary: the host's own trouble")
		return w.redeemToken(plain, w.signUp(casey))
	},
}

// otherCode is a code that was not sent.
func otherCode(code string) string {
	if code == "00000000" {
		return "00000001"
	}
	return "00000000"
}

// failing is a world in which each of the failures can happen.
func failing(t *testing.T) *world {
	w := newWorld(t, func(c *handler.Config) { c.Clients[0].Scopes = []string{"Orders.Read", "Orders.Write"} })
	return w
}

// Section 2 of the contract.
func TestEnvelope_EveryErrorHasIt(t *testing.T) {
	for name, fail := range failures {
		t.Run(name, func(t *testing.T) {
			w := failing(t)
			a := fail(w)
			require.GreaterOrEqual(t, a.status, 400)
			number := a.body["error_codes"].([]any)[0].(float64)
			assert.Len(t, a.body["error_codes"], 1)
			assert.Equal(t, number, float64(int(number)), "an integer")
			assert.NotEmpty(t, a.body["error"])
			assert.Equal(t, strings.ToLower(a.text("error")), a.body["error"])
			assert.Regexp(t, guidForm, a.body["trace_id"])
			assert.Regexp(t, guidForm, a.body["correlation_id"])
			assert.NotEqual(t, a.body["trace_id"], a.body["correlation_id"])
			assert.Equal(t, a.header.Get("client-request-id"), a.body["correlation_id"])
			assert.Equal(t, w.clock.now().Format(time.DateOnly+" 15:04:05Z"), a.body["timestamp"])
			lines := strings.Split(a.text("error_description"), "\r\n")
			require.Len(t, lines, 5)
			text, numbered := strings.CutPrefix(lines[0], fmt.Sprintf("AADSTS%d: ", int(number)))
			assert.True(t, numbered, lines[0])
			assert.NotContains(t, text, "\n")
			assert.True(t, strings.HasSuffix(text, "."), "a sentence: %q", text)
			assert.Equal(t, []string{
				"Trace ID: " + a.text("trace_id"), "Correlation ID: " + a.text("correlation_id"), "Timestamp: " + a.text("timestamp"),
			}, lines[2:])
			assert.Regexp(t, `^Hint: \w.*\. See https://[^ ]*#error-\d+$`, lines[1], "on loopback")
			assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
			assert.Equal(t, "no-cache", a.header.Get("Pragma"))
			assert.NotContains(t, fmt.Sprint(a.body), "canary", "what a hook said is for the log")
		})
	}
}

func TestEnvelope_MembersThatBelongToSomeErrorsAreInNoOther(t *testing.T) {
	always := []string{"error", "error_description", "error_codes", "timestamp", "trace_id", "correlation_id"}
	more := map[string][]string{
		"client disabled":       {"suberror"},
		"attributes invalid":    {"suberror", "invalid_attributes"},
		"code wrong":            {"suberror"},
		"credential required":   {"continuation_token"},
		"attributes required":   {"continuation_token", "required_attributes"},
		"refresh token forged":  {"suberror"},
		"refresh token expired": {"suberror"},
	}
	for name, fail := range failures {
		t.Run(name, func(t *testing.T) {
			assert.ElementsMatch(t, append(slices.Clone(always), more[name]...), slices.Collect(maps.Keys(fail(failing(t)).body)))
		})
	}
}

// Section 2.5 and 5.2 of the contract: clients search descriptions for these.
func TestEnvelope_NoDescriptionSaysWhatAnotherErrorIsKnownBy(t *testing.T) {
	words := map[string]string{ // each with the one error that may say it
		"interaction_required": "", "consent_required": "", "login_required": "", "bad_token": "", "ui_not_allowed": "", "interrupted_user": "",
		"username parameter is empty or not valid":                                 "username missing",
		"client_id parameter is empty or not valid":                                "client_id missing",
		"the challenge_type list parameter contains an unsupported challenge type": "challenge type unknown",
	}
	for name, fail := range failures {
		text := strings.ToLower(fail(failing(t)).text("error_description"))
		for word, owner := range words {
			assert.Equal(t, name == owner, strings.Contains(text, word), "%q in the description of %q", word, name)
		}
	}
	t.Run("nor do the parameters that are named", func(t *testing.T) {
		w := newWorld(t)
		for _, name := range []string{"username", "client_id", "challenge_type"} {
			text := w.raw(endpoints[0], name+"=a&"+name+"=b").text("error_description")
			for word := range words {
				assert.NotContains(t, strings.ToLower(text), word)
			}
		}
	})
}

func TestEnvelope_StatusesAreThoseClientsCanRead(t *testing.T) {
	other := map[string]int{
		"path unknown": 404, "method wrong": 405, "body too large": 413, "media type wrong": 415, "code too soon": 429,
		"a hook that reaches too far": 500, "a hook that fails": 503,
	}
	for name, fail := range failures {
		want, ok := other[name]
		if !ok {
			want = 400
		}
		a := fail(failing(t))
		assert.Equal(t, want, a.status, name)
		assert.Equal(t, want == 429 || want == 503, a.header.Get("Retry-After") != "", "%s: Retry-After", name)
	}
}

func TestEnvelope_TheTimestampIsUTC(t *testing.T) {
	zone := time.FixedZone("east", 5*3600)
	w := newWorld(t)
	now := w.clock.now
	w = newWorld(t, func(c *handler.Config) { c.Now = func() time.Time { return now().In(zone) } })
	assert.Equal(t, "2026-03-01 10:15:00Z", w.post(endpoints[0]).body["timestamp"])
}

// Section 1.5, D6 and D12 of the contract.
func TestCorrelation_IsTheClientsIfItIsAGUID(t *testing.T) {
	const (
		one = "0d0e7f4e-6a2c-4c6e-9a39-0b1f3a1c9d11"
		two = "5B1E7F4E-6A2C-4C6E-9A39-0B1F3A1C9D22"
	)
	for _, row := range []struct {
		name, header, query, body, want string // want "" means a fresh one
	}{
		{"without one it is fresh", "", "", "", ""},
		{"a header is echoed", one, "", "", one},
		{"the spelling is kept", two, "", "", two},
		{"the query counts without a header", "", one, "", one},
		{"the body counts without header and query", "", "", one, one},
		{"the header comes first", one, two, two, one},
		{"the query comes before the body", "", one, two, one},
		{"text that is no GUID is replaced", "evil", "", "", ""},
		{"a GUID in braces is replaced", "{" + one + "}", "", "", ""},
		{"a GUID and more is replaced", one + "0", "", "", ""},
		{"UNSET is replaced", "UNSET", "", "", ""},
		{"a bad header is not made up for by the body", "evil", "", one, ""},
		{"a bad query is replaced", "", "evil", "", ""},
		{"a bad body is replaced", "", "", "evil", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t)
			for _, user := range []string{casey, "no address"} { // a success and an error
				pairs := []string{"client_id", plain, "username", user, "challenge_type", native}
				if row.body != "" {
					pairs = append(pairs, "client-request-id", row.body)
				}
				url := w.base + endpoints[0]
				if row.query != "" {
					url += "?client-request-id=" + row.query
				}
				r := request(t, url, form(pairs...))
				if row.header != "" {
					r.Header.Set("client-request-id", row.header)
				}
				a := w.send(r)
				if row.want != "" {
					assert.Equal(t, row.want, a.header.Get("client-request-id"))
				} else {
					assert.Regexp(t, guidForm, a.header.Get("client-request-id"))
					assert.NotContains(t, []string{one, two}, a.header.Get("client-request-id"))
				}
				assert.Equal(t, a.header.Get("client-request-id"), a.header.Get("x-ms-request-id"))
				if a.status != 200 {
					assert.Equal(t, a.header.Get("client-request-id"), a.body["correlation_id"])
				}
			}
		})
	}
}

func TestCorrelation_IsEchoedWhateverFails(t *testing.T) {
	const id = "0d0e7f4e-6a2c-4c6e-9a39-0b1f3a1c9d11"
	w := newWorld(t)
	for _, row := range []struct{ method, path, contentType string }{
		{"GET", endpoints[0], ""}, {"POST", "/signup/nothing", ""}, {"POST", endpoints[0], "text/plain"}, {"GET", documents[0], ""}, {"GET", documents[2], ""},
	} {
		r := request(t, w.base+row.path, "")
		r.Method = row.method
		r.Header.Set("client-request-id", id)
		r.Header.Set("Content-Type", row.contentType)
		assert.Equal(t, id, w.send(r).header.Get("client-request-id"), "%s %s", row.method, row.path)
	}
}

func TestCorrelation_TwoRequestsHaveTwoIDs(t *testing.T) {
	w := newWorld(t)
	a, b := w.post(endpoints[0]), w.post(endpoints[0])
	assert.NotEqual(t, a.body["correlation_id"], b.body["correlation_id"])
	assert.NotEqual(t, a.body["trace_id"], b.body["trace_id"])
}

func TestAnswer_IsNeverCached(t *testing.T) {
	w := newWorld(t)
	start := w.signUpStart(plain, casey)
	sent := w.signUpChallenge(plain, start.ok())
	done := w.signUpCode(plain, sent.ok(), w.mail.take(1).Code)
	tokens := w.redeemToken(plain, done.ok()).tokens()
	redirect := w.post(endpoints[0], "client_id", plain, "username", "sam@contoso.com", "challenge_type", "redirect")
	for _, a := range []answer{start, sent, done, tokens, redirect} {
		assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
		assert.Equal(t, "no-cache", a.header.Get("Pragma"))
	}
}

func TestAnswer_IsGivenEvenWithoutRandomness(t *testing.T) {
	w := newWorld(t, func(c *handler.Config) { c.Random = iotest.ErrReader(errors.New("no entropy")) })
	a := w.signUpStart(plain, casey).refused(503, "temporarily_unavailable", "", 90033)
	assert.Regexp(t, guidForm, a.body["trace_id"])
	assert.Regexp(t, guidForm, a.body["correlation_id"])
}
