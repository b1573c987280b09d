package handler_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/adapters/redisstore"
	"github.com/nativeauth/nativeauth/adapters/sqlstore"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/internal/peers"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// BenchmarkStores is a complete sign-in by eight people at a time on each store, in turns with a floor
// that makes the unavoidable calls of the store only: one look-up of the account, and one row a step.
// It reports the sign-ins per second of both, their relation, and the calls of a sign-in.
//
// NATIVEAUTH_BENCH=long does it beside a million users and 100,000 pending flows, too.
func BenchmarkStores(b *testing.B) {
	sizes := []size{{1_000, 0}}
	if os.Getenv("NATIVEAUTH_BENCH") == "long" {
		sizes = append(sizes, size{1_000_000, 100_000})
	}
	for _, kind := range benchStores {
		for _, n := range sizes {
			b.Run(fmt.Sprintf("%s/users=%d/pending=%d", kind.name, n.users, n.pending), func(b *testing.B) {
				s := kind.open(b)
				s.fill(b, n)
				benchStore(b, s)
			})
		}
	}
}

// size is what is in a store beside the people who sign in.
type size struct{ users, pending int }

// benchStores are the stores, and how to open an empty one.
var benchStores = []struct {
	name string
	open func(b testing.TB) *countedStore
}{
	{"memory", func(b testing.TB) *countedStore {
		m := memory.New()
		return &countedStore{Users: m, State: m, dump: func() string { return dumpMemory(m) }}
	}},
	{"SQLite", func(b testing.TB) *countedStore {
		file := filepath.Join(b.TempDir(), "bench.db")
		s := openSQL(b, "sqlite", sqlstore.SQLiteDSN(file), sqlstore.SQLite, bulk{
			users:   "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %[2]d) INSERT INTO %[1]susers (id, username, email, attributes, disabled, epoch, version, created_at) SELECT 'other' || i, 'other' || i, '', '{}', 0, 0, 1, 0 FROM n",
			pending: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %[2]d) INSERT INTO %[1]sstate SELECT CAST('other' || i AS BLOB), zeroblob(350), 1, 9e15 FROM n",
		})
		rows := s.dump
		s.dump = func() string { return rows() + readAll(b, file) + readAll(b, file+"-wal") } // with what was deleted
		return s
	}},
	{"PostgreSQL", func(b testing.TB) *countedStore {
		return openSQL(b, "pgx", peers.Postgres(b), sqlstore.Postgres, bulk{
			users:   "INSERT INTO %[1]susers (id, username, email, attributes, disabled, epoch, version, created_at) SELECT 'other' || i, 'other' || i, '', '{}', false, 0, 1, 0 FROM generate_series(1, %[2]d) AS n(i)",
			pending: "INSERT INTO %[1]sstate SELECT convert_to('other' || i, 'UTF8'), convert_to(repeat('x', 350), 'UTF8'), 1, 9e15 FROM generate_series(1, %[2]d) AS n(i)",
		})
	}},
	{"MySQL", func(b testing.TB) *countedStore {
		const numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %[2]d) SELECT "
		return openSQL(b, "mysql", peers.MySQL(b)+"?interpolateParams=true&max_recursive_iterations=4294967295", sqlstore.MySQL, bulk{
			users:   "INSERT INTO %[1]susers (id, username, email, attributes, disabled, epoch, version, created_at) " + numbers + "concat('other', i), concat('other', i), '', '{}', 0, 0, 1, 0 FROM n",
			pending: "INSERT INTO %[1]sstate " + numbers + "concat('other', i), repeat('x', 350), 1, 9000000000000000 FROM n",
		})
	}},
	{"Redis", func(b testing.TB) *countedStore {
		o, err := redis.ParseURL(peers.Redis(b))
		require.NoError(b, err)
		o.ContextTimeoutEnabled = true
		client := redis.NewClient(o)
		prefix := "bench" + strings.ToLower(rand.Text()) + ":"
		s, err := redisstore.Open(b.Context(), client, redisstore.WithPrefix(prefix))
		require.NoError(b, err)
		b.Cleanup(func() { dropRedis(b, client, prefix) })
		users := memory.New()
		return &countedStore{Users: users, State: s, dump: func() string { return dumpMemory(users) + dumpRedis(b, client, prefix) }}
	}},
}

// bulk holds the statements that put many rows in, after the prefix of the tables and a number.
type bulk struct{ users, pending string }

func openSQL(b testing.TB, driver, dsn string, d sqlstore.Dialect, rows bulk) *countedStore {
	db, err := sql.Open(driver, dsn)
	require.NoError(b, err)
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	prefix := "bench" + strings.ToLower(rand.Text()[:8]) + "_"
	s, err := sqlstore.Open(b.Context(), db, d, sqlstore.WithTablePrefix(prefix))
	require.NoError(b, err)
	b.Cleanup(func() {
		s.Close()
		for _, table := range sqlTables {
			_, _ = db.Exec("DROP TABLE IF EXISTS " + prefix + table)
		}
		_ = db.Close()
	})
	dump := func() string { return dumpSQL(b, db, prefix) }
	return &countedStore{Users: s, State: s, sql: s, dump: dump, fillWith: func(n size) {
		_, err := db.Exec(fmt.Sprintf(rows.users, prefix, n.users))
		require.NoError(b, err)
		if n.pending > 0 {
			_, err = db.Exec(fmt.Sprintf(rows.pending, prefix, n.pending))
			require.NoError(b, err)
		}
	}}
}

func dumpMemory(s *memory.Store) string {
	var text strings.Builder
	writeTexts(&text, reflect.ValueOf(*s.Snapshot()))
	return text.String()
}

// writeTexts writes every text that is somewhere in a value.
func writeTexts(text *strings.Builder, v reflect.Value) {
	switch {
	case v.Kind() == reflect.String:
		text.WriteString(v.String() + "\n")
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		text.WriteString(string(v.Bytes()) + "\n")
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			writeTexts(text, v.Index(i))
		}
	case v.Kind() == reflect.Map:
		for key, value := range v.Seq2() {
			writeTexts(text, key)
			writeTexts(text, value)
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			writeTexts(text, v.Field(i))
		}
	}
}

var sqlTables = []string{"users", "state", "counters", "signing_keys", "migrations"}

func dumpSQL(b testing.TB, db *sql.DB, prefix string) string {
	var text strings.Builder
	for _, table := range sqlTables {
		rows, err := db.Query("SELECT * FROM " + prefix + table)
		require.NoError(b, err)
		columns, err := rows.Columns()
		require.NoError(b, err)
		for rows.Next() {
			row, into := make([]sql.RawBytes, len(columns)), make([]any, len(columns))
			for i := range row {
				into[i] = &row[i]
			}
			require.NoError(b, rows.Scan(into...))
			for _, value := range row {
				text.Write(value)
				text.WriteByte('\n')
			}
		}
		require.NoError(b, rows.Err())
		require.NoError(b, rows.Close())
	}
	return text.String()
}

func readAll(b testing.TB, file string) string {
	text, err := os.ReadFile(file)
	require.NoError(b, err)
	return string(text)
}

func dumpRedis(b testing.TB, client *redis.Client, prefix string) string {
	ctx := context.Background()
	var text strings.Builder
	keys := client.Scan(ctx, 0, prefix+"*", 1000).Iterator()
	for keys.Next(ctx) {
		value, err := client.Get(ctx, keys.Val()).Result()
		if !errors.Is(err, redis.Nil) { // it ended meanwhile
			require.NoError(b, err)
		}
		text.WriteString(keys.Val() + "\n" + value + "\n")
	}
	require.NoError(b, keys.Err())
	return text.String()
}

func dropRedis(b testing.TB, client *redis.Client, prefix string) {
	ctx := context.Background()
	keys := client.Scan(ctx, 0, prefix+"*", 1000).Iterator()
	for keys.Next(ctx) {
		client.Unlink(ctx, keys.Val())
	}
	require.NoError(b, keys.Err())
	_ = client.Close()
}

// countedStore counts the calls that a sign-in makes.
type countedStore struct {
	store.Users
	store.State
	fillWith func(size)      // nil where others go in one by one
	dump     func() string   // all that is in it, as it lies there
	sql      *sqlstore.Store // nil where it is none

	users, state atomic.Int64
}

func (s *countedStore) UserByUsername(ctx context.Context, name string) (store.User, error) {
	s.users.Add(1)
	return s.Users.UserByUsername(ctx, name)
}

func (s *countedStore) UserByID(ctx context.Context, id string) (store.User, error) {
	s.users.Add(1)
	return s.Users.UserByID(ctx, id)
}

func (s *countedStore) Get(ctx context.Context, key string) (store.Entry, error) {
	s.state.Add(1)
	return s.State.Get(ctx, key)
}

func (s *countedStore) Put(ctx context.Context, key string, e store.Entry) error {
	s.state.Add(1)
	return s.State.Put(ctx, key, e)
}

func (s *countedStore) Add(ctx context.Context, key string, delta int64, ttl time.Duration) (store.Count, error) {
	s.state.Add(1)
	return s.State.Add(ctx, key, delta, ttl)
}

// fill puts others into the store.
func (s *countedStore) fill(b *testing.B, n size) {
	b.Helper()
	if s.fillWith != nil {
		s.fillWith(n)
		return
	}
	for i := range n.users {
		name := fmt.Sprintf("other%d@contoso.com", i)
		require.NoError(b, s.Users.CreateUser(b.Context(), store.User{ID: fmt.Sprint("other", i), Username: name, Email: name}))
	}
	for i := range n.pending {
		require.NoError(b, s.State.Put(b.Context(), fmt.Sprint("other/", i), store.Entry{Value: make([]byte, 350), TTL: time.Hour}))
	}
}

const people = 8

// postbox hands each person the code that is sent to them.
type postbox struct {
	mu    sync.Mutex
	codes map[string]chan string
}

func (p *postbox) of(user string) chan string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.codes[user] == nil {
		p.codes[user] = make(chan string, 1)
	}
	return p.codes[user]
}

func (p *postbox) Send(_ context.Context, m otp.Message) error {
	p.of(string(m.To)) <- m.Code
	return nil
}

func benchStore(b *testing.B, s *countedStore) {
	mail := &postbox{codes: map[string]chan string{}}
	mux := http.NewServeMux()
	auth, err := handler.Mount(mux, handler.Config{
		Issuer: "http://127.0.0.1/auth", Clients: []handler.Client{{ID: plain}}, Users: s, State: s, Sender: mail, Limits: handler.Limits{Off: true},
		Logger: slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	require.NoError(b, err)
	api := httptest.NewServer(mux)
	least := newStoreFloor(b, s)
	b.Cleanup(func() {
		api.Close()
		_ = auth.Shutdown(context.Background())
	})
	var ours, floors [people]*wire
	for i := range people {
		ours[i], floors[i] = dial(b, api.URL), dial(b, least.URL)
		name := person(i)
		require.NoError(b, s.Users.CreateUser(b.Context(), store.User{ID: fmt.Sprint("person", i), Username: name, Email: name}))
	}
	s.users.Store(0)
	s.state.Store(0)
	var used, floor time.Duration
	done := 0
	b.ResetTimer()
	for done < b.N {
		n := min(50, (b.N-done+people-1)/people) // turns so short that noise hits both alike
		used += atOnce(func(i int) {
			for range n {
				signInOf(b, ours[i], person(i), mail)
			}
		})
		floor += atOnce(func(i int) {
			for range n {
				floorOf(b, floors[i], person(i))
			}
		})
		done += n * people
	}
	b.ReportMetric(float64(done)/used.Seconds(), "sign-ins/s")
	b.ReportMetric(float64(done)/floor.Seconds(), "floor/s")
	b.ReportMetric(float64(floor)/float64(used), "of-floor")
	b.ReportMetric(float64(s.users.Load())/float64(done), "users-calls")
	b.ReportMetric(float64(s.state.Load())/float64(done), "state-calls")
}

func person(i int) string { return fmt.Sprintf("person%d@contoso.com", i) }

// atOnce lets everybody do something and returns how long it took.
func atOnce(do func(i int)) time.Duration {
	var all sync.WaitGroup
	start := time.Now()
	for i := range people {
		all.Go(func() { do(i) })
	}
	all.Wait()
	return time.Since(start)
}

func signInOf(b *testing.B, c *wire, user string, mail *postbox) {
	token := c.post(b, "/auth/oauth2/v2.0/initiate", benchClient+"username="+user, "continuation_token")
	token = c.post(b, "/auth/oauth2/v2.0/challenge", benchClient+"continuation_token="+token, "continuation_token")
	c.post(b, "/auth/oauth2/v2.0/token", benchClient+"grant_type=oob&scope=openid+offline_access&oob="+<-mail.of(user)+"&continuation_token="+token, "id_token")
}

func floorOf(b *testing.B, c *wire, user string) {
	token := c.post(b, "/initiate", benchClient+"username="+user, "continuation_token")
	token = c.post(b, "/challenge", benchClient+"continuation_token="+token, "continuation_token")
	c.post(b, "/token", benchClient+"grant_type=oob&scope=openid+offline_access&oob=12345678&continuation_token="+token, "id_token")
}

// newStoreFloor is the floor of newFloor with its unavoidable calls of a store.
func newStoreFloor(b *testing.B, s *countedStore) *httptest.Server {
	b.Helper()
	f := newFloorHandler(b)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/initiate" {
			if _, err := s.Users.UserByUsername(r.Context(), casey); err == nil {
				panic("nobody has that name")
			}
		}
		err := s.State.Put(r.Context(), rand.Text(), store.Entry{Value: make([]byte, 350), TTL: time.Minute})
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		f.serve(w, r)
	}))
	b.Cleanup(server.Close)
	return server
}
