package redisstore_test

import (
	"bytes"
	"crypto/rand"
	"math"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/redisstore"
	"github.com/nativeauth/nativeauth/internal/peers"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/store/storetest"
)

// newClient returns a client, with connections of its own as another process has it, of the server
// that all tests use.
func newClient(t testing.TB, protocol int) *redis.Client {
	o, err := redis.ParseURL(peers.Redis(t))
	require.NoError(t, err)
	o.Protocol = protocol
	client := redis.NewClient(o)
	t.Cleanup(func() { assert.NoError(t, client.Close()) })
	return client
}

// newPrefix returns a prefix that nobody else uses. At the end of the test it checks that every key
// under it has an end, and removes them.
func newPrefix(t testing.TB, client *redis.Client) string {
	prefix := "nativeauth-test-" + rand.Text() + ":"
	t.Cleanup(func() {
		for _, key := range keysUnder(t, client, prefix) {
			left, err := client.PTTL(ctxOf(t), key).Result()
			assert.NoError(t, err)
			assert.NotEqual(t, time.Duration(-1), left, "%q has no end", key)
			assert.NoError(t, client.Del(ctxOf(t), key).Err())
		}
	})
	return prefix
}

func keysUnder(t testing.TB, client *redis.Client, prefix string) (keys []string) {
	all := client.Scan(ctxOf(t), 0, prefix+"*", 1000).Iterator()
	for all.Next(ctxOf(t)) {
		keys = append(keys, all.Val())
	}
	assert.NoError(t, all.Err())
	return keys
}

func openStore(t testing.TB, client redis.UniversalClient, opts ...redisstore.Option) *redisstore.Store {
	s, err := redisstore.Open(t.Context(), client, opts...)
	require.NoError(t, err)
	return s
}

// shared returns a Store on that server, and its client and prefix.
func shared(t testing.TB) (*redisstore.Store, *redis.Client, string) {
	client := newClient(t, 3)
	prefix := newPrefix(t, client)
	return openStore(t, client, redisstore.WithPrefix(prefix)), client, prefix
}

func entry(ttl time.Duration) store.Entry { return store.Entry{Value: []byte("v"), TTL: ttl} }

func TestRedis_State(t *testing.T) {
	peers.Redis(t) // so that a missing one is told once
	storetest.RunSharedState(t, func(t *testing.T) []store.State {
		a, _, prefix := shared(t)
		b := openStore(t, newClient(t, 3), redisstore.WithPrefix(prefix))
		return []store.State{a, b}
	})
}

// The older protocol has other kinds of answers.
func TestRedis_StateOverRESP2(t *testing.T) {
	peers.Redis(t)
	storetest.RunState(t, func(t *testing.T) store.State {
		client := newClient(t, 2)
		return openStore(t, client, redisstore.WithPrefix(newPrefix(t, client)))
	})
}

func TestAdd_IsExactUpToTheLastNumber(t *testing.T) {
	s, _, _ := shared(t)
	for name, deltas := range map[string][]int64{
		"beyond a double's 53 bits": {1 << 53, 1, 1, -1, 1 << 61},
		"to the highest":            {math.MaxInt64 - 1, 1},
		"to the lowest":             {math.MinInt64, math.MaxInt64},
		"from the lowest":           {-1, math.MinInt64 + 1, 1},
	} {
		var want int64
		for _, delta := range deltas {
			want += delta
			n, err := s.Add(t.Context(), name, delta, time.Minute)
			require.NoError(t, err, name)
			assert.Equal(t, want, n.Value, name)
		}
	}
}

func TestAdd_AnOverflowIsAnErrorAndChangesNothing(t *testing.T) {
	s, _, _ := shared(t)
	_, err := s.Add(t.Context(), "k", math.MaxInt64, time.Minute)
	require.NoError(t, err)
	_, err = s.Add(t.Context(), "k", 1, time.Minute)
	require.ErrorContains(t, err, "redisstore: add: ")
	n, err := s.Add(t.Context(), "k", 0, time.Minute)
	require.NoError(t, err)
	assert.EqualValues(t, math.MaxInt64, n.Value)
}

func TestStore_KeysAndLivesOfAnyLength(t *testing.T) {
	s, _, _ := shared(t)
	key := string(bytes.Repeat([]byte("{\x00\xff}*"), 40))
	for _, ttl := range []time.Duration{1, time.Hour, math.MaxInt64} {
		require.NoError(t, s.Put(t.Context(), key+ttl.String(), entry(ttl)))
		n, err := s.Add(t.Context(), key+ttl.String(), 1, ttl)
		require.NoError(t, err)
		assert.LessOrEqual(t, n.TTL, max(ttl, time.Millisecond))
	}
}

func TestStore_ATTLMustBeMoreThanZero(t *testing.T) {
	s, _, _ := shared(t)
	assert.Error(t, s.Put(t.Context(), "k", store.Entry{}))
	_, err := s.Add(t.Context(), "k", 1, -time.Second)
	assert.Error(t, err)
}

func TestStore_PrefixesKeepStoresApart(t *testing.T) {
	a, client, prefix := shared(t)
	b := openStore(t, client, redisstore.WithPrefix(newPrefix(t, client)))
	require.NoError(t, a.Put(t.Context(), "k", entry(time.Minute)))
	_, err := b.Get(t.Context(), "k")
	assert.ErrorIs(t, err, store.ErrNotFound)
	assert.Contains(t, keysUnder(t, client, prefix), prefix+"e:k")
}

func TestStore_ScriptsAreLearntAgain(t *testing.T) {
	server := startServer(t)
	client := server.client(t, nil)
	s := openStore(t, client)
	forget := func() { require.NoError(t, client.ScriptFlush(t.Context()).Err()) }

	forget()
	require.NoError(t, s.Put(t.Context(), "k", entry(time.Minute)))
	forget()
	e, err := s.Get(t.Context(), "k")
	require.NoError(t, err)
	forget()
	n, err := s.Add(t.Context(), "k", 1, time.Minute)
	require.NoError(t, err)
	assert.EqualValues(t, 1, n.Value)
	forget()
	require.NoError(t, s.Delete(t.Context(), "k", e.Version))
	forget()
	_, err = s.Get(t.Context(), "k")
	assert.ErrorIs(t, err, store.ErrNotFound)
}

func TestStore_WhatOthersHaveWrittenIsAnError(t *testing.T) {
	s, client, prefix := shared(t)
	require.NoError(t, client.Set(t.Context(), prefix+"e:short", "1", time.Minute).Err())
	require.NoError(t, client.Set(t.Context(), prefix+"n:text", "one", time.Minute).Err())
	require.NoError(t, client.RPush(t.Context(), prefix+"e:list", "1").Err())
	require.NoError(t, client.Expire(t.Context(), prefix+"e:list", time.Minute).Err())

	for _, key := range []string{"short", "list"} {
		_, err := s.Get(t.Context(), key)
		assert.ErrorContains(t, err, "redisstore: get: ")
		assert.NotErrorIs(t, err, store.ErrNotFound)
	}
	assert.ErrorContains(t, s.Put(t.Context(), "list", entry(time.Minute)), "redisstore: put: ")
	assert.ErrorContains(t, s.Delete(t.Context(), "list", 1), "redisstore: delete: ")
	_, err := s.Add(t.Context(), "text", 1, time.Minute)
	assert.ErrorContains(t, err, "redisstore: add: ")
}
