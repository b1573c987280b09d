package handler_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/sqlstore"
	"github.com/nativeauth/nativeauth/internal/peers"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

const (
	early = "early@contoso.com" // gives the password at the start
	late  = "late@contoso.com"  // gives it last
)

// passwordLegs are the calls of a trip with passwords: of one person who has an account, and of two who
// get one.
var passwordLegs = []leg{
	{"sign-up start with a password", upStart, func(*trip) []string { return opening(early, "password", harbor) }, noteToken},
	{"sign-up challenge", upChallenge, withToken, noteCode},
	{"sign-up code with a password", upContinue, withCode, noteToken},
	{"tokens for a sign-up", inToken, func(s *trip) []string { return append(withToken(s), "grant_type", "continuation_token") }, noteRefresh},
	{"sign-up start", upStart, func(*trip) []string { return opening(late) }, noteToken},
	{"sign-up challenge", upChallenge, withToken, noteCode},
	{"sign-up code", upContinue, withCode, noteToken},
	{"sign-up challenge for the password", upChallenge, withToken, noteToken},
	{"sign-up password", upContinue, withPassword, noteToken},
	{"sign-in start", inStart, func(*trip) []string { return opening(casey) }, noteToken},
	{"sign-in challenge for the password", inChallenge, withToken, noteToken},
	{"tokens for a password", inToken, withPassword, noteRefresh},
	{"reset start", reStart, func(*trip) []string { return opening(casey) }, noteToken},
	{"reset challenge", reChallenge, withToken, noteCode},
	{"reset code", reContinue, withCode, noteToken},
	{"reset submit", reSubmit, func(s *trip) []string { return append(withToken(s), "new_password", busyHarbor) }, noteToken},
	{"reset poll", rePoll, withToken, noteToken},
	{"tokens for a reset", inToken, func(s *trip) []string { return append(withToken(s), "grant_type", "continuation_token") }, noteRefresh},
}

// The calls of them after which something is there that was not before.
const (
	earlyStart, earlyDone = 0, 2
	lateStart, lateDone   = 4, 8
	enterStart            = 9
	resetStart, resetDone = 12, 15
	resetEnd              = 17
)

func opening(user string, more ...string) []string {
	return append([]string{"username", user, "challenge_type", every}, more...)
}

func withPassword(s *trip) []string {
	return append(withToken(s), "grant_type", "password", "password", harbor)
}

// begin is the first call that a call needs to have gone before.
func begin(n int) int {
	starts := []int{earlyStart, lateStart, enterStart, resetStart}
	at, found := slices.BinarySearch(starts, n)
	if !found {
		at--
	}
	return starts[at]
}

func newPasswordTrip(t *testing.T) *trip {
	t.Helper()
	s := newTrip(t)
	require.NoError(t, s.store.CreateUser(t.Context(), store.User{ID: "casey", Username: casey, Email: casey, PasswordHash: hashOf(t, harbor)}))
	return s
}

// pass takes the calls from one to before another.
func (s *trip) pass(from, to int) {
	s.Helper()
	for n := from; n < to; n++ {
		l := passwordLegs[n]
		r := s.do(keyed, l)
		require.NoError(s, r.err)
		if n == lateDone-2 { // the code of a sign-up that lacks its password
			require.Equal(s, 400, r.status, "%s: %s", l.name, r.text)
			require.Contains(s, string(r.text), "[55103]")
		} else {
			require.Equal(s, 200, r.status, "%s: %s", l.name, r.text)
		}
		var body map[string]any
		require.NoError(s, json.Unmarshal(r.text, &body))
		l.note(s, body)
	}
}

// whole checks that each account is as it was before a call or as it is after it, and nothing between.
func (s *trip) whole(what string) {
	s.Helper()
	for _, user := range []string{early, late} {
		if u, err := s.store.UserByUsername(s.Context(), user); err == nil {
			assert.NotEmpty(s, u.PasswordHash, "%s: an account without its password", what)
			assert.Zero(s, u.Epoch, what)
		} else {
			assert.ErrorIs(s, err, store.ErrNotFound, what)
		}
	}
	u, err := s.store.UserByUsername(s.Context(), casey)
	require.NoError(s, err)
	changed := u.PasswordHash != hashOf(s.T, harbor)
	assert.Equal(s, changed, u.Epoch == 1, "%s: a new password whose sessions were not ended, or the reverse", what)
	assert.Equal(s, changed, !u.PasswordChangedAt.IsZero(), what)
	assert.LessOrEqual(s, u.Epoch, int64(1), what)
}

// passwordSites are the calls of the host's parts that each call makes, as they come.
func passwordSites(t *testing.T) [][]string {
	s := newPasswordTrip(t)
	list := make([][]string, len(passwordLegs))
	for n := range passwordLegs {
		s.fault.traced()
		s.pass(n, n+1)
		list[n] = s.fault.traced()
	}
	return list
}

// Each call that a step with passwords makes of the host is put out of order, in each way.
func TestOutage_OfAPasswordOrAResetLeavesNothingHalfDone(t *testing.T) {
	t.Parallel()
	places := passwordSites(t)
	require.Contains(t, places[earlyDone], "CreateUser")
	require.Contains(t, places[lateDone], "CreateUser")
	require.Contains(t, places[resetDone], "UpdateUser")
	for _, m := range []mode{fails, panics} {
		t.Run(string(m), func(t *testing.T) {
			count := 0
			for n, calls := range places {
				for left, name := range calls {
					what := fmt.Sprintf("%s: %s %s", passwordLegs[n].name, name, m)
					s := newPasswordTrip(t)
					s.pass(begin(n), n)
					before := s.mail.count()
					s.fault.arm(m, left)
					r := s.do(keyed, passwordLegs[n])
					s.fault.mend()
					outage(t, r, m, what)
					assert.NotContains(t, string(r.text), "_token\"", what)
					s.whole(what)
					if name == "Put" && n == resetDone {
						s.mail.take(before + 1) // the notice of the write that was done
					}
					s.pass(n, n+1) // with the same token
					s.whole(what + ", and again")
					if n == resetDone {
						m := s.mail.take(before + 1)
						assert.Equal(t, otp.PasswordChanged, m.Purpose, what)
						assert.Equal(t, before+1, s.mail.count(), "%s: notices", what)
						s.pass(n+1, resetEnd+1)
					}
					count++
				}
			}
			require.Greater(t, count, 50)
			t.Logf("%d places", count)
		})
	}
}

// Between the write of the account and that of the flow a step is interrupted. It is repeated with the
// password it was made with, once, and with no other.
func TestInterrupted_TheLastStepIsRepeatedWithItsPassword(t *testing.T) {
	for _, row := range []struct {
		name, user string
		from, at   int
	}{
		{"sign-up", late, lateStart, lateDone},
		{"reset", casey, resetStart, resetDone},
	} {
		for _, m := range []mode{fails, panics, forgets} {
			if m == forgets && row.at != resetDone {
				continue // it forgets only what was changed
			}
			t.Run(row.name+" "+string(m), func(t *testing.T) {
				s := newPasswordTrip(t)
				s.pass(row.from, row.at)
				s.fault.traced()
				calls := passwordSites(t)[row.at]
				s.fault.arm(m, slices.Index(calls, "Put"))
				if m == forgets {
					s.fault.arm(m, 0)
				}
				r := s.do(keyed, passwordLegs[row.at])
				s.fault.mend()
				status := m
				if m == forgets {
					status = fails
				}
				outage(t, r, status, row.name)

				l := passwordLegs[row.at]
				pairs := l.pairs(s)
				other := slices.Clone(pairs)
				other[len(other)-1] = calmHarbor
				for _, wrong := range [][]string{other, other} {
					s.post(l.path, append([]string{"client_id", keyed}, wrong...)...).refused(400, "invalid_request", "", 55200)
				}
				s.post(l.path, append([]string{"client_id", keyed}, pairs...)...).ok()
				s.post(l.path, append([]string{"client_id", keyed}, pairs...)...).refused(400, "invalid_request", "", 55200)
				s.enter(row.user, pairs[len(pairs)-1]).tokens()
				s.enter(row.user, calmHarbor).refused(400, "invalid_grant", "", 50126)
				s.whole(row.name)
			})
		}
	}
}

// A sign-up was interrupted after it had made the account, and its person chose another password then.
func TestInterrupted_APasswordThatCameInBetweenIsNotTheAccounts(t *testing.T) {
	s := newPasswordTrip(t)
	s.pass(earlyStart, earlyDone)
	calls := passwordSites(t)[earlyDone]
	s.fault.arm(fails, slices.Index(calls, "Put"))
	outage(t, s.do(keyed, passwordLegs[earlyDone]), fails, "sign-up code")
	s.fault.mend()
	next := s.signUpPassword(keyed, s.token, calmHarbor).refused(400, "credential_required", "", 55103).text("continuation_token")
	sent, code := s.nextCode(func() answer { return s.signUpChallenge(keyed, next) })
	s.signUpCode(keyed, sent, code).refused(400, "invalid_request", "", 55200)
	s.enter(early, harbor).tokens()
}

// The ways of passwords and resets, on each store.
func TestPasswords_OnEachStore(t *testing.T) {
	way := func(t *testing.T, first, second hostStore) {
		p := newPair(t, first, second)
		p.enrol(casey, harbor)
		start := p.post(upStart, "client_id", both, "username", late, "challenge_type", every).ok()
		sent, code := p.nextCode(func() answer { return p.signUpChallenge(both, start) })
		proven := p.second.signUpCode(both, sent, code).refused(400, "credential_required", "", 55103).text("continuation_token")
		asked := p.signUpChallenge(both, proven).ok()
		chosen := p.second.signUpPassword(both, asked, harbor).refused(400, "attributes_required", "", 55106).text("continuation_token")
		done := p.signUpAttributes(both, chosen, `{"city":"Oslo"}`).ok()
		p.second.redeemToken(both, done).tokens()
		assert.Equal(t, map[string]string{"city": "Oslo"}, p.userOn(late).Attributes)

		asked = p.askedPassword(keyed, casey)
		p.second.redeemPassword(keyed, asked, calmHarbor).refused(400, "invalid_grant", "", 50126)
		refresh := p.redeemPassword(keyed, asked, harbor).tokens().text("refresh_token")

		start = p.resetStart(keyed, casey).ok()
		sent, code = p.nextCode(func() answer { return p.second.resetChallenge(keyed, start) })
		p.resetCode(keyed, sent, otherCode(code)).wrongCode()
		reset := p.second.resetCode(keyed, sent, code).ok()
		p.resetSubmit(keyed, reset, "short").refused(400, "invalid_grant", "password_too_short", 399246)
		p.resetSubmit(keyed, reset, harbor).refused(400, "invalid_grant", "password_recently_used", 399246)
		submitted := p.second.resetSubmit(keyed, reset, busyHarbor).ok()
		p.resetPoll(keyed, submitted).ok()
		final := p.second.resetPoll(keyed, submitted).ok() // with the token it has
		p.redeemToken(keyed, final).tokens()
		p.second.refresh(keyed, refresh).badRefresh()
		p.enter(casey, harbor).refused(400, "invalid_grant", "", 50126)
		p.second.enter(casey, busyHarbor).tokens()
		assert.EqualValues(t, 1, p.userOn(casey).Epoch)
		assert.WithinDuration(t, time.Now(), p.userOn(casey).PasswordChangedAt, time.Minute)
	}
	onStores(t, way)
	t.Run("PostgreSQL", func(t *testing.T) {
		dsn, prefix := peers.Postgres(t), fmt.Sprintf("words%d_", rand.Uint32())
		open := func() hostStore {
			db, err := sql.Open("pgx", dsn)
			require.NoError(t, err)
			t.Cleanup(func() { _ = db.Close() })
			s, err := sqlstore.Open(t.Context(), db, sqlstore.Postgres, sqlstore.WithTablePrefix(prefix))
			require.NoError(t, err)
			t.Cleanup(func() {
				s.Close()
				for _, table := range []string{"users", "state", "counters", "keys", "migrations"} {
					_, _ = db.Exec("DROP TABLE IF EXISTS " + prefix + table)
				}
			})
			return s
		}
		way(t, open(), open())
	})
}
