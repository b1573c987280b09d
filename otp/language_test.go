package otp_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/otp"
)

// languages are those built in.
func languages() []otp.Language {
	return []otp.Language{otp.English(), otp.German(), otp.French(), otp.Spanish(), otp.Portuguese()}
}

// inLanguage returns messages in a language.
func inLanguage(list []otp.Message, l otp.Language) []otp.Message {
	for i := range list {
		list[i].Style.Language = &l
	}
	return list
}

func TestLanguage_HasALetterForEachPurpose(t *testing.T) {
	for _, l := range languages() {
		assert.NoError(t, l.Validate())
		assert.Len(t, l.Letters, len(otp.Purposes()), l.Tag)
	}
}

var place = regexp.MustCompile(`\{[a-z]*\}`)

// places lists those of a text, each once.
func places(text string) map[string]bool {
	found := map[string]bool{}
	for _, p := range place.FindAllString(text, -1) {
		found[p] = true
	}
	return found
}

// A translation that has lost the life of a code or the time of a change says less than it should.
func TestLanguage_FillsInWhatEnglishDoes(t *testing.T) {
	for _, l := range languages() {
		for p, english := range otp.English().Letters {
			letter := l.Letters[p]
			assert.Equal(t, len(english.Paragraphs), len(letter.Paragraphs), "%s, %s", l.Tag, p)
			assert.Equal(t, places(english.Subject), places(letter.Subject), "%s, %s", l.Tag, p)
			assert.Equal(t, places(strings.Join(english.Paragraphs, " ")), places(strings.Join(letter.Paragraphs, " ")), "%s, %s", l.Tag, p)
			assert.Equal(t, places(english.Short), places(letter.Short), "%s, %s", l.Tag, p)
		}
	}
}

func TestLanguage_KeepsWhatHoldsForAllMails(t *testing.T) {
	for _, l := range languages() {
		for _, m := range inLanguage(messages("Contoso"), l) {
			want := 0
			if m.Purpose.HasCode() {
				want = 1
				assert.True(t, strings.HasPrefix(m.Text(), l.Code+" 01234567\n\n"), "%s, %s", l.Tag, m.Purpose)
			}
			for name, body := range bodies(m) {
				assert.Equal(t, want, strings.Count(body, "01234567"), "%s of %s, %s", name, m.Purpose, l.Tag)
				assert.Contains(t, body, "Contoso")
				for _, part := range []string{"://", "www", "mailto:", "href", "src=", "url(", "casey", "contoso.com", "@", "\r", "\t", "{", "  <"} {
					assert.NotContains(t, body, part, "%s of %s, %s", name, m.Purpose, l.Tag)
				}
			}
			for line := range strings.SplitSeq(m.Text(), "\n") {
				assert.LessOrEqual(t, utf8.RuneCountInString(line), 72)
			}
			assert.Contains(t, m.HTML(), `<html lang="`+l.Tag+`"`)
			assert.NotContains(t, m.Subject(), "01234567")
		}
	}
}

// An SMS whose letters are not all of the basic alphabet has 70 characters, and parts of a longer one 67.
func TestLanguage_KeepsTextMessagesShort(t *testing.T) {
	for _, l := range languages() {
		for _, m := range inLanguage(shortMessages("Contoso"), l) {
			assert.LessOrEqual(t, utf8.RuneCountInString(m.Short()), 2*67, "%s, %s: %s", l.Tag, m.Purpose, m.Short())
			assert.Equal(t, m.Purpose.HasCode(), strings.HasPrefix(m.Short(), "01234567 "), "%s, %s", l.Tag, m.Purpose)
			assert.True(t, strings.HasSuffix(m.Short(), "."), "%s, %s", l.Tag, m.Purpose)
			assert.NotContains(t, m.Short(), "{")
		}
	}
}

func TestLanguage_ReadsWell(t *testing.T) {
	german := otp.German()
	m := message("Contoso")
	m.Purpose, m.Style.Language = otp.SignIn, &german
	assert.Equal(t, "Ihr Code für Contoso", m.Subject())
	assert.Equal(t, `Ihr Code ist 01234567

Geben Sie ihn dort ein, wo Sie danach gefragt wurden, um die Anmeldung
bei Contoso abzuschließen. Er gilt 10 Minuten lang und nur einmal.

Niemand von Contoso wird Sie je nach diesem Code fragen. Wenn Sie ihn
nicht angefordert haben, können Sie diese Nachricht ignorieren; ohne den
Code geschieht nichts.
`, m.Text())
	m.Channel, m.To = otp.SMS, "+4915112345678"
	assert.Equal(t, "01234567 ist Ihr Code zur Anmeldung bei Contoso, gültig 10 Minuten. Geben Sie ihn nicht weiter.", m.Short())
}

func TestLanguage_SaysWhatItLacks(t *testing.T) {
	l := otp.German()
	delete(l.Letters, otp.NoPassword)
	require.ErrorContains(t, l.Validate(), `language de: the letter for "no-password" is missing`)
	l = otp.German()
	l.Minutes[1] = ""
	require.ErrorContains(t, l.Validate(), "language de: a word for seconds or minutes is missing")
	l.Number = ""
	require.ErrorContains(t, l.Validate(), "Number")
	require.ErrorContains(t, otp.Language{}.Validate(), "Tag")
}
