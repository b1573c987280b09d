//go:build unix

package proofs

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const grace = 10 * time.Second // in which a refresh may be repeated

// family is a sign-in, and the refresh tokens that have come of it so far, the newest last.
type family struct {
	*site
	tokens []string
}

func (s *site) family(base, user string) *family {
	s.Helper()
	j := s.journey(user)
	j.travel(s, base, signUpStart, signUpTokens)
	j.travel(s, base, signUpTokens, signInStart)
	require.NotEmpty(s, j.refresh)
	return &family{s, []string{j.refresh}}
}

// use refreshes with one of the tokens.
func (f *family) use(base string, i int) answer {
	return (&journey{refresh: f.tokens[i]}).call(base, refresh)
}

// renew adds n more tokens, each made by another instance.
func (f *family) renew(instances []*instance, n int) {
	f.Helper()
	for i := range n {
		a := f.use(instances[i%len(instances)].base, len(f.tokens)-1)
		require.True(f, a.ok(), "%v", a)
		f.tokens = append(f.tokens, a.field("refresh_token"))
	}
}

// deadEverywhere returns how long it took until no instance accepts the newest token, and in how many
// cases that took too long. It changes nothing in a family that has ended.
func (f *family) deadEverywhere(instances []*instance, since time.Time) (took time.Duration, alive int) {
	for _, i := range instances {
		a := f.use(i.base, len(f.tokens)-1)
		took = time.Since(since)
		if a.number() != 70000 {
			f.Logf("still alive at %s after %v: %v", i.base, took, a)
			alive++
		}
	}
	return took, alive
}

// T15, successors: however many use one token at once on three instances, all get the same successor.
func TestT15_OneTokenHasOneSuccessor(t *testing.T) {
	rounds := pick(5, 100)
	onEach(t, func(t *testing.T, b backend) {
		s := newSite(t, b.fresh(t))
		instances := s.three()
		f := s.family(instances[0].base, "u@contoso.com")
		single, failed, repeated := 0, 0, 0
		for range rounds {
			successors := map[string]int{}
			for _, a := range atOnce(burst, instances, func(_ int, base string) answer { return f.use(base, len(f.tokens)-1) }) {
				if a.ok() {
					successors[a.field("refresh_token")]++
				} else {
					t.Log(a)
					failed++
				}
			}
			if len(successors) == 1 {
				single++
			}
			for successor := range successors {
				f.tokens = append(f.tokens, successor)
				break
			}
			for _, i := range instances { // the answer was lost
				if f.use(i.base, len(f.tokens)-2).field("refresh_token") == f.tokens[len(f.tokens)-1] {
					repeated++
				}
			}
		}
		proof(t, "T15 "+b.name+" tokens with one successor", single, "tokens", exactly(rounds))
		proof(t, "T15 "+b.name+" uses refused, of "+number(float64(rounds*burst)), failed, "uses", exactly(0))
		proof(t, "T15 "+b.name+" the same successor again in the grace", repeated, "uses", exactly(3*rounds))
	})
}

// T15, theft: a token of any older generation that comes again ends the family on all instances, also
// when all of them have been restarted in between.
func TestT15_AnOlderTokenEndsTheFamilyEverywhere(t *testing.T) {
	generations := 5
	families := pick(1, 10)
	onEach(t, func(t *testing.T, b backend) {
		s := newSite(t, b.fresh(t))
		instances := s.three()
		var slowest time.Duration
		alive, users := 0, 0
		fresh := func() *family {
			users++
			f := s.family(instances[users%3].base, fmt.Sprintf("u%d@contoso.com", users))
			f.renew(instances, generations+1)
			return f
		}
		steal := func(f *family, generation int) {
			begin := time.Now()
			a := f.use(instances[rand.N(3)].base, generation)
			assert.Equal(t, 70000, a.number(), "%v", a)
			took, still := f.deadEverywhere(instances, begin)
			slowest = max(slowest, took)
			alive += still
		}
		var ended, stolenLater []*family
		for range families {
			for generation := range generations {
				f := fresh()
				steal(f, generation)
				ended = append(ended, f)
				stolenLater = append(stolenLater, fresh())
			}
		}
		late := s.family(instances[0].base, "late@contoso.com")
		late.renew(instances, 1)
		graceEnds := time.Now().Add(grace)

		for n, i := range instances { // one is stopped as it should be, the others are not
			if n == 0 {
				i.stop(t)
			} else {
				i.kill()
			}
		}
		instances = s.three()
		for _, f := range ended {
			_, still := f.deadEverywhere(instances, time.Now())
			alive += still
		}
		for n, f := range stolenLater {
			steal(f, n%generations)
		}
		if long { // even the last but one, when nobody can still be waiting for his answer
			time.Sleep(time.Until(graceEnds) + 100*time.Millisecond)
			steal(late, 0)
		}
		proof(t, "T15 "+b.name+" families alive after a theft, of "+number(float64(len(ended)+len(stolenLater)+pick(0, 1))), alive, "instances", exactly(0))
		proof(t, "T15 "+b.name+" theft to refusal everywhere, slowest", seconds(slowest), "s", within(1))
	})
}

// T15, the account: who is disabled, or whose sessions were ended, is refused by all.
func TestT15_ADisabledAccountRefreshesNowhere(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		s := newSite(t, b.fresh(t))
		instances := s.three()
		users := s.look().users
		var slowest time.Duration
		alive := 0
		for n, end := range []string{"disabled", "epoch"} {
			name := fmt.Sprintf("u%d@contoso.com", n)
			f := s.family(instances[n].base, name)
			u, err := users.UserByUsername(t.Context(), name)
			require.NoError(t, err)
			if u.Disabled = end == "disabled"; !u.Disabled {
				u.Epoch++
			}
			begin := time.Now()
			require.NoError(t, users.UpdateUser(t.Context(), u))
			took, still := f.deadEverywhere(instances, begin)
			slowest = max(slowest, took)
			alive += still
		}
		proof(t, "T15 "+b.name+" disabled or signed out, and alive", alive, "instances", exactly(0))
		proof(t, "T15 "+b.name+" disabled to refusal everywhere, slowest", seconds(slowest), "s", within(1))
	})
}
