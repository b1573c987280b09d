package handler_test

import (
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/handler"
)

// Pages that the app's own server renders: the last call of a flow sets the cookie of a session, which
// RequireSession asks for, and a form signs out.
func Example_session() {
	mux, codes := http.NewServeMux(), make(inbox, 1)
	app := app{Server: httptest.NewServer(mux), codes: codes}
	defer app.Close()
	auth, err := handler.Mount(mux, handler.Config{
		Issuer:  app.URL,
		Clients: []handler.Client{{ID: "mobile", Cookies: true, LogoutURIs: []string{app.URL + "/goodbye"}}},
		Sender:  codes,
		Logger:  slog.New(slog.DiscardHandler),
	})
	if err != nil {
		log.Fatal(err)
	}
	account := auth.RequireSession(handler.SignInPage("/sign-in"))
	mux.Handle("GET /account", account(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller, _ := handler.CallerFrom(r.Context())
		fmt.Fprint(w, "signed in through ", caller.ClientID)
	})))

	browser := app.Client()
	browser.Jar, _ = cookiejar.New(nil) // never fails
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	show := func(resp *http.Response, err error) {
		if err != nil {
			log.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			log.Fatal(err)
		}
		if to := resp.Header.Get("Location"); to != "" {
			text = []byte("to " + strings.TrimPrefix(to, app.URL))
		}
		fmt.Println(resp.StatusCode, string(text))
	}

	show(browser.Get(app.URL + "/account"))
	_, a := app.post("/signup/v1.0/start", url.Values{"username": {"ada@example.com"}, "challenge_type": {"oob redirect"}})
	_, a = app.post("/signup/v1.0/challenge", next(a))
	_, a = app.post("/signup/v1.0/continue", next(a, "grant_type", "oob", "oob", <-codes))
	fmt.Println(app.post("/oauth2/v2.0/token", next(a, "grant_type", "continuation_token")))
	show(browser.Get(app.URL + "/account"))
	show(browser.PostForm(app.URL+"/oauth2/logout", url.Values{"client_id": {"mobile"}, "post_logout_redirect_uri": {app.URL + "/goodbye"}}))
	show(browser.Get(app.URL + "/account"))
	// Output:
	// 303 to /sign-in
	// 200 map[expires_in:86400 idle_timeout:3600 token_type:Cookie]
	// 200 signed in through mobile
	// 303 to /goodbye
	// 303 to /sign-in
}

// A manager of the host's own keeps values of the app beside who is signed in.
func ExampleNewSessions() {
	sessions := handler.NewSessions(memory.New()) // in production the database that Config.State is
	sessions.Cookie.Name = "__Host-shop"
	fmt.Println(handler.Config{
		Issuer:   "http://127.0.0.1:8080",
		Clients:  []handler.Client{{ID: "shop", Cookies: true}},
		Sessions: sessions,
	}.Validate())

	sessions.HashTokenInStore = false
	fmt.Println(handler.Config{
		Issuer:   "http://127.0.0.1:8080",
		Clients:  []handler.Client{{ID: "shop", Cookies: true}},
		Sessions: sessions,
	}.Validate())
	// Output:
	// <nil>
	// Sessions: set HashTokenInStore to true, or whoever reads the store can use every session
}
