package attrs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nativeauth/nativeauth/attrs"
	"github.com/stretchr/testify/assert"
)

func ExampleSchema_Validate() {
	fmt.Println(attrs.Schema{
		{Name: "password"},
		{Name: "age", Regex: `^(\d+$`},
		{Name: "Age", Input: "Slider"},
		{Name: "plan", Input: attrs.SingleRadioSelect},
	}.Validate())
	// Output:
	// attribute 1 ("password"): Name is reserved, choose another
	// attribute 2 ("age"): Regex is not an RE2 pattern: error parsing regexp: missing closing ): `^(\d+$`
	// attribute 3 ("Age"): Name is taken by attribute 2, names must differ in more than case
	// attribute 3 ("Age"): Input "Slider" is unknown, use TextBox, SingleRadioSelect, CheckboxMultiSelect or Boolean
	// attribute 4 ("plan"): Options are missing, Input SingleRadioSelect needs at least one
}

func TestValidate_AcceptsWhatCanBeAnswered(t *testing.T) {
	for name, s := range map[string]attrs.Schema{
		"nothing":                        nil,
		"a name alone":                   {{Name: "displayName"}},
		"the name of a directory's own":  {{Name: "extension_0a1b2c_Loyalty_Number"}},
		"the longest name":               {{Name: "n" + strings.Repeat("a", 127)}},
		"a pattern on a boolean":         {{Name: "terms", Input: attrs.Boolean, Regex: "^true$"}},
		"options with blanks inside":     {{Name: "city", Input: attrs.SingleRadioSelect, Options: []string{"New York", "São Paulo"}}},
		"options that differ in case":    {{Name: "size", Input: attrs.CheckboxMultiSelect, Options: []string{"m", "M"}}},
		"as many attributes as possible": numbered(50),
	} {
		t.Run(name, func(t *testing.T) { assert.NoError(t, s.Validate()) })
	}
}

func TestValidate_SaysWhatToFix(t *testing.T) {
	radio := func(options ...string) attrs.Schema {
		return attrs.Schema{{Name: "plan", Input: attrs.SingleRadioSelect, Options: options}}
	}
	for want, s := range map[string]attrs.Schema{
		"Name is missing":                        {{Regex: "x"}},
		"Name must be a letter followed by":      {{Name: "1st"}},
		`("a-b"): Name must be`:                  {{Name: "a-b"}},
		`("née"): Name must be`:                  {{Name: "née"}},
		`("name\n"): Name must be`:               {{Name: "name\n"}},
		"Name must be a letter":                  {{Name: "n" + strings.Repeat("a", 128)}},
		"2 (\"CITY\"): Name is taken":            {{Name: "city"}, {Name: "CITY"}},
		"2 (\"city\"): Name is taken":            {{Name: "city"}, {Name: "city"}},
		"51 attributes are too many, at most 50": numbered(51),
		`Input "textbox" is unknown`:             {{Name: "a", Input: "textbox"}},
		"remove them or change Input TextBox":    {{Name: "a", Options: []string{"x"}}},
		"remove them or change Input Boolean":    {{Name: "a", Input: attrs.Boolean, Options: []string{"x"}}},
		"Input CheckboxMultiSelect needs at":     {{Name: "a", Input: attrs.CheckboxMultiSelect}},
		`option 2 ("") is empty`:                 radio("a", ""),
		`option 1 ("a,b") contains a comma`:      radio("a,b"),
		`option 1 (" a") begins or ends with`:    radio(" a"),
		`option 1 ("a\u00a0") begins or ends`:    radio("a\u00a0"),
		`option 3 ("a") is listed twice`:         radio("a", "b", "a"),
		`option 1 ("a\x00b") contains a control`: radio("a\x00b"),
		`option 1 ("a\xff") contains a control`:  radio("a\xff"),
		"is longer than 1024 bytes":              radio(strings.Repeat("a", 1025)),
		"Options joined by commas are longer": {{Name: "a", Input: attrs.CheckboxMultiSelect,
			Options: []string{strings.Repeat("a", 512), strings.Repeat("b", 512)}}},
	} {
		t.Run(want, func(t *testing.T) { assert.ErrorContains(t, s.Validate(), want) })
	}
}

func TestValidate_NoHostCanAskForWhatDecidesWhoSomebodyIs(t *testing.T) {
	for _, name := range []string{"id", "sub", "username", "password", "email_verified", "roles",
		"version", "epoch", "disabled", "ID", "Roles", "EMAIL_VERIFIED"} {
		assert.ErrorContains(t, attrs.Schema{{Name: name}}.Validate(), "Name is reserved", name)
	}
}

func numbered(n int) attrs.Schema {
	s := make(attrs.Schema, n)
	for i := range s {
		s[i].Name = fmt.Sprintf("a%d", i)
	}
	return s
}
