package sqlstore_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/sqlstore"
	"github.com/nativeauth/nativeauth/store"
)

// What the release that knew no passwords runs.
const (
	insertBefore = `
INSERT INTO nativeauth_users (id, username, email, attributes, disabled, epoch, version, created_at)
VALUES ('ID', 'ID@example.com', '', '{"city":"London"}', true, 7, 1, 1000)`
	updateBefore = `
UPDATE nativeauth_users
SET username = 'ID@example.com', email = 'ID@example.com', attributes = '{}', disabled = false, epoch = 8, version = version + 1
WHERE id = 'ID' AND version = 2`
)

// release makes the database of an earlier release, which has so many migrations, and returns what runs its
// statements.
func release(t *testing.T, d database, prefix string, migrations int) (dsn string, with sqlstore.Option, run func(statement, id string)) {
	t.Helper()
	with, dsn = sqlstore.WithTablePrefix(prefix), d.fresh(t)
	db := d.pool(t, asTool(t, d, dsn))
	apply(t, db, firstFiles(t, migrations, sqlstore.Migrations(d.dialect, with)))
	return dsn, with, func(statement, id string) {
		_, err := db.Exec(strings.NewReplacer("nativeauth_", prefix, "ID", id).Replace(statement))
		require.NoError(t, err)
	}
}

// While instances of a new release come up, those of the one before go on writing.
func TestUpgrade_AccountsGetPasswordsAndKeepThem(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		for _, prefix := range []string{"nativeauth_", "app1_"} {
			dsn, with, before := release(t, d, prefix, 2)
			before(insertBefore, "ada")

			startTen(t, d, dsn, with)
			s := d.open(t, dsn, with)
			ada := store.User{
				ID: "ada", Username: "ada@example.com", Attributes: map[string]string{"city": "London"},
				Disabled: true, Epoch: 7, Version: 1, CreatedAt: time.UnixMilli(1000).UTC(),
			}
			requireUser(t, s, ada)

			ada.PasswordHash, ada.PasswordHistory = "$2b$12$present", []string{"$2b$12$past"}
			ada.PasswordChangedAt, ada.MustChangePassword = time.UnixMilli(2000).UTC(), true
			require.NoError(t, s.UpdateUser(t.Context(), ada))
			before(updateBefore, "ada")
			ada.Email, ada.Attributes = ada.Username, map[string]string{}
			ada.Disabled, ada.Epoch, ada.Version = false, 8, 3
			requireUser(t, s, ada)

			before(insertBefore, "bob")
			requireUser(t, s, store.User{
				ID: "bob", Username: "bob@example.com", Attributes: map[string]string{"city": "London"},
				Disabled: true, Epoch: 7, Version: 1, CreatedAt: time.UnixMilli(1000).UTC(),
			})
		}
	})
}

// What the release that knew no second factor runs.
const (
	insertBeforeMethods = `
INSERT INTO nativeauth_users (
  id, username, email, attributes, password_hash, password_history, password_changed_at,
  must_change_password, disabled, epoch, version, created_at)
VALUES ('ID', 'ID@example.com', '', '{}', '$2b$12$present', '["$2b$12$past"]', 2000, true, false, 7, 1, 1000)`
	updateBeforeMethods = `
UPDATE nativeauth_users
SET username = 'ID@example.com', email = 'ID@example.com', attributes = '{}', password_hash = '$2b$12$next',
    password_history = NULL, password_changed_at = 3000, must_change_password = false, disabled = true, epoch = 8,
    version = version + 1
WHERE id = 'ID' AND version = 2`
)

func TestUpgrade_AccountsGetMethodsAndKeepThem(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		for _, prefix := range []string{"nativeauth_", "app1_"} {
			dsn, with, before := release(t, d, prefix, 3)
			before(insertBeforeMethods, "ada")

			startTen(t, d, dsn, with)
			s := d.open(t, dsn, with)
			ada := store.User{
				ID: "ada", Username: "ada@example.com", Attributes: map[string]string{},
				PasswordHash: "$2b$12$present", PasswordHistory: []string{"$2b$12$past"},
				PasswordChangedAt: time.UnixMilli(2000).UTC(), MustChangePassword: true,
				Epoch: 7, Version: 1, CreatedAt: time.UnixMilli(1000).UTC(),
			}
			bob := ada
			bob.ID, bob.Username = "bob", "bob@example.com"
			requireUser(t, s, ada)

			ada.Methods = []store.Method{
				{ID: "1", Kind: store.MethodTOTP, Default: true, Secret: []byte{0, 255}, AddedAt: time.UnixMilli(4000).UTC()},
				{ID: "2", Kind: store.MethodRecovery, Codes: [][]byte{{1}, {2}}, AddedAt: time.UnixMilli(5000).UTC()},
			}
			require.NoError(t, s.UpdateUser(t.Context(), ada))
			before(updateBeforeMethods, "ada")
			ada.Email, ada.PasswordHash, ada.PasswordHistory = ada.Username, "$2b$12$next", nil
			ada.PasswordChangedAt, ada.MustChangePassword = time.UnixMilli(3000).UTC(), false
			ada.Disabled, ada.Epoch, ada.Version = true, 8, 3
			requireUser(t, s, ada)

			before(insertBeforeMethods, "bob")
			requireUser(t, s, bob)
		}
	})
}

// firstFiles are the n migrations that an earlier release had.
func firstFiles(t *testing.T, n int, files fs.FS) fs.FS {
	names, err := fs.Glob(files, "*.sql")
	require.NoError(t, err)
	some := fstest.MapFS{}
	for _, name := range names[:n] {
		text, err := fs.ReadFile(files, name)
		require.NoError(t, err)
		some[name] = &fstest.MapFile{Data: text}
	}
	return some
}

func requireUser(t *testing.T, s *sqlstore.Store, want store.User) {
	got, err := s.UserByID(t.Context(), want.ID)
	require.NoError(t, err)
	require.Equal(t, want, got)
}
