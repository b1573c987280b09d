package flow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/nativeauth/nativeauth/store"
)

const (
	clockKey   = "clock"
	clockLife  = 100 * 365 * 24 * time.Hour
	clockFresh = time.Second // for so long our own clock fills in; a store that is down shows after that
)

// storeClock tells the time of the store, by which instances whose clocks differ agree on the age of
// what no store was asked to keep. It is an entry with a very long life: what is left of that life
// is a clock. It is read once a second at the most.
type storeClock struct {
	state  store.State
	now    func() time.Time
	random io.Reader
	last   atomic.Pointer[reading]
}

// instant is a time of the store. Times of two entries, the store having lost the first, do not
// compare.
type instant struct {
	Clock []byte        `json:"k"`
	At    time.Duration `json:"t"`
}

// since is how long ago an earlier instant was, if both are of one clock.
func (i instant) since(earlier instant) (age time.Duration, ok bool) {
	return max(0, i.At-earlier.At), bytes.Equal(i.Clock, earlier.Clock)
}

// reading is an instant, and when that was by our own clock.
type reading struct {
	instant
	own time.Time
}

// instant returns the time of the store.
func (c *storeClock) instant(ctx context.Context) (instant, error) {
	if last := c.last.Load(); last != nil {
		if passed := c.now().Sub(last.own); 0 <= passed && passed < clockFresh {
			return instant{last.Clock, last.At + passed}, nil
		}
	}
	return c.read(ctx)
}

// age is how long ago an instant was. Not to be told, it is over: the store that knew it is gone.
func (c *storeClock) age(ctx context.Context, of instant) (age time.Duration, ok bool, err error) {
	now, err := c.instant(ctx)
	if err != nil {
		return 0, false, err
	}
	if age, ok := now.since(of); ok {
		return age, true, nil
	}
	if now, err = c.read(ctx); err != nil { // another instance may have noticed before us
		return 0, false, err
	}
	age, ok = now.since(of)
	return age, ok, nil
}

// read asks the store, and starts the clock where there is none.
func (c *storeClock) read(ctx context.Context) (instant, error) {
	entry, err := c.state.Get(ctx, clockKey)
	if errors.Is(err, store.ErrNotFound) {
		entry, err = c.start(ctx)
	}
	if err != nil {
		return instant{}, fmt.Errorf("read clock: %w", err)
	}
	r := &reading{instant{entry.Value, clockLife - entry.TTL}, c.now()}
	c.last.Store(r)
	return r.instant, nil
}

// start writes the entry. Of instances that start one at once, all read what the first has written.
func (c *storeClock) start(ctx context.Context) (store.Entry, error) {
	name := make([]byte, 8)
	if _, err := io.ReadFull(c.random, name); err != nil {
		return store.Entry{}, err
	}
	err := c.state.Put(ctx, clockKey, store.Entry{Value: name, TTL: clockLife})
	if err != nil && !errors.Is(err, store.ErrConflict) {
		return store.Entry{}, err
	}
	return c.state.Get(ctx, clockKey)
}
