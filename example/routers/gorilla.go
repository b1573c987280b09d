package routers

import (
	"net/http"

	"github.com/gorilla/mux"

	"github.com/nativeauth/nativeauth/handler"
)

// Gorilla hands the tree over with PathPrefix. A subrouter takes RequireToken as middleware.
func Gorilla(cfg handler.Config) (http.Handler, error) {
	auth, err := handler.New(cfg)
	if err != nil {
		return nil, err
	}
	r := mux.NewRouter()
	r.PathPrefix(prefix + "/").Handler(auth)
	api := r.PathPrefix("/api").Subrouter()
	api.Use(auth.RequireToken("profile"))
	api.HandleFunc("/me", me).Methods(http.MethodGet)
	return r, nil
}
