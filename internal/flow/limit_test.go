//go:build !race

package flow

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// most returns how many of some times lie within any 24 hours.
func most(at []time.Time) (n int) {
	first := 0
	for i := range at {
		for at[i].Sub(at[first]) >= 24*time.Hour {
			first++
		}
		n = max(n, i-first+1)
	}
	return n
}

// Whoever tries, and whenever: also in a burst at the end of a day and another when the next begins.
func TestLimit_HoldsInAny24Hours(t *testing.T) {
	for _, row := range []struct {
		name string
		limit
		most int
	}{{"passwords", passwordLimit, 100}, {"apps", factorLimit, 32}} {
		best := 0
		for _, late := range []time.Duration{0, time.Minute, 10 * time.Minute, time.Hour, 4 * time.Hour, 6 * time.Hour, 8 * time.Hour, 12 * time.Hour} {
			s := newStage(t)
			var account accountID
			began := s.clock.now()
			var compared []time.Time
			try := func() {
				n, err := s.State.Add(t.Context(), row.counter(account).key, 1, triesLife)
				require.NoError(t, err)
				admitted, err := s.admit(t.Context(), row.limit, account, n.Value)
				require.NoError(t, err)
				if admitted {
					compared = append(compared, s.clock.now())
				} else {
					s.forgive(t.Context(), row.counter(account), n)
				}
			}
			try()
			if late > 0 {
				s.clock.pass(triesLife - late) // and nothing before the end of the day
			}
			for s.clock.now().Sub(began) < 73*time.Hour {
				for range 12 {
					try()
				}
				s.clock.pass(30 * time.Second)
			}
			assert.LessOrEqual(t, most(compared), row.most, "%s, %v before the day ends", row.name, late)
			best = max(best, most(compared))
		}
		assert.Greater(t, best, row.most*9/10, "who tries hard comes near to it")
	}
}
