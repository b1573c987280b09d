package attrs

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What a person is told. No reason quotes the value: it is personal, and answers get logged.
const (
	reasonRequired   = "A value is required."
	reasonNotScalar  = "The value must be a text, a number or a boolean."
	reasonUnreadable = "The value contains a line break or another character that cannot be shown."
	reasonFormat     = "The value does not have the expected format."
	reasonOption     = "The value is not one of the options."
	reasonTwice      = "An option is chosen twice."
	reasonBoolean    = "The value must be true or false."
	reasonAnswer     = "This answer is not accepted."
)

var reasonLong = fmt.Sprintf("The value is longer than %d bytes.", maxValue)

// check returns the canonical form of v, "" for an optional value left empty, or the reason why it
// is refused.
func (r rule) check(v value) (canonical, reason string) {
	if r.Input == TextBox { // as around every parameter: blanks alone are no value
		v.text = strings.Trim(v.text, " \t\r\n")
	}
	switch {
	case !v.scalar:
		return "", reasonNotScalar
	case v.text == "" && r.Required:
		return "", reasonRequired
	case v.text == "":
		return "", ""
	case len(v.text) > maxValue:
		return "", reasonLong
	case strings.ContainsFunc(v.text, isUnreadable):
		return "", reasonUnreadable
	}
	if canonical, reason = r.canonical(v.text); reason != "" {
		return "", reason
	}
	if r.pattern == nil || r.pattern.MatchString(canonical) {
		return canonical, ""
	}
	if r.Input == TextBox {
		return "", reasonFormat
	}
	return "", reasonAnswer // chosen, not typed: there is no format to mend
}

// isUnreadable tells whether r is a control character or stands for bytes or half a surrogate pair
// that were no character.
func isUnreadable(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError }

// canonical returns the one spelling under which text is stored.
func (r rule) canonical(text string) (canonical, reason string) {
	switch r.Input {
	case SingleRadioSelect:
		if !slices.Contains(r.Options, text) {
			return "", reasonOption
		}
		return text, ""
	case CheckboxMultiSelect:
		return r.chosen(text)
	case Boolean:
		if text = strings.ToLower(text); text != "true" && text != "false" {
			return "", reasonBoolean
		}
		return text, ""
	}
	return text, ""
}

// chosen puts the options that text lists into the order of the Schema. Clients separate them by a
// comma, with blanks beside it or without.
func (r rule) chosen(text string) (canonical, reason string) {
	ticked := make([]bool, len(r.Options))
	for option := range strings.SplitSeq(text, ",") {
		i := slices.Index(r.Options, strings.Trim(option, " "))
		if i < 0 {
			return "", reasonOption
		}
		if ticked[i] {
			return "", reasonTwice
		}
		ticked[i] = true
	}
	var options []string
	for i, option := range r.Options {
		if ticked[i] {
			options = append(options, option)
		}
	}
	return strings.Join(options, ","), ""
}
