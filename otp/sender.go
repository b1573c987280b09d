package otp

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// Purpose says what a code is for.
type Purpose string

// The purposes a code can have.
const (
	SignUp Purpose = "sign-up"
	SignIn Purpose = "sign-in"
)

// Channel is the way a code travels.
type Channel string

// Email is delivery to a mailbox.
const Email Channel = "email"

// Message is one code on its way to one address. Nothing in it was written by the person who asked
// for the code, apart from the address, which is canonical (ParseAddress).
type Message struct {
	Channel Channel
	To      Address
	Purpose Purpose
	App     string        // the name of the app that asks, for the text
	Code    string        // digits only
	Life    time.Duration // how long the code was good for when it was made
	Expires time.Time     // from when on it is not worth sending
}

// Subject returns a subject line. It names the app and never the code: subjects show on locked
// screens.
func (m Message) Subject() string {
	return fmt.Sprintf("Your %s code", m.App)
}

// Text returns the body as plain text, lines at most 72 characters long and ended by "\n". It holds
// the app's name, the code, its life and a warning; no link, and no text a caller supplied.
func (m Message) Text() string {
	return fmt.Sprintf(`Your code for %s:

    %s

Type it where you were asked for it, to finish your %s.
It is good for %s and works once.

Nobody from %s will ever ask you for this code. If you did not ask for
it, you can ignore this message; nothing happens without the code.
`, m.App, m.Code, m.Purpose, inWords(m.Life), m.App)
}

// LogValue keeps code and address out of logs, whoever logs a message.
func (m Message) LogValue() slog.Value {
	return slog.GroupValue(slog.String("channel", string(m.Channel)), slog.String("purpose", string(m.Purpose)), slog.Any("to", m.To))
}

func inWords(d time.Duration) string {
	if d < time.Minute || d%time.Minute != 0 {
		return fmt.Sprintf("%d seconds", int(d.Seconds()))
	}
	if d == time.Minute {
		return "1 minute"
	}
	return fmt.Sprintf("%d minutes", int(d.Minutes()))
}

// Sender delivers a code. It does not retry: the person, who sees the screen, decides whether to
// ask again. Send returns when the message was taken over by the next station, or the error that
// kept it; it stops soon after ctx is done. It is called by several goroutines at once, outside any
// request.
type Sender interface {
	Send(ctx context.Context, m Message) error
}
