package memory

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/store"
)

func TestAllUsers_AreCopiesInTheOrderOfTheirNames(t *testing.T) {
	s := New()
	for _, name := range []string{"grace@example.com", "ada@example.com"} {
		require.NoError(t, s.CreateUser(t.Context(), store.User{ID: "id of " + name, Username: name, Attributes: map[string]string{"city": "Bonn"}}))
	}
	all := s.AllUsers()
	require.Len(t, all, 2)
	assert.Equal(t, "ada@example.com", all[0].Username)
	all[0].Attributes["city"] = "Paris"
	assert.Equal(t, "Bonn", s.AllUsers()[0].Attributes["city"])
}

func TestDeleteUser_LeavesRoomForAnother(t *testing.T) {
	s := New()
	u := store.User{ID: "1", Username: "ada@example.com"}
	require.NoError(t, s.CreateUser(t.Context(), u))
	require.NoError(t, s.DeleteUser(t.Context(), "1"))
	_, err := s.UserByID(t.Context(), "1")
	assert.ErrorIs(t, err, store.ErrNotFound)
	_, err = s.UserByUsername(t.Context(), "ada@example.com")
	assert.ErrorIs(t, err, store.ErrNotFound)
	assert.ErrorIs(t, s.DeleteUser(t.Context(), "1"), store.ErrNotFound)
	assert.NoError(t, s.CreateUser(t.Context(), u))
}
