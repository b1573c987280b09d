package handler_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/handler"
)

const appOrigin = "https://app.contoso.com"

func withOrigins(c *handler.Config) {
	c.Origins = []string{appOrigin, "http://localhost:3000"}
}

func (w *world) preflight(path, origin string, headers ...string) *http.Response {
	w.Helper()
	resp, body := w.bare("OPTIONS", w.base+path, "", append([]string{"Origin", origin, "Access-Control-Request-Method", "POST"}, headers...)...)
	assert.Equal(w, 204, resp.StatusCode)
	assert.Empty(w, body)
	assert.Equal(w, "nosniff", resp.Header.Get("X-Content-Type-Options"))
	assert.Equal(w, "no-store", resp.Header.Get("Cache-Control"))
	return resp
}

// strangers are origins that look like an allowed one, and are not.
var strangers = []string{
	"https://evil.example", "http://app.contoso.com", "https://APP.contoso.com", "https://app.contoso.com:443", "https://app.contoso.com/",
	"https://app.contoso.com.evil.example", "https://evilapp.contoso.com", "https://sub.app.contoso.com", "app.contoso.com",
	"http://localhost", "http://localhost:30000", "https://localhost:3000", "null", "*", "https://app.contoso.com, https://evil.example",
}

func noCORS(t *testing.T, h http.Header, why string) {
	t.Helper()
	for name := range h {
		assert.False(t, strings.HasPrefix(name, "Access-Control-"), "%s: %s", why, name)
	}
}

func TestCORS_APreflightOfAConfiguredOriginIsAllowed(t *testing.T) {
	w := newWorld(t, withOrigins)
	for _, origin := range []string{appOrigin, "http://localhost:3000"} {
		for _, path := range endpoints {
			h := w.preflight(path, origin).Header
			assert.Equal(t, origin, h.Get("Access-Control-Allow-Origin"))
			assert.Equal(t, "POST, OPTIONS", h.Get("Access-Control-Allow-Methods"))
			assert.Equal(t, "86400", h.Get("Access-Control-Max-Age"))
			assert.Contains(t, h.Values("Vary"), "Origin")
			assert.NotContains(t, h, "Access-Control-Allow-Credentials")
			for _, name := range []string{
				"Content-Type", "client-request-id", "x-client-SKU", "x-client-VER", "x-client-OS", "x-client-CPU",
				"x-client-current-telemetry", "x-client-last-telemetry", "Authorization",
			} {
				assert.Contains(t, strings.Split(h.Get("Access-Control-Allow-Headers"), ", "), name)
			}
		}
		for _, path := range documents {
			assert.Equal(t, "GET, HEAD, OPTIONS", w.preflight(path, origin).Header.Get("Access-Control-Allow-Methods"))
		}
	}
}

func TestCORS_HeadersOfInterceptorsAreAllowedIfTheyStartWithX(t *testing.T) {
	w := newWorld(t, withOrigins)
	h := w.preflight(endpoints[0], appOrigin, "Access-Control-Request-Headers",
		"content-type,x-app-trace, X-Other ,cookie,y-other,x-we(ird,x-quo\"te,,x-").Header
	allowed := strings.Split(h.Get("Access-Control-Allow-Headers"), ", ")
	assert.Subset(t, allowed, []string{"x-app-trace", "x-other"})
	for _, name := range []string{"cookie", "y-other", "x-we(ird", `x-quo"te`} {
		assert.NotContains(t, allowed, name)
	}
	long := w.preflight(endpoints[0], appOrigin, "Access-Control-Request-Headers", strings.Repeat("x-"+strings.Repeat("a", 100)+",", 100)).Header
	assert.Less(t, len(long.Get("Access-Control-Allow-Headers")), 2048, "a long request makes no long answer")
}

// D23 of the contract.
func TestCORS_APreflightOfAnotherOriginGetsNoLeave(t *testing.T) {
	w := newWorld(t, withOrigins)
	for _, origin := range append(strangers, "") {
		resp := w.preflight(endpoints[0], origin)
		noCORS(t, resp.Header, origin)
		assert.Contains(t, resp.Header.Values("Vary"), "Origin")
	}
}

func TestCORS_AnAnswerIsReadableForConfiguredOriginsOnly(t *testing.T) {
	w := newWorld(t, withOrigins)
	body := form("client_id", plain, "username", casey, "challenge_type", native)
	resp, _ := w.bare("POST", w.base+endpoints[0], body, "Origin", appOrigin)
	assert.Equal(t, 200, resp.StatusCode)
	assert.Equal(t, appOrigin, resp.Header.Get("Access-Control-Allow-Origin"))
	assert.Equal(t, "x-ms-request-id, client-request-id, Retry-After, x-ms-httpver", resp.Header.Get("Access-Control-Expose-Headers"))
	assert.Equal(t, []string{"Origin"}, resp.Header.Values("Vary"))
	assert.NotContains(t, resp.Header, "Access-Control-Allow-Credentials")
	for _, origin := range strangers {
		resp, _ := w.bare("POST", w.base+endpoints[0], body, "Origin", origin)
		assert.Equal(t, 200, resp.StatusCode, "the answer is the same, only unreadable")
		noCORS(t, resp.Header, origin)
		assert.Contains(t, resp.Header.Values("Vary"), "Origin")
	}
}

func TestCORS_ErrorsAreReadable(t *testing.T) {
	w := newWorld(t, withOrigins)
	for _, row := range []struct {
		name, method, path, body, contentType string
		status                                int
	}{
		{"a refused call", "POST", endpoints[0], "client_id=?", "", 400},
		{"an unknown path", "POST", "/signup/nothing", "", "", 404},
		{"a wrong method", "PUT", endpoints[0], "", "", 405},
		{"a large body", "POST", endpoints[0], strings.Repeat("x", 65<<10), "", 413},
		{"another media type", "POST", endpoints[0], "{}", "application/json", 415},
	} {
		t.Run(row.name, func(t *testing.T) {
			contentType := row.contentType
			if contentType == "" {
				contentType = "application/x-www-form-urlencoded"
			}
			resp, _ := w.bare(row.method, w.base+row.path, row.body, "Origin", appOrigin, "Content-Type", contentType)
			assert.Equal(t, row.status, resp.StatusCode)
			assert.Equal(t, appOrigin, resp.Header.Get("Access-Control-Allow-Origin"))
			assert.Contains(t, resp.Header.Get("Access-Control-Expose-Headers"), "Retry-After")
		})
	}
}

// C21 of the contract.
func TestCORS_IsOffByDefault(t *testing.T) {
	w := newWorld(t)
	for _, path := range append(append([]string{}, endpoints...), documents...) {
		resp := w.preflight(path, appOrigin)
		noCORS(t, resp.Header, path)
		assert.NotContains(t, resp.Header, "Vary")
	}
	resp, _ := w.bare("POST", w.base+endpoints[0], "", "Origin", appOrigin)
	noCORS(t, resp.Header, "an answer")
}

func TestCORS_AnOptionsRequestThatIsNoPreflightSaysWhatIsAllowed(t *testing.T) {
	w := newWorld(t, withOrigins)
	resp, body := w.bare("OPTIONS", w.base+endpoints[0], "", "Origin", appOrigin)
	assert.Equal(t, 204, resp.StatusCode)
	assert.Empty(t, body)
	assert.Equal(t, "POST, OPTIONS", resp.Header.Get("Allow"))
	assert.NotContains(t, resp.Header, "Access-Control-Allow-Methods")
}
