package password_test

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"golang.org/x/crypto/scrypt"

	"github.com/nativeauth/nativeauth/password"
)

func pbkdf2Of(text string) string {
	sum, err := pbkdf2.Key(sha256.New, text, []byte("sixteen bytes it"), 10, 32)
	if err != nil {
		panic(err)
	}
	return "$pbkdf2-sha256$i=10$" + raw([]byte("sixteen bytes it")) + "$" + raw(sum)
}

func scryptOf(text string) string {
	sum, err := scrypt.Key([]byte(text), []byte("sixteen bytes it"), 16, 8, 1, 32)
	if err != nil {
		panic(err)
	}
	return "$scrypt$ln=4,r=8,p=1$" + raw([]byte("sixteen bytes it")) + "$" + raw(sum)
}

const (
	salt     = "$AAECAwQFBgcICQoLDA0ODw"
	sum      = "$dEU8zhEBNbs0GcT07L3QUx+lcA3TddYEt0UsU07DeLI"
	argon    = "$argon2id$v=19$m=19456,t=2,p=1"
	django   = "$NaClNaClNaCl$9R0jOzVrDdH88PFOKJWYvjhWilkxeAq37H1Asldm/ZI="
	bcrypted = "abcdefghijklmnopqrstuuLDrQe5e4wtdgUZsbTT6Fu7p0AbOwHRa"
)

func TestVerify_AHostileHashIsNotRun(t *testing.T) {
	for name, stored := range map[string]string{
		"argon2id, a KiB too many":           "$argon2id$v=19$m=262145,t=2,p=1" + salt + sum,
		"argon2id, 4 GiB":                    "$argon2id$v=19$m=4194304,t=2,p=1" + salt + sum,
		"argon2id, memory beyond 32 bits":    "$argon2id$v=19$m=4294986752,t=2,p=1" + salt + sum,
		"argon2id, as much as there are":     "$argon2id$v=19$m=9999999999,t=9999999999,p=9999999999" + salt + sum,
		"argon2id, a pass too many":          "$argon2id$v=19$m=19456,t=11,p=1" + salt + sum,
		"argon2id, passes beyond 32 bits":    "$argon2id$v=19$m=19456,t=4294967298,p=1" + salt + sum,
		"argon2id, a thread too many":        "$argon2id$v=19$m=19456,t=2,p=17" + salt + sum,
		"argon2id, threads beyond 8 bits":    "$argon2id$v=19$m=19456,t=2,p=257" + salt + sum,
		"argon2id, less than 8 KiB a thread": "$argon2id$v=19$m=127,t=2,p=16" + salt + sum,
		"bcrypt, a cost of 16":               "$2b$16$" + bcrypted,
		"bcrypt, a cost of 31":               "$2b$31$" + bcrypted,
		"bcrypt, a cost of 99":               "$2b$99$" + bcrypted,
		"bcrypt, a cost of 3":                "$2b$03$" + bcrypted,
		"scrypt, twice the memory":           "$scrypt$ln=19,r=8,p=1" + salt + sum,
		"scrypt, 22 bits":                    "$scrypt$ln=22,r=1,p=1" + salt + sum,
		"scrypt, a shift beyond 64 bits":     "$scrypt$ln=64,r=8,p=1" + salt + sum,
		"scrypt, r beyond all bounds":        "$scrypt$ln=1,r=9999999999,p=1" + salt + sum,
		"scrypt, p beyond all bounds":        "$scrypt$ln=1,r=1,p=9999999999" + salt + sum,
		"scrypt, a product beyond 32 bits":   "$scrypt$ln=2,r=65536,p=65536" + salt + sum,
		"PBKDF2, an iteration too many":      "$pbkdf2-sha256$i=4000001" + salt + sum,
		"PBKDF2, two blocks of sha1":         "$pbkdf2-sha1$i=2000001" + salt + sum,
		"PBKDF2, as many as there are":       "$pbkdf2-sha512$9999999999" + salt + strings.ReplaceAll(sum, "+", "."),
		"Django, an iteration too many":      "pbkdf2_sha256$4000001" + django,
	} {
		result, err := hasher.Verify(t.Context(), stored, good)
		assert.ErrorIs(t, err, password.ErrUnreadable, name)
		assert.Zero(t, result, name)
		used, err := hasher.Used(t.Context(), good, []string{stored})
		assert.NoError(t, err, name)
		assert.False(t, used, name)
	}
}

func TestVerify_WhatIsWithinTheBoundsIsRun(t *testing.T) {
	for _, stored := range []string{
		argonAt(8, 1, 1), argonAt(128, 1, 16), argonAt(64, 10, 1), argonAt(19456, 1, 1),
		"$2b$04$" + bcrypted, "$scrypt$ln=1,r=8,p=1" + salt + sum, "$pbkdf2-sha256$i=1" + salt + sum, "pbkdf2_sha256$1" + django,
	} {
		assert.Zero(t, verify(t, stored, good), stored)
	}
}

func argonAt(memory, time, threads int) string {
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d", memory, time, threads) + salt + sum
}
