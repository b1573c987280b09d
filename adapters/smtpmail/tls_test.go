package smtpmail_test

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"testing"

	"github.com/nativeauth/nativeauth/adapters/smtpmail"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/wneessen/go-mail/smtp"
)

func TestSend_EncryptsAsConfigured(t *testing.T) {
	cert, pool := certificate(t)
	for name, c := range map[string]struct {
		server    *server
		mode      smtpmail.TLS
		encrypted bool
	}{
		"STARTTLS":                       {&server{startTLS: true}, smtpmail.StartTLS, true},
		"TLS from the first byte":        {&server{implicit: true}, smtpmail.Implicit, true},
		"STARTTLS where it is offered":   {&server{startTLS: true}, smtpmail.Opportunistic, true},
		"nothing where it is not":        {&server{}, smtpmail.Opportunistic, false},
		"nothing on loopback by default": {&server{startTLS: true}, smtpmail.Automatic, false},
		"nothing when told":              {&server{startTLS: true}, smtpmail.None, false},
	} {
		t.Run(name, func(t *testing.T) {
			c.server.cert, c.server.auth = cert, "LOGIN PLAIN"
			config := smtpmail.Config{Addr: c.server.start(t).addr, TLS: c.mode, RootCAs: pool}
			if c.encrypted {
				config.Username, config.Password = "engine", "hunter2"
			}
			require.NoError(t, open(t, config).Send(t.Context(), message()))
			_, mails := c.server.seen()
			require.Len(t, mails, 1)
			assert.Equal(t, c.encrypted, mails[0].encrypted)
			if c.encrypted {
				assert.Equal(t, "\x00engine\x00hunter2", mails[0].login)
			}
		})
	}
}

func TestSend_NeedsACertificateThatIsGoodForTheHost(t *testing.T) {
	cert, pool := certificate(t)
	for name, c := range map[string]struct {
		server *server
		mode   smtpmail.TLS
		roots  *x509.CertPool
		host   string
	}{
		"unknown signer, STARTTLS":      {&server{startTLS: true}, smtpmail.StartTLS, nil, "127.0.0.1"},
		"unknown signer, implicit":      {&server{implicit: true}, smtpmail.Implicit, nil, "127.0.0.1"},
		"unknown signer, opportunistic": {&server{startTLS: true}, smtpmail.Opportunistic, nil, "127.0.0.1"},
		"another name, STARTTLS":        {&server{startTLS: true}, smtpmail.StartTLS, pool, "localhost"},
		"another name, TLS at once":     {&server{implicit: true}, smtpmail.Implicit, pool, "localhost"},
	} {
		t.Run(name, func(t *testing.T) {
			c.server.cert = cert
			addr := strings.Replace(c.server.start(t).addr, "127.0.0.1", c.host, 1)
			err := open(t, smtpmail.Config{Addr: addr, TLS: c.mode, RootCAs: c.roots}).Send(t.Context(), message())
			var bad *tls.CertificateVerificationError
			require.ErrorAs(t, err, &bad)
			assert.ErrorContains(t, err, "smtpmail: send: greet: ")
			_, mails := c.server.seen()
			assert.Empty(t, mails)
		})
	}
}

func TestSend_DoesWithoutTLSOnlyIfTold(t *testing.T) {
	srv := new(server).start(t)
	err := open(t, smtpmail.Config{Addr: srv.addr, TLS: smtpmail.StartTLS}).Send(t.Context(), message())
	assert.ErrorContains(t, err, "STARTTLS")
	verbs, _ := srv.seen()
	assert.NotContains(t, verbs, "MAIL")
}

func TestSend_ShowsNoPasswordToAServerWithoutTLS(t *testing.T) {
	// An address that the library does not take for this machine. Somebody has removed STARTTLS.
	srv := (&server{auth: "PLAIN LOGIN", ip: "127.0.0.2"}).start(t)
	sender := open(t, smtpmail.Config{Addr: srv.addr, TLS: smtpmail.Opportunistic, Username: "engine", Password: "hunter2"})
	assert.ErrorIs(t, sender.Send(t.Context(), message()), smtp.ErrUnencrypted)
	verbs, mails := srv.seen()
	assert.NotContains(t, verbs, "AUTH")
	assert.Empty(t, mails)
}

func TestSend_LogsInOnLoopbackInTheClear(t *testing.T) {
	srv := (&server{auth: "PLAIN"}).start(t)
	sender := open(t, smtpmail.Config{Addr: srv.addr, Username: "engine", Password: "hunter2"})
	require.NoError(t, sender.Send(t.Context(), message()))
	_, mails := srv.seen()
	require.Len(t, mails, 1)
	assert.Equal(t, "\x00engine\x00hunter2", mails[0].login)
}
