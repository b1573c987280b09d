package storetest

import "github.com/stretchr/testify/require"

// The limits that store.User names.
const (
	longestHash    = 512
	longestHistory = 24
)

// passwordsKeepCharacters writes hashes as long as they may be, and what a column may take for something
// else: lists with a comma, JSON, numbers.
func passwordsKeepCharacters(t testingT, s users) {
	a, b := s.both()
	longest := make([]string, longestHistory)
	for i := range longest {
		longest[i] = printable(longestHash, 4*i)
	}
	for _, history := range [][]string{
		{"same", "same"},
		{"a,b", `"`, "[]", "null", "0", "$2y$10$./A"},
		longest,
	} {
		u := newUser()
		u.PasswordHash, u.PasswordHistory = history[len(history)-1], history
		create(t, a, u)
		requireUser(t, b, u)

		u = newUser()
		create(t, a, u)
		u.PasswordHash, u.PasswordHistory = history[0], history
		update(t, b, u)
		u.Version = 2
		requireUser(t, a, u)
	}
}

// printable returns n of the 95 printable characters of ASCII, one after the other and round again.
func printable(n, from int) string {
	text := make([]byte, n)
	for i := range text {
		text[i] = ' ' + byte((from+i)%95)
	}
	return string(text)
}

func historyIsNotShared(t testingT, s users) {
	a := s.at(0)
	u := newUser()
	first := u.PasswordHistory[0]
	create(t, a, u)
	u.PasswordHistory[0] = "changed after CreateUser"
	read := byID(t, a, u.ID)
	require.Equal(t, first, read.PasswordHistory[0])

	read.PasswordHistory[0] = "changed after UserByID"
	read = byID(t, a, u.ID)
	require.Equal(t, first, read.PasswordHistory[0])

	update(t, a, read)
	read.PasswordHistory[0] = "changed after UpdateUser"
	require.Equal(t, first, byID(t, a, u.ID).PasswordHistory[0])
}
