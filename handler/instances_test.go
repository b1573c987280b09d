package handler_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/token"
)

// sibling mounts another instance on the stores, the mail and the clock of w.
func (w *world) sibling(change ...func(*handler.Config)) *world {
	w.Helper()
	share := func(c *handler.Config) {
		c.Users, c.State, c.Sender, c.Now = w.users, w.store, w.mail, w.clock.now
	}
	s := newWorld(w.T, append([]func(*handler.Config){share}, change...)...)
	s.store, s.users, s.mail, s.clock = w.store, w.users, w.mail, w.clock
	return s
}

// withKeys gives instances the same keys.
func withKeys(t *testing.T) func(*handler.Config) {
	t.Helper()
	keys, err := token.Ephemeral()
	require.NoError(t, err)
	return func(c *handler.Config) { c.Keys = keys }
}

func secret(letter string) []byte { return []byte(strings.Repeat(letter, 32)) }

func withSecrets(newest string, old ...string) func(*handler.Config) {
	return func(c *handler.Config) {
		c.Secret = secret(newest)
		for _, o := range old {
			c.OldSecrets = append(c.OldSecrets, secret(o))
		}
	}
}

func TestInstances_EachStepMayGoToAnother(t *testing.T) {
	same := withKeys(t)
	a := newWorld(t, same)
	b := a.sibling(same)
	start := a.signUpStart(asking, casey).ok()
	sent, _ := b.nextCode(func() answer { return b.signUpChallenge(asking, start) })
	sent, code := a.nextCode(func() answer { return a.signUpChallenge(asking, sent) })
	b.signUpCode(asking, sent, otherCode(code)).wrongCode()
	next := a.signUpCode(asking, sent, code).refused(400, "attributes_required", "", 55106).text("continuation_token")
	done := b.signUpAttributes(asking, next, "{"+required+"}").ok()
	tokens := a.redeemToken(asking, done).tokens()
	b.redeemToken(asking, done).badToken()
	again := b.refresh(asking, tokens.text("refresh_token")).tokens()
	assert.Equal(t, again.text("refresh_token"), a.refresh(asking, tokens.text("refresh_token")).tokens().text("refresh_token"))
	assert.Equal(t, tokens.body["client_info"], again.body["client_info"])
	assert.Equal(t, 200, a.callWith(b, again.text("access_token")))
	a.clock.pass(10 * time.Second)
	b.refresh(asking, tokens.text("refresh_token")).badRefresh()
	a.refresh(asking, again.text("refresh_token")).badRefresh()
}

// callWith calls a route of w that is protected by the API of other.
func (w *world) callWith(other *world, accessToken string) int {
	w.Helper()
	resp, _ := w.protected(other.auth.RequireToken("openid"), "Bearer "+accessToken)
	return resp.StatusCode
}

func TestInstances_CountTriesAndSendsTogether(t *testing.T) {
	a := newWorld(t)
	b := a.sibling()
	token, code := a.signUpSent(plain, casey)
	for i := range 5 {
		[]*world{a, b}[i%2].signUpCode(plain, token, otherCode(code)).wrongCode()
	}
	a.signUpCode(plain, token, code).wrongCode()
	b.signUpCode(plain, token, code).wrongCode()
	for i := range 4 {
		token = []*world{a, b}[i%2].signUpChallenge(plain, token).ok()
	}
	a.signUpChallenge(plain, token).tooSoon("1800")

	a = newWorld(t, withInterval(0))
	b = a.sibling(withInterval(0))
	a.signUpSent(plain, casey)
	b.signUpChallenge(plain, b.signUpStart(plain, casey).ok()).tooSoon("60")
}

func TestSecret_ChangesWithoutSigningAnybodyOut(t *testing.T) {
	same := withKeys(t)
	before := newWorld(t, same, withSecrets("1"))
	before.signUp(casey)
	refresh := before.signIn(casey).text("refresh_token")
	repeated := before.signIn(casey).text("refresh_token")
	successor := before.refresh(plain, repeated).tokens().text("refresh_token")
	upSent, upCode := before.signUpSent(plain, "sam@contoso.com")
	inSent, inCode := before.signInSent(plain, casey)

	after := before.sibling(same, withSecrets("2", "1"))
	after.redeemCode(plain, inSent, inCode).tokens()
	after.redeemToken(plain, after.signUpCode(plain, upSent, upCode).ok()).tokens()
	next := after.refresh(plain, refresh).tokens().text("refresh_token")
	assert.Equal(t, successor, after.refresh(plain, repeated).tokens().text("refresh_token"), "a lost answer is given again")
	after.refresh(plain, successor).tokens()
	assert.Equal(t, next, after.refresh(plain, refresh).tokens().text("refresh_token"))

	// What is new is made with the new secret alone.
	last := after.sibling(same, withSecrets("2"))
	last.refresh(plain, next).tokens()
	dropped := before.sibling(same, withSecrets("1"))
	dropped.refresh(plain, after.signIn(casey).text("refresh_token")).badRefresh()
	dropped.signInChallenge(plain, after.signInStart(plain, casey).ok()).badToken()
}

func TestSecret_WhatAnOldOneMadeEndsWithIt(t *testing.T) {
	same := withKeys(t)
	before := newWorld(t, same, withSecrets("1"))
	before.signUp(casey)
	refresh := before.signIn(casey).text("refresh_token")
	sent, code := before.signInSent(plain, casey)
	after := before.sibling(same, withSecrets("2"))
	after.refresh(plain, refresh).badRefresh()
	after.redeemCode(plain, sent, code).badToken()
	after.signIn(casey)
}

// The two steps of a change, with instances that are a step apart.
func TestSecret_ChangesStepByStepOverInstances(t *testing.T) {
	same := withKeys(t)
	a := newWorld(t, same, withSecrets("1", "2")) // knows the new one
	b := a.sibling(same, withSecrets("2", "1"))   // uses it
	a.signUp(casey)
	for range 3 {
		start := a.signInStart(plain, casey).ok()
		sent, code := b.nextCode(func() answer { return b.signInChallenge(plain, start) })
		refresh := a.redeemCode(plain, sent, code).tokens().text("refresh_token")
		refresh = b.refresh(plain, refresh).tokens().text("refresh_token")
		refresh = a.refresh(plain, refresh).tokens().text("refresh_token")
		b.refresh(plain, refresh).tokens()
		a, b = b, a
	}
}
