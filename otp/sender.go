package otp

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
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

// textWidth is the longest line that survives quoting and old mail clients.
const textWidth = 72

// Text returns the body as plain text, lines at most 72 characters long and ended by "\n". It holds
// the app's name, the code, its life and a warning; no link, and no text a caller supplied.
func (m Message) Text() string {
	return fmt.Sprintf(`%s

    %s

%s
%s

%s
`,
		wrap(fmt.Sprintf("Your code for %s:", m.App)), m.Code,
		wrap(fmt.Sprintf("Type it where you were asked for it, to finish your %s.", m.Purpose)),
		wrap(fmt.Sprintf("It is good for %s and works once.", inWords(m.Life))),
		wrap(fmt.Sprintf("Nobody from %s will ever ask you for this code. If you did not ask for it, "+
			"you can ignore this message; nothing happens without the code.", m.App)))
}

// wrap breaks a paragraph into lines of textWidth. Only a word that is longer is broken itself.
func wrap(paragraph string) string {
	var b strings.Builder
	column := 0
	for word := range strings.FieldsSeq(paragraph) {
		for part := range slices.Chunk([]rune(word), textWidth) {
			switch {
			case column == 0:
			case column+1+len(part) > textWidth:
				b.WriteByte('\n')
				column = 0
			default:
				b.WriteByte(' ')
				column++
			}
			b.WriteString(string(part))
			column += len(part)
		}
	}
	return b.String()
}

// LogValue keeps code and address out of logs, whoever logs a message.
func (m Message) LogValue() slog.Value {
	return slog.GroupValue(slog.String("channel", string(m.Channel)), slog.String("purpose", string(m.Purpose)), slog.Any("to", m.To))
}

func inWords(d time.Duration) string {
	n, unit := int(d.Seconds()), "second"
	if d >= time.Minute && d%time.Minute == 0 {
		n, unit = int(d.Minutes()), "minute"
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}

// Sender delivers a code. It does not retry: the person, who sees the screen, decides whether to
// ask again. Send returns when the message was taken over by the next station, or the error that
// kept it; it stops soon after ctx is done. It is called by several goroutines at once, outside any
// request.
type Sender interface {
	Send(ctx context.Context, m Message) error
}
