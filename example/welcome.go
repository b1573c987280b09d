package main

import (
	"bytes"
	"crypto/rand"
	"io"
	"strings"
	"text/template"
)

// welcome is what the terminal shows at the start. The lines for the shell need curl and sed, and
// run one after the other as they stand. The address in them is new at each start, so that they
// sign up a new user however often the database was used.
var welcome = template.Must(template.New("welcome").Parse(`
Contoso is open:

  page       {{.Base}}/
  account    {{.Base}}{{.Account}}
{{- if .Inbox}}
  inbox      {{.Base}}{{.Inbox}}
{{- end}}
  discovery  {{.Base}}{{.API}}/.well-known/openid-configuration
{{- if ne .Issuer (print .Base .API)}}
  issuer     {{.Issuer}}
{{- end}}
  data       {{.Data}}

To sign up from a shell, paste these three lines:

  T=$(curl -s {{.Base}}{{.API}}/signup/v1.0/start -d client_id={{.Client}} -d username={{.Address}} -d challenge_type=oob+redirect | {{.Sed}})
  T=$(curl -s {{.Base}}{{.API}}/signup/v1.0/challenge -d client_id={{.Client}} -d continuation_token=$T | {{.Sed}})
{{- if .Inbox}}
  curl -s {{.Base}}{{.API}}/signup/v1.0/continue -d client_id={{.Client}} -d continuation_token=$T -d grant_type=oob -d oob=$(curl -s '{{.Base}}{{.Inbox}}?format=json&to={{.Address}}' | sed 's/"code":"\([0-9]*\)".*/\1/; s/.*[^0-9]//')
{{- else}}
  printf 'Code from the mail: '; read C; curl -s {{.Base}}{{.API}}/signup/v1.0/continue -d client_id={{.Client}} -d continuation_token=$T -d grant_type=oob -d oob=$C
{{- end}}

The last one creates the account. What it prints is good for tokens at {{.API}}/oauth2/v2.0/token.
For an account with a password, let the client_id be {{.Passwords}} and add
-d password=... to the first line. With {{.Factor}} and
{{.Choice}} people need a second factor as well; these want
-d capabilities=mfa_required+registration_required there, too.

The client {{.Server}} is a server, which has a secret until
this one stops. It signs people in by name and password in one call, or as a device without a keyboard (at /oauth/token and
/otp/send as a server written for Auth0 or Tencent CIAM does, too); asks about tokens, and revokes them:

    curl -s {{.Base}}{{.API}}/oauth2/v2.0/token -u {{.Server}}:{{.Secret}} -d grant_type=password -d username=ADDRESS -d password=PASSWORD
    curl -s {{.Base}}{{.API}}/oauth2/v2.0/devicecode -u {{.Server}}:{{.Secret}} -d 'scope=openid Orders.Read'
    curl -s {{.Base}}{{.API}}/oauth2/introspect -u {{.Server}}:{{.Secret}} -d token=TOKEN
    curl -s {{.Base}}{{.API}}/oauth2/revoke -u {{.Server}}:{{.Secret}} -d token=REFRESH_TOKEN

Ctrl-C stops the server.

`))

// printWelcome says what to open and what to try.
// It comes in one piece, lest the first log line gets in between.
func printWelcome(w io.Writer, here place) error {
	var text bytes.Buffer
	err := welcome.Execute(&text, struct {
		place
		Client, Passwords, Factor, Choice, Server, Account, Address, Sed string
	}{
		place: here, Client: quick.ID, Server: server, Account: accountPath, Passwords: withPassword.ID, Factor: withFactor.ID, Choice: withChoice.ID,
		Address: "ada." + strings.ToLower(rand.Text()[:5]) + "@example.com",
		Sed:     `sed 's/.*"continuation_token":"\([^"]*\)".*/\1/'`,
	})
	if err == nil {
		_, err = text.WriteTo(w)
	}
	return err
}
