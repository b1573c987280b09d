package attrs_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/nativeauth/nativeauth/attrs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func Example() {
	set, err := attrs.Compile(attrs.Schema{
		{Name: "displayName", Required: true},
		{Name: "postalCode", Required: true, Regex: `^[0-9]{5}$`},
		{Name: "news", Input: attrs.CheckboxMultiSelect, Options: []string{"daily", "weekly"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	sub, err := attrs.Decode(`{"displayName": "Ada", "postalCode": "8O469", "news": "weekly, daily", "roles": "admin"}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	values, invalid := set.Check(sub)
	fmt.Println(values)
	for _, i := range invalid {
		fmt.Println(i.Name, "-", i.Reason)
	}
	for _, a := range set.Missing(values) {
		fmt.Println("missing:", a.Name, a.Type)
	}
	// Output:
	// map[displayName:Ada news:daily,weekly]
	// postalCode - The value does not have the expected format.
	// missing: postalCode string
}

func TestCompile_RefusesWhatValidateRefuses(t *testing.T) {
	set, err := attrs.Compile(attrs.Schema{{Name: "id"}, {Name: "a", Regex: "("}})
	assert.Nil(t, set)
	assert.ErrorContains(t, err, "Name is reserved")
	assert.ErrorContains(t, err, "Regex is not")
}

func TestCompile_AnEmptySchemaAsksForNothing(t *testing.T) {
	set := compile(t, nil)
	values, invalid := set.Check(decode(t, `{"roles":"admin","a":["x"]}`))
	assert.Empty(t, values)
	assert.Empty(t, invalid)
	assert.Empty(t, set.Missing(nil))
}

func TestCompile_KeepsACopyOfTheSchema(t *testing.T) {
	schema := attrs.Schema{{Name: "plan", Required: true, Input: attrs.SingleRadioSelect, Options: []string{"free"}}}
	set := compile(t, schema)
	schema[0].Options[0] = "paid"
	set.Missing(nil)[0].Options[0] = "paid"
	values, _ := set.Check(decode(t, `{"plan":"free"}`))
	assert.Equal(t, map[string]string{"plan": "free"}, values)
}

func TestCheck_FollowsTheOrderOfTheSchema(t *testing.T) {
	set := compile(t, attrs.Schema{{Name: "z"}, {Name: "m"}, {Name: "a"}})
	for range 20 {
		_, invalid := set.Check(decode(t, `{"a":[],"m":{},"z":[1]}`))
		require.Len(t, invalid, 3)
		assert.Equal(t, "zma", invalid[0].Name+invalid[1].Name+invalid[2].Name)
	}
}

func TestCheck_KeepsTheGoodBesideTheBad(t *testing.T) {
	set := compile(t, attrs.Schema{{Name: "a"}, {Name: "b", Input: attrs.Boolean}})
	values, invalid := set.Check(decode(t, `{"a":"x","b":"maybe"}`))
	assert.Equal(t, map[string]string{"a": "x"}, values)
	assert.Equal(t, []attrs.Invalid{{Name: "b", Reason: "The value must be true or false."}}, invalid)
}

func TestCheck_NamesAreExact(t *testing.T) {
	values, invalid := compile(t, attrs.Schema{{Name: "givenName"}}).Check(decode(t, `{"givenname":["x"],"given_name":"x"}`))
	assert.Empty(t, values)
	assert.Empty(t, invalid)
}

func TestCheck_IsSafeForConcurrentUse(t *testing.T) {
	set := compile(t, everyInput)
	sub := decode(t, `{"text":"abc","pick":"one","tick":"b,a","flag":"TRUE"}`)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			values, invalid := set.Check(sub)
			assert.Len(t, values, 4)
			assert.Empty(t, invalid)
			assert.Empty(t, set.Missing(values))
		})
	}
	wg.Wait()
}

func TestMissing_ListsRequiredAttributesWithDefaults(t *testing.T) {
	set := compile(t, attrs.Schema{
		{Name: "terms", Required: true, Input: attrs.Boolean, Regex: "^true$"},
		{Name: "nick"},
		{Name: "name", Required: true},
		{Name: "plan", Required: true, Type: "choice", Input: attrs.SingleRadioSelect, Options: []string{"x"}},
		{Name: "city", Required: true},
	})
	assert.Equal(t, []attrs.Attribute{
		{Name: "terms", Required: true, Type: "boolean", Input: attrs.Boolean, Regex: "^true$"},
		{Name: "name", Required: true, Type: "string", Input: attrs.TextBox},
		{Name: "plan", Required: true, Type: "choice", Input: attrs.SingleRadioSelect, Options: []string{"x"}},
	}, set.Missing(map[string]string{"city": "Ulm", "name": ""}))
}

// everyInput has one attribute of each kind, all of them required and with a pattern where that
// makes a difference.
var everyInput = attrs.Schema{
	{Name: "text", Required: true, Regex: `^\S`},
	{Name: "pick", Required: true, Input: attrs.SingleRadioSelect, Options: []string{"one", "two words"}},
	{Name: "tick", Required: true, Input: attrs.CheckboxMultiSelect, Options: []string{"a", "b c", "b"}},
	{Name: "flag", Required: true, Input: attrs.Boolean},
	{Name: "note"},
}

// FuzzCheck: whatever is sent, nothing panics, nothing but the Schema's names comes through, and
// what comes through is accepted again unchanged.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{
		`{"text":"x","pick":"two words","tick":"b, a","flag":true,"note":1e9}`,
		`{"tick":"b c,b ,a","flag":"FALSE","note":"\ud800"}`,
		`{"text":{"a":[]},"pick":null,"id":"1"}`, `{"note":"` + strings.Repeat("é", 600) + `"}`, `[]`, "{\"a\":\"\x00\"}",
	} {
		f.Add(seed)
	}
	set, err := attrs.Compile(everyInput)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text string) {
		sub, err := attrs.Decode(text)
		if err != nil {
			require.ErrorIs(t, err, attrs.ErrMalformed)
			return
		}
		values, invalid := set.Check(sub)
		require.LessOrEqual(t, len(values)+len(invalid), len(everyInput))
		canonical, err := json.Marshal(values)
		require.NoError(t, err)
		again, invalid := set.Check(decode(t, string(canonical)))
		require.Empty(t, invalid)
		require.Equal(t, values, again)
	})
}

func compile(t *testing.T, s attrs.Schema) *attrs.Set {
	t.Helper()
	set, err := attrs.Compile(s)
	require.NoError(t, err)
	return set
}

func decode(t *testing.T, text string) attrs.Submission {
	t.Helper()
	sub, err := attrs.Decode(text)
	require.NoError(t, err)
	return sub
}
