package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/nativeauth/nativeauth/adapters/sqlstore"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/store/storetest"
)

// openDB returns a pool of its own on the file, as another process has it.
func openDB(t testing.TB, dsn string) *sql.DB {
	db, err := sql.Open("sqlite", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}

func openStore(t testing.TB, path string, opts ...sqlstore.Option) *sqlstore.Store {
	s, err := sqlstore.Open(t.Context(), openDB(t, sqlstore.SQLiteDSN(path)), sqlstore.SQLite, opts...)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

func newFile(t testing.TB) string { return filepath.Join(t.TempDir(), "app.db") }

func entry(ttl time.Duration) store.Entry { return store.Entry{Value: []byte("v"), TTL: ttl} }

func TestSQLite_State(t *testing.T) {
	storetest.RunSharedState(t, func(t *testing.T) []store.State {
		file := newFile(t)
		return []store.State{openStore(t, file), openStore(t, file)}
	})
}

func TestSQLite_Users(t *testing.T) {
	storetest.RunSharedUsers(t, func(t *testing.T) []store.Users {
		file := newFile(t)
		return []store.Users{openStore(t, file), openStore(t, file)}
	})
}

// The cleaner must not be noticed by anybody.
func TestSQLite_StateWhileCleaning(t *testing.T) {
	storetest.RunState(t, func(t *testing.T) store.State {
		return openStore(t, newFile(t), sqlstore.WithCleanInterval(10*time.Millisecond))
	})
}

func TestPut_OneOfManyWritersWins(t *testing.T) {
	file := newFile(t)
	handles := []*sqlstore.Store{openStore(t, file), openStore(t, file)}
	for round := range 5 {
		key := fmt.Sprint("flow", round)
		require.NoError(t, handles[0].Put(t.Context(), key, store.Entry{TTL: time.Minute}))
		e, err := handles[1].Get(t.Context(), key)
		require.NoError(t, err)

		var won sync.Map
		var racers sync.WaitGroup
		for i := range 64 {
			racers.Go(func() {
				err := handles[i%2].Put(t.Context(), key, e)
				if err == nil {
					won.Store(i, true)
				} else {
					assert.ErrorIs(t, err, store.ErrConflict)
				}
			})
		}
		racers.Wait()
		winners := 0
		won.Range(func(any, any) bool { winners++; return true })
		assert.Equal(t, 1, winners)
	}
}

func TestPut_NobodyFindsTheDatabaseLocked(t *testing.T) {
	file := newFile(t)
	var writers sync.WaitGroup
	for h := range 4 {
		s := openStore(t, file)
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
	file := newFile(t)
	s := openStore(t, file)
	other, err := openDB(t, sqlstore.SQLiteDSN(file)).Begin() // immediate, by the DSN
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

func TestStore_KeepsEverythingOverARestart(t *testing.T) {
	file := newFile(t)
	before := openStore(t, file)
	user := store.User{ID: "1", Username: "ada@example.com", CreatedAt: time.Now()}
	require.NoError(t, before.CreateUser(t.Context(), user))
	require.NoError(t, before.Put(t.Context(), "flow", store.Entry{Value: []byte("v"), TTL: time.Minute}))
	_, err := before.Add(t.Context(), "tries", 3, time.Minute)
	require.NoError(t, err)
	before.Close()

	after := openStore(t, file)
	_, err = after.UserByID(t.Context(), "1")
	assert.NoError(t, err)
	e, err := after.Get(t.Context(), "flow")
	assert.NoError(t, err)
	assert.Equal(t, "v", string(e.Value))
	n, err := after.Add(t.Context(), "tries", 1, time.Minute)
	assert.NoError(t, err)
	assert.EqualValues(t, 4, n.Value)
}

func TestStore_AClosedDatabaseIsAnError(t *testing.T) {
	db, err := sql.Open("sqlite", sqlstore.SQLiteDSN(newFile(t)))
	require.NoError(t, err)
	s, err := sqlstore.Open(t.Context(), db, sqlstore.SQLite)
	require.NoError(t, err)
	defer s.Close()
	require.NoError(t, db.Close())

	_, getErr := s.Get(t.Context(), "k")
	_, addErr := s.Add(t.Context(), "k", 1, time.Minute)
	_, findErr := s.UserByID(t.Context(), "1")
	for what, err := range map[string]error{
		"get":         getErr,
		"add":         addErr,
		"find user":   findErr,
		"put":         s.Put(t.Context(), "k", store.Entry{TTL: time.Minute}),
		"delete":      s.Delete(t.Context(), "k", 1),
		"create user": s.CreateUser(t.Context(), store.User{ID: "1"}),
		"update user": s.UpdateUser(t.Context(), store.User{ID: "1"}),
	} {
		assert.ErrorContains(t, err, "sqlstore: "+what+": ")
		assert.NotErrorIs(t, err, store.ErrNotFound)
		assert.NotErrorIs(t, err, store.ErrConflict)
		assert.NotErrorIs(t, err, store.ErrExists)
	}
}

func TestStore_ATTLMustBeMoreThanZero(t *testing.T) {
	s := openStore(t, newFile(t))
	assert.Error(t, s.Put(t.Context(), "k", store.Entry{}))
	_, err := s.Add(t.Context(), "k", 1, -time.Second)
	assert.Error(t, err)
}

func TestSQLiteDSN_NamesTheFile(t *testing.T) {
	for _, name := range []string{"app.db", "my app.db", "a?mode=memory", "a#b", "100%25", "ä&b=c", "file:x"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			openStore(t, filepath.Join(dir, name))
			assert.FileExists(t, filepath.Join(dir, name))

			t.Chdir(dir)
			openStore(t, "relative "+name)
			assert.FileExists(t, filepath.Join(dir, "relative "+name))
		})
	}
	assert.True(t, strings.HasPrefix(sqlstore.SQLiteDSN("//dir/app.db"), "file:////dir/app.db?"))
}
