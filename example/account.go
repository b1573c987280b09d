package main

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// The paths of the account pages.
const (
	accountPath = "/account"
	signInPath  = accountPath + "/sign-in"
	signOutPath = accountPath + "/sign-out"
	devicePath  = "/device" // beneath the API
)

//go:embed account
var accountFiles embed.FS

var accountTemplates = template.Must(template.ParseFS(accountFiles, "account/*.html"))

// accountPolicy lets these pages send their forms, to this server. The one that runs a script has policy.
const accountPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// account is what the server itself makes pages of, for people whose session a cookie keeps. They sign in
// by a flow of the client pages, whose last call sets the cookie.
type account struct {
	auth  *handler.Auth
	users store.Users
	here  place
}

// mount registers the pages.
func (a account) mount(mux handler.Mux) {
	protect := a.auth.RequireSession(handler.SignInPage(signInPath))
	mux.Handle("GET "+accountPath, protect(http.HandlerFunc(a.show)))
	mux.Handle("POST "+accountPath, protect(http.HandlerFunc(a.rename)))
	mux.Handle("POST "+signOutPath, protect(http.HandlerFunc(a.signOut)))
	mux.Handle("GET "+signInPath, http.HandlerFunc(a.signIn))
}

// signIn shows the sign-in, which goes on to the account; or back to where people type the code of a device,
// if they come from there. It leads nowhere else, whatever the URL says.
func (a account) signIn(w http.ResponseWriter, r *http.Request) {
	next := accountPath
	if r.URL.Query().Get("return_to") == a.here.Issuer+devicePath {
		next = a.here.API() + devicePath
	}
	render(w, policy, "sign-in.html", http.StatusOK, map[string]string{
		"API": a.here.API(), "Client": pages, "Inbox": a.here.Inbox, "Next": next,
	})
}

// fact is a claim of a session, for people.
type fact struct{ Claim, Value, Meaning string }

func (a account) show(w http.ResponseWriter, r *http.Request) {
	if u, ok := a.owner(w, r); ok {
		a.draw(w, r, u, http.StatusOK, "")
	}
}

// owner reads the account that the session is of, or answers that it cannot.
func (a account) owner(w http.ResponseWriter, r *http.Request) (store.User, bool) {
	caller, _ := handler.CallerFrom(r.Context())
	u, err := a.users.UserByID(r.Context(), caller.UserID)
	if err != nil {
		unavailable(w, r, err)
	}
	return u, err == nil
}

func unavailable(w http.ResponseWriter, r *http.Request, err error) {
	slog.ErrorContext(r.Context(), "account", "error", err)
	http.Error(w, "This page cannot be shown now. Try again in a moment.", http.StatusServiceUnavailable)
}

func (a account) draw(w http.ResponseWriter, r *http.Request, u store.User, status int, problem string) {
	caller, _ := handler.CallerFrom(r.Context())
	name := u.Attributes["displayName"]
	greeting := name
	if greeting == "" {
		greeting, _, _ = strings.Cut(u.Username, "@")
	}
	render(w, accountPolicy, "account.html", status, map[string]any{
		"Inbox": a.here.Inbox, "Greeting": greeting, "Username": u.Username, "Name": name, "Longest": longestName,
		"Problem": problem, "Facts": facts(caller),
		"Paths": map[string]string{"Account": accountPath, "SignOut": signOutPath, "Device": a.here.API() + devicePath},
	})
}

// facts are what a session says of the sign-in that it came of.
func facts(c handler.Caller) []fact {
	var amr []string
	methods, _ := c.Claims["amr"].([]any)
	for _, m := range methods {
		if text, ok := m.(string); ok {
			amr = append(amr, text)
		}
	}
	at, _ := c.Claims["auth_time"].(float64)
	return []fact{
		{"sub", c.UserID, "You"},
		{"client_id", c.ClientID, "The app it is for"},
		{"auth_time", time.Unix(int64(at), 0).UTC().Format("2 January 2006, 15:04 MST"), "When you proved it was you"},
		{"amr", strings.Join(amr, ", "), "How you proved it"},
	}
}

const longestName = 64 // characters

// rename changes the name that the account goes by.
func (a account) rename(w http.ResponseWriter, r *http.Request) {
	u, ok := a.owner(w, r)
	if !ok {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	name := strings.TrimSpace(r.PostFormValue("name"))
	if !isName(name) {
		a.draw(w, r, u, http.StatusUnprocessableEntity, "That can’t be a name: it’s empty, too long, or has characters in it that can’t be typed.")
		return
	}
	u.Attributes = maps.Clone(u.Attributes) // which may be the store's own
	if u.Attributes == nil {
		u.Attributes = map[string]string{}
	}
	u.Attributes["displayName"] = name
	err := a.users.UpdateUser(r.Context(), u)
	switch {
	case errors.Is(err, store.ErrConflict):
		a.draw(w, r, u, http.StatusConflict, "Your account was changed elsewhere meanwhile. Try again.")
	case err != nil:
		unavailable(w, r, err)
	default:
		http.Redirect(w, r, accountPath, http.StatusSeeOther)
	}
}

// isName tells whether text can be a person's name.
func isName(text string) bool {
	return text != "" && utf8.ValidString(text) && utf8.RuneCountInString(text) <= longestName && !strings.ContainsFunc(text, unicode.IsControl)
}

// signOut ends the session before it says so.
func (a account) signOut(w http.ResponseWriter, r *http.Request) {
	if err := a.auth.SignOut(w, r); err != nil {
		unavailable(w, r, err)
		return
	}
	http.Redirect(w, r, signInPath, http.StatusSeeOther)
}

// render answers with a page, in one piece.
func render(w http.ResponseWriter, policy, name string, status int, data any) {
	var page bytes.Buffer
	if err := accountTemplates.ExecuteTemplate(&page, name, data); err != nil {
		panic(err) // the template is at odds with its data
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // with none, browsers say null as the origin of a form
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w) // the only error left is a client that has gone
}
