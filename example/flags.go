package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"regexp"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/nativeauth/nativeauth/adapters/httpsms"
	"github.com/nativeauth/nativeauth/adapters/smtpmail"
	"github.com/nativeauth/nativeauth/example/emulator"
)

// options is what the flags say.
type options struct {
	addr    string         // HOST:PORT, on loopback
	issuer  string         // what tokens name, "" for where it listens
	db      database       // where accounts are, and all else unless other flags say so
	redis   *redis.Options // where flows are, nil for the database
	secret  string         // the file of the secret, "" for the usual one
	smtp    string         // HOST:PORT of a mail server, "" for terminal and inbox
	from    string         // the sender of mails
	sms     string         // where SMS is posted, "" for the terminal and inbox, or for none where mail really leaves
	keys    string         // the key file, "" for keys in the database
	origins []string       // pages elsewhere that may call the API
	resend  time.Duration  // between two codes to one address
	noLimit bool           // on calls, codes and alarms
	proxies []netip.Prefix // which say where calls come from
	tls     bool           // https, with a certificate that is made here

	emulator *emulator.Emulator // in place of the app, nil for the app
}

// usageError is a mistake in the flags.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// credentials are what a URL has before its host.
var credentials = regexp.MustCompile(`://.*@`)

// withoutCredentials is for errors that quote what a flag was set to: a URL with a password may have
// strayed into any of them.
func withoutCredentials(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(credentials.ReplaceAllString(err.Error(), "://…@"))
}

// parseFlags reads args. Asked for help it prints that to stdout and returns flag.ErrHelp; every
// other error is a usageError.
func parseFlags(args []string, stdout io.Writer) (options, error) {
	var o options
	var db, redisURL, config string
	f := flag.NewFlagSet("example", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.addr, "addr", "127.0.0.1:8080", "listen on `HOST:PORT`, a loopback address; port 0 takes a free one")
	f.StringVar(&o.issuer, "issuer", "", "serve the API at the path of `URL`, which tokens name and which is the same for all instances: http or https on "+
		"this machine, or https elsewhere with -smtp and a database; by default http://HOST:PORT"+apiPath+" as in -addr")
	f.StringVar(&db, "db", "sqlite:nativeauth.db", "keep users in `STORE`: one of "+databaseForms)
	f.StringVar(&redisURL, "redis", "", "keep flows and sessions on the Redis server at `URL`, as redis://USER:PASSWORD@HOST:PORT/NUMBER, "+
		"instead of where -db says")
	f.StringVar(&o.secret, "secret", "", "keep the secret, 32 random bytes or more, in `FILE`, made if missing; "+
		"by default beside the SQLite file as FILE-secret, and for database servers in "+defaultSecret)
	f.StringVar(&o.smtp, "smtp", "", "send mail through the server at `HOST:PORT`, instead of to terminal and inbox page")
	f.StringVar(&o.from, "from", "Contoso <no-reply@contoso.example>", "send mail as `ADDRESS`")
	f.StringVar(&o.sms, "sms", "", "with -smtp, send SMS by posting to `URL`, as the package httpsms says; none is sent without")
	f.StringVar(&o.keys, "keys", "", "keep the signing key in `FILE`, made if missing; by default keys are in the database, "+
		"encrypted with the secret, and with -db memory one lasts until exit")
	f.DurationVar(&o.resend, "resend-interval", 0, "let people wait `DURATION` before they ask for another code; "+
		"with an -issuer elsewhere 0 means 1m")
	f.Func("origin", "let pages of `URL`, as https://app.example.com, call the API (CORS); may be repeated", func(s string) error {
		o.origins = append(o.origins, s)
		return checkOrigin(s)
	})
	f.Func("limits", "`off` counts no calls and codes, for load tests on this machine, and lifts -resend-interval; on by default", func(s string) error {
		o.noLimit = s == "off"
		return checkLimits(s)
	})
	f.Func("trusted-proxy", "believe proxies at `CIDR`, as 10.0.0.0/8, where calls come from (X-Forwarded-For); may be repeated", func(s string) error {
		proxy, err := parseProxy(s)
		o.proxies = append(o.proxies, proxy)
		return err
	})
	f.StringVar(&config, "config", "", "in place of the app, stand in for Microsoft Entra External ID as the YAML `FILE` says, "+
		"with users in memory unless -db is given; docs/emulator.md says more")
	sample := f.Bool("sample-config", false, "print a file for -config that shows every setting, and end")
	f.BoolVar(&o.tls, "tls", false, "serve https, with certificates of an authority that is made on the first run and kept beside the data; how to trust it is printed")
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(stdout, "Usage: go run ./example [flags]")
		f.SetOutput(stdout)
		f.PrintDefaults()
		fmt.Fprint(stdout, severalInstances)
		return o, err
	} else if err != nil {
		return o, usageError{withoutCredentials(err)}
	}
	if *sample {
		fmt.Fprint(stdout, emulator.Sample)
		return o, flag.ErrHelp
	}
	given := map[string]bool{}
	f.Visit(func(set *flag.Flag) { given[set.Name] = true })
	if given["config"] && !given["db"] {
		db = "memory"
	}
	var noFile error
	if given["config"] {
		o.emulator, noFile = openEmulator(config, given)
	}
	var noDatabase, noRedis error
	o.db, noDatabase = parseDatabase(db)
	o.redis, noRedis = redisOptions(redisURL)
	err := errors.Join(noFile, noDatabase, noRedis, withoutCredentials(errors.Join(checkNoArguments(f.Args()),
		checkAddr(o.addr), checkIssuer(o), checkMail(o), checkSMS(o), checkResend(o), checkTLS(o), checkStandIn(o))))
	if err != nil {
		return o, usageError{err}
	}
	return o, nil
}

// severalInstances ends the help.
const severalInstances = `
Several instances are one app if -db (not memory), -redis, -secret, -keys and -issuer are the same
for all: each goes on with what another one began, and takes its tokens. On one machine:

  go run ./example -addr 127.0.0.1:8081 -issuer http://127.0.0.1:8081/contoso.onmicrosoft.com
  go run ./example -addr 127.0.0.1:8082 -issuer http://127.0.0.1:8081/contoso.onmicrosoft.com
`

func checkNoArguments(args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%q is not a flag; flags begin with -", args[0])
	}
	return nil
}

// checkMail looks at -from also where nothing is mailed: a mistake is one in either case.
func checkMail(o options) error {
	o.smtp = cmp.Or(o.smtp, "localhost:25")
	if err := o.mail().Validate(); err != nil {
		return fmt.Errorf("-smtp or -from: %w", err)
	}
	return nil
}

func checkSMS(o options) error {
	if o.sms == "" {
		return nil
	}
	if o.smtp == "" {
		return errors.New("-sms is for use with -smtp: without that all messages stay on this machine")
	}
	if err := o.texts().Validate(); err != nil {
		return fmt.Errorf("-sms: %w", err)
	}
	return nil
}

func checkResend(o options) error {
	switch {
	case o.resend < 0:
		return fmt.Errorf("-resend-interval %s is negative; 0 means no wait", o.resend)
	case o.noLimit && o.resend > 0:
		return errors.New("-limits off lets nobody wait: leave -resend-interval out")
	case o.noLimit && o.elsewhere():
		return errors.New("-limits off is for load tests with an -issuer on this machine: elsewhere codes could be guessed and mailboxes flooded")
	}
	return nil
}

func checkLimits(s string) error {
	if s != "on" && s != "off" {
		return errors.New("limits are on or off")
	}
	return nil
}

// parseProxy reads the network of a proxy, or its address alone.
func parseProxy(s string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	proxy, err := netip.ParsePrefix(s)
	switch {
	case err != nil:
		return proxy, errors.New("a proxy is a network or an address, as 10.0.0.0/8 or 192.0.2.1")
	case proxy.Bits() == 0:
		return proxy, errors.New("this trusts everybody to say where they come from: name the proxies alone")
	case proxy.Addr().Is4In6():
		return proxy, errors.New("write the network as IPv4")
	}
	return proxy, nil
}

func checkOrigin(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || s != u.Scheme+"://"+u.Host {
		return errors.New("an origin is a scheme and a host, as https://app.example.com, without a path")
	}
	return nil
}

// mail returns the mail server as smtpmail takes it.
func (o options) mail() smtpmail.Config { return smtpmail.Config{Addr: o.smtp, From: o.from} }

// texts returns what posts SMS as httpsms takes it.
func (o options) texts() httpsms.Config { return httpsms.Config{URL: o.sms} }

// secretFile is where the secret is, "" for one that lasts as long as the process.
func (o options) secretFile() string { return cmp.Or(o.secret, o.db.secret) }

// resendInterval returns what handler.Config takes, where zero stands for the recommended wait. Not to
// wait is for this machine only.
func (o options) resendInterval() time.Duration {
	if o.elsewhere() {
		return o.resend
	}
	return cmp.Or(o.resend, -1)
}
