package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"log"
	"log/slog"
	"time"

	"github.com/nativeauth/nativeauth/adapters/sqlstore"
)

// A host that applies migrations with a tool of its own gives it these files.
func ExampleMigrations() {
	files, err := fs.Glob(sqlstore.Migrations(sqlstore.Postgres), "*.sql")
	fmt.Println(files[0], err)
	// Output: 0001_initial.sql <nil>
}

// PostgreSQL, whose tables are there already. Not run: it needs a server.
func ExampleOpen() {
	ctx := context.Background()
	db, err := sql.Open("pgx", "postgres://app@db/app") // import _ "github.com/jackc/pgx/v5/stdlib"
	if err != nil {
		log.Fatal(err)
	}
	db.SetMaxOpenConns(20)
	db.SetMaxIdleConns(20)
	s, err := sqlstore.Open(ctx, db, sqlstore.Postgres,
		sqlstore.WithoutMigrations(),
		sqlstore.WithLogger(slog.Default()),
		sqlstore.WithCleanInterval(10*time.Minute))
	if err != nil {
		log.Fatal(err) // every setting of the database that is wrong
	}
	defer s.Close() // and then db
}
