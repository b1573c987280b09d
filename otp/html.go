package otp

import (
	_ "embed"
	"html/template"
	"strings"
)

//go:embed message.html
var pageText string

var page = template.Must(template.New("message").Parse(pageText))

// HTML returns the body for mail clients that show HTML, a whole page which says what Text says. It
// loads nothing and links nowhere.
func (m Message) HTML() string {
	var b strings.Builder
	err := page.Execute(&b, struct {
		Subject, Code string
		Paragraphs    []string
	}{m.Subject(), m.code(), m.paragraphs()})
	if err != nil {
		panic("otp: " + err.Error()) // texts into a template of ours: it cannot fail
	}
	return b.String()
}
