package otp

import (
	"fmt"
	"strings"
	"time"
)

// letter is what a message says, the same in plain text and in HTML. A code stands above the
// paragraphs. Of the message it takes {app}, {life} and {when}.
type letter struct {
	subject    string
	paragraphs []string
}

const (
	goodFor = "It is good for {life} and works once."
	beware  = "Nobody from {app} will ever ask you for this code. If you did not ask for it, you can ignore " +
		"this message; nothing happens without the code."
	notYou = "If it was not you, you can ignore this message. Nothing was changed."
)

// letters holds all words that leave for a mailbox. There is no link among them, so that nobody gets
// used to following one from a mail to a place where passwords are asked for.
var letters = map[Purpose]letter{
	SignUp: {"Your {app} code", []string{
		"Type it where you were asked for it, to finish signing up for {app}. " + goodFor, beware}},
	SignIn: {"Your {app} code", []string{
		"Type it where you were asked for it, to finish signing in to {app}. " + goodFor, beware}},
	Reset: {"Your {app} password reset code", []string{
		"Type it where you were asked for it, to choose a new password for {app}. " + goodFor, beware}},

	PasswordChanged: {"Your {app} password was changed", []string{
		"The password of your {app} account was changed{when}.",
		"If it was you, there is nothing to do.",
		"If it was not you, open the app and reset the password now, and make sure that nobody else " +
			"can read your mail."}},
	AlreadyRegistered: {"You already have an account with {app}", []string{
		"Somebody, perhaps you, tried to sign up for {app} with this address. The address has an " +
			"account already.",
		"If it was you, sign in instead. If the account has a password that you do not remember, you can " +
			"reset it in the app.",
		notYou}},
	NotRegistered: {"You have no {app} account", []string{
		"Somebody, perhaps you, tried to sign in to {app} with this address, or to reset a password. The address " +
			"has no account.",
		"If it was you, try the address you signed up with, or sign up with this one.",
		notYou}},
	NoPassword: {"Your {app} account has no password", []string{
		"Somebody, perhaps you, tried to reset the password of your {app} account. The account has " +
			"no password.",
		"If it was you, sign in with a code, which is sent to this address.",
		notYou}},
	AccountDisabled: {"Your {app} account cannot be used", []string{
		"Somebody, perhaps you, tried to use the {app} account of this address. The account cannot be " +
			"used.",
		"If it was you, please ask the support of {app}.",
		notYou}},
}

// fill puts what m has into words of a letter. It goes over them once: a name that looks like a
// place to fill stays a name.
func (m Message) fill(words string) string {
	when := ""
	if !m.At.IsZero() {
		when = m.At.UTC().Format(" on 2 January 2006 at 15:04 UTC")
	}
	return strings.NewReplacer("{app}", m.App, "{life}", inWords(m.Life), "{when}", when).Replace(words)
}

// paragraphs returns those of m's letter.
func (m Message) paragraphs() []string {
	var filled []string
	for _, p := range letters[m.Purpose].paragraphs {
		filled = append(filled, m.fill(p))
	}
	return filled
}

// code returns m's code: none in a notice, whatever its field holds.
func (m Message) code() string {
	if m.Purpose.HasCode() {
		return m.Code
	}
	return ""
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
