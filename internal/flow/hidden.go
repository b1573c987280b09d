package flow

import (
	"context"

	"github.com/nativeauth/nativeauth/internal/guid"
	"github.com/nativeauth/nativeauth/otp"
)

// With Config.HideAccounts callers do not learn whether an account exists: a flow without one goes on
// as any other, with the same work, and comes to nothing.

// nobody answers for an account that does not exist: with an error, or, where callers must not learn
// that, with a flow that nothing will come of.
func (e *Engine) nobody(name string, tell otp.Purpose) (record, error) {
	if !e.HideAccounts {
		return record{}, ErrUserNotFound
	}
	address, _ := otp.ParseAddress(name) // an alias has no mailbox that could be told
	return e.decoy(name, address, tell)
}

// decoy is a flow that nothing will come of, however it goes on. The mailbox is told why.
func (e *Engine) decoy(name string, address otp.Address, tell otp.Purpose) (record, error) {
	id, err := guid.New(e.Random)
	return record{Username: name, Email: address, UserID: id, Notice: tell}, err
}

// hasMailbox tells whether a code can be sent to the account or, where callers must not learn that,
// whether they named it by an address. Whatever that comes to then, it looks the same.
func (e *Engine) hasMailbox(f *flow) bool {
	if !e.HideAccounts {
		return f.Email != ""
	}
	_, err := otp.ParseAddress(f.Username)
	return err == nil
}

// label is what callers see of where a code goes: where they must not learn that, of what they said.
func (e *Engine) label(f *flow) string {
	if e.HideAccounts {
		return otp.Address(f.Username).Mask()
	}
	return f.Email.Mask()
}

// meet looks for the account of a flow, where callers must not learn of it. They could by the time that
// takes, however little: so no call that opens a flow looks for one, and this is done beside the counting
// of the code that is to be sent, which takes longer. Where a password comes first, it is done there.
func (e *Engine) meet(ctx context.Context, f *flow, ev event, in input) error {
	if !e.HideAccounts || f.Met || ev == challengeSignIn && e.method(f, in) == typePassword {
		return nil
	}
	var r record
	var err error
	switch ev {
	case challengeSignUp:
		r = f.record
		r.Notice, err = e.occupied(ctx, f.Username)
	case challengeSignIn:
		r, err = e.signInOf(ctx, f.Username)
	case challengeReset:
		r, err = e.resetOf(ctx, f.Username)
	default:
		return nil
	}
	f.Met, f.UserID, f.Email, f.Epoch, f.Notice = true, r.UserID, r.Email, r.Epoch, r.Notice
	return err
}
