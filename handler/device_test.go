package handler_test

import (
	"context"
	"log/slog"

	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// RFC 8628, section 11 of the contract, and L6 of the security requirements.

const (
	television = "99999999-9999-4999-8999-999999999911" // a device
	projector  = "99999999-9999-4999-8999-999999999922" // another
	terminal   = "99999999-9999-4999-8999-999999999933" // one that asks for a second factor
	kiosk      = "99999999-9999-4999-8999-999999999944" // one with a secret
	remote     = "99999999-9999-4999-8999-999999999955" // an app that approves devices

	deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"
	decide      = "/oauth2/v2.0/device"
)

var deviceCodes = []string{"/oauth2/v2.0/devicecode", "/devicecode"}

// withDevices adds devices, and what approves them.
func withDevices(c *handler.Config) {
	cookies(c)
	grants := []string{handler.GrantDeviceCode}
	c.Clients = append(c.Clients,
		handler.Client{ID: television, Name: "Living-room TV", GrantTypes: grants},
		handler.Client{ID: projector, GrantTypes: grants, Scopes: []string{"Orders.Read"}},
		handler.Client{ID: terminal, GrantTypes: grants, SecondFactor: handler.Always},
		handler.Client{ID: kiosk, GrantTypes: grants, Secrets: []string{newSecret}},
		handler.Client{ID: remote, Passwords: true, ApprovesDevices: true},
	)
	c.Resources[0].Descriptions = map[string]string{"Orders.Read": "see your orders"}
}

// codes are what a device has.
type codes struct{ device, user string }

// device asks for codes.
func (w *world) device(client string, more ...string) codes {
	w.Helper()
	a := w.post(deviceCodes[0], append([]string{"client_id", client}, more...)...)
	require.Equal(w, 200, a.status, "%v", a.body)
	return codes{a.text("device_code"), a.text("user_code")}
}

// poll asks for tokens.
func (w *world) poll(client, deviceCode string, more ...string) answer {
	w.Helper()
	return w.post("/oauth2/v2.0/token", append([]string{"client_id", client, "grant_type", deviceGrant, "device_code", deviceCode}, more...)...)
}

// access signs in with a client and returns the access token.
func (w *world) access(client, user string, more ...string) string {
	w.Helper()
	sent, code := w.signInSent(client, user)
	return w.redeemCode(client, sent, code, more...).tokens().text("access_token")
}

// decide calls the endpoint for apps.
func (w *world) decide(access, userCode, action string) answer {
	w.Helper()
	r := request(w.T, w.base+decide, form("user_code", userCode, "action", action))
	r.Header.Set("Authorization", "Bearer "+access)
	return w.send(r)
}

func (a answer) isPending() answer {
	a.t.Helper()
	return a.refused(400, "authorization_pending", "", 70016)
}
func (a answer) slowsDown() answer { a.t.Helper(); return a.refused(400, "slow_down", "", 70016) }
func (a answer) isNoDevice() answer {
	a.t.Helper()
	return a.refused(400, "bad_verification_code", "", 70018)
}

// newDevices mounts an API with somebody who is signed in to an app that approves.
func newDevices(t *testing.T, change ...func(*handler.Config)) (w *world, access string) {
	t.Helper()
	w = newWorld(t, append([]func(*handler.Config){withDevices}, change...)...)
	w.signUp(casey)
	return w, w.access(remote, casey)
}

// otherUserCode is a code that differs in its last letter.
func otherUserCode(code string) string {
	last := "BCDFGHJKLMNPQRSTVWXZ"[(strings.IndexByte("BCDFGHJKLMNPQRSTVWXZ", code[len(code)-1])+1)%20]
	return code[:len(code)-1] + string(last)
}

func TestDevice_GetsItsCodes(t *testing.T) {
	w, _ := newDevices(t)
	seen := map[string]bool{}
	for _, path := range deviceCodes {
		a := w.post(path, "client_id", television, "scope", "openid Orders.Read offline_access")
		require.Equal(t, 200, a.status, "%v", a.body)
		assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
		assert.Len(t, a.body, 6, "%v", a.body)
		assert.EqualValues(t, 900, a.body["expires_in"])
		assert.EqualValues(t, 5, a.body["interval"])
		assert.Equal(t, self+"/device", a.body["verification_uri"])
		assert.Regexp(t, `^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$`, a.text("user_code"))
		assert.Contains(t, a.text("message"), self+"/device")
		assert.Contains(t, a.text("message"), a.text("user_code"))
		for _, name := range []string{"device_code", "user_code"} {
			assert.False(t, seen[a.text(name)])
			seen[a.text(name)] = true
		}
		assert.GreaterOrEqual(t, len(a.text("device_code")), 43, "256 bits")
	}
	a := w.ask(deviceCodes[0], basic(kiosk, newSecret))
	assert.Equal(t, 200, a.status, "%v", a.body)

	w.post(deviceCodes[0], "client_id", plain).refused(400, "unauthorized_client", "", 70001)
	w.post(deviceCodes[0], "client_id", television, "scope", "Unknown").refused(400, "invalid_scope", "", 70011)
	w.post(deviceCodes[0], "client_id", television, "scope", "Orders.Read Stock.Read").refused(400, "invalid_scope", "", 70011)
	w.post(deviceCodes[0], "client_id", projector, "scope", "Orders.Write").refused(400, "invalid_grant", "consent_required", 65001)
}

func TestDevice_IsApprovedByAnApp(t *testing.T) {
	w, access := newDevices(t)
	d := w.device(television, "scope", "openid Orders.Read offline_access")
	w.poll(television, d.device).isPending()

	seen := w.decide(access, d.user, "")
	require.Equal(t, 200, seen.status, "%v", seen.body)
	assert.Equal(t, map[string]any{
		"status": "pending", "user_code": d.user, "client_id": television, "client_name": "Living-room TV",
		"scope":              "openid Orders.Read offline_access",
		"scope_descriptions": []any{"know which account is yours", "see your orders", "stay signed in until you or it signs out"},
	}, seen.body)
	w.clock.pass(5 * time.Second)
	w.poll(television, d.device).isPending()
	a := w.decide(access, d.user, "approve")
	require.Equal(t, 200, a.status, "%v", a.body)
	assert.Equal(t, "approved", a.body["status"])

	tokens := w.poll(television, d.device, "scope", "Orders.Write", "client_info", "1").tokens()
	claims := accessClaims(t, tokens)
	assert.Equal(t, "openid Orders.Read", claims["scope"], "what was approved, and not what the poll says")
	assert.Equal(t, television, claims["client_id"])
	assert.Equal(t, w.idOf(casey), claims["sub"])
	assert.Equal(t, casey, idClaims(t, tokens)["preferred_username"])
	w.refresh(television, tokens.text("refresh_token")).tokens()
	w.userInfo(tokens.text("access_token")).known()

	w.poll(television, d.device).isNoDevice()
	w.decide(access, d.user, "").plainly(400, "bad_verification_code")
	w.clock.pass(15 * time.Minute)
	w.poll(television, d.device).refused(400, "expired_token", "", 70020)
}

func TestDevice_MayBeAConfidentialClient(t *testing.T) {
	w, access := newDevices(t)
	a := w.ask(deviceCodes[0], basic(kiosk, newSecret))
	require.Equal(t, 200, a.status, "%v", a.body)
	ask := func(authorization string, more ...string) answer {
		return w.ask("/oauth2/v2.0/token", authorization, append([]string{"grant_type", deviceGrant, "device_code", a.text("device_code")}, more...)...)
	}
	require.Equal(t, 200, w.decide(access, a.text("user_code"), "approve").status)
	assert.Equal(t, "invalid_client", ask("", "client_id", kiosk).body["error"])
	assert.Equal(t, "invalid_client", ask(basic(kiosk, oldSecret)).body["error"])
	tokens := ask(basic(kiosk, newSecret)).tokens()
	assert.Equal(t, kiosk, accessClaims(t, tokens)["client_id"])
}

func TestDevice_IsDenied(t *testing.T) {
	for name, row := range map[string]struct {
		legacy       handler.Legacy
		denied, used string
	}{
		"as Entra says it":   {handler.Legacy{}, "authorization_declined", "bad_verification_code"},
		"as RFC 8628 has it": {handler.Legacy{DeviceErrorsOfRFC: true}, "access_denied", "invalid_grant"},
	} {
		t.Run(name, func(t *testing.T) {
			w, access := newDevices(t, func(c *handler.Config) { c.Legacy = row.legacy })
			d := w.device(television)
			assert.Equal(t, "denied", w.decide(access, d.user, "deny").body["status"])
			for range 2 {
				w.poll(television, d.device).refused(400, row.denied, "", 65004)
			}
			w.decide(access, d.user, "approve").plainly(400, "bad_verification_code")
			w.poll(television, d.device+"A").refused(400, row.used, "", 70018)
			d = w.device(television)
			w.poll(television, d.device).isPending()
			w.poll(television, d.device).slowsDown()
			w.clock.pass(15 * time.Minute)
			w.poll(television, d.device).refused(400, "expired_token", "", 70020)
			w.poll(television, "").refused(400, "invalid_request", "", 900144).says("device_code")
		})
	}
}

func TestDevice_LivesToItsLastSecond(t *testing.T) {
	w, access := newDevices(t, func(c *handler.Config) { c.AccessTokenLifetime = time.Hour })
	first, second := w.device(television), w.device(television)
	w.clock.pass(15*time.Minute - time.Second)
	w.poll(television, first.device).isPending()
	require.Equal(t, 200, w.decide(access, first.user, "approve").status)
	w.poll(television, first.device).tokens()
	require.Equal(t, 200, w.decide(access, second.user, "approve").status)
	w.clock.pass(time.Second)
	w.decide(access, w.device(television).user, "").active200()
	w.poll(television, second.device).refused(400, "expired_token", "", 70020)
	w.decide(access, second.user, "").plainly(400, "bad_verification_code")
	w.clock.pass(time.Hour)
	w.poll(television, second.device).refused(400, "expired_token", "", 70020)
}

func (a answer) active200() { a.t.Helper(); require.Equal(a.t, 200, a.status, "%v", a.body) }

// RFC 8628 §3.5: the interval grows with each poll that comes too soon, and stays so.
func TestDevice_SlowsDownForGood(t *testing.T) {
	w, _ := newDevices(t)
	b := w.sibling(withDevices)
	d := w.device(television)
	for i, step := range []struct {
		after time.Duration
		slow  bool
	}{
		{0, false}, {5 * time.Second, false}, {5 * time.Second, false},
		{4500 * time.Millisecond, false}, // of which half a second is for the way
		{4499 * time.Millisecond, true},  // 10 s from now on
		{5 * time.Second, true},          // 15
		{14 * time.Second, true},         // 20
		{20 * time.Second, false}, {20 * time.Second, false},
		{19 * time.Second, true}, // 25
		{25 * time.Second, false},
	} {
		w.clock.pass(step.after)
		a := []*world{w, b}[i%2].poll(television, d.device)
		if step.slow {
			a.slowsDown()
		} else {
			a.isPending()
		}
	}
	for range 50 {
		w.poll(television, d.device).slowsDown()
	}
	w.clock.pass(time.Minute)
	w.poll(television, d.device).isPending()
}

func TestDevice_ThatPollsTooOftenIsApprovedAllTheSame(t *testing.T) {
	w, access := newDevices(t)
	d := w.device(television)
	for range 4 {
		w.poll(television, d.device)
	}
	require.Equal(t, 200, w.decide(access, d.user, "approve").status)
	w.poll(television, d.device).tokens()
}

// A poll in time reads the request and counts, and that is all.
func TestDevice_PollsCostLittle(t *testing.T) {
	s := newTrip(t, withDevices)
	d := s.device(television)
	s.fault.traced()
	s.poll(television, d.device).isPending()
	assert.Equal(t, []string{"Get", "Add"}, s.fault.traced())
	s.poll(television, d.device+"x").isNoDevice()
	assert.Empty(t, s.fault.traced(), "a forged one costs nothing")
}

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
		at.decide(access, d.user, "").active200() // not counted
		at.decide(access, otherUserCode(d.user), []string{"", "approve", "deny"}[i%3]).plainly(400, "bad_verification_code")
	}
	for _, access := range []string{first, second} {
		a := b.decide(access, d.user, "approve").plainly(429, "temporarily_unavailable")
		assert.Equal(t, "3600", a.header.Get("Retry-After"))
	}
	w.poll(television, d.device).isPending()
	w.decide(other, d.user, "").active200()

	w.clock.pass(14 * time.Minute)
	w.decide(w.access(remote, casey), d.user, "").plainly(429, "temporarily_unavailable")
	w.clock.pass(46 * time.Minute)
	w.decide(w.access(remote, casey), w.device(television).user, "approve").active200()
}

// A cap of 1 000 codes that live, for each client: the odds of a guess are those of the security page.
func TestDevice_CodesOfAClientAreBounded(t *testing.T) {
	same := withKeys(t)
	w, _ := newDevices(t, same)
	b := w.sibling(withDevices, same)
	w.clock.pass(4 * time.Minute)
	for range 700 {
		w.device(television)
	}
	w.clock.pass(14 * time.Minute)
	for range 300 {
		b.device(television)
	}
	for range 20 {
		a := w.post(deviceCodes[0], "client_id", television).refused(429, "temporarily_unavailable", "", 90055)
		assert.NotEmpty(t, a.header.Get("Retry-After"))
	}
	w.device(projector)
	w.clock.pass(6 * time.Minute)
	for range 700 {
		b.device(television)
	}
	w.post(deviceCodes[1], "client_id", television).refused(429, "temporarily_unavailable", "", 90055)
}

// T3 and K2: what is not a device code of the client is none, and a device code is nothing else.
func TestDevice_NoCredentialPassesForAnother(t *testing.T) {
	w, access := newDevices(t)
	d, theirs := w.device(television), w.device(projector)
	tokens := w.signIn(casey)
	start := w.signInStart(television, casey).ok()
	for name, code := range map[string]string{
		"another client's": theirs.device, "a continuation token": start, "a refresh token": tokens.text("refresh_token"),
		"an access token": tokens.text("access_token"), "the user code": d.user, "an id token": tokens.text("id_token")[:250],
		"half of it": d.device[:len(d.device)/2], "one in upper case": strings.ToUpper(d.device), "a word": "code",
	} {
		assert.Equal(t, "bad_verification_code", w.poll(television, code).body["error"], name)
	}
	for i := range len(d.device) {
		forged := []byte(d.device)
		forged[i] ^= 1
		w.poll(television, string(forged)).isNoDevice()
	}
	w.decide(access, d.user, "approve").active200()
	w.poll(projector, d.device).isNoDevice()
	w.poll(plain, d.device).refused(400, "unauthorized_client", "", 70001)
	w.redeemToken(television, d.device).badToken()
	w.redeemCode(television, d.device, "12345678").badToken()
	w.signInChallenge(television, d.device).badToken()
	w.refresh(television, d.device).badRefresh()
	for _, text := range []string{d.device, d.user} {
		w.decide(text, theirs.user, "approve").plainly(401, "invalid_token")
		w.userInfo(text).unauthorized("invalid_token")
		w.post("/oauth2/revoke", "client_id", television, "token", text).empty()
	}
	w.poll(television, d.user).isNoDevice()
	w.poll(television, d.device).tokens()
	w.poll(projector, theirs.device).isPending()
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
			w.decide(access, d.user, "approve").active200()
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
		w.decide(by.text("access_token"), d.user, "approve").active200()
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
	w.decide(twice.text("access_token"), d.user, "approve").active200()
	assert.Equal(t, "2", idClaims(t, w.poll(terminal, d.device).tokens())["acr"])
	d = w.device(terminal)
	w.decide(once.text("access_token"), d.user, "deny").active200()
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
	w.decide(access, d.user, "approve").active200()
	strict = true
	a := w.poll(television, d.device).refused(400, "invalid_grant", "", 50076)
	assert.NotContains(t, a.body, "continuation_token")
	strict = false
	w.poll(television, d.device).tokens()
}

func TestDevice_SecretsChangeWhileItWaits(t *testing.T) {
	same := withKeys(t)
	before := newWorld(t, withDevices, same, withSecrets("1"))
	before.signUp(casey)
	d := before.device(television)
	after := before.sibling(withDevices, same, withSecrets("2", "1"))
	after.poll(television, d.device).isPending()
	after.decide(after.access(remote, casey), d.user, "approve").active200()
	after.poll(television, d.device).tokens()
	d = after.device(television)
	gone := before.sibling(withDevices, same, withSecrets("3"))
	gone.poll(television, d.device).isNoDevice()
	gone.decide(gone.access(remote, casey), d.user, "").plainly(400, "bad_verification_code")
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
		w.decide(access, d.user, "approve").active200()
		assert.NotEqual(t, 200, b.poll(television, d.device).status, name)
	}
}

// Neither the codes nor anything they could be made from is in the store or the log.
func TestDevice_TheStoreHoldsNeitherCode(t *testing.T) {
	l := newLedger()
	var log lines
	w := newWorld(t, withDevices, func(c *handler.Config) {
		l.State = c.State
		c.State = l
		c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	w.signUp(casey)
	access := w.access(remote, casey)
	d := w.device(television)
	w.poll(television, d.device).isPending()
	w.poll(television, d.device).slowsDown()
	w.decide(access, otherUserCode(d.user), "approve").plainly(400, "bad_verification_code")
	w.decide(access, d.user, "approve").active200()
	bare := strings.ReplaceAll(d.user, "-", "")
	for key, value := range l.held {
		for _, secret := range []string{d.device, d.device[30:60], d.user, bare, strings.ToLower(bare)} {
			assert.NotContains(t, key, secret)
			assert.NotContains(t, value, secret)
		}
	}
	w.poll(television, d.device).tokens()
	w.poll(television, d.device).isNoDevice()
	require.Contains(t, log.String(), "device")
	for _, secret := range []string{d.device[30:60], d.user, bare, otherUserCode(bare)} {
		assert.NotContains(t, log.String(), secret)
	}
}

func TestDevice_WithTheLibraryOfGo(t *testing.T) {
	w, access := newDevices(t)
	c := oauth2.Config{
		ClientID: television, Scopes: []string{"openid", "Orders.Read", "offline_access"},
		Endpoint: oauth2.Endpoint{DeviceAuthURL: w.base + deviceCodes[0], TokenURL: w.base + "/oauth2/v2.0/token", AuthStyle: oauth2.AuthStyleInParams},
	}
	d, err := c.DeviceAuth(t.Context())
	require.NoError(t, err)
	assert.Equal(t, self+"/device", d.VerificationURI)
	assert.EqualValues(t, 5, d.Interval)
	d.Interval = 1 // the server's clock goes as fast: see impatient

	polls := 0
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, &http.Client{Transport: impatient(func() {
		if polls++; polls == 2 {
			w.decide(access, d.UserCode, "approve").active200()
		}
		w.clock.pass(5 * time.Second)
	})})
	tokens, err := c.DeviceAccessToken(ctx, d)
	require.NoError(t, err)
	assert.Equal(t, 2, polls)
	assert.NotEmpty(t, tokens.RefreshToken)
	assert.NotEmpty(t, tokens.Extra("id_token"))
	w.userInfo(tokens.AccessToken).known()

	for name, row := range map[string]struct {
		legacy bool
		code   string
	}{"Entra's word": {false, "authorization_declined"}, "the RFC's": {true, "access_denied"}} {
		w, access := newDevices(t, func(c *handler.Config) { c.Legacy.DeviceErrorsOfRFC = row.legacy })
		c.Endpoint.DeviceAuthURL, c.Endpoint.TokenURL = w.base+deviceCodes[1], w.base+"/oauth2/v2.0/token"
		d, err := c.DeviceAuth(t.Context())
		require.NoError(t, err)
		d.Interval = 1
		w.decide(access, d.UserCode, "deny").active200()
		_, err = c.DeviceAccessToken(t.Context(), d)
		var refused *oauth2.RetrieveError
		require.ErrorAs(t, err, &refused, name)
		assert.Equal(t, row.code, refused.ErrorCode, name)
	}
}

// impatient does something before each request.
type impatient func()

func (h impatient) RoundTrip(r *http.Request) (*http.Response, error) {
	h()
	return http.DefaultTransport.RoundTrip(r)
}

func TestDevice_IsInTheDiscoveryDocument(t *testing.T) {
	w, _ := newDevices(t)
	d := w.method("GET", documents[0]).body
	assert.Equal(t, self+deviceCodes[0], d["device_authorization_endpoint"])
	assert.Contains(t, d["grant_types_supported"], deviceGrant)
	d = newWorld(t).method("GET", documents[0]).body
	assert.NotContains(t, d, "device_authorization_endpoint")
	assert.NotContains(t, d["grant_types_supported"], deviceGrant)
}

func TestDevice_PathsAreThereForThoseWhoNeedThem(t *testing.T) {
	device := func(c *handler.Config) {
		c.Clients = append(c.Clients, handler.Client{ID: television, GrantTypes: []string{deviceGrant}})
	}
	own := func(c *handler.Config) { c.DevicePage = "https://contoso.com/tv" }
	approver := func(c *handler.Config) {
		c.Clients = append(c.Clients, handler.Client{ID: remote, ApprovesDevices: true})
	}
	for name, row := range map[string]struct {
		change           []func(*handler.Config)
		codes, api, page int
	}{
		"no device":           {[]func(*handler.Config){cookies, approver}, 404, 404, 404},
		"a page of the host":  {[]func(*handler.Config){device, own, cookies}, 400, 404, 404},
		"a page of ours":      {[]func(*handler.Config){device, cookies}, 400, 404, 401},
		"an app and a page":   {[]func(*handler.Config){device, cookies, approver}, 400, 401, 401},
		"an app and a page's": {[]func(*handler.Config){device, own, approver}, 400, 401, 404},
	} {
		w := newWorld(t, row.change...)
		for _, path := range deviceCodes {
			assert.Equal(t, row.codes, w.post(path, "client_id", plain).status, "%s: %s", name, path)
		}
		assert.Equal(t, row.api, w.post(decide, "user_code", "x").status, name)
		resp, _ := w.bare("GET", w.base+"/device", "")
		assert.Equal(t, row.page, resp.StatusCode, name)
	}
	w := newWorld(t, device, own)
	assert.Equal(t, "https://contoso.com/tv", w.post(deviceCodes[0], "client_id", television).body["verification_uri"])
}

func TestConfig_MistakesAboutDevicesAreNamed(t *testing.T) {
	device := handler.Client{ID: "tv", GrantTypes: []string{handler.GrantDeviceCode}}
	for _, row := range []struct {
		change  func(c *handler.Config)
		problem string
	}{
		{func(c *handler.Config) {}, "DevicePage is missing"},
		{func(c *handler.Config) { c.DevicePage = "http://contoso.com/tv" }, `DevicePage "http://contoso.com/tv" is no https URL`},
		{func(c *handler.Config) { c.DevicePage = "https://contoso.com/tv#x" }, `DevicePage "https://contoso.com/tv#x" is no https URL`},
		{func(c *handler.Config) { c.DevicePage = "/tv" }, `DevicePage "/tv" is no https URL`},
		{func(c *handler.Config) { c.SignInPage = "//evil.example" }, `SignInPage "//evil.example" is neither`},
		{func(c *handler.Config) { c.SignInPage = `/\evil.example` }, `SignInPage "/\\evil.example" is neither`},
		{func(c *handler.Config) { c.SignInPage = "sign-in" }, `SignInPage "sign-in" is neither`},
		{func(c *handler.Config) { c.SignInPage = "javascript:x" }, `SignInPage "javascript:x" is neither`},
		{func(c *handler.Config) {
			c.Clients[0].Cookies, c.Clients[0].GrantTypes = true, device.GrantTypes
		}, "Cookies keeps the client from tokens"},
		{func(c *handler.Config) { c.Clients[0].Cookies, c.Clients[0].ApprovesDevices = true, true }, "Clients[0]: ApprovesDevices is for"},
		{func(c *handler.Config) { c.Clients[0].Name = "a\nb" }, "Clients[0]: Name is"},
		{func(c *handler.Config) { c.Clients[0].Name = strings.Repeat("x", 101) }, "Clients[0]: Name is"},
		{func(c *handler.Config) {
			c.Resources = []handler.Resource{{Scopes: []string{"a"}, Descriptions: map[string]string{"b": "x"}}}
		}, `Resources[0]: Descriptions has "b"`},
		{func(c *handler.Config) {
			c.Grants = map[string]handler.Grant{handler.GrantDeviceCode: handler.GrantFunc(nil)}
		}, "is a grant of this package"},
	} {
		c := complete(t)
		c.Clients = append(c.Clients, device)
		row.change(&c)
		assert.ErrorContains(t, c.Validate(), row.problem)
	}
	for _, page := range []string{"", "/sign-in", "/sign-in?a=b", "https://contoso.com/sign-in", "http://localhost:3000/"} {
		c := complete(t)
		c.Clients = append(c.Clients, device, handler.Client{ID: "pages", Cookies: true})
		c.SignInPage = page
		assert.NoError(t, c.Validate(), page)
	}
}

// X3: the store's clock judges, so that instances whose clocks differ by minutes agree.
func TestDevice_InstancesWhoseClocksDifferAgree(t *testing.T) {
	same := withKeys(t)
	w, _ := newDevices(t, same)
	at := func(skew time.Duration) *world {
		return w.sibling(withDevices, same, func(c *handler.Config) {
			c.Now = func() time.Time { return w.clock.now().Add(skew) }
		})
	}
	for _, skew := range []time.Duration{-2 * time.Minute, 2 * time.Minute} {
		b := at(skew)
		d, late, approved := b.device(television), b.device(television), b.device(television)
		w.poll(television, d.device).isPending()
		w.clock.pass(4 * time.Second)
		b.poll(television, d.device).slowsDown()
		w.clock.pass(15*time.Minute - 5*time.Second)
		w.poll(television, late.device).isPending()
		b.poll(television, d.device).isPending()
		access := w.access(remote, casey)
		w.decide(access, approved.user, "approve").active200()
		b.poll(television, approved.device).tokens()
		w.clock.pass(time.Second)
		for _, x := range []*world{w, b, at(-skew)} {
			assert.Contains(t, []any{"expired_token", "bad_verification_code"}, x.poll(television, late.device).body["error"])
		}
		w.decide(access, late.user, "approve").plainly(400, "bad_verification_code")
	}
}
