package attrs_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/nativeauth/nativeauth/attrs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDecode_TurnsScalarsIntoText(t *testing.T) {
	set := compile(t, attrs.Schema{{Name: "a"}})
	for text, want := range map[string]map[string]string{
		`{}`:                               {},
		" {\r\n\t\"a\" :\n \"x\" } \n":     {"a": "x"},
		`{"a":"\u0041\u00e9\ud83d\ude00"}`: {"a": "Aé😀"},
		`{"a":"x y"}`:                      {"a": "x y"},
		`{"a":true}`:                       {"a": "true"},
		`{"a":false}`:                      {"a": "false"},
		`{"a":42}`:                         {"a": "42"},
		`{"a":-0.10e+2}`:                   {"a": "-0.10e+2"},
		`{"a":1e400}`:                      {"a": "1e400"},
		`{"a":12345678901234567890}`:       {"a": "12345678901234567890"},
		`{"a":null}`:                       {},
		`{"a":"null"}`:                     {"a": "null"},
		`{"a":"[1]"}`:                      {"a": "[1]"},
		`{"b":{"a":"x"},"a":"y"}`:          {"a": "y"},
		`{"\u0061":"x"}`:                   {"a": "x"},
	} {
		t.Run(text, func(t *testing.T) {
			sub, err := attrs.Decode(text)
			require.NoError(t, err)
			got, invalid := set.Check(sub)
			assert.Empty(t, invalid)
			assert.Equal(t, want, got)
		})
	}
}

func TestDecode_RefusesWhatIsNotOneObject(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":                        ``,
		"blanks":                         "  ",
		"a scalar":                       `"secret"`,
		"null":                           `null`,
		"an array":                       `[{"a":"secret"}]`,
		"an unfinished object":           `{"a":"secret"`,
		"an unfinished value":            `{"a":"sec`,
		"a member without a value":       `{"secret"}`,
		"a member without a name":        `{:"secret"}`,
		"a name that is no string":       `{1:"secret"}`,
		"a comma at the end":             `{"a":"secret",}`,
		"no comma between members":       `{"a":"secret" "b":"secret"}`,
		"a wrong closing bracket":        `{"a":"secret"]`,
		"an unknown escape":              `{"a":"secret\x"}`,
		"a raw control character":        "{\"a\":\"secret\n\"}",
		"a second object":                `{"a":"secret"}{"b":"secret"}`,
		"text after the object":          `{"a":"secret"} secret`,
		"a NUL after the object":         "{\"a\":\"secret\"}\x00",
		"a closing brace too many":       `{"a":"secret"}}`,
		"a byte order mark":              "\ufeff{}",
		"a member twice":                 `{"a":"secret","a":"secret"}`,
		"a member twice, spelled apart":  `{"a":"secret","\u0061":"secret"}`,
		"a member twice by case":         `{"name":"secret","NAME":"secret"}`,
		"a member twice by Unicode case": `{"k":"secret","` + "\u212a" + `":"secret"}`,
		"a member twice, one being null": `{"a":null,"a":"secret"}`,
		"an unknown member twice":        `{"x":[],"x":{}}`,
		"invalid UTF-8 in a value":       "{\"a\":\"secret\xff\"}",
		"invalid UTF-8 in a name":        "{\"secret\xc0\xaf\":1}",
		"51 members":                     members(51),
		"nesting without an end":         `{"a":` + strings.Repeat("[", 1_000_000),
		"nesting beyond measure":         `{"a":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := attrs.Decode(text)
			require.ErrorIs(t, err, attrs.ErrMalformed)
			assert.NotContains(t, err.Error(), "secret", "the text is not quoted")
		})
	}
}

func TestDecode_CountsUnknownAndNullMembers(t *testing.T) {
	_, err := attrs.Decode(members(50))
	assert.NoError(t, err)
	_, err = attrs.Decode(strings.ReplaceAll(members(51), "1,", "null,"))
	assert.ErrorIs(t, err, attrs.ErrMalformed)
}

func TestDecode_SkipsDeepValues(t *testing.T) {
	deep := strings.Repeat(`[`, 5_000) + strings.Repeat(`]`, 5_000)
	sub, err := attrs.Decode(`{"a":` + deep + `,"b":"x"}`)
	require.NoError(t, err)
	got, invalid := compile(t, attrs.Schema{{Name: "a"}, {Name: "b"}}).Check(sub)
	assert.Equal(t, map[string]string{"b": "x"}, got)
	assert.Len(t, invalid, 1)
}

func TestSubmission_StaysOutOfLogs(t *testing.T) {
	sub, err := attrs.Decode(`{"name":"planted"}`)
	require.NoError(t, err)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("got", "submission", sub)
	assert.NotContains(t, log.String(), "planted")
}

func members(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`"m%d":1`, i)
	}
	return "{" + strings.Join(list, ",") + "}"
}
