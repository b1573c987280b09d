package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"time"
)

// failure is what an error of a database means for the statement that it ended.
type failure int

const (
	// broken is every error that a caller can only be told about.
	broken failure = iota
	// duplicate says that a unique index has refused the statement.
	duplicate
	// repeatable says that the database has undone the statement because of others at work, in a
	// deadlock for example, and that it may succeed now.
	repeatable
)

func (s *Store) failure(err error) failure {
	if err == nil || s.dialect.failure == nil {
		return broken
	}
	return s.dialect.failure(err)
}

// exec runs a statement that writes, and returns how many rows it changed: none if a unique index has
// refused it.
func (s *Store) exec(ctx context.Context, query string, args ...any) (int64, error) {
	var changed int64
	err := s.write(ctx, func() error {
		res, err := s.db.ExecContext(ctx, query, args...)
		switch {
		case s.failure(err) == duplicate:
			changed = 0
			return nil
		case err != nil:
			return err
		case s.dialect.changed != nil:
			changed, err = s.dialect.changed(res)
		default:
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

// execThenRead is execReturning for a database whose statements do not return what they wrote: read,
// with key, finds it before anybody else can write again. dest must be left alone if there is an error.
func (s *Store) execThenRead(ctx context.Context, query string, args []any, read string, key any, dest ...any) error {
	return s.write(ctx, func() error {
		tx, err := s.db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback() // does nothing after Commit
		if _, err := tx.ExecContext(ctx, query, args...); err != nil {
			return err
		}
		if err := tx.QueryRowContext(ctx, read, key).Scan(dest...); err != nil {
			return err
		}
		return tx.Commit()
	})
}

// tries is how often a statement is run that the database keeps undoing. Each time somebody else gets
// on, and the pauses grow, so even dozens who want one row are through long before.
const tries = 30

// write calls do, which runs one statement that writes, or one transaction. It calls it again if the
// database has undone it, which is safe as nothing of it was committed.
func (s *Store) write(ctx context.Context, do func() error) error {
	for try := 1; ; try++ {
		err := s.inTurn(ctx, do)
		if try == tries || s.failure(err) != repeatable {
			return err
		}
		// At random, so that those who met do not meet again.
		pause := time.Duration(rand.Int64N(int64(min(try, 10)) * int64(2*time.Millisecond)))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// inTurn calls do. Where the database lets one writer in at a time, it does two things that the
// database does badly.
//
// It makes the Store's writers queue. The queue is fair and holds no connections, while SQLite lets
// whoever waits sleep and try again.
//
// And it returns when ctx is done: SQLite goes on to wait for another process's lock until its busy
// timeout. The statement then has an unknown outcome, as one that is cancelled in the middle has
// with any database, and the next writer gets its turn when that is settled.
func (s *Store) inTurn(ctx context.Context, do func() error) error {
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
