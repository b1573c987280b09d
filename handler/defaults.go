package handler

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/nativeauth/nativeauth/adapters/consolemail"
	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/internal/guid"
	"github.com/nativeauth/nativeauth/token"
)

// withDefaults returns the config as it is meant: every field set, or every mistake in one error.
func (c Config) withDefaults() (Config, error) {
	if err := c.Validate(); err != nil {
		return c, err
	}
	c.Logger = cmp.Or(c.Logger, slog.Default())
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	issuer, _ := url.Parse(c.Issuer) // Validate has parsed it
	c.App = cmp.Or(c.App, issuer.Hostname())
	c.TenantID = strings.ToLower(cmp.Or(c.TenantID, guid.FromName("tenant", c.Issuer)))
	c.CodeLifetime = cmp.Or(c.CodeLifetime, maxCodeLifetime)
	c.ResendInterval = cmp.Or(c.ResendInterval, time.Minute)
	c.AccessTokenLifetime = cmp.Or(c.AccessTokenLifetime, 15*time.Minute)
	c.IDTokenLifetime = cmp.Or(c.IDTokenLifetime, time.Hour)
	c.RefreshTokenIdle = cmp.Or(c.RefreshTokenIdle, 14*24*time.Hour)
	c.RefreshTokenLifetime = cmp.Or(c.RefreshTokenLifetime, 90*24*time.Hour)
	c.Limits = c.Limits.withDefaults()
	if c.Limits.Off {
		c.ResendInterval = -1
	}
	c.Resources = append([]Resource(nil), c.Resources...)
	for i := range c.Resources {
		c.Resources[i].Audience = cmp.Or(c.Resources[i].Audience, c.Issuer)
	}
	c, err := c.withDevelopmentDefaults()
	if err == nil && c.Sessions == nil && c.hasCookies() {
		c.Sessions = c.defaultSessions()
	}
	return c, err
}

// withDevelopmentDefaults fills in what an issuer on loopback may leave out; with any other issuer
// there is nothing to fill in, since Validate asks for it.
func (c Config) withDevelopmentDefaults() (Config, error) {
	var filled []string
	kept := memory.NewAt(c.Now)
	if c.Users == nil {
		c.Users, filled = kept, append(filled, "Users in memory")
	}
	if c.State == nil {
		c.State, filled = kept, append(filled, "State in memory")
	}
	if c.Sender == nil {
		c.Sender, filled = consolemail.New(os.Stderr), append(filled, "codes on standard error")
	}
	if c.Secret == nil {
		c.Secret, filled = make([]byte, minSecret), append(filled, "a throw-away Secret")
		_, _ = rand.Read(c.Secret) // never fails
	}
	if c.Keys == nil {
		keys, err := token.Ephemeral()
		if err != nil {
			return c, fmt.Errorf("handler: Keys: %w", err)
		}
		c.Keys, filled = keys, append(filled, "throw-away Keys")
	}
	if len(filled) > 0 {
		c.Logger.Info("nativeauth: development defaults in use", "issuer", c.Issuer, "defaults", strings.Join(filled, ", "))
	}
	return c, nil
}

// prefix is the path beneath which the routes are registered, without a slash at its end.
func (c Config) prefix() string {
	if c.Prefix != "" {
		return strings.TrimSuffix(c.Prefix, "/")
	}
	issuer, err := url.Parse(c.Issuer)
	if err != nil {
		return "" // Validate says so
	}
	return issuer.Path
}

// onLoopback tells whether only this machine can reach the issuer.
func onLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}
