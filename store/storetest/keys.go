package storetest

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/token"
)

type keys = handles[token.Keys]

// keyChecks are the promises of token.Keys.
var keyChecks = []check[token.Keys]{
	{"what the signing key signs is verified by the published one of its ID", signatureIsVerified},
	{"no private part is published", nothingPrivate},
	{"each published key has an ID of its own, one algorithm, and is strong enough", keysAreSound},
	{"the signing key stays the same", signingKeyStays},
	{"what is published belongs to the caller", publishedIsACopy},
	{"many callers at once get the same keys", keysAtOnce},
	{"all handles have the same keys", handlesAgree},
	{"a call whose context is done returns soon and harms nobody", keysContext},
}

// signing returns the key that signs now and its ID.
func signing(t testingT, k token.Keys) (key jose.SigningKey, kid string) {
	key, err := k.SigningKey(t.Context())
	require.NoError(t, err, "SigningKey")
	switch private := key.Key.(type) {
	case jose.JSONWebKey:
		kid = private.KeyID
	case jose.OpaqueSigner:
		kid = private.Public().KeyID
	default:
		require.Fail(t, "a signing key of the wrong type", "%T is neither a jose.JSONWebKey nor a jose.OpaqueSigner", key.Key)
	}
	require.NotEmpty(t, kid, "ID of the signing key")
	require.Contains(t, token.Algorithms, key.Algorithm, "algorithm of the signing key")
	return key, kid
}

func published(t testingT, k token.Keys) []jose.JSONWebKey {
	set, err := k.VerificationKeys(t.Context())
	require.NoError(t, err, "VerificationKeys")
	require.NotEmpty(t, set.Keys, "VerificationKeys")
	return set.Keys
}

// ids returns the IDs of what is published, in order.
func ids(t testingT, k token.Keys) (all []string) {
	for _, key := range published(t, k) {
		all = append(all, key.KeyID)
	}
	slices.Sort(all)
	return all
}

func signatureIsVerified(t testingT, k keys) {
	a, b := k.both()
	key, kid := signing(t, a)
	signer, err := jose.NewSigner(key, nil)
	require.NoError(t, err, "a signer with the signing key")
	jws, err := signer.Sign([]byte("text"))
	require.NoError(t, err, "Sign")
	compact, err := jws.CompactSerialize()
	require.NoError(t, err)
	jws, err = jose.ParseSignedCompact(compact, token.Algorithms)
	require.NoError(t, err)
	require.Equal(t, kid, jws.Signatures[0].Header.KeyID, "ID of the key in the signature")

	all := published(t, b)
	i := slices.IndexFunc(all, func(k jose.JSONWebKey) bool { return k.KeyID == kid })
	require.NotEqual(t, -1, i, "the signing key is not published")
	require.Equal(t, string(key.Algorithm), all[i].Algorithm, "algorithm")
	text, err := jws.Verify(all[i])
	require.NoError(t, err, "Verify")
	require.Equal(t, "text", string(text))
	require.NoError(t, token.NewSigner(b).Check(t.Context()))
}

// nothingPrivate looks at what everybody can read: the set as text (RFC 7518 §6).
func nothingPrivate(t testingT, k keys) {
	for _, key := range published(t, k.at(0)) {
		text, err := json.Marshal(key)
		require.NoError(t, err)
		var members map[string]any
		require.NoError(t, json.Unmarshal(text, &members))
		for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
			require.NotContains(t, members, private, "members of the published key %q", key.KeyID)
		}
		require.True(t, key.IsPublic(), "the published key %q is a public one", key.KeyID)
	}
}

func keysAreSound(t testingT, k keys) {
	seen := map[string]bool{}
	for _, key := range published(t, k.at(0)) {
		require.NotEmpty(t, key.KeyID, "ID of a published key")
		require.False(t, seen[key.KeyID], "the ID %q is there twice", key.KeyID)
		seen[key.KeyID] = true
		require.Contains(t, []string{"", "sig"}, key.Use, "use of the key %q", key.KeyID)

		want := jose.SignatureAlgorithm("")
		switch public := key.Key.(type) {
		case *ecdsa.PublicKey:
			if public.Curve == elliptic.P256() {
				want = jose.ES256
			}
		case *rsa.PublicKey:
			if public.N.BitLen() >= 2048 {
				want = jose.RS256
			}
		case ed25519.PublicKey:
			want = jose.EdDSA
		}
		require.Equal(t, string(want), key.Algorithm, "algorithm of the key %q, a %T", key.KeyID, key.Key)
	}
}

// signingKeyStays asks so fast that no rotation comes in between.
func signingKeyStays(t testingT, k keys) {
	_, want := signing(t, k.at(0))
	before := published(t, k.at(0))
	for i := range 100 {
		_, kid := signing(t, k.at(i))
		require.Equal(t, want, kid, "ID of the signing key")
	}
	same := func(a, b jose.JSONWebKey) bool { return a.KeyID == b.KeyID && equalKeys(a, b) }
	for _, key := range published(t, k.at(0)) {
		require.True(t, slices.ContainsFunc(before, func(b jose.JSONWebKey) bool { return same(key, b) }), "the key %q has changed", key.KeyID)
	}
}

func equalKeys(a, b jose.JSONWebKey) bool {
	x, _ := json.Marshal(a.Key)
	y, _ := json.Marshal(b.Key)
	return string(x) == string(y)
}

func publishedIsACopy(t testingT, k keys) {
	want := ids(t, k.at(0))
	mine := published(t, k.at(0))
	for i := range mine {
		mine[i] = jose.JSONWebKey{}
	}
	require.Equal(t, want, ids(t, k.at(0)), "IDs after a caller has changed what it got")
}

func keysAtOnce(t testingT, k keys) {
	_, want := signing(t, k.at(0))
	for _, err := range atOnce(racers, func(i int) error {
		return token.NewSigner(k.at(i)).Check(t.Context())
	}) {
		require.NoError(t, err)
	}
	_, kid := signing(t, k.at(0))
	require.Equal(t, want, kid, "ID of the signing key")
}

func handlesAgree(t testingT, k keys) {
	_, want := signing(t, k.at(0))
	all := ids(t, k.at(0))
	for i := range k {
		_, kid := signing(t, k.at(i))
		require.Equal(t, want, kid, "ID of the signing key of handle %d", i)
		require.Equal(t, all, ids(t, k.at(i)), "IDs of the published keys of handle %d", i)
	}
}

// keysContext accepts keys that are at hand as well as an error.
func keysContext(t testingT, k keys) {
	_, want := signing(t, k.at(0))
	all := ids(t, k.at(0))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	start := time.Now()
	if key, err := k.at(0).SigningKey(ctx); err == nil {
		require.NotNil(t, key.Key, "the key of a call without an error")
	}
	if set, err := k.at(0).VerificationKeys(ctx); err == nil {
		require.NotEmpty(t, set.Keys, "the keys of a call without an error")
	}
	require.Less(t, time.Since(start), 2*time.Second, "time of calls with a context that is done")
	_, kid := signing(t, k.at(1))
	require.Equal(t, want, kid, "ID of the signing key")
	require.Equal(t, all, ids(t, k.at(1)), "IDs of the published keys")
}
