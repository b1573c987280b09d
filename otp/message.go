package otp

import (
	"log/slog"
	"slices"
	"time"
)

// Purpose says what a message is for: the step that its code proves or, of a notice, what its reader
// is told.
type Purpose string

// The purposes of codes.
const (
	SignUp Purpose = "sign-up"
	SignIn Purpose = "sign-in"
	Reset  Purpose = "password-reset"
	// SecondFactor confirms a sign-in that has passed its first step.
	SecondFactor Purpose = "second-factor"
	// Registration proves an address or a number that is about to become a way to confirm sign-ins.
	Registration Purpose = "registration"
)

// The purposes of notices, which go to an address without anybody having to prove anything.
//
// All but the first three stand in for a code where a caller must not learn what there is at an address:
// the caller is told that a code is on its way, and whoever owns the mailbox reads why it is not.
const (
	// PasswordChanged tells the owner of an account that its password was changed or reset.
	PasswordChanged Purpose = "password-changed"
	// MethodAdded tells the owner of an account that there is one more way to confirm its sign-ins.
	MethodAdded Purpose = "method-added"
	// MethodRemoved tells the owner of an account that there is one way less.
	MethodRemoved Purpose = "method-removed"
	// AlreadyRegistered answers a sign-up with the address of an account.
	AlreadyRegistered Purpose = "already-registered"
	// NotRegistered answers a sign-in or a reset with an address that has no account.
	NotRegistered Purpose = "not-registered"
	// NoPassword answers a reset for an account that has no password to reset.
	NoPassword Purpose = "no-password"
	// AccountDisabled answers any of them for an account that may not be used. It does not say why.
	AccountDisabled Purpose = "account-disabled"
)

// Purposes returns all that there are.
func Purposes() []Purpose { return slices.Clone(purposes) }

var purposes = []Purpose{
	SignUp, SignIn, Reset, SecondFactor, Registration,
	PasswordChanged, MethodAdded, MethodRemoved, AlreadyRegistered, NotRegistered, NoPassword, AccountDisabled,
}

// HasCode tells a code from a notice.
func (p Purpose) HasCode() bool {
	switch p {
	case SignUp, SignIn, Reset, SecondFactor, Registration:
		return true
	}
	return false
}

// tellsOfChange tells the notices that nobody asked for and whose reader must act, from what answers a call.
func (p Purpose) tellsOfChange() bool {
	switch p {
	case PasswordChanged, MethodAdded, MethodRemoved:
		return true
	}
	return false
}

// Channel is the way a message travels.
type Channel string

// The ways that there are.
const (
	Email Channel = "email" // to a mailbox, as Subject, Text and HTML
	SMS   Channel = "sms"   // to a phone number, as Short
)

// Message is one code or notice on its way to one address. Nothing in it was written by the person
// who caused it, apart from the address, which is canonical (ParseAddress, ParseNumber).
type Message struct {
	Channel Channel
	To      Address
	Purpose Purpose
	App     string        // the name of the app that asks, for the text
	Code    string        // digits only; "" in a notice
	Life    time.Duration // how long the code was good for when it was made
	At      time.Time     // of a notice about a change: when; the zero time is left out
	Expires time.Time     // from when on it is not worth sending
	Style   Style         // the zero one is English
}

// Subject returns a subject line. It names the app, and the code only if Style says so: subjects show on locked
// screens.
func (m Message) Subject() string {
	subject := m.fill(m.letter().Subject)
	if code := m.code(); code != "" && m.Style.CodeInSubject {
		return subject + ": " + code
	}
	return subject
}

// LogValue keeps code and address out of logs, whoever logs a message.
func (m Message) LogValue() slog.Value {
	return slog.GroupValue(slog.String("channel", string(m.Channel)), slog.String("purpose", string(m.Purpose)), slog.Any("to", m.To))
}
