package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/nativeauth/nativeauth/adapters/keyfile"
	"github.com/nativeauth/nativeauth/adapters/sqlstore"
	"github.com/nativeauth/nativeauth/token"
)

// openKeys opens the key file, or without one the keys in the database, which all instances share.
// Without either it returns nil, which stands for a key that lasts as long as the process: access
// tokens end with it, refresh tokens get new ones.
func openKeys(ctx context.Context, o options, s *sqlstore.Store, secret []byte) (token.Keys, error) {
	switch {
	case o.keys != "":
		return keyfile.Open(o.keys)
	case s == nil:
		return nil, nil
	}
	keys, err := sqlstore.OpenKeys(ctx, s, sqlstore.KeysConfig{Secrets: [][]byte{secret}, Logger: slog.Default()})
	if err != nil {
		return nil, fmt.Errorf("%s, with the secret in %s (see -secret): %w", o.db.name, o.secretFile(), err)
	}
	return keys, nil
}
