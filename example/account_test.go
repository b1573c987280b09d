package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
