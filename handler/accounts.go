package handler

import (
	"context"

	"github.com/nativeauth/nativeauth/internal/flow"
)

// ErrWrongPassword is what ChangePassword returns unless the present password is right and may be used,
// which it may not be where the account is disabled, the password has to be reset, or it was tried too
// often; and what a FlowError is for the password of a sign-in.
var ErrWrongPassword = flow.ErrCredentials

// ChangePassword replaces the password of the user with an id, who knows the present one: the page
// of the host on which people change their password calls it. Tries count with those of sign-ins. All
// sessions of the user end, the caller's own too, and the owner of the address is told by mail.
//
// It returns ErrWrongPassword, a *password.Rejected if the policy refuses the next password, an error
// that wraps store.ErrNotFound, or another one if a part is out of order. Like all methods on accounts
// it is safe for concurrent use, on any instance.
func (a *Auth) ChangePassword(ctx context.Context, userID, current, next string) error {
	return a.called(ctx, userID, a.engine.ChangePassword(ctx, userID, current, next))
}

// SetPassword gives the user with an id a password, or another one, without asking for the present
// one: for administrators, and for users who come without one. What else it does and returns is as
// with ChangePassword.
func (a *Auth) SetPassword(ctx context.Context, userID, next string) error {
	return a.engine.SetPassword(ctx, userID, next)
}

// RequirePasswordReset lets the password of the user with an id lead to nothing but the demand to
// reset it (code 50142), until it was replaced, and ends all sessions. Codes by mail stay good. It
// returns an error that wraps store.ErrNotFound, or another one if the store is out of order, as the
// methods below do.
func (a *Auth) RequirePasswordReset(ctx context.Context, userID string) error {
	return a.engine.RequireReset(ctx, userID)
}

// Disable ends all sessions of the user with an id and keeps them from signing in.
func (a *Auth) Disable(ctx context.Context, userID string) error {
	return a.engine.SetDisabled(ctx, userID, true)
}

// Enable lets a user who was disabled sign in again.
func (a *Auth) Enable(ctx context.Context, userID string) error {
	return a.engine.SetDisabled(ctx, userID, false)
}

// EndSessions ends all sessions of the user with an id, on every instance: refresh tokens and open
// flows at once, access tokens when they expire.
func (a *Auth) EndSessions(ctx context.Context, userID string) error {
	return a.engine.EndSessions(ctx, userID)
}

// EnableFactors lets factors be tried again that Limits.FailuresInARow has disabled: all of those of the user with a name,
// and the codes to it if it is an address, whether or not anybody has it as theirs. It does nothing where there is no such
// limit. It returns an error if the name is none, or if a part is out of order.
func (a *Auth) EnableFactors(ctx context.Context, username string) error {
	return a.engine.EnableFactors(ctx, username)
}
