package handler_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/nativeauth/nativeauth/attrs"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/token"
)

// The least that a development server needs: on loopback everything but the clients has a default.
// In production Secret, Users, State, Sender and Keys are set, too.
func ExampleMount() {
	mux := http.NewServeMux()
	auth, err := handler.Mount(mux, handler.Config{
		Issuer:  "http://127.0.0.1:8080/auth",
		Clients: []handler.Client{{ID: "mobile"}},
		Logger:  slog.New(slog.DiscardHandler),
	})
	if err != nil {
		log.Fatal(err)
	}
	mux.Handle("GET /api/me", auth.RequireToken("profile")(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller, _ := handler.CallerFrom(r.Context())
		fmt.Fprintln(w, "Hello,", caller.UserID)
	})))

	server := httptest.NewServer(mux) // http.ListenAndServe("127.0.0.1:8080", mux)
	defer server.Close()
	resp, err := http.Get(server.URL + "/api/me")
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status)
	// Output: 401 Unauthorized
}

// A config with several mistakes is refused once, with all of them.
func ExampleConfig_Validate() {
	fmt.Println(handler.Config{
		Issuer:  "http://id.example",
		Clients: []handler.Client{{ID: "mobile"}},
		Secret:  []byte("short"),
	}.Validate())
	// Output:
	// Issuer "http://id.example" is not a plain https URL
	// Secret has 5 bytes: set at least 32, random ones
	// Users is missing
	// State is missing
	// Sender is missing
	// Keys is missing
}

// inbox is an otp.Sender for tests: codes come out of a channel.
type inbox chan string

func (i inbox) Send(_ context.Context, m otp.Message) error {
	i <- m.Code
	return nil
}

// app is an app with native authentication, and a client of it.
type app struct {
	*httptest.Server
	codes inbox
}

func newApp(c handler.Config) app {
	a := app{codes: make(inbox, 1)}
	mux := http.NewServeMux()
	a.Server = httptest.NewServer(mux)
	c.Issuer, c.Sender, c.Logger = a.URL, a.codes, slog.New(slog.DiscardHandler)
	c.ResendInterval = -1
	if _, err := handler.Mount(mux, c); err != nil {
		log.Fatal(err)
	}
	return a
}

// post sends a form and returns the answer's status and members.
func (a app) post(path string, form url.Values) (int, map[string]any) {
	form.Set("client_id", "mobile")
	resp, err := a.Client().PostForm(a.URL+path, form)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		log.Fatal(err)
	}
	members := map[string]any{}
	if err := json.Unmarshal(body, &members); err != nil {
		log.Fatal(err)
	}
	return resp.StatusCode, members
}

// next is the form of the call that goes on from an answer.
func next(answer map[string]any, pairs ...string) url.Values {
	form := url.Values{"continuation_token": {fmt.Sprint(answer["continuation_token"])}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

// A person signs up with a code from the mail, is asked for a name, and has tokens.
func Example_signUp() {
	app := newApp(handler.Config{Clients: []handler.Client{{
		ID:         "mobile",
		Attributes: attrs.Schema{{Name: "displayName", Required: true}},
	}}})
	defer app.Close()

	_, a := app.post("/signup/v1.0/start", url.Values{"username": {"ada@example.com"}, "challenge_type": {"oob redirect"}})
	_, a = app.post("/signup/v1.0/challenge", next(a))
	fmt.Println("a code of", a["code_length"], "digits went to", a["challenge_target_label"])

	status, a := app.post("/signup/v1.0/continue", next(a, "grant_type", "oob", "oob", <-app.codes))
	fmt.Println(status, a["error"], a["required_attributes"])

	_, a = app.post("/signup/v1.0/continue", next(a, "grant_type", "attributes", "attributes", `{"displayName":"Ada"}`))
	status, a = app.post("/oauth2/v2.0/token", next(a, "grant_type", "continuation_token", "scope", "openid offline_access"))
	fmt.Println(status, a["token_type"], a["scope"])
	// Output:
	// a code of 8 digits went to a***@e***e.c***
	// 400 attributes_required [map[name:displayName options:map[regex:] required:true type:string]]
	// 200 Bearer openid profile
}

// Somebody with an account signs in: a wrong code first, then the right one with the same token.
func Example_signIn() {
	app := newApp(handler.Config{Clients: []handler.Client{{ID: "mobile"}}})
	defer app.Close()
	_, a := app.post("/signup/v1.0/start", url.Values{"username": {"ada@example.com"}, "challenge_type": {"oob redirect"}})
	_, a = app.post("/signup/v1.0/challenge", next(a))
	app.post("/signup/v1.0/continue", next(a, "grant_type", "oob", "oob", <-app.codes))

	_, a = app.post("/oauth2/v2.0/initiate", url.Values{"username": {"ada@example.com"}, "challenge_type": {"oob redirect"}})
	_, a = app.post("/oauth2/v2.0/challenge", next(a))
	code := <-app.codes
	status, refused := app.post("/oauth2/v2.0/token", next(a, "grant_type", "oob", "oob", "00000000"))
	fmt.Println(status, refused["error"], refused["suberror"])
	status, a = app.post("/oauth2/v2.0/token", next(a, "grant_type", "oob", "oob", code))
	fmt.Println(status, a["expires_in"], "seconds")

	status, a = app.post("/oauth2/v2.0/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {fmt.Sprint(a["refresh_token"])}})
	fmt.Println(status, a["token_type"])
	// Output:
	// 400 invalid_grant invalid_oob_value
	// 200 900 seconds
	// 200 Bearer
}

// The host's own claims go into both tokens or one of them.
func ExampleConfig_claims() {
	cfg := handler.Config{
		Issuer:  "http://127.0.0.1:8080",
		Clients: []handler.Client{{ID: "mobile"}},
		Claims: func(_ context.Context, r token.ClaimsRequest) (token.ExtraClaims, error) {
			return token.ExtraClaims{
				Access: map[string]any{"plan": "gold"},
				ID:     map[string]any{"nickname": r.User.Attributes["displayName"]},
			}, nil
		},
	}
	fmt.Println(cfg.Validate())
	// Output: <nil>
}
