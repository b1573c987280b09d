//go:build !race

// The race detector keeps notes on every byte of memory, in memory.

package password_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/internal/figures"
	"github.com/nativeauth/nativeauth/password"
)

// Half of 500 who sign in at once have an account. What they take together is bounded, and who is
// turned away is told soon. More processors than there are make it harder for the collector to
// keep up.
func TestHasher_ACrowdCannotFillTheMemory(t *testing.T) {
	for _, processors := range []int{2, 16} {
		t.Run(fmt.Sprint(processors, " processors"), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
			h := password.NewHasher(password.HasherConfig{})
			stored, err := h.Hash(t.Context(), good)
			require.NoError(t, err)
			debug.FreeOSMemory() // so that it grows from where it was

			var right, busy, other atomic.Int64
			began := time.Now()
			growth := memoryGrowth(t, func() {
				var all sync.WaitGroup
				for i := range 500 {
					all.Go(func() {
						var result password.Result
						var err error
						if i%2 == 0 {
							result, err = h.Verify(t.Context(), stored, good)
						} else {
							err = h.Pretend(t.Context(), good)
						}
						switch {
						case errors.Is(err, password.ErrBusy):
							busy.Add(1)
						case err == nil && result.Right == (i%2 == 0):
							right.Add(1)
						default:
							other.Add(1)
						}
					})
				}
				all.Wait()
			})
			took := time.Since(began)

			name := fmt.Sprintf("T12 %d processors, 500 at once, ", processors)
			figures.Report(t, name+"growth of memory", int(growth>>20), "MiB", figures.AtMost(320))
			figures.Report(t, name+"time to the last answer", took.Seconds(), "s", figures.AtMost(3))
			t.Log("answered", right.Load(), "of 500, the rest told to come back", busy.Load(), other.Load() == 0)
			assert.Zero(t, other.Load())
			assert.Positive(t, right.Load())
			assert.Positive(t, busy.Load())
		})
	}
}

// memoryGrowth returns by how much the resident memory exceeded its start while f ran.
func memoryGrowth(t *testing.T, f func()) int64 {
	start := resident(t)
	peak := start
	stop := make(chan struct{})
	var sampler sync.WaitGroup
	sampler.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				peak = max(peak, resident(t))
			}
		}
	})
	f()
	close(stop)
	sampler.Wait()
	return peak - start
}

func resident(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	assert.NoError(t, err)
	var size, pages int64
	_, err = fmt.Sscan(string(text), &size, &pages)
	assert.NoError(t, err)
	return pages * int64(os.Getpagesize())
}
