package redisstore

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// clientProblems returns a sentence for each setting of the client that breaks a promise.
func clientProblems(client redis.UniversalClient) (problems []error) {
	add := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	switch c := client.(type) {
	case *redis.Client:
		if o := c.Options(); o.ReadTimeout <= 0 || o.WriteTimeout <= 0 {
			add("the client waits for ever: leave ReadTimeout and WriteTimeout of redis.Options at 0, which means 5 seconds")
		}
	case *redis.ClusterClient:
		o := c.Options()
		if o.ReadTimeout <= 0 || o.WriteTimeout <= 0 {
			add("the client waits for ever: leave ReadTimeout and WriteTimeout of redis.ClusterOptions at 0, which means 5 seconds")
		}
		if o.ReadOnly || o.RouteByLatency || o.RouteRandomly {
			add("the client may read from replicas, which do not know yet what was used up: " +
				"leave ReadOnly, RouteByLatency and RouteRandomly of redis.ClusterOptions unset")
		}
	case *redis.Ring:
		add("the client is a *redis.Ring, which moves keys to another server, without what they hold, when one is down: use a *redis.ClusterClient")
	default:
		add("the client is a %T: use a *redis.Client or a *redis.ClusterClient, to which hooks can be added", client)
	}
	return problems
}

// server is what a Redis server tells of itself.
type server struct {
	addr      string
	inCluster bool              // the client is one for clusters
	info      map[string]string // answer to INFO; empty if the user may not ask
	config    map[string]string // answers to CONFIG GET; empty if the user may not ask
}

// askServers asks the server or, of a cluster, all masters.
func askServers(ctx context.Context, client redis.UniversalClient) ([]server, error) {
	cluster, ok := client.(*redis.ClusterClient)
	if !ok {
		srv, err := askServer(ctx, client.(*redis.Client))
		return []server{srv}, err
	}
	var mu sync.Mutex
	var all []server
	// On a goroutine for each master, all of which are go-redis' own.
	err := cluster.ForEachMaster(ctx, func(ctx context.Context, c *redis.Client) error {
		_, err := recovered(func() (server, error) {
			srv, err := askServer(ctx, c)
			srv.inCluster = true
			mu.Lock()
			defer mu.Unlock()
			all = append(all, srv)
			return srv, err
		})
		return err
	})
	slices.SortFunc(all, func(a, b server) int { return strings.Compare(a.addr, b.addr) })
	return all, err
}

func askServer(ctx context.Context, c *redis.Client) (server, error) {
	srv := server{addr: c.Options().Addr, config: map[string]string{}}
	info, err := c.Info(ctx).Result()
	if err != nil && !notAllowed(err) {
		return srv, fmt.Errorf("ask %s for INFO: %w", srv.addr, err)
	}
	srv.info = parseInfo(info)
	for _, setting := range []string{"maxmemory-policy", "appendfsync"} {
		answer, err := c.ConfigGet(ctx, setting).Result()
		if err != nil && !notAllowed(err) {
			return srv, fmt.Errorf("ask %s for %s: %w", srv.addr, setting, err)
		}
		if value, ok := answer[setting]; ok {
			srv.config[setting] = value
		}
	}
	return srv, nil
}

// notAllowed tells whether the server refuses a command to this user, or altogether, as those that
// are for rent do.
func notAllowed(err error) bool {
	return redis.HasErrorPrefix(err, "NOPERM") || redis.HasErrorPrefix(err, "unknown command")
}

func parseInfo(text string) map[string]string {
	info := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			info[name] = value
		}
	}
	return info
}

// policy is what the server does when its memory is full, or "" if it does not tell.
func (s server) policy() string {
	if p := s.info["maxmemory_policy"]; p != "" {
		return p
	}
	return s.config["maxmemory-policy"]
}

// problems returns a sentence for each reason not to use the server.
func (s server) problems() (problems []error) {
	add := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("%s: %s", s.addr, fmt.Sprintf(format, args...)))
	}
	if v := s.info["redis_version"]; v != "" && olderThan(v, 6, 2) {
		add("Redis is %s and must be 6.2 or newer: earlier ones are not maintained", v)
	}
	// Also where maxmemory is 0: it can be set while the server runs.
	if p := s.policy(); p != "" && p != "noeviction" {
		add("maxmemory-policy is %s, which forgets counters and codes when memory is short: set maxmemory-policy noeviction", p)
	}
	if s.info["role"] == "slave" {
		add("the server is a replica, which does not know yet what was used up: connect to its master")
	}
	if s.info["cluster_enabled"] == "1" && !s.inCluster {
		add("the server belongs to a cluster: connect with redis.NewClusterClient")
	}
	return problems
}

// warnings returns a sentence for each thing that the host should know.
func (s server) warnings() (warnings []string) {
	if s.info["redis_version"] == "" {
		warnings = append(warnings, "the server does not tell its version: it must be 6.2 or newer")
	}
	if s.policy() == "" {
		warnings = append(warnings, "the server does not tell its maxmemory-policy: it must be noeviction")
	}
	const undone = ": a crash can undo what was acknowledged, such as that a code was used; set appendonly yes and appendfsync always"
	switch aof, fsync := s.info["aof_enabled"], s.config["appendfsync"]; {
	case aof == "":
		warnings = append(warnings, "the server does not tell whether it has an append-only file"+undone)
	case aof == "0":
		warnings = append(warnings, "appendonly is no"+undone)
	case fsync == "":
		warnings = append(warnings, "the server does not tell its appendfsync"+undone)
	case fsync != "always":
		warnings = append(warnings, "appendfsync is "+fsync+undone)
	}
	return warnings
}

func olderThan(version string, wanted ...int) bool {
	got := make([]int, 2)
	_, err := fmt.Sscanf(version, "%d.%d", &got[0], &got[1])
	return err != nil || slices.Compare(got, wanted) < 0
}
