package handler_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
)

var (
	endpoints = []string{
		"/signup/v1.0/start", "/signup/v1.0/challenge", "/signup/v1.0/continue",
		"/oauth2/v2.0/initiate", "/oauth2/v2.0/challenge", "/oauth2/v2.0/token",
		"/resetpassword/v1.0/start", "/resetpassword/v1.0/challenge", "/resetpassword/v1.0/continue",
		"/resetpassword/v1.0/submit", "/resetpassword/v1.0/poll_completion",
	}
	documents = []string{
		"/.well-known/openid-configuration", "/v2.0/.well-known/openid-configuration", "/discovery/v2.0/keys",
	}
)

// bare sends a request and returns what came back, whatever it is.
func (w *world) bare(method, url, body string, headers ...string) (*http.Response, string) {
	w.Helper()
	r := request(w.T, url, body)
	r.Method = method
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(w, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(w, err)
	return resp, string(text)
}

// method sends a request with another method than POST.
func (w *world) method(method, path string) answer {
	w.Helper()
	r := request(w.T, w.base+path, "")
	r.Method = method
	return w.send(r)
}

func TestMethod_EndpointsTakePostAndNothingElse(t *testing.T) {
	w := newWorld(t)
	for _, path := range endpoints {
		for _, m := range []string{"GET", "PUT", "PATCH", "DELETE", "TRACE", "post", "BREW"} {
			a := w.method(m, path).refused(405, "invalid_request", "", 900561)
			assert.Equal(t, "POST, OPTIONS", a.header.Get("Allow"), "%s %s", m, path)
		}
		resp, body := w.bare("HEAD", w.base+path, "")
		assert.Equal(t, 405, resp.StatusCode)
		assert.Equal(t, "POST, OPTIONS", resp.Header.Get("Allow"))
		assert.Empty(t, body)
	}
}

func TestMethod_DocumentsAreReadAndNothingElse(t *testing.T) {
	w := newWorld(t)
	for _, path := range documents {
		for _, m := range []string{"POST", "PUT", "DELETE"} {
			a := w.method(m, path).refused(405, "invalid_request", "", 900561)
			assert.Equal(t, "GET, HEAD, OPTIONS", a.header.Get("Allow"), "%s %s", m, path)
		}
	}
}

func TestMethod_IsLookedAtBeforeTheBody(t *testing.T) {
	w := newWorld(t)
	resp, _ := w.bare("PUT", w.base+endpoints[0], strings.Repeat("x", 65<<10), "Content-Type", "text/plain")
	assert.Equal(t, 405, resp.StatusCode)
}

func TestPath_WhatIsUnknownIsNotFound(t *testing.T) {
	for _, issuer := range []string{"http://127.0.0.1", "http://127.0.0.1/contoso"} {
		w := newWorld(t, func(c *handler.Config) { c.Issuer = issuer })
		for _, path := range []string{
			"/signup/", "/signup/v1.0/", "/signup/v1.0", "/signup/v1.0/begin", "/signup/v2.0/start", "/signup/v1.0/start/more",
			"/oauth2/v2.0/authorize", "/oauth2/v2.0/tokens", "/oauth2/V2.0/token", "/oauth2/v2.0/token%00", "/oauth2/v2.0/authorize-challenge",
		} {
			for _, m := range []string{"POST", "GET", "OPTIONS"} {
				w.method(m, path).refused(404, "invalid_request", "", 90023)
			}
		}
	}
	w := newWorld(t)
	for _, path := range []string{"", "/", "/oauth/v2.0/token", "/v2.0/", "/signup"} {
		w.method("POST", path).refused(404, "invalid_request", "", 90023)
	}
}

func TestPath_ATrailingSlashIsTolerated(t *testing.T) {
	for _, issuer := range []string{"http://127.0.0.1", "http://127.0.0.1/contoso"} {
		w := newWorld(t, func(c *handler.Config) { c.Issuer = issuer })
		for _, path := range endpoints {
			w.post(path+"/", "client_id", "?").refused(400, "invalid_request", "", 90100)
		}
	}
	w := newWorld(t)
	for _, path := range documents {
		assert.Equal(t, 200, w.method("GET", path+"/").status)
	}
}

func TestPath_AnyPrefixAndNone(t *testing.T) {
	for _, path := range []string{"", "/a", "/a/b/c", "/contoso.onmicrosoft.com", "/6b1c7f2e-0f6d-4a3e-9c55-0a2f3d4e5f60", "/~me/v2.0"} {
		t.Run(path, func(t *testing.T) {
			w := newWorld(t, func(c *handler.Config) { c.Issuer = "http://127.0.0.1" + path })
			w.signUp(casey)
			assert.Equal(t, "http://127.0.0.1"+path, idClaims(t, w.signIn(casey))["iss"])
		})
	}
}

func TestPath_PrefixIsWhereRequestsArrive(t *testing.T) {
	for prefix, base := range map[string]string{"/": "", "/inside": "/inside", "/in/side/": "/in/side"} {
		w := newWorld(t, func(c *handler.Config) { c.Issuer, c.Prefix = "http://127.0.0.1/outside", prefix })
		w.base = w.http.URL + base
		w.signUp(casey)
		w.signIn(casey)
		document := w.method("GET", documents[0])
		assert.Equal(t, "http://127.0.0.1/outside/oauth2/v2.0/token", document.body["token_endpoint"])
	}
}

func TestPath_AuthServesTheWholeTreeByItself(t *testing.T) {
	w := newWorld(t)
	w.http.Config.Handler = w.auth
	w.signUp(casey)
	w.signIn(casey)
	w.method("POST", "/nowhere").refused(404, "invalid_request", "", 90023)
}

func TestQuery_UnknownParametersAreIgnored(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	for _, query := range []string{"?dc=ESTS-PUB-WEULR1-AZ1", "?a=1&a=2&b", "?%zz=%", "?x;y"} {
		for _, path := range endpoints[:1] {
			w.post(path+query, "client_id", plain, "username", "sam@contoso.com", "challenge_type", native).ok()
		}
		w.post("/oauth2/v2.0/initiate"+query, "client_id", plain, "username", casey, "challenge_type", native).ok()
	}
}

// D6 of the contract.
func TestQuery_KnownParametersAreNotRead(t *testing.T) {
	w := newWorld(t)
	query := "?" + form("client_id", plain, "username", casey, "challenge_type", native)
	w.post("/signup/v1.0/start"+query).refused(400, "invalid_request", "", 90100).says("client_id parameter")
	w.post("/signup/v1.0/start"+query, "client_id", plain).refused(400, "invalid_request", "", 90100).says("username parameter")
	// A second value in the URL neither doubles nor replaces the one in the body.
	w.post("/signup/v1.0/start?client_id=other&username=x&challenge_type=y",
		"client_id", plain, "username", casey, "challenge_type", native).ok()
}

// D4 of the contract.
func TestContentType_FormOrAbsent(t *testing.T) {
	w := newWorld(t)
	body := form("client_id", plain, "username", casey, "challenge_type", native)
	for _, row := range []struct {
		name, contentType string
		status            int
	}{
		{"a form is read", "application/x-www-form-urlencoded", 200},
		{"a form with a charset is read", "application/x-www-form-urlencoded; charset=UTF-8", 200},
		{"case does not matter", "Application/X-WWW-Form-URLEncoded", 200},
		{"JSON is refused", "application/json", 415},
		{"multipart is refused", "multipart/form-data; boundary=x", 415},
		{"text is refused", "text/plain", 415},
		{"a type that only starts like a form is refused", "application/x-www-form-urlencoded2", 415},
		{"a type that cannot be read is refused", ";;;", 415},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := request(t, w.base+"/signup/v1.0/start", body)
			r.Header.Set("Content-Type", row.contentType)
			a := w.send(r)
			if row.status == 200 {
				a.ok()
				return
			}
			a.refused(415, "invalid_request", "", 90023)
		})
	}
	r := request(t, w.base+"/signup/v1.0/start", body)
	r.Header.Del("Content-Type")
	w.send(r).ok()
}

// D5 of the contract.
func TestBody_IsCappedAt64KiB(t *testing.T) {
	w := newWorld(t)
	known := form("client_id", plain, "username", casey, "challenge_type", native) + "&filler="
	for _, row := range []struct {
		name    string
		size    int
		status  int
		chunked bool
	}{
		{"one byte under the cap", 64<<10 - 1, 200, false},
		{"at the cap", 64 << 10, 200, false},
		{"one byte over the cap", 64<<10 + 1, 413, false},
		{"far over the cap", 1 << 20, 413, false},
		{"at the cap, of unknown length", 64 << 10, 200, true},
		{"over the cap, of unknown length", 64<<10 + 1, 413, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := request(t, w.base+"/signup/v1.0/start", known+strings.Repeat("f", row.size-len(known)))
			if row.chunked {
				r.ContentLength, r.Body = -1, io.NopCloser(r.Body)
			}
			a := w.send(r)
			if row.status == 200 {
				a.ok()
				return
			}
			a.refused(413, "invalid_request", "", 90023)
		})
	}
}

func TestBody_AnEmptyOneIsARequestWithoutParameters(t *testing.T) {
	w := newWorld(t)
	for _, path := range endpoints {
		w.post(path).refused(400, "invalid_request", "", 90100).says("client_id parameter is empty or not valid")
	}
}

// K6: where the server is comes from the config alone.
func TestHost_NoHeaderMovesTheIssuer(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	for _, header := range []string{"Host", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "Forwarded", "X-Original-URL", "X-Rewrite-URL"} {
		r := request(t, w.base+documents[0], "")
		r.Method = "GET"
		r.Header.Set(header, "evil.example")
		if header == "Host" {
			r.Host = "evil.example"
		}
		a := w.send(r)
		assert.Equal(t, "http://127.0.0.1/contoso.onmicrosoft.com", a.body["issuer"], header)
		assert.NotContains(t, a.body["jwks_uri"], "evil", header)
	}
}
