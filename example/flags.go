package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/nativeauth/nativeauth/adapters/smtpmail"
)

// options is what the flags say.
type options struct {
	addr    string        // HOST:PORT, on loopback
	db      string        // the SQLite file, "" for memory
	smtp    string        // HOST:PORT of a mail server, "" for terminal and inbox
	from    string        // the sender of mails
	keys    string        // the key file, "" for a throw-away key
	origins []string      // pages elsewhere that may call the API
	resend  time.Duration // between two codes to one address
}

// usageError is a mistake in the flags.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// parseFlags reads args. Asked for help it prints that to stdout and returns flag.ErrHelp; every
// other error is a usageError.
func parseFlags(args []string, stdout io.Writer) (options, error) {
	var o options
	var db string
	f := flag.NewFlagSet("example", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.addr, "addr", "127.0.0.1:8080", "listen on `HOST:PORT`, a loopback address; port 0 takes a free one")
	f.StringVar(&db, "db", "sqlite:nativeauth.db", "keep users in `STORE`: memory, or sqlite:FILE (its secret is kept in FILE-secret)")
	f.StringVar(&o.smtp, "smtp", "", "send mail through the server at `HOST:PORT`, instead of to terminal and inbox page")
	f.StringVar(&o.from, "from", "Contoso <no-reply@contoso.example>", "send mail as `ADDRESS`")
	f.StringVar(&o.keys, "keys", "", "keep the signing key in `FILE`, made if missing; without it a key lasts until exit")
	f.DurationVar(&o.resend, "resend-interval", 0, "let people wait `DURATION` before they ask for another code")
	f.Func("origin", "let pages of `URL`, as https://app.example.com, call the API (CORS); may be repeated", func(s string) error {
		o.origins = append(o.origins, s)
		return checkOrigin(s)
	})
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(stdout, "Usage: go run ./example [flags]")
		f.SetOutput(stdout)
		f.PrintDefaults()
		return o, err
	} else if err != nil {
		return o, usageError{err}
	}
	var err error
	o.db, err = databaseFile(db)
	err = errors.Join(err, checkNoArguments(f.Args()), checkAddr(o.addr), checkMail(o), checkResend(o.resend))
	if err != nil {
		return o, usageError{err}
	}
	return o, nil
}

func checkNoArguments(args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%q is not a flag; flags begin with -", args[0])
	}
	return nil
}

// checkAddr refuses an address that other machines can reach.
func checkAddr(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("-addr %q is not HOST:PORT, as 127.0.0.1:8080", addr)
	}
	if ip, err := netip.ParseAddr(host); host == "localhost" || err == nil && ip.Unmap().IsLoopback() {
		return nil
	}
	return fmt.Errorf("-addr %q is not a loopback address: this example shows its codes to whoever asks, "+
		"so it answers this machine only; say 127.0.0.1:PORT, [::1]:PORT or localhost:PORT", addr)
}

// databaseFile returns the file that -db names, "" for memory.
func databaseFile(db string) (string, error) {
	if db == "memory" {
		return "", nil
	}
	if file, ok := strings.CutPrefix(db, "sqlite:"); ok && file != "" {
		return file, nil
	}
	return "", fmt.Errorf("-db %q is neither memory nor sqlite:FILE", db)
}

// checkMail looks at -from also where nothing is mailed: a mistake is one in either case.
func checkMail(o options) error {
	o.smtp = cmp.Or(o.smtp, "localhost:25")
	if err := o.mail().Validate(); err != nil {
		return fmt.Errorf("-smtp or -from: %w", err)
	}
	return nil
}

func checkResend(d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("-resend-interval %s is negative; 0 means no wait", d)
	}
	return nil
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

// resendInterval returns what handler.Config takes, where zero stands for the recommended wait.
func (o options) resendInterval() time.Duration { return cmp.Or(o.resend, -1) }
