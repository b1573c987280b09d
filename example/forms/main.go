// Command forms is an app whose server draws its own forms: sign-up, sign-in by code or password, reset, an authenticator
// app as a second factor, and a page behind a session, in HTML without a line of JavaScript and without the HTTP API.
//
//	go run ./example/forms
package main

import (
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"html/template"
	"log"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/nativeauth/nativeauth/adapters/devmail"
	"github.com/nativeauth/nativeauth/attrs"
	"github.com/nativeauth/nativeauth/handler"
)

//go:embed pages.html style.css
var files embed.FS

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "where to listen, on loopback")
	flag.Parse()
	a, err := newApp("http://" + *addr)
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	server := &http.Server{Addr: *addr, Handler: a.routes(), ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Shutdown(context.Background()) })
	log.Printf("open http://%s; mail lands in http://%s/dev/inbox", *addr, *addr)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
	if err := a.auth.Shutdown(context.Background()); err != nil {
		log.Print(err)
	}
}

type app struct {
	auth  *handler.Auth
	flows *handler.Flows
	inbox *devmail.Inbox
	pages *template.Template
}

func newApp(issuer string) (*app, error) {
	a := &app{inbox: devmail.New()}
	var err error
	if a.pages, err = template.ParseFS(files, "pages.html"); err != nil {
		return nil, err
	}
	a.auth, err = handler.New(handler.Config{ // what is missing here an issuer on loopback may leave out
		Issuer: issuer, App: "Contoso", Sender: a.inbox, ResendInterval: -1, // nobody has to wait for a code while trying it
		Clients: []handler.Client{{
			ID: "forms", Passwords: true, Cookies: true, SecondFactor: whoHasOne,
			Attributes: attrs.Schema{{Name: "displayName", Required: true}},
		}},
	})
	if err != nil {
		return nil, err
	}
	a.flows, err = a.auth.Flows("forms")
	return a, err
}

// whoHasOne asks those for a second factor who have set one up.
func whoHasOne(_ context.Context, r handler.SecondFactorRequest) (bool, error) {
	return len(r.User.Methods) > 0, nil
}

func (a *app) routes() http.Handler {
	visit, member := a.auth.WithSession(), a.auth.RequireSession(handler.SignInPage("/sign-in"))
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", http.RedirectHandler("/account", http.StatusSeeOther))
	for _, form := range []string{"sign-in", "sign-up", "reset"} {
		mux.HandleFunc("GET /"+form, func(w http.ResponseWriter, _ *http.Request) { a.draw(w, page{Form: form}, nil) })
		mux.Handle("POST /"+form, visit(a.step(form)))
	}
	mux.Handle("GET /account", member(http.HandlerFunc(a.account)))
	mux.Handle("POST /account", member(http.HandlerFunc(a.setUp)))
	mux.Handle("POST /sign-out", member(http.HandlerFunc(a.signOut)))
	mux.Handle("/dev/inbox", a.inbox)
	mux.Handle("GET /style.css", http.FileServerFS(files))
	return mux
}

// page is what a template draws.
type page struct {
	Form     string // that it belongs to: sign-in, sign-up, reset or account
	Username string // as it was typed
	Step     handler.FlowStep
	Error    string
	Invalid  map[string]string // why, by the name of the attribute
	Caller   handler.Caller
	App      handler.TOTPSecret // that is being set up
	Recovery []string           // codes, shown once
}

// step takes what a form says and draws the next.
func (a *app) step(form string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		p := page{Form: form, Username: r.PostFormValue("username")}
		var err error
		if p.Step, err = a.take(form, r); err == nil && p.Step.Needs == handler.NeedNothing {
			http.Redirect(w, r, "/account", http.StatusSeeOther)
			return
		}
		a.draw(w, p, err)
	})
}

// take calls the method that the pressed button stands for.
func (a *app) take(form string, r *http.Request) (handler.FlowStep, error) {
	ctx, state := r.Context(), r.PostFormValue("state")
	if method := r.PostFormValue("method"); method != "" {
		return a.flows.Choose(ctx, state, method)
	}
	switch r.PostFormValue("do") {
	case "code":
		return a.flows.Code(ctx, state, r.PostFormValue("code"))
	case "password":
		return a.flows.Password(ctx, state, r.PostFormValue("password"))
	case "attributes":
		values := map[string]string{}
		for _, attribute := range a.flows.Show(state).Attributes {
			values[attribute.Name] = r.PostFormValue(attribute.Name)
		}
		return a.flows.Attributes(ctx, state, values)
	case "send":
		return a.flows.SendCode(ctx, state)
	case "retry":
		return a.flows.Retry(ctx, state)
	}
	switch username := r.PostFormValue("username"); form {
	case "sign-up":
		return a.flows.SignUp(ctx, handler.SignUp{Username: username})
	case "reset":
		return a.flows.Reset(ctx, username)
	default:
		return a.flows.SignIn(ctx, username)
	}
}

// draw writes the page with the words of an error.
func (a *app) draw(w http.ResponseWriter, p page, err error) {
	status := http.StatusOK
	if err != nil {
		status, p.Error = http.StatusUnprocessableEntity, words(err)
		var refused *handler.FlowError
		if errors.As(err, &refused) {
			p.Invalid = map[string]string{}
			for _, one := range refused.Invalid {
				p.Invalid[one.Name] = one.Reason
			}
		}
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if err := a.pages.ExecuteTemplate(w, "page", p); err != nil {
		log.Print(err)
	}
}

// words are what people read of an error.
func words(err error) string {
	for _, row := range []struct {
		is   error
		text string
	}{
		{handler.ErrWrongCode, "That code is wrong or no longer good."},
		{handler.ErrWrongPassword, "That password is wrong."},
		{handler.ErrUsername, "Enter an e-mail address, as ada@example.com."},
		{handler.ErrUserExists, "You have an account already: sign in instead."},
		{handler.ErrUserNotFound, "Nobody has signed up with that address."},
		{handler.ErrMustReset, "Your password has to be replaced: reset it."},
		{handler.ErrFlowOver, "That took too long, or was done already. Begin again."},
	} {
		if errors.Is(err, row.is) {
			return row.text
		}
	}
	var refused *handler.FlowError
	switch {
	case !errors.As(err, &refused):
		log.Print(err)
		return "Something went wrong."
	case errors.Is(err, handler.ErrTooSoon):
		return fmt.Sprintf("Too often. Try again in %v.", refused.RetryAfter.Round(time.Second))
	}
	return refused.Description
}

func (a *app) account(w http.ResponseWriter, r *http.Request) {
	caller, _ := handler.CallerFrom(r.Context())
	a.draw(w, page{Form: "account", Caller: caller}, nil)
}

// setUp makes an authenticator app a second factor.
func (a *app) setUp(w http.ResponseWriter, r *http.Request) {
	p, err := page{Form: "account"}, error(nil)
	p.Caller, _ = handler.CallerFrom(r.Context())
	if code := r.PostFormValue("code"); code != "" {
		p.Recovery, err = a.auth.ConfirmTOTP(r.Context(), p.Caller.UserID, code)
	} else {
		p.App, err = a.auth.NewTOTP(r.Context(), p.Caller.UserID)
	}
	a.draw(w, p, err)
}

func (a *app) signOut(w http.ResponseWriter, r *http.Request) {
	if err := a.auth.SignOut(w, r); err != nil {
		http.Error(w, "Signing out did not work. Try again.", http.StatusServiceUnavailable)
		return
	}
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
}
