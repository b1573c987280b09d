package token_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"fmt"

	"github.com/go-jose/go-jose/v4"

	"github.com/nativeauth/nativeauth/token"
)

// vault is Keys of one's own: the private key stays where it is, and signs when it is asked.
type vault struct {
	private *ecdsa.PrivateKey // in truth, in a KMS
}

func (v vault) Public() *jose.JSONWebKey {
	return &jose.JSONWebKey{Key: &v.private.PublicKey, KeyID: "2026-03", Algorithm: string(jose.ES256), Use: "sig"}
}

func (v vault) Algs() []jose.SignatureAlgorithm { return []jose.SignatureAlgorithm{jose.ES256} }

func (v vault) SignPayload(payload []byte, _ jose.SignatureAlgorithm) ([]byte, error) {
	digest := sha256.Sum256(payload)
	r, s, err := ecdsa.Sign(rand.Reader, v.private, digest[:])
	if err != nil {
		return nil, err
	}
	signature := make([]byte, 64) // r and s, 32 bytes each: RFC 7518 §3.4
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signature, nil
}

func (v vault) SigningKey(context.Context) (jose.SigningKey, error) {
	return jose.SigningKey{Algorithm: jose.ES256, Key: v}, nil
}

func (v vault) VerificationKeys(context.Context) (jose.JSONWebKeySet, error) {
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{*v.Public()}}, nil
}

// A key that does not leave its vault signs through jose.OpaqueSigner. Check tells whether Keys are good.
func ExampleKeys() {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, keys := context.Background(), vault{private}
	fmt.Println(token.NewSigner(keys).Check(ctx))
	key, _ := keys.SigningKey(ctx)
	fmt.Println(token.KeyID(key))
	// Output:
	// <nil>
	// 2026-03
}
