// Package clienttest lets clients that are not ours sign people up and in.
//
// They come from npm as they are published, and drive the example's server from outside,
// the way an app would: what passes here is what the documented SDK really does.
package clienttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/internal/peers"
)

// tenant is the path that the example serves the protocol under.
const tenant = "/contoso.onmicrosoft.com"

// TestMSALJS_ProvesSecondFactors plays the scenarios of factors.js and registration.js, against a host that
// does more than the example has a page for.
func TestMSALJS_ProvesSecondFactors(t *testing.T) {
	needBrowser(t)
	pages := http.NewServeMux()
	pages.Handle("GET /", http.FileServer(http.Dir(".")))
	app := httptest.NewServer(pages)
	defer app.Close()
	playAll(t, app.URL+"/factors.html", startHost(t, app.URL, pages).api)
}

func needBrowser(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a browser")
	}
	peers.Need(t, "node")
	peers.Need(t, "chromium")
	peers.NeedModules(t, ".")
}

// playAll lets a browser play the scenarios of a page against an API. Each is a test.
func playAll(t *testing.T, page, api string) {
	t.Helper()
	playScenarios(t, exec.CommandContext(t.Context(), peers.Need(t, "node"), "run.mjs", peers.Need(t, "chromium"), page, api))
}

// playScenarios runs what plays scenarios and prints a line for each.
func playScenarios(t *testing.T, run *exec.Cmd) {
	t.Helper()
	dependOn(t, ".")
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
