package otp

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"io"
	"strings"
)

const (
	// RecoveryCodes is how many recovery codes an account gets at once.
	RecoveryCodes = 10
	// RecoveryLength is the length of a recovery code in canonical form.
	RecoveryLength = 16

	recoveryBytes = RecoveryLength * 5 / 8
)

// recoveryAlphabet lacks i, l, o and u: people read the first three as digits, and without the last
// there are fewer words.
const recoveryAlphabet = "0123456789abcdefghjkmnpqrstvwxyz"

var recoveryEncoding = base32.NewEncoding(recoveryAlphabet).WithPadding(base32.NoPadding)

// NewRecoveryCode draws a code for somebody who has lost every other way to confirm a sign-in, with
// hyphens for easier reading: "abcd-efgh-jkmn-pqrs". Its 80 bits cannot be guessed, neither here nor by
// whoever has read the hashes.
func NewRecoveryCode(random io.Reader) (string, error) {
	var b [recoveryBytes]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("otp: draw a recovery code: %w", err)
	}
	code := recoveryEncoding.EncodeToString(b[:])
	return code[:4] + "-" + code[4:8] + "-" + code[8:12] + "-" + code[12:], nil
}

// CanonicalRecovery returns the one spelling of a recovery code that is hashed: 16 characters in lower
// case. Blanks and hyphens of ASCII are removed; what is read as another character counts as that: o
// is a zero, i and l are ones.
func CanonicalRecovery(s string) (code string, ok bool) {
	characters := make([]byte, 0, RecoveryLength)
	for i := range len(s) {
		if isFiller(s[i]) {
			continue
		}
		c := recoveryCharacter(s[i])
		if strings.IndexByte(recoveryAlphabet, c) < 0 || len(characters) == RecoveryLength {
			return "", false
		}
		characters = append(characters, c)
	}
	return string(characters), len(characters) == RecoveryLength
}

// recoveryCharacter returns what c counts as.
func recoveryCharacter(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	switch c {
	case 'o':
		return '0'
	case 'i', 'l':
		return '1'
	}
	return c
}

// RecoveryHash returns the hash under which a recovery code in canonical form is stored, which no other
// user's has. A fast one will do: there are too many codes to try.
func RecoveryHash(userID, code string) []byte {
	sum := sha256.Sum256(joined("nativeauth recovery code", userID, code))
	return sum[:]
}
