package otp

import (
	"crypto/hmac"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/nativeauth/nativeauth/internal/keyed"
)

const (
	// Digits is the length of a code, and the least that one can have.
	Digits = 8
	// MaxDigits is the most: what people can be asked to type.
	MaxDigits = 16
	// Tries is how many submissions are compared with one code.
	Tries = 5

	// Codes is how many there are of Digits digits: 10^Digits.
	Codes = 100_000_000
)

// New draws a code, uniformly from all texts of Digits decimal digits.
func New(random io.Reader) (string, error) {
	// The largest multiple of Codes that a uint32 holds: keeping what lies beyond it would
	// favour low codes.
	const limit = 1 << 32 / Codes * Codes
	for {
		var b [4]byte
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return "", fmt.Errorf("otp: draw a code: %w", err)
		}
		if n := binary.BigEndian.Uint32(b[:]); n < limit {
			return fmt.Sprintf("%0*d", Digits, n%Codes), nil
		}
	}
}

// NewOf is New for a code of length digits, of Digits to MaxDigits.
func NewOf(random io.Reader, length int) (string, error) {
	var code strings.Builder
	for code.Len() < length {
		part, err := New(random)
		if err != nil {
			return "", err
		}
		code.WriteString(part)
	}
	return code.String()[:length], nil
}

// Canonical returns the one spelling of a code that is compared: blanks and hyphens of ASCII are
// removed, and what remains must be Digits ASCII digits.
func Canonical(s string) (code string, ok bool) { return CanonicalOf(s, Digits) }

// CanonicalOf is Canonical for codes of length digits.
func CanonicalOf(s string, length int) (code string, ok bool) {
	digits := make([]byte, 0, length)
	for i := range len(s) {
		switch c := s[i]; {
		case isFiller(c):
		case isDigit(c) && len(digits) < length:
			digits = append(digits, c)
		default:
			return "", false
		}
	}
	return string(digits), len(digits) == length
}

// isFiller tells what people put between the characters of a code to read them more easily.
func isFiller(c byte) bool { return c == ' ' || c == '\t' || c == '-' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// Binding is all that a code is good for: it verifies in no other flow, for no other purpose,
// account or client.
type Binding struct {
	Purpose Purpose
	Flow    string
	Account Address
	Client  string
}

// Hasher makes the keyed hashes under which codes are stored. It is safe for concurrent use.
type Hasher struct {
	macs []*keyed.MAC
}

// NewHasher returns a Hasher that hashes under the first key and verifies under any of them.
func NewHasher(keys [][]byte) Hasher { return Hasher{keyed.NewAll(keys)} }

// Sum returns the hash of a code in canonical form: HMAC-SHA-256 over the code and its binding.
func (h Hasher) Sum(b Binding, code string) []byte {
	sum := h.macs[0].Sum(b.text(code))
	return sum[:]
}

// Verify tells, in constant time, whether hash is that of the code.
func (h Hasher) Verify(hash []byte, b Binding, code string) bool {
	ok := false
	for _, mac := range h.macs {
		sum := mac.Sum(b.text(code))
		ok = hmac.Equal(hash, sum[:]) || ok
	}
	return ok
}

// text is what is hashed.
func (b Binding) text(code string) []byte {
	return joined(string(b.Purpose), b.Flow, string(b.Account), b.Client, code)
}

// joined puts parts into one text. Lengths keep them apart, so that no two lists have the same.
func joined(parts ...string) []byte {
	text := make([]byte, 0, 256)
	for _, part := range parts {
		text = binary.BigEndian.AppendUint32(text, uint32(len(part)))
		text = append(text, part...)
	}
	return text
}
