package otp_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/otp"
)

// alphabet is what recovery codes are made of.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// The value that chi-square exceeds with a probability of 10⁻⁴.
const limitOf31 = 68.7 // degrees of freedom

func TestNewRecoveryCode_EveryCodeIsAsLikelyAsAnyOther(t *testing.T) {
	const draws = 200_000
	random := rand.NewChaCha8([32]byte{1: 2, 3: 5, 8: 13})
	var seen [otp.RecoveryLength][len(alphabet)]float64
	for range draws {
		code, err := otp.NewRecoveryCode(random)
		require.NoError(t, err)
		for i, c := range []byte(strings.ReplaceAll(code, "-", "")) {
			seen[i][strings.IndexByte(alphabet, c)]++
		}
	}
	for i := range seen {
		assert.Less(t, chiSquare(seen[i][:], draws), limitOf31, "character %d", i)
	}
}

func TestNewRecoveryCode_HoldsAllThatWasDrawn(t *testing.T) {
	drawn := make([]byte, 10)
	codes := map[string]bool{}
	for bit := range 8 * len(drawn) {
		clear(drawn)
		drawn[bit/8] = 1 << (bit % 8)
		code, err := otp.NewRecoveryCode(bytes.NewReader(drawn))
		require.NoError(t, err)
		codes[code] = true
	}
	assert.Len(t, codes, 80, "each bit counts")
}

func TestNewRecoveryCode_ReadsWell(t *testing.T) {
	code, err := otp.NewRecoveryCode(iotest.OneByteReader(strings.NewReader("0123456789")))
	require.NoError(t, err)
	assert.Equal(t, "60rk-4csm-6mv3-ee1s", code)

	random := rand.NewChaCha8([32]byte{1})
	for range 1000 {
		code, err := otp.NewRecoveryCode(random)
		require.NoError(t, err)
		assert.Regexp(t, `^([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$`, code)
		canonical, ok := otp.CanonicalRecovery(code)
		assert.True(t, ok, code)
		assert.Equal(t, strings.ReplaceAll(code, "-", ""), canonical)
	}
}

func TestNewRecoveryCode_WithoutRandomnessThereIsNoCode(t *testing.T) {
	for _, random := range []string{"", "012345678"} {
		code, err := otp.NewRecoveryCode(strings.NewReader(random))
		assert.Error(t, err, "%q", random)
		assert.Empty(t, code, "%q", random)
	}
}

func TestCanonicalRecovery_OneSpellingACode(t *testing.T) {
	for _, spelling := range []string{
		"01ab-cdef-ghjk-mnpq", "01abcdefghjkmnpq", "01AB-CDEF-GHJK-MNPQ", "01Ab CdEf gHjK mNpQ", " 01ab-cdef-ghjk-mnpq ",
		"0 1 a b c d e f g h j k m n p q", "\t01ab--cdef ghjk-mnpq-", "oiab-cdef-ghjk-mnpq", "OLAB-CDEF-GHJK-MNPQ", "0Iabcdefghjkmnpq",
	} {
		code, ok := otp.CanonicalRecovery(spelling)
		assert.True(t, ok, "%q", spelling)
		assert.Equal(t, "01abcdefghjkmnpq", code, "%q", spelling)
	}
}

func TestCanonicalRecovery_RefusesEveryOtherSpelling(t *testing.T) {
	for _, spelling := range []string{
		"", " ", "-", "01abcdefghjkmnp", "01abcdefghjkmnpqr", "01abcdefghjkmnp-", "01abcdefghjkmnpu", "01abcdefghjkmnpU", "01ab.cdef.ghjk.mnpq",
		"01ab_cdef_ghjk_mnpq", "01abcdefghjkmnpq\n", "01abcdefghjkmnpq\x00", "01ab\u00a0cdefghjkmnpq", "01ab\u2010cdef\u2010ghjk\u2010mnpq",
		"01ab\u2013cdefghjkmnpq", "01abcdefghj\u212amnpq", "０１abcdefghjkmnpq", "01\u0430bcdefghjkmnpq", "01abcdefghjkmnp\xff", "\xff01abcdefghjkmnpq",
		"01abcdefghjkmnp\u0661", strings.Repeat("0", 1<<16), strings.Repeat("-", 1<<16),
	} {
		_, ok := otp.CanonicalRecovery(spelling)
		assert.False(t, ok, "%.40q", spelling)
	}
}

func FuzzCanonicalRecovery(f *testing.F) {
	for _, s := range []string{"01ab-cdef-ghjk-mnpq", "OLAB CDEF GHJK MNPQ", "\t-", "01abcdefghjkmnpqr", "u", "\x00", "０１"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		code, ok := otp.CanonicalRecovery(s)
		if !ok {
			return
		}
		assert.Regexp(t, `^[0-9a-hjkmnp-tv-z]{16}$`, code)
		again, ok := otp.CanonicalRecovery(code)
		assert.True(t, ok)
		assert.Equal(t, code, again)
		for _, same := range []string{strings.ToUpper(code), code[:4] + "-" + code[4:] + " ", strings.ReplaceAll(code, "0", "o")} {
			other, ok := otp.CanonicalRecovery(same)
			assert.True(t, ok, "%q", same)
			assert.Equal(t, code, other, "%q", same)
		}
	})
}

func TestRecoveryHash_IsOfOneUserAndOneCode(t *testing.T) {
	seen := map[string]string{}
	for _, user := range []string{"", "1", "2", "12", "0f8fad5b-d9cb-469f-a165-70867728950e", "user/1"} {
		for _, code := range []string{"", "1", "2", "01abcdefghjkmnpq", "01abcdefghjkmnpr", "1" + "01abcdefghjkmnpq"} {
			hash := otp.RecoveryHash(user, code)
			assert.Len(t, hash, 32)
			assert.Equal(t, hash, otp.RecoveryHash(user, code))
			name := user + " and " + code
			assert.Empty(t, seen[string(hash)], name)
			seen[string(hash)] = name
		}
	}
}

// What is stored must be found again by every version.
func TestRecoveryHash_StaysWhatItIs(t *testing.T) {
	assert.Equal(t, "7dbf12d0ba890543965a5c6e434a5dceec80af1426ae24824b0439aa3cc9fc1d",
		fmt.Sprintf("%x", otp.RecoveryHash("0f8fad5b-d9cb-469f-a165-70867728950e", "01abcdefghjkmnpq")))
}
