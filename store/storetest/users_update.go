package storetest

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/store"
)

func updateReplaces(t testingT, s users) {
	a, b := s.both()
	u, bystander := newUser(), newUser()
	create(t, a, u)
	create(t, a, bystander)

	u.Email, u.Disabled, u.Epoch = newUsernameFor("other"), false, u.Epoch+1
	u.Attributes = map[string]string{"city": "London"}
	setPassword(&u)
	u.Methods = u.Methods[1:]
	update(t, b, u)
	u.Version = 2
	requireUser(t, a, u)

	u.Email, u.Disabled, u.Attributes, u.Methods = "", true, nil, nil
	u.PasswordHash, u.PasswordHistory, u.PasswordChangedAt, u.MustChangePassword = "", nil, time.Time{}, true
	update(t, a, u)
	u.Version = 3
	requireUser(t, b, u)

	setPassword(&u)
	u.Methods = newMethods()
	update(t, b, u)
	u.Version = 4
	requireUser(t, a, u)
	requireUser(t, b, bystander)
}

// setPassword changes all that there is about a password.
func setPassword(u *store.User) {
	u.PasswordHistory = []string{"$2b$12$second", "$2b$12$first"}
	u.PasswordHash = "$2b$12$third"
	u.PasswordChangedAt = time.Date(2026, 10, 25, 3, 30, 0, 456_000_000, time.FixedZone("east", 3600))
	u.MustChangePassword = false
}

func updateKeepsCreatedAt(t testingT, s users) {
	a, b := s.both()
	u := newUser()
	create(t, a, u)
	changed := u
	changed.CreatedAt = u.CreatedAt.Add(time.Hour)
	update(t, a, changed)
	u.Version = 2
	requireUser(t, b, u)

	changed = u
	changed.CreatedAt = time.Time{}
	update(t, b, changed)
	u.Version = 3
	requireUser(t, a, u)
}

func staleUpdate(t testingT, s users) {
	a, b := s.both()
	u := newUser()
	create(t, a, u)
	update(t, a, u)
	u.Version = 2
	for _, version := range []int64{1, 0, 3, -2} {
		stale := u
		stale.Version, stale.Epoch = version, u.Epoch+1
		setPassword(&stale)
		stale.Methods = newMethods()
		require.ErrorIs(t, b.UpdateUser(t.Context(), stale), store.ErrConflict, "UpdateUser of version %d", version)
	}
	requireUser(t, a, u)
}

func newUsername(t testingT, s users) {
	a, b := s.both()
	u := newUser()
	create(t, a, u)
	old := u.Username
	u.Username = newUsernameFor("ada.king")
	update(t, b, u)
	u.Version = 2
	requireUser(t, a, u)
	requireNoUsername(t, a, old)

	heir := newUser()
	heir.Username = old
	create(t, a, heir)
	requireUser(t, b, heir)
	requireUser(t, b, u)
}

func newUsernameIsTaken(t testingT, s users) {
	a, b := s.both()
	u, other := newUser(), newUser()
	create(t, a, u)
	create(t, a, other)
	changed := u
	changed.Username, changed.Epoch = other.Username, u.Epoch+1
	setPassword(&changed)
	changed.Methods = newMethods()
	require.ErrorIs(t, b.UpdateUser(t.Context(), changed), store.ErrExists)
	requireUser(t, a, u)
	requireUser(t, b, other)
}

func oneUpdateWins(t testingT, s users) {
	rounds(func(string) {
		u := newUser()
		create(t, s.at(0), u)
		winner := requireOneWinner(t, store.ErrConflict, func(i int) error {
			mine := u
			mine.Epoch, mine.PasswordHash = int64(i), fmt.Sprint(i)
			return s.at(i).UpdateUser(t.Context(), mine)
		})
		u.Version, u.Epoch, u.PasswordHash = 2, int64(winner), fmt.Sprint(winner)
		requireUser(t, s.at(0), u)
	})
}

// oneNewUsernameWins has half of the racers rename themselves and half sign up.
func oneNewUsernameWins(t testingT, s users) {
	rounds(func(name string) {
		racer := make([]store.User, racers)
		for i := range racer {
			racer[i] = newUser()
			if i%2 == 0 {
				create(t, s.at(i), racer[i])
			}
			racer[i].Username = name
		}
		winner := requireOneWinner(t, store.ErrExists, func(i int) error {
			if i%2 == 0 {
				return s.at(i).UpdateUser(t.Context(), racer[i])
			}
			return s.at(i).CreateUser(t.Context(), racer[i])
		})
		racer[winner].Version += int64(1 - winner%2)
		requireUser(t, s.at(0), racer[winner])
	})
}
