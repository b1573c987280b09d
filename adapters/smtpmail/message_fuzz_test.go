package smtpmail

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/otp"
)

// Whatever the address and the name of the app are, a mail has one recipient, that address, the headers that it
// always has, and two parts that read as the message does.
func FuzzCompose(f *testing.F) {
	for _, to := range []string{
		"casey@contoso.com", "a@b.co,c@d.co", "a@b.co\r\nBcc: c@d.co", "<a@b.co>", "\"a b\"@c.co", "a@b.co (c@d.co)", "a@xn--bcher-kva.example", "=?utf-8?q?a?=@b.co", "a%b@c.co", "group:a@b.co;", "",
		strings.Repeat("a", 64) + "@b.co", "a@b.co\x00", "\u00e9@b.co",
	} {
		f.Add(to, "Contoso", uint8(0))
	}
	for i, app := range []string{
		"", "Contoso\r\nBcc: c@d.co", "Contoso\nSubject: x", "=?utf-8?q?x?=", "<script>alert(1)</script>", "\u202econtoso", "a\u2028b", strings.Repeat("long ", 200), "\xff\xfe", ".\r\n.\r\n", "{app}{code}", "\u00c4pfel & Birnen",
	} {
		f.Add("casey@contoso.com", app, uint8(i))
	}
	sender, err := New(Config{Addr: "127.0.0.1:25", From: "App <no-reply@contoso.com>"})
	require.NoError(f, err)
	purposes := []otp.Purpose{otp.SignUp, otp.SignIn, otp.Reset, otp.SecondFactor, otp.Registration, otp.PasswordChanged, otp.AccountDisabled}
	f.Fuzz(func(t *testing.T, to, app string, n uint8) {
		m := otp.Message{
			Channel: otp.Email, To: otp.Address(to), Purpose: purposes[int(n)%len(purposes)], App: app, Code: "31415926", Life: 10 * time.Minute,
		}
		msg, err := sender.compose(m)
		canonical, bad := otp.ParseAddress(to)
		if bad != nil || string(canonical) != to {
			assert.ErrorIs(t, err, errRecipient)
			return
		}
		require.NoError(t, err)
		recipients, err := msg.GetRecipients()
		require.NoError(t, err)
		assert.Equal(t, []string{"<" + to + ">"}, recipients)

		var wire bytes.Buffer
		_, err = msg.WriteTo(&wire)
		require.NoError(t, err)
		got, err := mail.ReadMessage(&wire)
		require.NoError(t, err)
		for name, values := range got.Header {
			assert.Contains(t, []string{"Auto-Submitted", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To"}, name)
			assert.Len(t, values, 1, name)
		}
		list, err := got.Header.AddressList("To")
		require.NoError(t, err)
		require.Len(t, list, 1)
		assert.Equal(t, to, list[0].Address)
		m.App = oneLine(m.App)
		if !strings.Contains(app, "=?") { // an app that calls itself by an encoded word may be shown what that says
			subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
			require.NoError(t, err)
			assert.Equal(t, words(m.Subject()), words(subject))
		}

		_, params, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
		require.NoError(t, err)
		parts := multipart.NewReader(got.Body, params["boundary"])
		for _, want := range []string{m.Text(), m.HTML()} {
			part, err := parts.NextRawPart()
			require.NoError(t, err)
			body, err := io.ReadAll(quotedprintable.NewReader(part))
			require.NoError(t, err)
			assert.Equal(t, lines(want), lines(string(body)))
		}
		_, err = parts.NextRawPart()
		assert.ErrorIs(t, err, io.EOF, "a third part")
	})
}

// words are those of a line, however it was folded.
func words(line string) []string {
	return strings.Fields(strings.ToValidUTF8(line, "\ufffd"))
}

// lines are those of a text, however they end.
func lines(text string) []string {
	return strings.Split(strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), "\n")
}
