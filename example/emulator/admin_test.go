package emulator

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/devmail"
	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/internal/peers"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// tenant is a stand-in that serves the sample.
type tenant struct {
	*testing.T
	*Emulator
	url   string
	inbox *devmail.Inbox
}

func serveSample(t *testing.T) tenant {
	e := New(read(t, Sample))
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	inbox, kept := devmail.New(), memory.NewAt(e.Now)
	cfg := e.Config()
	cfg.Issuer = server.URL + e.Path()
	cfg.Users, cfg.State, cfg.Sender, cfg.Logger = kept, kept, inbox, slog.New(slog.DiscardHandler)
	auth, err := e.Mount(t.Context(), mux, cfg, inbox)
	require.NoError(t, err)
	mux.Handle("/dev/", e.Admin(t.Context(), "curl -s"))
	t.Cleanup(func() {
		server.Close()
		assert.NoError(t, auth.Shutdown(context.Background()))
	})
	return tenant{t, e, server.URL, inbox}
}

// call sends a request, whose header is given in pairs, and returns status and answer.
func (s tenant) call(method, path, body string, header ...string) (int, any) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, s.url+path, strings.NewReader(body))
	require.NoError(s, err)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(s, err)
	defer resp.Body.Close()
	assert.Empty(s, resp.Header.Get("Access-Control-Allow-Origin"))
	assert.Equal(s, "no-store", resp.Header.Get("Cache-Control"))
	var a any
	require.NoError(s, json.NewDecoder(resp.Body).Decode(&a), "%s %s", method, path)
	return resp.StatusCode, a
}

// refused calls, and returns the status and what is said to be wrong.
func (s tenant) refused(method, path, body string, header ...string) (int, string) {
	s.Helper()
	status, a := s.call(method, path, body, header...)
	members, _ := a.(map[string]any)
	text, _ := members["error"].(string)
	return status, text
}

func (s tenant) send(to otp.Address, purpose otp.Purpose, code string) {
	s.Helper()
	require.NoError(s, noticed{s.inbox, s.Emulator}.Send(s.Context(), otp.Message{Channel: to.Channel(), To: to, Purpose: purpose, Code: code, App: "Contoso", Life: time.Minute}))
}

// every is each call, with a body that is fine or none.
var every = map[string]string{
	"GET /dev/": "", "GET /dev/api/ready": "", "GET /dev/api/inbox": "", "DELETE /dev/api/inbox": "", "GET /dev/api/users": "",
	"POST /dev/api/users": `{"username":"eve@contoso.example"}`, "GET /dev/api/users/ada@contoso.example": "",
	"PUT /dev/api/users/ada@contoso.example": `{}`, "PATCH /dev/api/users/ada@contoso.example": `{}`, "DELETE /dev/api/users/ada@contoso.example": "",
	"GET /dev/api/clock": "", "POST /dev/api/clock": `{"forward":"1m"}`, "DELETE /dev/api/clock": "", "GET /dev/api/failures": "",
	"POST /dev/api/failures": `{"path":"/oauth2/v2.0/token","error":"expired_token"}`, "DELETE /dev/api/failures": "", "GET /dev/api/snapshots": "", "PUT /dev/api/snapshots/ada@contoso.example": `{}`, "POST /dev/api/reset": `{}`,
}

func TestAdmin_IsForThisMachineAndNoPageOfAnotherOrigin(t *testing.T) {
	s := serveSample(t)
	host := strings.TrimPrefix(s.url, "http://")
	for call, body := range every {
		method, path, _ := strings.Cut(call, " ")
		for what, header := range map[string][]string{
			"a name that leads here":    {"Host", "rebound.example"},
			"a name beneath a real one": {"Host", "localhost.rebound.example"},
			"a name for a shell":        {"Host", "a';id;'.localhost"},
			"a port for a shell":        {"Host", "localhost:80';id;'"},
			"a proxy":                   {"X-Forwarded-For", "192.0.2.7"},
			"a page elsewhere":          {"Origin", "https://evil.example"},
			"a page at another port":    {"Origin", "http://127.0.0.1:1"},
			"a page without an origin":  {"Origin", "null"},
			"a page's picture":          {"Sec-Fetch-Site", "cross-site"},
			"a page of a neighbour":     {"Sec-Fetch-Site", "same-site"},
		} {
			status, text := s.refused(method, path, body, header...)
			assert.Equal(t, http.StatusForbidden, status, "%s by %s", call, what)
			assert.Contains(t, text, "this is ", "%s by %s", call, what)
		}
		if body == "" {
			continue
		}
		for _, kind := range []string{"application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", ""} {
			status, text := s.refused(method, path, body, "Content-Type", kind)
			assert.Equal(t, http.StatusUnsupportedMediaType, status, "%s as %s", call, kind)
			assert.Contains(t, text, "Content-Type: application/json")
		}
	}
	assert.Empty(t, s.plansLeft(), "nothing was done")
	for _, header := range [][]string{{"Origin", "http://" + host}, {"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "none"}, {"Host", "localhost:1"}} {
		status, _ := s.call(http.MethodGet, "/dev/api/ready", "", header...)
		assert.Equal(t, http.StatusOK, status, header)
	}
	status, _ := s.call(http.MethodPost, "/dev/api/reset", "{}", "Content-Type", "application/json; charset=utf-8")
	assert.Equal(t, http.StatusOK, status)
}

func (s tenant) plansLeft() map[string]int {
	byPath, _ := s.plans.Left()
	return byPath
}

func TestAdmin_APeerElsewhereIsRefused(t *testing.T) {
	s := serveSample(t)
	for _, from := range []struct {
		peer, host string
		status     int
	}{
		{"127.0.0.1:4711", "localhost", http.StatusOK},
		{"192.0.2.7:4711", "localhost", http.StatusForbidden},
		{"[::1]:4711", "[::1]:80", http.StatusOK},
		{"[::1]:4711", "[::1%';id;']:80", http.StatusForbidden},
	} {
		r := httptest.NewRequest(http.MethodGet, "http://localhost/dev/api/users", nil)
		r.RemoteAddr, r.Host = from.peer, from.host
		w := httptest.NewRecorder()
		s.Admin(t.Context(), "curl -s").ServeHTTP(w, r)
		assert.Equal(t, from.status, w.Code, from)
	}
}

func TestAdmin_SaysWhatIsWrong(t *testing.T) {
	s := serveSample(t)
	for _, c := range []struct {
		status             int
		method, path, body string
		words              string
	}{
		{404, "GET", "/dev/api/user", "", "GET /dev/api/user is no call: GET /dev/ lists them"},
		{404, "POST", "/dev/api/ready", "{}", "is no call"},
		{400, "GET", "/dev/api/inbox?to=nobody", "", "to=nobody is neither an address nor a number"},
		{400, "GET", "/dev/api/inbox?wait=10", "", "wait=10 is not a time with its unit, of 1m0s at most, as 10s"},
		{400, "GET", "/dev/api/inbox?wait=2m", "", "of 1m0s at most"},
		{400, "GET", "/dev/api/inbox?after=x", "", "after=x is not the id of a message"},
		{404, "GET", "/dev/api/inbox?wait=10ms", "", "no such message has come within 10ms"},
		{400, "POST", "/dev/api/users", `{"user":"x"}`, `unknown field "user"`},
		{400, "POST", "/dev/api/users", `{} {}`, "goes on after the object"},
		{400, "POST", "/dev/api/users", `{"username":"x","id":"7"}`, "email is missing: the user name is no address, and codes have to go somewhere; id \"7\" is not a GUID"},
		{400, "POST", "/dev/api/users", `{"username":"x","email":"x@contoso.example"}`, "write aliases: true in the file"},
		{409, "POST", "/dev/api/users", `{"username":"ADA@contoso.example"}`, "PUT /dev/api/users/ada@contoso.example replaces"},
		{413, "POST", "/dev/api/users", strings.Repeat(" ", mostBody+1), "more than 65536 bytes"},
		{404, "GET", "/dev/api/users/eve@contoso.example", "", "there is no user eve@contoso.example"},
		{404, "PATCH", "/dev/api/users/eve@contoso.example", "{}", "there is no user"},
		{404, "DELETE", "/dev/api/users/eve@contoso.example", "", "there is no user"},
		{400, "PUT", "/dev/api/users/eve@contoso.example", `{"username":"ada@contoso.example"}`, "and the path says eve@contoso.example"},
		{400, "PATCH", "/dev/api/users/ada@contoso.example", `{"username":"eve@contoso.example"}`, "and the path says ada@contoso.example"},
		{400, "PUT", "/dev/api/users/ada@contoso.example", `{"id":"aaaabbbb-0000-cccc-1111-dddd2222eeee"}`, "the user has 99990000-aaaa-bbbb-cccc-ddddeeeeffff"},
		{400, "POST", "/dev/api/clock", `{}`, `write {"forward":"10m"}`},
		{400, "POST", "/dev/api/clock", `{"forward":"-1m"}`, "DELETE /dev/api/clock goes back"},
		{400, "POST", "/dev/api/clock", `{"forward":"1000000h"}`, "of 87600h0m0s at most"},
		{400, "PUT", "/dev/api/snapshots/a%20b", `{}`, "is not 1 to 64 letters"},
		{400, "PUT", "/dev/api/snapshots/a", `{"x":1}`, "unknown field"},
		{404, "POST", "/dev/api/reset", `{"to":"a"}`, "there is no snapshot"},
		{400, "POST", "/dev/api/failures", `{"error":"expired_token"}`, "write path or correlation_id"},
		{400, "POST", "/dev/api/failures", `{"path":"/token","error":"expired_token"}`, `path "/token" is none of the API, which has /`},
		{400, "POST", "/dev/api/failures", `{"correlation_id":"x","error":"expired_token"}`, "is not a GUID"},
		{400, "POST", "/dev/api/failures", `{"path":"/oauth2/v2.0/token"}`, "say what to answer"},
		{400, "POST", "/dev/api/failures", `{"path":"/oauth2/v2.0/token","error":"no_such"}`, `error "no_such" with suberror "" and code 0 is none of the contract`},
		{400, "POST", "/dev/api/failures", `{"path":"/oauth2/v2.0/token","error":"expired_token","times":101}`, "times is 101: write 1 to 100"},
		{400, "POST", "/dev/api/failures", `{"path":"/oauth2/v2.0/token","status":99}`, "status is 99: write 200 to 599"},
		{400, "POST", "/dev/api/failures", `{"path":"/oauth2/v2.0/token","status":500,"delay":"1h"}`, `delay "1h" is not a time with its unit, of 8s at most`},
	} {
		status, text := s.refused(c.method, c.path, c.body)
		assert.Equal(t, c.status, status, "%s %s %s", c.method, c.path, text)
		assert.Contains(t, text, c.words, "%s %s", c.method, c.path)
	}
}

func TestInbox_ListsAndWaits(t *testing.T) {
	s := serveSample(t)
	s.send("ada@contoso.example", otp.SignIn, "11111111")
	s.send("+4915112345678", otp.SecondFactor, "22222222")
	s.send("ada@contoso.example", otp.PasswordChanged, "")
	for path, want := range map[string][]any{
		"":                                 {3.0, 2.0, 1.0},
		"?to=ADA@contoso.example":          {3.0, 1.0},
		"?to=ADA@contoso.example&wait=10s": {1.0},
		"?to=ada@contoso.example&purpose=password-changed&wait=10s": {3.0},
		"?after=2":           {3.0},
		"?to=+4915112345678": {2.0},
	} {
		_, list := s.call(http.MethodGet, "/dev/api/inbox"+path, "")
		var ids []any
		for _, m := range list.([]any) {
			ids = append(ids, m.(map[string]any)["id"])
		}
		assert.Equal(t, want, ids, path)
	}

	came := make(chan any)
	go func() {
		_, list := s.call(http.MethodGet, "/dev/api/inbox?to=ada@contoso.example&after=3&wait=1m", "")
		came <- list
	}()
	s.send("grace@contoso.example", otp.SignIn, "33333333")
	s.send("ada@contoso.example", otp.SignIn, "44444444")
	list, _ := (<-came).([]any)
	require.Len(t, list, 1)
	assert.Equal(t, "44444444", list[0].(map[string]any)["code"])

	s.call(http.MethodDelete, "/dev/api/inbox", "")
	_, left := s.call(http.MethodGet, "/dev/api/inbox", "")
	assert.Equal(t, []any{}, left)
	s.send("ada@contoso.example", otp.SignIn, "55555555")
	_, list2 := s.call(http.MethodGet, "/dev/api/inbox", "")
	assert.Equal(t, 6.0, list2.([]any)[0].(map[string]any)["id"], "ids are never given twice")
}

func TestInbox_DoesNotKeepAServerThatIsAboutToEnd(t *testing.T) {
	s := serveSample(t)
	ended, end := context.WithCancel(t.Context())
	end()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "http://localhost/dev/api/inbox?wait=1m", nil)
	r.RemoteAddr = "127.0.0.1:4711"
	s.Admin(ended, "curl").ServeHTTP(w, r)
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Contains(t, w.Body.String(), "about to end")
}

func TestSnapshots_BringBackWhatThereWas(t *testing.T) {
	s := serveSample(t)
	s.call(http.MethodPut, "/dev/api/users/eve@contoso.example", `{"mfa":true}`)
	s.call(http.MethodPost, "/dev/api/clock", `{"frozen":true,"forward":"1h"}`)
	at := s.Now()
	require.NoError(t, s.kept.Put(t.Context(), "flow", store.Entry{Value: []byte("a"), TTL: time.Minute}))
	status, names := s.call(http.MethodPut, "/dev/api/snapshots/signed-up", `{}`)
	require.Equal(t, http.StatusOK, status)
	assert.Equal(t, []any{"signed-up"}, names)

	for range 2 {
		s.call(http.MethodPatch, "/dev/api/users/eve@contoso.example", `{"mfa":false}`)
		s.call(http.MethodPost, "/dev/api/reset", `{}`)
		assert.Len(t, s.kept.AllUsers(), 4)
		_, err := s.kept.Get(t.Context(), "flow")
		assert.ErrorIs(t, err, store.ErrNotFound)
		assert.WithinDuration(t, time.Now(), s.Now(), time.Minute)

		status, _ = s.call(http.MethodPost, "/dev/api/reset", `{"to":"signed-up"}`)
		require.Equal(t, http.StatusOK, status)
		eve, err := s.users.UserByUsername(t.Context(), "eve@contoso.example")
		require.NoError(t, err)
		assert.True(t, s.isAsked(eve.ID))
		assert.True(t, at.Equal(s.Now()))
		left, err := s.kept.Get(t.Context(), "flow")
		require.NoError(t, err)
		assert.Equal(t, time.Minute, left.TTL)
	}
	for n := range mostSnapshots - 1 {
		s.call(http.MethodPut, fmt.Sprintf("/dev/api/snapshots/%d", n), `{}`)
	}
	status, text := s.refused(http.MethodPut, "/dev/api/snapshots/more", `{}`)
	assert.Equal(t, http.StatusConflict, status)
	assert.Contains(t, text, "there are 20 snapshots")
	status, _ = s.call(http.MethodPut, "/dev/api/snapshots/signed-up", `{}`)
	assert.Equal(t, http.StatusOK, status, "over one of them")
}

func TestClock_StandsAndGoesOn(t *testing.T) {
	s := serveSample(t)
	_, stopped := s.call(http.MethodPost, "/dev/api/clock", `{"frozen":true}`)
	at, err := time.Parse(time.RFC3339, stopped.(map[string]any)["now"].(string))
	require.NoError(t, err)
	assert.True(t, at.Equal(s.Now()))
	s.call(http.MethodPost, "/dev/api/clock", `{"forward":"1h"}`)
	assert.True(t, at.Add(time.Hour).Equal(s.Now()), "it is moved and still stands")
	_, going := s.call(http.MethodPost, "/dev/api/clock", `{"frozen":false,"forward":"1h"}`)
	assert.Equal(t, false, going.(map[string]any)["frozen"])
	assert.True(t, s.Now().After(at.Add(2*time.Hour)), "it goes on from where it stood")
	assert.WithinDuration(t, at.Add(2*time.Hour), s.Now(), time.Minute)
	s.call(http.MethodDelete, "/dev/api/clock", "")
	assert.WithinDuration(t, time.Now(), s.Now(), time.Minute)
}

// Times beyond those that can be written would come out as others.
func TestClock_MovesSoFarAltogether(t *testing.T) {
	s := serveSample(t)
	for _, stands := range []string{`false`, `true`} {
		status, _ := s.call(http.MethodPost, "/dev/api/clock", `{"forward":"87000h","frozen":`+stands+`}`)
		require.Equal(t, http.StatusOK, status)
		at := s.Now()
		status, text := s.refused(http.MethodPost, "/dev/api/clock", `{"forward":"601h","frozen":false}`)
		assert.Equal(t, http.StatusBadRequest, status)
		assert.Contains(t, text, "the clock would be more than 87600h0m0s ahead")
		assert.WithinDuration(t, at, s.Now(), time.Minute)
		_, clock := s.call(http.MethodGet, "/dev/api/clock", "")
		assert.Equal(t, stands == "true", clock.(map[string]any)["frozen"], "nothing of it was done")
		s.call(http.MethodDelete, "/dev/api/clock", "")
	}
}

// R4: what somebody had who was removed is not that of the next one of the name, who has the same id.
func TestUsers_OfOneNameAfterAnotherDoNotShareSessions(t *testing.T) {
	s := serveSample(t)
	const path = "/dev/api/users/ada@contoso.example"
	ask := func(call string, more ...string) map[string]any {
		form := url.Values{"client_id": {"00001111-aaaa-2222-bbbb-3333cccc4444"}}
		for i := 0; i < len(more); i += 2 {
			form.Set(more[i], more[i+1])
		}
		resp, err := http.PostForm(s.url+s.Path()+call, form)
		require.NoError(t, err)
		defer resp.Body.Close()
		a := map[string]any{}
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&a))
		return a
	}
	status, _ := s.call(http.MethodPut, path, `{"password":"a quiet harbour"}`)
	require.Equal(t, http.StatusOK, status)
	a := ask("/oauth2/v2.0/initiate", "username", "ada@contoso.example", "challenge_type", "password oob redirect")
	a = ask("/oauth2/v2.0/challenge", "continuation_token", a["continuation_token"].(string), "challenge_type", "password oob redirect")
	a = ask("/oauth2/v2.0/token", "continuation_token", a["continuation_token"].(string), "grant_type", "password",
		"password", "a quiet harbour", "scope", "openid offline_access")
	a = ask("/oauth2/v2.0/token", "grant_type", "refresh_token", "refresh_token", a["refresh_token"].(string))
	require.Contains(t, a, "refresh_token", a)

	s.call(http.MethodDelete, path, "")
	status, _ = s.call(http.MethodPost, "/dev/api/users", `{"username":"ada@contoso.example","password":"another harbour"}`)
	require.Equal(t, http.StatusOK, status)
	a = ask("/oauth2/v2.0/token", "grant_type", "refresh_token", "refresh_token", a["refresh_token"].(string))
	assert.Equal(t, "invalid_grant", a["error"])
	assert.NotContains(t, a, "access_token")
}

func TestUsers_AreMadeReplacedChangedAndRemoved(t *testing.T) {
	s := serveSample(t)
	const path = "/dev/api/users/eve@contoso.example"
	status, made := s.call(http.MethodPost, "/dev/api/users", `{"username":"Eve@contoso.example","password":"a quiet harbour","attributes":{"city":"Bonn"},"methods":[{"kind":"sms","target":"+49 151 12345678"}],"mfa":true}`)
	require.Equal(t, http.StatusOK, status, made)
	eve := made.(map[string]any)
	assert.NotContains(t, eve, "password")
	assert.Equal(t, []any{map[string]any{"kind": "sms", "target": "+4915112345678"}}, eve["methods"])
	u, err := s.users.UserByUsername(t.Context(), "eve@contoso.example")
	require.NoError(t, err)
	assert.Equal(t, eve["id"], u.ID)
	assert.True(t, s.isAsked(u.ID))

	_, changed := s.call(http.MethodPatch, path, `{"attributes":{"displayName":"Eve"},"mfa":false}`)
	assert.Equal(t, map[string]any{"city": "Bonn", "displayName": "Eve"}, changed.(map[string]any)["attributes"])
	after, err := s.users.UserByUsername(t.Context(), "eve@contoso.example")
	require.NoError(t, err)
	assert.Equal(t, u.PasswordHash, after.PasswordHash)
	assert.Equal(t, u.Epoch, after.Epoch, "sessions go on")
	assert.Equal(t, u.Methods, after.Methods)
	assert.False(t, s.isAsked(u.ID))

	s.call(http.MethodPatch, path, `{"disabled":true}`)
	after, _ = s.users.UserByUsername(t.Context(), "eve@contoso.example")
	assert.True(t, after.Disabled)
	assert.Equal(t, u.Epoch+1, after.Epoch, "sessions end")

	after.PasswordHistory = []string{after.PasswordHash}
	require.NoError(t, s.users.UpdateUser(t.Context(), after))
	_, replaced := s.call(http.MethodPut, path, `{"methods":[{"kind":"email","target":"eve@home.example"}]}`)
	assert.Equal(t, map[string]any{"id": u.ID, "username": "eve@contoso.example", "email": "eve@contoso.example", "attributes": map[string]any{}, "mfa": false,
		"disabled": false, "reset_required": false, "methods": []any{map[string]any{"kind": "email", "target": "eve@home.example"}}}, replaced)
	after, _ = s.users.UserByUsername(t.Context(), "eve@contoso.example")
	assert.Empty(t, after.PasswordHash)
	assert.Empty(t, after.PasswordHistory)

	s.call(http.MethodDelete, path, "")
	status, _ = s.call(http.MethodGet, path, "")
	assert.Equal(t, http.StatusNotFound, status)
	status, again := s.call(http.MethodPut, path, `{}`)
	assert.Equal(t, http.StatusOK, status, again)
	assert.Equal(t, eve["id"], again.(map[string]any)["id"], "it is made from the name")
}

// The page's lines are what it promises: each does what it says.
func TestIndex_EveryLineWorksInAShell(t *testing.T) {
	peers.Need(t, "curl")
	s := serveSample(t)
	s.send("ada@contoso.example", otp.SignIn, "11111111")
	resp, err := http.Get(s.url + "/dev/")
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	text := string(body)
	assert.Contains(t, text, "00001111-aaaa-2222-bbbb-3333cccc4444  Passwords")
	lines := 0
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "curl ") {
			continue
		}
		lines++
		if strings.Contains(line, "/inbox?") {
			s.send("ada@contoso.example", otp.SignIn, "22222222")
		}
		out, err := exec.CommandContext(t.Context(), "sh", "-c", line+" -f").CombinedOutput()
		assert.NoError(t, err, "%s\n%s", line, out)
		assert.True(t, json.Valid(out), "%s\n%s", line, out)
		if strings.Contains(line, "DELETE") && strings.Contains(line, "users") {
			s.call(http.MethodPut, "/dev/api/users/ada@contoso.example", "{}")
		}
	}
	assert.Equal(t, len(s.calls()), lines)
	assert.Len(t, every, lines+1, "each is in the test of who may call")
}
