package handler_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// jwtPart reads the header (0) or the claims (1) of a signed token, without a look at the signature.
func jwtPart(t *testing.T, text string, part int) map[string]any {
	t.Helper()
	parts := strings.Split(text, ".")
	require.Len(t, parts, 3, text)
	raw, err := base64.RawURLEncoding.DecodeString(parts[part])
	require.NoError(t, err)
	var m map[string]any
	require.NoError(t, json.Unmarshal(raw, &m))
	return m
}

func idClaims(t *testing.T, a answer) map[string]any {
	t.Helper()
	return jwtPart(t, a.text("id_token"), 1)
}

func accessClaims(t *testing.T, a answer) map[string]any {
	t.Helper()
	return jwtPart(t, a.text("access_token"), 1)
}
