package storetest

import (
	"strconv"
	"time"

	"github.com/nativeauth/nativeauth/store"
)

func oneWriterWins(t testingT, s states) {
	rounds(func(key string) {
		put(t, s.at(0), key, living("first"))
		version := get(t, s.at(0), key).Version
		winner := requireOneWinner(t, store.ErrConflict, func(i int) error {
			return s.at(i).Put(t.Context(), key, store.Entry{Value: []byte(strconv.Itoa(i)), Version: version, TTL: long})
		})
		requireEntry(t, s.at(0), key, strconv.Itoa(winner))
	})
}

func oneCreatorWins(t testingT, s states) {
	rounds(func(key string) {
		winner := requireOneWinner(t, store.ErrConflict, func(i int) error {
			return s.at(i).Put(t.Context(), key, living(strconv.Itoa(i)))
		})
		requireEntry(t, s.at(0), key, strconv.Itoa(winner))
	})
}

func oneDeleteWins(t testingT, s states) {
	rounds(func(key string) {
		put(t, s.at(0), key, living("first"))
		version := get(t, s.at(0), key).Version
		requireOneWinner(t, store.ErrConflict, func(i int) error {
			return s.at(i).Delete(t.Context(), key, version)
		})
		requireNoEntry(t, s.at(0), key)
	})
}

func oneWriteOrDeleteWins(t testingT, s states) {
	rounds(func(key string) {
		put(t, s.at(0), key, living("first"))
		version := get(t, s.at(0), key).Version
		winner := requireOneWinner(t, store.ErrConflict, func(i int) error {
			if i%3 == 0 {
				return s.at(i).Delete(t.Context(), key, version)
			}
			return s.at(i).Put(t.Context(), key, store.Entry{Value: []byte(strconv.Itoa(i)), Version: version, TTL: long})
		})
		if winner%3 == 0 {
			requireNoEntry(t, s.at(0), key)
			return
		}
		requireEntry(t, s.at(0), key, strconv.Itoa(winner))
	})
}

// oneCreatorOfExpiredWins lets some entries expire together, and then races for one after another.
// The remains of an entry are where a store that purges late is easily wrong.
func oneCreatorOfExpiredWins(t testingT, s states) {
	keys := endedKeys(func(key string) { put(t, s.at(0), key, store.Entry{TTL: short}) })
	for end := time.Now().Add(raceTime); len(keys) > 0; keys = keys[1:] {
		winner := requireOneWinner(t, store.ErrConflict, func(i int) error {
			return s.at(i).Put(t.Context(), keys[0], living(strconv.Itoa(i)))
		})
		requireEntry(t, s.at(0), keys[0], strconv.Itoa(winner))
		if time.Now().After(end) {
			return
		}
	}
}

// endedKeys makes things with a short life, as many as a race may take rounds, and returns their
// keys when all have ended.
func endedKeys(start func(key string)) (keys []string) {
	for end := time.Now().Add(raceTime); len(keys) == 0 || len(keys) < 50 && time.Now().Before(end); {
		key := newName()
		start(key)
		keys = append(keys, key)
	}
	pass(short)
	return keys
}
