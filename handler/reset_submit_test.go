package handler_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// Sections 4.11, 4.12 and 6.6 of the contract: what follows a reset's code.

func TestResetSubmit_AWeakOneLeavesTheTokenGood(t *testing.T) {
	t.Parallel()
	w := newEntry(t)
	strict := w.sibling(withClasses)
	proven := w.proven(casey)
	refused := func(api *world, name, suberror, text string) {
		a := api.resetSubmit(keyed, proven, text).refused(400, "invalid_grant", suberror, 399246)
		assert.NotContains(t, a.body, "continuation_token", name)
		assert.NotContains(t, a.body["error_description"], text)
	}
	for _, row := range badPasswords {
		refused(strict, row.name, row.suberror, row.text)
	}
	refused(w, "the one there is", "password_recently_used", harbor)
	w.post(reSubmit, "client_id", keyed, "continuation_token", proven).refused(400, "invalid_request", "", 900144).says("'new_password'")
	w.post(reSubmit, "client_id", keyed, "continuation_token", proven, "new_password", "").refused(400, "invalid_request", "", 900144).says("'new_password'")
	w.post(reSubmit, "client_id", keyed, "continuation_token", proven, "password", strong).refused(400, "invalid_request", "", 900144).says("'new_password'")
	w.enter(casey, harbor).tokens() // nothing has changed

	a := strict.resetSubmit(keyed, proven, strong)
	assert.Equal(t, map[string]any{"continuation_token": a.ok(), "poll_interval": 2.0}, a.body)
	w.resetSubmit(keyed, proven, strong).badToken()
	w.resetSubmit(keyed, proven, busyHarbor).badToken()
}

func TestResetSubmit_OlderOnesAreRefusedWhereTheHostRemembersThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *handler.Config) { c.Passwords.Remember = 2 })
	require.NoError(t, w.store.CreateUser(t.Context(), store.User{ID: "7", Username: casey, Email: casey, PasswordHash: hashOf(t, harbor)}))
	w.submitted(busyHarbor)
	w.resetSubmit(keyed, w.proven(casey), harbor).refused(400, "invalid_grant", "password_recently_used", 399246)
	w.submitted(calmHarbor)
	w.submitted(harbor) // forgotten by now
}

// D17.
func TestResetPoll_MayBeRepeatedAndNothingElse(t *testing.T) {
	t.Parallel()
	w := newEntry(t)
	proven := w.proven(casey)
	submitted := w.resetSubmit(keyed, proven, busyHarbor).ok()
	w.redeemToken(keyed, submitted).badToken() // the app does not know yet
	var first, last string
	for range 3 {
		a := w.resetPoll(keyed, submitted)
		first, last = last, a.ok()
		assert.Equal(t, map[string]any{"status": "succeeded", "continuation_token": last}, a.body)
		w.clock.pass(2 * time.Second)
	}
	w.resetPoll(keyed, last).badToken()
	w.resetPoll(keyed, proven).badToken()
	w.resetSubmit(keyed, proven, calmHarbor).badToken()
	w.resetSubmit(keyed, submitted, calmHarbor).badToken()
	w.redeemToken(keyed, submitted).badToken()
	w.redeemToken(keyed, first).badToken() // the latest answer counts
	w.redeemToken(keyed, last).tokens()
	w.resetPoll(keyed, submitted).badToken()
	w.redeemToken(keyed, last).badToken()
}

func TestReset_SignsInByItsToken(t *testing.T) {
	t.Parallel()
	w := newEntry(t)
	final := w.reset(casey, busyHarbor)
	w.redeemToken(keyed, final, "username", anyone).refused(400, "invalid_grant", "", 50126)
	w.redeemToken(keyed, final, "scope", "Orders.Burn").refused(400, "invalid_scope", "", 70011)
	w.redeemPassword(keyed, final, busyHarbor).badToken()
	a := w.redeemToken(keyed, final, "username", "CASEY@contoso.com").tokens()
	assert.Equal(t, []any{"otp"}, idClaims(t, a)["amr"])
	assert.Equal(t, casey, idClaims(t, a)["preferred_username"])

	a = w.redeemToken(keyed, w.reset(casey, calmHarbor)).tokens() // as MSAL JS does
	w.refresh(keyed, a.text("refresh_token")).tokens()
	w.enter(casey, calmHarbor).tokens()
}

func TestReset_EndsSessionsOfTheOldPassword(t *testing.T) {
	t.Parallel()
	w := newEntry(t)
	session := w.enter(casey, harbor).tokens().text("refresh_token")
	asked := w.askedPassword(keyed, casey)
	final := w.reset(casey, busyHarbor)
	w.refresh(keyed, session).badRefresh()
	w.redeemPassword(keyed, asked, harbor).wrongPassword()
	w.redeemPassword(keyed, asked, busyHarbor).badToken()
	w.redeemToken(keyed, final).tokens()
}

func TestReset_OfADisabledAccountLeadsNowhere(t *testing.T) {
	t.Parallel()
	disabled := func(w *world, yes bool) { w.update(casey, func(u *store.User) { u.Disabled = yes }) }
	passwordOf := func(w *world) string {
		u, err := w.store.UserByUsername(t.Context(), casey)
		require.NoError(t, err)
		return u.PasswordHash
	}
	for _, row := range []struct {
		name string
		walk func(w *world)
	}{
		{"before it starts", func(w *world) {
			disabled(w, true)
			sent := w.resetChallenge(keyed, w.resetStart(keyed, casey).ok()).asksCode()
			w.resetCode(keyed, sent, "12345678").wrongCode()
			disabled(w, false)
			w.resetCode(keyed, sent, "12345678").wrongCode()
		}},
		{"before the code", func(w *world) {
			sent, code := w.resetSent(keyed, casey)
			disabled(w, true)
			w.resetCode(keyed, sent, otherCode(code)).wrongCode()
			w.resetCode(keyed, sent, code).wrongPassword()
		}},
		{"before the new password", func(w *world) {
			proven := w.proven(casey)
			disabled(w, true)
			w.resetSubmit(keyed, proven, busyHarbor).wrongPassword()
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newEntry(t)
			row.walk(w)
			assert.Equal(t, hashOf(t, harbor), passwordOf(w))
		})
	}

	t.Run("before its token is redeemed", func(t *testing.T) {
		w := newEntry(t)
		final := w.reset(casey, busyHarbor)
		disabled(w, true)
		w.redeemToken(keyed, final).wrongPassword()
	})
}

// resetStates are the states of a reset: how to get there, and a call that goes on from there.
var resetStates = []struct {
	name string
	open func(w *world) string
	next func(w *world, token string) answer
}{
	{"started", func(w *world) string { return w.resetStart(keyed, casey).ok() }, func(w *world, token string) answer { return w.resetChallenge(keyed, token) }},
	{"code sent", func(w *world) string { sent, _ := w.resetSent(keyed, casey); return sent }, func(w *world, token string) answer { return w.resetChallenge(keyed, token) }},
	{"proven", func(w *world) string { return w.proven(casey) }, func(w *world, token string) answer { return w.resetSubmit(keyed, token, busyHarbor) }},
	{"submitted", func(w *world) string { return w.submitted(busyHarbor) }, func(w *world, token string) answer { return w.resetPoll(keyed, token) }},
	{"done", func(w *world) string { return w.reset(casey, busyHarbor) }, func(w *world, token string) answer { return w.redeemToken(keyed, token) }},
}

func TestReset_EachStateLivesTenMinutes(t *testing.T) {
	t.Parallel()
	for _, s := range resetStates {
		t.Run(s.name, func(t *testing.T) {
			for _, late := range []bool{false, true} {
				w := newEntry(t)
				token := s.open(w)
				w.clock.pass(10*time.Minute - time.Second)
				if !late {
					require.Equal(t, 200, s.next(w, token).status)
					continue
				}
				w.clock.pass(time.Second)
				s.next(w, token).refused(400, "expired_token", "", 552003)
			}
		})
	}
}

// A flow that is kept awake ends half an hour after its first challenge made it one.
func TestReset_EndsAfterHalfAnHourInEachState(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} {
		w := newEntry(t)
		sent, code := w.resetSent(keyed, casey)
		for range 3 {
			w.clock.pass(7 * time.Minute)
			sent, code = w.nextCode(func() answer { return w.resetChallenge(keyed, sent) })
		}
		proven := w.resetCode(keyed, sent, code).ok()
		w.clock.pass(8 * time.Minute)
		submitted := w.resetSubmit(keyed, proven, busyHarbor).ok()
		w.clock.pass(30 * time.Second)
		final := w.resetPoll(keyed, submitted).ok()
		w.clock.pass(29 * time.Second)
		if !late {
			w.redeemToken(keyed, final).tokens()
			continue
		}
		w.clock.pass(time.Second)
		w.resetPoll(keyed, submitted).refused(400, "expired_token", "", 552003)
		w.redeemToken(keyed, final).refused(400, "expired_token", "", 552003)
	}
}
