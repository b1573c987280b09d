package flow

import (
	"context"
	"errors"

	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// What has happened is told here, after the write that has made it so; what was refused is told where the
// answer is made, since there all refusals come by.

// The names of events.
const (
	EventStart           = "start"
	EventCodeSent        = "code_sent"
	EventCodeFailed      = "code_failed"
	EventCodeAccepted    = "code_accepted"
	EventSignIn          = "sign_in"
	EventSignInFailed    = "sign_in_failed"
	EventLimitHit        = "limit_hit"
	EventReset           = "reset"
	EventPasswordChanged = "password_changed"
	EventFactorChanged   = "factor_changed"
	EventRefreshReuse    = "refresh_reuse"
	EventRevoke          = "revoke"
	EventKeyRotated      = "key_rotated"
	EventStoreFailure    = "store_failure"
)

// ErrTooOften says that a credential was not looked at any more: the tries at it are used up.
var ErrTooOften = errors.New("tried too often")

// Event is something that has happened.
type Event struct {
	Name    string
	About   Subject
	Outcome string
}

// Subject is whom something is about, as far as it is known. Who passes Address on has to mask it.
type Subject struct {
	UserID   string
	ClientID string
	Address  otp.Address
}

// Tell tells of something that has happened.
func (e *Engine) Tell(ctx context.Context, ev Event) {
	if e.Events != nil && ev.Name != "" {
		e.Events(ctx, ev)
	}
}

// tellUser tells of something that was done to an account, outside any flow.
func (e *Engine) tellUser(ctx context.Context, name, outcome string, u store.User) {
	e.Tell(ctx, Event{name, subjectOfUser(u), outcome})
}

func subjectOfUser(u store.User) Subject { return Subject{UserID: u.ID, Address: recordOf(u).Email} }

// note remembers whom a call is about, for the case that it is refused.
func (e *Engine) note(ctx context.Context, s Subject) {
	if e.About != nil {
		e.About(ctx, s)
	}
}

// subjectOf says whom a flow is about. One that nothing will come of is about nobody.
func (e *Engine) subjectOf(f *flow) Subject {
	if e.Events == nil {
		return Subject{} // nobody will hear of it
	}
	s := Subject{UserID: f.UserID, ClientID: f.Client, Address: f.target()}
	if s.Address == "" {
		s.Address = f.Email // of who confirms by an app
	}
	if s.Address == "" {
		s.Address, _ = otp.ParseAddress(f.Username) // of a flow that has not looked for its account
	}
	if f.Notice != "" {
		s.UserID = ""
	}
	return s
}

// news is what a step has brought about, once its flow is written.
type news struct{ name, outcome string }

// then remembers what is to be told when the flow is written.
func (f *flow) then(name, outcome string) { f.news = append(f.news, news{name, outcome}) }

// written tells what a flow has come to, now that it is in the store.
func (e *Engine) written(ctx context.Context, f *flow) {
	for _, n := range f.news {
		e.Tell(ctx, Event{n.name, e.subjectOf(f), n.outcome})
	}
	f.news = nil
}

// accepted notes a code that was right, and what for.
func (f *flow) accepted(purpose otp.Purpose, s state) {
	if s == mfaWanted { // which may take a code that nobody has asked for
		purpose = otp.SecondFactor
	}
	f.then(EventCodeAccepted, string(purpose))
}

// sent says what has become of the mail of a flow.
func (f *flow) sent() string {
	if f.Notice != "" {
		return "notice"
	}
	return string(f.mail.Purpose)
}
