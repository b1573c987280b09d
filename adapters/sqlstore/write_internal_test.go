package sqlstore

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
)

func TestFailure_IsReadFromTheDriversErrors(t *testing.T) {
	for _, c := range []struct {
		dialect Dialect
		err     error
		want    failure
	}{
		{Postgres, &pgconn.PgError{Code: "23505"}, duplicate},
		{Postgres, &pgconn.PgError{Code: "40P01"}, repeatable},
		{Postgres, &pgconn.PgError{Code: "40001"}, repeatable},
		{Postgres, &pgconn.PgError{Code: "23502"}, broken},
		{Postgres, &pgconn.PgError{Code: "57014"}, broken},
		{Postgres, context.Canceled, broken},
		{MySQL, &mysql.MySQLError{Number: 1062}, duplicate},
		{MySQL, &mysql.MySQLError{Number: 1213}, repeatable},
		{MySQL, &mysql.MySQLError{Number: 1205}, repeatable},
		{MySQL, &mysql.MySQLError{Number: 1406}, broken},
		{MySQL, mysql.ErrInvalidConn, broken},
		{MySQL, context.Canceled, broken},
	} {
		assert.Equal(t, c.want, c.dialect.failure(c.err), "%v", c.err)
		assert.Equal(t, c.want, c.dialect.failure(fmt.Errorf("wrapped: %w", c.err)), "%v", c.err)
	}
}

func TestWrite_RepeatsWhatTheDatabaseHasUndone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Store{dialect: Postgres}
		undone := &pgconn.PgError{Code: "40P01"}
		calls := 0
		failing := func(times int, then error) func() error {
			calls = 0
			return func() error {
				if calls++; calls <= times {
					return undone
				}
				return then
			}
		}

		assert.NoError(t, s.write(t.Context(), failing(5, nil)))
		assert.Equal(t, 6, calls)
		assert.Same(t, assert.AnError, s.write(t.Context(), failing(1, assert.AnError)))
		assert.Equal(t, 2, calls)
		assert.ErrorIs(t, s.write(t.Context(), failing(1000, nil)), undone)
		assert.Equal(t, tries, calls)

		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		assert.ErrorIs(t, s.write(ctx, failing(1000, nil)), context.DeadlineExceeded)
		assert.Less(t, calls, tries)
	})
}
