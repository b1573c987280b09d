//go:build !race

// The example is a process of its own, which a race detector in this one cannot look into.

package clienttest

import (
	"bytes"
	"database/sql"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/nativeauth/nativeauth/adapters/sqlstore"
)

// TestMSALJS_WorksUnchanged plays the scenarios of scenarios.js in a browser. The page comes
// from one origin and the API from another, so the browser's rules for such calls apply.
func TestMSALJS_WorksUnchanged(t *testing.T) {
	needBrowser(t)
	file := filepath.Join(t.TempDir(), "app.db")
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServer(http.Dir(".")))
	mux.Handle("POST /require-reset", requireReset(t, file))
	app := httptest.NewServer(mux)
	defer app.Close()
	api := startExample(t, "-origin", app.URL, "-db", "sqlite:"+file)

	playAll(t, app.URL+"/page.html", api+tenant)
}

// requireReset is what an administrator's page would do to a password that may have become known. The
// example has no such page, so this changes the account in the example's own database.
func requireReset(t *testing.T, file string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		db, err := sql.Open("sqlite", sqlstore.SQLiteDSN(file))
		if !assert.NoError(t, err) {
			return
		}
		defer db.Close()
		users, err := sqlstore.Open(r.Context(), db, sqlstore.SQLite)
		if !assert.NoError(t, err) {
			return
		}
		defer users.Close()
		u, err := users.UserByUsername(r.Context(), r.FormValue("username"))
		assert.NoError(t, err)
		u.MustChangePassword = true
		assert.NoError(t, users.UpdateUser(r.Context(), u))
	}
}

// startExample starts the example's server without limits and returns its address.
func startExample(t *testing.T, flags ...string) string {
	t.Helper()
	url := "http://" + startBinary(t, t.TempDir(), append([]string{"-limits", "off"}, flags...)...)
	answers(t, http.DefaultClient, url+"/dev/inbox")
	return url
}

// startBinary builds and starts the example in a folder, and returns the address that it listens on before long.
func startBinary(t *testing.T, dir string, flags ...string) (address string) {
	t.Helper()
	root := filepath.Join("..", "..")
	dependOn(t, root)
	binary := filepath.Join(t.TempDir(), "example")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./example")
	build.Dir = root
	out, err := build.CombinedOutput()
	require.NoError(t, err, "go build ./example: %s", out)

	address = freeAddress(t)
	server := exec.CommandContext(t.Context(), binary, append([]string{"-addr", address}, flags...)...)
	server.Dir = dir // where it leaves what it leaves
	var log bytes.Buffer
	server.Stdout, server.Stderr = &log, &log
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		server.Wait() // the test's context is done by now, and the server with it
		if t.Failed() {
			t.Logf("the server's log:\n%s", &log)
		}
	})
	return address
}

// answers waits until there is an answer.
func answers(t *testing.T, client *http.Client, url string) {
	t.Helper()
	require.Eventually(t, func() bool {
		response, err := client.Get(url)
		if err != nil {
			return false
		}
		response.Body.Close()
		return true
	}, 20*time.Second, 50*time.Millisecond, "the example does not answer")
}

// freeAddress returns a loopback address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}
