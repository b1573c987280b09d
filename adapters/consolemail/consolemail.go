// Package consolemail prints mail and SMS instead of sending them.
//
// It is for development only: whoever reads the terminal, or the log it ends up in, can sign in as
// anybody.
package consolemail

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/nativeauth/nativeauth/otp"
)

const width = 72

var (
	mailHead = center(" nativeauth: mail for development, not sent ")
	smsHead  = center(" nativeauth: SMS for development, not sent ")
	foot     = strings.Repeat("=", width)
)

// Sender is an otp.Sender that prints. It is safe for concurrent use.
type Sender struct {
	mu sync.Mutex
	w  io.Writer
}

var _ otp.Sender = (*Sender)(nil)

// New returns a Sender that prints to w, mostly os.Stderr. It calls w.Write once a message and never
// from two goroutines at once, so that messages stay whole.
func New(w io.Writer) *Sender { return &Sender{w: w} }

// Send prints m as a block that stands out between other lines. It does not look at the context, for
// nothing can stop a write that has begun. The error is that of the writer.
func (s *Sender) Send(_ context.Context, m otp.Message) error {
	block := fmt.Sprintf("\n%s\nTo:      %s\nSubject: %s\n\n%s%s\n\n", mailHead, m.To, m.Subject(), m.Text(), foot)
	if m.Channel == otp.SMS {
		block = fmt.Sprintf("\n%s\nTo:      %s\n\n%s\n%s\n\n", smsHead, m.To, m.Short(), foot)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := io.WriteString(s.w, block); err != nil {
		return fmt.Errorf("consolemail: print: %w", err)
	}
	return nil
}

// center puts title into the middle of a rule.
func center(title string) string {
	left := strings.Repeat("=", (width-len(title))/2)
	return left + title + strings.Repeat("=", width-len(title)-len(left))
}
