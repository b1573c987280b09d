package sqlstore

import (
	"context"
	"database/sql"
)

// AsMySQL is MySQL, without the statements that only MariaDB knows, for a server that is MariaDB.
var AsMySQL = func() Dialect {
	d := MySQL
	d.inspect = func(ctx context.Context, db *sql.DB) (findings, error) {
		f, err := inspectMySQL(ctx, db)
		f.queries = nil
		return f, err
	}
	return d
}()

// Clean does what the cleaner does at every interval.
func (s *Store) Clean(ctx context.Context) error { return s.clean(ctx) }

// Exec runs a statement as all that write are run.
func (s *Store) Exec(ctx context.Context, query string) (int64, error) { return s.exec(ctx, query) }
