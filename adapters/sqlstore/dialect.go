package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
)

// Dialect is a kind of database: SQLite, Postgres or MySQL.
type Dialect struct {
	name    string // the folder of its migrations
	queries queries

	// oneWriter says that the database lets one writer in at a time.
	oneWriter bool
	// inspect finds out whether db is fit to keep accounts.
	inspect func(ctx context.Context, db *sql.DB) (findings, error)
	// exclusively does something while no other connection, in this process or another, is in
	// exclusively. What it did is there as a whole or not at all, as far as the database can do that.
	exclusively func(ctx context.Context, conn *sql.Conn, do func() error) error
	// failure tells what the driver's error means. nil: every error means that something is broken.
	failure func(error) failure
	// changed returns how many rows a statement changed. nil: what the driver says.
	changed func(sql.Result) (int64, error)
}

// findings are what Open learns of a database before it uses it.
type findings struct {
	problems []error  // why it is refused, in words that say what to set
	warnings []error  // what may lose data, yet is for the host to decide
	queries  *queries // for this very server, if the dialect's own are not the best it can do
}

func (f *findings) refuse(format string, args ...any) {
	f.problems = append(f.problems, fmt.Errorf(format, args...))
}

func (f *findings) warn(format string, args ...any) {
	f.warnings = append(f.warnings, fmt.Errorf(format, args...))
}

// inspectConnections reads the settings of two connections at once, if the pool allows it: the second
// is a new one even if the host has given its first connection the right settings by hand.
func inspectConnections(ctx context.Context, db *sql.DB,
	connect func(context.Context, *sql.DB) (*sql.Conn, error), inspect func(context.Context, *sql.Conn) (findings, error),
) (f findings, err error) {
	conns := 2
	if db.Stats().MaxOpenConnections == 1 {
		conns = 1
	}
	for range conns {
		conn, err := connect(ctx, db)
		if err != nil {
			return f, fmt.Errorf("connect: %w", err)
		}
		defer conn.Close()
		if f, err = inspect(ctx, conn); err != nil || f.problems != nil {
			return f, err
		}
	}
	return f, nil
}

// ask reads one setting after another.
func ask(ctx context.Context, conn *sql.Conn, settings ...setting) error {
	for _, s := range settings {
		if err := conn.QueryRowContext(ctx, s.query).Scan(s.dest); err != nil {
			return fmt.Errorf("ask for a setting of the database (%s): %w", s.query, err)
		}
	}
	return nil
}

type setting struct {
	query string
	dest  any
}

// queries names every statement once. Each dialect spells all of them out, so that the SQL on the
// page is the SQL that runs. The order of the arguments is the same in all of them. A statement that
// a unique index refuses has changed no row.
//
// Times are milliseconds since 1970 by the clock of the database.
type queries struct {
	hasSchema     string // -> number of tables called nativeauth_migrations
	schemaVersion string // -> highest version applied, 0 if none

	createUser     string // all columns but version, in their order; no row changed: it exists
	userByUsername string // username -> all columns
	userByID       string // id -> all columns
	updateUser     string // the columns that change, in their order, id, version; no row changed: refused
	userVersion    string // id -> version

	getState     string // key -> value, version, ms to live
	createState  string // key, value, first version, ms to live; no row changed: there is a living entry
	replaceState string // value, ms to live, key, version; no row changed: another version
	deleteState  string // key, version; no row changed: another version
	addCounter   string // key, delta, ms to live -> value, ms to live, unless there is readCounter
	readCounter  string // key -> value, ms to live; empty if addCounter returns them itself

	cleanState    string // most rows to remove
	cleanCounters string // most rows to remove

	listKeys   string // -> seq, kid, algorithm, sealed, when it signs, now; by seq
	addKey     string // seq, kid, algorithm, sealed, ms until it signs; no row changed: seq is taken
	resealKey  string // sealed, seq, sealed before; no row changed: it has another seal
	removeKeys string // the first seq to keep
}
