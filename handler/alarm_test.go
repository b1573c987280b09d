package handler_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// L5 of the security requirements: the alarm of a deployment.

func alarmAt(n int) func(*handler.Config) {
	return func(c *handler.Config) { c.Limits.AlarmAt = n }
}

// failCodes gives wrong codes, one in each of some sign-ups.
func (w *world) failCodes(n int) {
	w.Helper()
	for range n {
		token, code := w.signUpSent(plain, fmt.Sprintf("alarm%d@contoso.com", w.mail.count()))
		w.signUpCode(plain, token, otherCode(code)).wrongCode()
	}
}

func TestAlarm_LeavesAllCodesWithOneTryForAnHour(t *testing.T) {
	var log loggedLines
	heard := &ear{}
	a := newBudgets(t, alarmAt(10), logging(&log), withEar(heard))
	b := a.sibling(withInterval(0), behindProxy, alarmAt(10), logging(&log), withEar(heard))
	token, code := a.signUpSent(plain, "before@contoso.com")
	a.failCodes(9)
	a.signUpCode(plain, token, otherCode(code)).wrongCode() // the tenth: two tries more are as good as ever
	assert.Zero(t, a.alarms(heard))
	b.signUpCode(plain, token, otherCode(code)).wrongCode() // the eleventh, at the other instance
	assert.Equal(t, 1, b.alarms(heard))
	assert.Equal(t, 1, log.saying("too many codes fail"))

	a.clock.pass(time.Second) // for which an instance may not know
	for _, w := range []*world{a, b} {
		w.signUpCode(plain, token, code).wrongCode() // right, and too late
	}
	token, code = a.signUpSent(plain, "one@contoso.com")
	a.signUpCode(plain, token, code).ok() // the first try is good
	token, code = b.signUpSent(plain, "two@contoso.com")
	b.signUpCode(plain, token, otherCode(code)).wrongCode()
	b.signUpCode(plain, token, code).wrongCode()
	assert.Equal(t, 1, a.alarms(heard), "it stands")

	a.clock.pass(time.Hour - time.Second - time.Millisecond)
	token, code = a.signUpSent(plain, "three@contoso.com")
	a.signUpCode(plain, token, otherCode(code)).wrongCode()
	a.signUpCode(plain, token, code).wrongCode()
	a.clock.pass(time.Second)
	token, code = a.signUpSent(plain, "four@contoso.com")
	for range 4 {
		a.signUpCode(plain, token, otherCode(code)).wrongCode()
	}
	a.signUpCode(plain, token, code).ok()
	assert.Equal(t, 1, a.alarms(heard))
	a.failCodes(10)
	assert.Equal(t, 2, a.alarms(heard), "it comes again")
}

func TestAlarm_WhatWasNotComparedDoesNotFail(t *testing.T) {
	heard := &ear{}
	w := newBudgets(t, alarmAt(6), withEar(heard))
	token, code := w.signUpSent(plain, another)
	for range 5 {
		w.signUpCode(plain, token, otherCode(code)).wrongCode()
	}
	for range 10 {
		w.signUpCode(plain, token, otherCode(code)).wrongCode() // tried too often
		w.signUpCode(plain, token, "1234").wrongCode()          // no code
	}
	late, code := w.signUpSent(plain, "late@contoso.com")
	w.clock.pass(10*time.Minute - time.Millisecond)
	w.signUpCode(plain, late, otherCode(code)).wrongCode()
	assert.Zero(t, w.alarms(heard))
	w.failCodes(1)
	assert.Equal(t, 1, w.alarms(heard))
}

func TestAlarm_CanBeOff(t *testing.T) {
	for name, change := range map[string]func(*handler.Config){
		"none":       alarmAt(-1),
		"limits off": func(c *handler.Config) { c.Limits = handler.Limits{Off: true, AlarmAt: 1} },
	} {
		t.Run(name, func(t *testing.T) {
			heard := &ear{}
			w := newBudgets(t, change, withEar(heard))
			w.failCodes(20)
			token, code := w.signUpSent(plain, another)
			for range 4 {
				w.signUpCode(plain, token, otherCode(code)).wrongCode()
			}
			w.signUpCode(plain, token, code).ok()
			assert.Zero(t, w.alarms(heard))
		})
	}
}

// L5: what cannot be read or counted is refused.
func TestAlarm_ThatCannotBeReadOrCountedRefuses(t *testing.T) {
	f := &dumb{}
	w := newBudgets(t, alarmAt(10), func(c *handler.Config) { f.State, c.State = c.State, f })
	token, code := w.signUpSent(plain, another)
	f.prefix = "failed-codes"
	w.signUpCode(plain, token, otherCode(code)).refused(503, "temporarily_unavailable", "", 90033)
	f.prefix = ""
	w.signUpCode(plain, token, otherCode(code)).wrongCode()
	w.clock.pass(time.Second)
	f.prefix = "alarm"
	w.signUpCode(plain, token, code).refused(503, "temporarily_unavailable", "", 90033)
	f.prefix = ""
	w.signUpCode(plain, token, code).ok()
}

// alarms counts what was told of them, when all calls have come to their end.
func (w *world) alarms(h *ear) (n int) {
	w.settle()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.list {
		if e.Name == handler.EventLimitHit && e.Outcome == "alarm" {
			n++
		}
	}
	return n
}

// dumb is a State of which some keys cannot be read either.
type dumb struct{ ailing }

func (d *dumb) Get(ctx context.Context, key string) (store.Entry, error) {
	if d.prefix != "" && strings.HasPrefix(key, d.prefix) {
		return store.Entry{}, errAiling
	}
	return d.State.Get(ctx, key)
}

func (l *loggedLines) saying(part string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.all {
		if text, _ := line["msg"].(string); strings.Contains(text, part) {
			n++
		}
	}
	return n
}
