// Package clienttest lets clients that are not ours sign people up and in.
//
// They come from npm as they are published, and drive the example's server from outside,
// the way an app would: what passes here is what the documented SDK really does.
package clienttest

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/nativeauth/nativeauth/adapters/sqlstore"
	"github.com/nativeauth/nativeauth/internal/peers"
)

// tenant is the path that the example serves the protocol under.
const tenant = "/contoso.onmicrosoft.com"

// TestMSALJS_WorksUnchanged plays the scenarios of scenarios.js in a browser. The page comes
// from one origin and the API from another, so the browser's rules for such calls apply.
func TestMSALJS_WorksUnchanged(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	node, chromium := peers.Need(t, "node"), peers.Need(t, "chromium")
	peers.NeedModules(t, ".")

	file := filepath.Join(t.TempDir(), "app.db")
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServer(http.Dir(".")))
	mux.Handle("POST /require-reset", requireReset(t, file))
	app := httptest.NewServer(mux)
	defer app.Close()
	api := startExample(t, "-origin", app.URL, "-db", "sqlite:"+file)

	run := exec.CommandContext(t.Context(), node, "run.mjs", chromium, app.URL+"/page.html", api+tenant)
	var complaints bytes.Buffer
	run.Stderr = &complaints
	out, err := run.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, run.Start())
	for lines := json.NewDecoder(out); ; {
		var scenario struct{ Name, Problem string }
		if err := lines.Decode(&scenario); err != nil {
			assert.ErrorIs(t, err, io.EOF, "what node prints")
			break
		}
		t.Run(scenario.Name, func(t *testing.T) {
			if scenario.Problem != "" {
				t.Error(scenario.Problem)
			}
		})
	}
	assert.NoError(t, run.Wait(), "node: %s", &complaints)
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

// startExample builds and starts the example's server and returns its address.
func startExample(t *testing.T, flags ...string) string {
	t.Helper()
	root := filepath.Join("..", "..")
	dependOn(t, root)
	binary := filepath.Join(t.TempDir(), "example")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./example")
	build.Dir = root
	out, err := build.CombinedOutput()
	require.NoError(t, err, "go build ./example: %s", out)

	address := freeAddress(t)
	server := exec.CommandContext(t.Context(), binary,
		append([]string{"-addr", address, "-resend-interval", "0"}, flags...)...)
	server.Dir = t.TempDir() // whatever it leaves behind goes with the test
	var log bytes.Buffer
	server.Stdout, server.Stderr = &log, &log
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		server.Wait() // the test's context is done by now, and the server with it
		if t.Failed() {
			t.Logf("the server's log:\n%s", &log)
		}
	})

	url := "http://" + address
	require.Eventually(t, func() bool {
		response, err := http.Get(url + "/dev/inbox")
		if err != nil {
			return false
		}
		response.Body.Close()
		return true
	}, 20*time.Second, 50*time.Millisecond, "the example does not answer")
	return url
}

// dependOn makes the test's result depend on every file below root. The go command
// remembers a result until a file that the test looked at has changed, and does not see
// what the commands look at that the test starts.
func dependOn(t *testing.T, root string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, os.ErrNotExist) {
			return nil // somebody is at work there
		}
		if path != root && d.IsDir() && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules") {
			return fs.SkipDir
		}
		return err // reading a folder counts as looking at the files in it
	})
	require.NoError(t, err)
}

// freeAddress returns a loopback address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}
