//go:build !race

// One call of a browser comes after the other: the race detector would see nothing, slowly.

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/internal/peers"
	"github.com/nativeauth/nativeauth/otp"
)

// pagesOf are the pages that the example serves, by the pattern that serves them: the paths by which a browser opens
// each, by a visitor who is signed in. {flow} stands for the id of a flow that there is.
func pagesOf() map[string][]string {
	return map[string][]string{
		"GET /{$}":           {"/"},
		"GET " + accountPath: {accountPath},
		"GET " + signInPath:  {signInPath},
		apiPath + devicePath: {apiPath + devicePath},
		inboxPath:            {inboxPath, inboxPath + "?to=ada@example.com", inboxPath + "?to=nobody@example.com"},
		mailsPath:            everyMessage(),
		flowsPath:            {flowsPath, flowsPath + "?id={flow}"},
		flowsPath + "/":      {flowsPath + "/{flow}"},
	}
}

// everyMessage are the previews of all messages in all languages.
func everyMessage() (paths []string) {
	for _, style := range (otp.Messages{}).Styles().All() {
		for _, purpose := range otp.Purposes() {
			paths = append(paths, mailsPath+"?purpose="+string(purpose)+"&language="+style.Language.Tag)
		}
	}
	return paths
}

// patterns is a router that only remembers what it is given.
type patterns map[string]bool

func (p patterns) Handle(pattern string, _ http.Handler) { p[pattern] = true }

// patternsWith are those that the example registers with some flags.
func patternsWith(t *testing.T, flags ...string) patterns {
	t.Helper()
	o, err := parseFlags(append([]string{"-db", "memory"}, flags...), io.Discard)
	require.NoError(t, err)
	data, err := openData(t.Context(), o)
	require.NoError(t, err)
	const base = "http://127.0.0.1:8080"
	all := patterns{}
	auth, err := mount(t.Context(), all, &place{Base: base, Issuer: o.issuerAt(base), Secret: serverSecret(nil)}, o, data, io.Discard)
	require.NoError(t, err)
	require.NoError(t, auth.Shutdown(t.Context()))
	return all
}

var wildcard = regexp.MustCompile(`\{[^}]*\}`)

// isPage tells whether a browser that asks for what a pattern stands for is shown something, or led to it.
func (v visitor) isPage(t *testing.T, pattern string) bool {
	t.Helper()
	method, path, ok := strings.Cut(pattern, " ")
	if !ok {
		method, path = http.MethodGet, pattern
	}
	if method != http.MethodGet {
		return false
	}
	path = wildcard.ReplaceAllString(strings.TrimSuffix(path, "{$}"), "x")
	resp, _ := v.send(t, path, nil)
	return resp.StatusCode/100 == 3 || strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html")
}

// A page that is new has to be in the list, so that a browser opens it below.
func TestPages_AreAllInTheList(t *testing.T) {
	for name, c := range map[string]struct {
		flags []string
		list  map[string][]string
	}{
		"of the app":      {nil, pagesOf()},
		"of the stand-in": {[]string{"-config", sampleFile(t)}, pagesOfStandIn()},
	} {
		t.Run(name, func(t *testing.T) {
			v := start(t, c.flags...).visit(t)
			found := patternsWith(t, c.flags...)
			for pattern := range found {
				_, listed := c.list[pattern]
				assert.Equal(t, v.isPage(t, pattern), listed, "%s is a page, or is none: see pagesOf", pattern)
			}
			for pattern := range c.list {
				assert.Contains(t, found, pattern, "nobody serves it")
			}
		})
	}
}

// pagesOfStandIn are those with -config.
func pagesOfStandIn() map[string][]string {
	list := map[string][]string{}
	for _, pattern := range []string{inboxPath, mailsPath, flowsPath, flowsPath + "/"} {
		list[pattern] = pagesOf()[pattern]
	}
	list["GET /{$}"] = []string{"/"} // which leads to a list of calls
	return list
}

// TestPages_InABrowser opens every page in Chromium; testdata/pages.mjs says what must hold of each.
func TestPages_InABrowser(t *testing.T) {
	i := start(t, "-limits", "off")
	i.signUp(t, "ada@example.com")
	i.post(t, quick, "/signup/v1.0/start", "username", "ada") // which is refused
	v := i.visit(t)
	cookies := v.enter(t, "ada@example.com").Cookies()
	require.Len(t, cookies, 1)
	_, body := i.get(t, flowsPath)
	flow := regexp.MustCompile(flowsPath + `/([0-9a-f-]{36})"`).FindStringSubmatch(body)
	require.NotNil(t, flow)

	var paths []string
	for _, some := range pagesOf() {
		for _, path := range some {
			paths = append(paths, strings.ReplaceAll(path, "{flow}", flow[1]))
		}
	}
	seen := openPages(t, i.base, cookies[0], paths)
	assert.Len(t, seen, len(paths))
	for path, faults := range seen {
		assert.Empty(t, faults, path)
	}
}

func TestPages_FaultsAreFound(t *testing.T) {
	elsewhere := httptest.NewServer(http.NotFoundHandler())
	defer elsewhere.Close()
	faulty := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, `<!doctype html><html><title> </title><body><input><iframe></iframe><img src="`+elsewhere.URL+`/x.png">`+
			`<div style="width: 2000px">wide</div><script>throw new Error("mistake")</script>`)
	}))
	defer faulty.Close()
	found := strings.Join(openPages(t, faulty.URL, &http.Cookie{Name: "a", Value: "b"}, []string{"/"})["/"], "\n")
	for _, fault := range []string{
		"no language", "no title", "no heading", "no main part", "<input> has no name", "<iframe", "policy", "asks elsewhere: " + elsewhere.URL,
		"wider than 320", "mistake",
	} {
		assert.Contains(t, found, fault)
	}
}

// openPages lets a browser with a cookie open paths, and returns what is wrong with each.
func openPages(t *testing.T, base string, cookie *http.Cookie, paths []string) map[string][]string {
	t.Helper()
	peers.NeedModules(t, filepath.Join("..", "internal", "clienttest"))
	asked, err := json.Marshal(map[string]any{
		"paths": paths, "cookie": map[string]string{"name": cookie.Name, "value": cookie.Value, "url": base},
	})
	require.NoError(t, err)
	node := exec.CommandContext(t.Context(), peers.Need(t, "node"), filepath.Join("testdata", "pages.mjs"), peers.Need(t, "chromium"), base)
	node.Stdin = bytes.NewReader(asked)
	var stdout, stderr bytes.Buffer
	node.Stdout, node.Stderr = &stdout, &stderr
	require.NoError(t, node.Run(), "%s%s", &stdout, &stderr)
	seen := map[string][]string{}
	require.NoError(t, json.Unmarshal(stdout.Bytes(), &seen))
	return seen
}
