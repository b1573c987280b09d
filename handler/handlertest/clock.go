package handlertest

import (
	"sync"
	"time"
)

// Clock is the time of a Server. It stands still until a test moves it, so that nothing expires by itself; an inbox that
// waits does so in real time. It is safe for concurrent use.
type Clock struct {
	mu sync.Mutex
	t  time.Time
}

// newClock returns one that shows the present, since other programs look at the tokens that it dates.
func newClock() *Clock { return &Clock{t: time.Now().Truncate(time.Second)} }

// Now is the Clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

// Advance moves the Clock, and with it everything that expires.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func (c *Clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = t
}
