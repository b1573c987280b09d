package handler_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/internal/figures"
)

// T20, T22, W4, K6: what holds for every endpoint there is, whatever is sent to it.

// mutation is a way to send something else than a client would.
type mutation struct {
	name string
	send func(r *http.Request, form url.Values)
}

func withBody(media string, body string) func(*http.Request, url.Values) {
	return func(r *http.Request, _ url.Values) {
		r.Header.Set("Content-Type", media)
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	}
}

// withForm changes what is sent as a form.
func withForm(change func(form url.Values)) func(*http.Request, url.Values) {
	return func(r *http.Request, form url.Values) {
		change(form)
		withBody("application/x-www-form-urlencoded", form.Encode())(r, nil)
	}
}

// each gives every parameter the same value.
func each(value string) func(*http.Request, url.Values) {
	return withForm(func(form url.Values) {
		for name := range form {
			form.Set(name, value)
		}
	})
}

// joined gives a body and what is beside it.
func joined(all ...func(*http.Request, url.Values)) func(*http.Request, url.Values) {
	return func(r *http.Request, form url.Values) {
		for _, f := range all {
			f(r, form)
		}
	}
}

func header(name, value string) func(*http.Request, url.Values) {
	return func(r *http.Request, _ url.Values) { r.Header.Set(name, value) }
}

const (
	formMedia = "application/x-www-form-urlencoded"
	jsonMedia = "application/json"
)

func mutations() []mutation {
	list := []mutation{
		{"as it is", withForm(func(url.Values) {})},
		{"nothing", withBody(formMedia, "")},
		{"no media type", joined(withForm(func(url.Values) {}), func(r *http.Request, _ url.Values) { r.Header.Del("Content-Type") })},
		{"an empty JSON", withBody(jsonMedia, "{}")},
		{"a JSON list", withBody(jsonMedia, "[]")},
		{"a JSON null", withBody(jsonMedia, "null")},
		{"half a JSON", withBody(jsonMedia, `{"client_id":"`)},
		{"two JSONs", withBody(jsonMedia, `{}{}`)},
		{"a deep JSON", withBody(jsonMedia, strings.Repeat("[", 10_000))},
		{"a deep JSON object", withBody(jsonMedia, strings.Repeat(`{"a":`, 10_000)+"1"+strings.Repeat("}", 10_000))},
		{"a large number", withBody(jsonMedia, `{"client_id":1e400}`)},
		{"a member twice", withBody(jsonMedia, `{"client_id":"a","client_id":"b"}`)},
		{"a member in another case", withBody(jsonMedia, `{"client_id":"`+omni+`","CLIENT_ID":"x"}`)},
		{"a lone surrogate", withBody(jsonMedia, `{"client_id":"\ud800"}`)},
		{"a NUL in JSON", withBody(jsonMedia, `{"client_id":"a\u0000b"}`)},
		{"JSON that is no UTF-8", withBody(jsonMedia, "{\"client_id\":\"\xff\"}")},
		{"JSON with a BOM", withBody(jsonMedia, "\ufeff{}")},
		{"JSON of another charset", withBody(jsonMedia+"; charset=utf-16", "{}")},
		{"JSON said to be a form", withBody(formMedia, `{"client_id":"`+omni+`"}`)},
		{"a form said to be JSON", withBody(jsonMedia, "client_id="+omni)},
		{"multipart", withBody("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"client_id\"\r\n\r\na\r\n--x--\r\n")},
		{"multipart without a boundary", withBody("multipart/form-data", "x")},
		{"plain text", withBody("text/plain", "client_id="+omni)},
		{"XML", withBody("text/xml", "<a/>")},
		{"no type at all", withBody("/", "client_id="+omni)},
		{"a type with a bad parameter", withBody(formMedia+"; charset", "client_id="+omni)},
		{"a broken escape", withBody(formMedia, "client_id=%")},
		{"a broken escape in a name", withBody(formMedia, "%zz=a")},
		{"a raw NUL", withBody(formMedia, "client_id=a\x00b")},
		{"an overlong UTF-8", withBody(formMedia, "client_id=%c0%80")},
		{"separators alone", withBody(formMedia, strings.Repeat("&", 1000))},
		{"equals alone", withBody(formMedia, strings.Repeat("=", 1000))},
		{"semicolons", withBody(formMedia, "client_id="+omni+";grant_type=password")},
		{"65 parameters", withBody(formMedia, strings.Repeat("a=b&", 65))},
		{"64 KiB", withBody(formMedia, "a="+strings.Repeat("b", 64<<10-2))},
		{"more than 64 KiB", withBody(formMedia, "a="+strings.Repeat("b", 64<<10-1))},
		{"more than 64 KiB of JSON", withBody(jsonMedia, `{"a":"`+strings.Repeat("b", 64<<10)+`"}`)},
		{"a length that is not told", joined(withForm(func(url.Values) {}), func(r *http.Request, _ url.Values) { r.ContentLength = -1 })},
		{"all of it twice", func(r *http.Request, form url.Values) {
			withBody(formMedia, form.Encode()+"&"+form.Encode())(r, nil)
		}},
		{"all of it in the URL", func(r *http.Request, form url.Values) {
			withBody(formMedia, "")(r, nil)
			r.URL.RawQuery = form.Encode()
		}},
		{"a URL that cannot be read", func(r *http.Request, form url.Values) { r.URL.RawQuery = "%zz;&=&" }},
		{"names in capitals", withForm(func(form url.Values) {
			for name, values := range maps.Clone(form) {
				delete(form, name)
				form[strings.ToUpper(name)] = values
			}
		})},
		{"another scheme", header("Authorization", "Digest x")},
		{"a bearer of nothing", header("Authorization", "Bearer ")},
		{"a long bearer", header("Authorization", "Bearer "+strings.Repeat("a.b.", 10_000))},
		{"a Basic that is no base64", header("Authorization", "Basic !")},
		{"a Basic without a colon", header("Authorization", "Basic YQ==")},
		{"a Basic of an unknown client", header("Authorization", "Basic eDp5")},
		{"a cookie of nobody", header("Cookie", cookieName+"=x; __Host-session=%00; "+strings.Repeat("a=b; ", 200))},
		{"an Origin that is none", header("Origin", "null")},
		{"an Origin of another site", joined(header("Origin", "https://evil.example"), header("Sec-Fetch-Site", "cross-site"))},
		{"ids that are none", joined(header("client-request-id", strings.Repeat("x", 4000)), header("x-client-SKU", "\u00e9"))},
		{"a wish for another language", header("Accept-Language", strings.Repeat("xx-YY,", 500))},
		{"a wish for nothing we have", header("Accept", "image/png")},
	}
	for name, value := range map[string]string{
		"nothing in each": "", "a blank in each": " ", "a quote in each": `'"\`, "a NUL in each": "\x00", "a newline in each": "a\r\nb", "no UTF-8 in each": "\xff\xfe",
		"an escape in each": "%00%ff", "markup in each": "<script>alert(1)</script>", "a template in each": "{{.}}${jndi:x}", "right to left in each": "\u202eabc", "a million digits in each": strings.Repeat("9", 5000),
		"a token in each": "AAAA.BBBB.CCCC", "JSON in each": `{"a":{"b":[1,2,{}]}}`, "an address in each": "a@b@c", "a path in each": "../../../etc/passwd", "a URL in each": "https://evil.example/?a=b#c",
	} {
		list = append(list, mutation{name, each(value)})
	}
	return list
}

// allParameters are parameters enough for any endpoint, of which none is good.
func allParameters() url.Values {
	return url.Values{
		"client_id": {omni}, "username": {casey}, "password": {"x"}, "challenge_type": {every}, "grant_type": {"password"}, "continuation_token": {"x"},
		"oob": {"12345678"}, "attributes": {"{}"}, "new_password": {"x"}, "refresh_token": {"x"}, "token": {"x"}, "scope": {"openid"}, "id": {"x"}, "challenge_target": {"x"},
		"challenge_channel": {"email"}, "device_code": {"x"}, "user_code": {"x"}, "action": {"approve"}, "email": {casey}, "phone_number": {number}, "auth_source_id": {"x"},
		"otp_token": {"x"}, "otp": {"x"}, "usage": {"login"}, "auto_signup": {"true"}, "audience": {"x"}, "realm": {"x"}, "mfa_token": {"x"}, "oob_code": {"x"},
		"binding_code": {"x"}, "recovery_code": {"x"}, "authenticator_id": {"x"}, "state": {"x"}, "post_logout_redirect_uri": {"x"},
	}
}

// harmless checks an answer to something that nobody should have sent.
func harmless(t *testing.T, resp *http.Response, body []byte, what string) {
	t.Helper()
	assert.Less(t, resp.StatusCode, 500, "%s: %s", what, body)
	if !strings.Contains(what, "/openapi.json") { // which grows with the API and not with what is sent
		assert.LessOrEqual(t, len(body), 16<<10, what)
	}
	assert.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"), what)
	media := resp.Header.Get("Content-Type")
	switch {
	case strings.HasPrefix(media, jsonMedia):
		assert.True(t, json.Valid(body), "%s: %s", what, body)
	case strings.HasPrefix(media, "text/html"):
		assert.NotEmpty(t, resp.Header.Get("Content-Security-Policy"), what)
		assert.NotContains(t, string(body), "<script", what)
	default:
		assert.Empty(t, body, "%s: of type %q", what, media)
	}
	for _, value := range append(slices.Concat(slices.Collect(maps.Values(resp.Header))...), string(body)) {
		assert.NotContains(t, value, "evil.example", what)
	}
}

func TestT20_NothingThatIsSentAnywhereDoesHarm(t *testing.T) {
	s := newStand(t)
	sent := 0
	for path, methods := range s.auth.Paths() {
		for _, m := range mutations() {
			for _, method := range []string{"POST", "GET"} {
				if !slices.Contains(methods, method) {
					continue
				}
				what := fmt.Sprintf("%s %s with %s", method, path, m.name)
				r := request(t, s.base+path, "")
				r.Method = method
				m.send(r, allParameters())
				resp, err := http.DefaultTransport.RoundTrip(r)
				require.NoError(t, err, what)
				var body bytes.Buffer
				_, err = body.ReadFrom(resp.Body)
				require.NoError(t, err, what)
				require.NoError(t, resp.Body.Close())
				harmless(t, resp, body.Bytes(), what)
				if method == "POST" {
					assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"), what)
				}
				sent++
			}
		}
	}
	t.Logf("%d requests to %d paths", sent, len(s.auth.Paths()))
	figures.Report(t, "T20 malformed requests without harm", sent, "requests", figures.AtLeast(1500))
}

// K6, L4: no header of the request moves the issuer, a link or an audience.
func TestT22_NoHeaderMovesAnything(t *testing.T) {
	s := newStand(t)
	for path, methods := range s.auth.Paths() {
		for _, name := range []string{
			"Host", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Server", "X-Forwarded-Scheme",
			"Forwarded", "X-Original-URL", "X-Rewrite-URL", "X-Original-Host", "X-Host", "X-Real-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "X-Client-Ip", "Via",
			"X-Http-Method-Override", "X-Method-Override", "Referer",
		} {
			for _, method := range []string{"POST", "GET"} {
				if !slices.Contains(methods, method) {
					continue
				}
				r := request(t, s.base+path, allParameters().Encode())
				r.Method = method
				r.Header.Set(name, "evil.example")
				if name == "Host" {
					r.Host = "evil.example"
				}
				resp, err := http.DefaultTransport.RoundTrip(r)
				require.NoError(t, err)
				body, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
				harmless(t, resp, body, method+" "+path+" with "+name)
			}
		}
	}
}

func TestMethod_EveryEndpointSaysWhatItTakes(t *testing.T) {
	s := newStand(t)
	for path, methods := range s.auth.Paths() {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"} {
			if slices.Contains(methods, method) {
				continue
			}
			resp, _ := s.bare(method, s.base+path, "")
			assert.Equal(t, 405, resp.StatusCode, "%s %s", method, path)
			assert.Equal(t, strings.Join(methods, ", "), resp.Header.Get("Allow"), "%s %s", method, path)
		}
	}
}
