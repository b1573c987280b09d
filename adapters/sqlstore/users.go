package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nativeauth/nativeauth/store"
)

// CreateUser implements store.Users.
func (s *Store) CreateUser(ctx context.Context, u store.User) error {
	e, err := encodeUser(u)
	if err != nil {
		return fmt.Errorf("sqlstore: create user: %w", err)
	}
	changed, err := s.exec(ctx, s.queries.createUser,
		u.ID, u.Username, u.Email, e.attributes, u.PasswordHash, e.passwordHistory, e.passwordChangedAt,
		u.MustChangePassword, e.methods, u.Disabled, u.Epoch, e.createdAt)
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
	e, err := encodeUser(u)
	if err != nil {
		return fmt.Errorf("sqlstore: update user: %w", err)
	}
	changed, err := s.exec(ctx, s.queries.updateUser,
		u.Username, u.Email, e.attributes, u.PasswordHash, e.passwordHistory, e.passwordChangedAt,
		u.MustChangePassword, e.methods, u.Disabled, u.Epoch, u.ID, u.Version)
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
	var e encodedUser
	err := s.db.QueryRowContext(ctx, query, key).Scan(
		&u.ID, &u.Username, &u.Email, &e.attributes, &u.PasswordHash, &e.passwordHistory, &e.passwordChangedAt,
		&u.MustChangePassword, &e.methods, &u.Disabled, &u.Epoch, &u.Version, &e.createdAt)
	if errors.Is(err, sql.ErrNoRows) {
		return store.User{}, store.ErrNotFound
	}
	if err == nil {
		err = e.decode(&u)
	}
	if err != nil {
		return store.User{}, fmt.Errorf("sqlstore: find user: %w", err)
	}
	return u, nil
}

// encodedUser are the columns of a user for which Go and SQL have no type in common. Times are
// milliseconds since 1970.
type encodedUser struct {
	attributes        string         // a JSON object
	passwordHistory   sql.NullString // a JSON array; NULL if there is none
	passwordChangedAt sql.NullInt64  // NULL if never
	methods           sql.NullString // a JSON array; NULL if there is none
	createdAt         int64
}

func encodeUser(u store.User) (e encodedUser, err error) {
	e.createdAt = u.CreatedAt.UnixMilli()
	if !u.PasswordChangedAt.IsZero() {
		e.passwordChangedAt = sql.NullInt64{Int64: u.PasswordChangedAt.UnixMilli(), Valid: true}
	}
	if e.passwordHistory, err = encodeList(u.PasswordHistory); err != nil {
		return e, err
	}
	methods := slices.Clone(u.Methods)
	for i, m := range methods {
		methods[i].AddedAt = m.AddedAt.UTC()
	}
	if e.methods, err = encodeList(methods); err != nil {
		return e, err
	}
	e.attributes, err = encodeAttributes(u.Attributes)
	return e, err
}

func (e encodedUser) decode(u *store.User) error {
	u.CreatedAt = time.UnixMilli(e.createdAt).UTC()
	if e.passwordChangedAt.Valid {
		u.PasswordChangedAt = time.UnixMilli(e.passwordChangedAt.Int64).UTC()
	}
	if err := decodeList(e.passwordHistory, &u.PasswordHistory); err != nil {
		return err
	}
	if err := decodeList(e.methods, &u.Methods); err != nil {
		return err
	}
	return json.Unmarshal([]byte(e.attributes), &u.Attributes)
}

func encodeList[E any](list []E) (sql.NullString, error) {
	if len(list) == 0 {
		return sql.NullString{}, nil
	}
	text, err := json.Marshal(list)
	return sql.NullString{String: string(text), Valid: true}, err
}

func decodeList[E any](text sql.NullString, list *[]E) error {
	if !text.Valid {
		return nil
	}
	return json.Unmarshal([]byte(text.String), list)
}

func encodeAttributes(attributes map[string]string) (string, error) {
	if attributes == nil {
		return "{}", nil
	}
	text, err := json.Marshal(attributes)
	return string(text), err
}
