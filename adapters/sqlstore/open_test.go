package sqlstore_test

import (
	"database/sql"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/sqlstore"
)

func TestOpen_ManyInstancesStartAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		for range 3 {
			dsn := d.fresh(t)
			startTen(t, d, dsn)
			files, err := fs.Glob(sqlstore.Migrations(d.dialect), "*.sql")
			require.NoError(t, err)
			assert.Len(t, files, number(t, d.pool(t, dsn), `SELECT count(*) FROM nativeauth_migrations`))
		}
	})
}

// startTen opens, at once, what ten instances on one database open.
func startTen(t *testing.T, d database, dsn string, opts ...sqlstore.Option) {
	gate := make(chan struct{})
	var instances sync.WaitGroup
	for range 10 {
		db := d.pool(t, dsn)
		db.SetMaxOpenConns(2) // ten pools are many connections for a server that others use
		instances.Go(func() {
			<-gate
			s, err := sqlstore.Open(t.Context(), db, d.dialect, opts...)
			if assert.NoError(t, err) {
				s.Close()
			}
		})
	}
	close(gate)
	instances.Wait()
}

func TestOpen_RefusesANewerSchema(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		dsn := d.fresh(t)
		d.open(t, dsn)
		db := d.pool(t, dsn)
		_, err := db.Exec(`INSERT INTO nativeauth_migrations (version) VALUES (1000)`)
		require.NoError(t, err)

		_, err = sqlstore.Open(t.Context(), db, d.dialect)
		assert.ErrorContains(t, err, "the schema has version 1000")
		_, err = sqlstore.Open(t.Context(), db, d.dialect, sqlstore.WithoutMigrations())
		assert.ErrorContains(t, err, "the schema has version 1000")
	})
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
			_, err := sqlstore.Open(t.Context(), sqlite.pool(t, c.dsn), sqlstore.SQLite)
			for _, says := range c.says {
				assert.ErrorContains(t, err, says)
			}
		})
	}
}

func TestOpen_RefusesAServerThatBreaksPromises(t *testing.T) {
	pg := func(setting, value string) func(*testing.T, string) string {
		return func(t *testing.T, dsn string) string { return withPostgres(t, dsn, setting, value) }
	}
	my := func(setting, value string) func(*testing.T, string) string {
		return func(t *testing.T, dsn string) string {
			return withMySQL(t, dsn, func(c *mysql.Config) { c.Params = map[string]string{setting: value} })
		}
	}
	for name, c := range map[string]struct {
		database
		set  func(t *testing.T, dsn string) string
		says string
	}{
		"PostgreSQL that does not wait for the disk is refused": {postgres, pg("synchronous_commit", "off"), "synchronous_commit=on"},
		"PostgreSQL that waits for this disk is accepted":       {postgres, pg("synchronous_commit", "local"), ""},
		"serializable transactions are refused":                 {postgres, pg("default_transaction_isolation", "serializable"), "default_transaction_isolation=read committed"},
		"connections that only read are refused":                {postgres, pg("default_transaction_read_only", "on"), "primary"},
		"MySQL without strict mode is refused":                  {mariadb, my("sql_mode", "''"), "add STRICT_TRANS_TABLES"},
		"MySQL strict for all tables is accepted":               {mariadb, my("sql_mode", "'STRICT_ALL_TABLES'"), ""},
		"MySQL without autocommit is refused":                   {mariadb, my("autocommit", "0"), "autocommit=1"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := sqlstore.Open(t.Context(), c.pool(t, c.set(t, c.fresh(t))), c.dialect)
			if c.says != "" {
				assert.ErrorContains(t, err, c.says)
				return
			}
			require.NoError(t, err)
			s.Close()
		})
	}
}

// Another connection of the pool got its settings from the DSN.
func TestOpen_IsNotFooledByASettingOfOneConnection(t *testing.T) {
	db := postgres.pool(t, withPostgres(t, postgres.fresh(t), "synchronous_commit", "off"))
	_, err := db.Exec(`SET synchronous_commit = on`)
	require.NoError(t, err)
	_, err = sqlstore.Open(t.Context(), db, sqlstore.Postgres)
	assert.ErrorContains(t, err, "synchronous_commit=on")
}

func TestOpen_AcceptsSynchronousExtra(t *testing.T) {
	db := sqlite.pool(t, strings.Replace(sqlstore.SQLiteDSN(newFile(t)), "FULL", "EXTRA", 1))
	s, err := sqlstore.Open(t.Context(), db, sqlstore.SQLite)
	require.NoError(t, err)
	s.Close()
}

// Setting pragmas with Exec reaches one connection of the pool.
func TestOpen_LooksAtANewConnectionToo(t *testing.T) {
	db := sqlite.pool(t, newFile(t))
	for _, pragma := range []string{`PRAGMA busy_timeout = 10000`, `PRAGMA journal_mode = WAL`, `PRAGMA synchronous = FULL`} {
		_, err := db.Exec(pragma)
		require.NoError(t, err)
	}
	_, err := sqlstore.Open(t.Context(), db, sqlstore.SQLite)
	assert.ErrorContains(t, err, "busy_timeout is 0 ms")
}

func TestOpen_WorksWithOneConnection(t *testing.T) {
	db := sqlite.pool(t, sqlite.fresh(t))
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
