package otp_test

import (
	"bytes"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/otp"
)

// ofLength returns an address of so many bytes.
func ofLength(n int) string {
	a := "a@"
	for len(a)+64 < n-3 {
		a += strings.Repeat("b", 63) + "."
	}
	return a + strings.Repeat("b", n-3-len(a)) + ".co"
}

// spellings are texts that people, programs and attackers type, with the canonical form that they
// have; "" is none.
var spellings = []struct{ text, canonical string }{
	// Ordinary ones.
	{"casey@contoso.com", "casey@contoso.com"},
	{"Casey@Contoso.com", "casey@contoso.com"},
	{"CASEY@CONTOSO.COM", "casey@contoso.com"},
	{"cAsEy@cOnToSo.CoM", "casey@contoso.com"},
	{" casey@contoso.com", "casey@contoso.com"},
	{"casey@contoso.com ", "casey@contoso.com"},
	{"\tcasey@contoso.com \t ", "casey@contoso.com"},
	{"a@b.co", "a@b.co"},
	{"1@2.co", "1@2.co"},
	{"casey.jensen@contoso.com", "casey.jensen@contoso.com"},
	{"c.a.s.e.y@contoso.com", "c.a.s.e.y@contoso.com"},
	{"casey+shop@contoso.com", "casey+shop@contoso.com"},
	{"casey+@contoso.com", "casey+@contoso.com"},
	{"casey_jensen@contoso.com", "casey_jensen@contoso.com"},
	{"casey-jensen@contoso.com", "casey-jensen@contoso.com"},
	{"-casey@contoso.com", "-casey@contoso.com"},
	{"_@contoso.com", "_@contoso.com"},
	{"o'neil@contoso.com", "o'neil@contoso.com"},
	{"#$&'*+-/=?^_`{|}~@contoso.com", "#$&'*+-/=?^_`{|}~@contoso.com"},
	{"A=B/C@contoso.com", "a=b/c@contoso.com"},
	{"casey@mail.contoso.com", "casey@mail.contoso.com"},
	{"casey@a.b.c.d.e.contoso.com", "casey@a.b.c.d.e.contoso.com"},
	{"casey@con-toso.com", "casey@con-toso.com"},
	{"casey@3com.com", "casey@3com.com"},
	{"casey@163.com", "casey@163.com"},
	{"casey@1.2.3.4.com", "casey@1.2.3.4.com"},
	{"casey@contoso.co1", "casey@contoso.co1"},
	{"casey@contoso.photography", "casey@contoso.photography"},
	{"casey@contoso.c", "casey@contoso.c"},

	// Lengths.
	{strings.Repeat("a", 64) + "@contoso.com", strings.Repeat("a", 64) + "@contoso.com"},
	{strings.Repeat("a", 65) + "@contoso.com", ""},
	{ofLength(253), ofLength(253)},
	{ofLength(254), ofLength(254)},
	{ofLength(255), ""},
	{" " + ofLength(254) + " ", ofLength(254)},
	{"a@" + strings.Repeat("b", 63) + ".com", "a@" + strings.Repeat("b", 63) + ".com"},
	{"a@" + strings.Repeat("b", 64) + ".com", ""},
	{"a@contoso." + strings.Repeat("c", 63), "a@contoso." + strings.Repeat("c", 63)},
	{"a@contoso." + strings.Repeat("c", 64), ""},
	{"a@" + strings.Repeat("ü", 120) + ".com", ""},
	{"a@" + strings.Repeat("ü.", 80) + "com", ""},
	{strings.Repeat("a", 1<<16), ""},
	{strings.Repeat("a@", 1<<15), ""},

	// Not addresses.
	{"", ""},
	{" ", ""},
	{"@", ""},
	{"casey", ""},
	{"casey@", ""},
	{"@contoso.com", ""},
	{"casey.contoso.com", ""},
	{"casey@contoso", ""},
	{"casey@localhost", ""},
	{"casey@@contoso.com", ""},
	{"casey@contoso@com", ""},
	{"casey@contoso.com@evil.com", ""},
	{"casey at contoso.com", ""},
	{"casey(at)contoso.com", ""},
	{"mailto:casey@contoso.com", ""},
	{"https://contoso.com/@casey", ""},

	// Dots.
	{".casey@contoso.com", ""},
	{"casey.@contoso.com", ""},
	{"ca..sey@contoso.com", ""},
	{".@contoso.com", ""},
	{"casey@.contoso.com", ""},
	{"casey@contoso..com", ""},
	{"casey@contoso.com.", ""},
	{"casey@contoso.com..", ""},
	{"casey@.", ""},
	{"casey@..", ""},
	{"casey@.com", ""},
	{"casey@contoso.", ""},

	// Domains that are none.
	{"casey@-contoso.com", ""},
	{"casey@contoso-.com", ""},
	{"casey@contoso.-com", ""},
	{"casey@contoso.com-", ""},
	{"casey@con_toso.com", ""},
	{"casey@_dmarc.contoso.com", ""},
	{"casey@con toso.com", ""},
	{"casey@contoso.com:25", ""},
	{"casey@contoso.com/x", ""},
	{"casey@con+toso.com", ""},
	{"casey@con%74oso.com", ""},
	{"casey@con*.com", ""},
	{"casey@*.com", ""},
	{"casey@contoso,com", ""},
	{"casey@contoso;com", ""},
	{"casey@contoso!com", ""},
	{"casey@contoso.123", ""},
	{"casey@127.0.0.1", ""},
	{"casey@1.2", ""},
	{"casey@0x7f.1", ""},
	{"casey@[127.0.0.1]", ""},
	{"casey@[IPv6:::1]", ""},
	{"casey@[contoso.com]", ""},
	{"casey@::1", ""},

	// Second spellings of the same mailbox, or of somebody else's.
	{`"casey"@contoso.com`, ""},
	{`"ca sey"@contoso.com`, ""},
	{`"casey@contoso.com"`, ""},
	{`"casey@evil.com"@contoso.com`, ""},
	{`"casey\"@contoso.com`, ""},
	{`""@contoso.com`, ""},
	{`ca"se"y@contoso.com`, ""},
	{`casey\@contoso.com`, ""},
	{`ca\sey@contoso.com`, ""},
	{"Casey <casey@contoso.com>", ""},
	{"<casey@contoso.com>", ""},
	{`"Casey" <casey@contoso.com>`, ""},
	{"casey@contoso.com (Casey)", ""},
	{"casey(comment)@contoso.com", ""},
	{"(comment)casey@contoso.com", ""},
	{"casey@(comment)contoso.com", ""},
	{"casey@contoso.com(comment)", ""},
	{"casey@contoso.com,eve@evil.com", ""},
	{"casey@contoso.com, eve@evil.com", ""},
	{"casey@contoso.com;eve@evil.com", ""},
	{"casey@contoso.com eve@evil.com", ""},
	{"friends: casey@contoso.com;", ""},
	{"undisclosed-recipients:;", ""},
	{"casey%evil.com@contoso.com", ""},
	{"evil.com!casey@contoso.com", ""},
	{"@evil.com:casey@contoso.com", ""},
	{"casey@evil.com@contoso.com", ""},
	{"ca sey@contoso.com", ""},
	{"casey @contoso.com", ""},
	{"casey@ contoso.com", ""},
	{"casey@contoso. com", ""},

	// Header injection and control characters.
	{"casey@contoso.com\nBcc: eve@evil.com", ""},
	{"casey@contoso.com\r\nBcc: eve@evil.com", ""},
	{"casey\r\n@contoso.com", ""},
	{"casey@contoso.com\r", ""},
	{"casey@contoso.com\n", ""},
	{"\ncasey@contoso.com", ""},
	{"casey@contoso.com\x00", ""},
	{"\x00casey@contoso.com", ""},
	{"ca\x00sey@contoso.com", ""},
	{"ca\x7fsey@contoso.com", ""},
	{"ca\x1bsey@contoso.com", ""},
	{"casey@con\x00toso.com", ""},
	{"casey@con\ttoso.com", ""},
	{"casey@contoso.com\v", ""},
	{"casey@contoso.com%0d%0aBcc:eve@evil.com", ""},

	// Local parts beyond ASCII, and what looks like ASCII.
	{"josé@contoso.com", ""},
	{"jose\u0301@contoso.com", ""},
	{"ca\u017fey@contoso.com", ""},  // long s, which folds to s
	{"\u212aarl@contoso.com", ""},   // Kelvin sign, which folds to k
	{"cas\u0131y@contoso.com", ""},  // dotless i
	{"cas\u0130y@contoso.com", ""},  // dotted I
	{"stra\u00dfe@contoso.com", ""}, // sharp s
	{"c\u0430sey@contoso.com", ""},  // Cyrillic a
	{"ｃａｓｅｙ@contoso.com", ""},
	{"用户@contoso.com", ""},
	{"😀@contoso.com", ""},
	{"ca\u200bsey@contoso.com", ""}, // zero-width space
	{"ca\u200dsey@contoso.com", ""}, // zero-width joiner
	{"ca\u00adsey@contoso.com", ""}, // soft hyphen
	{"\ufeffcasey@contoso.com", ""},
	{"\u00a0casey@contoso.com", ""}, // no-break space
	{"casey@contoso.com\u00a0", ""},
	{"casey@contoso.com\u3000", ""},
	{"casey\uff20contoso.com", ""}, // full-width @
	{"casey\ufe6bcontoso.com", ""}, // small @
	{"casey\u2024jensen@contoso.com", ""},
	{"\u202ecasey@contoso.com", ""}, // right-to-left override
	{"ca\xffsey@contoso.com", ""},
	{"\xc3casey@contoso.com", ""},

	// Domains beyond ASCII: one form, the A-label.
	{"casey@bücher.example", "casey@xn--bcher-kva.example"},
	{"casey@BÜCHER.example", "casey@xn--bcher-kva.example"},
	{"casey@bu\u0308cher.example", "casey@xn--bcher-kva.example"},
	{"casey@xn--bcher-kva.example", "casey@xn--bcher-kva.example"},
	{"casey@XN--BCHER-KVA.EXAMPLE", "casey@xn--bcher-kva.example"},
	{"casey@straße.example", "casey@xn--strae-oqa.example"},
	{"casey@strasse.example", "casey@strasse.example"},
	{"casey@例え.テスト", "casey@xn--r8jz45g.xn--zckzah"},
	{"casey@例え。テスト", "casey@xn--r8jz45g.xn--zckzah"}, // ideographic full stop
	{"casey@contoso。com", "casey@contoso.com"},
	{"casey@ｃｏｎｔｏｓｏ.com", "casey@contoso.com"},
	{"casey@contoso．com", "casey@contoso.com"},
	{"casey@παράδειγμα.δοκιμή", "casey@xn--hxajbheg2az3al.xn--jxalpdlp"},
	{"casey@\u212aontoso.com", "casey@kontoso.com"},        // Kelvin sign
	{"casey@conto\u017fo.com", "casey@contoso.com"},        // long s
	{"casey@con\u00adtoso.com", "casey@contoso.com"},       // soft hyphen, which the mapping drops
	{"casey@c\u043entoso.com", "casey@xn--cntoso-wqf.com"}, // Cyrillic o is another domain
	{"casey@xn--", ""},
	{"casey@xn--.com", ""},
	{"casey@xn--contoso-.com", ""},
	{"casey@xn--a.com", ""},
	{"casey@💩.example", "casey@xn--ls8h.example"}, // IDNA 2008 has no place for it, but mailboxes exist
	{"casey@xn--ls8h.example", "casey@xn--ls8h.example"},
	{"casey@xn--BÜCHER.example", ""},
	{"casey@con\u200dtoso.com", ""},
	{"casey@con\u202etoso.com", ""},
	{"casey@\u0300contoso.com", ""},
	{"casey@con\xfftoso.com", ""},
	{"casey@con\ufffdtoso.com", ""},
	{"casey@١٢٣.com", ""},
	{"casey@１２７.0.0.1", ""},
	{"casey@contoso.１２３", ""},
	{"casey@con／toso.com", ""},
	{"casey@con＠toso.com", ""},
	{"casey@℀.com", ""}, // maps to a/c
}

func TestParseAddress_GivesEachSpellingItsOneForm(t *testing.T) {
	require.GreaterOrEqual(t, len(spellings), 150)
	for _, s := range spellings {
		got, err := otp.ParseAddress(s.text)
		if assert.Equal(t, s.canonical, string(got), "%.80q", s.text) && s.canonical == "" {
			assert.ErrorIs(t, err, otp.ErrAddress, "%.80q", s.text)
		} else if s.canonical != "" {
			assert.NoError(t, err, "%.80q", s.text)
		}
	}
}

func TestParseAddress_LeavesItsOwnFormAlone(t *testing.T) {
	for _, s := range spellings {
		if s.canonical == "" {
			continue
		}
		again, err := otp.ParseAddress(s.canonical)
		assert.NoError(t, err, s.canonical)
		assert.Equal(t, s.canonical, string(again))
	}
}

// oneMailbox is the most that the canonical form can be: one mailbox, safe in a header and a path.
var oneMailbox = regexp.MustCompile("^[a-z0-9#$&'*+/=?^_`{|}~.-]{1,64}@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")

func FuzzParseAddress(f *testing.F) {
	for _, s := range spellings {
		f.Add(s.text)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := otp.ParseAddress(s)
		if err != nil {
			assert.ErrorIs(t, err, otp.ErrAddress)
			assert.Empty(t, a)
			return
		}
		assert.Regexp(t, oneMailbox, string(a))
		assert.LessOrEqual(t, len(a), 254)
		again, err := otp.ParseAddress(string(a))
		assert.NoError(t, err)
		assert.Equal(t, a, again)
		for _, same := range []string{" " + s, s + "\t", strings.ToUpper(string(a))} {
			other, err := otp.ParseAddress(same)
			assert.NoError(t, err, "%q", same)
			assert.Equal(t, a, other, "%q", same)
		}
		assertMasked(t, a)
	})
}

func TestMask_ShowsTheEndsOfEachLabel(t *testing.T) {
	for address, want := range map[otp.Address]string{
		"casey@contoso.com":           "c***y@c***o.c***",
		"casey@contoso.photography":   "c***y@c***o.p***y",
		"a@b.co":                      "a***@b***.c***",
		"ab@cd.ef":                    "a***@c***.e***",
		"abc@def.ghi":                 "a***@d***.g***",
		"abcd@efgh.ijkl":              "a***d@e***h.i***l",
		"casey.jensen@mail.contoso.c": "c***n@m***l.c***o.c***",
	} {
		assert.Equal(t, want, address.Mask())
	}
}

func TestMask_ShowsTheEndsOfANumber(t *testing.T) {
	for number, want := range map[otp.Address]string{
		"+4915112345678":   "+4***8",
		"+18005550199":     "+1***9",
		"+1234567":         "+1***7",
		"+123456789012345": "+1***5",
	} {
		assert.Equal(t, want, number.Mask())
	}
	assert.Equal(t, "+***y@c***o.c***", otp.Address("+shopcasey@contoso.com").Mask(), "a mailbox may begin like a number")
}

func TestMask_ShowsTwoDigitsOfAnyText(t *testing.T) {
	for _, a := range []otp.Address{"+", "+4", "+49", "+491", "+4911", "++++++", "+\xff\xfe\xfd\xfc", "+😀😀😀😀😀", "+4.9.1.5", "+a\r\nb"} {
		mask := a.Mask()
		assert.True(t, utf8.ValidString(mask), "%q: %q", a, mask)
		shown := strings.Replace(strings.TrimPrefix(mask, "+"), "***", "", 1)
		assert.Equal(t, len(mask)-len("+***"), len(shown), "%q: %q", a, mask)
		assert.LessOrEqual(t, utf8.RuneCountInString(shown), 2, "%q: %q", a, mask)
	}
}

func TestChannel_IsToldByTheAddress(t *testing.T) {
	for _, s := range spellings {
		assert.Equal(t, otp.Email, otp.Address(s.canonical).Channel(), s.canonical)
	}
	assert.Equal(t, otp.Email, otp.Address("+491511234567@contoso.com").Channel())
	assert.Equal(t, otp.SMS, otp.Address("+491511234567").Channel())
}

func TestMask_ShowsNoLength(t *testing.T) {
	assert.Equal(t, otp.Address("cy@co.com").Mask()[:5], otp.Address("c@co.com").Mask()[:5])
	assert.Equal(t, otp.Address("casey@contoso.com").Mask(), otp.Address("c"+strings.Repeat("x", 40)+"y@co-and-to-so.co").Mask())
}

func TestMask_ShowsTwoCharactersALabelOfAnyText(t *testing.T) {
	for _, a := range []otp.Address{
		"", "@", "a", "@b", "a@", "...", "@...", "a@@b", "a@b@c.d", "casey@evil.com@contoso.com", "casey jensen@contoso",
		"é@é.é", "éà@éà.éà", "josé@bücher.example", "用户@例え.テスト", "用户用户@例え例え.テスト", "😀😀😀😀😀@x.y", "\xff\xfe\xfd\xfc\xfb@\xff.\xfe",
		"a\r\nb@c\r\nd.com", "<script>@<b>.</b>", otp.Address(strings.Repeat("a", 1<<16) + "@b.c"),
	} {
		assertMasked(t, a)
	}
	for _, s := range spellings {
		assertMasked(t, otp.Address(s.text))
	}
}

// assertMasked checks that the mask of a is valid text of labels that show two characters at most,
// and that those are there in a.
func assertMasked(t *testing.T, a otp.Address) {
	t.Helper()
	mask := a.Mask()
	assert.True(t, utf8.ValidString(mask), "%.80q: %.80q", a, mask)
	local, domain, ok := strings.Cut(mask, "@")
	assert.True(t, ok, "%.80q: %.80q", a, mask)
	for _, label := range append(strings.Split(domain, "."), local) {
		shown := strings.Replace(label, "***", "", 1)
		assert.NotEqual(t, label, shown, "%.80q: %.80q", a, mask)
		assert.LessOrEqual(t, utf8.RuneCountInString(shown), 2, "%.80q: %.80q", a, mask)
	}
}

func TestAddress_IsHiddenInLogs(t *testing.T) {
	for name, log := range loggers {
		var b bytes.Buffer
		log(&b).Info("x", "to", otp.Address("casey@contoso.com"), "list", []any{1},
			slog.Group("g", "to", otp.Address("casey@contoso.com")), "number", otp.Address("+4915112345678"))
		assert.NotContains(t, b.String(), "casey", name)
		assert.NotContains(t, b.String(), "contoso", name)
		assert.NotContains(t, b.String(), "4915", name)
		assert.Contains(t, b.String(), "[address]", name)
	}
}
