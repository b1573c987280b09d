package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Postgres keeps everything in a PostgreSQL database, 13 or later, for any number of instances. Open
// demands a database in UTF8; synchronous_commit and fsync, so that what was acknowledged survives a
// crash; and READ COMMITTED, which is the default and what the statements are written for. All but
// fsync can be set for one pool alone, by its DSN.
//
// The tables go where search_path points to. Any mode of pgx does, also behind a PgBouncer that
// pools transactions. db.SetMaxIdleConns should be what db.SetMaxOpenConns is: connections to
// PostgreSQL are costly to make.
var Postgres = Dialect{
	name:        "postgres",
	queries:     postgresQueries,
	inspect:     inspectPostgres,
	exclusively: exclusivelyPostgres,
	failure:     failurePostgres,
}

// postgresSettings are what a connection tells of itself.
type postgresSettings struct {
	version           int // 130004 is 13.4
	encoding          string
	synchronousCommit string
	fsync             string
	fullPageWrites    string
	isolation         string
	readOnly          string
}

func inspectPostgres(ctx context.Context, db *sql.DB) (findings, error) {
	return inspectConnections(ctx, db, connect, func(ctx context.Context, conn *sql.Conn) (findings, error) {
		s, err := readPostgresSettings(ctx, conn)
		if err != nil {
			return findings{}, err
		}
		return s.judge(), nil
	})
}

func connect(ctx context.Context, db *sql.DB) (*sql.Conn, error) { return db.Conn(ctx) }

func readPostgresSettings(ctx context.Context, conn *sql.Conn) (s postgresSettings, err error) {
	err = ask(ctx, conn,
		setting{`SELECT current_setting('server_version_num')::int`, &s.version},
		setting{`SELECT current_setting('server_encoding')`, &s.encoding},
		setting{`SELECT current_setting('synchronous_commit')`, &s.synchronousCommit},
		setting{`SELECT current_setting('fsync')`, &s.fsync},
		setting{`SELECT current_setting('full_page_writes')`, &s.fullPageWrites},
		setting{`SELECT current_setting('transaction_isolation')`, &s.isolation},
		setting{`SELECT current_setting('transaction_read_only')`, &s.readOnly},
	)
	return s, err
}

// judge refuses each setting that could lose what was acknowledged or break a promise.
func (s postgresSettings) judge() (f findings) {
	if s.version < 130000 {
		f.refuse("PostgreSQL is %d.%d and must be 13 or later: upgrade the server", s.version/10000, s.version%10000)
	}
	if s.encoding != "UTF8" {
		f.refuse("the encoding of the database is %s and must be UTF8: create it with ENCODING 'UTF8'", s.encoding)
	}
	if s.synchronousCommit == "off" {
		f.refuse("synchronous_commit is off, which loses acknowledged accounts in a crash: set it to on, for the server, or for this pool by synchronous_commit=on in the DSN")
	}
	if s.fsync != "on" {
		f.refuse("fsync is %s, which loses acknowledged accounts in a power cut and can ruin the database: set fsync = on in postgresql.conf", s.fsync)
	}
	if s.fullPageWrites != "on" {
		f.warn("full_page_writes is %s, which can ruin the database in a power cut unless the file system writes pages as a whole: set it to on in postgresql.conf", s.fullPageWrites)
	}
	if s.isolation != "read committed" {
		f.refuse("transactions are %s by default, where competing writers fail instead of waiting: set default_transaction_isolation=read committed in the DSN", s.isolation)
	}
	if s.readOnly != "off" {
		f.refuse("the connection can only read: connect to the primary server, with default_transaction_read_only=off")
	}
	return f
}

// exclusivelyPostgres locks for a transaction, not for a session, because it ends with it whatever
// happens, and works through a pooler. The transaction is READ COMMITTED: others would go on to see
// the tables as they were before the lock was got.
func exclusivelyPostgres(ctx context.Context, conn *sql.Conn, do func() error) error {
	if _, err := conn.ExecContext(ctx, `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE`); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	_, err := conn.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('nativeauth: migrations', 0))`)
	if err != nil {
		err = fmt.Errorf("lock the database: %w", err)
	} else {
		err = do()
	}
	return endTransaction(ctx, conn, err)
}

// failurePostgres reads the SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html)
// of an error of pgx, lib/pq, or another driver that has this method.
func failurePostgres(err error) failure {
	var coded interface{ SQLState() string }
	if !errors.As(err, &coded) {
		return broken
	}
	switch coded.SQLState() {
	case "23505": // unique_violation
		return duplicate
	case "40P01", "40001": // deadlock_detected, serialization_failure
		return repeatable
	}
	return broken
}
