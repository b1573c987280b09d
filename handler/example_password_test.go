package handler_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"

	"golang.org/x/crypto/bcrypt"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/password"
	"github.com/nativeauth/nativeauth/store"
)

// Somebody signs up with a password, forgets it, and replaces it with a code from the mail.
func Example_passwordReset() {
	app := newApp(handler.Config{Clients: []handler.Client{{ID: "mobile", Passwords: true}}})
	defer app.Close()
	types := "oob password redirect"
	ada := url.Values{"username": {"ada@example.com"}, "challenge_type": {types}, "password": {"a quiet harbour"}}
	_, a := app.post("/signup/v1.0/start", ada)
	_, a = app.post("/signup/v1.0/challenge", next(a))
	app.post("/signup/v1.0/continue", next(a, "grant_type", "oob", "oob", <-app.codes))

	_, a = app.post("/resetpassword/v1.0/start", url.Values{"username": {"ada@example.com"}, "challenge_type": {types}})
	_, a = app.post("/resetpassword/v1.0/challenge", next(a))
	_, a = app.post("/resetpassword/v1.0/continue", next(a, "grant_type", "oob", "oob", <-app.codes))
	status, refused := app.post("/resetpassword/v1.0/submit", next(a, "new_password", "ada2026"))
	fmt.Println(status, refused["suberror"])
	_, a = app.post("/resetpassword/v1.0/submit", next(a, "new_password", "a busy harbour"))
	<-app.codes // the mail that tells Ada of it, which has no code
	_, a = app.post("/resetpassword/v1.0/poll_completion", next(a))
	fmt.Println(a["status"])

	_, a = app.post("/oauth2/v2.0/initiate", url.Values{"username": {"ada@example.com"}, "challenge_type": {types}})
	_, a = app.post("/oauth2/v2.0/challenge", next(a))
	fmt.Println(a["challenge_type"])
	status, a = app.post("/oauth2/v2.0/token", next(a, "grant_type", "password", "password", "a busy harbour"))
	fmt.Println(status, a["token_type"])
	// Output:
	// 400 password_too_short
	// succeeded
	// password
	// 200 Bearer
}

// Users who come from another system keep their passwords: their hashes come along, and the first
// sign-in replaces each by one of today.
func Example_bringUsersAlong() {
	hash, _ := bcrypt.GenerateFromPassword([]byte("a quiet harbour"), bcrypt.MinCost) // as the old table has it
	users := memory.New()
	ada := store.User{ID: "1815", Username: "ada@example.com", Email: "ada@example.com", PasswordHash: string(hash)}
	fmt.Println(users.CreateUser(context.Background(), ada))

	app := newApp(handler.Config{Clients: []handler.Client{{ID: "mobile", Passwords: true}}, Users: users, State: users})
	defer app.Close()
	_, a := app.post("/oauth2/v2.0/initiate", url.Values{"username": {"ada@example.com"}, "challenge_type": {"oob password redirect"}})
	_, a = app.post("/oauth2/v2.0/challenge", next(a))
	status, _ := app.post("/oauth2/v2.0/token", next(a, "grant_type", "password", "password", "a quiet harbour"))
	ada, _ = users.UserByID(context.Background(), "1815")
	fmt.Println(status, ada.PasswordHash[:10])
	// Output:
	// <nil>
	// 200 $argon2id$
}

// A page of the host on which people change their password. What was refused is told in words.
func ExampleAuth_ChangePassword() {
	users := memory.New()
	ada := store.User{ID: "1815", Username: "ada@example.com", Email: "ada@example.com"}
	_ = users.CreateUser(context.Background(), ada)
	auth, err := handler.Mount(http.NewServeMux(), handler.Config{
		Issuer: "http://127.0.0.1:8080/auth", Clients: []handler.Client{{ID: "mobile", Passwords: true}},
		Users: users, State: users, Sender: make(inbox, 10), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	fmt.Println(auth.SetPassword(ctx, "1815", "a quiet harbour"))

	for _, next := range []string{"password", "a busy harbour"} {
		err := auth.ChangePassword(ctx, "1815", "a quiet harbour", next)
		if rejected, ok := errors.AsType[*password.Rejected](err); ok {
			fmt.Println(rejected.Reason, "-", rejected.Text)
		} else {
			fmt.Println(err)
		}
	}
	fmt.Println(errors.Is(auth.ChangePassword(ctx, "1815", "a quiet harbour", "a dry dock"), handler.ErrWrongPassword))
	// Output:
	// <nil>
	// password_banned - The password is too easy to guess.
	// <nil>
	// true
}
