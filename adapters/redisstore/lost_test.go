package redisstore_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/redisstore"
	"github.com/nativeauth/nativeauth/store"
)

// openLossy returns a Store whose client would retry more often than it should, over the one
// connection that it has, and a Store that loses nothing.
func openLossy(t *testing.T) (s, watcher *redisstore.Store, w *wire) {
	server := startServer(t)
	w = &wire{}
	lossy := server.client(t, func(o *redis.Options) {
		o.Dialer = w.dial
		o.PoolSize = 1
		o.MaxRetries = 10
	})
	s, watcher = openStore(t, lossy), openStore(t, server.client(t, nil))
	for _, call := range calls(watcher) { // so that the server has learnt all scripts
		_ = call(t.Context())
	}
	return s, watcher, w
}

// loseNext breaks the connection when the next answer has come, and leaves those alone that belong to
// connecting.
func loseNext(t *testing.T, s *redisstore.Store, w *wire) {
	_, err := s.Get(t.Context(), "nothing")
	require.ErrorIs(t, err, store.ErrNotFound)
	w.lose.Store(1)
}

func TestLostAnswer_AnAdditionCountsOnce(t *testing.T) {
	s, watcher, w := openLossy(t)
	loseNext(t, s, w)
	_, err := s.Add(t.Context(), "k", 1, time.Minute)
	requireUnknown(t, err)
	n, err := watcher.Add(t.Context(), "k", 0, time.Minute)
	require.NoError(t, err)
	assert.EqualValues(t, 1, n.Value)
	assert.Greater(t, n.TTL, 50*time.Second)
}

func TestLostAnswer_AWinIsNotSaidToBeSomebodyElses(t *testing.T) {
	s, watcher, w := openLossy(t)
	loseNext(t, s, w)
	requireUnknown(t, s.Put(t.Context(), "k", store.Entry{Value: []byte("made"), TTL: time.Minute}))
	made, err := watcher.Get(t.Context(), "k")
	require.NoError(t, err)
	assert.Equal(t, "made", string(made.Value))

	loseNext(t, s, w)
	requireUnknown(t, s.Put(t.Context(), "k", store.Entry{Value: []byte("written"), Version: made.Version, TTL: time.Minute}))
	written, err := watcher.Get(t.Context(), "k")
	require.NoError(t, err)
	assert.Equal(t, "written", string(written.Value))

	loseNext(t, s, w)
	requireUnknown(t, s.Delete(t.Context(), "k", written.Version))
	_, err = watcher.Get(t.Context(), "k")
	assert.ErrorIs(t, err, store.ErrNotFound)
}

func TestLostAnswer_AReadIsRepeated(t *testing.T) {
	s, watcher, w := openLossy(t)
	require.NoError(t, watcher.Put(t.Context(), "k", entry(time.Minute)))
	loseNext(t, s, w)
	e, err := s.Get(t.Context(), "k")
	require.NoError(t, err)
	assert.Equal(t, "v", string(e.Value))
	assert.Less(t, w.lose.Load(), int32(0), "an answer was lost")
}

// The writes of a client that has gone may come late. They must find that they are too late.
func TestLostAnswer_AWriteThatComesLateChangesNothing(t *testing.T) {
	server := startServer(t)
	client := server.client(t, nil)
	s := openStore(t, client)
	require.NoError(t, s.Put(t.Context(), "k", store.Entry{Value: []byte("first"), TTL: time.Minute}))
	e, err := s.Get(t.Context(), "k")
	require.NoError(t, err)

	late := e
	late.Value = []byte("late")
	gone, stay := brief(t, 100*time.Millisecond), t.Context()
	require.NoError(t, client.ClientPause(t.Context(), 400*time.Millisecond).Err())
	e.Value = []byte("in time")
	outcome := make(chan error)
	go func() { outcome <- s.Put(stay, "k", e) }()
	time.Sleep(50 * time.Millisecond)
	requireUnknown(t, s.Put(gone, "k", late))
	require.NoError(t, <-outcome)
	time.Sleep(50 * time.Millisecond)

	now, err := s.Get(t.Context(), "k")
	require.NoError(t, err)
	assert.Equal(t, "in time", string(now.Value))
}
