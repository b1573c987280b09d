package main

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseDatabase_AURLBecomesWhatTheDriverTakes(t *testing.T) {
	const settings = "?interpolateParams=true&readTimeout=30s&timeout=5s&writeTimeout=30s"
	for url, want := range map[string]database{
		"memory": {name: "memory"},
		"postgres://ada:x@db.example/app": {
			"pgx", "postgres://ada:x@db.example/app?connect_timeout=5", "PostgreSQL at db.example:5432, database app", defaultSecret},
		"postgresql://ada@[::1]:6543/app?search_path=a%20b&connect_timeout=1": {
			"pgx", "postgresql://ada@[::1]:6543/app?search_path=a%20b&connect_timeout=1", "PostgreSQL at [::1]:6543, database app", defaultSecret},
		"mysql://ada:x@db.example/app": {
			"mysql", "ada:x@tcp(db.example:3306)/app" + settings, "MySQL at db.example:3306, database app", defaultSecret},
		"mysql://db.example:33/app": {
			"mysql", "tcp(db.example:33)/app" + settings, "MySQL at db.example:33, database app", defaultSecret},
		"mysql://ada@[::1]/app": {
			"mysql", "ada@tcp([::1]:3306)/app" + settings, "MySQL at [::1]:3306, database app", defaultSecret},
		"mysql:///app": {
			"mysql", "tcp(127.0.0.1:3306)/app" + settings, "MySQL at 127.0.0.1:3306, database app", defaultSecret},
		"mysql://a%40b:%2F%3A%40%3F@db.example/a%2Fb": {
			"mysql", "a@b:/:@?@tcp(db.example:3306)/a%2Fb" + settings, "MySQL at db.example:3306, database a/b", defaultSecret},
		"mysql://db.example/app?timeout=1s&tls=true&interpolateParams=false": {
			"mysql", "tcp(db.example:3306)/app?readTimeout=30s&timeout=1s&tls=true&writeTimeout=30s",
			"MySQL at db.example:3306, database app", defaultSecret},
		"mysql://db.example/app?time_zone='Europe/Paris'": {
			"mysql", "tcp(db.example:3306)/app" + settings + "&time_zone=%27Europe%2FParis%27", "MySQL at db.example:3306, database app", defaultSecret},
	} {
		got, err := parseDatabase(url)
		require.NoError(t, err, url)
		assert.Equal(t, want, got, url)
	}
}

func TestRedisOptions_AreThoseOfTheURL(t *testing.T) {
	none, err := redisOptions("")
	assert.NoError(t, err)
	assert.Nil(t, none)
	o, err := redisOptions("rediss://ada:x%2F@redis.example/3?pool_size=4")
	require.NoError(t, err)
	assert.Equal(t, "redis.example:6379", o.Addr)
	assert.Equal(t, "ada x/", o.Username+" "+o.Password)
	assert.Equal(t, 3, o.DB)
	assert.Equal(t, 4, o.PoolSize)
	assert.NotNil(t, o.TLSConfig)
	assert.True(t, o.ContextTimeoutEnabled)
}

// However a URL is wrong, and wherever it has strayed to, what is in it stays there.
func TestParseFlags_NoPasswordIsRepeated(t *testing.T) {
	mistakes := []string{
		"postgres://ada:pa55/w0rd@h/db", "postgres://ada:12/w0rd@h/db", "postgres://ada:12?w0rd@h/db", "postgres://ada:pa55#w0rd@h/db",
		"postgres://ada:pa55w0rd@h:x/db", "postgres://ada:pa55w0rd@h/db?sslmode=x", "postgres://ada:pa55w0rd@h/db?connect_timeout=x",
		"postgres://h/db?password=w0rd&sslmode=x", "postgres:ada:pa55w0rd@h/db", "postgress://ada:pa55w0rd@h/db", "host=h password=w0rd",
		"mysql://ada:pa55/w0rd@h/db", "mysql://ada:12/w0rd@h/db", "mysql://ada:pa55w0rd@h", "mysql://ada:pa55w0rd@h/",
		"mysql://ada:pa55w0rd@h/db?tls=x", "mysql://ada:pa55w0rd@h/db?timeout=x", "mysql://a%3Ab:pa55w0rd@h/db", "ada:pa55w0rd@tcp(h)/db",
		"redis://ada:pa55w0rd@h/x", "redis://ada:pa55w0rd@h/0?x=1", "redis://ada:pa55/w0rd@h", "http://ada:pa55w0rd@h", "redis://:12/w0rd@h",
	}
	for _, flag := range []string{"-db", "-redis"} {
		for _, mistake := range mistakes {
			_, err := parseFlags([]string{flag, mistake}, io.Discard)
			require.ErrorContains(t, err, flag, mistake)
			assert.NotRegexp(t, "pa55|w0rd", err.Error(), mistake)
		}
	}
	const url = "postgres://ada:pa55w0rd@h/db"
	for _, args := range [][]string{{url}, {"-db" + url}, {"-addr", url}, {"-issuer", url}, {"-resend-interval", url}, {"-origin", url}, {"-from", url}, {"-smtp", url}} {
		_, err := parseFlags(args, io.Discard)
		require.Error(t, err, args)
		assert.NotContains(t, err.Error(), "pa55w0rd", args)
	}
}

// failedStart returns all that a start says that fails, on the terminal and to the log.
func failedStart(t *testing.T, args ...string) string {
	t.Helper()
	t.Chdir(t.TempDir())
	var log bytes.Buffer
	defer slog.SetDefault(slog.Default())
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	stdout := &output{}
	err := run(t.Context(), append([]string{"-addr", "127.0.0.1:0", "-db", "memory"}, args...), stdout)
	require.Error(t, err)
	assert.Equal(t, 1, exitCode(err), "the flags themselves make sense")
	return err.Error() + stdout.String() + log.String()
}

func TestData_AServerThatIsNotThereIsSaidWithoutThePassword(t *testing.T) {
	for url, words := range map[string]string{
		"postgres://ada:password@127.0.0.1:1/app": "PostgreSQL at 127.0.0.1:1, database app cannot be used: start it, or set -db",
		"mysql://ada:password@127.0.0.1:1/app":    "MySQL at 127.0.0.1:1, database app cannot be used: start it, or set -db",
	} {
		said := failedStart(t, "-db", url)
		assert.Contains(t, said, words)
		assert.NotContains(t, said, "password")
	}
	said := failedStart(t, "-redis", "redis://ada:password@127.0.0.1:1")
	assert.Contains(t, said, "Redis at 127.0.0.1:1, database 0 cannot be used: start it, or correct -redis")
	assert.NotContains(t, said, "password")
}

func TestData_AServerThatRefusesIsSaidWithoutThePassword(t *testing.T) {
	said := failedStart(t, "-db", emptyMySQL(t, func(c *mysql.Config) { c.User, c.Passwd = "nobody", "password of nobody" }))
	assert.Contains(t, said, "Access denied for user 'nobody'")
	assert.NotContains(t, said, "password of")
}

func TestData_WithAnotherSecretTheKeysAreNotOpened(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, start(t, "-db", "sqlite:app.db").stop())
	require.NoError(t, os.Remove("app.db-secret"))
	err := run(t.Context(), []string{"-addr", "127.0.0.1:0", "-db", "sqlite:app.db"}, io.Discard)
	assert.ErrorContains(t, err, "with the secret in app.db-secret (see -secret)")
	assert.ErrorContains(t, err, "cannot be decrypted")
}
