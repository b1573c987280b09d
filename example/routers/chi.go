package routers

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/nativeauth/nativeauth/handler"
)

// Chi hands the tree over with Handle. Its middleware is that of net/http, so RequireToken goes into With or Use as it
// is.
//
// Leave out chi's RealIP and the like: they believe what any client says. Config.TrustedProxies names whom to believe.
func Chi(cfg handler.Config) (http.Handler, error) {
	auth, err := handler.New(cfg)
	if err != nil {
		return nil, err
	}
	r := chi.NewRouter()
	r.Handle(prefix+"/*", auth)
	r.With(auth.RequireToken("profile")).Get("/api/me", me)
	return r, nil
}
