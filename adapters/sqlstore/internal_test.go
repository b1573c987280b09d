package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"log/slog"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"
)

var dialects = []Dialect{SQLite, Postgres, MySQL, AsMySQL}

func TestDialects(t *testing.T) {
	for _, d := range dialects {
		t.Run(d.name, func(t *testing.T) {
			assert.NotNil(t, d.inspect)
			assert.NotNil(t, d.exclusively)
			q := reflect.ValueOf(d.queries)
			renamed := reflect.ValueOf(d.queries.withPrefix("app1_"))
			for i := range q.NumField() {
				if name := q.Type().Field(i).Name; name != "readCounter" {
					assert.NotEmpty(t, q.Field(i).String(), name)
					assert.Contains(t, renamed.Field(i).String(), "app1_", name)
					assert.NotContains(t, renamed.Field(i).String(), "nativeauth", name)
				}
			}
			all, err := readMigrations(Migrations(d))
			require.NoError(t, err)
			require.NotEmpty(t, all)
			for _, m := range all {
				assert.NotEmpty(t, m.statements(), m.name)
			}
		})
	}
}

func TestReadMigrations_RefusesAGap(t *testing.T) {
	_, err := readMigrations(fstest.MapFS{"0001_a.sql": {}, "0003_c.sql": {}})
	assert.ErrorContains(t, err, "0003_c.sql does not have the version 2")
	_, err = readMigrations(fstest.MapFS{"first.sql": {}})
	assert.ErrorContains(t, err, "first.sql does not have the version 1")
}

func TestMigration_StatementsEndWithTheLine(t *testing.T) {
	m := migration{text: "-- one; two\nCREATE x (\n  a, -- b; c\n  d\n);\n\nINSERT 'e;f';\n"}
	assert.Equal(t, []string{"-- one; two\nCREATE x (\n  a, -- b; c\n  d\n)", "INSERT 'e;f'"}, m.statements())
}

func TestSQLiteSettings_OldVersionsAreRefused(t *testing.T) {
	good := sqliteSettings{version: "3.51.3", file: "/app.db", journalMode: "wal", busyTimeout: 5000, synchronous: 2}
	require.Empty(t, good.judge().problems)
	for version, ok := range map[string]bool{
		"3.51.3": true, "3.51.10": true, "3.52.0": true, "4.0.0": true,
		"3.51.2": false, "3.9.99": false, "2.99.99": false, "unknown": false, "": false,
	} {
		s := good
		s.version = version
		if ok {
			assert.Empty(t, s.judge().problems, version)
		} else {
			assert.Len(t, s.judge().problems, 1, version)
		}
	}
}

func TestFirstVersion_LeavesRoomAbove(t *testing.T) {
	seen := map[int64]bool{}
	for range 1000 {
		v := firstVersion()
		assert.Positive(t, v)
		assert.LessOrEqual(t, v, int64(1)<<62)
		seen[v] = true
	}
	assert.Len(t, seen, 1000)
}

func TestMilliseconds_LeavesSomethingOfEveryLife(t *testing.T) {
	assert.EqualValues(t, 1, milliseconds(1))
	assert.EqualValues(t, 1, milliseconds(1999*time.Microsecond))
	assert.EqualValues(t, 60_000, milliseconds(time.Minute))
}

func TestExclusively_AFailureLeavesNothingBehind(t *testing.T) {
	db, err := sql.Open("sqlite", SQLiteDSN(filepath.Join(t.TempDir(), "app.db")))
	require.NoError(t, err)
	defer db.Close()
	db.SetMaxOpenConns(1) // so that what is wrong with the connection is met again

	for name, then := range map[string]string{
		"after a statement that failed":       `SELECT 1`,
		"after SQLite rolled back on its own": `ROLLBACK`,
	} {
		conn, err := db.Conn(t.Context())
		require.NoError(t, err, name)
		err = exclusivelySQLite(t.Context(), conn, func() error {
			for _, statement := range []string{`CREATE TABLE x (y)`, then} {
				_, err := conn.ExecContext(t.Context(), statement)
				require.NoError(t, err, name)
			}
			return assert.AnError
		})
		assert.ErrorIs(t, err, assert.AnError, name)
		_ = conn.Close()

		var tables int
		require.NoError(t, db.QueryRow(`SELECT count(*) FROM sqlite_master`).Scan(&tables), name)
		assert.Zero(t, tables, name)
		_, err = db.Exec(`BEGIN; ROLLBACK`)
		assert.NoError(t, err, name)
	}
}

func TestWrite_APanicIsAnErrorAndEndsTheTurn(t *testing.T) {
	s := &Store{writing: make(chan struct{}, 1)}
	assert.ErrorContains(t, s.write(t.Context(), func() error { panic("a driver's") }), "a driver's")
	assert.NoError(t, s.write(t.Context(), func() error { return nil }))
}

func TestCleaner_SurvivesErrorsAndPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var log bytes.Buffer
		calls := 0
		c := startCleaner(func(context.Context) error {
			mu.Lock()
			defer mu.Unlock()
			calls++
			if calls == 1 {
				panic("a driver's")
			}
			return assert.AnError
		}, time.Minute, slog.New(slog.NewTextHandler(&log, nil)))

		time.Sleep(2*time.Minute + time.Second)
		c.stop()
		assert.Equal(t, 2, calls)
		assert.Contains(t, log.String(), "panic: a driver's")
		assert.Contains(t, log.String(), assert.AnError.Error())
	})
}
