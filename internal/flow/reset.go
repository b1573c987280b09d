package flow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// ResetStart opens a reset.
type ResetStart struct {
	Client       *Client
	Username     string
	Types        string
	Capabilities string
}

// ResetStart opens the reset of a forgotten password.
func (e *Engine) ResetStart(ctx context.Context, req ResetStart) (Continue, error) {
	name, err := e.canonicalName(req.Username)
	if err != nil {
		return Continue{}, err
	}
	types, err := openingTypes(req.Types)
	if err != nil {
		return Continue{}, err
	}
	if !req.Client.Reset {
		return Continue{}, ErrNoRecovery
	}
	if _, err := otp.ParseAddress(name); err != nil && e.HideAccounts {
		return Continue{}, &Redirect{} // the mailbox behind an alias is not for callers to learn
	}
	r, err := arriveAsking(ctx, e, func() (record, error) {
		if e.HideAccounts {
			return record{Username: name}, nil
		}
		return e.resetOf(ctx, name)
	})
	if err != nil {
		return Continue{}, err
	}
	if !types.has(typeOOB) {
		return Continue{}, &Redirect{}
	}
	r.State, r.Types, r.Abilities = resetStarted, types, parseCapabilities(req.Capabilities)
	return e.hold(ctx, req.Client, r)
}

// resetOf looks for the account whose password somebody wants to reset.
func (e *Engine) resetOf(ctx context.Context, name string) (record, error) {
	u, err := e.Users.UserByUsername(ctx, name)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return e.nobody(name, otp.NotRegistered)
	case err != nil:
		return record{}, fmt.Errorf("look up user: %w", err)
	}
	address, err := otp.ParseAddress(u.Email)
	switch {
	case u.Disabled && (err == nil || e.HideAccounts):
		return e.decoy(name, address, otp.AccountDisabled)
	case err == nil && u.PasswordHash != "":
		return record{Username: name, Email: address, UserID: u.ID, Epoch: u.Epoch}, nil
	case e.HideAccounts:
		return e.decoy(name, address, otp.NoPassword)
	}
	return record{}, ErrNoRecovery
}

// ResetContinue gives the code to a reset.
type ResetContinue struct {
	Client *Client
	Token  string
	Grant  string // oob
	Code   string
}

// ResetProven says that the password may be replaced, and for how long.
type ResetProven struct {
	Token string
	Life  time.Duration
}

var resetGrants = map[string]event{"oob": giveResetCode}

// ResetContinue takes the code of a reset.
func (e *Engine) ResetContinue(ctx context.Context, req ResetContinue) (ResetProven, error) {
	ev, err := grantEvent(resetGrants, req.Grant, ErrGrantUnknown)
	if err != nil {
		return ResetProven{}, err
	}
	f, next, err := e.step(ctx, req.Client, req.Token, ev, input{code: req.Code})
	if err != nil {
		return ResetProven{}, err
	}
	return ResetProven{next, time.Duration(f.TTL) * time.Millisecond}, nil
}

// proveReset takes the code of a reset. It is void if the account's sessions were ended since the reset
// began, by another reset for one. Only a right code leads to the look-up, so nobody else learns of it.
func (e *Engine) proveReset(ctx context.Context, f *flow, in input) error {
	if err := e.checkCode(ctx, f, in); err != nil {
		return err
	}
	_, err := e.userOf(ctx, f)
	return err
}

// ResetSubmit gives the new password to a reset.
type ResetSubmit struct {
	Client   *Client
	Token    string
	Password string
}

// ResetSubmit replaces the password and ends all sessions of the account, and tells its owner.
func (e *Engine) ResetSubmit(ctx context.Context, req ResetSubmit) (Continue, error) {
	_, next, err := e.step(ctx, req.Client, req.Token, giveNewPassword, input{password: req.Password})
	return Continue{next}, err
}

// ResetPoll asks whether the new password has landed.
type ResetPoll struct {
	Client *Client
	Token  string
}

// ResetPoll answers that the new password has landed, as it has when the step before was answered.
// The app may ask again with the token it has.
func (e *Engine) ResetPoll(ctx context.Context, req ResetPoll) (Continue, error) {
	_, next, err := e.step(ctx, req.Client, req.Token, pollReset, input{})
	return Continue{next}, err
}

// replacePassword gives the account of a reset its new password. The write that does it raises the
// epoch, so of resets that race one succeeds. A step that was interrupted after that write is
// repeated with the same password and recognises it.
func (e *Engine) replacePassword(ctx context.Context, f *flow, in input) error {
	if in.password == "" {
		return &MissingError{"new_password"}
	}
	err := e.update(ctx, f.UserID, func(u store.User) (store.User, error) {
		switch {
		case u.Disabled:
			return u, fmt.Errorf("%w: disabled", ErrCredentials)
		case u.Epoch == f.Epoch:
			return e.withPassword(ctx, u, in.password)
		}
		f.user = &u
		return u, e.recogniseReset(ctx, f, u, in.password)
	}, func(u store.User) {
		f.user = &u
		e.replaced(ctx, u)
		e.Tell(ctx, Event{EventPasswordChanged, e.subjectOf(f), "reset"})
	})
	switch {
	case errors.Is(err, errOwnReset):
	case errors.Is(err, store.ErrNotFound):
		return ErrUserNotFound
	case err != nil:
		return err
	}
	f.Epoch = f.user.Epoch
	f.then(EventReset, "password_replaced")
	return nil
}

// errOwnReset says that there is nothing left to write: the password is there already.
var errOwnReset = errors.New("the reset was interrupted after its write")

// recogniseReset returns errOwnReset if what ended the account's sessions was this flow's own step. It
// may have been another's, whose password is not to be guessed here: so it counts as a try at it.
func (e *Engine) recogniseReset(ctx context.Context, f *flow, u store.User, text string) error {
	if u.Epoch == f.Epoch+1 {
		_, err := e.countPassword(ctx, accountOf(f.id), u.PasswordHash, text)
		if err == nil {
			return errOwnReset
		} else if !errors.Is(err, ErrCredentials) {
			return err
		}
	}
	return fmt.Errorf("%w: sessions were ended", ErrTokenInvalid)
}

// replaced is what follows on another password: it has not failed yet, and the owner of the account is told of it. It
// cannot fail any more: the password is changed.
func (e *Engine) replaced(ctx context.Context, u store.User) {
	e.withoutRow(ctx, passwordFactor, u)
	e.tell(ctx, u, otp.PasswordChanged, u.PasswordChangedAt)
}

// tell sends a notice to the owner of an account.
func (e *Engine) tell(ctx context.Context, u store.User, what otp.Purpose, at time.Time) {
	address, err := otp.ParseAddress(u.Email)
	if err != nil {
		return // nobody to tell
	}
	_ = e.Queue.Add(otp.Message{
		Channel: otp.Email, To: address, Purpose: what, App: e.App, At: at, Expires: e.Now().Add(noticeLife), Style: e.Style(ctx),
	})
}
