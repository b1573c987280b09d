package keyfile

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Keys that are read sign, each under a kid of its own, and show nothing private when they are published.
func FuzzParseKeys(f *testing.F) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(f, err)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(f, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(f, err)
	block := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	for _, keys := range [][]jose.JSONWebKey{
		{{Key: key}}, {{Key: ed, KeyID: "ed"}}, {{Key: key}, {Key: ed}}, {{Key: key}, {Key: key}}, {{Key: &key.PublicKey}}, {{Key: key, Use: "enc", Algorithm: "ES512"}}, {{Key: []byte("secret")}},
	} {
		text, err := json.Marshal(jose.JSONWebKeySet{Keys: keys})
		require.NoError(f, err)
		f.Add(text)
	}
	for _, text := range []string{"", "{}", `{"keys":[]}`, `{"keys":[{}]}`, `{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB","p":"Aw","q":"Aw"}]}`, `{"keys":[{"kty":"EC","crv":"P-256","x":"","y":"","d":""}]}`} {
		f.Add([]byte(text))
	}
	f.Add(block)
	f.Add(append(block, block...))
	f.Fuzz(func(t *testing.T, data []byte) {
		keys, err := parse(data)
		if err != nil {
			assert.Empty(t, keys)
			return
		}
		require.NotEmpty(t, keys)
		seen := map[string]bool{}
		for _, k := range keys {
			assert.NotEmpty(t, k.KeyID)
			assert.False(t, seen[k.KeyID], "a kid twice")
			seen[k.KeyID] = true
			public := k.Public()
			assert.True(t, public.IsPublic())
			signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(k.Algorithm), Key: k}, nil)
			require.NoError(t, err)
			jws, err := signer.Sign([]byte("{}"))
			require.NoError(t, err)
			_, err = jws.Verify(public)
			assert.NoError(t, err)
		}
	})
}
