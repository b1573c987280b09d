package handler_test

import (
	"html/template"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

func TestMessages_AreInTheLanguageOfTheCall(t *testing.T) {
	w := newWorld(t, func(c *handler.Config) { c.Messages.Default = "es" })
	for _, row := range []struct{ locales, accept, subject string }{
		{"", "", "Su código de Contoso"},
		{"", "de-DE,de;q=0.9,en;q=0.8", "Ihr Code für Contoso"},
		{"fr-CA fr", "de", "Votre code Contoso"},
		{"", "xx", "Su código de Contoso"},
	} {
		token := w.signUpStart(plain, "new@contoso.com").ok()
		r := request(t, w.base+upChallenge, form("client_id", plain, "continuation_token", token, "ui_locales", row.locales))
		r.Header.Set("Accept-Language", row.accept)
		sent := w.mail.count()
		w.send(r).ok()
		assert.Equal(t, row.subject, w.mail.take(sent+1).Subject(), "%q, %q", row.locales, row.accept)
	}
}

// A notice is read by whoever has done what it tells of, or else has to hear of it in some language.
func TestMessages_OfNoticesAreInTheLanguageOfTheCallOrTheDefaultOne(t *testing.T) {
	w := newWorld(t, func(c *handler.Config) { c.HideAccounts = true })
	w.person(casey)
	r := request(t, w.base+upChallenge, form("client_id", plain, "continuation_token", w.signUpStart(plain, casey).ok(), "ui_locales", "pt-BR"))
	sent := w.mail.count()
	w.send(r).ok()
	assert.Equal(t, "Você já tem uma conta em Contoso", w.mail.take(sent+1).Subject())

	_, err := w.auth.AddMethod(t.Context(), w.idOf(casey), store.MethodEmail, "other@contoso.com")
	assert.NoError(t, err)
	assert.Equal(t, "A way to confirm sign-ins was added to your Contoso account", w.mail.take(sent+2).Subject())
}

func TestMessages_LookAsTheHostWants(t *testing.T) {
	w := newWorld(t, func(c *handler.Config) {
		c.Messages = otp.Messages{CodeInSubject: true, Layout: template.Must(template.New("").Parse("<b>{{.Code}}</b>"))}
	})
	token := w.signUpStart(plain, "new@contoso.com").ok()
	sent := w.mail.count()
	w.post(upChallenge, "client_id", plain, "continuation_token", token).ok()
	m := w.mail.take(sent + 1)
	assert.Equal(t, "Your Contoso code: "+m.Code, m.Subject())
	assert.Equal(t, "<b>"+m.Code+"</b>", m.HTML())
}

func TestMessages_ThatLackSomethingAreRefused(t *testing.T) {
	assert.ErrorContains(t, handler.Config{Issuer: "http://127.0.0.1", Clients: []handler.Client{{ID: "mobile"}},
		Messages: otp.Messages{Default: "xx"}}.Validate(), `Messages: no language has the Tag "xx" of Default`)
}
