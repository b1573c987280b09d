package otp

import (
	"context"
	"fmt"
)

// Sender delivers a message. It does not retry: the person, who sees the screen, decides whether to
// ask again. Send returns when the message was taken over by the next station, or the error that
// kept it; it stops soon after ctx is done. It is called by several goroutines at once, outside any
// request.
//
// A Sender with words of its own, in another language perhaps, chooses them by Message.Purpose and
// leaves a purpose that it does not know to Subject, Text, HTML and Short: there will be more.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// ByChannel is a Sender that leaves each message to the Sender of its channel.
type ByChannel map[Channel]Sender

// Send hands m to the Sender of its channel. Without one it fails.
func (b ByChannel) Send(ctx context.Context, m Message) error {
	s := b[m.Channel]
	if s == nil {
		return fmt.Errorf("otp: there is no sender for channel %q", m.Channel)
	}
	return s.Send(ctx, m)
}
