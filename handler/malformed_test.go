package handler_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// T20 of the security requirements, in small: whatever is sent, the answer is an envelope of the
// contract and never a failure of the server. What each answer says is held elsewhere.

// spoilt is what is put in the place of a good value: as it travels.
func spoilt(value string) []string {
	e := url.QueryEscape(value)
	return []string{
		"", "+", e + e, e[:len(e)/2], e + "%", "%" + e, "%00" + e, e + "%00", "%FF" + e, e + "%C0%80", "%E2%80%8B" + e, "%EF%BB%BF" + e,
		strings.ToUpper(e), e + "%0D%0AX-Evil:+1", "%3Cscript%3E" + e, "%27+OR+1=1--", "..%2F..%2Fetc", "%24%7B7*7%7D", "null", "undefined",
		"[]", "{}", "[" + e + "]", "%7B%22%24ne%22%3A1%7D", "true", "-1", "1e400", "99999999999999999999", "NaN", "%F0%9F%8E%89", e + "=" + e, e + ";" + e,
		strings.Repeat("a", 255), strings.Repeat("a", 1025), strings.Repeat("%41", 5000), strings.Repeat("[", 10000), strings.Repeat("oob+", 100), "%u0041", "&&==&", "%ED%A0%80" + e, "0x10",
	}
}

func TestMalformed_NothingMakesTheServerFail(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	up, _ := w.signUpSent(asking, "sam@contoso.com")
	in := w.signInChallenge(asking, w.signInStart(asking, casey).ok()).ok()
	refresh := w.signIn(casey).text("refresh_token")
	w.enrol(early, harbor)
	asked := w.askedPassword(keyed, early)
	lacking := w.post(upStart, "client_id", keyed, "username", late, "challenge_type", every).ok()
	reset, sent, proven := w.resetStart(keyed, early).ok(), w.resetChallenge(keyed, w.resetStart(keyed, early).ok()).ok(), w.proven(early)
	for _, c := range []map[string]string{
		{"path": upStart, "client_id": keyed, "username": "kim@contoso.com", "challenge_type": every, "password": "short"},
		{"path": upContinue, "client_id": keyed, "continuation_token": lacking, "grant_type": "password", "password": "short"},
		{"path": inToken, "client_id": keyed, "continuation_token": asked, "grant_type": "password", "password": "short", "scope": "openid", "username": early},
		{"path": reStart, "client_id": keyed, "username": early, "challenge_type": native, "capabilities": "mfa_required"},
		{"path": reChallenge, "client_id": keyed, "continuation_token": reset, "challenge_type": native},
		{"path": reContinue, "client_id": keyed, "continuation_token": sent, "grant_type": "oob", "oob": "12345678"},
		{"path": reSubmit, "client_id": keyed, "continuation_token": proven, "new_password": "short"},
		{"path": rePoll, "client_id": keyed, "continuation_token": proven},
		{"path": endpoints[0], "client_id": asking, "username": "kim@contoso.com", "challenge_type": native, "attributes": `{"city":"Bern"}`, "capabilities": "mfa_required"},
		{"path": endpoints[1], "client_id": asking, "continuation_token": up, "challenge_type": native},
		{"path": endpoints[2], "client_id": asking, "continuation_token": up, "grant_type": "oob", "oob": "12345678"},
		{"path": endpoints[2], "client_id": asking, "continuation_token": up, "grant_type": "attributes", "attributes": `{"city":"1"}`},
		{"path": endpoints[3], "client_id": asking, "username": casey, "challenge_type": native},
		{"path": endpoints[4], "client_id": asking, "continuation_token": in, "challenge_type": native, "id": "x"},
		{"path": endpoints[5], "client_id": asking, "continuation_token": in, "grant_type": "oob", "oob": "12345678", "scope": "openid", "username": casey},
		{"path": endpoints[5], "client_id": plain, "refresh_token": refresh, "grant_type": "refresh_token", "scope": "openid", "client_info": "1"},
	} {
		for name, value := range c {
			if name == "path" {
				continue
			}
			for _, bad := range spoilt(value) {
				body := name + "=" + bad
				for other, good := range c {
					if other != "path" && other != name {
						body += "&" + other + "=" + url.QueryEscape(good)
					}
				}
				a := w.raw(c["path"], body)
				assert.Less(t, a.status, 500, "%s: %s", c["path"], body)
				if a.status != 200 {
					assert.NotEmpty(t, a.text("error"), body)
					assert.Len(t, a.body["error_codes"], 1, body)
				}
				assert.NotContains(t, a.header, "X-Evil")
			}
		}
	}
}

func TestMalformed_ABodyThatBreaksOffIsAnswered(t *testing.T) {
	w := newWorld(t)
	u, err := url.Parse(w.base)
	require.NoError(t, err)
	for _, row := range []struct{ name, head, body string }{
		{"shorter than announced", "Content-Length: 500", "client_id=" + plain},
		{"chunks that are none", "Transfer-Encoding: chunked", "zz\r\nclient_id=\r\n"},
		{"a chunk that breaks off", "Transfer-Encoding: chunked", "ff\r\nclient_id="},
	} {
		t.Run(row.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", u.Host)
			require.NoError(t, err)
			defer conn.Close()
			_, err = fmt.Fprintf(conn, "POST %s/signup/v1.0/start HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n%s\r\n\r\n%s", u.Path, row.head, row.body)
			require.NoError(t, err)
			require.NoError(t, conn.(*net.TCPConn).CloseWrite())
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			defer resp.Body.Close()
			text, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			assert.Equal(t, 400, resp.StatusCode)
			assert.Equal(t, "application/json; charset=utf-8", resp.Header.Get("Content-Type"))
			assert.Contains(t, string(text), `"error_codes":[90023]`)
		})
	}
}

// A password is what was typed, blanks and all, up to a size, and plain text.
func TestMalformed_APasswordIsNeitherTrimmedNorCut(t *testing.T) {
	w := newWorld(t)
	w.enrol(casey, " "+harbor+" ")
	for _, near := range []string{harbor, " " + harbor, harbor + " ", "  " + harbor + " ", "\u2003" + harbor} {
		w.enter(casey, near).refused(400, "invalid_grant", "", 50126)
	}
	w.enter(casey, " "+harbor+" ").tokens()
	proven := w.proven(casey)
	asked := w.askedPassword(keyed, casey)
	start := w.post(upStart, "client_id", keyed, "username", late, "challenge_type", every).ok()
	for _, c := range []struct{ path, name, rest string }{
		{upStart, "password", form("client_id", keyed, "username", "kim@contoso.com", "challenge_type", every)},
		{upContinue, "password", form("client_id", keyed, "continuation_token", start, "grant_type", "password")},
		{inToken, "password", form("client_id", keyed, "continuation_token", asked, "grant_type", "password")},
		{reSubmit, "new_password", form("client_id", keyed, "continuation_token", proven)},
	} {
		for _, bad := range []string{
			strings.Repeat("a", 1025), strings.Repeat("+", 1025), strings.Repeat("a", 1024) + "+", strings.Repeat("%C3%A4", 513),
			"quiet%00harbour", "%00", "quiet%0Aharbour", "quiet%09harbour", "quiet+harbour%0D%0A", "quiet%7Fharbour", "quiet%FFharbour", "quiet%C3", "%ED%A0%80quiet+harbour", "quiet%harbour",
		} {
			w.raw(c.path, c.rest+"&"+c.name+"="+bad).refused(400, "invalid_request", "", 90023)
		}
		a := w.raw(c.path, c.rest+"&"+c.name+"="+strings.Repeat("a", 1024))
		assert.NotEqual(t, []any{90023.0}, a.body["error_codes"], "%s: %v", c.path, a.body)
	}
	submitted := w.resetSubmit(keyed, proven, busyHarbor+" ").ok() // nothing has used the token up
	w.resetPoll(keyed, submitted).ok()
	w.enter(casey, busyHarbor).refused(400, "invalid_grant", "", 50126)
	w.enter(casey, busyHarbor+" ").tokens()
}
