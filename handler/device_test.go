package handler_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
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

	w.post(deviceCodes[0]).refused(400, "invalid_request", "", 90100)
	w.post(deviceCodes[0], "client_id", "nobody").refused(400, "unauthorized_client", "", 700016)
	w.post(deviceCodes[0], "client_id", "off").refused(400, "invalid_client", "nativeauthapi_disabled", 7000112)
	w.post(deviceCodes[0], "client_id", kiosk).refused(401, "invalid_client", "", 7000218)
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

// Section 11.1, which 11.3 refers to.
func TestDevice_TokensAreForTheScopesThatWereAskedFor(t *testing.T) {
	w, access := newDevices(t)
	for _, row := range []struct {
		scope, echoed, audience string
		id, refresh             bool
	}{
		{"Orders.Read", "Orders.Read", self, false, false},
		{"openid Orders.Read", "openid Orders.Read", self, true, false},
		{"Stock.Read offline_access", "Stock.Read", "api://stock", false, true},
		{"", "openid profile", self, true, true},
	} {
		d := w.device(television, "scope", row.scope)
		w.decide(access, d.user, "approve").done()
		a := w.poll(television, d.device).tokens()
		assert.Equal(t, "Bearer", a.body["token_type"])
		assert.Equal(t, 900.0, a.body["expires_in"])
		assert.Equal(t, row.echoed, a.body["scope"], row.scope)
		assert.Equal(t, row.audience, accessClaims(t, a)["aud"], row.scope)
		assert.Equal(t, row.id, a.body["id_token"] != nil, row.scope)
		assert.Equal(t, row.refresh, a.body["refresh_token"] != nil, row.scope)
	}
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
	w.decide(access, w.device(television).user, "").done()
	w.poll(television, second.device).refused(400, "expired_token", "", 70020)
	w.decide(access, second.user, "").plainly(400, "bad_verification_code")
	w.clock.pass(time.Hour)
	w.poll(television, second.device).refused(400, "expired_token", "", 70020)
}

// done is the answer to a call that told what it was asked, or did it.
func (a answer) done() { a.t.Helper(); require.Equal(a.t, 200, a.status, "%v", a.body) }

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
	w.decide(access, d.user, "approve").done()
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
	w.decide(access, d.user, "approve").done()
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
