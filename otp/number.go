package otp

import (
	"errors"
	"strings"
)

// ErrNumber says that a text is not a phone number this package sends codes to.
var ErrNumber = errors.New("otp: not a phone number in international form")

// How many digits a number has: the most are those of ITU-T E.164 §6, and with fewer nobody can be
// reached from abroad.
const (
	minNumber = 7
	maxNumber = 15
)

// ParseNumber returns the canonical form of a phone number, the one form that look-ups and counters
// use: "+" and 7 to 15 digits, the first of them not 0 (a global number of RFC 3966 §5.1.4, E.164).
// Blanks, hyphens, dots, slashes and parentheses of ASCII are removed, as people type them. Everything
// else is refused with ErrNumber: numbers that only one country understands, extensions, digits of
// other scripts. So is a zero that stands alone in parentheses: most countries want it left out from
// abroad and some want it dialled, so that either guess would be somebody else's number.
func ParseNumber(s string) (Address, error) {
	if strings.Contains(s, "(0)") {
		return "", ErrNumber
	}
	number := make([]byte, 0, 1+maxNumber)
	for i := range len(s) {
		c := s[i]
		if isFiller(c) || strings.IndexByte("./()", c) >= 0 {
			continue
		}
		if len(number) == cap(number) || !continuesNumber(number, c) {
			return "", ErrNumber
		}
		number = append(number, c)
	}
	if len(number) < 1+minNumber {
		return "", ErrNumber
	}
	return Address(number), nil
}

// continuesNumber tells whether c may follow what there is of a number.
func continuesNumber(number []byte, c byte) bool {
	switch len(number) {
	case 0:
		return c == '+'
	case 1:
		return isDigit(c) && c != '0'
	}
	return isDigit(c)
}

// ParseContact is ParseNumber for what begins with a plus, and ParseAddress for all else.
func ParseContact(s string) (Address, error) {
	if strings.HasPrefix(s, "+") {
		return ParseNumber(s)
	}
	return ParseAddress(s)
}
