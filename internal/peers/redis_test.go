package peers

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRedis_AServerThatDoesNotAnswerSkipsUnlessPeersAreRequired(t *testing.T) {
	for _, url := range []string{"redis://127.0.0.1:1", "127.0.0.1:6379"} {
		for value, want := range map[string]string{"": "skipped", "1": "failed"} {
			t.Setenv("NATIVEAUTH_REDIS", url)
			t.Setenv("NATIVEAUTH_REQUIRE_PEERS", value)
			v := verdict{TB: t} // for its Context
			Redis(&v)
			assert.Equal(t, want, v.ended, "NATIVEAUTH_REDIS=%s NATIVEAUTH_REQUIRE_PEERS=%s", url, value)
		}
	}
}
