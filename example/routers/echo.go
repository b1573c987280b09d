package routers

import (
	"net/http"

	"github.com/labstack/echo/v5"

	"github.com/nativeauth/nativeauth/handler"
)

// Echo hands the tree over with Any. WrapMiddleware makes RequireToken one of its own, and carries the context on.
// Register the API before middleware that reads bodies, as BodyDump does.
func Echo(cfg handler.Config) (http.Handler, error) {
	auth, err := handler.New(cfg)
	if err != nil {
		return nil, err
	}
	e := echo.New()
	e.Any(prefix+"/*", echo.WrapHandler(auth))
	e.GET("/api/me", func(c *echo.Context) error {
		caller, _ := handler.CallerFrom(c.Request().Context())
		return c.JSON(http.StatusOK, map[string]string{"user": caller.UserID})
	}, echo.WrapMiddleware(auth.RequireToken("profile")))
	return e, nil
}
