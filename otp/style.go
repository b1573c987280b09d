package otp

import (
	"errors"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// Style is how a message is written. The zero Style is English in the layout built in, as is what a Sender of a test
// makes up.
type Style struct {
	Language      *Language          // nil means English
	Layout        *template.Template // of HTML; nil means the one built in
	CodeInSubject bool
}

// Page is what a layout is executed with.
type Page struct {
	Tag        string // of the language
	App        string
	Subject    string
	Code       string // "" in a notice
	Paragraphs []string
}

// Messages is how the messages of an app are written: in which languages, and how they look. The zero Messages
// are in English, German, French, Spanish and Portuguese, whichever somebody reads, and English for everybody else.
type Messages struct {
	// Languages are more languages, or replace those built in that have the same Tag.
	Languages []Language
	// Default is the Tag of what people get who read none of them. "" means "en".
	Default string
	// Layout makes the HTML part of mails, from a Page. nil means a plain one, which leaves colours to the reader's own
	// light and dark. One that fails is replaced by that one, so that a code leaves in any case.
	Layout *template.Template
	// CodeInSubject puts the code behind the subject of a mail, so that people need not open it; so does nobody who
	// sees the lists of their mails or a locked screen. Off by default.
	CodeInSubject bool
}

// languages are the ones there are, the default first.
func (m Messages) languages() []Language {
	all := []Language{English(), German(), French(), Spanish(), Portuguese()}
	for _, l := range m.Languages {
		replaced := false
		for i := range all {
			if strings.EqualFold(all[i].Tag, l.Tag) {
				all[i], replaced = l, true
			}
		}
		if !replaced {
			all = append(all, l)
		}
	}
	for i := range all {
		if strings.EqualFold(all[i].Tag, m.Default) {
			all[0], all[i] = all[i], all[0]
		}
	}
	return all
}

// Validate reports every mistake at once.
func (m Messages) Validate() error {
	var problems []error
	found := m.Default == ""
	for _, l := range m.languages() {
		found = found || strings.EqualFold(l.Tag, m.Default)
		if err := l.Validate(); err != nil {
			problems = append(problems, err)
		} else if _, err := language.Parse(l.Tag); err != nil {
			problems = append(problems, fmt.Errorf("language %q: the tag is none of BCP 47", l.Tag))
		}
	}
	if !found {
		problems = append(problems, fmt.Errorf("no language has the Tag %q of Default", m.Default))
	}
	if m.Layout != nil {
		for _, p := range purposes {
			if err := m.Layout.Execute(io.Discard, (Message{Purpose: p, App: "App", Code: "01234567"}).page()); err != nil {
				problems = append(problems, fmt.Errorf("the Layout cannot be filled in: %w", err))
				break
			}
		}
	}
	return errors.Join(problems...)
}

// Styles finds the style for whoever a message is for. It is safe for concurrent use.
type Styles struct {
	styles  []Style
	matcher language.Matcher
}

// Styles returns those of m, which Validate has accepted.
func (m Messages) Styles() *Styles {
	all := m.languages()
	s := &Styles{}
	tags := make([]language.Tag, len(all))
	for i := range all {
		s.styles = append(s.styles, Style{&all[i], m.Layout, m.CodeInSubject})
		tags[i] = language.Make(all[i].Tag)
	}
	s.matcher = language.NewMatcher(tags)
	return s
}

// All returns one for each language, the default first.
func (s *Styles) All() []Style { return slices.Clone(s.styles) }

// maxPreferences is how long a list of languages is looked at. Longer ones are nobody's who reads.
const maxPreferences = 256

// For returns the style of the language that fits best to the first list that names any: locales as OpenID Connect
// has them in ui_locales ("fr-CA fr en"), and the header Accept-Language (RFC 9110 §12.5.4). What cannot be read
// is as good as nothing.
func (s *Styles) For(uiLocales, acceptLanguage string) Style {
	for _, list := range []string{strings.Join(strings.Fields(uiLocales), ","), acceptLanguage} {
		if list == "" || len(list) > maxPreferences {
			continue
		}
		if wanted, _, err := language.ParseAcceptLanguage(list); err == nil && len(wanted) > 0 {
			if _, i, sure := s.matcher.Match(wanted...); sure > language.No {
				return s.styles[i]
			}
		}
	}
	return s.styles[0]
}
