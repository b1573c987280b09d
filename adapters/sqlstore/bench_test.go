package sqlstore_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/sqlstore"
	"github.com/nativeauth/nativeauth/store"
)

// benchmark runs do, with a number that does not come twice, from one goroutine and from many, on each
// kind of database.
func benchmark(b *testing.B, do func(b *testing.B, s *sqlstore.Store, i int) error) {
	for _, d := range databases {
		for _, parallel := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/goroutines=%d", strings.ReplaceAll(d.name, " ", "_"), parallel), func(b *testing.B) {
				dsn := d.fresh(b)
				if d.driver == "mysql" { // as the comment of MySQL advises
					dsn = withMySQL(b, dsn, func(c *mysql.Config) { c.InterpolateParams = true })
				}
				s := d.open(b, dsn)
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
			})
		}
	}
}

func BenchmarkPut(b *testing.B) {
	value := make([]byte, 350)
	benchmark(b, func(b *testing.B, s *sqlstore.Store, i int) error {
		return s.Put(b.Context(), strconv.Itoa(i), store.Entry{Value: value, TTL: time.Minute})
	})
}

func BenchmarkGet(b *testing.B) {
	benchmark(b, func(b *testing.B, s *sqlstore.Store, _ int) error {
		_, err := s.Get(b.Context(), "flow")
		return err
	})
}

func BenchmarkAdd(b *testing.B) {
	benchmark(b, func(b *testing.B, s *sqlstore.Store, i int) error {
		_, err := s.Add(b.Context(), strconv.Itoa(i%100), 1, time.Hour)
		return err
	})
}

func BenchmarkCreateUser(b *testing.B) {
	benchmark(b, func(b *testing.B, s *sqlstore.Store, i int) error {
		id := strconv.Itoa(i)
		return s.CreateUser(b.Context(), store.User{ID: id, Username: id + "@example.com", CreatedAt: time.Now()})
	})
}
