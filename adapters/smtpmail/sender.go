// Package smtpmail sends messages through an SMTP server.
//
// A code in a mail is as safe as the way the mail takes: unless the host asks for something else,
// the server must speak TLS with a certificate that is good for its name. What a server has not taken is tried again, by otp.Queue: the errors of Send say whether it may be.
//
//	mail, err := smtpmail.New(smtpmail.Config{
//		Addr: "mail.example.com:587", From: "Example <no-reply@example.com>", Username: "app", Password: password,
//	})
//	cfg.Sender = mail
package smtpmail

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"time"

	"github.com/nativeauth/nativeauth/otp"
	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// Sender is an otp.Sender that hands each message to an SMTP server over a connection of its own.
// It is safe for concurrent use.
type Sender struct {
	config  Config // with defaults
	from    mail.Address
	options []gomail.Option
}

var _ otp.Sender = (*Sender)(nil)

// New returns a Sender, or every problem that Validate finds in c. It does not connect.
func New(c Config) (*Sender, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("smtpmail: %w", err)
	}
	from, err := mail.ParseAddress(c.From)
	if err != nil {
		return nil, fmt.Errorf("smtpmail: From: %w", err)
	}
	c = c.withDefaults()
	return &Sender{config: c, from: *from, options: options(c)}, nil
}

// LogValue keeps the password out of logs, whoever logs a Sender.
func (s *Sender) LogValue() slog.Value { return s.config.LogValue() }

// Send hands m to the server and returns when the server has taken it over, soon after ctx is done,
// or after Config.Timeout. It refuses a message for another channel than otp.Email and a recipient that
// is not in canonical form, without a connection.
//
// The errors name the command that failed and hold the server's codes without its words: servers
// quote addresses, messages and credentials. They wrap what the network, TLS or ctx reported. A reply of 5xx
// is marked as otp.Rejected. Everything else is otp.Temporary as long as the message was not complete, and so is
// a reply of 4xx to the complete one; what the server did with it is unknown if it does not say.
func (s *Sender) Send(ctx context.Context, m otp.Message) error {
	msg, err := s.compose(m)
	if err != nil {
		return otp.Rejected(fmt.Errorf("smtpmail: compose: %w", err))
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	if err := s.deliver(ctx, m.To, msg); err != nil {
		return fmt.Errorf("smtpmail: send: %w", err)
	}
	return nil
}

// deliver is one connection from dialling to hanging up.
func (s *Sender) deliver(ctx context.Context, to otp.Address, msg *gomail.Msg) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", s.config.Addr)
	if err != nil {
		return failed(ctx, "connect", err)
	}
	defer conn.Close()
	// The library looks at ctx only while dialling. Closing the connection ends whatever it waits for.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()

	client, err := s.greet(ctx, conn)
	if err != nil {
		return failed(ctx, "greet", err)
	}
	if err := s.transfer(ctx, client, to, msg); err != nil {
		return err
	}
	// The server has the message. A goodbye that fails or hangs must not look like a failure, or the
	// person would be told to ask for a second code.
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	_ = client.Quit()
	return nil
}

// greet shakes hands on conn: greeting, EHLO, TLS and login as configured.
func (s *Sender) greet(ctx context.Context, conn net.Conn) (*smtp.Client, error) {
	if s.config.TLS == Implicit {
		conn = tls.Client(conn, tlsConfig(s.config))
	}
	dialled := gomail.WithDialContextFunc(func(context.Context, string, string) (net.Conn, error) { return conn, nil })
	client, err := gomail.NewClient(s.config.host(), append([]gomail.Option{dialled}, s.options...)...)
	if err != nil {
		return nil, err
	}
	return client.DialToSMTPClientWithContext(ctx)
}

// transfer sends one message to one recipient (RFC 5321 §3.3). The library's own Send would follow
// up with RSET and report a message as failed that was delivered when the answer to that is lost.
func (s *Sender) transfer(ctx context.Context, client *smtp.Client, to otp.Address, msg *gomail.Msg) error {
	if err := client.Mail("<" + s.from.Address + ">"); err != nil {
		return failed(ctx, "MAIL", err)
	}
	if err := client.Rcpt("<" + string(to) + ">"); err != nil {
		return failed(ctx, "RCPT", err)
	}
	data, err := client.Data()
	if err != nil {
		return failed(ctx, "DATA", err)
	}
	if _, err := msg.WriteTo(data); err != nil {
		return failed(ctx, "write message", err) // without Close, which would deliver a torn one
	}
	if err := data.Close(); err != nil {
		return unfinished(ctx, "finish message", err)
	}
	return nil
}

// options are the library's words for c.
func options(c Config) []gomail.Option {
	list := []gomail.Option{
		gomail.WithTLSConfig(tlsConfig(c)),
		gomail.WithTLSPolicy(policies[c.TLS]),
		gomail.WithTimeout(2 * c.Timeout), // never the first to strike: Send's own context is
		gomail.WithoutSMTPUTF8(),          // both addresses are ASCII, and not every next hop knows it
	}
	if c.HELO != "" {
		list = append(list, gomail.WithHELO(c.HELO))
	}
	if c.Username != "" {
		list = append(list, gomail.WithUsername(c.Username), gomail.WithPassword(c.Password),
			gomail.WithOpportunisticSMTPAuth(logins(c)...))
	}
	return list
}

var policies = map[TLS]gomail.TLSPolicy{
	StartTLS:      gomail.TLSMandatory,
	Opportunistic: gomail.TLSOpportunistic,
	Implicit:      gomail.NoTLS, // no STARTTLS within TLS
	None:          gomail.NoTLS,
}

// logins lists the mechanisms to try, those that do not show the password first. In the clear the
// library sends it only if told so, which Validate has limited to loopback.
func logins(c Config) []gomail.SMTPAuthType {
	list := []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1}
	if c.TLS == None {
		return append(list, gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc)
	}
	return append(list, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin)
}

func tlsConfig(c Config) *tls.Config {
	return &tls.Config{ServerName: c.host(), RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12}
}
