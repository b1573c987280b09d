package token_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/token"
)

var access = token.AccessClaims{
	Issuer: issuer, Subject: "u1", Audience: token.Audience{issuer}, Expires: 2, NotBefore: 1, IssuedAt: 1, ID: "j", ClientID: "web",
	Scope: "openid", AuthTime: 1, AMR: []string{"otp"}, ObjectID: "o", TenantID: "t", Party: "web", Version: "2.0",
}

func TestMerge_AddsTheHostsClaims(t *testing.T) {
	body, err := token.Merge(access, map[string]any{"roles": []string{"admin"}, "plan": "gold", "n": 1.5, "x": nil, `q"`: "<&>"})
	require.NoError(t, err)
	var got map[string]any
	require.NoError(t, json.Unmarshal(body, &got))
	assert.Equal(t, []any{"admin"}, got["roles"])
	assert.Equal(t, "gold", got["plan"])
	assert.Equal(t, 1.5, got["n"])
	assert.Equal(t, "<&>", got[`q"`])
	assert.Equal(t, "u1", got["sub"])
	assert.Equal(t, 2.0, got["exp"])
}

func TestMerge_WithoutMoreIsTheProtocolsAlone(t *testing.T) {
	plain, err := json.Marshal(access)
	require.NoError(t, err)
	for _, others := range []map[string]any{nil, {}} {
		body, err := token.Merge(access, others)
		require.NoError(t, err)
		assert.JSONEq(t, string(plain), string(body))
	}
	body, err := token.Merge(struct{}{}, map[string]any{"a": 1})
	require.NoError(t, err)
	assert.JSONEq(t, `{"a":1}`, string(body))
}

// protocol are the claims that decide what a token is good for: those that are written, and those of
// RFC 7519, RFC 8693, RFC 9068, OpenID Connect and MSAL that a reader may believe.
func protocol() []string {
	names := []string{"nonce", "acr", "cnf", "at_hash", "c_hash", "tfp", "signin_state", "act", "may_act"}
	for _, claims := range []any{token.AccessClaims{}, token.IDClaims{}} {
		for f := range reflect.TypeOf(claims).Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestMerge_TheProtocolsClaimsAreReserved(t *testing.T) {
	require.Greater(t, len(protocol()), 20)
	for _, name := range protocol() {
		for _, value := range []any{"x", nil, 1, []string{"x"}} {
			body, err := token.Merge(access, map[string]any{"ok": 1, name: value})
			assert.ErrorIs(t, err, token.ErrReserved, name)
			assert.ErrorContains(t, err, name)
			assert.Empty(t, body)
		}
	}
}

// Readers that ignore case, Go's own among them, would take the last of two.
func TestMerge_NoOtherCaseGetsPastTheReserve(t *testing.T) {
	for _, name := range protocol() {
		for _, other := range []string{
			strings.ToUpper(name), strings.ToUpper(name[:1]) + name[1:],
			strings.ReplaceAll(name, "s", "\u017f"), strings.ReplaceAll(name, "k", "\u212a"),
		} {
			_, err := token.Merge(access, map[string]any{other: "x"})
			assert.ErrorIs(t, err, token.ErrReserved, other)
		}
	}
}

func TestMerge_ClaimsThatAreNoJSONAreAnError(t *testing.T) {
	for _, value := range []any{make(chan int), func() {}, map[any]any{1: 2}, broken{}} {
		_, err := token.Merge(access, map[string]any{"x": value})
		assert.Error(t, err)
		_, err = token.Merge(value, nil)
		assert.Error(t, err)
	}
}

type broken struct{}

func (broken) MarshalJSON() ([]byte, error) { return nil, assert.AnError }

func TestMerge_LeavesTheHostsMapAlone(t *testing.T) {
	others := map[string]any{"a": 1, "b": "2"}
	before := maps.Clone(others)
	_, err := token.Merge(access, others)
	require.NoError(t, err)
	assert.Equal(t, before, others)
}
