package main

import (
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// meAnswer is what /api/me says of whoever holds the access token.
type meAnswer struct {
	ID         string            `json:"id"`
	Username   string            `json:"username"`
	Attributes map[string]string `json:"attributes"`
	Scopes     []string          `json:"scopes"`
}

// me is the app's own API: it finds the caller of the token in the app's own user table. It stands
// behind RequireToken.
func me(users store.Users) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller, ok := handler.CallerFrom(r.Context())
		if !ok { // mounted without RequireToken
			reply(w, http.StatusUnauthorized, map[string]string{"error": "invalid_token"})
			return
		}
		user, err := users.UserByID(r.Context(), caller.UserID)
		switch {
		case errors.Is(err, store.ErrNotFound): // the account ended before the token did
			reply(w, http.StatusNotFound, map[string]string{"error": "user_not_found"})
		case err != nil:
			slog.ErrorContext(r.Context(), "me: read user", "error", err)
			reply(w, http.StatusServiceUnavailable, map[string]string{"error": "temporarily_unavailable"})
		default:
			attributes := map[string]string{} // {} and not null
			maps.Copy(attributes, user.Attributes)
			reply(w, http.StatusOK, meAnswer{user.ID, user.Username, attributes, caller.Scopes})
		}
	})
}

func reply(w http.ResponseWriter, status int, body any) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	// The only error left is a client that has gone.
	_ = json.NewEncoder(w).Encode(body)
}
