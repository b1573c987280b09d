package flow

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"
)

// Whoever knows an address can use up the codes of its account. So some are kept for callers who are known: from
// whose client address somebody has signed in to the account of late.

const (
	mostCallers = 5
	callerKept  = 30 * 24 * time.Hour
	// callerFresh is how long a caller who comes again need not be noted again.
	callerFresh = 24 * time.Hour
	noteWithin  = 250 * time.Millisecond // a sign-in waits no longer for it
)

// caller is where somebody has signed in from.
type caller struct {
	Name []byte `json:"n"`
	Ago  int64  `json:"a,omitempty"` // milliseconds, as of the write
}

// callerName is what the client address of a call is known by to an account: nobody can tell it from that, nor
// whether it is known to another account, too. It is nil where there is none, or nothing is kept for anybody.
func (e *Engine) callerName(ctx context.Context, account accountID) []byte {
	p, ok := callerOf(ctx)
	if !ok || e.Limits.Off || e.Limits.Reserved == 0 {
		return nil
	}
	sum := e.names.Sum(append(append([]byte("caller\x00"), account[:]...), p.String()...))
	return sum[:8]
}

// place is where the caller is among those who are known, or -1.
func (b *budget) place() int {
	if b.caller == nil {
		return -1
	}
	return slices.IndexFunc(b.Callers, func(c caller) bool {
		return bytes.Equal(c.Name, b.caller) && c.age() < callerKept
	})
}

func (c caller) age() time.Duration { return time.Duration(c.Ago) * time.Millisecond }

// knows tells whether the caller is known to the account.
func (b *budget) knows() bool { return b.place() >= 0 }

// fresh tells whether the caller is known and need not be noted again.
func (b *budget) fresh() bool {
	i := b.place()
	return i >= 0 && b.Callers[i].age() < callerFresh
}

// meetCaller notes the caller of now, in the place of who has not been seen for longest. It returns false if
// there is nothing to note.
func (b *budget) meetCaller() bool {
	if b.caller == nil || b.fresh() {
		return false
	}
	b.Callers = slices.DeleteFunc(b.Callers, func(c caller) bool { return bytes.Equal(c.Name, b.caller) })
	b.Callers = slices.Insert(b.Callers, 0, caller{Name: b.caller})
	return true
}

// forgetCallers drops those who were not seen for too long, and those whom there is no room for.
func (b *budget) forgetCallers() {
	b.Callers = slices.DeleteFunc(b.Callers, func(c caller) bool { return c.age() >= callerKept })
	b.Callers = b.Callers[:min(len(b.Callers), mostCallers)]
}

// noteCaller remembers where somebody has signed in from. The sign-in stands: it is not held up for long, and does
// not fail if this does.
func (e *Engine) noteCaller(ctx context.Context, f *flow) {
	account := accountOf(f.id)
	if f.Known || f.inherited != nil || e.callerName(ctx, account) == nil { // a device is not where its owner types
		return
	}
	noted := make(chan struct{})
	go func() {
		defer close(noted)
		defer func() { _ = recover() }() // of Missed
		defer func() {
			if p := recover(); p != nil { // of a store: it is none of the sign-in's matter
				e.missed(ctx, fmt.Errorf("a store panicked: %v", p))
			}
		}()
		e.afterwards(ctx, account, (*budget).meetCaller)
	}()
	patience := time.NewTimer(noteWithin)
	defer patience.Stop()
	select {
	case <-noted:
	case <-patience.C:
	}
}
