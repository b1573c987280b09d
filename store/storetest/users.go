package storetest

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/store"
)

type users = handles[store.Users]

// userChecks are the promises of store.Users.
var userChecks = []check[store.Users]{
	{"a user is read back as it was created, by ID and by username", userIsReadBack},
	{"a new user has version 1 whatever the caller says", newUserHasVersionOne},
	{"attributes keep every character", attributesKeepCharacters},
	{"attributes are not shared with the caller", attributesAreNotShared},
	{"passwords keep every character and their order", passwordsKeepCharacters},
	{"the password history is not shared with the caller", historyIsNotShared},
	{"methods keep every byte and their order", methodsKeepBytes},
	{"methods are not shared with the caller", methodsAreNotShared},
	{"who is missing is not found", missingUser},
	{"a username is taken once", usernameIsTaken},
	{"an ID is taken once", idIsTaken},
	{"usernames are compared as bytes", usernamesAreBytes},
	{"of many creators of one username one wins", oneCreatorOfUsernameWins},
	{"of many creators of one ID one wins", oneCreatorOfIDWins},

	{"an update replaces the row and raises the version by one", updateReplaces},
	{"an update leaves ID and CreatedAt as they are", updateKeepsCreatedAt},
	{"a stale version does not update", staleUpdate},
	{"a new username replaces the old one", newUsername},
	{"a new username that is taken is refused", newUsernameIsTaken},
	{"of many updates of one version one wins", oneUpdateWins},
	{"of many who want one new username one gets it", oneNewUsernameWins},
	{"methods outlive an update of something else", methodsStay},
	{"of many who use up a recovery code one wins each version", oneCodeIsUsedUp},

	{"a call whose context is done fails and changes nothing", usersContext},
}

// newUser returns a user with an ID and a username that nobody has used, and no zero fields.
func newUser() store.User {
	username := newUsernameFor("ada")
	return store.User{
		ID:                 newID(),
		Username:           username,
		Email:              username,
		Attributes:         map[string]string{"displayName": "Ada Lovelace", "newsletter": "true"},
		PasswordHash:       "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$cHJlc2VudA",
		PasswordHistory:    []string{"$scrypt$ln=17,r=8,p=1$c2FsdA$cGFzdA", "$2b$12$first"},
		PasswordChangedAt:  time.Date(2026, 3, 29, 1, 30, 0, 123_000_000, time.UTC),
		MustChangePassword: true,
		Methods:            newMethods(),
		Disabled:           true,
		Epoch:              1<<40 + 7,
		Version:            1,
		CreatedAt:          time.Date(2026, 2, 28, 23, 59, 59, 987_000_000, time.UTC),
	}
}

func newUsernameFor(name string) string {
	return name + "+" + strings.ToLower(newName()) + "@example.com"
}

// newID returns an ID of the form that nativeauth chooses.
func newID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func create(t testingT, s store.Users, u store.User) {
	require.NoError(t, s.CreateUser(t.Context(), u), "CreateUser")
}

func update(t testingT, s store.Users, u store.User) {
	require.NoError(t, s.UpdateUser(t.Context(), u), "UpdateUser")
}

func byID(t testingT, s store.Users, id string) store.User {
	u, err := s.UserByID(t.Context(), id)
	require.NoError(t, err, "UserByID")
	return u
}

// requireUser requires that want is found by both keys.
func requireUser(t testingT, s store.Users, want store.User) {
	requireSameUser(t, want, byID(t, s, want.ID))
	u, err := s.UserByUsername(t.Context(), want.Username)
	require.NoError(t, err, "UserByUsername of %q", want.Username)
	requireSameUser(t, want, u)
}

// requireSameUser compares times to the millisecond, as is promised, and takes nothing and nil for the
// same where attributes, hashes or methods are listed.
func requireSameUser(t testingT, want, got store.User) {
	requireSameTime(t, want.CreatedAt, got.CreatedAt, "CreatedAt")
	requireSameTime(t, want.PasswordChangedAt, got.PasswordChangedAt, "PasswordChangedAt")
	require.True(t, maps.Equal(want.Attributes, got.Attributes), "attributes: %q instead of %q", got.Attributes, want.Attributes)
	require.True(t, slices.Equal(want.PasswordHistory, got.PasswordHistory),
		"password history: %q instead of %q", got.PasswordHistory, want.PasswordHistory)
	requireSameMethods(t, want.Methods, got.Methods)
	got.CreatedAt, got.PasswordChangedAt = want.CreatedAt, want.PasswordChangedAt
	got.Attributes, got.PasswordHistory, got.Methods = want.Attributes, want.PasswordHistory, want.Methods
	require.Equal(t, want, got)
}

func requireSameTime(t testingT, want, got time.Time, field string) {
	require.Equal(t, time.UTC, got.Location(), "location of %s", field)
	require.Equal(t, want.UnixMilli(), got.UnixMilli(), field)
	require.Equal(t, want.IsZero(), got.IsZero(), "%s is zero", field)
}

func requireNoUsername(t testingT, s store.Users, username string) {
	_, err := s.UserByUsername(t.Context(), username)
	require.ErrorIs(t, err, store.ErrNotFound, "UserByUsername of %q, whom nobody is", username)
}

func requireNoID(t testingT, s store.Users, id string) {
	_, err := s.UserByID(t.Context(), id)
	require.ErrorIs(t, err, store.ErrNotFound, "UserByID of %q, whom nobody is", id)
}

func usersContext(t testingT, s users) {
	a, b := s.both()
	u, other := newUser(), newUser()
	create(t, a, u)
	changed := u
	changed.Epoch++
	requireContextHeeded(t, map[string]func(context.Context) error{
		"CreateUser":               func(ctx context.Context) error { return a.CreateUser(ctx, other) },
		"CreateUser again":         func(ctx context.Context) error { return a.CreateUser(ctx, u) },
		"UpdateUser":               func(ctx context.Context) error { return a.UpdateUser(ctx, changed) },
		"UserByID":                 func(ctx context.Context) error { _, err := a.UserByID(ctx, u.ID); return err },
		"UserByID of nobody":       func(ctx context.Context) error { _, err := a.UserByID(ctx, other.ID); return err },
		"UserByUsername":           func(ctx context.Context) error { _, err := a.UserByUsername(ctx, u.Username); return err },
		"UserByUsername of nobody": func(ctx context.Context) error { _, err := a.UserByUsername(ctx, other.Username); return err },
	})
	requireUser(t, b, u)
	requireNoID(t, b, other.ID)
}
