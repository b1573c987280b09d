package handler_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// Sections 4.13 and 6.5 of the contract, C28, C29: what may be registered.

// listed is a list of what can be registered, as kind and hint.
func (a answer) listed() (list [][2]string) {
	a.t.Helper()
	a.ok()
	for _, m := range a.body["methods"].([]any) {
		m := m.(map[string]any)
		assert.Len(a.t, m, 4, "A25 takes none for null")
		assert.Equal(a.t, "oob", m["challenge_type"])
		assert.Equal(a.t, m["id"], m["challenge_channel"])
		list = append(list, [2]string{m["id"].(string), m["login_hint"].(string)})
	}
	return list
}

func TestRegisterIntrospect_TheHint(t *testing.T) {
	masked := string(otp.Address(casey).Mask())
	for _, row := range []struct {
		name   string
		change func(c *handler.Config)
		hint   string
	}{
		{"is the plain address", func(*handler.Config) {}, casey},
		{"is masked if the host says so", func(c *handler.Config) { c.MaskHints = true }, masked},
		{"is masked where accounts hide", func(c *handler.Config) { c.HideAccounts = true }, masked},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t, secondFactors, row.change)
			w.person(casey)
			a := w.kinds(guarded, w.first(guarded, casey).wants("registration_required"))
			assert.Equal(t, [][2]string{{"email", row.hint}, {"sms", ""}}, a.listed())
			again := w.kinds(guarded, a.ok()) // [R1] →13
			assert.Equal(t, a.listed(), again.listed())
			token, _ := w.nextCode(func() answer { return w.register(guarded, again.ok(), number) })
			assert.Equal(t, a.listed(), w.kinds(guarded, token).listed()) // [R2] →13
		})
	}
}

func TestRegisterIntrospect_AnAccountWithoutAnAddressHasNoHint(t *testing.T) {
	w := newWorld(t, secondFactors, func(c *handler.Config) { c.Aliases = true })
	assert.NoError(t, w.store.CreateUser(t.Context(), store.User{ID: "7", Username: "casey", PasswordHash: hashOf(t, harbor)}))
	a := w.kinds(guarded, w.first(guarded, "casey").wants("registration_required"))
	assert.Equal(t, [][2]string{{"email", ""}, {"sms", ""}}, a.listed())
}

func TestRegisterIntrospect_KindsAreTheClients(t *testing.T) {
	for _, row := range []struct {
		name      string
		methods   []store.MethodKind
		countries otp.Countries
		kinds     string
	}{
		{"mail by default", nil, nil, "email"},
		{"and texts, where some may be sent", nil, otp.Countries{"+49"}, "email sms"},
		{"what the client has, in its order", []store.MethodKind{store.MethodTOTP, store.MethodEmail}, otp.Countries{"+49"}, "totp email"},
		{"an app alone", []store.MethodKind{store.MethodTOTP}, nil, "totp"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t, secondFactors, func(c *handler.Config) {
				c.SMSCountries = row.countries
				for i := range c.Clients {
					c.Clients[i].Methods = nil
				}
				c.Clients = append(c.Clients, handler.Client{ID: "one", Passwords: true, SecondFactor: handler.Always, Methods: row.methods})
			})
			w.person(casey)
			a := w.kinds("one", w.first("one", casey).wants("registration_required"))
			var kinds []string
			for _, m := range a.listed() {
				kinds = append(kinds, m[0])
			}
			assert.Equal(t, row.kinds, strings.Join(kinds, " "))
			for kind, pairs := range map[string][]string{
				"email": {"challenge_target", another}, "sms": {"challenge_target", number}, "totp": {"challenge_channel", "totp"},
			} {
				pairs = append(pairs, "client_id", "one", "continuation_token", a.ok(), "challenge_type", "oob")
				if got := w.post(regChallenge, pairs...); strings.Contains(row.kinds, kind) {
					assert.Equal(t, 200, got.status, "%v", got.body) // D2: each is sent with the token of the list
				} else {
					got.refused(400, "invalid_request", "", 901001)
				}
			}
		})
	}
}

func TestRegisterIntrospect_ErrorsOfTheEndpoint(t *testing.T) {
	w := newWorld(t, secondFactors)
	token := w.unregistered()
	w.kinds("", token).refused(400, "invalid_request", "", 90100)
	w.kinds("nobody", token).refused(400, "unauthorized_client", "", 700016)
	w.kinds("off", token).refused(400, "invalid_client", "nativeauthapi_disabled", 7000112)
	w.kinds("secretive", token).refused(400, "invalid_client", "", 550022)
	w.kinds(guarded, "").refused(400, "invalid_request", "", 900144).says("'continuation_token'")
	w.kinds(guarded, "forged").badToken()
	w.kinds(fresh, token).badToken()
	w.introspect(guarded, token).badToken()
	w.signInChallenge(guarded, token).badToken()
	next := w.kinds(guarded, token).ok()
	w.kinds(guarded, token).badToken() // no challenge, so no repeat with the token before
	w.clock.pass(600e9)
	w.kinds(guarded, next).refused(400, "expired_token", "", 552003)
}

// C29: D26 shows bodies that look like a query, without a content type. The URL itself is not read.
func TestRegister_BodiesAsInTheExamples(t *testing.T) {
	w := newWorld(t, secondFactors)
	bare := func(path, body string) answer {
		r := request(t, w.base+path, body)
		r.Header.Del("Content-Type")
		return w.send(r)
	}
	token := bare(regIntrospect, "?continuation_token="+w.unregistered()+"&client_id="+guarded).ok()
	token, code := w.nextCode(func() answer {
		return bare(regChallenge, "?continuation_token="+token+"&client_id="+guarded+"&challenge_type=oob &challenge_target= second@contoso.com&challenge_channel=email ")
	})
	bare(regContinue, "client_id="+guarded).refused(400, "invalid_request", "", 900144)
	bare(regContinue+"?grant_type=oob&continuation_token="+token+"&oob="+code, "client_id="+guarded).refused(400, "invalid_request", "", 900144)
	bare(regContinue, "&client_id="+guarded+"&grant_type=oob&oob="+code+"&continuation_token="+token).ok()
}

// 1.3, D3, D5: the parameters that came with second factors are measured as all are.
func TestRegister_NewParametersHaveTheirCaps(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey, textMethod)
	token := w.first(guarded, casey).wants("mfa_required")
	for path, caps := range map[string]map[string]int{
		inStart:      {"capabilities": 1024, "capability": 1024},
		inChallenge:  {"id": 256},
		regChallenge: {"challenge_target": 256, "challenge_channel": 256},
	} {
		for name, most := range caps {
			pairs := []string{"client_id", guarded, "continuation_token", token, name}
			w.post(path, append(pairs, strings.Repeat("x", most+1))...).refused(400, "invalid_request", "", 90023).says(name)
			w.post(path, append(pairs, "a", name, "a")...).refused(400, "invalid_request", "", 90023).says(name)
			w.post(path, append(pairs, "a\x00b")...).refused(400, "invalid_request", "", 90023).says(name)
			w.post(path, append(pairs, "a\xff")...).refused(400, "invalid_request", "", 90023).says(name)
			a := w.post(path, append(pairs, strings.Repeat("x", most))...)
			assert.NotEqual(t, []any{90023.0}, a.body["error_codes"], "%s at its cap", name)
		}
	}
}
