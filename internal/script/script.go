// Package script answers in the place of an API what somebody has planned: the next calls of a path fail, or a call with a
// certain correlation id gets a certain answer. Test servers and stand-ins put it in front.
package script

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/internal/guid"
)

// Answer is what is answered in place of the API. With Error it is an error in the envelope of the contract, and what is left
// zero is taken from the first row of handler.Errors that fits; otherwise it is Body, with Status or 200.
type Answer struct {
	Status      int
	Error       string
	SubError    string
	Code        int
	Description string
	Header      http.Header
	Body        any           // as JSON
	Delay       time.Duration // before the answer
}

// filled returns the answer with what the catalogue knows.
func (a Answer) filled() (Answer, error) {
	if a.Error == "" {
		if a.Status == 0 {
			a.Status = http.StatusOK
		}
		return a, nil
	}
	for _, row := range handler.Errors() {
		if row.Error != a.Error || row.SubError != a.SubError && a.SubError != "" || row.Code != a.Code && a.Code != 0 {
			continue
		}
		if a.Status == 0 {
			a.Status = row.Status
		}
		if a.Code == 0 {
			a.Code, a.SubError = row.Code, row.SubError
		}
		if a.Description == "" {
			a.Description = row.Description
		}
		return a, nil
	}
	if a.Status == 0 {
		return a, fmt.Errorf("error %q with suberror %q and code %d is none of the contract: say its Status, too", a.Error, a.SubError, a.Code)
	}
	return a, nil
}

// Script is what is planned. It is safe for concurrent use.
type Script struct {
	prefix string
	now    func() time.Time

	mu     sync.Mutex
	byPath map[string][]Answer
	byID   map[string][]Answer
}

// New returns a Script without plans, for an API beneath prefix.
func New(prefix string, now func() time.Time) *Script {
	s := &Script{prefix: prefix, now: now}
	s.Reset()
	return s
}

// Reset drops all plans.
func (s *Script) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byPath, s.byID = map[string][]Answer{}, map[string][]Answer{}
}

// Path plans answers for the next calls of a path beneath the prefix, one each, after those that are planned already.
func (s *Script) Path(path string, answers ...Answer) error { return s.plan(&s.byPath, path, answers) }

// Correlation plans answers for the next calls that have a correlation id in the header client-request-id.
func (s *Script) Correlation(id string, answers ...Answer) error {
	return s.plan(&s.byID, strings.ToLower(id), answers)
}

func (s *Script) plan(under *map[string][]Answer, key string, answers []Answer) error {
	for i, a := range answers {
		full, err := a.filled()
		if err != nil {
			return err
		}
		answers[i] = full
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	(*under)[key] = append((*under)[key], answers...)
	return nil
}

// Left is how many answers are still planned, by path and by correlation id.
func (s *Script) Left() (byPath, byCorrelation map[string]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return counts(s.byPath), counts(s.byID)
}

func counts(planned map[string][]Answer) map[string]int {
	left := map[string]int{}
	for key, answers := range planned {
		if len(answers) > 0 {
			left[key] = len(answers)
		}
	}
	return left
}

// next takes the answer that is planned for a call: one for its correlation id before one for its path.
func (s *Script) next(r *http.Request) (Answer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, planned := range []struct {
		under map[string][]Answer
		key   string
	}{
		{s.byID, strings.ToLower(r.Header.Get("client-request-id"))},
		{s.byPath, strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, s.prefix), "/")},
	} {
		if answers := planned.under[planned.key]; len(answers) > 0 && planned.key != "" && r.Method != http.MethodOptions {
			planned.under[planned.key] = answers[1:]
			return answers[0], true
		}
	}
	return Answer{}, false
}

// Wrap returns a handler that answers what is planned, and all else as next does.
func (s *Script) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := s.next(r)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		select {
		case <-time.After(a.Delay):
		case <-r.Context().Done():
			return
		}
		allowOrigin(w, r, next)
		s.answer(w, r, a)
	})
}

// allowOrigin sets the headers of CORS that next sets, which a preflight tells.
func allowOrigin(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if r.Header.Get("Origin") == "" {
		return
	}
	ask := r.Clone(r.Context())
	ask.Method, ask.Body = http.MethodOptions, http.NoBody
	ask.Header.Set("Access-Control-Request-Method", r.Method)
	told := headers{}
	next.ServeHTTP(told, ask)
	for _, name := range []string{"Vary", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers"} {
		if values := told.Header().Values(name); len(values) > 0 {
			w.Header()[name] = values
		}
	}
}

// headers is an answer of which only those are of interest.
type headers http.Header

func (h headers) Header() http.Header         { return http.Header(h) }
func (h headers) Write(b []byte) (int, error) { return len(b), nil }
func (h headers) WriteHeader(int)             {}

func (s *Script) answer(w http.ResponseWriter, r *http.Request, a Answer) {
	id := r.Header.Get("client-request-id")
	if !guid.Valid(id) {
		id = guid.FromName("script", strconv.FormatInt(s.now().UnixNano(), 10))
	}
	body := a.Body
	if a.Error != "" {
		body = s.envelope(a, id)
	}
	text, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "the planned answer has no JSON: "+err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Client-Request-Id", id)
	h.Set("X-Ms-Request-Id", id)
	for name, values := range a.Header {
		h[http.CanonicalHeaderKey(name)] = values
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(text)
}

// envelope is an error as section 2.1 of the contract has it.
func (s *Script) envelope(a Answer, id string) map[string]any {
	at := s.now().UTC().Format("2006-01-02 15:04:05Z")
	body := map[string]any{
		"error": a.Error, "error_codes": []int{a.Code}, "timestamp": at, "trace_id": id, "correlation_id": id,
		"error_description": fmt.Sprintf("AADSTS%d: %s\r\nTrace ID: %s\r\nCorrelation ID: %s\r\nTimestamp: %s", a.Code, a.Description, id, id, at),
	}
	if a.SubError != "" {
		body["suberror"] = a.SubError
	}
	if extra, ok := a.Body.(map[string]any); ok { // what the error brings along, as required_attributes
		for name, value := range extra {
			body[name] = value
		}
	}
	return body
}
