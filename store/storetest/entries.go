package storetest

import (
	"bytes"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/store"
)

// everyByte is all bytes there are, hence neither UTF-8 nor free of NUL.
func everyByte() []byte {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

func entryIsReadBack(t testingT, s states) {
	a, b := s.both()
	for name, value := range map[string][]byte{
		"no bytes":    {},
		"nil":         nil,
		"a NUL":       {0},
		"every byte":  everyByte(),
		"8 KiB":       bytes.Repeat(everyByte(), 32),
		"a blank":     []byte(" "),
		"trailing LF": []byte("{}\r\n"),
	} {
		key := newName()
		put(t, a, key, store.Entry{Value: value, TTL: long})
		e := get(t, b, key)
		require.True(t, bytes.Equal(value, e.Value), "%s came back as %q", name, e.Value)
		require.NotZero(t, e.Version, "version")

		put(t, b, key, store.Entry{Value: []byte("other"), Version: e.Version, TTL: long})
		e = requireEntry(t, a, key, "other")
		put(t, a, key, store.Entry{Value: value, Version: e.Version, TTL: long})
		require.True(t, bytes.Equal(value, get(t, b, key).Value), "%s was not written over another value", name)
	}
}

// keysAreBytes uses keys that collations, encodings and paddings have taken for one another.
func keysAreBytes(t testingT, s states) {
	a, b := s.both()
	prefix := newName()
	full := prefix + strings.Repeat("k", 199-len(prefix))
	keys := []string{
		prefix + "a", prefix + "A", prefix + "a ", prefix + " a", prefix + "a\x00", prefix + "a\x00b",
		prefix + "e", prefix + "é", prefix + "e\u0301", prefix + "ß", prefix + "ss", prefix + "\ufeffa",
		prefix + "\xff", prefix + "\xfe", prefix + "\ufffd", prefix + "\xc3", prefix + string(everyByte()[:100]),
		prefix + "%", prefix + "_", prefix + "*", prefix + `\`, prefix + "'", prefix + "\n", prefix + "/../a",
		full + "1", full + "2",
	}
	for i, key := range keys {
		put(t, a, key, living(key))
		require.EqualValues(t, i+1, add(t, a, key, int64(i+1), long).Value, "counter at %q", key)
	}
	for i, key := range keys {
		requireEntry(t, b, key, key)
		require.EqualValues(t, i+1, add(t, b, key, 0, long).Value, "counter at %q", key)
	}
}

func missingEntry(t testingT, s states) {
	a, b := s.both()
	key := newName()
	requireNoEntry(t, a, key)
	require.ErrorIs(t, a.Put(t.Context(), key, store.Entry{Version: 1, TTL: long}), store.ErrConflict, "Put")
	require.ErrorIs(t, a.Delete(t.Context(), key, 1), store.ErrConflict, "Delete")
	require.ErrorIs(t, a.Delete(t.Context(), key, 0), store.ErrConflict, "Delete of version 0")
	requireNoEntry(t, b, key)
}

func versionZeroDoesNotReplace(t testingT, s states) {
	a, b := s.both()
	key := newName()
	put(t, a, key, living("first"))
	require.ErrorIs(t, b.Put(t.Context(), key, living("second")), store.ErrConflict)
	requireEntry(t, a, key, "first")
}

func staleVersion(t testingT, s states) {
	a, b := s.both()
	key := newName()
	put(t, a, key, living("first"))
	first := get(t, a, key)
	put(t, b, key, store.Entry{Value: []byte("second"), Version: first.Version, TTL: long})
	second := get(t, a, key)
	for _, version := range []int64{first.Version, second.Version - 1, second.Version + 1, -second.Version, -1} {
		stale := store.Entry{Value: []byte("stale"), Version: version, TTL: long}
		require.ErrorIs(t, a.Put(t.Context(), key, stale), store.ErrConflict, "Put of a stale version")
		require.ErrorIs(t, b.Delete(t.Context(), key, version), store.ErrConflict, "Delete of a stale version")
	}
	require.ErrorIs(t, b.Delete(t.Context(), key, 0), store.ErrConflict, "Delete of version 0")
	require.Equal(t, second.Version, requireEntry(t, b, key, "second").Version, "version")
}

func deletedEntryIsGone(t testingT, s states) {
	a, b := s.both()
	key, other := newName(), newName()
	put(t, a, key, living("first"))
	put(t, a, other, living("other"))
	first := get(t, a, key)
	require.NoError(t, a.Delete(t.Context(), key, first.Version), "Delete")

	requireNoEntry(t, b, key)
	require.ErrorIs(t, b.Delete(t.Context(), key, first.Version), store.ErrConflict, "Delete again")
	require.ErrorIs(t, b.Put(t.Context(), key, first), store.ErrConflict, "Put of a version that is deleted")
	put(t, b, key, living("second"))
	requireEntry(t, a, key, "second")
	requireEntry(t, a, other, "other")
}

// noVersionTwice also tries each old version on the new entry: a flow that still holds it must lose.
func noVersionTwice(t testingT, s states) {
	key := newName()
	seen := map[int64]bool{}
	for i := range 10 {
		a, b := s.at(i), s.at(i+1)
		put(t, a, key, living("made"))
		made := get(t, b, key)
		requireNewVersion(t, b, key, made, seen)
		put(t, b, key, store.Entry{Value: []byte("written"), Version: made.Version, TTL: long})
		written := get(t, a, key)
		requireNewVersion(t, a, key, written, seen)
		require.NoError(t, a.Delete(t.Context(), key, written.Version), "Delete")
	}
}

func noVersionTwiceAfterExpiry(t testingT, s states) {
	key := newName()
	seen := map[int64]bool{}
	for i := range 3 {
		a, b := s.at(i), s.at(i+1)
		put(t, a, key, living("made"))
		made := get(t, b, key)
		requireNewVersion(t, b, key, made, seen)
		put(t, b, key, store.Entry{Value: []byte("short"), Version: made.Version, TTL: short / 2})
		pass(short / 2)
	}
}

func requireNewVersion(t testingT, s store.State, key string, e store.Entry, seen map[int64]bool) {
	require.NotContains(t, seen, e.Version, "versions seen before")
	for version := range seen {
		stale := store.Entry{Version: version, TTL: long}
		require.ErrorIs(t, s.Put(t.Context(), key, stale), store.ErrConflict, "Put of an old version")
		require.ErrorIs(t, s.Delete(t.Context(), key, version), store.ErrConflict, "Delete of an old version")
	}
	seen[e.Version] = true
}
