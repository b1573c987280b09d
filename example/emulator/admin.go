package emulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/nativeauth/nativeauth/internal/devpage"
)

// call is one thing that the admin API does.
type call struct {
	pattern string
	about   string
	more    string // of a line for a shell: the query, and behind a blank the body
	answer  func(context.Context, *http.Request) (any, error)
}

// calls is the admin API.
func (e *Emulator) calls() []call {
	return []call{
		{"GET /dev/api/ready", "say that all is ready, and what an app has to know", "", e.ready},
		{"GET /dev/api/inbox", "list mail and text messages, the newest first, or wait for a code", "?to=ada@contoso.example&wait=10s", e.readInbox},
		{"DELETE /dev/api/inbox", "empty the inbox", "", e.clearInbox},
		{"GET /dev/api/users", "list the users", "", e.listUsers},
		{"POST /dev/api/users", "make a user", ` -d '{"username":"eve@contoso.example","password":"a quiet harbour"}'`, e.createUser},
		{"GET /dev/api/users/{name}", "show a user", "", e.showUser},
		{"PUT /dev/api/users/{name}", "replace a user, or make one", ` -d '{"password":"a quiet harbour","methods":[{"kind":"sms","target":"+4915112345678"}],"mfa":true}'`, e.replaceUser},
		{"PATCH /dev/api/users/{name}", "change some of a user", ` -d '{"disabled":true}'`, e.changeUser},
		{"DELETE /dev/api/users/{name}", "remove a user", "", e.deleteUser},
		{"GET /dev/api/clock", "read the clock", "", e.readClock},
		{"POST /dev/api/clock", "move the clock forward, stop it or let it go on", ` -d '{"forward":"10m","frozen":false}'`, e.moveClock},
		{"DELETE /dev/api/clock", "set the clock to the time of this machine", "", e.resetClock},
		{"GET /dev/api/failures", "list the failures that are still to come", "", e.listFailures},
		{"POST /dev/api/failures", "let the next calls of a path, or those with a correlation_id, fail", ` -d '{"path":"/oauth2/v2.0/token","times":1,"error":"expired_token"}'`, e.planFailure},
		{"DELETE /dev/api/failures", "drop the failures that are still to come", "", e.dropFailures},
		{"GET /dev/api/snapshots", "list the snapshots", "", e.listSnapshots},
		{"PUT /dev/api/snapshots/{name}", "keep what there is now: users, flows, tokens and the clock", ` -d '{}'`, e.saveSnapshot},
		{"POST /dev/api/reset", "begin again as the file says: no flows, tokens, mail and failures, the machine's time; {\"to\":NAME} goes back to a snapshot", ` -d '{}'`, e.reset},
	}
}

// mistake is an answer that says what to do.
type mistake struct {
	status int
	text   string
}

func (m mistake) Error() string { return m.text }

func wrong(status int, format string, args ...any) error {
	return mistake{status, fmt.Sprintf(format, args...)}
}

// Admin serves the admin API, for the paths beneath /dev/: at /dev/ itself a page that lists its calls as lines for
// a shell, which begin with curl and its options. What waits for mail ends with ctx. Call it after Mount.
func (e *Emulator) Admin(ctx context.Context, curl string) http.Handler {
	mux := http.NewServeMux()
	for _, c := range e.calls() {
		mux.Handle(c.pattern, serve(ctx, c.answer))
	}
	mux.HandleFunc("GET /dev/{$}", func(w http.ResponseWriter, r *http.Request) { e.index(w, r, curl) })
	mux.Handle("/dev/", serve(ctx, func(_ context.Context, r *http.Request) (any, error) {
		return nil, wrong(http.StatusNotFound, "%s %s is no call: GET /dev/ lists them", r.Method, r.URL.Path)
	}))
	return guard(mux)
}

var crossOrigin = http.NewCrossOriginProtection()

// guard lets through what programs on this machine ask, and pages that this server has served. The name in the Host header
// has to be this machine's, or a site could point its own name here and be of the same origin (DNS rebinding). A page of
// another origin may not even read: a GET can wait for a code. Writes are JSON, which no form of such a page can send.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		asWrite := *r
		asWrite.Method = http.MethodPost
		switch {
		case !devpage.IsLocal(r):
			refuse(w, wrong(http.StatusForbidden, "this is for the machine it runs on: call it there, without a proxy, as localhost or 127.0.0.1"))
		case crossOrigin.Check(&asWrite) != nil:
			refuse(w, wrong(http.StatusForbidden, "this is not for pages of another origin: call it from a program, or type its address"))
		case hasBody(r) && !isJSON(r):
			refuse(w, wrong(http.StatusUnsupportedMediaType, "send JSON: add the header Content-Type: application/json"))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// hasBody tells whether a method is one of those with a body here.
func hasBody(r *http.Request) bool {
	return r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodDelete
}

func isJSON(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

// serve answers with what a call returns, or says what was wrong. What answer is given ends with the request, and with ctx.
func serve(ctx context.Context, answer func(context.Context, *http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		during, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(ctx, cancel)()
		unhurried(w)
		body, err := answer(during, r)
		if err != nil {
			refuse(w, err)
			return
		}
		reply(w, http.StatusOK, body)
	})
}

func refuse(w http.ResponseWriter, err error) {
	m, ok := errors.AsType[mistake](err)
	if !ok {
		m = mistake{http.StatusInternalServerError, err.Error()}
	}
	reply(w, m.status, map[string]string{"error": m.text})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // fails only if the client has gone
}

const mostBody = 64 << 10 // bytes

// decode reads the JSON object of a request into to, which may have values already.
func decode(r *http.Request, to any) error {
	text, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, mostBody))
	if err != nil {
		return wrong(http.StatusRequestEntityTooLarge, "the body cannot be read, or has more than %d bytes", mostBody)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return wrong(http.StatusBadRequest, "the body is not as GET /dev/ shows it: %v", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return wrong(http.StatusBadRequest, "the body goes on after the object: send one")
	}
	return nil
}

// inMemory refuses what a database cannot do.
func (e *Emulator) inMemory(what string) error {
	if e.kept == nil {
		return wrong(http.StatusConflict, "%s is for users and flows in memory: leave -db and -redis out", what)
	}
	return nil
}

func (e *Emulator) ready(context.Context, *http.Request) (any, error) {
	clients := []string{}
	for _, c := range e.setup.Config.Clients {
		clients = append(clients, c.ID)
	}
	return map[string]any{"issuer": e.issuer, "tenant_id": e.setup.Config.TenantID, "clients": clients}, nil
}
