package handlertest

import (
	"net/http"
	"time"

	"github.com/nativeauth/nativeauth/internal/script"
)

// Answer is what a Server answers in place of the API. With Error it is an error in the envelope of the contract,
// and what is left zero is taken from the first row of handler.Errors that fits; Body, a map then, has members that go with it.
// Without Error it is Body, with Status or 200.
type Answer struct {
	Status      int
	Error       string // as "invalid_grant"
	SubError    string // as "invalid_oob_value"
	Code        int    // the one member of error_codes
	Description string
	Header      http.Header   // as Retry-After
	Body        any           // as JSON
	Delay       time.Duration // in real time, before the answer
}

// Fail answers the next calls of an endpoint with an error, as many times as is said: Fail("/oauth2/v2.0/token",
// Answer{Error: "invalid_grant", SubError: "invalid_oob_value"}, 2). The path is that beneath the issuer. Calls that follow
// in one script come after those that were planned before.
func (s *Server) Fail(path string, a Answer, times int) {
	s.t.Helper()
	for range times {
		s.planned(s.plans.Path(path, script.Answer(a)))
	}
}

// Answer answers the next calls with a correlation id (the header client-request-id), one by one: so a test that runs beside
// others plans for its own calls alone.
func (s *Server) Answer(correlationID string, answers ...Answer) {
	s.t.Helper()
	for _, a := range answers {
		s.planned(s.plans.Correlation(correlationID, script.Answer(a)))
	}
}

func (s *Server) planned(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("handlertest: %v", err)
	}
}
