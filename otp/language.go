package otp

import (
	"fmt"
	"strings"
	"time"
)

// Language is how messages are worded in one language. Those built in are English, German, French, Spanish and
// Portuguese; a host may change what one of them returns, or write its own. It is not changed while it is in use.
//
// The words of a Letter have places that a message fills in: {app}, its name; {life}, how long the code is good for;
// {contact}, what the message goes to, as in "this address"; and {when}, when a notice's matter happened, with a blank
// before it, or nothing.
type Language struct {
	Tag     string             // of BCP 47, as "pt-BR"
	Code    string             // stands before the code, on the first line of a mail: phones offer to fill in what follows "Your code is"
	Address string             // {contact} of a mail
	Number  string             // {contact} of a text message
	When    string             // {when}, as a layout of time.Time.Format; the time is UTC
	Seconds [2]string          // for {life}: the word for one, and for any other number
	Minutes [2]string          // likewise
	Letters map[Purpose]Letter // one for each purpose
}

// Letter is what a message of one purpose says: as a mail, the same in plain text and in HTML, and as an SMS. The code
// stands above the paragraphs and in front of the short text.
type Letter struct {
	Subject    string
	Paragraphs []string
	Short      string
}

// Validate says what a language lacks.
func (l Language) Validate() error {
	switch {
	case l.Tag == "":
		return fmt.Errorf("a language has no Tag")
	case l.Code == "" || l.Address == "" || l.Number == "" || l.When == "":
		return fmt.Errorf("language %s: one of Code, Address, Number and When is missing", l.Tag)
	case l.Seconds[0] == "" || l.Seconds[1] == "" || l.Minutes[0] == "" || l.Minutes[1] == "":
		return fmt.Errorf("language %s: a word for seconds or minutes is missing", l.Tag)
	}
	for _, p := range purposes {
		if m := l.Letters[p]; m.Subject == "" || len(m.Paragraphs) == 0 || m.Short == "" {
			return fmt.Errorf("language %s: the letter for %q is missing or lacks a part", l.Tag, p)
		}
	}
	return nil
}

// inWords says how long something lasts.
func (l Language) inWords(d time.Duration) string {
	n, words := int(d.Seconds()), l.Seconds
	if d >= time.Minute && d%time.Minute == 0 {
		n, words = int(d.Minutes()), l.Minutes
	}
	word := words[1]
	if n == 1 {
		word = words[0]
	}
	return fmt.Sprintf("%d %s", n, word)
}

// fill puts what m has into words of a letter. It goes over them once: a name that looks like a
// place to fill stays a name.
func (m Message) fill(words string) string {
	l, when := m.language(), ""
	if !m.At.IsZero() {
		when = m.At.UTC().Format(l.When)
	}
	contact := l.Address
	if m.Channel == SMS {
		contact = l.Number
	}
	return strings.NewReplacer("{app}", m.App, "{life}", l.inWords(m.Life), "{when}", when, "{contact}", contact).Replace(words)
}

// language is the one that m is written in.
func (m Message) language() *Language {
	if m.Style.Language != nil {
		return m.Style.Language
	}
	return &english
}

// letter is m's.
func (m Message) letter() Letter { return m.language().Letters[m.Purpose] }

// paragraphs returns those of m's letter.
func (m Message) paragraphs() []string {
	var filled []string
	for _, p := range m.letter().Paragraphs {
		filled = append(filled, m.fill(p))
	}
	return filled
}

// code returns m's code: none in a notice, whatever its field holds.
func (m Message) code() string {
	if m.Purpose.HasCode() {
		return m.Code
	}
	return ""
}
