package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nativeauth/nativeauth/store"
)

// Session is what a session in a cookie remembers of the sign-in that it came from.
type Session struct {
	User     string   `json:"u"`
	Client   string   `json:"c"`
	Epoch    int64    `json:"e,omitempty"`
	AuthTime int64    `json:"t"`
	AMR      []string `json:"m"`
	ACR      string   `json:"r,omitempty"`
	Second   bool     `json:"f,omitempty"` // a second factor was passed
}

// Keep makes a session, and gives its secret to nobody before Token has returned without an error: until
// then the flow may still be lost to another call.
type Keep func(ctx context.Context, s Session) error

// ErrSessionOver says that a session has come to its end: its user or client is gone or may not sign in
// any more, all sessions were ended, or more is asked of people by now.
var ErrSessionOver = errors.New("the session is over")

// keepSession ends a flow in a session. The session comes first: if it cannot be kept, the flow stays
// where it was, and if the flow is lost, a session is left that nobody has the secret of. The write at the
// end decides which of parallel calls has won.
func (e *Engine) keepSession(ctx context.Context, f *flow, passed clearance) error {
	if err := f.client.Keep(ctx, e.sessionOf(f, passed)); err != nil {
		return fmt.Errorf("keep session: %w", err)
	}
	err := e.end(ctx, f.id, f.version, errOtherWon)
	if err == nil {
		e.written(ctx, f)
	}
	return err
}

// sessionOf says what a flow has proven, or what the sign-in had that it comes from.
func (e *Engine) sessionOf(f *flow, passed clearance) Session {
	if f.inherited != nil {
		s := *f.inherited
		s.Client = f.Client
		return s
	}
	u := passed.user
	return Session{
		User: u.ID, Client: f.Client, Epoch: u.Epoch, AuthTime: e.provenAt(f).Unix(),
		AMR: amrOf(f.Proofs), ACR: acrOf(f.Proofs, u.Methods), Second: passed.second,
	}
}

// judge tells whether the user of a session may still have it, or returns ErrSessionOver.
func (s Session) judge(u store.User) error {
	switch {
	case u.Disabled || u.Epoch != s.Epoch:
		return fmt.Errorf("%w: the user is disabled or signed out", ErrSessionOver)
	case u.MustChangePassword && slices.Contains(s.AMR, "pwd"):
		return fmt.Errorf("%w: the password must be changed", ErrSessionOver)
	}
	return nil
}

// Resume judges a session that comes again, as a refresh would be judged: it returns ErrSessionOver, or
// another error if that cannot be told now.
func (e *Engine) Resume(ctx context.Context, client *Client, s Session) error {
	u, err := e.Users.UserByID(ctx, s.User)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return fmt.Errorf("%w: the user is gone", ErrSessionOver)
	case err != nil:
		return fmt.Errorf("look up user: %w", err)
	}
	if err := s.judge(u); err != nil {
		return err
	}
	due, err := e.secondDue(ctx, client, u, s.Second)
	if err == nil && due {
		return fmt.Errorf("%w: %w", ErrSessionOver, ErrSecondFactor)
	}
	return err
}
