package handler

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nativeauth/nativeauth/attrs"
	"github.com/nativeauth/nativeauth/internal/flow"
	"github.com/nativeauth/nativeauth/internal/guid"
	"github.com/nativeauth/nativeauth/password"
)

// exchange is one request and its answer.
type exchange struct {
	auth        *Auth
	w           http.ResponseWriter
	r           *http.Request
	path        string // beneath the prefix, without a slash at its end
	tenant      string // before it, with a slash: what the path names; "" if none
	correlation string // what client and server call this request by
	plain       *plain // how the path answers; nil where the envelope does
	clientID    string // of the client, once it is known; for hints
	sent        string // the continuation token that came, or ""; for hints, and for nothing that is written anywhere
	trail       *trail // what is to be told; nil if nobody listens

	mu       sync.Mutex // held while answering, which a stuck step is not waited for
	answered bool

	server atomic.Bool // a confidential client calls, and has proven it; a stuck step may find out after the answer
}

const correlationName = "client-request-id"

// correlate settles the correlation id: what the client sent, in a header or else in the URL or the
// body, if it is a GUID; otherwise a fresh one.
func (x *exchange) correlate(inBody string) {
	id := x.r.Header.Get(correlationName)
	if id == "" {
		id = x.queryID()
	}
	if id == "" {
		id = inBody
	}
	if !guid.Valid(id) {
		id = x.newID()
	}
	x.correlation = id
}

func (x *exchange) queryID() string {
	if x.r.URL.RawQuery == "" {
		return ""
	}
	return x.r.URL.Query().Get(correlationName)
}

// newID returns a fresh GUID. Without randomness an answer is still due, and its id says nothing.
func (x *exchange) newID() string { return x.auth.newID() }

func (a *Auth) newID() string {
	id, err := guid.New(a.cfg.Random)
	if err != nil {
		return "00000000-0000-4000-8000-000000000000"
	}
	return id
}

// serve runs a route and answers what comes of it.
func (x *exchange) serve(route route) {
	body, err := x.run(route)
	defer x.tellAll()
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case x.answered:
	case err != nil:
		x.fail(err)
	default:
		x.replyWith(route.cache, body)
	}
}

// headed is an answer that is more than a body with status 200.
type headed struct {
	status int
	head   func(w http.ResponseWriter) // sets headers; nil means none
	body   any
}

func (x *exchange) replyWith(cache []string, body any) {
	h, ok := body.(headed)
	if !ok {
		h = headed{status: http.StatusOK, body: body}
	}
	if h.head != nil {
		h.head(x.w)
	}
	x.reply(h.status, cache, h.body)
}

// Header values that every answer has. They are shared, and never changed: who appends to one gets
// a copy.
var (
	headerNoStore = []string{"no-store"}
	headerNoCache = []string{"no-cache"}
	headerJSON    = []string{"application/json; charset=utf-8"}
	headerNoSniff = []string{"nosniff"}
)

// reply encodes an answer and sends it. Documents may be cached, answers of a flow never (RFC 6749
// §5.1).
func (x *exchange) reply(status int, cache []string, body any) {
	media := headerJSON
	text, isPage := body.(markup)
	var err error
	if isPage {
		media = x.pageHeaders()
	} else {
		text, err = json.Marshal(body)
	}
	if err != nil { // a key of a kind that has no JSON
		x.fail(fmt.Errorf("%w: encode answer: %w", errPanic, err))
		return
	}
	x.answered = true
	if x.correlation == "" {
		x.correlate("")
	}
	h := x.w.Header()
	h["Cache-Control"] = cache
	if len(cache) > 0 && cache[0] == headerNoStore[0] {
		h["Pragma"] = headerNoCache
	}
	h["Content-Type"] = media
	if x.plain != nil && x.plain.media != nil {
		h["Content-Type"] = x.plain.media
	}
	h["X-Content-Type-Options"] = headerNoSniff
	id := []string{x.correlation}
	h["Client-Request-Id"], h["X-Ms-Request-Id"] = id, id
	h["Content-Length"] = []string{strconv.Itoa(len(text))}
	x.w.WriteHeader(status)
	if x.r.Method != http.MethodHead {
		_, _ = x.w.Write(text) // the client has gone: nothing is left to tell it
	}
}

// fail answers an error. It is the only place that maps errors to answers, and the only one that
// logs them.
func (x *exchange) fail(err error) {
	if x.plain != nil {
		x.failPlain(err)
		return
	}
	if redirect, ok := errors.AsType[*flow.Redirect](err); ok {
		x.reply(http.StatusOK, headerNoStore, redirectBody{"redirect", redirect.Reason})
		return
	}
	if x.correlation == "" {
		x.correlate("")
	}
	hint := x.hint(err)
	e, body := x.answer(err, hint)
	if errors.Is(err, errClientAuth) && x.challengeBasic() {
		e.Status = http.StatusUnauthorized
	}
	x.log(err, e, body.TraceID, hint)
	x.reply(e.Status, headerNoStore, body)
}

// verdict is what is said of an error, over HTTP and in process alike.
type verdict struct {
	row
	text    string        // of the row, with what the error adds to it
	wait    time.Duration // until it is of use to come back; 0 says nothing of it
	token   string        // of an interrupt: goes on from there
	missing []attrs.Attribute
	invalid []attrs.Invalid
}

// judge finds the row for an error, and what the row leaves open.
func (x *exchange) judge(err error) (v verdict) {
	cause := err
	if e, ok := errors.AsType[*flow.InvalidAttributesError](err); ok {
		cause, v.invalid = errAttributes, e.Invalid
	} else if e, ok := errors.AsType[*flow.CredentialRequired](err); ok {
		cause, v.token = errCredential, e.Token
	} else if e, ok := errors.AsType[*flow.AttributesRequired](err); ok {
		cause, v.token, v.missing = errMissing, e.Token, e.Missing
	} else if e, ok := errors.AsType[*flow.SecondFactorRequired](err); ok {
		cause, v.token = errSecond, e.Token
	} else if e, ok := errors.AsType[*flow.RegistrationRequired](err); ok {
		cause, v.token = errRegistration, e.Token
	} else if e, ok := errors.AsType[*flow.TooSoonError](err); ok {
		cause, v.wait = errTooSoon, max(time.Second, e.Wait)
	}
	v.row = x.auth.cfg.Legacy.legacy(x.path, rowOf(cause))
	if v.Status == http.StatusServiceUnavailable {
		v.wait = time.Second
	}
	v.text = words(v.row, err)
	return v
}

// answer puts what is said of an error into the envelope of the contract.
func (x *exchange) answer(err error, hint string) (row, errorBody) {
	v := x.judge(err)
	if v.wait > 0 {
		x.retryAfter(v.wait)
	}
	body := errorBody{
		Error: v.Code, SubError: v.SubError, Codes: [1]int{v.Number}, ContinuationToken: v.token,
		RequiredAttributes: writeRequired(v.missing), InvalidAttributes: writeInvalid(v.invalid),
		TraceID: x.newID(), CorrelationID: x.correlation, Timestamp: x.auth.cfg.Now().UTC().Format("2006-01-02 15:04:05Z"),
	}
	text := v.text
	if x.auth.hints {
		text += "\r\nHint: " + withLink(hint, v.Number)
	}
	body.Description = fmt.Sprintf("AADSTS%d: %s\r\nTrace ID: %s\r\nCorrelation ID: %s\r\nTimestamp: %s",
		v.Number, text, body.TraceID, body.CorrelationID, body.Timestamp)
	return v.row, body
}

// words are the text of a row, with what the error adds to it.
func words(e row, err error) string {
	text := e.Text
	if v, ok := errors.AsType[*password.Rejected](err); ok {
		text += " " + v.Text
	} else if v, ok := errors.AsType[*flow.MissingError](err); ok {
		text += " '" + v.Parameter + "'."
	} else if v, ok := errors.AsType[*malformedError](err); ok {
		text += " " + strings.ToUpper(v.text[:1]) + v.text[1:] + "."
	}
	return text
}

// retryAfter says when to come back, in whole seconds, rounded up (RFC 9110 §10.2.3).
func (x *exchange) retryAfter(d time.Duration) {
	x.w.Header().Set("Retry-After", strconv.Itoa(max(1, wholeSeconds(d))))
}

// log tells the cause, which the client does not learn, under the ids that it does; and what the call should have
// been.
func (x *exchange) log(err error, e row, trace, hint string) {
	x.refused(err, e) // first, for a Logger may panic
	level := slog.LevelInfo
	switch {
	case e.Status >= http.StatusInternalServerError:
		level = slog.LevelError
	case errors.Is(err, flow.ErrRefreshReused):
		level = slog.LevelWarn
	}
	x.auth.cfg.Logger.LogAttrs(x.r.Context(), level, "nativeauth: request refused",
		slog.String("path", x.path), slog.Int("status", e.Status), slog.String("error", e.Code), slog.Int("code", e.Number),
		slog.String("correlation_id", x.correlation), slog.String("trace_id", trace), slog.Any("cause", err), slog.String("hint", hint))
}
