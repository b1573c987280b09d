package handler_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
)

func (a answer) badToken() {
	a.t.Helper()
	a.refused(400, "invalid_request", "", 55200)
	assert.NotContains(a.t, a.body, "continuation_token")
}

// standing is a flow in a certain state: its token, and the code that was sent if any was.
type standing struct{ token, code string }

// standings are the states of the flows of the client "asking", and the calls that go on from each.
var standings = map[string]struct {
	reach   func(w *world) standing
	allowed []string
}{
	"sign-up started": {
		func(w *world) standing { return standing{token: w.signUpStart(asking, "new@contoso.com").ok()} },
		[]string{"sign-up challenge", "sign-up attributes"},
	},
	"sign-up code sent": {
		func(w *world) standing { t, c := w.signUpSent(asking, "new@contoso.com"); return standing{t, c} },
		[]string{"sign-up challenge", "sign-up code", "sign-up attributes"},
	},
	"sign-up attributes asked for": {
		func(w *world) standing {
			return standing{token: w.asked("new@contoso.com").text("continuation_token")}
		},
		[]string{"sign-up attributes"},
	},
	"sign-up finished": {
		func(w *world) standing {
			t, c := w.signUpSent(asking, "new@contoso.com", "attributes", "{"+required+"}")
			return standing{w.signUpCode(asking, t, c).ok(), c}
		},
		[]string{"token for a flow"},
	},
	"sign-up over": {
		func(w *world) standing {
			t, c := w.signUpSent(asking, "new@contoso.com", "attributes", "{"+required+"}")
			t = w.signUpCode(asking, t, c).ok()
			w.redeemToken(asking, t).tokens()
			return standing{t, c}
		},
		nil,
	},
	"sign-in started": {
		func(w *world) standing { return standing{token: w.signInStart(asking, casey).ok()} },
		[]string{"sign-in challenge"},
	},
	"sign-in code sent": {
		func(w *world) standing {
			start := w.signInStart(asking, casey).ok()
			t, c := w.nextCode(func() answer { return w.signInChallenge(asking, start) })
			return standing{t, c}
		},
		[]string{"sign-in challenge", "token for a code"},
	},
	"sign-in over": {
		func(w *world) standing {
			start := w.signInStart(asking, casey).ok()
			t, c := w.nextCode(func() answer { return w.signInChallenge(asking, start) })
			w.redeemCode(asking, t, c).tokens()
			return standing{t, c}
		},
		nil,
	},
}

// calls are all calls that take a continuation token, each as right as it can be.
var calls = map[string]func(w *world, client string, s standing) answer{
	"sign-up challenge":  func(w *world, client string, s standing) answer { return w.signUpChallenge(client, s.token) },
	"sign-up code":       func(w *world, client string, s standing) answer { return w.signUpCode(client, s.token, s.code) },
	"sign-up attributes": func(w *world, client string, s standing) answer { return w.signUpAttributes(client, s.token, "{}") },
	"sign-up password": func(w *world, client string, s standing) answer {
		return w.post(endpoints[2], "client_id", client, "continuation_token", s.token, "grant_type", "password", "password", "Aa1!Aa1!")
	},
	"sign-in challenge": func(w *world, client string, s standing) answer { return w.signInChallenge(client, s.token) },
	"token for a code":  func(w *world, client string, s standing) answer { return w.redeemCode(client, s.token, s.code) },
	"token for a flow":  func(w *world, client string, s standing) answer { return w.redeemToken(client, s.token) },
	"token for a password": func(w *world, client string, s standing) answer {
		return w.post(endpoints[5], "client_id", client, "continuation_token", s.token, "grant_type", "password", "password", "Aa1!Aa1!")
	},
	"token for a second factor": func(w *world, client string, s standing) answer {
		return w.post(endpoints[5], "client_id", client, "continuation_token", s.token, "grant_type", "mfa_oob", "oob", s.code)
	},
}

// Section 6.7 of the contract, F2 and F4: the binding matrix.
func TestContinuation_IsGoodForTheCallsOfItsStateAndItsClient(t *testing.T) {
	for state, row := range standings {
		t.Run(state, func(t *testing.T) {
			w := newWorld(t)
			w.signUp(casey)
			s := row.reach(w)
			if s.code == "" {
				s.code = "00000000"
			}
			for name, call := range calls {
				call(w, plain, s).badToken() // another client's
				if !slices.Contains(row.allowed, name) {
					call(w, asking, s).badToken()
				}
			}
			for _, name := range row.allowed { // and none of these attempts did any harm
				w := newWorld(t)
				w.signUp(casey)
				assert.NotEqual(t, []any{55200.0}, calls[name](w, asking, row.reach(w)).body["error_codes"], name)
			}
			if len(row.allowed) > 0 {
				last := row.allowed[len(row.allowed)-1]
				assert.NotEqual(t, []any{55200.0}, calls[last](w, asking, s).body["error_codes"], last)
			}
		})
	}
}

// K4 of the security requirements.
func TestContinuation_EverySingleChangeIsRefused(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	start := w.signInStart(plain, casey).ok()
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for i := range start {
		at := strings.IndexByte(alphabet, start[i])
		for _, step := range []int{1, 2, 16, 32} { // so that high and low bits change
			w.signInChallenge(plain, start[:i]+string(alphabet[at^step])+start[i+1:]).badToken()
		}
		w.signInChallenge(plain, start[:i]+start[i+1:]).badToken()
		if i > 0 {
			w.signInChallenge(plain, start[:i]).badToken()
		}
	}
	raw, err := base64.RawURLEncoding.DecodeString(start)
	require.NoError(t, err)
	for _, other := range []string{
		start + "A", start + "=", start + "AAAA", start + start, "A" + start, "." + start, strings.ToUpper(start), strings.ToLower(start),
		base64.URLEncoding.EncodeToString(raw) + "=", start[:10] + " " + start[10:], start[:10] + "." + start[10:], "null",
	} {
		w.signInChallenge(plain, other).badToken()
	}
	w.signInChallenge(plain, start).ok()
}

// K2 of the security requirements.
func TestContinuation_NoOtherKindOfTokenTakesItsPlace(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	a := w.signIn(casey)
	for _, kind := range []string{"access_token", "id_token", "refresh_token", "client_info"} {
		other := a.text(kind)
		w.signUpChallenge(plain, other).badToken()
		w.signInChallenge(plain, other).badToken()
		w.signUpCode(plain, other, "12345678").badToken()
		w.redeemCode(plain, other, "12345678").badToken()
		w.redeemToken(plain, other).badToken()
	}
}

func TestContinuation_OfAServerWithAnotherSecretIsForged(t *testing.T) {
	w := newWorld(t)
	other := newWorld(t, func(c *handler.Config) { c.Secret = []byte(strings.Repeat("o", 32)) })
	w.signUpChallenge(plain, other.signUpStart(plain, casey).ok()).badToken()
}

// D2 of the contract: an answer that was lost on its way.
func TestContinuation_TheOneBeforeRepeatsTheChallengeThatReplacedIt(t *testing.T) {
	eachCodeFlow(t, func(w *world, f codeFlow) {
		before, first := f.send(w)
		lost, second := w.nextCode(func() answer { return f.resend(w, before) })
		f.give(w, before, second).badToken() // good for nothing else
		next, third := w.nextCode(func() answer { return f.resend(w, before) })
		assert.NotEqual(w, lost, next)
		f.resend(w, lost).badToken() // its answer was lost: nobody has it
		f.give(w, lost, second).badToken()
		f.give(w, next, first).wrongCode()
		f.give(w, next, second).wrongCode()
		f.give(w, next, third).accepted()
		f.resend(w, before).badToken()
	})
}

func TestContinuation_TheOneBeforeTheLastIsStale(t *testing.T) {
	eachCodeFlow(t, func(w *world, f codeFlow) {
		first, _ := f.send(w)
		second, _ := w.nextCode(func() answer { return f.resend(w, first) })
		third, code := w.nextCode(func() answer { return f.resend(w, second) })
		f.resend(w, first).badToken()
		f.give(w, first, code).badToken()
		f.give(w, second, code).badToken()
		f.give(w, third, code).accepted()
	})
}

func TestContinuation_ARepeatedChallengeCountsAsASend(t *testing.T) {
	eachCodeFlow(t, func(w *world, f codeFlow) {
		token, _ := f.send(w)
		for range 4 {
			w.nextCode(func() answer { return f.resend(w, token) })
		}
		f.resend(w, token).refused(429, "temporarily_unavailable", "", 90055)
	})
}

func TestContinuation_AFailureKeepsIt(t *testing.T) {
	eachCodeFlow(t, func(w *world, f codeFlow) {
		token, code := f.send(w)
		f.give(w, token, otherCode(code)).wrongCode()
		f.give(w, token, otherCode(code)).wrongCode() // the retry has the same token
		next, code := w.nextCode(func() answer { return f.resend(w, token) })
		f.give(w, next, otherCode(code)).wrongCode() // and so has the resend
		f.give(w, next, code).accepted()
	})
}

func TestContinuation_IdlesTenMinutes(t *testing.T) {
	for state, row := range standings {
		if len(row.allowed) == 0 {
			continue
		}
		t.Run(state, func(t *testing.T) {
			w := newWorld(t)
			w.signUp(casey)
			s := row.reach(w)
			w.clock.pass(10*time.Minute - time.Millisecond)
			calls["sign-up password"](w, asking, s).badToken() // no harm
			a := calls[row.allowed[0]](w, asking, s)
			assert.NotEqual(t, "expired_token", a.body["error"])

			w = newWorld(t)
			w.signUp(casey)
			s = row.reach(w)
			w.clock.pass(10 * time.Minute)
			for _, name := range row.allowed {
				calls[name](w, asking, s).refused(400, "expired_token", "", 552003).says("AADSTS552003")
			}
			// That it is misused as well is told first.
			calls["sign-up password"](w, asking, s).badToken()
			calls[row.allowed[0]](w, plain, s).badToken()
		})
	}
}

func TestContinuation_AFlowEndsAfterHalfAnHourHoweverBusy(t *testing.T) {
	eachCodeFlow(t, func(w *world, f codeFlow) {
		token, code := f.send(w)
		for range 3 {
			w.clock.pass(9 * time.Minute)
			token, code = w.nextCode(func() answer { return f.resend(w, token) })
		}
		w.clock.pass(3*time.Minute - time.Millisecond)
		f.give(w, token, otherCode(code)).wrongCode()
		w.clock.pass(time.Millisecond)
		f.give(w, token, code).refused(400, "expired_token", "", 552003)
		f.resend(w, token).refused(400, "expired_token", "", 552003)
	})
}

func TestContinuation_EachAnswerHasAFreshOne(t *testing.T) {
	w := newWorld(t)
	seen := map[string]bool{}
	for range 3 {
		token := w.signUpStart(plain, casey).ok()
		for range 3 {
			assert.False(t, seen[token])
			seen[token] = true
			token = w.signUpChallenge(plain, token).ok()
		}
	}
}
