// Package memory keeps users and state in the process: for tests, for development, and for a
// single instance whose users may be lost with it.
//
// Every method takes one lock for a few map operations, so each of them is a single atomic step,
// which is what the contracts in package store ask for. There is no goroutine to stop: what has
// expired is invisible at once and is removed, a few entries at a time, by the writes that follow.
package memory

import (
	"sync"
	"time"

	"github.com/nativeauth/nativeauth/store"
)

var (
	_ store.Users = (*Store)(nil)
	_ store.State = (*Store)(nil)
)

// Store implements store.Users and store.State. It is made by New or NewAt and is safe for use by
// many goroutines.
type Store struct {
	mu sync.Mutex // guards everything below

	// Lives are measured from born, and not as times of day, because a difference of two readings
	// of time.Now is monotonic: setting the system's clock makes no code live longer.
	now  func() time.Time
	born time.Time

	// version is the last one given out. One sequence serves all keys, so that an entry which is
	// deleted or expires and is made anew never gets a version that its key had before.
	version  int64
	entries  table[entry]
	counters table[int64]

	usersByID   map[string]*store.User
	usersByName map[string]*store.User
}

// New returns an empty Store.
func New() *Store { return NewAt(time.Now) }

// NewAt returns an empty Store which asks now for the time, so that a test can let things expire
// without sleeping. It calls now with its lock held: now must not call the Store.
func NewAt(now func() time.Time) *Store {
	return &Store{
		now:         now,
		born:        now(),
		entries:     newTable[entry](),
		counters:    newTable[int64](),
		usersByID:   make(map[string]*store.User),
		usersByName: make(map[string]*store.User),
	}
}

// age is the Store's clock.
func (s *Store) age() time.Duration { return s.now().Sub(s.born) }
