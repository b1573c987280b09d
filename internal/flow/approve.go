package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

// PendingDevice is a request that somebody may approve.
type PendingDevice struct {
	Client   *Client
	UserCode string   // as people read it
	Scopes   []string // offline_access among them
	Account  string   // of who would approve, as they sign in

	id token.ID
}

// FindDevice returns the request that a user code leads to, for somebody who is signed in. Wrong codes are
// counted for the person, in whichever session, before they are looked up.
func (e *Engine) FindDevice(ctx context.Context, by Session, text string) (PendingDevice, error) {
	if text == "" {
		return PendingDevice{}, &MissingError{"user_code"}
	}
	u, err := e.Users.UserByID(ctx, by.User)
	if errors.Is(err, store.ErrNotFound) {
		return PendingDevice{}, fmt.Errorf("%w: the user is gone", ErrSessionOver)
	} else if err != nil {
		return PendingDevice{}, fmt.Errorf("look up user: %w", err)
	}
	e.note(ctx, Subject{u.ID, by.Client, recordOf(u).Email})
	tries := counter{key: e.account("", u.ID).key("user-code"), life: userCodeWindow}
	n, err := e.State.Add(ctx, tries.key, 1, tries.life)
	switch {
	case err != nil:
		return PendingDevice{}, fmt.Errorf("count: %w", err)
	case n.Value > userCodeTries:
		return PendingDevice{}, &TooSoonError{Wait: n.TTL, Limit: fmt.Sprintf("%d wrong user codes of a person are looked up in %v", userCodeTries, userCodeWindow)}
	}
	p, err := e.pendingDevice(ctx, text)
	if !errors.Is(err, ErrUserCode) || errors.Is(err, errDecided) {
		e.forgive(ctx, tries, n)
	}
	p.Account = nameOf(u)
	return p, err
}

// pendingDevice looks a user code up. It is of no use once its request was decided.
func (e *Engine) pendingDevice(ctx context.Context, text string) (PendingDevice, error) {
	code, ok := otp.CanonicalUserCode(text)
	if !ok {
		return PendingDevice{}, fmt.Errorf("%w: not a code", ErrUserCode)
	}
	id, err := e.findUserCode(ctx, code)
	if err != nil {
		return PendingDevice{}, err
	}
	d, _, err := e.readAsked(ctx, id)
	if err != nil {
		return PendingDevice{}, err
	}
	client, ok := e.FindClient(d.Client)
	if !ok || !client.mayBeDevice() {
		return PendingDevice{}, fmt.Errorf("%w: of a client that is gone", ErrUserCode)
	}
	g, err := e.plainScopes(d.Scope, client)
	if err != nil {
		return PendingDevice{}, fmt.Errorf("%w: %w", ErrUserCode, err)
	}
	p := PendingDevice{Client: client, UserCode: otp.ShowUserCode(code), Scopes: g.scopes, id: id}
	if g.offline {
		p.Scopes = append(p.Scopes, "offline_access")
	}
	return p, nil
}

// findUserCode returns the request that a code in canonical form leads to, under whichever secret.
func (e *Engine) findUserCode(ctx context.Context, code string) (token.ID, error) {
	for _, mac := range e.userCodes {
		entry, err := e.State.Get(ctx, userCodeKey(mac, code))
		if err == nil {
			return token.ID(entry.Value), nil
		} else if !errors.Is(err, store.ErrNotFound) {
			return token.ID{}, fmt.Errorf("read user code: %w", err)
		}
	}
	return token.ID{}, ErrUserCode
}

// readAsked reads a request that nobody has decided.
func (e *Engine) readAsked(ctx context.Context, id token.ID) (device, store.Entry, error) {
	d, entry, err := e.readDevice(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && d.State != deviceAsked {
		err = errDecided
	}
	return d, entry, err
}

// errDecided is what a user code gets that was right. It is not one that somebody has guessed wrong.
var errDecided = fmt.Errorf("%w: used", ErrUserCode)

// DecideDevice approves or denies, once, the request that a user code leads to. What an approval gives is what
// the sign-in of who approves has proven; where more is asked of the device's client it is refused.
func (e *Engine) DecideDevice(ctx context.Context, by Session, text string, approve bool) (PendingDevice, error) {
	p, err := e.FindDevice(ctx, by, text)
	if err == nil && approve {
		err = e.mayApprove(ctx, p.Client, by)
	}
	if err != nil {
		return p, err
	}
	for range slowest + 1 { // polls that come too soon write, too, but no more often than that
		d, entry, err := e.readAsked(ctx, p.id)
		if err != nil {
			return p, err
		}
		outcome := "device_denied"
		d.State = deviceDenied
		if approve {
			outcome = "device_approved"
			d.State, d.Approval = deviceApproved, &by
		}
		err = e.saveDevice(ctx, &d, entry)
		if errors.Is(err, errOtherWon) {
			continue
		}
		if err == nil {
			e.Tell(ctx, Event{EventCodeAccepted, Subject{UserID: by.User, ClientID: by.Client}, outcome})
		}
		return p, err
	}
	return p, errors.New("decide device: the request changes faster than it can be read")
}

// mayApprove judges a sign-in as if it had been to the device's client.
func (e *Engine) mayApprove(ctx context.Context, client *Client, by Session) error {
	err := e.Resume(ctx, client, by)
	if errors.Is(err, ErrSecondFactor) {
		return ErrApproval // and no end of the session
	}
	return err
}

// Approver returns the sign-in that an access token for this app itself comes from.
func (e *Engine) Approver(ctx context.Context, text string) (Session, error) {
	t, u, err := e.access(ctx, text)
	if err != nil {
		return Session{}, err
	}
	if !slices.Contains(t.Audience, e.Issuer) {
		return Session{}, fmt.Errorf("%w: for another API", ErrAccessInvalid)
	}
	s := t.session
	if err := s.judge(u); err != nil {
		return Session{}, fmt.Errorf("%w: %w", ErrAccessInvalid, err)
	}
	return s, nil
}
