//go:build unix

package proofs

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// burst is how many calls come at once, shared out over three instances.
const burst = 3 * 64

// T1: of many right submissions of one code exactly one succeeds. The others are told that the code or
// the token is no longer good; none is answered by an error of the server. Sign-up and sign-in take
// turns.
func TestT1_OneRightCodeWorksOnce(t *testing.T) {
	rounds := pick(10, 200)
	onEach(t, func(t *testing.T, b backend) {
		s := newSite(t, b.fresh(t))
		instances := s.three()
		once, broken, odd := 0, 0, map[string]int{}
		begin := time.Now()
		for round := range rounds {
			base := instances[round%3].base
			j := s.journey(fmt.Sprintf("u%d@contoso.com", round/2))
			first, last := signUpStart, signUpCode
			if round%2 == 1 {
				first, last = signInStart, signInCode
			}
			j.travel(t, base, first, last)
			won := 0
			for _, a := range atOnce(burst, instances, func(_ int, base string) answer {
				return post(base, steps[last].path, steps[last].pairs(j)...)
			}) {
				switch {
				case a.ok():
					won++
				case a.err != nil || a.status >= http.StatusInternalServerError:
					broken++
				case a.status != http.StatusBadRequest || a.number() != 55200 && a.number() != 50181:
					odd[a.String()]++
				}
			}
			if won == 1 {
				once++
			} else {
				t.Logf("round %d: %d successes", round, won)
			}
		}
		t.Logf("%d rounds of %d in %v", rounds, burst, time.Since(begin).Round(time.Millisecond))
		proof(t, "T1 "+b.name+" successes", once, "rounds", exactly(rounds))
		proof(t, "T1 "+b.name+" answers 5xx or none", broken, "answers", exactly(0))
		assert.Empty(t, odd)
		n, err := s.look().accounts(t.Context())
		require.NoError(t, err)
		assert.Equal(t, (rounds+1)/2, n, "accounts")
	})
}

// X1: no instance knows more than the others.
func TestX1_EveryStepMayGoToAnotherInstance(t *testing.T) {
	flows := pick(10, 100)
	onEach(t, func(t *testing.T, b backend) {
		s := newSite(t, b.fresh(t))
		proof(t, "X1 "+b.name+" flows completed", complete(t, s, s.three(), flows), "flows", exactly(flows))
	})
}

// X3: clocks that are apart are no reason to refuse what is good. That nothing lives too long either is
// proved in internal/flow, where time can be made to pass.
func TestX3_InstancesMayHaveClocksThatAreApart(t *testing.T) {
	flows := pick(9, 90)
	onEach(t, func(t *testing.T, b backend) {
		s := newSite(t, b.fresh(t))
		var instances []*instance
		for _, s.Skew = range []time.Duration{-120 * time.Second, 0, 120 * time.Second} {
			instances = append(instances, s.start())
		}
		proof(t, "X3 "+b.name+" flows over ±120 s completed", complete(t, s, instances, flows), "flows", exactly(flows))
	})
}

// complete makes journeys from sign-up to refresh whose steps take turns on the instances, each journey
// beginning at the next one. It returns how many came to their end.
func complete(t *testing.T, s *site, instances []*instance, flows int) (completed int) {
	for f := range flows {
		j := s.journey(fmt.Sprintf("f%d@contoso.com", f))
		good := true
		for n := signUpStart; n < allSteps && good; n++ {
			a := j.call(instances[(f+int(n))%len(instances)].base, n)
			if good = a.ok(); !good {
				t.Logf("flow %d: %s: %v", f, steps[n].name, a)
			}
		}
		if good {
			completed++
		}
	}
	return completed
}
