package sqlstore

import (
	"context"
	"database/sql"
)

// Dialect is a kind of database: SQLite.
type Dialect struct {
	name    string // the folder of its migrations
	queries queries

	// oneWriter says that the database lets one writer in at a time.
	oneWriter bool
	// check tells everything that makes db unfit, in words that say what to set.
	check func(ctx context.Context, db *sql.DB) error
	// exclusively does something while no other connection, in this process or another, is in
	// exclusively. What it did is there as a whole or not at all, as far as the database can do that.
	exclusively func(ctx context.Context, conn *sql.Conn, do func() error) error
}

// queries names every statement once. Each dialect spells all of them out, so that the SQL on the
// page is the SQL that runs. The order of the arguments is the same in all of them.
//
// Times are milliseconds since 1970 by the clock of the database.
type queries struct {
	hasSchema     string // -> number of tables called nativeauth_migrations
	schemaVersion string // -> highest version applied, 0 if none

	createUser     string // id, username, email, attributes, disabled, epoch, created_at; no row changed: it exists
	userByUsername string // username -> all columns
	userByID       string // id -> all columns
	updateUser     string // username, email, attributes, disabled, epoch, id, version, username, id; no row changed: refused
	userVersion    string // id -> version

	getState     string // key -> value, version, ms to live
	createState  string // key, value, first version, ms to live; no row changed: there is a living entry
	replaceState string // value, ms to live, key, version; no row changed: another version
	deleteState  string // key, version; no row changed: another version
	addCounter   string // key, delta, ms to live -> value, ms to live

	cleanState    string // most rows to remove
	cleanCounters string // most rows to remove
}
