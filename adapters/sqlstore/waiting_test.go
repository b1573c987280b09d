package sqlstore_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/store"
)

// other is a transaction of somebody else, which holds what s wants.
type other struct {
	run func(t *testing.T, statement string)
}

// meanwhile runs a statement in a transaction that stays open.
func meanwhile(t *testing.T, d database, dsn, statement string) other {
	conn, err := d.pool(t, dsn).Conn(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	run := func(t *testing.T, statement string) {
		_, err := conn.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	run(t, `START TRANSACTION`)
	run(t, statement)
	return other{run}
}

// waiting starts a call and makes sure that it does not return soon. It returns how to get its error.
func waiting(t *testing.T, call func() error) func() error {
	done := make(chan error, 1)
	go func() { done <- call() }()
	select {
	case err := <-done:
		require.Fail(t, "the call did not wait", "%v", err)
	case <-time.After(100 * time.Millisecond):
	}
	return func() error { return <-done }
}

// Where writers work side by side, a statement waits for whoever has the same row in a transaction, and
// judges what that one leaves behind. With PostgreSQL this is how READ COMMITTED treats a row that is
// newer than the statement.
func TestWrites_JudgeWhatATransactionLeavesBehind(t *testing.T) {
	const ada = `INSERT INTO nativeauth_users (id, username, email, attributes, disabled, epoch, version, created_at)
VALUES ('1', 'ada', '', '{}', false, 0, 1, 0)`
	for _, d := range databases[1:] {
		t.Run(d.name, func(t *testing.T) {
			dsn := d.fresh(t)
			s := d.open(t, dsn)
			namesake := store.User{ID: "2", Username: "ada"}
			create := func() error { return s.CreateUser(t.Context(), namesake) }

			o := meanwhile(t, d, dsn, ada)
			result := waiting(t, create)
			o.run(t, `COMMIT`)
			assert.ErrorIs(t, result(), store.ErrExists)

			o = meanwhile(t, d, dsn, `DELETE FROM nativeauth_users`)
			result = waiting(t, create)
			o.run(t, `COMMIT`)
			require.NoError(t, result())

			o = meanwhile(t, d, dsn, ada[:strings.Index(ada, "VALUES")]+`VALUES ('3', 'grace', '', '{}', false, 0, 1, 0)`)
			result = waiting(t, func() error {
				return s.UpdateUser(t.Context(), store.User{ID: "2", Username: "grace", Version: 1})
			})
			o.run(t, `COMMIT`)
			assert.ErrorIs(t, result(), store.ErrExists)

			o = meanwhile(t, d, dsn, `UPDATE nativeauth_users SET version = 2`)
			result = waiting(t, func() error {
				return s.UpdateUser(t.Context(), store.User{ID: "2", Username: "ada", Version: 1})
			})
			o.run(t, `COMMIT`)
			assert.ErrorIs(t, result(), store.ErrConflict)

			_, err := s.Add(t.Context(), "k", 1, time.Minute)
			require.NoError(t, err)
			for how, want := range map[string]int64{`COMMIT`: 41, `ROLLBACK`: 42} {
				if how == `ROLLBACK` {
					_, err := d.pool(t, dsn).Exec(`UPDATE nativeauth_counters SET value = 41`)
					require.NoError(t, err)
				}
				o = meanwhile(t, d, dsn, `UPDATE nativeauth_counters SET value = 40`)
				var n store.Count
				result = waiting(t, func() (err error) { n, err = s.Add(t.Context(), "k", 1, time.Minute); return err })
				o.run(t, how)
				require.NoError(t, result())
				assert.Equal(t, want, n.Value, how)
			}
		})
	}
}

func TestWrites_AContextEndsTheWaitForARow(t *testing.T) {
	for _, d := range databases[1:] {
		t.Run(d.name, func(t *testing.T) {
			dsn := d.fresh(t)
			s := d.open(t, dsn)
			require.NoError(t, s.Put(t.Context(), "k", entry(time.Minute)))
			e, err := s.Get(t.Context(), "k")
			require.NoError(t, err)
			meanwhile(t, d, dsn, `UPDATE nativeauth_state SET version = version + 1`)

			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			start := time.Now()
			assert.ErrorIs(t, s.Put(ctx, "k", e), context.DeadlineExceeded)
			assert.Less(t, time.Since(start), 3*time.Second)
		})
	}
}
