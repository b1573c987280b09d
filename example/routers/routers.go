// Package routers shows nativeauth in apps on other routers than http.ServeMux: chi, gorilla/mux, gin, echo and
// fiber. Each file is one app: the API beneath /auth, one route of the app's own that wants an access token, and
// where the client address comes from.
//
// It is a module of its own, so that the package depends on none of them. To take one over, copy its file.
//
// What holds for all: the path of Config.Issuer is the path that the whole API hangs at, and requests arrive with it,
// so a router must not strip it. Every path beneath it takes every method, since each has an answer in the envelope of the
// contract. And nothing may consume the body before the API reads it.
package routers

import (
	"encoding/json"
	"net/http"

	"github.com/nativeauth/nativeauth/handler"
)

// prefix is the path of Config.Issuer.
const prefix = "/auth"

// me is the app's own route. Whoever gets here has a good access token.
func me(w http.ResponseWriter, r *http.Request) {
	caller, _ := handler.CallerFrom(r.Context())
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"user": caller.UserID})
}
