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
	mu     sync.Mutex
	ahead  time.Duration
	frozen time.Time // zero while it goes
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read()
}

func (c *clock) read() time.Time {
	if !c.frozen.IsZero() {
		return c.frozen
	}
	return time.Now().Add(c.ahead)
}

// forward moves the clock, whether it goes or stands.
func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.frozen.IsZero() {
		c.frozen = c.frozen.Add(d)
		return
	}
	c.ahead += d
}

// freeze lets the clock stand, or go on from where it stands.
func (c *clock) freeze(stand bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.read()
	if stand {
		c.frozen = now
		return
	}
	c.ahead, c.frozen = time.Until(now), time.Time{}
}

// reset goes back to the time of the machine.
func (c *clock) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead, c.frozen = 0, time.Time{}
}

// state is the time, how far it is ahead of the machine's, and whether it stands.
func (c *clock) state() (now time.Time, ahead time.Duration, frozen bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now = c.read()
	return now, time.Until(now).Round(time.Second), !c.frozen.IsZero()
}

// farthest bounds a move, so that times stay such as JSON and tokens can say.
const farthest = 10 * 365 * 24 * time.Hour

func (e *Emulator) readClock(context.Context, *http.Request) (any, error) {
	now, ahead, frozen := e.clock.state()
	return map[string]any{"now": now.UTC(), "ahead": ahead.String(), "frozen": frozen}, nil
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
	if move.Frozen != nil {
		e.clock.freeze(*move.Frozen)
	}
	e.clock.forward(d)
	return e.readClock(ctx, r)
}

func (e *Emulator) resetClock(ctx context.Context, r *http.Request) (any, error) {
	e.clock.reset()
	return e.readClock(ctx, r)
}
