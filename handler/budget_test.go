package handler_test

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// C6, C8, L1, L3 and L5 of the security requirements, as far as they are about the codes of one account.

const (
	home     = "203.0.113.7"   // where casey signs in from
	attacker = "198.51.100.66" // where somebody else does
)

// newBudgets is a world with budgets of codes, and an account. It believes who says where they come from.
func newBudgets(t *testing.T, change ...func(*handler.Config)) *world {
	t.Helper()
	w := newWorld(t, append([]func(*handler.Config){withInterval(0), behindProxy}, change...)...)
	require.NoError(t, w.store.CreateUser(t.Context(), store.User{ID: "casey", Username: casey, Email: casey, PasswordHash: hashOf(t, harbor)}))
	w.addr = attacker
	return w
}

func behindProxy(c *handler.Config) {
	c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
}

// askCode asks for a code in a flow of its own.
func (w *world) askCode(user string) answer {
	w.Helper()
	return w.awaited(func() answer { return w.signInChallenge(plain, w.signInStart(plain, user).ok()) })
}

// awaited waits for the mail that a call sends, if it does: the clock may move on then.
func (w *world) awaited(call func() answer) answer {
	w.Helper()
	n := w.mail.count()
	a := call()
	if a.status == 200 {
		w.mail.take(n + 1)
	}
	return a
}

// burn uses up what an account has in a day, as fast as that goes: in an hour and nine minutes.
func (w *world) burn(user string) {
	w.Helper()
	for i := range 20 {
		if i == 10 {
			w.clock.pass(51 * time.Minute)
		} else if i > 0 {
			w.clock.pass(time.Minute)
		}
		w.askCode(user).ok()
	}
}

// tries says how many submissions are compared with the code that a call sends.
func (w *world) tries(log *causes, call func() answer) int {
	w.Helper()
	token, code := w.nextCode(call)
	n := log.seenOf(comparedWrong)
	for range 7 {
		w.redeemCode(plain, token, otherCode(code)).wrongCode()
	}
	return log.seenOf(comparedWrong) - n
}

// comparedWrong is what is logged of a code that was compared and was wrong; of others more is said.
const comparedWrong = "the code is wrong, expired, used or tried too often"

func (c *causes) seenOf(cause string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen[cause]
}

func TestBudget_TenCodesInAnyHour(t *testing.T) {
	w := newBudgets(t)
	for range 10 { // at 0, 1, ... 9 minutes
		w.askCode(casey).ok()
		w.clock.pass(time.Minute)
	}
	w.askCode(casey).tooSoon("3000")
	w.clock.pass(50*time.Minute - time.Millisecond)
	w.askCode(casey).tooSoon("1")
	w.clock.pass(time.Millisecond)
	w.askCode(casey).ok() // as the first is an hour old
	w.askCode(casey).tooSoon("60")
	w.clock.pass(time.Minute)
	w.askCode(casey).ok()
	assert.Equal(t, 12, w.mailed(12))
}

func TestBudget_TwentyCodesInAnyDayThenOneInHalfAnHourWithOneTry(t *testing.T) {
	log := newCauses()
	w := newBudgets(t, withCauses(log))
	began := w.clock.now()
	assert.Equal(t, 5, w.tries(log, func() answer { return w.askCode(casey) }))
	w.clock.pass(time.Minute)
	for i := 1; i < 20; i++ {
		if i == 10 {
			w.clock.pass(50 * time.Minute)
		}
		w.askCode(casey).ok()
		w.clock.pass(time.Minute)
	}
	last := began.Add(69 * time.Minute)
	require.Equal(t, last.Add(time.Minute), w.clock.now())
	w.askCode(casey).tooSoon("1740")
	w.clock.pass(29*time.Minute - time.Millisecond)
	w.askCode(casey).tooSoon("1")
	w.clock.pass(time.Millisecond)
	assert.Equal(t, 1, w.tries(log, func() answer { return w.askCode(casey) }))
	w.askCode(casey).tooSoon("1800")
	w.clock.pass(30*time.Minute - time.Millisecond)
	w.askCode(casey).tooSoon("1")
	w.clock.pass(time.Millisecond)
	token, code := w.nextCode(func() answer { return w.askCode(casey) })
	w.redeemCode(plain, token, otherCode(code)).wrongCode()
	w.redeemCode(plain, token, code).wrongCode() // its one try is gone

	w.clock.pass(began.Add(25*time.Hour).Sub(w.clock.now()) - time.Millisecond)
	assert.Equal(t, 1, w.tries(log, func() answer { return w.askCode(casey) }), "the day is not over")
	w.clock.pass(time.Millisecond)
	w.askCode(casey).tooSoon("60")
	w.clock.pass(time.Minute - time.Millisecond)
	assert.Equal(t, 5, w.tries(log, func() answer { return w.askCode(casey) }), "the first code counts no more")
	w.clock.pass(time.Minute)
	assert.Equal(t, 5, w.tries(log, func() answer { return w.askCode(casey) }), "nor the second")
}

func TestBudget_ACodeOfOneTryIsGoodAtTheFirst(t *testing.T) {
	w := newBudgets(t)
	w.burn(casey)
	w.clock.pass(30 * time.Minute)
	token, code := w.nextCode(func() answer { return w.askCode(casey) })
	w.redeemCode(plain, token, code).tokens()
}

func TestBudget_TheLimitsAreTheHosts(t *testing.T) {
	w := newBudgets(t, func(c *handler.Config) {
		c.Limits.CodesPerHour, c.Limits.CodesPerDay, c.Limits.CodeEvery, c.Limits.ReservedCodes = 2, 3, -1, -1
	})
	w.addr = home
	w.enter(casey, harbor).tokens()
	for range 2 {
		w.askCode(casey).ok()
		w.clock.pass(time.Minute)
	}
	w.askCode(casey).tooSoon("3480")
	w.clock.pass(time.Hour)
	w.askCode(casey).ok()
	w.askCode(casey).tooSoon("86280") // there is nothing between, and no reserve
	w.clock.pass(86280*time.Second - time.Millisecond)
	w.askCode(casey).tooSoon("1")
	w.clock.pass(time.Millisecond)
	w.askCode(casey).ok()
}

// C6.
func TestBudget_AResendResetsNothing(t *testing.T) {
	log := newCauses()
	w := newBudgets(t, withCauses(log))
	sent := 0
	for range 4 { // flows
		token := w.signInStart(plain, casey).ok()
		for range 5 {
			a := w.signInChallenge(plain, token)
			if a.status == 200 {
				token, sent = a.ok(), sent+1
				code := w.mail.take(sent).Code
				for range 6 {
					w.redeemCode(plain, token, otherCode(code)).wrongCode()
				}
			} else {
				a.refused(429, "temporarily_unavailable", "", 90055)
				if sent == 10 {
					w.redeemCode(plain, token, otherCode(w.mail.take(sent).Code)) // nor does a refusal
				}
			}
			w.clock.pass(time.Minute)
		}
	}
	assert.Equal(t, 10, sent)
	assert.Equal(t, 50, log.seenOf(comparedWrong))
}

// What is the account's is what goes to its address, whatever for.
func TestBudget_CodesOfAllKindsCountTogether(t *testing.T) {
	w := newBudgets(t, secondFactors)
	w.update(casey, func(u *store.User) { u.Methods = []store.Method{mailMethod} })
	kinds := []func() answer{
		func() answer { return w.signUpChallenge(plain, w.signUpStart(plain, another).ok()) },
		func() answer { return w.askedBy(guarded, w.first(guarded, casey).wants("mfa_required"), mailMethod.ID) },
	}
	for i := range 10 {
		w.awaited(kinds[i%2]).ok()
		w.clock.pass(time.Minute)
	}
	for _, ask := range kinds {
		ask().tooSoon("3000")
	}
	require.NoError(t, w.store.CreateUser(t.Context(), store.User{ID: "another", Username: another, Email: another, PasswordHash: hashOf(t, harbor)}))
	w.resetChallenge(keyed, w.resetStart(keyed, another).ok()).tooSoon("3000")
	w.askCode(another).tooSoon("3000")
	w.askCode(casey).ok() // whose own it is not
	w.clock.pass(50 * time.Minute)
	w.resetChallenge(keyed, w.resetStart(keyed, another).ok()).ok()
	for _, ask := range append(kinds[1:], func() answer { return w.askCode(another) }) {
		ask().tooSoon("60")
	}
}

func TestBudget_TheReserveIsForWhoIsKnown(t *testing.T) {
	log := newCauses()
	w := newBudgets(t, withCauses(log))
	w.addr = home
	w.enter(casey, harbor).tokens() // by a password
	w.addr = attacker
	w.burn(casey)
	w.clock.pass(time.Minute)
	w.askCode(casey).tooSoon("1740")
	for i := range 5 {
		w.addr = home
		assert.Equal(t, 5, w.tries(log, func() answer { return w.askCode(casey) }), "code %d", i+1)
		w.askCode(casey).tooSoon([]string{"60", "60", "60", "60", "1500"}[i])
		w.addr = attacker
		w.clock.pass(time.Minute)
		w.askCode(casey).refused(429, "temporarily_unavailable", "", 90055)
	}
	w.addr = home
	w.askCode(casey).tooSoon("1440") // as for anybody: half an hour after the last ordinary one
	w.clock.pass(24 * time.Minute)
	token, code := w.nextCode(func() answer { return w.askCode(casey) })
	w.redeemCode(plain, token, code).tokens()
}

// Somebody else burns all there is, all day long. The owner signs in nevertheless.
func TestBudget_TheOwnerGetsInWhileOthersBurnEverything(t *testing.T) {
	w := newBudgets(t)
	w.addr = home
	token, code := w.nextCode(func() answer { return w.askCode(casey) })
	w.redeemCode(plain, token, code).tokens()
	w.addr = attacker
	end := w.clock.now().Add(26 * time.Hour)
	in := 0
	for n := 0; w.clock.now().Before(end); n++ {
		w.clock.pass(5 * time.Minute)
		w.addr = attacker
		_ = w.askCode(casey)
		if n%60 == 59 { // each five hours
			w.clock.pass(time.Minute)
			w.addr = home
			token, code := w.nextCode(func() answer { return w.askCode(casey) })
			w.redeemCode(plain, token, code).tokens()
			in++
		}
	}
	assert.Equal(t, 5, in)
}

// knownFrom tells whether an address is known to the account: by what it gets when all else is used up.
func (w *world) knownFrom(addr string) bool {
	w.Helper()
	w.clock.pass(time.Minute)
	was := w.addr
	defer func() { w.addr = was }()
	w.addr = addr
	a := w.askCode(casey)
	return a.status == 200
}

func TestBudget_WhoIsKnown(t *testing.T) {
	day := 24 * time.Hour
	from := func(w *world, addr string) {
		was := w.addr
		w.addr = addr
		w.enter(casey, harbor).tokens()
		w.addr = was
	}
	for name, row := range map[string]struct {
		before func(w *world) // the day's codes are burnt then
		known  map[string]bool
	}{
		"the same IPv4 address and no neighbour": {func(w *world) { from(w, home) }, map[string]bool{home: true, "203.0.113.8": false}},
		"the /64 of an IPv6 address":             {func(w *world) { from(w, "2001:db8:1:2::5") }, map[string]bool{"2001:db8:1:2:aaaa::9": true, "2001:db8:1:3::5": false}},
		"an IPv4 address as IPv6 writes it":      {func(w *world) { from(w, "::ffff:"+home) }, map[string]bool{home: true}},
		"for thirty days": {func(w *world) {
			from(w, home)
			w.clock.pass(30*day - 90*time.Minute)
		}, map[string]bool{home: true}},
		"and no longer": {func(w *world) {
			from(w, home)
			w.clock.pass(30*day - time.Hour)
		}, map[string]bool{home: false}},
		"anew with each sign-in": {func(w *world) {
			from(w, home)
			w.clock.pass(20 * day)
			from(w, home)
			w.clock.pass(20 * day)
		}, map[string]bool{home: true}},
		"five of them": {func(w *world) {
			for i := range 6 {
				from(w, fmt.Sprintf("192.0.2.%d", i))
				w.clock.pass(25 * time.Hour)
				if i == 3 {
					from(w, "192.0.2.0")
				}
			}
		}, map[string]bool{"192.0.2.0": true, "192.0.2.1": false, "192.0.2.2": true, "192.0.2.5": true}},
		"nobody who failed": {func(w *world) {
			w.addr = home
			w.enter(casey, "a loud harbour").refused(400, "invalid_grant", "", 50126)
			token, code := w.nextCode(func() answer { return w.askCode(casey) })
			w.redeemCode(plain, token, otherCode(code)).wrongCode()
			w.addr = attacker
			w.clock.pass(25 * time.Hour)
		}, map[string]bool{home: false}},
		"nobody who signed in to another account": {func(w *world) {
			w.addr = home
			w.signUp("sam@contoso.com")
			w.addr = attacker
		}, map[string]bool{home: false}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newBudgets(t)
			row.before(w)
			w.burn(casey)
			for addr, known := range row.known {
				assert.Equal(t, known, w.knownFrom(addr), addr)
			}
		})
	}
}

func TestBudget_EverySignInMakesTheCallerKnown(t *testing.T) {
	for name, signIn := range map[string]func(w *world){
		"a code": func(w *world) {
			token, code := w.nextCode(func() answer { return w.askCode(casey) })
			w.redeemCode(plain, token, code).tokens()
		},
		"a password": func(w *world) { w.enter(casey, harbor).tokens() },
		"ROPC": func(w *world) {
			w.post(inToken, "client_id", legacyApp, "grant_type", "password", "username", casey, "password", harbor, "scope", "openid").tokens()
		},
		"a reset": func(w *world) {
			token := w.proven(casey)
			mails := w.mail.count()
			token = w.resetPoll(keyed, w.resetSubmit(keyed, token, busyHarbor).ok()).ok()
			w.mail.take(mails + 1)
			w.redeemToken(keyed, token).tokens()
		},
		"a sign-up": func(w *world) {
			w.update(casey, func(u *store.User) { u.Username, u.Email = "gone@contoso.com", "gone@contoso.com" })
			w.redeemToken(plain, w.signUp(casey)).tokens()
		},
		"a second factor": func(w *world) {
			w.update(casey, func(u *store.User) { u.Methods = []store.Method{mailMethod} })
			token, code := w.nextCode(func() answer { return w.signInChallenge(guarded, w.first(guarded, casey).wants("mfa_required")) })
			w.redeemSecond(guarded, token, code).tokens()
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newBudgets(t, secondFactors, withOwners)
			w.addr = home
			signIn(w)
			w.addr = attacker
			w.clock.pass(25 * time.Hour)
			w.burn(casey)
			assert.False(t, w.knownFrom(attacker))
			assert.True(t, w.knownFrom(home))
		})
	}
}

// A sign-in by a code writes no more than it did, where its caller is known.
func TestBudget_TheUsualSignInNotesNothing(t *testing.T) {
	var c *counted
	w := newBudgets(t, func(cfg *handler.Config) {
		c = &counted{Store: cfg.State.(*memory.Store)}
		cfg.State = c
	})
	redeem := func() []string {
		token, code := w.nextCode(func() answer { return w.askCode(casey) })
		c.taken()
		w.redeemCode(plain, token, code).tokens()
		w.clock.pass(time.Hour)
		return c.taken()
	}
	assert.Equal(t, []string{"Add", "Get", "Get", "Put", "Put"}, redeem())
	assert.Equal(t, []string{"Add", "Get", "Put"}, redeem())
	w.clock.pass(24 * time.Hour)
	assert.Equal(t, []string{"Add", "Get", "Get", "Put", "Put"}, redeem(), "once a day")
}

// A store that is in trouble then keeps nobody from signing in.
func TestBudget_NotingTheCallerFailsNoSignIn(t *testing.T) {
	for _, m := range []mode{fails, hangs, sticks, panics} {
		t.Run(string(m), func(t *testing.T) {
			f := &onCodes{}
			w := newBudgets(t, func(c *handler.Config) { f.State, c.State = c.State, f })
			asked := w.askedPassword(keyed, casey)
			f.fault.arm(m, 0)
			w.redeemPassword(keyed, asked, harbor).tokens()
			f.fault.mend()
		})
	}
}

// onCodes is a State that is out of order where the codes of accounts are.
type onCodes struct {
	store.State
	fault fault
}

func (o *onCodes) Get(ctx context.Context, key string) (store.Entry, error) {
	if strings.HasPrefix(key, "codes/") {
		if err := o.fault.meet(ctx, "Get"); err != nil {
			return store.Entry{}, err
		}
	}
	return o.State.Get(ctx, key)
}

func (o *onCodes) Put(ctx context.Context, key string, e store.Entry) error {
	if strings.HasPrefix(key, "codes/") {
		if err := o.fault.meet(ctx, "Put"); err != nil {
			return err
		}
	}
	return o.State.Put(ctx, key, e)
}

// L5: what cannot be counted is not sent.
func TestBudget_ThatCannotBeReadOrWrittenSendsNothing(t *testing.T) {
	for left, what := range []string{"read", "write"} {
		t.Run(what, func(t *testing.T) {
			f := &onCodes{}
			w := newBudgets(t, secondFactors, func(c *handler.Config) { f.State, c.State = c.State, f })
			w.update(casey, func(u *store.User) { u.Methods = []store.Method{mailMethod} })
			first, start := w.first(guarded, casey).wants("mfa_required"), w.signInStart(plain, casey).ok()
			f.fault.arm(fails, left)
			w.signInChallenge(plain, start).refused(503, "temporarily_unavailable", "", 90033)
			f.fault.arm(fails, left)
			w.askedBy(guarded, first, mailMethod.ID).refused(503, "temporarily_unavailable", "", 90033)
			f.fault.mend()
			assert.Zero(t, w.mail.count())
			w.signInChallenge(plain, start).ok()
			w.askedBy(guarded, first, mailMethod.ID).ok()
			assert.Equal(t, 2, w.mailed(2))
		})
	}
}

// A code that did not leave after all counts for nothing.
func TestBudget_WhatDidNotLeaveIsGivenBack(t *testing.T) {
	t.Run("the queue takes none", func(t *testing.T) {
		w := newBudgets(t)
		b := w.sibling(withInterval(0), behindProxy)
		start := w.signInStart(plain, casey).ok()
		require.NoError(t, b.auth.Shutdown(t.Context()))
		for range 4 { // what a flow may
			b.signInChallenge(plain, start).refused(503, "temporarily_unavailable", "", 90033)
		}
		w.signInChallenge(plain, start).ok()
		w.askCode(casey).tooSoon("60")
	})
	t.Run("another call has won", func(t *testing.T) {
		r := &lostRaces{}
		w := newBudgets(t, func(c *handler.Config) { r.State, c.State = c.State, r })
		token := w.signUpStart(plain, another).ok()
		r.lose.Store(true)
		w.signUpChallenge(plain, token).badToken()
		r.lose.Store(false)
		w.signUpChallenge(plain, token).ok()
		w.clock.pass(time.Minute)
		assert.Equal(t, 1, w.mailed(1))
	})
	t.Run("the host forbids it", func(t *testing.T) {
		g := &asked[handler.GateRequest]{answer: func(handler.GateRequest) error { return handler.ErrContactForbidden }}
		w := newBudgets(t, withGate(g))
		for range 20 {
			w.askCode(casey).refused(400, "access_denied", "provider_blocked_by_admin", 550024)
		}
		g.answer = nil
		w.askCode(casey).ok()
	})
}

// lostRaces is a State in which another call is always faster to write a flow.
type lostRaces struct {
	store.State
	lose atomic.Bool
}

func (r *lostRaces) Put(ctx context.Context, key string, e store.Entry) error {
	if r.lose.Load() && strings.HasPrefix(key, "flow/") {
		return store.ErrConflict
	}
	return r.State.Put(ctx, key, e)
}

// L3: of many at once, at two instances, as many send as of as many in turn.
func TestBudget_AtOnceAreNoMoreThanInTurn(t *testing.T) {
	for name, row := range map[string]struct {
		interval time.Duration
		mails    int
	}{"a minute apart": {time.Minute, 1}, "as fast as it goes": {-1, 10}} {
		t.Run(name, func(t *testing.T) {
			a := newBudgets(t, withInterval(row.interval))
			p := &pair{world: a, second: a.sibling(withInterval(row.interval), behindProxy)}
			var tokens []string
			for range 64 {
				tokens = append(tokens, a.signInStart(plain, casey).ok())
			}
			seen := p.shoot(64, inChallenge, func(i int) []string { return []string{"client_id", plain, "continuation_token", tokens[i]} })
			assert.Equal(t, map[int]int{200: row.mails, 429: 64 - row.mails}, seen)
			assert.Equal(t, row.mails, a.mailed(row.mails))
			a.askCode(casey).refused(429, "temporarily_unavailable", "", 90055)
		})
	}
}

// A new process on the same store knows what the one before knew.
func TestBudget_ARestartKeepsAll(t *testing.T) {
	w := newBudgets(t)
	w.addr = home
	w.enter(casey, harbor).tokens()
	w.addr = attacker
	w.burn(casey)
	require.NoError(t, w.auth.Shutdown(t.Context()))
	again := w.sibling(withInterval(0), behindProxy)
	again.addr = attacker
	again.askCode(casey).tooSoon("1800")
	assert.False(t, again.knownFrom(attacker))
	assert.True(t, again.knownFrom(home))
}

// What the store has of an account tells nobody where its owner is.
func TestBudget_TheStoreHoldsNoAddress(t *testing.T) {
	var held []string
	w := newBudgets(t, func(c *handler.Config) {
		c.State = spying{c.State, func(key string, e store.Entry) { held = append(held, key+string(e.Value)) }}
	})
	w.addr = home
	token, code := w.nextCode(func() answer { return w.askCode(casey) })
	w.redeemCode(plain, token, code).tokens()
	assert.NotContains(t, strings.Join(held, "\n"), home)
	n := 0
	for _, text := range held {
		if strings.HasPrefix(text, "codes/") {
			assert.NotContains(t, text, "casey")
			n++
		}
	}
	assert.Equal(t, 2, n)
}

type spying struct {
	store.State
	put func(string, store.Entry)
}

func (s spying) Put(ctx context.Context, key string, e store.Entry) error {
	s.put(key, e)
	return s.State.Put(ctx, key, e)
}

var ownText = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|"continuation_token":"[^"]*"`)

// bare is an answer without what every one has of its own.
func (a answer) bare() string {
	text := fmt.Sprint(a.status, a.header.Get("Retry-After"), a.header.Get("Content-Length"), len(a.header))
	for k, v := range a.body {
		if k == "continuation_token" || k == "otp_token" {
			v = len(fmt.Sprint(v))
		}
		text += fmt.Sprint("\n", len(k), k, v)
	}
	return ownText.ReplaceAllString(strings.Join(slices.Sorted(strings.SplitSeq(text, "\n")), "\n"), "*")
}

// E1: with all the budgets of a day used up, an account and none are answered in the same bytes.
func TestBudget_TellsNoAccountFromNone(t *testing.T) {
	const never = "cathy@contoso.com" // as long, and masked alike
	for _, row := range []struct {
		name   string
		change func(*handler.Config)
		ask    func(w *world, user string) answer
	}{
		{"a sign-in, hidden", hidden, (*world).askCode},
		{"a reset, hidden", hidden, func(w *world, user string) answer { return w.resetChallenge(keyed, w.resetStart(keyed, user).ok()) }},
		{"a sign-up, hidden", hidden, func(w *world, user string) answer { return w.signUpChallenge(plain, w.signUpStart(plain, user).ok()) }},
		{"a code of Tencent, hidden", func(c *handler.Config) { hidden(c); withTencent(c) }, func(w *world, user string) answer {
			return w.tencent(otpSend, byMail(user))
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var c *counted
			w := newBudgets(t, row.change, func(cfg *handler.Config) {
				c = &counted{Store: cfg.State.(*memory.Store)}
				cfg.State, cfg.Users = c, c
			})
			seen := map[int]int{}
			for range 80 {
				w.signInStart(plain, another).ok() // reads the clock of the store
				c.taken()
				theirs, calls := row.ask(w, casey), c.taken()
				none, callsOfNone := row.ask(w, never), c.taken()
				require.Equal(t, strings.ReplaceAll(none.bare(), never, casey), theirs.bare())
				require.Equal(t, callsOfNone, calls)
				seen[theirs.status]++
				w.clock.pass(5 * time.Minute)
			}
			require.Greater(t, seen[200], 20, "%v", seen)
			require.Len(t, seen, 2, "%v", seen)
		})
	}
}

// The siblings refuse in their own words, whatever is used up, and events say which it was.
func TestBudget_WhatTheSiblingsAnswer(t *testing.T) {
	h := &ear{}
	w := newBudgets(t, withTencent, withAuth0, withEar(h))
	w.update(casey, func(u *store.User) {
		u.Methods = []store.Method{{ID: mailMethod.ID, Kind: store.MethodEmail, Target: another}}
	})
	refused := func(retryAfter, outcome string) {
		t.Helper()
		token := w.mfaToken()
		w.heard(h)
		a := w.tencent(otpSend, byMail(another)).exactly(400, "insufficient_email_quota", "The next code must wait")
		assert.Equal(t, retryAfter, a.header.Get("Retry-After"))
		a = w.mfaAsk(token).says0(429, "too_many_attempts", "Codes were asked for too often.")
		assert.Equal(t, retryAfter, a.header.Get("Retry-After"))
		assert.Equal(t, []string{"limit_hit " + outcome, "limit_hit " + outcome}, w.said(h))
	}
	send := func() {
		w.awaited(func() answer { return w.tencent(otpSend, byMail(another)) })
		w.clock.pass(time.Minute)
	}
	for range 9 {
		send()
	}
	w.awaited(func() answer { return w.tencent(otpSend, byMail(another)) })
	refused("3060", "hour")
	w.clock.pass(51 * time.Minute)
	send()
	w.awaited(func() answer { return w.tencent(otpSend, byMail(another)) })
	refused("60", "interval")
	w.clock.pass(time.Minute)
	for range 8 {
		send()
	}
	refused("1740", "day")
}
