package otp_test

import (
	"html/template"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/otp"
)

func TestStyles_AreInTheLanguageThatSomebodyReads(t *testing.T) {
	styles := otp.Messages{}.Styles()
	for _, row := range []struct{ locales, accept, want string }{
		{"", "", "en"},
		{"", "de", "de"},
		{"", "de-AT,de;q=0.9,en;q=0.8", "de"},
		{"", "pt-PT", "pt"},
		{"", "en-GB,fr;q=0.9", "en"},
		{"", "ja,fr;q=0.5", "fr"},
		{"", "ja", "en"},
		{"", "*", "en"},
		{"", "fr;q=0.1, es;q=0.9", "es"},
		{"fr-CA fr en", "de", "fr"},
		{"ja", "de", "de"},
		{"-- <script>", "de", "de"},
		{"", "de;q=x", "en"},
		{"", "\x00\xff", "en"},
		{"", strings.Repeat("de,", 1000), "en"},
		{strings.Repeat("de ", 1000), "fr", "fr"},
	} {
		assert.Equal(t, row.want, styles.For(row.locales, row.accept).Language.Tag, "%q, %q", row.locales, row.accept)
	}
}

func TestMessages_TakeMoreLanguagesAndOthersInPlaceOfTheirs(t *testing.T) {
	klingon, casual := otp.English(), otp.German()
	klingon.Tag, klingon.Code = "tlh", "ngoq"
	casual.Code = "Dein Code ist"
	m := otp.Messages{Languages: []otp.Language{klingon, casual}, Default: "fr"}
	require.NoError(t, m.Validate())
	styles := m.Styles()
	assert.Equal(t, "ngoq", styles.For("tlh", "").Language.Code)
	assert.Equal(t, "Dein Code ist", styles.For("", "de-CH").Language.Code)
	assert.Equal(t, "fr", styles.For("", "ja").Language.Tag)
	assert.Equal(t, "Your code is", styles.For("en", "").Language.Code)
}

func TestMessages_ReportEveryMistake(t *testing.T) {
	bad, odd := otp.French(), otp.English()
	bad.Letters = nil
	odd.Tag = "not a tag"
	err := otp.Messages{
		Languages: []otp.Language{bad, odd}, Default: "xx",
		Layout: template.Must(template.New("").Parse("{{.Cod}}")),
	}.Validate()
	for _, part := range []string{"language fr: the letter", `language "not a tag"`, `no language has the Tag "xx" of Default`, "the Layout cannot be filled in"} {
		assert.ErrorContains(t, err, part)
	}
}

func TestHTML_HasTheHostsLayoutUnlessThatFails(t *testing.T) {
	m := message(`A & "B"`)
	m.Style.Layout = template.Must(template.New("").Parse(`<p lang={{.Tag}}>{{.App}}: {{.Subject}}, {{.Code}}{{range .Paragraphs}}<br>{{.}}{{end}}</p>`))
	assert.True(t, strings.HasPrefix(m.HTML(), `<p lang=en>A &amp; &#34;B&#34;: Your A &amp; &#34;B&#34; code, 01234567<br>Type it`), m.HTML())
	m.Style.Layout = template.Must(template.New("").Parse(`<p>{{index .Paragraphs 99}}</p>`))
	assert.Contains(t, m.HTML(), "01234567")
	assert.True(t, strings.HasPrefix(m.HTML(), "<!doctype html>"))
}

func TestSubject_HasTheCodeOnlyIfTheHostSaysSo(t *testing.T) {
	for _, m := range messages("Contoso") {
		m.Style.CodeInSubject = true
		assert.Equal(t, m.Purpose.HasCode(), strings.HasSuffix(m.Subject(), ": 01234567"), m.Purpose)
		if m.Purpose.HasCode() {
			assert.Equal(t, 1, strings.Count(m.HTML(), "01234567"))
		}
	}
}
