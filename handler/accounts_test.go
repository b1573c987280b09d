package handler_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/store"
)

// update changes the account of a user.
func (w *world) update(user string, change func(u *store.User)) {
	w.Helper()
	u, err := w.store.UserByUsername(w.Context(), user)
	require.NoError(w, err)
	change(&u)
	require.NoError(w, w.store.UpdateUser(w.Context(), u))
}

func TestAccount_ThatIsDisabledGetsNoTokens(t *testing.T) {
	w := newWorld(t)
	done := w.signUp(casey)
	w.update(casey, func(u *store.User) { u.Disabled = true })
	w.redeemToken(plain, done).refused(400, "invalid_grant", "", 50126)

	token, code := w.signInSent(plain, casey) // the flow tells nothing before the code is proven
	w.redeemCode(plain, token, otherCode(code)).wrongCode()
	w.redeemCode(plain, token, code).refused(400, "invalid_grant", "", 50126)

	w.update(casey, func(u *store.User) { u.Disabled = false })
	w.redeemCode(plain, token, code).tokens() // no failure uses up a token
	w.redeemToken(plain, done).tokens()
}

func TestAccount_ThatIsGoneGetsNoTokens(t *testing.T) {
	w := newWorld(t)
	done := w.signUp(casey)
	token, code := w.signInSent(plain, casey)
	u, err := w.store.UserByUsername(t.Context(), casey)
	require.NoError(t, err)
	w.users.gone = u.ID
	w.redeemToken(plain, done).refused(400, "user_not_found", "", 50034)
	w.redeemCode(plain, token, code).refused(400, "user_not_found", "", 50034)
	w.redeemCode(plain, token, otherCode(code)).wrongCode()
}

func TestAccount_WhoseSessionsWereEndedIsSignedInByNoOpenFlow(t *testing.T) {
	w := newWorld(t)
	done := w.signUp(casey)
	token, code := w.signInSent(plain, casey)
	w.update(casey, func(u *store.User) { u.Epoch++ })
	w.redeemCode(plain, token, code).badToken()
	w.redeemToken(plain, done).badToken()
	w.signIn(casey)
}

func TestAccount_AFlowIsOfTheAccountItBeganWith(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	token, code := w.signInSent(plain, casey)
	w.update(casey, func(u *store.User) { u.Username, u.Email = "old@contoso.com", "old@contoso.com" })
	w.signUp(casey) // somebody else has the address by now
	a := w.redeemCode(plain, token, code).tokens()
	assert.Equal(t, "old@contoso.com", idClaims(t, a)["preferred_username"])
}

func TestAccount_AHostsOwnRowCanSignIn(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.store.CreateUser(t.Context(), store.User{ID: "cust-42", Username: casey, Email: "inbox@contoso.com"}))
	sent := w.signInChallenge(plain, w.signInStart(plain, casey).ok())
	assert.Equal(t, "i***x@c***o.c***", sent.body["challenge_target_label"])
	m := w.mail.take(1)
	assert.EqualValues(t, "inbox@contoso.com", m.To)
	a := w.redeemCode(plain, sent.ok(), m.Code, "username", "INBOX@contoso.com").tokens()
	assert.Equal(t, "cust-42", idClaims(t, a)["sub"])
	w.signUpStart(plain, casey).refused(400, "user_already_exists", "", 1003037)
}
