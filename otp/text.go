package otp

import (
	"slices"
	"strings"
)

// textWidth is the longest line that survives quoting and old mail clients.
const textWidth = 72

// Text returns the body as plain text, lines at most 72 characters long and ended by "\n". It holds
// the app's name, a warning and, if there is one, the code and its life; no link, and no text a
// caller supplied.
//
// The code ends a line that begins with words like "Your code is": phones offer to fill in what follows such
// words, and people select it without a full stop.
func (m Message) Text() string {
	var blocks []string
	if code := m.code(); code != "" {
		blocks = append(blocks, m.language().Code+" "+code+"\n")
	}
	for _, p := range m.paragraphs() {
		blocks = append(blocks, wrap(p)+"\n")
	}
	return strings.Join(blocks, "\n")
}

// Short returns the message for a phone: one line, which begins with the code if there is one, since
// that is what a locked screen shows first. With an app's name of 30 characters it fits into the 160 of
// one SMS.
func (m Message) Short() string {
	words := m.fill(m.letter().Short)
	if code := m.code(); code != "" {
		return code + " " + words
	}
	return words
}

// wrap breaks a paragraph into lines of textWidth. Only a word that is longer is broken itself.
func wrap(paragraph string) string {
	var b strings.Builder
	column := 0
	for word := range strings.FieldsSeq(paragraph) {
		for part := range slices.Chunk([]rune(word), textWidth) {
			switch {
			case column == 0:
			case column+1+len(part) > textWidth:
				b.WriteByte('\n')
				column = 0
			default:
				b.WriteByte(' ')
				column++
			}
			b.WriteString(string(part))
			column += len(part)
		}
	}
	return b.String()
}
