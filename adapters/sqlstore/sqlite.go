package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// SQLite keeps everything in a file, for any number of processes on one machine. Open demands SQLite
// 3.51.3 or later, because earlier ones can corrupt a database in WAL mode
// (https://sqlite.org/wal.html#walresetbug); WAL mode, so that readers and the writer do not wait for
// one another; a busy timeout of at least 5 s, so that processes wait for one another instead of
// failing; and synchronous FULL, so that what was acknowledged survives a power cut.
//
// These are settings of each connection, and database/sql opens connections as it likes, so they
// belong into the DSN: see SQLiteDSN.
//
// The Store writes over one connection at a time, however many goroutines call it. The other
// connections of the pool are for reading; db.SetMaxOpenConns(8) is plenty, 1 is correct but slow.
var SQLite = Dialect{
	name:        "sqlite",
	queries:     sqliteQueries,
	oneWriter:   true,
	inspect:     inspectSQLite,
	exclusively: exclusivelySQLite,
}

// SQLiteDSN returns what to pass to sql.Open for the file at path with the driver
// modernc.org/sqlite, so that each connection is as Open demands.
func SQLiteDSN(path string) string {
	const settings = "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate"
	path = filepath.ToSlash(path)
	if filepath.VolumeName(path) != "" {
		path = "/" + path // file:///C:/dir
	}
	if strings.HasPrefix(path, "/") {
		path = "//" + path // an empty authority, lest a path that starts with // be taken for one
	}
	return "file:" + sqliteURIPath.Replace(path) + settings
}

// sqliteURIPath escapes what ends a path, https://sqlite.org/uri.html section 3.2.
var sqliteURIPath = strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23")

// sqliteSettings are what a connection tells of itself.
type sqliteSettings struct {
	version     string
	file        string // empty if the database is in memory
	journalMode string
	busyTimeout int // ms
	synchronous int
}

func inspectSQLite(ctx context.Context, db *sql.DB) (findings, error) {
	return inspectConnections(ctx, db, connectSQLite, func(ctx context.Context, conn *sql.Conn) (findings, error) {
		s, err := readSQLiteSettings(ctx, conn)
		return s.judge(), err
	})
}

// connectSQLite tries again while the file is locked. A new file is turned to WAL by whoever connects
// first, and for that one step SQLite heeds no busy timeout.
func connectSQLite(ctx context.Context, db *sql.DB) (*sql.Conn, error) {
	for end := time.Now().Add(10 * time.Second); ; {
		conn, err := db.Conn(ctx)
		locked := err != nil && strings.Contains(err.Error(), "database is locked") // SQLite's own words
		if !locked || time.Now().After(end) {
			return conn, err
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func readSQLiteSettings(ctx context.Context, conn *sql.Conn) (s sqliteSettings, err error) {
	err = ask(ctx, conn,
		setting{`SELECT sqlite_version()`, &s.version},
		setting{`SELECT coalesce(max(file), '') FROM pragma_database_list WHERE name = 'main'`, &s.file},
		setting{`PRAGMA journal_mode`, &s.journalMode},
		setting{`PRAGMA busy_timeout`, &s.busyTimeout},
		setting{`PRAGMA synchronous`, &s.synchronous},
	)
	return s, err
}

// judge refuses each setting that could lose or corrupt what is stored.
func (s sqliteSettings) judge() (f findings) {
	if olderThan(s.version, 3, 51, 3) {
		f.refuse("SQLite is %s, and before 3.51.3 it can corrupt a database in WAL mode: build with a newer driver", s.version)
	}
	if s.file == "" {
		f.refuse("the SQLite database is in memory or temporary: open a file, or use adapters/memory")
	} else if s.journalMode != "wal" {
		f.refuse("journal_mode is %q: add _pragma=journal_mode(WAL) to the DSN, as SQLiteDSN does", s.journalMode)
	}
	if s.busyTimeout < 5000 {
		f.refuse("busy_timeout is %d ms and must be 5000 or more on every connection: add _pragma=busy_timeout(10000) to the DSN, as SQLiteDSN does", s.busyTimeout)
	}
	const full, extra = 2, 3
	if s.synchronous != full && s.synchronous != extra {
		f.refuse("synchronous is %d and must be FULL (2) or EXTRA (3) on every connection: add _pragma=synchronous(FULL) to the DSN, as SQLiteDSN does", s.synchronous)
	}
	return f
}

func olderThan(version string, wanted ...int) bool {
	got := make([]int, 3)
	_, err := fmt.Sscanf(version, "%d.%d.%d", &got[0], &got[1], &got[2])
	return err != nil || slices.Compare(got, wanted) < 0
}

// exclusivelySQLite takes the write lock at the start: a transaction that begins by reading cannot
// wait for the lock later on, and fails.
func exclusivelySQLite(ctx context.Context, conn *sql.Conn, do func() error) error {
	if _, err := conn.ExecContext(ctx, `BEGIN IMMEDIATE`); err != nil {
		return fmt.Errorf("lock the database: %w", err)
	}
	return endTransaction(ctx, conn, do())
}
