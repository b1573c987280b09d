package routers

import (
	"context"
	"net/http"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"

	"github.com/nativeauth/nativeauth/handler"
)

// Fiber hands the tree over through its adaptor, since it is no net/http router. The adaptor gives the request the TCP
// peer as RemoteAddr, which Config.TrustedProxies is held against.
func Fiber(cfg handler.Config) (*fiber.App, error) {
	auth, err := handler.New(cfg)
	if err != nil {
		return nil, err
	}
	app := fiber.New()
	app.All(prefix+"/*", adaptor.HTTPHandler(auth))
	app.Get("/api/me", fiberMiddleware(auth.RequireToken("profile")), func(c fiber.Ctx) error {
		caller, _ := handler.CallerFrom(c.Context())
		return c.JSON(fiber.Map{"user": caller.UserID})
	})
	return app, nil
}

// fiberMiddleware makes middleware of net/http one of fiber, whose context is then that of the request which it has
// prepared: adaptor.HTTPMiddleware carries no values on that are found by CallerFrom.
func fiberMiddleware(wrap func(http.Handler) http.Handler) fiber.Handler {
	return func(c fiber.Ctx) error {
		var prepared context.Context
		judge := wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { prepared = r.Context() }))
		if err := adaptor.HTTPHandler(judge)(c); err != nil || prepared == nil {
			return err
		}
		c.SetContext(prepared)
		return c.Next()
	}
}
