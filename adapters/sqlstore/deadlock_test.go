package sqlstore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/store"
)

// crossed makes two rows, and a transaction that has the second one and is big enough for MySQL to
// spare it.
func crossed(t *testing.T, d database, dsn string) other {
	db := d.pool(t, dsn)
	_, err := db.Exec(`CREATE TABLE crossed (id INTEGER PRIMARY KEY, n INTEGER)`)
	require.NoError(t, err)
	for i := range 50 {
		_, err = db.Exec(fmt.Sprintf(`INSERT INTO crossed VALUES (%d, 0)`, i))
		require.NoError(t, err)
	}
	return meanwhile(t, d, dsn, `UPDATE crossed SET n = 10 WHERE id >= 2`)
}

// The database ends one of two statements that wait for one another. Here that is always the Store's.
func TestWrites_AreRepeatedAfterADeadlock(t *testing.T) {
	for _, d := range databases[1:] {
		t.Run(d.name, func(t *testing.T) {
			dsn := d.fresh(t)
			mine, theirs := dsn, dsn
			if d.driver == "pgx" { // who looks for a deadlock first is ended
				mine, theirs = withPostgres(t, dsn, "deadlock_timeout", "500ms"), withPostgres(t, dsn, "deadlock_timeout", "1min")
			}
			s := d.open(t, mine)
			o := crossed(t, d, theirs)
			result := waiting(t, func() error {
				changed, err := s.Exec(t.Context(), `UPDATE crossed SET n = n + 1 WHERE id IN (1, 2)`)
				assert.EqualValues(t, 2, changed)
				return err
			})
			o.run(t, `UPDATE crossed SET n = 10 WHERE id = 1`)
			o.run(t, `COMMIT`)
			require.NoError(t, result())
			assert.Equal(t, 11, number(t, d.pool(t, dsn), `SELECT n FROM crossed WHERE id = 1`))
			assert.Equal(t, 11, number(t, d.pool(t, dsn), `SELECT n FROM crossed WHERE id = 2`))
		})
	}
}

func TestWrites_AreRepeatedAfterALockTimeout(t *testing.T) {
	for _, d := range databases[2:] {
		t.Run(d.name, func(t *testing.T) {
			dsn := d.fresh(t)
			s := d.open(t, withMySQL(t, dsn, func(c *mysql.Config) {
				c.Params = map[string]string{"innodb_lock_wait_timeout": "1"}
			}))
			require.NoError(t, s.CreateUser(t.Context(), store.User{ID: "1", Username: "ada"}))
			_, err := s.Add(t.Context(), "k", 1, time.Minute)
			require.NoError(t, err)

			o := meanwhile(t, d, dsn, `UPDATE nativeauth_users SET epoch = 5`)
			o.run(t, `UPDATE nativeauth_counters SET value = value + 10`)
			add := waiting(t, func() error {
				n, err := s.Add(t.Context(), "k", 1, time.Minute)
				assert.EqualValues(t, 12, n.Value)
				return err
			})
			update := waiting(t, func() error {
				return s.UpdateUser(t.Context(), store.User{ID: "1", Username: "ada", Version: 1})
			})
			time.Sleep(1200 * time.Millisecond)
			o.run(t, `COMMIT`)
			assert.NoError(t, add())
			assert.NoError(t, update())
		})
	}
}
