package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/nativeauth/nativeauth/example/emulator"
	"github.com/nativeauth/nativeauth/handler"
)

// testsPath is where the stand-in says what tests can do with it.
const testsPath = "/dev/"

// inFile are the flags that -config leaves no room for: the file says it, or mail stays here.
var inFile = []string{"smtp", "from", "sms", "limits", "resend-interval"}

// standInWelcome is what the terminal shows in place of welcome where there is no app.
var standInWelcome = template.Must(template.New("stand-in").Parse(`
A stand-in for the native authentication of Microsoft Entra External ID is open:

  authority  {{.Issuer}}
  tests      {{.Base}}{{.Tests}}
  inbox      {{.Base}}{{.Inbox}}
  flows      {{.Base}}{{.Flows}}
  data       {{.Data}}

What tests can do is listed at the second of these, as lines for a shell.

Ctrl-C stops the server.

`))

// openEmulator reads the file of -config. given are the flags that are set.
func openEmulator(file string, given map[string]bool) (*emulator.Emulator, error) {
	var problems []error
	for _, name := range inFile {
		if given[name] {
			problems = append(problems, fmt.Errorf("-%s is not for use with -config: mail stays on this machine, and the file says the rest", name))
		}
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, errors.Join(append(problems, fmt.Errorf("-config: %w", err))...)
	}
	setup, err := emulator.Read(file, content)
	if err = errors.Join(append(problems, err)...); err != nil {
		return nil, err
	}
	return emulator.New(setup), nil
}

// checkStandIn refuses an issuer that is in the way of what tests can do.
func checkStandIn(o options) error {
	u, err := url.Parse(o.issuer)
	if o.emulator != nil && err == nil && strings.HasPrefix(u.Path+"/", testsPath) {
		return errors.New("-issuer has a path beneath /dev, where the stand-in has what tests can do: choose another")
	}
	return nil
}

// now returns the clock: that of the machine, or the one that tests move.
func (o options) now() func() time.Time {
	if o.emulator != nil {
		return o.emulator.Now
	}
	return time.Now
}

// mountEmulator puts the stand-in on mux, and what tests can do with it. There are no pages of the app: its clients
// are not those of the file.
func mountEmulator(ctx context.Context, mux handler.Mux, here *place, o options, data *data, mail mail) (*handler.Auth, error) {
	api, events := mountDev(ctx, mux, here, mail.inbox)
	cfg := o.emulator.Config()
	cfg.Issuer, cfg.Secret = here.Issuer, data.secret
	cfg.Users, cfg.State, cfg.Keys, cfg.Sender = data.users, data.state, data.keys, mail.sender
	cfg.Origins = slices.Concat(cfg.Origins, o.origins)
	cfg.TrustedProxies, cfg.Events = o.proxies, events
	auth, err := o.emulator.Mount(ctx, api, cfg, mail.inbox)
	if err != nil {
		return nil, err
	}
	here.Tests = testsPath
	mux.Handle(testsPath, o.emulator.Admin(ctx, here.Curl()))
	mux.Handle("GET /{$}", http.RedirectHandler(testsPath, http.StatusFound))
	return auth, nil
}
