package memory

import (
	"context"
	"maps"
	"slices"

	"github.com/nativeauth/nativeauth/store"
)

// CreateUser implements store.Users.
func (s *Store) CreateUser(ctx context.Context, u store.User) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.usersByID[u.ID] != nil || s.usersByName[u.Username] != nil {
		return store.ErrExists
	}
	u.Version = 1
	s.keep(u)
	return nil
}

// UserByUsername implements store.Users.
func (s *Store) UserByUsername(ctx context.Context, username string) (store.User, error) {
	return s.find(ctx, s.usersByName, username)
}

// UserByID implements store.Users.
func (s *Store) UserByID(ctx context.Context, id string) (store.User, error) {
	return s.find(ctx, s.usersByID, id)
}

// UpdateUser implements store.Users.
func (s *Store) UpdateUser(ctx context.Context, u store.User) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.usersByID[u.ID]
	if old == nil {
		return store.ErrNotFound
	}
	if old.Version != u.Version {
		return store.ErrConflict
	}
	if other := s.usersByName[u.Username]; other != nil && other != old {
		return store.ErrExists
	}
	delete(s.usersByName, old.Username)
	u.Version++
	u.CreatedAt = old.CreatedAt
	s.keep(u)
	return nil
}

// AllUsers returns every user, in the order of their names: for tests, and for tools of development. A host with a
// table of its own reads that.
func (s *Store) AllUsers() []store.User {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []store.User
	for _, name := range slices.Sorted(maps.Keys(s.usersByName)) {
		all = append(all, clone(*s.usersByName[name]))
	}
	return all
}

// DeleteUser removes the user with an id, or returns store.ErrNotFound. Flows and refresh tokens that are left find
// nobody and lead to nothing.
func (s *Store) DeleteUser(ctx context.Context, id string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.usersByID[id]
	if u == nil {
		return store.ErrNotFound
	}
	delete(s.usersByID, id)
	delete(s.usersByName, u.Username)
	return nil
}

// keep stores a copy of u. A monotonic reading means nothing to who reads a time back.
func (s *Store) keep(u store.User) {
	u = clone(u)
	u.CreatedAt = u.CreatedAt.UTC().Round(0)
	u.PasswordChangedAt = u.PasswordChangedAt.UTC().Round(0)
	for i, m := range u.Methods {
		u.Methods[i].AddedAt = m.AddedAt.UTC().Round(0)
	}
	s.usersByID[u.ID] = &u
	s.usersByName[u.Username] = &u
}

// find returns a copy of the user at key.
func (s *Store) find(ctx context.Context, index map[string]*store.User, key string) (store.User, error) {
	if err := ctx.Err(); err != nil {
		return store.User{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := index[key]
	if kept == nil {
		return store.User{}, store.ErrNotFound
	}
	return clone(*kept), nil
}

// clone copies what two users would share, so that the caller's stays the caller's.
func clone(u store.User) store.User {
	u.Attributes = maps.Clone(u.Attributes)
	u.PasswordHistory = slices.Clone(u.PasswordHistory)
	u.Methods = slices.Clone(u.Methods)
	for i := range u.Methods {
		m := &u.Methods[i]
		m.Secret, m.Codes = slices.Clone(m.Secret), slices.Clone(m.Codes)
		for j, code := range m.Codes {
			m.Codes[j] = slices.Clone(code)
		}
	}
	return u
}
