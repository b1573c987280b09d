package smtpmail

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// TLS says how the connection to the server is encrypted. Wherever TLS is used, the server's
// certificate must be valid for the host of Config.Addr.
type TLS string

// The ways to encrypt.
const (
	// Automatic is Implicit on port 465, None on a loopback host, else StartTLS.
	Automatic TLS = ""
	// StartTLS refuses to go on without STARTTLS (RFC 3207).
	StartTLS TLS = "starttls"
	// Implicit speaks TLS from the first byte (RFC 8314 §3.3).
	Implicit TLS = "implicit"
	// Opportunistic uses STARTTLS if it is offered. Whoever is on the way can remove the offer and
	// read the codes.
	Opportunistic TLS = "opportunistic"
	// None never encrypts. A password is refused with it unless the host is loopback.
	None TLS = "none"
)

const defaultTimeout = 10 * time.Second

// Config says which server sends and in whose name. Addr and From must be set.
type Config struct {
	Addr     string         // of the server, "host:port"
	From     string         // address of the sender, alone or as "Name <address>"
	Username string         // "" means that the server asks for none
	Password string         // goes with Username
	TLS      TLS            // "" means Automatic
	Timeout  time.Duration  // for one message from dialling to delivery; 0 means 10 seconds
	HELO     string         // name this machine greets with; "" means its host name
	RootCAs  *x509.CertPool // who may have signed the server's certificate; nil means the system's
}

// LogValue keeps the password out of logs, whoever logs a Config.
func (c Config) LogValue() slog.Value {
	return slog.GroupValue(slog.String("addr", c.Addr), slog.String("from", c.From))
}

var heloPattern = regexp.MustCompile(`^[0-9A-Za-z._:\[\]-]+$`)

// Validate returns every problem of c at once, each in words that say what to set, or nil.
func (c Config) Validate() error {
	var problems []error
	report := func(wrong bool, format string, args ...any) {
		if wrong {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	report(!isHostPort(c.Addr), `Addr %q is not "host:port"`, c.Addr)
	report(!isSender(c.From), `From %q is not an ASCII e-mail address, alone or as "Name <address>"`, c.From)
	report(c.Username == "" && c.Password != "", "Username is missing, there is a Password")
	report(c.Username != "" && c.Password == "", "Password is missing, there is a Username")
	switch c.TLS {
	case Automatic, StartTLS, Implicit, Opportunistic:
	case None:
		report(c.Username != "" && !isLoopback(c.host()), "TLS %q would show the Password to the network, use %q", None, StartTLS)
	default:
		report(true, "TLS %q is unknown, use %q, %q, %q, %q or nothing", c.TLS, StartTLS, Implicit, Opportunistic, None)
	}
	report(c.Timeout < 0, "Timeout %v is negative", c.Timeout)
	report(c.HELO != "" && !heloPattern.MatchString(c.HELO), "HELO %q is not a host name", c.HELO)
	return errors.Join(problems...)
}

// withDefaults returns c with the fields filled in that may be left out.
func (c Config) withDefaults() Config {
	c.Timeout = cmp.Or(c.Timeout, defaultTimeout)
	if c.TLS == Automatic {
		c.TLS = c.automaticTLS()
	}
	return c
}

// automaticTLS chooses for a host that did not. What does not leave the machine needs no TLS, and
// the certificates of relays on it are hardly ever good for "localhost".
func (c Config) automaticTLS() TLS {
	_, port, _ := net.SplitHostPort(c.Addr)
	switch {
	case port == "465":
		return Implicit
	case isLoopback(c.host()):
		return None
	}
	return StartTLS
}

func (c Config) host() string {
	host, _, _ := net.SplitHostPort(c.Addr)
	return host
}

func isHostPort(addr string) bool {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || host == "" {
		return false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

// isSender tells whether from can stand in a From header and in MAIL FROM on every server: not all
// of them know SMTPUTF8 (RFC 6531).
func isSender(from string) bool {
	address, err := mail.ParseAddress(from)
	return err == nil && !strings.ContainsFunc(address.Address, func(r rune) bool { return r <= ' ' || r > '~' })
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
