//go:build unix && !race

package proofs

import (
	"slices"
	"strings"
)

// The corpus of T11 is what may arrive as a user name, in groups. A group is about one way in which
// two texts can be taken for one another, and gives every text of it a verdict: it is a spelling of
// one address, or it is refused. All texts with one address are one class, also over several groups;
// there is one account and one mailbox to a class. A text is in the corpus once.
//
// What is said of a text follows from I5 of the security requirements and sections 1.3 and 15 of the
// contract, and A-labels were worked out by another implementation of punycode (RFC 3492).
type group struct {
	name    string
	classes []class
	// refused are no user names: ParseAddress says so, and the API says 90100.
	refused []string
	// garbled are refused as well. The API does not get as far as the name: what is not UTF-8, or
	// holds control characters, is a malformed request, 90023 (D7).
	garbled []string
}

// class is an address in its canonical form, which is a spelling itself, and others of its spellings.
type class struct {
	address   string
	spellings []string
	// framed are spellings with line ends around them. They come off with the blanks around any
	// parameter (section 1.3); ParseAddress itself has nothing to do with lines, and refuses them.
	framed []string
}

// one is a class of spellings without line ends.
func one(address string, spellings ...string) class {
	return class{address: address, spellings: spellings}
}

// apart are classes of a single spelling: names that are near each other and not the same.
func apart(addresses ...string) (list []class) {
	for _, a := range addresses {
		list = append(list, one(a))
	}
	return list
}

// corpus is all of it.
var corpus = slices.Concat(ordinary, beyondASCII, domains, grammar)

// at is a name in the domain that most of the corpus is about.
func at(local string) string { return local + "@contoso.com" }

// in is an address in a domain.
func in(domain string) string { return "casey@" + domain }

// inEach are addresses in several domains.
func inEach(domains ...string) (list []string) {
	for _, d := range domains {
		list = append(list, in(d))
	}
	return list
}

// atEach are several names in one domain.
func atEach(locals ...string) (list []string) {
	for _, l := range locals {
		list = append(list, at(l))
	}
	return list
}

func times(n int, s string) string { return strings.Repeat(s, n) }

// ofLength returns an address of so many bytes, whose labels are as long as labels can be.
func ofLength(n int) string {
	a := "a@"
	for n-len(a) > 67 {
		a += times(63, "b") + "."
	}
	return a + times(n-len(a)-3, "c") + ".co"
}
