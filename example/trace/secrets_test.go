package trace_test

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/example/trace"
)

// shownParameters are all whose values the page shows. Whoever adds one has thought about what people put there.
var shownParameters = []string{
	"action", "audience", "auth_source_id", "authenticator_id", "auto_signup", "capabilities", "challenge_channel", "challenge_target",
	"challenge_type", "client_assertion_type", "client_id", "email", "grant_type", "id", "phone_number", "realm", "scope", "token_type_hint", "ui_locales",
	"usage", "username",
}

// parametersOf are all parameters that the API describes.
func parametersOf(t *testing.T, w *world) (names []string) {
	var description struct {
		Paths map[string]map[string]struct {
			RequestBody struct {
				Content map[string]struct {
					Schema struct{ Properties map[string]any }
				}
			}
		}
	}
	text, err := json.Marshal(w.auth.OpenAPI())
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &description))
	for _, methods := range description.Paths {
		for _, o := range methods {
			for _, media := range o.RequestBody.Content {
				for name := range media.Schema.Properties {
					names = append(names, name)
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// planted is a secret in a parameter or a member of a name.
func planted(name string) string { return "planted-in-" + strings.ReplaceAll(name, "_", "-") }

// everything is all that the trace tells anybody: its page, also of one flow, its JSON and its stream.
func everything(t *testing.T, flows *trace.Trace) string {
	var all strings.Builder
	ask := func(path, accept string) {
		r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
		r.RemoteAddr = "127.0.0.1:5000"
		r.Header.Set("Accept", accept)
		w := httptest.NewRecorder()
		flows.ServeHTTP(w, r)
		require.Equal(t, http.StatusOK, w.Code, path)
		all.WriteString(html.UnescapeString(w.Body.String()))
	}
	for _, f := range flows.Flows() {
		ask(page+"/"+f.ID, "application/json")
		ask(page+"/"+f.ID, "text/html")
	}
	ask(page, "application/json")
	ask(page, "text/html")
	flows.Close() // so that the stream ends when it has told all there is
	ask(page+"/events", "text/event-stream")
	return all.String()
}

func TestSecrets_OfRequestsAreNotShown(t *testing.T) {
	names := parametersOf(t, newWorld(t))
	require.Greater(t, len(names), 35)
	form, object := url.Values{}, map[string]any{}
	for _, name := range append(names, "passwrd", "continuation-token", "state", "claims", "X") {
		form.Set(name, planted(name))
		object[name] = planted(name)
	}
	form.Set("attributes", `{"displayName":"`+planted("attributes")+`"}`)
	object["nested"] = map[string]any{"password": planted("nested")}
	inJSON, err := json.Marshal(object)
	require.NoError(t, err)

	for name, r := range map[string]*http.Request{
		"in a form": httptest.NewRequest(http.MethodPost, "/oauth2/v2.0/token", strings.NewReader(form.Encode())),
		"in JSON":   httptest.NewRequest(http.MethodPost, "/oauth/token", strings.NewReader(string(inJSON))),
		"in a URL":  httptest.NewRequest(http.MethodPost, "/oauth2/v2.0/token?"+form.Encode(), nil),
		"in what is cut off": httptest.NewRequest(http.MethodPost, "/oauth2/v2.0/token",
			strings.NewReader(form.Encode()+"&password=%zz"+planted("password")+"&"+planted("name")+strings.Repeat("n", 100)+"=")),
	} {
		t.Run(name, func(t *testing.T) {
			r.Header.Set("Authorization", "Bearer "+planted("header"))
			r.Header.Set("Cookie", "session="+planted("cookie"))
			flows := trace.New(trace.Config{Path: page})
			flows.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.ReadAll(r.Body)
			})).ServeHTTP(httptest.NewRecorder(), r)
			shown := everything(t, flows)
			for _, name := range append(names, "passwrd", "continuation-token", "state", "claims", "X", "nested", "header", "cookie") {
				found := regexp.MustCompile(planted(name) + `\b[^-]`).MatchString(shown)
				assert.Equal(t, slices.Contains(shownParameters, name), found, name)
			}
		})
	}
}

// What somebody gets wrong while they build an app: what should have been a value stands where a name does.
func TestSecrets_OfBodiesThatAreNotRightAreNotShown(t *testing.T) {
	for name, body := range map[string]string{
		"JSON with a comma too many":    `{"password":"planted","username":"ada@example.com",}`,
		"JSON with the quotes of shell": `{'password':'planted'}`,
		"JSON with an equals sign":      `{"password":"planted=","username":"ada@example.com",}`,
		"JSON in an array":              `["planted"]`,
		"an ampersand in a password":    "username=ada%40example.com&password=quiet&planted",
		"a password alone":              "planted",
		"a body in parts":               "--x\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nquiet&planted\r\n--x--\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			flows := trace.New(trace.Config{Path: page})
			flows.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.ReadAll(r.Body)
				w.WriteHeader(http.StatusBadRequest)
			})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/oauth/token", strings.NewReader(body)))
			shown := everything(t, flows)
			assert.NotContains(t, shown, "planted")
			assert.Contains(t, shown, "not form-encoded")
		})
	}
}

func TestSecrets_OfAPathAreNotShown(t *testing.T) {
	for _, path := range []string{"/oauth2/v2.0/token&password=planted", "/oauth2/v2.0/token;password=planted", "/oauth2/v2.0/password=planted"} {
		flows := trace.New(trace.Config{Path: page})
		flows.Wrap(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, path, nil))
		shown := everything(t, flows)
		assert.NotContains(t, shown, "planted", path)
		assert.Contains(t, shown, "/oauth2/v2.0/", path)
	}
}

func TestSecrets_OfABasicHeaderAreNotShown(t *testing.T) {
	flows := trace.New(trace.Config{Path: page})
	r := httptest.NewRequest(http.MethodPost, "/oauth2/revoke", nil)
	r.SetBasicAuth("a-client", planted("secret"))
	flows.Wrap(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), r)
	shown := everything(t, flows)
	assert.Contains(t, shown, "a-client")
	assert.NotContains(t, shown, "planted")
}

func TestSecrets_OfAnswersAreNotShown(t *testing.T) {
	secret := []string{
		"continuation_token", "access_token", "refresh_token", "id_token", "mfa_token", "otp_token", "oob_code", "device_code", "user_code",
		"otpauth_uri", "recovery_codes", "message", "sub", "anything",
	}
	body := map[string]any{"code_length": 8, "recovery_codes": []string{planted("recovery_codes")}}
	for _, name := range secret {
		if name != "recovery_codes" {
			body[name] = planted(name)
		}
	}
	text, err := json.Marshal(body)
	require.NoError(t, err)
	flows := trace.New(trace.Config{Path: page})
	api := flows.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "session="+planted("cookie"))
		w.WriteHeader(map[string]int{"/good": 200, "/bad": 400}[r.URL.Path])
		_, _ = w.Write(text)
	}))
	for _, path := range []string{"/good", "/bad"} {
		api.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, path, nil))
	}
	shown := everything(t, flows)
	assert.NotContains(t, shown, "planted")
	for _, name := range secret {
		assert.Contains(t, shown, name)
	}
	assert.Contains(t, shown, "code_length")
}

// What the flows of an app bring and give, from the first code to the last token.
func TestSecrets_OfAWholeFlowAreNotShown(t *testing.T) {
	w := newWorld(t)
	ada := &person{world: w, address: "ada@example.com", id: same("")}
	var secrets []string
	for _, call := range ada.signUp() {
		if ada.token != "" {
			secrets = append(secrets, ada.token)
		}
		call()
	}
	secrets = append(secrets, harbor, ada.code(), wrong(ada.code()))
	require.Len(t, secrets, 7)
	_, body := w.get(page)
	_, inJSON := w.get(page, "Accept", "application/json")
	for _, secret := range secrets {
		assert.NotContains(t, body, secret)
		assert.NotContains(t, inJSON, secret)
		assert.NotContains(t, inJSON, secret[:len(secret)-2], "nor most of one")
	}
	assert.Contains(t, body, "ada@example.com")
}
