package handler

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/consolemail"
	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/attrs"
	"github.com/nativeauth/nativeauth/internal/flow"
	"github.com/nativeauth/nativeauth/token"
)

// afar and nearby are issuers whose answers have no hints, and have them.
const (
	afar   = "https://id.example/contoso"
	nearby = "http://127.0.0.1/contoso"
)

// said is what came of an error: the description of its answer, and the line of the log.
type said struct {
	status      int
	description string
	line        map[string]any
}

// hinting mounts an API that logs.
func hinting(t *testing.T, issuer string) (*Auth, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	kept := memory.New()
	keys, err := token.Ephemeral()
	require.NoError(t, err)
	a, err := New(Config{
		Issuer: issuer, Secret: bytes.Repeat([]byte("s"), 32), Users: kept, State: kept, Sender: consolemail.New(io.Discard), Keys: keys,
		Clients:   []Client{{ID: "app", Passwords: true, Scopes: []string{"Orders.Read"}, GrantTypes: []string{GrantPassword}, Auth0: &Auth0{}}},
		Resources: []Resource{{Scopes: []string{"Orders.Read", "Orders.Write"}}},
		Logger:    slog.New(slog.NewJSONHandler(&log, nil)),
	})
	require.NoError(t, err)
	log.Reset()
	return a, &log
}

// fails answers an error at a path.
func fails(t *testing.T, issuer, path string, cause error) said {
	t.Helper()
	a, log := hinting(t, issuer)
	w := httptest.NewRecorder()
	x := &exchange{auth: a, w: w, r: httptest.NewRequest(http.MethodPost, a.prefix+path, nil), path: path, plain: plainly[path], clientID: "app"}
	x.fail(cause)
	s := said{status: w.Code}
	var body struct {
		Description string `json:"error_description"`
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body), "%s", w.Body)
	require.NoError(t, json.Unmarshal(log.Bytes(), &s.line), "%s", log)
	s.description = body.Description
	assert.Equal(t, w.Header().Get("Client-Request-Id"), s.line["correlation_id"])
	return s
}

// causes are one error for each row of the catalogue, and those that come with data.
func causes() map[string]error {
	all := map[string]error{
		"attributes that break their rules": &flow.InvalidAttributesError{Invalid: []attrs.Invalid{{Name: "city", Reason: "The value is too long."}}},
		"attributes that are missing":       &flow.AttributesRequired{Token: "next", Missing: []attrs.Attribute{{Name: "city"}}},
		"a credential that is missing":      &flow.CredentialRequired{Token: "next"},
		"a second factor that is due":       &flow.SecondFactorRequired{Token: "next"},
		"a registration that is due":        &flow.RegistrationRequired{Token: "next"},
		"a parameter that is missing":       &flow.MissingError{Parameter: "oob"},
		"too soon":                          &flow.TooSoonError{Wait: time.Second, Limit: "one a minute"},
		"a password tried too often":        &flow.LockedError{Wait: time.Second},
		"out of order":                      &flow.OutOfOrderError{},
		"unreadable":                        flow.ErrTokenUnreadable,
		"replaced":                          flow.ErrTokenReplaced,
		"over":                              flow.ErrFlowOver,
		"a refresh token used again":        flow.ErrRefreshReused,
		"what nobody thought of":            errors.New("canary"),
	}
	for i, e := range catalogue {
		all[fmt.Sprintf("row %d, %d: %v", i, e.Number, e.cause)] = e.cause
	}
	return all
}

// Words by which clients know certain errors, sections 2.5 and 5.2 of the contract, and what is told of no code.
var notForHints = []string{
	"interaction_required", "consent_required", "login_required", "bad_token", "ui_not_allowed", "interrupted_user",
	"parameter is empty or not valid", "unsupported challenge type", "canary", "tries left",
}

func TestHint_EveryErrorHasOneOnLoopbackAndInTheLogElsewhere(t *testing.T) {
	for name, cause := range causes() {
		t.Run(name, func(t *testing.T) {
			near, far := fails(t, nearby, pathToken, cause), fails(t, afar, pathToken, cause)
			hint, _ := near.line["hint"].(string)
			require.NotEmpty(t, hint)
			require.NotEmpty(t, far.line["hint"])
			lines := strings.Split(near.description, "\r\n")
			require.Len(t, lines, 5)
			assert.Equal(t, fmt.Sprintf("Hint: %s See %s%s", hint, errorTablePage, anchorOf(rowFor(t, near))), lines[1])
			assert.Len(t, strings.Split(far.description, "\r\n"), 4)
			assert.Equal(t, lines[0], strings.Split(far.description, "\r\n")[0], "the contract's own line")
			assert.NotContains(t, far.description, "Hint")
			assert.True(t, strings.HasSuffix(hint, "."), "a sentence: %q", hint)
			assert.Equal(t, asDescription(hint), hint)
			for _, word := range notForHints {
				assert.NotContains(t, strings.ToLower(hint), word)
			}
		})
	}
}

// rowFor is the number that a description begins with.
func rowFor(t *testing.T, s said) (number int) {
	t.Helper()
	_, err := fmt.Sscanf(s.description, "AADSTS%d:", &number)
	require.NoError(t, err)
	return number
}

// The table of hints ends with words for whatever is out of order, which no row that says what is wrong should get.
func TestHint_OnlyOutagesGetTheLastWords(t *testing.T) {
	last := hints[len(hints)-1].text
	for _, e := range catalogue {
		hint := fails(t, afar, pathToken, e.cause).line["hint"]
		assert.Equal(t, e.cause == errUnavailable, hint == last, "%v: %v", e.cause, hint)
	}
}

func TestHint_IsInTheDescriptionsOfTheStandardEndpoints(t *testing.T) {
	for cause, part := range map[error]string{
		errSecretWrong: "Client.Secrets", errClient: "Config.Clients", refuseToken: "access_token", refuseMissing: "Authorization: Bearer",
		refuseRequest: "one blank", refuseScope([]string{"a"}): "scope",
	} {
		near, far := fails(t, nearby, pathInspect, cause), fails(t, afar, pathInspect, cause)
		assert.Equal(t, far.description+" Hint: "+near.line["hint"].(string)+" See "+errorTablePage, near.description[:strings.Index(near.description, "#")+1])
		assert.Contains(t, near.description, part)
		assert.Equal(t, asDescription(near.description), near.description, "RFC 6749 §5.2")
		assert.Contains(t, far.line["hint"], part)
	}
}

// Libraries match what Auth0 and Tencent CIAM say, to the letter.
func TestHint_LeavesTheWordsOfOtherAPIsAlone(t *testing.T) {
	for path, rows := range map[string][]row{pathAuth0Token: auth0Rows, pathOTPToken: tencent.rows} {
		for _, e := range rows {
			s := fails(t, nearby, path, e.cause)
			assert.Equal(t, e.Text, s.description)
			assert.NotEmpty(t, s.line["hint"])
		}
	}
}

func TestHint_LinksLeadToAnchorsOfTheTable(t *testing.T) {
	text, err := os.ReadFile(errorPage)
	require.NoError(t, err)
	assert.True(t, strings.HasSuffix(errorTablePage, strings.TrimPrefix(errorPage, "..")+"#"))
	assert.True(t, strings.HasPrefix(string(text), "# Errors\n"), "#"+anchorOf(0))
	for _, e := range catalogue {
		assert.Equal(t, 1, strings.Count(string(text), `<a id="`+anchorOf(e.Number)+`"></a>`), "#%s", anchorOf(e.Number))
	}
}

// A hint that names a call names one that is there.
func TestHint_CallsAreTheStepsOfFlowsAtTheirRoutes(t *testing.T) {
	var named []string
	all := (&Auth{cfg: Config{Clients: []Client{{Auth0: &Auth0{}}}}})
	routes := append(all.table(), all.auth0Table()...)
	for _, c := range calls {
		named = append(named, c.step)
		assert.True(t, slices.ContainsFunc(routes, func(r route) bool { return r.path == c.path }), "%s: %s", c.step, c.path)
	}
	assert.ElementsMatch(t, flow.Calls(), named)
}

func TestHint_QuotesNothingThatIsNoText(t *testing.T) {
	assert.Equal(t, "a b c", asDescription("a\r\n \"b\" \\c\x7f\u202e"))
}
