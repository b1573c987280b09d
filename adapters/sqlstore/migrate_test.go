package sqlstore_test

import (
	"database/sql"
	"io/fs"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/sqlstore"
)

func TestOpen_LeavesMigrationsToTheHost(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		dsn := d.fresh(t)
		db := d.pool(t, asTool(t, d, dsn))
		_, err := sqlstore.Open(t.Context(), db, d.dialect, sqlstore.WithoutMigrations())
		require.ErrorContains(t, err, "the schema has version 0")

		apply(t, db, sqlstore.Migrations(d.dialect))
		s, err := sqlstore.Open(t.Context(), db, d.dialect, sqlstore.WithoutMigrations())
		require.NoError(t, err)
		s.Close()
	})
}

// asTool returns the DSN as tools for migrations have it.
func asTool(t *testing.T, d database, dsn string) string {
	if d.driver != "mysql" {
		return dsn
	}
	return withMySQL(t, dsn, func(c *mysql.Config) { c.MultiStatements = true })
}

// apply runs files as a tool for migrations does.
func apply(t *testing.T, db *sql.DB, files fs.FS) {
	names, err := fs.Glob(files, "*.sql")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		require.NoError(t, err)
		_, err = db.Exec(string(text))
		require.NoError(t, err, name)
	}
}

// A crash, or a cluster without locks, leaves any part of a migration behind where each statement
// commits by itself.
func TestMigrations_OfMySQLCanBeRepeated(t *testing.T) {
	db := mariadb.pool(t, asTool(t, mariadb, mariadb.fresh(t)))
	apply(t, db, sqlstore.Migrations(sqlstore.MySQL))
	apply(t, db, sqlstore.Migrations(sqlstore.MySQL))
	_, err := db.Exec(`DROP TABLE nativeauth_state; DELETE FROM nativeauth_migrations`)
	require.NoError(t, err)
	s, err := sqlstore.Open(t.Context(), db, sqlstore.MySQL)
	require.NoError(t, err)
	defer s.Close()
	assert.NoError(t, s.Put(t.Context(), "k", entry(time.Minute)))
}

// A tool that is not there any more must not leave the lock behind.
func TestOpen_AFailedMigrationFreesTheLock(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		dsn := d.fresh(t)
		db := d.pool(t, dsn)
		_, err := db.Exec(`CREATE TABLE nativeauth_migrations (something INTEGER)`)
		require.NoError(t, err)
		for range 2 {
			_, err = sqlstore.Open(t.Context(), db, d.dialect)
			require.ErrorContains(t, err, "read the schema's version")
		}
		_, err = db.Exec(`DROP TABLE nativeauth_migrations`)
		require.NoError(t, err)
		s, err := sqlstore.Open(t.Context(), d.pool(t, dsn), d.dialect)
		require.NoError(t, err)
		s.Close()
	})
}
