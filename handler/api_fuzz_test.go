package handler_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/handler"
)

// target is an API with flows under way, which requests are served by without a network.
type target struct {
	auth   *handler.Auth
	mux    *http.ServeMux
	prefix string
	mail   *mailbox
	live   []string // what is good for something: tokens, codes
	left   int      // how many more requests it serves
}

// newTarget mounts every API that there is. Its flows stand where one more right call would end them.
func newTarget(t testing.TB) *target {
	t.Helper()
	x := &target{mux: http.NewServeMux(), prefix: "/contoso.onmicrosoft.com", mail: newMailbox(), left: 20_000}
	at := newClock()
	kept := memory.NewAt(at.now)
	cfg := handler.Config{
		Issuer: "http://127.0.0.1" + x.prefix, Secret: []byte(strings.Repeat("s", 32)),
		Clients:   []handler.Client{{ID: plain}, {ID: keyed, Passwords: true}},
		Resources: []handler.Resource{{Scopes: []string{"Orders.Read", "Orders.Write"}}, {Audience: stock, Scopes: []string{"Stock.Read"}}},
		Users:     kept, State: kept, Sender: x.mail, ResendInterval: -1, Limits: handler.Limits{Off: true}, Now: at.now,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	for _, more := range []func(*handler.Config){secondFactors, withAuth0, withTencent, withDevices} {
		more(&cfg)
	}
	var err error
	x.auth, err = handler.Mount(x.mux, cfg)
	require.NoError(t, err)

	up := x.ask(t, upStart, "client_id", keyed, "username", casey, "challenge_type", every, "password", harbor)["continuation_token"]
	up = x.ask(t, "/signup/v1.0/challenge", "client_id", keyed, "continuation_token", up, "challenge_type", every)["continuation_token"]
	up = x.ask(t, upContinue, "client_id", keyed, "continuation_token", up, "grant_type", "oob", "oob", x.mail.take(1).Code)["continuation_token"]
	tokens := x.ask(t, inToken, "client_id", keyed, "continuation_token", up, "grant_type", "continuation_token", "scope", "openid offline_access")
	in := x.ask(t, inStart, "client_id", keyed, "username", casey, "challenge_type", native)["continuation_token"]
	in = x.ask(t, "/oauth2/v2.0/challenge", "client_id", keyed, "continuation_token", in, "challenge_type", native)["continuation_token"]
	reset := x.ask(t, reStart, "client_id", keyed, "username", casey, "challenge_type", native)["continuation_token"]
	reset = x.ask(t, reChallenge, "client_id", keyed, "continuation_token", reset, "challenge_type", native)["continuation_token"]
	tv := x.ask(t, deviceCodes[0], "client_id", television, "scope", "openid")
	code := x.mail.take(2).Code
	x.live = []string{in, reset, tokens["access_token"], tokens["id_token"], tokens["refresh_token"], tv["device_code"], tv["user_code"], code, harbor}
	for _, secret := range x.live {
		require.NotEmpty(t, secret)
	}
	return x
}

// ask sends a form that must succeed.
func (x *target) ask(t testing.TB, path string, pairs ...string) map[string]string {
	t.Helper()
	r := httptest.NewRequest("POST", x.prefix+path, strings.NewReader(form(pairs...)))
	r.Header.Set("Content-Type", formMedia)
	w := httptest.NewRecorder()
	x.mux.ServeHTTP(w, r)
	require.Equal(t, 200, w.Code, "%s: %s", path, w.Body)
	var body map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body))
	said := map[string]string{}
	for name, value := range body {
		said[name], _ = value.(string)
	}
	return said
}

// spliced puts what is good for something into a text, in the place of {0}, {1} and so on.
func (x *target) spliced(text string, escape func(string) string) string {
	for i, secret := range x.live {
		text = strings.ReplaceAll(text, "{"+strconv.Itoa(i)+"}", escape(secret))
	}
	return text
}

func same(s string) string { return s }

// FuzzAPI serves whatever request can be read: the answer is never a failure of the server, is in the shape of
// the path, and repeats no password or code. {0} to {8} stand for what is good for something.
func FuzzAPI(f *testing.F) {
	head := "Content-Type: " + formMedia
	everything := form("client_id", keyed, "username", casey, "challenge_type", every, "grant_type", "oob", "scope", "openid Orders.Read", "capabilities", "mfa_required registration_required",
		"attributes", `{"city":"Bern"}`, "client_info", "1", "token", "x", "audience", stock, "realm", "employees") + "&continuation_token={0}&oob={7}&password={8}&refresh_token={4}&device_code={5}&user_code={6}"
	for i := range newTarget(f).paths() {
		n := uint8(i)
		f.Add("POST", n, "", head, everything)
		f.Add("POST", n, "/", head+"\r\nAuthorization: Bearer {2}\r\nOrigin: https://evil.example\r\nAccept-Language: de;q=\xff", "client_id="+plain+"&client_id="+plain+"&password={8}&oob=%FF")
		f.Add("POST", n, "?client_id="+keyed+"&password={8}", "Content-Type: application/json\r\nclient-request-id: {7}\r\nX-Forwarded-Host: evil.example", `{"client_id":"`+passwordApp+`","username":"casey@contoso.com","password":"{8}","grant_type":"password","otp":1e400}`)
		f.Add("GET", n, "", "Authorization: Bearer {2}\r\nCookie: "+cookieName+"=x", "")
		f.Add("OPTIONS", n, "", "Origin: null\r\nAccess-Control-Request-Method: POST", "")
		f.Add("PROPFIND", n, "%2f..%2f", "Content-Type: multipart/form-data; boundary=x\r\nTransfer-Encoding: chunked", "zz\r\n")
		f.Add("POST", n, "", head, "client_id="+keyed+"&grant_type=refresh_token&refresh_token={4}&continuation_token={1}&oob={7}&new_password=short&mfa_token={0}&token={3}")
	}
	f.Fuzz(func(t *testing.T, method string, path uint8, rest, head, body string) {
		x := aim(t)
		paths := x.paths()
		at := x.prefix + paths[int(path)%len(paths)] + x.spliced(rest, url.PathEscape)
		body = x.spliced(body, url.QueryEscape)
		raw := method + " " + at + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + x.spliced(head, same) + "\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
		if err != nil {
			return // no server would hand it on
		}
		r.RemoteAddr = "192.0.2.1:40000"
		w := httptest.NewRecorder()
		x.mux.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%d: %s\n%s", w.Code, w.Body, raw)
		}
		for _, values := range w.Header() {
			for _, value := range values {
				assert.False(t, strings.ContainsAny(value, "\r\n\x00"), "%q", value)
			}
		}
		for _, secret := range x.live[len(x.live)-2:] {
			assert.NotContains(t, w.Body.String(), secret)
		}
		if w.Code >= 400 {
			for _, secret := range x.live {
				assert.NotContains(t, w.Body.String(), secret, "in an error")
			}
		}
		media, _, _ := mime.ParseMediaType(w.Header().Get("Content-Type"))
		if media == jsonMedia {
			var said map[string]any
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &said), "%s", w.Body)
			if w.Code >= 400 {
				assert.NotEmpty(t, said["error"], "%s", w.Body)
			}
		} else if w.Code >= 400 && method != "HEAD" && w.Code != 404 {
			assert.Contains(t, []string{"text/html"}, media, "%d %s: %s", w.Code, raw, w.Body)
		}
	})
}

// current is what a process fuzzes. It is made anew after a while, since its clock stands still and flows
// only end with time.
var current *target

func aim(t *testing.T) *target {
	if current == nil || current.left == 0 {
		if current != nil {
			require.NoError(t, current.auth.Shutdown(context.Background()))
		}
		current = newTarget(t)
	}
	current.left--
	return current
}

// paths are those of the API, and one that it does not have.
func (x *target) paths() []string {
	list := []string{"/nothing"}
	for path := range x.auth.Paths() {
		list = append(list, path)
	}
	slices.Sort(list)
	return list
}
