package main

import (
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
)

// visitor is a browser without scripts: it keeps cookies and follows no redirects.
type visitor struct {
	*http.Client
	i *instance
}

func (i *instance) visit(t *testing.T) visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return visitor{&http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, i}
}

// send sends a form, or asks for a page if there is none, and returns the answer and its text.
func (v visitor) send(t *testing.T, path string, form url.Values, headers ...string) (*http.Response, string) {
	t.Helper()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(t.Context(), method, v.i.base+path, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for n := 0; n < len(headers); n += 2 {
		r.Header.Set(headers[n], headers[n+1])
	}
	resp, err := v.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(text)
}

// enter signs in to the account pages, as their script does.
func (v visitor) enter(t *testing.T, address string) *http.Response {
	t.Helper()
	client := app{ID: pages}
	a := v.i.challenge(t, client, "/oauth2/v2.0/initiate", "/oauth2/v2.0/challenge", address)
	resp, text := v.send(t, apiPath+"/oauth2/v2.0/token", url.Values{
		"client_id": {pages}, "grant_type": {"oob"}, "continuation_token": {a.text("continuation_token")},
		"oob": {v.i.mailFor(t, address, "sign-in").text("code")},
	})
	require.Equal(t, http.StatusOK, resp.StatusCode, text)
	assert.NotContains(t, text, "access_token")
	return resp
}

func TestAccount_ACookieOpensIt(t *testing.T) {
	i := start(t)
	i.signUp(t, "ada@example.com")
	v := i.visit(t)
	resp, _ := v.send(t, accountPath, nil)
	assert.Equal(t, http.StatusSeeOther, resp.StatusCode)
	assert.Equal(t, signInPath, resp.Header.Get("Location"))

	cookies := v.enter(t, "ada@example.com").Cookies()
	require.Len(t, cookies, 1)
	assert.True(t, cookies[0].HttpOnly)
	assert.Equal(t, http.SameSiteLaxMode, cookies[0].SameSite)
	resp, text := v.send(t, accountPath, nil)
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
	assert.Contains(t, resp.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'")
	for _, part := range []string{"Hello, ada", "ada@example.com", pages, "otp"} {
		assert.Contains(t, text, part)
	}

	resp, _ = v.send(t, signOutPath, url.Values{})
	assert.Equal(t, http.StatusSeeOther, resp.StatusCode)
	assert.Equal(t, signInPath, resp.Header.Get("Location"))
	resp, _ = v.send(t, accountPath, nil)
	assert.Equal(t, http.StatusSeeOther, resp.StatusCode)
}

func TestAccount_ANameIsJudgedAndKept(t *testing.T) {
	i := start(t)
	i.signUp(t, "ada@example.com")
	v := i.visit(t)
	v.enter(t, "ada@example.com")
	resp, _ := v.send(t, accountPath, url.Values{"name": {" <b>Ada</b> "}})
	assert.Equal(t, http.StatusSeeOther, resp.StatusCode)
	for _, bad := range []string{"", "  ", strings.Repeat("é", longestName+1), "a\x00b", "\xff"} {
		resp, text := v.send(t, accountPath, url.Values{"name": {bad}})
		assert.Equal(t, http.StatusUnprocessableEntity, resp.StatusCode, "%q", bad)
		assert.Contains(t, text, `role="alert"`)
	}
	resp, _ = v.send(t, accountPath, url.Values{"name": {strings.Repeat("a", 5<<10)}})
	assert.Equal(t, http.StatusUnprocessableEntity, resp.StatusCode)
	_, text := v.send(t, accountPath, nil)
	assert.Contains(t, text, "Hello, &lt;b&gt;Ada&lt;/b&gt;")
	resp, _ = v.send(t, accountPath, url.Values{"name": {strings.Repeat("é", longestName)}})
	assert.Equal(t, http.StatusSeeOther, resp.StatusCode)
}

// serverSecret is the secret of the server that is printed.
func (i *instance) serverSecret(t *testing.T) string {
	t.Helper()
	found := regexp.MustCompile(server + `:(\S+)`).FindStringSubmatch(i.stdout.String())
	require.NotNil(t, found)
	return found[1]
}

func TestAccount_ADeviceIsConnectedOnTheWay(t *testing.T) {
	i := start(t)
	i.signUp(t, "ada@example.com")
	v := i.visit(t)
	resp, _ := v.send(t, apiPath+devicePath, nil)
	require.Equal(t, http.StatusSeeOther, resp.StatusCode)
	_, text := v.send(t, resp.Header.Get("Location"), nil)
	assert.Contains(t, text, `data-next="`+apiPath+devicePath+`"`)
	_, text = v.send(t, signInPath+"?return_to=https://evil.example/device", nil)
	assert.Contains(t, text, `data-next="`+accountPath+`"`)
	v.enter(t, "ada@example.com")

	ours := []string{"client_secret", i.serverSecret(t)}
	_, d := i.post(t, app{ID: server}, "/oauth2/v2.0/devicecode", append(ours, "scope", "openid Orders.Read")...)
	answers := url.Values{"user_code": {d.text("user_code")}}
	_, text = v.send(t, apiPath+devicePath, answers)
	assert.Contains(t, text, "Contoso’s server will be able to")
	assert.Contains(t, text, "see your orders")
	answers.Set("action", "approve")
	resp, _ = v.send(t, apiPath+devicePath, answers, "Sec-Fetch-Site", "cross-site")
	assert.Equal(t, http.StatusForbidden, resp.StatusCode)
	poll := append(ours, "grant_type", handler.GrantDeviceCode, "device_code", d.text("device_code"))
	_, a := i.post(t, app{ID: server}, "/oauth2/v2.0/token", poll...)
	assert.Equal(t, "authorization_pending", a["error"])
	resp, text = v.send(t, apiPath+devicePath, answers)
	assert.Equal(t, http.StatusOK, resp.StatusCode, text)
	assert.Contains(t, text, "Your device is connected")
}

// Apps that were written for others than Entra find here what they call.
func TestServer_SpeaksAsAuth0AndTencentCIAMDo(t *testing.T) {
	i := start(t)
	i.enrol(t, "ada@example.com", harbor)
	ours := url.Values{"client_id": {server}, "client_secret": {i.serverSecret(t)}}
	call := func(path string, more ...string) (int, answer) {
		form := maps.Clone(ours)
		for n := 0; n < len(more); n += 2 {
			form.Set(more[n], more[n+1])
		}
		return do(t, http.MethodPost, i.base+apiPath+path, "", form)
	}
	status, a := call("/oauth/token", "grant_type", handler.GrantPasswordRealm, "realm", "people",
		"username", "ada@example.com", "password", harbor, "scope", "openid Orders.Read offline_access")
	require.Equal(t, http.StatusOK, status, a)
	status, a = call("/oauth/token", "grant_type", "refresh_token", "refresh_token", a.text("refresh_token"))
	assert.Equal(t, http.StatusOK, status, a)

	status, a = call("/otp/send", "auth_source_id", "mail", "usage", "login", "email", "ada@example.com")
	require.Equal(t, http.StatusOK, status, a)
	status, a = call("/oauth2/token", "grant_type", handler.GrantOTPEmail, "auth_source_id", "mail", "email", "ada@example.com",
		"otp_token", a.text("otp_token"), "otp", i.mailFor(t, "ada@example.com", "sign-in").text("code"))
	assert.Equal(t, http.StatusOK, status, a)
	assert.NotEmpty(t, a.text("access_token"))

	status, a = call("/otp/send", "auth_source_id", "sms", "phone_number", "13612345678")
	require.Equal(t, http.StatusOK, status, a)
	status, a = call("/oauth2/token", "grant_type", handler.GrantOTPSMS, "auth_source_id", "sms", "phone_number", "13612345678",
		"otp_token", a.text("otp_token"), "otp", i.code(t, "+8613612345678"), "auto_signup", "true")
	assert.Equal(t, http.StatusOK, status, a)
}

// Who has a second factor is asked for it where the API has calls for that, and refused where it has none.
func TestServer_AsksForTheSecondFactorOfWhoHasOne(t *testing.T) {
	i := start(t)
	status, a := i.join(t, withFactor, "ada@example.com")
	require.Equal(t, http.StatusOK, status, a)
	ours := []string{"client_secret", i.serverSecret(t)}
	call := func(path string, more ...string) (int, answer) {
		return i.post(t, app{ID: server}, path, append(more, ours...)...)
	}
	owner := []string{"grant_type", "password", "username", "ada@example.com", "password", harbor}
	_, a = call("/oauth2/v2.0/token", owner...)
	assert.Equal(t, []any{50076.0}, a["error_codes"], a)
	_, a = call("/oauth/token", owner...)
	require.Equal(t, "mfa_required", a["error"], a)
	token := a.text("mfa_token")
	status, a = call("/mfa/challenge", "mfa_token", token, "challenge_type", "oob")
	require.Equal(t, http.StatusOK, status, a)
	status, a = call("/oauth/token", "grant_type", "http://auth0.com/oauth/grant-type/mfa-oob", "mfa_token", token,
		"oob_code", a.text("oob_code"), "binding_code", i.mailFor(t, "ada@example.com", "second-factor").text("code"))
	assert.Equal(t, http.StatusOK, status, a)
}

func TestAccount_PagesElsewhereChangeNothing(t *testing.T) {
	i := start(t, "-origin", "https://app.example.com")
	i.signUp(t, "ada@example.com")
	v := i.visit(t)
	v.enter(t, "ada@example.com")
	for _, headers := range [][]string{
		{"Origin", "https://evil.example"}, {"Origin", "https://app.example.com"}, {"Origin", "null"},
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"},
	} {
		for path, form := range map[string]url.Values{
			accountPath: {"name": {"Mallory"}}, signOutPath: {}, apiPath + "/oauth2/logout": {},
			apiPath + "/oauth2/v2.0/token": {"client_id": {pages}, "grant_type": {"continuation_token"}, "continuation_token": {"x"}},
		} {
			resp, _ := v.send(t, path, form, headers...)
			assert.Equal(t, http.StatusForbidden, resp.StatusCode, "%s %v", path, headers)
		}
	}
	resp, text := v.send(t, accountPath, nil)
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Contains(t, text, "Hello, ada")
}

func TestServerSecret_IsTheSameWhereTheSecretIsShared(t *testing.T) {
	shared := []byte(strings.Repeat("s", secretSize))
	assert.Equal(t, serverSecret(shared), serverSecret(shared))
	assert.NotEqual(t, serverSecret(shared), serverSecret(append(shared, 's')))
	assert.NotEqual(t, serverSecret(nil), serverSecret(nil))
	for _, secret := range []string{serverSecret(shared), serverSecret(nil)} {
		assert.GreaterOrEqual(t, len(secret), 32)
	}
}
