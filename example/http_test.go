package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// script is a file of requests on its way.
type script struct {
	*testing.T
	variables map[string]string
	answers   map[string]any // of requests with a name
}

var (
	variable  = regexp.MustCompile(`(?m)^@(\w+) = (.*)$`)
	requested = regexp.MustCompile(`(?m)^(GET|POST) (\S+)$`)
	remark    = regexp.MustCompile(`(?m)^# (@name|expect|mails) (.*)$`)
	reference = regexp.MustCompile(`\{\{([^}]*)\}\}`)
)

// The files of requests do what they say, against the example.
func TestRequests_PlayEachFlow(t *testing.T) {
	files, err := filepath.Glob("http/*.http")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			example := start(t)
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			s := script{t, map[string]string{}, map[string]any{}}
			for _, v := range variable.FindAllStringSubmatch(string(text), -1) {
				s.variables[v[1]] = s.fill(v[2])
			}
			s.variables["host"] = example.base
			s.variables["api"] = example.base + apiPath
			s.variables["secret"] = example.serverSecret(t)
			blocks := strings.Split(string(text), "\n###")
			for _, block := range blocks[1:] {
				s.play(block)
			}
		})
	}
}

// play sends a request and holds the answer against what is said of it: 200, unless an error is expected.
func (s *script) play(block string) {
	s.Helper()
	said := map[string]string{}
	for _, r := range remark.FindAllStringSubmatch(block, -1) {
		said[r[1]] = r[2]
	}
	line := requested.FindStringSubmatch(block)
	require.NotNil(s, line, block)
	_, rest, _ := strings.Cut(block, line[0]+"\n")
	head, body, _ := strings.Cut(rest, "\n\n")

	status, answer := s.send(line[1], s.fill(line[2]), s.fill(head), s.fill(strings.TrimSpace(body)))
	if strings.Contains(line[2], "/dev/inbox") { // mail leaves after the answer
		want, err := strconv.Atoi("0" + said["mails"])
		require.NoError(s, err)
		require.Eventually(s, func() bool {
			status, answer = s.send(line[1], s.fill(line[2]), "", "")
			mails, _ := answer.([]any)
			return len(mails) >= max(1, want)
		}, 10*time.Second, 10*time.Millisecond)
	}
	want := "200 "
	if said["expect"] != "" {
		want = said["expect"]
	}
	members, _ := answer.(map[string]any)
	code, _ := members["error"].(string)
	require.Equal(s, want, fmt.Sprintf("%d %s", status, code), "%s\n%v", block, answer)
	s.answers[said["@name"]] = answer
}

func (s *script) send(method, url, head, body string) (int, any) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, url, strings.NewReader(body))
	require.NoError(s, err)
	for line := range strings.Lines(head) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			r.Header.Set(name, value)
		}
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(s, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(s, err)
	var answer any
	assert.NoError(s, json.Unmarshal(text, &answer), "%s", text)
	return resp.StatusCode, answer
}

// fill puts in what {{...}} stands for: a variable, or a part of an answer.
func (s *script) fill(text string) string {
	s.Helper()
	return reference.ReplaceAllStringFunc(text, func(found string) string {
		name := strings.Trim(found, "{}")
		if value, ok := s.variables[name]; ok {
			return value
		}
		request, path, ok := strings.Cut(name, ".response.body.$")
		require.True(s, ok, "%s is no variable", name)
		return fmt.Sprint(s.find(s.answers[request], path, name))
	})
}

var step = regexp.MustCompile(`\.(\w+)|\[(\d+)\]`)

// find walks a path as ".methods[0].id".
func (s *script) find(value any, path, name string) any {
	s.Helper()
	for _, m := range step.FindAllStringSubmatch(path, -1) {
		switch v := value.(type) {
		case map[string]any:
			value = v[m[1]]
		case []any:
			i, err := strconv.Atoi(m[2])
			require.NoError(s, err, name)
			require.Greater(s, len(v), i, name)
			value = v[i]
		}
	}
	require.NotNil(s, value, "%s is not in the answer", name)
	return value
}
