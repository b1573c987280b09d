package trace

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/nativeauth/nativeauth/internal/devpage"
)

//go:embed page
var pageFiles embed.FS

var pageTemplate = template.Must(template.ParseFS(pageFiles, "page/*.html"))

// policy lets the page load its own files and its own stream, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// What is beneath the path of the page, beside flows by their ids.
const (
	streamName = "events"
	scriptName = "flows.js"
	styleName  = "flows.css"
)

// ServeHTTP shows what is kept: all flows, the latest first, or beneath the path the flow that a request belongs to,
// by its correlation id or trace id; as a page that keeps itself up to date, or, asked with "Accept: application/json", as
// JSON: an array of Flow, or one. "?id=" stands for an id in the path. What is unknown gives 404, and a method other than
// GET and HEAD 405.
//
// A request from another machine, through a proxy, or under a host name that is not this machine's own gives 403.
func (t *Trace) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Security-Policy", policy)
	name := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, t.cfg.Path), "/")
	switch {
	case !devpage.IsLocal(r):
		http.Error(w, "This page shows what people do, so it answers to the machine it runs on only. "+
			"Open it there, without a proxy, under localhost.", http.StatusForbidden)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "This page can be read only.", http.StatusMethodNotAllowed)
	case name == streamName:
		t.stream(w, r)
	case name == styleName:
		serveFile(w, r, styleName, []byte(devpage.Style), pageFile(styleName))
	case name == scriptName:
		serveFile(w, r, scriptName, pageFile(scriptName))
	default:
		t.show(w, r, name)
	}
}

func pageFile(name string) []byte {
	content, err := fs.ReadFile(pageFiles, "page/"+name)
	if err != nil {
		panic(err) // it is not in the program
	}
	return content
}

// serveFile answers with parts of a file.
func serveFile(w http.ResponseWriter, r *http.Request, name string, parts ...[]byte) {
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(bytes.Join(parts, nil)))
}

// view is what page.html is filled with.
type view struct {
	Path, Inbox string
	Since       string // where the stream goes on
	Only        int    // the number of the flow that is shown, 0 for all, -1 for one that is not there
	Asked       string // the id that was asked for
	Capacity    int
	Flows       []shown
}

// shown is a flow on the page.
type shown struct {
	Flow
	Path   string
	Oldest int    // request that is kept, of all flows
	Rows   []Call // those of its calls that are written out
}

func (t *Trace) show(w http.ResponseWriter, r *http.Request, id string) {
	if id == "" {
		id = strings.TrimSpace(r.URL.Query().Get("id"))
	}
	flows, at := t.snapshot()
	v := view{Path: t.cfg.Path, Inbox: t.cfg.Inbox, Since: t.position(at), Asked: clean(id, longestName), Capacity: Capacity, Flows: t.whole(flows, at)}
	status := http.StatusOK
	if id != "" {
		status, v.Only, v.Flows = http.StatusNotFound, -1, nil
		if f, ok := find(flows, id); ok {
			status, v.Only, v.Flows = http.StatusOK, f.number, t.whole([]Flow{f}, at)
		}
	}
	w.Header().Add("Vary", "Accept")
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		writeJSON(w, status, id, v.Flows)
		return
	}
	body := render("page.html", v)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// whole are flows with all of their requests.
func (t *Trace) whole(flows []Flow, at moment) []shown {
	all := make([]shown, len(flows))
	for i, f := range flows {
		all[i] = shown{f, t.cfg.Path, at.oldest, f.Calls}
	}
	return all
}

func writeJSON(w http.ResponseWriter, status int, id string, flows []shown) {
	list := make([]Flow, len(flows))
	for i, f := range flows {
		list[i] = f.Flow
	}
	var body any = list
	switch {
	case id != "" && len(list) == 0:
		body = map[string]string{"error": "not_found", "error_description": "No request that is kept has this id."}
	case id != "":
		body = list[0]
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // fails only if the client has gone
}

func render(name string, data any) []byte {
	var body bytes.Buffer
	if err := pageTemplate.ExecuteTemplate(&body, name, data); err != nil {
		panic(err) // the template is at odds with its data
	}
	return body.Bytes()
}
