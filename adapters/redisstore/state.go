package redisstore

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/nativeauth/nativeauth/store"
)

// Entries and counters have names of their own behind the prefix.
const (
	entryName   = "e:"
	counterName = "n:"
)

// versionSize is the length of the version that an entry's string begins with. A string is cheaper
// than a hash with two fields: one SET writes value, version and end, where a hash takes an HSET and a
// PEXPIRE, and it takes a quarter less memory.
const versionSize = 8

var errNoLife = errors.New("redisstore: a TTL must be more than zero")

// Get implements store.State.
func (s *Store) Get(ctx context.Context, key string) (store.Entry, error) {
	reply, err := s.run(ctx, getEntry, s.prefix+entryName+key)
	if errors.Is(err, redis.Nil) {
		return store.Entry{}, store.ErrNotFound
	}
	if err != nil {
		return store.Entry{}, fmt.Errorf("redisstore: get: %w", err)
	}
	packed, left, err := stringAndLife(reply)
	if err == nil && len(packed) < versionSize {
		err = errors.New("what is stored is no entry")
	}
	if err != nil {
		return store.Entry{}, fmt.Errorf("redisstore: get: %w", err)
	}
	return store.Entry{
		Value:   []byte(packed[versionSize:]),
		Version: int64(binary.BigEndian.Uint64([]byte(packed))),
		TTL:     left,
	}, nil
}

// Put implements store.State.
func (s *Store) Put(ctx context.Context, key string, e store.Entry) error {
	if e.TTL <= 0 {
		return errNoLife
	}
	var expected []byte // what the string at a key that does not exist begins with
	if e.Version != 0 {
		expected = pack(e.Version, nil)
	}
	changed, err := s.run(ctx, putEntry, s.prefix+entryName+key,
		expected, pack(newVersion(), e.Value), milliseconds(e.TTL))
	return oneChanged(changed, err, "put")
}

// Delete implements store.State.
func (s *Store) Delete(ctx context.Context, key string, version int64) error {
	changed, err := s.run(ctx, deleteEntry, s.prefix+entryName+key, pack(version, nil))
	return oneChanged(changed, err, "delete")
}

// Add implements store.State.
func (s *Store) Add(ctx context.Context, key string, delta int64, ttl time.Duration) (store.Count, error) {
	if ttl <= 0 {
		return store.Count{}, errNoLife
	}
	reply, err := s.run(ctx, addCounter, s.prefix+counterName+key, delta, milliseconds(ttl))
	if err != nil {
		return store.Count{}, fmt.Errorf("redisstore: add: %w", err)
	}
	sum, left, err := stringAndLife(reply)
	if err != nil {
		return store.Count{}, fmt.Errorf("redisstore: add: %w", err)
	}
	n := store.Count{TTL: left}
	if n.Value, err = strconv.ParseInt(sum, 10, 64); err != nil {
		return store.Count{}, fmt.Errorf("redisstore: add: %w", err)
	}
	return n, nil
}

// oneChanged turns the answer of a conditional script into the answer of a method.
func oneChanged(changed any, err error, what string) error {
	if err != nil {
		return fmt.Errorf("redisstore: %s: %w", what, err)
	}
	switch changed {
	case int64(1):
		return nil
	case int64(0):
		return store.ErrConflict
	}
	return fmt.Errorf("redisstore: %s: the script answered %v", what, changed)
}

// stringAndLife takes the answer of a script apart that reads: a string, and the milliseconds that it
// still lives.
func stringAndLife(reply any) (string, time.Duration, error) {
	if parts, ok := reply.([]any); ok && len(parts) == 2 {
		text, isText := parts[0].(string)
		left, isLife := parts[1].(int64)
		if isText && isLife {
			return text, time.Duration(left) * time.Millisecond, nil
		}
	}
	return "", 0, fmt.Errorf("the script answered %T", reply)
}

// pack returns what an entry is stored as. Versions are bytes to the scripts: Lua's numbers are
// doubles, which take neighbours beyond 2⁵³ for one another.
func pack(version int64, value []byte) []byte {
	return append(binary.BigEndian.AppendUint64(make([]byte, 0, versionSize+len(value)), uint64(version)), value...)
}

// newVersion draws the version of a write from 2⁶² numbers. Counting up would not do: neither after
// an entry has gone together with its version, nor after a crash or a failover has taken writes back,
// when the next write would get a number that somebody has already seen with another value.
func newVersion() int64 {
	var b [versionSize]byte
	_, _ = rand.Read(b[:]) // never fails
	return int64(binary.BigEndian.Uint64(b[:])>>2) + 1
}

// milliseconds cuts a life down to what Redis takes, and leaves something of every life.
func milliseconds(ttl time.Duration) int64 { return max(1, ttl.Milliseconds()) }
