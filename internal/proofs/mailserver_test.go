//go:build unix

package proofs

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ailment is what a mail server has.
type ailment string

const (
	healthy   ailment = ""
	refusing  ailment = "refuses"           // nobody listens
	hanging   ailment = "hangs"             // connections are accepted, and nothing is said
	busy      ailment = "421"               // and good-bye
	unwilling ailment = "550"               // to whomever a mail is for
	untrusted ailment = "TLS failure"       // the handshake breaks off
	sluggish  ailment = "1 byte/s"          // is how fast a mail is read
	vanishing ailment = "takes, then drops" // the connection, once a mail has come to its end
)

// boredom is how long a server stays that hangs or is sluggish: in the short form nobody waits for the timeout
// of the other side.
var boredom = pick(500*time.Millisecond, time.Hour)

// mailServer is an SMTP server (RFC 5321) with STARTTLS.
type mailServer struct {
	now  func() time.Time
	addr string
	cert tls.Certificate
	pool *x509.CertPool // trusts cert

	mu     sync.Mutex
	ails   ailment
	l      net.Listener
	conns  map[net.Conn]bool
	mails  []delivery
	came   chan struct{} // closed, and replaced, whenever a mail has
	closed bool
}

// delivery is a mail that came to its end.
type delivery struct {
	from string
	to   []string
	data string
	at   time.Time // by the server's clock
	kept bool      // the server has said so
}

// newMailServer starts one whose clock is now. It has an IP address of its own where it can: nobody else is given its
// port while it refuses.
func newMailServer(t testing.TB, now func() time.Time) *mailServer {
	ip := "127.0.0.1"
	if runtime.GOOS == "linux" {
		ip = "127.0.0.18"
	}
	s := &mailServer{now: now, addr: ip + ":0", conns: map[net.Conn]bool{}, came: make(chan struct{})}
	s.cert, s.pool = selfSigned(t, ip)
	require.NoError(t, s.set(healthy))
	t.Cleanup(s.close)
	return s
}

// selfSigned returns a certificate for an IP address, and who trusts it.
func selfSigned(t testing.TB, ip string) (tls.Certificate, *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.ParseIP(ip)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// set makes the server ill, or well.
func (s *mailServer) set(a ailment) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ails = a
	if a == refusing {
		err := s.l.Close()
		s.l = nil
		return err
	}
	if s.l != nil {
		return nil
	}
	l, err := net.Listen("tcp", s.addr)
	if err != nil {
		return err
	}
	s.l, s.addr = l, l.Addr().String()
	go s.serve(l)
	return nil
}

func (s *mailServer) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.l != nil {
		_ = s.l.Close()
	}
	for c := range s.conns {
		_ = c.Close()
	}
}

func (s *mailServer) serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			if ails, ok := s.welcome(c); ok {
				(&dialogue{s: s, ails: ails, conn: c, in: bufio.NewReader(c)}).run()
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.conns, c)
		}()
	}
}

// welcome returns what a connection will suffer from to its end.
func (s *mailServer) welcome(c net.Conn) (a ailment, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[c] = true
	return s.ails, !s.closed
}

// take keeps a mail that came to its end.
func (s *mailServer) take(d delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.at = s.now()
	s.mails = append(s.mails, d)
	close(s.came)
	s.came = make(chan struct{})
}

// seen returns the mails that came, and a channel that is closed when there are more.
func (s *mailServer) seen() ([]delivery, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mails[:len(s.mails):len(s.mails)], s.came
}

// dialogue is one connection.
type dialogue struct {
	s    *mailServer
	ails ailment
	conn net.Conn
	in   *bufio.Reader
	mail delivery
}

func (d *dialogue) say(words string) { fmt.Fprintf(d.conn, "%s\r\n", words) }

func (d *dialogue) run() {
	switch d.ails {
	case hanging:
		_ = d.conn.SetReadDeadline(time.Now().Add(boredom))
		_, _ = io.Copy(io.Discard, d.in)
		return
	case busy:
		d.say("421 4.3.2 come back later")
		return
	}
	d.say("220 mail.example ESMTP")
	for {
		line, err := d.in.ReadString('\n')
		if err != nil || !d.answer(strings.TrimRight(line, "\r\n")) {
			return
		}
	}
}

// answer answers a command, and tells whether to go on.
func (d *dialogue) answer(line string) bool {
	verb, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "EHLO":
		d.say("250-mail.example")
		if _, encrypted := d.conn.(*tls.Conn); !encrypted {
			d.say("250-STARTTLS")
		}
		d.say("250 8BITMIME")
	case "STARTTLS":
		d.say("220 go ahead")
		if d.ails == untrusted {
			return false
		}
		d.conn = tls.Server(d.conn, &tls.Config{Certificates: []tls.Certificate{d.s.cert}})
		d.in = bufio.NewReader(d.conn)
	case "MAIL":
		d.mail = delivery{from: rest}
		d.say("250 2.1.0 fine")
	case "RCPT":
		if d.ails == unwilling {
			d.say("550 5.1.1 nobody of that name")
			break
		}
		d.mail.to = append(d.mail.to, rest)
		d.say("250 2.1.5 fine")
	case "DATA":
		d.say("354 go on")
		return d.data()
	case "QUIT":
		d.say("221 2.0.0 bye")
		return false
	default:
		d.say("500 5.5.1 what?")
	}
	return true
}

// data reads a mail.
func (d *dialogue) data() bool {
	if d.ails == sluggish {
		for begin := time.Now(); time.Since(begin) < boredom; time.Sleep(min(boredom, time.Second)) {
			if _, err := d.in.ReadByte(); err != nil {
				break
			}
		}
		return false
	}
	var text strings.Builder
	for {
		line, err := d.in.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		text.WriteString(strings.TrimPrefix(line, "."))
	}
	d.mail.data, d.mail.kept = text.String(), d.ails == healthy
	d.s.take(d.mail)
	if !d.mail.kept {
		return false
	}
	d.say("250 2.0.0 taken")
	return true
}
