package main

import (
	"bufio"
	"encoding/json"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/internal/peers"
)

// mailServer is as much of a mail server (RFC 5321) as it takes to receive a message.
type mailServer struct {
	addr     string
	arriving chan struct{} // a client has connected
	open     chan struct{} // closed when the server begins to answer
	mail     chan string   // the commands and the text of each message
}

// startMailServer listens on a free port. It answers nobody before open is closed.
func startMailServer(t *testing.T) *mailServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	s := &mailServer{listener.Addr().String(), make(chan struct{}, 10), make(chan struct{}), make(chan string, 10)}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.arriving <- struct{}{}
			go s.converse(conn)
		}
	}()
	return s
}

func (s *mailServer) converse(conn net.Conn) {
	defer conn.Close()
	<-s.open
	say := func(line string) { _, _ = conn.Write([]byte(line + "\r\n")) }
	say("220 mail.example ESMTP")
	var heard strings.Builder
	inText := false
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		line := lines.Text()
		heard.WriteString(line + "\n")
		switch {
		case inText && line == ".":
			inText = false
			s.mail <- heard.String()
			say("250 taken")
		case inText:
		case strings.HasPrefix(line, "DATA"):
			inText = true
			say("354 go on")
		case strings.HasPrefix(line, "QUIT"):
			say("221 bye")
			return
		default:
			say("250 fine")
		}
	}
}

// next returns the next message.
func (s *mailServer) next(t *testing.T) string {
	t.Helper()
	select {
	case m := <-s.mail:
		return m
	case <-time.After(10 * time.Second):
		t.Fatal("no mail arrives")
		return ""
	}
}

var codeInMail = regexp.MustCompile(`(?m)^Your code is (\d{8})$`)

func TestMail_CodesAreMailedAndShownNowhereElse(t *testing.T) {
	server := startMailServer(t)
	close(server.open)
	i := start(t, "-smtp", server.addr, "-from", "Shop <codes@shop.example>")
	a := i.challenge(t, quick, "/signup/v1.0/start", "/signup/v1.0/challenge", "ada@example.com")

	mail := server.next(t)
	assert.Contains(t, mail, "MAIL FROM:<codes@shop.example>")
	assert.Contains(t, mail, "RCPT TO:<ada@example.com>")
	assert.Regexp(t, `From: "?Shop"? <codes@shop\.example>`, mail)
	assert.Contains(t, mail, "Contoso")
	found := codeInMail.FindStringSubmatch(mail)
	require.NotNil(t, found, mail)
	assert.NotContains(t, i.stdout.String(), found[1])

	status, a := i.post(t, quick, "/signup/v1.0/continue", "grant_type", "oob",
		"continuation_token", a.text("continuation_token"), "oob", found[1])
	assert.Equal(t, http.StatusOK, status, a)

	resp, _ := i.get(t, inboxPath)
	assert.Equal(t, http.StatusNotFound, resp.StatusCode)
	_, body := i.get(t, "/")
	assert.NotContains(t, body, inboxPath, "the page does not point to an inbox that is not there")
	assert.NotContains(t, i.stdout.String(), inboxPath)
}

func TestMail_ThePrintedLinesAskForTheCode(t *testing.T) {
	peers.Need(t, "curl")
	server := startMailServer(t)
	close(server.open)
	i := start(t, "-smtp", server.addr)
	lines := i.printedLines(t)

	token := strings.TrimSpace(paste(t, "", append(lines[:2:2], "printf %s $T")))
	found := codeInMail.FindStringSubmatch(server.next(t))
	require.NotNil(t, found)
	out := paste(t, found[1]+"\n", []string{"T=" + token, lines[2]})
	var last answer
	require.NoError(t, json.Unmarshal([]byte(strings.TrimPrefix(out, "Code from the mail: ")), &last))
	assert.NotEmpty(t, last["continuation_token"], last)
}

func TestMail_WhatWasPromisedGoesOutBeforeTheEnd(t *testing.T) {
	server := startMailServer(t)
	i := start(t, "-smtp", server.addr)
	i.challenge(t, quick, "/signup/v1.0/start", "/signup/v1.0/challenge", "ada@example.com")
	i.challenge(t, quick, "/signup/v1.0/start", "/signup/v1.0/challenge", "bob@example.com")
	<-server.arriving // and waits for an answer

	i.cancel()
	require.Eventually(t, func() bool {
		_, err := http.Get(i.base)
		return err != nil
	}, 5*time.Second, 5*time.Millisecond, "requests are refused")
	select {
	case <-i.ended:
		t.Fatal("it ended with mail still here")
	case <-time.After(50 * time.Millisecond):
	}
	close(server.open)
	require.NoError(t, i.stop())
	both := server.next(t) + server.next(t)
	assert.Contains(t, both, "RCPT TO:<ada@example.com>")
	assert.Contains(t, both, "RCPT TO:<bob@example.com>")
}
