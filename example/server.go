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
	base := "http://" + listeningAt(o.addr, listener)

	data, err := openData(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, data.close()) }()

	mux := http.NewServeMux()
	here := place{Base: base, Issuer: o.issuerAt(base), Data: data.name, Secret: serverSecret(data.secret)}
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
	Base   string // http://HOST:PORT of this instance
	Issuer string // what tokens name
	Inbox  string // the path of the inbox, "" if there is none
	Flows  string // the path of the page that shows requests, likewise
	Data   string // where data are, for people
	Secret string // of the client server
}

// API is the path of the API, which is that of the issuer.
func (p place) API() string {
	u, err := url.Parse(p.Issuer)
	if err != nil {
		return "" // parseFlags has tried
	}
	return u.Path
}

// mount puts everything on mux: the API, the page, the app's own API behind tokens, and, unless
// mail really leaves, the pages for development, which it adds to here. What they send ends with ctx.
func mount(ctx context.Context, mux *http.ServeMux, here *place, o options, data *data, stdout io.Writer) (*handler.Auth, error) {
	mail, err := newMail(o, stdout)
	if err != nil {
		return nil, err
	}
	var api handler.Mux = mux
	var events []handler.EventSink
	if mail.inbox != nil {
		flows := mountDev(ctx, mux, here, mail.inbox)
		api, events = flows.Around(mux), []handler.EventSink{flows}
	}
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

// mountDev puts the pages for development on mux, and returns the one that is to look on.
func mountDev(ctx context.Context, mux *http.ServeMux, here *place, inbox *devmail.Inbox) *trace.Trace {
	here.Inbox, here.Flows = inboxPath, flowsPath
	inbox.LinkTo(flowsPath, "Flows")
	inbox.LinkTo(mailsPath, "Message preview")
	mux.Handle(inboxPath, inbox)
	mux.Handle(mailsPath, devmail.Preview{App: appName})
	flows := trace.New(trace.Config{Path: flowsPath, Inbox: inboxPath, API: here.API()})
	context.AfterFunc(ctx, flows.Close)
	mux.Handle(flowsPath, flows)
	mux.Handle(flowsPath+"/", flows)
	return flows
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
