package handler_test

import (
	"context"
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

// The strict reading of NIST SP 800-63B-4 (3.2.2), which hosts may choose: a factor is disabled when so many tries in a row
// have failed.

const inARow = 7

// newRows is a world with that limit, beside those of all, and an account with a password.
func newRows(t *testing.T, change ...func(*handler.Config)) *world {
	t.Helper()
	w := newBudgets(t, append([]func(*handler.Config){func(c *handler.Config) { c.Limits = handler.Limits{FailuresInARow: inARow} }}, change...)...)
	return w
}

// failInARow submits wrong codes to an address, as often as it says, two a flow.
func (w *world) failInARow(user string, times int) {
	w.Helper()
	for times > 0 {
		token, code := w.nextCode(func() answer { return w.askCode(user) })
		for range min(2, times) {
			w.redeemCode(plain, token, otherCode(code)).wrongCode()
			times--
		}
		w.clock.pass(30 * time.Minute)
	}
}

func TestRow_CodesAreDisabledUntilTheHostEnablesThem(t *testing.T) {
	w := newRows(t)
	w.failInARow(casey, inARow-1)
	token, code := w.nextCode(func() answer { return w.askCode(casey) })
	w.redeemCode(plain, token, otherCode(code)).wrongCode()
	w.redeemCode(plain, token, code).wrongCode() // right, and too late

	for _, pass := range []time.Duration{time.Minute, 30 * time.Minute, 48 * time.Hour, 400 * 24 * time.Hour} {
		w.clock.pass(pass)
		w.askCode(casey).tooSoon("86400")
		w.resetChallenge(keyed, w.resetStart(keyed, casey).ok()).tooSoon("86400")
	}
	w.enter(casey, harbor).tokens() // another factor

	require.NoError(t, w.auth.EnableFactors(t.Context(), " Casey@contoso.com"))
	w.signIn(casey)
}

func TestRow_ARightCodeBeginsAnother(t *testing.T) {
	w := newRows(t)
	for range 3 {
		w.failInARow(casey, inARow-1)
		w.signIn(casey)
		w.clock.pass(25 * time.Hour)
	}
	w.failInARow(casey, inARow)
	w.askCode(casey).tooSoon("86400")
}

// Nothing that was compared with no code is a failure.
func TestRow_WhatIsNotComparedDoesNotCount(t *testing.T) {
	w := newRows(t)
	token, code := w.nextCode(func() answer { return w.askCode(casey) })
	for range 2 * inARow {
		w.redeemCode(plain, token, "12345").wrongCode()
		w.post("/oauth2/v2.0/token", "client_id", plain, "continuation_token", token, "grant_type", "oob").refused(400, "invalid_request", "", 900144)
	}
	for range 5 {
		w.redeemCode(plain, token, otherCode(code)).wrongCode()
	}
	for range inARow {
		w.redeemCode(plain, token, code).wrongCode() // its tries are used up
	}
	w.clock.pass(time.Minute)
	w.failInARow(casey, 1)
	w.signIn(casey)
}

// E1, E2: the refusal does not tell of an account.
func TestRow_AnAddressWithoutAnAccountIsRefusedAlike(t *testing.T) {
	w := newRows(t)
	fail := func() {
		token, code := w.nextCode(func() answer { return w.signUpChallenge(plain, w.signUpStart(plain, another).ok()) })
		for range 4 {
			w.signUpCode(plain, token, otherCode(code)).wrongCode()
		}
		w.clock.pass(30 * time.Minute)
	}
	fail()
	fail()
	w.signUpChallenge(plain, w.signUpStart(plain, another).ok()).tooSoon("86400")
	require.NoError(t, w.auth.EnableFactors(t.Context(), another))
	w.signUp(another)
}

func TestRow_APasswordIsDisabledUntilItIsReplaced(t *testing.T) {
	w := newRows(t)
	for range inARow {
		w.enter(casey, loud).wrongPassword()
	}
	w.clock.pass(48 * time.Hour)
	w.enter(casey, harbor).wrongPassword() // right, and in the words of a wrong one
	require.ErrorIs(t, w.auth.ChangePassword(t.Context(), "casey", harbor, busyHarbor), handler.ErrWrongPassword)
	w.signIn(casey)

	w.clock.pass(time.Hour)
	w.reset(casey, busyHarbor)
	w.enter(casey, busyHarbor).tokens()
}

func TestRow_AnAppIsDisabledUntilTheHostEnablesIt(t *testing.T) {
	w := newWorld(t, secondFactors, func(c *handler.Config) { c.Limits.FailuresInARow = inARow })
	w.person(casey)
	uri, recovery := w.withApp(casey)
	w.allWrong(inARow, func() bool { return w.redeemSecond(guarded, w.askedApp(casey), notShown(w, uri)).status == 200 })
	w.clock.pass(48 * time.Hour)
	w.redeemSecond(guarded, w.askedApp(casey), w.shown(uri)).wrongCode()
	list := w.askedBy(guarded, w.first(guarded, casey).wants("mfa_required"), w.kindOf(casey, store.MethodRecovery).ID).ok()
	w.redeemSecond(guarded, list, recovery[0]).wrongCode()

	require.NoError(t, w.auth.EnableFactors(t.Context(), casey))
	w.redeemSecond(guarded, w.askedApp(casey), w.shown(uri)).tokens()
}

// A try that has to wait for another is compared with nothing.
func TestRow_WaitingTriesDoNotCount(t *testing.T) {
	w := newRows(t, func(c *handler.Config) { c.Limits.FailuresInARow = 12 })
	for range 3 * inARow { // ten are compared
		w.enter(casey, loud).wrongPassword()
	}
	w.clock.pass(15 * time.Minute)
	w.enter(casey, harbor).tokens()
}

// Nor does one of many at once, or a single burst would take a factor away that few tries were made at.
func TestRow_WaitingTriesAtOnceDoNotCount(t *testing.T) {
	w := newRows(t, func(c *handler.Config) {
		c.Limits.FailuresInARow = 12
		c.State = slowRows{c.State}
	})
	token := w.askedPassword(keyed, casey)
	var done sync.WaitGroup
	var others atomic.Int64
	for range 5 * inARow { // ten are compared
		done.Go(func() {
			if w.redeemPassword(keyed, token, loud).status != 400 {
				others.Add(1)
			}
		})
	}
	done.Wait()
	assert.Zero(t, others.Load())
	w.clock.pass(15 * time.Minute)
	w.enter(casey, harbor).tokens()
}

func TestRow_WaitingTriesOfAnAppDoNotCount(t *testing.T) {
	w := newWorld(t, secondFactors, func(c *handler.Config) { c.Limits.FailuresInARow = inARow })
	w.person(casey)
	uri, _ := w.withApp(casey)
	token := w.askedApp(casey)
	for range 4 * inARow { // six are compared
		w.redeemSecond(guarded, token, notShown(w, uri)).wrongCode()
	}
	w.clock.pass(15 * time.Minute)
	w.redeemSecond(guarded, w.askedApp(casey), w.shown(uri)).tokens()
}

// slowRows is a store that takes its time to count a try, and to note that a factor is disabled.
type slowRows struct{ store.State }

func (s slowRows) Add(ctx context.Context, key string, delta int64, ttl time.Duration) (store.Count, error) {
	if strings.HasPrefix(key, "row/") && delta > 0 {
		defer time.Sleep(200 * time.Millisecond)
	}
	return s.State.Add(ctx, key, delta, ttl)
}

func (s slowRows) Put(ctx context.Context, key string, e store.Entry) error {
	if strings.HasPrefix(key, "row/") {
		time.Sleep(200 * time.Millisecond)
	}
	return s.State.Put(ctx, key, e)
}

// L3: not one too many, over flows and instances at once.
func TestRow_OfParallelTriesNoneIsTooMany(t *testing.T) {
	log := newCauses()
	slow := func(c *handler.Config) { c.State = slowRows{c.State} }
	a := newRows(t, withCauses(log), slow)
	b := a.sibling(withCauses(log), behindProxy, slow, func(c *handler.Config) { c.Limits = handler.Limits{FailuresInARow: inARow} })
	var tokens, codes []string
	for range 5 {
		token, code := a.nextCode(func() answer { return a.askCode(casey) })
		tokens, codes = append(tokens, token), append(codes, code)
		a.clock.pass(time.Minute)
	}
	var done sync.WaitGroup
	var others atomic.Int64
	for i := range 50 {
		done.Go(func() {
			w := []*world{a, b}[i%2]
			if w.redeemCode(plain, tokens[i%5], otherCode(codes[i%5])).status != 400 {
				others.Add(1)
			}
		})
	}
	done.Wait()
	assert.Zero(t, others.Load())
	assert.Equal(t, inARow, log.seenOf(comparedWrong))
	a.redeemCode(plain, tokens[0], codes[0]).wrongCode()
	a.askCode(casey).tooSoon("86400")
}

func TestRow_IsNoLimitUnlessTheHostSetsOne(t *testing.T) {
	w := newBudgets(t, func(c *handler.Config) { c.Limits = handler.Limits{} })
	w.failInARow(casey, 20)
	w.signIn(casey)
	require.NoError(t, w.auth.EnableFactors(t.Context(), casey))
	require.Error(t, w.auth.EnableFactors(t.Context(), "no address"))
}
