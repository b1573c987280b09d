package keyed

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
)

// ErrSealed says that a sealed text was made elsewhere, or under a key that is gone.
var ErrSealed = errors.New("keyed: cannot be opened")

// Sealer encrypts texts that a store keeps for long (AES-256-GCM under random nonces). It is safe for
// concurrent use.
type Sealer struct{ aeads []cipher.AEAD }

// NewSealer returns a Sealer that seals under the first key and opens under any of them. Each has 32 bytes.
func NewSealer(keys [][]byte) Sealer {
	s := Sealer{make([]cipher.AEAD, len(keys))}
	for i, key := range keys {
		block, err := aes.NewCipher(key)
		if err != nil {
			panic(err) // only for a key of another length
		}
		if s.aeads[i], err = cipher.NewGCMWithRandomNonce(block); err != nil {
			panic(err) // only for another cipher
		}
	}
	return s
}

// Seal encrypts text. It can be opened only in the company of the same words about it.
func (s Sealer) Seal(text []byte, about string) []byte {
	return s.aeads[0].Seal(nil, nil, text, []byte(about))
}

// Open decrypts what Seal made, or returns ErrSealed. It tells whether the key was an old one, so that it
// should be sealed anew.
func (s Sealer) Open(sealed []byte, about string) (text []byte, old bool, err error) {
	for i, aead := range s.aeads {
		if text, err := aead.Open(nil, nil, sealed, []byte(about)); err == nil {
			return text, i > 0, nil
		}
	}
	return nil, false, ErrSealed
}
