package attrs_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/nativeauth/nativeauth/attrs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	text     = attrs.Attribute{}
	required = attrs.Attribute{Required: true}
	digits   = attrs.Attribute{Regex: `^[0-9]+$`}
	infix    = attrs.Attribute{Regex: `b`}
	radio    = attrs.Attribute{Input: attrs.SingleRadioSelect, Options: []string{"one", "two words"}}
	boxes    = attrs.Attribute{Input: attrs.CheckboxMultiSelect, Options: []string{"a", "b c", "d"}}
	flag     = attrs.Attribute{Input: attrs.Boolean}
	consent  = attrs.Attribute{Input: attrs.Boolean, Required: true, Regex: `^true$`}
)

func TestCheck_StoresOneSpelling(t *testing.T) {
	for name, c := range map[string]struct {
		rule       attrs.Attribute
		sent, want string
	}{
		"a text without the blanks around it":     {text, `" Zoë Z  "`, "Zoë Z"},
		"a text of the greatest length":           {text, `"` + strings.Repeat("x", 1024) + `"`, strings.Repeat("x", 1024)},
		"a text with markup, which is only text":  {text, `"<b>'\"%"`, `<b>'"%`},
		"a number where digits are wanted":        {digits, `123`, "123"},
		"a pattern that matches inside the value": {infix, `"abc"`, "abc"},
		"an optional text left empty":             {text, `""`, ""},
		"an optional pattern left empty":          {digits, `""`, ""},
		"one option":                              {radio, `"two words"`, "two words"},
		"an optional select left empty":           {radio, `""`, ""},
		"one box":                                 {boxes, `"d"`, "d"},
		"boxes in the order of the schema":        {boxes, `"d,a"`, "a,d"},
		"boxes with blanks beside the comma":      {boxes, `"d , b c,  a"`, "a,b c,d"},
		"optional boxes left empty":               {boxes, `""`, ""},
		"a boolean in any case":                   {flag, `"TrUe"`, "true"},
		"a JSON boolean":                          {flag, `false`, "false"},
		"an optional boolean left empty":          {flag, `""`, ""},
		"a pattern on the canonical boolean":      {consent, `"TRUE"`, "true"},
	} {
		t.Run(name, func(t *testing.T) {
			values, invalid := checkOne(t, c.rule, c.sent)
			assert.Empty(t, invalid)
			assert.Equal(t, c.want, values["x"])
			_, stored := values["x"]
			assert.Equal(t, c.want != "", stored, "an empty value is not stored")
		})
	}
}

func TestCheck_RefusesWithAReason(t *testing.T) {
	const unreadable = "The value contains a line break or another character that cannot be shown."
	for name, c := range map[string]struct {
		rule       attrs.Attribute
		sent, want string
	}{
		"an array":                       {text, `["a"]`, "The value must be a text, a number or a boolean."},
		"an object":                      {flag, `{"a":true}`, "The value must be a text, a number or a boolean."},
		"an array of boxes":              {boxes, `["a","d"]`, "The value must be a text, a number or a boolean."},
		"a required text left empty":     {required, `""`, "A value is required."},
		"a required text of blanks":      {required, `"  "`, "A value is required."},
		"a required boolean left empty":  {consent, `""`, "A value is required."},
		"a text too long":                {text, `"` + strings.Repeat("é", 512) + `x"`, "The value is longer than 1024 bytes."},
		"a number too long":              {text, strings.Repeat("1", 1025), "The value is longer than 1024 bytes."},
		"a NUL":                          {text, `"a\u0000"`, unreadable},
		"a line feed":                    {text, `"a\nb"`, unreadable},
		"a tab":                          {text, `"a\tb"`, unreadable},
		"a DEL":                          {text, `"a\u007f"`, unreadable},
		"a C1 control":                   {text, `"a\u0085"`, unreadable},
		"half a surrogate pair":          {text, `"\ud800"`, unreadable},
		"a pattern missed":               {digits, `"12a"`, "The value does not have the expected format."},
		"a line that would satisfy ^":    {digits, `"a\n12"`, unreadable},
		"an option nobody offered":       {radio, `"three"`, "The value is not one of the options."},
		"an option in another case":      {radio, `"One"`, "The value is not one of the options."},
		"an option with a blank":         {radio, `"one "`, "The value is not one of the options."},
		"two options of one":             {radio, `"one,two words"`, "The value is not one of the options."},
		"a box nobody offered":           {boxes, `"a,e"`, "The value is not one of the options."},
		"a box without a name":           {boxes, `"a,"`, "The value is not one of the options."},
		"only blanks for boxes":          {boxes, `" "`, "The value is not one of the options."},
		"a box twice":                    {boxes, `"a, a"`, "An option is chosen twice."},
		"a boolean of another language":  {flag, `"yes"`, "The value must be true or false."},
		"a number as a boolean":          {flag, `1`, "The value must be true or false."},
		"a boolean with a blank":         {flag, `" true"`, "The value must be true or false."},
		"a boolean the host cannot take": {consent, `false`, "This answer is not accepted."},
	} {
		t.Run(name, func(t *testing.T) {
			values, invalid := checkOne(t, c.rule, c.sent)
			assert.Empty(t, values)
			assert.Equal(t, []attrs.Invalid{{Name: "x", Reason: c.want}}, invalid)
		})
	}
}

func TestCheck_NoReasonQuotesTheValue(t *testing.T) {
	for _, rule := range []attrs.Attribute{digits, radio, boxes, flag, consent} {
		for _, sent := range []string{`"planted"`, `"planted\n"`, `["planted"]`, `"planted` + strings.Repeat("x", 2000) + `"`} {
			_, invalid := checkOne(t, rule, sent)
			require.Len(t, invalid, 1)
			assert.NotContains(t, invalid[0].Reason, "planted")
		}
	}
}

// checkOne sends one JSON value for an attribute named x.
func checkOne(t *testing.T, rule attrs.Attribute, value string) (map[string]string, []attrs.Invalid) {
	t.Helper()
	require.True(t, json.Valid([]byte(value)), value)
	rule.Name = "x"
	return compile(t, attrs.Schema{rule}).Check(decode(t, `{"x":`+value+`}`))
}
