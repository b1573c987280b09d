package storetest

import (
	"slices"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/store"
)

func counterSums(t testingT, s states) {
	const large = int64(1) << 52
	key := newName()
	want := int64(0)
	for i, delta := range []int64{5, 0, -2, -10, large, 1, -large} {
		want += delta
		require.Equal(t, want, add(t, s.at(i), key, delta, long).Value, "after adding %d", delta)
	}
	require.EqualValues(t, -1, add(t, s.at(0), newName(), -1, long).Value, "a counter that starts below zero")
	require.EqualValues(t, 0, add(t, s.at(0), newName(), 0, long).Value, "a counter that starts at zero")
}

func additionsAtOnce(t testingT, s states) {
	rounds(func(key string) { requireAllCounted(t, s, key) })
}

func additionsAtOnceAfterEnd(t testingT, s states) {
	keys := endedKeys(func(key string) { add(t, s.at(0), key, 1000, short) })
	for end := time.Now().Add(raceTime); len(keys) > 0; keys = keys[1:] {
		requireAllCounted(t, s, keys[0])
		if time.Now().After(end) {
			return
		}
	}
}

// requireAllCounted adds one from many goroutines and requires that they are told 1, 2, 3 and so on:
// a limit lets a call pass by the value it is told, so no two may get the same.
func requireAllCounted(t testingT, s states, key string) {
	var mu sync.Mutex
	var got, want []int64
	errs := atOnce(racers, func(i int) error {
		n, err := s.at(i).Add(t.Context(), key, 1, long)
		mu.Lock()
		defer mu.Unlock()
		got = append(got, n.Value)
		return err
	})
	for i, err := range errs {
		require.NoError(t, err, "Add")
		want = append(want, int64(i+1))
	}
	slices.Sort(got)
	require.Equal(t, want, got, "values that the racers were told")
	require.EqualValues(t, racers, add(t, s.at(0), key, 0, long).Value, "sum")
}

// counterEnds asks for the counter by adding to it, with a much longer life, all the time. None of
// the additions may move the end.
func counterEnds(t testingT, s states) {
	a, b := s.both()
	key := newName()
	requireLife(t, short,
		func() { require.EqualValues(t, 1, add(t, a, key, 1, short).Value) },
		func() bool { return add(t, b, key, 1, long).Value != 1 })
}

func counterTTL(t testingT, s states) {
	a, b := s.both()
	key := newName()
	var first time.Duration
	made := timed(func() { first = add(t, a, key, 1, long).TTL })
	made.requireLeft(t, long, func() time.Duration { return first })
	pass(short)
	made.requireLeft(t, long, func() time.Duration { return add(t, b, key, 1, 2*long).TTL })
	made.requireLeft(t, long, func() time.Duration { return add(t, b, key, 1, short).TTL })
}

func counterStartsAgain(t testingT, s states) {
	a, b := s.both()
	key := newName()
	add(t, a, key, 7, short)
	pass(short)

	var anew store.Count
	again := timed(func() { anew = add(t, b, key, 2, long) })
	require.EqualValues(t, 2, anew.Value, "a counter that starts again")
	again.requireLeft(t, long, func() time.Duration { return anew.TTL })
	pass(short)
	require.EqualValues(t, 3, add(t, a, key, 1, short).Value, "a counter that started again")
	again.requireLeft(t, long, func() time.Duration { return add(t, a, key, 1, short).TTL })
}

func entriesAndCounters(t testingT, s states) {
	a, b := s.both()
	key := newName()
	add(t, a, key, 1, long)
	requireNoEntry(t, b, key)
	put(t, b, key, living("entry"))
	require.EqualValues(t, 2, add(t, a, key, 1, long).Value, "counter beside an entry")
	e := requireEntry(t, b, key, "entry")

	require.NoError(t, b.Delete(t.Context(), key, e.Version), "Delete")
	require.EqualValues(t, 3, add(t, a, key, 1, long).Value, "counter beside an entry that was deleted")

	other := newName()
	put(t, a, other, living("entry"))
	require.EqualValues(t, 1, add(t, b, other, 1, long).Value, "counter beside an entry that was there first")
	requireEntry(t, b, other, "entry")
}
