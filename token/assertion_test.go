package token_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/token"
)

func TestAudience_IsOneNameOrAList(t *testing.T) {
	for text, want := range map[string]token.Audience{
		`"a"`: {"a"}, `["a"]`: {"a"}, `["a","b"]`: {"a", "b"}, `[]`: {}, `null`: {""},
	} {
		var got token.Audience
		require.NoError(t, json.Unmarshal([]byte(text), &got), text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{`1`, `{}`, `[1]`, `true`} {
		var got token.Audience
		assert.Error(t, json.Unmarshal([]byte(text), &got), text)
	}
	for text, list := range map[string]token.Audience{`"a"`: {"a"}, `["a","b"]`: {"a", "b"}} {
		got, err := json.Marshal(list)
		require.NoError(t, err)
		assert.JSONEq(t, text, string(got))
	}
}

func TestParseID_ReadsOneSpellingOnly(t *testing.T) {
	id := token.ID{1, 2, 3, 250}
	got, err := token.ParseID(id.String())
	require.NoError(t, err)
	assert.Equal(t, id, got)
	text := id.String()
	for _, other := range []string{"", text[1:], text + "A", text + "=", text[:5] + "\n" + text[5:], text[:len(text)-1] + "B", " " + text} {
		_, err := token.ParseID(other)
		assert.ErrorIs(t, err, token.ErrInvalid, "%q", other)
	}
}

func TestParseAssertion_RefusesWhatIsNone(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "no JWT": "x", "dots": "..", "a large one": strings.Repeat("a", 1<<20), "a large header": strings.Repeat("a", 1<<11) + ".e30.e30",
		"claims that are none": forge(`{"alg":"ES256","kid":"ec"}`, []byte(`[]`), es256("ES256")),
		"unsigned":             forge(`{"alg":"none"}`, claims(), nothing),
		"a secret":             forge(`{"alg":"HS256","kid":"ec"}`, claims(), hs256([]byte("k"))),
	} {
		_, err := token.ParseAssertion(text)
		assert.ErrorIs(t, err, token.ErrInvalid, name)
	}
}

func TestAssertion_WithoutAKidNeedsAnAlgorithmThatLeavesOneKey(t *testing.T) {
	one, another := keyring()["ES256"].Public(), keyring()["evil"].Public()
	one.Algorithm, another.Algorithm = "ES256", "ES256"
	text := forge(`{"alg":"ES256"}`, claims("iss", "app", "sub", "app", "aud", issuer, "jti", "1", "exp", now.Unix()+60), es256("ES256"))
	a, err := token.ParseAssertion(text)
	require.NoError(t, err)
	assert.Equal(t, "app", a.Client())
	assert.Equal(t, "1", a.ID())
	verify := func(keys ...jose.JSONWebKey) error {
		return a.Verify(jose.JSONWebKeySet{Keys: keys}, []string{issuer}, now)
	}
	require.NoError(t, verify(one))
	require.NoError(t, verify(keyring()["RS256"].Public(), one))
	assert.ErrorIs(t, verify(one, another), token.ErrInvalid)
	assert.ErrorIs(t, verify(another), token.ErrInvalid)
	assert.ErrorIs(t, verify(), token.ErrInvalid)
}

func FuzzParseAssertion(f *testing.F) {
	f.Add(forge(`{"alg":"ES256","kid":"ec"}`, claims("iss", "app", "sub", "app", "aud", issuer, "jti", "1"), es256("ES256")))
	f.Add("x.y.z")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := token.ParseAssertion(text)
		if err != nil {
			assert.ErrorIs(t, err, token.ErrInvalid)
			return
		}
		assert.ErrorIs(t, a.Verify(jose.JSONWebKeySet{}, []string{issuer}, now), token.ErrInvalid)
	})
}
