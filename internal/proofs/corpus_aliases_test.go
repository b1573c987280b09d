//go:build unix && !race

package proofs

// aliases are names that are no addresses, where the host has turned them on: letters and digits of
// ASCII, full stops, underscores and hyphens.
var aliases = []group{
	{name: "case", classes: []class{
		{address: "kim.is", spellings: []string{"KIM.IS", "Kim.Is", "kim.iS", " kim.is", "kim.is\t", " \tKIM.is "}, framed: []string{"kim.is\r\n", "\nKim.is"}},
		one("kim-is"), one("kim_is"), one("kimis"), one("kim.i"), one("kim."), one(".kim"), one("k..i"), one("-kim"), one("_"), one("."),
		one("7", "7 "), one("007"), one(times(64, "k"), times(64, "K")), one("xn--bcher-kva", "XN--BCHER-KVA"), one("127.0.0.1"), one("ss", "SS"),
	}},

	// The other case of some letters beyond ASCII is an ASCII letter, and NFKC finds more of them.
	{name: "beyond ASCII", refused: []string{
		"\u212aim.is", "\u212aIM.IS", "K\u0130M.IS", "k\u0131m.is", "kim.i\u017f", "KIM.I\u017f", "ｋｉｍ.is", "𝐤im.is", "ⓚim.is", "k\u0456m.is", "kím.is", "ki\u0301m.is", "ß", "kim\u200b.is",
		"kim.is\u00a0", "\u00a0kim.is", "\ufeffkim.is", "kim\u2024is", "kim．is", "kim\u00adis", "٧", "７", "kim.is\u202e", "\u3000kim.is", "ⅶ", "xn--bücher", "😀",
	}},
	{name: "grammar", refused: []string{
		"", "kim is", "kim. is", "kim/is", "kim\\is", "kim+is", "kim%is", "kim'is", `"kim.is"`, "<kim.is>", "kim,is", "kim;is", "kim:is", "kim!is", "kim(is)", "kim*", "kim?", "kim=is", "kim.is@", "@kim.is", "kim@is",
		times(65, "k"), times(5000, "k"), "Kim <kim.is>", "kim~is", "kim#is", "kim$is", "kim&is",
	}, garbled: []string{"kim\x00.is", "kim.is\x00", "kim\tis", "kim\nis", "kim\xffis", "\xe2\x84kim.is", "kim.is\v"}},
}
