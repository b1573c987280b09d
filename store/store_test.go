package store_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/store"
)

func TestUser_ALogLearnsTheIDAndNothingElse(t *testing.T) {
	u := store.User{
		ID:                 "42",
		Username:           "ada@example.com",
		Email:              "ada@example.com",
		Attributes:         map[string]string{"displayName": "Ada"},
		PasswordHash:       "$2b$12$present",
		PasswordHistory:    []string{"$2b$12$past"},
		PasswordChangedAt:  time.Now(),
		MustChangePassword: true,
		Methods:            []store.Method{{ID: "7", Kind: store.MethodEmail, Target: "ada@example.org"}},
	}
	for what, logged := range map[string]any{"a user": u, "a pointer to one": &u} {
		var text, json bytes.Buffer
		slog.New(slog.NewTextHandler(&text, nil)).Info("it", "user", logged)
		slog.New(slog.NewJSONHandler(&json, nil)).Info("it", "user", logged)
		assert.Regexp(t, `msg=it user\.id=42\n$`, text.String(), what)
		assert.Regexp(t, `"msg":"it","user":{"id":"42"}}\n$`, json.String(), what)
	}
}

func TestMethod_ALogLearnsTheIDAndTheKindAndNothingElse(t *testing.T) {
	m := store.Method{
		ID:      "7",
		Kind:    store.MethodTOTP,
		Target:  "ada@example.org",
		Default: true,
		Secret:  []byte("sealed"),
		Codes:   [][]byte{[]byte("hash")},
		AddedAt: time.Now(),
	}
	for what, logged := range map[string]any{"a method": m, "a pointer to one": &m} {
		var text, json bytes.Buffer
		slog.New(slog.NewTextHandler(&text, nil)).Info("it", "method", logged)
		slog.New(slog.NewJSONHandler(&json, nil)).Info("it", "method", logged)
		assert.Regexp(t, `msg=it method\.id=7 method\.kind=totp\n$`, text.String(), what)
		assert.Regexp(t, `"msg":"it","method":{"id":"7","kind":"totp"}}\n$`, json.String(), what)
	}
}

// Rows of an adapter that keeps methods as JSON outlive a release.
func TestMethod_InJSONKeepsItsNames(t *testing.T) {
	m := store.Method{
		ID:      "7",
		Kind:    store.MethodRecovery,
		Target:  "+4915112345678",
		Default: true,
		Secret:  []byte{0, 255},
		Codes:   [][]byte{{1}, {2}},
		AddedAt: time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.UTC),
	}
	text := `{"id":"7","kind":"recovery","target":"+4915112345678","default":true,"secret":"AP8=","codes":["AQ==","Ag=="],"added_at":"2026-01-02T03:04:05.006Z"}`
	written, err := json.Marshal(m)
	require.NoError(t, err)
	assert.Equal(t, text, string(written))
	var read store.Method
	require.NoError(t, json.Unmarshal([]byte(text), &read))
	assert.Equal(t, m, read)

	written, err = json.Marshal(store.Method{ID: "7", Kind: store.MethodTOTP})
	require.NoError(t, err)
	assert.Equal(t, `{"id":"7","kind":"totp"}`, string(written))
}
