package devmail_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/nativeauth/nativeauth/adapters/devmail"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPage_ShowsMessagesNewestFirst(t *testing.T) {
	inbox := devmail.New()
	send(t, inbox, message("ada@example.com", "11111111"))
	send(t, inbox, message("grace@example.com", "22222222"))
	w := get(inbox, "/mail", nil)
	assert.Equal(t, 200, w.Code)
	assert.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	assert.Regexp(t, `(?s)grace@example\.com.*22222222.*ada@example\.com.*11111111`, w.Body.String())
	assert.Contains(t, w.Body.String(), `<div id="empty" hidden>`)

	w = get(inbox, "/mail?to=ADA@example.com", nil)
	assert.Contains(t, w.Body.String(), "11111111")
	assert.NotContains(t, w.Body.String(), "22222222")
}

func TestPage_ShowsTheTextOfANoticeInPlaceOfACode(t *testing.T) {
	inbox := devmail.New()
	send(t, inbox, message("ada@example.com", "11111111"))
	assert.Contains(t, get(inbox, "/mail", nil).Body.String(), `class="key"`)
	assert.NotContains(t, get(inbox, "/mail", nil).Body.String(), "<details open>")

	m := notice("grace@example.com")
	send(t, inbox, m)
	body := get(inbox, "/mail?to=grace@example.com", nil).Body.String()
	assert.Contains(t, body, "<details open><summary>Whole message</summary><pre>"+m.Text()+"</pre>")
	assert.NotContains(t, body, `class="key"`)
}

func TestPage_ShowsAnSMSWithoutHTML(t *testing.T) {
	inbox := devmail.New()
	m := sms("+4915112345678", "11111111")
	send(t, inbox, m)
	body := get(inbox, "/mail", nil).Body.String()
	assert.Regexp(t, `(?s)<h2 id="s1">SMS</h2>.*<span class="to">&#43;4915112345678</span>.*<span class="code">11111111</span>`, body)
	assert.Contains(t, body, "<pre>"+m.Short()+"</pre>")
	assert.NotContains(t, body, "<iframe")
	assert.Contains(t, get(inbox, "/mail?to=%2B4915112345679", nil).Body.String(), "No messages to &#43;4915112345679 yet")
}

func TestServeHTTP_FindsANumberAlsoWithAPlusThatWasNotEscaped(t *testing.T) {
	inbox := devmail.New()
	send(t, inbox, sms("+4915112345678", "11111111"))
	for _, to := range []string{"%2B4915112345678", "+4915112345678", "%2B49%20151%2012345678", "+49+(151)+12345678", "%20%2B4915112345678"} {
		assert.Contains(t, get(inbox, "/mail?format=json&to="+to, nil).Body.String(), "11111111", to)
	}
	for _, to := range []string{"4915112345678", "%20", "+", "+49", "+ada"} {
		assert.Equal(t, 400, get(inbox, "/mail?format=json&to="+to, nil).Code, to)
	}
}

func TestPage_ShowsHTMLInAFrameThatMayDoNothing(t *testing.T) {
	inbox := devmail.New()
	m := message("ada@example.com", "11111111")
	send(t, inbox, m)
	w := get(inbox, "/mail", nil)
	assert.Contains(t, w.Body.String(), `<iframe src="?format=html&amp;id=1" sandbox loading=`)
	assert.Contains(t, w.Header().Get("Content-Security-Policy"), "frame-src 'self';")
	assert.NotContains(t, w.Header().Get("Content-Security-Policy"), "unsafe")

	w = get(inbox, "/mail?format=html&id=1", nil)
	assert.Equal(t, 200, w.Code)
	assert.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	assert.Equal(t, "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'",
		w.Header().Get("Content-Security-Policy"))
	assert.Equal(t, m.HTML(), w.Body.String())

	for _, id := range []string{"", "0", "2", "01", "x"} {
		assert.Equal(t, 404, get(inbox, "/mail?format=html&id="+id, nil).Code, "id %q", id)
	}
}

func TestPage_LinksToOthers(t *testing.T) {
	inbox := devmail.New()
	assert.NotContains(t, get(inbox, "/mail", nil).Body.String(), "<nav")
	inbox.LinkTo("/dev/messages", "Messages & more")
	inbox.LinkTo("javascript:alert(1)", "Nowhere")
	body := get(inbox, "/mail", nil).Body.String()
	assert.Contains(t, body, `<a href="/dev/messages">Messages &amp; more</a>`)
	assert.NotContains(t, body, "javascript:")
}

func TestPage_SaysWhatToDoWhileEmpty(t *testing.T) {
	assert.Regexp(t, `(?s)<div id="empty">.*No messages yet.*Sign up or sign in`, get(devmail.New(), "/mail", nil).Body.String())
	assert.Contains(t, get(devmail.New(), "/mail?to=ada@example.com", nil).Body.String(), "No messages to ada@example.com yet")
}

func TestPage_UpdatesItselfFromTheCardsAlone(t *testing.T) {
	inbox := devmail.New()
	send(t, inbox, message("ada@example.com", "11111111"))
	send(t, inbox, message("grace@example.com", "22222222"))
	body := get(inbox, "/mail?to=ada@example.com&format=cards", nil).Body.String()
	assert.Contains(t, body, "11111111")
	assert.NotContains(t, body, "22222222")
	assert.NotContains(t, body, "<style", "a second page inside the page")
}

func TestPage_LetsNothingRunButItsOwnScript(t *testing.T) {
	inbox := devmail.New()
	m := message("ada@example.com", `"><script>alert(1)</script>`)
	m.App = `<img src=x onerror=alert(1)>`
	send(t, inbox, m)
	first, second := get(inbox, "/mail", nil), get(inbox, "/mail", nil)
	assert.NotContains(t, first.Body.String(), "<script>")
	assert.NotContains(t, first.Body.String(), "<img")

	nonce := regexp.MustCompile(`script-src 'nonce-([^']{20,})'; style-src 'nonce-([^']+)'`)
	policy := nonce.FindStringSubmatch(first.Header().Get("Content-Security-Policy"))
	require.NotNil(t, policy)
	assert.Contains(t, first.Body.String(), `<script nonce="`+policy[1]+`">`)
	assert.Contains(t, first.Body.String(), `<style nonce="`+policy[2]+`">`)
	assert.NotContains(t, second.Body.String(), policy[1], "a nonce is used once")
	assert.Contains(t, first.Header().Get("Content-Security-Policy"), "default-src 'none'")
}

func TestJSON_ListsMessagesNewestFirst(t *testing.T) {
	inbox := devmail.New()
	send(t, inbox, message("ada@example.com", "11111111"))
	send(t, inbox, message("grace@example.com", "22222222"))
	for name, w := range map[string]*httptest.ResponseRecorder{
		"by Accept": get(inbox, "/mail", http.Header{"Accept": {"application/json"}}),
		"by format": get(inbox, "/mail?format=json", nil),
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
			var got []map[string]string
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
			require.Len(t, got, 2)
			assert.Equal(t, "22222222", got[0]["code"])
			assert.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`, got[1]["sent_at"])
			delete(got[1], "sent_at")
			m := message("ada@example.com", "11111111")
			assert.Equal(t, map[string]string{"channel": "email", "to": "ada@example.com", "subject": m.Subject(), "text": m.Text(),
				"html": m.HTML(), "code": "11111111", "purpose": "sign-in"}, got[1])
		})
	}
}

func TestJSON_OfANoticeNamesItsPurposeAndNoCode(t *testing.T) {
	inbox := devmail.New()
	send(t, inbox, notice("ada@example.com"))
	var got []map[string]string
	require.NoError(t, json.Unmarshal(get(inbox, "/mail?format=json", nil).Body.Bytes(), &got))
	require.Len(t, got, 1)
	assert.Equal(t, "password-changed", got[0]["purpose"])
	assert.NotContains(t, got[0], "code")
}

func TestJSON_OfAnSMSNamesItsChannelAndHasNoSubject(t *testing.T) {
	inbox := devmail.New()
	m := sms("+4915112345678", "11111111")
	send(t, inbox, m)
	var got []map[string]string
	require.NoError(t, json.Unmarshal(get(inbox, "/mail?format=json", nil).Body.Bytes(), &got))
	require.Len(t, got, 1)
	delete(got[0], "sent_at")
	assert.Equal(t, map[string]string{"channel": "sms", "to": "+4915112345678", "text": m.Short(), "code": "11111111",
		"purpose": "sign-in"}, got[0])
}

func TestJSON_OfNobodyIsAnEmptyList(t *testing.T) {
	w := get(devmail.New(), "/mail?format=json&to=ada@example.com", nil)
	assert.Equal(t, 200, w.Code)
	assert.JSONEq(t, `[]`, w.Body.String())
}

func TestServeHTTP_RefusesWhatIsNoAddress(t *testing.T) {
	w := get(devmail.New(), "/mail?format=json&to=ada", nil)
	assert.Equal(t, 400, w.Code)
	assert.Contains(t, w.Body.String(), "neither an e-mail address nor a phone number")
}

func TestServeHTTP_IsReadOnly(t *testing.T) {
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS"} {
		w := serve(devmail.New(), httptest.NewRequest(method, "http://localhost/mail", nil), "127.0.0.1:5000")
		assert.Equal(t, 405, w.Code, method)
		assert.Equal(t, "GET, HEAD", w.Header().Get("Allow"), method)
	}
}

func TestServeHTTP_AnswersThisMachineOnly(t *testing.T) {
	for name, c := range map[string]struct {
		peer, host string
		header     http.Header
		want       int
	}{
		"IPv4":                                 {"127.0.0.1:5000", "127.0.0.1:8080", nil, 200},
		"IPv4, another loopback address":       {"127.0.0.53:5000", "127.0.0.53", nil, 200},
		"IPv6":                                 {"[::1]:5000", "[::1]:8080", nil, 200},
		"IPv6 without a port":                  {"[::1]:5000", "[::1]", nil, 200},
		"IPv4 within IPv6":                     {"[::ffff:127.0.0.1]:5000", "localhost:8080", nil, 200},
		"localhost in any case":                {"127.0.0.1:5000", "LocalHost", nil, 200},
		"a name below localhost":               {"127.0.0.1:5000", "app.localhost:8080", nil, 200},
		"another machine":                      {"192.0.2.1:5000", "localhost", nil, 403},
		"another machine, IPv6":                {"[2001:db8::1]:5000", "localhost", nil, 403},
		"a private address":                    {"10.0.0.1:5000", "localhost", nil, 403},
		"no address at all":                    {"@", "localhost", nil, 403},
		"a name pointed here from outside":     {"127.0.0.1:5000", "evil.example:8080", nil, 403},
		"a name that starts like localhost":    {"127.0.0.1:5000", "localhost.evil.example", nil, 403},
		"a name that ends like localhost":      {"127.0.0.1:5000", "evillocalhost", nil, 403},
		"a name that starts like an address":   {"127.0.0.1:5000", "127.0.0.1.evil.example", nil, 403},
		"an address of the network":            {"127.0.0.1:5000", "192.0.2.7:8080", nil, 403},
		"any address":                          {"127.0.0.1:5000", "0.0.0.0:8080", nil, 403},
		"no host":                              {"127.0.0.1:5000", "", nil, 403},
		"a proxy that says whom it speaks for": {"127.0.0.1:5000", "localhost", http.Header{"X-Forwarded-For": {"192.0.2.1"}}, 403},
		"a proxy of the newer kind":            {"127.0.0.1:5000", "localhost", http.Header{"Forwarded": {"for=192.0.2.1"}}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			inbox := devmail.New()
			send(t, inbox, message("ada@example.com", "31415926"))
			r := httptest.NewRequest("GET", "http://localhost/mail", nil)
			r.Host, r.Header = c.host, c.header
			w := serve(inbox, r, c.peer)
			assert.Equal(t, c.want, w.Code)
			assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
			assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
			if c.want == 403 {
				assert.Contains(t, w.Body.String(), "the machine it runs on only")
				assert.NotContains(t, w.Body.String(), "31415926")
			}
		})
	}
}

// get asks as a program on this machine does.
func get(inbox http.Handler, target string, header http.Header) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "http://localhost:8080"+target, nil)
	r.Header = header
	return serve(inbox, r, "127.0.0.1:5000")
}

func serve(inbox http.Handler, r *http.Request, peer string) *httptest.ResponseRecorder {
	r.RemoteAddr = peer
	w := httptest.NewRecorder()
	inbox.ServeHTTP(w, r)
	return w
}
