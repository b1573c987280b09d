package handler_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// L1 of the security requirements, as far as it is about where calls come from.

// limited sets limits.
func limited(l handler.Limits) func(*handler.Config) {
	return func(c *handler.Config) { c.Limits, c.ResendInterval = l, -1 }
}

// behind lets the proxy on loopback say where calls come from.
func behind(c *handler.Config) {
	c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
}

const (
	near = "192.0.2.7"
	far  = "198.51.100.9"
)

// knock is a call that opens a flow or tries to sign in by itself.
type knock struct {
	name, path string
	pairs      []string // in which NAME stands for whom it is about
	media      string   // of its answers, "" for the usual one
	refused    func(a answer)
}

const tencentJSON = "application/json;charset=UTF-8"

// knocks are all of them.
var knocks = []knock{
	{"sign-up", "/signup/v1.0/start", []string{"client_id", plain, "username", "NAME", "challenge_type", native}, "", answer.tooMany},
	{"sign-in", "/oauth2/v2.0/initiate", []string{"client_id", plain, "username", "NAME", "challenge_type", native}, "", answer.tooMany},
	{"reset", "/resetpassword/v1.0/start", []string{"client_id", keyed, "username", "NAME", "challenge_type", native}, "", answer.tooMany},
	{"device", "/oauth2/v2.0/devicecode", []string{"client_id", television}, "", answer.tooMany},
	{"the other path of devices", "/devicecode", []string{"client_id", television}, "", answer.tooMany},
	{"password in one call", tokenPath, []string{"client_id", legacyApp, "grant_type", "password", "username", "NAME", "password", loud}, "", answer.tooMany},
	{"grant of the host", tokenPath, []string{"client_id", doorman, "grant_type", badge, "badge", "NAME"}, "", answer.tooMany},
	{"Auth0", auth0Token, []string{"client_id", passwordApp, "grant_type", "password", "username", "NAME", "password", loud}, "", answer.tooMany0},
	{"Auth0 with a realm", auth0Token, []string{"client_id", passwordApp, "grant_type", realmGrant, "realm", "employees", "username", "NAME", "password", loud}, "", answer.tooMany0},
	{"Tencent by mail", otpSend, []string{"client_id", mobile, "email", "NAME", "auth_source_id", viaMail}, tencentJSON, answer.tooManyMail},
	{"Tencent by mail, to sign up", otpSend, []string{"client_id", mobile, "email", "NAME", "auth_source_id", viaMail, "usage", "signup"}, tencentJSON, answer.tooManyMail},
	{"Tencent by text", otpSend, []string{"client_id", mobile, "phone_number", mainland, "auth_source_id", viaText}, tencentJSON, func(a answer) {
		a.t.Helper()
		a.exactly(400, "sms_rate_limit_exceeded", "The next code must wait")
	}},
}

func (a answer) tooMany() {
	a.t.Helper()
	a.refused(429, "temporarily_unavailable", "", 90055)
}

func (a answer) tooMany0() {
	a.t.Helper()
	a.says0(429, "too_many_attempts", "Too many sign-ins from this address.")
}

func (a answer) tooManyMail() {
	a.t.Helper()
	a.exactly(400, "insufficient_email_quota", "The next code must wait")
}

// knock makes a call of somebody at an address. Headers come in pairs.
func (w *world) knock(k knock, user, from string, headers ...string) answer {
	w.Helper()
	pairs := make([]string, len(k.pairs))
	for i, p := range k.pairs {
		pairs[i] = strings.ReplaceAll(p, "NAME", user)
	}
	r := request(w.T, w.base+k.path, form(pairs...))
	r.Header.Set("X-Forwarded-For", from)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	if k.media != "" {
		return w.sendFor(r, k.media)
	}
	return w.send(r)
}

// newDoor is a world with everything that opens a flow, and casey's account.
func newDoor(t *testing.T, change ...func(*handler.Config)) *world {
	t.Helper()
	w := newWorld(t, append([]func(*handler.Config){withOwners, withDevices, withBadges, withAuth0, withTencent, behind}, change...)...)
	require.NoError(t, w.store.CreateUser(t.Context(), store.User{ID: "casey", Username: casey, Email: casey, PasswordHash: hashOf(t, harbor)}))
	return w
}

func TestStarts_ThirtyAMinuteAndThreeHundredAnHour(t *testing.T) {
	w := newDoor(t, limited(handler.Limits{}))
	in := knocks[1]
	for minute := range 10 {
		for range 30 {
			w.knock(in, casey, near).ok()
		}
		w.knock(in, casey, near).tooMany()
		if minute < 9 {
			w.clock.pass(59*time.Second + 500*time.Millisecond)
			a := w.knock(in, casey, near)
			a.tooMany()
			assert.Equal(t, "1", a.header.Get("Retry-After"))
			w.clock.pass(500 * time.Millisecond)
		}
	}
	a := w.knock(in, casey, near)
	a.tooMany()
	assert.Equal(t, "3060", a.header.Get("Retry-After"), "of the hour, which is full, too")
	w.knock(in, casey, far).ok() // others are not held up
	w.clock.pass(50*time.Minute + 59*time.Second)
	w.knock(in, casey, near).tooMany()
	w.clock.pass(time.Second)
	w.knock(in, casey, near).ok()
}

func TestStarts_AllThatOpensAFlowOrSignsInAtOnceIsCountedTogether(t *testing.T) {
	w := newDoor(t, limited(handler.Limits{StartsPerMinute: len(knocks), StartsPerHour: 1000}))
	for _, k := range knocks {
		a := w.knock(k, casey, near)
		assert.NotEqual(t, 429, a.status, k.name)
		assert.Empty(t, a.header.Get("Retry-After"), k.name)
	}
	for _, k := range knocks {
		for _, user := range []string{casey, "nobody@contoso.com"} {
			a := w.knock(k, user, near)
			k.refused(a)
			assert.Equal(t, "60", a.header.Get("Retry-After"), k.name)
		}
	}
	w.knock(knocks[1], casey, far).ok()
}

// What is malformed opens nothing, and what goes on with a flow is none.
func TestStarts_WhatOpensNothingIsNotCounted(t *testing.T) {
	w := newDoor(t, limited(handler.Limits{StartsPerMinute: 2}))
	in := knocks[1]
	start := w.knock(in, casey, near).ok()
	for range 3 {
		w.knock(in, "", near).refused(400, "invalid_request", "", 90100)
		w.knock(knock{path: in.path, pairs: append([]string{"more", ""}, in.pairs[:4]...)}, casey, near).refused(400, "invalid_request", "", 900144)
		w.knock(knock{path: tokenPath, pairs: []string{"client_id", plain, "grant_type", "refresh_token", "refresh_token", "none"}}, casey, near).badRefresh()
		w.knock(knock{path: pathOf("challenge"), pairs: []string{"client_id", plain, "continuation_token", start}}, casey, near).ok()
	}
	w.knock(in, casey, near).ok()
	w.knock(in, casey, near).tooMany()
}

func pathOf(step string) string { return "/oauth2/v2.0/" + step }

// A refusal asks no table of users, and no grant of the host.
func TestStarts_NobodyIsLookedUpWhereTheyAreUsedUp(t *testing.T) {
	asked := &askedUsers{}
	w := newDoor(t, limited(handler.Limits{StartsPerMinute: 1}), func(c *handler.Config) {
		asked.Users = c.Users
		c.Users = asked
	})
	w.knock(knocks[3], casey, near)
	asked.times.Store(0)
	for _, k := range knocks {
		k.refused(w.knock(k, casey, near))
	}
	assert.Zero(t, asked.times.Load())
	assert.Zero(t, w.mail.count())
}

func TestStarts_AreOfAllInstances(t *testing.T) {
	a := newDoor(t, limited(handler.Limits{StartsPerMinute: 4}))
	b := a.sibling(withOwners, withDevices, withBadges, withAuth0, withTencent, behind, limited(handler.Limits{StartsPerMinute: 4}))
	for range 2 {
		a.knock(knocks[1], casey, near).ok()
		b.knock(knocks[2], casey, near).ok()
	}
	a.knock(knocks[1], casey, near).tooMany()
	b.knock(knocks[1], casey, near).tooMany()
}

// Somebody who does not wait keeps the others at their address out for a minute, and not for an hour.
func TestStarts_RefusalsDoNotUseUpTheHour(t *testing.T) {
	w := newDoor(t, limited(handler.Limits{StartsPerMinute: 2, StartsPerHour: 5}))
	for range 2 {
		for range 2 {
			w.knock(knocks[1], casey, near).ok()
		}
		for range 10 {
			w.knock(knocks[1], casey, near).tooMany()
		}
		w.clock.pass(time.Minute)
	}
	w.knock(knocks[1], casey, near).ok()
	a := w.knock(knocks[1], casey, near)
	a.tooMany()
	assert.Equal(t, "3480", a.header.Get("Retry-After"))
}

func TestStarts_ThatCannotBeCountedAreRefused(t *testing.T) {
	for _, part := range []string{"minute/", "hour/"} {
		out := &outOf{prefix: part}
		w := newDoor(t, limited(handler.Limits{}), func(c *handler.Config) {
			out.State = c.State
			c.State = out
		})
		w.knock(knocks[1], casey, near).ok()
		out.down.Store(true)
		for _, k := range knocks {
			a := w.knock(k, casey, near)
			assert.Equal(t, 503, a.status, "%s: %v", k.name, a.body)
			assert.Equal(t, "1", a.header.Get("Retry-After"), k.name)
		}
		out.down.Store(false)
		w.knock(knocks[1], casey, near).ok()
		n, err := w.store.Add(t.Context(), out.key("hour/"), 0, time.Hour)
		require.NoError(t, err)
		assert.EqualValues(t, 2<<40, n.Value, "what was refused does not stay")
	}
}

func TestStarts_WithoutLimitsNothingIsCounted(t *testing.T) {
	out := &outOf{}
	w := newDoor(t, func(c *handler.Config) {
		out.State = c.State
		c.State = out
	})
	for range 40 {
		w.knock(knocks[1], casey, near).ok()
	}
	assert.Empty(t, out.key("hour/"))
	assert.Empty(t, out.key("minute/"))
}

// The keys of the store do not tell who has called.
func TestStarts_TheStoreKnowsNoAddress(t *testing.T) {
	out := &outOf{}
	w := newDoor(t, limited(handler.Limits{}), func(c *handler.Config) {
		out.State = c.State
		c.State = out
	})
	w.knock(knocks[1], casey, near).ok()
	require.NotEmpty(t, out.key("hour/"))
	assert.NotContains(t, strings.Join(out.all(), " "), "192")
}

func TestStarts_AServerIsNotWhereItsPeopleAre(t *testing.T) {
	w := newDoor(t, withROPC2, limited(handler.Limits{StartsPerMinute: 2}))
	own := knock{path: tokenPath, pairs: []string{"client_id", server, "client_secret", newSecret, "grant_type", "password", "username", "NAME", "password", harbor}}
	send := knock{path: otpSend, pairs: []string{"client_id", portal, "client_secret", newSecret, "email", "NAME", "auth_source_id", viaMail}, media: tencentJSON}
	office := knock{path: auth0Token, pairs: []string{"client_id", backOffice, "client_secret", newSecret, "grant_type", "password", "username", "NAME", "password", harbor}}
	for range 3 {
		w.knock(own, casey, near).tokens()
		w.knock(own, casey, near, "auth0-forwarded-for", far).tokens() // which only calls of Auth0 have
		w.knock(office, casey, near).tokens()
		assert.Equal(t, 200, w.knock(send, casey, near).status)
	}
	for range 2 {
		w.knock(office, casey, near, "auth0-forwarded-for", far).tokens()
	}
	w.knock(office, casey, near, "auth0-forwarded-for", far).tooMany0()
	w.knock(office, casey, near, "auth0-forwarded-for", " "+far+" ").tooMany0()
	w.knock(office, casey, near, "auth0-forwarded-for", "203.0.113.5").tokens()
	w.knock(office, casey, near, "auth0-forwarded-for", "nonsense").tokens()
	w.knock(knocks[1], casey, far).tooMany() // it is the same address
	w.knock(knocks[1], casey, near).ok()

	// Who has not proven to be the server is where the call comes from.
	for range 2 {
		w.knock(knocks[7], casey, "203.0.113.77", "auth0-forwarded-for", far).wrong0()
	}
	w.knock(knocks[7], casey, "203.0.113.77", "auth0-forwarded-for", "203.0.113.78").tooMany0()
}

// withROPC2 adds a confidential client that sends name and password in one call.
func withROPC2(c *handler.Config) {
	c.Clients = append(c.Clients, handler.Client{ID: server, Secrets: []string{newSecret}, Passwords: true, GrantTypes: []string{handler.GrantPassword}})
}

func TestStarts_AreToldOf(t *testing.T) {
	h := &ear{}
	w := newDoor(t, limited(handler.Limits{StartsPerMinute: 1}), withEar(h))
	w.knock(knocks[3], casey, near)
	w.heard(h)
	for _, k := range knocks {
		k.refused(w.knock(k, casey, near))
		list := w.heard(h)
		require.Len(t, list, 1, k.name)
		assert.Equal(t, handler.EventLimitHit, list[0].Name, k.name)
		assert.Equal(t, "starts", list[0].Outcome, k.name)
		assert.NotEmpty(t, list[0].ClientID, k.name)
	}
}

// With no address there is nothing to count by: in process, or over a Unix socket.
func TestStarts_FromNowhereAreNotCounted(t *testing.T) {
	w := newDoor(t, limited(handler.Limits{StartsPerMinute: 1}))
	for _, from := range []string{"", "@", "/run/app.sock"} {
		for i := range 3 {
			r := request(t, w.base+knocks[1].path, form("client_id", plain, "username", casey, "challenge_type", native))
			r.RemoteAddr = from
			r.Header.Set("X-Forwarded-For", near)
			rec := newRecorder()
			w.auth.ServeHTTP(rec, r)
			assert.Equal(t, http.StatusOK, rec.Code, fmt.Sprint(from, i))
		}
	}
}
