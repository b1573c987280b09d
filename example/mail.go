package main

import (
	"context"
	"errors"
	"io"

	"github.com/nativeauth/nativeauth/adapters/consolemail"
	"github.com/nativeauth/nativeauth/adapters/devmail"
	"github.com/nativeauth/nativeauth/adapters/smtpmail"
	"github.com/nativeauth/nativeauth/otp"
)

// mail is where messages go. inbox is nil if they are really mailed.
type mail struct {
	sender otp.Sender
	inbox  *devmail.Inbox
}

func newMail(o options, stdout io.Writer) (mail, error) {
	if o.smtp != "" {
		sender, err := smtpmail.New(o.mail())
		return mail{sender: sender}, err
	}
	inbox := devmail.New()
	return mail{everywhere{consolemail.New(stdout), inbox}, inbox}, nil
}

// everywhere is a sender that hands each message to several.
type everywhere []otp.Sender

func (e everywhere) Send(ctx context.Context, m otp.Message) error {
	var failures []error
	for _, sender := range e {
		failures = append(failures, sender.Send(ctx, m))
	}
	return errors.Join(failures...)
}
