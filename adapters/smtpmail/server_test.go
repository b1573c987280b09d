package smtpmail_test

import (
	"bufio"
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What a server may do instead of its duty.
const (
	hang = "(hang)"
	drop = "(drop)"
)

// server is an SMTP server of one's own. Set its fields, then start it.
type server struct {
	startTLS, implicit bool
	auth               string            // mechanisms to offer
	instead            map[string]string // what to answer to a verb, or to "greeting", "handshake" and "."
	cert               tls.Certificate
	ip                 string // "" means 127.0.0.1
	hanging            func() // called when it begins to hang

	addr        string
	connections sync.WaitGroup
	mu          sync.Mutex
	verbs       []string
	mails       []received
}

// received is one mail the server took over.
type received struct {
	from      string
	to        []string
	data      string
	encrypted bool
	login     string // user and password
}

// start listens on a loopback port until the test ends. It then waits for all connections to end,
// so that a connection the sender leaves open fails the test.
func (s *server) start(t *testing.T) *server {
	t.Helper()
	listener, err := net.Listen("tcp", cmp.Or(s.ip, "127.0.0.1")+":0")
	if s.ip != "" && err != nil {
		t.Skip("only Linux has all of 127.0.0.0/8: ", err)
	}
	require.NoError(t, err)
	s.addr = listener.Addr().String()
	s.connections.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.connections.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		done := make(chan struct{})
		go func() { s.connections.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(5 * time.Second):
			t.Error("a connection was left open")
		}
	})
	return s
}

func (s *server) serve(conn net.Conn) {
	defer func() { conn.Close() }()
	config := &tls.Config{Certificates: []tls.Certificate{s.cert}}
	if s.implicit {
		conn = tls.Server(conn, config)
	}
	in := bufio.NewReader(conn)
	mail := received{encrypted: s.implicit}
	if !s.answer(conn, in, "greeting", "220 mail.example ESMTP") {
		return
	}
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		verb, rest, _ := strings.Cut(line, " ")
		s.note(verb)
		usual := "250 2.0.0 fine"
		switch verb {
		case "EHLO":
			usual = s.hello(mail.encrypted)
		case "STARTTLS":
			usual = "220 go ahead"
		case "AUTH":
			login, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
			mail.login, usual = string(login), "235 2.7.0 welcome"
		case "MAIL":
			mail.from = rest
		case "RCPT":
			mail.to = append(mail.to, rest)
		case "DATA":
			usual = "354 go on"
		case "QUIT":
			usual = "221 bye"
		}
		if !s.answer(conn, in, verb, usual) {
			return
		}
		switch {
		case verb == "STARTTLS" && s.instead["handshake"] != "":
			s.answer(conn, in, "handshake", "")
			return
		case verb == "STARTTLS":
			conn = tls.Server(conn, config)
			in, mail.encrypted = bufio.NewReader(conn), true
		case verb == "DATA" && s.instead[verb] == "":
			data, err := textproto.NewReader(in).ReadDotBytes()
			if err != nil {
				return
			}
			mail.data = string(data)
			if s.instead["."] == "" {
				s.keep(mail)
			}
			if !s.answer(conn, in, ".", "250 2.0.0 queued") {
				return
			}
		}
	}
}

// answer writes the usual answer or what the test wants instead, and tells whether to go on.
func (s *server) answer(conn net.Conn, in io.Reader, verb, usual string) bool {
	switch text := s.instead[verb]; text {
	case "":
		fmt.Fprintf(conn, "%s\r\n", usual)
	case hang:
		if s.hanging != nil {
			s.hanging()
		}
		_, _ = io.Copy(io.Discard, in) // until the other side hangs up
		return false
	case drop:
		return false
	default:
		fmt.Fprintf(conn, "%s\r\n", text)
	}
	return true
}

func (s *server) hello(encrypted bool) string {
	lines := []string{"250-mail.example"}
	if s.startTLS && !encrypted {
		lines = append(lines, "250-STARTTLS")
	}
	if s.auth != "" {
		lines = append(lines, "250-AUTH "+s.auth)
	}
	return strings.Join(append(lines, "250-8BITMIME", "250-SMTPUTF8", "250 ENHANCEDSTATUSCODES"), "\r\n")
}

func (s *server) note(verb string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.verbs = append(s.verbs, verb)
}

func (s *server) keep(m received) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, m)
}

func (s *server) seen() (verbs []string, mails []received) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.verbs, s.mails
}

// certificate makes a certificate for 127.0.0.1 that signs itself, and the pool that trusts it.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}
