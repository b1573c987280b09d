package sqlstore_test

import (
	"database/sql"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/sqlstore"
)

func TestOpen_ManyInstancesStartAtOnce(t *testing.T) {
	for range 5 {
		file := newFile(t)
		gate := make(chan struct{})
		var instances sync.WaitGroup
		for range 10 {
			db := openDB(t, sqlstore.SQLiteDSN(file))
			instances.Go(func() {
				<-gate
				s, err := sqlstore.Open(t.Context(), db, sqlstore.SQLite)
				if assert.NoError(t, err) {
					s.Close()
				}
			})
		}
		close(gate)
		instances.Wait()

		var applied int
		db := openDB(t, sqlstore.SQLiteDSN(file))
		require.NoError(t, db.QueryRow(`SELECT count(*) FROM nativeauth_migrations`).Scan(&applied))
		files, err := fs.Glob(sqlstore.Migrations(sqlstore.SQLite), "*.sql")
		require.NoError(t, err)
		assert.Len(t, files, applied)
	}
}

func TestOpen_RefusesANewerSchema(t *testing.T) {
	file := newFile(t)
	openStore(t, file)
	db := openDB(t, sqlstore.SQLiteDSN(file))
	_, err := db.Exec(`INSERT INTO nativeauth_migrations (version) VALUES (1000)`)
	require.NoError(t, err)

	_, err = sqlstore.Open(t.Context(), db, sqlstore.SQLite)
	assert.ErrorContains(t, err, "the schema has version 1000")
	_, err = sqlstore.Open(t.Context(), db, sqlstore.SQLite, sqlstore.WithoutMigrations())
	assert.ErrorContains(t, err, "the schema has version 1000")
}

func TestOpen_LeavesMigrationsToTheHost(t *testing.T) {
	db := openDB(t, sqlstore.SQLiteDSN(newFile(t)))
	_, err := sqlstore.Open(t.Context(), db, sqlstore.SQLite, sqlstore.WithoutMigrations())
	require.ErrorContains(t, err, "the schema has version 0")

	files := sqlstore.Migrations(sqlstore.SQLite)
	names, err := fs.Glob(files, "*.sql")
	require.NoError(t, err)
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		require.NoError(t, err)
		_, err = db.Exec(string(text))
		require.NoError(t, err)
	}
	s, err := sqlstore.Open(t.Context(), db, sqlstore.SQLite, sqlstore.WithoutMigrations())
	require.NoError(t, err)
	s.Close()
}

func TestOpen_RefusesAConnectionThatCouldLoseData(t *testing.T) {
	good := sqlstore.SQLiteDSN(newFile(t))
	for name, c := range map[string]struct {
		dsn  string
		says []string
	}{
		"a rollback journal is refused":     {strings.Replace(good, "WAL", "DELETE", 1), []string{"journal_mode(WAL)"}},
		"a short busy timeout is refused":   {strings.Replace(good, "10000", "4999", 1), []string{"busy_timeout(10000)"}},
		"synchronous NORMAL is refused":     {strings.Replace(good, "FULL", "NORMAL", 1), []string{"synchronous(FULL)"}},
		"synchronous OFF is refused":        {strings.Replace(good, "FULL", "OFF", 1), []string{"synchronous(FULL)"}},
		"a database in memory is refused":   {sqlstore.SQLiteDSN(":memory:"), []string{"adapters/memory"}},
		"a shared one in memory is refused": {sqlstore.SQLiteDSN(":memory:") + "&cache=shared", []string{"adapters/memory"}},
		"a temporary database is refused":   {sqlstore.SQLiteDSN(""), []string{"adapters/memory"}},
		"all problems are told at once":     {newFile(t), []string{"journal_mode(WAL)", "busy_timeout(10000)"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sqlstore.Open(t.Context(), openDB(t, c.dsn), sqlstore.SQLite)
			for _, says := range c.says {
				assert.ErrorContains(t, err, says)
			}
		})
	}
}

func TestOpen_AcceptsSynchronousExtra(t *testing.T) {
	db := openDB(t, strings.Replace(sqlstore.SQLiteDSN(newFile(t)), "FULL", "EXTRA", 1))
	s, err := sqlstore.Open(t.Context(), db, sqlstore.SQLite)
	require.NoError(t, err)
	s.Close()
}

// Setting pragmas with Exec reaches one connection of the pool.
func TestOpen_LooksAtANewConnectionToo(t *testing.T) {
	db := openDB(t, newFile(t))
	for _, pragma := range []string{`PRAGMA busy_timeout = 10000`, `PRAGMA journal_mode = WAL`, `PRAGMA synchronous = FULL`} {
		_, err := db.Exec(pragma)
		require.NoError(t, err)
	}
	_, err := sqlstore.Open(t.Context(), db, sqlstore.SQLite)
	assert.ErrorContains(t, err, "busy_timeout is 0 ms")
}

func TestOpen_WorksWithOneConnection(t *testing.T) {
	db := openDB(t, sqlstore.SQLiteDSN(newFile(t)))
	db.SetMaxOpenConns(1)
	s, err := sqlstore.Open(t.Context(), db, sqlstore.SQLite)
	require.NoError(t, err)
	defer s.Close()
	_, err = s.Add(t.Context(), "k", 1, time.Minute)
	assert.NoError(t, err)
	assert.Zero(t, db.Stats().InUse)
}

func TestOpen_RefusesANegativeInterval(t *testing.T) {
	_, err := sqlstore.Open(t.Context(), new(sql.DB), sqlstore.SQLite, sqlstore.WithCleanInterval(-1))
	assert.ErrorContains(t, err, "interval")
}

func TestCleaner_RemovesWhatHasExpired(t *testing.T) {
	file := newFile(t)
	s := openStore(t, file, sqlstore.WithCleanInterval(5*time.Millisecond))
	for _, ttl := range []time.Duration{time.Millisecond, time.Minute} {
		require.NoError(t, s.Put(t.Context(), ttl.String(), entry(ttl)))
		_, err := s.Add(t.Context(), ttl.String(), 1, ttl)
		require.NoError(t, err)
	}

	db := openDB(t, sqlstore.SQLiteDSN(file))
	for _, table := range []string{"nativeauth_state", "nativeauth_counters"} {
		assert.EventuallyWithT(t, func(t *assert.CollectT) {
			var keys string
			require.NoError(t, db.QueryRow(`SELECT group_concat(CAST(key AS TEXT)) FROM `+table).Scan(&keys))
			assert.Equal(t, "1m0s", keys)
		}, 5*time.Second, 5*time.Millisecond)
	}
}

func TestCleaner_StopsWithClose(t *testing.T) {
	file := newFile(t)
	s := openStore(t, file, sqlstore.WithCleanInterval(time.Millisecond))
	s.Close()
	s.Close()
	require.NoError(t, s.Put(t.Context(), "k", entry(time.Millisecond)))
	time.Sleep(20 * time.Millisecond)

	var rows int
	db := openDB(t, sqlstore.SQLiteDSN(file))
	require.NoError(t, db.QueryRow(`SELECT count(*) FROM nativeauth_state`).Scan(&rows))
	assert.Equal(t, 1, rows)
}
