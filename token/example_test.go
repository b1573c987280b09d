package token_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

// A signed token is accepted as the kind that it is, and until it ends.
func ExampleSigner() {
	keys, err := token.Ephemeral()
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, now := context.Background(), time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	signer := token.NewSigner(keys)
	claims, _ := json.Marshal(token.AccessClaims{
		Issuer: "https://id.example", Subject: "ada", Audience: token.Audience{"https://id.example"},
		IssuedAt: now.Unix(), NotBefore: now.Unix(), Expires: now.Add(15 * time.Minute).Unix(),
	})
	text, err := signer.Sign(ctx, token.AccessToken, claims)
	fmt.Println(err)

	_, err = signer.Verify(ctx, token.AccessToken, text, "https://id.example", now)
	fmt.Println(err)
	_, err = signer.Verify(ctx, token.IDToken, text, "https://id.example", now)
	fmt.Println(errors.Is(err, token.ErrInvalid))
	_, err = signer.Verify(ctx, token.AccessToken, text, "https://id.example", now.Add(time.Hour))
	fmt.Println(errors.Is(err, token.ErrInvalid))
	// Output:
	// <nil>
	// <nil>
	// true
	// true
}

// Claims of a host stand beside those of the protocol, and never in their place.
func ExampleClaimsFunc() {
	var claims token.ClaimsFunc = func(_ context.Context, r token.ClaimsRequest) (token.ExtraClaims, error) {
		return token.ExtraClaims{Access: map[string]any{"plan": r.User.Attributes["plan"]}}, nil
	}
	extra, _ := claims(context.Background(), token.ClaimsRequest{User: store.User{Attributes: map[string]string{"plan": "gold"}}})
	text, err := token.Merge(struct {
		Subject string `json:"sub"`
	}{"ada"}, extra.Access)
	fmt.Println(string(text), err)
	_, err = token.Merge(struct{}{}, map[string]any{"sub": "eve"})
	fmt.Println(errors.Is(err, token.ErrReserved))
	// Output:
	// {"sub":"ada","plan":"gold"} <nil>
	// true
}

// An opaque token means something to the server alone, and to one client.
func ExampleNewOpaque() {
	opaque := token.NewOpaque([][]byte{bytes.Repeat([]byte("k"), 32)})
	family, _ := token.ParseID("AAECAwQFBgcICQoLDA0ODw")
	text := opaque.Refresh(token.Refresh{Family: family, Counter: 1, Expires: time.Now().Add(time.Hour)}, "mobile", opaque.Newest())

	r, err := opaque.ParseRefresh(text, "mobile")
	fmt.Println(r.Family == family, r.Counter, err)
	_, err = opaque.ParseRefresh(text, "kiosk")
	fmt.Println(errors.Is(err, token.ErrInvalid))
	// Output:
	// true 1 <nil>
	// true
}

// A server proves who it is by a text that it has signed (private_key_jwt).
func ExampleParseAssertion() {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		fmt.Println(err)
		return
	}
	public := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &private.PublicKey, KeyID: "1", Algorithm: string(jose.ES256)}}}
	fmt.Println(token.CheckClientKeys(public))

	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	text := signed(private, map[string]any{
		"iss": "billing", "sub": "billing", "aud": "https://id.example", "jti": "a-new-one-each-time", "exp": now.Add(time.Minute).Unix(),
	})
	assertion, err := token.ParseAssertion(text)
	fmt.Println(assertion.Client(), err)
	fmt.Println(assertion.Verify(public, []string{"https://id.example"}, now))
	fmt.Println(errors.Is(assertion.Verify(public, []string{"https://another.example"}, now), token.ErrInvalid))
	// Output:
	// <nil>
	// billing <nil>
	// <nil>
	// true
}

// signed is what a client does, with whichever library it has.
func signed(key *ecdsa.PrivateKey, claims map[string]any) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "1"}}, nil)
	if err != nil {
		panic(err)
	}
	payload, _ := json.Marshal(claims)
	s, err := signer.Sign(payload)
	if err != nil {
		panic(err)
	}
	text, err := s.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return text
}
