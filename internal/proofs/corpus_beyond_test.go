//go:build unix && !race

package proofs

// beyondASCII is about local parts with other characters. There is no rule that says which of them
// two mail servers would take for the same, so all are refused, and whoever maps them first and looks
// then has let one in. In domains there is one rule (UTS 46), with A-labels as the one result.
var beyondASCII = []group{
	// Blanks that no keyboard has and every web page has. They are not trimmed: that would make each
	// of them a second spelling.
	{name: "blanks beyond ASCII", refused: []string{
		"\u00a0casey@contoso.com", "casey@contoso.com\u00a0", at("ca\u00a0sey"), at("casey\u00a0"), "casey@\u00a0contoso.com", "casey@con\u00a0toso.com",
		"\u0085casey@contoso.com", "casey@contoso.com\u0085", "\u1680casey@contoso.com", "casey@contoso.com\u1680",
		"\u2000casey@contoso.com", "casey@contoso.com\u2000", "\u2003casey@contoso.com", "casey@contoso.com\u2003", "\u2009casey@contoso.com",
		"casey@contoso.com\u2009", "\u200acasey@contoso.com", "casey@contoso.com\u200a", "\u2028casey@contoso.com", "casey@contoso.com\u2028",
		"\u2029casey@contoso.com", "casey@contoso.com\u2029", "\u202fcasey@contoso.com", "casey@contoso.com\u202f", "\u205fcasey@contoso.com",
		"casey@contoso.com\u205f", "\u3000casey@contoso.com", "casey@contoso.com\u3000", at("ca\u3000sey"), "casey@con\u3000toso.com",
		"\u2800casey@contoso.com", at("casey\u2800"), "casey@contoso.com\u3164",
		"\u00a0", "\u3000\u2003", " \u00a0casey@contoso.com", "casey@contoso.com\u00a0 ",
	}},

	// What shows nothing: two names on a screen look the same. In a domain the mapping drops some of
	// them, so there they are spellings; joiners stay, and are for scripts that join.
	{name: "zero width", classes: []class{
		one(at("casey"), "casey@\u200bcontoso.com", "casey@con\u200btoso.com", "casey@contoso.com\u200b", "casey@con\u2060toso.com",
			"casey@con\ufefftoso.com", "casey@contoso.com\ufeff", "casey@con\u00adtoso.com", "casey@conto\u034fso.com", "casey@contoso\ufe0f.com"),
	}, refused: []string{
		at("ca\u200bsey"), at("\u200bcasey"), at("casey\u200b"), at("ca\u200csey"), at("casey\u200c"), at("ca\u200dsey"), at("casey\u200d"),
		at("ca\u2060sey"), at("\u2060casey"), at("ca\ufeffsey"), at("ca\u00adsey"), at("casey\u00ad"), at("ca\u034fsey"), at("case\ufe0fy"),
		at("ca\u180esey"), at("casey\u115f"), at("\u3164casey"), at("casey\U000e0041"), at("casey\U000e0100"),
		"casey@con\u200ctoso.com", "casey@con\u200dtoso.com", "casey@contoso\u200d.com", "casey@\u200b.com", "casey@\u00ad.com", "casey@con\U000e0041toso.com",
		"\u200b", "casey\u200b", "casey@\u200b", "casey@contoso.\u200b",
	}},

	// What a text file begins with gets into the first cell of a table.
	{name: "byte order mark", refused: []string{"\ufeffcasey@contoso.com", "\ufeff casey@contoso.com", " \ufeffcasey@contoso.com", "\ufeff", "\ufffecasey@contoso.com"}},

	// One letter, or a letter and its marks, in any order of the marks.
	{name: "composed and decomposed", classes: []class{
		one("casey@xn--bcher-kva.example", in("bücher.example"), in("BÜCHER.example"), in("bu\u0308cher.example"), in("BU\u0308CHER.EXAMPLE"), in("Bücher.Example")),
		one("casey@xn--qlg.example", in("\u1ec7.example"), in("\u1ec6.example"), in("e\u0323\u0302.example"), in("e\u0302\u0323.example"), in("\u00ea\u0323.example"),
			in("\u1eb9\u0302.example"), in("E\u0302\u0323.example")),
		one("casey@xn--3e0b707e.example", in("한국.example"), in("\u1112\u1161\u11ab\u1100\u116e\u11a8.example"), in("\ud55c\u1100\u116e\u11a8.example")),
		one("casey@xn--5ca.example", in("å.example"), in("Å.example"), in("a\u030a.example"), in("\u212b.example")), // Ångström sign
		one("casey@xn--bya.example", in("ω.example"), in("Ω.example"), in("\u2126.example")),                        // Ohm sign
		one("casey@xn--caf-dma.example", in("café.example"), in("cafe\u0301.example")),
		one("casey@xn--caf-8la.example", in("cafè.example"), in("cafe\u0300.example")),
		one("casey@xn--nda.example", in("ö.example"), in("o\u0308.example")),
		one("casey@xn--pda.example", in("ø.example"), in("Ø.example")), // never o with a stroke
		one("casey@cafe.example"),
	}, refused: []string{
		at("bücher"), at("bu\u0308cher"), at("\u212bke"), at("\u1112\u1161\u11ab"), at("한"), at("\u0301"), "casey@\u0301contoso.com", "casey@\u0308.example",
	}},

	// Letters whose other case is an ASCII letter. A program that lower-cases, or folds, all of
	// Unicode before it looks has let the Kelvin sign in.
	{name: "ı and İ", classes: []class{
		one("casey@dil.example", in("DIL.example"), in("Dil.example")),
		one("casey@xn--dl-hpa.example", in("d\u0131l.example"), in("D\u0131L.example")),
		one("casey@xn--dil-9dc.example", in("D\u0130L.example"), in("di\u0307l.example"), in("DI\u0307L.example")),
	}, refused: []string{at("k\u0131m"), at("K\u0130M"), at("\u0131"), at("\u0130"), at("kim.\u0131"), at("KIM.\u0130"), at("ki\u0307m")}},

	{name: "long s and ligatures of it", classes: []class{
		one(at("casey"), "casey@conto\u017fo.com", "casey@conto\u017fo.com "),
		one("casey@test.example", in("te\ufb05.example"), in("te\ufb06.example"), in("te\u017ft.example"), in("TE\u017fT.example")),
		one("casey@fish.example", in("\ufb01sh.example"), in("\ufb01\u017fh.example")),
		one("casey@affix.example", in("a\ufb03x.example")),
	}, refused: []string{at("ca\u017fey"), at("CA\u017fEY"), at("\u017f\u017f"), at("\u017fs"), at("te\ufb05"), at("\ufb01sh"), at("a\ufb03x")}},

	{name: "Kelvin sign", classes: []class{
		one("casey@kontoso.com", "casey@\u212aontoso.com", "casey@\u212aONTOSO.com"),
	}, refused: []string{at("\u212aim.i"), at("\u212aIM.I"), at("\u212a"), "\u212aim@\u212aontoso.com"}},

	// ß is not ss, as far as domains go: there are two, with two owners.
	{name: "sharp s and final sigma", classes: []class{
		one("casey@xn--strae-oqa.example", in("straße.example"), in("Straße.example"), in("STRAßE.EXAMPLE")),
		one("casey@strasse.example", in("STRASSE.example"), in("stra\u017f\u017fe.example")),
		one("casey@xn--fa-hia.example", in("faß.example")),
		one("casey@fass.example"),
		one("casey@xn--nxasmm1c.example", in("βόλος.example"), in("ΒΌΛΟς.example")),
		one("casey@xn--nxasmq6b.example", in("βόλοσ.example"), in("ΒΌΛΟΣ.example")),
	}, refused: []string{at("straße"), at("STRAßE"), at("stra\u1e9ee"), at("\u00df"), at("βόλος"), at("ςσ")}},

	// Whatever NFKC turns into ASCII: another width, weight, height or frame.
	{name: "full-width and other compatible forms", classes: []class{
		one(at("casey"), "casey@ｃｏｎｔｏｓｏ.com", "casey@ＣＯＮＴＯＳＯ.ＣＯＭ", "casey@contoso．com", "casey@contoso。com", "casey@contoso｡com",
			"casey@𝐜𝐨𝐧𝐭𝐨𝐬𝐨.com", "casey@𝒸ontoso.com", "casey@𝚌𝚘𝚗𝚝𝚘𝚜𝚘.com", "casey@ⓒontoso.com", "casey@Ⓒontoso.com", "casey@ᶜontoso.com", "casey@contosº.com"),
		one("casey@contoso2.com", "casey@contoso².com", "casey@contoso₂.com", "casey@contoso２.com", "casey@contoso②.com", "casey@contoso𝟚.com"),
		one("casey@viii.example", in("ⅷ.example"), in("Ⅷ.example")),
		one("casey@tel.example", in("℡.example")),
		one("casey@xn--zckzah.example", in("テスト.example"), in("ﾃｽﾄ.example")),
	}, refused: []string{
		at("ｃａｓｅｙ"), at("ＣＡＳＥＹ"), at("ｃasey"), at("𝐜𝐚𝐬𝐞𝐲"), at("𝓬asey"), at("ⓒasey"), at("🄲asey"), at("ᶜasey"), at("casey²"), at("casey２"), at("ⅷ"), at("ﾃｽﾄ"),
		at("№1"), at("ª"), "casey＠contoso.com", "casey﹫contoso.com", at("casey．jensen"), at("casey。jensen"), at("casey＋shop"), at("casey＿jensen"),
		"casey@con／toso.com", "casey@con＠toso.com", "casey@⒞ontoso.com", "casey@℀.com", "casey@con％toso.com", "casey@con＿toso.com",
	}},

	// Letters of another script that look like those of this one: somebody else's, whatever they show.
	{name: "homoglyphs in local parts", refused: []string{
		at("c\u0430sey"), at("\u0441asey"), at("cas\u0435y"), at("case\u0443"), at("\u0441\u0430\u0455\u0435\u0443"), at("c\u03b1sey"), at("c\u0251sey"), at("ca\u0455ey"),
		at("\u1d04asey"), at("cas\u04bdy"), at("\u2c9fasey"), at("casey\u02bc"), at("o\u2019neil"), at("casey\u2010jensen"), at("casey\u2011jensen"), at("casey\u2212jensen"),
		at("casey\u2024jensen"), at("casey\u00b7jensen"), at("casey\u0387jensen"), at("\u01c3casey"), at("用户"), at("користувач"), at("משתמש"), at("مستخدم"),
	}},

	{name: "digits of other scripts", classes: []class{
		one(at("123")),
		one("casey@123.example", in("１２３.example"), in("①②③.example"), in("𝟏𝟐𝟑.example")),
		one("casey@xn--e4bcd.example", in("१२३.example")),
	}, refused: []string{
		at("１２３"), at("١٢٣"), at("۱۲۳"), at("१२३"), at("๑๒๓"), at("①②③"), at("𝟏𝟐𝟑"), at("casey٣"), at("casey١"),
		"casey@١٢٣.example", "casey@contoso.１２３", "casey@contoso.①", "casey@contoso٣.com",
	}},

	// They turn around what is shown: moc.osotnoc@yesac.
	{name: "marks of direction", classes: []class{
		one("casey@xn--4dbcd.example", in("אבג.example")),
		one("casey@xn--ngbrx.example", in("عرب.example")),
	}, refused: []string{
		"\u202ecasey@contoso.com", at("ca\u202esey"), at("casey\u202e"), "casey@contoso.com\u202e", "casey@con\u202etoso.com", "\u202dcasey@contoso.com",
		at("ca\u200fsey"), "\u200fcasey@contoso.com", "casey@contoso.com\u200f", at("ca\u200esey"), "casey@con\u200etoso.com", "\u061ccasey@contoso.com",
		"casey@con\u061ctoso.com", at("\u2066casey\u2069"), "casey@\u2066contoso\u2069.com", at("\u202acasey\u202c"), "casey@\u202bcontoso\u202c.com",
		"casey@אבגx.example", "casey@xאבג.example", "casey@1אבג.example",
	}},

	// Mailboxes in such domains exist, though IDNA 2008 would not have them.
	{name: "emoji", classes: []class{
		one("casey@xn--ls8h.example", in("💩.example"), in("XN--LS8H.example")),
		one("casey@xn--e28h.example", in("😀.example")),
		one("casey@xn--53h.example", in("☕.example"), in("☕\ufe0f.example")),
	}, refused: []string{at("😀"), at("casey😀"), at("☕"), at("❤\ufe0f"), at("👩\u200d👩\u200d👧"), at("1\ufe0f\u20e3"), at("🇨🇭"), at("👍🏽"), "casey@👩\u200d👧.example", "😀"}},
}
