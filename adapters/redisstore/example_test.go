package redisstore_test

import (
	"context"
	"log"
	"log/slog"

	"github.com/redis/go-redis/v9"

	"github.com/nativeauth/nativeauth/adapters/redisstore"
	"github.com/nativeauth/nativeauth/store"
)

// The state of the flows on Redis. Not run: it needs a server.
func ExampleOpen() {
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379", ContextTimeoutEnabled: true}) // or NewClusterClient
	defer client.Close()

	s, err := redisstore.Open(context.Background(), client,
		redisstore.WithPrefix("shop:"),        // where apps share a database
		redisstore.WithLogger(slog.Default())) // is warned of settings that let a crash take writes back
	if err != nil {
		log.Fatal(err) // every setting of the server that is wrong
	}
	var _ store.State = s // for handler.Config.State
}
