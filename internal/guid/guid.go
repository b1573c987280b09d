// Package guid makes and recognises GUIDs (RFC 9562) in their lower-case text form: user ids,
// tenant ids, correlation and trace ids all have it.
package guid

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
)

// New returns a random GUID (version 4) of 122 bits from random.
func New(random io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", err
	}
	return format(b, 4), nil
}

// FromName returns the GUID that belongs to a name within a space of names: the same for the same
// two, and different for others. It is of version 8, its bits are a SHA-256.
func FromName(space, name string) string {
	sum := sha256.Sum256([]byte(space + "\x00" + name))
	return format([16]byte(sum[:16]), 8)
}

// Valid tells whether s is a GUID in text form, in either case.
func Valid(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
		default:
			return false
		}
	}
	return true
}

// format writes b with the given version and the variant of RFC 9562 §4.1.
func format(b [16]byte, version byte) string {
	b[6] = b[6]&0x0f | version<<4
	b[8] = b[8]&0x3f | 0x80
	var s [36]byte
	hex.Encode(s[0:8], b[0:4])
	hex.Encode(s[9:13], b[4:6])
	hex.Encode(s[14:18], b[6:8])
	hex.Encode(s[19:23], b[8:10])
	hex.Encode(s[24:36], b[10:16])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:])
}
