package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/internal/peers"
)

// kinds are the kinds of data that several instances can share, each as flags for one that is empty.
var kinds = map[string]func(t *testing.T) []string{
	"SQLite":           func(t *testing.T) []string { return []string{"-db", emptySQLite(t)} },
	"PostgreSQL":       func(t *testing.T) []string { return []string{"-db", emptyPostgres(t), "-secret", secretPath(t)} },
	"MySQL":            func(t *testing.T) []string { return []string{"-db", emptyMySQL(t, nil), "-secret", secretPath(t)} },
	"SQLite and Redis": func(t *testing.T) []string { return []string{"-db", emptySQLite(t), "-redis", emptyRedis(t)} },
	"PostgreSQL and Redis": func(t *testing.T) []string {
		return []string{"-db", emptyPostgres(t), "-redis", emptyRedis(t), "-secret", secretPath(t)}
	},
}

// onEach runs a test on each kind of data, under an issuer that is none of the instances.
func onEach(t *testing.T, test func(t *testing.T, flags []string)) {
	for name, flags := range kinds {
		t.Run(name, func(t *testing.T) { test(t, append(flags(t), "-issuer", "https://id.localhost"+apiPath)) })
	}
}

func emptySQLite(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "app.db") }
func secretPath(t *testing.T) string  { return filepath.Join(t.TempDir(), "secret") }

// emptyPostgres names a schema that goes with the test.
func emptyPostgres(t *testing.T) string {
	u, err := url.Parse(peers.Postgres(t))
	require.NoError(t, err)
	require.NotEmpty(t, u.Scheme, "NATIVEAUTH_POSTGRES has to be a URL here")
	name := newName()
	during(t, "pgx", u.String(), `CREATE SCHEMA `+name, `DROP SCHEMA `+name+` CASCADE`)
	query := u.Query()
	query.Set("search_path", name)
	u.RawQuery = query.Encode()
	return u.String()
}

// emptyMySQL names a database that goes with the test. change may be nil.
func emptyMySQL(t *testing.T, change func(*mysql.Config)) string {
	dsn, name := peers.MySQL(t), newName()
	during(t, "mysql", dsn, `CREATE DATABASE `+name, `DROP DATABASE `+name)
	c, err := mysql.ParseDSN(dsn)
	require.NoError(t, err)
	if change != nil {
		change(c)
	}
	u := url.URL{Scheme: "mysql", User: url.UserPassword(c.User, c.Passwd), Host: c.Addr, Path: "/" + name}
	return u.String()
}

// emptyRedis names a database of Redis that nobody uses, until the end of the test.
func emptyRedis(t *testing.T) string {
	base, err := url.Parse(peers.Redis(t))
	require.NoError(t, err)
	for n := 15; n > 0; n-- {
		base.Path = fmt.Sprint("/", n)
		o, err := redis.ParseURL(base.String())
		require.NoError(t, err)
		client := redis.NewClient(o)
		// Whoever sets this key has the database. It ends by itself if the test does not get to its end.
		got, err := client.SetNX(t.Context(), "taken by a test", 1, time.Minute).Result()
		require.NoError(t, err)
		size, err := client.DBSize(t.Context()).Result()
		require.NoError(t, err)
		if got && size == 1 {
			t.Cleanup(func() {
				assert.NoError(t, client.FlushDB(context.Background()).Err())
				assert.NoError(t, client.Close())
			})
			return base.String()
		}
		if got {
			require.NoError(t, client.Del(t.Context(), "taken by a test").Err())
		}
		require.NoError(t, client.Close())
	}
	t.Fatal("every database of Redis is in use")
	return ""
}

// during runs one statement now and one when the test is over.
func during(t *testing.T, driver, dsn, begin, end string) {
	t.Helper()
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

func newName() string { return "nativeauth_example_" + strings.ToLower(rand.Text()) }

// refresh trades a refresh token in.
func (i *instance) refresh(t *testing.T, tokens answer) answer {
	t.Helper()
	status, a := i.post(t, quick, "/oauth2/v2.0/token", "grant_type", "refresh_token", "refresh_token", tokens.text("refresh_token"))
	require.Equal(t, http.StatusOK, status, a)
	return a
}

// me asks the app's API who the caller is.
func (i *instance) me(t *testing.T, tokens answer) string {
	t.Helper()
	status, user := do(t, http.MethodGet, i.base+"/api/me", tokens.text("access_token"), nil)
	require.Equal(t, http.StatusOK, status, user)
	return user.text("username")
}

func TestInstances_EachGoesOnWithWhatAnotherBegan(t *testing.T) {
	onEach(t, func(t *testing.T, flags []string) {
		a, b := start(t, flags...), start(t, flags...)
		status, begun := a.post(t, quick, "/signup/v1.0/start", "username", "ada@example.com", "challenge_type", "oob redirect")
		require.Equal(t, http.StatusOK, status, begun)
		status, sent := b.post(t, quick, "/signup/v1.0/challenge", "continuation_token", begun.text("continuation_token"))
		require.Equal(t, http.StatusOK, status, sent)
		status, done := a.post(t, quick, "/signup/v1.0/continue", "grant_type", "oob",
			"continuation_token", sent.text("continuation_token"), "oob", b.code(t, "ada@example.com"))
		require.Equal(t, http.StatusOK, status, done)
		status, tokens := b.post(t, quick, "/oauth2/v2.0/token", "grant_type", "continuation_token",
			"continuation_token", done.text("continuation_token"), "scope", "openid profile offline_access")
		require.Equal(t, http.StatusOK, status, tokens)

		assert.Equal(t, "ada@example.com", a.me(t, tokens))
		assert.Equal(t, "ada@example.com", b.me(t, a.refresh(t, tokens)))
	})
}

func TestInstances_APasswordIsOneForAll(t *testing.T) {
	onEach(t, func(t *testing.T, flags []string) {
		a, b := start(t, flags...), start(t, flags...)
		a.enrol(t, "ada@example.com", harbor)
		status, tokens := b.enter(t, "ada@example.com", harbor)
		require.Equal(t, http.StatusOK, status, tokens)
		a.reset(t, b, "ada@example.com", lantern)
		status, _ = b.enter(t, "ada@example.com", harbor)
		assert.Equal(t, http.StatusBadRequest, status)
		status, tokens = b.enter(t, "ada@example.com", lantern)
		require.Equal(t, http.StatusOK, status, tokens)
		assert.Equal(t, "ada@example.com", a.me(t, tokens))
	})
}

func TestInstances_ARestartKeepsEverything(t *testing.T) {
	onEach(t, func(t *testing.T, flags []string) {
		first := start(t, flags...)
		tokens := first.signUp(t, "ada@example.com")
		sent := first.challenge(t, quick, "/signup/v1.0/start", "/signup/v1.0/challenge", "bob@example.com")
		code := first.code(t, "bob@example.com")
		require.NoError(t, first.stop())

		second := start(t, flags...)
		assert.Equal(t, "ada@example.com", second.me(t, tokens), "the keys are still there")
		second.refresh(t, tokens)
		status, done := second.post(t, quick, "/signup/v1.0/continue", "grant_type", "oob",
			"continuation_token", sent.text("continuation_token"), "oob", code)
		assert.Equal(t, http.StatusOK, status, done)
	})
}

func TestInstances_AllMayStartAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, flags []string) {
		var all []*instance
		for range 5 {
			all = append(all, begin(t, flags...))
		}
		for _, i := range all {
			i.wait(t)
		}
		assert.Equal(t, "ada@example.com", all[0].me(t, all[4].signUp(t, "ada@example.com")))
	})
}

func TestInstances_SayTheIssuerAndWhereDataAre(t *testing.T) {
	onEach(t, func(t *testing.T, flags []string) {
		i := start(t, flags...)
		assert.Contains(t, i.stdout.String(), "\n  issuer     https://id.localhost"+apiPath+"\n")
		o, err := parseFlags(flags, i.stdout)
		require.NoError(t, err)
		assert.Contains(t, i.stdout.String(), "\n  data       "+o.db.name)
		if o.redis != nil {
			assert.Contains(t, i.stdout.String(), "; flows on Redis at "+o.redis.Addr)
		}
		assert.NotRegexp(t, `(postgres|mysql|redis)://`, i.stdout.String(), "URLs may hold a password")
		_, err = os.Stat(o.secretFile())
		assert.NoError(t, err)
	})
}

func TestIssuer_ItsPathIsThatOfTheAPI(t *testing.T) {
	for _, path := range []string{"/a/b", "", "/dev", "/api/me"} {
		i := start(t, "-issuer", "http://localhost:1"+path)
		status, a := do(t, http.MethodGet, i.base+path+"/.well-known/openid-configuration", "", nil)
		assert.Equal(t, http.StatusOK, status, path)
		assert.Equal(t, "http://localhost:1"+path, a["issuer"])
		assert.Contains(t, i.stdout.String(), i.base+path+"/signup/v1.0/start")
		_, body := i.get(t, "/")
		assert.Contains(t, body, `data-api="`+path+`"`)
	}
	err := run(t.Context(), []string{"-addr", "127.0.0.1:0", "-db", "memory", "-issuer", "http://localhost" + inboxPath}, &output{})
	assert.ErrorContains(t, err, "the router refuses the API")
}
