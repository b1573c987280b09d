package otp

import (
	"fmt"
	"strings"
	"time"
)

// letter is what a message says: as a mail, the same in plain text and in HTML, and as an SMS. A code
// stands above the paragraphs and in front of the short text. Of the message it takes {app}, {life},
// {when} and {contact}, the kind of address that it goes to.
type letter struct {
	subject    string
	paragraphs []string
	short      string
}

const (
	goodFor = "It is good for {life} and works once."
	beware  = "Nobody from {app} will ever ask you for this code. If you did not ask for it, you can ignore " +
		"this message; nothing happens without the code."
	notYou    = "If it was not you, you can ignore this message. Nothing was changed."
	takenOver = "If it was not you, somebody else can get into your account. If it has a password, reset it in " +
		"the app now, make sure that nobody else can read your mail, and "
	keep = ", good for {life}. Do not share it."
)

// letters holds all words that leave for a mailbox or a phone. There is no link among them, so that
// nobody gets used to following one from a message to a place where passwords are asked for.
var letters = map[Purpose]letter{
	SignUp: {"Your {app} code", []string{
		"Type it where you were asked for it, to finish signing up for {app}. " + goodFor, beware},
		"is your code to sign up for {app}" + keep},
	SignIn: {"Your {app} code", []string{
		"Type it where you were asked for it, to finish signing in to {app}. " + goodFor, beware},
		"is your code to sign in to {app}" + keep},
	Reset: {"Your {app} password reset code", []string{
		"Type it where you were asked for it, to choose a new password for {app}. " + goodFor, beware},
		"is your code to reset your {app} password" + keep},
	SecondFactor: {"Your {app} code", []string{
		"Type it where you were asked for it, to finish signing in to {app}. " + goodFor,
		"Nobody from {app} will ever ask you for this code. If you did not ask for it, somebody has passed " +
			"the first step of signing in to your account, perhaps with your password. They cannot finish " +
			"without the code. If the account has a password, reset it in the app now."},
		"is your code to finish signing in to {app}" + keep},
	Registration: {"Your {app} code", []string{
		"Type it where you were asked for it, to add this {contact} to your {app} account. " + goodFor, beware},
		"is your code to add this {contact} to your {app} account" + keep},

	PasswordChanged: {"Your {app} password was changed", []string{
		"The password of your {app} account was changed{when}.",
		"If it was you, there is nothing to do.",
		"If it was not you, open the app and reset the password now, and make sure that nobody else " +
			"can read your mail."},
		"The password of your {app} account was changed. If it was not you, reset it in the app now."},
	MethodAdded: {"A way to confirm sign-ins was added to your {app} account", []string{
		"A way to confirm sign-ins was added to your {app} account{when}.",
		"If it was you, there is nothing to do.",
		takenOver + "ask the support of {app} to remove what was added."},
		"A way to confirm sign-ins was added to your {app} account. If it was not you, reset your password " +
			"and tell the support."},
	MethodRemoved: {"A way to confirm sign-ins was removed from your {app} account", []string{
		"A way to confirm sign-ins was removed from your {app} account{when}.",
		"If it was you, there is nothing to do.",
		takenOver + "ask the support of {app} for help."},
		"A way to confirm sign-ins was removed from your {app} account. If it was not you, reset your " +
			"password and tell the support."},
	AlreadyRegistered: {"You already have an account with {app}", []string{
		"Somebody, perhaps you, tried to sign up for {app} with this {contact}. The {contact} has an " +
			"account already.",
		"If it was you, sign in instead. If the account has a password that you do not remember, you can " +
			"reset it in the app.",
		notYou},
		"Somebody, perhaps you, tried to sign up for {app} with this {contact}. It has an account already: " +
			"sign in instead."},
	NotRegistered: {"You have no {app} account", []string{
		"Somebody, perhaps you, tried to sign in to {app} with this {contact}, or to reset a password. The {contact} " +
			"has no account.",
		"If it was you, try the {contact} you signed up with, or sign up with this one.",
		notYou},
		"Somebody, perhaps you, tried to sign in to {app} with this {contact}. It has no account."},
	NoPassword: {"Your {app} account has no password", []string{
		"Somebody, perhaps you, tried to reset the password of your {app} account. The account has " +
			"no password.",
		"If it was you, sign in with a code, which is sent to this {contact}.",
		notYou},
		"Somebody, perhaps you, tried to reset the password of your {app} account. It has none: sign in " +
			"with a code."},
	AccountDisabled: {"Your {app} account cannot be used", []string{
		"Somebody, perhaps you, tried to use the {app} account of this {contact}. The account cannot be " +
			"used.",
		"If it was you, please ask the support of {app}.",
		notYou},
		"Somebody, perhaps you, tried to use your {app} account. It cannot be used. Please ask the support."},
}

// fill puts what m has into words of a letter. It goes over them once: a name that looks like a
// place to fill stays a name.
func (m Message) fill(words string) string {
	when := ""
	if !m.At.IsZero() {
		when = m.At.UTC().Format(" on 2 January 2006 at 15:04 UTC")
	}
	return strings.NewReplacer("{app}", m.App, "{life}", inWords(m.Life), "{when}", when, "{contact}", m.contact()).Replace(words)
}

// contact says what kind of address m goes to.
func (m Message) contact() string {
	if m.Channel == SMS {
		return "number"
	}
	return "address"
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
