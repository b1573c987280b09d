package otp_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/internal/figures"
	"github.com/nativeauth/nativeauth/otp"
)

// The values that chi-square exceeds with a probability of 10⁻⁴.
const (
	limitOf9   = 33.72 // degrees of freedom
	limitOf999 = 1175.1
)

func TestNew_EveryCodeIsAsLikelyAsAnyOther(t *testing.T) {
	const draws, bins = 1_000_000, 1000
	random := rand.NewChaCha8([32]byte{1: 2, 3: 5, 8: 13})
	var digits [otp.Digits][10]float64
	var spread [bins]float64
	for range draws {
		code, err := otp.New(random)
		if err != nil || len(code) != otp.Digits {
			require.NoError(t, err)
			require.Len(t, code, otp.Digits)
		}
		for i := range code {
			digits[i][code[i]-'0']++
		}
		n, _ := strconv.Atoi(code)
		spread[n/(100_000_000/bins)]++
	}
	for i := range digits {
		figures.Report(t, fmt.Sprintf("T5 chi-square of digit %d over a million codes", i+1), chiSquare(digits[i][:], draws), "", figures.Below(limitOf9))
	}
	figures.Report(t, fmt.Sprintf("T5 chi-square over %d bins", bins), chiSquare(spread[:], draws), "", figures.Below(limitOf999))
}

// A test that calls everything uniform proves nothing.
func TestChiSquare_NoticesAModuloBias(t *testing.T) {
	const draws = 1_000_000
	random := rand.New(rand.NewChaCha8([32]byte{1}))
	var digits [10]float64
	for range draws {
		digits[byte(random.Uint32())%10]++
	}
	assert.Greater(t, chiSquare(digits[:], draws), limitOf9)
}

func chiSquare(seen []float64, draws int) (sum float64) {
	want := float64(draws) / float64(len(seen))
	for _, n := range seen {
		sum += (n - want) * (n - want) / want
	}
	return sum
}

func TestNew_KeepsLeadingZeros(t *testing.T) {
	code, err := otp.New(bytes.NewReader([]byte{0, 0, 0, 7}))
	require.NoError(t, err)
	assert.Equal(t, "00000007", code)
}

func TestNew_DrawsAgainBeyondTheLastWholeMultiple(t *testing.T) {
	// 42·10⁸ is the last multiple of 10⁸ in 32 bits.
	const last, first = "\xfa\x56\xe9\xff", "\xfa\x56\xea\x00"
	code, err := otp.New(strings.NewReader(last))
	require.NoError(t, err)
	assert.Equal(t, "99999999", code, "the last value that counts")

	code, err = otp.New(strings.NewReader(first + "\xff\xff\xff\xff" + "\x00\x00\x00\x05"))
	require.NoError(t, err)
	assert.Equal(t, "00000005", code, "what comes after two values that do not")
}

func TestNew_ReadsOnFromAReaderThatGivesLittleAtATime(t *testing.T) {
	code, err := otp.New(iotest.OneByteReader(strings.NewReader("\x00\x00\x00\x09")))
	require.NoError(t, err)
	assert.Equal(t, "00000009", code)
}

func TestNew_WithoutRandomnessThereIsNoCode(t *testing.T) {
	broken := errors.New("no entropy")
	for name, random := range map[string]io.Reader{
		"nothing":                        strings.NewReader(""),
		"too little":                     strings.NewReader("\x00\x00\x00"),
		"too little after one refused":   strings.NewReader("\xff\xff\xff\xff\x00"),
		"an error":                       iotest.ErrReader(broken),
		"an error after one was refused": io.MultiReader(strings.NewReader("\xff\xff\xff\xff"), iotest.ErrReader(broken)),
	} {
		code, err := otp.New(random)
		assert.Error(t, err, name)
		assert.Empty(t, code, name)
	}
}

func TestCanonical_OneSpellingACode(t *testing.T) {
	for _, spelling := range []string{
		"01234567", "0123 4567", "0123-4567", " 01234567", "01234567 ", "\t01234567\t", "0 1 2 3 4 5 6 7",
		"01-23-45-67", "0123  4567", "0123 - 4567", "-01234567", "01234567-", "--01234567--", "012\t34567",
	} {
		code, ok := otp.Canonical(spelling)
		assert.True(t, ok, "%q", spelling)
		assert.Equal(t, "01234567", code, "%q", spelling)
	}
}

func TestCanonical_RefusesEveryOtherSpelling(t *testing.T) {
	for _, spelling := range []string{
		"", " ", "-", "0", "0123456", "012345678", "0123456 ", "0123-4567-8", "0123456a", "a01234567", "01234567a",
		"+01234567", "01.234567", "01,234567", "01_234567", "1e7", "0x123456", "0b101010", "0o123456", "1234567.",
		"01234567\n", "\r01234567", "0123\n4567", "01234567\x00", "\x0001234567", "01234567\v", "01234567\f", "01234567\x7f",
		"0123\u00a04567", "0123\u20094567", "0123\u30004567", "\ufeff01234567", "0123\u200b4567", "01234567\u200d",
		"0123\u20104567", "0123\u20114567", "0123\u20134567", "0123\u20144567", "0123\u22124567", "0123\u00ad4567",
		"٠١٢٣٤٥٦٧", "۰۱۲۳۴۵۶۷", "०१२३४५६७", "০১২৩৪৫৬৭", "๐๑๒๓๔๕๖๗", "０１２３４５６７", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕", "𝟘𝟙𝟚𝟛𝟜𝟝𝟞𝟟",
		"0123456\u0667", "\uff10" + "1234567", "⁰¹²³⁴⁵⁶⁷", "₀₁₂₃₄₅₆₇", "①②③④⑤⑥⑦⑧", "〇一二三四五六七", "ⅠⅡⅢⅣⅤⅥⅦⅧ",
		"\xff01234567", "0123\xc24567", "O1234567", "l1234567", "0123456７", "01234567" + strings.Repeat("0", 1<<16),
		strings.Repeat(" ", 1<<16), strings.Repeat("-", 1<<16) + "0123456",
	} {
		_, ok := otp.Canonical(spelling)
		assert.False(t, ok, "%.40q", spelling)
	}
}

func FuzzCanonical(f *testing.F) {
	for _, s := range []string{"01234567", "0123-4567", " 0 1", "٠١٢٣٤٥٦٧", "\x00", "012345678", "-\t-01234567"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		code, ok := otp.Canonical(s)
		if !ok {
			return
		}
		again, ok := otp.Canonical(code)
		assert.True(t, ok)
		assert.Equal(t, code, again)
		assert.Regexp(t, `^[0-9]{8}$`, code)
		assert.Equal(t, code, strings.NewReplacer(" ", "", "\t", "", "-", "").Replace(s))
	})
}

func TestHasher_ACodeVerifiesInItsOwnBindingOnly(t *testing.T) {
	h := otp.NewHasher([][]byte{key('a')})
	var bindings []otp.Binding
	for _, p := range []otp.Purpose{otp.SignUp, otp.SignIn, ""} {
		for _, flow := range []string{"flow/1", "flow/2", "flow/1" + "a@b.c"} {
			for _, account := range []otp.Address{"a@b.c", "b@b.c", ""} {
				for _, client := range []string{"web", "mobile", "web01234567"} {
					bindings = append(bindings, otp.Binding{Purpose: p, Flow: flow, Account: account, Client: client})
				}
			}
		}
	}
	codes := []string{"01234567", "01234568", "0123456", "012345678", ""}
	for i, made := range bindings {
		hash := h.Sum(made, codes[0])
		for j, used := range bindings {
			for k, code := range codes {
				if got := h.Verify(hash, used, code); got != (i == j && k == 0) {
					assert.Failf(t, "wrong verdict", "made for %v, used as %v with %q: %v", made, used, code, got)
				}
			}
		}
	}
}

// Text that moves from one part of a binding to the next must not hash the same.
func TestHasher_PartsAreKeptApart(t *testing.T) {
	h := otp.NewHasher([][]byte{key('a')})
	hash := h.Sum(otp.Binding{Purpose: "ab", Flow: "cd", Account: "ef", Client: "gh"}, "ij")
	for _, other := range []struct {
		otp.Binding
		code string
	}{
		{otp.Binding{Purpose: "a", Flow: "bcd", Account: "ef", Client: "gh"}, "ij"},
		{otp.Binding{Purpose: "abc", Flow: "d", Account: "ef", Client: "gh"}, "ij"},
		{otp.Binding{Purpose: "ab", Flow: "cdef", Account: "", Client: "gh"}, "ij"},
		{otp.Binding{Purpose: "ab", Flow: "cd", Account: "efg", Client: "h"}, "ij"},
		{otp.Binding{Purpose: "ab", Flow: "cd", Account: "ef", Client: "ghij"}, ""},
		{otp.Binding{Purpose: "", Flow: "abcd", Account: "ef", Client: "gh"}, "ij"},
	} {
		assert.False(t, h.Verify(hash, other.Binding, other.code), "%v", other)
	}
}

func TestHasher_OnlyTheWholeHashVerifies(t *testing.T) {
	h := otp.NewHasher([][]byte{key('a')})
	b := otp.Binding{Purpose: otp.SignIn, Flow: "flow/1", Account: "a@b.c", Client: "web"}
	hash := h.Sum(b, "01234567")
	require.Len(t, hash, 32)
	assert.NotContains(t, string(hash), "01234567")
	for n := range hash {
		assert.False(t, h.Verify(hash[:n], b, "01234567"), "the first %d bytes", n)
		changed := bytes.Clone(hash)
		changed[n] ^= 1
		assert.False(t, h.Verify(changed, b, "01234567"), "byte %d changed", n)
	}
	assert.False(t, h.Verify(nil, b, "01234567"))
	assert.False(t, h.Verify(append(bytes.Clone(hash), 0), b, "01234567"))
}

func TestHasher_AnOldKeyVerifiesAndNeverHashes(t *testing.T) {
	b := otp.Binding{Purpose: otp.SignIn, Flow: "flow/1", Account: "a@b.c", Client: "web"}
	before := otp.NewHasher([][]byte{key('a')})
	between := otp.NewHasher([][]byte{key('b'), key('a')})
	after := otp.NewHasher([][]byte{key('b')})
	old, fresh := before.Sum(b, "01234567"), between.Sum(b, "01234567")

	assert.True(t, between.Verify(old, b, "01234567"), "a code from before the change")
	assert.False(t, between.Verify(old, b, "01234568"))
	assert.True(t, between.Verify(fresh, b, "01234567"))
	assert.True(t, after.Verify(fresh, b, "01234567"))
	assert.False(t, after.Verify(old, b, "01234567"), "the old key is gone")
	assert.False(t, before.Verify(fresh, b, "01234567"), "the new key is not there yet")
}

func key(c byte) []byte { return bytes.Repeat([]byte{c}, 32) }

func TestNewOf_DrawsAsManyDigitsAsAsked(t *testing.T) {
	for length := otp.Digits; length <= otp.MaxDigits; length++ {
		code, err := otp.NewOf(bytes.NewReader([]byte{0, 0, 0, 7, 0, 0, 0, 9}), length)
		require.NoError(t, err)
		assert.Equal(t, "0000000700000009"[:length], code)
		got, ok := otp.CanonicalOf(" "+code[:4]+"-"+code[4:], length)
		assert.True(t, ok)
		assert.Equal(t, code, got)
		_, ok = otp.CanonicalOf(code, length-1)
		assert.False(t, ok)
		_, ok = otp.CanonicalOf(code, length+1)
		assert.False(t, ok)
	}
	_, err := otp.NewOf(strings.NewReader("\x00\x00\x00\x07"), 9)
	assert.ErrorIs(t, err, io.EOF, "the second half is not made up")
}
