package sqlstore_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/sqlstore"
	"github.com/nativeauth/nativeauth/store"
)

func newFile(t testing.TB) string { return filepath.Join(t.TempDir(), "app.db") }

func entry(ttl time.Duration) store.Entry { return store.Entry{Value: []byte("v"), TTL: ttl} }

func TestPut_NobodyFindsTheDatabaseLocked(t *testing.T) {
	file := sqlite.fresh(t)
	var writers sync.WaitGroup
	for h := range 4 {
		s := sqlite.open(t, file)
		for w := range 8 {
			writers.Go(func() {
				for i := range 10 {
					err := s.Put(t.Context(), fmt.Sprint(h, w, i), store.Entry{TTL: time.Minute})
					assert.NoError(t, err)
					_, err = s.Get(t.Context(), fmt.Sprint(h, w, i))
					assert.NoError(t, err)
				}
			})
		}
	}
	writers.Wait()
}

func TestPut_AContextEndsTheWaitForTheLock(t *testing.T) {
	file := sqlite.fresh(t)
	s := sqlite.open(t, file)
	other, err := sqlite.pool(t, file).Begin() // immediate, by the DSN
	require.NoError(t, err)
	defer other.Rollback()

	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	var writers sync.WaitGroup
	start := time.Now()
	for i := range 3 { // one waits for the database, the others for the one
		writers.Go(func() {
			err := s.Put(ctx, fmt.Sprint(i), store.Entry{TTL: time.Minute})
			assert.ErrorIs(t, err, context.DeadlineExceeded)
		})
	}
	writers.Wait()
	assert.Less(t, time.Since(start), 3*time.Second)
	require.NoError(t, other.Rollback())
	assert.NoError(t, s.Put(t.Context(), "after", store.Entry{TTL: time.Minute}))
}

func TestSQLiteDSN_NamesTheFile(t *testing.T) {
	for _, name := range []string{"app.db", "my app.db", "a?mode=memory", "a#b", "100%25", "ä&b=c", "file:x"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			sqlite.open(t, sqlstore.SQLiteDSN(filepath.Join(dir, name)))
			assert.FileExists(t, filepath.Join(dir, name))

			t.Chdir(dir)
			sqlite.open(t, sqlstore.SQLiteDSN("relative "+name))
			assert.FileExists(t, filepath.Join(dir, "relative "+name))
		})
	}
	assert.True(t, strings.HasPrefix(sqlstore.SQLiteDSN("//dir/app.db"), "file:////dir/app.db?"))
}
