package otp

import "context"

// Sender delivers a message. It does not retry: the person, who sees the screen, decides whether to
// ask again. Send returns when the message was taken over by the next station, or the error that
// kept it; it stops soon after ctx is done. It is called by several goroutines at once, outside any
// request.
//
// A Sender with words of its own, in another language perhaps, chooses them by Message.Purpose and
// leaves a purpose that it does not know to Subject, Text and HTML: there will be more.
type Sender interface {
	Send(ctx context.Context, m Message) error
}
