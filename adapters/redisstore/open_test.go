package redisstore_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/redisstore"
)

// openLogged opens a Store and returns what it warns of.
func openLogged(t *testing.T, client redis.UniversalClient) (string, error) {
	var log bytes.Buffer
	_, err := redisstore.Open(t.Context(), client, redisstore.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	return log.String(), err
}

func TestOpen_RefusesAServerThatForgets(t *testing.T) {
	for _, policy := range []string{"allkeys-lru", "volatile-ttl"} {
		server := startServer(t, "--maxmemory-policy", policy)
		_, err := redisstore.Open(t.Context(), server.client(t, nil))
		assert.ErrorContains(t, err, "maxmemory-policy is "+policy)
		assert.ErrorContains(t, err, "set maxmemory-policy noeviction")
	}
}

func TestOpen_WarnsOfWhatACrashTakesBack(t *testing.T) {
	for name, c := range map[string]struct {
		settings []string
		warns    string
	}{
		"nothing is kept":          {nil, "appendonly is no"},
		"a second may be lost":     {[]string{"--appendonly", "yes"}, "appendfsync is everysec"},
		"the system decides":       {[]string{"--appendonly", "yes", "--appendfsync", "no"}, "appendfsync is no"},
		"every write is on a disk": {[]string{"--appendonly", "yes", "--appendfsync", "always"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			log, err := openLogged(t, startServer(t, c.settings...).client(t, nil))
			require.NoError(t, err)
			if c.warns == "" {
				assert.Empty(t, log)
				return
			}
			assert.Contains(t, log, "level=WARN")
			assert.Contains(t, log, c.warns)
			assert.Contains(t, log, "set appendonly yes and appendfsync always")
		})
	}
}

// As with servers that are for rent.
func TestOpen_WarnsWhereItMayNotAsk(t *testing.T) {
	server := startServer(t, "--appendonly", "yes", "--appendfsync", "always")
	admin := server.client(t, nil)
	rules := "on >p allcommands ~nativeauth:*"
	for name, c := range map[string]struct {
		rules string
		warns []string
	}{
		"CONFIG is refused": {rules + " -config", []string{"does not tell its appendfsync"}},
		"INFO is refused": {rules + " -info", []string{
			"does not tell its version", "does not tell whether it has an append-only file"}},
		"both are refused": {rules + " -info -config", []string{
			"does not tell its version", "does not tell its maxmemory-policy", "does not tell whether"}},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, setUser(t, admin, c.rules))
			log, err := openLogged(t, server.client(t, asUser))
			require.NoError(t, err)
			for _, warns := range c.warns {
				assert.Contains(t, log, warns)
			}
		})
	}

	require.NoError(t, admin.ConfigSet(t.Context(), "maxmemory-policy", "allkeys-lru").Err())
	for _, forbid := range []string{" -config", " -info"} {
		require.NoError(t, setUser(t, admin, rules+forbid))
		_, err := redisstore.Open(t.Context(), server.client(t, asUser))
		assert.ErrorContains(t, err, "maxmemory-policy is allkeys-lru", forbid)
	}
}

func TestOpen_RefusesAUserWhoMayNotDoWhatIsNeeded(t *testing.T) {
	server := startServer(t)
	for _, rules := range []string{"on >p allcommands ~other:*", "on >p allcommands -eval -evalsha ~*", "on >p +@read +info +config +eval +evalsha ~*"} {
		require.NoError(t, setUser(t, server.client(t, nil), rules))
		_, err := redisstore.Open(t.Context(), server.client(t, asUser))
		assert.ErrorContains(t, err, "redisstore: open: try an addition: ", rules)
	}
}

func setUser(t *testing.T, admin *redis.Client, rules string) error {
	args := []any{"ACL", "SETUSER", "app", "reset"}
	for rule := range bytes.FieldsSeq([]byte(rules)) {
		args = append(args, rule)
	}
	return admin.Do(t.Context(), args...).Err()
}

func asUser(o *redis.Options) { o.Username, o.Password = "app", "p" }

func TestOpen_RefusesAReplica(t *testing.T) {
	master := startServer(t)
	var port int
	_, err := fmt.Sscanf(master.addr, "127.0.0.1:%d", &port)
	require.NoError(t, err)
	replica := startServer(t, "--replicaof", fmt.Sprint("127.0.0.1 ", port))
	_, err = redisstore.Open(t.Context(), replica.client(t, nil))
	assert.ErrorContains(t, err, "the server is a replica")
}

func TestOpen_RefusesClientsThatBreakAPromise(t *testing.T) {
	addr := freeAddr(t)
	opened := func(client redis.UniversalClient) string {
		defer client.Close()
		_, err := redisstore.Open(t.Context(), client)
		return fmt.Sprint(err)
	}
	assert.Contains(t, opened(redis.NewClient(&redis.Options{Addr: addr, ReadTimeout: -1})), "waits for ever")
	assert.Contains(t, opened(redis.NewClient(&redis.Options{Addr: addr, WriteTimeout: -2})), "waits for ever")
	assert.Contains(t, opened(redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{addr}, ReadTimeout: -1})), "waits for ever")
	for _, o := range []redis.ClusterOptions{{ReadOnly: true}, {RouteByLatency: true}, {RouteRandomly: true}} {
		o.Addrs = []string{addr}
		assert.Contains(t, opened(redis.NewClusterClient(&o)), "read from replicas")
	}
	assert.Contains(t, opened(redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"a": addr}})), "use a *redis.ClusterClient")

	type wrapped struct{ redis.UniversalClient }
	assert.Contains(t, opened(wrapped{redis.NewClient(&redis.Options{Addr: addr})}), "wrapped")
}

func TestOpen_AServerThatIsNotThere(t *testing.T) {
	silent, _ := silence(t)
	for name, addr := range map[string]string{"refuses": freeAddr(t), "hangs": silent} {
		client := redis.NewClient(&redis.Options{Addr: addr})
		defer client.Close()
		start := time.Now()
		_, err := redisstore.Open(brief(t, 500*time.Millisecond), client)
		assert.ErrorContains(t, err, "redisstore: open: ", name)
		assert.Less(t, time.Since(start), 4*time.Second, name)
	}
}
