package sqlstore

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/nativeauth/nativeauth/store"
)

var errNoLife = errors.New("sqlstore: a TTL must be more than zero")

// Get implements store.State.
func (s *Store) Get(ctx context.Context, key string) (store.Entry, error) {
	var e store.Entry
	var left int64
	err := s.db.QueryRowContext(ctx, s.queries.getState, []byte(key)).Scan(&e.Value, &e.Version, &left)
	if errors.Is(err, sql.ErrNoRows) {
		return store.Entry{}, store.ErrNotFound
	}
	if err != nil {
		return store.Entry{}, fmt.Errorf("sqlstore: get: %w", err)
	}
	e.TTL = time.Duration(left) * time.Millisecond
	return e, nil
}

// Put implements store.State.
func (s *Store) Put(ctx context.Context, key string, e store.Entry) error {
	if e.TTL <= 0 {
		return errNoLife
	}
	value := e.Value
	if value == nil {
		value = []byte{} // nil would be NULL
	}
	var changed int64
	var err error
	if e.Version == 0 {
		changed, err = s.exec(ctx, s.queries.createState, []byte(key), value, firstVersion(), milliseconds(e.TTL))
	} else {
		changed, err = s.exec(ctx, s.queries.replaceState, value, milliseconds(e.TTL), []byte(key), e.Version)
	}
	return oneChanged(changed, err, "put", store.ErrConflict)
}

// Delete implements store.State.
func (s *Store) Delete(ctx context.Context, key string, version int64) error {
	changed, err := s.exec(ctx, s.queries.deleteState, []byte(key), version)
	return oneChanged(changed, err, "delete", store.ErrConflict)
}

// Add implements store.State.
func (s *Store) Add(ctx context.Context, key string, delta int64, ttl time.Duration) (store.Count, error) {
	if ttl <= 0 {
		return store.Count{}, errNoLife
	}
	var n store.Count
	var left int64
	args := []any{[]byte(key), delta, milliseconds(ttl)}
	var err error
	if s.queries.readCounter == "" {
		err = s.execReturning(ctx, s.queries.addCounter, args, &n.Value, &left)
	} else {
		err = s.execThenRead(ctx, s.queries.addCounter, args, s.queries.readCounter, []byte(key), &n.Value, &left)
	}
	if err != nil {
		return store.Count{}, fmt.Errorf("sqlstore: add: %w", err)
	}
	n.TTL = time.Duration(left) * time.Millisecond
	return n, nil
}

// oneChanged turns the outcome of a conditional statement into the answer of a method: refused is
// for when the condition did not hold.
func oneChanged(changed int64, err error, what string, refused error) error {
	if err != nil {
		return fmt.Errorf("sqlstore: %s: %w", what, err)
	}
	if changed == 0 {
		return refused
	}
	return nil
}

// firstVersion is where the versions of a new row start, drawn from 2⁶² numbers: the row before it
// under the same key may have been removed together with its version, which must not come again.
func firstVersion() int64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return int64(binary.LittleEndian.Uint64(b[:])>>2) + 1
}

// milliseconds cuts a life down to what the tables hold, and leaves something of every life.
func milliseconds(ttl time.Duration) int64 { return max(1, ttl.Milliseconds()) }
