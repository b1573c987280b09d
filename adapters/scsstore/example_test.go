package scsstore_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/alexedwards/scs/v2"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/adapters/scsstore"
)

// Sessions of an app in any store.State. handler.NewSessions makes a manager like this one, with the settings that
// handler.Config.Sessions asks for.
func ExampleNew() {
	sessions := scs.New()
	sessions.Store = scsstore.New(memory.New()) // in production the database that all instances share
	sessions.HashTokenInStore = true

	page := sessions.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		visits := sessions.GetInt(r.Context(), "visits") + 1
		sessions.Put(r.Context(), "visits", visits)
		fmt.Fprintln(w, "visit", visits)
	}))

	first := httptest.NewRecorder()
	page.ServeHTTP(first, httptest.NewRequest(http.MethodGet, "/", nil))
	again := httptest.NewRequest(http.MethodGet, "/", nil)
	again.AddCookie(first.Result().Cookies()[0])
	second := httptest.NewRecorder()
	page.ServeHTTP(second, again)
	fmt.Print(first.Body.String() + second.Body.String())
	// Output:
	// visit 1
	// visit 2
}
