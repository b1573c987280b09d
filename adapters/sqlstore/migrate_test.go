package sqlstore_test

import (
	"database/sql"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/sqlstore"
	"github.com/nativeauth/nativeauth/store"
)

func TestOpen_LeavesMigrationsToTheHost(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		dsn := d.fresh(t)
		if d.driver == "mysql" {
			dsn = withMySQL(t, dsn, func(c *mysql.Config) { c.MultiStatements = true }) // as such tools have it
		}
		db := d.pool(t, dsn)
		_, err := sqlstore.Open(t.Context(), db, d.dialect, sqlstore.WithoutMigrations())
		require.ErrorContains(t, err, "the schema has version 0")

		apply(t, db, sqlstore.Migrations(d.dialect))
		s, err := sqlstore.Open(t.Context(), db, d.dialect, sqlstore.WithoutMigrations())
		require.NoError(t, err)
		s.Close()
	})
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

// released returns the first migrations, which are all that an earlier release had.
func released(t *testing.T, n int, files fs.FS) fs.FS {
	names, err := fs.Glob(files, "*.sql")
	require.NoError(t, err)
	some := fstest.MapFS{}
	for _, name := range names[:n] {
		text, err := fs.ReadFile(files, name)
		require.NoError(t, err)
		some[name] = &fstest.MapFile{Data: text}
	}
	return some
}

// While a new release comes up, instances of the one before serve on the same tables.
func TestOpen_AccountsOutliveTheUpgradeToPasswords(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		for _, prefix := range []string{"nativeauth_", "app1_"} {
			with, dsn := sqlstore.WithTablePrefix(prefix), d.fresh(t)
			if d.driver == "mysql" {
				dsn = withMySQL(t, dsn, func(c *mysql.Config) { c.MultiStatements = true })
			}
			db := d.pool(t, dsn)
			apply(t, db, released(t, 2, sqlstore.Migrations(d.dialect, with)))
			before := func(statement string) { // what the release before runs
				_, err := db.Exec(strings.ReplaceAll(statement, "nativeauth_", prefix))
				require.NoError(t, err, statement)
			}
			const insert = `INSERT INTO nativeauth_users (id, username, email, attributes, disabled, epoch, version, created_at) VALUES `
			before(insert + `('1', 'ada', 'ada@example.com', '{"city":"London"}', true, 7, 3, 1000)`)
			ada := store.User{
				ID: "1", Username: "ada", Email: "ada@example.com", Attributes: map[string]string{"city": "London"},
				Disabled: true, Epoch: 7, Version: 3, CreatedAt: time.UnixMilli(1000).UTC(),
			}

			var instances sync.WaitGroup
			for range 10 {
				own := d.pool(t, dsn)
				own.SetMaxOpenConns(2)
				instances.Go(func() {
					s, err := sqlstore.Open(t.Context(), own, d.dialect, with)
					if assert.NoError(t, err) {
						s.Close()
					}
				})
			}
			instances.Wait()
			s := d.open(t, dsn, with)
			requireUser(t, s, ada)

			ada.PasswordHash, ada.PasswordHistory = "$2b$12$present", []string{"$2b$12$past"}
			ada.PasswordChangedAt, ada.MustChangePassword = time.UnixMilli(2000).UTC(), true
			require.NoError(t, s.UpdateUser(t.Context(), ada))
			before(`UPDATE nativeauth_users SET username = 'ada', email = '', attributes = '{"city":"London"}', disabled = false,
epoch = 8, version = version + 1 WHERE id = '1' AND version = 4`)
			ada.Email, ada.Disabled, ada.Epoch, ada.Version = "", false, 8, 5
			requireUser(t, s, ada)

			before(insert + `('2', 'bob', '', '{}', false, 0, 1, 0)`)
			requireUser(t, s, store.User{
				ID: "2", Username: "bob", Attributes: map[string]string{}, Version: 1, CreatedAt: time.UnixMilli(0).UTC(),
			})
		}
	})
}

func requireUser(t *testing.T, s *sqlstore.Store, want store.User) {
	got, err := s.UserByID(t.Context(), want.ID)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// A crash, or a cluster without locks, leaves any part of a migration behind where each statement
// commits by itself.
func TestMigrations_OfMySQLCanBeRepeated(t *testing.T) {
	db := mariadb.pool(t, withMySQL(t, mariadb.fresh(t), func(c *mysql.Config) { c.MultiStatements = true }))
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
