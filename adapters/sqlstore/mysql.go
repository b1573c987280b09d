package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// MySQL keeps everything in a database of MySQL 8.0 or later, or MariaDB 10.6 or later, for any number
// of instances. Open demands the strict mode, in which a value that does not fit is an error and is
// not cut, and autocommit. It warns if the server does not write each commit to the disk.
//
// The tables are InnoDB's and hold bytes, so neither the collation nor the character set of the
// database or the connection changes anything. Neither does clientFoundRows. interpolateParams=true
// in the DSN of github.com/go-sql-driver/mysql saves a round trip for each statement. db.SetMaxIdleConns
// should be what db.SetMaxOpenConns is.
var MySQL = Dialect{
	name:        "mysql",
	queries:     mysqlQueries,
	inspect:     inspectMySQL,
	exclusively: exclusivelyMySQL,
	failure:     failureMySQL,
	changed:     changedMySQL,
}

// mysqlSettings are what a connection tells of itself.
type mysqlSettings struct {
	version      string // of MariaDB: 10.11.6-MariaDB and so on
	sqlMode      string
	autocommit   bool
	flushLog     int
	logBin       bool
	syncBinlog   int64
	databaseName string
}

func inspectMySQL(ctx context.Context, db *sql.DB) (findings, error) {
	return inspectConnections(ctx, db, connect, func(ctx context.Context, conn *sql.Conn) (findings, error) {
		s, err := readMySQLSettings(ctx, conn)
		if err != nil {
			return findings{}, err
		}
		return s.judge(), nil
	})
}

func readMySQLSettings(ctx context.Context, conn *sql.Conn) (s mysqlSettings, err error) {
	err = ask(ctx, conn,
		setting{`SELECT version()`, &s.version},
		setting{`SELECT coalesce(database(), '')`, &s.databaseName},
		setting{`SELECT @@SESSION.sql_mode`, &s.sqlMode},
		setting{`SELECT @@SESSION.autocommit`, &s.autocommit},
		setting{`SELECT @@GLOBAL.innodb_flush_log_at_trx_commit`, &s.flushLog},
		setting{`SELECT @@GLOBAL.log_bin`, &s.logBin},
		setting{`SELECT @@GLOBAL.sync_binlog`, &s.syncBinlog},
	)
	return s, err
}

// judge refuses each setting that could break a promise, and warns of those that could lose commits.
func (s mysqlSettings) judge() (f findings) {
	if strings.Contains(s.version, "MariaDB") {
		f.queries = &mariadbQueries
		if olderThan(s.version, 10, 6, 0) {
			f.refuse("MariaDB is %s and must be 10.6 or later: upgrade the server", s.version)
		}
	} else if olderThan(s.version, 8, 0, 0) {
		f.refuse("MySQL is %s and must be 8.0 or later: upgrade the server", s.version)
	}
	if s.databaseName == "" {
		f.refuse("no database is selected: name it in the DSN")
	}
	modes := strings.Split(s.sqlMode, ",")
	if !slices.Contains(modes, "STRICT_TRANS_TABLES") && !slices.Contains(modes, "STRICT_ALL_TABLES") {
		f.refuse("sql_mode is %q, in which values are cut silently: add STRICT_TRANS_TABLES to it, for the server, or for this pool by sql_mode='STRICT_TRANS_TABLES' in the DSN", s.sqlMode)
	}
	if !s.autocommit {
		f.refuse("autocommit is off, so that nothing that is written stays: set autocommit=1 for the server, or for this pool in the DSN")
	}
	if s.flushLog != 1 && s.flushLog != 3 { // 3, of MariaDB, is no less safe
		f.warn("innodb_flush_log_at_trx_commit is %d, which loses acknowledged accounts in a power cut: set it to 1 for the server", s.flushLog)
	}
	if s.logBin && s.syncBinlog != 1 {
		f.warn("sync_binlog is %d, so that replicas may miss or keep what a power cut took: set it to 1 for the server", s.syncBinlog)
	}
	return f
}

// migrationPatience is how long an instance waits for another one that is migrating.
const migrationPatience = 2 * time.Minute

// exclusivelyMySQL locks for the session, as each statement that changes a table commits by itself. A
// cluster of several writers (Galera) does not share such locks; there, as after a crash in the
// middle, it matters that every migration can be repeated.
func exclusivelyMySQL(ctx context.Context, conn *sql.Conn, do func() error) (err error) {
	const lock = `SHA2(CONCAT(DATABASE(), '/nativeauth_migrations'), 256)` // names of locks have 64 characters
	var got sql.NullBool
	err = conn.QueryRowContext(ctx, `SELECT GET_LOCK(`+lock+`, ?)`, int(migrationPatience.Seconds())).Scan(&got)
	if err != nil {
		drop(conn)
		return fmt.Errorf("lock the database: %w", err)
	}
	if !got.Bool {
		return fmt.Errorf("lock the database: another instance has held the lock for %v", migrationPatience)
	}
	defer func() {
		_, unlock := conn.ExecContext(context.WithoutCancel(ctx), `DO RELEASE_LOCK(`+lock+`)`)
		if unlock != nil {
			drop(conn) // the lock ends with the session
		}
	}()
	return do()
}

// changedMySQL does not count a row that was found and left alone. MySQL does if the DSN says
// clientFoundRows, so the one statement that may leave a row alone marks that by LAST_INSERT_ID(1).
// No table has a column that sets it otherwise.
func changedMySQL(res sql.Result) (int64, error) {
	if mark, err := res.LastInsertId(); err != nil || mark != 0 {
		return 0, err
	}
	return res.RowsAffected()
}

// failureMySQL reads the number of an error
// (https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html). The driver has it in a
// field and in no method, so it takes reflection to find it without importing the driver. Were it
// not found, the error would be one more that asks the caller to come back later.
func failureMySQL(err error) failure {
	switch mysqlErrorNumber(err) {
	case 1062: // ER_DUP_ENTRY
		return duplicate
	case 1213, 1205, 1020: // ER_LOCK_DEADLOCK, ER_LOCK_WAIT_TIMEOUT; MariaDB: ER_CHECKREAD
		return repeatable
	}
	return broken
}

func mysqlErrorNumber(err error) uint64 {
	for ; err != nil; err = errors.Unwrap(err) {
		v := reflect.Indirect(reflect.ValueOf(err))
		if v.Kind() != reflect.Struct {
			continue
		}
		if number := v.FieldByName("Number"); number.IsValid() && number.CanUint() {
			return number.Uint()
		}
	}
	return 0
}
