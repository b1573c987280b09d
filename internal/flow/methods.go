package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nativeauth/nativeauth/internal/guid"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// What a host may do to the methods of an account, outside any flow.

const (
	mostMethods   = 10
	newSecretLife = 10 * time.Minute // for an authenticator app to be set up
)

// AddMethod gives an account a contact for second factors, which the host vouches for.
func (e *Engine) AddMethod(ctx context.Context, userID string, kind store.MethodKind, target string) (store.Method, error) {
	m := store.Method{Kind: kind, AddedAt: e.Now().UTC()}
	address, err := e.parseContact(kind, target)
	if err != nil {
		return m, err
	}
	m.Target = string(address)
	if m.ID, err = guid.New(e.Random); err != nil {
		return m, err
	}
	err = e.update(ctx, userID, func(u store.User) (store.User, error) {
		u, _, err := e.withMethod(u, m)
		return u, err
	}, func(u store.User) {
		m = u.Methods[findMethod(u, m.ID)] // it may be the default in the other's place
		e.tell(ctx, u, otp.MethodAdded, m.AddedAt)
		e.tellUser(ctx, EventFactorChanged, "added", u)
	})
	return m, err
}

func (e *Engine) parseContact(kind store.MethodKind, target string) (otp.Address, error) {
	parse := otp.ParseAddress
	switch kind {
	case store.MethodEmail:
	case store.MethodSMS:
		parse = otp.ParseNumber
	default:
		return "", fmt.Errorf("%w: %q is no kind of contact", ErrContact, kind)
	}
	address, err := parse(target)
	if err == nil && kind == store.MethodSMS && !e.Countries.Allows(address) {
		err = errCountry
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrContact, err)
	}
	return address, nil
}

// withMethod returns the user with a method more, in place of one for the same contact. With the first
// authenticator app come recovery codes.
func (e *Engine) withMethod(u store.User, m store.Method) (store.User, []string, error) {
	methods := slices.DeleteFunc(slices.Clone(u.Methods), func(o store.Method) bool {
		m.Default = m.Default || o.Default && proofOf(o) == proofOf(m)
		return proofOf(o) == proofOf(m)
	})
	u.Methods = append(methods, m)
	var codes []string
	if m.Kind == store.MethodTOTP && !hasKind(u, store.MethodRecovery) {
		id, err := guid.New(e.Random)
		if err != nil {
			return u, nil, err
		}
		var r store.Method
		if codes, r, err = e.newRecovery(u.ID, id, m.AddedAt); err != nil {
			return u, nil, err
		}
		u.Methods = append(u.Methods, r)
	}
	if len(u.Methods) > mostMethods {
		return u, nil, ErrMethodsFull
	}
	return u, codes, nil
}

func hasKind(u store.User, kind store.MethodKind) bool {
	return slices.ContainsFunc(u.Methods, func(m store.Method) bool { return m.Kind == kind })
}

// RemoveMethod takes a method from an account.
func (e *Engine) RemoveMethod(ctx context.Context, userID, methodID string) error {
	return e.update(ctx, userID, func(u store.User) (store.User, error) {
		i := findMethod(u, methodID)
		if i < 0 {
			return u, ErrMethod
		}
		u.Methods = slices.Delete(slices.Clone(u.Methods), i, i+1)
		return u, nil
	}, func(u store.User) {
		e.tell(ctx, u, otp.MethodRemoved, e.Now().UTC())
		e.tellUser(ctx, EventFactorChanged, "removed", u)
	})
}

// SetDefaultMethod chooses the method that an account is asked for first.
func (e *Engine) SetDefaultMethod(ctx context.Context, userID, methodID string) error {
	return e.update(ctx, userID, func(u store.User) (store.User, error) {
		if findMethod(u, methodID) < 0 {
			return u, ErrMethod
		}
		u.Methods = slices.Clone(u.Methods)
		for i := range u.Methods {
			u.Methods[i].Default = u.Methods[i].ID == methodID
		}
		return u, nil
	}, func(u store.User) { e.tellUser(ctx, EventFactorChanged, "default", u) })
}

// NewRecoveryCodes gives an account new recovery codes in place of those it had.
func (e *Engine) NewRecoveryCodes(ctx context.Context, userID string) ([]string, error) {
	id, err := guid.New(e.Random)
	if err != nil {
		return nil, err
	}
	now := e.Now().UTC()
	codes, m, err := e.newRecovery(userID, id, now)
	if err != nil {
		return nil, err
	}
	err = e.update(ctx, userID, func(u store.User) (store.User, error) {
		u.Methods = slices.DeleteFunc(slices.Clone(u.Methods), func(o store.Method) bool { return o.Kind == store.MethodRecovery })
		u, _, err := e.withMethod(u, m)
		return u, err
	}, func(u store.User) {
		e.tell(ctx, u, otp.MethodAdded, now)
		e.tellUser(ctx, EventFactorChanged, "recovery_codes", u)
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// TOTPSecret is the secret of an authenticator app that is to be set up.
type TOTPSecret struct {
	URI  string // what a QR code shows
	Text string // what people type who have no camera
}

// NewTOTP makes a secret for an authenticator app of an account. It counts for nothing before ConfirmTOTP.
func (e *Engine) NewTOTP(ctx context.Context, userID string) (TOTPSecret, error) {
	u, err := e.Users.UserByID(ctx, userID)
	if err != nil {
		return TOTPSecret{}, fmt.Errorf("look up user: %w", err)
	}
	secret, err := otp.NewTOTPSecret(e.Random)
	if err != nil {
		return TOTPSecret{}, err
	}
	if err := e.putPending(ctx, u.ID, e.seals.Seal(secret, sealFor(u.ID))); err != nil {
		return TOTPSecret{}, err
	}
	return TOTPSecret{otp.TOTPURI(secret, e.App, u.Username), otp.TOTPText(secret)}, nil
}

// putPending keeps the secret of an account whose app is being set up, in place of one before.
func (e *Engine) putPending(ctx context.Context, userID string, sealed []byte) error {
	key := e.pendingKey(userID)
	for range casTries {
		entry, err := e.State.Get(ctx, key)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("read secret: %w", err)
		}
		err = e.State.Put(ctx, key, store.Entry{Value: sealed, Version: entry.Version, TTL: newSecretLife})
		if err == nil || !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return errors.New("write secret: it changes faster than it can be read")
}

// pendingKey names that secret. Ids of a host's own rows may be of any length.
func (e *Engine) pendingKey(userID string) string { return e.account("", userID).key("app") }

// ConfirmTOTP makes the authenticator app a method of the account, if it shows the right code. It returns
// recovery codes, if the account had none.
func (e *Engine) ConfirmTOTP(ctx context.Context, userID, text string) ([]string, error) {
	u, err := e.Users.UserByID(ctx, userID)
	if err != nil {
		return nil, fmt.Errorf("look up user: %w", err)
	}
	code, ok := otp.CanonicalTOTP(text)
	if !ok {
		return nil, fmt.Errorf("%w: not a code of an app", ErrCodeWrong)
	}
	entry, err := e.State.Get(ctx, e.pendingKey(userID))
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("%w: no app is being set up", ErrCodeWrong)
	} else if err != nil {
		return nil, fmt.Errorf("read secret: %w", err)
	}
	m := store.Method{
		ID: guid.FromName("app", string(entry.Value)), Kind: store.MethodTOTP, Secret: entry.Value, AddedAt: e.Now().UTC(),
	}
	if err := e.countFactor(ctx, e.ofUser(u), func() error { return e.matchTOTP(ctx, u.ID, m.ID, m.Secret, code, nil) }); err != nil {
		return nil, err
	}
	var codes []string
	err = e.update(ctx, userID, func(u store.User) (store.User, error) {
		u, codes, err = e.withMethod(u, m)
		return u, err
	}, func(u store.User) {
		e.tell(ctx, u, otp.MethodAdded, m.AddedAt)
		e.tellUser(ctx, EventCodeAccepted, string(otp.Registration), u)
		e.tellUser(ctx, EventFactorChanged, "added", u)
	})
	if err != nil {
		return nil, err
	}
	_ = e.State.Delete(ctx, e.pendingKey(userID), entry.Version) // it ends by itself, too
	return codes, nil
}

// countFactor counts a try at an app and makes it.
func (e *Engine) countFactor(ctx context.Context, account accountID, check func() error) error {
	tries := factorLimit.counter(account)
	n, err := e.State.Add(ctx, tries.key, 1, tries.life)
	if err != nil {
		return fmt.Errorf("count: %w", err)
	}
	return e.tryFactor(ctx, account, n, check)
}
