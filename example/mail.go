package main

import (
	"context"
	"errors"
	"io"

	"github.com/nativeauth/nativeauth/adapters/consolemail"
	"github.com/nativeauth/nativeauth/adapters/devmail"
	"github.com/nativeauth/nativeauth/adapters/httpsms"
	"github.com/nativeauth/nativeauth/adapters/smtpmail"
	"github.com/nativeauth/nativeauth/otp"
)

// mail is where messages go. inbox is nil if they really leave. texts are the countries to which SMS goes;
// none if there is no way.
type mail struct {
	sender otp.Sender
	inbox  *devmail.Inbox
	texts  otp.Countries
}

func newMail(o options, stdout io.Writer) (mail, error) {
	if o.smtp == "" {
		inbox := devmail.New()
		return mail{everywhere{consolemail.New(stdout), inbox}, inbox, countries}, nil
	}
	byMail, err := smtpmail.New(o.mail())
	if err != nil || o.sms == "" {
		return mail{sender: byMail}, err
	}
	bySMS, err := httpsms.New(o.texts())
	return mail{sender: otp.ByChannel{otp.Email: byMail, otp.SMS: bySMS}, texts: countries}, err
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
