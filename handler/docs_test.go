package handler

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/internal/flow"
	"github.com/nativeauth/nativeauth/password"
)

var update = flag.Bool("update", false, "write the tables of errors into docs")

// The pages that show what the code says.
const (
	errorPage      = "../docs/errors.md"
	auth0Page      = "../docs/coming-from-auth0.md"
	tencentPage    = "../docs/coming-from-tencent.md"
	entraPage      = "../docs/coming-from-entra.md"
	productionPage = "../docs/production.md"
	referencePage  = "../docs/reference.md"
)

func TestDocs_ShowsTheErrorsOfTheCatalogue(t *testing.T) {
	showsErrors(t, errorPage, "errors", errorTable(t))
}

// showsErrors holds the table between two marks of a page to what the code says.
func showsErrors(t *testing.T, page, mark, want string) {
	t.Helper()
	from, to := "<!-- "+mark+": start -->\n", "<!-- "+mark+": end -->"
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(text), from)
	require.True(t, ok)
	table, after, ok := strings.Cut(rest, to)
	require.True(t, ok)
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(before+from+want+to+after), 0o644))
		return
	}
	assert.Equal(t, want, table, "run go test ./handler -run Docs_ -update")
}

// errorTable renders the catalogue.
func errorTable(t *testing.T) string {
	var b strings.Builder
	anchored := map[int]bool{}
	b.WriteString("\n| status | error | suberror | code | when | what to do |\n|---|---|---|---|---|---|\n")
	for _, e := range catalogue {
		suberror := ""
		if e.SubError != "" {
			suberror = "`" + e.SubError + "`"
		}
		fmt.Fprintf(&b, "| %d | `%s` | %s | %s%d | %s | %s |\n", e.Status, e.Code, suberror, anchor(e, anchored), e.Number, e.When, remedy(t, e))
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

// remedies are for rows whose hint depends on the call or the config, or says less than a section of the page.
var remedies = map[error]string{
	errClientID:              "[Why 700016 or 90100](#why-700016-or-90100).",
	errClient:                "[Why 700016 or 90100](#why-700016-or-90100).",
	errTenant:                "Begin the path with a tenant that there is: TenantID, organizations, or the host of Issuer.",
	errTenantShared:          "Begin the path with a tenant that there is: TenantID, organizations, or the host of Issuer.",
	errMethod:                "Use the method that Allow names.",
	errNoRoute:               "[The endpoints](reference.md#endpoints) hang beneath the path of Issuer; some are there only for clients that have use for them.",
	errTooSoon:               "[Why 90055](#why-90055).",
	errCredential:            "Nothing is wrong: go on with the continuation_token of this answer at the challenge, then send what that asks for.",
	flow.ErrParameter:        "[Why 900144](#why-900144).",
	flow.ErrChallengeType:    "[Why 901007](#why-901007).",
	flow.ErrNoRedirect:       "[Why 901007](#why-901007).",
	flow.ErrTokenInvalid:     "[Why 55200](#why-55200).",
	flow.ErrTokenExpired:     "[Why 552003](#why-552003).",
	flow.ErrCodeWrong:        "[Why 50181](#why-50181).",
	flow.ErrCredentials:      "[Why 50126](#why-50126).",
	flow.ErrGrantUnknown:     "Send a grant_type that the call takes: oob, password and so on.",
	flow.ErrGrantUnsupported: "Send a grant_type that there is, of native authentication or of Client.GrantTypes.",
	flow.ErrGrantForbidden:   "Add the grant to Client.GrantTypes.",
	flow.ErrScope:            "Ask for scopes of one resource of Config.Resources, and those of OpenID Connect; a refresh asks for none that was not granted before.",
	flow.ErrConsent:          "Add the scope to Client.Scopes, or leave that nil, which means all of Config.Resources.",
	flow.ErrRefreshExpired:   "Sign in again. Config.RefreshTokenIdle and RefreshTokenLifetime say how long a refresh token is good.",
}

// remedy is what to do about a row: its hint, if that does not depend on the call.
func remedy(t *testing.T, e row) string {
	for cause, text := range remedies {
		if errors.Is(e.cause, cause) {
			return text
		}
	}
	if _, ok := errors.AsType[*password.Rejected](e.cause); ok {
		return "[Which may be chosen](passwords.md#which-may-be-chosen)."
	}
	for _, h := range hints {
		if h.fits(e.cause) {
			require.Nil(t, h.say, "%d: the hint depends on the call: say in remedies what to do", e.Number)
			return h.text
		}
	}
	return ""
}

func TestDocs_ShowsTheErrorsOfAuth0sClients(t *testing.T) {
	showsErrors(t, auth0Page, "auth0 errors", plainTable(auth0Rows))
}

func TestDocs_ShowsTheErrorsOfTencentsClients(t *testing.T) {
	showsErrors(t, tencentPage, "tencent errors", plainTable(tencent.rows))
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

func TestDocs_NamesEveryEndpointAndOption(t *testing.T) {
	text, err := os.ReadFile(referencePage)
	require.NoError(t, err)
	all := (&Auth{cfg: Config{Clients: []Client{{Auth0: &Auth0{}}}}})
	for _, r := range append(all.table(), all.auth0Table()...) {
		assert.True(t, strings.Contains(string(text), "| `"+r.path+"` |"), "endpoint %s", r.path)
	}
	namesFields[Config](t, referencePage)
	namesFields[Client](t, referencePage)
	namesFields[Limits](t, productionPage)
	namesFields[Legacy](t, entraPage)
}

// namesFields fails for a field of a struct that a page leaves out.
func namesFields[T any](t *testing.T, page string) {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	for _, f := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		assert.True(t, strings.Contains(string(text), "`"+f.Name+"`"), "%s leaves out %s", page, f.Name)
	}
}
