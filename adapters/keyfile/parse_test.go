package keyfile_test

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/nativeauth/nativeauth/adapters/keyfile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOpen_TakesTheUsualKeys(t *testing.T) {
	ec, rs, okp := p256(t), rsaKey(t, 2048), ed(t)
	for name, c := range map[string]struct {
		file string
		alg  jose.SignatureAlgorithm
		kids []string
	}{
		"an EC key":              {set(t, jose.JSONWebKey{Key: ec, KeyID: "a"}), jose.ES256, []string{"a"}},
		"an RSA key":             {set(t, jose.JSONWebKey{Key: rs, KeyID: "a", Algorithm: "RS256"}), jose.RS256, []string{"a"}},
		"an Ed25519 key":         {set(t, jose.JSONWebKey{Key: okp, KeyID: "a", Use: "sig"}), jose.EdDSA, []string{"a"}},
		"a key without a kid":    {set(t, jose.JSONWebKey{Key: ec}), jose.ES256, []string{thumbprint(t, ec)}},
		"several, the first one": {set(t, jose.JSONWebKey{Key: okp, KeyID: "b"}, jose.JSONWebKey{Key: ec, KeyID: "a"}), jose.EdDSA, []string{"b", "a"}},
		"blanks around":          {"\n\t " + set(t, jose.JSONWebKey{Key: ec, KeyID: "a"}) + "\n", jose.ES256, []string{"a"}},
		"PKCS#8 EC":              {pkcs8(t, ec), jose.ES256, []string{thumbprint(t, ec)}},
		"PKCS#8 RSA":             {pkcs8(t, rs), jose.RS256, []string{thumbprint(t, rs)}},
		"PKCS#8 Ed25519":         {pkcs8(t, okp), jose.EdDSA, []string{thumbprint(t, okp)}},
		"PKCS#1 RSA":             {block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rs)), jose.RS256, []string{thumbprint(t, rs)}},
		"SEC 1 EC from openssl":  {block("EC PARAMETERS", []byte{6, 8}) + sec1(t, ec), jose.ES256, []string{thumbprint(t, ec)}},
		"several in PEM":         {pkcs8(t, rs) + "\n" + sec1(t, ec), jose.RS256, []string{thumbprint(t, rs), thumbprint(t, ec)}},
	} {
		t.Run(name, func(t *testing.T) {
			keys := open(t, write(t, c.file))
			assert.Equal(t, c.alg, signing(t, keys).Algorithm)
			assert.Equal(t, c.kids, kids(t, keys))
			signsAndVerifies(t, keys)
		})
	}
}

func TestOpen_SaysWhatIsWrongWithAFile(t *testing.T) {
	ec := p256(t)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	x25519, err := ecdh.X25519().GenerateKey(rand.Reader)
	require.NoError(t, err)
	for name, c := range map[string]struct{ file, want string }{
		"nothing":            {"", "there is no key in it"},
		"some words":         {"hello", "there is no key in it"},
		"no keys":            {`{"keys":[]}`, "there is no key in it"},
		"a single key":       {strings.TrimSuffix(strings.TrimPrefix(set(t, jose.JSONWebKey{Key: ec}), `{"keys":[`), "]}"), "there is no key in it"},
		"half a set":         {`{"keys":[{"kty":"EC"`, "not a JSON Web Key Set"},
		"two sets":           {set(t, jose.JSONWebKey{Key: ec}) + "{}", "not a JSON Web Key Set"},
		"a broken key":       {`{"keys":[{"kty":"EC","crv":"P-256"}]}`, "key 1: "},
		"no kind":            {`{"keys":[null]}`, "key 1: "},
		"an unknown kind":    {`{"keys":[{"kty":"XYZ"}]}`, "key 1: "},
		"a shared secret":    {`{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}`, "key 1: kind of key is not supported"},
		"a public key":       {set(t, jose.JSONWebKey{Key: ec}, jose.JSONWebKey{Key: ec.Public(), KeyID: "b"}), "key 2: it has no private part"},
		"another curve":      {set(t, jose.JSONWebKey{Key: p384}), "key 1: curve P-384 is not supported, use P-256"},
		"halves of two keys": {mixed(t), "key 1: x and y do not match d"},
		"a short RSA key":    {set(t, jose.JSONWebKey{Key: rsaKey(t, 1024)}), "key 1: RSA key of 1024 bits is too short"},
		"a kid twice":        {set(t, jose.JSONWebKey{Key: ec, KeyID: "a"}, jose.JSONWebKey{Key: ed(t), KeyID: "a"}), `key 2: kid "a" is taken`},
		"a key twice":        {pkcs8(t, ec) + pkcs8(t, ec), "key 2: kid "},
		"another algorithm":  {set(t, jose.JSONWebKey{Key: rsaKey(t, 2048), Algorithm: "PS256"}), `key 1: alg "PS256" is not possible, use "RS256"`},
		"another use":        {set(t, jose.JSONWebKey{Key: ec, Use: "enc"}), `key 1: use "enc" is not for signing`},
		"X25519 in PEM":      {pkcs8(t, x25519), "key 1: kind of key is not supported"},
		"a public PEM":       {block("PUBLIC KEY", nil), `key 1: PEM block "PUBLIC KEY" is not a private key`},
		"a PEM passphrase":   {block("ENCRYPTED PRIVATE KEY", nil), "without a passphrase"},
		"a broken PEM":       {pkcs8(t, ec) + block("PRIVATE KEY", []byte("x")), "key 2: "},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, c.file)
			_, err := keyfile.Open(path)
			require.ErrorContains(t, err, c.want)
			assert.ErrorContains(t, err, "keyfile: "+path+": ")
		})
	}
}

// mixed is a set whose key has the d of one key and x and y of another.
func mixed(t *testing.T) string {
	t.Helper()
	members := func() map[string]any {
		var m map[string]any
		text, err := json.Marshal(jose.JSONWebKey{Key: p256(t)})
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &m))
		return m
	}
	one, two := members(), members()
	one["d"] = two["d"]
	text, err := json.Marshal(map[string]any{"keys": []any{one}})
	require.NoError(t, err)
	return string(text)
}

func p256(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key
}

func rsaKey(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	require.NoError(t, err)
	return key
}

func ed(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return key
}

func set(t *testing.T, keys ...jose.JSONWebKey) string {
	t.Helper()
	text, err := json.Marshal(jose.JSONWebKeySet{Keys: keys})
	require.NoError(t, err)
	return string(text)
}

func pkcs8(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return block("PRIVATE KEY", der)
}

func sec1(t *testing.T, key *ecdsa.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalECPrivateKey(key)
	require.NoError(t, err)
	return block("EC PRIVATE KEY", der)
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func thumbprint(t *testing.T, key any) string {
	t.Helper()
	sum, err := (&jose.JSONWebKey{Key: key}).Thumbprint(crypto.SHA256)
	require.NoError(t, err)
	return base64.RawURLEncoding.EncodeToString(sum)
}
