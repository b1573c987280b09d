package sqlstore_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/sqlstore"
	"github.com/nativeauth/nativeauth/store"
)

func TestPut_OneOfManyWritersWins(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		dsn := d.fresh(t)
		handles := []*sqlstore.Store{d.open(t, dsn), d.open(t, dsn)}
		for round := range 5 {
			key := fmt.Sprint("flow", round)
			require.NoError(t, handles[0].Put(t.Context(), key, store.Entry{TTL: time.Minute}))
			e, err := handles[1].Get(t.Context(), key)
			require.NoError(t, err)

			var won atomic.Int32
			var racers sync.WaitGroup
			for i := range 64 {
				racers.Go(func() {
					if err := handles[i%2].Put(t.Context(), key, e); err == nil {
						won.Add(1)
					} else {
						assert.ErrorIs(t, err, store.ErrConflict)
					}
				})
			}
			racers.Wait()
			assert.EqualValues(t, 1, won.Load())
		}
	})
}

func TestStore_KeepsEverythingOverARestart(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		dsn := d.fresh(t)
		before := d.open(t, dsn)
		user := store.User{ID: "1", Username: "ada@example.com", CreatedAt: time.Now()}
		require.NoError(t, before.CreateUser(t.Context(), user))
		require.NoError(t, before.Put(t.Context(), "flow", entry(time.Minute)))
		_, err := before.Add(t.Context(), "tries", 3, time.Minute)
		require.NoError(t, err)
		before.Close()

		after := d.open(t, dsn)
		_, err = after.UserByID(t.Context(), "1")
		assert.NoError(t, err)
		e, err := after.Get(t.Context(), "flow")
		assert.NoError(t, err)
		assert.Equal(t, "v", string(e.Value))
		n, err := after.Add(t.Context(), "tries", 1, time.Minute)
		assert.NoError(t, err)
		assert.EqualValues(t, 4, n.Value)
	})
}

func TestStore_AClosedDatabaseIsAnError(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		db := d.pool(t, d.fresh(t))
		s, err := sqlstore.Open(t.Context(), db, d.dialect)
		require.NoError(t, err)
		defer s.Close()
		require.NoError(t, db.Close())

		_, getErr := s.Get(t.Context(), "k")
		_, addErr := s.Add(t.Context(), "k", 1, time.Minute)
		_, findErr := s.UserByID(t.Context(), "1")
		for what, err := range map[string]error{
			"get":         getErr,
			"add":         addErr,
			"find user":   findErr,
			"put":         s.Put(t.Context(), "k", store.Entry{TTL: time.Minute}),
			"delete":      s.Delete(t.Context(), "k", 1),
			"create user": s.CreateUser(t.Context(), store.User{ID: "1"}),
			"update user": s.UpdateUser(t.Context(), store.User{ID: "1"}),
		} {
			assert.ErrorContains(t, err, "sqlstore: "+what+": ")
			assert.NotErrorIs(t, err, store.ErrNotFound)
			assert.NotErrorIs(t, err, store.ErrConflict)
			assert.NotErrorIs(t, err, store.ErrExists)
		}
	})
}

func TestStore_ATTLMustBeMoreThanZero(t *testing.T) {
	s := sqlite.open(t, sqlite.fresh(t))
	assert.Error(t, s.Put(t.Context(), "k", store.Entry{}))
	_, err := s.Add(t.Context(), "k", 1, -time.Second)
	assert.Error(t, err)
}

// What does not fit must fail as a whole: half a username may be somebody else's.
func TestCreateUser_NothingIsCut(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		s := d.open(t, d.fresh(t))
		name := strings.Repeat("é", 300) + "@example.com"
		err := s.CreateUser(t.Context(), store.User{ID: "1", Username: name + strings.Repeat("m", 1000)})
		_, find := s.UserByUsername(t.Context(), name)
		assert.ErrorIs(t, find, store.ErrNotFound)
		if err == nil { // it did fit
			_, err = s.UserByUsername(t.Context(), name+strings.Repeat("m", 1000))
		} else {
			assert.NotErrorIs(t, err, store.ErrExists)
			_, err = s.UserByID(t.Context(), "1")
			require.ErrorIs(t, err, store.ErrNotFound)
			err = nil
		}
		assert.NoError(t, err)
	})
}

// other is a transaction of somebody else, which holds what s wants.
type other struct {
	end func(t *testing.T, how string)
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
	return other{end: run, run: run}
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
			o.end(t, `COMMIT`)
			assert.ErrorIs(t, result(), store.ErrExists)

			o = meanwhile(t, d, dsn, `DELETE FROM nativeauth_users`)
			result = waiting(t, create)
			o.end(t, `COMMIT`)
			require.NoError(t, result())

			o = meanwhile(t, d, dsn, ada[:strings.Index(ada, "VALUES")]+`VALUES ('3', 'grace', '', '{}', false, 0, 1, 0)`)
			result = waiting(t, func() error {
				return s.UpdateUser(t.Context(), store.User{ID: "2", Username: "grace", Version: 1})
			})
			o.end(t, `COMMIT`)
			assert.ErrorIs(t, result(), store.ErrExists)

			o = meanwhile(t, d, dsn, `UPDATE nativeauth_users SET version = 2`)
			result = waiting(t, func() error {
				return s.UpdateUser(t.Context(), store.User{ID: "2", Username: "ada", Version: 1})
			})
			o.end(t, `COMMIT`)
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
				o.end(t, how)
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
