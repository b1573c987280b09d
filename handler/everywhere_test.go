package handler_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
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
		"an address at its cap in each": strings.Repeat("a", 254), "an address over its cap in each": strings.Repeat("a", 255),
		"a password at its cap in each": strings.Repeat("a", 1024), "a password over its cap in each": strings.Repeat("a", 1025),
		"attributes at their cap in each": strings.Repeat("a", 16<<10), "attributes over their cap in each": strings.Repeat("a", 16<<10+1),
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

// harmless checks an answer to something that nobody should have sent, and tells whether it is one.
func harmless(t *testing.T, resp *http.Response, body []byte, what string) bool {
	t.Helper()
	all := []bool{assert.Less(t, resp.StatusCode, 500, "%s: %s", what, body)}
	if !strings.Contains(what, "/openapi.json") { // which grows with the API and not with what is sent
		all = append(all, assert.LessOrEqual(t, len(body), 16<<10, what))
	}
	all = append(all, assert.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"), what))
	media := resp.Header.Get("Content-Type")
	switch {
	case strings.HasPrefix(media, jsonMedia):
		all = append(all, assert.True(t, json.Valid(body), "%s: %s", what, body))
	case strings.HasPrefix(media, "text/html"):
		all = append(all, assert.NotEmpty(t, resp.Header.Get("Content-Security-Policy"), what), assert.NotContains(t, string(body), "<script", what))
	default:
		all = append(all, assert.Empty(t, body, "%s: of type %q", what, media))
	}
	for _, value := range append(slices.Concat(slices.Collect(maps.Values(resp.Header))...), string(body)) {
		all = append(all, assert.NotContains(t, value, "evil.example", what))
	}
	return !slices.Contains(all, false)
}

func TestT20_NothingThatIsSentAnywhereDoesHarm(t *testing.T) {
	s := newStand(t)
	sent, harmful := 0, 0
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
				well := harmless(t, resp, body.Bytes(), what)
				if method == "POST" {
					well = assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"), what) && well
				}
				if sent++; !well {
					harmful++
				}
			}
		}
	}
	t.Logf("%d requests to %d paths", sent, len(s.auth.Paths()))
	figures.Report(t, "T20 classes of malformed requests", len(mutations())-1, "classes", figures.AtLeast(60)) // the first is as it should be
	figures.Report(t, "T20 malformed requests", sent, "requests", figures.AtLeast(1500))
	figure(t, "T20 malformed requests that do harm: a 5xx, no envelope, an echo, a missing header", harmful, "requests", 0)
}

// forged are headers by which somebody says that they have called another host, or come from elsewhere.
var forged = [][2]string{
	{"Host", "evil.example"}, {"Host", "evil.example:443"}, {"Host", "127.0.0.1.evil.example"}, {"X-Forwarded-Host", "evil.example"}, {"X-Forwarded-Host", "evil.example, 127.0.0.1"},
	{"X-Forwarded-Proto", "https"}, {"X-Forwarded-Proto", "evil"}, {"X-Forwarded-Prefix", "/evil.example"}, {"X-Forwarded-For", "evil.example"}, {"X-Forwarded-For", "203.0.113.9"},
	{"X-Forwarded-Port", "8443"}, {"X-Forwarded-Server", "evil.example"}, {"X-Forwarded-Scheme", "https"}, {"X-Forwarded-Ssl", "on"}, {"Front-End-Https", "on"},
	{"Forwarded", "host=evil.example;proto=https;for=203.0.113.9"}, {"Forwarded", `host="evil.example:443"`}, {"X-Original-URL", "/evil.example"}, {"X-Rewrite-URL", "/evil.example"},
	{"X-Original-Host", "evil.example"}, {"X-Host", "evil.example"}, {"X-HTTP-Host-Override", "evil.example"}, {"X-Real-Ip", "203.0.113.9"}, {"True-Client-Ip", "203.0.113.9"},
	{"Cf-Connecting-Ip", "203.0.113.9"}, {"X-Client-Ip", "203.0.113.9"}, {"Via", "1.1 evil.example"}, {"X-Http-Method-Override", "DELETE"}, {"X-Method-Override", "DELETE"},
	{"Referer", "https://evil.example/"},
}

// withForged sends a call with a forged header, "" for none, and returns what came back.
func (w *world) withForged(h [2]string, method, path, body string) (*http.Response, string) {
	w.Helper()
	r := request(w.T, w.base+path, body)
	r.Method = method
	switch h[0] {
	case "":
	case "Host":
		r.Host = h[1]
	default:
		r.Header.Set(h[0], h[1])
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(w, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(w, err)
	return resp, string(text)
}

var links = regexp.MustCompile(`https?://[^"\s<>\\]+`)

// linked are the links and issuers of an answer, in its headers and its body.
func linked(resp *http.Response, body string) []string {
	return links.FindAllString(strings.Join(slices.Concat(resp.Header.Values("Location"), resp.Header.Values("Link"), resp.Header.Values("WWW-Authenticate"), []string{body}), " "), -1)
}

// K6, L4: no header of the request moves the issuer, a link or an audience.
func TestT22_NoHeaderMovesAnything(t *testing.T) {
	s := newStand(t)
	sent, changed, paths := 0, 0, 0
	for path, methods := range s.auth.Paths() {
		paths++
		for _, method := range []string{"POST", "GET"} {
			if !slices.Contains(methods, method) {
				continue
			}
			as := linked(s.withForged([2]string{}, method, path, allParameters().Encode()))
			for _, h := range forged {
				what := fmt.Sprintf("%s %s with %s: %s", method, path, h[0], h[1])
				resp, body := s.withForged(h, method, path, allParameters().Encode())
				harmless(t, resp, []byte(body), what)
				if sent++; !assert.Equal(t, as, linked(resp, body), what) {
					changed++
				}
			}
		}
	}
	figures.Report(t, "T22 forged headers at every endpoint, requests", sent, "requests", figures.AtLeast(20*paths))
	figure(t, "T22 forged headers at every endpoint, issuers and links that they change", changed, "answers", 0)
	s.judgeForgedSignIns()
}

// judgeForgedSignIns judges sign-ins whose every call has a forged header: what tokens, devices and mails say.
func (s *stand) judgeForgedSignIns() {
	changed := 0
	for _, h := range forged {
		call := func(path string, pairs ...string) (body map[string]any) {
			_, text := s.withForged(h, "POST", path, form(append([]string{"client_id", omni}, pairs...)...))
			require.NoError(s, json.Unmarshal([]byte(text), &body), text)
			return body
		}
		said := func(body map[string]any, member string) string { text, _ := body[member].(string); return text }
		start := said(call(inStart, "username", casey, "challenge_type", native), "continuation_token")
		mails := s.mail.count()
		asked := said(call(inChallenge, "continuation_token", start), "continuation_token")
		m := s.mail.take(mails + 1)
		tokens := call(inToken, "continuation_token", asked, "grant_type", "oob", "oob", m.Code, "scope", "openid Orders.Read")
		a := answer{t: s.T, status: 200, body: tokens}
		claims := accessClaims(s.T, a)
		device := call(deviceCodes[0])
		if !assert.Equal(s, []any{self, self, self, self + "/device", false}, []any{
			claims["iss"], claims["aud"], idClaims(s.T, a)["iss"], device["verification_uri"], links.MatchString(m.Text() + m.HTML()),
		}, "%v", h) {
			changed++
		}
	}
	figure(s, fmt.Sprintf("T22 sign-ins with forged headers, of %d, whose tokens, device pages or mails they change", len(forged)), changed, "sign-ins", 0)
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
