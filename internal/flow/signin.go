package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
	u, err := e.Users.UserByUsername(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return Continue{}, ErrUserNotFound
	} else if err != nil {
		return Continue{}, fmt.Errorf("look up user: %w", err)
	}
	address, err := otp.ParseAddress(u.Email)
	if err != nil || !slices.Contains(types, typeOOB) {
		return Continue{}, &Redirect{} // no code can be sent, or the app cannot take one
	}
	f, err := e.begin(req.Client, record{
		State: signInStarted, Username: name, Email: address, UserID: u.ID, Epoch: u.Epoch,
		Abilities: parseCapabilities(req.Capabilities),
	})
	if err != nil {
		return Continue{}, err
	}
	next, err := e.hold(ctx, f)
	return Continue{next}, err
}
