//go:build unix

package proofs

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// crash is how much is broken while people sign up.
type crash struct {
	kills    int
	perKill  int // sign-ups that are acknowledged before the next one, at least
	atRandom *rand.Rand
	what     string // is killed
}

// between returns when to kill: 5 to 200 ms after enough sign-ups were acknowledged, at random.
func (c crash) between() time.Duration {
	return time.Duration(5_000+c.atRandom.IntN(195_000)) * time.Microsecond
}

// T6, instances: an instance is killed again and again while eight people at once sign up.
func TestT6_AKilledInstanceLosesNothing(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		var p place
		if b.name == "redis" { // the usual one may forget what it has acknowledged
			p = newRedis(t).place
		} else {
			p = b.fresh(t)
		}
		s := newSite(t, p)
		c := crash{pick(5, 100), pick(10, 52), chance(t), "instance killed"}
		victim := s.start()
		s.survive(t, b.name, c, func() string { return victim.base }, func(w *writers) {
			w.base.Store(nil)
			victim.kill()
			victim = s.start()
		})
	})
}

// T6, servers: the database server is killed again and again. The instance lives, and goes on.
func TestT6_AKilledDatabaseLosesNothing(t *testing.T) {
	for _, kind := range []struct {
		name  string
		start func(testing.TB) *server
	}{{"postgres", newPostgres}, {"mariadb", newMariaDB}, {"redis", newRedis}} {
		t.Run(kind.name, func(t *testing.T) {
			server := kind.start(t)
			s := newSite(t, server.place)
			c := crash{pick(2, 20), pick(10, 52), chance(t), "server killed"}
			i := s.start()
			s.survive(t, kind.name, c, func() string { return i.base }, func(*writers) {
				server.kill()
				server.start()
			})
		})
	}
}

// T6, the worst moment: the account is there, and the instance dies before the flow knows. The last step
// is repeated elsewhere, and succeeds, since the account has the id that the flow has chosen.
func TestT6_TheLastStepMayBeRepeated(t *testing.T) {
	flows := pick(2, 20)
	onEach(t, func(t *testing.T, b backend) {
		s := newSite(t, b.fresh(t))
		survivor := s.start()
		repeated := 0
		for f := range flows {
			j := s.journey(fmt.Sprintf("u%d@contoso.com", f))
			j.travel(t, survivor.base, signUpStart, signUpCode)
			victim := s.start()
			victim.condemn(t, afterCreating)
			a := j.call(victim.base, signUpCode)
			require.Error(t, a.err, "nobody was to answer: %v", a)
			<-victim.over
			if a := j.call(survivor.base, signUpCode); a.ok() {
				repeated++
				j.travel(t, survivor.base, signUpTokens, allSteps)
			} else {
				t.Log(a)
			}
		}
		proof(t, "T6 "+b.name+" last steps repeated after the account was made", repeated, "sign-ups", exactly(flows))
		accounts, err := s.look().accounts(t.Context())
		require.NoError(t, err)
		assert.Equal(t, flows, accounts)
	})
}

// survive lets people sign up, kills, looks whether the API is there again, and in the end compares
// what they were told with what is there.
func (s *site) survive(t *testing.T, store string, c crash, base func() string, kill func(w *writers)) {
	w := s.newWriters(8)
	for range c.kills {
		w.comeTo(t, base())
		enough := w.acknowledged.Load() + int64(c.perKill)
		require.Eventually(t, func() bool { return w.acknowledged.Load() >= enough }, 30*time.Second, time.Millisecond,
			"nobody gets on: %s", w.complaints())
		time.Sleep(c.between())
		kill(w)
	}
	w.comeTo(t, base())
	w.finish()
	k := s.look()
	name := "T6 " + store + " " + c.what + ","
	proof(t, name+" so often", c.kills, "kills", exactly(c.kills))
	proof(t, name+" sign-ups acknowledged", int(w.acknowledged.Load()), "accounts", atLeast(pick(c.kills*c.perKill, min(5000, c.kills*c.perKill))))
	proof(t, name+" acknowledged and lost", w.lost(t, k, base()), "accounts", exactly(0))
	halves, err := k.halves(t.Context())
	require.NoError(t, err)
	proof(t, name+" half accounts", halves, "accounts", exactly(0))
	accounts, err := k.accounts(t.Context())
	require.NoError(t, err)
	proof(t, name+" accounts that nobody was told of", accounts-len(w.done), "accounts", exactly(0))
	t.Logf("interrupted last steps: %d, of which %d had done all but answer; challenges that a dead instance overtook: %d",
		w.interrupted.Load(), w.unanswered.Load(), w.overtaken.Load())
	proof(t, fmt.Sprintf("%s last steps repeated in vain, of %d", name, w.interrupted.Load()), int(w.stuck.Load()), "sign-ups", exactly(0))
	endless, _ := k.census(t)
	proof(t, name+" counters without an end", endless, "counters", exactly(0))
	assert.Empty(t, w.complaints())
}

// lost returns how many of those who were told that they have an account have none, or cannot sign in.
func (w *writers) lost(t *testing.T, k *kept, base string) int {
	var lost atomic.Int64
	each(8, w.done, func(user string) {
		u, err := k.users.UserByUsername(t.Context(), user)
		j := w.journey(user)
		good := err == nil && u.Username == user
		for n := signInStart; n < allSteps && good; n++ {
			a := j.call(base, n)
			if good = a.ok(); !good {
				t.Logf("%s: %s: %v", user, steps[n].name, a)
			}
		}
		if !good {
			lost.Add(1)
		}
	})
	return int(lost.Load())
}
