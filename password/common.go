package password

import (
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// A list of common passwords is long, and misses the one with another year at its end. So what is
// kept is what such passwords are made of: words, years, walks over the keyboard, repetitions. A
// password is common if it can be put together from few of those pieces and little else. What the
// bounds say is meant to catch "Dragon2024!" and to leave alone a word in a passphrase.
const (
	maxWords    = 4 // in points
	ordinary    = 3 // points of a word from the list, so that there can be one
	unhelpful   = 1 // points of a word that says what it is for or who it belongs to
	maxOdd      = 4 // characters that belong to no piece, beside a word
	maxOddAlone = 2 // and beside none
	maxLetters  = 1 // of them letters, which unlike digits and signs are not just stuck on
	minRun      = 3 // characters that follow one another on a line
	maxUnit     = 4 // characters that are repeated
	tooMany     = maxOdd + 1
)

// word is a word in lower case, and what it adds to the sum that maxWords bounds.
type word struct {
	text   []rune
	points int
}

// piece is a part of a password that everybody knows, by its length and points.
type piece struct{ length, points int }

// isCommon tells whether a normalised password is among the first to be guessed by those who know
// these names. It is judged as it is, backwards, as what it repeats, and without blanks or hyphens
// that were only put in between.
func isCommon(password string, names []word) bool {
	text := []rune(fold(password))
	for _, t := range [][]rune{text, withoutFill(text)} {
		t = unit(t)
		if isMadeOfPieces(t, names) {
			return true
		}
		slices.Reverse(t)
		if isMadeOfPieces(t, names) {
			return true
		}
	}
	return false
}

// isMadeOfPieces looks for the parting of text that leaves the fewest characters over.
func isMadeOfPieces(text []rune, names []word) bool {
	// odd[i][w][l] is how few of the first i characters can be left over, l of them letters, with
	// words of w points before i.
	type counts [maxWords + 1][maxLetters + 1]int
	odd := make([]counts, len(text)+1)
	for i := range odd {
		for w := range odd[i] {
			for l := range odd[i][w] {
				odd[i][w][l] = tooMany
			}
		}
	}
	odd[0][0][0] = 0
	for i, r := range text {
		known := pieces(text[i:], names)
		letter := 0
		if unicode.IsLetter(r) {
			letter = 1
		}
		for w := range odd[i] {
			for l, n := range odd[i][w] {
				if n == tooMany {
					continue
				}
				if l+letter <= maxLetters {
					odd[i+1][w][l+letter] = min(odd[i+1][w][l+letter], n+1)
				}
				for _, p := range known {
					if w+p.points <= maxWords {
						least := &odd[i+p.length][w+p.points][l]
						*least = min(*least, n)
					}
				}
			}
		}
	}
	for w, n := range odd[len(text)] {
		if least := slices.Min(n[:]); least <= maxOddAlone || w > 0 && least <= maxOdd {
			return true
		}
	}
	return false
}

// pieces returns those that text begins with.
func pieces(text []rune, names []word) []piece {
	var found []piece
	for n := minRun; n <= len(text) && isRun(text[n-minRun:n]); n++ {
		if n > minRun || !slices.ContainsFunc(text[:n], unicode.IsLetter) { // three letters meet by chance
			found = append(found, piece{length: n})
		}
	}
	for u := 2; u <= maxUnit; u++ {
		for n := 2 * u; n <= len(text) && slices.Equal(text[n-u:n], text[:u]); n += u {
			found = append(found, piece{length: n})
		}
	}
	for _, layout := range dates {
		if layout.matches(text) {
			found = append(found, piece{length: len(layout)})
		}
	}
	for _, letter := range readings(text[0]) {
		for _, w := range vocabulary()[letter] {
			found = w.appendTo(found, text)
		}
	}
	for _, w := range names {
		found = w.appendTo(found, text)
	}
	return found
}

// appendTo adds the word to found if text begins with it, once or several times.
func (w word) appendTo(found []piece, text []rune) []piece {
	for n := len(w.text); n <= len(text) && w.reads(text[n-len(w.text):n]); n += len(w.text) {
		found = append(found, piece{n, w.points})
	}
	return found
}

// reads tells whether text, which has the word's length, can be read as the word: with lookalikes
// for up to half of it, unless it is short.
func (w word) reads(text []rune) bool {
	disguised := 0
	for i, r := range text {
		if r == w.text[i] {
			continue
		}
		if !strings.ContainsRune(lookalikes[r], w.text[i]) {
			return false
		}
		disguised++
	}
	return disguised == 0 || len(text) > shortestWord && 2*disguised <= len(text)
}

// lookalikes are the letters that a digit or sign is written for.
var lookalikes = map[rune]string{
	'0': "o", '1': "il", '2': "z", '3': "e", '4': "a", '5': "s", '6': "gb", '7': "tl", '8': "b", '9': "gq",
	'@': "a", '$': "s", '!': "il", '|': "il", '+': "t", '(': "c", '<': "c", '#': "h", '€': "e", '£': "l",
}

// readings returns what r can stand for at the beginning of a word.
func readings(r rune) []rune { return append([]rune{r}, []rune(lookalikes[r])...) }

// vocabulary returns the words of the list by their first letter.
var vocabulary = sync.OnceValue(func() map[rune][]word {
	byLetter := map[rune][]word{}
	add := func(list string, points int) {
		for w := range strings.FieldsSeq(list) {
			text := []rune(fold(w))
			byLetter[text[0]] = append(byLetter[text[0]], word{text, points})
		}
	}
	add(accountWords, unhelpful)
	add(commonWords, ordinary)
	return byLetter
})

// mostParts is how many parts of one value count. Nobody is called by more.
const mostParts = 32

// names returns the words that values consist of, and each value as it is and without what is between
// its words.
func names(values []string) []word {
	var found []word
	add := func(text string) {
		if r := []rune(text); len(r) >= shortestWord {
			found = append(found, word{r, unhelpful})
		}
	}
	for _, v := range values {
		for _, text := range whole(fold(v)) {
			parts := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
			parts = parts[:min(len(parts), mostParts)]
			for _, p := range parts {
				add(p)
				if name := strings.TrimFunc(p, unicode.IsDigit); name != p { // casey of casey1990
					add(name)
				}
			}
			if joined := strings.Join(parts, ""); len(parts) > 1 && len(joined) >= shortestWord {
				add(text)
				add(joined)
			}
		}
	}
	return found
}

// whole returns a value and, if it is an address, its local part.
func whole(value string) []string {
	local, _, is := strings.Cut(value, "@")
	if !is {
		return []string{value}
	}
	return []string{value, local}
}

// fold returns the spelling that words are compared in.
func fold(s string) string { return strings.ToLower(norm.NFKC.String(s)) }

// unit returns the shortest text that t is a repetition of, t itself if there is none.
func unit(t []rune) []rune {
	for n := maxUnit + 1; n <= len(t)/2; n++ { // shorter ones are pieces
		if len(t)%n == 0 && slices.Equal(t[n:], t[:len(t)-n]) {
			return slices.Clone(t[:n])
		}
	}
	return slices.Clone(t)
}

// withoutFill returns t without its blanks and signs if they are all the same one.
func withoutFill(t []rune) []rune {
	isFill := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	first := slices.IndexFunc(t, isFill)
	if first < 0 || slices.ContainsFunc(t, func(r rune) bool { return isFill(r) && r != t[first] }) {
		return t
	}
	return slices.DeleteFunc(slices.Clone(t), isFill)
}

// layout is a way to write a date: d and m for the digits of a day and a month, y for the two of a
// year, c for those of its century.
type layout string

var dates = []layout{"ccyy", "ddmmccyy", "mmddccyy", "ccyymmdd", "ddmmyy", "mmddyy"}

// matches tells whether text begins with a date. Which month has 31 days is no matter.
func (l layout) matches(text []rune) bool {
	if len(text) < len(l) {
		return false
	}
	values := map[rune]rune{}
	for i, field := range l {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
		values[field] = values[field]*10 + text[i] - '0'
	}
	within := func(field, least, most rune) bool {
		v, there := values[field]
		return !there || least <= v && v <= most
	}
	return within('d', 1, 31) && within('m', 1, 12) && within('c', 19, 20)
}
