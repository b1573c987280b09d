package keyfile

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// minRSA is the least an RSA key needs today (RFC 7518 §3.3).
const minRSA = 2048

// parse returns the keys of a file, complete and fit to sign, in its order.
func parse(data []byte) ([]jose.JSONWebKey, error) {
	parseKeys := parsePEM
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		parseKeys = parseSet
	}
	keys, err := parseKeys(data)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, errors.New(`there is no key in it, neither in a "keys" array nor as PEM`)
	}
	seen := map[string]bool{}
	for i, key := range keys {
		if keys[i], err = complete(key); err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
		if seen[keys[i].KeyID] {
			return nil, fmt.Errorf("key %d: kid %q is taken by a key before it", i+1, keys[i].KeyID)
		}
		seen[keys[i].KeyID] = true
	}
	return keys, nil
}

func parseSet(data []byte) ([]jose.JSONWebKey, error) {
	var raw struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, fmt.Errorf("not a JSON Web Key Set: %w", err)
	}
	keys := make([]jose.JSONWebKey, len(raw.Keys))
	for i, text := range raw.Keys {
		// One at a time, to say which one is wrong.
		if err := json.Unmarshal(text, &keys[i]); err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
	}
	return keys, nil
}

func parsePEM(data []byte) ([]jose.JSONWebKey, error) {
	var keys []jose.JSONWebKey
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "EC PARAMETERS" { // openssl puts the name of the curve before the key
			continue
		}
		private, err := parseBlock(block)
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", len(keys)+1, err)
		}
		keys = append(keys, jose.JSONWebKey{Key: private})
	}
	return keys, nil
}

func parseBlock(block *pem.Block) (any, error) {
	switch block.Type {
	case "PRIVATE KEY":
		return x509.ParsePKCS8PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		return x509.ParseECPrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	}
	return nil, fmt.Errorf("PEM block %q is not a private key that can be read, "+
		`use "PRIVATE KEY", "EC PRIVATE KEY" or "RSA PRIVATE KEY" without a passphrase`, block.Type)
}

// complete returns key with its algorithm and kid, or the reason why it cannot sign. Certificates
// and the like stay behind: nobody asks for them.
func complete(key jose.JSONWebKey) (jose.JSONWebKey, error) {
	algorithm, err := algorithmOf(key.Key)
	if err != nil {
		return key, err
	}
	if key.Algorithm != "" && key.Algorithm != string(algorithm) {
		return key, fmt.Errorf("alg %q is not possible, use %q or leave it out", key.Algorithm, algorithm)
	}
	if key.Use != "" && key.Use != "sig" {
		return key, fmt.Errorf(`use %q is not for signing, use "sig" or leave it out`, key.Use)
	}
	sum, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return key, err
	}
	return jose.JSONWebKey{
		Key:       key.Key,
		KeyID:     cmp.Or(key.KeyID, base64.RawURLEncoding.EncodeToString(sum)),
		Algorithm: string(algorithm),
		Use:       "sig",
	}, nil
}

// algorithmOf returns the one algorithm that a private key signs with.
func algorithmOf(private any) (jose.SignatureAlgorithm, error) {
	switch key := private.(type) {
	case *ecdsa.PrivateKey:
		if key.Curve != elliptic.P256() {
			return "", fmt.Errorf("curve %s is not supported, use P-256", key.Curve.Params().Name)
		}
		return jose.ES256, checkPair(key)
	case *rsa.PrivateKey:
		if bits := key.N.BitLen(); bits < minRSA {
			return "", fmt.Errorf("RSA key of %d bits is too short, use at least %d", bits, minRSA)
		}
		return jose.RS256, nil
	case ed25519.PrivateKey:
		return jose.EdDSA, nil
	case *ecdsa.PublicKey, *rsa.PublicKey, ed25519.PublicKey:
		return "", errors.New("it has no private part")
	}
	return "", errors.New("kind of key is not supported, use EC P-256, RSA or Ed25519")
}

// checkPair tells whether the halves of key belong together, which go-jose leaves to us for EC keys.
// If they did not, nobody could verify what it signs.
func checkPair(key *ecdsa.PrivateKey) error {
	d, err := key.Bytes()
	if err != nil {
		return err
	}
	derived, err := ecdsa.ParseRawPrivateKey(key.Curve, d)
	if err != nil {
		return err
	}
	if !derived.PublicKey.Equal(&key.PublicKey) {
		return errors.New("x and y do not match d")
	}
	return nil
}
