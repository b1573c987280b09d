//go:build unix && !race

package proofs

// ordinary are spellings that people and their keyboards make, and names that must not be merged
// for being alike.
var ordinary = []group{
	// Phones begin a field with a capital, and no mailbox provider tells the two apart.
	{name: "ASCII case", classes: []class{
		one(at("casey"), at("Casey"), at("CASEY"), at("cAsEy"), at("caseY"), "casey@Contoso.com", "casey@CONTOSO.com",
			"casey@contoso.COM", "casey@cOnToSo.CoM", "Casey@Contoso.Com", "CASEY@CONTOSO.COM"),
		one(at("kim.i"), at("KIM.I"), at("Kim.I"), at("kim.I"), "KIM.i@CONTOSO.com"), // I is not ı, in any language
		one(at("a1-b_c"), at("A1-B_C"), "A1-b_C@contoso.COM"),
		one(at("ss"), at("SS"), at("Ss"), at("sS")),
		one("casey@kontoso.com", "CASEY@KONTOSO.COM", "casey@Kontoso.com"),
	}},

	// Case is a bit of the ASCII code. Whoever sets it in all characters merges these.
	{name: "ASCII signs that are a bit apart", classes: apart(
		at("^x"), at("~x"), at("{x"), at("|x"), at("}x"), at("`x"), at("_x"), at("/x"), at("?x"), at("-x"), at("=x"), at("*x"), at("+x"),
		at("#x"), at("$x"), at("&x"), at("'x"), at("x"), at("4x"), at("dx"))},

	// Blanks come along with what is pasted, and a form loses those of ASCII at both ends.
	{name: "ASCII blanks around", classes: []class{
		{address: at("casey"), spellings: []string{
			" casey@contoso.com", "casey@contoso.com ", "  casey@contoso.com  ", "\tcasey@contoso.com", "casey@contoso.com\t",
			" \t casey@contoso.com\t \t", " CASEY@contoso.com\t", "\t\tcasey@CONTOSO.com  ",
		}, framed: []string{
			"\ncasey@contoso.com", "casey@contoso.com\n", "\r\ncasey@contoso.com", "casey@contoso.com\r\n", "casey@contoso.com\r",
			"\rcasey@contoso.com", "\r\n\r\ncasey@contoso.com\r\n\r\n", " \r\n\t Casey@contoso.com \n",
		}},
	}},

	// Inside there are none: half of such a name may be another one.
	{name: "ASCII blanks inside", refused: []string{
		at("ca sey"), at("casey "), at("c a s e y"), "casey@ contoso.com", "casey @ contoso.com", "casey@con toso.com",
		"casey@contoso .com", "casey@contoso. com", "casey@contoso.co m", "casey@contoso.com x", "x casey@contoso.com",
		"casey contoso.com", "casey@contoso com", " ", "   ", "\t", " \t ",
	}, garbled: []string{
		at("ca\tsey"), at("casey\t"), "casey@\tcontoso.com", "casey@con\ttoso.com", "casey@contoso.com\tx", "casey@contoso\t.com",
	}},

	// Mail providers give these to one person or to two; only they know.
	{name: "tags and dots of a provider", classes: apart(
		at("casey+"), at("casey+shop"), at("casey+shop+news"), at("casey++shop"), at("+casey"), at("casey-shop"),
		at("casey=shop"), at("casey.jensen"), at("caseyjensen"), at("c.aseyjensen"), at("casey_jensen"), at("casey-jensen"),
		at("cas.ey"), at("c.a.s.e.y"), "casey@gmail.example", "casey@googlemail.example", "ca.sey@gmail.example")},

	// A key that is compared by its beginning, or found by a pattern, finds a neighbour.
	{name: "beginnings, ends and patterns", classes: apart(
		"casey@contoso.co", "casey@contoso.community", "casey@contoso.com.example", "casey@a.contoso.com", "casey@mail.contoso.com",
		"casey@notcontoso.com", at("case"), at("caseyy"), at("asey"), at("c_sey"), at("cas_y"), at("c*"), at("*"), at("?asey"),
		at("casey'--"), at("casey'or'1'='1"), at("null"), at("undefined"), at("0"), at("00"), at("1e3"), at("1000"), at("-1"), at("$casey"),
		at("{casey}"), at("casey|x"), at("casey&x=1"), at("casey=x"), at("^case.*$")),
		refused: []string{at("c%sey"), at("%"), "casey@%.com", "casey@contoso.com%", at("case[y]"), at("(?i)casey"), "*", "%", "casey*@*"}},

	// One character to the eye, another to the machine, all of it ASCII: other people.
	{name: "letters and digits that look alike", classes: apart(
		"casey@c0ntoso.com", "casey@cont0so.com", "casey@contos0.com", "casey@contoso.c0m", "casey@contosoo.com", "casey@comtoso.com",
		"casey@corntoso.com", at("cas3y"), at("c4sey"), at("casev"), at("ill"), at("i1l"), at("1ll"), at("lll"), at("modern"), at("rnodern"))},

	// Letters with and without marks are other letters; a collation that people sort by merges them.
	{name: "the two josés", classes: []class{
		one(at("jose"), at("Jose"), at("JOSE")),
		one("casey@jose.example"),
		one("casey@xn--jos-dma.example", in("josé.example"), in("JOSÉ.example"), in("jose\u0301.example"), in("JOSE\u0301.EXAMPLE"), in("XN--JOS-DMA.example")),
	}, refused: []string{at("josé"), at("JOSÉ"), at("jose\u0301"), at("JOSE\u0301"), at("jos\u00e8"), at("jos\u0117"), "josé@josé.example"}},
}
