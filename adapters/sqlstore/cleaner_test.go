package sqlstore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/sqlstore"
)

func TestCleaner_RemovesWhatHasExpired(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		dsn := d.fresh(t)
		s := d.open(t, dsn, sqlstore.WithCleanInterval(5*time.Millisecond))
		for _, ttl := range []time.Duration{time.Millisecond, time.Minute} {
			require.NoError(t, s.Put(t.Context(), ttl.String(), entry(ttl)))
			_, err := s.Add(t.Context(), ttl.String(), 1, ttl)
			require.NoError(t, err)
		}

		db := d.pool(t, dsn)
		for _, table := range []string{"nativeauth_state", "nativeauth_counters"} {
			assert.Eventually(t, func() bool { return number(t, db, `SELECT count(*) FROM `+table) == 1 },
				10*time.Second, 5*time.Millisecond)
		}
		_, err := s.Get(t.Context(), time.Minute.String())
		assert.NoError(t, err)
		n, err := s.Add(t.Context(), time.Minute.String(), 1, time.Minute)
		assert.NoError(t, err)
		assert.EqualValues(t, 2, n.Value)
	})
}

func TestCleaner_WorksInBatches(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		dsn := d.fresh(t)
		s := d.open(t, dsn, sqlstore.WithCleanInterval(time.Hour))
		for i := range 1200 {
			_, err := s.Add(t.Context(), fmt.Sprint(i), 1, time.Millisecond)
			require.NoError(t, err)
		}
		time.Sleep(2 * time.Millisecond)
		require.NoError(t, s.Clean(t.Context()))
		assert.Zero(t, number(t, d.pool(t, dsn), `SELECT count(*) FROM nativeauth_counters`))
	})
}

func TestCleaner_StopsWithClose(t *testing.T) {
	dsn := sqlite.fresh(t)
	s := sqlite.open(t, dsn, sqlstore.WithCleanInterval(time.Millisecond))
	s.Close()
	s.Close()
	require.NoError(t, s.Put(t.Context(), "k", entry(time.Millisecond)))
	time.Sleep(20 * time.Millisecond)
	assert.Equal(t, 1, number(t, sqlite.pool(t, dsn), `SELECT count(*) FROM nativeauth_state`))
}
