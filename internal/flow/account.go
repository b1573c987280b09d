package flow

import (
	"context"
	"errors"
	"fmt"

	"github.com/nativeauth/nativeauth/store"
)

// What a host may do to an account, outside any flow.

// ChangePassword replaces the password of somebody who knows the present one.
func (e *Engine) ChangePassword(ctx context.Context, userID, current, next string) error {
	u, err := e.Users.UserByID(ctx, userID)
	if err != nil {
		return fmt.Errorf("look up user: %w", err)
	}
	if _, err := e.countPassword(ctx, e.ofUser(u), u.PasswordHash, current); err != nil {
		return err
	}
	return e.update(ctx, userID, func(fresh store.User) (store.User, error) {
		if err := e.mayChange(ctx, fresh, u.PasswordHash, current); err != nil {
			return fresh, err
		}
		return e.withPassword(ctx, fresh, next)
	}, e.changed(ctx, "changed"))
}

// mayChange judges a change of a password that was found right by a hash. By now the account may have
// another hash: of another password, or of the same, which a sign-in has hashed anew.
func (e *Engine) mayChange(ctx context.Context, u store.User, hash, current string) error {
	switch {
	case u.Disabled:
		return fmt.Errorf("%w: disabled", ErrCredentials)
	case u.MustChangePassword:
		return fmt.Errorf("%w: it has to be reset", ErrCredentials)
	case u.PasswordHash == hash:
		return nil
	}
	found, err := e.Hasher.Verify(ctx, u.PasswordHash, current)
	switch {
	case err != nil:
		return fmt.Errorf("check password: %w", err)
	case !found.Right:
		return fmt.Errorf("%w: changed meanwhile", ErrCredentials)
	}
	return nil
}

// SetPassword gives an account a password, or another one, whatever it had.
func (e *Engine) SetPassword(ctx context.Context, userID, text string) error {
	return e.update(ctx, userID, func(u store.User) (store.User, error) { return e.withPassword(ctx, u, text) }, e.changed(ctx, "set"))
}

// changed returns what is to be done after a password was changed: its owner is told, and whoever listens.
func (e *Engine) changed(ctx context.Context, how string) func(store.User) {
	return func(u store.User) {
		e.replaced(ctx, u)
		e.tellUser(ctx, EventPasswordChanged, how, u)
	}
}

// revoked returns what is to be done after the sessions of an account were ended.
func (e *Engine) revoked(ctx context.Context, why string) func(store.User) {
	return func(u store.User) { e.tellUser(ctx, EventRevoke, why, u) }
}

// RequireReset makes the account's password good for nothing but a reset, and ends its sessions.
func (e *Engine) RequireReset(ctx context.Context, userID string) error {
	return e.update(ctx, userID, func(u store.User) (store.User, error) {
		u.MustChangePassword = true
		u.Epoch++
		return u, nil
	}, e.revoked(ctx, "reset_required"))
}

// SetDisabled locks an account out, and ends its sessions, or lets it in again.
func (e *Engine) SetDisabled(ctx context.Context, userID string, disabled bool) error {
	return e.update(ctx, userID, func(u store.User) (store.User, error) {
		if disabled || u.Disabled { // who is let in already stays in
			u.Epoch++
		}
		u.Disabled = disabled
		return u, nil
	}, func(u store.User) {
		if disabled {
			e.tellUser(ctx, EventRevoke, "disabled", u)
		}
	})
}

// EndSessions ends every session of an account, its open flows included.
func (e *Engine) EndSessions(ctx context.Context, userID string) error {
	return e.update(ctx, userID, func(u store.User) (store.User, error) {
		u.Epoch++
		return u, nil
	}, e.revoked(ctx, "all_sessions"))
}

// update changes an account with one conditional write, again if another write came between. Then it
// calls after, if there is one.
func (e *Engine) update(ctx context.Context, userID string, change func(store.User) (store.User, error), after func(store.User)) error {
	for range casTries {
		u, err := e.Users.UserByID(ctx, userID)
		if err != nil {
			return fmt.Errorf("look up user: %w", err)
		}
		if u, err = change(u); err != nil {
			return err
		}
		err = e.Users.UpdateUser(ctx, u)
		if errors.Is(err, store.ErrConflict) {
			continue
		} else if err != nil {
			return fmt.Errorf("update user: %w", err)
		}
		if after != nil {
			after(u)
		}
		return nil
	}
	return errors.New("the account changes faster than it can be read")
}
