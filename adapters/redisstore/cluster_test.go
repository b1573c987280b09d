package redisstore_test

import (
	"context"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/redisstore"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/store/storetest"
)

const slots = 16384

// startCluster starts three masters and a replica of the first, the last of the servers returned.
func startCluster(t testing.TB, settings ...string) []*server {
	settings = append([]string{"--cluster-enabled", "yes", "--cluster-node-timeout", "1000"}, settings...)
	var nodes []*server
	var clients []*redis.Client
	for range 4 {
		n := startServer(t, settings...)
		nodes, clients = append(nodes, n), append(clients, n.client(t, nil))
	}
	for i, c := range clients[:3] {
		from, to := i*slots/3, (i+1)*slots/3-1
		require.NoError(t, c.ClusterAddSlotsRange(t.Context(), from, to).Err())
	}
	for _, n := range nodes[1:] {
		host, port, err := net.SplitHostPort(n.addr)
		require.NoError(t, err)
		require.NoError(t, clients[0].ClusterMeet(t.Context(), host, port).Err())
	}
	first, err := clients[0].ClusterMyID(t.Context()).Result()
	require.NoError(t, err)
	require.Eventually(t, func() bool { // not sooner than it has heard of the first
		return clients[3].ClusterReplicate(t.Context(), first).Err() == nil
	}, 20*time.Second, 100*time.Millisecond, "the replica does not learn of its master")
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		for _, client := range clients {
			info, err := client.ClusterInfo(t.Context()).Result()
			assert.NoError(c, err)
			assert.Contains(c, info, "cluster_state:ok")
			assert.Contains(c, info, "cluster_known_nodes:"+strconv.Itoa(len(nodes)))
		}
		info, err := clients[3].Info(t.Context(), "replication").Result()
		assert.NoError(c, err)
		assert.Contains(c, info, "master_link_status:up")
	}, 20*time.Second, 100*time.Millisecond, "the cluster does not form")
	return nodes
}

func clusterClient(t testing.TB, nodes []*server, set func(*redis.ClusterOptions)) *redis.ClusterClient {
	o := &redis.ClusterOptions{}
	for _, n := range nodes {
		o.Addrs = append(o.Addrs, n.addr)
	}
	if set != nil {
		set(o)
	}
	client := redis.NewClusterClient(o)
	t.Cleanup(func() { assert.NoError(t, client.Close()) })
	return client
}

// The cluster takes seconds to start, so that its tests share it.
func TestCluster(t *testing.T) {
	nodes := startCluster(t)
	client := clusterClient(t, nodes, nil)
	s := openStore(t, client)

	t.Run("the suite", func(t *testing.T) {
		other := openStore(t, clusterClient(t, nodes, nil))
		storetest.RunSharedState(t, func(*testing.T) []store.State { return []store.State{s, other} })
	})
	t.Run("keys are on all masters, and all have an end", func(t *testing.T) { requireSpread(t, client) })
	t.Run("moving slots disturb nobody", func(t *testing.T) { moveSlots(t, client, s) })
	t.Run("a lost answer is not repeated", func(t *testing.T) { loseInCluster(t, nodes, s) })
	t.Run("a client for one server is refused", func(t *testing.T) {
		_, err := redisstore.Open(t.Context(), nodes[0].client(t, nil))
		assert.ErrorContains(t, err, "redis.NewClusterClient")
	})
	t.Run("one master that forgets is refused", func(t *testing.T) {
		second := nodes[1].client(t, nil)
		require.NoError(t, second.ConfigSet(t.Context(), "maxmemory-policy", "allkeys-lru").Err())
		defer second.ConfigSet(t.Context(), "maxmemory-policy", "noeviction")
		_, err := redisstore.Open(t.Context(), client)
		assert.ErrorContains(t, err, nodes[1].addr+": maxmemory-policy is allkeys-lru")
	})
	t.Run("a replica takes over", func(t *testing.T) { failOver(t, nodes, s) })
}

func requireSpread(t *testing.T, client *redis.ClusterClient) {
	err := client.ForEachMaster(t.Context(), func(ctx context.Context, c *redis.Client) error {
		keys := keysUnder(t, c, "")
		assert.NotEmpty(t, keys, c.Options().Addr)
		for _, key := range keys {
			left, err := c.PTTL(ctx, key).Result()
			assert.NoError(t, err)
			assert.NotEqual(t, time.Duration(-1), left, "%q has no end", key)
		}
		return nil
	})
	assert.NoError(t, err)
}

// moveSlots moves the slot of a key from one master to another while it is used.
func moveSlots(t *testing.T, client *redis.ClusterClient, s *redisstore.Store) {
	const key = "moved"
	slot, err := client.ClusterKeySlot(t.Context(), "nativeauth:n:"+key).Result()
	require.NoError(t, err)
	from, err := client.MasterForKey(t.Context(), "nativeauth:n:"+key)
	require.NoError(t, err)
	to, err := client.MasterForKey(t.Context(), otherKey(t, client, from))
	require.NoError(t, err)
	fromID, toID := idOf(t, from), idOf(t, to)
	count := func(want int64) {
		t.Helper()
		n, err := s.Add(t.Context(), key, 1, time.Minute)
		require.NoError(t, err)
		require.Equal(t, want, n.Value)
	}
	setSlot := func(c *redis.Client, args ...any) {
		t.Helper()
		require.NoError(t, c.Do(t.Context(), append([]any{"CLUSTER", "SETSLOT", slot}, args...)...).Err())
	}

	count(1)
	setSlot(to, "IMPORTING", fromID)
	setSlot(from, "MIGRATING", toID)
	count(2)
	host, port, err := net.SplitHostPort(to.Options().Addr)
	require.NoError(t, err)
	require.NoError(t, from.Migrate(t.Context(), host, port, "nativeauth:n:"+key, 0, 5*time.Second).Err())
	count(3) // by a redirection for once
	setSlot(to, "NODE", toID)
	setSlot(from, "NODE", toID)
	count(4) // by one for good
	count(5)
}

// otherKey returns a key that another master has.
func otherKey(t *testing.T, client *redis.ClusterClient, than *redis.Client) string {
	for i := range slots {
		c, err := client.MasterForKey(t.Context(), strconv.Itoa(i))
		require.NoError(t, err)
		if c != than {
			return strconv.Itoa(i)
		}
	}
	require.Fail(t, "all keys are on one master")
	return ""
}

func idOf(t *testing.T, c *redis.Client) string {
	id, err := c.ClusterMyID(t.Context()).Result()
	require.NoError(t, err)
	return strings.TrimSpace(id)
}

func loseInCluster(t *testing.T, nodes []*server, watcher *redisstore.Store) {
	w := &wire{}
	s := openStore(t, clusterClient(t, nodes, func(o *redis.ClusterOptions) {
		o.Dialer, o.PoolSize, o.MaxRetries, o.MaxRedirects = w.dial, 1, 10, 10
	}))
	for range 2 { // so that no answer is lost that belongs to connecting
		_, err := s.Add(t.Context(), "lost", 1, time.Minute)
		require.NoError(t, err)
	}
	w.lose.Store(1)
	_, err := s.Add(t.Context(), "lost", 1, time.Minute)
	requireUnknown(t, err)
	assert.ErrorIs(t, err, io.EOF)
	n, err := watcher.Add(t.Context(), "lost", 0, time.Minute)
	require.NoError(t, err)
	assert.EqualValues(t, 3, n.Value)
}

// failOver kills the first master. Keys of the others are served all the time, its own within 5 s of
// the replica's becoming a master, which takes the cluster a second or two.
func failOver(t *testing.T, nodes []*server, s *redisstore.Store) {
	keys := make([]string, 60) // of all three
	for i := range keys {
		keys[i] = strconv.Itoa(i)
		_, err := s.Add(t.Context(), keys[i], 1, time.Minute)
		require.NoError(t, err)
	}
	served := func() (all int) {
		for _, key := range keys {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := s.Add(ctx, key, 1, time.Minute)
			cancel()
			if err == nil {
				all++
			}
		}
		return all
	}

	nodes[0].kill()
	assert.Less(t, served(), len(keys))
	replica := nodes[3].client(t, nil)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		info, err := replica.Info(t.Context(), "replication").Result()
		assert.NoError(c, err)
		assert.Contains(c, info, "role:master")
	}, 20*time.Second, 50*time.Millisecond, "the replica does not take over")
	start := time.Now()
	require.Eventually(t, func() bool { return served() == len(keys) }, 20*time.Second, 50*time.Millisecond)
	t.Logf("serving again after %v", time.Since(start).Round(time.Millisecond))
}
