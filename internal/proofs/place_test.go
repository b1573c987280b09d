//go:build unix

package proofs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/redis/go-redis/v9"
	_ "modernc.org/sqlite"

	"github.com/nativeauth/nativeauth/adapters/redisstore"
	"github.com/nativeauth/nativeauth/adapters/sqlstore"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

// place is where users and state are kept.
type place struct {
	Driver string // of database/sql: sqlite, pgx or mysql
	DSN    string
	Redis  string // URL; if there is one, state is there, and only users in the database
	Prefix string // of the keys in Redis
	Hasty  bool   // SQLite, which then does not wait for the disk: what Open refuses to use
}

var dialects = map[string]sqlstore.Dialect{
	"sqlite": sqlstore.SQLite, "pgx": sqlstore.Postgres, "mysql": sqlstore.MySQL,
}

const connections = 8

// kept is a place that is open.
type kept struct {
	place
	users store.Users
	state store.State
	sql   *sqlstore.Store
	db    *sql.DB
	redis *redis.Client
}

func (p place) open(ctx context.Context) (*kept, error) {
	db, err := sql.Open(p.Driver, p.DSN)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	k := &kept{place: p, db: db}
	// Not for long: servers that were killed and others that just start take their time.
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if k.sql, err = sqlstore.Open(ctx, db, dialects[p.Driver]); err == nil || time.Now().After(end) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	k.users, k.state = k.sql, k.sql
	if p.Hasty {
		err = hurry(ctx, db)
	}
	if err == nil && p.Redis != "" {
		err = k.openRedis(ctx)
	}
	if err != nil {
		k.close()
		return nil, err
	}
	return k, nil
}

func (k *kept) openRedis(ctx context.Context) error {
	o, err := redis.ParseURL(k.Redis)
	if err != nil {
		return err
	}
	o.ContextTimeoutEnabled = true
	k.redis = redis.NewClient(o)
	k.state, err = redisstore.Open(ctx, k.redis, redisstore.WithPrefix(k.Prefix))
	return err
}

// hurry takes the waiting for the disk out of a pool that Open has found fit: of all its connections,
// which live as long as the pool.
func hurry(ctx context.Context, db *sql.DB) error {
	for range connections {
		conn, err := db.Conn(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
		if _, err := conn.ExecContext(ctx, `PRAGMA synchronous=NORMAL`); err != nil {
			return err
		}
	}
	return nil
}

func (k *kept) close() {
	k.sql.Close()
	_ = k.db.Close()
	if k.redis != nil {
		_ = k.redis.Close()
	}
}

// counted is a counter as the store has it.
type counted struct {
	key   string
	value int64
	left  time.Duration // not more than nothing: it has no end
}

// counters returns all counters.
func (k *kept) counters(ctx context.Context) (list []counted, err error) {
	if k.redis != nil {
		return k.redisCounters(ctx)
	}
	key := map[string]string{"mysql": "name"}[k.Driver]
	if key == "" {
		key = "key"
	}
	rows, err := k.db.QueryContext(ctx, `SELECT `+key+`, value, expires_at FROM nativeauth_counters`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name []byte
		var value, end int64
		if err := rows.Scan(&name, &value, &end); err != nil {
			return nil, err
		}
		list = append(list, counted{string(name), value, time.Until(time.UnixMilli(end))})
	}
	return list, rows.Err()
}

func (k *kept) redisCounters(ctx context.Context) (list []counted, err error) {
	begin := k.Prefix + "n:"
	for keys := k.redis.Scan(ctx, 0, begin+"*", 1000).Iterator(); keys.Next(ctx); {
		if keys.Val() == begin+"open" { // which Open tries an addition with
			continue
		}
		value, err := k.redis.Get(ctx, keys.Val()).Int64()
		if err != nil {
			return nil, err
		}
		left, err := k.redis.PTTL(ctx, keys.Val()).Result()
		if err != nil {
			return nil, err
		}
		list = append(list, counted{strings.TrimPrefix(keys.Val(), begin), value, left})
	}
	return list, nil
}

// accounts returns how many users there are.
func (k *kept) accounts(ctx context.Context) (n int, err error) {
	err = k.db.QueryRowContext(ctx, `SELECT count(*) FROM nativeauth_users`).Scan(&n)
	return n, err
}

// halves returns how many users lack something that a sign-up gives them.
func (k *kept) halves(ctx context.Context) (n int, err error) {
	rows, err := k.db.QueryContext(ctx, `SELECT id, username, email, attributes, version, created_at FROM nativeauth_users`)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var u store.User
		var text []byte
		var born int64
		if err := rows.Scan(&u.ID, &u.Username, &u.Email, &text, &u.Version, &born); err != nil {
			return 0, err
		}
		_ = json.Unmarshal(text, &u.Attributes)
		if len(u.ID) != 36 || u.Username == "" || u.Email != u.Username || u.Version != 1 || born == 0 ||
			u.Attributes["displayName"] != displayName {
			n++
		}
	}
	return n, rows.Err()
}

// mint signs as many tokens as it is asked for, as the token endpoint does, one a line.
type mint struct{ signer *token.Signer }

func (m *mint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n, _ := strconv.Atoi(r.URL.Query().Get("n"))
	for range n {
		now := time.Now().Unix()
		claims := fmt.Sprintf(`{"iss":"proofs","exp":%d,"nbf":%d,"iat":%d}`, now+900, now, now)
		text, err := m.signer.Sign(r.Context(), token.AccessToken, []byte(claims))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, text)
	}
}
