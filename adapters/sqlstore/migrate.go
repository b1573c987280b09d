package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

//go:embed migrations
var migrations embed.FS

// Migrations returns the files that make the tables, for hosts that apply migrations with a tool of
// their own. They are called 0001_what.sql and so on, are applied in this order, each in a transaction
// where the database has that for such statements, and never change once they are released. Each
// enters its version in the table nativeauth_migrations. An instance of the release before may go on
// while they are applied: it writes the columns that it knows, and leaves new ones alone, which have
// a default. Started again it refuses the newer schema. Of the options WithTablePrefix counts here; if
// the prefix is not fit for one, no file can be opened.
func Migrations(d Dialect, opts ...Option) fs.FS {
	files, err := fs.Sub(migrations, "migrations/"+d.name)
	if err != nil {
		panic(err) // only for a path that is malformed
	}
	return prefixed{files, newOptions(opts)}
}

// migration is a file of Migrations.
type migration struct {
	version int
	name    string
	text    string
}

// readMigrations returns the migrations in order. Their versions are 1, 2, 3 and so on.
func readMigrations(files fs.FS) ([]migration, error) {
	names, err := fs.Glob(files, "*.sql") // sorted
	if err != nil {
		return nil, err
	}
	all := make([]migration, len(names))
	for i, name := range names {
		number, _, _ := strings.Cut(name, "_")
		if version, err := strconv.Atoi(number); err != nil || version != i+1 {
			return nil, fmt.Errorf("migration %s does not have the version %d", name, i+1)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		all[i] = migration{version: i + 1, name: name, text: string(text)}
	}
	return all, nil
}

// statements cuts the text at each semicolon that ends a line, as not every driver takes more than
// one statement at a time.
func (m migration) statements() (all []string) {
	for statement := range strings.SplitSeq(m.text, ";\n") {
		if statement = strings.TrimSpace(statement); statement != "" {
			all = append(all, statement)
		}
	}
	return all
}

// prepareSchema brings the schema to the version that this package is written for, or only checks
// that it is there.
func prepareSchema(ctx context.Context, db *sql.DB, d Dialect, files fs.FS, checkOnly bool) error {
	all, err := readMigrations(files)
	if err != nil {
		return err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close()
	if checkOnly {
		return requireSchema(ctx, conn, d.queries, len(all))
	}
	return d.exclusively(ctx, conn, func() error { return migrate(ctx, conn, d.queries, all) })
}

// migrate applies what is missing. It is called with the database's lock held: of several instances
// that start at once the others find nothing left to do.
func migrate(ctx context.Context, conn *sql.Conn, q queries, all []migration) error {
	version, err := schemaVersion(ctx, conn, q)
	if err != nil {
		return err
	}
	for _, m := range all[min(version, len(all)):] {
		for _, statement := range m.statements() {
			if _, err := conn.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("migration %s: %w", m.name, err)
			}
		}
	}
	return requireSchema(ctx, conn, q, len(all))
}

// requireSchema refuses every version but the wanted one. A newer one means that an instance of a
// later release has been here, and may already have written what this one would misread.
func requireSchema(ctx context.Context, conn *sql.Conn, q queries, wanted int) error {
	version, err := schemaVersion(ctx, conn, q)
	switch {
	case err != nil:
		return err
	case version > wanted:
		return fmt.Errorf("the schema has version %d and this release knows %d: start the newer release again", version, wanted)
	case version < wanted:
		return fmt.Errorf("the schema has version %d and this release needs %d: apply Migrations, or let Open do it", version, wanted)
	}
	return nil
}

func schemaVersion(ctx context.Context, conn *sql.Conn, q queries) (version int, err error) {
	var tables int
	if err := conn.QueryRowContext(ctx, q.hasSchema).Scan(&tables); err != nil {
		return 0, fmt.Errorf("look for the schema: %w", err)
	}
	if tables == 0 {
		return 0, nil
	}
	if err := conn.QueryRowContext(ctx, q.schemaVersion).Scan(&version); err != nil {
		return 0, fmt.Errorf("read the schema's version: %w", err)
	}
	return version, nil
}

// endTransaction commits the transaction that is open on conn, if what was done in it did not fail.
func endTransaction(ctx context.Context, conn *sql.Conn, err error) error {
	if err == nil {
		_, err = conn.ExecContext(ctx, `COMMIT`)
	}
	if err == nil {
		return nil
	}
	if _, rollback := conn.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`); rollback != nil {
		drop(conn)
	}
	return err
}

// drop keeps a connection that has an open transaction, or a lock, from getting back into the pool.
func drop(conn *sql.Conn) { _ = conn.Raw(func(any) error { return driver.ErrBadConn }) }
