package handler

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/nativeauth/nativeauth/internal/flow"
)

// GrantPassword lets a client ask for tokens with grant_type=password, username and password in one call:
// the resource owner's password credentials of RFC 6749 §4.3, as Azure AD v2 has them (section 11.1 of the
// contract). There is no continuation_token then, which tells it from native authentication at the same
// endpoint. Its tries count with those of sign-ins. An account that has to prove a second factor is refused
// (50076): one call has no room for it. There is a refresh token for offline_access only, and an id token for
// openid only. It is for clients that know no better; whoever writes a new one uses a flow.
//
// A confidential client authenticates. If any client has the grant, the token endpoint is there beneath a
// tenant, too, for those that have it: /{tenant}/oauth2/v2.0/token, with Config.TenantID, the host of
// Config.Issuer or organizations; common and consumers are refused. Without a prefix these are the only
// tenants whose paths Mount takes; with one, any other is answered as unknown.
const GrantPassword = flow.GrantPassword

// GrantDeviceCode lets a client ask for a code that somebody types elsewhere, and poll for tokens with
// grant_type=urn:ietf:params:oauth:grant-type:device_code: for devices without a keyboard (RFC 8628). Who types
// it is signed in, and approves on a page or in an app; the tokens say what that sign-in has proven.
const GrantDeviceCode = flow.GrantDeviceCode

// Grant proves who somebody is by what a call to the token endpoint brings along: a grant type of the
// host's own. Who is found gets tokens as after any other sign-in, for the scopes that were asked for; a
// second factor, where one is due, comes between.
type Grant interface {
	// Redeem returns who calls. ErrGrantRefused, wrapped or bare, is answered as invalid_grant; any other
	// error refuses the call for now (503). It is called inside the request, by many goroutines at once,
	// and has a second and a half. It must count what can be guessed, and let what is good once be used
	// once: nothing else does.
	Redeem(ctx context.Context, r GrantRequest) (GrantResult, error)
}

// GrantRequest is a call of a grant.
type GrantRequest struct {
	ClientID   string
	Parameters url.Values    // all of the body's, 64 at most, but the client's credential
	Request    *http.Request // whose body was read
}

// GrantResult says who calls.
type GrantResult struct {
	UserID string   // of store.User
	AMR    []string // how they have proven it, as tokens say it (RFC 8176)
}

// ErrGrantRefused says that what a call brings along proves nothing.
var ErrGrantRefused = flow.ErrGrantRefused

// GrantFunc is a Grant that is one function.
type GrantFunc func(ctx context.Context, r GrantRequest) (GrantResult, error)

// Redeem calls f.
func (f GrantFunc) Redeem(ctx context.Context, r GrantRequest) (GrantResult, error) { return f(ctx, r) }

// hostGrants are the host's grants as the engine calls them.
func (c Config) hostGrants() map[string]flow.HostGrant {
	all := make(map[string]flow.HostGrant, len(c.Grants))
	for name, g := range c.Grants {
		all[name] = func(ctx context.Context, clientID, body string) (flow.Granted, error) {
			values, err := url.ParseQuery(strings.TrimPrefix(body, "?"))
			if err != nil {
				return flow.Granted{}, malformed("a parameter is not form-encoded")
			}
			for _, of := range []string{"client_secret", "client_assertion"} {
				values.Del(of) // which is for this server alone
			}
			who, err := g.Redeem(ctx, GrantRequest{clientID, values, requestFrom(ctx)})
			return flow.Granted(who), err
		}
	}
	return all
}
