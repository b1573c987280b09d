package token_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/token"
)

const issuer = "https://id.example/contoso"

var now = time.Date(2026, 3, 1, 10, 15, 0, 0, time.UTC)

// claims are those of a token that is good now, with changes in pairs; nil takes one away.
func claims(changes ...any) []byte {
	c := map[string]any{"iss": issuer, "sub": "u1", "iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(15 * time.Minute).Unix()}
	for i := 0; i < len(changes); i += 2 {
		c[changes[i].(string)] = changes[i+1]
		if changes[i+1] == nil {
			delete(c, changes[i].(string))
		}
	}
	text, _ := json.Marshal(c)
	return text
}

// ring is a token.Keys that holds what a test puts into it.
type ring struct {
	signing jose.SigningKey
	set     jose.JSONWebKeySet
	err     error // of the signing key
	setErr  error
}

func (r *ring) SigningKey(context.Context) (jose.SigningKey, error) { return r.signing, r.err }
func (r *ring) VerificationKeys(context.Context) (jose.JSONWebKeySet, error) {
	return r.set, r.setErr
}

// keyring is made once: RSA keys take their time.
var keyring = sync.OnceValue(func() map[string]*jose.JSONWebKey {
	must := func(key any, err error) any {
		if err != nil {
			panic(err)
		}
		return key
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	must(public, err)
	return map[string]*jose.JSONWebKey{
		"ES256": {Key: must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)), KeyID: "ec", Algorithm: "ES256", Use: "sig"},
		"RS256": {Key: must(rsa.GenerateKey(rand.Reader, 2048)), KeyID: "rsa", Algorithm: "RS256", Use: "sig"},
		"EdDSA": {Key: private, KeyID: "ed", Algorithm: "EdDSA", Use: "sig"},
		"evil":  {Key: must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)), KeyID: "evil", Algorithm: "ES256"},
	}
})

// signWith returns a Signer that signs with one key and knows the public parts of all but the evil
// one.
func signWith(alg string) (*token.Signer, *ring) {
	r := &ring{signing: jose.SigningKey{Algorithm: jose.SignatureAlgorithm(alg), Key: *keyring()[alg]}}
	for _, name := range []string{"ES256", "RS256", "EdDSA"} {
		r.set.Keys = append(r.set.Keys, keyring()[name].Public())
	}
	return token.NewSigner(r), r
}

func TestSigner_ReadsWhatItSignedWithEachAlgorithm(t *testing.T) {
	for _, alg := range token.Algorithms {
		s, _ := signWith(string(alg))
		require.NoError(t, s.Check(t.Context()), alg)
		for _, typ := range []token.Type{token.AccessToken, token.IDToken} {
			text, err := s.Sign(t.Context(), typ, claims())
			require.NoError(t, err)
			got, err := s.Verify(t.Context(), typ, text, issuer, now)
			require.NoError(t, err, "%s %s", alg, typ)
			assert.JSONEq(t, string(claims()), string(got))
		}
	}
}

// kms is a signer whose key never leaves it.
type kms struct {
	key *ecdsa.PrivateKey
	id  string
}

func (k kms) Public() *jose.JSONWebKey {
	return &jose.JSONWebKey{Key: &k.key.PublicKey, KeyID: k.id, Algorithm: "ES256", Use: "sig"}
}
func (k kms) Algs() []jose.SignatureAlgorithm { return []jose.SignatureAlgorithm{jose.ES256} }

func (k kms) SignPayload(payload []byte, _ jose.SignatureAlgorithm) ([]byte, error) {
	digest := sha256.Sum256(payload)
	r, s, err := ecdsa.Sign(rand.Reader, k.key, digest[:])
	if err != nil {
		return nil, err
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signature, nil
}

func TestSigner_AKeyMayStayInAKMS(t *testing.T) {
	k := kms{keyring()["evil"].Key.(*ecdsa.PrivateKey), "kms"}
	r := &ring{signing: jose.SigningKey{Algorithm: jose.ES256, Key: k}, set: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{*k.Public()}}}
	s := token.NewSigner(r)
	require.NoError(t, s.Check(t.Context()))
	text, err := s.Sign(t.Context(), token.AccessToken, claims())
	require.NoError(t, err)
	_, err = s.Verify(t.Context(), token.AccessToken, text, issuer, now)
	assert.NoError(t, err)
}

func TestSigner_AWholeKindIsAcceptedAsThatKindOnly(t *testing.T) {
	s, _ := signWith("ES256")
	o := token.NewOpaque([][]byte{key('a')})
	access, err := s.Sign(t.Context(), token.AccessToken, claims())
	require.NoError(t, err)
	id, err := s.Sign(t.Context(), token.IDToken, claims())
	require.NoError(t, err)
	made := map[string]string{
		"access": access, "id": id,
		"continuation": o.Continuation(continuation(1), "web"), "refresh": o.Refresh(refresh(1), "web", o.Newest()),
	}
	used := map[string]func(text string) error{
		"access": func(text string) error {
			_, err := s.Verify(t.Context(), token.AccessToken, text, issuer, now)
			return err
		},
		"id": func(text string) error {
			_, err := s.Verify(t.Context(), token.IDToken, text, issuer, now)
			return err
		},
		"continuation": func(text string) error { _, err := o.ParseContinuation(text, "web"); return err },
		"refresh":      func(text string) error { _, err := o.ParseRefresh(text, "web"); return err },
	}
	for kind, text := range made {
		for use, check := range used {
			if err := check(text); kind == use {
				assert.NoError(t, err, kind)
			} else {
				assert.ErrorIs(t, err, token.ErrInvalid, "%s token used as %s", kind, use)
			}
		}
	}
}

func TestVerify_JudgesTimesToTheSecondWithAMinuteOfLeeway(t *testing.T) {
	s, _ := signWith("ES256")
	for name, c := range map[string]struct {
		claims []byte
		at     time.Time
		ok     bool
	}{
		"now":                            {claims(), now, true},
		"the last moment":                {claims(), now.Add(16*time.Minute - 1), true},
		"the end":                        {claims(), now.Add(16 * time.Minute), false},
		"long after":                     {claims(), now.Add(24 * time.Hour), false},
		"a minute early":                 {claims(), now.Add(-time.Minute), true},
		"more than a minute early":       {claims(), now.Add(-time.Minute - 1), false},
		"nbf alone is too late":          {claims("nbf", now.Add(61*time.Second).Unix()), now, false},
		"iat alone is too late":          {claims("iat", now.Add(61*time.Second).Unix()), now, false},
		"nbf and iat at the edge":        {claims("iat", now.Add(time.Minute).Unix(), "nbf", now.Add(time.Minute).Unix()), now, true},
		"no exp":                         {claims("exp", nil), now, false},
		"an exp of zero":                 {claims("exp", 0), now, false},
		"an exp before all time":         {claims("exp", -1), now, false},
		"an exp that is a text":          {claims("exp", "9999999999"), now, false},
		"an exp that is a fraction":      {claims("exp", 9999999999.5), now, false},
		"an exp beyond all numbers":      {[]byte(strings.Replace(string(claims()), `"exp":`, `"exp":1e400,"x":`, 1)), now, false},
		"another issuer":                 {claims("iss", "https://id.example/other"), now, false},
		"an issuer with a slash":         {claims("iss", issuer+"/"), now, false},
		"an issuer in another case":      {claims("iss", strings.ToUpper(issuer)), now, false},
		"no issuer":                      {claims("iss", nil), now, false},
		"an issuer that is a list":       {claims("iss", []string{issuer}), now, false},
		"claims that are a list":         {[]byte(`[]`), now, false},
		"claims that are null":           {[]byte(`null`), now, false},
		"claims that are nothing":        {nil, now, false},
		"claims that are no JSON":        {[]byte(`{"iss":`), now, false},
		"claims with something after":    {append(claims(), "{}"...), now, false},
		"claims after a byte order mark": {append([]byte("\xef\xbb\xbf"), claims()...), now, false},
	} {
		text, err := s.Sign(t.Context(), token.AccessToken, c.claims)
		require.NoError(t, err, name)
		_, err = s.Verify(t.Context(), token.AccessToken, text, issuer, c.at)
		if c.ok {
			assert.NoError(t, err, name)
		} else {
			assert.ErrorIs(t, err, token.ErrInvalid, name)
		}
	}
}

func TestVerify_KeysThatCannotBeHadAreNoVerdict(t *testing.T) {
	s, r := signWith("ES256")
	text, err := s.Sign(t.Context(), token.AccessToken, claims())
	require.NoError(t, err)
	r.setErr = errors.New("vault is sealed")
	_, err = s.Verify(t.Context(), token.AccessToken, text, issuer, now)
	assert.ErrorIs(t, err, r.setErr)
	assert.NotErrorIs(t, err, token.ErrInvalid)
}

func TestSign_FailsWithoutAKey(t *testing.T) {
	s, r := signWith("ES256")
	r.err = errors.New("vault is sealed")
	_, err := s.Sign(t.Context(), token.AccessToken, claims())
	assert.ErrorIs(t, err, r.err)
	assert.ErrorIs(t, s.Check(t.Context()), r.err)
	_, err = s.PublicKeys(t.Context())
	assert.NoError(t, err)

	r.err, r.setErr = nil, errors.New("vault is sealed")
	assert.ErrorIs(t, s.Check(t.Context()), r.setErr)
	_, err = s.PublicKeys(t.Context())
	assert.ErrorIs(t, err, r.setErr)
}

func TestSign_TakesEachKeyAsItComes(t *testing.T) {
	s, r := signWith("ES256")
	for i := range 40 { // more than are kept ready
		private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		require.NoError(t, err)
		k := jose.JSONWebKey{Key: private, KeyID: fmt.Sprint("k", i), Algorithm: "ES256"}
		r.signing.Key = k
		r.set.Keys = append(r.set.Keys, k.Public())
		text, err := s.Sign(t.Context(), token.AccessToken, claims())
		require.NoError(t, err)
		_, err = s.Verify(t.Context(), token.AccessToken, text, issuer, now)
		require.NoError(t, err)
	}
}

func TestCheck_ReportsEachBreach(t *testing.T) {
	good := *keyring()["ES256"]
	change := func(f func(k *jose.JSONWebKey)) jose.JSONWebKey {
		k := good
		f(&k)
		return k
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	wide := jose.JSONWebKey{Key: p384, KeyID: "wide", Algorithm: "ES256"}
	for name, c := range map[string]struct {
		signing jose.SigningKey
		set     []jose.JSONWebKey
		want    []string
	}{
		"all is well":             {jose.SigningKey{Algorithm: jose.ES256, Key: good}, []jose.JSONWebKey{good.Public()}, nil},
		"all is well, by pointer": {jose.SigningKey{Algorithm: jose.ES256, Key: &good}, []jose.JSONWebKey{good.Public()}, nil},
		"the set is empty":        {jose.SigningKey{Algorithm: jose.ES256, Key: good}, nil, []string{`"ec" is not among`}},
		"the key is another": {jose.SigningKey{Algorithm: jose.ES256, Key: *keyring()["evil"]}, []jose.JSONWebKey{good.Public()},
			[]string{`"evil" is not among`}},
		"a bare key has no id": {jose.SigningKey{Algorithm: jose.ES256, Key: good.Key}, []jose.JSONWebKey{good.Public()},
			[]string{"want a key id"}},
		"an empty id": {jose.SigningKey{Algorithm: jose.ES256, Key: change(func(k *jose.JSONWebKey) { k.KeyID = "" })},
			[]jose.JSONWebKey{good.Public()}, []string{"want a key id"}},
		"an algorithm of secrets": {jose.SigningKey{Algorithm: jose.HS256, Key: jose.JSONWebKey{Key: key('a'), KeyID: "ec"}},
			[]jose.JSONWebKey{good.Public()}, []string{`algorithm "HS256"`}},
		"an algorithm that is not ours": {jose.SigningKey{Algorithm: jose.PS256, Key: *keyring()["RS256"]},
			[]jose.JSONWebKey{keyring()["RS256"].Public()}, []string{`algorithm "PS256"`}},
		"no algorithm": {jose.SigningKey{Key: good}, []jose.JSONWebKey{good.Public()}, []string{`algorithm ""`}},
		"an algorithm that the key cannot do": {jose.SigningKey{Algorithm: jose.RS256, Key: good}, []jose.JSONWebKey{good.Public()},
			[]string{`signing key "ec"`}},
		"published for another algorithm": {jose.SigningKey{Algorithm: jose.ES256, Key: good},
			[]jose.JSONWebKey{change(func(k *jose.JSONWebKey) { *k = k.Public(); k.Algorithm = "ES384" })}, []string{"with algorithm ES256"}},
		"published without its algorithm": {jose.SigningKey{Algorithm: jose.ES256, Key: good},
			[]jose.JSONWebKey{change(func(k *jose.JSONWebKey) { *k = k.Public(); k.Algorithm = "" })}, []string{"with algorithm ES256"}},
		"a private key is published": {jose.SigningKey{Algorithm: jose.ES256, Key: good}, []jose.JSONWebKey{good},
			[]string{`"ec" is not among`, `"ec" is not a public key`}},
		"a secret is published": {jose.SigningKey{Algorithm: jose.ES256, Key: good},
			[]jose.JSONWebKey{good.Public(), {Key: key('a'), KeyID: "s", Algorithm: "HS256"}}, []string{`"s" is not a public key`}},
		"an RSA key that is too short": {jose.SigningKey{Algorithm: jose.ES256, Key: good},
			[]jose.JSONWebKey{good.Public(), {Key: &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 1023), E: 65537}, KeyID: "short", Algorithm: "RS256"}},
			[]string{`"short" has 1024 bits`}},
		"an id twice": {jose.SigningKey{Algorithm: jose.ES256, Key: good}, []jose.JSONWebKey{good.Public(), good.Public()},
			[]string{`"ec" is empty or used twice`}},
		"everything at once": {jose.SigningKey{Algorithm: jose.ES256, Key: *keyring()["evil"]},
			[]jose.JSONWebKey{good, good.Public(), {Key: good.Public().Key, Algorithm: "ES256"}},
			[]string{`"evil" is not among`, `"ec" is not a public key`, `"ec" is empty or used twice`, `"" is empty or used twice`}},
		"another key under the id": {jose.SigningKey{Algorithm: jose.ES256, Key: good},
			[]jose.JSONWebKey{change(func(k *jose.JSONWebKey) { *k = keyring()["evil"].Public(); k.KeyID = "ec" })},
			[]string{`"ec" does not belong`}},
		"a curve that is not the algorithm's": {jose.SigningKey{Algorithm: jose.ES256, Key: wide}, []jose.JSONWebKey{wide.Public()},
			[]string{`signing key "wide"`}},
	} {
		err := token.NewSigner(&ring{signing: c.signing, set: jose.JSONWebKeySet{Keys: c.set}}).Check(t.Context())
		if len(c.want) == 0 {
			assert.NoError(t, err, name)
		}
		for _, want := range c.want {
			assert.ErrorContains(t, err, want, name)
		}
	}
}

func TestPublicKeys_NeverHoldAPrivatePart(t *testing.T) {
	for _, alg := range token.Algorithms {
		s, r := signWith(string(alg))
		set, err := s.PublicKeys(t.Context())
		require.NoError(t, err)
		text, err := json.Marshal(set)
		require.NoError(t, err)
		for _, private := range []string{`"d"`, `"p"`, `"q"`, `"dp"`, `"dq"`, `"qi"`, `"k"`} {
			assert.NotContains(t, string(text), private)
		}
		r.set.Keys = append(r.set.Keys, *keyring()[string(alg)])
		set, err = s.PublicKeys(t.Context())
		assert.ErrorContains(t, err, "not a public key", alg)
		assert.Empty(t, set.Keys)
	}
}

func TestPublicKeys_SayWhatTheyAreForAndLeaveTheHostsAlone(t *testing.T) {
	public := keyring()["evil"].Public()
	require.Empty(t, public.Use)
	r := &ring{set: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public}}}
	set, err := token.NewSigner(r).PublicKeys(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "sig", set.Keys[0].Use)
	assert.Empty(t, r.set.Keys[0].Use)
}

func TestEphemeral_IsANewKeyEachTimeThatKeepsThePromises(t *testing.T) {
	seen := map[string]bool{}
	for range 5 {
		keys, err := token.Ephemeral()
		require.NoError(t, err)
		s := token.NewSigner(keys)
		require.NoError(t, s.Check(t.Context()))
		set, err := s.PublicKeys(t.Context())
		require.NoError(t, err)
		require.Len(t, set.Keys, 1)
		k := set.Keys[0]
		assert.False(t, seen[k.KeyID], "the same key again")
		seen[k.KeyID] = true
		assert.Equal(t, "ES256", k.Algorithm)
		thumbprint, err := k.Thumbprint(crypto.SHA256)
		require.NoError(t, err)
		assert.False(t, seen[string(thumbprint)], "the same key again")
		seen[string(thumbprint)] = true
	}
}

func TestEphemeral_EndsWithItsProcess(t *testing.T) {
	one, err := token.Ephemeral()
	require.NoError(t, err)
	other, err := token.Ephemeral()
	require.NoError(t, err)
	text, err := token.NewSigner(one).Sign(t.Context(), token.AccessToken, claims())
	require.NoError(t, err)
	_, err = token.NewSigner(other).Verify(t.Context(), token.AccessToken, text, issuer, now)
	assert.ErrorIs(t, err, token.ErrInvalid)
}
