package main

import (
	"bytes"
	"context"
	"encoding/json"
	"html"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/internal/peers"
)

// serve runs the app.
func serve(t *testing.T) (*app, string) {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	base := "http://" + s.Listener.Addr().String()
	a, err := newApp(base)
	require.NoError(t, err)
	s.Config.Handler = a.routes()
	s.Start()
	t.Cleanup(s.Close)
	t.Cleanup(func() { assert.NoError(t, a.auth.Shutdown(context.Background())) })
	return a, base
}

// visitor is somebody with a browser.
type visitor struct {
	*testing.T
	*http.Client
	base string
	site string // where the pages are that forms come from
}

func visit(t *testing.T, base string) *visitor {
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &visitor{t, &http.Client{Jar: jar}, base, base}
}

// send sends a form and returns the page after it, and its state.
func (v *visitor) send(path string, pairs ...string) (status int, page, state string) {
	v.Helper()
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequestWithContext(v.Context(), http.MethodPost, v.base+path, bytes.NewBufferString(values.Encode()))
	require.NoError(v, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", v.site)
	resp, err := v.Do(r)
	require.NoError(v, err)
	defer resp.Body.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(resp.Body)
	require.NoError(v, err)
	if found := regexp.MustCompile(`name="state" value="([^"]*)"`).FindStringSubmatch(b.String()); found != nil {
		state = html.UnescapeString(found[1])
	}
	return resp.StatusCode, b.String(), state
}

func TestForms_ASignUpEndsOnTheAccount(t *testing.T) {
	a, base := serve(t)
	v := visit(t, base)
	_, page, state := v.send("/sign-up", "username", "ada@example.com")
	assert.Contains(t, page, "a***@e***e.c***")
	code := ""
	require.Eventually(t, func() bool {
		for _, m := range a.inbox.Messages("ada@example.com") {
			code = m.Code
		}
		return code != ""
	}, 10*time.Second, time.Millisecond)
	_, _, state = v.send("/sign-up", "state", state, "do", "code", "code", code)
	status, page, _ := v.send("/sign-up", "state", state, "do", "password", "password", "short")
	assert.Equal(t, 422, status)
	assert.Contains(t, page, `role="alert"`)
	_, _, state = v.send("/sign-up", "state", state, "do", "password", "password", "harbor quilt lantern")
	status, page, _ = v.send("/sign-up", "state", state, "do", "attributes", "displayName", "Ada")
	assert.Equal(t, 200, status)
	assert.Contains(t, page, "You are signed in")

	status, page, _ = v.send("/sign-up", "state", state, "do", "attributes", "displayName", "Ada")
	assert.Equal(t, 422, status)
	assert.Contains(t, page, "Begin again")
	v.site = "https://evil.example"
	status, _, _ = v.send("/sign-out")
	assert.Equal(t, 403, status, "a page elsewhere")
	status, _, _ = v.send("/sign-in", "username", "ada@example.com")
	assert.Equal(t, 403, status, "a page elsewhere")
}

// To look at the pages, name a folder in NATIVEAUTH_SCREENSHOTS.
func TestForms_InABrowserWithoutScripts(t *testing.T) {
	peers.NeedModules(t, filepath.Join("..", "..", "internal", "clienttest"))
	_, base := serve(t)
	args := []string{filepath.Join("testdata", "forms.mjs"), peers.Need(t, "chromium"), base}
	if folder := os.Getenv("NATIVEAUTH_SCREENSHOTS"); folder != "" {
		args = append(args, folder)
	}
	node := exec.CommandContext(t.Context(), peers.Need(t, "node"), args...)
	var stdout, stderr bytes.Buffer
	node.Stdout, node.Stderr = &stdout, &stderr
	require.NoError(t, node.Run(), "%s%s", &stdout, &stderr)
	for lines := json.NewDecoder(&stdout); lines.More(); {
		var seen []string
		require.NoError(t, lines.Decode(&seen))
		assert.Len(t, seen, 14, "%v", seen)
	}
}
