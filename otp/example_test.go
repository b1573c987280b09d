package otp_test

import (
	"fmt"
	"html/template"
	"time"

	"github.com/nativeauth/nativeauth/otp"
)

// German with the familiar address, and mails that look like the app. handler.Config.Messages takes them.
func ExampleMessages() {
	familiar := otp.German()
	familiar.Code = "Dein Code ist"
	familiar.Letters[otp.SignIn] = otp.Letter{
		Subject:    "Dein Code für {app}",
		Paragraphs: []string{"Damit meldest du dich bei {app} an. Er gilt {life}. Wenn du ihn nicht wolltest, wirf ihn weg."},
		Short:      "ist dein Code für {app}, er gilt {life}.",
	}
	messages := otp.Messages{
		Languages: []otp.Language{familiar},
		Layout: template.Must(template.New("mail").Parse(`<html lang="{{.Tag}}"><body>
<h1>{{.Subject}}</h1>{{with .Code}}
<strong>{{.}}</strong>{{end}}{{range .Paragraphs}}
<p>{{.}}</p>{{end}}
</body></html>`)),
	}
	fmt.Println(messages.Validate())

	m := otp.Message{Purpose: otp.SignIn, App: "Contoso", Code: "01234567", Life: 10 * time.Minute}
	m.Style = messages.Styles().For("", "de-DE,de;q=0.9,en;q=0.8")
	fmt.Println(m.HTML())
	// Output:
	// <nil>
	// <html lang="de"><body>
	// <h1>Dein Code für Contoso</h1>
	// <strong>01234567</strong>
	// <p>Damit meldest du dich bei Contoso an. Er gilt 10 Minuten. Wenn du ihn nicht wolltest, wirf ihn weg.</p>
	// </body></html>
}
