package handler_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// What a host may do to the methods of an account: the functions of methods.go.

func TestMethods_WhatEachReturns(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey, mailMethod, textMethod)
	w.person("full@contoso.com", full()...)
	casey, full := w.idOf(casey), w.idOf("full@contoso.com")
	mails := w.mail.count()
	add := func(id string, kind store.MethodKind, target string) error {
		_, err := w.auth.AddMethod(t.Context(), id, kind, target)
		return err
	}
	for _, row := range []struct {
		name string
		err  error
		want error
	}{
		{"AddMethod, no address", add(casey, store.MethodEmail, "casey"), handler.ErrContact},
		{"AddMethod, nothing", add(casey, store.MethodEmail, ""), handler.ErrContact},
		{"AddMethod, a number as an address", add(casey, store.MethodEmail, number), handler.ErrContact},
		{"AddMethod, an address as a number", add(casey, store.MethodSMS, another), handler.ErrContact},
		{"AddMethod, a number of one country", add(casey, store.MethodSMS, "015112345678"), handler.ErrContact},
		{"AddMethod, an app", add(casey, store.MethodTOTP, ""), handler.ErrContact},
		{"AddMethod, recovery codes", add(casey, store.MethodRecovery, another), handler.ErrContact},
		{"AddMethod, a number of a country that is not listed", add(casey, store.MethodSMS, "+33612345678"), handler.ErrContact},
		{"AddMethod, no kind", add(casey, "", another), handler.ErrContact},
		{"AddMethod, of nobody", add("nobody", store.MethodEmail, another), store.ErrNotFound},
		{"AddMethod, an eleventh", add(full, store.MethodEmail, another), handler.ErrMethodsFull},
		{"RemoveMethod, one that is not there", w.auth.RemoveMethod(t.Context(), casey, "1"), handler.ErrNoMethod},
		{"RemoveMethod, another user's", w.auth.RemoveMethod(t.Context(), full, textMethod.ID), handler.ErrNoMethod},
		{"RemoveMethod, of nobody", w.auth.RemoveMethod(t.Context(), "nobody", textMethod.ID), store.ErrNotFound},
		{"SetDefaultMethod, one that is not there", w.auth.SetDefaultMethod(t.Context(), casey, ""), handler.ErrNoMethod},
		{"SetDefaultMethod, of nobody", w.auth.SetDefaultMethod(t.Context(), "nobody", textMethod.ID), store.ErrNotFound},
		{"NewTOTP, of nobody", onlyErr(w.auth.NewTOTP(t.Context(), "nobody")), store.ErrNotFound},
		{"ConfirmTOTP, of nobody", onlyErr(w.auth.ConfirmTOTP(t.Context(), "nobody", "123456")), store.ErrNotFound},
		{"ConfirmTOTP, none being set up", onlyErr(w.auth.ConfirmTOTP(t.Context(), casey, "123456")), handler.ErrWrongCode},
		{"ConfirmTOTP, no code", onlyErr(w.auth.ConfirmTOTP(t.Context(), casey, "12345678")), handler.ErrWrongCode},
		{"NewRecoveryCodes, of nobody", onlyErr(w.auth.NewRecoveryCodes(t.Context(), "nobody")), store.ErrNotFound},
		{"NewRecoveryCodes, an eleventh method", onlyErr(w.auth.NewRecoveryCodes(t.Context(), full)), handler.ErrMethodsFull},
	} {
		require.ErrorIs(t, row.err, row.want, row.name)
	}
	assert.Equal(t, mails, w.mail.count(), "what was refused was told")
	assert.Equal(t, []store.Method{mailMethod, textMethod}, w.methodsOf("casey@contoso.com"))
	assert.Len(t, w.methodsOf("full@contoso.com"), 10)
}

// full are as many methods as an account can have.
func full() (methods []store.Method) {
	for i := range 10 {
		methods = append(methods, store.Method{ID: fmt.Sprintf("0a0a0a0a-2222-4bbb-8222-3c3c3c3c3c3%d", i), Kind: store.MethodEmail, Target: fmt.Sprintf("m%d@contoso.com", i)})
	}
	return methods
}

func onlyErr[T any](_ T, err error) error { return err }

// told waits for a notice to casey about methods.
func (w *world) told(n int, what otp.Purpose) {
	w.Helper()
	m := w.mail.take(n)
	assert.Equal(w, what, m.Purpose)
	assert.EqualValues(w, casey, m.To)
	assert.Equal(w, otp.Email, m.Channel)
	assert.Equal(w, w.clock.now(), m.At)
	assert.Empty(w, m.Code)
}

func TestAddMethod_IsAskedForFromThenOn(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey)
	refresh := w.enter(casey, harbor).tokens().text("refresh_token")
	w.clock.pass(time.Minute)
	mails := w.mail.count()
	m, err := w.auth.AddMethod(t.Context(), w.idOf(casey), store.MethodSMS, "+49 151 1234-5678")
	require.NoError(t, err)
	assert.Regexp(t, guidForm, m.ID)
	assert.Equal(t, store.Method{ID: m.ID, Kind: store.MethodSMS, Target: number, AddedAt: w.clock.now()}, m)
	assert.Equal(t, []store.Method{m}, w.methodsOf(casey))
	w.told(mails+1, otp.MethodAdded)
	w.refresh(keyed, refresh).tokens() // sessions go on
	token, code := w.nextCode(func() answer { return w.signInChallenge(guarded, w.first(guarded, casey).wants("mfa_required")) })
	w.redeemSecond(guarded, token, code).tokens()
}

func TestAddMethod_TakesThePlaceOfTheSameContact(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey, full()...)
	w.update(casey, func(u *store.User) { u.Methods[3].Default = true })
	m, err := w.auth.AddMethod(t.Context(), w.idOf(casey), store.MethodEmail, "M3@Contoso.com")
	require.NoError(t, err)
	assert.True(t, m.Default, "it is the default still")
	methods := w.methodsOf(casey)
	require.Len(t, methods, 10)
	assert.Equal(t, m, methods[9])
	assert.NotEqual(t, full()[3].ID, m.ID)
}

func TestRemoveMethod_TellsTheOwner(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey, mailMethod, textMethod)
	mails := w.mail.count()
	require.NoError(t, w.auth.RemoveMethod(t.Context(), w.idOf(casey), mailMethod.ID))
	w.told(mails+1, otp.MethodRemoved)
	assert.Equal(t, []store.Method{textMethod}, w.methodsOf(casey))
	require.ErrorIs(t, w.auth.RemoveMethod(t.Context(), w.idOf(casey), mailMethod.ID), handler.ErrNoMethod)
}

func TestSetDefaultMethod_ThereIsOne(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey, byDefault(mailMethod), textMethod)
	mails := w.mail.count()
	require.NoError(t, w.auth.SetDefaultMethod(t.Context(), w.idOf(casey), textMethod.ID))
	assert.Equal(t, []store.Method{mailMethod, byDefault(textMethod)}, w.methodsOf(casey))
	assert.Equal(t, mails, w.mail.count())
	w.nextCode(func() answer { return w.signInChallenge(guarded, w.first(guarded, casey).wants("mfa_required")) })
	assert.EqualValues(t, number, w.mail.take(w.mail.count()).To)
}

func TestNewTOTP_CountsForNothingBeforeItIsConfirmed(t *testing.T) {
	a := newWorld(t, secondFactors)
	a.person(casey, mailMethod)
	b := a.sibling(secondFactors)
	id := a.idOf(casey)
	old, err := a.auth.NewTOTP(t.Context(), id)
	require.NoError(t, err)
	s, err := b.auth.NewTOTP(t.Context(), id)
	require.NoError(t, err)
	assert.Equal(t, otp.TOTPText(secretOf(t, s.URI)), s.Text)
	assert.Contains(t, s.URI, "otpauth://totp/Contoso:casey%40contoso.com?")
	assert.Len(t, a.methodsOf(casey), 1)
	if old.URI != s.URI && a.shown(old.URI) != a.shown(s.URI) {
		require.ErrorIs(t, onlyErr(a.auth.ConfirmTOTP(t.Context(), id, a.shown(old.URI))), handler.ErrWrongCode, "it began anew")
	}
	require.ErrorIs(t, onlyErr(a.auth.ConfirmTOTP(t.Context(), id, a.shownAt(s.URI, 2))), handler.ErrWrongCode)

	mails := a.mail.count()
	code := a.shown(s.URI)
	codes, err := a.auth.ConfirmTOTP(t.Context(), id, " "+code[:3]+" "+code[3:])
	require.NoError(t, err)
	assert.Len(t, codes, otp.RecoveryCodes)
	a.told(mails+1, otp.MethodAdded)
	methods := a.methodsOf(casey)
	require.Len(t, methods, 3)
	assert.Equal(t, a.clock.now(), methods[1].AddedAt)
	assert.Regexp(t, guidForm, methods[1].ID)
	a.redeemSecond(guarded, a.askedApp(casey), code).wrongCode() // its step is used up
	require.ErrorIs(t, onlyErr(b.auth.ConfirmTOTP(t.Context(), id, a.shownAt(s.URI, 1))), handler.ErrWrongCode, "it is set up")

	a.clock.pass(time.Minute)
	s, err = a.auth.NewTOTP(t.Context(), id) // on another phone
	require.NoError(t, err)
	codes, err = a.auth.ConfirmTOTP(t.Context(), id, a.shown(s.URI))
	require.NoError(t, err)
	assert.Empty(t, codes, "there are some")
	assert.Len(t, a.methodsOf(casey), 4)
}

func TestNewTOTP_LastsTenMinutesAndIsOfItsUser(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey)
	w.person("sam@contoso.com")
	s, err := w.auth.NewTOTP(t.Context(), w.idOf(casey))
	require.NoError(t, err)
	require.ErrorIs(t, onlyErr(w.auth.ConfirmTOTP(t.Context(), w.idOf("sam@contoso.com"), w.shown(s.URI))), handler.ErrWrongCode)
	w.clock.pass(10 * time.Minute)
	require.ErrorIs(t, onlyErr(w.auth.ConfirmTOTP(t.Context(), w.idOf(casey), w.shown(s.URI))), handler.ErrWrongCode)
	s, err = w.auth.NewTOTP(t.Context(), w.idOf(casey))
	require.NoError(t, err)
	w.clock.pass(10*time.Minute - time.Second)
	require.NoError(t, onlyErr(w.auth.ConfirmTOTP(t.Context(), w.idOf(casey), w.shown(s.URI))))
}

// With the first app come recovery codes: two methods, or none.
func TestConfirmTOTP_NeedsRoomForBoth(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey, full()[:9]...)
	id := w.idOf(casey)
	s, err := w.auth.NewTOTP(t.Context(), id)
	require.NoError(t, err)
	require.ErrorIs(t, onlyErr(w.auth.ConfirmTOTP(t.Context(), id, w.shown(s.URI))), handler.ErrMethodsFull)
	assert.Len(t, w.methodsOf(casey), 9)
	require.NoError(t, w.auth.RemoveMethod(t.Context(), id, full()[0].ID))
	w.clock.pass(30 * time.Second) // the code of the first try is used up
	require.NoError(t, onlyErr(w.auth.ConfirmTOTP(t.Context(), id, w.shown(s.URI))))
	assert.Len(t, w.methodsOf(casey), 10)
}

func TestNewRecoveryCodes_ReplaceAllBefore(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey)
	_, old := w.withApp(casey)
	mails := w.mail.count()
	codes, err := w.auth.NewRecoveryCodes(t.Context(), w.idOf(casey))
	require.NoError(t, err)
	w.told(mails+1, otp.MethodAdded)
	assert.Len(t, codes, otp.RecoveryCodes)
	assert.Len(t, w.methodsOf(casey), 2)
	token := w.askedRecovery(casey)
	w.redeemSecond(guarded, token, old[0]).wrongCode()
	w.redeemSecond(guarded, token, codes[0]).tokens()
}

func TestMethods_OfManyWritesAtOnceNoneIsLost(t *testing.T) {
	a := newWorld(t, secondFactors)
	a.person(casey)
	b := a.sibling(secondFactors)
	id := a.idOf(casey)
	var all sync.WaitGroup
	for i := range 3 {
		all.Go(func() {
			_, err := []*world{a, b}[i%2].auth.AddMethod(context.Background(), id, store.MethodEmail, fmt.Sprintf("m%d@contoso.com", i))
			assert.NoError(t, err)
		})
	}
	all.Wait()
	assert.Len(t, a.methodsOf(casey), 3)
}

// unwritable is a user table that cannot be written.
type unwritable struct{ store.Users }

var errReadOnly = errors.New("the table is read-only")

func (unwritable) UpdateUser(context.Context, store.User) error { return errReadOnly }

func TestMethods_AStoreThatFailsIsSaidSo(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey, textMethod)
	d := w.sibling(secondFactors, func(c *handler.Config) { c.Users = unwritable{c.Users} })
	id := w.idOf(casey)
	s, err := d.auth.NewTOTP(t.Context(), id)
	require.NoError(t, err)
	for name, err := range map[string]error{
		"AddMethod":        onlyErr(d.auth.AddMethod(t.Context(), id, store.MethodEmail, another)),
		"RemoveMethod":     d.auth.RemoveMethod(t.Context(), id, textMethod.ID),
		"SetDefaultMethod": d.auth.SetDefaultMethod(t.Context(), id, textMethod.ID),
		"ConfirmTOTP":      onlyErr(d.auth.ConfirmTOTP(t.Context(), id, d.shown(s.URI))),
		"NewRecoveryCodes": onlyErr(d.auth.NewRecoveryCodes(t.Context(), id)),
	} {
		require.ErrorIs(t, err, errReadOnly, name)
	}
	assert.Equal(t, 1, w.mail.count(), "nothing was done, and nothing told")
}
