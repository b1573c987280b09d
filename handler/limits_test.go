package handler_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/handler"
)

// L1 of the security requirements, as far as it is about one address and one flow.

// roomy sets limits that are there, and that tests of others do not meet.
func roomy(c *handler.Config) {
	c.Limits = handler.Limits{StartsPerMinute: 10_000, StartsPerHour: 10_000, SignalsPerHour: 10_000}
}

func withInterval(d time.Duration) func(*handler.Config) {
	return func(c *handler.Config) {
		c.ResendInterval = d
		roomy(c)
	}
}

// tooSoon is the answer to a code that must wait.
func (a answer) tooSoon(retryAfter string) {
	a.t.Helper()
	a.refused(429, "temporarily_unavailable", "", 90055)
	assert.Equal(a.t, retryAfter, a.header.Get("Retry-After"))
}

func TestResend_MustWaitAMinuteByDefault(t *testing.T) {
	w := newWorld(t, withInterval(0))
	sent := w.signUpChallenge(plain, w.signUpStart(plain, casey).ok())
	assert.Equal(t, 60.0, sent.body["interval"])
	code := w.mail.take(1).Code
	w.signUpChallenge(plain, sent.ok()).tooSoon("60")
	w.clock.pass(29*time.Second + 500*time.Millisecond)
	w.signUpChallenge(plain, sent.ok()).tooSoon("31") // rounded up
	w.clock.pass(30*time.Second + 499*time.Millisecond)
	w.signUpChallenge(plain, sent.ok()).tooSoon("1")
	assert.Equal(t, 1, w.mail.count())
	w.clock.pass(time.Millisecond)
	again := w.signUpChallenge(plain, sent.ok()) // the refusals have kept the token
	next, code2 := again.ok(), w.mail.take(2).Code
	w.signUpChallenge(plain, next).tooSoon("60")
	if code != code2 {
		w.signUpCode(plain, next, code).wrongCode()
	}
	w.signUpCode(plain, next, code2).ok()
}

func TestResend_ARefusalKeepsTheCodeThatWasSent(t *testing.T) {
	w := newWorld(t, withInterval(0))
	token, code := w.signUpSent(plain, casey)
	w.signUpChallenge(plain, token).tooSoon("60")
	w.signUpCode(plain, token, code).ok()
}

func TestResend_TheIntervalIsTheHosts(t *testing.T) {
	for _, row := range []struct {
		interval  time.Duration
		announced float64
	}{
		{30 * time.Second, 30},
		{5 * time.Minute, 300},
		{1500 * time.Millisecond, 2}, // not before it is over
		{-1, 0},
	} {
		w := newWorld(t, withInterval(row.interval))
		sent := w.signUpChallenge(plain, w.signUpStart(plain, casey).ok())
		assert.Equal(t, row.announced, sent.body["interval"])
		token := sent.ok()
		if row.interval > 0 {
			w.clock.pass(row.interval - time.Millisecond)
			w.signUpChallenge(plain, token).tooSoon("1")
			w.clock.pass(time.Millisecond)
		}
		w.signUpChallenge(plain, token).ok()
	}
}

func TestResend_TheIntervalIsOfTheAddressOverFlowsAndClients(t *testing.T) {
	w := newWorld(t, withInterval(0))
	w.signUp(casey)
	w.signInChallenge(plain, w.signInStart(plain, casey).ok()).tooSoon("60") // a sign-up's code counts for the sign-in
	w.clock.pass(time.Minute)
	w.signInChallenge(plain, w.signInStart(plain, casey).ok()).ok()
	w.signInChallenge(plain, w.signInStart(plain, " CASEY@contoso.COM").ok()).tooSoon("60")
	w.signInChallenge(asking, w.signInStart(asking, casey).ok()).tooSoon("60")

	w.signUpSent(plain, "sam@contoso.com") // others are not held up
	w.signUpChallenge(plain, w.signUpStart(plain, "sam@contoso.com").ok()).tooSoon("60")
	w.signUpChallenge(plain, w.signUpStart(plain, "Sam@Contoso.com").ok()).tooSoon("60")
	w.signUpChallenge(asking, w.signUpStart(asking, "sam@contoso.com").ok()).tooSoon("60")
}

func TestResend_WhatSendsNothingCostsNothing(t *testing.T) {
	w := newWorld(t, withInterval(0))
	start := w.signUpStart(plain, casey).ok()
	w.post(endpoints[1], "client_id", plain, "continuation_token", start, "challenge_type", "redirect").redirected()
	w.post(endpoints[1], "client_id", plain, "continuation_token", start, "challenge_type", "oob").refused(400, "unsupported_challenge_type", "", 901007)
	w.signUpChallenge(plain, start).ok()
}

func TestResend_AFlowSendsFiveCodes(t *testing.T) {
	eachCodeFlow(t, func(w *world, f codeFlow) {
		before := w.mail.count()
		token, code := f.send(w)
		for range 4 {
			token, code = w.nextCode(func() answer { return f.resend(w, token) })
		}
		w.clock.pass(time.Minute)
		f.resend(w, token).tooSoon("1740") // what is left of the flow
		f.resend(w, token).tooSoon("1740")
		assert.Equal(w, before+5, w.mail.count())
		f.give(w, token, code).accepted() // the last code is as good as before
	})
	eachCodeFlow(t, func(w *world, f codeFlow) { // another flow has five of its own
		token, _ := f.send(w)
		for range 4 {
			token, _ = w.nextCode(func() answer { return f.resend(w, token) })
		}
		f.resend(w, token).tooSoon("1800")
		token, code := f.send(w)
		f.give(w, token, code).accepted()
	})
}

func TestResend_AttributesInBetweenDoNotRaiseTheNumber(t *testing.T) {
	w := newWorld(t)
	token := w.signUpStart(asking, casey).ok()
	for range 5 {
		token, _ = w.nextCode(func() answer { return w.signUpChallenge(asking, token) })
		token = w.signUpAttributes(asking, token, "{}").refused(400, "credential_required", "", 55103).text("continuation_token")
	}
	w.signUpChallenge(asking, token).ok() // the fifth code stands
	assert.Equal(t, 5, w.mail.count())
}
