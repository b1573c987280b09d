package sqlstore_test

import (
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
