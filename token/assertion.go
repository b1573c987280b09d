package token

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// AssertionLife is how far away the end of an Assertion may be: each is made for one call.
const AssertionLife = 10 * time.Minute

// Assertion is a signed text by which a client says who it is: RFC 7523 §3, OpenID Connect Core §9.
type Assertion struct {
	jws    *jose.JSONWebSignature
	claims assertionClaims
}

type assertionClaims struct {
	Issuer    string   `json:"iss"`
	Subject   string   `json:"sub"`
	Audience  Audience `json:"aud"`
	ID        string   `json:"jti"`
	Expires   float64  `json:"exp"` // times may have a fraction: RFC 7519 §2
	NotBefore float64  `json:"nbf"`
	IssuedAt  float64  `json:"iat"`
}

// ParseAssertion reads an assertion, of which nothing is known to be true before Verify. It returns
// ErrInvalid for anything else.
func ParseAssertion(text string) (Assertion, error) {
	var a Assertion
	if len(text) > maxJWT || strings.IndexByte(text, '.') > maxHeader {
		return a, invalid("too long")
	}
	var err error
	if a.jws, err = jose.ParseSignedCompact(text, Algorithms); err != nil {
		return a, invalid("not a signed token")
	}
	if json.Unmarshal(a.jws.UnsafePayloadWithoutVerification(), &a.claims) != nil {
		return a, invalid("claims")
	}
	return a, nil
}

// Client is who the assertion says it is of.
func (a Assertion) Client() string { return a.claims.Subject }

// ID is the name of the assertion, which must not be seen twice.
func (a Assertion) ID() string { return a.claims.ID }

// Verify tells whether the client whose public keys these are made the assertion, for nobody but those
// in audience, and whether its time is now. It returns ErrInvalid if not.
func (a Assertion) Verify(keys jose.JSONWebKeySet, audience []string, now time.Time) error {
	header := a.jws.Signatures[0].Protected
	key, err := findClientKey(keys, header.KeyID, header.Algorithm)
	if err != nil {
		return err
	}
	if _, err := a.jws.Verify(key); err != nil {
		return invalid("signature")
	}
	c, seconds, leeway := a.claims, float64(now.Unix()), Leeway.Seconds()
	switch {
	case c.Subject == "" || c.Issuer != c.Subject:
		return invalid("issuer and subject are not one client")
	case c.ID == "":
		return invalid("no id")
	// One that is also for others could be sent here by them.
	case len(c.Audience) == 0 || slices.ContainsFunc(c.Audience, func(s string) bool { return !slices.Contains(audience, s) }):
		return invalid("audience")
	case seconds >= c.Expires+leeway: // also where there is none
		return invalid("expired")
	case c.Expires > seconds+AssertionLife.Seconds()+leeway:
		return invalid("good for too long")
	case max(c.NotBefore, c.IssuedAt) > seconds+leeway:
		return invalid("not valid yet")
	}
	return nil
}

// findClientKey is find for those who name no key, where the algorithm leaves one to choose only
// (OpenID Connect Core §10.1).
func findClientKey(set jose.JSONWebKeySet, kid, alg string) (jose.JSONWebKey, error) {
	if kid != "" {
		return find(set, kid, alg)
	}
	var fit []jose.JSONWebKey
	for _, k := range set.Keys {
		if k.Algorithm == alg && k.IsPublic() {
			fit = append(fit, k)
		}
	}
	if len(fit) != 1 {
		return jose.JSONWebKey{}, invalid("unknown key")
	}
	return fit[0], nil
}

// CheckClientKeys reports every mistake in the keys that a client's assertions are verified with: each
// is public, has an id and is for one algorithm.
func CheckClientKeys(set jose.JSONWebKeySet) error {
	problems := checkSet(set)
	for _, k := range set.Keys {
		if want := algorithmOf(k.Key); want == "" || k.Algorithm != string(want) {
			problems = append(problems, fmt.Errorf("token: key %q has algorithm %q: set one of %v, the one it is for", k.KeyID, k.Algorithm, Algorithms))
		}
	}
	return errors.Join(problems...)
}

// algorithmOf returns the algorithm that a public key can be for; "" if there is none.
func algorithmOf(key any) jose.SignatureAlgorithm {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P256() {
			return jose.ES256
		}
	case *rsa.PublicKey:
		return jose.RS256
	case ed25519.PublicKey:
		return jose.EdDSA
	}
	return ""
}

// Audience is an aud claim: one name, or a list of them (RFC 7519 §4.1.3).
type Audience []string

// UnmarshalJSON reads either form.
func (a *Audience) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '[' {
		return json.Unmarshal(text, (*[]string)(a))
	}
	var one string
	if err := json.Unmarshal(text, &one); err != nil {
		return err
	}
	*a = Audience{one}
	return nil
}

// MarshalJSON writes one name without a list around it.
func (a Audience) MarshalJSON() ([]byte, error) {
	if len(a) == 1 {
		return json.Marshal(a[0])
	}
	return json.Marshal([]string(a))
}
