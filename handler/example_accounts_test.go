package handler_test

import (
	"bytes"
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// office is an API for a page of administrators, and the one account that there is, 1815.
func office(change func(*handler.Config)) (*handler.Auth, *memory.Store) {
	users := memory.New()
	_ = users.CreateUser(context.Background(), store.User{ID: "1815", Username: "ada@example.com", Email: "ada@example.com"})
	cfg := handler.Config{
		Issuer: "http://127.0.0.1:8080/auth", Clients: []handler.Client{{ID: "mobile", Passwords: true}},
		Users: users, State: users, Sender: make(inbox, 10), Logger: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&cfg)
	}
	auth, err := handler.New(cfg)
	if err != nil {
		panic(err)
	}
	return auth, users
}

// What administrators do to an account. Each ends what the account has open, on every instance.
func ExampleAuth_Disable() {
	ctx := context.Background()
	auth, users := office(nil)
	_ = auth.SetPassword(ctx, "1815", "a quiet harbour")
	for _, do := range []func(context.Context, string) error{auth.EndSessions, auth.RequirePasswordReset, auth.Disable, auth.Enable} {
		fmt.Print(do(ctx, "1815"), " ")
		u, _ := users.UserByID(ctx, "1815")
		fmt.Println("epoch", u.Epoch, "disabled", u.Disabled, "must change", u.MustChangePassword)
	}
	fmt.Println(errors.Is(auth.Disable(ctx, "nobody"), store.ErrNotFound))
	// Output:
	// <nil> epoch 2 disabled false must change false
	// <nil> epoch 3 disabled false must change true
	// <nil> epoch 4 disabled true must change true
	// <nil> epoch 5 disabled false must change true
	// true
}

// Where Limits.FailuresInARow disables factors, somebody has to be able to let them be tried again.
func ExampleAuth_EnableFactors() {
	auth, _ := office(func(c *handler.Config) { c.Limits.FailuresInARow = 100 })
	fmt.Println(auth.EnableFactors(context.Background(), "ada@example.com"))
	// Output: <nil>
}

// Methods for second factors that the host knows to be theirs.
func ExampleAuth_AddMethod() {
	ctx := context.Background()
	auth, users := office(func(c *handler.Config) { c.SMSCountries = otp.Countries{"+49"} })
	work, err := auth.AddMethod(ctx, "1815", store.MethodEmail, "Ada@Work.example")
	fmt.Println(work.Target, err)
	phone, err := auth.AddMethod(ctx, "1815", store.MethodSMS, "+49 1512 3456789")
	fmt.Println(phone.Target, err)
	_, err = auth.AddMethod(ctx, "1815", store.MethodSMS, "+1 876 555 0100")
	fmt.Println(errors.Is(err, handler.ErrContact))

	fmt.Println(auth.SetDefaultMethod(ctx, "1815", phone.ID), auth.RemoveMethod(ctx, "1815", work.ID))
	u, _ := users.UserByID(ctx, "1815")
	fmt.Println(len(u.Methods), u.Methods[0].Kind, u.Methods[0].Default)
	// Output:
	// ada@work.example <nil>
	// +4915123456789 <nil>
	// true
	// <nil> <nil>
	// 1 sms true
}

// A page sets up an authenticator app: it shows the secret, and asks for the first code.
func ExampleAuth_NewTOTP() {
	ctx := context.Background()
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	auth, _ := office(func(c *handler.Config) { c.App, c.Now = "Contoso", func() time.Time { return now } })
	secret, err := auth.NewTOTP(ctx, "1815")
	fmt.Println(strings.HasPrefix(secret.URI, "otpauth://totp/Contoso:ada%40example.com?secret="), err) // as a QR code

	key, _ := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret.Text)
	recovery, err := auth.ConfirmTOTP(ctx, "1815", otp.TOTP(key, otp.TOTPStep(now))) // what the app shows
	fmt.Println(len(recovery), err)
	_, err = auth.ConfirmTOTP(ctx, "1815", "000000")
	fmt.Println(errors.Is(err, handler.ErrWrongCode))

	others, err := auth.NewRecoveryCodes(ctx, "1815") // in place of those
	fmt.Println(len(others), err)
	// Output:
	// true <nil>
	// 10 <nil>
	// true
	// 10 <nil>
}

// A page of administrators, behind a sign-in of its own. WithRequest lets events name its request.
func ExampleAuth_WithRequest() {
	auth, _ := office(func(c *handler.Config) {
		c.Events = []handler.EventSink{handler.EventFunc(func(_ context.Context, e handler.Event) {
			fmt.Println(e.Name, e.Outcome, e.UserID, e.CorrelationID)
		})}
	})
	page := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if err := auth.EndSessions(auth.WithRequest(r.Context(), r), "1815"); err != nil {
			fmt.Println(err)
		}
	})
	r := httptest.NewRequest(http.MethodPost, "/admin/sign-out-everywhere", nil)
	r.Header.Set("client-request-id", "7f1e6ad6-64a5-4f0c-9d5e-6d1c1a6c4d0a")
	page.ServeHTTP(httptest.NewRecorder(), r)
	// Output: revoke all_sessions 1815 7f1e6ad6-64a5-4f0c-9d5e-6d1c1a6c4d0a
}

// The API is an http.Handler, for routers that Mount cannot use: they hand it the tree beneath the path of the issuer.
func ExampleNew() {
	auth, err := handler.New(handler.Config{
		Issuer:  "http://127.0.0.1:8080/auth",
		Clients: []handler.Client{{ID: "mobile"}},
		Logger:  slog.New(slog.DiscardHandler),
	})
	if err != nil {
		panic(err)
	}
	router := http.NewServeMux() // or that of chi, gin, echo, fiber: see example/routers
	router.Handle("/auth/", auth)

	answer := httptest.NewRecorder()
	router.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/auth/discovery/v2.0/keys", nil))
	fmt.Println(answer.Code)
	// Output: 200
}

// First the server stops, so that no request is cut; then mail goes out that was promised.
func ExampleAuth_Shutdown() {
	auth, _ := office(nil)
	server := httptest.NewServer(auth)

	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	fmt.Println(server.Config.Shutdown(ctx), auth.Shutdown(ctx))
	// Output: <nil> <nil>
}

// A description for tools that make clients and mocks of it.
func ExampleAuth_OpenAPI() {
	auth, _ := office(nil)
	d := auth.OpenAPI()
	paths := d["paths"].(map[string]any)
	_, there := paths["/signup/v1.0/start"]
	fmt.Println(d["openapi"], there)
	// Output: 3.1.0 true
}

// A page of the host's own signs people out.
func ExampleAuth_SignOut() {
	auth, _ := office(func(c *handler.Config) { c.Clients = []handler.Client{{ID: "pages", Cookies: true}} })
	mux := http.NewServeMux()
	signOut := func(w http.ResponseWriter, r *http.Request) {
		if err := auth.SignOut(w, r); err != nil {
			http.Error(w, "Try again in a moment.", http.StatusServiceUnavailable)
			return
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
	mux.Handle("POST /sign-out", auth.RequireSession()(http.HandlerFunc(signOut)))

	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/sign-out", nil)) // by nobody
	fmt.Println(answer.Code)
	// Output: 401
}

// What a number means.
func ExampleErrors() {
	for _, e := range handler.Errors() {
		if e.Code == 55200 {
			fmt.Println(e.Status, e.Error, "-", e.When)
		}
	}
	// Output: 400 invalid_request - the token is forged, replaced, used, another client's, or of another step
}

// Events in a log of their own.
func ExampleLogEvents() {
	withoutTime := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "time" || a.Key == "correlation_id" {
			return slog.Attr{}
		}
		return a
	}
	var log bytes.Buffer
	auth, _ := office(func(c *handler.Config) {
		c.Events = []handler.EventSink{handler.LogEvents(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: withoutTime})))}
	})
	_ = auth.EndSessions(context.Background(), "1815")
	_, _ = log.WriteTo(os.Stdout)
	// Output: level=INFO msg="nativeauth: revoke" event.name=revoke event.user_id=1815 event.address=a***@e***e.c*** event.outcome=all_sessions
}

// Who has to prove a second factor: everybody but those of one client, and whoever a function says.
func ExampleSecondFactor() {
	cfg := handler.Config{
		Issuer: "http://127.0.0.1:8080",
		SecondFactor: func(_ context.Context, r handler.SecondFactorRequest) (bool, error) {
			return len(r.User.Methods) > 0, nil
		},
		Clients: []handler.Client{
			{ID: "mobile", Passwords: true},
			{ID: "back-office", Passwords: true, SecondFactor: handler.Always},
			{ID: "kiosk", SecondFactor: handler.Never},
		},
	}
	fmt.Println(cfg.Validate())
	// Output: <nil>
}

// Codes leave for people alone: a page has put the token of a bot check into a header.
func ExampleGate() {
	var gate handler.Gate = func(_ context.Context, r handler.GateRequest) error {
		if r.Request.Header.Get("x-captcha-token") != "a good one" { // in truth, ask the service that made it
			return handler.ErrContactBlocked
		}
		return nil
	}
	app := newApp(handler.Config{Clients: []handler.Client{{ID: "mobile"}}, Gate: gate})
	defer app.Close()
	_, a := app.post("/signup/v1.0/start", map[string][]string{"username": {"ada@example.com"}, "challenge_type": {"oob redirect"}})
	status, a := app.post("/signup/v1.0/challenge", next(a))
	fmt.Println(status, a["error"], a["suberror"])
	// Output: 400 access_denied provider_blocked_by_rep
}

// What a rule of Auth0 did goes on here: people whose address is not of the firm are refused.
func ExampleAuth0Rule() {
	var staff handler.Auth0Rule = func(_ context.Context, r handler.Auth0RuleRequest) ([]string, error) {
		if !strings.HasSuffix(r.User.Email, "@firm.example") {
			return nil, handler.ErrAccessDenied
		}
		return r.Scopes, nil
	}
	for _, address := range []string{"ada@firm.example", "eve@elsewhere.example"} {
		scopes, err := staff(context.Background(), handler.Auth0RuleRequest{User: store.User{Email: address}, Scopes: []string{"openid"}})
		fmt.Println(scopes, err)
	}
	// Output:
	// [openid] <nil>
	// [] a rule of the host refuses the sign-in
}

// What is called where, for a page about it.
func ExampleSteps() {
	for _, s := range handler.Steps()[:3] {
		fmt.Println(s.Path, "is", s.Name)
	}
	// Output:
	// /signup/v1.0/continue is sign-up code
	// /signup/v1.0/continue is sign-up password
	// /signup/v1.0/continue is sign-up attributes
}
