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

// The grant types of second factors: a code that was sent, one of an authenticator app, a recovery code.
const (
	GrantMFACode     = "http://auth0.com/oauth/grant-type/mfa-oob"
	GrantMFAApp      = "http://auth0.com/oauth/grant-type/mfa-otp"
	GrantMFARecovery = "http://auth0.com/oauth/grant-type/mfa-recovery-code"
)

// auth0Grants are the rows of the token endpoint of Auth0's clients.
var auth0Grants = map[string]prover{
	GrantPassword:      ofOwner{},
	GrantPasswordRealm: ofOwner{realm: true},
	GrantMFACode:       ofMFA{sentKinds, "binding_code", nil},
	GrantMFAApp:        ofMFA{appKinds, "otp", ErrAppCode},
	GrantMFARecovery:   ofMFA{[]store.MethodKind{store.MethodRecovery}, "recovery_code", ErrRecoveryCode},
}

var (
	sentKinds = []store.MethodKind{store.MethodEmail, store.MethodSMS}
	appKinds  = []store.MethodKind{store.MethodTOTP}
)

// The ways in which calls of Auth0's clients fail, beside those of all others.
var (
	ErrAudience     = errors.New("the audience is that of no resource")
	ErrDenied       = errors.New("a rule of the host refuses the sign-in")
	ErrRealm        = errors.New("the client has no such realm")
	ErrNotEnrolled  = errors.New("the account has no second factor that can be given here")
	ErrOOBCode      = errors.New("the oob_code is not that of the code sent last")
	ErrAppCode      = errors.New("the code of the authenticator app is wrong, used or tried too often")
	ErrRecoveryCode = errors.New("the recovery code is wrong, used or tried too often")
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
		err = fmt.Errorf("%w: tried too often", ErrCredentials) // as if it were wrong, for any name
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
	if errors.Is(err, ErrDenied) { // the app has to drop it
		err = fmt.Errorf("%w: %w", ErrRefreshInvalid, err)
	}
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

// An mfa_token is a continuation token with the client's id behind it, since one of the calls it is good for
// names no client. The dot keeps it from being read as a continuation token, and the state in it from being
// good for one's calls if somebody takes the id off.

func mfaToken(continuation, clientID string) string { return continuation + "." + clientID }

// MFAClient returns the client that an mfa_token says it is of. Whether that is so shows when it is used.
func MFAClient(text string) (clientID string) {
	_, clientID, _ = strings.Cut(text, ".")
	return clientID
}

// openMFA opens the flow that an mfa_token belongs to.
func (e *Engine) openMFA(ctx context.Context, client *Client, text string, ev event, in input) (*flow, error) {
	if text == "" {
		return nil, &MissingError{"mfa_token"}
	}
	continuation, clientID, _ := strings.Cut(text, ".")
	if continuation == "" || clientID != client.ID {
		return nil, fmt.Errorf("%w: not an mfa_token of this client", ErrTokenInvalid)
	}
	return e.open(ctx, client, continuation, ev, in)
}

// Authenticators lists the methods by which the flow of an mfa_token can pass its second factor.
func (e *Engine) Authenticators(ctx context.Context, req Introspect) ([]Method, error) {
	f, err := e.openMFA(ctx, req.Client, req.Token, listAuthenticators, input{})
	if err == nil {
		err = e.take(ctx, f, listAuthenticators, input{})
	}
	if err != nil {
		return nil, err
	}
	return e.describe(f), nil
}

// MFAChallenge asks for a second factor by a method of one of the types that an app can do.
type MFAChallenge struct {
	Client *Client
	Token  string // mfa_token
	Types  string // "" means all
	Method string // optional
}

// MFAChallenged says how it is given.
type MFAChallenged struct {
	OOBCode string // names the code that is on its way; "" where none is
}

// MFAChallenge asks for a second factor, and sends the code if that takes one.
func (e *Engine) MFAChallenge(ctx context.Context, req MFAChallenge) (MFAChallenged, error) {
	in := input{method: req.Method}
	in.kinds, in.refused = kindsOf(req.Types)
	for range casTries { // the mfa_token is as good after another call as before
		c, err := e.challengeMFA(ctx, req, in)
		if !errors.Is(err, errOtherWon) {
			return c, err
		}
	}
	return MFAChallenged{}, errors.New("challenge: the flow changes faster than it can be read")
}

func (e *Engine) challengeMFA(ctx context.Context, req MFAChallenge, in input) (MFAChallenged, error) {
	f, err := e.openMFA(ctx, req.Client, req.Token, challengeMFA, in)
	if err != nil {
		return MFAChallenged{}, err
	}
	code, err := e.sendMFA(ctx, f, in)
	if err != nil {
		e.giveBack(ctx, f)
	}
	return MFAChallenged{code}, err
}

// sendMFA makes the challenge and hands its code over, if there is one, in the order that send has it.
func (e *Engine) sendMFA(ctx context.Context, f *flow, in input) (oobCode string, err error) {
	if err := e.take(ctx, f, challengeMFA, in); err != nil {
		return "", err
	}
	if err := e.rewrite(ctx, f); err != nil || f.Chosen.Target == "" {
		return "", err
	}
	if err := e.post(f); err != nil {
		return "", err
	}
	t, err := e.newToken(f, e.CodeLife)
	t.State = byte(mfaSent)
	return e.opaque.Continuation(t, f.Client), err
}

// kindsOf are the methods of the challenge types that an app can do. Types that are unknown it may have for
// other servers.
func kindsOf(types string) (kinds []store.MethodKind, err error) {
	for _, t := range strings.Fields(cmp.Or(strings.TrimSpace(types), "oob otp")) {
		switch t {
		case "oob":
			kinds = append(kinds, sentKinds...)
		case "otp":
			kinds = append(kinds, appKinds...)
		}
	}
	if kinds == nil {
		return nil, ErrChallengeType
	}
	return kinds, nil
}

// askMFA asks for a second factor.
func (e *Engine) askMFA(ctx context.Context, f *flow, in input) error {
	u, err := e.userOf(ctx, f)
	if err != nil {
		return err
	}
	m, err := e.authenticator(f, u, in)
	if err != nil {
		return err
	}
	return e.ask(ctx, f, u, m, in)
}

// authenticator finds the method that is meant: the one named, the one asked for last, the account's
// default, or the first. It is of one of the kinds that the call is for.
func (e *Engine) authenticator(f *flow, u store.User, in input) (store.Method, error) {
	methods := slices.DeleteFunc(e.usable(f, u), func(m store.Method) bool { return !slices.Contains(in.kinds, m.Kind) })
	if in.method != "" {
		if i := slices.IndexFunc(methods, func(m store.Method) bool { return m.ID == in.method }); i >= 0 {
			return methods[i], nil
		}
		return store.Method{}, ErrMethod
	}
	if len(methods) == 0 {
		return store.Method{}, ErrNotEnrolled
	}
	likes := []func(store.Method) bool{
		func(m store.Method) bool { return f.Chosen != nil && m.ID == f.Chosen.ID },
		func(m store.Method) bool { return m.Default },
	}
	for _, like := range likes {
		if i := slices.IndexFunc(methods, like); i >= 0 {
			return methods[i], nil
		}
	}
	return methods[0], nil
}

// ofMFA is a grant that redeems a second factor for an mfa_token.
type ofMFA struct {
	kinds     []store.MethodKind // that the code may be of
	parameter string             // that the code comes in
	wrong     error              // what is said of a wrong one beside ErrCodeWrong, or nil
}

func (p ofMFA) prove(e *Engine, ctx context.Context, req Redeem, in input) (*flow, store.User, error) {
	in.kinds = p.kinds
	if in.code == "" {
		in.refused = &MissingError{p.parameter}
	} else if req.Grant == GrantMFACode {
		in.refused = e.readOOB(req, &in)
	}
	f, err := e.openMFA(ctx, req.Client, req.Token, redeemMFA, in)
	if err == nil {
		err = e.take(ctx, f, redeemMFA, in)
	}
	if errors.Is(err, ErrCodeWrong) && p.wrong != nil {
		err = fmt.Errorf("%w: %w", p.wrong, err)
	}
	if err != nil {
		return nil, store.User{}, err
	}
	u, err := e.userOf(ctx, f)
	return f, u, err
}

// readOOB reads the oob_code, which says which code is meant.
func (e *Engine) readOOB(req Redeem, in *input) error {
	if req.OOBCode == "" {
		return &MissingError{"oob_code"}
	}
	t, err := e.opaque.ParseContinuation(req.OOBCode, req.Client.ID)
	if err != nil || state(t.State) != mfaSent {
		return ErrOOBCode
	}
	in.sent = t
	return nil
}

// checkMFA takes the code of a second factor: one that was sent, or that of a method that needs no challenge.
func (e *Engine) checkMFA(ctx context.Context, f *flow, in input) error {
	if err := e.pickMFA(ctx, f, in); err != nil {
		e.uncount(ctx, f.counter, f.count)
		return err
	}
	return e.checkSecond(ctx, f, in)
}

// pickMFA settles which method a code is of.
func (e *Engine) pickMFA(ctx context.Context, f *flow, in input) error {
	u, err := e.userOf(ctx, f)
	if err != nil {
		return err
	}
	if slices.Equal(in.kinds, sentKinds) {
		if in.sent.Flow != f.id || int(in.sent.Code) != f.Sends || f.Code == nil {
			return ErrOOBCode
		}
		return nil
	}
	m, err := e.authenticator(f, u, in)
	if err != nil {
		return err
	}
	f.Chosen = &chosen{Kind: m.Kind, ID: m.ID}
	return nil
}
