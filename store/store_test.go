package store_test

import (
	"bytes"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

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
	}
	for what, logged := range map[string]any{"a user": u, "a pointer to one": &u} {
		var text, json bytes.Buffer
		slog.New(slog.NewTextHandler(&text, nil)).Info("it", "user", logged)
		slog.New(slog.NewJSONHandler(&json, nil)).Info("it", "user", logged)
		assert.Regexp(t, `msg=it user\.id=42\n$`, text.String(), what)
		assert.Regexp(t, `"msg":"it","user":{"id":"42"}}\n$`, json.String(), what)
	}
}
