// Command example is a small web app with native authentication: people sign up and sign in on its
// own page, by a code sent to their address or by a password, which they can reset, and with a second
// factor, by mail, phone or authenticator app, where the page asks for one. Beside it are pages that the
// server renders for people whose session a cookie keeps, and a client that is a server with a secret.
//
// With -config there is no app: it stands in for Microsoft Entra External ID, with the tenant that a file describes.
//
// It is made for trying things out on one machine. Codes are printed on the terminal and shown in
// an inbox page, so it listens on loopback addresses only.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // whoever presses Ctrl-C twice means it
	os.Exit(exitCode(run(ctx, os.Args[1:], os.Stdout)))
}

// exitCode says err on standard error and returns what the process ends with: 2 for flags that make
// no sense, as the flag package has it, 1 for everything else that went wrong.
func exitCode(err error) int {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return 0
	}
	fmt.Fprintln(os.Stderr, "example:", err)
	if _, ok := errors.AsType[usageError](err); ok {
		fmt.Fprintln(os.Stderr, "Run it with -h to see the flags.")
		return 2
	}
	return 1
}
