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

func TestREADME_ShowsTheErrorsOfTheCatalogue(t *testing.T) { showsErrors(t, "errors", errorTable()) }

// showsErrors holds the table between two marks of the README to what the code says.
func showsErrors(t *testing.T, mark, want string) {
	t.Helper()
	from, to := "<!-- "+mark+": start -->\n", "<!-- "+mark+": end -->"
	text, err := os.ReadFile(readme)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(text), from)
	require.True(t, ok)
	table, after, ok := strings.Cut(rest, to)
	require.True(t, ok)
	if *update {
		require.NoError(t, os.WriteFile(readme, []byte(before+from+want+to+after), 0o644))
		return
	}
	assert.Equal(t, want, table, "run go test ./handler -run README -update")
}

// errorTable renders the catalogue.
func errorTable() string {
	var b strings.Builder
	anchored := map[int]bool{}
	b.WriteString("\n| status | error | suberror | code | when |\n|---|---|---|---|---|\n")
	for _, e := range catalogue {
		suberror := ""
		if e.SubError != "" {
			suberror = "`" + e.SubError + "`"
		}
		fmt.Fprintf(&b, "| %d | `%s` | %s | %s%d | %s |\n", e.Status, e.Code, suberror, anchor(e, anchored), e.Number, e.When)
	}
	return b.String() + "\n"
}

// anchor is where hints lead to: before the first row of a number.
func anchor(e row, anchored map[int]bool) string {
	if anchored[e.Number] {
		return ""
	}
	anchored[e.Number] = true
	return fmt.Sprintf(`<a id="%s"></a>`, anchorOf(e.Number))
}

func TestREADME_ShowsTheErrorsOfAuth0sClients(t *testing.T) {
	showsErrors(t, "auth0 errors", plainTable(auth0Rows))
}

func TestREADME_ShowsTheErrorsOfTencentsClients(t *testing.T) {
	showsErrors(t, "tencent errors", plainTable(tencent.rows))
}

// plainTable renders the errors of an API beside the native one.
func plainTable(rows []row) string {
	var b strings.Builder
	b.WriteString("\n| status | error | error_description | when |\n|---|---|---|---|\n")
	for _, e := range rows {
		fmt.Fprintf(&b, "| %d | `%s` | %s | %s |\n", e.Status, e.Code, e.Text, e.When)
	}
	return b.String() + "\n"
}

func TestREADME_NamesEveryEndpointAndOption(t *testing.T) {
	text, err := os.ReadFile(readme)
	require.NoError(t, err)
	all := (&Auth{cfg: Config{Clients: []Client{{Auth0: &Auth0{}}}}})
	for _, r := range append(all.table(), all.auth0Table()...) {
		assert.Contains(t, string(text), "| `"+r.path+"` |")
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Config]()) {
		assert.Contains(t, string(text), "`"+f.Name+"`", "option")
	}
}
