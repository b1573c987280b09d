package devmail

import (
	"bytes"
	"crypto/rand"
	"net/http"
	"time"

	"github.com/nativeauth/nativeauth/internal/devpage"
	"github.com/nativeauth/nativeauth/otp"
)

// Preview is a page that shows what an app sends: every message in every language, as a mail and as an SMS, filled in
// with a made-up code. It answers to the machine that it runs on only, as an Inbox does. Its fields do not change
// once it serves.
type Preview struct {
	App      string
	Messages otp.Messages
}

// sample is what the previewed messages are filled in with.
const sample = "01234567"

// shown is what preview.html is filled with.
type shown struct {
	Nonce    string
	Tags     []string
	Purposes []otp.Purpose
	Tag      string
	Purpose  otp.Purpose
	Subject  string
	Text     string
	Short    string
}

// ServeHTTP shows one message: "?purpose=sign-in&language=de". "&format=html" is the HTML of the mail alone, which the
// page shows in a frame. What is unknown gives 404, and a method other than GET and HEAD 405.
func (p Preview) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	styles := p.Messages.Styles().All()
	m, ok := p.message(r, styles)
	switch {
	case !devpage.IsLocal(r):
		http.Error(w, "This page answers to the machine it runs on only.", http.StatusForbidden)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "This page can be read only.", http.StatusMethodNotAllowed)
	case !ok:
		http.Error(w, "There is no such message, or no such language.", http.StatusNotFound)
	case r.URL.Query().Get("format") == "html":
		writeMail(w, m.HTML())
	default:
		p.render(w, m, styles)
	}
}

// message makes the one that a request is about.
func (p Preview) message(r *http.Request, styles []otp.Style) (m otp.Message, ok bool) {
	q := r.URL.Query()
	m = otp.Message{
		Channel: otp.Email, To: "ada@example.com", Purpose: otp.SignUp, App: p.App, Code: sample, Life: 10 * time.Minute,
		At: time.Date(2026, 3, 1, 10, 15, 0, 0, time.UTC),
	}
	if named := otp.Purpose(q.Get("purpose")); named != "" {
		m.Purpose = named
	}
	for _, style := range styles {
		if tag := q.Get("language"); tag == "" || tag == style.Language.Tag {
			m.Style = style
			_, ok = style.Language.Letters[m.Purpose]
			break
		}
	}
	return m, ok
}

func (p Preview) render(w http.ResponseWriter, m otp.Message, styles []otp.Style) {
	v := shown{Nonce: rand.Text(), Purposes: otp.Purposes(), Tag: m.Style.Language.Tag, Purpose: m.Purpose, Subject: m.Subject(), Text: m.Text()}
	for _, style := range styles {
		v.Tags = append(v.Tags, style.Language.Tag)
	}
	m.Channel = otp.SMS
	v.Short = m.Short()
	var body bytes.Buffer
	if err := page.ExecuteTemplate(&body, "preview.html", v); err != nil {
		http.Error(w, "The page cannot be shown: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Security-Policy", policy(v.Nonce))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = body.WriteTo(w)
}
