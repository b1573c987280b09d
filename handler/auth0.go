package handler

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/nativeauth/nativeauth/internal/flow"
	"github.com/nativeauth/nativeauth/store"
)

// Auth0 lets a client call as one of Auth0's with the resource owner password flow: /oauth/token, which takes
// forms and JSON, and for second factors /mfa/authenticators and /mfa/challenge, in Auth0's parameters,
// answers and errors (section 12 of the contract). The client's GrantTypes say by which grants: GrantPassword,
// GrantPasswordRealm and GrantRefreshToken. It may be public or confidential, and not one with Cookies.
//
// A server that has authenticated may send the address of the person as auth0-forwarded-for, which the call is then
// counted at, and which events name; of other clients that header is not read.
//
// The engine is that of native authentication: tries at passwords and codes count with all others, and no
// tokens are given before the second factor that a policy asks for. Who has none is refused: there is no
// call of this API by which to register one.
type Auth0 struct {
	// Audience is what tokens are for if a call names no audience: one of Config.Resources. "" means
	// /userinfo.
	Audience string
	// Realms are the names that calls with GrantPasswordRealm can have as realm. All of them are the one
	// Config.Users, as is the default directory, which calls with GrantPassword mean.
	Realms []string
	// Rule judges each sign-in, as rules and actions do with Auth0. nil lets all pass as they are. It holds where
	// the client signs people in by native authentication or another grant, too, and adds no scopes there.
	Rule Auth0Rule
}

// Auth0Rule judges a sign-in of a client of Auth0, once the password was right and before a second factor, and
// again after that and at each refresh. It returns the scopes that the tokens get: r.Scopes, or others of
// OpenID Connect and of the audience; what is none of these is left out, and at a refresh also what the sign-in
// did not get. ErrAccessDenied, wrapped or bare, refuses the person (access_denied); any other error refuses
// the call for now (503). Claims of your own come from Config.Claims.
//
// It is called inside the request, by many goroutines at once, and has a second and a half.
type Auth0Rule func(ctx context.Context, r Auth0RuleRequest) (scopes []string, err error)

// Auth0RuleRequest says who is signing in, and what was granted so far.
type Auth0RuleRequest struct {
	User     store.User
	ClientID string
	Audience string
	Scopes   []string
	Request  *http.Request // whose body was read
}

// ErrAccessDenied says that an Auth0Rule refuses a sign-in.
var ErrAccessDenied = flow.ErrDenied

// GrantPasswordRealm lets a client of Auth0 ask for tokens with username, password and the realm that the
// name belongs to, one of Auth0.Realms.
const GrantPasswordRealm = flow.GrantPasswordRealm

// GrantRefreshToken lets a client of Auth0 have refresh tokens, where it asks for offline_access, and use
// them (RFC 6749 §6). Native clients need no leave for that.
const GrantRefreshToken = flow.GrantRefresh

// The paths of the clients of Auth0, which are there if a client has it.
const (
	pathAuth0Token     = "/oauth/token"
	pathAuthenticators = "/mfa/authenticators"
	pathMFAChallenge   = "/mfa/challenge"
)

// errNotAuth0 refuses clients that are none of Auth0's.
var errNotAuth0 = errors.New("the client is none of Auth0's")

// auth0Rows are the errors as Auth0's libraries know them, which match some by their whole text.
var auth0Rows = []row{
	{Status: 403, Code: "mfa_required", Text: "Multifactor authentication required", When: "a second factor is due; mfa_token goes on at the /mfa endpoints", cause: errSecond},
	{Status: 401, Code: "unsupported_challenge_type", Text: "User is not enrolled, or has no authenticator of these challenge types.", When: "a second factor is due and the account has none that can be given here, or none of the challenge_type asked for", cause: flow.ErrNotEnrolled},
	{Status: 401, Code: "unsupported_challenge_type", Text: "None of the challenge types is supported.", When: "challenge_type holds neither oob nor otp", cause: flow.ErrChallengeType},
	{Status: 429, Code: "too_many_attempts", Text: "The account has been blocked for a while after too many attempts.", When: "passwords were tried too often; Retry-After says how long to wait. With HideAccounts the answer is that of a wrong password", cause: flow.ErrLocked},
	{Status: 429, Code: "too_many_attempts", Text: "Too many sign-ins from this address.", When: "the client address has used up Limits.StartsPerMinute or StartsPerHour; Retry-After says how long to wait", cause: errTooMany},
	{Status: 429, Code: "too_many_attempts", Text: "Codes were asked for too often.", When: "the next code must wait; Retry-After says how long", cause: errTooSoon},
	{Status: 403, Code: "invalid_grant", Text: "Wrong email or password.", When: "the password is wrong, or the account is unknown, disabled or without one", cause: flow.ErrCredentials},
	{Status: 403, Code: "invalid_grant", Text: "Wrong email or password.", When: "username is no user name", cause: flow.ErrUsername},
	{Status: 403, Code: "invalid_grant", Text: "Wrong email or password.", When: "the account is gone", cause: flow.ErrUserNotFound},
	{Status: 403, Code: "invalid_grant", Text: "The password must be changed before it can be used again.", When: "the host requires a reset", cause: flow.ErrMustChange},
	{Status: 403, Code: "invalid_grant", Text: "Invalid otp_code.", When: "the code of the authenticator app is wrong, used or tried too often", cause: flow.ErrAppCode},
	{Status: 403, Code: "invalid_grant", Text: "MFA Authorization rejected.", When: "the recovery code is wrong, used or tried too often", cause: flow.ErrRecoveryCode},
	{Status: 403, Code: "invalid_grant", Text: "Invalid binding_code.", When: "the code that was sent is wrong, expired, or tried too often", cause: flow.ErrCodeWrong},
	{Status: 403, Code: "invalid_grant", Text: "Malformed oob_code", When: "oob_code is not that of the code sent last", cause: flow.ErrOOBCode},
	{Status: 401, Code: "invalid_grant", Text: "Malformed mfa_token", When: "mfa_token is forged, used or another client's", cause: flow.ErrTokenInvalid},
	{Status: 401, Code: "expired_token", Text: "mfa_token is expired", When: "mfa_token is older than ten minutes", cause: flow.ErrTokenExpired},
	{Status: 400, Code: "invalid_request", Text: "The authenticator was not found.", When: "authenticator_id is that of no method that can be used here", cause: flow.ErrMethod},
	{Status: 403, Code: "access_denied", Text: "Access denied.", When: "Auth0.Rule returned ErrAccessDenied", cause: flow.ErrDenied},
	{Status: 403, Code: "invalid_grant", Text: "Unknown or invalid refresh token.", When: "the refresh token is unknown, used again, revoked, or the user is gone", cause: flow.ErrRefreshInvalid},
	{Status: 403, Code: "invalid_grant", Text: "Unknown or invalid refresh token.", When: "the refresh token was not used for too long", cause: flow.ErrRefreshExpired},
	{Status: 403, Code: "invalid_grant", Text: "Multifactor authentication required: sign in again.", When: "a refresh token from before the policy asked for a second factor", cause: flow.ErrSecondFactor},
	{Status: 400, Code: "invalid_scope", Text: "The scope is wider than was granted.", When: "a refresh asks for a scope that the sign-in did not get", cause: flow.ErrScope},
	{Status: 403, Code: "access_denied", Text: "Service not found.", When: "audience is none of Config.Resources", cause: flow.ErrAudience},
	{Status: 403, Code: "access_denied", Text: "The contact is blocked.", When: "Config.Gate returned ErrContactBlocked", cause: flow.ErrContactBlocked},
	{Status: 403, Code: "access_denied", Text: "The contact is not allowed.", When: "Config.Gate returned ErrContactForbidden", cause: flow.ErrContactForbidden},
	{Status: 400, Code: "invalid_request", Text: "The connection was not found.", When: "realm is none of Auth0.Realms", cause: flow.ErrRealm},
	{Status: 403, Code: "unsupported_grant_type", Text: "Unsupported grant type.", When: "grant_type is unknown", cause: flow.ErrGrantUnsupported},
	{Status: 403, Code: "unauthorized_client", Text: "Grant type not allowed for the client.", When: "grant_type is not among the client's GrantTypes", cause: flow.ErrGrantForbidden},
	{Status: 403, Code: "unauthorized_client", Text: "Unauthorized client.", When: "the client has no Auth0", cause: errNotAuth0},
	{Status: 415, Code: "invalid_request", Text: "The request body must be a form or JSON.", When: "the content type is another", cause: errMediaType},
}

// auth0Table is the part of the API that clients of Auth0 call.
func (a *Auth) auth0Table() []route {
	if !slices.ContainsFunc(a.cfg.Clients, func(c Client) bool { return c.Auth0 != nil }) {
		return nil
	}
	return []route{
		{pathAuth0Token, posts, headerNoStore, sibling(forAuth0((*exchange).auth0Token))},
		{pathAuthenticators, reads, headerNoStore, (*exchange).authenticators},
		{pathMFAChallenge, posts, headerNoStore, sibling(forAuth0((*exchange).mfaChallenge))},
	}
}

// forAuth0 keeps an endpoint from clients that are none of Auth0's.
func forAuth0(serve served) served {
	return func(x *exchange, ctx context.Context, f form, c client) (any, error) {
		if c.config.Auth0 == nil {
			return nil, errNotAuth0
		}
		return serve(x, ctx, f, c)
	}
}

type auth0Body struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token,omitempty"`
	IDToken      string `json:"id_token,omitempty"`
	Scope        string `json:"scope,omitempty"` // where it is not what was asked for
	ExpiresIn    int    `json:"expires_in"`      // seconds
	TokenType    string `json:"token_type"`
}

// auth0Token is the token endpoint. The address of the person, which a server may send along as
// auth0-forwarded-for, is where the call is said to come from: see caller.
func (x *exchange) auth0Token(ctx context.Context, f form, c client) (any, error) {
	t, err := x.auth.engine.Auth0Token(ctx, flow.Redeem{
		Client: &c.flow, Grant: f.GrantType, Username: f.Username, Password: f.Password, Realm: f.Realm,
		Audience: f.Audience, Scope: f.Scope, RefreshToken: f.RefreshToken,
		Token: f.MFAToken, OOBCode: f.OOBCode, Code: f.secondCode(),
	})
	if err != nil {
		return nil, err
	}
	return auth0Body{t.Access, t.Refresh, t.ID, t.Scope, int(t.AccessLife.Seconds()), "Bearer"}, nil
}

// secondCode is the code of a second factor, which each grant has under a name of its own.
func (f form) secondCode() string {
	switch f.GrantType {
	case flow.GrantMFACode:
		return f.BindingCode
	case flow.GrantMFAApp:
		return f.OTP
	}
	return f.RecoveryCode
}

type authenticatorBody struct {
	ID      string `json:"id"`
	Type    string `json:"authenticator_type"`
	Channel string `json:"oob_channel,omitempty"`
	Name    string `json:"name,omitempty"` // masked
	Active  bool   `json:"active"`
}

// authenticators lists the methods by which the person of an mfa_token can pass a second factor. The token is
// all that the request brings along: it names the client.
func (x *exchange) authenticators() (any, error) {
	text, refused := bearer(x.r)
	if refused != nil {
		return nil, refused
	}
	c, ok := x.auth.clients[flow.MFAClient(text)]
	if !ok || c.config.Disabled || c.config.Auth0 == nil {
		return nil, refuseMFAToken
	}
	defer x.watch()()
	ctx, cancel := x.stepContext()
	defer cancel()
	methods, err := x.auth.engine.Authenticators(ctx, flow.Introspect{Client: &c.flow, Token: text})
	if errors.Is(err, flow.ErrTokenInvalid) || errors.Is(err, flow.ErrTokenExpired) || errors.Is(err, flow.ErrCredentials) || errors.Is(err, flow.ErrUserNotFound) {
		return nil, refuseMFAToken.because(err)
	} else if err != nil {
		return nil, err
	}
	list := make([]authenticatorBody, len(methods))
	for i, m := range methods {
		list[i] = writeAuthenticator(m)
	}
	return list, nil
}

var refuseMFAToken = &refusal{status: 401, code: "invalid_token", description: "The mfa_token is not valid or has expired."}

func writeAuthenticator(m flow.Method) authenticatorBody {
	switch store.MethodKind(m.Channel) {
	case store.MethodTOTP:
		return authenticatorBody{ID: m.ID, Type: "otp", Active: true}
	case store.MethodRecovery:
		return authenticatorBody{ID: m.ID, Type: "recovery-code", Active: true}
	}
	return authenticatorBody{m.ID, "oob", m.Channel, m.Hint, true}
}

type mfaChallengeBody struct {
	ChallengeType string `json:"challenge_type"`
	OOBCode       string `json:"oob_code,omitempty"`
	BindingMethod string `json:"binding_method,omitempty"`
}

// mfaChallenge asks for a second factor, and sends the code if that takes one.
func (x *exchange) mfaChallenge(ctx context.Context, f form, c client) (any, error) {
	asked, err := x.auth.engine.MFAChallenge(ctx, flow.MFAChallenge{
		Client: &c.flow, Token: f.MFAToken, Types: f.ChallengeType, Method: f.Authenticator,
	})
	if err != nil {
		return nil, err
	}
	if asked.OOBCode == "" {
		return mfaChallengeBody{ChallengeType: "otp"}, nil
	}
	return mfaChallengeBody{"oob", asked.OOBCode, "prompt"}, nil
}

// checkAuth0 says what is wrong with the clients of Auth0.
func (c Config) checkAuth0(p *problems) {
	for i, client := range c.Clients {
		realm := slices.Contains(client.GrantTypes, GrantPasswordRealm)
		if client.Auth0 == nil {
			if realm || slices.Contains(client.GrantTypes, GrantRefreshToken) {
				p.add("Clients[%d]: GrantTypes has one of Auth0's, and Auth0 is nil", i)
			}
			continue
		}
		if client.Cookies {
			p.add("Clients[%d]: Auth0 and Cookies: clients with cookies get no tokens", i)
		}
		if !realm && !slices.Contains(client.GrantTypes, GrantPassword) {
			p.add("Clients[%d]: Auth0 is set, and GrantTypes has neither %q nor %q", i, GrantPassword, GrantPasswordRealm)
		}
		if realm != (len(client.Auth0.Realms) > 0) {
			p.add("Clients[%d]: Auth0.Realms and %q in GrantTypes are set both or neither", i, GrantPasswordRealm)
		}
		if slices.Contains(client.Auth0.Realms, "") {
			p.add("Clients[%d]: Auth0.Realms holds an empty name", i)
		}
		if a := client.Auth0.Audience; a != "" && a != c.Issuer && !slices.ContainsFunc(c.Resources, func(r Resource) bool { return r.Audience == a }) {
			p.add("Clients[%d]: Auth0.Audience %q is that of no resource", i, a)
		}
	}
}

// forFlow is the part that the flows need.
func (a *Auth0) forFlow() *flow.Auth0 {
	if a == nil {
		return nil
	}
	f := &flow.Auth0{Audience: a.Audience, Realms: a.Realms}
	if a.Rule != nil {
		f.Rule = func(ctx context.Context, r flow.RuleRequest) ([]string, error) {
			return a.Rule(ctx, Auth0RuleRequest{r.User, r.ClientID, r.Audience, r.Scopes, requestFrom(ctx)})
		}
	}
	return f
}
