package token

import (
	"cmp"
	"context"
	"crypto"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Type is the kind of a signed token, named in its header.
type Type string

// The kinds of signed tokens. An access token is typed as RFC 9068 §2.1 wants it.
const (
	AccessToken Type = "at+jwt"
	IDToken     Type = "JWT"
)

// Leeway is how far the clock of another instance may be off when a token's times are judged.
const Leeway = time.Minute

// Algorithms are the signature algorithms that Keys may use (RFC 7518 §3.1, RFC 8037).
var Algorithms = []jose.SignatureAlgorithm{jose.ES256, jose.RS256, jose.EdDSA}

// What is parsed at most; the tokens made here are far smaller. The header's bound is tighter, since
// it is read before the signature says that the token is ours.
const (
	maxJWT    = 16 << 10
	maxHeader = 1 << 10
)

const minRSA = 2048 // bits, RFC 7518 §3.3

// Signer makes and checks signed tokens with the keys of a Keys. It is safe for concurrent use.
type Signer struct {
	keys Keys

	mu      sync.RWMutex
	signers map[signerID]preparedSigner
}

// signerID tells one prepared signer from another. Building one costs more than using it.
type signerID struct {
	alg jose.SignatureAlgorithm
	kid string
	typ Type
}

// preparedSigner is a signer and the key that it was prepared from.
type preparedSigner struct {
	jose.Signer
	key any
}

// NewSigner returns a Signer that asks keys for each token it makes or checks.
func NewSigner(keys Keys) *Signer {
	return &Signer{keys: keys, signers: map[signerID]preparedSigner{}}
}

// Sign returns the claims, already in JSON, as a signed token of a kind, in compact form.
func (s *Signer) Sign(ctx context.Context, typ Type, claims []byte) (string, error) {
	key, err := s.keys.SigningKey(ctx)
	if err != nil {
		return "", fmt.Errorf("token: signing key: %w", err)
	}
	signer, err := s.signer(key, typ)
	if err != nil {
		return "", err
	}
	jws, err := signer.Sign(claims)
	if err != nil {
		return "", fmt.Errorf("token: sign: %w", err)
	}
	return jws.CompactSerialize()
}

// signer returns the prepared signer for a key.
func (s *Signer) signer(key jose.SigningKey, typ Type) (jose.Signer, error) {
	kid := KeyID(key)
	if kid == "" || !slices.Contains(Algorithms, key.Algorithm) {
		return nil, fmt.Errorf("token: signing key %q with algorithm %q: want a key id and one of %v", kid, key.Algorithm, Algorithms)
	}
	id := signerID{key.Algorithm, kid, typ}
	s.mu.RLock()
	prepared, ok := s.signers[id]
	s.mu.RUnlock()
	if ok && sameKey(prepared.key, key.Key) {
		return prepared, nil
	}
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType(jose.ContentType(typ)))
	if err != nil {
		return nil, fmt.Errorf("token: signing key %q: %w", kid, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.signers) >= 16 { // keys that came and went
		clear(s.signers)
	}
	s.signers[id] = preparedSigner{signer, key.Key}
	return signer, nil
}

// sameKey tells whether two keys with one kid are one. Of an opaque signer only the kid can be known.
func sameKey(a, b any) bool {
	private, ok := bare(a).(interface{ Equal(crypto.PrivateKey) bool })
	return !ok || private.Equal(bare(b))
}

// bare takes the key out of its JWK.
func bare(key any) any {
	switch k := key.(type) {
	case jose.JSONWebKey:
		return k.Key
	case *jose.JSONWebKey:
		return k.Key
	}
	return key
}

// KeyID returns the id (kid) of a signing key; "" if it has none.
func KeyID(key jose.SigningKey) string {
	switch k := key.Key.(type) {
	case jose.JSONWebKey:
		return k.KeyID
	case *jose.JSONWebKey:
		return k.KeyID
	case jose.OpaqueSigner:
		if public := k.Public(); public != nil {
			return public.KeyID
		}
	}
	return ""
}

// Check tells whether Keys keeps its promises now: a signing key of a known algorithm whose public
// part is among the verification keys, and no private part among those. It signs once, to see. It
// returns every breach at once.
func (s *Signer) Check(ctx context.Context) error {
	key, err := s.keys.SigningKey(ctx)
	if err != nil {
		return fmt.Errorf("token: signing key: %w", err)
	}
	set, err := s.keys.VerificationKeys(ctx)
	if err != nil {
		return fmt.Errorf("token: verification keys: %w", err)
	}
	var problems []error
	if signer, err := s.signer(key, AccessToken); err != nil {
		problems = append(problems, err)
	} else if public, err := find(set, KeyID(key), string(key.Algorithm)); err != nil {
		problems = append(problems, fmt.Errorf("token: signing key %q is not among the verification keys with algorithm %s", KeyID(key), key.Algorithm))
	} else if jws, err := signer.Sign([]byte("{}")); err != nil {
		problems = append(problems, fmt.Errorf("token: signing key %q: %w", KeyID(key), err))
	} else if _, err := jws.Verify(public); err != nil {
		problems = append(problems, fmt.Errorf("token: signing key %q does not belong to the verification key of that id", KeyID(key)))
	}
	return errors.Join(append(problems, checkSet(set)...)...)
}

func checkSet(set jose.JSONWebKeySet) (problems []error) {
	seen := map[string]bool{}
	for _, k := range set.Keys {
		if !k.IsPublic() {
			problems = append(problems, fmt.Errorf("token: verification key %q is not a public key", k.KeyID))
		}
		if k.KeyID == "" || seen[k.KeyID] {
			problems = append(problems, fmt.Errorf("token: verification key id %q is empty or used twice", k.KeyID))
		}
		if public, ok := k.Key.(*rsa.PublicKey); ok && public.N.BitLen() < minRSA {
			problems = append(problems, fmt.Errorf("token: verification key %q has %d bits: RSA needs at least %d", k.KeyID, public.N.BitLen(), minRSA))
		}
		seen[k.KeyID] = true
	}
	return problems
}

// PublicKeys returns the set to publish (RFC 7517 §5). A key with a private part is an error, never
// published.
func (s *Signer) PublicKeys(ctx context.Context) (jose.JSONWebKeySet, error) {
	set, err := s.keys.VerificationKeys(ctx)
	if err != nil {
		return set, fmt.Errorf("token: verification keys: %w", err)
	}
	public := jose.JSONWebKeySet{Keys: make([]jose.JSONWebKey, len(set.Keys))}
	for i, k := range set.Keys {
		if !k.IsPublic() {
			return jose.JSONWebKeySet{}, fmt.Errorf("token: verification key %q is not a public key", k.KeyID)
		}
		k.Use = cmp.Or(k.Use, "sig")
		public.Keys[i] = k
	}
	return public, nil
}

// Verify returns the claims of a signed token of a kind whose signature, issuer and times are
// right. It returns ErrInvalid, with a reason for the log, for any other text, and another error if
// the keys cannot be had.
func (s *Signer) Verify(ctx context.Context, typ Type, text, issuer string, now time.Time) (json.RawMessage, error) {
	if len(text) > maxJWT || strings.IndexByte(text, '.') > maxHeader {
		return nil, invalid("too long")
	}
	jws, err := jose.ParseSignedCompact(text, Algorithms)
	if err != nil {
		return nil, invalid("not a signed token")
	}
	header := jws.Signatures[0].Protected
	if got, _ := header.ExtraHeaders[jose.HeaderType].(string); got != string(typ) {
		return nil, invalid("another kind of token")
	}
	set, err := s.keys.VerificationKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("token: verification keys: %w", err)
	}
	key, err := find(set, header.KeyID, header.Algorithm)
	if err != nil {
		return nil, err
	}
	claims, err := jws.Verify(key)
	if err != nil {
		return nil, invalid("signature")
	}
	if err := checkTimes(claims, issuer, now); err != nil {
		return nil, err
	}
	return claims, nil
}

// find returns the public key of a kid, if the token's algorithm is the one that the key is for
// (RFC 8725 §3.1).
func find(set jose.JSONWebKeySet, kid, alg string) (jose.JSONWebKey, error) {
	for _, k := range set.Keys {
		if k.KeyID == kid && kid != "" && k.Algorithm == alg && k.IsPublic() {
			return k, nil
		}
	}
	return jose.JSONWebKey{}, invalid("unknown key")
}

// checkTimes compares iss, exp, nbf and iat, which must all be there (RFC 9068 §4 and ours).
func checkTimes(claims []byte, issuer string, now time.Time) error {
	var c struct {
		Issuer    string `json:"iss"`
		Expires   int64  `json:"exp"`
		NotBefore int64  `json:"nbf"`
		IssuedAt  int64  `json:"iat"`
	}
	if json.Unmarshal(claims, &c) != nil {
		return invalid("claims")
	}
	switch {
	case c.Issuer != issuer:
		return invalid("issuer")
	case c.Expires == 0 || c.NotBefore == 0 || c.IssuedAt == 0:
		return invalid("no times")
	case !now.Before(time.Unix(c.Expires, 0).Add(Leeway)):
		return invalid("expired")
	case time.Unix(max(c.NotBefore, c.IssuedAt), 0).After(now.Add(Leeway)):
		return invalid("not valid yet")
	}
	return nil
}

func invalid(reason string) error { return fmt.Errorf("%w: %s", ErrInvalid, reason) }
