package clienttest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/consolemail"
	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/internal/peers"
	"github.com/nativeauth/nativeauth/store"
)

// TestOpenIDClient_CallsAsServersDo plays the scenarios of openid.mjs.
func TestOpenIDClient_CallsAsServersDo(t *testing.T) {
	if testing.Short() {
		t.Skip("starts node")
	}
	peers.NeedModules(t, ".")
	s := startServers(t)
	input, err := json.Marshal(s)
	require.NoError(t, err)
	run := exec.CommandContext(t.Context(), peers.Need(t, "node"), "openid.mjs", s.issuer)
	run.Stdin = bytes.NewReader(input)
	playScenarios(t, run)
}

// servers is what the scenarios have to know of an API whose clients are servers.
type servers struct {
	issuer   string
	Username string          `json:"username"`
	Password string          `json:"password"`
	Secret   string          `json:"secret"`
	Key      jose.JSONWebKey `json:"key"`
}

// startServers serves an API with a person who has a password.
func startServers(t *testing.T) servers {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	s := servers{
		Username: "casey@contoso.com", Password: "harbor quilt lantern", Secret: "a+secret%of:this/server=0123456789&",
		Key: jose.JSONWebKey{Key: key, KeyID: "one", Algorithm: "ES256", Use: "sig"},
	}
	kept := memory.New()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.issuer = server.URL + tenant
	grants := []string{handler.GrantPassword, handler.GrantDeviceCode}
	auth, err := handler.Mount(mux, handler.Config{
		Issuer: s.issuer,
		Secret: []byte(strings.Repeat("s", 32)),
		Clients: []handler.Client{
			{ID: "server", Secrets: []string{s.Secret}, Passwords: true, GrantTypes: grants, ApprovesDevices: true},
			{ID: "signer", Keys: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{s.Key.Public()}}, Passwords: true, GrantTypes: grants},
		},
		Resources:  []handler.Resource{{Scopes: []string{"Orders.Read"}}},
		DevicePage: s.issuer + "/connect",
		Users:      kept,
		State:      kept,
		Sender:     consolemail.New(io.Discard),
		Logger:     slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, auth.Shutdown(context.Background())) })
	require.NoError(t, kept.CreateUser(t.Context(), store.User{ID: "casey", Username: s.Username, Email: s.Username}))
	require.NoError(t, auth.SetPassword(t.Context(), "casey", s.Password))
	return s
}
