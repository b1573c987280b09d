package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
)

// exec runs a statement that writes, and returns how many rows it changed.
func (s *Store) exec(ctx context.Context, query string, args ...any) (int64, error) {
	var changed int64
	err := s.write(ctx, func() error {
		res, err := s.db.ExecContext(ctx, query, args...)
		if err == nil {
			changed, err = res.RowsAffected()
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	return changed, nil
}

// execReturning runs a statement that writes and returns one row. dest must be left alone if there
// is an error.
func (s *Store) execReturning(ctx context.Context, query string, args []any, dest ...any) error {
	return s.write(ctx, func() error {
		rows, err := s.db.QueryContext(ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		if !rows.Next() {
			return cmp.Or(rows.Err(), sql.ErrNoRows)
		}
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		// Only the end of the rows tells whether the statement could commit.
		for rows.Next() {
		}
		return errors.Join(rows.Err(), rows.Close())
	})
}

// write calls do, which runs one statement that writes. Where the database lets one writer in at a
// time, it does two things that the database does badly.
//
// It makes the Store's writers queue. The queue is fair and holds no connections, while SQLite lets
// whoever waits sleep and try again.
//
// And it returns when ctx is done: SQLite goes on to wait for another process's lock until its busy
// timeout. The statement then has an unknown outcome, as one that is cancelled in the middle has
// with any database, and the next writer gets its turn when that is settled.
func (s *Store) write(ctx context.Context, do func() error) error {
	if s.writing == nil {
		return do()
	}
	select {
	case s.writing <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	done := make(chan error, 1)
	go func() {
		defer func() { <-s.writing }()
		done <- recovered(do)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
