package handler

import (
	"context"

	"github.com/nativeauth/nativeauth/internal/flow"
	"github.com/nativeauth/nativeauth/store"
)

// The errors of the methods on second factors, beside store.ErrNotFound for a user that is not there.
var (
	// ErrWrongCode is what ConfirmTOTP returns for a code that is wrong, was used, or was tried too often; and what a
	// FlowError is for any code.
	ErrWrongCode = flow.ErrCodeWrong
	// ErrContact says that a contact is malformed, or a number of a country that no messages go to.
	ErrContact = flow.ErrContact
	// ErrNoMethod says that the user has no method with that id.
	ErrNoMethod = flow.ErrMethod
	// ErrMethodsFull says that the user has ten methods already.
	ErrMethodsFull = flow.ErrMethodsFull
)

// AddMethod gives the user with an id a contact for second factors: an e-mail address, or a number of one
// of Config.SMSCountries, which the host knows to be theirs. It takes the place of the same contact. The
// owner of the account is told by mail. It returns an error that wraps ErrContact, ErrMethodsFull or
// store.ErrNotFound, or another one if a part is out of order; as do the methods below, which are safe
// for concurrent use, on any instance.
//
// Sessions go on. A host that adds a method because of suspicion calls EndSessions, too.
func (a *Auth) AddMethod(ctx context.Context, userID string, kind store.MethodKind, target string) (store.Method, error) {
	return a.engine.AddMethod(ctx, userID, kind, target)
}

// RemoveMethod takes the method with an id from a user, who is told by mail. It returns ErrNoMethod if
// there is none.
func (a *Auth) RemoveMethod(ctx context.Context, userID, methodID string) error {
	return a.engine.RemoveMethod(ctx, userID, methodID)
}

// SetDefaultMethod chooses which method a user is asked for when the app names none.
func (a *Auth) SetDefaultMethod(ctx context.Context, userID, methodID string) error {
	return a.engine.SetDefaultMethod(ctx, userID, methodID)
}

// TOTPSecret is what an authenticator app is set up with (RFC 6238). Whoever sees it can make the codes.
type TOTPSecret struct {
	URI  string // otpauth://totp/..., which the page shows as a QR code
	Text string // the secret in base32, for people to type
}

// NewTOTP makes the secret for an authenticator app of the user with an id, who is signed in to a page of
// the host. The app is a method once ConfirmTOTP has seen a code of it, within ten minutes; another call
// begins anew.
func (a *Auth) NewTOTP(ctx context.Context, userID string) (TOTPSecret, error) {
	s, err := a.engine.NewTOTP(ctx, userID)
	return TOTPSecret(s), err
}

// ConfirmTOTP makes the authenticator app that was set up a method of the user, if code is one that it
// shows now; otherwise it returns ErrWrongCode. Wrong ones are counted with those of sign-ins. If the user
// had none it returns recovery codes, which are shown this once: each is good for one second factor.
func (a *Auth) ConfirmTOTP(ctx context.Context, userID, code string) (recovery []string, err error) {
	recovery, err = a.engine.ConfirmTOTP(ctx, userID, code)
	return recovery, a.called(ctx, userID, err)
}

// NewRecoveryCodes gives the user with an id ten recovery codes, in place of all before.
func (a *Auth) NewRecoveryCodes(ctx context.Context, userID string) ([]string, error) {
	return a.engine.NewRecoveryCodes(ctx, userID)
}
