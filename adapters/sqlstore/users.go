package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nativeauth/nativeauth/store"
)

// CreateUser implements store.Users.
func (s *Store) CreateUser(ctx context.Context, u store.User) error {
	attributes, err := encodeAttributes(u.Attributes)
	if err != nil {
		return fmt.Errorf("sqlstore: create user: %w", err)
	}
	changed, err := s.exec(ctx, s.queries.createUser,
		u.ID, u.Username, u.Email, attributes, u.Disabled, u.Epoch, u.CreatedAt.UnixMilli())
	return oneChanged(changed, err, "create user", store.ErrExists)
}

// UserByUsername implements store.Users.
func (s *Store) UserByUsername(ctx context.Context, username string) (store.User, error) {
	return s.find(ctx, s.queries.userByUsername, username)
}

// UserByID implements store.Users.
func (s *Store) UserByID(ctx context.Context, id string) (store.User, error) {
	return s.find(ctx, s.queries.userByID, id)
}

// UpdateUser implements store.Users.
func (s *Store) UpdateUser(ctx context.Context, u store.User) error {
	attributes, err := encodeAttributes(u.Attributes)
	if err != nil {
		return fmt.Errorf("sqlstore: update user: %w", err)
	}
	changed, err := s.exec(ctx, s.queries.updateUser,
		u.Username, u.Email, attributes, u.Disabled, u.Epoch, u.ID, u.Version)
	if err == nil && changed == 0 {
		return s.whyNotUpdated(ctx, u)
	}
	return oneChanged(changed, err, "update user", store.ErrConflict)
}

// whyNotUpdated names the condition that stopped an update. Nothing is written by what it finds, so
// it does no harm that the row may have changed again in between.
func (s *Store) whyNotUpdated(ctx context.Context, u store.User) error {
	var version int64
	err := s.db.QueryRowContext(ctx, s.queries.userVersion, u.ID).Scan(&version)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return store.ErrNotFound
	case err != nil:
		return fmt.Errorf("sqlstore: update user: %w", err)
	case version != u.Version:
		return store.ErrConflict
	}
	return store.ErrExists
}

func (s *Store) find(ctx context.Context, query, key string) (store.User, error) {
	var u store.User
	var attributes []byte
	var createdAt int64
	err := s.db.QueryRowContext(ctx, query, key).Scan(
		&u.ID, &u.Username, &u.Email, &attributes, &u.Disabled, &u.Epoch, &u.Version, &createdAt)
	if errors.Is(err, sql.ErrNoRows) {
		return store.User{}, store.ErrNotFound
	}
	if err == nil {
		err = json.Unmarshal(attributes, &u.Attributes)
	}
	if err != nil {
		return store.User{}, fmt.Errorf("sqlstore: find user: %w", err)
	}
	u.CreatedAt = time.UnixMilli(createdAt).UTC()
	return u, nil
}

func encodeAttributes(attributes map[string]string) (string, error) {
	if attributes == nil {
		return "{}", nil
	}
	text, err := json.Marshal(attributes)
	return string(text), err
}
