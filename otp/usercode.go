package otp

import (
	"fmt"
	"io"
	"strings"
)

// UserCodeLength is the length of a user code in canonical form.
const UserCodeLength = 8

// userCodeAlphabet has no vowels, so that no code is a word, and no digits to mistake for letters: the
// characters that RFC 8628 §6.1 proposes. 20^8 codes are 2.56e10.
const userCodeAlphabet = "BCDFGHJKLMNPQRSTVWXZ"

// NewUserCode draws a code that a device shows and a person types elsewhere (RFC 8628 §6.1), uniformly from
// all texts of UserCodeLength letters of its alphabet, in canonical form.
func NewUserCode(random io.Reader) (string, error) {
	// The largest multiple of the alphabet that a byte holds: keeping what lies beyond it would favour the
	// first letters.
	const limit = 256 / len(userCodeAlphabet) * len(userCodeAlphabet)
	code := make([]byte, 0, UserCodeLength)
	for len(code) < UserCodeLength {
		var b [1]byte
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return "", fmt.Errorf("otp: draw a user code: %w", err)
		}
		if n := int(b[0]); n < limit {
			code = append(code, userCodeAlphabet[n%len(userCodeAlphabet)])
		}
	}
	return string(code), nil
}

// ShowUserCode spells a user code as people read it: "BCDF-GHJK".
func ShowUserCode(code string) string {
	return code[:UserCodeLength/2] + "-" + code[UserCodeLength/2:]
}

// CanonicalUserCode returns the one spelling of a user code that is looked up: UserCodeLength letters in upper
// case. Blanks and punctuation of ASCII are removed; any other character makes it no code.
func CanonicalUserCode(s string) (code string, ok bool) {
	letters := make([]byte, 0, UserCodeLength)
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		switch {
		case isFiller(c) || isPunctuation(c):
		case strings.IndexByte(userCodeAlphabet, c) >= 0 && len(letters) < UserCodeLength:
			letters = append(letters, c)
		default:
			return "", false
		}
	}
	return string(letters), len(letters) == UserCodeLength
}

// isPunctuation tells whether c is a mark of ASCII that is neither letter nor digit.
func isPunctuation(c byte) bool {
	return strings.IndexByte("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", c) >= 0
}
