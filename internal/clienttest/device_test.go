package clienttest

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/consolemail"
	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/internal/peers"
	"github.com/nativeauth/nativeauth/store"
)

// TestDevicePage_InABrowser plays the scenarios of device.mjs in Chromium, with scripts switched off wherever
// the page is concerned. To look at the page, name a folder in NATIVEAUTH_SCREENSHOTS.
func TestDevicePage_InABrowser(t *testing.T) {
	needBrowser(t)
	h := startDevices(t)
	elsewhere := httptest.NewServer(http.HandlerFunc(h.intrude))
	defer elsewhere.Close()
	foreign := strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1) // another site
	playScenarios(t, exec.CommandContext(t.Context(), peers.Need(t, "node"), "device.mjs",
		peers.Need(t, "chromium"), h.issuer, foreign, os.Getenv("NATIVEAUTH_SCREENSHOTS")))
}

// The clients of the host. device.mjs knows them by the same names.
const (
	pagesClient = "pages"
	tvClient    = "tv"
	vaultClient = "vault" // a device that asks for one, too
)

// deviceHost is an app's server with pages of its own, and somebody who has a password.
type deviceHost struct {
	issuer string
	page   string // where devices send people
}

func startDevices(t *testing.T) *deviceHost {
	t.Helper()
	kept := memory.New()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	h := &deviceHost{issuer: server.URL + tenant, page: server.URL + tenant + "/device"}
	devices := []string{handler.GrantDeviceCode}
	auth, err := handler.Mount(mux, handler.Config{
		Issuer: h.issuer,
		App:    "Contoso",
		Secret: []byte(strings.Repeat("s", 32)),
		Clients: []handler.Client{
			{ID: pagesClient, Passwords: true, Cookies: true},
			{ID: tvClient, Name: "Living-room television", GrantTypes: devices},
			{ID: vaultClient, Name: "Vault", GrantTypes: devices, SecondFactor: handler.Always},
		},
		Resources: []handler.Resource{{Scopes: []string{"Orders.Read"}, Descriptions: map[string]string{"Orders.Read": "see your orders"}}},
		Users:     kept, State: kept, Sender: consolemail.New(io.Discard), SignInPage: "/sign-in",
		Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, auth.Shutdown(context.Background())) })
	for _, name := range []string{"casey", "robin"} {
		require.NoError(t, kept.CreateUser(t.Context(), store.User{ID: name, Username: name + "@contoso.com", Email: name + "@contoso.com"}))
		require.NoError(t, auth.SetPassword(t.Context(), name, "harbor quilt lantern"))
	}
	mux.HandleFunc("GET /sign-in", h.askSignIn)
	mux.HandleFunc("POST /sign-in", h.signIn)
	return h
}

// askSignIn is a form that needs no script either.
func (h *deviceHost) askSignIn(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, `<!doctype html><html lang="en"><title>Sign in</title><form method="post">`+
		`<label>Email <input name="username"></label><label>Password <input name="password" type="password"></label><button>Sign in</button></form>`)
}

// signIn goes through a flow for the browser, hands the cookie on, and leads back where there is one page to
// lead back to.
func (h *deviceHost) signIn(w http.ResponseWriter, r *http.Request) {
	sent := h.call("/oauth2/v2.0/initiate", "username", r.FormValue("username"), "challenge_type", "password redirect")
	sent = h.call("/oauth2/v2.0/challenge", "continuation_token", token(sent), "challenge_type", "password redirect")
	done := h.call("/oauth2/v2.0/token", "continuation_token", token(sent), "grant_type", "password", "password", r.FormValue("password"))
	for _, cookie := range done.Header.Values("Set-Cookie") {
		w.Header().Add("Set-Cookie", cookie)
	}
	if r.URL.Query().Get("return_to") == h.page {
		http.Redirect(w, r, h.page, http.StatusSeeOther)
	}
}

func (h *deviceHost) call(path string, pairs ...string) *http.Response {
	values := url.Values{"client_id": {pagesClient}}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	resp, err := http.PostForm(h.issuer+path, values)
	if err != nil {
		panic(err)
	}
	return resp
}

func token(resp *http.Response) string {
	defer resp.Body.Close()
	var body struct {
		Token string `json:"continuation_token"`
	}
	_ = json.NewDecoder(resp.Body).Decode(&body)
	return body.Token
}

// intrude is a page of somebody else: it frames the page, and posts to it.
func (h *deviceHost) intrude(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if r.URL.Path == "/frame" {
		_, _ = io.WriteString(w, `<!doctype html><title>Frame</title><iframe src="`+h.page+`"></iframe>`)
		return
	}
	_, _ = io.WriteString(w, `<!doctype html><title>Form</title><form method="post" action="`+h.page+`">`+
		`<input name="user_code"><button name="action" value="approve">You have won</button></form>`)
}
