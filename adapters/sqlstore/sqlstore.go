// Package sqlstore keeps users and state in a SQL database, through any driver of database/sql.
//
// What makes it safe for many goroutines and many instances: every promise of package store is one
// conditional statement, so the database decides who wins, and no method reads in order to write.
// Expiry is judged by the clock of the database alone. Each statement commits by itself before the
// method returns, and Open refuses a database that is set up to lose commits.
//
// SQLite needs a file, shared by as many processes of one machine as there are. PostgreSQL, and MySQL
// or MariaDB, are for any number of machines:
//
//	db, err := sql.Open("sqlite", sqlstore.SQLiteDSN("app.db")) // modernc.org/sqlite
//	db, err := sql.Open("pgx", "postgres://app@db/app")         // github.com/jackc/pgx/v5/stdlib
//	db, err := sql.Open("mysql", "app@tcp(db)/app")             // github.com/go-sql-driver/mysql
//	…
//	s, err := sqlstore.Open(ctx, db, sqlstore.Postgres)
//
// The package imports no driver. The pool of db is the host's: SQLite, Postgres and MySQL say what it
// should be like.
package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nativeauth/nativeauth/store"
)

var (
	_ store.Users = (*Store)(nil)
	_ store.State = (*Store)(nil)
)

// Store implements store.Users and store.State. It is made by Open.
type Store struct {
	db      *sql.DB
	dialect Dialect
	queries queries
	writing chan struct{} // nil where the database takes writers side by side
	cleaner *cleaner
}

// Option changes what Open does. All of them may be left out.
type Option func(*options)

type options struct {
	log            *slog.Logger
	cleanInterval  time.Duration
	skipMigrations bool
	prefix         *string // nil: the default
}

func newOptions(opts []Option) options {
	var o options
	for _, set := range opts {
		set(&o)
	}
	if o.log == nil {
		o.log = slog.New(slog.DiscardHandler)
	}
	return o
}

// WithLogger sets where Open warns of settings that may lose data, and where the background cleaner
// reports its errors. They are lost without it.
func WithLogger(log *slog.Logger) Option { return func(o *options) { o.log = log } }

// WithCleanInterval sets how often expired rows are removed, which frees space and changes nothing
// else: what has expired is invisible at once. It is a minute if it is not set.
func WithCleanInterval(d time.Duration) Option { return func(o *options) { o.cleanInterval = d } }

// WithoutMigrations is for hosts that apply Migrations with a tool of their own. Open then only
// checks that the schema is the one that this version of the package needs.
func WithoutMigrations() Option { return func(o *options) { o.skipMigrations = true } }

// Open checks that db is fit to keep accounts, brings its tables up to date, under a lock so that
// any number of instances may start at once, and starts to remove what expires. It reports all
// problems with the database's settings together. Open does not take db over: the host closes it,
// after the Store.
func Open(ctx context.Context, db *sql.DB, d Dialect, opts ...Option) (*Store, error) {
	o := newOptions(opts)
	if o.cleanInterval < 0 {
		return nil, errors.New("sqlstore: the clean interval is negative")
	}
	prefix, err := o.tablePrefix()
	if err != nil {
		return nil, fmt.Errorf("sqlstore: open: %w", err)
	}
	f, err := d.inspect(ctx, db)
	if err == nil {
		err = errors.Join(f.problems...)
	}
	if err != nil {
		return nil, fmt.Errorf("sqlstore: open: %w", err)
	}
	for _, warning := range f.warnings {
		o.log.LogAttrs(ctx, slog.LevelWarn, "sqlstore: "+warning.Error())
	}
	if f.queries != nil {
		d.queries = *f.queries
	}
	d.queries = d.queries.withPrefix(prefix)
	if err := prepareSchema(ctx, db, d, Migrations(d, opts...), o.skipMigrations); err != nil {
		return nil, fmt.Errorf("sqlstore: open: %w", err)
	}
	s := &Store{db: db, dialect: d, queries: d.queries}
	if d.oneWriter {
		s.writing = make(chan struct{}, 1)
	}
	s.cleaner = startCleaner(s.clean, cmp.Or(o.cleanInterval, time.Minute), o.log)
	return s, nil
}

// Close stops the removal of expired rows and waits until it has stopped. It may be called twice.
func (s *Store) Close() { s.cleaner.stop() }
