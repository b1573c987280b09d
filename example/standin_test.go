package main

import (
	"encoding/json"
	"flag"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/example/emulator"
)

// The clients and people of the sample.
var (
	tenantApp    = app{ID: "00001111-aaaa-2222-bbbb-3333cccc4444"} // passwords, a second factor for some
	profileApp   = app{ID: "11112222-bbbb-3333-cccc-4444dddd5555"} // codes and a profile
	strictApp    = app{ID: "22223333-cccc-4444-dddd-5555eeee6666"} // a second factor for all
	tenantServer = app{ID: "33334444-dddd-5555-eeee-6666ffff7777"}
	switchedOff  = app{ID: "44445555-eeee-6666-ffff-7777aaaa8888"}
)

const (
	tenantID = "aaaabbbb-0000-cccc-1111-dddd2222eeee"
	ada      = "ada@contoso.example" // who has a fixed code
	grace    = "grace@contoso.example"
	harbour  = "a quiet harbour" // the password of all
)

// standIn starts the stand-in that the sample describes.
func standIn(t *testing.T, flags ...string) *instance {
	t.Helper()
	return start(t, append([]string{"-config", sampleFile(t)}, flags...)...)
}

func sampleFile(t *testing.T) string {
	file := filepath.Join(t.TempDir(), "emulator.yaml")
	require.NoError(t, os.WriteFile(file, []byte(emulator.Sample), 0o600))
	return file
}

// tests calls the admin API, with a body if there is one.
func (i *instance) tests(t *testing.T, method, path, body string) (int, any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, i.base+"/dev/api/"+path, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	var a any
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&a))
	return resp.StatusCode, a
}

// ask is tests for a call that has to succeed and answers with an object.
func (i *instance) ask(t *testing.T, method, path, body string) answer {
	t.Helper()
	status, a := i.tests(t, method, path, body)
	require.Equal(t, http.StatusOK, status, a)
	members, _ := a.(map[string]any)
	return members
}

// await waits for the next code to an address, and empties the inbox.
func (i *instance) await(t *testing.T, address string) string {
	t.Helper()
	status, a := i.tests(t, http.MethodGet, "inbox?wait=10s&to="+url.QueryEscape(address), "")
	require.Equal(t, http.StatusOK, status, a)
	i.ask(t, http.MethodDelete, "inbox", "")
	return answer(a.([]any)[0].(map[string]any)).text("code")
}

// refusedBy is the error and its code as text, as "invalid_grant 50126".
func (a answer) refusedBy() string {
	name := a.text("error")
	if sub := a.text("suberror"); sub != "" {
		name += " " + sub
	}
	codes, _ := json.Marshal(a["error_codes"])
	return name + " " + strings.Trim(string(codes), "[]")
}

// knock opens a sign-in with a password and gives it.
func (i *instance) knock(t *testing.T, client app, address, password string) answer {
	t.Helper()
	status, a := i.post(t, client, "/oauth2/v2.0/initiate", "username", address, "challenge_type", "password oob redirect",
		"capabilities", "mfa_required registration_required")
	require.Equal(t, http.StatusOK, status, a)
	status, a = i.post(t, client, "/oauth2/v2.0/challenge", "continuation_token", a.text("continuation_token"))
	require.Equal(t, http.StatusOK, status, a)
	_, a = i.post(t, client, "/oauth2/v2.0/token", "grant_type", "password", "password", password, "continuation_token", a.text("continuation_token"))
	return a
}

func TestStandIn_AnAppSignsUpAndIn(t *testing.T) {
	i := standIn(t)
	const eve = "eve@contoso.example"
	status, a := i.post(t, tenantApp, "/signup/v1.0/start", "username", eve, "challenge_type", "oob password redirect", "password", harbor)
	require.Equal(t, http.StatusOK, status, a)
	_, a = i.post(t, tenantApp, "/signup/v1.0/challenge", "continuation_token", a.text("continuation_token"))
	status, a = i.post(t, tenantApp, "/signup/v1.0/continue", "grant_type", "oob", "oob", i.await(t, eve), "continuation_token", a.text("continuation_token"))
	require.Equal(t, http.StatusOK, status, a)
	status, a = i.post(t, tenantApp, "/oauth2/v2.0/token", "grant_type", "continuation_token", "username", eve, "continuation_token", a.text("continuation_token"))
	require.Equal(t, http.StatusOK, status, a)

	a = i.knock(t, tenantApp, eve, harbor)
	assert.NotEmpty(t, a["access_token"], a)
	assert.Contains(t, a.text("scope"), "openid")
	assert.Equal(t, "invalid_grant 50126", i.knock(t, tenantApp, eve, lantern).refusedBy())
	assert.Equal(t, 900.0, a["expires_in"])
}

func TestStandIn_PeopleAreAsTheFileSays(t *testing.T) {
	i := standIn(t)
	assert.NotEmpty(t, i.knock(t, tenantApp, ada, harbour)["id_token"])
	assert.Equal(t, "invalid_request 50142", i.knock(t, tenantApp, "barbara@contoso.example", harbour).refusedBy())
	assert.Equal(t, "invalid_grant 50126", i.knock(t, tenantApp, "linus@contoso.example", harbour).refusedBy())
	_, a := i.post(t, tenantApp, "/oauth2/v2.0/initiate", "username", "nobody@contoso.example", "challenge_type", "oob redirect")
	assert.Equal(t, "user_not_found 50034", a.refusedBy())
	a = i.challenge(t, profileApp, "/oauth2/v2.0/initiate", "/oauth2/v2.0/challenge", ada)
	_, a = i.post(t, profileApp, "/oauth2/v2.0/token", "grant_type", "oob", "oob", "12345678", "continuation_token", a.text("continuation_token"))
	assert.NotEmpty(t, a["access_token"], "by the code that is fixed")
}

func TestStandIn_ClientsAreAsTheFileSays(t *testing.T) {
	i := standIn(t)
	for want, client := range map[string]app{
		"invalid_client 550022":                         tenantServer,
		"invalid_client nativeauthapi_disabled 7000112": switchedOff,
		"unauthorized_client 700016":                    {ID: "unknown"},
	} {
		_, a := i.post(t, client, "/oauth2/v2.0/initiate", "username", ada, "challenge_type", "oob redirect")
		assert.Equal(t, want, a.refusedBy())
	}
	a := i.challenge(t, profileApp, "/signup/v1.0/start", "/signup/v1.0/challenge", "eve@contoso.example")
	_, a = i.post(t, profileApp, "/signup/v1.0/continue", "grant_type", "oob", "oob", i.await(t, "eve@contoso.example"), "continuation_token", a.text("continuation_token"))
	assert.Equal(t, "attributes_required 55106", a.refusedBy())
	assert.Len(t, a["required_attributes"], 2)
}

func TestStandIn_ASecondFactorIsPassed(t *testing.T) {
	i := standIn(t)
	a := i.knock(t, tenantApp, grace, harbour)
	require.Equal(t, "invalid_grant mfa_required 50076", a.refusedBy())
	_, a = i.post(t, tenantApp, "/oauth2/v2.0/introspect", "continuation_token", a.text("continuation_token"))
	methods, _ := a["methods"].([]any)
	require.Len(t, methods, 2)
	id, _ := methods[0].(map[string]any)["id"].(string)
	_, a = i.post(t, tenantApp, "/oauth2/v2.0/challenge", "continuation_token", a.text("continuation_token"), "id", id)
	require.Equal(t, "sms", a["challenge_channel"], a)
	status, a := i.post(t, tenantApp, "/oauth2/v2.0/token", "grant_type", "mfa_oob", "oob", i.await(t, "+4915112345678"), "continuation_token", a.text("continuation_token"))
	assert.Equal(t, http.StatusOK, status, a)

	assert.Equal(t, "invalid_grant registration_required 50079", i.knock(t, strictApp, ada, harbour).refusedBy())
}

func TestStandIn_APasswordIsReset(t *testing.T) {
	i := standIn(t)
	a := i.challenge(t, tenantApp, "/resetpassword/v1.0/start", "/resetpassword/v1.0/challenge", ada)
	for _, step := range [][]string{
		{"continue", "grant_type", "oob", "oob", "12345678"},
		{"submit", "new_password", lantern},
		{"poll_completion"},
	} {
		var status int
		status, a = i.post(t, tenantApp, "/resetpassword/v1.0/"+step[0], append(step[1:], "continuation_token", a.text("continuation_token"))...)
		require.Equal(t, http.StatusOK, status, a)
	}
	assert.Equal(t, "succeeded", a["status"])
	assert.NotEmpty(t, i.knock(t, tenantApp, ada, lantern)["access_token"])
}

func TestStandIn_TheTenantGoesByItsIdToo(t *testing.T) {
	i := standIn(t)
	status, a := do(t, http.MethodPost, i.base+"/"+tenantID+"/oauth2/v2.0/initiate", "",
		url.Values{"client_id": {tenantApp.ID}, "username": {ada}, "challenge_type": {"oob redirect"}})
	assert.Equal(t, http.StatusOK, status, a)
	_, a = do(t, http.MethodGet, i.base+"/"+tenantID+"/v2.0/.well-known/openid-configuration", "", nil)
	assert.Equal(t, i.base+apiPath, a["issuer"])
}

func TestStandIn_TheIssuerMayBeAnyOtherPath(t *testing.T) {
	for _, path := range []string{"", "/a/b", "/" + tenantID} {
		i := standIn(t, "-issuer", "http://localhost:1"+path)
		for _, at := range []string{path, "/" + tenantID} {
			_, a := do(t, http.MethodGet, i.base+at+"/.well-known/openid-configuration", "", nil)
			assert.Equal(t, "http://localhost:1"+path, a["issuer"], at)
		}
		assert.Equal(t, "http://localhost:1"+path, i.ask(t, http.MethodGet, "ready", "")["issuer"])
	}
}

func TestStandIn_APlannedFailureIsSeenByTheApp(t *testing.T) {
	i := standIn(t)
	status, left := i.tests(t, http.MethodPost, "failures", `{"path":"/oauth2/v2.0/token","times":2,"error":"invalid_grant","suberror":"invalid_oob_value"}`)
	require.Equal(t, http.StatusOK, status, left)
	assert.Equal(t, []any{map[string]any{"path": "/oauth2/v2.0/token", "times": 2.0}}, left)
	for range 2 {
		assert.Equal(t, "invalid_grant invalid_oob_value 50181", i.knock(t, tenantApp, ada, harbour).refusedBy())
	}
	assert.NotEmpty(t, i.knock(t, tenantApp, ada, harbour)["access_token"], "it was for two calls")

	const id = "0d0e7f4e-6a2c-4c6e-9a39-0b1f3a1c9d11"
	status, left = i.tests(t, http.MethodPost, "failures", `{"correlation_id":"`+id+`","status":503,"error":"temporarily_unavailable","headers":{"Retry-After":"7"}}`)
	require.Equal(t, http.StatusOK, status, left)
	call := func() *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, i.base+apiPath+"/signup/v1.0/start", nil)
		require.NoError(t, err)
		r.Header.Set("client-request-id", id)
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp
	}
	first := call()
	assert.Equal(t, http.StatusServiceUnavailable, first.StatusCode)
	assert.Equal(t, "7", first.Header.Get("Retry-After"))
	assert.Equal(t, http.StatusBadRequest, call().StatusCode)
}

func TestStandIn_TheClockLetsACodeExpire(t *testing.T) {
	file := filepath.Join(t.TempDir(), "emulator.yaml")
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(emulator.Sample, "code: 10m", "code: 2m", 1)), 0o600))
	i := start(t, "-config", file)
	a := i.challenge(t, profileApp, "/oauth2/v2.0/initiate", "/oauth2/v2.0/challenge", ada)
	redeem := func() string {
		_, refused := i.post(t, profileApp, "/oauth2/v2.0/token", "grant_type", "oob", "oob", "12345678", "continuation_token", a.text("continuation_token"))
		return refused.refusedBy()
	}
	assert.Equal(t, "2m0s", i.ask(t, http.MethodPost, "clock", `{"forward":"2m"}`)["ahead"])
	assert.Equal(t, "invalid_grant invalid_oob_value 50181", redeem(), "the code")
	i.ask(t, http.MethodPost, "clock", `{"forward":"8m"}`)
	assert.Equal(t, "expired_token 552003", redeem(), "the flow")
	frozen := i.ask(t, http.MethodPost, "clock", `{"frozen":true}`)
	assert.Equal(t, frozen["now"], i.ask(t, http.MethodGet, "clock", "")["now"])
	assert.Equal(t, "0s", i.ask(t, http.MethodDelete, "clock", "")["ahead"])
}

func TestStandIn_AResetBringsBackWhatTheFileSays(t *testing.T) {
	i := standIn(t)
	before := i.ask(t, http.MethodGet, "users/"+grace, "")
	tokens := i.knock(t, tenantApp, ada, harbour)
	i.challenge(t, profileApp, "/signup/v1.0/start", "/signup/v1.0/challenge", "eve@contoso.example")
	i.ask(t, http.MethodPut, "users/eve@contoso.example", `{}`)
	i.ask(t, http.MethodPatch, "users/"+grace, `{"mfa":false,"disabled":true,"methods":[]}`)
	i.ask(t, http.MethodDelete, "users/"+ada, "")
	i.ask(t, http.MethodPost, "clock", `{"forward":"1h","frozen":true}`)
	_, _ = i.tests(t, http.MethodPost, "failures", `{"path":"/oauth2/v2.0/initiate","error":"user_not_found"}`)

	i.ask(t, http.MethodPost, "reset", `{}`)
	assert.Equal(t, before, i.ask(t, http.MethodGet, "users/"+grace, ""))
	assert.Equal(t, "invalid_grant mfa_required 50076", i.knock(t, tenantApp, grace, harbour).refusedBy())
	assert.NotEmpty(t, i.knock(t, tenantApp, ada, harbour)["access_token"])
	_, users := i.tests(t, http.MethodGet, "users", "")
	assert.Len(t, users, 4)
	for _, empty := range []string{"inbox", "failures"} {
		_, list := i.tests(t, http.MethodGet, empty, "")
		assert.Equal(t, []any{}, list)
	}
	clock := i.ask(t, http.MethodGet, "clock", "")
	assert.Equal(t, "0s", clock["ahead"])
	assert.Equal(t, false, clock["frozen"])
	_, a := i.post(t, tenantApp, "/oauth2/v2.0/token", "grant_type", "refresh_token", "refresh_token", tokens.text("refresh_token"))
	assert.Equal(t, "invalid_grant bad_token 70000", a.refusedBy())
}

func TestStandIn_IsReadyAndSaysWhatAnAppHasToKnow(t *testing.T) {
	i := standIn(t)
	a := i.ask(t, http.MethodGet, "ready", "")
	assert.Equal(t, i.base+apiPath, a["issuer"])
	assert.Equal(t, tenantID, a["tenant_id"])
	assert.Contains(t, a["clients"], strictApp.ID)
	assert.Contains(t, i.stdout.String(), "authority  "+i.base+apiPath+"\n")
	assert.Contains(t, i.stdout.String(), "data       memory\n")
}

func TestStandIn_HasNoPagesOfTheApp(t *testing.T) {
	i := standIn(t)
	_, body := i.get(t, "/")
	assert.Contains(t, body, "/dev/api/reset", "it leads to what tests can do")
	for _, path := range []string{"/account", "/api/me"} {
		resp, _ := i.get(t, path)
		assert.Equal(t, http.StatusNotFound, resp.StatusCode, path)
	}
	resp, _ := start(t).get(t, "/dev/api/users")
	assert.Equal(t, http.StatusNotFound, resp.StatusCode, "and the app has nothing for tests")
}

func TestStandIn_ADatabaseKeepsPeopleAndCannotBeReset(t *testing.T) {
	db := emptySQLite(t)
	first := standIn(t, "-db", db)
	assert.NotEmpty(t, first.knock(t, tenantApp, ada, harbour)["access_token"])
	first.ask(t, http.MethodPatch, "users/"+ada, `{"password":"`+lantern+`"}`)
	require.NoError(t, first.stop())

	second := standIn(t, "-db", db)
	assert.NotEmpty(t, second.knock(t, tenantApp, ada, lantern)["access_token"], "the file does not take it back")
	for _, call := range [][]string{{"POST", "reset", "{}"}, {"GET", "users", ""}, {"DELETE", "users/" + ada, ""}, {"POST", "clock", `{"forward":"1m"}`}} {
		status, a := second.tests(t, call[0], call[1], call[2])
		assert.Equal(t, http.StatusConflict, status, call)
		assert.Contains(t, a.(map[string]any)["error"], "leave -db and -redis out")
	}
}

func TestParseFlags_TheStandInHasNoMailThatLeaves(t *testing.T) {
	file := sampleFile(t)
	for words, args := range map[string][]string{
		"-smtp is not for use with -config":            {"-config", file, "-smtp", "mail.example:25"},
		"-limits is not for use with -config":          {"-config", file, "-limits", "off"},
		"-resend-interval is not for use with -config": {"-config", file, "-resend-interval", "5s"},
		"-config: open nowhere.yaml":                   {"-config", "nowhere.yaml"},
		"have them mailed with -smtp":                  {"-config", file, "-issuer", "https://id.example/contoso"},
		"-issuer has a path beneath /dev":              {"-config", file, "-issuer", "http://localhost:1/dev/api"},
	} {
		_, err := parseFlags(args, &output{})
		assert.ErrorContains(t, err, words)
		assert.Equal(t, 2, exitCode(err))
	}
	o, err := parseFlags([]string{"-config", file}, &output{})
	require.NoError(t, err)
	assert.Equal(t, "memory", o.db.name, "unless -db says otherwise")
}

func TestParseFlags_EveryMistakeOfTheFileIsSaid(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tenant.yaml")
	require.NoError(t, os.WriteFile(file, []byte("tenant: {nam: contoso}\nclients: []\n"), 0o600))
	_, err := parseFlags([]string{"-config", file}, &output{})
	require.Error(t, err)
	for _, words := range []string{":1: tenant.name is missing", ":1: tenant.nam is unknown", ":2: clients is missing"} {
		assert.ErrorContains(t, err, file+words)
	}
}

func TestParseFlags_PrintsASample(t *testing.T) {
	var printed output
	_, err := parseFlags([]string{"-sample-config"}, &printed)
	assert.ErrorIs(t, err, flag.ErrHelp)
	assert.Equal(t, emulator.Sample, printed.String())
}
