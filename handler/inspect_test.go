package handler_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// RFC 7662.

// inspect asks about a token, as an API server would.
func (w *world) inspect(token string) answer {
	w.Helper()
	a := w.ask(inspect, basic(backend, newSecret), "token", token)
	assert.Equal(w, "no-store", a.header.Get("Cache-Control"))
	return a
}

func TestInspect_TellsOfAnAccessTokenWhatRFC7662Names(t *testing.T) {
	w := newWorld(t, withServers)
	w.signUp(casey)
	w.claims.Access = map[string]any{"plan": "gold"}
	a := w.signIn(casey, "scope", "Stock.Read openid")
	claims := accessClaims(t, a)
	now := float64(w.clock.now().Unix())
	want := map[string]any{
		"active": true, "scope": "Stock.Read openid profile", "client_id": plain, "username": casey, "token_type": "Bearer",
		"exp": now + 900, "iat": now, "nbf": now, "sub": claims["sub"], "aud": "api://stock", "iss": self, "jti": claims["jti"],
	}
	for _, hint := range []string{"", "access_token", "refresh_token", "pepper"} {
		assert.Equal(t, want, w.ask(inspect, basic(backend, newSecret), "token", a.text("access_token"), "token_type_hint", hint).body, hint)
	}
	assert.Equal(t, want, w.ask(inspect, "", "client_id", backend, "client_secret", oldSecret, "token", a.text("access_token")).body)
	assert.Equal(t, want, w.ask(inspect, "", append(asserted(w.assertion(clientKey()))[2:], "token", a.text("access_token"))...).body)
}

func TestInspect_TellsOfARefreshTokenToItsClient(t *testing.T) {
	w := newWorld(t, withServers)
	w.signUp(casey)
	a := w.signIn(casey, "scope", "Orders.Read offline_access")
	refresh := a.text("refresh_token")
	w.inspect(refresh).inactive("it is another client's")
	own := w.sibling(func(c *handler.Config) { c.Clients[0].Secrets = []string{newSecret} })
	ask := func(token string) answer { return own.ask(inspect, basic(plain, newSecret), "token", token) }
	assert.Equal(t, map[string]any{
		"active": true, "scope": "Orders.Read openid profile", "client_id": plain, "username": casey,
		"exp": float64(w.clock.now().Add(14 * day).Unix()), "sub": accessClaims(t, a)["sub"], "iss": self,
	}, ask(refresh).body)
	ask(mutate(refresh)).inactive()

	next := w.refresh(plain, refresh).tokens().text("refresh_token")
	ask(refresh).inactive("it was replaced")
	w.clock.pass(time.Hour)
	ask(refresh).inactive("it was replaced")
	ask(next).active() // to look at an old one is not to use it
	w.clock.pass(14 * day)
	ask(next).inactive("it has expired")
}

func TestInspect_ATokenIsActiveAsLongAsItsSession(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, w *world, u store.User, refresh string){
		"the user is disabled": func(t *testing.T, w *world, u store.User, _ string) {
			require.NoError(t, w.auth.Disable(t.Context(), u.ID))
		},
		"the user was disabled and enabled": func(t *testing.T, w *world, u store.User, _ string) {
			require.NoError(t, w.auth.Disable(t.Context(), u.ID))
			require.NoError(t, w.auth.Enable(t.Context(), u.ID))
		},
		"the host has disabled the user by itself": func(t *testing.T, w *world, u store.User, _ string) {
			u.Disabled = true
			require.NoError(t, w.store.UpdateUser(t.Context(), u))
		},
		"all sessions were ended": func(t *testing.T, w *world, u store.User, _ string) {
			require.NoError(t, w.auth.EndSessions(t.Context(), u.ID))
		},
		"the password is another": func(t *testing.T, w *world, u store.User, _ string) {
			require.NoError(t, w.auth.SetPassword(t.Context(), u.ID, harbor))
		},
		"the user is gone":             func(_ *testing.T, w *world, u store.User, _ string) { w.users.gone = u.ID },
		"the refresh token is revoked": func(_ *testing.T, w *world, _ store.User, refresh string) { w.revoke(plain, refresh).empty() },
		"the refresh token was stolen": func(_ *testing.T, w *world, _ store.User, refresh string) {
			w.refresh(plain, refresh).tokens()
			w.clock.pass(11 * time.Second)
			w.dead(refresh)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, withServers)
			w.signUp(casey)
			a := w.signIn(casey)
			u, err := w.store.UserByUsername(t.Context(), casey)
			require.NoError(t, err)
			own := w.sibling(func(c *handler.Config) { c.Clients[0].Secrets = []string{newSecret} })
			ask := func() answer {
				return own.ask(inspect, basic(plain, newSecret), "token", a.text("refresh_token"))
			}
			w.inspect(a.text("access_token")).active()
			w.userInfo(a.text("access_token")).known()
			ask().active()
			end(t, w, u, a.text("refresh_token"))
			w.inspect(a.text("access_token")).inactive()
			w.userInfo(a.text("access_token")).unauthorized("invalid_token")
			ask().inactive()
		})
	}
}

func TestInspect_TheAccessTokensOfASessionAreActiveBesideEachOther(t *testing.T) {
	w := newWorld(t, withServers)
	w.signUp(casey)
	first := w.signIn(casey)
	second := w.refresh(plain, first.text("refresh_token")).tokens()
	other := w.signIn(casey)
	for _, a := range []answer{first, second, other} {
		w.inspect(a.text("access_token")).active()
	}
	assert.Equal(t, accessClaims(t, first)["sid"], accessClaims(t, second)["sid"])
	assert.NotEqual(t, accessClaims(t, first)["sid"], accessClaims(t, other)["sid"])
	w.revoke(plain, second.text("refresh_token")).empty()
	w.inspect(first.text("access_token")).inactive()
	w.inspect(second.text("access_token")).inactive()
	w.inspect(other.text("access_token")).active()
}

func TestInspect_KnowsTheTokensOfEveryGrant(t *testing.T) {
	w := newWorld(t, withServers, func(c *handler.Config) { c.Clients[2].GrantTypes = []string{handler.GrantPassword} })
	w.enrol(casey, harbor)
	for name, a := range map[string]answer{
		"a password in a flow":     w.enter(casey, harbor),
		"a password in one call":   w.post("/oauth2/v2.0/token", "client_id", keyed, "grant_type", "password", "username", casey, "password", harbor),
		"a code":                   w.signIn(casey),
		"a finished sign-up":       w.redeemToken(plain, w.signUp("sam@contoso.com")),
		"a refresh of one of them": w.refresh(plain, w.signIn(casey).text("refresh_token")),
	} {
		t.Run(name, func(t *testing.T) {
			w.inspect(a.tokens().text("access_token")).active()
			w.revoke(accessClaims(t, a)["client_id"].(string), a.text("refresh_token")).empty()
			w.inspect(a.text("access_token")).inactive()
		})
	}
}

func TestInspect_AnAccessTokenEndsToTheSecond(t *testing.T) {
	for name, strict := range map[string]bool{"with a refresh token": false, "without one": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, withServers, func(c *handler.Config) { c.StrictScopes, c.AccessTokenLifetime = strict, time.Hour })
			w.signUp(casey)
			a := w.signIn(casey, "scope", "openid")
			assert.Equal(t, strict, a.body["refresh_token"] == nil)
			w.clock.pass(time.Hour - time.Second)
			w.inspect(a.text("access_token")).active()
			w.clock.pass(time.Second)
			w.inspect(a.text("access_token")).inactive()
		})
	}
}

func TestInspect_OfWhatIsNoTokenNothingIsTold(t *testing.T) {
	w := newWorld(t, withServers)
	w.signUp(casey)
	a := w.signIn(casey)
	open, _ := w.signInSent(plain, casey)
	foreign := newWorld(t)
	foreign.signUp(casey)
	for name, text := range map[string]string{
		"anything": "x", "an id token": a.text("id_token"), "a continuation token": open, "two dots": "..",
		"another signature":     mutate(a.text("access_token")),
		"another server's":      foreign.signIn(casey).text("access_token"),
		"the client's own word": w.assertion(clientKey()),
	} {
		w.inspect(text).inactive(name)
	}
}

// The keys may sign for others of the host, too: what names a session has to be of it.
func TestInspect_ATokenIsOfTheSessionThatItNames(t *testing.T) {
	key := es256(t, "a")
	w := newWorld(t, withServers, func(c *handler.Config) { c.Keys = newRing(t, key) })
	w.signUp(casey)
	claims := accessClaims(t, w.signIn(casey))
	sign := func(changes map[string]any) string {
		text, err := json.Marshal(merged(claims, changes))
		require.NoError(t, err)
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{}).WithType("at+jwt"))
		require.NoError(t, err)
		jws, err := signer.Sign(text)
		require.NoError(t, err)
		compact, err := jws.CompactSerialize()
		require.NoError(t, err)
		return compact
	}
	w.inspect(sign(nil)).active()
	for name, changes := range map[string]map[string]any{
		"another user's": {"sub": "somebody else"}, "another client's": {"client_id": keyed}, "none": {"sid": ""},
		"one that is not there": {"sid": "AAAAAAAAAAAAAAAAAAAAAA"}, "no session's": {"sid": "x"}, "no text": {"sid": 1},
	} {
		w.inspect(sign(changes)).inactive(name)
		w.userInfo(sign(changes)).unauthorized("invalid_token")
	}
}

func TestInspect_TheTokensOfAClientThatIsGoneAreNotActive(t *testing.T) {
	same := withKeys(t)
	w := newWorld(t, same, withServers)
	w.signUp(casey)
	access := w.signIn(casey).text("access_token")
	for name, change := range map[string]func(*handler.Config){
		"disabled": func(c *handler.Config) { c.Clients[0].Disabled = true },
		"gone":     func(c *handler.Config) { c.Clients = c.Clients[1:] },
	} {
		t.Run(name, func(t *testing.T) {
			s := w.sibling(same, withServers, change)
			s.inspect(access).inactive()
			s.userInfo(access).unauthorized("invalid_token")
		})
	}
	w.inspect(access).active()
}

func TestInspect_WithAPartOutOfOrderSaysSo(t *testing.T) {
	asks := map[string]func(s *trip, access string) reply{
		"introspection": func(s *trip, access string) reply {
			return s.do(backend, leg{"inspect", inspect, func(*trip) []string { return []string{"client_secret", newSecret, "token", access} }, nil})
		},
		"userinfo": func(s *trip, access string) reply { return get(s.base+"/userinfo", access) },
	}
	for _, m := range []mode{fails, panics, hangs, sticks} {
		for n, call := range []string{"VerificationKeys", "Get", "UserByID"} {
			for name, ask := range asks {
				t.Run(name+" "+string(m)+" at "+call, func(t *testing.T) {
					t.Parallel() // those that hang take their time
					s := newTrip(t, withServers)
					s.signUp(casey)
					access := s.signIn(casey).text("access_token")
					s.fault.traced()
					s.fault.arm(m, n)
					unreachable(t, ask(s, access), m, name)
					assert.Equal(t, call, s.fault.traced()[n])
				})
			}
		}
	}
}

func TestInspect_KeysThatAreOutOfOrderMakeNoTokenInactive(t *testing.T) {
	keys := newRing(t, es256(t, "a"))
	w := newWorld(t, withServers, func(c *handler.Config) { c.Keys = keys })
	w.signUp(casey)
	access := w.signIn(casey).text("access_token")
	keys.set(func() { keys.err = errors.New("the vault is sealed") })
	a := w.inspect(access).plainly(503, "temporarily_unavailable")
	assert.NotEmpty(t, a.header.Get("Retry-After"))
}
