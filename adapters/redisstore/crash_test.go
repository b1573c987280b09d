package redisstore_test

import (
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/store"
)

// The server is killed between counting and answering. What was acknowledged is there, what was not
// may be, and no counter has lost its end.
func TestCrash_NoAdditionIsLostAndEveryCounterEnds(t *testing.T) {
	const rounds, adders, counters = 5, 8, 20
	server := startServer(t, "--appendonly", "yes", "--appendfsync", "always")
	client := server.client(t, nil)
	s := openStore(t, client)
	var acknowledged, unknown [counters]atomic.Int64
	for round := range rounds {
		var all sync.WaitGroup
		for adder := range adders {
			all.Go(func() {
				for i := adder; ; i++ {
					_, err := s.Add(t.Context(), strconv.Itoa(i%counters), 1, time.Hour)
					if err != nil {
						unknown[i%counters].Add(1)
						return
					}
					acknowledged[i%counters].Add(1)
				}
			})
		}
		time.Sleep(time.Duration(50+17*round) * time.Millisecond)
		server.kill()
		all.Wait()
		server.start(t)
	}

	requireServing(t, s)
	sum := int64(0)
	for i := range counters {
		n, err := s.Add(t.Context(), strconv.Itoa(i), 0, time.Minute)
		require.NoError(t, err)
		assert.GreaterOrEqual(t, n.Value, acknowledged[i].Load(), "counter %d", i)
		assert.LessOrEqual(t, n.Value, acknowledged[i].Load()+unknown[i].Load(), "counter %d", i)
		assert.Greater(t, n.TTL, 50*time.Minute, "counter %d", i)
		sum += n.Value
	}
	t.Logf("%d additions over %d kills", sum, rounds)
	for _, key := range keysUnder(t, client, "") {
		left, err := client.PTTL(t.Context(), key).Result()
		require.NoError(t, err)
		assert.NotEqual(t, time.Duration(-1), left, "%q has no end", key)
	}
}

// Each writer goes on from the version that its last write was acknowledged with, so that it would
// notice if that write were undone.
func TestCrash_NoAcknowledgedWriteIsUndone(t *testing.T) {
	server := startServer(t, "--appendonly", "yes", "--appendfsync", "always")
	s := openStore(t, server.client(t, nil))
	var wrote [8]int
	for range 3 {
		var all sync.WaitGroup
		for w := range wrote {
			key := strconv.Itoa(w)
			all.Go(func() {
				for {
					e, err := s.Get(t.Context(), key)
					if err != nil && !errors.Is(err, store.ErrNotFound) {
						return
					}
					e.Value, e.TTL = []byte(strconv.Itoa(wrote[w]+1)), time.Hour
					if s.Put(t.Context(), key, e) != nil {
						return
					}
					wrote[w]++
				}
			})
		}
		time.Sleep(80 * time.Millisecond)
		server.kill()
		all.Wait()
		server.start(t)
		requireServing(t, s)
		for w := range wrote {
			e, err := s.Get(t.Context(), strconv.Itoa(w))
			require.NoError(t, err)
			n, err := strconv.Atoi(string(e.Value))
			require.NoError(t, err)
			assert.GreaterOrEqual(t, n, wrote[w])
			assert.LessOrEqual(t, n, wrote[w]+1)
			wrote[w] = n
		}
	}
}
