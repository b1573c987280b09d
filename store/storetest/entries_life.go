package storetest

import (
	"strconv"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/store"
)

func entryEnds(t testingT, s states) {
	a, b := s.both()
	key := newName()
	requireLife(t, short,
		func() { put(t, a, key, store.Entry{TTL: short}) },
		func() bool { return isThere(t, b, key) })
	requireNoEntry(t, a, key)
}

// isThere tells whether there is an entry, and accepts no other error than that there is none.
func isThere(t testingT, s store.State, key string) bool {
	_, err := s.Get(t.Context(), key)
	if err != nil {
		require.ErrorIs(t, err, store.ErrNotFound, "Get")
	}
	return err == nil
}

func expiredEntry(t testingT, s states) {
	a, b := s.both()
	key := newName()
	put(t, a, key, living("first"))
	put(t, a, key, store.Entry{Version: get(t, a, key).Version, TTL: short})
	e, err := a.Get(t.Context(), key)
	if err != nil { // the machine was away for longer than the entry lives
		require.ErrorIs(t, err, store.ErrNotFound, "Get")
	}
	pass(short)

	e.TTL = long
	require.ErrorIs(t, b.Delete(t.Context(), key, e.Version), store.ErrConflict, "Delete")
	if e.Version != 0 {
		require.ErrorIs(t, b.Put(t.Context(), key, e), store.ErrConflict, "Put of the version that expired")
	}
	requireNoEntry(t, b, key)
	put(t, b, key, living("second"))
	requireEntry(t, a, key, "second")
}

func entryTTL(t testingT, s states) {
	a, b := s.both()
	key := newName()
	read := func() time.Duration { return get(t, b, key).TTL }
	made := timed(func() { put(t, a, key, store.Entry{TTL: long}) })
	made.requireLeft(t, long, read)
	pass(short)
	made.requireLeft(t, long, read)

	version := get(t, a, key).Version
	written := timed(func() { put(t, a, key, store.Entry{Version: version, TTL: long / 2}) })
	written.requireLeft(t, long/2, read)
}

func putStartsNewLife(t testingT, s states) {
	a, b := s.both()
	lengthened, shortened := newName(), newName()
	put(t, a, shortened, living("long"))
	version := get(t, a, shortened).Version
	requireLife(t, short,
		func() { put(t, a, shortened, store.Entry{Version: version, TTL: short}) },
		func() bool { return isThere(t, b, shortened) })

	// The second Put must come in time: a machine that was away in between tries once more.
	for try := 0; ; try++ {
		key := lengthened + strconv.Itoa(try)
		put(t, a, key, store.Entry{TTL: 4 * short})
		e, err := a.Get(t.Context(), key)
		if err == nil {
			err = a.Put(t.Context(), key, store.Entry{Version: e.Version, TTL: long})
		}
		if err == nil {
			pass(4 * short)
			get(t, b, key)
			return
		}
		requireOneOf(t, err, store.ErrNotFound, store.ErrConflict)
		require.Less(t, try, 10, "entries that were gone before they could be written again")
	}
}
