package flow

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

// Redeem asks the token endpoint for tokens.
type Redeem struct {
	Client       *Client
	Grant        string
	Token        string // continuation token
	Code         string
	Password     string
	Username     string
	Scope        string
	RefreshToken string
}

// Tokens are what a sign-in ends in.
type Tokens struct {
	Access      string
	AccessLife  time.Duration
	ID          string // "" if none is due
	Refresh     string // "" if none is due
	RefreshLife time.Duration
	Scope       string
	ObjectID    string
	TenantID    string
}

// redeemGrants says what each grant type of the token endpoint redeems in a flow. The one that
// belongs to no flow is refresh_token.
var redeemGrants = map[string]event{
	"oob":                redeemCode,
	"password":           redeemPassword,
	"mfa_oob":            redeemSecond,
	"continuation_token": redeemFlow,
}

// Grants are the grant types that the token endpoint serves, for the discovery document. That of
// passwords needs a client that has them.
var Grants = []string{"oob", "password", "continuation_token", "refresh_token"}

// Token redeems a finished flow, a credential or a refresh token.
func (e *Engine) Token(ctx context.Context, req Redeem) (Tokens, error) {
	if req.Grant == "refresh_token" {
		return e.refresh(ctx, req)
	}
	ev, err := grantEvent(redeemGrants, req.Grant, ErrGrantUnsupported)
	if err != nil {
		return Tokens{}, err
	}
	// Scopes come before the credential, so that a bad one burns no code.
	in := input{code: req.Code, password: req.Password}
	g, err := e.grantScopes(req.Scope, req.Client)
	in.refused = err
	switch {
	case ev == redeemCode && req.Code == "":
		in.refused = &MissingError{"oob"}
	case ev == redeemPassword && req.Password == "":
		in.refused = &MissingError{"password"}
	}
	f, err := e.open(ctx, req.Client, req.Token, ev, in)
	if err != nil {
		return Tokens{}, err
	}
	if err := e.take(ctx, f, ev, in); err != nil {
		return Tokens{}, err
	}
	u, err := e.userOf(ctx, f)
	if err != nil {
		return Tokens{}, err
	}
	if req.Username != "" && !e.isName(req.Username, f, u) {
		return Tokens{}, ErrCredentials
	}
	return e.signIn(ctx, f, u, g)
}

// proveNothing is the step of a flow in which everything has been proven.
func (e *Engine) proveNothing(context.Context, *flow, input) error { return nil }

// userOf reads the account of a flow and judges whether it may sign in.
func (e *Engine) userOf(ctx context.Context, f *flow) (store.User, error) {
	u, err := e.readUser(ctx, f)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return u, ErrUserNotFound
	case err != nil:
		return u, fmt.Errorf("look up user: %w", err)
	case u.Disabled:
		return u, fmt.Errorf("%w: disabled", ErrCredentials)
	case u.Epoch != f.Epoch:
		return u, fmt.Errorf("%w: sessions were ended", ErrTokenInvalid)
	}
	return u, nil
}

// readUser reads the account of a flow, unless the step has done so.
func (e *Engine) readUser(ctx context.Context, f *flow) (store.User, error) {
	if f.user != nil {
		return *f.user, nil
	}
	return e.Users.UserByID(ctx, f.UserID)
}

// isName tells whether text names the user of the flow, by any of the names known of it.
func (e *Engine) isName(text string, f *flow, u store.User) bool {
	name, err := e.canonicalName(text)
	return err == nil && (name == f.Username || name == u.Username || name == strings.ToLower(u.Email))
}

// signIn turns the flow into a family of refresh tokens, under the same key and with one write: that
// write decides which of parallel calls gets the tokens, and leaves nothing half done.
func (e *Engine) signIn(ctx context.Context, f *flow, u store.User, g grant) (Tokens, error) {
	m := family{
		State: signedIn, Client: f.Client, User: u.ID, Epoch: u.Epoch, Scopes: g.scopes,
		AuthTime: e.Now().Unix(), AMR: f.amr, Generation: e.opaque.Newest(),
	}
	if m.AMR == nil {
		m.AMR = []string{"otp"}
	}
	t, err := e.sign(ctx, u, &m, g)
	if err != nil {
		return Tokens{}, err
	}
	if g.offline {
		m.renew(e.Now(), 0, e.RefreshIdle, e.RefreshLife)
	} else {
		m.life = newLife(0, idleLife) // kept that long, or the flow's first token would begin it again
	}
	if err := e.put(ctx, f.id, f.version, m.ttl(), &m, errOtherWon); err != nil {
		return Tokens{}, err
	}
	if g.offline {
		e.attachRefresh(&t, f.id, &m)
	}
	return t, nil
}

// sign makes the access token and, if it is due, the id token.
func (e *Engine) sign(ctx context.Context, u store.User, m *family, g grant) (Tokens, error) {
	var extra token.ExtraClaims
	if e.Claims != nil {
		var err error
		if extra, err = e.Claims(ctx, token.ClaimsRequest{User: u, ClientID: m.Client, Scopes: g.scopes}); err != nil {
			return Tokens{}, fmt.Errorf("claims of the host: %w", err)
		}
	}
	t := Tokens{
		AccessLife: e.AccessLife, Scope: strings.Join(g.echo, " "),
		ObjectID: e.objectID(u), TenantID: e.TenantID,
	}
	claims, err := e.accessClaims(u, m, g, extra.Access)
	if err != nil {
		return Tokens{}, err
	}
	if t.Access, err = e.Signer.Sign(ctx, token.AccessToken, claims); err != nil || !g.openid {
		return t, err
	}
	if claims, err = e.idClaims(u, m, g, extra.ID); err != nil {
		return Tokens{}, err
	}
	t.ID, err = e.Signer.Sign(ctx, token.IDToken, claims)
	return t, err
}
