package routers

import (
	"net/http"

	"github.com/nativeauth/nativeauth/handler"
)

// ServeMux is the standard library's router, for which Mount was made.
func ServeMux(cfg handler.Config) (http.Handler, error) {
	mux := http.NewServeMux()
	auth, err := handler.Mount(mux, cfg)
	if err != nil {
		return nil, err
	}
	mux.Handle("GET /api/me", auth.RequireToken("profile")(http.HandlerFunc(me)))
	return mux, nil
}
