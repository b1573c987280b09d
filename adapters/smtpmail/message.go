package smtpmail

import (
	"crypto/rand"
	"errors"
	"strings"
	"unicode"

	"github.com/nativeauth/nativeauth/otp"
	gomail "github.com/wneessen/go-mail"
)

var (
	// errRecipient does not quote the address: who gets mail is nobody's business.
	errRecipient = errors.New("recipient is not a canonical address")
	// errChannel is a mistake of the host: no second try will make a mail of the message.
	errChannel = errors.New("message is not for a mailbox: give SMS a sender of their own, with otp.ByChannel")
)

// compose turns m into a mail (RFC 5322) whose text comes first: clients show the last part that they
// can (RFC 2046 §5.1.4).
func (s *Sender) compose(m otp.Message) (*gomail.Msg, error) {
	if m.Channel != otp.Email {
		return nil, errChannel
	}
	if to, err := otp.ParseAddress(string(m.To)); err != nil || to != m.To {
		return nil, errRecipient
	}
	m.App = oneLine(m.App)
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	from := s.from
	msg.FromMailAddress(&from)
	if err := msg.To(string(m.To)); err != nil {
		return nil, errRecipient
	}
	msg.Subject(m.Subject())
	msg.SetDate()
	// With the domain of the sender: the library would tell the name of this machine.
	domain := from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	msg.SetMessageIDWithValue(rand.Text() + "@" + domain)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // no holiday notes, please (RFC 3834 §5)
	msg.SetBodyString(gomail.TypeTextPlain, m.Text())
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML())
	return msg, nil
}

// oneLine keeps the name of an app from ending the line that it stands in.
func oneLine(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return r
	}, name)
}
