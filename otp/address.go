package otp

import (
	"errors"
	"log/slog"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// ErrAddress says that a text is not an e-mail address this package sends codes to.
var ErrAddress = errors.New("otp: not an e-mail address")

// The longest forms that can travel: RFC 5321 §4.5.3.1, and the path's 256 less its brackets.
const (
	maxAddress = 254
	maxLocal   = 64
)

// Address is where a message goes, a mailbox or a phone number, in canonical form: what ParseAddress or
// ParseNumber returns. No text is both, for only the former has an "@".
type Address string

// Channel returns the way to a: SMS to a number, else Email.
func (a Address) Channel() Channel {
	if strings.HasPrefix(string(a), "+") && !strings.Contains(string(a), "@") {
		return SMS
	}
	return Email
}

// ParseAddress returns the canonical form of an e-mail address, the one form that user names,
// look-ups and counters use: blanks around it removed, ASCII letters in lower case, the domain as
// A-labels (RFC 5890 §2.3.2.1). It accepts the dot-atom form of RFC 5322 §3.4.1 with a domain of at
// least two labels. Display names, comments, quoted local parts, address literals, local parts
// beyond ASCII and the routing marks % and ! are refused with ErrAddress: each of them is a second
// spelling, or somebody else's mailbox.
func ParseAddress(s string) (Address, error) {
	s = strings.Trim(s, " \t")
	local, domain, ok := strings.Cut(s, "@")
	if !ok || len(s) > maxAddress || !isDotAtom(local) || strings.ContainsRune(domain, utf8.RuneError) {
		return "", ErrAddress // idna would make a domain of bytes that are no text
	}
	domain, err := idna.Lookup.ToASCII(domain)
	if err != nil || !isDomain(domain) {
		return "", ErrAddress
	}
	if a := strings.ToLower(local) + "@" + domain; len(a) <= maxAddress {
		return Address(a), nil
	}
	return "", ErrAddress
}

// isDotAtom tells whether s is a local part of dot-separated atoms without routing marks.
func isDotAtom(s string) bool {
	if s == "" || len(s) > maxLocal {
		return false
	}
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" || strings.IndexFunc(atom, func(r rune) bool { return !isAtomText(r) }) >= 0 {
			return false
		}
	}
	return true
}

func isAtomText(r rune) bool {
	return isLetterOrDigit(r) || strings.ContainsRune("#$&'*+-/=?^_`{|}~", r)
}

func isLetterOrDigit(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// isDomain tells whether s, already in ASCII, is a host name of at least two labels whose last is
// not a number, so that no address literal passes.
func isDomain(s string) bool {
	labels := strings.Split(s, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' ||
			strings.IndexFunc(l, func(r rune) bool { return !isLetterOrDigit(r) && r != '-' }) >= 0 {
			return false
		}
	}
	last := labels[len(labels)-1]
	return len(labels) > 1 && strings.Trim(last, "0123456789") != ""
}

// Mask returns the address with most of it starred out, for a screen that tells a person which
// mailbox to open or which phone to look at: at most two characters of each label, or two digits of
// a number, remain, and no length shows.
func (a Address) Mask() string {
	if a.Channel() == SMS {
		return "+" + maskLabel(string(a[1:]))
	}
	local, domain, _ := strings.Cut(string(a), "@")
	labels := strings.Split(domain, ".")
	for i, l := range labels {
		labels[i] = maskLabel(l)
	}
	return maskLabel(local) + "@" + strings.Join(labels, ".")
}

// maskLabel keeps the ends of s where that leaves at least two characters unseen.
func maskLabel(s string) string {
	r := []rune(s)
	switch {
	case len(r) == 0:
		return "***"
	case len(r) < 4:
		return string(r[:1]) + "***"
	}
	return string(r[:1]) + "***" + string(r[len(r)-1:])
}

// LogValue keeps addresses and numbers out of logs, whoever logs one.
func (a Address) LogValue() slog.Value { return slog.StringValue("[address]") }
