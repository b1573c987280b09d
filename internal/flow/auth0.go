package flow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nativeauth/nativeauth/store"
)

// Auth0's resource owner password flow (section 12 of the contract): other words for the same engine. A
// password opens a flow as it does elsewhere, its tries count with all others, and the gate decides what is
// still due. What differs is what a scope parameter means, and that a flow that waits for a second factor
// keeps its one token, the mfa_token, to its end.

// GrantPasswordRealm is the grant type of passwords with the name of a realm.
const GrantPasswordRealm = "http://auth0.com/oauth/grant-type/password-realm"

// auth0Grants are the rows of the token endpoint of Auth0's clients.
var auth0Grants = map[string]prover{
	GrantPassword:      ofOwner{},
	GrantPasswordRealm: ofOwner{realm: true},
	GrantMFACode:       ofMFA{sentKinds, "binding_code", nil},
	GrantMFAApp:        ofMFA{appKinds, "otp", ErrAppCode},
	GrantMFARecovery:   ofMFA{[]store.MethodKind{store.MethodRecovery}, "recovery_code", ErrRecoveryCode},
}

// The ways in which calls of Auth0's clients fail, beside those of all others.
var (
	ErrAudience = errors.New("the audience is that of no resource")
	ErrDenied   = errors.New("a rule of the host refuses the sign-in")
	ErrRealm    = errors.New("the client has no such realm")
)

// Auth0 is what a client has that calls as one of Auth0's.
type Auth0 struct {
	Audience string // of calls that name none; "" means that of userinfo
	Realms   []string
	Rule     Rule // or nil
}

// Rule judges a sign-in, and returns the scopes that its tokens get.
type Rule func(ctx context.Context, r RuleRequest) ([]string, error)

// RuleRequest says whose sign-in it is, and what was granted so far.
type RuleRequest struct {
	User     store.User
	ClientID string
	Audience string
	Scopes   []string
}

// ask is what a call asked for whose flow has to go on in another one.
type ask struct {
	Scope    string `json:"s,omitempty"`
	Audience string `json:"a,omitempty"`
}

// Auth0Token is Token for clients of Auth0.
func (e *Engine) Auth0Token(ctx context.Context, req Redeem) (Tokens, error) {
	p, known := auth0Grants[req.Grant]
	_, second := p.(ofMFA) // goes on with what a client was allowed to begin
	switch {
	case req.Grant == "":
		return Tokens{}, &MissingError{"grant_type"}
	case !known && req.Grant != GrantRefresh:
		return Tokens{}, ErrGrantUnsupported
	case !second && !req.Client.may(req.Grant):
		return Tokens{}, ErrGrantForbidden
	case req.Grant == GrantRefresh:
		return e.refresh(ctx, req)
	}
	f, u, err := p.prove(e, ctx, req, input{code: req.Code, password: req.Password})
	if err != nil {
		return Tokens{}, err
	}
	g, err := e.scopesFor(*f.Ask, req.Client)
	if err == nil {
		g, err = e.judge(ctx, req.Client, u, g, append(e.ofResource(g.audience, req.Client), oidcScopes...))
	}
	if err != nil {
		return Tokens{}, err
	}
	g.tell(strings.Fields(f.Ask.Scope))
	return e.signIn(ctx, f, u, g)
}

// ofOwner is the grant of the resource owner's password, with a realm or without.
type ofOwner struct{ realm bool }

func (p ofOwner) prove(e *Engine, ctx context.Context, req Redeem, in input) (*flow, store.User, error) {
	var none store.User
	wanted := &ask{req.Scope, req.Audience}
	_, err := e.scopesFor(*wanted, req.Client)
	switch {
	case strings.TrimSpace(req.Username) == "":
		return nil, none, &MissingError{"username"}
	case p.realm && req.Realm == "":
		return nil, none, &MissingError{"realm"}
	case p.realm && !slices.Contains(req.Client.Auth0.Realms, req.Realm):
		return nil, none, ErrRealm
	case err != nil: // before the password, so that a mistake of the app is no try
		return nil, none, err
	}
	f, u, err := e.resourceOwner(ctx, req, in)
	if _, locked := errors.AsType[*LockedError](err); locked && e.HideAccounts {
		err = fmt.Errorf("%w: %w", ErrCredentials, ErrTooOften) // as if it were wrong, for any name
	}
	if err != nil {
		return nil, none, err
	}
	f.oneCall, f.Abilities, f.Ask = false, canMFA, wanted
	return f, u, nil
}

// scopesFor judges what a call asks for, as Auth0 does: a password is good for everything, so who names no
// scope of the API gets all of them, and openid alone brings its companions. What is unknown, or not for
// this client, is left out; the answer says so.
func (e *Engine) scopesFor(a ask, client *Client) (grant, error) {
	g := grant{audience: cmp.Or(a.Audience, client.Auth0.Audience, e.UserInfoAudience), ofAsk: true}
	api, offline, ok := e.resource(g.audience, client)
	if !ok {
		return grant{}, ErrAudience
	}
	asked := strings.Fields(a.Scope)
	for _, s := range asked {
		if s != scopeOffline && (slices.Contains(oidcScopes, s) || slices.Contains(api, s)) {
			g.add(s, s)
		}
	}
	if !slices.ContainsFunc(asked, func(s string) bool { return !slices.Contains(oidcScopes, s) }) {
		if slices.Equal(g.scopes, []string{"openid"}) {
			g.add("profile", "profile")
			g.add("email", "email")
		}
		for _, s := range api {
			g.add(s, s)
		}
	}
	g.offline = slices.Contains(asked, scopeOffline) && offline && client.may(GrantRefresh)
	return g, nil
}

// judge asks the rule of a client about a sign-in. It may change the scopes, within those that are possible.
func (e *Engine) judge(ctx context.Context, client *Client, u store.User, g grant, possible []string) (grant, error) {
	if client.Auth0 == nil || client.Auth0.Rule == nil {
		return g, nil
	}
	scopes, err := client.Auth0.Rule(ctx, RuleRequest{u, client.ID, g.audience, slices.Clone(g.scopes)})
	if err != nil {
		return grant{}, fmt.Errorf("rule of the host: %w", err)
	}
	changed := grant{audience: g.audience, ofAsk: true, offline: g.offline}
	for _, s := range scopes {
		if s != scopeOffline && slices.Contains(possible, s) {
			changed.add(s, s)
		}
	}
	return changed, nil
}

// ruled asks the rule of a client about a sign-in that is none of Auth0's calls: whom it refuses, or a scope
// that it takes away, must not get in by another door.
func (e *Engine) ruled(ctx context.Context, client *Client, u store.User, g grant) (grant, error) {
	judged, err := e.judge(ctx, client, u, g, g.scopes)
	if err != nil {
		return grant{}, err
	}
	left := grant{audience: g.audience, offline: g.offline}
	for i, s := range g.scopes {
		if slices.Contains(judged.scopes, s) {
			left.add(s, g.echo[i])
		}
	}
	return left, nil
}

// tell leaves for the answer what was issued, where that is not what was asked for.
func (g *grant) tell(asked []string) {
	if g.offline {
		g.echo = append(g.echo, scopeOffline)
	}
	if sameSet(asked, g.echo) {
		g.echo = nil
	}
}

// resource returns the scopes of an audience that a client may have, and whether it may have refresh tokens
// for it. Userinfo has no scopes of its own, and needs no leave for those.
func (e *Engine) resource(audience string, client *Client) (scopes []string, offline, ok bool) {
	if audience == e.UserInfoAudience {
		return nil, true, true
	}
	ok = audience == e.Issuer // the app's own API, also where it has no scopes
	for _, r := range e.Resources {
		if r.Audience != audience {
			continue
		}
		ok, offline = true, offline || r.OfflineAccess
		for _, s := range r.Scopes {
			if client.Scopes == nil || slices.Contains(client.Scopes, s) {
				scopes = append(scopes, s)
			}
		}
	}
	return scopes, offline, ok
}

// ofResource returns the scopes of an audience that a client may have.
func (e *Engine) ofResource(audience string, client *Client) []string {
	scopes, _, _ := e.resource(audience, client)
	return scopes
}

func sameSet(a, b []string) bool {
	within := func(a, b []string) bool {
		return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
	}
	return within(a, b) && within(b, a)
}

// reduce judges a refresh: its scope parameter, which asks for less than was granted, for this access token
// alone, and then the rule, which may leave less of it.
func (e *Engine) reduce(ctx context.Context, req Redeem, m *family, u store.User) (grant, error) {
	asked := strings.Fields(req.Scope)
	if len(asked) == 0 {
		asked = append(slices.Clone(m.Scopes), scopeOffline)
	}
	g, err := e.within(asked, m, req.Client)
	if err != nil {
		return grant{}, err
	}
	g, err = e.judge(ctx, req.Client, u, g, g.scopes)
	if slices.Contains(asked, scopeOffline) {
		g.echo = append(g.echo, scopeOffline)
	}
	return g, err
}

// within grants the scopes asked for, if the family has them. The client may have less by now.
func (e *Engine) within(asked []string, m *family, client *Client) (grant, error) {
	api, _, ok := e.resource(m.Audience, client)
	if !ok {
		return grant{}, fmt.Errorf("%w: the audience is gone", ErrScope)
	}
	g := grant{audience: m.Audience, ofAsk: true, offline: true}
	for _, s := range asked {
		switch {
		case s == scopeOffline:
		case !slices.Contains(m.Scopes, s):
			return grant{}, ErrScope
		case slices.Contains(oidcScopes, s) || slices.Contains(api, s):
			g.add(s, s)
		}
	}
	return g, nil
}
