// Package attrs knows which facts about themselves an app asks of its users, and judges what they
// answer.
//
// A Schema is written by the host and compiled once into a Set. What arrives from a client passes
// two gates: Decode accepts one flat JSON object of bounded size and nothing that two parsers could
// read differently, and Check lets through what the Schema names and nothing else. So no request
// can set a field of a user that the host did not list, and the names of the fields that decide who
// somebody is cannot be listed.
//
// A host writes a Schema into handler.Client.Attributes, and reads the answers in store.User.Attributes:
//
//	attrs.Schema{
//		{Name: "displayName", Required: true},
//		{Name: "plan", Input: attrs.SingleRadioSelect, Options: []string{"free", "gold"}},
//	}
package attrs

// Input is the way a person enters an attribute. It decides which values are valid.
type Input string

// The inputs a Schema can ask for.
const (
	TextBox             Input = "TextBox"             // any text of one line
	SingleRadioSelect   Input = "SingleRadioSelect"   // exactly one of the Options
	CheckboxMultiSelect Input = "CheckboxMultiSelect" // one or more of the Options, joined by commas
	Boolean             Input = "Boolean"             // true or false
)

// Attribute describes one fact. Name is the only field that must be set.
type Attribute struct {
	// Name is the member's name in requests and answers, compared exactly: a letter followed by at
	// most 127 letters, digits and underscores.
	Name string
	// Type is the type that clients are told. "" means "boolean" for Boolean and "string" for the
	// rest. It has no bearing on what is valid.
	Type string
	// Input is the way of entering. "" means TextBox.
	Input Input
	// Required attributes must have a value before a sign-up can finish.
	Required bool
	// Regex is a pattern in RE2 syntax that the canonical value must match. It matches anywhere in
	// the value unless it has anchors. "" means no pattern.
	Regex string
	// Options are the values to choose from, for the two selects only. CheckboxMultiSelect stores
	// them in this order.
	Options []string
}

// withDefaults returns a with the fields filled in that may be left out.
func (a Attribute) withDefaults() Attribute {
	if a.Input == "" {
		a.Input = TextBox
	}
	if a.Type == "" {
		a.Type = "string"
		if a.Input == Boolean {
			a.Type = "boolean"
		}
	}
	return a
}

// Schema lists the attributes of an app in the order that clients show them in.
type Schema []Attribute
