//go:build unix && !race

package proofs

// domains is about what comes after the @.
var domains = []group{
	// A domain has two forms, and A-labels are written by machines and attackers: all of them in all
	// cases, and those that no U-label has.
	{name: "A-labels and their twins", classes: []class{
		one("casey@xn--bcher-kva.example", in("XN--BCHER-KVA.EXAMPLE"), in("Xn--Bcher-Kva.example"), in("xN--bcher-kva.example"), in("ｘn--bcher-kva.example"), in("xn--bcher\u00ad-kva.example")),
		one("casey@xn--strae-oqa.example", in("XN--STRAE-OQA.example")),
		one("casey@xn--r8jz45g.xn--zckzah", in("例え.テスト"), in("例え。テスト"), in("例え.xn--zckzah"), in("xn--r8jz45g.テスト"), in("XN--R8JZ45G.XN--ZCKZAH")),
		one("casey@xn--hxajbheg2az3al.xn--jxalpdlp", in("παράδειγμα.δοκιμή"), in("ΠΑΡΆΔΕΙΓΜΑ.ΔΟΚΙΜΉ")),
		one("casey@xn--e1afmkfd.xn--80akhbyknj4f", in("пример.испытание"), in("ПРИМЕР.ИСПЫТАНИЕ")),
		one("casey@xn--mgba3gch31f060k.example", in("نامه\u200cای.example")), // here a joiner is part of the word
		one("casey@xn--mgba3gch31f.example", in("نامهای.example")),
		one("casey@xn--andu-fqa.example", in("ñandu.example"), in("N\u0303andu.example")),
		one("casey@xn--nand-tra.example", in("nandú.example")),
		one("casey@xn--contoso.com", in("\u4130\u41c2\u40a1.com")), // it spells three ideographs
		one("casey@xn.example"),
		one("casey@xn-bcher-kva.example"),
	}, refused: inEach(
		"xn--", "xn--.com", "xn--.example", "xn---.example", "xn--contoso-.com", "xn--a.com", "xn--bcher-kva-.example", "xn--bcher_kva.example",
		"xn--bücher.example", "xn--ü.example", "xn--99999999999.example", "xn--0.example", "xn--xn--bcher-kva-.example", "xn--xn---3ra.example",
		"xn--bcher-2pa.example",  // an upper-case Ü
		"xn--bucher-xyd.example", // u and a mark
		"xn--contoso-nka.com",    // a soft hyphen
		"xn--contoso-2z6c.com",   // zero width
		"xn--contoso-j06c.com",   // a joiner
		"xn--contoso-276c.com",   // right to left from here
		"xn--ontoso-2x68a.com",   // a full-width c
		"xn--contoo-fqb.com",     // a long s
		"xn--im-0qu.example",     // a Kelvin sign
		"xn--a-wbb.example",      // begins with a mark
		"xn--ab-r13a.com",        // a full stop
		"xn--ab-x3t.com",         // a line end
		"xn--ab-1ca.com",         // a blank
		"xn--bcher-kva..example", // and an empty label
		"xn--bcher-kva.example.", // and the root
		"xn--bcher-kvä.example",  // half of each
		"ab--cd.example",         // reserved for another kind of label
		"xn--\u200bbücher.example") /* a mapping away from one */},

	// All of these look like contoso.com, and each is a domain that can be bought. None is ours.
	{name: "homoglyph domains", classes: []class{
		one("casey@xn--cntoso-wqf.com", in("c\u043entoso.com"), in("C\u041eNTOSO.com")),
		one("casey@xn--contso-zqf.com", in("cont\u043eso.com")),
		one("casey@xn--contos-1qf.com", in("contos\u043e.com")),
		one("casey@xn--nts-redcbp.com", in("\u0441\u043ent\u043es\u043e.com")),
		one("casey@xn--cntoso-i0e.com", in("c\u03bfntoso.com")),
		one("casey@xn--cntoso-bmh.com", in("c\u0585ntoso.com")),
		one("casey@xn--ontoso-9y5b.com", in("\u1d04ontoso.com")),
		one("casey@xn--contos-gxa.com", in("contosó.com"), in("contoso\u0301.com")),
		one("casey@xn--contos-8wa.com", in("contosò.com")),
		one("casey@xn--contoo-76c.com", in("conto\u0282o.com")),
		one("casey@contoso.xn--comx-2g7a", in("contoso.com\u2044x")), // a last label with a slash of fractions
		one("casey@con-toso.com"),
		one("casey@xn--contoso-706c.com", in("con\u2010toso.com"), in("con\u2011toso.com")), // hyphens that are not ours
	}, refused: inEach("contoso\u2024com", "contoso\u00b7com", "contoso\u2044com", "contoso\uff0fcom", "contoso\ufe52com")},

	// A dot too many is the root, an empty label or a typing error. Kept, it would be a second name of
	// a domain; dropped, a spelling that other software takes elsewhere.
	{name: "dots", refused: []string{
		"casey@contoso.com.", "casey@contoso.com..", "casey@.contoso.com", "casey@..contoso.com", "casey@contoso..com", "casey@contoso...com", "casey@.", "casey@..",
		"casey@.com", "casey@com.", "casey@contoso.", "casey@contoso.com。", "casey@contoso.com．", "casey@。contoso.com", "casey@contoso。.com", "casey@contoso.com.\u200b",
		" casey@contoso.com. ", at(".casey"), at("casey."), at("..casey"), at("casey.."), at("ca..sey"), at("."), at(".."), at(".casey."), "CASEY@CONTOSO.COM.",
	}},

	// To send to a number is to send to whatever listens there.
	{name: "address literals", classes: apart("casey@1.2.3.4.com", "casey@163.com", "casey@3com.com", "casey@127.0.0.1.example", "casey@0x7f.example", "casey@contoso.co1"),
		refused: inEach("127.0.0.1", "[127.0.0.1]", "[127.0.0.1", "127.0.0.1]", "[IPv6:::1]", "[IPv6:2001:db8::1]", "[::1]", "::1", "2001:db8::1", "[contoso.com]",
			"[]", "[x:y]", "2130706433", "0x7f000001", "0x7f.1", "127.1", "0177.0.0.1", "127.0.0.1.", "1.2", "１２７.0.0.1", "127。0。0。1", "127.0.0.１")},

	// Names of one label are names in somebody's own network.
	{name: "last labels", classes: append(apart("casey@contoso.c", "casey@contoso.museum", "casey@contoso.invalid", "casey@co.uk", "casey@localhost.localdomain", "casey@contoso.1a"),
		one("casey@contoso.xn--zckzah", "casey@contoso.テスト", "casey@contoso.XN--ZCKZAH")),
		refused: inEach("contoso", "localhost", "com", "c", "CONTOSO", "bücher", "xn--bcher-kva", "contoso.1", "contoso.123", "contoso.0", "1", "contoso.-", "contoso.c-", "contoso.-c")},

	// Host names hold letters, digits and hyphens between them.
	{name: "hyphens, underscores and signs", classes: apart("casey@c-o-n.com", "casey@con---toso.com", "casey@a-b.example", "casey@a.b.c.d.e.f.g.example", "casey@1-2.example"),
		refused: inEach("-contoso.com", "contoso-.com", "-.com", "--.com", "-contoso-.com", "contoso.com-", "con_toso.com", "_contoso.com", "contoso_.com", "_dmarc.contoso.com",
			"con+toso.com", "con*toso.com", "*.com", "*", "con/toso.com", "contoso.com/", "contoso.com/x", "contoso.com?x", "contoso.com#x", "contoso.com:25", "contoso.com:",
			"con,toso.com", "contoso,com", "con;toso.com", "con!toso.com", "con=toso.com", "con'toso.com", "con\"toso.com", "con`toso.com", "con$toso.com", "con&toso.com",
			"con|toso.com", "con~toso.com", "con^toso.com", "{contoso}.com", "con\\toso.com", "con(toso.com", "con<toso.com", "con>toso.com", "-ü.example", "ü-.example")},

	// RFC 5321 §4.5.3.1 and RFC 1035 §2.3.4: what is longer is cut off by some, to another name.
	{name: "lengths", classes: []class{
		one(at(times(64, "a")), at(times(64, "A")), " "+at(times(64, "a"))),
		one(at(times(63, "a"))),
		one("a@" + times(63, "b") + ".com"),
		one("a@" + times(62, "b") + ".com"),
		one("a@contoso." + times(63, "c")),
		one(ofLength(253)),
		one(ofLength(254), " "+ofLength(254)+" ", "A"+ofLength(254)[1:]),
		one("a@xn--tda"+times(56, "a")+".example", "a@"+times(57, "ü")+".example", "a@"+times(57, "Ü")+".example"),
		one("a@b.c"),
	}, refused: []string{
		at(times(65, "a")), at(times(64, "a") + "."), at(times(100, "a.") + "a"), at(times(300, "a")), "a@" + times(64, "b") + ".com", "a@" + times(63, "b") + "x.com",
		"a@contoso." + times(64, "c"), ofLength(255), ofLength(256), " " + ofLength(255), ofLength(320), ofLength(1000), "a@" + times(58, "ü") + ".example",
		"a@" + times(120, "ü") + ".com", "a@" + times(80, "ü.") + "com", times(5000, "a"), times(2000, "a@"), "a@" + times(3000, "b."), at(times(9000, "é")),
	}},
}
