package emulator

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// clock is the time of the stand-in: that of the machine, unless somebody has moved or stopped it. It is safe for
// concurrent use.
type clock struct {
	mu  sync.Mutex
	set setting
}

// setting is how a clock differs from that of the machine. The zero setting does not.
type setting struct {
	ahead  time.Duration
	frozen time.Time // zero while it goes
}

func (s setting) now() time.Time {
	if !s.frozen.IsZero() {
		return s.frozen
	}
	return time.Now().Add(s.ahead)
}

func (c *clock) now() time.Time { return c.setting().now() }

func (c *clock) setting() setting {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.set
}

func (c *clock) restore(s setting) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set = s
}

// forward moves the clock, whether it goes or stands, unless that would be too far.
func (c *clock) forward(d time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Until(c.set.now()) > farthest-d {
		return false
	}
	if c.set.frozen.IsZero() {
		c.set.ahead += d
	} else {
		c.set.frozen = c.set.frozen.Add(d)
	}
	return true
}

// freeze lets the clock stand, or go on from where it stands.
func (c *clock) freeze(stand bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.set.now()
	if stand {
		c.set.frozen = now
		return
	}
	c.set = setting{ahead: time.Until(now)}
}

// farthest is how far ahead the clock can be, so that times stay such as JSON and tokens can say.
const farthest = 10 * 365 * 24 * time.Hour

func (e *Emulator) readClock(context.Context, *http.Request) (any, error) {
	set := e.clock.setting()
	now := set.now()
	return map[string]any{"now": now.UTC(), "ahead": time.Until(now).Round(time.Second).String(), "frozen": !set.frozen.IsZero()}, nil
}

func (e *Emulator) moveClock(ctx context.Context, r *http.Request) (any, error) {
	if err := e.inMemory("the clock"); err != nil {
		return nil, err
	}
	var move struct {
		Forward string `json:"forward"`
		Frozen  *bool  `json:"frozen"`
	}
	if err := decode(r, &move); err != nil {
		return nil, err
	}
	if move.Forward == "" && move.Frozen == nil {
		return nil, wrong(http.StatusBadRequest, `write {"forward":"10m"}, {"frozen":true} or both`)
	}
	var d time.Duration
	if move.Forward != "" {
		var err error
		if d, err = time.ParseDuration(move.Forward); err != nil || d < 0 || d > farthest {
			return nil, wrong(http.StatusBadRequest, "forward %q is not a time with its unit, of %v at most, as 90s, 10m or 24h; DELETE /dev/api/clock goes back", move.Forward, farthest)
		}
	}
	if !e.clock.forward(d) {
		return nil, wrong(http.StatusBadRequest, "the clock would be more than %v ahead: DELETE /dev/api/clock goes back", farthest)
	}
	if move.Frozen != nil {
		e.clock.freeze(*move.Frozen)
	}
	return e.readClock(ctx, r)
}

func (e *Emulator) resetClock(ctx context.Context, r *http.Request) (any, error) {
	e.clock.restore(setting{})
	return e.readClock(ctx, r)
}
