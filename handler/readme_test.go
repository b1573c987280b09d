package handler

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the error table into README.md")

const readme = "../README.md"

func TestREADME_ShowsTheErrorsOfTheCatalogue(t *testing.T) {
	const from, to = "<!-- errors: start -->\n", "<!-- errors: end -->"
	text, err := os.ReadFile(readme)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(text), from)
	require.True(t, ok)
	table, after, ok := strings.Cut(rest, to)
	require.True(t, ok)
	if *update {
		require.NoError(t, os.WriteFile(readme, []byte(before+from+errorTable()+to+after), 0o644))
		return
	}
	assert.Equal(t, errorTable(), table, "run go test ./handler -run README -update")
}

// errorTable renders the catalogue.
func errorTable() string {
	var b strings.Builder
	b.WriteString("\n| status | error | suberror | code | when |\n|---|---|---|---|---|\n")
	for _, e := range catalogue {
		suberror := ""
		if e.SubError != "" {
			suberror = "`" + e.SubError + "`"
		}
		fmt.Fprintf(&b, "| %d | `%s` | %s | %d | %s |\n", e.Status, e.Code, suberror, e.Number, e.When)
	}
	return b.String() + "\n"
}

func TestREADME_NamesEveryEndpointAndOption(t *testing.T) {
	text, err := os.ReadFile(readme)
	require.NoError(t, err)
	for _, r := range (&Auth{}).table() {
		assert.Contains(t, string(text), "| `"+r.path+"` |")
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Config]()) {
		assert.Contains(t, string(text), "`"+f.Name+"`", "option")
	}
}
