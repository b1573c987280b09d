package storetest

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/store"
)

// wrongStates break one promise each.
var wrongStates = []wrong[store.State]{
	{"an entry is read back as it was put", "long values are cut", changeValue(func(v []byte) []byte { return v[:min(len(v), 4096)] })},
	{"an entry is read back as it was put", "values end at a NUL", changeValue(func(v []byte) []byte { v, _, _ = bytes.Cut(v, []byte{0}); return v })},
	{"an entry is read back as it was put", "values are trimmed", changeValue(bytes.TrimSpace)},
	{"an entry is read back as it was put", "values are UTF-8", changeValue(func(v []byte) []byte { return bytes.ToValidUTF8(v, []byte("\ufffd")) })},
	{"an entry is read back as it was put", "a second Put keeps the first value", overridePut(putKeepsValue)},

	{"a key is bytes, and other bytes are another key", "keys are folded", changeKey(strings.ToLower)},
	{"a key is bytes, and other bytes are another key", "keys are padded with blanks", changeKey(func(k string) string { return strings.TrimRight(k, " ") })},
	{"a key is bytes, and other bytes are another key", "keys are UTF-8", changeKey(func(k string) string { return strings.ToValidUTF8(k, "\ufffd") })},
	{"a key is bytes, and other bytes are another key", "keys end at a NUL", changeKey(func(k string) string { k, _, _ = strings.Cut(k, "\x00"); return k })},
	{"a key is bytes, and other bytes are another key", "long keys are cut", changeKey(func(k string) string { return k[:min(len(k), 199)] })},

	{"what is missing is not found, and cannot be replaced or deleted", "what is missing is read as empty", overrideGet(getFindsAll)},
	{"what is missing is not found, and cannot be replaced or deleted", "Put makes an entry for any version", overridePut(putRevives)},
	{"what is missing is not found, and cannot be replaced or deleted", "Delete of nothing succeeds", overrideDelete(deleteOfNothing)},
	{"version 0 does not replace an entry", "Put looks at no version", overridePut(putAlways)},
	{"a stale version neither replaces nor deletes", "Put looks at no version", overridePut(putAlways)},
	{"a stale version neither replaces nor deletes", "Delete looks at no version", overrideDelete(deleteAlways)},
	{"a deleted entry is gone", "Delete does nothing", overrideDelete(func(context.Context, store.State, string, int64) error { return nil })},
	{"a deleted entry is gone", "Delete succeeds again", overrideDelete(deleteOfNothing)},
	{"no version comes twice", "versions start at one", versionsFromOne},
	{"no version comes twice, also after the entry expired", "versions start at one", versionsFromOne},

	{"of many writers of one version one wins", "Put reads and then writes", overridePut(putReadsFirst)},
	{"of many creators of one entry one wins", "Put reads and then writes", overridePut(putReadsFirst)},
	{"of many deletes of one version one wins", "Delete reads and then deletes", overrideDelete(deleteReadsFirst)},
	{"of writes and deletes of one version one wins", "Delete reads and then deletes", overrideDelete(deleteReadsFirst)},
	{"of writes and deletes of one version one wins", "Put reads and then writes", overridePut(putReadsFirst)},
	{"of many creators of an expired entry one wins", "Put reads and then writes", overridePut(putReadsFirst)},

	{"an entry is gone when its life is over", "entries never end", changeTTL(func(ttl time.Duration) time.Duration { return ttl * 1000 })},
	{"an entry is gone when its life is over", "entries end too early", changeTTL(func(ttl time.Duration) time.Duration { return ttl / 2 })},
	{"an entry is gone when its life is over", "lives are whole seconds", changeTTL(func(ttl time.Duration) time.Duration { return (ttl + time.Second).Truncate(time.Second) })},
	{"an expired entry cannot be replaced or deleted, only made anew", "Put revives the dead", overridePut(putRevives)},
	{"an expired entry cannot be replaced or deleted, only made anew", "Delete of the dead wins", overrideDelete(deleteOfNothing)},
	{"an expired entry cannot be replaced or deleted, only made anew", "the dead keep their key", deadKeepTheirKey},
	{"an entry says how long it still lives", "Get gives the whole life", overrideGet(getWithTTL(func(time.Duration) time.Duration { return long }))},
	{"an entry says how long it still lives", "Get gives no life", overrideGet(getWithTTL(func(time.Duration) time.Duration { return 0 }))},
	{"an entry says how long it still lives", "Get gives too much", overrideGet(getWithTTL(func(ttl time.Duration) time.Duration { return ttl + time.Second }))},
	{"an entry says how long it still lives", "Get gives whole seconds", overrideGet(getWithTTL(func(ttl time.Duration) time.Duration { return ttl.Truncate(time.Second) }))},
	{"each Put starts a new life", "the first Put sets the life", overridePut(putKeepsLife)},
	{"each Put starts a new life", "a Put never shortens a life", overridePut(putNeverShortens)},
	{"each Put starts a new life", "a Put never lengthens a life", overridePut(putNeverLengthens)},

	{"a counter starts at zero and holds the sum", "nothing is taken away", wrongAdd(func(c counter, n addition) counter { return c.plus(addition{n.now, max(n.delta, 0), n.ttl}) })},
	{"a counter starts at zero and holds the sum", "counters have 32 bits", wrongAdd(func(c counter, n addition) counter { c = c.plus(n); c.value = int64(int32(c.value)); return c })},
	{"a counter starts at zero and holds the sum", "each addition is one", wrongAdd(func(c counter, n addition) counter { return c.plus(addition{n.now, 1, n.ttl}) })},
	{"additions at once are all counted, and each sees another value", "Add reads and then writes", addReadsFirst},
	{"additions at once are all counted, and each sees another value", "Add writes and then reads", overrideAdd(addReadsLater)},
	{"a counter ends with the life of the first addition", "each addition starts a new life", wrongAdd(func(c counter, n addition) counter { c = c.plus(n); c.end = n.now.Add(n.ttl); return c })},
	{"a counter ends with the life of the first addition", "counters never end", wrongAdd(func(c counter, n addition) counter { c.end = n.now.Add(long); return c.plus(n) })},
	{"a counter says how long it still lives", "Add gives back the life it was given", overrideAdd(addEchoesTTL)},
	{"a counter says how long it still lives", "a shorter life shortens the counter's", wrongAdd(func(c counter, n addition) counter { return c.plus(n).endBy(n) })},
	{"a counter starts again with a new life", "a counter goes on where it ended", wrongAdd(func(c counter, n addition) counter { n.delta += c.value; return counter{}.plus(n) })},
	{"a counter starts again with a new life", "the second life is the first", wrongAdd(func(c counter, n addition) counter { n.ttl = min(n.ttl, short); return c.plus(n) })},
	{"additions at once start an ended counter once", "Add reads and then writes", addReadsFirst},
	{"entries and counters do not share keys", "a counter is an entry", overrideAdd(addMakesEntry)},
	{"entries and counters do not share keys", "Delete takes the counter along", overrideDelete(deleteTakesCounter)},

	{"a call whose context is done fails and changes nothing", "contexts are ignored", ignoreContext},
	{"a call whose context is done fails and changes nothing", "Put looks at the context too late", overridePut(putThenContext)},
	{"a call whose context is done fails and changes nothing", "Get takes any error for not found", overrideGet(getNothing)},
}

// The types below are the methods of store.State with the right adapter as an argument, hence what
// a wrong method is made from.
type (
	getFunc    func(ctx context.Context, right store.State, key string) (store.Entry, error)
	putFunc    func(ctx context.Context, right store.State, key string, e store.Entry) error
	deleteFunc func(ctx context.Context, right store.State, key string, version int64) error
	addFunc    func(ctx context.Context, right store.State, key string, delta int64, ttl time.Duration) (store.Count, error)
)

// wrongState is the right adapter but for the methods that are set.
type wrongState struct {
	store.State
	get getFunc
	put putFunc
	del deleteFunc
	add addFunc
}

func (s wrongState) Get(ctx context.Context, key string) (store.Entry, error) {
	if s.get == nil {
		return s.State.Get(ctx, key)
	}
	return s.get(ctx, s.State, key)
}

func (s wrongState) Put(ctx context.Context, key string, e store.Entry) error {
	if s.put == nil {
		return s.State.Put(ctx, key, e)
	}
	return s.put(ctx, s.State, key, e)
}

func (s wrongState) Delete(ctx context.Context, key string, version int64) error {
	if s.del == nil {
		return s.State.Delete(ctx, key, version)
	}
	return s.del(ctx, s.State, key, version)
}

func (s wrongState) Add(ctx context.Context, key string, delta int64, ttl time.Duration) (store.Count, error) {
	if s.add == nil {
		return s.State.Add(ctx, key, delta, ttl)
	}
	return s.add(ctx, s.State, key, delta, ttl)
}

func overrideGet(f getFunc) func() store.State {
	return func() store.State { return wrongState{State: memory.New(), get: f} }
}

func overridePut(f putFunc) func() store.State {
	return func() store.State { return wrongState{State: memory.New(), put: f} }
}

func overrideDelete(f deleteFunc) func() store.State {
	return func() store.State { return wrongState{State: memory.New(), del: f} }
}

func overrideAdd(f addFunc) func() store.State {
	return func() store.State { return wrongState{State: memory.New(), add: f} }
}

func changeValue(change func([]byte) []byte) func() store.State {
	return overridePut(func(ctx context.Context, right store.State, key string, e store.Entry) error {
		e.Value = change(e.Value)
		return right.Put(ctx, key, e)
	})
}

func changeTTL(change func(time.Duration) time.Duration) func() store.State {
	return overridePut(func(ctx context.Context, right store.State, key string, e store.Entry) error {
		e.TTL = change(e.TTL)
		return right.Put(ctx, key, e)
	})
}

func changeKey(change func(string) string) func() store.State {
	return func() store.State {
		return wrongState{
			State: memory.New(),
			get: func(ctx context.Context, right store.State, key string) (store.Entry, error) {
				return right.Get(ctx, change(key))
			},
			put: func(ctx context.Context, right store.State, key string, e store.Entry) error {
				return right.Put(ctx, change(key), e)
			},
			add: func(ctx context.Context, right store.State, key string, delta int64, ttl time.Duration) (store.Count, error) {
				return right.Add(ctx, change(key), delta, ttl)
			},
		}
	}
}

func getFindsAll(ctx context.Context, right store.State, key string) (store.Entry, error) {
	e, err := right.Get(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		return store.Entry{}, nil
	}
	return e, err
}

func getNothing(ctx context.Context, right store.State, key string) (store.Entry, error) {
	e, err := right.Get(ctx, key)
	if err != nil {
		return store.Entry{}, store.ErrNotFound
	}
	return e, nil
}

func getWithTTL(change func(time.Duration) time.Duration) getFunc {
	return func(ctx context.Context, right store.State, key string) (store.Entry, error) {
		e, err := right.Get(ctx, key)
		e.TTL = change(e.TTL)
		return e, err
	}
}

// versionOf is the version at key for those who read before they write. The pause stands for the
// way to a database and back.
func versionOf(ctx context.Context, right store.State, key string) int64 {
	e, _ := right.Get(ctx, key)
	runtime.Gosched()
	return e.Version
}

// overwrite puts e whatever is there.
func overwrite(ctx context.Context, right store.State, key string, e store.Entry) error {
	for {
		current, _ := right.Get(ctx, key)
		e.Version = current.Version
		if err := right.Put(ctx, key, e); !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
}

func putAlways(ctx context.Context, right store.State, key string, e store.Entry) error {
	return overwrite(ctx, right, key, e)
}

func putReadsFirst(ctx context.Context, right store.State, key string, e store.Entry) error {
	if versionOf(ctx, right, key) != e.Version {
		return store.ErrConflict
	}
	return overwrite(ctx, right, key, e)
}

func putRevives(ctx context.Context, right store.State, key string, e store.Entry) error {
	if versionOf(ctx, right, key) == 0 {
		e.Version = 0
	}
	return right.Put(ctx, key, e)
}

func putThenContext(ctx context.Context, right store.State, key string, e store.Entry) error {
	return errors.Join(right.Put(context.WithoutCancel(ctx), key, e), ctx.Err())
}

func putKeepsValue(ctx context.Context, right store.State, key string, e store.Entry) error {
	if current, err := right.Get(ctx, key); err == nil {
		e.Value = current.Value
	}
	return right.Put(ctx, key, e)
}

func putKeepsLife(ctx context.Context, right store.State, key string, e store.Entry) error {
	if current, err := right.Get(ctx, key); err == nil {
		e.TTL = current.TTL
	}
	return right.Put(ctx, key, e)
}

func putNeverShortens(ctx context.Context, right store.State, key string, e store.Entry) error {
	if current, err := right.Get(ctx, key); err == nil {
		e.TTL = max(e.TTL, current.TTL)
	}
	return right.Put(ctx, key, e)
}

func putNeverLengthens(ctx context.Context, right store.State, key string, e store.Entry) error {
	if current, err := right.Get(ctx, key); err == nil {
		e.TTL = min(e.TTL, current.TTL)
	}
	return right.Put(ctx, key, e)
}

func deleteAlways(ctx context.Context, right store.State, key string, _ int64) error {
	return right.Delete(ctx, key, versionOf(ctx, right, key))
}

func deleteOfNothing(ctx context.Context, right store.State, key string, version int64) error {
	if versionOf(ctx, right, key) == 0 {
		return nil
	}
	return right.Delete(ctx, key, version)
}

func deleteReadsFirst(ctx context.Context, right store.State, key string, version int64) error {
	if versionOf(ctx, right, key) != version {
		return store.ErrConflict
	}
	_ = right.Delete(ctx, key, version)
	return nil
}

func deleteTakesCounter(ctx context.Context, right store.State, key string, version int64) error {
	err := right.Delete(ctx, key, version)
	if err == nil {
		n, _ := right.Add(ctx, key, 0, long)
		_, err = right.Add(ctx, key, -n.Value, long)
	}
	return err
}

func addReadsLater(ctx context.Context, right store.State, key string, delta int64, ttl time.Duration) (store.Count, error) {
	if n, err := right.Add(ctx, key, delta, ttl); err != nil {
		return n, err
	}
	runtime.Gosched()
	return right.Add(ctx, key, 0, ttl)
}

func addEchoesTTL(ctx context.Context, right store.State, key string, delta int64, ttl time.Duration) (store.Count, error) {
	n, err := right.Add(ctx, key, delta, ttl)
	n.TTL = ttl
	return n, err
}

func addMakesEntry(ctx context.Context, right store.State, key string, delta int64, ttl time.Duration) (store.Count, error) {
	_ = right.Put(ctx, key, store.Entry{TTL: ttl})
	return right.Add(ctx, key, delta, ttl)
}

// versionsFromOne counts the versions of each entry from one: the offset is what a key's versions
// had come to when the entry was made.
func versionsFromOne() store.State {
	var mu sync.Mutex
	offsets := map[string]int64{}
	real := func(key string, version int64) int64 {
		mu.Lock()
		defer mu.Unlock()
		return version + offsets[key]
	}
	return wrongState{
		State: memory.New(),
		get: func(ctx context.Context, right store.State, key string) (store.Entry, error) {
			e, err := right.Get(ctx, key)
			e.Version -= real(key, 0)
			return e, err
		},
		put: func(ctx context.Context, right store.State, key string, e store.Entry) error {
			if e.Version != 0 {
				e.Version = real(key, e.Version)
				return right.Put(ctx, key, e)
			}
			if err := right.Put(ctx, key, e); err != nil {
				return err
			}
			made, err := right.Get(ctx, key)
			mu.Lock()
			defer mu.Unlock()
			offsets[key] = made.Version - 1
			return err
		},
		del: func(ctx context.Context, right store.State, key string, version int64) error {
			return right.Delete(ctx, key, real(key, version))
		},
	}
}

// deadKeepTheirKey hides what has expired and yet lets nothing take its place.
func deadKeepTheirKey() store.State {
	made := map[string]bool{}
	return wrongState{
		State: memory.New(),
		put: func(ctx context.Context, right store.State, key string, e store.Entry) error {
			if e.Version == 0 && made[key] {
				return store.ErrConflict
			}
			made[key] = true
			return right.Put(ctx, key, e)
		},
	}
}

func ignoreContext() store.State {
	return wrongState{
		State: memory.New(),
		get: func(ctx context.Context, right store.State, key string) (store.Entry, error) {
			return right.Get(context.WithoutCancel(ctx), key)
		},
		put: func(ctx context.Context, right store.State, key string, e store.Entry) error {
			return right.Put(context.WithoutCancel(ctx), key, e)
		},
		add: func(ctx context.Context, right store.State, key string, delta int64, ttl time.Duration) (store.Count, error) {
			return right.Add(context.WithoutCancel(ctx), key, delta, ttl)
		},
	}
}
