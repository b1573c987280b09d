package handler

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/nativeauth/nativeauth/internal/guid"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

const (
	minSecret       = 32 // bytes
	maxCodeLifetime = 10 * time.Minute
)

// problems collects what is wrong with a config.
type problems []error

func (p *problems) add(format string, args ...any) { *p = append(*p, fmt.Errorf(format, args...)) }

// Validate reports every mistake of the config at once, each in words that say what to set, joined
// by errors.Join; nil if there is none. It looks at the config alone and calls nothing in it.
func (c Config) Validate() error {
	var p problems
	c.checkIssuer(&p)
	c.checkSecrets(&p)
	c.checkParts(&p)
	c.checkResources(&p)
	c.checkClients(&p)
	c.checkCredentials(&p)
	c.checkPasswords(&p)
	c.checkMethods(&p)
	c.checkMessages(&p)
	c.checkGrants(&p)
	c.checkDevices(&p)
	c.checkAuth0(&p)
	c.checkAuthSources(&p)
	c.checkOrigins(&p)
	c.checkSessions(&p)
	c.checkLifetimes(&p)
	c.checkLimits(&p)
	c.checkProxies(&p)
	return errors.Join(p...)
}

// prefixForm is a path that every router takes literally, if it has no dot segments.
var prefixForm = regexp.MustCompile(`^(/[0-9A-Za-z._~-]+)*/?$`)

func isPrefix(s string) bool {
	return prefixForm.MatchString(s) && path.Clean("/"+s) == cmp.Or(strings.TrimSuffix(s, "/"), "/")
}

func (c Config) checkIssuer(p *problems) {
	u, err := url.Parse(c.Issuer)
	switch {
	case c.Issuer == "":
		p.add("Issuer is missing: set the https URL under which the API is reached")
	case err != nil || u.Hostname() == "" || u.Opaque != "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(c.Issuer, "#"),
		u.Scheme != "https" && !(u.Scheme == "http" && onLoopback(u.Hostname())):
		p.add("Issuer %q is not a plain https URL", c.Issuer)
	case strings.HasSuffix(c.Issuer, "/"):
		p.add("Issuer %q ends with a slash: leave it out", c.Issuer)
	case !isPrefix(u.EscapedPath()):
		p.add("Issuer %q has a path that is not of the form /a/b", c.Issuer)
	}
	if c.Prefix != "" && !isPrefix(c.Prefix) {
		p.add("Prefix %q is not a path of the form /a/b", c.Prefix)
	}
	if c.TenantID != "" && !guid.Valid(c.TenantID) {
		p.add("TenantID %q is not a GUID", c.TenantID)
	}
	if strings.ContainsFunc(c.App, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		p.add("App %q holds control characters", c.App)
	}
}

// developing tells whether what is left out may be made up.
func (c Config) developing() bool {
	u, err := url.Parse(c.Issuer)
	return err == nil && onLoopback(u.Hostname())
}

func (c Config) checkSecrets(p *problems) {
	if c.Secret == nil && !c.developing() {
		p.add("Secret is missing: set %d random bytes, the same on all instances", minSecret)
	}
	if c.Secret != nil && len(c.Secret) < minSecret {
		p.add("Secret has %d bytes: set at least %d, random ones", len(c.Secret), minSecret)
	}
	for i, s := range c.OldSecrets {
		if len(s) < minSecret {
			p.add("OldSecrets[%d] has %d bytes: at least %d are needed", i, len(s), minSecret)
		}
	}
}

func (c Config) checkParts(p *problems) {
	for _, part := range []struct {
		name    string
		missing bool
	}{
		{"Users", c.Users == nil}, {"State", c.State == nil}, {"Sender", c.Sender == nil}, {"Keys", c.Keys == nil},
	} {
		if part.missing && !c.developing() {
			p.add("%s is missing", part.name)
		}
	}
}

// scopeForm is the scope-token of RFC 6749 §3.3.
var scopeForm = regexp.MustCompile(`^[!#-\[\]-~]+$`)

func (c Config) checkResources(p *problems) {
	seen := map[string]bool{"openid": true, "profile": true, "email": true, "offline_access": true}
	for i, r := range c.Resources {
		if len(r.Scopes) == 0 {
			p.add("Resources[%d] has no Scopes", i)
		}
		for _, s := range r.Scopes {
			if !scopeForm.MatchString(s) {
				p.add("Resources[%d]: scope %q has a form that RFC 6749 does not know", i, s)
			}
			if seen[strings.ToLower(s)] {
				p.add("Resources[%d]: scope %q is there already: each belongs to one resource", i, s)
			}
			seen[strings.ToLower(s)] = true
		}
	}
}

func (c Config) checkClients(p *problems) {
	if len(c.Clients) == 0 {
		p.add("Clients is empty: set the apps that may call")
	}
	seen := map[string]bool{}
	for i, client := range c.Clients {
		if !isClientID(client.ID) {
			p.add("Clients[%d]: ID %q is not 1 to 128 of 0-9 A-Z a-z . _ ~ -", i, client.ID)
		}
		if seen[client.ID] {
			p.add("Clients[%d]: ID %q is there already", i, client.ID)
		}
		seen[client.ID] = true
		if err := client.Attributes.Validate(); err != nil {
			p.add("Clients[%d]: Attributes: %w", i, err)
		}
		for _, s := range client.Scopes {
			if !slices.ContainsFunc(c.Resources, func(r Resource) bool { return slices.Contains(r.Scopes, s) }) {
				p.add("Clients[%d]: scope %q is in no resource", i, s)
			}
		}
	}
}

// secretForm is what a secret may hold, which a form leaves as it is: RFC 6749 appendix A.2, without blanks.
var secretForm = regexp.MustCompile(`^[!-~]*$`)

func (c Config) checkCredentials(p *problems) {
	for i, client := range c.Clients {
		for n, s := range client.Secrets {
			if len(s) < minSecret || len(s) > caps["client_secret"] {
				p.add("Clients[%d]: Secrets[%d] has %d characters: set %d to %d, random ones", i, n, len(s), minSecret, caps["client_secret"])
			}
			if !secretForm.MatchString(s) {
				p.add("Clients[%d]: Secrets[%d] holds blanks or characters beyond printable ASCII", i, n)
			}
		}
		if err := token.CheckClientKeys(client.Keys); err != nil {
			p.add("Clients[%d]: Keys: %w", i, err)
		}
	}
}

func (c Config) checkPasswords(p *problems) {
	if err := c.Passwords.Validate(); err != nil {
		p.add("Passwords: %w", err)
	}
	if err := c.Hashing.Validate(); err != nil {
		p.add("Hashing: %w", err)
	}
}

// ownGrants are the grant types of this package that a client can be given.
var ownGrants = []string{GrantPassword, GrantDeviceCode, GrantPasswordRealm, GrantRefreshToken, GrantOTPEmail, GrantOTPSMS}

func (c Config) checkGrants(p *problems) {
	for name, g := range c.Grants {
		if u, err := url.Parse(name); err != nil || !u.IsAbs() {
			p.add("Grants: %q is not an absolute URI, which grant types of one's own have to be", name)
		}
		if g == nil {
			p.add("Grants: %q is nil", name)
		}
		if slices.Contains(ownGrants, name) {
			p.add("Grants: %q is built in: add it to the GrantTypes of a client", name)
		}
	}
	for i, client := range c.Clients {
		for _, t := range client.GrantTypes {
			if _, ok := c.Grants[t]; !ok && !slices.Contains(ownGrants, t) {
				p.add("Clients[%d]: GrantTypes has %q, which is neither one of this package nor in Grants", i, t)
			}
			if (t == GrantPassword || t == GrantPasswordRealm) && !client.Passwords {
				p.add("Clients[%d]: GrantTypes has %q, and Passwords is off", i, t)
			}
		}
	}
}

func (c Config) checkMethods(p *problems) {
	if err := c.SMSCountries.Validate(); err != nil {
		p.add("SMSCountries: %w", err)
	}
	for i, client := range c.Clients {
		for _, kind := range client.Methods {
			switch kind {
			case store.MethodEmail, store.MethodTOTP:
			case store.MethodSMS:
				if len(c.SMSCountries) == 0 {
					p.add("Clients[%d]: Methods has %q, and SMSCountries no country that messages go to", i, kind)
				}
			default:
				p.add("Clients[%d]: Methods has %q, which nobody can register: set email, sms or totp", i, kind)
			}
		}
	}
}

func (c Config) checkMessages(p *problems) {
	if err := c.Messages.Validate(); err != nil {
		p.add("Messages: %w", err)
	}
}

// originForm is an origin as browsers write it (RFC 6454 §6.2): names beyond ASCII in A-labels.
var originForm = regexp.MustCompile(`^https?://([0-9a-z.-]*[0-9a-z]|\[[0-9a-f:.]+\])(:[1-9][0-9]*)?$`)

func (c Config) checkOrigins(p *problems) {
	for i, o := range c.Origins {
		u, err := url.Parse(o)
		if strings.Contains(o, "*") {
			p.add("Origins[%d]: %q holds a wildcard: list each origin", i, o)
		} else if err != nil || !originForm.MatchString(o) {
			p.add("Origins[%d]: %q is not an origin of the form https://host or https://host:port", i, o)
		} else if u.Scheme == "https" && u.Port() == "443" || u.Scheme == "http" && u.Port() == "80" {
			p.add("Origins[%d]: %q names the port that is meant without it: leave it out, as browsers do", i, o)
		}
	}
}

func (c Config) checkLifetimes(p *problems) {
	for _, l := range []struct {
		name       string
		value, max time.Duration
	}{
		{"CodeLifetime", c.CodeLifetime, maxCodeLifetime},
		{"AccessTokenLifetime", c.AccessTokenLifetime, time.Hour},
		{"IDTokenLifetime", c.IDTokenLifetime, 24 * time.Hour},
		{"RefreshTokenIdle", c.RefreshTokenIdle, 400 * 24 * time.Hour},
		{"RefreshTokenLifetime", c.RefreshTokenLifetime, 400 * 24 * time.Hour},
	} {
		if l.value < 0 || l.value > l.max || l.value > 0 && l.value < time.Second {
			p.add("%s is %v: set 1s to %v, or 0 for the default", l.name, l.value, l.max)
		}
	}
	if c.FixedCodes != nil && !c.developing() {
		p.add("FixedCodes is for tests with an issuer on loopback: anybody could know those codes")
	}
	if c.ResendInterval < 0 && !c.developing() {
		p.add("ResendInterval is %v: no wait is for an issuer on loopback, or anybody could flood a mailbox", c.ResendInterval)
	}
	if c.ResendInterval > maxCodeLifetime {
		p.add("ResendInterval is %v: set at most %v", c.ResendInterval, maxCodeLifetime)
	}
}
