package handler

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/nativeauth/nativeauth/attrs"
	"github.com/nativeauth/nativeauth/internal/flow"
)

// FlowError is what Flows refuse something with: the row of the contract (see Errors) that a client gets over HTTP. Tell one from
// another by errors.Is with the errors below and with a password.Rejected of a reason; a form shows Description, or
// words of its own.
type FlowError struct {
	Code          string          // "invalid_grant"
	SubError      string          // "invalid_oob_value"; "" where there is none
	Number        int             // 50181
	Status        int             // of HTTP
	Description   string          // for people, in English; without names, addresses and what was typed
	RetryAfter    time.Duration   // when to come back; 0 says nothing of it
	Invalid       []attrs.Invalid // the attributes that were refused, and why
	CorrelationID string          // by which logs and events know the request

	cause error // of the row, and no more: the log has what was wrapped around it
}

// The errors of Flows that forms tell apart, beside ErrWrongCode, ErrWrongPassword, ErrContact and ErrNoMethod. As over HTTP, a code or
// password that was tried too often is a wrong one.
var (
	// ErrUsername says that the user name is no e-mail address, nor an alias where the host has them.
	ErrUsername = flow.ErrUsername
	// ErrUserExists says that the address has an account: sign in instead.
	ErrUserExists = flow.ErrUserExists
	// ErrUserNotFound says that nobody has the user name: sign up instead.
	ErrUserNotFound = flow.ErrUserNotFound
	// ErrMustReset says that the password was right and has to be replaced first: Reset.
	ErrMustReset = flow.ErrMustChange
	// ErrNoPassword says that the account has no password that could be reset, or the client no resets.
	ErrNoPassword = flow.ErrNoRecovery
	// ErrTooSoon says that the next code, or the next flow from the client address, must wait for RetryAfter.
	ErrTooSoon = errTooSoon
	// ErrFlowOver says that nothing goes on from a State: it is too old, or was used, or something has changed since. Draw
	// the first form.
	ErrFlowOver = errors.New("the flow is over")
	// ErrUnavailable says that a part is out of order, or a function of the host: the same form again, later.
	ErrUnavailable = errUnavailable
	// ErrElsewhere says that nothing here can serve the account, as one without address and password: over HTTP the answer that
	// sends an app to a browser.
	ErrElsewhere = errors.New("the account cannot be served here")
)

// stands says which rows an error stands for that is not the cause of each itself.
var stands = map[error][]error{
	ErrFlowOver:         {flow.ErrTokenInvalid, flow.ErrTokenExpired},
	ErrContactBlocked:   {flow.ErrMailBlocked},
	ErrContactForbidden: {flow.ErrMailForbidden},
}

// rowElsewhere is what a redirect of the contract comes to where there is no app to be sent to its browser.
var rowElsewhere = row{http.StatusBadRequest, "redirect", "", 0, "The account cannot be served here.", "", ErrElsewhere}

// Error is the row in words, without the cause.
func (e *FlowError) Error() string {
	name := e.Code
	if e.SubError != "" {
		name += "/" + e.SubError
	}
	return fmt.Sprintf("handler: %s (%d): %s", name, e.Number, e.Description)
}

// Is tells whether e is one of the errors that forms tell apart.
func (e *FlowError) Is(target error) bool {
	return slices.Contains(stands[target], e.cause) || target == ErrUnavailable && e.Status >= http.StatusInternalServerError
}

// Unwrap returns what the row stands for.
func (e *FlowError) Unwrap() error { return e.cause }
