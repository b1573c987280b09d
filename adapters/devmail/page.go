package devmail

import (
	"bytes"
	"crypto/rand"
	"embed"
	"encoding/json"
	"html/template"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/nativeauth/nativeauth/internal/devpage"
)

//go:embed page.html preview.html
var files embed.FS

var page = template.Must(template.Must(template.New("style").Parse(devpage.Style)).ParseFS(files, "*.html"))

// ServeHTTP shows the messages, newest first: as a page that keeps itself up to date, or, asked with
// "Accept: application/json" or "?format=json", as a JSON array of Message. "?to=ADDRESS" shows
// those to one address or number, in any spelling; what is neither gives 400. "?format=html&id=ID" is
// the HTML of one message alone, which the page shows in a frame. Methods other than GET and HEAD
// give 405.
//
// A request from another machine, through a proxy, or under a host name that is not this machine's
// own gives 403. The last keeps out a web site that points its own name here (DNS rebinding).
func (i *Inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	to := recipient(r)
	switch {
	case !devpage.IsLocal(r):
		http.Error(w, "This inbox shows codes, so it answers to the machine it runs on only. "+
			"Open it there, without a proxy, under localhost.", http.StatusForbidden)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "This inbox can be read only.", http.StatusMethodNotAllowed)
	case !isRecipient(to):
		http.Error(w, `The parameter "to" is neither an e-mail address nor a phone number with its country's code.`, http.StatusBadRequest)
	case wantsJSON(r):
		writeJSON(w, i.Messages(to))
	case r.URL.Query().Get("format") == "html":
		i.writeHTML(w, r.URL.Query().Get("id"))
	case r.URL.Query().Get("format") == "cards":
		i.render(w, "cards", view{To: to})
	default:
		v := view{To: to, Nonce: rand.Text(), Links: i.links}
		h.Set("Content-Security-Policy", policy(v.Nonce))
		i.render(w, "page.html", v)
	}
}

// policy lets a page run and style what has its nonce, frame what it shows, and nothing else.
func policy(nonce string) string {
	return "default-src 'none'; script-src 'nonce-" + nonce + "'; style-src 'nonce-" + nonce + "'; img-src data:; " +
		"connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

func writeJSON(w http.ResponseWriter, messages []Message) {
	if messages == nil {
		messages = []Message{} // [] and not null
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(messages) // fails only if the client has gone
}

// writeHTML shows the HTML of a message as a mail client does: with the styles that stand in it, and
// with nothing that runs, loads or leads elsewhere. It is an answer of its own, for inside the page it
// would live under the page's policy, which would have to let such styles through.
func (i *Inbox) writeHTML(w http.ResponseWriter, id string) {
	for _, m := range i.Messages("") {
		if strconv.Itoa(m.ID) == id {
			writeMail(w, m.HTML)
			return
		}
	}
	http.Error(w, "This message is not in the inbox, or not any more.", http.StatusNotFound)
}

// writeMail is the answer with a mail in it.
func writeMail(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, text)
}

// view is what page.html is filled with. The nonce is what lets its own style and script run, and
// nothing else.
type view struct {
	Nonce, To string
	Links     []link
	Messages  []Message
}

// render writes the part of page.html that has the given name: "page.html", or "cards", the list of
// messages by which a page that is open keeps itself up to date.
func (i *Inbox) render(w http.ResponseWriter, name string, v view) {
	v.Messages = i.Messages(v.To)
	var body bytes.Buffer
	if err := page.ExecuteTemplate(&body, name, v); err != nil {
		http.Error(w, "The page cannot be shown: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = body.WriteTo(w)
}

// recipient returns the parameter "to". In a query "+" stands for a blank, and by hand nobody writes
// %2B, so a number that begins with a blank gets its plus back.
func recipient(r *http.Request) string {
	to := r.URL.Query().Get("to")
	if number, lost := strings.CutPrefix(to, " "); lost && isRecipient("+"+number) {
		return "+" + number
	}
	return to
}

func isRecipient(to string) bool {
	_, err := parse(to)
	return err == nil || to == ""
}

func wantsJSON(r *http.Request) bool {
	return r.URL.Query().Get("format") == "json" || strings.Contains(r.Header.Get("Accept"), "application/json")
}
