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
	r, err := arriveAsking(ctx, e, func() (record, error) {
		if e.HideAccounts {
			return record{Username: name}, nil
		}
		return e.signInOf(ctx, name)
	})
	if err != nil {
		return Continue{}, err
	}
	r.CanEnter = req.Client.Passwords && (r.CanEnter || e.HideAccounts)
	r.State, r.Types, r.Abilities = signInStarted, types, parseCapabilities(req.Capabilities)
	if e.method(&flow{record: r}, input{}) == 0 {
		return Continue{}, &Redirect{}
	}
	return e.hold(ctx, req.Client, r)
}

// signInOf looks for the account that somebody wants to sign in to.
func (e *Engine) signInOf(ctx context.Context, name string) (record, error) {
	u, err := e.Users.UserByUsername(ctx, name)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return e.nobody(name, otp.NotRegistered)
	case err != nil:
		return record{}, fmt.Errorf("look up user: %w", err)
	case u.Disabled && e.HideAccounts:
		return e.decoy(name, recordOf(u).Email, otp.AccountDisabled)
	}
	r := recordOf(u)
	r.Username, r.CanEnter = name, u.PasswordHash != ""
	return r, nil
}
