package docs

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/sqlstore"
	"github.com/nativeauth/nativeauth/internal/peers"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/store/storetest"

	_ "modernc.org/sqlite"
)

// What follows is in docs/storage.md, to the letter.

// people is the user table of an app. What the app itself looks for has columns, the rest is JSON.
//
//	CREATE TABLE people (id TEXT PRIMARY KEY, login TEXT NOT NULL UNIQUE, version BIGINT NOT NULL,
//	                     created BIGINT NOT NULL, data TEXT NOT NULL)
type people struct{ db *sql.DB }

func (p people) CreateUser(ctx context.Context, u store.User) error {
	data, err := json.Marshal(u)
	if err != nil {
		return err
	}
	done, err := p.db.ExecContext(ctx, `INSERT INTO people (id, login, version, created, data)
		VALUES ($1, $2, 1, $3, $4) ON CONFLICT DO NOTHING`, u.ID, u.Username, u.CreatedAt.UnixMilli(), string(data))
	if n, err := affected(done, err); err != nil || n == 1 {
		return err
	}
	return store.ErrExists
}

func (p people) UpdateUser(ctx context.Context, u store.User) error {
	data, err := json.Marshal(u)
	if err != nil {
		return err
	}
	done, err := p.db.ExecContext(ctx, `UPDATE people SET login = $3, version = version + 1, data = $4
		WHERE id = $1 AND version = $2`, u.ID, u.Version, u.Username, string(data))
	n, err := affected(done, err)
	if err != nil {
		if other, e := p.UserByUsername(ctx, u.Username); e == nil && other.ID != u.ID {
			return store.ErrExists // which is why the index has refused it
		}
		return err
	}
	if n == 0 {
		_, err = p.UserByID(ctx, u.ID) // to tell why no row was changed
		return cmp.Or(err, store.ErrConflict)
	}
	return nil
}

func (p people) UserByUsername(ctx context.Context, username string) (store.User, error) {
	return p.find(ctx, `SELECT data, version, created FROM people WHERE login = $1`, username)
}

func (p people) UserByID(ctx context.Context, id string) (store.User, error) {
	return p.find(ctx, `SELECT data, version, created FROM people WHERE id = $1`, id)
}

func (p people) find(ctx context.Context, query, key string) (u store.User, err error) {
	var data string
	var version, created int64
	err = p.db.QueryRowContext(ctx, query, key).Scan(&data, &version, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return u, store.ErrNotFound
	}
	if err == nil {
		err = json.Unmarshal([]byte(data), &u)
	}
	u.Version, u.CreatedAt, u.PasswordChangedAt = version, time.UnixMilli(created).UTC(), u.PasswordChangedAt.UTC()
	for i := range u.Methods {
		u.Methods[i].AddedAt = u.Methods[i].AddedAt.UTC()
	}
	return u, err
}

func affected(done sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

// The guide says that it is.

const tableOfPeople = `CREATE TABLE people (id TEXT PRIMARY KEY, login TEXT NOT NULL UNIQUE, version BIGINT NOT NULL,
	created BIGINT NOT NULL, data TEXT NOT NULL)`

func TestPeople_AreTheCodeOfTheGuide(t *testing.T) {
	source, err := os.ReadFile("people_test.go")
	require.NoError(t, err)
	_, code, _ := strings.Cut(string(source), "to the letter.\n\n")
	code, _, ok := strings.Cut(code, "\n// The guide says")
	require.True(t, ok)
	for _, b := range read(t, root+"/docs/storage.md").blocks {
		if strings.Contains(b.text, code) {
			return
		}
	}
	assert.Fail(t, "docs/storage.md has other code")
}

func TestPeople_KeepTheContractInSQLite(t *testing.T) {
	storetest.RunUsers(t, func(t *testing.T) store.Users {
		db, err := sql.Open("sqlite", sqlstore.SQLiteDSN(filepath.Join(t.TempDir(), "people.db")))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		_, err = db.Exec(tableOfPeople)
		require.NoError(t, err)
		return people{db}
	})
}

func TestPeople_KeepTheContractInPostgreSQL(t *testing.T) {
	dsn := peers.Postgres(t)
	name := fmt.Sprintf("people_%d", time.Now().UnixNano())
	server, err := sql.Open("pgx", dsn)
	require.NoError(t, err)
	_, err = server.Exec("CREATE SCHEMA " + name)
	require.NoError(t, err)
	db, err := sql.Open("pgx", withSearchPath(t, dsn, name))
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := server.Exec("DROP SCHEMA " + name + " CASCADE")
		assert.NoError(t, errors.Join(err, db.Close(), server.Close()))
	})
	_, err = db.Exec(tableOfPeople)
	require.NoError(t, err)
	storetest.RunUsers(t, func(*testing.T) store.Users { return people{db} })
}

func withSearchPath(t *testing.T, dsn, schema string) string {
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}
