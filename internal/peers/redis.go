package peers

import (
	"cmp"
	"context"
	"os"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Redis returns the URL of a Redis server that answers: what NATIVEAUTH_REDIS says, or
// else the usual port of this machine. Without one the test ends here. Others use the
// server too, so a test needs keys of its own.
func Redis(t testing.TB) string {
	t.Helper()
	url := cmp.Or(os.Getenv("NATIVEAUTH_REDIS"), "redis://127.0.0.1:6379")
	if err := pingRedis(t.Context(), url); err != nil {
		missing(t, "no Redis answers at NATIVEAUTH_REDIS, by default redis://127.0.0.1:6379: "+err.Error())
	}
	return url
}

func pingRedis(ctx context.Context, url string) error {
	o, err := redis.ParseURL(url)
	if err != nil {
		return err
	}
	o.DialerRetries = 1
	client := redis.NewClient(o)
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	return client.Ping(ctx).Err()
}
