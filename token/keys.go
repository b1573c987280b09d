package token

import (
	"context"

	"github.com/go-jose/go-jose/v4"
)

// Keys holds the keys that sign tokens. Its methods are called for every token made or checked, by
// many goroutines at once, so an implementation keeps what it has read for a while. They return
// soon after ctx is done.
//
// To change the key without a single refusal, an implementation publishes the new one in
// VerificationKeys at least a day before SigningKey returns it, and the old one until the last
// token it signed has ended.
type Keys interface {
	// SigningKey returns the key that signs now. Its Algorithm is ES256, RS256 or EdDSA; its Key is
	// a jose.JSONWebKey with a KeyID that VerificationKeys knows, or a jose.OpaqueSigner whose
	// Public key has one (a KMS, an HSM).
	SigningKey(ctx context.Context) (jose.SigningKey, error)
	// VerificationKeys returns the public keys of every token that may be in use: current, next,
	// and retired until their tokens have ended. Each has a KeyID that never names another key, an Algorithm, and
	// none a private part.
	VerificationKeys(ctx context.Context) (jose.JSONWebKeySet, error)
}
