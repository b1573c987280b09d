package handler_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/token"
)

// ring is a token.Keys that tests change. The first key signs.
type ring struct {
	mu     sync.Mutex
	keys   []jose.JSONWebKey
	opaque jose.OpaqueSigner // signs, if there is one
	err    error
}

func newRing(t *testing.T, keys ...jose.JSONWebKey) *ring {
	t.Helper()
	return &ring{keys: keys}
}

func (r *ring) set(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
}

func (r *ring) SigningKey(context.Context) (jose.SigningKey, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.opaque != nil {
		return jose.SigningKey{Algorithm: r.opaque.Algs()[0], Key: r.opaque}, r.err
	}
	return jose.SigningKey{Algorithm: jose.SignatureAlgorithm(r.keys[0].Algorithm), Key: r.keys[0]}, r.err
}

func (r *ring) VerificationKeys(context.Context) (jose.JSONWebKeySet, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var set jose.JSONWebKeySet
	for _, k := range r.keys {
		set.Keys = append(set.Keys, k.Public())
	}
	return set, r.err
}

func es256(t *testing.T, kid string) jose.JSONWebKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return jose.JSONWebKey{Key: key, KeyID: kid, Algorithm: string(jose.ES256)}
}

func rs256(t *testing.T, kid string) jose.JSONWebKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return jose.JSONWebKey{Key: key, KeyID: kid, Algorithm: string(jose.RS256)}
}

func eddsa(t *testing.T, kid string) jose.JSONWebKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return jose.JSONWebKey{Key: key, KeyID: kid, Algorithm: string(jose.EdDSA)}
}

// vault signs as a KMS does: the key stays inside.
type vault struct{ key jose.JSONWebKey }

func (v vault) Public() *jose.JSONWebKey {
	public := v.key.Public()
	return &public
}

func (v vault) Algs() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{jose.SignatureAlgorithm(v.key.Algorithm)}
}

func (v vault) SignPayload(payload []byte, _ jose.SignatureAlgorithm) ([]byte, error) {
	hash := crypto.SHA256.New()
	hash.Write(payload)
	return v.key.Key.(*rsa.PrivateKey).Sign(rand.Reader, hash.Sum(nil), crypto.SHA256)
}

// published reads the keys as an API server does.
func (w *world) published() jose.JSONWebKeySet {
	w.Helper()
	resp, text := w.bare("GET", w.base+documents[2], "")
	require.Equal(w, 200, resp.StatusCode)
	var set jose.JSONWebKeySet
	require.NoError(w, json.Unmarshal([]byte(text), &set))
	return set
}

// verify checks a token as an API server does: with a published key.
func (w *world) verify(text string) {
	w.Helper()
	jws, err := jose.ParseSignedCompact(text, token.Algorithms)
	require.NoError(w, err)
	set := w.published()
	keys := set.Key(jws.Signatures[0].Protected.KeyID)
	require.Len(w, keys, 1)
	_, err = jws.Verify(keys[0])
	require.NoError(w, err)
	assert.Equal(w, keys[0].Algorithm, jws.Signatures[0].Protected.Algorithm)
}

func TestKeys_TheHostsDecideTheAlgorithm(t *testing.T) {
	hidden := rs256(t, "in a vault")
	for name, keys := range map[string]*ring{
		"ES256":                  newRing(t, es256(t, "a")),
		"RS256":                  newRing(t, rs256(t, "b")),
		"EdDSA":                  newRing(t, eddsa(t, "c")),
		"RS256, and a signature": {keys: []jose.JSONWebKey{hidden}, opaque: vault{hidden}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(c *handler.Config) { c.Keys = keys })
			w.signUp(casey)
			a := w.signIn(casey)
			assert.Equal(t, name[:5], jwtPart(t, a.text("id_token"), 0)["alg"])
			assert.Equal(t, keys.keys[0].KeyID, jwtPart(t, a.text("access_token"), 0)["kid"])
			w.verify(a.text("id_token"))
			w.verify(a.text("access_token"))
			resp, text := w.protected(w.auth.RequireToken(), "Bearer "+a.text("access_token"))
			assert.Equal(t, 200, resp.StatusCode, text)
			assert.Equal(t, []any{name[:5]}, w.method("GET", documents[0]).body["id_token_signing_alg_values_supported"])
		})
	}
}

func TestKeys_OldTokensAreGoodWhileTheirKeyIsPublished(t *testing.T) {
	old, next := rs256(t, "old"), es256(t, "next")
	keys := newRing(t, old, next)
	w := newWorld(t, func(c *handler.Config) { c.Keys = keys })
	w.signUp(casey)
	before := w.signIn(casey)
	status := func(a answer) int {
		resp, _ := w.protected(w.auth.RequireToken(), "Bearer "+a.text("access_token"))
		return resp.StatusCode
	}
	keys.set(func() { keys.keys = []jose.JSONWebKey{next, old} })
	after := w.signIn(casey)
	assert.Equal(t, "next", jwtPart(t, after.text("access_token"), 0)["kid"])
	w.verify(before.text("id_token"))
	w.verify(after.text("id_token"))
	assert.Equal(t, 200, status(before))
	assert.Equal(t, 200, status(after))
	assert.Equal(t, []any{"ES256", "RS256"}, w.method("GET", documents[0]).body["id_token_signing_alg_values_supported"])

	keys.set(func() { keys.keys = []jose.JSONWebKey{next} })
	assert.Equal(t, 401, status(before))
	assert.Equal(t, 200, status(after))
	assert.Len(t, w.published().Keys, 1)
	w.refresh(plain, before.text("refresh_token")).tokens() // needs no key of theirs
}

func TestKeys_NoPrivatePartIsPublished(t *testing.T) {
	keys := newRing(t, es256(t, "a"), rs256(t, "b"), eddsa(t, "c"))
	w := newWorld(t, func(c *handler.Config) { c.Keys = keys })
	for _, each := range w.method("GET", documents[2]).body["keys"].([]any) {
		key := each.(map[string]any)
		for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "k", "oth"} {
			assert.NotContains(t, key, private)
		}
		for _, member := range []string{"kid", "kty", "alg", "use"} {
			assert.NotEmpty(t, key[member], member)
		}
	}
	leak := leaky{keys}
	_, err := handler.Mount(http.NewServeMux(), handler.Config{
		Issuer: "http://127.0.0.1", Clients: []handler.Client{{ID: plain}}, Keys: leak, Logger: slog.New(slog.DiscardHandler),
	})
	assert.ErrorContains(t, err, "not a public key")
}

// leaky hands out what it should keep.
type leaky struct{ *ring }

func (l leaky) VerificationKeys(context.Context) (jose.JSONWebKeySet, error) {
	return jose.JSONWebKeySet{Keys: l.keys}, nil
}
