package otp_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// tags returns the opening tags of a page with their attributes, and fails unless each is closed in
// the right place.
func tags(t *testing.T, page string) (list []html.Token) {
	t.Helper()
	var open []string
	for z := html.NewTokenizer(strings.NewReader(page)); z.Next() != html.ErrorToken; {
		switch tag := z.Token(); tag.Type {
		case html.StartTagToken:
			list = append(list, tag)
			if tag.Data != "meta" { // which has no end
				open = append(open, tag.Data)
			}
		case html.EndTagToken:
			require.NotEmpty(t, open, "nothing is open that </%s> could close", tag.Data)
			require.Equal(t, open[len(open)-1], tag.Data, "what is closed")
			open = open[:len(open)-1]
		}
	}
	require.Empty(t, open, "never closed")
	return list
}

// texts returns the texts of a page's body: those that are hidden from the eye, and those that show.
func texts(t *testing.T, page string) (hidden, shown []string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	for n := range root.Descendants() {
		if n.Type != html.TextNode || strings.TrimSpace(n.Data) == "" {
			continue
		}
		list := &shown
		inBody := false
		for up := range n.Ancestors() {
			inBody = inBody || up.Data == "body"
			if strings.Contains(attribute(up.Attr, "style"), "display:none") {
				list = &hidden
			}
		}
		if inBody {
			*list = append(*list, n.Data)
		}
	}
	return hidden, shown
}

func attribute(list []html.Attribute, name string) string {
	for _, a := range list {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func words(texts ...string) []string { return strings.Fields(strings.Join(texts, " ")) }

func TestHTML_SaysWhatTheTextSays(t *testing.T) {
	for _, app := range apps() {
		for _, m := range messages(app) {
			_, shown := texts(t, m.HTML())
			paragraphs := strings.TrimPrefix(m.Text(), "Your code is ")
			assert.Equal(t, strings.Join(words(m.Subject(), paragraphs), ""), strings.Join(words(shown...), ""),
				"app %q, %s", app, m.Purpose)
		}
	}
}

func TestHTML_IsWellFormed(t *testing.T) {
	for _, m := range messages("Contoso") {
		assert.True(t, strings.HasPrefix(m.HTML(), "<!doctype html>\n<html lang=\"en\""), m.Purpose)
		assert.True(t, strings.HasSuffix(m.HTML(), "\n</html>\n"), m.Purpose)
		assert.NotEmpty(t, tags(t, m.HTML()))
	}
}

func TestHTML_IsOfTagsThatMailClientsKnowAndLoadsNothing(t *testing.T) {
	known := []string{"html", "head", "meta", "title", "body", "div", "table", "tr", "td", "h1", "p"}
	attributes := []string{"lang", "style", "charset", "name", "content", "role", "aria-hidden",
		"width", "align", "cellpadding", "cellspacing", "border"}
	for _, m := range messages("Contoso") {
		for _, tag := range tags(t, m.HTML()) {
			assert.Contains(t, known, tag.Data)
			for _, a := range tag.Attr {
				assert.Contains(t, attributes, a.Key, tag)
				assert.NotContains(t, a.Val, "url", tag)
				assert.NotContains(t, a.Val, "position", tag)
			}
		}
	}
}

func TestHTML_LeavesLightAndDarkToTheClient(t *testing.T) {
	for _, m := range messages("Contoso") {
		scheme := ""
		for _, tag := range tags(t, m.HTML()) {
			if attribute(tag.Attr, "name") == "color-scheme" {
				scheme = attribute(tag.Attr, "content")
			}
			style := strings.ReplaceAll(attribute(tag.Attr, "style"), "color-scheme:", "")
			assert.NotContains(t, style, "color", "a colour that one of the two cannot be read with")
			assert.NotContains(t, style, "background")
		}
		assert.Equal(t, "light dark", scheme, m.Purpose)
	}
}

func TestHTML_ShowsTheCodeInOnePiece(t *testing.T) {
	for _, p := range codes {
		m := message("Contoso")
		m.Purpose = p
		_, shown := texts(t, m.HTML())
		assert.Contains(t, shown, "01234567", "a text of its own, without blanks")
	}
}

func TestHTML_APreviewShowsNoCode(t *testing.T) {
	const longest = 200 // what lists and locked screens show of the beginning
	for _, p := range codes {
		m := message("Contoso")
		m.Purpose = p
		hidden, shown := texts(t, m.HTML())
		preview := strings.Join(words(append(hidden, shown...)...), " ")
		assert.Greater(t, strings.Index(preview, m.Code), longest, p)
	}
}

func TestHTML_TakesAnyNameForText(t *testing.T) {
	for _, app := range []string{
		`<script>alert(1)</script>`, `</title><img src=x onerror=alert(1)>`, `"><a href="x">here</a>`, `' style='display:none`,
		`<!-- `, `&lt;b&gt;`, `{{.Code}}`, `</p></td></table>`, `]]>`, "Tom & Söhne <tom@contoso.com>",
	} {
		plain, hostile := messages("Contoso"), messages(app)
		for i := range plain {
			assert.Equal(t, tags(t, plain[i].HTML()), tags(t, hostile[i].HTML()), "app %q, %s", app, plain[i].Purpose)
			_, shown := texts(t, hostile[i].HTML())
			assert.Equal(t, words(hostile[i].Subject()), words(shown[0]), "app %q, %s", app, plain[i].Purpose)
		}
	}
}
