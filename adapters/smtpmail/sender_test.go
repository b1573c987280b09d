package smtpmail_test

import (
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nativeauth/nativeauth/adapters/smtpmail"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Not run: it needs a mail server.
func ExampleNew() {
	sender, err := smtpmail.New(smtpmail.Config{
		Addr:     "smtp.example.com:587",
		From:     "Example <no-reply@example.com>",
		Username: "example",
		Password: os.Getenv("SMTP_PASSWORD"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var _ otp.Sender = sender
}

func TestSend_DeliversOneMessageToOneRecipient(t *testing.T) {
	srv := new(server).start(t)
	m := message()
	require.NoError(t, open(t, smtpmail.Config{Addr: srv.addr}).Send(t.Context(), m))

	verbs, mails := srv.seen()
	assert.Equal(t, []string{"EHLO", "MAIL", "RCPT", "DATA", "QUIT"}, verbs)
	require.Len(t, mails, 1)
	assert.Equal(t, "FROM:<no-reply@example.com> BODY=8BITMIME", mails[0].from)
	assert.Equal(t, []string{"TO:<ada@example.com>"}, mails[0].to)

	header, text, html := parse(t, mails[0])
	assert.Equal(t, `"Example, Inc." <no-reply@example.com>`, header.Get("From"))
	assert.Equal(t, "<ada@example.com>", header.Get("To"))
	assert.Equal(t, m.Subject(), header.Get("Subject"))
	assert.Equal(t, "auto-generated", header.Get("Auto-Submitted"))
	assert.Regexp(t, `^<[A-Z2-7]{26}@example\.com>$`, header.Get("Message-Id"))
	date, err := header.Date()
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now(), date, time.Minute)
	assert.Empty(t, header.Get("User-Agent")+header.Get("X-Mailer"))
	assert.Equal(t, m.Text(), text)
	assert.Equal(t, m.HTML(), html)
}

func TestSend_DeliversCodesAndNotices(t *testing.T) {
	for _, purpose := range []otp.Purpose{otp.SignUp, otp.SignIn, otp.Reset, otp.SecondFactor, otp.Registration,
		otp.PasswordChanged, otp.MethodAdded, otp.MethodRemoved, otp.AlreadyRegistered, otp.NotRegistered, otp.NoPassword, otp.AccountDisabled} {
		srv := new(server).start(t)
		m := message()
		m.Purpose = purpose
		require.NoError(t, open(t, smtpmail.Config{Addr: srv.addr}).Send(t.Context(), m))
		_, mails := srv.seen()
		require.Len(t, mails, 1, purpose)
		assert.Equal(t, []string{"TO:<ada@example.com>"}, mails[0].to, purpose)
		header, text, html := parse(t, mails[0])
		assert.Equal(t, m.Subject(), header.Get("Subject"))
		assert.Equal(t, m.Text(), text)
		assert.Equal(t, m.HTML(), html)
		assert.Equal(t, purpose.HasCode(), strings.Contains(mails[0].data, m.Code), purpose)
		for line := range strings.SplitSeq(mails[0].data, "\n") {
			assert.LessOrEqual(t, len(line), 78, "%s: %s", purpose, line) // RFC 5322 §2.1.1
		}
	}
}

func TestSend_CarriesAnyLanguage(t *testing.T) {
	srv := new(server).start(t)
	m := message()
	m.App = "Büchereï 図書館 – a name long enough for its header to be folded once or even twice"
	require.NoError(t, open(t, smtpmail.Config{Addr: srv.addr}).Send(t.Context(), m))
	_, mails := srv.seen()
	require.Len(t, mails, 1)
	header, text, html := parse(t, mails[0])
	subject, err := new(mime.WordDecoder).DecodeHeader(header.Get("Subject"))
	require.NoError(t, err)
	assert.Equal(t, m.Subject(), subject)
	assert.Equal(t, m.Text(), text)
	assert.Equal(t, m.HTML(), html)
}

func TestSend_LetsNoAppNameIntoHeaderOrEnvelope(t *testing.T) {
	for app, clean := range map[string]string{
		"Eve\r\nBcc: victim@example.com":                          "Eve  Bcc: victim@example.com",
		"Eve\nBcc: victim@example.com\n\nother body":              "Eve Bcc: victim@example.com  other body",
		"Eve\r\n.\r\nRCPT TO:<victim@example.com>\r\n":            "Eve  .  RCPT TO:<victim@example.com>  ",
		"Eve\u2028Bcc: victim@example.com\x00\x7f\u0085!":         "Eve Bcc: victim@example.com   !",
		"Eve\r\n--boundary\r\nContent-Type: text/html\r\n\r\n<b>": "Eve  --boundary  Content-Type: text/html    <b>",
		strings.Repeat("é\r\nBcc: victim@example.com ", 20):       strings.Repeat("é  Bcc: victim@example.com ", 20),
	} {
		srv := new(server).start(t)
		m := message()
		m.App = app
		require.NoError(t, open(t, smtpmail.Config{Addr: srv.addr}).Send(t.Context(), m))
		verbs, mails := srv.seen()
		assert.Equal(t, []string{"EHLO", "MAIL", "RCPT", "DATA", "QUIT"}, verbs)
		require.Len(t, mails, 1)
		assert.Equal(t, []string{"TO:<ada@example.com>"}, mails[0].to)
		header, text, html := parse(t, mails[0])
		assert.Equal(t, "<ada@example.com>", header.Get("To"))
		assert.Len(t, header, 8, "From, To, Subject, Date, Message-ID, Auto-Submitted and two of MIME")
		m.App = clean
		assert.Equal(t, m.Text(), text)
		assert.Equal(t, m.HTML(), html)
		subject, err := new(mime.WordDecoder).DecodeHeader(header.Get("Subject"))
		require.NoError(t, err)
		assert.Equal(t, m.Subject(), subject)
	}
}

func TestSend_RefusesEveryRecipientThatIsNotCanonical(t *testing.T) {
	srv := new(server).start(t)
	sender := open(t, smtpmail.Config{Addr: srv.addr})
	for _, to := range []otp.Address{"", "ada", "ADA@example.com", " ada@example.com", "ada@Example.com",
		"ada@example.com,eve@example.com", "ada@example.com, eve@example.com", "ada@example.com;eve@example.com",
		"ada@example.com\r\nBcc: eve@example.com", "ada@example.com>\r\nRCPT TO:<eve@example.com", "<ada@example.com>",
		"Ada <ada@example.com>", "group:ada@example.com,eve@example.com;", `"a@b"@example.com`, "ada%eve@example.com",
		"ada@[127.0.0.1]", "ada@example.com\x00", "jos\u00e9@example.com", "ada@ex\u00e4mple.com"} {
		m := message()
		m.To = to
		err := sender.Send(t.Context(), m)
		assert.EqualError(t, err, "smtpmail: compose: recipient is not a canonical address", "%q", to)
	}
	verbs, _ := srv.seen()
	assert.Empty(t, verbs, "the server heard of it")
}

func TestSend_TakesNothingButMail(t *testing.T) {
	srv := new(server).start(t)
	sender := open(t, smtpmail.Config{Addr: srv.addr})
	for channel, to := range map[otp.Channel]otp.Address{otp.SMS: "+4915112345678", "": "ada@example.com", "carrier pigeon": "ada@example.com"} {
		m := message()
		m.Channel, m.To = channel, to
		assert.EqualError(t, sender.Send(t.Context(), m),
			"smtpmail: compose: message is not for a mailbox: give SMS a sender of their own, with otp.ByChannel", channel)
	}
	verbs, _ := srv.seen()
	assert.Empty(t, verbs, "the server heard of it")
}

func TestSend_WorksFromManyGoroutines(t *testing.T) {
	srv := (&server{auth: "PLAIN"}).start(t)
	sender := open(t, smtpmail.Config{Addr: srv.addr, Username: "u", Password: "p"})
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() { assert.NoError(t, sender.Send(t.Context(), message())) })
	}
	wg.Wait()
	_, mails := srv.seen()
	ids := map[string]bool{}
	for _, m := range mails {
		header, _, _ := parse(t, m)
		ids[header.Get("Message-Id")] = true
	}
	assert.Len(t, ids, 10)
}

func message() otp.Message {
	return otp.Message{Channel: otp.Email, To: "ada@example.com", Purpose: otp.SignIn, App: "Engine",
		Code: "31415926", Life: 10 * time.Minute}
}

// open returns a sender with a name that needs quoting.
func open(t *testing.T, c smtpmail.Config) *smtpmail.Sender {
	t.Helper()
	c.From = `"Example, Inc." <no-reply@example.com>`
	sender, err := smtpmail.New(c)
	require.NoError(t, err)
	return sender
}

// parse takes a mail apart, which must be of a text and, after it, of HTML.
func parse(t *testing.T, r received) (header mail.Header, text, html string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(r.data))
	require.NoError(t, err)
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	require.NoError(t, err)
	require.Equal(t, "multipart/alternative", kind)
	parts := multipart.NewReader(m.Body, params["boundary"])
	text, html = next(t, parts, "text/plain; charset=UTF-8"), next(t, parts, "text/html; charset=UTF-8")
	_, err = parts.NextRawPart()
	require.ErrorIs(t, err, io.EOF, "a third part")
	return m.Header, text, html
}

// next returns the next part, decoded, which must be of a content type.
func next(t *testing.T, parts *multipart.Reader, contentType string) string {
	t.Helper()
	part, err := parts.NextRawPart()
	require.NoError(t, err)
	require.Equal(t, textproto.MIMEHeader{
		"Content-Type": {contentType}, "Content-Transfer-Encoding": {"quoted-printable"}}, part.Header)
	body, err := io.ReadAll(quotedprintable.NewReader(part))
	require.NoError(t, err)
	return strings.ReplaceAll(string(body), "\r\n", "\n")
}
