package peers

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
)

// Postgres returns the DSN, for the driver pgx, of a database in which tests may make schemas. It is
// NATIVEAUTH_POSTGRES, or a server on this machine that trusts it.
func Postgres(t testing.TB) string {
	t.Helper()
	return database(t, "PostgreSQL", "pgx", "NATIVEAUTH_POSTGRES", "postgres://postgres@127.0.0.1:5432/test?sslmode=disable")
}

// MySQL returns the DSN, for the driver mysql, of a MySQL or MariaDB server on which tests may make
// databases. It is NATIVEAUTH_MYSQL, or a server on this machine that trusts it.
func MySQL(t testing.TB) string {
	t.Helper()
	return database(t, "MySQL or MariaDB", "mysql", "NATIVEAUTH_MYSQL", "root@tcp(127.0.0.1:3306)/test")
}

// PostgresPrograms returns the folder of initdb and postgres, for a server of a test's own. Debian keeps
// them apart from what everybody calls.
func PostgresPrograms(t testing.TB) string {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if path, err := exec.LookPath("initdb"); err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		missing(t, "PostgreSQL is not installed: there is no initdb")
		return ""
	}
	return filepath.Dir(found[len(found)-1])
}

// database ends the test if nobody answers at the DSN. The DSN itself is not told: it may have a
// password in it.
func database(t testing.TB, what, driver, variable, otherwise string) string {
	t.Helper()
	dsn := cmp.Or(os.Getenv(variable), otherwise)
	if err := ping(t.Context(), driver, dsn); err != nil {
		missing(t, fmt.Sprintf("%s cannot be reached, start it or set %s: %v", what, variable, err))
		return ""
	}
	return dsn
}

func ping(ctx context.Context, driver, dsn string) error {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return db.PingContext(ctx)
}
