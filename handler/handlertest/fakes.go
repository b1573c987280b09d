package handlertest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

// Fault is asked before each call of a fake, by the name of its method, and may dawdle or fail it. A nil Fault lets all pass.
type Fault func(ctx context.Context, method string) error

// ErrFault is the error of Fails.
var ErrFault = errors.New("handlertest: out of order")

// Fails fails every call of the methods that are named, or of all.
func Fails(methods ...string) Fault {
	return only(methods, func(context.Context) error { return ErrFault })
}

// FailsTimes is Fails for the next n calls.
func FailsTimes(n int, methods ...string) Fault {
	var mu sync.Mutex
	return only(methods, func(context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		if n--; n < 0 {
			return nil
		}
		return ErrFault
	})
}

// Slow makes every call of the methods that are named, or of all, take as long, in real time, or until its context ends.
func Slow(d time.Duration, methods ...string) Fault {
	return only(methods, func(ctx context.Context) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// only is a Fault of some methods.
func only(methods []string, fault func(context.Context) error) Fault {
	return func(ctx context.Context, method string) error {
		if len(methods) == 0 {
			return fault(ctx)
		}
		for _, m := range methods {
			if m == method {
				return fault(ctx)
			}
		}
		return nil
	}
}

func (f Fault) before(ctx context.Context, method string) error {
	if f == nil {
		return nil
	}
	return f(ctx, method)
}

// Users is a store.Users with a Fault, which does not change while it is in use.
type Users struct {
	store.Users
	Fault Fault
}

// CreateUser implements store.Users.
func (u Users) CreateUser(ctx context.Context, user store.User) error {
	if err := u.Fault.before(ctx, "CreateUser"); err != nil {
		return err
	}
	return u.Users.CreateUser(ctx, user)
}

// UserByUsername implements store.Users.
func (u Users) UserByUsername(ctx context.Context, username string) (store.User, error) {
	if err := u.Fault.before(ctx, "UserByUsername"); err != nil {
		return store.User{}, err
	}
	return u.Users.UserByUsername(ctx, username)
}

// UserByID implements store.Users.
func (u Users) UserByID(ctx context.Context, id string) (store.User, error) {
	if err := u.Fault.before(ctx, "UserByID"); err != nil {
		return store.User{}, err
	}
	return u.Users.UserByID(ctx, id)
}

// UpdateUser implements store.Users.
func (u Users) UpdateUser(ctx context.Context, user store.User) error {
	if err := u.Fault.before(ctx, "UpdateUser"); err != nil {
		return err
	}
	return u.Users.UpdateUser(ctx, user)
}

// State is a store.State with a Fault, which does not change while it is in use.
type State struct {
	store.State
	Fault Fault
}

// Get implements store.State.
func (s State) Get(ctx context.Context, key string) (store.Entry, error) {
	if err := s.Fault.before(ctx, "Get"); err != nil {
		return store.Entry{}, err
	}
	return s.State.Get(ctx, key)
}

// Put implements store.State.
func (s State) Put(ctx context.Context, key string, e store.Entry) error {
	if err := s.Fault.before(ctx, "Put"); err != nil {
		return err
	}
	return s.State.Put(ctx, key, e)
}

// Delete implements store.State.
func (s State) Delete(ctx context.Context, key string, version int64) error {
	if err := s.Fault.before(ctx, "Delete"); err != nil {
		return err
	}
	return s.State.Delete(ctx, key, version)
}

// Add implements store.State.
func (s State) Add(ctx context.Context, key string, delta int64, ttl time.Duration) (store.Count, error) {
	if err := s.Fault.before(ctx, "Add"); err != nil {
		return store.Count{}, err
	}
	return s.State.Add(ctx, key, delta, ttl)
}

// Sender is an otp.Sender with a Fault, which does not change while it is in use: an Inbox that is slow, say.
type Sender struct {
	otp.Sender
	Fault Fault
}

// Send implements otp.Sender.
func (s Sender) Send(ctx context.Context, m otp.Message) error {
	if err := s.Fault.before(ctx, "Send"); err != nil {
		return err
	}
	return s.Sender.Send(ctx, m)
}

// Keys is a token.Keys with a Fault, which does not change while it is in use.
type Keys struct {
	token.Keys
	Fault Fault
}

// SigningKey implements token.Keys.
func (k Keys) SigningKey(ctx context.Context) (jose.SigningKey, error) {
	if err := k.Fault.before(ctx, "SigningKey"); err != nil {
		return jose.SigningKey{}, err
	}
	return k.Keys.SigningKey(ctx)
}

// VerificationKeys implements token.Keys.
func (k Keys) VerificationKeys(ctx context.Context) (jose.JSONWebKeySet, error) {
	if err := k.Fault.before(ctx, "VerificationKeys"); err != nil {
		return jose.JSONWebKeySet{}, err
	}
	return k.Keys.VerificationKeys(ctx)
}
