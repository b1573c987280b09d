package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"; "mysql" comes with database.go
	"github.com/redis/go-redis/v9"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/adapters/redisstore"
	"github.com/nativeauth/nativeauth/adapters/sqlstore"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

// data is what instances share: accounts, flows, the keys that sign tokens, and the secret. A nil
// secret and nil keys stand for such as last as long as the process, which is as long as memory does.
type data struct {
	users  store.Users
	state  store.State
	keys   token.Keys
	secret []byte
	name   string // where it is, for people
	opened []func() error
}

// openData opens everything that the flags name, or nothing.
func openData(ctx context.Context, o options) (*data, error) {
	d := &data{name: o.db.name}
	if err := d.open(ctx, o); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

// close closes what was opened, the last first.
func (d *data) close() error {
	var problems []error
	for _, end := range slices.Backward(d.opened) {
		problems = append(problems, end())
	}
	return errors.Join(problems...)
}

func (d *data) open(ctx context.Context, o options) (err error) {
	if file := o.secretFile(); file != "" {
		if d.secret, err = secretFile(file); err != nil {
			return err
		}
	}
	var s *sqlstore.Store
	if o.db.driver == "" {
		kept := memory.NewAt(o.now())
		d.users, d.state = kept, kept
	} else if s, err = d.openSQL(ctx, o.db); err != nil {
		return err
	}
	d.keys, err = openKeys(ctx, o, s, d.secret)
	if err == nil && o.redis != nil {
		err = d.openRedis(ctx, o.redis)
	}
	return err
}

var dialects = map[string]sqlstore.Dialect{"sqlite": sqlstore.SQLite, "pgx": sqlstore.Postgres, "mysql": sqlstore.MySQL}

// openSQL keeps accounts and flows in a database.
func (d *data) openSQL(ctx context.Context, o database) (*sqlstore.Store, error) {
	db, err := sql.Open(o.driver, o.dsn)
	if err != nil {
		return nil, err
	}
	d.opened = append(d.opened, db.Close)
	// A server has a hundred connections or so for all instances, and takes its time to make one.
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(8)
	db.SetConnMaxIdleTime(5 * time.Minute)
	if o.driver != "sqlite" {
		if err := reach(ctx, db.PingContext); err != nil {
			return nil, fmt.Errorf("%s cannot be used: start it, or set -db to a server, a user and a database that exist: %w", o.name, err)
		}
	}
	s, err := sqlstore.Open(ctx, db, dialects[o.driver], sqlstore.WithLogger(slog.Default()))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.name, err)
	}
	d.opened = append(d.opened, func() error { s.Close(); return nil })
	d.users, d.state = s, s
	return s, nil
}

// openRedis keeps the flows on Redis; the users stay where they are.
func (d *data) openRedis(ctx context.Context, o *redis.Options) error {
	name := fmt.Sprintf("Redis at %s, database %d", o.Addr, o.DB)
	client := redis.NewClient(o)
	d.opened = append(d.opened, client.Close)
	err := reach(ctx, func(ctx context.Context) error { return client.Ping(ctx).Err() })
	if err != nil {
		return fmt.Errorf("%s cannot be used: start it, or correct -redis: %w", name, err)
	}
	d.state, err = redisstore.Open(ctx, client, redisstore.WithLogger(slog.Default()))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	d.name += "; flows on " + name
	return nil
}

// reach tries for a while to reach a server.
func reach(ctx context.Context, ping func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return ping(ctx)
}
