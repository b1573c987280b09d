package sqlstore_test

import (
	"crypto/rand"
	"database/sql"
	"net/url"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/nativeauth/nativeauth/adapters/sqlstore"
	"github.com/nativeauth/nativeauth/internal/peers"
)

// database is a kind of database that every promise is tried on.
type database struct {
	name    string
	driver  string
	dialect sqlstore.Dialect
	// fresh returns the DSN of a database that has no tables and goes with the test.
	fresh func(t testing.TB) string
}

var (
	sqlite   = database{"SQLite", "sqlite", sqlstore.SQLite, func(t testing.TB) string { return sqlstore.SQLiteDSN(newFile(t)) }}
	postgres = database{"PostgreSQL", "pgx", sqlstore.Postgres, newSchema}
	mariadb  = database{"MySQL", "mysql", sqlstore.MySQL, newDatabase}

	databases = []database{sqlite, postgres, mariadb, {"MySQL as if it were not MariaDB", "mysql", sqlstore.AsMySQL, newDatabase}}
)

// onEach runs a test on each kind of database, on all at once: most of the time is spent on waiting.
func onEach(t *testing.T, test func(t *testing.T, d database)) {
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			test(t, d)
		})
	}
}

// pool returns a pool of its own, as another process has it.
func (d database) pool(t testing.TB, dsn string) *sql.DB {
	db, err := sql.Open(d.driver, dsn)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(8)
	return db
}

func (d database) open(t testing.TB, dsn string, opts ...sqlstore.Option) *sqlstore.Store {
	s, err := sqlstore.Open(t.Context(), d.pool(t, dsn), d.dialect, opts...)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

// number returns the one number that a query selects.
func number(t testing.TB, db *sql.DB, query string) (n int) {
	require.NoError(t, db.QueryRow(query).Scan(&n), query)
	return n
}

// newSchema returns the DSN of a schema of PostgreSQL.
func newSchema(t testing.TB) string {
	dsn, name := peers.Postgres(t), newName()
	during(t, "pgx", dsn, `CREATE SCHEMA `+name, `DROP SCHEMA `+name+` CASCADE`)
	return withPostgres(t, dsn, "search_path", name)
}

// withPostgres adds a setting to a DSN of PostgreSQL.
func withPostgres(t testing.TB, dsn, setting, value string) string {
	if !strings.Contains(dsn, "://") {
		return dsn + " " + setting + "='" + value + "'"
	}
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	q := u.Query()
	q.Set(setting, value)
	u.RawQuery = q.Encode()
	return u.String()
}

// newDatabase returns the DSN of a database of MySQL.
func newDatabase(t testing.TB) string {
	dsn, name := peers.MySQL(t), newName()
	during(t, "mysql", dsn, `CREATE DATABASE `+name, `DROP DATABASE `+name)
	return withMySQL(t, dsn, func(c *mysql.Config) { c.DBName = name })
}

// withMySQL changes a DSN of MySQL.
func withMySQL(t testing.TB, dsn string, change func(*mysql.Config)) string {
	c, err := mysql.ParseDSN(dsn)
	require.NoError(t, err)
	change(c)
	return c.FormatDSN()
}

// isolation returns what the server calls the isolation of transactions: MySQL and MariaDB differ.
func isolation(t testing.TB, dsn string) (name string) {
	db, err := sql.Open("mysql", dsn)
	require.NoError(t, err)
	defer db.Close()
	var value string
	require.NoError(t, db.QueryRow(`SHOW VARIABLES LIKE 't%isolation'`).Scan(&name, &value))
	return name
}

// during runs one statement now and one when the test is over.
func during(t testing.TB, driver, dsn, begin, end string) {
	db, err := sql.Open(driver, dsn)
	require.NoError(t, err)
	_, err = db.Exec(begin)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := db.Exec(end)
		assert.NoError(t, err)
		assert.NoError(t, db.Close())
	})
}

func newName() string { return "nativeauth_test_" + strings.ToLower(rand.Text()) }
