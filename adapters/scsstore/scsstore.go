// Package scsstore keeps the sessions of alexedwards/scs in any store.State, so that all instances of
// an app share them.
//
// scs reads and writes whole sessions and asks no store to compare: of two requests at once the one that
// commits last wins. One thing it must not win against is the end of the session: a request that was
// under way when somebody signed out would bring the session back with its own commit. So a deleted
// session leaves a mark for a while, and a commit that meets it is refused with ErrEnded.
package scsstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/nativeauth/nativeauth/store"
)

const (
	prefix   = "session/"
	maxToken = 200 - len(prefix) // bytes of a key that every store.State takes
	maxValue = 8 << 10           // bytes of a value that every store.State takes

	mark      = "ended"   // no codec writes a session in so few bytes
	endedLife = time.Hour // no request is under way for longer
	patience  = 1500 * time.Millisecond

	commitTries = 4
	deleteTries = 100 // each that fails is somebody else's commit
)

// ErrEnded is what a commit returns for a session that was deleted while the request was under way.
var ErrEnded = errors.New("scsstore: the session has ended")

// Store is an scs.CtxStore. It is safe for concurrent use.
type Store struct{ state store.State }

var _ scs.CtxStore = (*Store)(nil)

// New returns a Store that keeps sessions in state, beside whatever else is there. The sessions of two
// managers in one state do not meet: their tokens are random.
//
// Use it with scs.SessionManager.HashTokenInStore, or the tokens that browsers hold can be read in the store.
func New(state store.State) *Store { return &Store{state} }

// FindCtx implements scs.CtxStore.
func (s *Store) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	if len(token) > maxToken {
		return nil, false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	e, found, err := s.get(ctx, token)
	if err != nil {
		return nil, false, fmt.Errorf("scsstore: find: %w", err)
	}
	if !found || ended(e) {
		return nil, false, nil
	}
	return e.Value, true, nil
}

// CommitCtx implements scs.CtxStore. It returns ErrEnded for a session that was deleted.
func (s *Store) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	switch {
	case len(token) > maxToken:
		return fmt.Errorf("scsstore: commit: the token has %d bytes, at most %d fit", len(token), maxToken)
	case len(b) > maxValue:
		return fmt.Errorf("scsstore: commit: the session has %d bytes, at most %d fit: keep less in it, or keep it elsewhere", len(b), maxValue)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for range commitTries {
		e, found, err := s.get(ctx, token)
		if err != nil {
			return fmt.Errorf("scsstore: commit: %w", err)
		}
		if found && ended(e) {
			return ErrEnded
		}
		ttl := time.Until(expiry) // so the clock of the store judges from here on
		if ttl <= 0 {
			return s.DeleteCtx(ctx, token)
		}
		err = s.state.Put(ctx, key(token), store.Entry{Value: b, Version: e.Version, TTL: ttl})
		if err == nil {
			return nil
		}
		if !errors.Is(err, store.ErrConflict) {
			return fmt.Errorf("scsstore: commit: %w", err)
		}
	}
	return nil // others came after each try: what this one had written they would have overwritten
}

// DeleteCtx implements scs.CtxStore. When it has returned nil, no commit brings the session back.
func (s *Store) DeleteCtx(ctx context.Context, token string) error {
	if len(token) > maxToken {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for range deleteTries {
		e, found, err := s.get(ctx, token)
		if err != nil {
			return fmt.Errorf("scsstore: delete: %w", err)
		}
		if !found || ended(e) {
			return nil
		}
		err = s.state.Put(ctx, key(token), store.Entry{Value: []byte(mark), Version: e.Version, TTL: endedLife})
		if err == nil {
			return nil
		}
		if !errors.Is(err, store.ErrConflict) {
			return fmt.Errorf("scsstore: delete: %w", err)
		}
	}
	return errors.New("scsstore: delete: the session changes faster than it can be read")
}

// Find implements scs.Store.
func (s *Store) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit implements scs.Store.
func (s *Store) Commit(token string, b []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, b, expiry)
}

// Delete implements scs.Store.
func (s *Store) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// get returns the entry of a session, or a zero one if there is none.
func (s *Store) get(ctx context.Context, token string) (e store.Entry, found bool, err error) {
	e, err = s.state.Get(ctx, key(token))
	if errors.Is(err, store.ErrNotFound) {
		return store.Entry{}, false, nil
	}
	return e, err == nil, err
}

func key(token string) string { return prefix + token }

// ended tells whether an entry is what a deleted session leaves.
func ended(e store.Entry) bool { return string(e.Value) == mark }
