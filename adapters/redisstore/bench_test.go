package redisstore_test

import (
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/redisstore"
	"github.com/nativeauth/nativeauth/store"
)

// benchmark runs do, with a number that does not come twice, from one goroutine and from many.
func benchmark(b *testing.B, do func(b *testing.B, s *redisstore.Store, i int) error) {
	for _, parallel := range []int{1, 64} {
		b.Run(fmt.Sprintf("goroutines=%d", parallel), func(b *testing.B) {
			s, _, _ := shared(b)
			require.NoError(b, s.Put(b.Context(), "flow", store.Entry{Value: make([]byte, 350), TTL: time.Hour}))
			var i atomic.Int64
			b.ReportAllocs()
			b.ResetTimer()
			b.SetParallelism(parallel)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := do(b, s, int(i.Add(1))); err != nil {
						b.Error(err)
					}
				}
			})
			b.StopTimer()
		})
	}
}

func BenchmarkPut(b *testing.B) {
	value := make([]byte, 350)
	benchmark(b, func(b *testing.B, s *redisstore.Store, i int) error {
		return s.Put(b.Context(), strconv.Itoa(i), store.Entry{Value: value, TTL: time.Minute})
	})
}

func BenchmarkGet(b *testing.B) {
	benchmark(b, func(b *testing.B, s *redisstore.Store, _ int) error {
		_, err := s.Get(b.Context(), "flow")
		return err
	})
}

func BenchmarkAdd(b *testing.B) {
	benchmark(b, func(b *testing.B, s *redisstore.Store, i int) error {
		_, err := s.Add(b.Context(), strconv.Itoa(i%100), 1, time.Hour)
		return err
	})
}

// BenchmarkPing is the floor: what a round trip takes that does nothing.
func BenchmarkPing(b *testing.B) {
	for _, parallel := range []int{1, 64} {
		b.Run(fmt.Sprintf("goroutines=%d", parallel), func(b *testing.B) {
			_, client, _ := shared(b)
			b.ReportAllocs()
			b.ResetTimer()
			b.SetParallelism(parallel)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := client.Ping(b.Context()).Err(); err != nil {
						b.Error(err)
					}
				}
			})
			b.StopTimer()
		})
	}
}
