package main

import (
	"encoding/base32"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

const (
	everyType = "oob password redirect"
	able      = "mfa_required registration_required"
	scopes    = "openid profile offline_access"
)

// step sends a step of a flow, which has to succeed, with the token of the answer before.
func (i *instance) step(t *testing.T, client app, path string, before answer, fields ...string) answer {
	t.Helper()
	if before != nil {
		fields = append(fields, "continuation_token", before.text("continuation_token"))
	}
	status, a := i.post(t, client, path, fields...)
	require.Equal(t, http.StatusOK, status, a)
	return a
}

// join signs up with a password and asks for tokens.
func (i *instance) join(t *testing.T, client app, address string) (int, answer) {
	t.Helper()
	a := i.step(t, client, "/signup/v1.0/start", nil, "username", address, "challenge_type", everyType, "password", harbor, "capabilities", able)
	a = i.step(t, client, "/signup/v1.0/challenge", a)
	a = i.step(t, client, "/signup/v1.0/continue", a, "grant_type", "oob", "oob", i.code(t, address))
	return i.post(t, client, "/oauth2/v2.0/token", "grant_type", "continuation_token", "scope", scopes,
		"continuation_token", a.text("continuation_token"))
}

// first passes the first factor of a sign-in and returns what the server says to that.
func (i *instance) first(t *testing.T, client app, address string) answer {
	t.Helper()
	a := i.step(t, client, "/oauth2/v2.0/initiate", nil, "username", address, "challenge_type", everyType, "capabilities", able)
	a = i.step(t, client, "/oauth2/v2.0/challenge", a)
	_, a = i.post(t, client, "/oauth2/v2.0/token", "grant_type", "password", "scope", scopes,
		"continuation_token", a.text("continuation_token"), "password", harbor)
	return a
}

// confirmed signs in with a password and a code by mail, and returns the access token.
func (i *instance) confirmed(t *testing.T, address string) string {
	t.Helper()
	a := i.first(t, withFactor, address)
	require.Equal(t, "mfa_required", a["suberror"], a)
	a = i.step(t, withFactor, "/oauth2/v2.0/challenge", a)
	a = i.step(t, withFactor, "/oauth2/v2.0/token", a, "grant_type", "mfa_oob", "scope", scopes,
		"oob", i.mailFor(t, address, "second-factor").text("code"))
	return a.text("access_token")
}

// due signs somebody up who has to register a second factor.
func (i *instance) due(t *testing.T, address string) answer {
	t.Helper()
	status, a := i.join(t, withChoice, address)
	require.Equal(t, http.StatusBadRequest, status)
	require.Equal(t, "registration_required", a["suberror"], a)
	return i.step(t, withChoice, "/register/v1.0/introspect", a)
}

// channels are those of the methods in an answer.
func channels(a answer) (names []any) {
	methods, _ := a["methods"].([]any)
	for _, m := range methods {
		names = append(names, m.(map[string]any)["challenge_channel"])
	}
	return names
}

// shown is what an authenticator app shows that was set up with a URI.
func shown(t *testing.T, uri string) string {
	t.Helper()
	u, err := url.Parse(uri)
	require.NoError(t, err)
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(u.Query().Get("secret"))
	require.NoError(t, err)
	return otp.TOTP(secret, otp.TOTPStep(time.Now()))
}

func TestRun_AFreshAccountHasItsAddressAsASecondFactor(t *testing.T) {
	i := start(t)
	status, a := i.join(t, withFactor, "ada@example.com")
	assert.Equal(t, http.StatusOK, status, a)
	a = i.step(t, withFactor, "/oauth2/v2.0/introspect", i.first(t, withFactor, "ada@example.com"))
	assert.Equal(t, []any{"email"}, channels(a))
	assert.NotEmpty(t, i.confirmed(t, "ada@example.com"))
}

func TestRun_AFreshAccountRegistersASecondFactor(t *testing.T) {
	i := start(t)
	a := i.due(t, "ada@example.com")
	assert.Equal(t, []any{"email", "sms", "totp"}, channels(a))
	for contact, code := range map[string]float64{
		"ada@blocked.example": 550024, "+19005551234": 550024, "+81312345678": 901001, "ada": 901001,
	} {
		_, refused := i.post(t, withChoice, "/register/v1.0/challenge", "challenge_type", "oob",
			"challenge_target", contact, "continuation_token", a.text("continuation_token"))
		assert.Equal(t, []any{code}, refused["error_codes"], contact)
	}
	a = i.step(t, withChoice, "/register/v1.0/challenge", a, "challenge_type", "oob", "challenge_target", "+49 151 1234 5678")
	a = i.step(t, withChoice, "/register/v1.0/continue", a, "grant_type", "oob", "oob", i.code(t, "+4915112345678"))
	a = i.step(t, withChoice, "/oauth2/v2.0/token", a, "grant_type", "continuation_token")
	assert.NotEmpty(t, a["access_token"])
}

func TestMail_SMSIsPostedWhereItCanBe(t *testing.T) {
	bodies := make(chan answer, 1)
	provider := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var body answer
		assert.NoError(t, json.NewDecoder(r.Body).Decode(&body))
		bodies <- body
	}))
	defer provider.Close()
	server := startMailServer(t)
	close(server.open)
	for flags, want := range map[string][]any{"": {"email", "totp"}, provider.URL: {"email", "sms", "totp"}} {
		i := start(t, "-smtp", server.addr, "-sms", flags)
		a := i.step(t, withChoice, "/signup/v1.0/start", nil, "username", "ada@example.com", "challenge_type", everyType, "password", harbor, "capabilities", able)
		a = i.step(t, withChoice, "/signup/v1.0/challenge", a)
		a = i.step(t, withChoice, "/signup/v1.0/continue", a, "grant_type", "oob", "oob", codeInMail.FindStringSubmatch(server.next(t))[1])
		_, a = i.post(t, withChoice, "/oauth2/v2.0/token", "grant_type", "continuation_token", "continuation_token", a.text("continuation_token"))
		a = i.step(t, withChoice, "/register/v1.0/introspect", a)
		assert.Equal(t, want, channels(a))
		if flags != "" {
			i.step(t, withChoice, "/register/v1.0/challenge", a, "challenge_type", "oob", "challenge_target", "+4915112345678")
			assert.Equal(t, "+4915112345678", (<-bodies)["to"])
		}
	}
}

func TestMethods_AnAppIsAddedAndTakenAway(t *testing.T) {
	i := start(t)
	i.join(t, withFactor, "ada@example.com")
	token := i.confirmed(t, "ada@example.com")
	call := func(method, path string, form url.Values) (int, answer) {
		return do(t, method, i.base+"/api/methods"+path, token, form)
	}
	status, app := call(http.MethodPost, "/totp", nil)
	require.Equal(t, http.StatusOK, status, app)
	assert.Contains(t, app.text("otpauth_uri"), "secret="+app.text("secret"))

	status, a := call(http.MethodPost, "/totp/confirm", url.Values{"code": {"nonsense"}})
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Equal(t, answer{"error": "wrong_code"}, a)
	status, a = call(http.MethodPost, "/totp/confirm", url.Values{"code": {shown(t, app.text("otpauth_uri"))}})
	assert.Equal(t, http.StatusOK, status)
	assert.Len(t, a["recovery_codes"], otp.RecoveryCodes)
	status, a = call(http.MethodPost, "/recovery", nil)
	assert.Equal(t, http.StatusOK, status)
	assert.Len(t, a["recovery_codes"], otp.RecoveryCodes)

	ids := map[any]string{}
	_, a = call(http.MethodGet, "", nil)
	for _, m := range a["methods"].([]any) {
		method := m.(map[string]any)
		ids[method["kind"]] = method["id"].(string)
		for member := range method {
			assert.Contains(t, []string{"id", "kind", "target", "codes_left", "added_at"}, member, "and no secret")
		}
	}
	assert.Len(t, ids, 3)
	status, _ = call(http.MethodDelete, "/"+ids["totp"], nil)
	assert.Equal(t, http.StatusOK, status)
	status, a = call(http.MethodDelete, "/"+ids["totp"], nil)
	assert.Equal(t, http.StatusNotFound, status)
	assert.Equal(t, answer{"error": "method_not_found"}, a)
	_, a = call(http.MethodGet, "", nil)
	assert.Len(t, a["methods"], 2)
	i.mailFor(t, "ada@example.com", "method-removed")
}

func TestMethods_RefuseWhoHasNoToken(t *testing.T) {
	i := start(t)
	for _, route := range []string{"GET ", "POST /totp", "POST /totp/confirm", "POST /recovery", "DELETE /x"} {
		method, path, _ := strings.Cut(route, " ")
		status, a := do(t, method, i.base+"/api/methods"+path, "", nil)
		assert.Equal(t, http.StatusUnauthorized, status, route)
		assert.Equal(t, "unauthorized", a["error"], route)
	}
}

// An app that asks for one factor only must not be the way to change the second.
func TestMethods_ASignInWithOneFactorChangesNoOther(t *testing.T) {
	i := start(t)
	status, tokens := i.join(t, withFactor, "ada@example.com")
	require.Equal(t, http.StatusOK, status)
	status, a := do(t, http.MethodGet, i.base+"/api/methods", tokens.text("access_token"), nil)
	require.Equal(t, http.StatusOK, status, "to look at them is fine")
	id := a["methods"].([]any)[0].(map[string]any)["id"].(string)

	status, a = i.enter(t, "ada@example.com", harbor)
	require.Equal(t, http.StatusOK, status)
	for method, path := range map[string]string{http.MethodPost: "/totp", http.MethodDelete: "/" + id} {
		status, a := do(t, method, i.base+"/api/methods"+path, a.text("access_token"), nil)
		assert.Equal(t, http.StatusUnauthorized, status)
		assert.Equal(t, answer{"error": "insufficient_user_authentication", "max_age": 600.0, "acr_values": "2"}, a)
	}
}

func TestMethods_AnAccountWithoutAnyNeedsOneFactorForTheFirst(t *testing.T) {
	i := start(t)
	tokens := i.signUp(t, "ada@example.com")
	status, a := do(t, http.MethodPost, i.base+"/api/methods/totp", tokens.text("access_token"), nil)
	assert.Equal(t, http.StatusOK, status, a)
}

// Tokens outlive the account's good standing by a while.
func TestMethods_WhoIsDisabledChangesNothing(t *testing.T) {
	flags := []string{"-db", "sqlite:" + filepath.Join(t.TempDir(), "app.db")}
	i := start(t, flags...)
	tokens := i.signUp(t, "ada@example.com")
	o, err := parseFlags(flags, io.Discard)
	require.NoError(t, err)
	d, err := openData(t.Context(), o)
	require.NoError(t, err)
	defer d.close()
	u, err := d.users.UserByUsername(t.Context(), "ada@example.com")
	require.NoError(t, err)
	u.Disabled = true
	require.NoError(t, d.users.UpdateUser(t.Context(), u))
	status, a := do(t, http.MethodPost, i.base+"/api/methods/totp", tokens.text("access_token"), nil)
	assert.Equal(t, http.StatusNotFound, status)
	assert.Equal(t, answer{"error": "user_not_found"}, a)
}

func TestEnough_ASignInIsGoodForTenMinutes(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	guarded := store.User{Methods: []store.Method{{Kind: store.MethodEmail}}}
	signedIn := func(ago time.Duration, acr any) handler.Caller {
		return handler.Caller{Claims: map[string]any{"auth_time": float64(now.Add(-ago).Unix()), "acr": acr}}
	}
	for name, c := range map[string]struct {
		caller handler.Caller
		user   store.User
		want   error
	}{
		"ten minutes ago is enough":                      {signedIn(10*time.Minute, "1"), store.User{}, nil},
		"a second more is too long ago":                  {signedIn(601*time.Second, "1"), store.User{}, &stepUp{}},
		"two factors are enough for who has methods":     {signedIn(0, "2"), guarded, nil},
		"one factor is not":                              {signedIn(0, "1"), guarded, &stepUp{second: true}},
		"two factors of long ago are not, either":        {signedIn(time.Hour, "2"), guarded, &stepUp{}},
		"a token that says nothing of factors is not":    {signedIn(0, nil), guarded, &stepUp{second: true}},
		"a token that says nothing of its sign-in isn't": {handler.Caller{}, store.User{}, &stepUp{}},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, enough(c.caller, c.user, now)) })
	}
}

func TestStepUp_SaysWhatWouldBeEnough(t *testing.T) {
	w := httptest.NewRecorder()
	(&stepUp{second: true}).write(w)
	assert.Equal(t, `Bearer error="insufficient_user_authentication", error_description="A new sign-in is required.", max_age="600", acr_values="2"`,
		w.Header().Get("WWW-Authenticate"))
}
