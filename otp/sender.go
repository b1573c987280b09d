package otp

import (
	"context"
	"fmt"
)

// Sender delivers a message. It does not retry: the Queue does, if the error says that it may. Send returns nil
// when the message was taken over by the next station, and soon after ctx is done. It is called by several
// goroutines at once, outside any request.
//
// Its error tells the Queue what to do:
//
//   - Temporary(err): the message was certainly not taken over, and another try may help. The connection was
//     refused, the server said 4xx, or it fell silent before it had the whole message. It is tried again until
//     it expires.
//   - Rejected(err): the message was refused for good. There is no such mailbox, or the host has forgotten
//     something. It is given up.
//   - Any other error: nobody knows. The connection broke after the whole message had left. Nobody is to get a
//     code twice, so a code is given up, and the person, who sees the screen, may ask for another. A notice
//     that an account was changed is tried again: it may come twice, rather than never.
//
// So a Sender that says nothing of the kind is right, and loses what a mail server loses. One that wraps
// everything in Temporary sends twice.
//
// A Sender with words of its own, in another language perhaps, chooses them by Message.Purpose and
// leaves a purpose that it does not know to Subject, Text, HTML and Short: there will be more.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// ByChannel is a Sender that leaves each message to the Sender of its channel.
type ByChannel map[Channel]Sender

// Send hands m to the Sender of its channel. Without one it fails for good.
func (b ByChannel) Send(ctx context.Context, m Message) error {
	s := b[m.Channel]
	if s == nil {
		return Rejected(fmt.Errorf("otp: there is no sender for channel %q", m.Channel))
	}
	return s.Send(ctx, m)
}
