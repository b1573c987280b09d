package otp

import "errors"

// What the error of a Sender can say about the message, see Sender. A Sender marks its errors with Temporary
// and Rejected; errors.Is tells the mark.
var (
	ErrTemporary = errors.New("otp: the message was not taken, another try may help")
	ErrRejected  = errors.New("otp: the message was refused for good")
)

// Temporary marks err: the message was certainly not taken over, and may be tried again. What err says and
// wraps stays as it is. Temporary(nil) is nil.
func Temporary(err error) error { return marked(err, ErrTemporary) }

// Rejected marks err: the message was certainly not taken over, and another try would not help. What err says
// and wraps stays as it is. Rejected(nil) is nil.
func Rejected(err error) error { return marked(err, ErrRejected) }

func marked(err, mark error) error {
	if err == nil {
		return nil
	}
	return &markedError{err, mark}
}

// markedError reads like the error it marks.
type markedError struct{ err, mark error }

func (e *markedError) Error() string   { return e.err.Error() }
func (e *markedError) Unwrap() []error { return []error{e.err, e.mark} }

// outcome is what became of a message that was handed to a Sender.
type outcome int

const (
	unknown   outcome = iota // it may be on its way, or not
	sent                     // the next station has it
	temporary                // it was not taken
	rejected                 // it never will be
	expired                  // it was not tried
)

// outcomeOf returns what a Sender's error says.
func outcomeOf(err error) outcome {
	switch {
	case err == nil:
		return sent
	case errors.Is(err, ErrRejected):
		return rejected
	case errors.Is(err, ErrTemporary):
		return temporary
	}
	return unknown
}
