package sqlstore_test

import (
	"database/sql"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/sqlstore"
	"github.com/nativeauth/nativeauth/store"
)

func TestTablePrefix_KeepsApplicationsApart(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		dsn := d.fresh(t)
		longest := "z" + strings.Repeat("9", 30)
		apps := []*sqlstore.Store{d.open(t, dsn)}
		for _, prefix := range []string{"app1_", "app2_", longest} {
			apps = append(apps, d.open(t, dsn, sqlstore.WithTablePrefix(prefix)))
		}
		for i, app := range apps {
			require.NoError(t, app.CreateUser(t.Context(), store.User{ID: "1", Username: "ada"}), "app %d", i)
			require.NoError(t, app.Put(t.Context(), "k", entry(time.Minute)), "app %d", i)
			n, err := app.Add(t.Context(), "k", 1, time.Minute)
			require.NoError(t, err)
			assert.EqualValues(t, 1, n.Value)
			require.NoError(t, app.Clean(t.Context()))
		}
		again := d.open(t, dsn, sqlstore.WithTablePrefix("app1_"))
		_, err := again.UserByID(t.Context(), "1")
		assert.NoError(t, err)
		assert.Equal(t, 1, number(t, d.pool(t, dsn), `SELECT count(*) FROM app1_users`))
	})
}

func TestTablePrefix_MigrationsOfTheHostHaveItToo(t *testing.T) {
	with := sqlstore.WithTablePrefix("app1_")
	files := sqlstore.Migrations(sqlstore.SQLite, with)
	require.NoError(t, fstest.TestFS(files, "0001_initial.sql"))

	db := sqlite.pool(t, sqlite.fresh(t))
	apply(t, db, files)
	s, err := sqlstore.Open(t.Context(), db, sqlstore.SQLite, with, sqlstore.WithoutMigrations())
	require.NoError(t, err)
	s.Close()
	assert.Zero(t, number(t, db, `SELECT count(*) FROM sqlite_master WHERE name LIKE '%nativeauth%'`))
}

func TestTablePrefix_OnlyPlainNamesAreOne(t *testing.T) {
	for _, prefix := range []string{"", "1a", "_a", "App_", "a-b", "a b", "a.b", `a"`, "é", "a;", strings.Repeat("a", 32)} {
		with := sqlstore.WithTablePrefix(prefix)
		_, err := sqlstore.Open(t.Context(), new(sql.DB), sqlstore.SQLite, with)
		assert.ErrorContains(t, err, "the table prefix", prefix)
		_, err = fs.ReadFile(sqlstore.Migrations(sqlstore.SQLite, with), "0001_initial.sql")
		assert.ErrorContains(t, err, "the table prefix", prefix)
	}
}
