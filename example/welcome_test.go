package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/internal/peers"
)

var shellLine = regexp.MustCompile(`(?m)^  ((?:T=|curl|printf).*)$`)

// printedLines returns the lines that a person is told to paste.
func (i *instance) printedLines(t *testing.T) []string {
	t.Helper()
	var lines []string
	for _, found := range shellLine.FindAllStringSubmatch(i.stdout.String(), -1) {
		lines = append(lines, found[1])
	}
	require.Len(t, lines, 3)
	return lines
}

// paste runs the lines in a shell, as somebody would who pastes them and then types input.
func paste(t *testing.T, input string, lines []string) string {
	t.Helper()
	shell := exec.CommandContext(t.Context(), peers.Need(t, "sh"), "-c", strings.Join(lines, "\n"))
	shell.Stdin = strings.NewReader(input)
	var stderr bytes.Buffer
	shell.Stderr = &stderr
	out, err := shell.Output()
	require.NoError(t, err, stderr.String())
	return string(out)
}

func TestWelcome_ThePrintedLinesSignUp(t *testing.T) {
	peers.Need(t, "curl")
	i := start(t)
	var last answer
	require.NoError(t, json.Unmarshal([]byte(paste(t, "", i.printedLines(t))), &last))
	require.NotEmpty(t, last["continuation_token"], last)

	status, tokens := i.post(t, quick, "/oauth2/v2.0/token", "grant_type", "continuation_token",
		"continuation_token", last.text("continuation_token"))
	assert.Equal(t, http.StatusOK, status, "it is good for tokens, as the text says")
	status, _ = do(t, http.MethodGet, i.base+"/api/me", tokens.text("access_token"), nil)
	assert.Equal(t, http.StatusOK, status)
}

// The text says what to change for an account with a password.
func TestWelcome_ThePrintedLinesTakeAPassword(t *testing.T) {
	peers.Need(t, "curl")
	i := start(t)
	require.Contains(t, i.stdout.String(), withPassword.ID+" and add\n-d password=... to the first line.")
	lines := i.printedLines(t)
	lines[0] = strings.Replace(lines[0], " | sed", " -d password="+harbor+" | sed", 1)
	for n := range lines {
		lines[n] = strings.ReplaceAll(lines[n], quick.ID, withPassword.ID)
	}
	paste(t, "", lines)
	address := regexp.MustCompile(`username=(\S+)`).FindStringSubmatch(lines[0])[1]
	status, a := i.enter(t, address, harbor)
	assert.Equal(t, http.StatusOK, status, a)
}

// What a server is told to send, with a person's name and password filled in.
func TestWelcome_ThePrintedSecretIsGood(t *testing.T) {
	peers.Need(t, "curl")
	i := start(t)
	i.enrol(t, "ada@example.com", harbor)
	lines := regexp.MustCompile(`(?m)^    (curl.*)$`).FindAllStringSubmatch(i.stdout.String(), -1)
	require.Len(t, lines, 4)
	run := func(n int, filled ...string) (a answer) {
		line := strings.NewReplacer(filled...).Replace(lines[n][1])
		require.NoError(t, json.Unmarshal([]byte(paste(t, "", []string{line})), &a), line)
		return a
	}
	tokens := run(0, "ADDRESS", "ada@example.com", "PASSWORD", harbor)
	assert.Equal(t, i.base+apiPath+devicePath, run(1)["verification_uri"])
	told := run(2, "TOKEN", tokens.text("access_token"))
	assert.Equal(t, []any{true, "ada@example.com", server}, []any{told["active"], told["username"], told["client_id"]})
	assert.Empty(t, run(3, "REFRESH_TOKEN", tokens.text("refresh_token")))
	assert.Equal(t, answer{"active": false}, run(2, "TOKEN", tokens.text("access_token")))
}

func TestWelcome_WhatItNamesIsThere(t *testing.T) {
	i := start(t)
	addresses := regexp.MustCompile(`(?m)^  \w+ +(http://\S+)$`).FindAllStringSubmatch(i.stdout.String(), -1)
	require.Len(t, addresses, 4, "page, account, inbox and discovery")
	for _, found := range addresses {
		resp, err := http.Get(found[1])
		require.NoError(t, err)
		resp.Body.Close()
		assert.Equal(t, http.StatusOK, resp.StatusCode, found[1])
	}
}
