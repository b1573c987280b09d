package attrs

import (
	"fmt"
	"regexp"
	"slices"
)

// Set is a Schema ready for use. It does not change and is safe for concurrent use. The zero value
// is the Set of an empty Schema.
type Set struct {
	rules []rule
}

// rule is an attribute with its defaults and its pattern, nil if it has none.
type rule struct {
	Attribute
	pattern *regexp.Regexp
}

// Compile returns the Set of s, or every problem that Validate finds. Later changes to s do not
// touch the Set.
func Compile(s Schema) (*Set, error) {
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("attrs: compile: %w", err)
	}
	set := &Set{rules: make([]rule, len(s))}
	for i, a := range s {
		a = a.withDefaults()
		a.Options = slices.Clone(a.Options)
		set.rules[i].Attribute = a
		if a.Regex != "" {
			set.rules[i].pattern = regexp.MustCompile(a.Regex) // Validate has tried it
		}
	}
	return set, nil
}

// Invalid names an attribute whose value was refused. Reason is an English sentence for the person
// who typed it. It does not quote the value.
type Invalid struct {
	Name   string
	Reason string
}

// Check judges the members of sub that the Schema names and passes over the others. It returns the
// values to store in canonical form, so that checking them again changes nothing, and what was
// refused, in the order of the Schema. A value that is not there is no mistake: a flow may ask for
// it later, see Missing.
//
// An empty text means absent, which a required attribute refuses. No value is longer than 1024
// bytes or contains control characters, line breaks among them.
func (s *Set) Check(sub Submission) (map[string]string, []Invalid) {
	values := map[string]string{}
	var invalid []Invalid
	for _, r := range s.rules {
		v, ok := sub.values[r.Name]
		if !ok {
			continue
		}
		canonical, reason := r.check(v)
		switch {
		case reason != "":
			invalid = append(invalid, Invalid{r.Name, reason})
		case canonical != "":
			values[r.Name] = canonical
		}
	}
	return values, invalid
}

// Missing returns the required attributes without a value in have, in the order of the Schema and
// with their defaults filled in. The caller may change what it gets.
func (s *Set) Missing(have map[string]string) []Attribute {
	var missing []Attribute
	for _, r := range s.rules {
		if r.Required && have[r.Name] == "" {
			a := r.Attribute
			a.Options = slices.Clone(a.Options)
			missing = append(missing, a)
		}
	}
	return missing
}
