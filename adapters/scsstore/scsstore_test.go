package scsstore_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/adapters/redisstore"
	"github.com/nativeauth/nativeauth/adapters/scsstore"
	"github.com/nativeauth/nativeauth/adapters/sqlstore"
	"github.com/nativeauth/nativeauth/internal/peers"
	"github.com/nativeauth/nativeauth/store"
)

// states are the stores that every promise is tried on.
var states = map[string]func(t *testing.T) store.State{
	"memory": func(*testing.T) store.State { return memory.New() },
	"SQLite": func(t *testing.T) store.State {
		return open(t, "sqlite", sqlstore.SQLiteDSN(filepath.Join(t.TempDir(), "sessions.db")), sqlstore.SQLite)
	},
	"PostgreSQL": func(t *testing.T) store.State {
		dsn, name := peers.Postgres(t), "nativeauth_test_"+strings.ToLower(rand.Text())
		db, err := sql.Open("pgx", dsn)
		require.NoError(t, err)
		_, err = db.Exec(`CREATE SCHEMA ` + name)
		require.NoError(t, err)
		t.Cleanup(func() {
			_, err := db.Exec(`DROP SCHEMA ` + name + ` CASCADE`)
			assert.NoError(t, err)
			assert.NoError(t, db.Close())
		})
		separator := map[bool]string{true: "&", false: "?"}[strings.Contains(dsn, "?")]
		return open(t, "pgx", dsn+separator+"search_path="+name, sqlstore.Postgres)
	},
	"Redis": func(t *testing.T) store.State {
		o, err := redis.ParseURL(peers.Redis(t))
		require.NoError(t, err)
		client, name := redis.NewClient(o), "nativeauth-test-"+rand.Text()+":"
		t.Cleanup(func() {
			for keys := client.Scan(context.Background(), 0, name+"*", 1000).Iterator(); keys.Next(context.Background()); {
				client.Del(context.Background(), keys.Val())
			}
			assert.NoError(t, client.Close())
		})
		s, err := redisstore.Open(t.Context(), client, redisstore.WithPrefix(name))
		require.NoError(t, err)
		return s
	},
}

func open(t *testing.T, driver, dsn string, dialect sqlstore.Dialect) store.State {
	db, err := sql.Open(driver, dsn)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	s, err := sqlstore.Open(t.Context(), db, dialect)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

func onEach(t *testing.T, test func(t *testing.T, state store.State)) {
	for name, fresh := range states {
		t.Run(name, func(t *testing.T) { test(t, fresh(t)) })
	}
}

func inAnHour() time.Time { return time.Now().Add(time.Hour) }

// holds checks what a store has for a token; nil means nothing.
func holds(t *testing.T, s scs.Store, token string, want []byte) {
	t.Helper()
	b, found, err := s.Find(token)
	require.NoError(t, err)
	assert.Equal(t, want != nil, found)
	assert.Equal(t, want, b)
}

func TestStore_KeepsWhatSCSExpects(t *testing.T) {
	onEach(t, func(t *testing.T, state store.State) {
		s := scsstore.New(state)
		holds(t, s, "unknown", nil)
		require.NoError(t, s.Delete("unknown"), "a token that does not exist is no error")

		require.NoError(t, s.Commit("a", []byte("one\x00\xff"), inAnHour()))
		holds(t, s, "a", []byte("one\x00\xff"))
		require.NoError(t, s.Commit("a", []byte("two"), inAnHour()))
		holds(t, s, "a", []byte("two"))
		require.NoError(t, s.Commit("b", []byte("other"), inAnHour()))
		holds(t, s, "a", []byte("two"))

		require.NoError(t, s.Delete("a"))
		holds(t, s, "a", nil)
		require.NoError(t, s.Delete("a"), "again")
		holds(t, s, "b", []byte("other"))
	})
}

func TestStore_ASessionLivesUntilItsExpiry(t *testing.T) {
	now := time.Now()
	s := scsstore.New(memory.NewAt(func() time.Time { return now }))
	require.NoError(t, s.Commit("a", []byte("one"), now.Add(time.Hour)))
	now = now.Add(time.Hour - time.Minute)
	holds(t, s, "a", []byte("one"))
	require.NoError(t, s.Commit("a", []byte("one"), time.Now().Add(2*time.Minute)))
	now = now.Add(time.Minute + time.Second)
	holds(t, s, "a", []byte("one"))
	now = now.Add(time.Minute)
	holds(t, s, "a", nil)
}

func TestStore_ACommitOfWhatIsOverLeavesNothing(t *testing.T) {
	onEach(t, func(t *testing.T, state store.State) {
		s := scsstore.New(state)
		require.NoError(t, s.Commit("a", []byte("one"), time.Now().Add(-time.Second)))
		holds(t, s, "a", nil)
		require.NoError(t, s.Commit("b", []byte("one"), inAnHour()))
		require.NoError(t, s.Commit("b", []byte("two"), time.Now()))
		holds(t, s, "b", nil)
	})
}

// Somebody signs out while another request of theirs is under way, which then commits what it has read.
func TestStore_NoCommitBringsADeletedSessionBack(t *testing.T) {
	onEach(t, func(t *testing.T, state store.State) {
		s := scsstore.New(state)
		require.NoError(t, s.Commit("a", []byte("one"), inAnHour()))
		require.NoError(t, s.Delete("a"))
		assert.ErrorIs(t, s.Commit("a", []byte("two"), inAnHour()), scsstore.ErrEnded)
		holds(t, s, "a", nil)
	})
}

func TestStore_CommitsAtOnceLeaveOneOfThem(t *testing.T) {
	onEach(t, func(t *testing.T, state store.State) {
		s := scsstore.New(state)
		var done sync.WaitGroup
		errs := make([]error, 30)
		for i := range errs {
			done.Go(func() { errs[i] = s.Commit("a", []byte(fmt.Sprintf("writer %02d", i)), inAnHour()) })
		}
		done.Wait()
		require.NoError(t, errors.Join(errs...))
		b, found, err := s.Find("a")
		require.NoError(t, err)
		require.True(t, found)
		assert.Regexp(t, `^writer \d\d$`, string(b))
	})
}

func TestStore_ADeleteAmongCommitsIsTheLastWord(t *testing.T) {
	onEach(t, func(t *testing.T, state store.State) {
		s := scsstore.New(state)
		for round := range 5 {
			token := fmt.Sprint("token", round)
			require.NoError(t, s.Commit(token, []byte("first"), inAnHour()))
			var done sync.WaitGroup
			errs := make([]error, 16)
			for i := range errs {
				done.Go(func() { errs[i] = s.Commit(token, []byte("again"), inAnHour()) })
			}
			require.NoError(t, s.Delete(token))
			done.Wait()
			for _, err := range errs {
				if err != nil {
					require.ErrorIs(t, err, scsstore.ErrEnded)
				}
			}
			holds(t, s, token, nil)
		}
	})
}

func TestStore_TheSizeIsBounded(t *testing.T) {
	onEach(t, func(t *testing.T, state store.State) {
		s := scsstore.New(state)
		most := make([]byte, 8<<10)
		_, _ = rand.Read(most)
		require.NoError(t, s.Commit("a", most, inAnHour()))
		holds(t, s, "a", most)
		err := s.Commit("a", append(most, 0), inAnHour())
		assert.EqualError(t, err, "scsstore: commit: the session has 8193 bytes, at most 8192 fit: keep less in it, or keep it elsewhere")
		holds(t, s, "a", most)
	})
}

// A browser can send any cookie.
func TestStore_ATokenOfNoLengthIsAnError(t *testing.T) {
	onEach(t, func(t *testing.T, state store.State) {
		s := scsstore.New(state)
		for _, token := range []string{"", strings.Repeat("x", 192), strings.Repeat("x", 193), strings.Repeat("x", 8000), "\x00\xff/../clock"} {
			holds(t, s, token, nil)
			assert.NoError(t, s.Delete(token))
		}
		assert.Error(t, s.Commit(strings.Repeat("x", 193), []byte("one"), inAnHour()))
		require.NoError(t, s.Commit(strings.Repeat("x", 192), []byte("one"), inAnHour()))
		holds(t, s, strings.Repeat("x", 192), []byte("one"))
	})
}

func TestStore_ItsKeysMeetNoOthers(t *testing.T) {
	state := memory.New()
	require.NoError(t, state.Put(t.Context(), "clock", store.Entry{Value: []byte("theirs"), TTL: time.Hour}))
	s := scsstore.New(state)
	holds(t, s, "clock", nil)
	require.NoError(t, s.Commit("clock", []byte("ours"), inAnHour()))
	require.NoError(t, s.Delete("clock"))
	e, err := state.Get(t.Context(), "clock")
	require.NoError(t, err)
	assert.Equal(t, "theirs", string(e.Value))
}

// failing is a store that is out of order: it says so, or says nothing until its context is done.
type failing struct {
	store.State
	err error // nil means to hang
}

func (f failing) meet(ctx context.Context) error {
	if f.err == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	return f.err
}

func (f failing) Get(ctx context.Context, _ string) (store.Entry, error) {
	return store.Entry{}, f.meet(ctx)
}

func TestStore_ThatFailsOrHangsIsAnErrorInTime(t *testing.T) {
	for name, cause := range map[string]error{"fails": errors.New("out of order"), "hangs": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scsstore.New(failing{memory.New(), cause})
			for what, call := range map[string]func() error{
				"find":   func() error { _, _, err := s.Find("a"); return err },
				"commit": func() error { return s.Commit("a", []byte("one"), inAnHour()) },
				"delete": func() error { return s.Delete("a") },
			} {
				t.Run(what, func(t *testing.T) {
					t.Parallel()
					start := time.Now()
					err := call()
					require.ErrorContains(t, err, "scsstore: "+what+": ")
					assert.NotErrorIs(t, err, scsstore.ErrEnded)
					assert.Less(t, time.Since(start), 8*time.Second) // it hangs for good
					if cause != nil {
						assert.ErrorIs(t, err, cause)
					}
				})
			}
		})
	}
}

func TestStore_KeepsToTheContextOfTheCaller(t *testing.T) {
	s := scsstore.New(memory.New())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := s.FindCtx(ctx, "a")
	assert.ErrorIs(t, err, context.Canceled)
	assert.ErrorIs(t, s.CommitCtx(ctx, "a", []byte("one"), inAnHour()), context.Canceled)
	assert.ErrorIs(t, s.DeleteCtx(ctx, "a"), context.Canceled)
}

// The manager itself, over HTTP, as an app uses it.
func TestStore_ServesASessionManager(t *testing.T) {
	onEach(t, func(t *testing.T, state store.State) {
		m := scs.New()
		m.Store, m.HashTokenInStore, m.IdleTimeout = scsstore.New(state), true, time.Hour
		mux := http.NewServeMux()
		mux.HandleFunc("/put", func(_ http.ResponseWriter, r *http.Request) { m.Put(r.Context(), "name", r.FormValue("name")) })
		mux.HandleFunc("/get", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, m.GetString(r.Context(), "name")) })
		mux.HandleFunc("/renew", func(_ http.ResponseWriter, r *http.Request) { assert.NoError(t, m.RenewToken(r.Context())) })
		mux.HandleFunc("/destroy", func(_ http.ResponseWriter, r *http.Request) { assert.NoError(t, m.Destroy(r.Context())) })
		server := httptest.NewServer(m.LoadAndSave(mux))
		defer server.Close()
		jar, err := cookiejar.New(nil)
		require.NoError(t, err)
		client := &http.Client{Jar: jar}
		body := func(path string) string {
			resp, err := client.Get(server.URL + path)
			require.NoError(t, err)
			defer resp.Body.Close()
			require.Equal(t, 200, resp.StatusCode)
			text, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			return string(text)
		}
		assert.Empty(t, body("/get"))
		body("/put?name=ada")
		assert.Equal(t, "ada", body("/get"))
		body("/renew")
		assert.Equal(t, "ada", body("/get"))
		body("/destroy")
		assert.Empty(t, body("/get"))
	})
}
