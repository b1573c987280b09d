package handler_test

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/adapters/redisstore"
	"github.com/nativeauth/nativeauth/adapters/scsstore"
	"github.com/nativeauth/nativeauth/adapters/sqlstore"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/internal/peers"
	"github.com/nativeauth/nativeauth/store"
)

// places are two instances' views of one place for sessions.
var places = map[string]func(t *testing.T) [2]store.State{
	"memory": func(*testing.T) [2]store.State { s := memory.New(); return [2]store.State{s, s} },
	"SQLite": func(t *testing.T) (both [2]store.State) {
		file := filepath.Join(t.TempDir(), "sessions.db")
		for i := range both {
			db, err := sql.Open("sqlite", sqlstore.SQLiteDSN(file))
			require.NoError(t, err)
			t.Cleanup(func() { assert.NoError(t, db.Close()) })
			s, err := sqlstore.Open(t.Context(), db, sqlstore.SQLite)
			require.NoError(t, err)
			t.Cleanup(s.Close)
			both[i] = s
		}
		return both
	},
	"Redis": func(t *testing.T) (both [2]store.State) {
		o, err := redis.ParseURL(peers.Redis(t))
		require.NoError(t, err)
		prefix := "nativeauth-test-" + rand.Text() + ":"
		for i := range both {
			client := redis.NewClient(o)
			t.Cleanup(func() { assert.NoError(t, client.Close()) })
			s, err := redisstore.Open(t.Context(), client, redisstore.WithPrefix(prefix))
			require.NoError(t, err)
			both[i] = s
		}
		return both
	},
}

// twoInstances are two instances whose sessions are in one place.
func twoInstances(t *testing.T, test func(a, b *world)) {
	for name, fresh := range places {
		t.Run(name, func(t *testing.T) {
			both := fresh(t)
			_, first := withSessions(both[0])
			_, second := withSessions(both[1])
			a := newPages(t, first)
			b := a.sibling(cookies, second)
			b.serve("/me", b.auth.RequireSession()(whoami))
			test(a, b)
		})
	}
}

func TestSession_IsGoodAtEveryInstance(t *testing.T) {
	twoInstances(t, func(a, b *world) {
		a.signUp(casey)
		start := a.signInStart(paged, casey).ok()
		sent, code := b.nextCode(func() answer { return b.signInChallenge(paged, start) })
		x := a.browse()
		x.redeemCode(paged, sent, code).session()
		y := x.at(b)
		for range 3 {
			x.isSignedIn(casey)
			y.isSignedIn(casey)
		}
	})
}

// T15, for sessions: what is done at one instance holds at the other from the next request on.
func TestSession_EndsEverywhereAtOnce(t *testing.T) {
	twoInstances(t, func(a, b *world) {
		for name, end := range map[string]func(x *browser, user, id string){
			"a sign-out":       func(x *browser, _, _ string) { x.logout().noBody() },
			"a disabled user":  func(_ *browser, _, id string) { assert.NoError(t, a.auth.Disable(t.Context(), id)) },
			"ended sessions":   func(_ *browser, _, id string) { assert.NoError(t, a.auth.EndSessions(t.Context(), id)) },
			"a reset demanded": func(_ *browser, _, id string) { assert.NoError(t, a.auth.RequirePasswordReset(t.Context(), id)) },
			"a new password": func(_ *browser, _, id string) {
				assert.NoError(t, a.auth.SetPassword(t.Context(), id, "another harbour"))
			},
			"a reset":         func(_ *browser, user, _ string) { a.resetSubmit(keyed, a.proven(user), "another harbour").ok() },
			"a removed user":  func(_ *browser, _, id string) { a.users.gone = id },
			"a disabled row":  func(_ *browser, user, _ string) { a.update(user, func(u *store.User) { u.Disabled = true }) },
			"a row of before": func(_ *browser, user, _ string) { a.update(user, func(u *store.User) { u.Epoch-- }) },
		} {
			user := strings.ReplaceAll(name, " ", ".") + "@contoso.com"
			a.enrol(user, harbor)
			u, err := a.store.UserByUsername(t.Context(), user)
			require.NoError(t, err)

			x := a.browse()
			x.signIn(user)
			held := x.cookie()
			y := x.at(b)
			y.isSignedIn(user)
			end(x, user, u.ID)
			y.isNobody()
			if name != "a sign-out" { // of which this browser has not heard
				assert.Empty(t, y.cookie(), "%s: the browser forgets it", name)
			}
			for _, w := range []*world{a, b} {
				z := w.browse()
				z.hold(held)
				z.isNobody()
			}
			a.users.gone = ""
			if strings.Contains(name, "disabled") {
				require.NoError(t, a.auth.Enable(t.Context(), u.ID))
			}
			z := b.browse()
			z.hold(held)
			z.isNobody()
		}
	})
}

// It is the clock of the store that tells when nobody has used a session for an hour.
func TestSession_EndsAfterAnHourWithoutUse(t *testing.T) {
	b := newPages(t).browse()
	b.signUp(casey)
	b.signIn(casey)
	for range 3 {
		b.clock.pass(59 * time.Minute)
		b.isSignedIn(casey)
	}
	b.clock.pass(61 * time.Minute)
	b.isNobody()
}

func TestT19_ASessionEndsAfterADayHoweverBusy(t *testing.T) {
	verdicts, wrong := 0, 0
	t.Cleanup(func() { // a bubble that fails ends the test
		figure(t, fmt.Sprintf("T19 a session in use, early or late verdicts of %d", verdicts), wrong, "verdicts", 0)
	})
	m, with := withSessions(nil) // outside of the bubble, since scs leaves a goroutine
	synctest.Test(t, func(t *testing.T) {
		kept := memory.New()
		m.Store = scsstore.New(kept)
		cfg := handler.Config{
			Issuer: "http://127.0.0.1:8080", Users: kept, State: memory.New(), Sender: newMailbox(), Logger: slog.New(slog.DiscardHandler),
			ResendInterval: -1, Clients: []handler.Client{{ID: paged, Cookies: true}},
		}
		with(&cfg)
		mux := http.NewServeMux()
		auth, err := handler.Mount(mux, cfg)
		require.NoError(t, err)
		defer func() { assert.NoError(t, auth.Shutdown(t.Context())) }()
		mux.Handle("/me", auth.RequireSession()(whoami))
		require.NoError(t, kept.CreateUser(t.Context(), store.User{ID: "u", Username: casey, Email: casey}))
		ctx, err := m.Load(t.Context(), "")
		require.NoError(t, err)
		m.Put(ctx, "nativeauth", `{"u":"u","c":"`+paged+`","t":1,"m":["otp"]}`)
		token, _, err := m.Commit(ctx)
		require.NoError(t, err)

		judge := func(want int) {
			r := httptest.NewRequestWithContext(t.Context(), "GET", "/me", nil)
			r.AddCookie(&http.Cookie{Name: cookieName, Value: token})
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, r)
			if verdicts++; !assert.Equal(t, want, w.Code, "the %d. time", verdicts) {
				wrong++
			}
		}
		for range 47 {
			judge(200)
			time.Sleep(30 * time.Minute)
		}
		judge(200) // after 23 h 30 min
		time.Sleep(30*time.Minute - time.Millisecond)
		judge(200)
		time.Sleep(time.Millisecond)
		judge(401)
	})
}

// Somebody signs out while another request of theirs is under way.
func TestSession_ARequestUnderWayDoesNotBringItBack(t *testing.T) {
	w := newPages(t)
	arrived, leave := make(chan struct{}), make(chan struct{})
	w.serve("/slow", w.auth.RequireSession()(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-leave
		whoami(rw, r)
	})))
	b := w.browse()
	b.signUp(casey)
	b.signIn(casey)
	held := b.cookie()
	answered := make(chan answer)
	go func() { answered <- b.get("/slow") }()
	<-arrived
	other := b.at(w)
	other.logout().noBody()
	close(leave)
	a := <-answered
	assert.Equal(t, 200, a.status, "it was asked for in time")
	a.noCookie()
	b.hold(held)
	b.isNobody()
}

func TestSession_EndsWithItsClient(t *testing.T) {
	for name, change := range map[string]func(c *handler.Client){
		"a client that is disabled":         func(c *handler.Client) { c.Disabled = true },
		"a client without cookies by now":   func(c *handler.Client) { c.Cookies, c.LogoutURIs = false, nil },
		"a client that is gone":             func(c *handler.Client) { c.ID = "another" },
		"a client that asks for more today": func(c *handler.Client) { c.SecondFactor = handler.Always },
	} {
		t.Run(name, func(t *testing.T) {
			a := newPages(t)
			b := a.sibling(cookies, func(c *handler.Config) {
				for i := range c.Clients {
					if c.Clients[i].ID == paged {
						change(&c.Clients[i])
					}
				}
			})
			b.serve("/me", b.auth.RequireSession()(whoami))
			a.signUp(casey)
			x := a.browse()
			x.signIn(casey)
			x.isSignedIn(casey)
			x.at(b).isNobody()
		})
	}
}
