package main

import (
	"bytes"
	"crypto/rand"
	"io"
	"strings"
	"text/template"

	"github.com/nativeauth/nativeauth/handler"
)

// welcome is what the terminal shows at the start. The lines for the shell need curl and sed, and
// run one after the other as they stand. Address and password are new at each start, so that they
// sign up a new user however often the database was used.
var welcome = template.Must(template.New("welcome").Parse(`
Contoso is open:

  page       {{.Base}}/
  account    {{.Base}}{{.Account}}
{{- if .Inbox}}
  inbox      {{.Base}}{{.Inbox}}
  flows      {{.Base}}{{.Flows}}
{{- end}}
  discovery  {{.Base}}{{.API}}/.well-known/openid-configuration
{{- if ne .Issuer (print .Base .API)}}
  issuer     {{.Issuer}}
{{- end}}
  data       {{.Data}}

To sign up from a shell, paste these three lines:

  T=$({{.Curl}} {{.Base}}{{.API}}/signup/v1.0/start -d client_id={{.Client}} -d username={{.Address}} -d password={{.Password}} -d challenge_type=oob+redirect | {{.Sed}})
  T=$({{.Curl}} {{.Base}}{{.API}}/signup/v1.0/challenge -d client_id={{.Client}} -d continuation_token=$T | {{.Sed}})
{{- if .Inbox}}
  {{.Curl}} {{.Base}}{{.API}}/signup/v1.0/continue -d client_id={{.Client}} -d continuation_token=$T -d grant_type=oob -d oob={{.Read}}
{{- else}}
  printf 'Code from the mail: '; read C; {{.Curl}} {{.Base}}{{.API}}/signup/v1.0/continue -d client_id={{.Client}} -d continuation_token=$T -d grant_type=oob -d oob=$C
{{- end}}

The last one creates the account. What it prints is good for tokens at {{.API}}/oauth2/v2.0/token.
For an account without a password, let the client_id be {{.Quick}} and leave
-d password=... out. With {{.Factor}} and
{{.Choice}} people need a second factor as well; these want
-d capabilities=mfa_required+registration_required in the first line, too.

The client {{.Server}} is a server, which has a secret.
It calls as servers do that were written for Azure AD, Auth0 or Tencent CIAM. Once the lines above have
signed up, paste what you like of these, the first two first:

    A={{.Base}}{{.API}} S={{.Server}}:{{.Secret}}
    pick() { sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/"; }

  Azure AD: name and password in one call. Then what the token comes to, and its end.

    R=$({{.Curl}} $A/oauth2/v2.0/token -u $S -d grant_type=password -d username={{.Address}} -d password={{.Password}}); echo "$R"
    {{.Curl}} $A/oauth2/introspect -u $S -d token=$(echo "$R" | pick access_token)
    {{.Curl}} $A/oauth2/revoke -u $S -d token=$(echo "$R" | pick refresh_token)

  Azure AD: a device without a keyboard. Repeat the second line when you have typed the code.

    D=$({{.Curl}} $A/oauth2/v2.0/devicecode -u $S -d scope=openid+Orders.Read); echo "$D"
    {{.Curl}} $A/oauth2/v2.0/token -u $S -d grant_type={{.DeviceGrant}} -d device_code=$(echo "$D" | pick device_code)

  Auth0: name and password. Who has a second factor is told mfa_required here, and goes on at /mfa/challenge.

    {{.Curl}} $A/oauth/token -u $S -d grant_type=password -d username={{.Address}} -d password={{.Password}} -d scope=openid

  Tencent CIAM: a code by mail.

    O=$({{.Curl}} $A/otp/send -u $S -d auth_source_id=mail -d email={{.Address}} | pick otp_token)
{{- if .Inbox}}
    sleep 1; C={{.Read}}
{{- else}}
    printf 'Code from the mail: '; read C
{{- end}}
    {{.Curl}} $A/oauth2/token -u $S -d grant_type={{.MailGrant}} -d auth_source_id=mail -d email={{.Address}} -d otp_token=$O -d otp=$C

Ctrl-C stops the server.

`))

// printWelcome says what to open and what to try.
// It comes in one piece, lest the first log line gets in between.
func printWelcome(w io.Writer, here place) error {
	var text bytes.Buffer
	err := fillWelcome(&text, here)
	if err == nil && here.Trust != "" {
		err = trustWelcome.Execute(&text, here.Trust)
	}
	if err == nil {
		_, err = text.WriteTo(w)
	}
	return err
}

// fillWelcome writes what there is to open and to try.
func fillWelcome(text io.Writer, here place) error {
	if here.Tests != "" {
		return standInWelcome.Execute(text, here)
	}
	address := "ada." + strings.ToLower(rand.Text()[:5]) + "@example.com"
	return welcome.Execute(text, struct {
		place
		Client, Quick, Factor, Choice, Server string // clients
		Account, DeviceGrant, MailGrant       string
		Address, Password                     string
		Sed, Read                             string // find a continuation token, and the newest code
	}{
		place: here, Client: withPassword.ID, Quick: quick.ID, Factor: withFactor.ID, Choice: withChoice.ID, Server: server,
		Account: accountPath, DeviceGrant: handler.GrantDeviceCode, MailGrant: handler.GrantOTPEmail,
		Address: address, Password: strings.ToLower(rand.Text()[:12]),
		Sed:  `sed 's/.*"continuation_token":"\([^"]*\)".*/\1/'`,
		Read: `$(` + here.Curl() + ` '` + here.Base + here.Inbox + `?format=json&to=` + address + `' | sed 's/"code":"\([0-9]*\)".*/\1/; s/.*[^0-9]//')`,
	})
}
