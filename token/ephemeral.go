package token

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// static is a Keys with one key for good.
type static struct{ key jose.JSONWebKey }

// Ephemeral returns Keys with one new P-256 key that lasts as long as the process: for development
// and tests. After a restart every token it signed is refused.
func Ephemeral() (Keys, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("token: generate a key: %w", err)
	}
	public, err := private.PublicKey.Bytes()
	if err != nil {
		return nil, fmt.Errorf("token: generate a key: %w", err)
	}
	sum := sha256.Sum256(public)
	kid := base64.RawURLEncoding.EncodeToString(sum[:16])
	return static{jose.JSONWebKey{Key: private, KeyID: kid, Algorithm: string(jose.ES256), Use: "sig"}}, nil
}

func (s static) SigningKey(context.Context) (jose.SigningKey, error) {
	return jose.SigningKey{Algorithm: jose.SignatureAlgorithm(s.key.Algorithm), Key: s.key}, nil
}

func (s static) VerificationKeys(context.Context) (jose.JSONWebKeySet, error) {
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{s.key.Public()}}, nil
}
