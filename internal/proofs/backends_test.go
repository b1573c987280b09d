//go:build unix

package proofs

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/sqlstore"
	"github.com/nativeauth/nativeauth/internal/peers"
)

// backend is a kind of store.
type backend struct {
	name string
	// fresh returns an empty place that goes with the test.
	fresh func(t testing.TB) place
}

var backends = []backend{
	{"sqlite", newFile},
	{"postgres", newSchema},
	{"mariadb", newDatabase},
	{"redis", newKeys},
}

// onEach runs a proof on each kind of store. The store of a proof is its own, so that others may use
// the servers too.
func onEach(t *testing.T, prove func(t *testing.T, b backend)) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) { prove(t, b) })
	}
}

func newFile(t testing.TB) place {
	return place{Driver: "sqlite", DSN: sqlstore.SQLiteDSN(filepath.Join(t.TempDir(), "proof.db"))}
}

func newSchema(t testing.TB) place {
	dsn, name := peers.Postgres(t), newName()
	during(t, "pgx", dsn, `CREATE SCHEMA `+name, `DROP SCHEMA `+name+` CASCADE`)
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return place{Driver: "pgx", DSN: u.String()}
}

func newDatabase(t testing.TB) place {
	dsn, name := peers.MySQL(t), newName()
	during(t, "mysql", dsn, `CREATE DATABASE `+name, `DROP DATABASE `+name)
	c, err := mysql.ParseDSN(dsn)
	require.NoError(t, err)
	c.DBName = name
	return place{Driver: "mysql", DSN: c.FormatDSN()}
}

func newKeys(t testing.TB) place {
	p := newFile(t)
	p.Redis, p.Prefix = peers.Redis(t), newName()+":"
	o, err := redis.ParseURL(p.Redis)
	require.NoError(t, err)
	t.Cleanup(func() {
		client := redis.NewClient(o)
		defer client.Close()
		for keys := client.Scan(context.Background(), 0, p.Prefix+"*", 1000).Iterator(); keys.Next(context.Background()); {
			client.Del(context.Background(), keys.Val())
		}
	})
	return p
}

// during runs one statement now and one when the test is over.
func during(t testing.TB, driver, dsn, begin, end string) {
	db, err := sql.Open(driver, dsn)
	require.NoError(t, err)
	_, err = db.Exec(begin)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := db.Exec(end)
		assert.NoError(t, err)
		assert.NoError(t, db.Close())
	})
}

func newName() string { return "nativeauth_proof_" + strings.ToLower(rand.Text()) }

// look opens the store of a site, to see for itself.
func (s *site) look() *kept {
	s.Helper()
	k, err := s.Place.open(s.Context())
	require.NoError(s, err)
	s.Cleanup(k.close)
	return k
}

// census returns the number of counters that have no end, and all but those of client addresses.
func (k *kept) census(t testing.TB) (endless int, others []counted) {
	t.Helper()
	all, err := k.counters(t.Context())
	require.NoError(t, err)
	for _, c := range all {
		if c.left <= 0 {
			endless++
		}
		if !strings.HasPrefix(c.key, "minute/") && !strings.HasPrefix(c.key, "hour/") {
			others = append(others, c)
		}
	}
	return endless, others
}
