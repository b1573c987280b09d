package attrs

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// maxAttributes is the size of the largest Schema and of the largest submission: what nobody can
// ask for nobody needs to send.
const maxAttributes = 50

// maxValue is the longest value of an attribute in bytes, as submitted and as stored.
const maxValue = 1024

var namePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,127}$`)

// reserved names decide who a user is and what they may do. A client must never be able to set
// them, so a host cannot ask for them.
var reserved = []string{
	"id", "sub", "username", "password", "email_verified", "roles", "version", "epoch", "disabled",
}

// Validate returns every problem of s at once, each in words that say what to change, or nil. An
// empty Schema is valid.
func (s Schema) Validate() error {
	var problems []error
	if len(s) > maxAttributes {
		problems = append(problems, fmt.Errorf("%d attributes are too many, at most %d are possible", len(s), maxAttributes))
	}
	for i, a := range s {
		for _, problem := range slices.Concat(s.nameProblems(i), a.withDefaults().inputProblems()) {
			problems = append(problems, fmt.Errorf("attribute %d (%q): %s", i+1, a.Name, problem))
		}
	}
	return errors.Join(problems...)
}

// nameProblems says what is wrong with the name of the i-th attribute, also beside those before it.
func (s Schema) nameProblems(i int) []string {
	name := s[i].Name
	if name == "" {
		return []string{"Name is missing"}
	}
	if !namePattern.MatchString(name) {
		return []string{"Name must be a letter followed by at most 127 letters, digits and underscores"}
	}
	same := func(other string) bool { return strings.EqualFold(other, name) }
	if slices.ContainsFunc(reserved, same) {
		return []string{"Name is reserved, choose another"}
	}
	first := slices.IndexFunc(s, func(a Attribute) bool { return same(a.Name) })
	if first < i {
		return []string{fmt.Sprintf("Name is taken by attribute %d, names must differ in more than case", first+1)}
	}
	return nil
}

// inputProblems says what is wrong with the rest of an attribute that has its defaults.
func (a Attribute) inputProblems() []string {
	var problems []string
	switch a.Input {
	case TextBox, Boolean:
		if len(a.Options) > 0 {
			problems = append(problems, fmt.Sprintf("Options are for the selects, remove them or change Input %s", a.Input))
		}
	case SingleRadioSelect, CheckboxMultiSelect:
		problems = append(problems, a.optionProblems()...)
	default:
		problems = append(problems, fmt.Sprintf("Input %q is unknown, use %s, %s, %s or %s",
			a.Input, TextBox, SingleRadioSelect, CheckboxMultiSelect, Boolean))
	}
	if _, err := regexp.Compile(a.Regex); err != nil {
		problems = append(problems, fmt.Sprintf("Regex is not an RE2 pattern: %v", err))
	}
	return problems
}

// optionProblems says which options could never be chosen, or not told from another.
func (a Attribute) optionProblems() []string {
	if len(a.Options) == 0 {
		return []string{fmt.Sprintf("Options are missing, Input %s needs at least one", a.Input)}
	}
	var problems []string
	for i, o := range a.Options {
		if p := optionProblem(o); p != "" {
			problems = append(problems, fmt.Sprintf("option %d (%q) %s", i+1, o, p))
		}
		if slices.Index(a.Options, o) < i {
			problems = append(problems, fmt.Sprintf("option %d (%q) is listed twice", i+1, o))
		}
	}
	// Somebody may tick every box.
	if a.Input == CheckboxMultiSelect && len(strings.Join(a.Options, ",")) > maxValue {
		problems = append(problems, fmt.Sprintf("Options joined by commas are longer than %d bytes", maxValue))
	}
	return problems
}

// optionProblem says what keeps option from being chosen, "" if nothing does.
func optionProblem(option string) string {
	switch {
	case option == "":
		return "is empty"
	case strings.TrimSpace(option) != option:
		return "begins or ends with a blank"
	case strings.Contains(option, ","):
		return "contains a comma, which separates options"
	case strings.ContainsFunc(option, isUnreadable):
		return "contains a control character or is not valid UTF-8"
	case len(option) > maxValue:
		return fmt.Sprintf("is longer than %d bytes", maxValue)
	}
	return ""
}
