//go:build unix && !race

package proofs

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/adapters/smtpmail"
	"github.com/nativeauth/nativeauth/attrs"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
)

// injections are what somebody puts into a field that may end up in a mail.
var injections = []string{
	"\r\nBcc: eve@example.com", "\nBcc: eve@example.com", "\rBcc: eve@example.com", "\r\n\r\nother body", "\r\n.\r\nRCPT TO:<eve@example.com>\r\n",
	"%0d%0aBcc:%20eve@example.com", "\u2028Bcc: eve@example.com", "\u0085Bcc: eve@example.com", "\x00", "\x7f", "\u202e", "\ufeff",
	", eve@example.com", "; eve@example.com", " eve@example.com", ",", ";", ":", "<eve@example.com>", ">", "<", "(eve)", "\"", "\\",
	"=?utf-8?q?=0d=0aBcc:_eve@example.com?=", "=?utf-8?b?DQpCY2M6IGV2ZUBleGFtcGxlLmNvbQ==?=", "=?utf-8?q?eve?=", "=0D=0A", "=\r\n",
	"\uff20example.com", "\uff0ceve", "\uff1b", "\uff1c", "@example.com", "@", "%example.com", "!example.com", "[127.0.0.1]",
	"http://evil.example", "<a href=\"http://evil.example\">here</a>", "<script>", "{{.Code}}", "{app}", "{life}", "%s%n", "--", "'; DROP TABLE users;",
	"NOTIFY=SUCCESS", " ORCPT=rfc822;eve@example.com", " SIZE=1", "/../", "|", "`id`", "$(id)",
}

// hostile are addresses with an injection in each place.
func hostile() (list []string) {
	for _, x := range injections {
		list = append(list, x+"casey@contoso.com", "ca"+x+"sey@contoso.com", "casey"+x+"@contoso.com",
			"casey@"+x+"contoso.com", "casey@con"+x+"toso.com", "casey@contoso.com"+x, "Casey "+x+" <casey@contoso.com>", x)
	}
	return list
}

// M1: whoever is named, and whatever is said of them, a mail goes to one address, which was named, and says what
// it says to everybody.
func TestM1_NothingThatACallerWritesChangesAMail(t *testing.T) {
	t.Parallel()
	server := newMailServer(t, time.Now)
	sender, err := smtpmail.New(smtpmail.Config{Addr: server.addr, From: "no-reply@contoso.com", TLS: smtpmail.None})
	require.NoError(t, err)
	mux, m := http.NewServeMux(), memory.New()
	auth, err := handler.Mount(mux, handler.Config{
		Issuer: "http://127.0.0.1" + prefix, Secret: secret, App: "Contoso",
		Clients: []handler.Client{{ID: app, Attributes: attrs.Schema{{Name: "displayName", Required: true}}}},
		Users:   m, State: m, Sender: sender, Limits: handler.Limits{Off: true}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	require.NoError(t, err)
	api := httptest.NewServer(mux)
	t.Cleanup(api.Close)

	expected, asked := map[string]int{}, 0
	ask := func(name, displayName string) {
		attributes, err := json.Marshal(map[string]string{"displayName": displayName})
		require.NoError(t, err)
		asked++
		a := post(api.URL+prefix, "/signup/v1.0/start", "username", name, "challenge_type", "oob redirect", "attributes", string(attributes))
		require.Contains(t, []int{200, 400}, a.status, "%q: %v", name, a)
		if a.status == 400 {
			return
		}
		a = post(api.URL+prefix, "/signup/v1.0/challenge", "continuation_token", a.field("continuation_token"))
		require.True(t, a.ok(), "%q: %v", name, a)
		to, err := otp.ParseAddress(strings.TrimSpace(name))
		require.NoError(t, err, name)
		expected[string(to)]++
	}
	for _, text := range hostile() {
		ask(text, "Casey")
	}
	for n, text := range injections {
		ask(fmt.Sprintf("p%d@contoso.com", n), text)
	}
	for text := range corpusTexts(t) {
		ask(text, "Casey")
	}
	require.NoError(t, auth.Shutdown(t.Context()))

	mails, _ := server.seen()
	wrong := 0
	for _, d := range mails {
		to, err := d.plain()
		if err != nil || expected[to] == 0 {
			wrong++
			t.Errorf("to %q: %v\n%s", d.to, err, d.data)
		}
		expected[to]--
	}
	missing := 0
	for _, n := range expected {
		missing += n
	}
	proof(t, "M1 hostile addresses and attributes", asked, "calls", atLeast(500))
	proof(t, "M1 mails", len(mails), "mails", atLeast(200))
	proof(t, "M1 mails with another recipient, header or body", wrong, "mails", exactly(0))
	proof(t, "M1 mails that did not come", missing, "mails", exactly(0))
}

// plain returns who a mail is for, or an error unless it is as every code for a sign-up is.
func (d delivery) plain() (to string, err error) {
	to = d.recipient()
	m, err := mail.ReadMessage(strings.NewReader(d.data))
	if err != nil {
		return to, err
	}
	list, err := m.Header.AddressList("To")
	if err != nil || len(list) != 1 || list[0].Address != to || list[0].Name != "" {
		return to, fmt.Errorf("header To is %q (%w)", m.Header["To"], err)
	}
	if m.Header.Get("Subject") != "Your Contoso code" || m.Header.Get("From") != "<no-reply@contoso.com>" {
		return to, fmt.Errorf("header is %q", m.Header)
	}
	if len(m.Header) != 8 { // From, To, Subject, Date, Message-ID, Auto-Submitted and two of MIME
		return to, fmt.Errorf("header has %d fields: %q", len(m.Header), m.Header)
	}
	found := codePattern.FindStringSubmatch(d.data)
	if found == nil {
		return to, fmt.Errorf("there is no code")
	}
	text, html, err := parts(m)
	want := otp.Message{Channel: otp.Email, Purpose: otp.SignUp, App: "Contoso", Code: found[1], Life: codeLife}
	if err != nil || text != want.Text() || html != want.HTML() {
		return to, fmt.Errorf("body is another (%w)", err)
	}
	return to, nil
}

// parts returns the two bodies of a mail.
func parts(m *mail.Message) (text, html string, err error) {
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return "", "", err
	}
	r := multipart.NewReader(m.Body, params["boundary"])
	for _, body := range []*string{&text, &html} {
		part, err := r.NextRawPart()
		if err != nil {
			return "", "", err
		}
		b, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			return "", "", err
		}
		*body = strings.ReplaceAll(string(b), "\r\n", "\n")
	}
	if _, err := r.NextRawPart(); err != io.EOF {
		return "", "", fmt.Errorf("a third part (%w)", err)
	}
	return text, html, nil
}
