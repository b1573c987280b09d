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
	if (&flow{record: r}).method(input{}) == 0 {
		return Continue{}, &Redirect{}
	}
	return e.hold(ctx, req.Client, r)
}

// signInOf looks for the account that somebody wants to sign in to. Where callers must not learn what
// there is, all accounts look alike: one with a password, and with a mailbox if the name is one.
func (e *Engine) signInOf(ctx context.Context, client *Client, name string) (record, error) {
	u, err := e.Users.UserByUsername(ctx, name)
	r := record{Username: name, UserID: u.ID, Epoch: u.Epoch, CanEnter: client.Passwords && (u.PasswordHash != "" || e.HideAccounts)}
	switch {
	case errors.Is(err, store.ErrNotFound):
		if r, err = e.nobody(name, otp.NotRegistered); err != nil {
			return record{}, err
		}
		r.CanEnter = client.Passwords
	case err != nil:
		return record{}, fmt.Errorf("look up user: %w", err)
	case e.HideAccounts && name != u.Email:
	default:
		r.Email, _ = otp.ParseAddress(u.Email) // without one no code can be sent
	}
	return r, nil
}
