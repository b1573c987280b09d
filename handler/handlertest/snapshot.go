package handlertest

import (
	"maps"
	"time"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/otp"
)

// Snapshot is what a Server was like at one moment: users, flows, tokens and counters, mail, fixed codes and the clock.
type Snapshot struct {
	stored *memory.Snapshot
	mails  int
	fixed  map[otp.Address]string
	at     time.Time
}

// Snapshot returns the present. Calls that are under way may be half in it.
func (s *Server) Snapshot() Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Snapshot{s.Store.Snapshot(), len(s.Inbox.Messages("")), maps.Clone(s.fixed), s.Clock.Now()}
}

// Restore goes back to a Snapshot of this Server, and drops planned answers. Stores that the test has put in place of
// Store stay as they are.
func (s *Server) Restore(snap Snapshot) {
	s.mu.Lock()
	s.fixed = maps.Clone(snap.fixed)
	s.mu.Unlock()
	s.Clock.set(snap.at)
	s.Store.Restore(snap.stored)
	s.Inbox.keep(snap.mails)
	s.plans.Reset()
}

// Reset empties the Server: of users, flows and tokens, mail, fixed codes and planned answers. The clock stays.
func (s *Server) Reset() {
	s.Restore(Snapshot{stored: &memory.Snapshot{}, fixed: map[otp.Address]string{}, at: s.Clock.Now()})
}
