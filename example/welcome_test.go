package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
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

	status, tokens := i.post(t, withPassword, "/oauth2/v2.0/token", "grant_type", "continuation_token",
		"continuation_token", last.text("continuation_token"))
	assert.Equal(t, http.StatusOK, status, "it is good for tokens, as the text says")
	status, _ = do(t, http.MethodGet, i.base+"/api/me", tokens.text("access_token"), nil)
	assert.Equal(t, http.StatusOK, status)
}

// The text says what to change for an account without a password.
func TestWelcome_ThePrintedLinesDoWithoutAPassword(t *testing.T) {
	peers.Need(t, "curl")
	i := start(t)
	require.Contains(t, i.stdout.String(), quick.ID+" and leave\n-d password=... out.")
	lines := i.printedLines(t)
	lines[0] = regexp.MustCompile(` -d password=\S+`).ReplaceAllString(lines[0], "")
	for n := range lines {
		lines[n] = strings.ReplaceAll(lines[n], withPassword.ID, quick.ID)
	}
	var last answer
	require.NoError(t, json.Unmarshal([]byte(paste(t, "", lines)), &last))
	require.NotEmpty(t, last["continuation_token"], last)
	status, a := i.post(t, quick, "/oauth2/v2.0/token", "grant_type", "continuation_token", "continuation_token", last.text("continuation_token"))
	assert.Equal(t, http.StatusOK, status, a)
}

// What a server is told to send, after the lines that sign up.
func TestWelcome_ThePrintedLinesPlayAServer(t *testing.T) {
	peers.Need(t, "curl")
	i := start(t)
	lines := i.printedLines(t)
	for _, found := range regexp.MustCompile(`(?m)^    (\S.*)$`).FindAllStringSubmatch(i.stdout.String(), -1) {
		lines = append(lines, found[1])
	}
	revoked := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, "/oauth2/revoke") })
	require.Positive(t, revoked)
	lines = slices.Insert(lines, revoked+1, lines[revoked-1]) // which asks about the token once more

	var answers []answer
	for all := json.NewDecoder(strings.NewReader(paste(t, "", lines))); all.More(); {
		var a answer
		require.NoError(t, all.Decode(&a))
		answers = append(answers, a)
	}
	require.Len(t, answers, 9)
	for n, member := range []string{"continuation_token", "refresh_token", "active", "", "active", "user_code", "error", "id_token", "id_token"} {
		if member != "" {
			assert.Contains(t, answers[n], member)
		}
	}
	address := regexp.MustCompile(`username=(\S+)`).FindStringSubmatch(lines[0])[1]
	assert.Equal(t, []any{true, address, server}, []any{answers[2]["active"], answers[2]["username"], answers[2]["client_id"]})
	assert.Empty(t, answers[3], "that revokes")
	assert.Equal(t, answer{"active": false}, answers[4])
	assert.Equal(t, i.base+apiPath+devicePath, answers[5]["verification_uri"])
	assert.Equal(t, "authorization_pending", answers[6]["error"])
}

func TestWelcome_WhatItNamesIsThere(t *testing.T) {
	i := start(t)
	addresses := regexp.MustCompile(`(?m)^  \w+ +(http://\S+)$`).FindAllStringSubmatch(i.stdout.String(), -1)
	require.Len(t, addresses, 5, "page, account, inbox, flows and discovery")
	for _, found := range addresses {
		resp, err := http.Get(found[1])
		require.NoError(t, err)
		resp.Body.Close()
		assert.Equal(t, http.StatusOK, resp.StatusCode, found[1])
	}
}
