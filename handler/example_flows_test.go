package handler_test

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"

	"github.com/nativeauth/nativeauth/attrs"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
)

// newFlows are the flows of an app, and the context of a request to one of its pages.
func newFlows(client handler.Client, mail otp.Sender) (context.Context, *handler.Flows) {
	auth, err := handler.New(handler.Config{
		Issuer:         "http://127.0.0.1:8080",
		Clients:        []handler.Client{client},
		Sender:         mail,
		ResendInterval: -1,
		Logger:         slog.New(slog.DiscardHandler),
	})
	if err != nil {
		log.Fatal(err)
	}
	flows, err := auth.Flows(client.ID)
	if err != nil {
		log.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/sign-up", nil) // that of the page
	return auth.WithRequest(r.Context(), r), flows
}

// A sign-up, as the pages of a server take it on: each step says which form comes next.
func ExampleAuth_Flows() {
	codes := make(inbox, 1)
	ctx, flows := newFlows(handler.Client{ID: "web", Passwords: true, Attributes: attrs.Schema{{Name: "displayName", Required: true}}}, codes)
	step, err := flows.SignUp(ctx, handler.SignUp{Username: "ada@example.com"})
	for err == nil && step.Needs != handler.NeedNothing {
		fmt.Println(step.Needs)
		switch step.Needs {
		case handler.NeedCode:
			step, err = flows.Code(ctx, step.State, <-codes)
		case handler.NeedNewPassword:
			step, err = flows.Password(ctx, step.State, "a quiet harbour")
		case handler.NeedAttributes:
			step, err = flows.Attributes(ctx, step.State, map[string]string{"displayName": "Ada"})
		}
	}
	fmt.Println(step.Needs, step.Tokens.Scope, err)
	// Output:
	// code
	// new-password
	// attributes
	// nothing openid profile <nil>
}

// After a wrong code the same form is drawn again; it takes the right one, or sends another.
func ExampleFlowError() {
	codes := make(inbox, 1)
	ctx, flows := newFlows(handler.Client{ID: "web"}, codes)
	step, err := flows.SignUp(ctx, handler.SignUp{Username: "ada@example.com"})
	if err != nil {
		log.Fatal(err)
	}
	<-codes
	step, err = flows.Code(ctx, step.State, "not a code")
	var refused *handler.FlowError
	if errors.As(err, &refused) {
		fmt.Println(refused.Code, refused.SubError, refused.Number, errors.Is(err, handler.ErrWrongCode))
	}
	fmt.Println(step.Needs)
	if step, err = flows.SendCode(ctx, step.State); err != nil {
		log.Fatal(err)
	}
	step, err = flows.Code(ctx, step.State, <-codes)
	fmt.Println(step.Needs, err)
	// Output:
	// invalid_grant invalid_oob_value 50181 true
	// code
	// nothing <nil>
}

// subjects is an otp.Sender that shows the subjects of mails.
type subjects chan string

func (s subjects) Send(_ context.Context, m otp.Message) error {
	s <- m.Subject()
	return nil
}

// Somebody has chosen a language on the page. Else it is that of the browser.
func ExampleWithLocales() {
	mail := make(subjects, 1)
	ctx, flows := newFlows(handler.Client{ID: "web"}, mail)
	if _, err := flows.SignUp(handler.WithLocales(ctx, "fr"), handler.SignUp{Username: "ada@example.com"}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-mail)
	// Output: Votre code 127.0.0.1
}

// A page that draws the forms of a sign-up, and ends in a session.
func ExampleAuth_WithSession() {
	form := template.Must(template.New("").Parse(`<input name="{{or .Needs "username"}}"><input type="hidden" name="state" value="{{.State}}">`))
	codes := make(inbox, 1)
	auth, err := handler.New(handler.Config{
		Issuer:  "http://127.0.0.1:8080",
		Clients: []handler.Client{{ID: "pages", Cookies: true}},
		Sender:  codes,
		Logger:  slog.New(slog.DiscardHandler),
	})
	if err != nil {
		log.Fatal(err)
	}
	flows, err := auth.Flows("pages")
	if err != nil {
		log.Fatal(err)
	}
	var step handler.FlowStep // of the one person there is here
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var err error
		if code := r.PostFormValue("code"); code != "" {
			step, err = flows.Code(r.Context(), r.PostFormValue("state"), code)
		} else {
			step, err = flows.SignUp(r.Context(), handler.SignUp{Username: r.PostFormValue("username")})
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		} else if step.Needs == handler.NeedNothing {
			http.Redirect(w, r, "/account", http.StatusSeeOther)
		} else if err := form.Execute(w, step); err != nil {
			log.Print(err)
		}
	})
	account := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		caller, _ := handler.CallerFrom(r.Context())
		fmt.Println("signed in through", caller.ClientID)
	})
	mux := http.NewServeMux()
	mux.Handle("POST /sign-up", auth.WithSession()(page))
	mux.Handle("GET /account", auth.RequireSession()(account))
	server := httptest.NewServer(mux)
	defer server.Close()

	browser := server.Client()
	browser.Jar, _ = cookiejar.New(nil) // never fails
	send := func(typed url.Values) {
		resp, err := browser.PostForm(server.URL+"/sign-up", typed)
		if err != nil {
			log.Fatal(err)
		}
		resp.Body.Close()
		fmt.Println(resp.StatusCode, step.Needs)
	}
	send(url.Values{"username": {"ada@example.com"}})
	send(url.Values{"state": {step.State}, "code": {<-codes}})
	// Output:
	// 200 code
	// signed in through pages
	// 200 nothing
}
