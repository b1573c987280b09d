package store_test

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/adapters/sqlstore"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// customers is the user table of a shop: a store.Users. What nativeauth wants of it is room for each field
// of store.User, under any name, and that no two customers have the same login, byte by byte.
type customers struct{ db *sql.DB }

const schema = `
CREATE TABLE customers (
  id TEXT PRIMARY KEY, login TEXT NOT NULL UNIQUE, email TEXT NOT NULL, profile TEXT NOT NULL, secrets TEXT NOT NULL,
  blocked BOOLEAN NOT NULL, epoch INTEGER NOT NULL, version INTEGER NOT NULL, since INTEGER NOT NULL,
  plan TEXT NOT NULL DEFAULT 'free'
);
CREATE TABLE audit (customer TEXT NOT NULL, event TEXT NOT NULL)`

// secrets is one column, JSON. Its fields are called as those of store.User that they are read into.
type secrets struct {
	PasswordHash       string
	PasswordHistory    []string
	PasswordChangedAt  time.Time
	MustChangePassword bool
	Methods            []store.Method
}

// texts returns the columns that hold JSON.
func texts(u store.User) (profile, secret string) {
	methods := slices.Clone(u.Methods)
	for i, m := range methods {
		methods[i].AddedAt = m.AddedAt.UTC()
	}
	p, _ := json.Marshal(u.Attributes) // never fails with strings, bytes and times of our days
	s, _ := json.Marshal(secrets{u.PasswordHash, u.PasswordHistory, u.PasswordChangedAt.UTC(), u.MustChangePassword, methods})
	return string(p), string(s)
}

// CreateUser writes the customer and a line for the shop's audit, both or neither.
func (c customers) CreateUser(ctx context.Context, u store.User) error {
	tx, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // changes nothing after Commit
	profile, secret := texts(u)
	_, err = tx.ExecContext(ctx, `
INSERT INTO customers (id, login, email, profile, secrets, blocked, epoch, version, since)
VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?)`,
		u.ID, u.Username, u.Email, profile, secret, u.Disabled, u.Epoch, u.CreatedAt.UnixMilli())
	if err != nil {
		return orExists(err)
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO audit (customer, event) VALUES (?, 'signed up')`, u.ID); err != nil {
		return err
	}
	return tx.Commit()
}

// UpdateUser is one statement: of all who have read one version, one finds it unchanged.
func (c customers) UpdateUser(ctx context.Context, u store.User) error {
	profile, secret := texts(u)
	done, err := c.db.ExecContext(ctx, `
UPDATE customers SET login = ?, email = ?, profile = ?, secrets = ?, blocked = ?, epoch = ?, version = version + 1
WHERE id = ? AND version = ?`,
		u.Username, u.Email, profile, secret, u.Disabled, u.Epoch, u.ID, u.Version)
	if err != nil {
		return orExists(err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 1 {
		return err
	}
	_, err = c.UserByID(ctx, u.ID) // to tell why no row was changed
	return cmp.Or(err, store.ErrConflict)
}

const selectCustomer = `SELECT id, login, email, profile, secrets, blocked, epoch, version, since FROM customers `

func (c customers) UserByUsername(ctx context.Context, username string) (store.User, error) {
	return c.find(ctx, selectCustomer+`WHERE login = ?`, username)
}

func (c customers) UserByID(ctx context.Context, id string) (store.User, error) {
	return c.find(ctx, selectCustomer+`WHERE id = ?`, id)
}

func (c customers) find(ctx context.Context, query, key string) (u store.User, err error) {
	var profile, secret []byte
	var since int64
	err = c.db.QueryRowContext(ctx, query, key).Scan(
		&u.ID, &u.Username, &u.Email, &profile, &secret, &u.Disabled, &u.Epoch, &u.Version, &since)
	if errors.Is(err, sql.ErrNoRows) {
		return u, store.ErrNotFound
	}
	if err == nil {
		err = errors.Join(json.Unmarshal(profile, &u.Attributes), json.Unmarshal(secret, &u))
	}
	u.CreatedAt = time.UnixMilli(since).UTC()
	return u, err
}

// orExists knows the error of a unique index, which alone can tell who of two was first. In PostgreSQL
// it is SQLSTATE 23505, in MySQL error 1062.
func orExists(err error) error {
	e, ok := errors.AsType[*sqlite.Error](err)
	if ok && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY) {
		return store.ErrExists
	}
	return err
}

// A host keeps users in a table of its own, and the state of flows elsewhere, here in memory. Whoever
// signs up gets a row in each table that the host wants one in.
func ExampleUsers() {
	dir, err := os.MkdirTemp("", "")
	must(err)
	defer os.RemoveAll(dir)
	db := openShop(dir)
	defer db.Close()

	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	sent := make(codes, 1)
	_, err = handler.Mount(mux, handler.Config{
		Issuer:  server.URL,
		Clients: []handler.Client{{ID: "mobile"}},
		Users:   customers{db},
		State:   memory.New(), // with several instances: sqlstore or redisstore
		Sender:  sent,
		Logger:  slog.New(slog.DiscardHandler),
	})
	must(err)

	token := post(server.URL+"/signup/v1.0/start", "username", "ada@example.com", "challenge_type", "oob redirect")
	token = post(server.URL+"/signup/v1.0/challenge", "continuation_token", token)
	post(server.URL+"/signup/v1.0/continue", "continuation_token", token, "grant_type", "oob", "oob", <-sent)

	var login, plan, event string
	must(db.QueryRow(`SELECT login, plan, event FROM customers JOIN audit ON customer = id`).Scan(&login, &plan, &event))
	fmt.Println(login, "is on the plan", plan)
	fmt.Println("audit:", event)
	// Output:
	// ada@example.com is on the plan free
	// audit: signed up
}

func openShop(dir string) *sql.DB {
	db, err := sql.Open("sqlite", sqlstore.SQLiteDSN(filepath.Join(dir, "shop.db")))
	must(err)
	_, err = db.Exec(schema)
	must(err)
	return db
}

// codes is an otp.Sender that stands in for mail.
type codes chan string

func (c codes) Send(_ context.Context, m otp.Message) error {
	c <- m.Code
	return nil
}

// post sends a step of a flow and returns the token for the next.
func post(step string, pairs ...string) string {
	form := url.Values{"client_id": {"mobile"}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	resp, err := http.PostForm(step, form)
	must(err)
	defer resp.Body.Close()
	var answer struct {
		Token string `json:"continuation_token"`
	}
	must(json.NewDecoder(resp.Body).Decode(&answer))
	return answer.Token
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
