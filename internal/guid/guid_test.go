package guid

import (
	"crypto/rand"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNew_IsAValidRandomGUID(t *testing.T) {
	a, err := New(rand.Reader)
	require.NoError(t, err)
	b, err := New(rand.Reader)
	require.NoError(t, err)
	assert.NotEqual(t, a, b)
	assert.True(t, Valid(a))
	assert.Equal(t, byte('4'), a[14], "version")
	assert.Contains(t, "89ab", a[19:20], "variant")
}

func TestNew_FailsWithItsSource(t *testing.T) {
	_, err := New(strings.NewReader("short"))
	assert.Error(t, err)
}

func TestFromName_IsStableAndKeepsSpacesApart(t *testing.T) {
	assert.Equal(t, FromName("tenant", "a"), FromName("tenant", "a"))
	assert.NotEqual(t, FromName("tenant", "a"), FromName("user", "a"))
	assert.NotEqual(t, FromName("a", "bc"), FromName("ab", "c"))
	assert.True(t, Valid(FromName("tenant", "a")))
}

func TestValid(t *testing.T) {
	for s, want := range map[string]bool{
		"11111111-1111-4111-8111-111111111111":  true,
		"ABCDEFab-1111-4111-8111-111111111111":  true,
		"11111111-1111-4111-8111-11111111111":   false,
		"11111111-1111-4111-8111-1111111111111": false,
		"1111111111111-4111-8111-111111111111x": false,
		"g1111111-1111-4111-8111-111111111111":  false,
		"":                                      false,
	} {
		assert.Equal(t, want, Valid(s), s)
	}
}
