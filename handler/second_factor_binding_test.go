package handler_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// F2, F4, T3: section 6.5 of the contract for each of its states and each call there is, D16, D17.

// factorCalls are those of second factors; boundCalls has the others.
var factorCalls = append([]boundCall{
	{"introspect", bearing(secIntrospect)},
	{"register introspect", bearing(regIntrospect)},
	{"register challenge", bearing(regChallenge, "challenge_type", "oob", "challenge_target", another)},
	{"register code", bearing(regContinue, "grant_type", "oob", "oob", "CODE")},
	{"register known", bearing(regContinue, "grant_type", "continuation_token")},
}, boundCalls...)

// factorStates are the states between two factors. The last of the legal calls goes on.
var factorStates = []boundState{
	{"[M0] second factor wanted", bind(func(w *world) string { return w.firstOf(withMethod).wants("mfa_required") }),
		[]string{"introspect", "sign-in challenge"}},
	{"[M1] methods listed", bind(func(w *world) string {
		return w.introspect(factored, w.firstOf(withMethod).wants("mfa_required")).ok()
	}), []string{"introspect", "sign-in challenge"}},
	{"[M2] second factor asked for", func(w *world) bound {
		wanted := w.firstOf(withMethod).wants("mfa_required")
		token, code := w.nextCode(func() answer { return w.signInChallenge(factored, wanted) })
		return bound{token, code}
	}, []string{"introspect", "sign-in challenge", "token for a code", "token for a second factor"}},
	{"[M2] app asked for", func(w *world) bound {
		uri, _ := w.withApp(withMethod)
		wanted := w.introspect(factored, w.firstOf(withMethod).wants("mfa_required")).ok()
		return bound{w.askedBy(factored, wanted, w.kindOf(withMethod, store.MethodTOTP).ID).ok(), w.shown(uri)}
	}, []string{"introspect", "sign-in challenge", "token for a code", "token for a second factor"}},
	{"[R0] registration wanted", bind(func(w *world) string { return w.firstOf(casey).wants("registration_required") }),
		[]string{"register introspect"}},
	{"[R1] kinds listed", bind(func(w *world) string {
		return w.kinds(factored, w.firstOf(casey).wants("registration_required")).ok()
	}), []string{"register introspect", "register challenge"}},
	{"[R2] contact asked for", toRegistering, []string{"register introspect", "register challenge", "register code"}},
	{"[R3] contact known", bind(func(w *world) string {
		listed := w.kinds(factored, w.redeemToken(factored, w.signedUp(factored, "new@contoso.com")).wants("registration_required")).ok()
		return w.register(factored, listed, "new@contoso.com").ok()
	}), []string{"register challenge", "register known"}},
	{"[R4] registered", bind(func(w *world) string {
		b := toRegistering(w)
		mails := w.mail.count()
		token := w.registerCode(factored, b.token, b.code).ok()
		w.mail.take(mails + 1) // the notice
		return token
	}), []string{"token for a flow"}},
}

const (
	factored   = "77777777-7777-4777-8777-777777777777" // both of what both asks for, and a second factor
	withMethod = "sam@contoso.com"
)

func toRegistering(w *world) bound {
	listed := w.kinds(factored, w.firstOf(casey).wants("registration_required")).ok()
	token, code := w.nextCode(func() answer { return w.register(factored, listed, another) })
	return bound{token, code}
}

func (w *world) firstOf(user string) answer { return w.first(factored, user) }

// newFactored has two accounts with a password, of which the second has a method.
func newFactored(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, func(c *handler.Config) {
		c.SMSCountries = otp.Countries{"+49"}
		c.Clients = append(c.Clients,
			handler.Client{ID: factored, Passwords: true, SecondFactor: handler.Always},
			handler.Client{ID: guarded, Passwords: true, SecondFactor: handler.Always})
	})
	for i, user := range []string{casey, withMethod} {
		u := store.User{ID: []string{"7", "8"}[i], Username: user, Email: user, PasswordHash: hashOf(t, harbor)}
		if user == withMethod {
			u.Methods = []store.Method{textMethod}
		}
		require.NoError(t, w.store.CreateUser(t.Context(), u))
	}
	return w
}

func TestBinding_BetweenFactorsEachStateTakesItsOwnCallsAlone(t *testing.T) {
	t.Parallel()
	pairs := 0
	for _, s := range factorStates {
		t.Run(s.name, func(t *testing.T) {
			w := newFactored(t)
			b := s.open(w)
			for _, c := range factorCalls {
				if pairs++; s.allows(c.name) {
					continue
				}
				a := c.make(w, factored, b)
				if s.name[:4] == "[R2]" && c.name == "register known" {
					a.refused(400, "invalid_grant", "", 70003) // D16
					continue
				}
				require.Equal(t, 400, a.status, "%s: %v", c.name, a.body)
				assert.Equal(t, "invalid_request", a.body["error"], c.name)
				assert.Equal(t, []any{55200.0}, a.body["error_codes"], c.name)
			}
			last := s.legal[len(s.legal)-1]
			for _, c := range factorCalls {
				if c.name == last { // none of the others has used up the token or the code
					a := c.make(w, factored, b)
					require.Equal(t, 200, a.status, "%s: %v", c.name, a.body)
				}
			}
		})
	}
	t.Logf("%d pairs of a state and a call", pairs)
}

func TestBinding_BetweenFactorsEachLegalCallIsLetThrough(t *testing.T) {
	t.Parallel()
	for _, s := range factorStates {
		for _, name := range s.legal[:len(s.legal)-1] { // the last is tried above
			t.Run(s.name+", "+name, func(t *testing.T) {
				w := newFactored(t)
				b := s.open(w)
				for _, c := range factorCalls {
					if c.name == name {
						a := c.make(w, factored, b)
						require.Equal(t, 200, a.status, "%v", a.body)
					}
				}
			})
		}
	}
}

func TestBinding_BetweenFactorsAnotherClientsTokenIsGoodForNothing(t *testing.T) {
	t.Parallel()
	for _, s := range factorStates {
		t.Run(s.name, func(t *testing.T) {
			w := newFactored(t)
			b := s.open(w)
			for _, other := range []string{keyed, plain, guarded} {
				for _, c := range factorCalls {
					a := c.make(w, other, b)
					require.Equal(t, 400, a.status, "%s: %v", c.name, a.body)
					assert.Equal(t, []any{55200.0}, a.body["error_codes"], c.name)
				}
			}
			for _, c := range factorCalls {
				if c.name == s.legal[len(s.legal)-1] {
					require.Equal(t, 200, c.make(w, factored, b).status)
				}
			}
		})
	}
}

func TestBinding_BetweenFactorsRefusedCallsChangeNoAccount(t *testing.T) {
	t.Parallel()
	for _, s := range factorStates {
		t.Run(s.name, func(t *testing.T) {
			w := newFactored(t)
			b := s.open(w)
			look := func() (list []store.User) {
				for _, user := range []string{casey, withMethod} {
					u, err := w.store.UserByUsername(t.Context(), user)
					require.NoError(t, err)
					list = append(list, u)
				}
				return list
			}
			before := look()
			for _, c := range factorCalls {
				if !s.allows(c.name) {
					c.make(w, factored, b)
				}
			}
			assert.Equal(t, before, look())
		})
	}
}

// And the other way round: the calls of second factors take no token of another state.
func TestBinding_CallsOfSecondFactorsTakeNoOtherToken(t *testing.T) {
	t.Parallel()
	for _, s := range boundStates {
		t.Run(s.name, func(t *testing.T) {
			w := newEntry(t)
			b := s.open(w)
			for _, c := range factorCalls[:len(factorCalls)-len(boundCalls)] {
				c.make(w, both, b).badToken()
			}
			for _, c := range boundCalls {
				if c.name == s.legal[len(s.legal)-1] {
					a := c.make(w, both, b)
					require.True(t, a.went(), "%v", a.body)
				}
			}
		})
	}
}
