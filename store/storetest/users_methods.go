package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/store"
)

// The limits that store.User and store.Method name.
const (
	mostMethods   = 10
	longestTarget = 254
	longestSecret = 256
	mostCodes     = 20
	longestCode   = 64
)

// newMethods returns one method of each kind. Between them they have no zero fields.
func newMethods() []store.Method {
	added := time.Date(2026, 3, 29, 1, 30, 0, 321_000_000, time.UTC)
	return []store.Method{
		{ID: newID(), Kind: store.MethodSMS, Target: "+4915112345678", AddedAt: added},
		{ID: newID(), Kind: store.MethodEmail, Target: "ada@example.org", Default: true, AddedAt: added.Add(-time.Hour)},
		{ID: newID(), Kind: store.MethodTOTP, Secret: []byte("\x01sealed\xff"), AddedAt: added.Add(time.Millisecond)},
		{ID: newID(), Kind: store.MethodRecovery, Codes: [][]byte{[]byte("second"), []byte("first")}, AddedAt: added.Add(time.Hour)},
	}
}

func cloneMethods(methods []store.Method) []store.Method {
	methods = slices.Clone(methods)
	for i := range methods {
		m := &methods[i]
		m.Secret, m.Codes = bytes.Clone(m.Secret), slices.Clone(m.Codes)
		for j, code := range m.Codes {
			m.Codes[j] = bytes.Clone(code)
		}
	}
	return methods
}

// requireSameMethods takes nothing and nil for the same, also for secrets and codes.
func requireSameMethods(t testingT, want, got []store.Method) {
	require.Equal(t, len(want), len(got), "number of methods")
	for i, w := range want {
		g := got[i]
		requireSameTime(t, w.AddedAt, g.AddedAt, fmt.Sprintf("AddedAt of method %d", i))
		require.True(t, bytes.Equal(w.Secret, g.Secret), "secret of method %d: %q instead of %q", i, g.Secret, w.Secret)
		require.True(t, slices.EqualFunc(w.Codes, g.Codes, bytes.Equal), "codes of method %d: %q instead of %q", i, g.Codes, w.Codes)
		g.AddedAt, g.Secret, g.Codes = w.AddedAt, w.Secret, w.Codes
		require.Equal(t, w, g, "method %d", i)
	}
}

// methodsKeepBytes writes methods as long and as many as they may be, and what a column may take for
// something else.
func methodsKeepBytes(t testingT, s users) {
	a, b := s.both()
	for _, methods := range [][]store.Method{
		nil,
		{},
		{{ID: "c", Kind: store.MethodTOTP}, {ID: "a", Kind: store.MethodRecovery, Secret: []byte{}, Codes: [][]byte{}}},
		{{ID: "b", Kind: store.MethodEmail, Target: `"o'hara\"@<a>&b.example`}, {ID: "a", Kind: store.MethodEmail, Target: "Grüße, 日本語@example.com"}},
		{{ID: "a", Kind: store.MethodEmail, Target: "null"}, {ID: "b", Kind: "of a later release", Target: "[]"}},
		{{ID: "a", Kind: store.MethodTOTP, Secret: []byte{0}}, {ID: "b", Kind: store.MethodTOTP, Secret: []byte("a\x00b\xff")}},
		{{ID: "a", Kind: store.MethodRecovery, Codes: [][]byte{{0}, {255}, []byte("b,a"), []byte("b,a"), []byte(`"`)}}},
		longestMethods(),
	} {
		u := newUser()
		u.Methods = methods
		create(t, a, u)
		requireUser(t, b, u)

		u = newUser()
		create(t, a, u)
		u.Methods = methods
		update(t, b, u)
		u.Version = 2
		requireUser(t, a, u)
	}
}

func longestMethods() []store.Method {
	methods := make([]store.Method, mostMethods)
	for i := range methods {
		codes := make([][]byte, mostCodes)
		for j := range codes {
			codes[j] = bytesOf(longestCode, 64*i+j)
		}
		methods[i] = store.Method{
			ID: newID(), Kind: store.MethodTOTP, Target: printable(longestTarget, i), Default: i%2 == 0,
			Secret: bytesOf(longestSecret, i), Codes: codes,
			AddedAt: time.Date(2026, 10, 25, 3, 30, i, 456_000_000, time.FixedZone("east", 3600)),
		}
	}
	return methods
}

// bytesOf returns n of the 256 bytes, one after the other and round again.
func bytesOf(n, from int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(from + i)
	}
	return b
}

func methodsAreNotShared(t testingT, s users) {
	a := s.at(0)
	u := newUser()
	want := u
	want.Methods = cloneMethods(u.Methods)
	create(t, a, u)
	overwriteMethods(u.Methods)
	requireUser(t, a, want)

	overwriteMethods(byID(t, a, u.ID).Methods)
	requireUser(t, a, want)

	read, err := a.UserByUsername(t.Context(), u.Username)
	require.NoError(t, err, "UserByUsername")
	overwriteMethods(read.Methods)
	requireUser(t, a, want)

	read = byID(t, a, u.ID)
	update(t, a, read)
	overwriteMethods(read.Methods)
	want.Version = 2
	requireUser(t, a, want)
}

// overwriteMethods changes methods where they are.
func overwriteMethods(methods []store.Method) {
	for i := range methods {
		methods[i].Target = "overwritten"
		for _, b := range append(methods[i].Codes, methods[i].Secret) {
			for j := range b {
				b[j]++
			}
		}
	}
}

// methodsStay writes back what it read, as all do who change something else of an account.
func methodsStay(t testingT, s users) {
	a, b := s.both()
	u := newUser()
	create(t, a, u)
	for i, change := range []func(u *store.User){
		setPassword,
		func(u *store.User) { u.Attributes = map[string]string{"city": "London"} },
		func(u *store.User) { u.Username, u.Email = newUsernameFor("ada.king"), "" },
		func(u *store.User) { u.Disabled, u.Epoch = !u.Disabled, u.Epoch+1 },
		func(*store.User) {},
	} {
		read := byID(t, b, u.ID)
		change(&read)
		update(t, a, read)
		read.Version, read.Methods = int64(i+2), u.Methods
		requireUser(t, b, read)
	}
}

// oneCodeIsUsedUp has each racer take out a code of its own, so that a list put together from the
// writes of several would show.
func oneCodeIsUsedUp(t testingT, s users) {
	rounds(func(string) {
		u := newUser()
		codes := longestMethods()[0].Codes
		u.Methods[0] = store.Method{ID: newID(), Kind: store.MethodRecovery, Codes: codes}
		create(t, s.at(0), u)
		for range 3 {
			without := func(i int) store.User {
				mine := u
				mine.Methods = cloneMethods(u.Methods)
				left := &mine.Methods[0].Codes
				*left = slices.Delete(*left, i%len(*left), i%len(*left)+1)
				return mine
			}
			winner := requireOneWinner(t, store.ErrConflict, func(i int) error {
				return s.at(i).UpdateUser(t.Context(), without(i))
			})
			u = without(winner)
			u.Version++
			requireUser(t, s.at(0), u)
		}
	})
}
