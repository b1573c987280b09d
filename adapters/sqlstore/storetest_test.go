package sqlstore_test

import (
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/nativeauth/nativeauth/adapters/sqlstore"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/store/storetest"
)

func TestStore_State(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		dsn := d.fresh(t)
		a, b := d.open(t, dsn), d.open(t, dsn)
		storetest.RunSharedState(t, func(*testing.T) []store.State { return []store.State{a, b} })
	})
}

func TestStore_Users(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		dsn := d.fresh(t)
		a, b := d.open(t, dsn), d.open(t, dsn)
		storetest.RunSharedUsers(t, func(*testing.T) []store.Users { return []store.Users{a, b} })
	})
}

// The cleaner must not be noticed by anybody.
func TestStore_StateWhileCleaning(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		dsn, often := d.fresh(t), sqlstore.WithCleanInterval(10*time.Millisecond)
		a, b := d.open(t, dsn, often), d.open(t, dsn, often)
		storetest.RunSharedState(t, func(*testing.T) []store.State { return []store.State{a, b} })
	})
}

// What a host may set in its DSN, for reasons of its own, changes nothing, even if other instances have
// other settings.
func TestStore_WithOtherSettingsOfTheConnection(t *testing.T) {
	type change = func(t *testing.T, dsn string) string
	in := func(setting, value string) change {
		return func(t *testing.T, dsn string) string { return withPostgres(t, dsn, setting, value) }
	}
	my := func(set func(*mysql.Config)) change {
		return func(t *testing.T, dsn string) string { return withMySQL(t, dsn, set) }
	}
	for name, c := range map[string]struct {
		database
		change
	}{
		"pgx without prepared statements": {postgres, in("default_query_exec_mode", "simple_protocol")},
		"pgx as for a pooler":             {postgres, in("default_query_exec_mode", "exec")},
		"PostgreSQL in another time zone": {postgres, in("timezone", "America/New_York")},
		"MySQL counting rows it found":    {mariadb, my(func(c *mysql.Config) { c.ClientFoundRows = true })},
		"MySQL without placeholders":      {mariadb, my(func(c *mysql.Config) { c.InterpolateParams = true })},
		"MySQL in another time zone":      {mariadb, my(func(c *mysql.Config) { c.Params = map[string]string{"time_zone": "'-05:00'"} })},
		"MySQL in latin1":                 {mariadb, my(func(c *mysql.Config) { c.Collation = "latin1_swedish_ci" })},
		"MySQL with all modes":            {mariadb, my(func(c *mysql.Config) { c.Params = map[string]string{"sql_mode": "'TRADITIONAL,ANSI'"} })},
		"MySQL reading what is committed": {mariadb, func(t *testing.T, dsn string) string {
			return withMySQL(t, dsn, func(c *mysql.Config) { c.Params = map[string]string{isolation(t, dsn): "'READ-COMMITTED'"} })
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := c.fresh(t)
			a, b := c.open(t, c.change(t, dsn)), c.open(t, dsn)
			storetest.RunSharedState(t, func(*testing.T) []store.State { return []store.State{a, b} })
			storetest.RunSharedUsers(t, func(*testing.T) []store.Users { return []store.Users{a, b} })
		})
	}
}
