//go:build !race

package handler_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/internal/figures"
	"github.com/nativeauth/nativeauth/store"
)

// T19 and X3 of the security requirements over HTTP: what has an end ends at its second, on instances whose clocks are two
// minutes off the store's. Flows, codes and families of refresh tokens are in internal/flow.

var skews = []time.Duration{-120 * time.Second, 0, 120 * time.Second}

// edge is something that is in force for a time. begin starts it at one instance and returns how another sees whether it still is.
type edge struct {
	name  string
	life  time.Duration
	begin func(gives, takes *world) (inForce func() bool)
}

var edges = []edge{
	{"a device code", 15 * time.Minute, func(gives, takes *world) func() bool {
		d := gives.device(television)
		return func() bool { return takes.poll(television, d.device).body["error"] == "authorization_pending" }
	}},
	{"a user code", 15 * time.Minute, func(gives, takes *world) func() bool {
		d := gives.device(television)
		return func() bool { return takes.decide(takes.access(remote, casey), d.user, "").status == http.StatusOK }
	}},
	{"a session without use", time.Hour, func(gives, takes *world) func() bool {
		b := gives.browse()
		b.signIn(casey)
		other := b.at(takes)
		return func() bool { return other.get("/me").status == http.StatusOK }
	}},
	{"the wait for the next code", time.Minute, func(gives, takes *world) func() bool {
		gives.askCode(casey).ok()
		return func() bool { return takes.askCode(casey).status == http.StatusTooManyRequests }
	}},
	{"the hour of ten codes", time.Hour, func(gives, takes *world) func() bool {
		for i := range 10 {
			[]*world{gives, takes}[i%2].askCode(casey).ok()
			gives.clock.pass(time.Minute)
		}
		gives.clock.pass(-10 * time.Minute)
		return func() bool { return takes.askCode(casey).status == http.StatusTooManyRequests }
	}},
	{"the half hour after twenty codes", 30 * time.Minute, func(gives, takes *world) func() bool {
		for i := range 20 {
			if gives.clock.pass(time.Minute); i == 10 {
				gives.clock.pass(50 * time.Minute)
			}
			[]*world{gives, takes}[i%2].askCode(casey).ok()
		}
		return func() bool { return takes.askCode(casey).status == http.StatusTooManyRequests }
	}},
	{"the minute of thirty starts", time.Minute, func(gives, takes *world) func() bool {
		for i := range 30 {
			[]*world{gives, takes}[i%2].signInStart(plain, casey).ok()
		}
		return func() bool { return takes.signInStart(plain, casey).status == http.StatusTooManyRequests }
	}},
	{"the hour of twenty signals", time.Hour, func(gives, takes *world) func() bool {
		for i := range 20 {
			require.Equal(gives, http.StatusBadRequest, []*world{gives, takes}[i%2].signInStart(plain, stranger).status)
		}
		return func() bool { return takes.signInStart(plain, casey).status == http.StatusTooManyRequests }
	}},
	{"the wait after ten wrong passwords", 30 * time.Second, func(gives, takes *world) func() bool {
		for i := range 10 {
			[]*world{gives, takes}[i%2].enter(casey, harbor+"?")
		}
		return func() bool { return takes.enter(casey, harbor).status != http.StatusOK }
	}},
}

// twoClocks are two instances on one store, with somebody's account.
func twoClocks(t *testing.T, a, b time.Duration) (gives, takes *world) {
	t.Helper()
	keys := withKeys(t)
	instance := func(skew time.Duration) []func(*handler.Config) {
		return []func(*handler.Config){keys, withDevices, func(c *handler.Config) {
			right := c.Now
			c.Now = func() time.Time { return right().Add(skew) }
			c.Limits = handler.Limits{}
		}}
	}
	gives = newWorld(t, instance(a)...)
	takes = gives.sibling(instance(b)...)
	takes.serve("/me", takes.auth.RequireSession()(whoami))
	require.NoError(t, gives.store.CreateUser(t.Context(), store.User{ID: "casey", Username: casey, Email: casey, PasswordHash: hashOf(t, harbor)}))
	return gives, takes
}

func TestT19_WhatHasAnEndEndsAtItsSecond(t *testing.T) {
	t.Parallel()
	for _, e := range edges {
		all, wrong := 0, 0
		for _, a := range skews {
			for _, b := range skews {
				for _, early := range []time.Duration{time.Second, 0} {
					gives, takes := twoClocks(t, a, b)
					inForce := e.begin(gives, takes)
					gives.clock.pass(e.life - early)
					all++
					if !assert.Equal(t, early > 0, inForce(), "%s, %v before its end, given at %v and taken at %v", e.name, early, a, b) {
						wrong++
					}
				}
			}
		}
		figure(t, fmt.Sprintf("T19 %s, early or late verdicts of %d", e.name, all), wrong, "verdicts", 0)
	}
}

// An access token is judged by the clock of whoever reads it, with a minute of leeway at either end, since no store is asked.
func TestT19_AnAccessTokenEndsByTheClockOfItsReader(t *testing.T) {
	t.Parallel()
	all, wrong := 0, 0
	for _, a := range skews {
		for _, b := range skews {
			gives, takes := twoClocks(t, a, b)
			access := gives.access(plain, casey, "scope", "openid")
			began, ahead := gives.clock.now(), b-a
			for age, right := range map[time.Duration]bool{
				-61 * time.Second: false, -time.Minute: true, 0: true, 16*time.Minute - time.Second: true, 16 * time.Minute: false,
			} {
				gives.clock.pass(began.Add(age - ahead).Sub(gives.clock.now()))
				resp, _ := takes.protected(takes.auth.RequireToken("openid"), "Bearer "+access)
				all++
				if !assert.Equal(t, right, resp.StatusCode == http.StatusOK, "%v old, given at %v and read at %v", age, a, b) {
					wrong++
				}
			}
		}
	}
	figures.Report(t, "T19 access tokens, verdicts", all, "verdicts", figures.AtLeast(45))
	figure(t, "T19 access tokens, early or late verdicts", wrong, "verdicts", 0)
}
