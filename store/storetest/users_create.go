package storetest

import (
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/store"
)

func userIsReadBack(t testingT, s users) {
	a, b := s.both()
	full := newUser()
	create(t, a, full)
	requireUser(t, b, full)

	bare := store.User{ID: newID(), Username: newUsernameFor("bare"), Version: 1, CreatedAt: full.CreatedAt}
	create(t, a, bare)
	requireUser(t, b, bare)

	named := newUser()
	named.ID, named.Username = "row "+newName(), newName()
	named.CreatedAt = time.Date(1999, 1, 1, 1, 0, 0, 1_000_000, time.FixedZone("east", 3600))
	named.PasswordChangedAt = named.CreatedAt.Add(time.Millisecond)
	create(t, a, named)
	requireUser(t, b, named)
	requireUser(t, b, full)
}

func newUserHasVersionOne(t testingT, s users) {
	a, b := s.both()
	for _, version := range []int64{0, 7, -1} {
		u := newUser()
		u.Version = version
		create(t, a, u)
		u.Version = 1
		requireUser(t, b, u)
	}
}

func attributesKeepCharacters(t testingT, s users) {
	a, b := s.both()
	for _, attributes := range []map[string]string{
		nil,
		{},
		{"": ""},
		{"empty": "", "blank": " ", "trailing": "a ", "lines": "a\r\n\tb"},
		{"quotes": `"'` + "`" + `\`, "html": "<a href='x'>&amp;</a>", "sql": "'; DROP TABLE users; --", "json": `{"a":[1,"\u0041"]}`},
		{"Umlaut": "Jürgen Groß", "umlaut": "JÜRGEN GROSS", "decomposed": "Ju\u0308rgen", "grüße": "日本語 العربية"},
		{"emoji": "👩‍👩‍👧🏽", "separators": "a\u2028b\u2029c", "bom": "\ufeffa", "replacement": "\ufffd"},
		{"long": strings.Repeat("äö", 4000)},
	} {
		u := newUser()
		u.Attributes = attributes
		create(t, a, u)
		requireUser(t, b, u)
	}
}

func attributesAreNotShared(t testingT, s users) {
	a := s.at(0)
	u := newUser()
	create(t, a, u)
	u.Attributes["displayName"] = "changed after CreateUser"
	read := byID(t, a, u.ID)
	require.Equal(t, "Ada Lovelace", read.Attributes["displayName"])

	read.Attributes["displayName"] = "changed after UserByID"
	read = byID(t, a, u.ID)
	require.Equal(t, "Ada Lovelace", read.Attributes["displayName"])

	update(t, a, read)
	read.Attributes["displayName"] = "changed after UpdateUser"
	require.Equal(t, "Ada Lovelace", byID(t, a, u.ID).Attributes["displayName"])
}

func missingUser(t testingT, s users) {
	a, b := s.both()
	u := newUser()
	requireNoID(t, a, u.ID)
	requireNoUsername(t, a, u.Username)
	for _, version := range []int64{0, 1} {
		u.Version = version
		require.ErrorIs(t, a.UpdateUser(t.Context(), u), store.ErrNotFound, "UpdateUser")
	}
	requireNoID(t, b, u.ID)
	requireNoUsername(t, b, u.Username)
}

func usernameIsTaken(t testingT, s users) {
	a, b := s.both()
	first, second := newUser(), newUser()
	second.Username = first.Username
	create(t, a, first)
	require.ErrorIs(t, b.CreateUser(t.Context(), second), store.ErrExists)
	requireUser(t, b, first)
	requireNoID(t, a, second.ID)
}

func idIsTaken(t testingT, s users) {
	a, b := s.both()
	first, second := newUser(), newUser()
	second.ID = first.ID
	create(t, a, first)
	require.ErrorIs(t, b.CreateUser(t.Context(), second), store.ErrExists)
	requireUser(t, b, first)
	requireNoUsername(t, a, second.Username)
	require.ErrorIs(t, b.CreateUser(t.Context(), first), store.ErrExists, "the same user again")
}

// usernamesAreBytes uses names that collations have taken for one another. Whoever gets the code of
// one of them must never be signed in as another.
func usernamesAreBytes(t testingT, s users) {
	a, b := s.both()
	tail := newUsernameFor("")
	var all []store.User
	for _, name := range []string{
		"ada", "Ada", "ADA", "ada ", " ada", "adá", "ada\u0301", "àda", "aда", "ａｄａ",
		"strasse", "straße", "i", "ı", "İ", "k", "\u212a", "a_a", "a%a", `a\a`, "a'a",
	} {
		for _, username := range []string{name + tail, tail + name} {
			u := newUser()
			u.Username = username
			create(t, a, u)
			all = append(all, u)
		}
	}
	for _, u := range all {
		requireUser(t, b, u)
	}
	requireNoUsername(t, b, "aDa"+tail)
	requireNoUsername(t, b, tail+"ada  ")
}

func oneCreatorOfUsernameWins(t testingT, s users) {
	rounds(func(name string) {
		racer := make([]store.User, racers)
		for i := range racer {
			racer[i] = newUser()
			racer[i].Username = name
		}
		winner := requireOneWinner(t, store.ErrExists, func(i int) error {
			return s.at(i).CreateUser(t.Context(), racer[i])
		})
		requireUser(t, s.at(0), racer[winner])
		requireNoID(t, s.at(0), racer[(winner+1)%racers].ID)
	})
}

func oneCreatorOfIDWins(t testingT, s users) {
	rounds(func(id string) {
		racer := make([]store.User, racers)
		for i := range racer {
			racer[i] = newUser()
			racer[i].ID = id
		}
		winner := requireOneWinner(t, store.ErrExists, func(i int) error {
			return s.at(i).CreateUser(t.Context(), racer[i])
		})
		requireUser(t, s.at(0), racer[winner])
		requireNoUsername(t, s.at(0), racer[(winner+1)%racers].Username)
	})
}
