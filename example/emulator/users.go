package emulator

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"

	"github.com/nativeauth/nativeauth/store"
)

func (e *Emulator) listUsers(context.Context, *http.Request) (any, error) {
	if err := e.inMemory("the list of users"); err != nil {
		return nil, err
	}
	list := []Person{}
	for _, u := range e.kept.AllUsers() {
		list = append(list, e.person(u))
	}
	return list, nil
}

// named finds the user in the path of a request.
func (e *Emulator) named(ctx context.Context, r *http.Request) (store.User, error) {
	u, err := e.users.UserByUsername(ctx, canonicalName(r.PathValue("name")))
	if errors.Is(err, store.ErrNotFound) {
		return u, wrong(http.StatusNotFound, "there is no user %s", r.PathValue("name"))
	}
	return u, err
}

func (e *Emulator) showUser(ctx context.Context, r *http.Request) (any, error) {
	u, err := e.named(ctx, r)
	if err != nil {
		return nil, err
	}
	return e.person(u), nil
}

func (e *Emulator) createUser(ctx context.Context, r *http.Request) (any, error) {
	var p Person
	if err := decode(r, &p); err != nil {
		return nil, err
	}
	return e.create(ctx, p)
}

func (e *Emulator) create(ctx context.Context, p Person) (any, error) {
	p, err := e.checked(p)
	if err != nil {
		return nil, err
	}
	u, err := e.row(ctx, p)
	if err != nil {
		return nil, err
	}
	u.Epoch = 1 + rand.Int64N(1<<52) // ids come from names: what the last one of the name had is not this one's
	switch err := e.users.CreateUser(ctx, u); {
	case errors.Is(err, store.ErrExists):
		return nil, wrong(http.StatusConflict, "there is a user %s already, or one with this id: PUT /dev/api/users/%s replaces, PATCH changes", p.Username, p.Username)
	case err != nil:
		return nil, err
	}
	e.ask(u.ID, p.MFA)
	return e.person(u), nil
}

// checked refuses people who could not sign in.
func (e *Emulator) checked(p Person) (Person, error) {
	problems := p.check()
	if len(problems) > 0 {
		return p, wrong(http.StatusBadRequest, "%s", strings.Join(problems, "; "))
	}
	p = p.canonical()
	if err := e.setup.admits(p); err != nil {
		return p, wrong(http.StatusBadRequest, "%s", err)
	}
	return p, nil
}

// replaceUser gives a user everything anew, or makes one. The id stays; without a password there is none.
func (e *Emulator) replaceUser(ctx context.Context, r *http.Request) (any, error) {
	var p Person
	if err := decode(r, &p); err != nil {
		return nil, err
	}
	old, err := e.named(ctx, r)
	if m, ok := errors.AsType[mistake](err); ok && m.status == http.StatusNotFound {
		if err := sameName(&p, r.PathValue("name")); err != nil {
			return nil, err
		}
		return e.create(ctx, p)
	}
	if err != nil {
		return nil, err
	}
	return e.update(ctx, old, p, false)
}

// changeUser gives a user what the body names. The rest stays, and so does the password.
func (e *Emulator) changeUser(ctx context.Context, r *http.Request) (any, error) {
	old, err := e.named(ctx, r)
	if err != nil {
		return nil, err
	}
	p := e.person(old)
	p.Methods = nil // so that none means those that there are
	if err := decode(r, &p); err != nil {
		return nil, err
	}
	return e.update(ctx, old, p, true)
}

// sameName gives p the name in the path.
func sameName(p *Person, name string) error {
	if p.Username != "" && canonicalName(p.Username) != canonicalName(name) {
		return wrong(http.StatusBadRequest, "username is %s, and the path says %s: leave it out; remove the user and make another one to change it", p.Username, name)
	}
	p.Username = name
	return nil
}

// update writes p over old. If only some of it is meant, the password and the methods stay where p has none.
func (e *Emulator) update(ctx context.Context, old store.User, p Person, some bool) (any, error) {
	if err := sameName(&p, old.Username); err != nil {
		return nil, err
	}
	if p.ID != "" && !strings.EqualFold(p.ID, old.ID) {
		return nil, wrong(http.StatusBadRequest, "id is %s, and the user has %s: leave it out; remove the user and make another one to change it", p.ID, old.ID)
	}
	p.ID = "" // the host's own need not be GUIDs
	p, err := e.checked(p)
	if err != nil {
		return nil, err
	}
	fresh, err := e.row(ctx, p)
	if err != nil {
		return nil, err
	}
	u := old
	if !some {
		u.PasswordHistory = nil
	}
	u.Email, u.Attributes, u.Disabled, u.MustChangePassword = fresh.Email, fresh.Attributes, fresh.Disabled, fresh.MustChangePassword
	if !some || p.Password != "" {
		u.PasswordHash = fresh.PasswordHash
	}
	if !some || p.Methods != nil {
		u.Methods = fresh.Methods
	}
	if u.PasswordHash != old.PasswordHash || u.Disabled && !old.Disabled || u.MustChangePassword && !old.MustChangePassword {
		u.Epoch++ // which ends sessions, as it does where people change these themselves
	}
	switch err := e.users.UpdateUser(ctx, u); {
	case errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrNotFound):
		return nil, wrong(http.StatusConflict, "the user was changed or removed meanwhile: try again")
	case err != nil:
		return nil, err
	}
	e.ask(u.ID, p.MFA)
	return e.person(u), nil
}

func (e *Emulator) deleteUser(ctx context.Context, r *http.Request) (any, error) {
	if err := e.inMemory("removing users"); err != nil {
		return nil, err
	}
	u, err := e.named(ctx, r)
	if err != nil {
		return nil, err
	}
	err = e.kept.DeleteUser(ctx, u.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) { // somebody else was faster
		return nil, err
	}
	e.ask(u.ID, false)
	return struct{}{}, nil
}
