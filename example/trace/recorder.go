package trace

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/nativeauth/nativeauth/internal/guid"
)

// mostHeard is how many bytes of a body are looked at. Requests have no more, and answers less.
const mostHeard = 64 << 10

// heard is the body of a request, of which it remembers what was read.
type heard struct {
	io.ReadCloser
	text []byte
}

func (h *heard) Read(p []byte) (int, error) {
	n, err := h.ReadCloser.Read(p)
	h.text = append(h.text, p[:min(n, mostHeard-len(h.text))]...)
	return n, err
}

// recorder passes an answer on and remembers it.
type recorder struct {
	http.ResponseWriter
	trace *Trace
	entry *entry
	began time.Time
	asked *http.Request
	sent  *heard

	status int
	length int // of the body so far
	body   []byte
	done   bool
}

// Unwrap lets http.ResponseController find what is beneath.
func (x *recorder) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// Flush sends what there is of an answer: http.Flusher.
func (x *recorder) Flush() {
	if x.status == 0 {
		x.WriteHeader(http.StatusOK)
	}
	_ = http.NewResponseController(x.ResponseWriter).Flush() // that it cannot is for nobody here to know
}

func (x *recorder) WriteHeader(status int) {
	if x.status == 0 && status >= 200 {
		x.status = status
		// http.MaxBytesReader tells a server's own ResponseWriter, and no other, to hang up on whoever sends too much.
		if status == http.StatusRequestEntityTooLarge && x.asked.ContentLength < 0 {
			x.Header().Set("Connection", "close")
		}
	}
	x.ResponseWriter.WriteHeader(status)
}

// Write passes a part of the body on. The request is kept before its answer is complete at the caller, who may use the
// token in it at once.
func (x *recorder) Write(p []byte) (int, error) {
	if x.status == 0 {
		x.WriteHeader(http.StatusOK)
	}
	x.length += len(p)
	x.body = append(x.body, p[:min(len(p), mostHeard-len(x.body))]...)
	if whole, err := strconv.Atoi(x.Header().Get("Content-Length")); err == nil && x.length >= whole {
		x.finish()
	}
	return x.ResponseWriter.Write(p)
}

// finish keeps what was seen, once.
func (x *recorder) finish() {
	if x.done {
		return
	}
	x.done = true
	r := x.asked
	c := Call{
		Began: x.began.UTC(), Took: float64(time.Since(x.began).Microseconds()) / 1000,
		Method: clean(r.Method, longestName), Path: pathOf(strings.TrimPrefix(r.URL.Path, x.trace.cfg.API)), Status: x.status,
	}
	asked := x.readRequest()
	c.Parameters = asked.all()
	c.Client, c.Person = asked.value("client_id"), asked.value("username", "email", "phone_number")
	if id, _, ok := r.BasicAuth(); ok && c.Client == "" {
		c.Client = clean(id, longestValue)
	}
	c.Step = stepOf(r.URL.Path, asked.value("grant_type"), len(asked.keys) > 0)
	given := x.readAnswer(&c)
	c.Answer = given.all()
	c.CorrelationID = x.correlation()
	x.trace.keep(x.entry, c, asked.keys, given.keys)
}

// pathOf is a path as it is shown: without parameters that somebody has put behind it by another sign than "?".
func pathOf(path string) string {
	if i := strings.IndexAny(path, "&=;"); i >= 0 {
		path = path[:i] + "…"
	}
	return clean(path, longestValue)
}

// correlation is what the answer says that the request is called, "" if there is none.
func (x *recorder) correlation() string {
	id := x.Header().Get("Client-Request-Id")
	if !guid.Valid(id) {
		return ""
	}
	return id
}

func (x *recorder) readRequest() *reader {
	d := &reader{trace: x.trace}
	if token, ok := strings.CutPrefix(x.asked.Header.Get("Authorization"), "Bearer "); ok {
		d.add("token", token, false)
		d.fields[0].Name = "Authorization: Bearer"
	}
	d.query(x.asked.URL.RawQuery, true)
	body := x.sent.text
	if object := parseObject(body); object != nil {
		d.members(object)
	} else {
		d.query(string(body), false)
	}
	return d
}

// readAnswer reads a body, and what it says of an error into c. Documents are none of it: they say the same to all.
func (x *recorder) readAnswer(c *Call) *reader {
	d := &reader{trace: x.trace}
	if c.Step == discovery || c.Step == "keys" || c.Step == "API description" {
		return d
	}
	object := parseObject(x.body)
	d.members(object)
	if c.Status >= 400 {
		c.explain(object)
	} else if d.value("challenge_type") == "redirect" {
		c.Expected = "The API sends the app to a browser here, for it has no way left to go on by itself. See which challenge_type and " +
			"capabilities the app names, and which ways the client and the account have."
	}
	return d
}

// explain takes an error apart.
func (c *Call) explain(object map[string]any) {
	member := func(name string, most int) string { return clean(text(object[name]), most) }
	c.Error, c.SubError, c.TraceID = member("error", longestName), member("suberror", longestName), member("trace_id", longestName)
	codes, _ := object["error_codes"].([]any)
	for _, code := range codes[:min(len(codes), 8)] {
		c.Codes = append(c.Codes, clean(text(code), longestName))
	}
	says, _, _ := strings.Cut(text(object["error_description"]), "\r\nTrace ID:")
	says, expected, _ := strings.Cut(says, "Hint: ")
	expected, help, _ := strings.Cut(expected, " See https://")
	c.Says, c.Expected = clean(strings.TrimSpace(says), longestText), clean(strings.TrimSpace(expected), longestText)
	if help != "" {
		c.Help = "https://" + clean(help, longestValue)
	}
}
