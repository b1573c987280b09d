package memory

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/nativeauth/nativeauth/store"
)

// entry is what an entry's item holds. The value is the caller's slice, which store.Entry forbids
// both sides to change.
type entry struct {
	value   []byte
	version int64
}

var errNoLife = errors.New("memory: a TTL must be more than zero")

// Get implements store.State.
func (s *Store) Get(ctx context.Context, key string) (store.Entry, error) {
	if err := ctx.Err(); err != nil {
		return store.Entry{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.age()
	it := s.entries.live(key, now)
	if it == nil {
		return store.Entry{}, store.ErrNotFound
	}
	return store.Entry{Value: it.held.value, Version: it.held.version, TTL: it.end - now}, nil
}

// Put implements store.State.
func (s *Store) Put(ctx context.Context, key string, e store.Entry) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if e.TTL <= 0 {
		return errNoLife
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.sweep()
	if s.versionOf(key, now) != e.Version {
		return store.ErrConflict
	}
	s.version++
	s.entries.set(key, entry{value: e.Value, version: s.version}, endOf(now, e.TTL))
	return nil
}

// Delete implements store.State.
func (s *Store) Delete(ctx context.Context, key string, version int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.sweep()
	it := s.entries.live(key, now)
	if it == nil || it.held.version != version {
		return store.ErrConflict
	}
	s.entries.remove(it)
	return nil
}

// Add implements store.State.
func (s *Store) Add(ctx context.Context, key string, delta int64, ttl time.Duration) (store.Count, error) {
	if err := ctx.Err(); err != nil {
		return store.Count{}, err
	}
	if ttl <= 0 {
		return store.Count{}, errNoLife
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.sweep()
	it := s.counters.live(key, now)
	if it == nil {
		it = s.counters.set(key, 0, endOf(now, ttl))
	}
	it.held += delta
	return store.Count{Value: it.held, TTL: it.end - now}, nil
}

// versionOf returns the version of the live entry at key, and 0 if there is none.
func (s *Store) versionOf(key string, now time.Duration) int64 {
	if it := s.entries.live(key, now); it != nil {
		return it.held.version
	}
	return 0
}

// sweep removes some of what has expired and returns the time that it went by. Every write calls
// it, whether or not the write then succeeds.
func (s *Store) sweep() time.Duration {
	now := s.age()
	s.entries.sweep(now)
	s.counters.sweep(now)
	return now
}

// endOf is when a life that starts now ends. A TTL that is too long to add means for ever.
func endOf(now, ttl time.Duration) time.Duration {
	if ttl > math.MaxInt64-now {
		return math.MaxInt64
	}
	return now + ttl
}
