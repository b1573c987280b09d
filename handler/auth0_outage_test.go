package handler_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/otp"
)

// Stores that fail or hang, beneath the calls of clients of Auth0: S5, L5.

// auth0Legs are the calls of a sign-in with a second factor, in order. Each is sent once more after a call
// of the host's parts that failed, and has to succeed then.
var auth0Legs = []struct {
	name string
	call func(s *auth0Trip) answer
	good int // its status
	note func(s *auth0Trip, a answer)
}{
	{"password", func(s *auth0Trip) answer {
		return s.give(guardedApp, casey, harbor, "scope", "openid offline_access")
	}, 403, func(s *auth0Trip, a answer) { s.token = a.text("mfa_token") }},
	{"challenge", func(s *auth0Trip) answer {
		s.mails = s.mail.count()
		return s.mfaAsk(s.token)
	}, 200, func(s *auth0Trip, a answer) {
		s.oob = a.text("oob_code")
		s.code = s.mail.take(s.mails + 1).Code
	}},
	{"wrong code", func(s *auth0Trip) answer {
		return s.mfaGive(byOOB, s.token, "oob_code", s.oob, "binding_code", otherCode(s.code))
	}, 403, func(*auth0Trip, answer) {}},
	{"code", func(s *auth0Trip) answer { return s.mfaGive(byOOB, s.token, "oob_code", s.oob, "binding_code", s.code) }, 200,
		func(s *auth0Trip, a answer) { s.refresh = a.text("refresh_token") }},
	{"refresh", func(s *auth0Trip) answer { return s.renew(guardedApp, s.refresh) }, 200, func(*auth0Trip, answer) {}},
}

type auth0Trip struct {
	*trip
	oob   string
	mails int
}

func newAuth0Trip(t *testing.T) *auth0Trip {
	s := &auth0Trip{trip: newTrip(t, secondFactors, withAuth0)}
	s.person(casey, mailMethod)
	s.fault.traced()
	return s
}

// pass goes through the legs up to one.
func (s *auth0Trip) pass(to int) {
	s.Helper()
	for _, l := range auth0Legs[:to] {
		a := l.call(s)
		require.Equal(s, l.good, a.status, "%s: %v", l.name, a.body)
		l.note(s, a)
	}
}

func TestAuth0Outage_NothingIsHalfDone(t *testing.T) {
	for n, l := range auth0Legs {
		s := newAuth0Trip(t)
		s.pass(n)
		s.fault.traced()
		require.Equal(t, l.good, l.call(s).status)
		calls := s.fault.traced()
		require.NotEmpty(t, calls)
		for i, name := range calls {
			for _, m := range []mode{fails, panics, hangs} {
				t.Run(fmt.Sprintf("%s: %s, call %d, %s", l.name, name, i, m), func(t *testing.T) {
					t.Parallel()
					s := newAuth0Trip(t)
					s.pass(n)
					s.fault.arm(m, i)
					began := time.Now()
					a := l.call(s)
					s.fault.mend()
					if a.status != l.good { // else what failed was to take back a count
						a.outOfOrder(m, began)
						a = l.call(s)
					}
					require.Equal(t, l.good, a.status, "%v", a.body)
					l.note(s, a)
					for _, rest := range auth0Legs[n+1:] {
						a := rest.call(s)
						require.Equal(t, rest.good, a.status, "%s: %v", rest.name, a.body)
						rest.note(s, a)
					}
				})
			}
		}
	}
}

// outOfOrder is an answer that says that something is out of order, and no more.
func (a answer) outOfOrder(m mode, began time.Time) {
	a.t.Helper()
	if m == panics {
		a.plainly(500, "server_error")
	} else {
		a.plainly(503, "temporarily_unavailable")
		assert.NotEmpty(a.t, a.header.Get("Retry-After"))
	}
	assert.Less(a.t, time.Since(began), soon)
	for _, word := range leaks {
		assert.NotContains(a.t, a.body["error_description"], word)
	}
}

func TestAuth0Outage_TheListSaysSo(t *testing.T) {
	s := newAuth0Trip(t)
	s.pass(1)
	for _, m := range []mode{fails, panics} {
		s.fault.arm(m, 0)
		status, _ := s.statusOfList()
		s.fault.mend()
		assert.Equal(t, map[mode]int{fails: 503, panics: 500}[m], status)
	}
	status, list := s.mfaList(s.token)
	assert.Equal(t, 200, status)
	assert.Equal(t, otp.Address(another).Mask(), list[0]["name"])
}

func (s *auth0Trip) statusOfList() (int, string) {
	s.Helper()
	resp, text := s.bare("GET", s.base+mfaAuthenticators, "", "Authorization", "Bearer "+s.token)
	return resp.StatusCode, text
}

func TestAuth0Outage_WhoseMailIsNotTakenMayAskAgainAtOnce(t *testing.T) {
	same := withKeys(t)
	w := newWorld(t, same, secondFactors, withAuth0, withInterval(0))
	closing := w.sibling(same, secondFactors, withAuth0, withInterval(0))
	w.person(casey, mailMethod)
	token := w.mfaToken()
	require.NoError(t, closing.auth.Shutdown(t.Context()))
	began := time.Now()
	closing.mfaAsk(token).outOfOrder(fails, began)
	oob, code := w.mfaSent(token)
	w.mfaGive(byOOB, token, "oob_code", oob, "binding_code", code).tokens()
}
