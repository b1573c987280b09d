package handler_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
)

// L2: one count of tries at a password, through whichever door, at whichever instance, however many at once.
func TestL2_EveryDoorCountsTheSameTries(t *testing.T) {
	for _, hides := range []bool{false, true} {
		same := []func(*handler.Config){withOwners, withAuth0, withKeys(t), func(c *handler.Config) { c.HideAccounts = hides }}
		a := newWorld(t, same...)
		b := a.sibling(same...)
		a.enrol(casey, harbor)
		id := a.idOf(casey)
		var asked []string
		for range 4 { // 16 tries: too few for two counts
			asked = append(asked, a.askedPassword(keyed, casey))
		}
		doors := func(w *world, i int, text string) []func() int {
			return []func() int{
				func() int { return w.own(legacyApp, casey, text).status },
				func() int { return w.give(passwordApp, casey, text).status },
				func() int { return w.redeemPassword(keyed, asked[i], text).status },
				func() int {
					if w.auth.ChangePassword(w.Context(), id, text, "another quiet harbour") == nil {
						return 200
					}
					return 400
				},
			}
		}
		for i := range asked {
			var all sync.WaitGroup
			for d, try := range doors(a, i, "a wrong one") {
				if d%2 == i%2 {
					try = doors(b, i, "a wrong one")[d]
				}
				all.Go(func() { assert.NotEqual(t, 200, try()) })
			}
			all.Wait()
		}
		for _, w := range []*world{a, b} {
			for d, try := range doors(w, 0, harbor) {
				assert.NotEqual(t, 200, try(), "door %d, hidden %v: a wait is on", d, hides)
			}
		}
		a.clock.pass(20 * time.Minute)
		require.Equal(t, 200, b.own(legacyApp, casey, harbor).status)
	}
}
