package smtpmail_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/nativeauth/nativeauth/adapters/smtpmail"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSend_ReportsARefusalWithoutTheServersWords(t *testing.T) {
	words := " 5.7.1 31415926 hunter2 ada@example.com " + base64.StdEncoding.EncodeToString([]byte("\x00engine\x00hunter2"))
	for verb, want := range map[string]string{
		"greeting": "smtpmail: send: greet: server answered 554 5.7.1",
		"EHLO":     "smtpmail: send: greet: server answered 554 5.7.1",
		"AUTH":     "smtpmail: send: greet: server answered 554 5.7.1",
		"MAIL":     "smtpmail: send: MAIL: server answered 554 5.7.1",
		"RCPT":     "smtpmail: send: RCPT: server answered 554 5.7.1",
		"DATA":     "smtpmail: send: DATA: server answered 554 5.7.1",
		".":        "smtpmail: send: finish message: server answered 554 5.7.1",
	} {
		t.Run(verb, func(t *testing.T) {
			srv := &server{auth: "PLAIN", instead: map[string]string{verb: "554" + words}}
			if verb == "EHLO" {
				srv.instead["HELO"] = "554" + words // tried next
			}
			sender := open(t, smtpmail.Config{Addr: srv.start(t).addr, Username: "engine", Password: "hunter2"})
			assert.EqualError(t, sender.Send(t.Context(), message()), want)
		})
	}
}

// mark tells what an error says about the message.
func mark(err error) string {
	switch {
	case err == nil:
		return "sent"
	case errors.Is(err, otp.ErrRejected):
		return "rejected"
	case errors.Is(err, otp.ErrTemporary):
		return "temporary"
	}
	return "unknown"
}

func TestSend_SaysWhetherAnotherTryIsSafe(t *testing.T) {
	for _, step := range steps {
		for instead, want := range map[string]string{"421 4.3.2 later": "temporary", "550 5.1.1 never": "rejected",
			"nonsense": "temporary", hang: "temporary", drop: "temporary"} {
			switch {
			case step == "." && want == "temporary" && instead[0] != '4':
				want = "unknown"
			case step == "handshake", step == "EHLO": // there are no replies; HELO is next, and offers no TLS
				want = "temporary"
			}
			t.Run(step+" "+instead, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				cert, pool := certificate(t)
				srv := &server{startTLS: true, auth: "PLAIN", cert: cert, instead: map[string]string{step: instead}, hanging: cancel}
				sender := open(t, smtpmail.Config{Addr: srv.start(t).addr, TLS: smtpmail.StartTLS, RootCAs: pool,
					Username: "engine", Password: "hunter2", Timeout: time.Minute})
				err := sender.Send(ctx, message())
				assert.Equal(t, want, mark(err), err)
			})
		}
	}
}

func TestSend_MarksWhatTheServerNeverHeardOf(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := listener.Addr().String()
	require.NoError(t, listener.Close())
	nobody := open(t, smtpmail.Config{Addr: addr})
	assert.Equal(t, "temporary", mark(nobody.Send(t.Context(), message())), "nobody listens")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.Equal(t, "temporary", mark(nobody.Send(ctx, message())), "cancelled before it begins")

	m := message()
	m.To = "Ada <ada@example.com>"
	assert.Equal(t, "rejected", mark(nobody.Send(t.Context(), m)), "no recipient")
	m = message()
	m.Channel = otp.SMS
	assert.Equal(t, "rejected", mark(nobody.Send(t.Context(), m)), "not a mail")

	cert, _ := certificate(t)
	srv := (&server{startTLS: true, cert: cert}).start(t)
	stranger := open(t, smtpmail.Config{Addr: srv.addr, TLS: smtpmail.StartTLS})
	assert.Equal(t, "temporary", mark(stranger.Send(t.Context(), message())), "a certificate of nobody we know")
	plain := open(t, smtpmail.Config{Addr: new(server).start(t).addr, TLS: smtpmail.StartTLS})
	assert.Equal(t, "temporary", mark(plain.Send(t.Context(), message())), "no STARTTLS")
}

func TestSend_ReportsAPlainRefusal(t *testing.T) {
	srv := (&server{instead: map[string]string{"RCPT": "550 no such user"}}).start(t)
	err := open(t, smtpmail.Config{Addr: srv.addr}).Send(t.Context(), message())
	assert.EqualError(t, err, "smtpmail: send: RCPT: server answered 550")
	_, mails := srv.seen()
	assert.Empty(t, mails)
}

func TestSend_QuotesNoAnswerThatMakesNoSense(t *testing.T) {
	planted := "334 " + base64.StdEncoding.EncodeToString([]byte("hunter2"))
	for name, srv := range map[string]*server{
		"no code": {instead: map[string]string{".": "hunter2 31415926"}},
		"a challenge after user and password": {auth: "LOGIN",
			instead: map[string]string{"AUTH": planted, "ZW5naW5l": planted, "aHVudGVyMg==": planted}},
	} {
		t.Run(name, func(t *testing.T) {
			config := smtpmail.Config{Addr: srv.start(t).addr}
			if srv.auth != "" {
				config.Username, config.Password = "engine", "hunter2"
			}
			err := open(t, config).Send(t.Context(), message())
			require.ErrorContains(t, err, "server's answer is not understood")
			assert.NotContains(t, err.Error(), "hunter2")
			assert.NotContains(t, err.Error(), "31415926")
		})
	}
}

var steps = []string{"greeting", "EHLO", "STARTTLS", "handshake", "AUTH", "MAIL", "RCPT", "DATA", "."}

func TestSend_EndsSoonAfterItsContext(t *testing.T) {
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			sender := openAgainst(t, step, hang, time.Minute)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			begin := time.Now()
			err := sender.Send(ctx, message())
			assert.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Less(t, time.Since(begin), 20*time.Second)
		})
	}
}

func TestSend_EndsAtOnceWhenCancelled(t *testing.T) {
	sender := openAgainst(t, "greeting", hang, time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	assert.ErrorIs(t, sender.Send(ctx, message()), context.Canceled)
	assert.ErrorIs(t, sender.Send(ctx, message()), context.Canceled, "before it begins")
}

func TestSend_EndsAfterTheTimeout(t *testing.T) {
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			err := openAgainst(t, step, hang, 100*time.Millisecond).Send(t.Context(), message())
			assert.ErrorIs(t, err, context.DeadlineExceeded)
		})
	}
}

func TestSend_ReportsALostConnection(t *testing.T) {
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			err := openAgainst(t, step, drop, time.Minute).Send(t.Context(), message())
			assert.ErrorContains(t, err, "smtpmail: send: ")
		})
	}
}

func TestSend_IsDoneWhenTheServerHasTheMessage(t *testing.T) {
	for _, end := range []string{hang, drop, "500 no"} {
		t.Run(end, func(t *testing.T) {
			begin := time.Now()
			assert.NoError(t, openAgainst(t, "QUIT", end, time.Minute).Send(t.Context(), message()))
			assert.Less(t, time.Since(begin), 20*time.Second)
		})
	}
}

func TestSend_ReportsAServerThatIsNotThere(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := listener.Addr().String()
	require.NoError(t, listener.Close())
	var refused *net.OpError
	err = open(t, smtpmail.Config{Addr: addr}).Send(t.Context(), message())
	assert.ErrorAs(t, err, &refused)
	assert.ErrorContains(t, err, "smtpmail: send: connect: ")
}

func TestSender_StaysOutOfLogs(t *testing.T) {
	config := smtpmail.Config{Addr: "smtp.example.com:587", From: "a@example.com", Username: "engine", Password: "hunter2"}
	sender, err := smtpmail.New(config)
	require.NoError(t, err)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("mail", "config", config, "sender", sender)
	assert.NotContains(t, log.String(), "hunter2")
	assert.Contains(t, log.String(), "smtp.example.com:587")
}

// openAgainst returns a sender to a server with TLS and a login that does something else at one step.
func openAgainst(t *testing.T, step, instead string, timeout time.Duration) *smtpmail.Sender {
	t.Helper()
	cert, pool := certificate(t)
	srv := &server{startTLS: true, auth: "PLAIN", cert: cert, instead: map[string]string{step: instead}}
	return open(t, smtpmail.Config{Addr: srv.start(t).addr, TLS: smtpmail.StartTLS, RootCAs: pool,
		Username: "engine", Password: "hunter2", Timeout: timeout})
}
