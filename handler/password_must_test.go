package handler_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/store"
)

// Accounts whose password is not good for signing in: it must be changed, or nobody may.

func must(u *store.User) { u.MustChangePassword = true }

func (a answer) wrongPassword() {
	a.t.Helper()
	a.refused(400, "invalid_grant", "", 50126)
}

func (a answer) mustChange() {
	a.t.Helper()
	a.refused(400, "invalid_request", "", 50142)
}

func TestMustChange_OnlyTheRightPasswordTells(t *testing.T) {
	t.Parallel()
	w := newEntry(t, must)
	asked := w.askedPassword(keyed, casey)
	w.redeemPassword(keyed, asked, loud).wrongPassword()
	w.redeemPassword(keyed, asked, harbor).mustChange()
	w.redeemPassword(keyed, asked, harbor).mustChange() // again and again
	w.redeemPassword(keyed, asked, loud).wrongPassword()
}

func TestMustChange_ACodeStillSignsIn(t *testing.T) {
	t.Parallel()
	w := newEntry(t, must)
	sent, code := w.nextCode(func() answer { return w.inTyped(w.opened(keyed, casey), native) })
	a := w.redeemCode(keyed, sent, code).tokens()
	w.refresh(keyed, a.text("refresh_token")).tokens()
}

func TestMustChange_AlsoMidSignIn(t *testing.T) {
	t.Parallel()
	w := newEntry(t)
	asked := w.askedPassword(keyed, casey)
	w.update(casey, must)
	w.redeemPassword(keyed, asked, harbor).mustChange()
	sent, code := w.nextCode(func() answer { return w.inTyped(asked, native) })
	w.redeemCode(keyed, sent, code).tokens()
}

func TestMustChange_EndsSessionsOfThePasswordOnly(t *testing.T) {
	t.Parallel()
	w := newEntry(t)
	byPassword := w.enter(casey, harbor).tokens().text("refresh_token")
	sent, code := w.nextCode(func() answer { return w.inTyped(w.opened(keyed, casey), native) })
	byCode := w.redeemCode(keyed, sent, code).tokens().text("refresh_token")
	w.update(casey, must)
	w.refresh(keyed, byPassword).mustChange()
	w.refresh(keyed, byCode).tokens()
}

func TestMustChange_AResetSettlesIt(t *testing.T) {
	t.Parallel()
	w := newEntry(t, must)
	w.redeemToken(keyed, w.reset(casey, busyHarbor)).tokens()
	u, err := w.store.UserByUsername(t.Context(), casey)
	require.NoError(t, err)
	assert.False(t, u.MustChangePassword)
	asked := w.askedPassword(keyed, casey)
	w.redeemPassword(keyed, asked, harbor).wrongPassword()
	w.redeemPassword(keyed, asked, busyHarbor).tokens()
}

func TestPasswordSignIn_OfADisabledAccount(t *testing.T) {
	t.Parallel()
	w := newEntry(t, func(u *store.User) { u.Disabled = true })
	asked := w.askedPassword(keyed, casey)
	w.redeemPassword(keyed, asked, loud).wrongPassword()
	w.redeemPassword(keyed, asked, harbor).wrongPassword()
	sent, code := w.nextCode(func() answer { return w.inTyped(asked, native) })
	w.redeemCode(keyed, sent, code).wrongPassword()
}

// A bad scope comes before the credential, so it costs nothing of what a day allows.
func TestPasswordSignIn_ABadScopeIsNoTry(t *testing.T) {
	t.Parallel()
	h := plainTries(t)
	asked := h.askedPassword(keyed, casey)
	h.fails(1)
	before := h.tried()
	for range 12 {
		h.redeemPassword(keyed, asked, loud, "scope", "Orders.Burn").refused(400, "invalid_scope", "", 70011)
		h.redeemPassword(keyed, asked, harbor, "scope", "Orders.Burn").refused(400, "invalid_scope", "", 70011)
	}
	assert.EqualValues(t, 1, before)
	assert.Equal(t, before, h.tried())
	h.redeemPassword(keyed, asked, harbor).tokens()

	sent, code := h.nextCode(func() answer { return h.inTyped(h.opened(keyed, casey), native) })
	for range 12 {
		h.redeemCode(keyed, sent, code, "scope", "Orders.Burn").refused(400, "invalid_scope", "", 70011)
	}
	h.redeemCode(keyed, sent, code).tokens()
}
