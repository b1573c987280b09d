package storetest

import (
	"context"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/store"
)

type states = handles[store.State]

// stateChecks are the promises of store.State.
var stateChecks = []check[store.State]{
	{"an entry is read back as it was put", entryIsReadBack},
	{"a key is bytes, and other bytes are another key", keysAreBytes},
	{"what is missing is not found, and cannot be replaced or deleted", missingEntry},
	{"version 0 does not replace an entry", versionZeroDoesNotReplace},
	{"a stale version neither replaces nor deletes", staleVersion},
	{"a deleted entry is gone", deletedEntryIsGone},
	{"no version comes twice", noVersionTwice},
	{"no version comes twice, also after the entry expired", noVersionTwiceAfterExpiry},
	{"of many writers of one version one wins", oneWriterWins},
	{"of many creators of one entry one wins", oneCreatorWins},
	{"of many deletes of one version one wins", oneDeleteWins},
	{"of writes and deletes of one version one wins", oneWriteOrDeleteWins},
	{"of many creators of an expired entry one wins", oneCreatorOfExpiredWins},

	{"an entry is gone when its life is over", entryEnds},
	{"an expired entry cannot be replaced or deleted, only made anew", expiredEntry},
	{"an entry says how long it still lives", entryTTL},
	{"each Put starts a new life", putStartsNewLife},

	{"a counter starts at zero and holds the sum", counterSums},
	{"additions at once are all counted, and each sees another value", additionsAtOnce},
	{"a counter ends with the life of the first addition", counterEnds},
	{"a counter says how long it still lives", counterTTL},
	{"a counter starts again with a new life", counterStartsAgain},
	{"additions at once start an ended counter once", additionsAtOnceAfterEnd},
	{"entries and counters do not share keys", entriesAndCounters},

	{"a call whose context is done fails and changes nothing", stateContext},
}

// put stores e and requires that this works.
func put(t testingT, s store.State, key string, e store.Entry) {
	require.NoError(t, s.Put(t.Context(), key, e), "Put of %q", key)
}

// get reads the entry at key and requires that there is one.
func get(t testingT, s store.State, key string) store.Entry {
	e, err := s.Get(t.Context(), key)
	require.NoError(t, err, "Get of %q", key)
	return e
}

// requireEntry requires that the entry at key has this value, and returns it.
func requireEntry(t testingT, s store.State, key, value string) store.Entry {
	e := get(t, s, key)
	require.Equal(t, value, string(e.Value), "value at %q", key)
	return e
}

func requireNoEntry(t testingT, s store.State, key string) {
	_, err := s.Get(t.Context(), key)
	require.ErrorIs(t, err, store.ErrNotFound, "Get of %q, which is not there", key)
}

// add adds to the counter at key and requires that this works.
func add(t testingT, s store.State, key string, delta int64, ttl time.Duration) store.Count {
	n, err := s.Add(t.Context(), key, delta, ttl)
	require.NoError(t, err, "Add to %q", key)
	return n
}

func living(value string) store.Entry { return store.Entry{Value: []byte(value), TTL: long} }

// stateContext has no way to tell how a call that waits is interrupted; it proves that the context
// reaches the store at all.
func stateContext(t testingT, s states) {
	a, b := s.both()
	key := newName()
	put(t, a, key, living("before"))
	add(t, a, key, 1, long)
	e := get(t, a, key)
	calls := map[string]func(ctx context.Context) error{
		"Get":            func(ctx context.Context) error { _, err := a.Get(ctx, key); return err },
		"Put":            func(ctx context.Context) error { return a.Put(ctx, key, e) },
		"Put anew":       func(ctx context.Context) error { return a.Put(ctx, key+"new", living("after")) },
		"Delete":         func(ctx context.Context) error { return a.Delete(ctx, key, e.Version) },
		"Add":            func(ctx context.Context) error { _, err := a.Add(ctx, key, 1, long); return err },
		"Get of nothing": func(ctx context.Context) error { _, err := a.Get(ctx, key+"new"); return err },
	}
	requireContextHeeded(t, calls)

	require.Equal(t, e.Version, requireEntry(t, b, key, "before").Version, "version")
	requireNoEntry(t, b, key+"new")
	require.EqualValues(t, 2, add(t, b, key, 1, long).Value, "counter")
}

// requireContextHeeded makes each call with a context that is done. The error must be none of those
// that a flow takes for an answer of the store.
func requireContextHeeded(t testingT, calls map[string]func(context.Context) error) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range calls {
		start := time.Now()
		err := call(ctx)
		what := fmt.Sprintf("%s with a context that is done", name)
		require.Error(t, err, what)
		require.NotErrorIs(t, err, store.ErrNotFound, what)
		require.NotErrorIs(t, err, store.ErrConflict, what)
		require.NotErrorIs(t, err, store.ErrExists, what)
		require.Less(t, time.Since(start), 2*time.Second, what)
	}
}
