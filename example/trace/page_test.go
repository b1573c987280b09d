package trace_test

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/example/trace"
)

const (
	adaID   = "aaaaaaaa-1111-4111-8111-111111111111"
	graceID = "bbbbbbbb-1111-4111-8111-111111111111"
)

// open begins a sign-up under a correlation id.
func (w *world) open(id, address string) map[string]any {
	w.Helper()
	return w.post(id, "/signup/v1.0/start", "username", address, "challenge_type", "oob password redirect")
}

func TestPage_ShowsWhatHostilePeopleSendAsText(t *testing.T) {
	w := newWorld(t)
	hostile := `"><script>alert(1)</script><img src=x onerror=alert(1)>'&`
	w.post("", "/signup/v1.0/start", "username", hostile, "challenge_type", hostile, "scope", "\u202Eevil\x00", hostile, "x", "client_id", hostile)
	w.post("", "/nowhere/"+strings.ReplaceAll(hostile, "/", "")+"\u202E", "grant_type", hostile)
	resp, body := w.get(page)
	assert.Contains(t, body, "&lt;script&gt;alert(1)&lt;/script&gt;")
	for _, tag := range []string{"<script>", "<img", "\u202E", "\x00", "onerror=alert(1)>"} {
		assert.NotContains(t, body, tag)
	}
	policy := resp.Header.Get("Content-Security-Policy")
	assert.Contains(t, policy, "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';")
	assert.NotContains(t, policy, "unsafe")
	for _, inline := range []string{`<style`, `style="`, ` on[a-z]+="`, `<script[^>]*>[^<]`} {
		assert.NotRegexp(t, inline, body)
	}
}

func TestPage_FindsAFlowByAnyOfItsIDs(t *testing.T) {
	w := newWorld(t)
	w.open(graceID, "grace@example.com")
	refused := w.open(adaID, "ada")
	ids := []string{adaID, strings.ToUpper(adaID), refused["trace_id"].(string)}
	for _, path := range []string{page + "/", page + "?id="} {
		for _, id := range ids {
			resp, body := w.get(path + id)
			assert.Equal(t, http.StatusOK, resp.StatusCode, id)
			assert.Contains(t, body, "About this error")
			assert.NotContains(t, body, "grace@example.com")
			_, body = w.get(path+id, "Accept", "application/json")
			assert.True(t, strings.HasPrefix(body, `{"id":"`+adaID+`","title":"Sign-up","calls":[{`), body)
		}
		resp, body := w.get(path + "none")
		assert.Equal(t, http.StatusNotFound, resp.StatusCode)
		assert.Contains(t, body, "No request has this id")
		resp, body = w.get(path+"none", "Accept", "application/json")
		assert.Equal(t, http.StatusNotFound, resp.StatusCode)
		assert.Contains(t, body, `"error":"not_found"`)
	}
}

func TestPage_SaysWhatToDoWhileEmpty(t *testing.T) {
	w := newWorld(t)
	_, body := w.get(page)
	assert.Contains(t, body, "No requests yet")
	_, body = w.get(page, "Accept", "application/json")
	assert.Equal(t, "[]\n", body)
}

func TestServeHTTP_AnswersThisMachineOnlyAndReadsOnly(t *testing.T) {
	for name, c := range map[string]struct {
		method, peer, host, proxy string
		want                      int
	}{
		"this machine":                     {"GET", "127.0.0.1:5000", "localhost:8080", "", 200},
		"another machine":                  {"GET", "192.0.2.1:5000", "localhost:8080", "", 403},
		"a name pointed here from outside": {"GET", "127.0.0.1:5000", "evil.example", "", 403},
		"a proxy":                          {"GET", "127.0.0.1:5000", "localhost:8080", "192.0.2.1", 403},
		"a form":                           {"POST", "127.0.0.1:5000", "localhost:8080", "", 405},
		"a preflight":                      {"OPTIONS", "127.0.0.1:5000", "localhost:8080", "", 405},
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{page, page + "/" + adaID, page + "/events", page + "/flows.js"} {
				flows := trace.New(trace.Config{Path: page})
				flows.Wrap(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/?scope=planted", nil))
				flows.Close()
				r := httptest.NewRequest(c.method, "http://localhost"+path, nil)
				r.RemoteAddr, r.Host = c.peer, c.host
				r.Header.Set("Origin", "https://evil.example")
				if c.proxy != "" {
					r.Header.Set("X-Forwarded-For", c.proxy)
				}
				w := httptest.NewRecorder()
				flows.ServeHTTP(w, r)
				if c.want != http.StatusOK {
					assert.Equal(t, c.want, w.Code, path)
					assert.NotContains(t, w.Body.String(), "planted")
				}
				assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
				assert.Equal(t, "same-origin", w.Header().Get("Cross-Origin-Resource-Policy"))
				assert.Empty(t, w.Header().Get("Access-Control-Allow-Origin"))
			}
		})
	}
}

// event is one of a stream.
type event struct{ name, id, data string }

// stream is one that is read.
type stream struct {
	t     *testing.T
	lines *bufio.Scanner
	end   func() error
}

// listen opens the stream as a browser does, from where another one has ended unless that is "".
func (w *world) listen(query, last string) *stream {
	w.Helper()
	r, err := http.NewRequestWithContext(w.Context(), http.MethodGet, w.http.URL+page+"/events"+query, nil)
	require.NoError(w, err)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(w, err)
	require.Equal(w, "text/event-stream", resp.Header.Get("Content-Type"))
	s := &stream{w.T, bufio.NewScanner(resp.Body), resp.Body.Close}
	w.Cleanup(func() { _ = s.end() })
	return s
}

// next waits for an event.
func (s *stream) next() (e event) {
	s.t.Helper()
	for s.lines.Scan() {
		name, value, _ := strings.Cut(s.lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case name == "event":
			e.name = value
		case name == "id":
			e.id = value
		case name == "data":
			e.data += value + "\n"
		case name == "" && e.name != "":
			return e
		}
	}
	s.t.Fatal("the stream has ended")
	return e
}

// call waits for the news of a person's request.
func (s *stream) call(address string) event {
	s.t.Helper()
	e := s.next()
	for !strings.Contains(e.data, address) { // another event may have come in between
		e = s.next()
	}
	require.Equal(s.t, "call", e.name)
	return e
}

func TestStream_TellsOfRequestsAndGoesOnWhereItWasCutOff(t *testing.T) {
	w := newWorld(t)
	s := w.listen("", "")
	assert.Equal(t, "reset", s.next().name, "what the page may show is of somebody else")
	w.open(adaID, "ada@example.com")
	seen := s.call("ada@example.com")
	assert.Contains(t, seen.data, `<li id="c1" class="call good"`)
	require.NoError(t, s.end())

	w.open(graceID, "grace@example.com")
	s = w.listen("", seen.id)
	for {
		e := s.next()
		require.Equal(t, "call", e.name)
		if strings.Contains(e.data, `id="c1"`) {
			assert.Contains(t, e.data, "start: sign-up", "only because of what it has caused since")
			continue
		}
		assert.Contains(t, e.data, "grace@example.com")
		assert.Contains(t, e.data, `<li id="c2"`)
		break
	}
	require.NoError(t, s.end())

	for _, strange := range []string{"AAAAAAAA.1.1", "nonsense", "1.1"} {
		s = w.listen("", strange)
		assert.Equal(t, "reset", s.next().name, strange)
		assert.Contains(t, s.next().data, `id="c`)
		require.NoError(t, s.end())
	}
}

func TestStream_GoesOnWhereThePageWasMade(t *testing.T) {
	w := newWorld(t)
	w.open(adaID, "ada@example.com")
	_, body := w.get(page)
	_, since, ok := strings.Cut(body, `data-since="`)
	require.True(t, ok)
	since, _, _ = strings.Cut(since, `"`)
	w.open(graceID, "grace@example.com")
	s := w.listen("?since="+since, "")
	e := s.call("grace@example.com")
	assert.NotContains(t, e.data, "ada@example.com")
}

// A server that shuts down waits for requests under way, of which streams are some.
func TestClose_EndsStreams(t *testing.T) {
	flows := trace.New(trace.Config{Path: page})
	server := httptest.NewServer(flows)
	resp, err := http.Get(server.URL + page + "/events")
	require.NoError(t, err)
	defer resp.Body.Close()
	flows.Close()
	_, err = io.ReadAll(resp.Body)
	assert.NoError(t, err)
	server.Close()
}

// limited is the answer of a server that limits the time of a request.
type limited struct {
	*httptest.ResponseRecorder
	read, write time.Time
}

func (l *limited) SetReadDeadline(t time.Time) error  { l.read = t; return nil }
func (l *limited) SetWriteDeadline(t time.Time) error { l.write = t; return nil }

func TestStream_OutlivesTheLimitsOfAServer(t *testing.T) {
	flows := trace.New(trace.Config{Path: page})
	flows.Close()
	r := httptest.NewRequest(http.MethodGet, "http://localhost"+page+"/events", nil)
	r.RemoteAddr = "127.0.0.1:5000"
	w := &limited{httptest.NewRecorder(), time.Now(), time.Time{}}
	flows.ServeHTTP(w, r)
	assert.True(t, w.read.IsZero(), "or the context of the request would end with it")
	assert.True(t, w.write.After(time.Now()), "each part has a time of its own")
}

func TestWrap_ChangesNoAnswer(t *testing.T) {
	w := newWorld(t)
	bare := httptest.NewServer(w.auth)
	t.Cleanup(bare.Close)
	for name, c := range map[string]struct{ method, path, media, body string }{
		"a good call":         {"POST", "/signup/v1.0/start", "", "client_id=" + client + "&username=ada@example.com&challenge_type=oob+password+redirect"},
		"a bad one":           {"POST", "/signup/v1.0/start", "", "client_id=" + client},
		"nothing":             {"POST", "/oauth2/v2.0/token", "", ""},
		"JSON":                {"POST", "/oauth2/v2.0/token", "application/json", "{}"},
		"too much":            {"POST", "/oauth2/v2.0/token", "", strings.Repeat("a", 70_000)},
		"too much in pieces":  {"POST", "/oauth2/v2.0/token", "", "chunked" + strings.Repeat("a", 70_000)},
		"a document":          {"GET", "/discovery/v2.0/keys", "", ""},
		"its head":            {"HEAD", "/.well-known/openid-configuration", "", ""},
		"a preflight":         {"OPTIONS", "/oauth2/v2.0/token", "", ""},
		"another method":      {"PUT", "/oauth2/v2.0/token", "", "a=b"},
		"a path that is none": {"POST", "/nowhere", "", "a=b"},
	} {
		t.Run(name, func(t *testing.T) {
			type answer struct {
				status int
				header http.Header
				body   string
				close  bool
			}
			send := func(base string) answer {
				var body io.Reader = strings.NewReader(c.body)
				if strings.HasPrefix(c.body, "chunked") {
					body = io.MultiReader(body) // of which nobody knows the length
				}
				r, err := http.NewRequestWithContext(t.Context(), c.method, base+prefix+c.path, body)
				require.NoError(t, err)
				r.Header.Set("Client-Request-Id", adaID)
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				if c.media != "" {
					r.Header.Set("Content-Type", c.media)
				}
				resp, err := http.DefaultClient.Do(r)
				require.NoError(t, err)
				defer resp.Body.Close()
				text, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				resp.Header.Del("Date")
				if resp.StatusCode >= 400 || c.path == "/signup/v1.0/start" {
					text = nil // it has a time and ids in it, whose length does not vary
				}
				return answer{resp.StatusCode, resp.Header, string(text), resp.Close}
			}
			assert.Equal(t, send(bare.URL), send(w.http.URL))
		})
	}
}

func TestWrap_PassesOnWhatAHandlerDoesToItsAnswer(t *testing.T) {
	flows := trace.New(trace.Config{Path: page})
	reached := make(chan bool)
	server := httptest.NewServer(flows.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/flush":
			_, _ = io.WriteString(w, "a part")
			w.(http.Flusher).Flush()
			<-reached
		case "/control":
			assert.NoError(t, http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Minute)))
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusTeapot)
		case "/panic":
			panic(http.ErrAbortHandler)
		}
	})))
	defer server.Close()
	resp, err := http.Get(server.URL + "/flush")
	require.NoError(t, err)
	part := make([]byte, 6)
	_, err = io.ReadFull(resp.Body, part)
	require.NoError(t, err)
	assert.Equal(t, "a part", string(part))
	close(reached)
	require.NoError(t, resp.Body.Close())

	resp, err = http.Get(server.URL + "/control")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.StatusTeapot, resp.StatusCode)

	_, err = http.Post(server.URL+"/panic", "", nil) // which is not sent again, as a GET would be
	assert.True(t, errors.Is(err, io.EOF), err)
	require.Eventually(t, func() bool { return len(flows.Flows()) == 3 }, 5*time.Second, time.Millisecond)
	calls := flows.Flows()
	assert.Equal(t, "no answer", calls[0].Last().Verdict())
	assert.Equal(t, []any{418, "bad"}, []any{calls[1].Last().Status, calls[1].Last().Tone()})
}

func BenchmarkWrap(b *testing.B) {
	body := "client_id=" + client + "&grant_type=oob&continuation_token=" + strings.Repeat("t", 131) + "&oob=12345678"
	answer := []byte(`{"continuation_token":"` + strings.Repeat("a", 131) + `"}`)
	var api http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = w.Write(answer)
	})
	for name, h := range map[string]http.Handler{"bare": api, "wrapped": trace.New(trace.Config{Path: page}).Wrap(api)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/signup/v1.0/continue", strings.NewReader(body)))
			}
		})
	}
}
