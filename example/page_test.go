package main

import (
	"io"
	"io/fs"
	"net/http"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// get fetches a file of the page.
func (i *instance) get(t *testing.T, path string) (*http.Response, string) {
	t.Helper()
	resp, err := http.Get(i.base + path)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(body)
}

func TestPage_RunsNoScriptOfAnybodyElse(t *testing.T) {
	i := start(t)
	resp, body := i.get(t, "/")
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "text/html; charset=utf-8", resp.Header.Get("Content-Type"))
	assert.Contains(t, resp.Header.Get("Content-Security-Policy"), "default-src 'none'; script-src 'self';")
	assert.NotContains(t, resp.Header.Get("Content-Security-Policy"), "unsafe")
	for _, inline := range []string{`<style`, `style="`, ` on[a-z]+="`, `<script[^>]*>[^<]`, `https?://`} {
		assert.NotRegexp(t, inline, body)
	}
}

func TestPage_EveryFileHasItsType(t *testing.T) {
	i := start(t)
	types := map[string]string{
		"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml",
	}
	names, err := fs.Glob(pageFiles, "page/*.*")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		name = name[len("page/"):]
		if name == "index.html" {
			continue
		}
		resp, _ := i.get(t, "/"+name)
		assert.Equal(t, http.StatusOK, resp.StatusCode, name)
		ending := regexp.MustCompile(`[^.]+$`).FindString(name)
		assert.Equal(t, types[ending], resp.Header.Get("Content-Type"), name)
		assert.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"), name)
	}
	resp, _ := i.get(t, "/index.html")
	assert.Equal(t, http.StatusNotFound, resp.StatusCode, "the template is not a page")
}

func TestPage_OffersTheAppsThereAre(t *testing.T) {
	i := start(t)
	_, body := i.get(t, "/")
	for _, app := range apps {
		assert.Contains(t, body, `<data value="`+app.ID+`"`)
	}
	_, labels := i.get(t, "/profile.js")
	for _, attribute := range profile {
		assert.Contains(t, labels, attribute.Name, "every attribute has a label")
		for _, option := range attribute.Options {
			assert.Contains(t, labels, `"`+option+`"`)
		}
	}
}

// What the page tells people of passwords before they choose one is what the server holds them to.
func TestPage_KnowsTheRulesForPasswords(t *testing.T) {
	i := start(t)
	_, body := i.get(t, "/")
	least := regexp.MustCompile(`data-least="(\d+)"`).FindStringSubmatch(body)
	require.NotNil(t, least)
	n, err := strconv.Atoi(least[1])
	require.NoError(t, err)
	long := "harbor-quilt-lantern"
	try := func(password string) string {
		_, a := i.post(t, withPassword, "/signup/v1.0/start",
			"username", "ada@example.com", "challenge_type", "oob password redirect", "password", password)
		return a.text("suberror")
	}
	assert.Equal(t, "password_too_short", try(long[:n-1]))
	assert.Empty(t, try(long[:n]))
	_, words := i.get(t, "/words.js")
	for _, suberror := range []string{"too_weak", "too_short", "too_long", "recently_used", "banned", "is_invalid"} {
		assert.Contains(t, words, "password_"+suberror)
	}
}

func TestPage_NothingAServerSaysBecomesHTML(t *testing.T) {
	names, err := fs.Glob(pageFiles, "page/*.js")
	require.NoError(t, err)
	for _, name := range names {
		script, err := fs.ReadFile(pageFiles, name)
		require.NoError(t, err)
		assert.NotRegexp(t, `innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function`, string(script), name)
	}
}
