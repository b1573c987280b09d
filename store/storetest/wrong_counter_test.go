package storetest

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/store"
)

// counter is a counter outside the right adapter, so that its parts can go wrong one by one.
type counter struct {
	value int64
	end   time.Time
}

// addition is a call of Add at a moment.
type addition struct {
	now   time.Time
	delta int64
	ttl   time.Duration
}

// plus is the right step from one value to the next.
func (c counter) plus(n addition) counter {
	if !n.now.Before(c.end) {
		c = counter{end: n.now.Add(n.ttl)}
	}
	c.value += n.delta
	return c
}

// endBy ends the counter together with the addition if that is sooner.
func (c counter) endBy(n addition) counter {
	if end := n.now.Add(n.ttl); end.Before(c.end) {
		c.end = end
	}
	return c
}

// counters holds the values; load and store are each safe, and together no atomic step.
type counters struct {
	mu sync.Mutex
	of map[string]counter
}

func (c *counters) load(key string) counter {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of[key]
}

func (c *counters) store(key string, n counter) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of[key] = n
}

// wrongAdd is an atomic Add with a wrong step.
func wrongAdd(step func(counter, addition) counter) func() store.State {
	return func() store.State {
		var mu sync.Mutex
		values := counters{of: map[string]counter{}}
		return wrongState{State: memory.New(), add: func(_ context.Context, _ store.State, key string, delta int64, ttl time.Duration) (store.Count, error) {
			mu.Lock()
			defer mu.Unlock()
			n := addition{time.Now(), delta, ttl}
			next := step(values.load(key), n)
			values.store(key, next)
			return store.Count{Value: next.value, TTL: next.end.Sub(n.now)}, nil
		}}
	}
}

// addReadsFirst takes the right step, and not atomically.
func addReadsFirst() store.State {
	values := counters{of: map[string]counter{}}
	return wrongState{State: memory.New(), add: func(_ context.Context, _ store.State, key string, delta int64, ttl time.Duration) (store.Count, error) {
		n := addition{time.Now(), delta, ttl}
		next := values.load(key).plus(n)
		runtime.Gosched()
		values.store(key, next)
		return store.Count{Value: next.value, TTL: next.end.Sub(n.now)}, nil
	}}
}
