package handler_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
)

// RFC 7009, R6.

func (w *world) revoke(client, token string) answer {
	w.Helper()
	return w.ask(revoke, "", "client_id", client, "token", token)
}

// dead is a refresh token that gets the app to sign in again.
func (w *world) dead(token string) {
	w.Helper()
	w.refresh(plain, token).refused(400, "invalid_grant", "bad_token", 70000)
}

func TestRevoke_EndsARefreshTokenAndAllThatComesFromItsSignIn(t *testing.T) {
	for name, pick := range map[string]func(old, newest string) string{
		"by the newest token": func(_, newest string) string { return newest },
		"by one that is used": func(old, _ string) string { return old },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.signUp(casey)
			first := w.signIn(casey).text("refresh_token")
			second := w.refresh(plain, first).tokens().text("refresh_token")
			other := w.signIn(casey).text("refresh_token")
			w.revoke(plain, pick(first, second)).empty()
			w.dead(second)
			w.dead(first)
			w.refresh(plain, other).tokens() // another device
		})
	}
}

func TestRevoke_IsKnownToOtherInstances(t *testing.T) {
	same := withKeys(t)
	w := newWorld(t, same)
	other := w.sibling(same)
	w.signUp(casey)
	token := w.signIn(casey).text("refresh_token")
	other.revoke(plain, token).empty()
	w.dead(token)
}

func TestRevoke_ARepeatSucceeds(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	token := w.signIn(casey).text("refresh_token")
	w.revoke(plain, token).empty()
	w.revoke(plain, token).empty()
	w.clock.pass(time.Hour)
	w.revoke(plain, token).empty()
	w.dead(token)
}

func TestRevoke_LeavesAloneWhatIsNotTheCallers(t *testing.T) {
	w := newWorld(t, withServers)
	w.signUp(casey)
	token := w.signIn(casey).text("refresh_token")
	w.revoke(keyed, token).empty()
	w.ask(revoke, basic(backend, newSecret), "token", token).empty()
	w.revoke("nobody", token).plainly(401, "invalid_client")
	w.revoke("off", token).plainly(401, "invalid_client")
	w.refresh(plain, token).tokens()
}

func TestRevoke_WhatIsNoRefreshTokenChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	a := w.signIn(casey)
	open, _ := w.signInSent(plain, casey)
	for _, text := range []string{"x", a.text("access_token"), a.text("id_token"), open, mutate(a.text("refresh_token")), strings.Repeat("A", 80)} {
		for _, hint := range []string{"", "access_token", "refresh_token"} {
			w.ask(revoke, "", "client_id", plain, "token", text, "token_type_hint", hint).empty()
		}
	}
	resp, _ := w.protected(w.auth.RequireToken(), "Bearer "+a.text("access_token"))
	assert.Equal(t, 200, resp.StatusCode, "access tokens live on until they end")
	w.refresh(plain, a.text("refresh_token")).tokens()
}

func TestRevoke_TheHintDoesNotMatter(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	token := w.signIn(casey).text("refresh_token")
	w.ask(revoke, "", "client_id", plain, "token", token, "token_type_hint", "access_token").empty()
	w.dead(token)
}

func TestRevoke_AConfidentialClientHasToProveThatItIs(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	token := w.signIn(casey).text("refresh_token")
	w = w.sibling(func(c *handler.Config) { c.Clients[0].Secrets = []string{newSecret} })
	w.revoke(plain, token).plainly(401, "invalid_client")
	w.ask(inspect, basic(plain, newSecret), "token", token).active()
	w.ask(revoke, basic(plain, newSecret), "token", token).empty()
	w.ask(inspect, basic(plain, newSecret), "token", token).inactive()
}

// A flow whose session was ended is over, and none of its tokens begins it again: the refresh tokens of
// what came of that would be the ones from before.
func TestRevoke_TheFlowDoesNotBeginAgain(t *testing.T) {
	end := map[string]func(w *world, first string){
		"revoked": func(w *world, first string) { w.revoke(plain, first).empty() },
		"taken for stolen": func(w *world, first string) {
			w.refresh(plain, first).tokens()
			w.clock.pass(11 * time.Second)
			w.dead(first)
		},
	}
	for name, end := range end {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.signUp(casey)
			start := w.signInStart(plain, casey).ok()
			sent, code := w.nextCode(func() answer { return w.signInChallenge(plain, start) })
			first := w.redeemCode(plain, sent, code).tokens().text("refresh_token")
			end(w, first)
			for range 3 {
				w.signInChallenge(plain, start).refused(400, "invalid_request", "", 55200)
				w.dead(first)
			}
			w.clock.pass(10 * time.Minute)
			w.signInChallenge(plain, start).refused(400, "expired_token", "", 552003)
			w.dead(first)
		})
	}
}

// Whoever refreshes while another revokes: the family is over after that, whoever came first.
func TestRevoke_WinsOverARefreshAtTheSameTime(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	for range 20 {
		token := w.signIn(casey).text("refresh_token")
		var all sync.WaitGroup
		post := func(path string, want int, pairs ...string) {
			all.Go(func() {
				resp, err := caller.Post(w.base+path, "application/x-www-form-urlencoded", strings.NewReader(form(pairs...)))
				if assert.NoError(t, err) {
					resp.Body.Close()
					assert.Contains(t, []int{200, want}, resp.StatusCode)
				}
			})
		}
		for range 4 {
			post("/oauth2/v2.0/token", 400, "client_id", plain, "grant_type", "refresh_token", "refresh_token", token)
			post(revoke, 200, "client_id", plain, "token", token)
		}
		all.Wait()
		w.dead(token)
	}
}

// It answers success only when the store has said so, and a repeat is safe.
func TestRevoke_WithAStoreOutOfOrderSaysSo(t *testing.T) {
	ends := leg{"revoke", revoke, func(s *trip) []string { return []string{"token", s.refresh} }, nil}
	for _, m := range []mode{fails, panics, hangs, sticks, forgets} {
		for n, call := range []string{"Get", "Put"} {
			if m == forgets && call == "Get" {
				continue
			}
			t.Run(string(m)+" at "+call, func(t *testing.T) {
				t.Parallel() // those that hang take their time
				s := newTrip(t)
				s.travel(0, len(legs))
				s.fault.traced()
				s.fault.arm(m, n)
				unreachable(t, s.do(plain, ends), m, string(m))
				assert.Equal(t, call, s.fault.traced()[n])
				s.fault.mend()
				s.settle()
				if m != sticks && m != forgets {
					s.refreshed()
				}
				r := s.do(plain, ends)
				require.NoError(t, r.err)
				assert.Equal(t, 200, r.status, "%s", r.text)
				s.dead(s.refresh)
			})
		}
	}
}

// refreshed shows that the refresh token is as good as before.
func (s *trip) refreshed() {
	s.Helper()
	s.travel(len(legs)-1, len(legs))
}

func TestClientAuth_WithAStoreOutOfOrderSaysSo(t *testing.T) {
	for _, m := range []mode{fails, panics, hangs, sticks} {
		t.Run(string(m), func(t *testing.T) {
			t.Parallel()
			s := newTrip(t, withServers)
			pairs := asserted(s.assertion(clientKey()))
			s.fault.arm(m, 0)
			resp := s.do(signing, leg{"inspect", inspect, func(*trip) []string { return pairs }, nil})
			unreachable(t, resp, m, string(m))
			assert.Equal(t, []string{"Put"}, s.fault.traced())
		})
	}
}

func TestRevoke_PagesOfConfiguredOriginsMayCall(t *testing.T) {
	w := newWorld(t, withOrigins)
	resp, _ := w.bare(http.MethodPost, w.base+revoke, form("client_id", plain, "token", "x"), "Origin", appOrigin)
	assert.Equal(t, 200, resp.StatusCode)
	assert.Equal(t, appOrigin, resp.Header.Get("Access-Control-Allow-Origin"))
	assert.Contains(t, w.preflight(revoke, appOrigin).Header.Get("Access-Control-Allow-Headers"), "Authorization")
}
