//go:build !race

// One call of a browser comes after the other: the race detector would see nothing, slowly.

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/internal/peers"
)

// TestPage_InABrowser drives the page in Chromium; the checks are in testdata/page.mjs. To look at
// the page, name a folder in NATIVEAUTH_SCREENSHOTS: pictures of every step go there, on a phone
// and on a desk, light and dark.
func TestPage_InABrowser(t *testing.T) {
	peers.NeedModules(t, filepath.Join("..", "internal", "clienttest"))
	slow := start(t, "-resend-interval", "4s")
	fast := start(t, "-limits", "off") // a hundred flows begin here within minutes
	assert.Greater(t, fast.drive(t, slow.base), 10, "checks")
	if folder := os.Getenv("NATIVEAUTH_SCREENSHOTS"); folder != "" {
		assert.Equal(t, 4, start(t, "-limits", "off").drive(t, slow.base, folder), "walks")
	}
}

// drive runs the checks of page.mjs and returns how many there were.
func (i *instance) drive(t *testing.T, args ...string) (checks int) {
	t.Helper()
	args = append([]string{filepath.Join("testdata", "page.mjs"), peers.Need(t, "chromium"), i.base}, args...)
	node := exec.CommandContext(t.Context(), peers.Need(t, "node"), args...)
	node.Env = append(os.Environ(), "SERVER_SECRET="+i.serverSecret(t))
	var stdout, stderr bytes.Buffer
	node.Stdout, node.Stderr = &stdout, &stderr
	require.NoError(t, node.Run(), "%s%s", &stdout, &stderr)
	for lines := json.NewDecoder(&stdout); lines.More(); checks++ {
		var check struct {
			Name, Failure string
			Trouble       []string
		}
		require.NoError(t, lines.Decode(&check))
		t.Run(check.Name, func(t *testing.T) {
			if check.Failure != "" {
				t.Error(check.Failure)
			}
			assert.Empty(t, check.Trouble, "what the browser complains about")
		})
	}
	return checks
}
