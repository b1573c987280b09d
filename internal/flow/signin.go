package flow

import (
	"context"
	"errors"
	"fmt"

	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// SignInStart opens a sign-in.
type SignInStart struct {
	Client       *Client
	Username     string
	Types        string
	Capabilities string
}

// SignInStart opens a sign-in to an account. Whether the account may sign in is judged when it has
// proven itself, not before.
func (e *Engine) SignInStart(ctx context.Context, req SignInStart) (Continue, error) {
	name, err := e.canonicalName(req.Username)
	if err != nil {
		return Continue{}, err
	}
	types, err := openingTypes(req.Types)
	if err != nil {
		return Continue{}, err
	}
	r, err := e.signInOf(ctx, req.Client, name)
	if err != nil {
		return Continue{}, err
	}
	r.State, r.Types, r.Abilities = signInStarted, types, parseCapabilities(req.Capabilities)
	if e.method(&flow{record: r}, input{}) == 0 {
		return Continue{}, &Redirect{}
	}
	return e.hold(ctx, req.Client, r)
}

// signInOf looks for the account that somebody wants to sign in to. Where callers must not learn what
// there is, all accounts look alike: one with a password, and with a mailbox if the name is one.
func (e *Engine) signInOf(ctx context.Context, client *Client, name string) (r record, err error) {
	u, err := e.Users.UserByUsername(ctx, name)
	address, _ := otp.ParseAddress(u.Email) // without one no code can be sent
	switch {
	case errors.Is(err, store.ErrNotFound):
		r, err = e.nobody(name, otp.NotRegistered)
	case err != nil:
		err = fmt.Errorf("look up user: %w", err)
	case u.Disabled && e.HideAccounts:
		r, err = e.decoy(name, address, otp.AccountDisabled)
	default:
		r = record{Username: name, Email: address, UserID: u.ID, Epoch: u.Epoch}
	}
	r.CanEnter = client.Passwords && (u.PasswordHash != "" || e.HideAccounts)
	return r, err
}
