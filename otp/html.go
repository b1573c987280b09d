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
	if m.Style.Layout != nil {
		if err := m.Style.Layout.Execute(&b, m.page()); err == nil {
			return b.String()
		}
		b.Reset()
	}
	if err := page.Execute(&b, m.page()); err != nil {
		panic("otp: " + err.Error()) // texts into a template of ours: it cannot fail
	}
	return b.String()
}

// page is what a layout shows of m. The subject is without the code, which stands by itself.
func (m Message) page() Page {
	return Page{m.language().Tag, m.App, m.fill(m.letter().Subject), m.code(), m.paragraphs()}
}
