package trace

import (
	"cmp"
	"strings"
	"time"
)

// Flow is requests that belong together.
type Flow struct {
	ID    string `json:"id"`    // the correlation id of the first one
	Title string `json:"title"` // what the first one was about, as "Sign-up"
	Calls []Call `json:"calls"` // in the order of their answers

	number int // of the first one
}

// Call is a request and its answer.
type Call struct {
	ID            int       `json:"id"` // counts up from 1 in the order of answers
	Began         time.Time `json:"began"`
	Took          float64   `json:"took_ms"`
	Method        string    `json:"method"`
	Path          string    `json:"path"`
	Step          string    `json:"step"`
	Client        string    `json:"client_id,omitempty"`
	Person        string    `json:"person,omitempty"` // the name, address or number that it brings
	Parameters    []Field   `json:"parameters"`
	Status        int       `json:"status"` // 0 if there was no answer
	Error         string    `json:"error,omitempty"`
	SubError      string    `json:"suberror,omitempty"`
	Codes         []string  `json:"error_codes,omitempty"`
	Says          string    `json:"says,omitempty"`     // the error_description, without what follows here
	Expected      string    `json:"expected,omitempty"` // what the call should have been, or what comes next
	Help          string    `json:"help,omitempty"`     // the URL of the error in the table of errors
	TraceID       string    `json:"trace_id,omitempty"`
	CorrelationID string    `json:"correlation_id"`
	Answer        []Field   `json:"answer"` // but for what of an error is above
	Caused        []Effect  `json:"caused,omitempty"`
}

// Field is a parameter of a request, or a member of an answer.
type Field struct {
	Name   string `json:"name"`
	Value  string `json:"value"`            // of a secret how long it is
	Secret bool   `json:"secret,omitempty"` // and not shown
	Mark   string `json:"mark,omitempty"`   // of a token, the same for the same token
	InURL  bool   `json:"in_url,omitempty"` // where the API reads no parameters
}

// Effect is something that a request has caused, beside its answer.
type Effect struct {
	Name    string `json:"name"` // of a handler.Event
	Outcome string `json:"outcome,omitempty"`
	Address string `json:"address,omitempty"` // masked
}

// isCalled tells whether an id is one of the call's.
func (c Call) isCalled(id string) bool {
	return id != "" && (strings.EqualFold(id, c.CorrelationID) || strings.EqualFold(id, c.TraceID))
}

// Tone says how a call went: "good", "more" where the answer is an error by name and wants the next step, or "bad".
func (c Call) Tone() string {
	switch {
	case c.Status == 0 || c.Status >= 500:
		return "bad"
	case c.Status < 400 && c.Expected == "":
		return "good"
	case strings.HasPrefix(c.Expected, "Nothing is wrong"), strings.HasPrefix(c.Expected, "Go on with"):
		return "more"
	}
	return "bad"
}

// Verdict is how a call went in a few words.
func (c Call) Verdict() string {
	words := []string{c.Error, c.SubError}
	words = append(words, c.Codes...)
	all := strings.Join(strings.Fields(strings.Join(words, " ")), " · ")
	switch {
	case c.Status == 0:
		return "no answer"
	case c.Status < 400 && c.Expected != "":
		return "redirect"
	}
	return cmp.Or(all, "ok")
}

// Last is the latest call.
func (f Flow) Last() Call { return f.Calls[len(f.Calls)-1] }

// Person is who the flow is about, as far as it was said.
func (f Flow) Person() string { return f.first(func(c Call) string { return c.Person }) }

// Client is the client id.
func (f Flow) Client() string { return f.first(func(c Call) string { return c.Client }) }

func (f Flow) first(part func(Call) string) string {
	for _, c := range f.Calls {
		if text := part(c); text != "" {
			return text
		}
	}
	return ""
}

// Number tells flows apart on a page.
func (f Flow) Number() int { return f.number }
