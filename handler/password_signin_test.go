package handler_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/store"
)

// Sections 4.4 to 4.6, 6.3 and 6.8 of the contract, where they are about passwords. How often one may
// be tried is in tries_test.go.

const (
	robin  = "robin@contoso.com" // has no password
	anyone = "sam@contoso.com"   // has one, too
)

// newEntry is a world with three accounts, made without the work that a password is. change may alter
// that of casey.
func newEntry(t *testing.T, change ...func(u *store.User)) *world {
	t.Helper()
	w := newWorld(t, secondFactors)
	u := store.User{ID: "casey", Username: casey, Email: casey, PasswordHash: hashOf(t, harbor)}
	for _, f := range change {
		f(&u)
	}
	for _, u := range []store.User{
		u, {ID: "robin", Username: robin, Email: robin},
		{ID: "sam", Username: anyone, Email: anyone, PasswordHash: hashOf(t, harbor)},
	} {
		require.NoError(t, w.store.CreateUser(t.Context(), u))
	}
	return w
}

// inTyped asks a sign-in for its next challenge, by a list of types.
func (w *world) inTyped(token, types string) answer {
	w.Helper()
	return w.post(inChallenge, "client_id", keyed, "continuation_token", token, "challenge_type", types)
}

func TestPasswordSignIn_WhatIsAskedFor(t *testing.T) {
	t.Parallel()
	w := newEntry(t)
	for _, row := range []struct {
		name, client, user, types, want string
	}{
		{"the password, of both", keyed, casey, every, "password"},
		{"the password, if the app takes no code", keyed, casey, onlyPassword, "password"},
		{"a code, if the app takes no password", keyed, casey, native, "oob"},
		{"a code, if the account has no password", keyed, robin, every, "oob"},
		{"neither, if the account lacks what the app takes", keyed, robin, onlyPassword, "redirect"},
		{"a code, if the client has no passwords", plain, casey, every, "oob"},
		{"neither, if the client lacks what the app takes", plain, casey, onlyPassword, "redirect"},
		{"neither, if the app takes none", keyed, casey, "redirect", "redirect"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := *w
			w.T = t
			a := w.post(inStart, "client_id", row.client, "username", row.user, "challenge_type", row.types)
			if row.want == "redirect" {
				a.redirected()
				return
			}
			a = w.signInChallenge(row.client, a.ok()) // the list of the opening call
			if row.want == "password" {
				a.asksPassword()
				return
			}
			a.asksCode()
		})
	}
}

func TestPasswordSignIn_AnAppMaySwitch(t *testing.T) {
	t.Parallel()
	w := newEntry(t)

	t.Run("from the password to a code", func(t *testing.T) {
		w := *w
		w.T = t
		asked := w.askedPassword(keyed, casey)
		sent, code := w.nextCode(func() answer { return w.inTyped(asked, native) })
		w.redeemPassword(keyed, sent, harbor).badToken()
		w.redeemPassword(keyed, asked, harbor).badToken()
		a := w.redeemCode(keyed, sent, code).tokens()
		assert.Equal(t, []any{"otp"}, idClaims(t, a)["amr"])
	})

	t.Run("from a code to the password", func(t *testing.T) {
		w := *w
		w.T = t
		sent, code := w.nextCode(func() answer { return w.inTyped(w.opened(keyed, casey), native) })
		mails := w.mail.count()
		asked := w.inTyped(sent, onlyPassword).asksPassword()
		assert.Equal(t, mails, w.mail.count())
		w.redeemCode(keyed, asked, code).badToken()
		w.redeemCode(keyed, sent, code).badToken()
		a := w.redeemPassword(keyed, asked, harbor).tokens()
		assert.Equal(t, []any{"pwd"}, idClaims(t, a)["amr"])
	})

	t.Run("there and back", func(t *testing.T) {
		w := *w
		w.T = t
		sent, first := w.nextCode(func() answer { return w.inTyped(w.opened(keyed, casey), native) })
		asked := w.inTyped(sent, onlyPassword).asksPassword()
		sent, second := w.nextCode(func() answer { return w.inTyped(asked, native) })
		w.redeemCode(keyed, sent, first).wrongCode()
		w.redeemCode(keyed, sent, second).tokens()
	})
}

func TestPasswordSignIn_TheFullListKeepsTheMethod(t *testing.T) {
	t.Parallel()
	w := newEntry(t)
	for _, list := range []string{every, ""} { // "" means that of the opening call
		sent, first := w.nextCode(func() answer { return w.inTyped(w.opened(keyed, casey), native) })
		sent, second := w.nextCode(func() answer { return w.inTyped(sent, list) })
		w.redeemCode(keyed, sent, first).wrongCode()
		w.redeemCode(keyed, sent, second).tokens()

		asked := w.inTyped(w.opened(keyed, casey), every).asksPassword()
		mails := w.mail.count()
		asked = w.inTyped(asked, list).asksPassword()
		assert.Equal(t, mails, w.mail.count())

		sent, _ = w.nextCode(func() answer { return w.inTyped(asked, native) })
		asked = w.inTyped(sent, onlyPassword).asksPassword()
		asked = w.inTyped(asked, list).asksPassword() // though a code is on its way, too
		w.redeemPassword(keyed, asked, harbor).tokens()
	}
}

// D22.
func TestPasswordSignIn_ARedirectAtAChallengeLeavesTheTokenGood(t *testing.T) {
	t.Parallel()
	w := newEntry(t)
	start := w.opened(keyed, robin)
	w.inTyped(start, onlyPassword).redirected()
	sent, code := w.nextCode(func() answer { return w.inTyped(start, every) })
	w.inTyped(sent, onlyPassword).redirected()
	w.inTyped(sent, "redirect").redirected()
	w.redeemCode(keyed, sent, code).tokens()

	asked := w.askedPassword(keyed, casey)
	w.inTyped(asked, "redirect").redirected()
	w.redeemPassword(keyed, asked, harbor).tokens()
}

func TestPasswordSignIn_NothingButTheRightPassword(t *testing.T) {
	t.Parallel()
	w := newEntry(t)
	asked := w.askedPassword(keyed, casey)
	for _, row := range []struct {
		name           string
		more           []string
		code, suberror string
		number         int
		says           string
	}{
		{"a wrong one", []string{"grant_type", "password", "password", loud}, "invalid_grant", "", 50126, ""},
		{"another case", []string{"grant_type", "password", "password", "A QUIET HARBOUR"}, "invalid_grant", "", 50126, ""},
		{"with a blank at its end", []string{"grant_type", "password", "password", harbor + " "}, "invalid_grant", "", 50126, ""},
		{"its beginning", []string{"grant_type", "password", "password", harbor[:10]}, "invalid_grant", "", 50126, ""},
		{"none", []string{"grant_type", "password"}, "invalid_request", "", 900144, "'password'"},
		{"an empty one", []string{"grant_type", "password", "password", ""}, "invalid_request", "", 900144, "'password'"},
		{"as a code", []string{"grant_type", "oob", "oob", harbor}, "invalid_request", "", 55200, ""},
		{"as a finished flow", []string{"grant_type", "continuation_token", "password", harbor}, "invalid_request", "", 55200, ""},
		{"as a second factor", []string{"grant_type", "mfa_oob", "oob", harbor}, "invalid_request", "", 55200, ""},
		{"the right one with somebody else's name", []string{"grant_type", "password", "password", harbor, "username", anyone}, "invalid_grant", "", 50126, ""},
		{"the right one with a name that is none", []string{"grant_type", "password", "password", harbor, "username", "casey"}, "invalid_grant", "", 50126, ""},
		{"the right one with a bad scope", []string{"grant_type", "password", "password", harbor, "scope", "Orders.Burn"}, "invalid_scope", "", 70011, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := *w
			w.T = t
			w.post(inToken, append([]string{"client_id", keyed, "continuation_token", asked}, row.more...)...).
				refused(400, row.code, row.suberror, row.number).says(row.says)
		})
	}
	w.redeemPassword(keyed, asked, harbor, "username", "Casey@Contoso.COM").tokens() // no error uses up the token
	w.redeemPassword(keyed, asked, harbor).badToken()
}

func TestPasswordSignIn_AChallengeComesFirst(t *testing.T) {
	t.Parallel()
	w := newEntry(t)
	start := w.opened(keyed, casey)
	w.redeemPassword(keyed, start, harbor).badToken()
	w.signInChallenge(keyed, start).asksPassword()
	w.redeemPassword(keyed, start, harbor).badToken()
}

// Section 6.8.
func TestPasswordSignIn_AfterSignUpTheTokenAloneIsTheWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sent, code := w.upSent(keyed, "password", harbor)
	done := w.signUpCode(keyed, sent, code).ok()
	for range 2 {
		w.redeemPassword(keyed, done, harbor, "username", casey, "scope", "openid").refused(400, "invalid_request", "", 55200).
			says("continuation_token is invalid")
	}
	w.redeemToken(keyed, done, "username", anyone).refused(400, "invalid_grant", "", 50126)
	w.redeemToken(keyed, done, "username", casey, "scope", "openid").tokens()
	w.redeemToken(keyed, done, "username", casey, "scope", "openid").badToken()
}
