package storetest

import (
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	// racers is how many goroutines want the same thing at once.
	racers = 30
	// raceTime is how long a race is run again and again, at least once. A fast adapter fits
	// thousands of rounds in it, a remote one a few; a window of a microsecond needs the thousands.
	raceTime = 200 * time.Millisecond
)

// rounds repeats a race, each time with a name that was never used before.
func rounds(race func(name string)) {
	for end := time.Now().Add(raceTime); ; {
		race(newName())
		if time.Now().After(end) {
			return
		}
	}
}

// atOnce calls do from n goroutines and returns what each of them got. The gate lets all of them
// go at the same moment: without it the first is done before the last has started.
func atOnce(n int, do func(i int) error) []error {
	errs := make([]error, n)
	gate := make(chan struct{})
	var ready, done sync.WaitGroup
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			<-gate
			errs[i] = do(i)
		})
	}
	ready.Wait()
	close(gate)
	done.Wait()
	return errs
}

// requireOneWinner races do and requires that one call succeeds and all others get the error for
// those who lost. It returns who won.
func requireOneWinner(t testingT, lost error, do func(i int) error) (winner int) {
	won := 0
	for i, err := range atOnce(racers, do) {
		if err == nil {
			won++
			winner = i
			continue
		}
		require.ErrorIs(t, err, lost, "racer %d of %d", i, racers)
	}
	require.Equal(t, 1, won, "racers that won, of %d", racers)
	return winner
}

// requireOneOf requires that err is one of the errors that a racer may get.
func requireOneOf(t testingT, err error, allowed ...error) {
	for _, a := range allowed {
		if errors.Is(err, a) {
			return
		}
	}
	require.Fail(t, "a racer got an error of another kind", "%v is none of %v", err, allowed)
}

// newName returns a key or part of a username that nobody has used.
func newName() string { return "storetest-" + rand.Text() }
