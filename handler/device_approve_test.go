package handler_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

func TestDevice_CodesAreTypedInAnySpelling(t *testing.T) {
	w, access := newDevices(t)
	d := w.device(television)
	bare := strings.ReplaceAll(d.user, "-", "")
	for _, s := range []string{bare, strings.ToLower(d.user), " " + bare[:3] + " " + bare[3:] + " ", strings.Join(strings.Split(bare, ""), ".")} {
		a := w.decide(access, s, "")
		require.Equal(t, 200, a.status, "%q: %v", s, a.body)
		assert.Equal(t, d.user, a.body["user_code"])
	}
	for _, s := range []string{bare[:7], bare + "B", "A" + bare[1:], bare[:7] + "＋"} {
		w.decide(access, s, "approve").plainly(400, "bad_verification_code")
	}
	w.decide(access, "", "approve").plainly(400, "invalid_request")
	w.decide(access, d.user, "delete").plainly(400, "invalid_request")
	w.decide(access, d.user+"\x00", "").plainly(400, "invalid_request")
	w.poll(television, d.device).isPending()
}

// L6: ten wrong ones of a person in an hour, in any session, at any instance.
func TestDevice_WrongUserCodesAreCountedForThePerson(t *testing.T) {
	same := withKeys(t)
	w, first := newDevices(t, same)
	b := w.sibling(withDevices, same)
	second := w.access(remote, casey)
	w.signUp(another)
	other := w.access(remote, another)
	d := w.device(television)
	for i := range 10 {
		at, access := []*world{w, b}[i%2], []string{first, second}[i/5]
		at.decide(access, d.user, "").done() // not counted
		at.decide(access, otherUserCode(d.user), []string{"", "approve", "deny"}[i%3]).plainly(400, "bad_verification_code")
	}
	for _, access := range []string{first, second} {
		a := b.decide(access, d.user, "approve").plainly(429, "temporarily_unavailable")
		assert.Equal(t, "3600", a.header.Get("Retry-After"))
	}
	w.poll(television, d.device).isPending()
	w.decide(other, d.user, "").done()

	w.clock.pass(14 * time.Minute)
	w.decide(w.access(remote, casey), d.user, "").plainly(429, "temporarily_unavailable")
	w.clock.pass(46 * time.Minute)
	w.decide(w.access(remote, casey), w.device(television).user, "approve").done()
}

// What may approve is an access token for the app's own API, of a client that may, while its sign-in lasts.
func TestDevice_WhoMayApprove(t *testing.T) {
	w, access := newDevices(t)
	d := w.device(television)
	tokens := w.signIn(casey)
	w.decide("", d.user, "approve").plainly(400, "invalid_request")
	w.ask(decide, "", "user_code", d.user, "action", "approve").unauthorized("unauthorized")
	w.decide(tokens.text("access_token"), d.user, "approve").plainly(403, "unauthorized_client")
	w.decide(tokens.text("id_token"), d.user, "approve").unauthorized("invalid_token")
	w.decide(tokens.text("refresh_token"), d.user, "approve").unauthorized("invalid_token")
	w.decide(w.access(remote, casey, "scope", "Stock.Read"), d.user, "approve").unauthorized("invalid_token")
	w.decide(access+"x", d.user, "approve").unauthorized("invalid_token")
	assert.Equal(t, 401, w.sibling(withDevices).decide(access, d.user, "approve").status, "another issuer's key")

	sent, code := w.signInSent(remote, casey)
	ended := w.redeemCode(remote, sent, code).tokens()
	w.ask("/oauth2/revoke", "", "client_id", remote, "token", ended.text("refresh_token")).empty()
	w.decide(ended.text("access_token"), d.user, "approve").unauthorized("invalid_token")
	w.update(casey, func(u *store.User) { u.Disabled = true })
	w.decide(access, d.user, "approve").unauthorized("invalid_token")
	w.update(casey, func(u *store.User) { u.Disabled = false })
	w.clock.pass(16*time.Minute + time.Second)
	w.decide(access, d.user, "approve").unauthorized("invalid_token")

	d = w.device(television)
	access = w.access(remote, casey)
	require.NoError(t, w.auth.EndSessions(t.Context(), w.idOf(casey)))
	w.decide(access, d.user, "approve").unauthorized("invalid_token")
	w.poll(television, d.device).isPending()

	a := w.post(decide, "access_token", w.access(remote, casey), "user_code", d.user, "action", "approve")
	assert.Equal(t, 200, a.status, "%v", a.body)
}

// Between approval and poll much can happen to who approved.
func TestDevice_TheApprovalEndsWithWhoGaveIt(t *testing.T) {
	for name, change := range map[string]func(w *world){
		"disabled":              func(w *world) { w.update(casey, func(u *store.User) { u.Disabled = true }) },
		"signed out everywhere": func(w *world) { require.NoError(w, w.auth.EndSessions(w.Context(), w.idOf(casey))) },
		"a new password":        func(w *world) { w.reset(casey, busyHarbor) },
		"must change":           func(w *world) { w.update(casey, func(u *store.User) { u.MustChangePassword = true }) },
		"gone":                  func(w *world) { w.users.gone = w.idOf(casey) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, withDevices)
			w.enrol(casey, harbor)
			access := w.redeemPassword(remote, w.askedPassword(remote, casey), harbor).tokens().text("access_token")
			d := w.device(television)
			w.decide(access, d.user, "approve").done()
			change(w)
			w.poll(television, d.device).isNoDevice()
		})
	}
}

// The tokens say what the approving sign-in has proven, and when, and never more.
func TestDevice_TokensTellOfTheApprovingSignIn(t *testing.T) {
	w := newWorld(t, withDevices, secondFactors, func(c *handler.Config) {
		c.Clients = append(c.Clients, handler.Client{ID: "remote-strict", Passwords: true, ApprovesDevices: true, SecondFactor: handler.Always})
	})
	w.person(casey, textMethod)
	once := w.redeemPassword(remote, w.askedPassword(remote, casey), harbor).tokens()
	sent, code := w.nextCode(func() answer {
		return w.askedBy("remote-strict", w.first("remote-strict", casey).wants("mfa_required"), textMethod.ID)
	})
	twice := w.redeemSecond("remote-strict", sent, code).tokens()
	w.clock.pass(10 * time.Minute)

	for name, by := range map[string]answer{"one factor": once, "two factors": twice} {
		d := w.device(television)
		w.decide(by.text("access_token"), d.user, "approve").done()
		w.clock.pass(time.Minute)
		tokens := w.poll(television, d.device).tokens()
		for _, claim := range []string{"amr", "acr", "auth_time", "sub"} {
			assert.Equal(t, idClaims(t, by)[claim], idClaims(t, tokens)[claim], "%s: %s", name, claim)
			assert.Equal(t, accessClaims(t, by)[claim], accessClaims(t, tokens)[claim], "%s: %s", name, claim)
		}
		again := w.refresh(television, tokens.text("refresh_token")).tokens()
		assert.Equal(t, idClaims(t, by)["acr"], idClaims(t, again)["acr"])
	}
	d := w.device(terminal)
	a := w.decide(once.text("access_token"), d.user, "approve")
	a.unauthorized("insufficient_user_authentication")
	assert.Contains(t, a.text("error_description"), "second factor")
	w.poll(terminal, d.device).isPending()
	w.decide(twice.text("access_token"), d.user, "approve").done()
	assert.Equal(t, "2", idClaims(t, w.poll(terminal, d.device).tokens())["acr"])
	d = w.device(terminal)
	w.decide(once.text("access_token"), d.user, "deny").done()
	w.poll(terminal, d.device).refused(400, "authorization_declined", "", 65004)
}

func TestDevice_APolicyThatChangesMeanwhileHolds(t *testing.T) {
	strict := false
	w, access := newDevices(t, func(c *handler.Config) {
		c.SecondFactor = func(_ context.Context, r handler.SecondFactorRequest) (bool, error) {
			return strict && r.ClientID == television, nil
		}
	})
	d := w.device(television)
	w.decide(access, d.user, "approve").done()
	strict = true
	a := w.poll(television, d.device).refused(400, "invalid_grant", "", 50076)
	assert.NotContains(t, a.body, "continuation_token")
	strict = false
	w.poll(television, d.device).tokens()
}

func TestDevice_ItsClientMayGo(t *testing.T) {
	same := withKeys(t)
	w, access := newDevices(t, same)
	for name, change := range map[string]func(c *handler.Client){
		"disabled":          func(c *handler.Client) { c.Disabled = true },
		"without the grant": func(c *handler.Client) { c.GrantTypes = nil },
		"gone":              func(c *handler.Client) { c.ID = "another" },
	} {
		d := w.device(television)
		b := w.sibling(withDevices, same, func(c *handler.Config) {
			for i := range c.Clients {
				if c.Clients[i].ID == television {
					change(&c.Clients[i])
				}
			}
		})
		assert.Equal(t, 400, b.decide(access, d.user, "approve").status, name)
		w.decide(access, d.user, "approve").done()
		assert.NotEqual(t, 200, b.poll(television, d.device).status, name)
	}
}
