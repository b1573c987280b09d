package routers

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/nativeauth/nativeauth/handler"
)

// Gin hands the tree over with Any. The API reads the client address from the request itself, by Config.TrustedProxies;
// what gin takes for it (ClientIP, SetTrustedProxies) is another matter.
func Gin(cfg handler.Config) (http.Handler, error) {
	auth, err := handler.New(cfg)
	if err != nil {
		return nil, err
	}
	r := gin.New()
	r.Any(prefix+"/*path", gin.WrapH(auth))
	r.GET("/api/me", ginMiddleware(auth.RequireToken("profile")), func(c *gin.Context) {
		caller, _ := handler.CallerFrom(c.Request.Context())
		c.JSON(http.StatusOK, gin.H{"user": caller.UserID})
	})
	return r, nil
}

// ginMiddleware makes middleware of net/http one of gin, which goes on with the request that it has prepared.
func ginMiddleware(wrap func(http.Handler) http.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		passed := false
		wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			passed = true
			c.Request = r
			c.Next()
		})).ServeHTTP(c.Writer, c.Request)
		if !passed {
			c.Abort()
		}
	}
}
