package main

import (
	"context"
	"database/sql"
	"log/slog"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/adapters/sqlstore"
	"github.com/nativeauth/nativeauth/store"
)

// data is where accounts and flows are kept, and the secret that belongs to them: nil stands for
// one that lasts as long as the process, which is as long as memory does.
type data struct {
	users  store.Users
	state  store.State
	secret []byte
	close  func() error
}

// openData opens the SQLite file, or memory for "".
func openData(ctx context.Context, file string) (data, error) {
	if file == "" {
		s := memory.New()
		return data{users: s, state: s, close: func() error { return nil }}, nil
	}
	secret, err := secretFile(file + "-secret")
	if err != nil {
		return data{}, err
	}
	db, err := sql.Open("sqlite", sqlstore.SQLiteDSN(file))
	if err != nil {
		return data{}, err
	}
	db.SetMaxOpenConns(8)
	s, err := sqlstore.Open(ctx, db, sqlstore.SQLite, sqlstore.WithLogger(slog.Default()))
	if err != nil {
		db.Close()
		return data{}, err
	}
	closeBoth := func() error {
		s.Close()
		return db.Close()
	}
	return data{s, s, secret, closeBoth}, nil
}
