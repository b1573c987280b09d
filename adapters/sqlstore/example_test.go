package sqlstore_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/nativeauth/nativeauth/adapters/sqlstore"
)

// Users, state and signing keys in one database. Another kind of database is another driver, DSN and
// Dialect; nothing else changes.
func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	db, err := sql.Open("sqlite", sqlstore.SQLiteDSN(filepath.Join(dir, "app.db")))
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	ctx := context.Background()
	s, err := sqlstore.Open(ctx, db, sqlstore.SQLite, sqlstore.WithTablePrefix("app_"))
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	secret := bytes.Repeat([]byte("32 random bytes "), 2) // from where the host keeps its secrets
	keys, err := sqlstore.OpenKeys(ctx, s, sqlstore.KeysConfig{Secrets: [][]byte{secret}})
	if err != nil {
		log.Fatal(err)
	}

	key, err := keys.SigningKey(ctx)
	fmt.Println(key.Algorithm, err)
	// Output: ES256 <nil>
}
