package handler_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/attrs"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
)

// Section 10 of the contract.

const (
	otpSend  = "/otp/send"
	otpToken = "/oauth2/token"
	viaMail  = "MOCK_EMAIL_OTP_AUTH_SOURCE_ID"
	viaText  = "MOCK_SMS_OTP_AUTH_SOURCE_ID"

	portal    = "portal"    // confidential
	mobile    = "mobile"    // public
	curious   = "curious"   // its sign-up asks for an attribute
	cautious  = "cautious"  // asks for a second factor
	mailOnly  = "mail-only" // has codes by mail, of 12 digits that live for a minute
	unrelated = "unrelated" // has nothing of the sort
	mainland  = "13612345678"
	abroad    = "+8613612345678" // the same
)

// withTencent adds clients that were written for Tencent CIAM.
func withTencent(c *handler.Config) {
	c.SMSCountries = otp.Countries{"+86", "+49"}
	sources := []handler.AuthSource{{ID: viaMail, Channel: otp.Email}, {ID: viaText, Channel: otp.SMS}}
	grants := []string{handler.GrantOTPEmail, handler.GrantOTPSMS}
	c.Clients = append(c.Clients,
		handler.Client{ID: portal, Secrets: []string{newSecret}, GrantTypes: grants, AuthSources: append(sources, handler.AuthSource{ID: "other", Channel: otp.Email})},
		handler.Client{ID: mobile, GrantTypes: grants, AuthSources: sources, RegisterAddress: true},
		handler.Client{ID: curious, GrantTypes: grants, AuthSources: sources, Attributes: attrs.Schema{{Name: "city", Required: true}}},
		handler.Client{ID: cautious, GrantTypes: grants, AuthSources: sources, SecondFactor: handler.Always},
		handler.Client{ID: mailOnly, GrantTypes: grants[:1], AuthSources: []handler.AuthSource{
			{ID: viaMail, Channel: otp.Email, CodeLifetime: time.Minute, CodeLength: 12},
		}},
		handler.Client{ID: unrelated, Secrets: []string{newSecret}},
	)
}

// fields are the parameters of a call.
type fields map[string]any

// with returns fields with some more, or others; nil takes one away.
func (f fields) with(pairs ...any) fields {
	all := fields{}
	for k, v := range f {
		all[k] = v
	}
	for i := 0; i < len(pairs); i += 2 {
		if all[pairs[i].(string)] = pairs[i+1]; pairs[i+1] == nil {
			delete(all, pairs[i].(string))
		}
	}
	return all
}

// tencent sends a call as JSON.
func (w *world) tencent(path string, f fields) answer {
	w.Helper()
	text, err := json.Marshal(f)
	require.NoError(w, err)
	return w.tencentRaw(path, "application/json", string(text), "")
}

func (w *world) tencentRaw(path, contentType, body, authorization string) answer {
	w.Helper()
	r := request(w.T, w.base+path, body)
	r.Header.Set("Content-Type", contentType)
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	a := w.sendFor(r, "application/json;charset=UTF-8")
	assert.Equal(w, "no-store", a.header.Get("Cache-Control"))
	return a
}

// exactly is an error of these calls: its error and description, and nothing beside them.
func (a answer) exactly(status int, code, description string) answer {
	a.t.Helper()
	assert.Equal(a.t, status, a.status, "%v", a.body)
	assert.Equal(a.t, map[string]any{"error": code, "error_description": description}, a.body)
	return a
}

// The words of the contract.
func (a answer) badOTPToken() {
	a.t.Helper()
	a.exactly(400, "invalid_grant", "Unknown or expired otp_token")
}
func (a answer) badOTP()   { a.t.Helper(); a.exactly(400, "invalid_grant", "Unknown or expired OTP") }
func (a answer) noUser()   { a.t.Helper(); a.exactly(400, "invalid_grant", "User not found") }
func (a answer) abnormal() { a.t.Helper(); a.exactly(400, "invalid_grant", "Abnormal user status") }
func (a answer) mismatched() {
	a.t.Helper()
	a.exactly(400, "invalid_request", "Mismatched OTP token and OTP sending parameters")
}

func (a answer) noSource() {
	a.t.Helper()
	a.exactly(400, "invalid_auth_source", "Auth source and application not associated")
}

// byMail and byText are calls of the public client that send a code.
func byMail(address string) fields {
	return fields{"client_id": mobile, "email": address, "auth_source_id": viaMail}
}

func byText(number string) fields {
	return fields{"client_id": mobile, "phone_number": number, "auth_source_id": viaText}
}

// otpSent sends a code and returns the call that redeems it.
func (w *world) otpSent(send fields) fields {
	w.Helper()
	before := w.mail.count()
	a := w.tencent(otpSend, send)
	require.Equal(w, 200, a.status, "%v", a.body)
	require.Len(w, a.body, 1)
	return redeeming(send, a.text("otp_token"), w.mail.take(before+1).Code)
}

func redeeming(send fields, token, code string) fields {
	grant := handler.GrantOTPEmail
	if send["phone_number"] != nil {
		grant = handler.GrantOTPSMS
	}
	return send.with("usage", nil, "grant_type", grant, "otp_token", token, "otp", code)
}

func formOf(f fields) string {
	var pairs []string
	for k, v := range f {
		text, ok := v.(string)
		if !ok {
			b, _ := json.Marshal(v)
			text = string(b)
		}
		pairs = append(pairs, k, text)
	}
	return form(pairs...)
}

func TestTencent_ACodeGivesTokensInEveryManner(t *testing.T) {
	for name, send := range map[string]fields{
		"by mail": {"email": " Casey@Contoso.com ", "auth_source_id": viaMail},
		"by text": {"phone_number": mainland, "auth_source_id": viaText},
	} {
		for _, contentType := range []string{"application/json", "application/json;charset=UTF-8", "application/x-www-form-urlencoded"} {
			for how, client := range map[string]struct {
				fields
				authorization string
			}{
				"a public client":                   {fields{"client_id": mobile}, ""},
				"a secret in the body":              {fields{"client_id": portal, "client_secret": newSecret}, ""},
				"a secret in the header":            {fields{}, basic(portal, newSecret)},
				"a secret in the header and an id":  {fields{"client_id": portal}, basic(portal, newSecret)},
				"a secret in the header, and nulls": {fields{"client_secret": nil}, basic(portal, newSecret)},
			} {
				t.Run(name+"/"+contentType+"/"+how, func(t *testing.T) {
					w := newWorld(t, withTencent)
					call := func(path string, f fields) answer {
						for k, v := range client.fields {
							f = f.with(k, v)
						}
						body := formOf(f)
						if strings.HasPrefix(contentType, "application/json") {
							text, err := json.Marshal(f)
							require.NoError(t, err)
							body = string(text)
						}
						return w.tencentRaw(path, contentType, body, client.authorization)
					}
					a := call(otpSend, send)
					require.Equal(t, 200, a.status, "%v", a.body)
					require.Len(t, a.body, 1)
					redeem := redeeming(send, a.text("otp_token"), w.mail.take(1).Code).with("auto_signup", "true")
					w.clock.pass(500 * time.Millisecond)
					a = call(otpToken, redeem).tokens()
					for _, member := range []string{"access_token", "refresh_token", "id_token"} {
						assert.NotEmpty(t, a.text(member), member)
						delete(a.body, member)
					}
					assert.Equal(t, map[string]any{"scope": "openid profile", "token_type": "Bearer", "expires_in": 899.0}, a.body)
					call(otpToken, redeem).badOTPToken()
				})
			}
		}
	}
}

func TestTencent_TokensAreThoseOfEverySignIn(t *testing.T) {
	w := newWorld(t, withTencent)
	w.signUp(casey)
	redeem := w.otpSent(byMail(casey))
	assert.Equal(t, otp.SignIn, w.mail.take(w.mail.count()).Purpose)
	a := w.tencent(otpToken, redeem).tokens()
	claims := accessClaims(t, a)
	assert.Equal(t, w.idOf(casey), claims["sub"])
	assert.Equal(t, mobile, claims["client_id"])
	assert.Equal(t, []any{"otp"}, idClaims(t, a)["amr"])
	assert.Equal(t, mobile, idClaims(t, a)["aud"])
	w.userInfo(a.text("access_token")).known()

	refreshed := w.tencent(otpToken, fields{"client_id": mobile, "grant_type": "refresh_token", "refresh_token": a.text("refresh_token")}).tokens()
	assert.Len(t, refreshed.body, 6)
	assert.Equal(t, claims["sid"], accessClaims(t, refreshed)["sid"])
	w.revoke(mobile, refreshed.text("refresh_token")).empty()
	w.userInfo(refreshed.text("access_token")).unauthorized("invalid_token")
	w.tencent(otpToken, fields{"client_id": mobile, "grant_type": "refresh_token", "refresh_token": refreshed.text("refresh_token")}).plainly(400, "invalid_grant")
}

func TestTencent_ScopesAreThoseAskedFor(t *testing.T) {
	w := newWorld(t, withTencent)
	w.signUp(casey)
	a := w.tencent(otpToken, w.otpSent(byMail(casey)).with("scope", "openid Stock.Read")).tokens()
	assert.Equal(t, "openid Stock.Read", a.body["scope"])
	assert.NotContains(t, a.body, "refresh_token")
	assert.Equal(t, "api://stock", accessClaims(t, a)["aud"])
	redeem := w.otpSent(byMail(casey))
	for range 6 { // a bad scope is no try at the code
		w.tencent(otpToken, redeem.with("scope", "Unknown")).plainly(400, "invalid_scope")
	}
	w.tencent(otpToken, redeem).tokens()
}

func TestTencent_ThePathsAreThereForWhoHasTheGrants(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{otpSend, otpToken} {
		w.post(path, "client_id", plain).refused(404, "invalid_request", "", 90023)
	}
	with := newWorld(t, withTencent, withOrigins)
	for _, path := range []string{otpSend, otpToken} {
		for _, m := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			r := request(t, with.base+path, "")
			r.Method = m
			a := with.sendFor(r, "application/json;charset=UTF-8")
			a.plainly(405, "invalid_request")
			assert.Equal(t, "POST, OPTIONS", a.header.Get("Allow"))
		}
		for body, want := range map[string]int{"{": 400, "[]": 400, `{"client_id":["a"]}`: 400, `{"email":"a","email":"b"}`: 400, `{"x":"` + strings.Repeat("x", 64<<10) + `"}`: 413} {
			with.tencentRaw(path, "application/json", body, "").plainly(want, "invalid_request")
		}
		with.tencentRaw(path, "text/xml", "<a/>", "").exactly(415, "invalid_request", "The request body must be application/json or application/x-www-form-urlencoded.")
		assert.Equal(t, "POST, OPTIONS", with.preflight(path, appOrigin).Header.Get("Access-Control-Allow-Methods"))
		r := request(t, with.base+path, "{}")
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Origin", appOrigin)
		assert.Equal(t, appOrigin, with.sendFor(r, "application/json;charset=UTF-8").header.Get("Access-Control-Allow-Origin"))
	}
	d := with.method("GET", documents[0]).body
	assert.NotContains(t, d["grant_types_supported"], handler.GrantOTPEmail, "another endpoint takes it")
}

func TestTencent_AClientAuthenticates(t *testing.T) {
	w := newWorld(t, withTencent)
	for _, path := range []string{otpSend, otpToken} {
		for name, row := range map[string]struct {
			authorization, body string
			status              int
			code                string
		}{
			"no client":                         {"", `{}`, 401, "invalid_client"},
			"an unknown client":                 {"", `{"client_id":"nobody"}`, 401, "invalid_client"},
			"a disabled client":                 {"", `{"client_id":"off"}`, 401, "invalid_client"},
			"a confidential client's name":      {"", `{"client_id":"portal"}`, 401, "invalid_client"},
			"a wrong secret":                    {"", `{"client_id":"portal","client_secret":"wrong"}`, 401, "invalid_client"},
			"a wrong secret in the header":      {basic(portal, "wrong"), `{}`, 401, "invalid_client"},
			"a secret of a public client":       {"", `{"client_id":"mobile","client_secret":"any"}`, 401, "invalid_client"},
			"a secret in both places":           {basic(portal, newSecret), `{"client_id":"portal","client_secret":"` + newSecret + `"}`, 400, "invalid_request"},
			"another client than in the header": {basic(portal, newSecret), `{"client_id":"mobile"}`, 400, "invalid_request"},
		} {
			a := w.tencentRaw(path, "application/json", row.body, row.authorization)
			a.plainly(row.status, row.code)
			assert.Equal(t, row.authorization != "" && row.status == 401, a.header.Get("WWW-Authenticate") != "", name)
		}
	}
}

func TestTencent_AConfigIsChecked(t *testing.T) {
	mail := handler.AuthSource{ID: "m", Channel: otp.Email}
	text := handler.AuthSource{ID: "t", Channel: otp.SMS}
	has := func(g []string, s ...handler.AuthSource) handler.Client {
		return handler.Client{ID: "a", GrantTypes: g, AuthSources: s}
	}
	byMail, byText := []string{handler.GrantOTPEmail}, []string{handler.GrantOTPSMS}
	long := mail
	long.ID = strings.Repeat("x", 129)
	for problem, client := range map[string]handler.Client{
		`Clients[0]: GrantTypes has "` + handler.GrantOTPEmail + `", and AuthSources has none with Channel "email"`: has(byMail),
		`Clients[0]: GrantTypes has "` + handler.GrantOTPSMS + `", and AuthSources has none with Channel "sms"`:     has(append(byText, byMail...), mail),
		`Clients[0]: AuthSources[0]: Channel is "email", and GrantTypes lacks "` + handler.GrantOTPEmail + `"`:      has(nil, mail),
		`Clients[0]: AuthSources[0]: Channel is "sms", and SMSCountries has no country that messages go to`:         has(byText, text),
		`Clients[0]: AuthSources[0]: Channel is "post": set "email" or "sms"`:                                       has(byMail, handler.AuthSource{ID: "m", Channel: "post"}, handler.AuthSource{ID: "n", Channel: otp.Email}),
		`Clients[0]: AuthSources[0]: ID "" is not 1 to 128 printable characters of ASCII`:                           has(byMail, handler.AuthSource{Channel: otp.Email}),
		`Clients[0]: AuthSources[0]: ID "` + long.ID + `" is not 1 to 128 printable characters of ASCII`:            has(byMail, long),
		`Clients[0]: AuthSources[1]: ID "m" is there already`:                                                       has(byMail, mail, mail),
		`Clients[0]: AuthSources[0]: CodeLifetime is 5m0.000000001s: set 1s to 5m0s, or 0 for the default`:          has(byMail, handler.AuthSource{ID: "m", Channel: otp.Email, CodeLifetime: 5*time.Minute + 1}),
		`Clients[0]: AuthSources[0]: CodeLifetime is -1ns: set 1s to 5m0s, or 0 for the default`:                    has(byMail, handler.AuthSource{ID: "m", Channel: otp.Email, CodeLifetime: -1}),
		`Clients[0]: AuthSources[0]: CodeLength is 7: set 8 to 16, or 0 for 8; fewer digits could be guessed`:       has(byMail, handler.AuthSource{ID: "m", Channel: otp.Email, CodeLength: 7}),
		`Clients[0]: AuthSources[0]: CodeLength is 17: set 8 to 16, or 0 for 8; fewer digits could be guessed`:      has(byMail, handler.AuthSource{ID: "m", Channel: otp.Email, CodeLength: 17}),
		`a client with Cookies gets none`: {ID: "a", Cookies: true, GrantTypes: byMail, AuthSources: []handler.AuthSource{mail}},
	} {
		c := complete(t)
		c.Clients = []handler.Client{client}
		assert.ErrorContains(t, c.Validate(), problem)
	}
	c := complete(t)
	c.Grants = map[string]handler.Grant{handler.GrantOTPEmail: handler.GrantFunc(nil)}
	assert.ErrorContains(t, c.Validate(), "is built in")
	c = complete(t)
	withTencent(&c)
	assert.NoError(t, c.Validate())
}

func TestTencent_NoOtherEndpointTakesTheGrants(t *testing.T) {
	w := newWorld(t, withTencent)
	redeem := w.otpSent(byMail(casey))
	r := request(t, w.base+"/oauth2/v2.0/token", formOf(redeem.with("auto_signup", "true")))
	w.send(r).refused(400, "unsupported_grant_type", "", 70003)
	w.tencent(otpToken, redeem.with("auto_signup", "true")).tokens()
}
