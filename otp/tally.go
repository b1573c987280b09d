package otp

import (
	"sync"
	"time"
)

// tally counts what comes in thousands when something is out of order. It says how many there were, and the
// last of them, a second after the first: a line each would bury everything else in the log.
type tally struct {
	say func(n int, last error)

	mu   sync.Mutex
	n    int
	last error
}

func (t *tally) add(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = err
	if t.n++; t.n == 1 {
		time.AfterFunc(time.Second, t.flush)
	}
}

// flush says what was counted, if anything was.
func (t *tally) flush() {
	t.mu.Lock()
	n, last := t.n, t.last
	t.n, t.last = 0, nil
	t.mu.Unlock()
	if n > 0 {
		t.say(n, last)
	}
}
