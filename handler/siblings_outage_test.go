package handler_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/store"
)

// ordeal is a call while a part is out of order. ready takes a world to before it, and returns it.
type ordeal struct {
	name  string
	ready func(s *trip) (call func() answer)
	done  int // the status of the call that works
}

// ordeals are the calls beside native authentication, and those of native flows that give what is good once.
var ordeals = []ordeal{
	{"a password in one call", func(s *trip) func() answer {
		return func() answer { return s.own(legacyApp, casey, harbor) }
	}, 200},
	{"Auth0: a password", func(s *trip) func() answer {
		return func() answer { return s.give(passwordApp, casey, harbor, "scope", "openid offline_access") }
	}, 200},
	{"Auth0: a password of which more is asked", func(s *trip) func() answer {
		return func() answer { return s.give(guardedApp, casey, harbor) }
	}, 403},
	{"Auth0: a refresh", func(s *trip) func() answer {
		text := s.give(passwordApp, casey, harbor, "scope", "openid offline_access").text("refresh_token")
		return func() answer {
			return s.post(auth0Token, "client_id", passwordApp, "grant_type", "refresh_token", "refresh_token", text)
		}
	}, 200},
	{"Auth0: the list of authenticators", func(s *trip) func() answer {
		token := s.mfaToken()
		return func() answer {
			resp, _ := s.bare("GET", s.base+mfaAuthenticators, "", "Authorization", "Bearer "+token)
			return answer{t: s.T, status: resp.StatusCode}
		}
	}, 200},
	{"Auth0: a challenge", func(s *trip) func() answer {
		token := s.mfaToken()
		return func() answer { return s.mfaAsk(token, "challenge_type", "oob") }
	}, 200},
	{"Auth0: a code that was sent", func(s *trip) func() answer {
		token := s.mfaToken()
		oob, code := s.mfaSent(token)
		return func() answer { return s.mfaGive(byOOB, token, "oob_code", oob, "binding_code", code) }
	}, 200},
	{"Auth0: a code of an app", func(s *trip) func() answer {
		token, code := s.mfaToken(), s.shown(s.token)
		return func() answer { return s.mfaGive(byApp, token, "otp", code) }
	}, 200},
	{"Auth0: a recovery code", func(s *trip) func() answer {
		token := s.mfaToken()
		return func() answer { return s.mfaGive(byRecovery, token, "recovery_code", s.code) }
	}, 200},
	{"a code of an app", func(s *trip) func() answer {
		token, code := s.askedApp(casey), s.shown(s.token)
		return func() answer { return s.redeemSecond(guarded, token, code) }
	}, 200},
	{"a recovery code", func(s *trip) func() answer {
		token := s.askedRecovery(casey)
		return func() answer { return s.redeemSecond(guarded, token, s.code) }
	}, 200},
}

// newOrdeal has somebody with every kind of method.
func newOrdeal(t *testing.T, o ordeal) (s *trip, call func() answer) {
	s = newTrip(t, withOwners, secondFactors, withAuth0)
	require.NoError(t, s.store.CreateUser(t.Context(), store.User{ID: "7", Username: casey, Email: casey, PasswordHash: hashOf(t, harbor)}))
	uri, recovery := s.withApp(casey)
	s.token, s.code = uri, recovery[0]
	s.update(casey, func(u *store.User) { u.Methods = append(u.Methods, mailMethod) })
	call = o.ready(s)
	s.fault.traced()
	return s, call
}

// Each call that a step makes of the host is put out of order: the answer says so, nothing is used up by it,
// and the same call works once that is mended.
func TestOutage_OfASiblingLosesNothing(t *testing.T) {
	for _, o := range ordeals {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			s, call := newOrdeal(t, o)
			require.Equal(t, o.done, call().status)
			places := s.fault.traced()
			require.NotEmpty(t, places)
			for _, m := range []mode{fails, panics} {
				for n, name := range places {
					what := fmt.Sprintf("%d of %v %s", n, places, m)
					s, call := newOrdeal(t, o)
					s.fault.arm(m, n)
					a := call()
					s.fault.mend()
					if a.status == o.done { // what a call gives back is nobody's to wait for
						assert.Contains(t, []string{"Add", "Get", "Delete"}, name, what)
						continue
					}
					assert.Equal(t, map[mode]int{fails: 503, panics: 500}[m], a.status, "%s: %v", what, a.body)
					assert.Equal(t, o.done, call().status, "after %s", what)
				}
			}
		})
	}
}

// What was used up by a call that could not be finished is good for that flow alone, and once.
func TestOutage_WhatOneFlowHasClaimedIsNotAnothers(t *testing.T) {
	for _, grant := range []string{byApp, byRecovery} {
		s := newTrip(t, withOwners, secondFactors, withAuth0)
		require.NoError(t, s.store.CreateUser(t.Context(), store.User{ID: "7", Username: casey, Email: casey, PasswordHash: hashOf(t, harbor)}))
		uri, recovery := s.withApp(casey)
		first, second := s.mfaToken(), s.mfaToken()
		give := func(token string) answer {
			return s.mfaGive(grant, token, "otp", s.shown(uri), "recovery_code", recovery[0])
		}
		s.fault.traced()
		s.fault.arm(fails, 6) // beyond the claim
		give(first).plainly(503, "temporarily_unavailable")
		s.fault.mend()
		give(second).plainly(403, "invalid_grant")
		give(first).tokens()
		give(second).plainly(403, "invalid_grant")
		give(first).plainly(401, "invalid_grant")
	}
}
