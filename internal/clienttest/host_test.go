package clienttest

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// host is an app's server whose people have second factors. It does at once what its administrators and
// its account pages would do, so that a scenario can ask for it.
type host struct {
	auth  *handler.Auth
	users *memory.Store
	api   string // URL

	mu       sync.Mutex
	now      time.Time       // stands still unless a scenario moves it, so that codes of apps are foreseeable
	strict   map[string]bool // user names that a second factor is required of
	messages []otp.Message   // newest first
}

// The clients of the host. factors.js knows them by the same names.
var hostClients = []handler.Client{
	{ID: "44444444-4444-4444-8444-444444444444", Passwords: true, SecondFactor: handler.Always, RegisterAddress: true},
	{ID: "55555555-5555-4555-8555-555555555555", Passwords: true, SecondFactor: handler.Always,
		Methods: []store.MethodKind{store.MethodEmail, store.MethodSMS, store.MethodTOTP}},
	{ID: "66666666-6666-4666-8666-666666666666", SecondFactor: handler.Always},
	{ID: "77777777-7777-4777-8777-777777777777", Passwords: true}, // the host's own function decides
}

// startHost serves an API to pages of origin, and puts on pages what scenarios ask of the host.
func startHost(t *testing.T, origin string, pages *http.ServeMux) *host {
	t.Helper()
	h := &host{now: time.Now(), strict: map[string]bool{}}
	h.users = memory.NewAt(h.time)
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	h.api = server.URL + tenant
	auth, err := handler.Mount(mux, handler.Config{
		Issuer:       h.api,
		App:          "Contoso",
		Secret:       []byte(strings.Repeat("s", 32)),
		Clients:      hostClients,
		Resources:    []handler.Resource{{Scopes: []string{"Orders.Read"}}},
		Users:        h.users,
		State:        h.users,
		Sender:       h,
		Origins:      []string{origin},
		SecondFactor: h.isStrict,
		Gate:         repute,
		SMSCountries: otp.Countries{"+49"},
		Limits:       handler.Limits{Off: true}, // dozens of flows a minute come from one address
		Logger:       slog.New(slog.NewTextHandler(io.Discard, nil)),
		Now:          h.time,
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, auth.Shutdown(context.Background())) })
	h.auth = auth
	mux.HandleFunc("GET /dev/inbox", h.inbox)
	mux.Handle("GET /api/me", auth.RequireToken()(http.HandlerFunc(h.me)))

	for path, do := range map[string]func(*http.Request, store.User) (any, error){
		"/host/method":   h.addMethod,
		"/host/app":      h.newApp,
		"/host/confirm":  h.confirmApp,
		"/host/recovery": h.newRecovery,
		"/host/strict":   h.beStrict,
		"/host/later":    h.wait,
	} {
		pages.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
			u, err := h.users.UserByUsername(r.Context(), r.FormValue("username"))
			var answer any
			if err == nil {
				answer, err = do(r, u)
			}
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			json.NewEncoder(w).Encode(answer)
		})
	}
	return h
}

func (h *host) addMethod(r *http.Request, u store.User) (any, error) {
	m, err := h.auth.AddMethod(r.Context(), u.ID, store.MethodKind(r.FormValue("kind")), r.FormValue("target"))
	return m.ID, err
}

func (h *host) newApp(r *http.Request, u store.User) (any, error) {
	secret, err := h.auth.NewTOTP(r.Context(), u.ID)
	return secret.URI, err
}

func (h *host) confirmApp(r *http.Request, u store.User) (any, error) {
	return h.auth.ConfirmTOTP(r.Context(), u.ID, r.FormValue("code"))
}

func (h *host) newRecovery(r *http.Request, u store.User) (any, error) {
	return h.auth.NewRecoveryCodes(r.Context(), u.ID)
}

func (h *host) beStrict(r *http.Request, u store.User) (any, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.strict[u.Username] = r.FormValue("on") == "true"
	return nil, nil
}

// wait moves the clock and says what it shows then, in milliseconds.
func (h *host) wait(r *http.Request, _ store.User) (any, error) {
	seconds, err := strconv.Atoi(r.FormValue("seconds"))
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(time.Duration(seconds) * time.Second)
	return h.now.UnixMilli(), err
}

func (h *host) time() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *host) isStrict(_ context.Context, r handler.SecondFactorRequest) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.strict[r.User.Username], nil
}

// repute blocks contacts of ill repute.
func repute(_ context.Context, r handler.GateRequest) error {
	if strings.HasPrefix(string(r.To), "blocked") || strings.HasPrefix(string(r.To), "+49666") {
		return handler.ErrContactBlocked
	}
	return nil
}

// Send keeps a message for the inbox, whatever its channel.
func (h *host) Send(_ context.Context, m otp.Message) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.messages = slices.Insert(h.messages, 0, m)
	return nil
}

// inbox answers as that of the example does.
func (h *host) inbox(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	found := []map[string]string{}
	for _, m := range h.messages {
		if string(m.To) == r.FormValue("to") {
			found = append(found, map[string]string{"code": m.Code, "purpose": string(m.Purpose), "channel": string(m.Channel)})
		}
	}
	json.NewEncoder(w).Encode(found)
}

// me is the app's own API: what it learns from an access token.
func (h *host) me(w http.ResponseWriter, r *http.Request) {
	caller, _ := handler.CallerFrom(r.Context())
	u, err := h.users.UserByID(r.Context(), caller.UserID)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	json.NewEncoder(w).Encode(map[string]any{
		"username": u.Username, "scopes": caller.Scopes, "amr": caller.Claims["amr"], "acr": caller.Claims["acr"],
	})
}
