package handler_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// L2 of the security requirements: how often a password may be tried.

const loud = "a loud harbour" // never the right one

// plainTries is a hiding world that does not hide, with one account.
func plainTries(t *testing.T, change ...func(*handler.Config)) *hiding {
	h := newHiding(t, append([]func(*handler.Config){func(c *handler.Config) { c.HideAccounts = false }}, change...)...)
	h.create(store.User{ID: "casey", Username: casey, Email: casey, PasswordHash: h.hash})
	return h
}

// fails tries a wrong password n times.
func (h *hiding) fails(n int) {
	h.Helper()
	asked := h.askedPassword(keyed, casey)
	for range n {
		h.redeemPassword(keyed, asked, loud).refused(400, "invalid_grant", "", 50126)
	}
}

// tried is the count of wrong tries.
func (h *hiding) tried() int64 {
	h.Helper()
	n, err := h.store.Add(h.Context(), h.spy.key(), 0, time.Hour)
	require.NoError(h, err)
	return n.Value
}

func TestTries_SignInAndChangeShareOneCount(t *testing.T) {
	t.Parallel()
	h := plainTries(t)
	b := h.sibling()
	h.fails(5)
	for range 4 {
		require.ErrorIs(t, b.auth.ChangePassword(t.Context(), "casey", loud, "a busy harbour"), handler.ErrWrongPassword)
	}
	b.enter(casey, harbor).tokens() // nine are free
	b.redeemPassword(keyed, b.askedPassword(keyed, casey), loud).refused(400, "invalid_grant", "", 50126)
	h.enter(casey, harbor).refused(400, "invalid_grant", "", 50126)
	require.ErrorIs(t, h.auth.ChangePassword(t.Context(), "casey", harbor, "a busy harbour"), handler.ErrWrongPassword)
	h.clock.pass(30 * time.Second)
	require.NoError(t, h.auth.ChangePassword(t.Context(), "casey", harbor, "a busy harbour"))
	b.enter(casey, "a busy harbour").tokens()
}

// One count, too, for people who have two names: what they sign in with and where their mail goes.
func TestTries_AnAliasIsCountedAsItsAddress(t *testing.T) {
	t.Parallel()
	for _, hide := range []bool{false, true} {
		h := newHiding(t, func(c *handler.Config) { c.HideAccounts = hide })
		h.create(store.User{ID: "casey", Username: "casey", Email: casey, PasswordHash: h.hash})
		for range 9 {
			require.ErrorIs(t, h.auth.ChangePassword(t.Context(), "casey", loud, "a busy harbour"), handler.ErrWrongPassword)
		}
		h.enter("casey", loud).refused(400, "invalid_grant", "", 50126)
		h.enter("casey", harbor).refused(400, "invalid_grant", "", 50126)
		assert.EqualValues(t, 10, h.tried())
	}
}

func TestTries_FromTheTenthOnEachHasToWaitLonger(t *testing.T) {
	t.Parallel()
	h := plainTries(t)
	h.fails(10)
	for _, wait := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute, 15 * time.Minute} {
		h.clock.pass(wait - time.Millisecond)
		asked := h.askedPassword(keyed, casey)
		right, wrong := mask(h.raw(asked, harbor)), mask(h.raw(asked, loud))
		assert.Contains(t, string(right), "50126")
		require.Equal(t, string(wrong), string(right), "a right one before %v are over", wait)
		h.clock.pass(time.Millisecond)
		h.redeemPassword(keyed, asked, loud).refused(400, "invalid_grant", "", 50126) // compared
	}
	assert.EqualValues(t, 17, h.tried(), "those that had to wait were counted")
	h.clock.pass(15 * time.Minute)
	h.enter(casey, harbor).tokens()
	h.enter(casey, harbor).tokens() // a right one begins no wait
}

// A day is of the first try of it. Any 24 hours touch two, and see a hundred at the most.
func TestTries_FiftyADay(t *testing.T) {
	t.Parallel()
	h := plainTries(t)
	h.fails(1)
	_, err := h.store.Add(t.Context(), h.spy.key(), 48, time.Hour)
	require.NoError(t, err)
	h.enter(casey, harbor).tokens()
	h.fails(1)
	assert.EqualValues(t, 50, h.tried())
	h.clock.pass(15 * time.Minute)
	h.enter(casey, harbor).refused(400, "invalid_grant", "", 50126)
	h.clock.pass(24*time.Hour - 15*time.Minute)
	h.enter(casey, harbor).tokens()
}

func TestTries_RightOnesAreFree(t *testing.T) {
	t.Parallel()
	h := plainTries(t)
	h.fails(9)
	for range 12 {
		h.enter(casey, harbor).tokens()
	}
	assert.EqualValues(t, 9, h.tried())
}

func TestTries_WithATokenThatIsNoLongerGoodNothingIsCounted(t *testing.T) {
	t.Parallel()
	h := plainTries(t)
	over := h.askedPassword(keyed, casey)
	h.redeemPassword(keyed, over, harbor).tokens()
	replaced := h.askedPassword(keyed, casey)
	h.signInChallenge(keyed, replaced).ok()
	for range 6 {
		h.redeemPassword(keyed, over, harbor).badToken()
		h.redeemPassword(keyed, replaced, harbor).badToken()
	}
	assert.Zero(t, h.tried())
}

// A try is given back to the count that it came from, and not to the next, which would have more free
// ones then.
func TestTries_TheNextCountBeginsAtZero(t *testing.T) {
	t.Parallel()
	h := plainTries(t)
	h.fails(1)
	h.clock.pass(24*time.Hour - time.Second)
	asked := h.askedPassword(keyed, casey)
	h.spy.State = &slow{h.spy.State, h.clock}
	h.redeemPassword(keyed, asked, harbor)
	assert.Zero(t, h.tried())
}

// slow is a store after whose counting two seconds are gone.
type slow struct {
	store.State
	clock *clock
}

func (s *slow) Add(ctx context.Context, key string, delta int64, ttl time.Duration) (store.Count, error) {
	n, err := s.State.Add(ctx, key, delta, ttl)
	s.clock.pass(2 * time.Second)
	return n, err
}

func TestTries_NobodyIsCountedAsSomebodyIs(t *testing.T) {
	t.Parallel()
	c := &counted{}
	h := newHiding(t)
	c.Store = h.store
	h.spy.State = c
	h.create(store.User{ID: "casey", Username: casey, Email: casey, PasswordHash: h.hash})
	theirs, none := h.askedPassword(keyed, casey), h.askedPassword(keyed, "never@contoso.com")
	for n := range 12 {
		c.taken()
		h.redeemPassword(keyed, theirs, loud).refused(400, "invalid_grant", "", 50126)
		calls, tried := c.taken(), h.tried()
		c.taken()
		h.redeemPassword(keyed, none, loud).refused(400, "invalid_grant", "", 50126)
		assert.Equal(t, calls, c.taken(), "try %d", n+1)
		assert.Equal(t, tried, h.tried(), "try %d", n+1)
	}
}

// ailing is a store that cannot write some keys.
type ailing struct {
	store.State
	prefix string
}

var errAiling = errors.New("disk full")

func (a *ailing) Add(ctx context.Context, key string, delta int64, ttl time.Duration) (store.Count, error) {
	if a.prefix != "" && strings.HasPrefix(key, a.prefix) {
		return store.Count{}, errAiling
	}
	return a.State.Add(ctx, key, delta, ttl)
}

func (a *ailing) Put(ctx context.Context, key string, e store.Entry) error {
	if a.prefix != "" && strings.HasPrefix(key, a.prefix) {
		return errAiling
	}
	return a.State.Put(ctx, key, e)
}

// L5: what cannot be counted is not tried.
func TestTries_ThatCannotBeCountedAreRefused(t *testing.T) {
	t.Parallel()
	h := plainTries(t)
	a := &ailing{State: h.spy.State}
	h.spy.State = a
	asked := h.askedPassword(keyed, casey)
	a.prefix = "tried/"
	h.redeemPassword(keyed, asked, harbor).refused(503, "temporarily_unavailable", "", 90033)
	err := h.auth.ChangePassword(t.Context(), "casey", harbor, "a busy harbour")
	require.ErrorIs(t, err, errAiling)
	require.NotErrorIs(t, err, handler.ErrWrongPassword)
	a.prefix = ""
	h.fails(9)
	a.prefix = "wait/"
	h.redeemPassword(keyed, asked, harbor).refused(503, "temporarily_unavailable", "", 90033)
	a.prefix = ""
	h.enter(casey, harbor).tokens()
}

// causes is a log that counts what is given as the cause.
type causes struct {
	slog.Handler
	mu   sync.Mutex
	seen map[string]int
}

func newCauses() *causes { return &causes{Handler: slog.DiscardHandler, seen: map[string]int{}} }

func (c *causes) Enabled(context.Context, slog.Level) bool { return true }

func (c *causes) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "cause" {
			c.mu.Lock()
			c.seen[a.Value.String()]++
			c.mu.Unlock()
		}
		return true
	})
	return nil
}

func withCauses(log *causes) func(*handler.Config) {
	return func(c *handler.Config) { c.Logger = slog.New(log) }
}

// of counts the causes that have some words as a part.
func (c *causes) of(words string) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for cause, times := range c.seen {
		if strings.Contains(cause+": ", ": "+words+": ") {
			n += times
		}
	}
	return n
}

// L3 for passwords: of many wrong ones at once, at two instances, no more are compared than of as many
// in turn.
func TestTries_AtOnceAreNoMoreThanInTurn(t *testing.T) {
	const burst = 192
	onStores(t, func(t *testing.T, first, second hostStore) {
		log := newCauses()
		on := func(s hostStore) func(*handler.Config) {
			return func(c *handler.Config) { c.Logger, c.Now, c.Users = slog.New(log), time.Now, s }
		}
		h := newHiding(t, on(first))
		h.spy.State = first
		p := &pair{world: h.world, second: newWorld(t, hidden, on(second), func(c *handler.Config) { c.State = second })}
		require.NoError(t, first.CreateUser(t.Context(), store.User{ID: "casey", Username: casey, Email: casey, PasswordHash: h.hash}))
		asked := []string{h.askedPassword(keyed, casey), h.askedPassword(keyed, casey)}
		seen := p.shoot(burst, inToken, func(i int) []string {
			return []string{"client_id", keyed, "continuation_token", asked[i/2%2], "grant_type", "password", "password", fmt.Sprint(loud, i)}
		})
		compared := log.of("wrong password")
		figure(t, fmt.Sprintf("L2 %s wrong passwords compared, of %d at once", storeOf(t), burst), compared, "passwords", 10)
		assert.Equal(t, seen[400], compared+log.of("tried too often"))
		assert.Equal(t, burst, seen[400]+seen[503], "%v", seen)
		n, err := first.Add(t.Context(), h.spy.key(), 0, time.Hour)
		require.NoError(t, err)
		// Who was told that it took too long may have been compared since, which no log tells.
		figure(t, "L2 "+storeOf(t)+" drift of the count", int(n.Value)-compared, "tries", seen[503])
		assert.GreaterOrEqual(t, int(n.Value), compared)
	})
}

// shoot sends n calls at the same time, half of them to each instance, and counts the answers by status.
func (p *pair) shoot(n int, path string, pairs func(i int) []string) map[int]int {
	p.Helper()
	var all sync.WaitGroup
	var mu sync.Mutex
	seen := map[int]int{}
	gate := make(chan struct{})
	for i := range n {
		base := []string{p.base, p.second.base}[i%2]
		body := form(pairs(i)...)
		all.Go(func() {
			<-gate
			resp, err := http.Post(base+path, "application/x-www-form-urlencoded", strings.NewReader(body))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				seen[0]++
				return
			}
			_ = resp.Body.Close()
			seen[resp.StatusCode]++
		})
	}
	close(gate)
	all.Wait()
	assert.Zero(p, seen[0], "calls without an answer")
	return seen
}

// A server that is too busy to compare has not compared.
func TestTries_ABusyServerGivesThemBack(t *testing.T) {
	h := plainTries(t)
	h.fails(9)
	h.create(store.User{ID: "crowd", Username: "crowd@contoso.com", Email: "crowd@contoso.com", PasswordHash: h.hash})
	asked := h.askedPassword(keyed, casey)
	var busy, wrong atomic.Int64
	var all sync.WaitGroup
	costly.Store(true)
	defer costly.Store(false)
	for range 400 {
		all.Go(func() { _ = h.auth.SetPassword(context.Background(), "crowd", "a crowded harbour") })
	}
	for range 40 {
		all.Go(func() {
			r := request(t, h.base+inToken, form("client_id", keyed, "continuation_token", asked, "grant_type", "password", "password", loud))
			resp, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				return
			}
			if resp.StatusCode == http.StatusServiceUnavailable {
				assert.NotEmpty(t, resp.Header.Get("Retry-After"))
				busy.Add(1)
			} else {
				wrong.Add(1)
			}
			_ = resp.Body.Close()
		})
	}
	all.Wait()
	h.settle() // who was told that it took too long may be compared yet
	require.Positive(t, busy.Load(), "nothing was busy")
	tried := h.tried()
	assert.LessOrEqual(t, tried, int64(10))
	if tried == 9 {
		h.enter(casey, harbor).tokens() // not even a wait has begun
	}
	h.clock.pass(30 * time.Second)
	h.enter(casey, harbor).tokens()
}
