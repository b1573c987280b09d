package redisstore

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func good() server {
	return server{
		addr: "127.0.0.1:6379",
		info: parseInfo("# Server\r\nredis_version:6.2.0\r\n\r\n# Memory\r\nmaxmemory_policy:noeviction\r\n" +
			"# Persistence\r\naof_enabled:1\r\n# Replication\r\nrole:master\r\ncluster_enabled:0\r\n"),
		config: map[string]string{"appendfsync": "always", "maxmemory-policy": "noeviction"},
	}
}

func TestServer_AGoodOneIsNotTalkedAbout(t *testing.T) {
	assert.Empty(t, good().problems())
	assert.Empty(t, good().warnings())
}

func TestServer_OldVersionsAreRefused(t *testing.T) {
	for version, ok := range map[string]bool{
		"6.2.0": true, "6.2": true, "6.10.1": true, "7.0.15": true, "10.0.0": true, "255.255.255": true,
		"6.0.16": false, "5.9.9": false, "2.8": false, "unknown": false,
	} {
		s := good()
		s.info["redis_version"] = version
		if ok {
			assert.Empty(t, s.problems(), version)
		} else {
			assert.Len(t, s.problems(), 1, version)
		}
	}
}

func TestServer_AllProblemsAreToldAtOnce(t *testing.T) {
	s := good()
	s.info["redis_version"], s.info["role"], s.info["cluster_enabled"] = "6.0.1", "slave", "1"
	s.info["maxmemory_policy"] = "volatile-lru"
	assert.Len(t, s.problems(), 4)
	s.inCluster = true
	assert.Len(t, s.problems(), 3)
}

func TestServer_OneThatTellsNothingIsNotRefused(t *testing.T) {
	s := server{addr: "a"}
	assert.Empty(t, s.problems())
	assert.Len(t, s.warnings(), 3)
}

func TestNewVersion_LeavesNothingOut(t *testing.T) {
	seen := map[int64]bool{}
	for range 1000 {
		v := newVersion()
		assert.Positive(t, v)
		assert.LessOrEqual(t, v, int64(1)<<62)
		seen[v] = true
	}
	assert.Len(t, seen, 1000)
}

func TestMilliseconds_LeavesSomethingOfEveryLife(t *testing.T) {
	assert.EqualValues(t, 1, milliseconds(1))
	assert.EqualValues(t, 1, milliseconds(1999*time.Microsecond))
	assert.EqualValues(t, 60_000, milliseconds(time.Minute))
}
