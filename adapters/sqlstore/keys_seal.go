package sqlstore

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// rsaBits is the size of RSA keys.
const rsaBits = 3072

// generateKey returns a new private key, whose kid is its thumbprint (RFC 7638).
func generateKey(algorithm jose.SignatureAlgorithm) (jose.JSONWebKey, error) {
	var private any
	var err error
	switch algorithm {
	case jose.RS256:
		private, err = rsa.GenerateKey(rand.Reader, rsaBits)
	case jose.EdDSA:
		_, private, err = ed25519.GenerateKey(rand.Reader)
	default:
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		return jose.JSONWebKey{}, fmt.Errorf("generate a key: %w", err)
	}
	return completeKey(private, algorithm)
}

func completeKey(private any, algorithm jose.SignatureAlgorithm) (jose.JSONWebKey, error) {
	key := jose.JSONWebKey{Key: private, Algorithm: string(algorithm), Use: "sig"}
	sum, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return jose.JSONWebKey{}, fmt.Errorf("thumbprint: %w", err)
	}
	key.KeyID = base64.RawURLEncoding.EncodeToString(sum)
	return key, nil
}

// seal encrypts keys. Without the secret nobody can read them, nor put one of his own in their place
// to make tokens with.
type seal struct{ aead cipher.AEAD }

func newSeal(secret []byte) (seal, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "nativeauth: signing keys in a database", 32)
	if err != nil {
		return seal{}, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return seal{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return seal{aead}, err
}

// close encrypts a key (AES-256-GCM), bound to its row.
func (s seal) close(seq int64, key jose.JSONWebKey) ([]byte, error) {
	text, err := x509.MarshalPKCS8PrivateKey(key.Key)
	if err != nil {
		return nil, err
	}
	return s.aead.Seal(nil, nil, text, rowOfKey(seq, key.KeyID, key.Algorithm)), nil
}

// open decrypts the key of a row.
func (s seal) open(row keyRow) (jose.JSONWebKey, error) {
	text, err := s.aead.Open(nil, nil, row.sealed, rowOfKey(row.seq, row.kid, row.algorithm))
	if err != nil {
		return jose.JSONWebKey{}, err
	}
	private, err := x509.ParsePKCS8PrivateKey(text)
	if err != nil {
		return jose.JSONWebKey{}, err
	}
	return completeKey(private, jose.SignatureAlgorithm(row.algorithm))
}

// rowOfKey is the additional data of a sealed key: it cannot be moved to another row, say to bring a
// key back that is no longer used.
func rowOfKey(seq int64, kid, algorithm string) []byte {
	return fmt.Appendf(nil, "%d %s %s", seq, kid, algorithm)
}
