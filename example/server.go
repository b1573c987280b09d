package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/nativeauth/nativeauth/adapters/devmail"
	"github.com/nativeauth/nativeauth/example/trace"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/password"
)

const (
	appName   = "Contoso"
	apiPath   = "/contoso.onmicrosoft.com"
	inboxPath = "/dev/inbox"
	mailsPath = "/dev/messages" // what all of them look like
	flowsPath = "/dev/flows"    // what is asked of the API
)

// run is the program: it serves until ctx is done, then lets requests finish and mail go out.
func run(ctx context.Context, args []string, stdout io.Writer) (err error) {
	o, err := parseFlags(args, stdout)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	base := o.scheme() + "://" + listeningAt(o.addr, listener)
	var trust string
	if o.tls {
		if listener, trust, err = secure(listener, o); err != nil {
			return err
		}
	}

	data, err := openData(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, data.close()) }()

	mux := http.NewServeMux()
	here := place{Base: base, Issuer: o.issuerAt(base), Data: data.name, Secret: serverSecret(data.secret), Trust: trust}
	auth, err := mount(ctx, mux, &here, o, data, stdout)
	if err != nil {
		return err
	}
	if err := printWelcome(stdout, here); err != nil {
		return err
	}
	return serve(ctx, listener, mux, auth.Shutdown)
}

// listeningAt is the address as the flag has it, with the port that was really taken.
func listeningAt(addr string, listener net.Listener) string {
	host, _, _ := net.SplitHostPort(addr) // parseFlags has tried
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return net.JoinHostPort(host, port)
}

// place is where everything is.
type place struct {
	Base   string // http://HOST:PORT of this instance, https with -tls
	Issuer string // what tokens name
	Inbox  string // the path of the inbox, "" if there is none
	Flows  string // the path of the page that shows requests, likewise
	Data   string // where data are, for people
	Secret string // of the client server
	Trust  string // the file of the certificate to trust, "" without -tls
	Tests  string // the path of what tests can do, "" unless this is the stand-in
}

// API is the path of the API, which is that of the issuer.
func (p place) API() string {
	u, err := url.Parse(p.Issuer)
	if err != nil {
		return "" // parseFlags has tried
	}
	return u.Path
}

// Curl begins the lines for a shell.
func (p place) Curl() string {
	if p.Trust != "" {
		return "curl -s --cacert '" + p.Trust + "'"
	}
	return "curl -s"
}

// mount puts everything on mux: the API, the page, the app's own API behind tokens, and, unless
// mail really leaves, the pages for development, which it adds to here. What they send ends with ctx.
func mount(ctx context.Context, mux handler.Mux, here *place, o options, data *data, stdout io.Writer) (*handler.Auth, error) {
	mail, err := newMail(o, stdout)
	if err != nil {
		return nil, err
	}
	if o.emulator != nil {
		return mountEmulator(ctx, mux, here, o, data, mail)
	}
	api, events := mountDev(ctx, mux, here, mail.inbox)
	auth, err := handler.Mount(api, handler.Config{
		Issuer:         here.Issuer,
		App:            appName,
		Secret:         data.secret,
		Clients:        clients(mail.texts, here.Secret),
		Resources:      resources,
		SignInPage:     signInPath,
		Users:          data.users,
		State:          data.state,
		Sender:         mail.sender,
		Keys:           data.keys,
		Origins:        o.origins,
		Limits:         handler.Limits{Off: o.noLimit},
		TrustedProxies: o.proxies,
		ResendInterval: o.resendInterval(),
		Passwords:      password.Policy{MinLength: leastPassword},
		SMSCountries:   mail.texts,
		Gate:           gate,
		Events:         events,
	})
	if err != nil {
		return nil, err
	}
	protect := auth.RequireToken("profile")
	mux.Handle("GET /api/me", protect(me(data.users)))
	methods{auth, data.users}.mount(mux, protect)
	account{auth, data.users, *here}.mount(mux)
	return auth, mountPage(mux, *here)
}

// mountDev puts the pages for development on mux, if there is an inbox. It returns the router for the API, and who is to
// hear of its events: one of the pages looks on.
func mountDev(ctx context.Context, mux handler.Mux, here *place, inbox *devmail.Inbox) (handler.Mux, []handler.EventSink) {
	if inbox == nil {
		return mux, nil
	}
	here.Inbox, here.Flows = inboxPath, flowsPath
	inbox.LinkTo(flowsPath, "Flows")
	inbox.LinkTo(mailsPath, "Message preview")
	mux.Handle(inboxPath, inbox)
	mux.Handle(mailsPath, devmail.Preview{App: appName})
	flows := trace.New(trace.Config{Path: flowsPath, Inbox: inboxPath, API: here.API()})
	context.AfterFunc(ctx, flows.Close)
	mux.Handle(flowsPath, flows)
	mux.Handle(flowsPath+"/", flows)
	return flows.Around(mux), []handler.EventSink{flows}
}

// serve answers on listener until ctx is done. Then it takes no more requests, lets those under way
// finish, and calls drain, so that codes which were promised go out.
func serve(ctx context.Context, listener net.Listener, h http.Handler, drain func(context.Context) error) error {
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       time.Minute,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()

	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	return errors.Join(err, server.Shutdown(stopping), drain(stopping))
}
