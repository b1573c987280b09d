package storetest

import (
	"time"

	"github.com/stretchr/testify/require"
)

const (
	// short is a life whose end a check waits for.
	short = 60 * time.Millisecond
	// long is a life that does not end before the check does, however slow the machine is.
	long = 10 * time.Minute
	// tolerance is what a measured time may be off by: a store that counts in milliseconds rounds
	// twice, and its clock need not tick together with ours.
	tolerance = 10 * time.Millisecond
)

// requireLife starts something with a life of ttl and looks until it is gone. That must be neither
// before the end nor after it, whatever the calls themselves take.
func requireLife(t testingT, ttl time.Duration, start func(), there func() bool) {
	before := time.Now()
	start()
	started := time.Now()
	for {
		asked := time.Now()
		if !there() {
			require.GreaterOrEqual(t, time.Since(before), ttl-tolerance, "it is gone before its life of %v is over", ttl)
			return
		}
		require.Less(t, asked.Sub(started), ttl+tolerance, "it is still there after its life of %v", ttl)
		time.Sleep(time.Millisecond)
	}
}

// stopwatch brackets the moment at which a life started.
type stopwatch struct{ before, after time.Time }

func timed(start func()) stopwatch {
	before := time.Now()
	start()
	return stopwatch{before, time.Now()}
}

// requireLeft calls read, which returns what is left of a life of ttl, and requires that this agrees
// with the time that has passed since the life started.
func (w stopwatch) requireLeft(t testingT, ttl time.Duration, read func() time.Duration) {
	asked := time.Now()
	left := read()
	answered := time.Now()
	require.LessOrEqual(t, left, ttl, "more is left than there was")
	require.LessOrEqual(t, left, ttl-asked.Sub(w.after)+tolerance, "time left")
	require.GreaterOrEqual(t, left, ttl-answered.Sub(w.before)-tolerance, "time left")
}

// pass waits until anything that was started with a life of ttl before the call is over.
func pass(ttl time.Duration) { time.Sleep(ttl + tolerance) }
