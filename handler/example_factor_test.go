package handler_test

import (
	"fmt"
	"net/url"

	"github.com/nativeauth/nativeauth/handler"
)

// Everybody proves a second factor. Whoever signs up with a password has proven a mailbox, which is a method
// of the account then: a sign-in takes the password, and a code to that mailbox.
func Example_secondFactor() {
	app := newApp(handler.Config{
		Clients:      []handler.Client{{ID: "mobile", Passwords: true, RegisterAddress: true}},
		SecondFactor: handler.Always,
	})
	defer app.Close()
	ada := func(more ...string) url.Values {
		form := url.Values{"username": {"ada@example.com"}, "challenge_type": {"oob password redirect"}, "capabilities": {"mfa_required"}}
		for i := 0; i < len(more); i += 2 {
			form.Set(more[i], more[i+1])
		}
		return form
	}
	_, a := app.post("/signup/v1.0/start", ada("password", "a quiet harbour"))
	_, a = app.post("/signup/v1.0/challenge", next(a))
	app.post("/signup/v1.0/continue", next(a, "grant_type", "oob", "oob", <-app.codes))

	_, a = app.post("/oauth2/v2.0/initiate", ada())
	_, a = app.post("/oauth2/v2.0/challenge", next(a))
	status, a := app.post("/oauth2/v2.0/token", next(a, "grant_type", "password", "password", "a quiet harbour"))
	fmt.Println(status, a["suberror"])

	_, a = app.post("/oauth2/v2.0/introspect", next(a))
	method := a["methods"].([]any)[0].(map[string]any)
	fmt.Println(method["challenge_channel"], method["login_hint"])
	_, a = app.post("/oauth2/v2.0/challenge", next(a, "id", method["id"].(string)))
	status, a = app.post("/oauth2/v2.0/token", next(a, "grant_type", "mfa_oob", "oob", <-app.codes))
	fmt.Println(status, a["token_type"])
	// Output:
	// 400 mfa_required
	// email a***@e***e.c***
	// 200 Bearer
}
