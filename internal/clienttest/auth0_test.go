package clienttest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
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

// TestAuth0_CallsAsServersDo plays the scenarios of auth0.mjs.
func TestAuth0_CallsAsServersDo(t *testing.T) {
	if testing.Short() {
		t.Skip("starts node")
	}
	peers.NeedModules(t, ".")
	s, server := startAuth0(t)
	input, err := json.Marshal(s)
	require.NoError(t, err)
	trusted := filepath.Join(t.TempDir(), "server.pem") // the library knows https alone
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	require.NoError(t, os.WriteFile(trusted, cert, 0o600))
	run := exec.CommandContext(t.Context(), peers.Need(t, "node"), "auth0.mjs", strings.TrimPrefix(server.URL, "https://"))
	run.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+trusted)
	run.Stdin = bytes.NewReader(input)
	playScenarios(t, run)
}

// auth0Servers is what the scenarios have to know of an API whose clients come from Auth0.
type auth0Servers struct {
	Username string `json:"username"`
	Guarded  string `json:"guarded"` // who has to prove a second factor
	Password string `json:"password"`
	Secret   string `json:"secret"`
	Audience string `json:"audience"`
	PEM      string `json:"pem"`
}

// startAuth0 serves an API with two people who have a password.
func startAuth0(t *testing.T) (auth0Servers, *httptest.Server) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	s := auth0Servers{
		Username: "casey@contoso.com", Guarded: "sam@contoso.com", Password: "harbor quilt lantern",
		Secret: "a+secret%of:this/server=0123456789&", Audience: "https://api.contoso.com/",
		PEM: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	}
	public := jose.JSONWebKey{Key: key.Public(), KeyID: "one", Algorithm: "RS256", Use: "sig"}
	grants := []string{handler.GrantPassword, handler.GrantPasswordRealm, handler.GrantRefreshToken}
	auth0 := &handler.Auth0{Realms: []string{"employees"}}
	signing := rsaKeys{jose.JSONWebKey{Key: key, KeyID: "ours", Algorithm: "RS256"}}

	kept := memory.New()
	mux := http.NewServeMux()
	server := httptest.NewTLSServer(mux)
	t.Cleanup(server.Close)
	auth, err := handler.Mount(mux, handler.Config{
		Issuer: server.URL,
		Secret: []byte(strings.Repeat("s", 32)),
		Clients: []handler.Client{
			{ID: "server", Secrets: []string{s.Secret}, Passwords: true, GrantTypes: grants, Auth0: auth0},
			{ID: "signer", Keys: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public}}, Passwords: true, GrantTypes: grants, Auth0: auth0},
		},
		Resources: []handler.Resource{{Audience: s.Audience, Scopes: []string{"read:orders", "write:orders"}, OfflineAccess: true}},
		SecondFactor: func(_ context.Context, r handler.SecondFactorRequest) (bool, error) {
			return r.User.Username == s.Guarded, nil
		},
		Users:  kept,
		State:  kept,
		Keys:   signing,
		Sender: consolemail.New(io.Discard),
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, auth.Shutdown(context.Background())) })
	for _, name := range []string{s.Username, s.Guarded} {
		u := store.User{ID: name, Username: name, Email: name}
		if name == s.Guarded {
			u.Methods = []store.Method{{ID: "m", Kind: store.MethodEmail, Target: "second@contoso.com"}}
		}
		require.NoError(t, kept.CreateUser(t.Context(), u))
		require.NoError(t, auth.SetPassword(t.Context(), name, s.Password))
	}
	return s, server
}

// rsaKeys is a token.Keys of the algorithm that Auth0 signs with.
type rsaKeys struct{ key jose.JSONWebKey }

func (k rsaKeys) SigningKey(context.Context) (jose.SigningKey, error) {
	return jose.SigningKey{Algorithm: jose.RS256, Key: k.key}, nil
}

func (k rsaKeys) VerificationKeys(context.Context) (jose.JSONWebKeySet, error) {
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{k.key.Public()}}, nil
}
