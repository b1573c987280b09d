package handler_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// E2 of the security requirements: how often an address is told who has an account.

const stranger = "stranger@contoso.com"

// signals are the calls whose answers tell it, and what they answer about whom.
var signals = []struct {
	knock knock
	about string
	told  func(a answer)
}{
	{knocks[0], casey, func(a answer) { a.t.Helper(); a.refused(400, "user_already_exists", "", 1003037) }},
	{knocks[1], stranger, func(a answer) { a.t.Helper(); a.refused(400, "user_not_found", "", 50034) }},
	{knocks[2], stranger, func(a answer) { a.t.Helper(); a.refused(400, "user_not_found", "", 50034) }},
	{knocks[2], "codes@contoso.com", func(a answer) { a.t.Helper(); a.refused(400, "invalid_request", "", 500222) }},
	{knocks[10], casey, func(a answer) { a.t.Helper(); a.exactly(400, "email_is_used", "The email address has an account") }},
}

// newPeephole is a door with an account that has no password, too.
func newPeephole(t *testing.T, l handler.Limits, change ...func(*handler.Config)) *world {
	t.Helper()
	w := newDoor(t, append(change, limited(l))...)
	require.NoError(t, w.store.CreateUser(t.Context(), store.User{ID: "codes", Username: "codes@contoso.com", Email: "codes@contoso.com"}))
	return w
}

func TestSignals_TwentyAnHour(t *testing.T) {
	w := newPeephole(t, handler.Limits{StartsPerMinute: 1000})
	for i := range 20 {
		for range 3 { // what tells nothing is free
			w.knock(knocks[1], casey, near).ok()
		}
		s := signals[i%len(signals)]
		s.told(w.knock(s.knock, s.about, near))
	}
	for _, s := range signals {
		for _, user := range []string{casey, stranger, "codes@contoso.com"} {
			a := w.knock(s.knock, user, near)
			s.knock.refused(a)
			assert.Equal(t, "3600", a.header.Get("Retry-After"))
		}
	}
	for _, i := range []int{3, 5, 7, 9, 11} { // what tells nobody goes on
		a := w.knock(knocks[i], casey, near)
		assert.Contains(t, []int{200, 400, 403}, a.status, knocks[i].name)
		assert.Empty(t, a.header.Get("Retry-After"), knocks[i].name)
	}
	signals[1].told(w.knock(signals[1].knock, stranger, far)) // others are not held up
	w.clock.pass(time.Hour - time.Second)
	w.knock(knocks[1], casey, near).tooMany()
	w.clock.pass(time.Second)
	for range 20 {
		signals[1].told(w.knock(signals[1].knock, stranger, near))
	}
	w.knock(knocks[1], casey, near).tooMany()
}

// The refusal is no signal: byte for byte the same, whoever it is about.
func TestSignals_TheRefusalIsNone(t *testing.T) {
	for _, legacy := range []bool{false, true} {
		w := newPeephole(t, handler.Limits{SignalsPerHour: 1}, func(c *handler.Config) { c.Legacy.UnknownUserInvalidGrant = legacy })
		a := w.knock(knocks[1], stranger, near)
		assert.Equal(t, []any{50034.0}, a.body["error_codes"], "also in the words of another version")
		for _, s := range signals {
			known, none := w.knock(s.knock, casey, near), w.knock(s.knock, stranger, near)
			for _, a := range []answer{known, none} {
				for _, changing := range []string{"trace_id", "correlation_id", "error_description"} {
					delete(a.body, changing)
				}
				for _, changing := range []string{"X-Ms-Request-Id", "Client-Request-Id", "Date"} {
					a.header.Del(changing)
				}
			}
			assert.Equal(t, none.body, known.body)
			assert.Equal(t, none.header, known.header)
			assert.Equal(t, none.status, known.status)
		}
	}
}

func TestSignals_ThereAreNoneWhereAccountsHide(t *testing.T) {
	w := newPeephole(t, handler.Limits{SignalsPerHour: 1, StartsPerMinute: 1000}, hidden)
	for range 3 {
		for _, k := range []knock{knocks[0], knocks[1], knocks[2]} {
			w.knock(k, casey, near).ok()
			w.knock(k, stranger, near).ok()
		}
		w.clock.pass(time.Minute)
	}
}

func TestSignals_AreToldOf(t *testing.T) {
	h := &ear{}
	w := newPeephole(t, handler.Limits{SignalsPerHour: 1}, withEar(h))
	w.knock(knocks[1], stranger, near)
	w.heard(h)
	w.knock(knocks[1], casey, near).tooMany()
	assert.Equal(t, []string{"limit_hit signals"}, w.said(h))
}

// Calls at once are told no more than calls in turn, and what tells nothing leaves nothing behind.
func TestSignals_AtOnceAreNoMoreThanInTurn(t *testing.T) {
	const calls, most = 192, 20
	out := &outOf{}
	l := handler.Limits{StartsPerMinute: 1000, StartsPerHour: 1000}
	share := func(c *handler.Config) {
		out.State = c.State
		c.State = out
	}
	a := newPeephole(t, l, share)
	several := []*world{a}
	for range 2 {
		several = append(several, a.sibling(withOwners, withDevices, withBadges, withAuth0, withTencent, behind, limited(l), share))
	}
	told, refused := a.atOnce(calls, several, func(w *world, i int) bool {
		answer := w.knock(knocks[1], []string{casey, stranger}[i%2], near)
		return answer.body["error"] == "user_not_found"
	})
	assert.LessOrEqual(t, told, most, "told of an account")
	assert.Positive(t, refused)
	n, err := a.store.Add(t.Context(), out.key("hour/"), 0, time.Hour)
	require.NoError(t, err)
	passed := n.Value >> 40
	assert.EqualValues(t, told, n.Value&(1<<40-1), "what stays is what was told")
	for range most - told { // in turn it goes on where that has ended
		signals[1].told(a.knock(knocks[1], stranger, near))
	}
	a.knock(knocks[1], stranger, near).tooMany()
	figure(t, fmt.Sprintf("T2 signals told to an address by %d calls at once through 3 instances", calls), told, "answers", most)
	assert.LessOrEqual(t, passed, int64(calls))
}

// atOnce makes calls side by side and returns how many are what is counted, and how many were refused.
func (w *world) atOnce(calls int, through []*world, one func(w *world, i int) bool) (is, not int) {
	w.Helper()
	var n atomic.Int64
	var all sync.WaitGroup
	gate := make(chan struct{})
	for i := range calls {
		all.Go(func() {
			<-gate
			if one(through[i%len(through)], i) {
				n.Add(1)
			}
		})
	}
	close(gate)
	all.Wait()
	return int(n.Load()), calls - int(n.Load())
}

// 192 calls at once through three instances: as many begin as may, and the counters agree.
func TestStarts_AtOnceAreNoMoreThanInTurn(t *testing.T) {
	const calls, most = 192, 30
	for _, hide := range []bool{false, true} {
		out := &outOf{}
		l := handler.Limits{SignalsPerHour: 1000}
		share := func(c *handler.Config) {
			c.HideAccounts = hide
			out.State = c.State
			c.State = out
		}
		a := newDoor(t, limited(l), share)
		several := []*world{a}
		for range 2 {
			several = append(several, a.sibling(withOwners, withDevices, withBadges, withAuth0, withTencent, behind, limited(l), share))
		}
		passed, _ := a.atOnce(calls, several, func(w *world, _ int) bool { return w.knock(knocks[1], casey, near).status == 200 })
		assert.Equal(t, most, passed)
		hour, err := a.store.Add(t.Context(), out.key("hour/"), 0, time.Hour)
		require.NoError(t, err)
		drift := int(hour.Value>>40) - most
		figure(t, fmt.Sprintf("T2 starts over the limit, of %d at once, hidden %v", calls, hide), passed-most, "starts", 0)
		figure(t, fmt.Sprintf("T2 starts by which the counter is off, hidden %v", hide), max(drift, -drift), "starts", 0)
		assert.Zero(t, hour.Value&(1<<40-1))
		for key, life := range map[string]time.Duration{"hour/": time.Hour, "minute/": time.Minute} {
			n, err := a.store.Add(t.Context(), out.key(key), 0, 99*time.Hour)
			require.NoError(t, err)
			assert.Positive(t, n.TTL)
			assert.LessOrEqual(t, n.TTL, life, "a counter without an end")
		}
	}
}
