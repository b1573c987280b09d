package otp_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/otp"
)

func FuzzCanonicalUserCode(f *testing.F) {
	for _, seed := range []string{"", "BCDF-GHJK", "bcdf ghjk", "BCDFGHJ", "BCDFGHJKL", "ACDFGHJK", "ＢＣＤＦＧＨＪＫ", "BCDF\x00GHJK", "b.c.d.f.g.h.j.k", "--------", "BCDF\u2010GHJK"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		code, ok := otp.CanonicalUserCode(s)
		if !ok {
			return
		}
		assert.Regexp(t, `\A[BCDFGHJKLMNPQRSTVWXZ]{8}\z`, code)
		for _, same := range []string{code, otp.ShowUserCode(code), strings.ToLower(code), " " + s + "-"} {
			again, ok := otp.CanonicalUserCode(same)
			assert.True(t, ok, "%q", same)
			assert.Equal(t, code, again, "%q", same)
		}
	})
}

// A mask is asked for of whatever somebody typed, too.
func FuzzMask(f *testing.F) {
	for _, s := range spellings {
		f.Add(s.text)
	}
	f.Add("+4915112345678")
	f.Fuzz(func(t *testing.T, s string) {
		a := otp.Address(s)
		if a.Channel() == otp.Email {
			assertMasked(t, a)
			return
		}
		assert.Regexp(t, `(?s)\A\+.?\*\*\*.?\z`, a.Mask())
	})
}

func FuzzStyles(f *testing.F) {
	for _, seed := range []string{
		"", "de", "de-CH, fr;q=0.9, *;q=0.1", "fr-FR fr en", ";q=1", "de;q=nan", "*", strings.Repeat("de,", 5000), "x-klingon", "\x00", "de;q=1e400", "zh-Hant-TW-u-co-pinyin",
	} {
		f.Add(seed, "")
		f.Add("", seed)
	}
	styles := otp.Messages{}.Styles()
	known := map[string]bool{}
	for _, s := range styles.All() {
		known[s.Language.Tag] = true
	}
	f.Fuzz(func(t *testing.T, locales, accepted string) {
		got := styles.For(locales, accepted)
		assert.True(t, known[got.Language.Tag])
		assert.Equal(t, got, styles.For(got.Language.Tag, ""), "what was found is found by its name")
	})
}
