package memory

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/store"
)

func TestRestore_PutsBackWhatWasThereAndDropsTheRest(t *testing.T) {
	c := newClock()
	s := c.store()
	require.NoError(t, s.CreateUser(t.Context(), store.User{ID: "1", Username: "ada@example.com", Attributes: map[string]string{"city": "Bonn"}}))
	require.NoError(t, s.Put(t.Context(), "flow", store.Entry{Value: []byte("a"), TTL: time.Minute}))
	_, err := s.Add(t.Context(), "count", 3, time.Minute)
	require.NoError(t, err)
	before, err := s.Get(t.Context(), "flow")
	require.NoError(t, err)
	c.advance(20 * time.Second)
	snap := s.Snapshot()

	u, err := s.UserByID(t.Context(), "1")
	require.NoError(t, err)
	u.Attributes["city"] = "Rome"
	require.NoError(t, s.UpdateUser(t.Context(), u))
	require.NoError(t, s.CreateUser(t.Context(), store.User{ID: "2", Username: "eve@example.com"}))
	require.NoError(t, s.Delete(t.Context(), "flow", before.Version))
	_, err = s.Add(t.Context(), "count", 5, time.Minute)
	require.NoError(t, err)
	c.advance(time.Hour)

	for range 2 {
		s.Restore(snap)
		u, err = s.UserByUsername(t.Context(), "ada@example.com")
		require.NoError(t, err)
		assert.Equal(t, "Bonn", u.Attributes["city"])
		assert.EqualValues(t, 1, u.Version)
		_, err = s.UserByID(t.Context(), "2")
		assert.ErrorIs(t, err, store.ErrNotFound)
		e, err := s.Get(t.Context(), "flow")
		require.NoError(t, err)
		assert.Equal(t, "a", string(e.Value))
		assert.Equal(t, 40*time.Second, e.TTL)
		assert.NotEqual(t, before.Version, e.Version, "who has read it before has to read it again")
		n, err := s.Add(t.Context(), "count", 1, time.Minute)
		require.NoError(t, err)
		assert.Equal(t, store.Count{Value: 4, TTL: 40 * time.Second}, n)
	}
	s.Restore(&Snapshot{})
	_, err = s.UserByID(t.Context(), "1")
	assert.ErrorIs(t, err, store.ErrNotFound)
	_, err = s.Get(t.Context(), "flow")
	assert.ErrorIs(t, err, store.ErrNotFound)
}
