package handler_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/store"
)

// Section 6 of the contract: a token is good for the calls of its state, of its client, and for
// nothing else. Here that is asked for each state and each call there is.

// bound is a token of a state, with a code that a call may need.
type bound struct{ token, code string }

// boundCall is a call that takes a continuation token. It brings along all that would let it pass.
type boundCall struct {
	name string
	make func(w *world, client string, b bound) answer
}

func bearing(path string, pairs ...string) func(w *world, client string, b bound) answer {
	return func(w *world, client string, b bound) answer {
		given := append([]string{"client_id", client, "continuation_token", b.token}, pairs...)
		for i, v := range given {
			if v == "CODE" {
				given[i] = b.code
			}
		}
		return w.post(path, given...)
	}
}

var boundCalls = []boundCall{
	{"sign-up challenge", bearing(upChallenge, "challenge_type", every)},
	{"sign-up code", bearing(upContinue, "grant_type", "oob", "oob", "CODE")},
	{"sign-up password", bearing(upContinue, "grant_type", "password", "password", busyHarbor)},
	{"sign-up attributes", bearing(upContinue, "grant_type", "attributes", "attributes", `{"city":"Bern"}`)},
	{"sign-in challenge", bearing(inChallenge, "challenge_type", every)},
	{"token for a code", bearing(inToken, "grant_type", "oob", "oob", "CODE")},
	{"token for a password", bearing(inToken, "grant_type", "password", "password", harbor)},
	{"token for a second factor", bearing(inToken, "grant_type", "mfa_oob", "oob", "CODE")},
	{"token for a flow", bearing(inToken, "grant_type", "continuation_token")},
	{"reset challenge", bearing(reChallenge, "challenge_type", native)},
	{"reset code", bearing(reContinue, "grant_type", "oob", "oob", "CODE")},
	{"reset submit", bearing(reSubmit, "new_password", busyHarbor)},
	{"reset poll", bearing(rePoll)},
}

// boundState is a state, and the calls that are legal there. The last of them goes on.
type boundState struct {
	name  string
	open  func(w *world) bound
	legal []string
}

func (s boundState) allows(call string) bool {
	for _, l := range s.legal {
		if l == call {
			return true
		}
	}
	return false
}

// bind makes a state whose token alone counts. The code is one that no mail had.
func bind(open func(w *world) string) func(w *world) bound {
	return func(w *world) bound { return bound{open(w), "12345678"} }
}

func upTo(w *world, client string) bound {
	start := w.post(upStart, "client_id", client, "username", "new@contoso.com", "challenge_type", every).ok()
	token, code := w.nextCode(func() answer { return w.signUpChallenge(client, start) })
	return bound{token, code}
}

func toProven(w *world, client string) string {
	b := upTo(w, client)
	return w.signUpCode(client, b.token, b.code).wantsPassword()
}

var boundStates = []boundState{
	{"sign-up started", bind(func(w *world) string {
		return w.post(upStart, "client_id", both, "username", "new@contoso.com", "challenge_type", every).ok()
	}), []string{"sign-up password", "sign-up attributes", "sign-up challenge"}},
	{"sign-up code sent", func(w *world) bound { return upTo(w, both) },
		[]string{"sign-up challenge", "sign-up password", "sign-up attributes", "sign-up code"}},
	{"sign-up credential", bind(func(w *world) string { return toProven(w, both) }),
		[]string{"sign-up challenge", "sign-up password"}},
	{"sign-up password", bind(func(w *world) string { return w.signUpChallenge(both, toProven(w, both)).asksPassword() }),
		[]string{"sign-up challenge", "sign-up password"}},
	{"sign-up attributes", bind(func(w *world) string {
		return w.signUpPassword(both, toProven(w, both), harbor).wantsAttributes()
	}), []string{"sign-up attributes"}},
	{"sign-up done", bind(func(w *world) string {
		return w.signUpAttributes(both, w.signUpPassword(both, toProven(w, both), harbor).wantsAttributes(), `{"city":"Oslo"}`).ok()
	}), []string{"token for a flow"}},

	{"sign-in started", bind(func(w *world) string { return w.opened(both, casey) }), []string{"sign-in challenge"}},
	{"sign-in code sent", func(w *world) bound {
		token, code := w.signInSent(both, casey)
		return bound{token, code}
	}, []string{"sign-in challenge", "token for a code"}},
	{"sign-in password", bind(func(w *world) string { return w.askedPassword(both, casey) }),
		[]string{"sign-in challenge", "token for a password"}},

	{"reset started", bind(func(w *world) string { return w.resetStart(both, casey).ok() }), []string{"reset challenge"}},
	{"reset code sent", func(w *world) bound {
		token, code := w.resetSent(both, casey)
		return bound{token, code}
	}, []string{"reset challenge", "reset code"}},
	{"reset proven", bind(provenOf), []string{"reset submit"}},
	{"reset submitted", bind(submittedOf), []string{"reset poll"}},
	{"reset done", bind(func(w *world) string { return w.resetPoll(both, submittedOf(w)).ok() }), []string{"token for a flow"}},
}

func provenOf(w *world) string {
	token, code := w.resetSent(both, casey)
	return w.resetCode(both, token, code).ok()
}

func submittedOf(w *world) string { return w.resetSubmit(both, provenOf(w), calmHarbor).ok() }

// went tells whether a call was let through: with an answer, or with a demand for what is missing.
func (a answer) went() bool {
	return a.status == 200 || a.body["error"] == "credential_required" || a.body["error"] == "attributes_required"
}

func TestBinding_EachStateTakesItsOwnCallsAlone(t *testing.T) {
	t.Parallel()
	pairs, legal := 0, 0
	for _, s := range boundStates {
		t.Run(s.name, func(t *testing.T) {
			w := newEntry(t)
			b := s.open(w)
			for _, c := range boundCalls {
				pairs++
				if s.allows(c.name) {
					legal++
					continue
				}
				a := c.make(w, both, b)
				require.Equal(t, 400, a.status, "%s: %v", c.name, a.body)
				assert.Equal(t, "invalid_request", a.body["error"], c.name)
				assert.Equal(t, []any{55200.0}, a.body["error_codes"], c.name)
			}
			last := s.legal[len(s.legal)-1]
			for _, c := range boundCalls {
				if c.name == last { // none of the others has used up the token, the code or the account
					a := c.make(w, both, b)
					require.True(t, a.went(), "%s: %v", c.name, a.body)
				}
			}
		})
	}
	t.Logf("%d pairs of a state and a call, %d of them legal", pairs, legal)
	assert.GreaterOrEqual(t, pairs, 150)
}

func TestBinding_EachLegalCallIsLetThrough(t *testing.T) {
	t.Parallel()
	for _, s := range boundStates {
		for _, name := range s.legal[:len(s.legal)-1] { // the last is tried above
			t.Run(s.name+", "+name, func(t *testing.T) {
				w := newEntry(t)
				b := s.open(w)
				for _, c := range boundCalls {
					if c.name == name {
						a := c.make(w, both, b)
						require.True(t, a.went(), "%v", a.body)
					}
				}
			})
		}
	}
}

func TestBinding_AnotherClientsTokenIsGoodForNothing(t *testing.T) {
	t.Parallel()
	pairs := 0
	for _, s := range boundStates {
		t.Run(s.name, func(t *testing.T) {
			w := newEntry(t)
			b := s.open(w)
			for _, other := range []string{keyed, plain} {
				for _, c := range boundCalls {
					pairs++
					a := c.make(w, other, b)
					require.Equal(t, 400, a.status, "%s: %v", c.name, a.body)
					assert.Equal(t, []any{55200.0}, a.body["error_codes"], c.name)
				}
			}
			for _, c := range boundCalls {
				if c.name == s.legal[len(s.legal)-1] {
					a := c.make(w, both, b)
					require.True(t, a.went(), "%v", a.body)
				}
			}
		})
	}
	t.Logf("%d pairs of a state and a call of another client", pairs)
	assert.GreaterOrEqual(t, pairs, 150)
}

// The store has seen none of it: where the account stands is what the legal calls made of it.
func TestBinding_RefusedCallsChangeNoAccount(t *testing.T) {
	t.Parallel()
	w := newEntry(t)
	before, err := w.store.UserByUsername(t.Context(), casey)
	require.NoError(t, err)
	for _, s := range boundStates {
		if s.name == "reset submitted" || s.name == "reset done" || s.name == "sign-up done" {
			continue // getting there changes it
		}
		b := s.open(w)
		for _, c := range boundCalls {
			if !s.allows(c.name) {
				c.make(w, both, b)
			}
		}
	}
	after, err := w.store.UserByUsername(t.Context(), casey)
	require.NoError(t, err)
	assert.Equal(t, before, after)
	_, err = w.store.UserByUsername(t.Context(), "new@contoso.com")
	require.ErrorIs(t, err, store.ErrNotFound)
}
