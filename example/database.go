package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"github.com/nativeauth/nativeauth/adapters/sqlstore"
)

// database is what -db names.
type database struct {
	driver string // of database/sql; "" for memory
	dsn    string // what the driver wants, perhaps with a password in it: not for people
	name   string // for people
	secret string // the file of the secret unless -secret names one; "" for none
}

// parseDatabase reads -db. Like all that read URLs here, it never repeats one in what it says of a
// mistake: there may be a password in it.
func parseDatabase(s string) (database, error) {
	kind, file, _ := strings.Cut(s, ":")
	switch {
	case s == "memory":
		return database{name: "memory"}, nil
	case kind == "sqlite" && file != "":
		return database{"sqlite", sqlstore.SQLiteDSN(file), "SQLite file " + file, file + "-secret"}, nil
	case kind == "postgres", kind == "postgresql":
		return postgresDatabase(s)
	case kind == "mysql":
		return mysqlDatabase(s)
	}
	return database{}, errors.New("-db is none of " + databaseForms)
}

const databaseForms = "memory, sqlite:FILE, postgres://USER:PASSWORD@HOST:PORT/DATABASE and mysql://USER:PASSWORD@HOST:PORT/DATABASE"

func postgresDatabase(s string) (database, error) {
	u, err := serverURL(s)
	if err != nil {
		return database{}, fmt.Errorf("-db %w", err)
	}
	if !u.Query().Has("connect_timeout") {
		u.RawQuery = strings.TrimPrefix(u.RawQuery+"&connect_timeout=5", "&")
	}
	c, err := pgx.ParseConfig(u.String())
	if err != nil {
		return database{}, fmt.Errorf("-db: %w", err) // pgx crosses passwords out
	}
	at := net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port)))
	return database{"pgx", u.String(), serverName("PostgreSQL", at, c.Database), defaultSecret}, nil
}

// mysqlSettings are those of a connection where the URL does not say otherwise. Requests end sooner
// than these waits; they are for connections on which nobody answers.
const mysqlSettings = "interpolateParams=true&timeout=5s&readTimeout=30s&writeTimeout=30s"

// mysqlDatabase turns a URL into a DSN of the driver. The URL's query is that of the DSN.
func mysqlDatabase(s string) (database, error) {
	u, err := serverURL(s)
	if err != nil {
		return database{}, fmt.Errorf("-db %w", err)
	}
	// The driver takes the last of two values, and the last slash for the one before the database.
	c, err := mysql.ParseDSN("/?" + mysqlSettings + "&" + strings.ReplaceAll(u.RawQuery, "/", "%2F"))
	if err != nil {
		return database{}, fmt.Errorf("-db: %w", err)
	}
	c.Net, c.Addr = "tcp", net.JoinHostPort(cmp.Or(u.Hostname(), "127.0.0.1"), cmp.Or(u.Port(), "3306"))
	c.User = u.User.Username()
	c.Passwd, _ = u.User.Password()
	c.DBName = strings.TrimPrefix(u.Path, "/")
	if c.DBName == "" {
		return database{}, errors.New("-db names no database: say mysql://USER:PASSWORD@HOST:PORT/DATABASE")
	}
	if strings.Contains(c.User, ":") {
		return database{}, errors.New("-db names a user with a colon, which MySQL's driver does not take")
	}
	return database{"mysql", c.FormatDSN(), serverName("MySQL", c.Addr, c.DBName), defaultSecret}, nil
}

// redisOptions reads -redis; nil stands for no Redis.
func redisOptions(s string) (*redis.Options, error) {
	if s == "" {
		return nil, nil
	}
	if _, err := serverURL(s); err != nil {
		return nil, fmt.Errorf("-redis %w", err)
	}
	c, err := redis.ParseURL(s)
	if err != nil {
		return nil, fmt.Errorf("-redis: %w", err)
	}
	c.ContextTimeoutEnabled = true // a request that is over gives its connection back
	return c, nil
}

// serverURL reads a URL that may hold a password, and says nothing of it where it is none. An @ behind
// the host is refused, since most likely a password before it has a / or a ? that is not escaped, and
// the password would be taken for something that can be told.
func serverURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || u.Opaque != "" || u.Fragment != "" || strings.Contains(u.EscapedPath()+u.RawQuery, "@") {
		return nil, errors.New("is not a URL of the form SCHEME://USER:PASSWORD@HOST:PORT/DATABASE: " +
			"within a part of it write % as %25, / as %2F, : as %3A, ? as %3F, @ as %40 and # as %23")
	}
	return u, nil
}

func serverName(kind, at, database string) string {
	return fmt.Sprintf("%s at %s, database %s", kind, at, database)
}
