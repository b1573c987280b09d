package memory

import (
	"time"

	"github.com/nativeauth/nativeauth/store"
)

// Snapshot is what a Store held at one moment. It does not change, and can be restored more than once.
type Snapshot struct {
	users    []store.User
	entries  []kept[entry]
	counters []kept[int64]
}

// kept is an item with what it had left to live.
type kept[T any] struct {
	key  string
	held T
	left time.Duration
}

// Snapshot returns all that lives now.
func (s *Store) Snapshot() *Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	snap := &Snapshot{entries: keepAll(s.entries, s.age()), counters: keepAll(s.counters, s.age())}
	for _, u := range s.usersByID {
		snap.users = append(snap.users, clone(*u))
	}
	return snap
}

// Restore puts back what a Snapshot has, of this Store or of another, and drops all else. Every entry and counter lives for
// as long as it had left when the Snapshot was made. The zero Snapshot empties the Store.
func (s *Store) Restore(snap *Snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.usersByID)
	clear(s.usersByName)
	for _, u := range snap.users {
		s.keep(u)
	}
	now := s.age()
	s.entries, s.counters = newTable[entry](), newTable[int64]()
	for _, k := range snap.entries {
		s.version++ // and not the one it had: who holds that has not seen what came between
		s.entries.set(k.key, entry{k.held.value, s.version}, endOf(now, k.left))
	}
	for _, k := range snap.counters {
		s.counters.set(k.key, k.held, endOf(now, k.left))
	}
}

func keepAll[T any](t table[T], now time.Duration) (all []kept[T]) {
	for _, it := range t.ends {
		if now < it.end {
			all = append(all, kept[T]{it.key, it.held, it.end - now})
		}
	}
	return all
}
