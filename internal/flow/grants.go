package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// prover is a grant type of the token endpoint: it proves who calls, by a flow or by what the call
// itself brings along. What comes after is the same for all: the gate, and tokens.
type prover interface {
	// prove returns the flow of the person, and the account. in.refused is what was found wrong with the
	// scopes, which comes before the credential, so that a bad one burns no code.
	prove(e *Engine, ctx context.Context, req Redeem, in input) (*flow, store.User, error)
}

// grants are the rows: what a grant type stands for.
var grants = map[string]prover{
	"oob":                ofFlow{redeemCode},
	"mfa_oob":            ofFlow{redeemSecond},
	"continuation_token": ofFlow{redeemFlow},
	"password":           passwords{ofFlow{redeemPassword}},
	GrantDeviceCode:      deviceCode{},
	GrantOTPEmail:        otpGrant{otp.Email},
	GrantOTPSMS:          otpGrant{otp.SMS},
}

// Native tells whether a call belongs to native authentication, which is for clients that keep no secret: by
// its grant type, or its continuation token, or because it has neither, which is no call of any other kind.
func (r Redeem) Native() bool {
	_, ofNative := grants[r.Grant].(ofFlow)
	return ofNative || r.Token != "" || r.Grant == ""
}

// GrantRefresh is the one grant that proves nobody: it goes on with what was proven before.
const GrantRefresh = "refresh_token"

// GrantPassword is the grant type of passwords. With a continuation token it belongs to a flow; without,
// it is the resource owner's (RFC 6749 §4.3), for clients that have it among their GrantTypes.
const GrantPassword = "password"

// Grants are the grant types that the token endpoint serves by itself, for the discovery document. Those
// of passwords and second factors need a client that has them.
var Grants = []string{"oob", GrantPassword, "mfa_oob", "continuation_token", GrantRefresh}

// Token redeems a finished flow, a credential or a refresh token. What clients with Keep redeem ends in a
// session, and no tokens come of it.
func (e *Engine) Token(ctx context.Context, req Redeem) (Tokens, error) {
	if req.Grant == GrantRefresh {
		if req.Client.Keep != nil {
			return Tokens{}, fmt.Errorf("%w: sessions have no refresh tokens", ErrGrantUnsupported)
		}
		return e.refresh(ctx, req)
	}
	p, err := e.prover(req)
	if err != nil {
		return Tokens{}, err
	}
	g, err := e.scopesOf(req)
	f, u, err := p.prove(e, ctx, req, input{code: req.Code, password: req.Password, refused: err})
	if err != nil {
		return Tokens{}, err
	}
	if req.Username != "" && !e.isName(req.Username, f, u) {
		return Tokens{}, ErrCredentials
	}
	if f.granted != nil {
		g = *f.granted
	}
	return e.signIn(ctx, f, u, g)
}

// prover finds the row of a grant type, one of the host's among them.
func (e *Engine) prover(req Redeem) (prover, error) {
	if req.Grant == "" {
		return nil, &MissingError{"grant_type"}
	}
	if p, ok := grants[req.Grant]; ok {
		if req.Grant == GrantDeviceCode && !req.Client.mayBeDevice() {
			return nil, ErrGrantForbidden
		}
		return p, nil
	}
	ask, ok := e.HostGrants[req.Grant]
	switch {
	case !ok:
		return nil, ErrGrantUnsupported
	case !req.Client.may(req.Grant):
		return nil, ErrGrantForbidden
	}
	return ofHost{ask}, nil
}

// may tells whether a client has a grant type beside those of native authentication.
func (c *Client) may(grant string) bool { return slices.Contains(c.GrantTypes, grant) }

// ofFlow is a grant that redeems what a flow has come to.
type ofFlow struct{ event }

func (p ofFlow) prove(e *Engine, ctx context.Context, req Redeem, in input) (*flow, store.User, error) {
	switch {
	case p.takesCode() && req.Code == "":
		in.refused = &MissingError{"oob"}
	case p.event == redeemPassword && req.Password == "":
		in.refused = &MissingError{"password"}
	}
	f, err := e.open(ctx, req.Client, req.Token, p.event, in)
	if err != nil {
		return nil, store.User{}, err
	}
	if err := e.take(ctx, f, p.event, in); err != nil {
		return nil, store.User{}, err
	}
	u, err := e.userOf(ctx, f)
	return f, u, err
}

// Granted is whom a grant of the host has found.
type Granted struct {
	UserID string
	AMR    []string // how (RFC 8176)
}

// HostGrant is a grant of the host. It is given all that was sent.
type HostGrant func(ctx context.Context, clientID, body string) (Granted, error)

type ofHost struct{ ask HostGrant }

func (p ofHost) prove(e *Engine, ctx context.Context, req Redeem, in input) (*flow, store.User, error) {
	if in.refused != nil {
		return nil, store.User{}, in.refused
	}
	if err := e.arrive(ctx); err != nil {
		return nil, store.User{}, err
	}
	who, err := p.ask(ctx, req.Client.ID, req.Body)
	if err != nil {
		return nil, store.User{}, fmt.Errorf("grant of the host: %w", err)
	}
	u, err := e.Users.UserByID(ctx, who.UserID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, u, ErrUserNotFound
	} else if err != nil {
		return nil, u, fmt.Errorf("look up user of the host's grant: %w", err)
	}
	e.note(ctx, Subject{u.ID, req.Client.ID, recordOf(u).Email})
	f, err := e.proven(req, u, proof{byHost, strings.Join(who.AMR, " ")})
	if err != nil {
		return nil, u, err
	}
	f.oneCall = req.Client.Confidential // what could follow is of the native API
	return f, u, mayUse(u, u.Epoch)
}

// proven begins a flow for somebody who has proven themselves without one.
func (e *Engine) proven(req Redeem, u store.User, by proof) (*flow, error) {
	f, err := e.begin(req.Client, recordOf(u))
	if err != nil {
		return nil, err
	}
	f.State, f.user, f.Abilities = signedIn, &u, parseCapabilities(req.Capabilities)
	f.Types = typeOOB | typePassword | typeRedirect
	e.prove(f, by)
	return f, nil
}

// recordOf is what a flow of an account begins with.
func recordOf(u store.User) record {
	address, _ := otp.ParseAddress(u.Email) // without one no code can be sent
	return record{Username: u.Username, Email: address, UserID: u.ID, Epoch: u.Epoch}
}

// passwords is the grant of passwords, in a flow or without.
type passwords struct{ ofFlow }

func (p passwords) prove(e *Engine, ctx context.Context, req Redeem, in input) (*flow, store.User, error) {
	switch {
	case req.Token != "":
	case req.Client.may(GrantPassword):
		return e.resourceOwner(ctx, req, in)
	case req.Client.Confidential: // which has no flow that a token could be missing of
		return nil, store.User{}, ErrGrantForbidden
	}
	return p.ofFlow.prove(e, ctx, req, in)
}

// resourceOwner takes name and password in one call (RFC 6749 §4.3). Whoever the account is, and whether
// there is one, as much is done for it; and its tries count with those of sign-ins.
func (e *Engine) resourceOwner(ctx context.Context, req Redeem, in input) (*flow, store.User, error) {
	var none store.User
	name, err := e.canonicalName(req.Username)
	switch {
	case err != nil:
		return nil, none, err
	case in.refused != nil:
		return nil, none, in.refused
	case in.password == "":
		return nil, none, &MissingError{"password"}
	}
	if err := e.arrive(ctx); err != nil {
		return nil, none, err
	}
	u, err := e.Users.UserByUsername(ctx, name)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, none, fmt.Errorf("look up user: %w", err)
	}
	if err != nil || u.Disabled && e.HideAccounts { // see whose
		u = store.User{Username: name}
	}
	e.note(ctx, Subject{u.ID, req.Client.ID, recordOf(u).Email})
	stale, err := e.countPassword(ctx, e.ofUser(u), u.PasswordHash, in.password)
	if err == nil {
		err = e.enter(ctx, &u, in.password, stale)
	}
	if err != nil {
		return nil, none, err
	}
	f, err := e.proven(req, u, proof{Kind: byPassword})
	if err != nil {
		return nil, u, err
	}
	f.oneCall = true
	return f, u, nil
}
