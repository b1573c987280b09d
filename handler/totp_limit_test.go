package handler_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// A code of an app has six digits, and nobody needs to wait for a mail to try another. So tries are counted
// by account, as those of passwords (L2), and the most of a day are few.

func TestTOTP_WrongCodesHaveToWaitAfterFive(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey)
	uri, _ := w.withApp(casey)
	token := w.askedApp(casey)
	wrong := func() { w.redeemSecond(guarded, token, notShown(w, uri)).wrongCode() }
	right := func() answer { return w.redeemSecond(guarded, token, w.shown(uri)) }
	for range 5 {
		wrong()
	}
	wrong() // the sixth begins a wait
	for _, wait := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute, 15 * time.Minute} {
		w.clock.pass(wait - time.Second)
		token = w.askedApp(casey)
		right().wrongCode() // in the words of a wrong one, also of another flow, and it uses no step up
		right().wrongCode()
		w.clock.pass(time.Second)
		wrong()
	}
	w.clock.pass(15 * time.Minute)
	token = w.askedApp(casey)
	right().tokens()
}

func TestTOTP_ARightCodeEndsTheWaitAndForgivesNothing(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey)
	uri, _ := w.withApp(casey)
	token := w.askedApp(casey)
	for range 5 {
		w.redeemSecond(guarded, token, notShown(w, uri)).wrongCode()
	}
	for range 3 { // right ones begin no wait
		w.redeemSecond(guarded, w.askedApp(casey), w.shown(uri)).tokens()
		w.clock.pass(30 * time.Second)
	}
	token = w.askedApp(casey)
	w.redeemSecond(guarded, token, notShown(w, uri)).wrongCode()
	w.redeemSecond(guarded, token, w.shown(uri)).wrongCode()
}

// allWrong makes wrong tries until the day's are used up, each after its wait, over what ways there are.
func (w *world) allWrong(n int, try ...func() bool) {
	w.Helper()
	for i := range n {
		assert.False(w, try[i%len(try)]())
		w.clock.pass(15 * time.Minute)
	}
}

// L3: one count for apps, recovery codes, registrations and the host's page, on all instances.
func TestTOTP_SixteenWrongOnesADayOverAllWays(t *testing.T) {
	a := newWorld(t, secondFactors)
	a.person(casey)
	b := a.sibling(secondFactors)
	began := a.clock.now()
	uri, recovery := a.withApp(casey)
	id := a.idOf(casey)
	pending := func() handler.TOTPSecret {
		s, err := b.auth.NewTOTP(t.Context(), id)
		require.NoError(t, err)
		return s
	}
	a.allWrong(16,
		func() bool { return a.redeemSecond(guarded, a.askedApp(casey), notShown(a, uri)).status == 200 },
		func() bool { return b.redeemSecond(guarded, b.askedApp(casey), notShown(b, uri)).status == 200 },
		func() bool {
			token := a.askedBy(guarded, a.first(guarded, casey).wants("mfa_required"), a.kindOf(casey, store.MethodRecovery).ID).ok()
			return a.redeemSecond(guarded, token, "0000000000000000").status == 200
		},
		func() bool {
			_, err := b.auth.ConfirmTOTP(t.Context(), id, notShown(b, pending().URI))
			return err == nil
		},
	)
	refused := func() {
		t.Helper()
		a.redeemSecond(guarded, a.askedApp(casey), a.shown(uri)).wrongCode()
		token := b.askedBy(guarded, b.first(guarded, casey).wants("mfa_required"), b.kindOf(casey, store.MethodRecovery).ID).ok()
		b.redeemSecond(guarded, token, recovery[0]).wrongCode()
		_, err := a.auth.ConfirmTOTP(t.Context(), id, a.shown(pending().URI))
		require.ErrorIs(t, err, handler.ErrWrongCode)
	}
	refused()
	a.clock.pass(23*time.Hour + 59*time.Minute - a.clock.now().Sub(began))
	refused()
	a.clock.pass(3 * time.Minute) // the day began with the first of them
	a.redeemSecond(guarded, a.askedApp(casey), a.shown(uri)).tokens()
}

// A code by mail is bound to its flow and has tries of its own: it is a way in while the app is out of reach.
func TestTOTP_ItsLimitHoldsNoOtherMethodUp(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey, textMethod)
	uri, _ := w.withApp(casey)
	w.person("sam@contoso.com")
	sams, _ := w.withApp("sam@contoso.com")
	token := w.askedApp(casey)
	for range 7 {
		w.redeemSecond(guarded, token, notShown(w, uri)).wrongCode()
	}
	w.redeemSecond(guarded, token, w.shown(uri)).wrongCode()
	token, code := w.sentSecond(token, textMethod)
	w.redeemSecond(guarded, token, code).tokens()
	w.redeemSecond(guarded, w.askedApp("sam@contoso.com"), w.shown(sams)).tokens()
}

// What is compared with nothing is no try at it: else a mistake in a field for a code by mail, or a store
// that is down, would take the app away.
func TestTOTP_WhatIsNotComparedIsNotCounted(t *testing.T) {
	for name, try := range map[string]func(w *world, uri string){
		"what looks like a code of an app, for one that was sent": func(w *world, _ string) {
			token, code := w.sentSecond(w.first(guarded, casey).wants("mfa_required"), textMethod)
			for range 12 {
				w.redeemSecond(guarded, token, "123456").wrongCode()
				w.redeemSecond(guarded, token, "0000000000000000").wrongCode()
			}
			w.redeemSecond(guarded, token, code).tokens()
		},
		"a recovery code for the app": func(w *world, _ string) {
			token := w.askedApp(casey)
			for range 12 {
				w.redeemSecond(guarded, token, "0000000000000000").wrongCode()
				w.redeemSecond(guarded, token, "12345678").wrongCode()
			}
		},
		"a code of the app for a recovery code": func(w *world, uri string) {
			token := w.askedRecovery(casey)
			for range 12 {
				w.redeemSecond(guarded, token, w.shown(uri)).wrongCode()
			}
		},
		"any, of an account that cannot be read": func(w *world, uri string) {
			token := w.askedApp(casey)
			w.users.gone = w.idOf(casey)
			for range 12 {
				w.redeemSecond(guarded, token, w.shown(uri)).refused(400, "user_not_found", "", 50034)
			}
			w.users.gone = ""
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, secondFactors)
			w.person(casey, textMethod)
			uri, _ := w.withApp(casey)
			try(w, uri)
			token := w.askedApp(casey)
			for range 5 { // as many as begin no wait
				w.redeemSecond(guarded, token, notShown(w, uri)).wrongCode()
			}
			w.redeemSecond(guarded, token, w.shown(uri)).tokens()
		})
	}
}

// C3, C4: of codes that race, one is taken, and no more are compared than the limit allows.
func TestTOTP_OfManyAtOnceOneIsTaken(t *testing.T) {
	a := newWorld(t, secondFactors)
	a.person(casey)
	b := a.sibling(secondFactors)
	uri, recovery := a.withApp(casey)
	race := func(name, code string, ask func(w *world) string) {
		var all sync.WaitGroup
		statuses := make([]int, 8)
		for i := range statuses {
			w := []*world{a, b}[i%2]
			token := ask(w)
			all.Go(func() { statuses[i] = w.redeemSecond(guarded, token, code).status })
		}
		all.Wait()
		won := 0
		for _, s := range statuses {
			if s == 200 {
				won++
			} else {
				assert.Equal(t, 400, s, name)
			}
		}
		assert.Equal(t, 1, won, name)
	}
	race("a step", a.shown(uri), func(w *world) string { return w.askedApp(casey) })
	a.clock.pass(25 * time.Hour)
	race("a recovery code", recovery[0], func(w *world) string {
		return w.askedBy(guarded, w.first(guarded, casey).wants("mfa_required"), w.kindOf(casey, store.MethodRecovery).ID).ok()
	})
	assert.Len(t, a.kindOf(casey, store.MethodRecovery).Codes, 9)
}
