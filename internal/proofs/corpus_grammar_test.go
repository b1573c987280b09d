//go:build unix && !race

package proofs

// grammar is about everything else that RFC 5322, its readers and its attackers call an address.
var grammar = []group{
	// Quotes make a second spelling of every name, and hide an @ in it.
	{name: "quoted local parts", refused: []string{
		at(`"casey"`), at(`"CASEY"`), at(`"ca sey"`), at(`"ca\sey"`), at(`"casey\""`), at(`"casey\"`), at(`""`), at(`"`), at(`" "`), at(`"casey".jensen`), at(`casey."jensen"`),
		at(`ca"se"y`), at(`"@"`), at(`"casey@contoso.com"`), at(`"casey@evil.example"`), at(`"casey@evil.example>,"`), at(`'casey"`), at(`casey\`), at(`\casey`), at(`casey\@evil.example`),
		`"casey@contoso.com"`, at("\u201ccasey\u201d"),
	}, classes: apart(at("'casey'"), at("o'neil"))},

	// Comments may stand anywhere and mean nothing, to those who know.
	{name: "comments", refused: []string{
		at("(x)casey"), at("casey(x)"), at("ca(x)sey"), at("casey()"), at("casey((x))"), "casey@(x)contoso.com", "casey@contoso.com(x)", "casey@contoso.com (x)", "casey@contoso(x).com",
		"casey@contoso.(x)com", "(x) casey@contoso.com", "casey(@evil.example)@contoso.com", "casey@contoso.com(", "casey@contoso.com)", at("casey(at)evil.example"),
	}},

	{name: "display names", refused: []string{
		"Casey <casey@contoso.com>", `"Casey" <casey@contoso.com>`, "<casey@contoso.com>", "<casey@contoso.com", "casey@contoso.com>", "<<casey@contoso.com>>", "<>", "< casey@contoso.com >",
		"casey@contoso.com <casey@evil.example>", "<casey@contoso.com> <casey@evil.example>", "Casey casey@contoso.com", "casey@contoso.com Casey", "=?utf-8?q?Casey?= <casey@contoso.com>",
		"=?utf-8?b?Y2FzZXk=?=", "Casey<casey@contoso.com>", "To: casey@contoso.com",
	}, classes: apart("=?utf-8?q?casey?=@contoso.com")}, // nobody decodes it here

	// Two recipients, of whom one reads the code.
	{name: "lists and groups", refused: []string{
		"casey@contoso.com,eve@evil.example", "casey@contoso.com, eve@evil.example", "casey@contoso.com;eve@evil.example", "casey@contoso.com; eve@evil.example", "casey@contoso.com eve@evil.example",
		"casey@contoso.com,", ",casey@contoso.com", "casey@contoso.com;", ";casey@contoso.com", "eve@evil.example,casey@contoso.com", "casey,eve@contoso.com", "casey;eve@contoso.com",
		"casey@contoso.com|eve@evil.example", "casey@contoso.com&eve@evil.example", "casey@contoso.com/eve@evil.example", "x: casey@contoso.com;", "x:casey@contoso.com,eve@evil.example;", "x:;",
		"undisclosed-recipients:;", "casey@contoso.com\u201aeve@evil.example", "casey@contoso.com\uff0ceve@evil.example", "casey@contoso.com\u037eeve@evil.example",
		"casey@contoso.com%2Ceve@evil.example", "[casey@contoso.com]", `["casey@contoso.com","eve@evil.example"]`, `{"$ne":"casey@contoso.com"}`,
	}},

	// Old ways to say by whom a mail is to be passed on. A server that still knows them passes it on.
	{name: "routes", refused: []string{
		at("casey%evil.example"), at("casey%40evil.example"), at("%casey"), at("casey%"), "casey%evil.example", at("evil.example!casey"), at("casey!"), at("!casey"), "evil.example!casey", "a!b!casey@contoso.com",
		"@evil.example:casey@contoso.com", "@a.example,@b.example:casey@contoso.com", "<@evil.example:casey@contoso.com>", "@contoso.com", "casey@@contoso.com", "casey@evil.example@contoso.com",
		"casey@contoso.com@evil.example", "casey@contoso.com@", "@casey@contoso.com", "@", "@@", "casey@", "casey:contoso.com", at("casey:x"), "casey::contoso",
	}, classes: apart(at("casey/x"), at("casey=evil.example"), at("casey+evil.example"), at("casey#evil.example"), at("//casey"), at("/o=x/s=casey"))},

	// A line end begins the next header, or the next command.
	{name: "line ends inside", refused: []string{
		"casey@contoso.com%0d%0aBcc:eve@evil.example", "casey@contoso.com%0A", at("casey%0d%0a"), `casey@contoso.com\r\nBcc: eve@evil.example`, `casey\n@contoso.com`,
		"casey@contoso.com\u2028Bcc: eve@evil.example", "casey@contoso.com\u0085Bcc: eve@evil.example", "casey@contoso.com\u560a\u560dBcc: eve@evil.example", "casey@contoso.com&#10;x",
	}, garbled: []string{
		"casey@contoso.com\r\nBcc: eve@evil.example", "casey@contoso.com\nBcc: eve@evil.example", "casey@contoso.com\rBcc: eve@evil.example", "casey@contoso.com\r\n\r\neve",
		"casey@contoso.com\neve@evil.example", "casey@contoso.com>\r\nRCPT TO:<eve@evil.example", at("casey\r\n"), at("ca\nsey"), at("casey\r"), "casey@\r\ncontoso.com", "casey@contoso.com\r\n .",
		"casey\r\n @contoso.com", "eve@evil.example\ncasey@contoso.com",
	}},

	// In C a NUL is the end; a database may refuse it, and a terminal obey the others.
	{name: "NUL and other controls", refused: []string{
		at("ca\u0080sey"), "casey@contoso.com\u009f", "casey@con\u0080toso.com", "casey%00@contoso.com", `casey\u0000@contoso.com`, `casey\x00@contoso.com`, at("ca\u2400sey"), at("ca\ufffdsey"), "casey@con\ufffdtoso.com",
		at("ca\uffffsey"), at("ca\ue000sey"),
	}, garbled: []string{
		"\x00", "\x00casey@contoso.com", "casey@contoso.com\x00", at("ca\x00sey"), at("casey\x00"), "casey@\x00contoso.com", "casey@contoso.com\x00@evil.example", "casey@contoso.com\x00.evil.example", at("ca\x01sey"),
		at("ca\x08sey"), "casey@contoso.com\v", "\vcasey@contoso.com", "casey@contoso.com\f", "\fcasey@contoso.com", at("ca\x1bsey"), "\x1b[2Kcasey@contoso.com", at("ca\x7fsey"), "casey@contoso.com\x7f", "casey@con\x1ftoso.com",
		"casey@contoso.com\x1a",
	}},

	// Bytes that are no text, which a decoder that is too kind makes text of: C0 AE is a dot to it.
	{name: "broken UTF-8", garbled: []string{
		at("ca\xffsey"), at("\xffcasey"), at("casey\xc3"), at("jos\xe9"), at("ca\xc1\xb3ey"), at("casey\xc0\xaejensen"), "casey\xc0\x80@contoso.com", "casey@con\xfftoso.com", "casey@contoso.com\xff", "casey@contoso\xc0\xaecom",
		"casey@b\xfccher.example", at("ca\xed\xa0\x80sey"), "casey@\xed\xa0\xbd\xed\xb8\x80.example", at("ca\xf4\x90\x80\x80sey"), "\xfe\xff", "\xef\xbbcasey@contoso.com", "casey@contoso.com\x80", "\xa0casey@contoso.com",
	}},

	// Every sign of an atom (RFC 5322 §3.2.3), but for those that route. Each is a name of its own.
	{name: "signs", classes: []class{
		one(at("#$&'*+-/=?^_`{|}~")),
		one(at("a.b-c_d+e=f"), at("A.B-C_D+E=F")),
		one(at("-")), one(at("_")), one(at("-casey")), one(at("casey-")), one(at("_casey")), one(at("casey_")), one(at("ca--sey")), one(at("'")),
	}, refused: atEach("ca,sey", "ca;sey", "ca<sey", "ca>sey", "ca[sey", "ca]sey", "ca)sey", "ca£sey", "ca§sey", "ca\u00b4sey", "ca\u20acsey")},

	// What else is in the field of a form that asks for an address.
	{name: "no addresses", refused: []string{
		"", "casey", "contoso.com", "casey.contoso.com", "casey at contoso.com", "casey(at)contoso.com", "casey[at]contoso.com", "casey%40contoso.com", "casey&#64;contoso.com", "casey&commat;contoso.com",
		"mailto:casey@contoso.com", "https://casey@contoso.com", "https://contoso.com/casey", "casey@https://contoso.com", "CONTOSO\\casey", "contoso.com\\casey", "smtp:casey@contoso.com",
		"+41 44 668 18 00", "12345678", "<script>alert(1)</script>@contoso.com", "casey@contoso.com<script>", "casey@contoso.com' OR '1'='1", "' OR 1=1 --", "${casey}@contoso.com.${x}", "../../etc/passwd", "casey@../x",
		"casey@contoso.com\\", "casey@contoso.com\"", "casey@contoso.com'", `\"casey@contoso.com`, "null", "{}", "[]", "11111111-1111-4111-8111-111111111111", "casey@contoso.com?subject=x", "casey@contoso.com&x=y", "casey@contoso.com=x",
	}},
}
