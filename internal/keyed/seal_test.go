package keyed

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSealer_OpensWhatItSealedAboutTheSameThing(t *testing.T) {
	before, after := bytes.Repeat([]byte("b"), 32), bytes.Repeat([]byte("a"), 32)
	sealed := NewSealer([][]byte{before}).Seal([]byte("a secret"), "ada")
	assert.NotContains(t, string(sealed), "a secret")

	rotated := NewSealer([][]byte{after, before})
	text, old, err := rotated.Open(sealed, "ada")
	require.NoError(t, err)
	assert.Equal(t, "a secret", string(text))
	assert.True(t, old, "it was sealed under an old key")
	_, old, err = rotated.Open(rotated.Seal([]byte("a secret"), "ada"), "ada")
	require.NoError(t, err)
	assert.False(t, old)

	_, _, err = rotated.Open(sealed, "bob")
	assert.ErrorIs(t, err, ErrSealed, "it is about somebody else")
	_, _, err = NewSealer([][]byte{after}).Open(sealed, "ada")
	assert.ErrorIs(t, err, ErrSealed, "the key is gone")
	for i := range sealed {
		forged := bytes.Clone(sealed)
		forged[i] ^= 1
		_, _, err = rotated.Open(forged, "ada")
		assert.ErrorIs(t, err, ErrSealed, "byte %d", i)
	}
	_, _, err = rotated.Open(nil, "ada")
	assert.ErrorIs(t, err, ErrSealed)
}
