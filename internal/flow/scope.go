package flow

import (
	"cmp"
	"errors"
	"slices"
	"strings"
)

// The scopes of OpenID Connect Core §5.4 and §11.
var oidcScopes = []string{"openid", "profile", "email", scopeOffline}

const scopeOffline = "offline_access"

// grant is what a request for scopes came to.
type grant struct {
	scopes   []string // as the host declared them, without offline_access
	echo     []string // the same as the client spelt them: MSAL finds its tokens by them
	audience string
	openid   bool // an id token is due
	offline  bool // a refresh token is due
	ofAsk    bool // the call named its audience, as clients of Auth0 do: the scopes decide what is told
}

// api returns the scopes of the resource among those granted.
func (g grant) api() (scopes []string) {
	for _, s := range g.scopes {
		if !slices.Contains(oidcScopes, s) {
			scopes = append(scopes, s)
		}
	}
	return scopes
}

// scopesOf judges the scope parameter of a call of the token endpoint. Those who call by something else than
// native authentication get what they ask for, and are told of a missing consent as Azure AD tells it.
func (e *Engine) scopesOf(req Redeem) (grant, error) {
	if _, own := e.HostGrants[req.Grant]; own || req.Native() {
		return e.grantScopes(req.Scope, req.Client)
	}
	return e.plainScopes(req.Scope, req.Client)
}

// plainScopes judges a scope parameter of those.
func (e *Engine) plainScopes(text string, client *Client) (grant, error) {
	g, err := e.exactScopes(text, client)
	if errors.Is(err, ErrConsent) {
		err = ErrConsentRequired
	}
	return g, err
}

// grantScopes judges a scope parameter of native authentication.
func (e *Engine) grantScopes(text string, client *Client) (grant, error) {
	g, err := e.exactScopes(text, client)
	if err == nil && !e.StrictScopes {
		// MSAL JS asks for an app's scopes alone and fails without all three tokens.
		g.add("openid", "openid")
		g.add("profile", "profile")
		g.add("offline_access", "offline_access")
	}
	return g, err
}

// exactScopes judges a scope parameter: OpenID Connect's scopes, and those of one resource.
func (e *Engine) exactScopes(text string, client *Client) (grant, error) {
	var g grant
	for _, asked := range strings.Fields(cmp.Or(strings.TrimSpace(text), defaultScopes)) {
		scope, audience, ok := e.findScope(asked)
		if !ok {
			return grant{}, ErrScope
		}
		if audience != "" {
			if client.Scopes != nil && !slices.Contains(client.Scopes, scope) {
				return grant{}, ErrConsent
			}
			if g.audience != "" && g.audience != audience {
				return grant{}, ErrScope
			}
			g.audience = audience
		}
		g.add(scope, asked)
	}
	g.audience = cmp.Or(g.audience, e.Issuer)
	return g, nil
}

func (g *grant) add(scope, spelling string) {
	switch {
	case scope == scopeOffline:
		g.offline = true
		return
	case slices.Contains(g.scopes, scope):
		return
	case scope == "openid":
		g.openid = true
	}
	g.scopes = append(g.scopes, scope)
	g.echo = append(g.echo, spelling)
}

// findScope returns the declared form of a scope and the audience it belongs to, which is empty for
// a scope of OpenID Connect. Clients' caches fold case, and so does this.
func (e *Engine) findScope(asked string) (scope, audience string, ok bool) {
	for _, s := range oidcScopes {
		if strings.EqualFold(s, asked) {
			return s, "", true
		}
	}
	for _, r := range e.Resources {
		for _, s := range r.Scopes {
			if strings.EqualFold(s, asked) {
				return s, r.Audience, true
			}
		}
	}
	return "", "", false
}

// narrow judges a scope parameter of a refresh, which may ask for less than was granted and never
// for more. Of OpenID Connect's scopes it gives those that were granted.
func (e *Engine) narrow(text string, granted []string, client *Client) (grant, error) {
	if strings.TrimSpace(text) == "" {
		text = strings.Join(granted, " ")
	}
	g, err := e.grantScopes(text, client)
	if err != nil {
		return grant{}, err
	}
	kept := grant{audience: g.audience, offline: true}
	for i, s := range g.scopes {
		switch {
		case slices.Contains(granted, s):
			kept.add(s, g.echo[i])
		case !slices.Contains(oidcScopes, s):
			return grant{}, ErrScope
		}
	}
	return kept, nil
}
