package handler_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
)

// onBoth runs a test on two instances whose state is in one place.
func onBoth(t *testing.T, test func(a, b *world)) {
	for name, fresh := range places {
		t.Run(name, func(t *testing.T) {
			states, same := fresh(t), withKeys(t)
			a := newWorld(t, withDevices, same, func(c *handler.Config) { c.State = states[0] })
			test(a, a.sibling(withDevices, same, func(c *handler.Config) { c.State = states[1] }))
		})
	}
}

// rush makes calls at the same time and counts what they were answered.
func rush(calls ...func() answer) map[string]int {
	answers := make([]answer, len(calls))
	gate := make(chan struct{})
	var all sync.WaitGroup
	for i, call := range calls {
		all.Go(func() { <-gate; answers[i] = call() })
	}
	close(gate)
	all.Wait()
	seen := map[string]int{}
	for _, a := range answers {
		word, refused := a.body["error"].(string)
		if !refused {
			word = "ok"
			if status, ok := a.body["status"].(string); ok {
				word = status
			}
		}
		seen[word]++
	}
	return seen
}

func TestDeviceRace_OnePollGetsTheTokens(t *testing.T) {
	onBoth(t, func(a, b *world) {
		a.signUp(casey)
		access := a.access(remote, casey)
		for range 5 {
			d := a.device(television)
			b.decide(access, d.user, "approve").done()
			var calls []func() answer
			for i := range 24 {
				at := []*world{a, b}[i%2]
				calls = append(calls, func() answer { return at.poll(television, d.device) })
			}
			seen := rush(calls...)
			assert.Equal(t, 1, seen["ok"], "%v", seen)
			assert.Equal(t, 23, seen["bad_verification_code"], "%v", seen)
		}
	})
}

func TestDeviceRace_ARequestIsDecidedOnce(t *testing.T) {
	onBoth(t, func(a, b *world) {
		a.signUp(casey)
		a.signUp(another)
		access := []string{a.access(remote, casey), a.access(remote, another)}
		for range 5 {
			d := a.device(television)
			var calls []func() answer
			for i := range 12 {
				at, action := []*world{a, b}[i%2], []string{"approve", "deny"}[i/2%2]
				calls = append(calls, func() answer { return at.decide(access[i/4%2], d.user, action) })
			}
			for range 6 { // a device that hurries is told to slow down, and keeps nobody from deciding
				calls = append(calls, func() answer { return b.poll(television, d.device) })
			}
			seen := rush(calls...)
			assert.Equal(t, 1, seen["approved"]+seen["denied"], "%v", seen)
			assert.Zero(t, seen["temporarily_unavailable"]+seen["server_error"], "%v", seen)
			last := a.poll(television, d.device)
			if seen["approved"]+seen["ok"] == 2 || seen["denied"] == 1 && last.status != 200 {
				continue
			}
			assert.Equal(t, seen["approved"] == 1, last.status == 200, "%v, %v", seen, last.body)
		}
	})
}

// However many polls come at once, the first of them is in time, and all others slow the device down.
func TestDeviceRace_OnePollIsInTime(t *testing.T) {
	onBoth(t, func(a, b *world) {
		d := a.device(television)
		var calls []func() answer
		for i := range 16 {
			at := []*world{a, b}[i%2]
			calls = append(calls, func() answer { return at.poll(television, d.device) })
		}
		seen := rush(calls...)
		assert.Equal(t, map[string]int{"authorization_pending": 1, "slow_down": 15}, seen)
	})
}

func TestDeviceRace_WrongCodesAndLiveCodesDoNotOvershoot(t *testing.T) {
	onBoth(t, func(a, b *world) {
		a.signUp(casey)
		access := a.access(remote, casey)
		var calls []func() answer
		for i := range 24 {
			at := []*world{a, b}[i%2]
			calls = append(calls, func() answer { return at.decide(access, "BBBB-BBBB", "approve") })
		}
		seen := rush(calls...)
		assert.Equal(t, map[string]int{"bad_verification_code": 10, "temporarily_unavailable": 14}, seen)
	})
}

// A write whose answer is lost stands: the device gets its tokens, and the person is told that the code was used.
func TestDeviceOutage_AnApprovalOfUnknownOutcomeStands(t *testing.T) {
	s := newTrip(t, withDevices)
	s.signUp(casey)
	access := s.access(remote, casey)
	d := s.device(television)
	s.fault.arm(forgets, 0)
	s.decide(access, d.user, "approve").plainly(503, "temporarily_unavailable")
	s.fault.mend()
	s.decide(access, d.user, "approve").plainly(400, "bad_verification_code")
	s.poll(television, d.device).tokens()

	d = s.device(television)
	s.decide(access, d.user, "approve").done()
	s.fault.arm(forgets, 0)
	s.poll(television, d.device).refused(503, "temporarily_unavailable", "", 90033)
	s.fault.mend()
	s.poll(television, d.device).isNoDevice()
}

// legsOfDevice are the calls of a device and of who approves it, in order.
var legsOfDevice = []leg{
	{"device code", deviceCodes[0], func(*trip) []string { return nil }, func(s *trip, body map[string]any) {
		s.token, s.code = body["device_code"].(string), body["user_code"].(string)
	}},
	{"look", decide, func(s *trip) []string { return []string{"access_token", s.refresh, "user_code", s.code} }, func(*trip, map[string]any) {}},
	{"approve", decide, func(s *trip) []string {
		return []string{"access_token", s.refresh, "user_code", s.code, "action", "approve"}
	}, func(*trip, map[string]any) {}},
	{"tokens for a device", "/oauth2/v2.0/token", func(s *trip) []string {
		return []string{"grant_type", deviceGrant, "device_code", s.token}
	}, func(*trip, map[string]any) {}},
}

// Each call that a step makes of the host is put out of order: the answer says so, and the same call works
// once it is back.
func TestDeviceOutage_IsSaidAndLosesNothing(t *testing.T) {
	t.Parallel()
	ready := func() *trip {
		s := newTrip(t, withDevices)
		s.signUp(casey)
		s.refresh = s.access(remote, casey) // the approving access token
		s.fault.traced()
		return s
	}
	goOn := func(s *trip, from, to int) {
		for _, l := range legsOfDevice[from:to] {
			r := s.do(television, l)
			require.Equal(t, 200, r.status, "%s: %s", l.name, r.text)
			var body map[string]any
			require.NoError(t, json.Unmarshal(r.text, &body))
			l.note(s, body)
		}
	}
	s, sites := ready(), make([][]string, len(legsOfDevice))
	for i := range legsOfDevice {
		goOn(s, i, i+1)
		sites[i] = s.fault.traced()
		t.Logf("%s: %s", legsOfDevice[i].name, strings.Join(sites[i], " "))
	}
	for _, m := range []mode{fails, panics, hangs, sticks} {
		var all sync.WaitGroup
		for i, calls := range sites {
			for n, name := range calls {
				what := fmt.Sprintf("%s: %s %s", legsOfDevice[i].name, name, m)
				s := ready()
				goOn(s, 0, i)
				s.fault.arm(m, n)
				all.Go(func() {
					r := s.do(television, legsOfDevice[i])
					if name == "Add" && i > 0 && n == len(calls)-1 { // to forgive a right code, which nobody waits for
						s.fault.mend()
						return
					}
					assert.GreaterOrEqual(t, r.status, 500, "%s: %s", what, r.text)
					assert.Less(t, r.took, 2*time.Second, what)
					for _, word := range leaks {
						assert.NotContains(t, string(r.text), word, what)
					}
					s.fault.mend()
					for at := i; at < len(legsOfDevice); at++ {
						r := s.do(television, legsOfDevice[at])
						var body map[string]any
						if assert.Equal(t, 200, r.status, "after %s: %s: %s", what, legsOfDevice[at].name, r.text) &&
							assert.NoError(t, json.Unmarshal(r.text, &body)) {
							legsOfDevice[at].note(s, body)
						}
					}
				})
			}
		}
		all.Wait()
	}
}
