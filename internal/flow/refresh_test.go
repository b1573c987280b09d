package flow

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/store"
)

// changes are what a host may do to an account while somebody is signed in or signing in.
var changes = map[string]func(u *store.User){
	"disabled":              func(u *store.User) { u.Disabled = true },
	"all sessions ended":    func(u *store.User) { u.Epoch++ },
	"ended and disabled":    func(u *store.User) { u.Disabled, u.Epoch = true, u.Epoch+1 },
	"an epoch further back": func(u *store.User) { u.Epoch-- },
}

func (s *stage) change(f func(u *store.User)) {
	s.Helper()
	u := s.user()
	f(&u)
	require.NoError(s, s.store.UpdateUser(s.Context(), u))
}

func TestRefresh_DiesWithTheEpochAndTheAccount(t *testing.T) {
	for name, f := range changes {
		s := newStage(t)
		text := signedInFamily(t, s, s.Engine)
		s.change(f)
		_, err := refreshed(t, s, s.Engine, text)
		assert.ErrorIs(t, err, ErrRefreshInvalid, name)
		s.change(func(u *store.User) { u.Disabled, u.Epoch = false, 0 })
		_, err = refreshed(t, s, s.Engine, text)
		assert.ErrorIs(t, err, ErrRefreshInvalid, "%s: what has died stays dead", name)
	}
}

func TestRefresh_ARepeatLooksAtTheAccountAsWell(t *testing.T) {
	for name, f := range changes {
		s := newStage(t)
		text := signedInFamily(t, s, s.Engine)
		_, err := refreshed(t, s, s.Engine, text)
		require.NoError(t, err)
		s.change(f)
		_, err = refreshed(t, s, s.Engine, text)
		assert.ErrorIs(t, err, ErrRefreshInvalid, name)
	}
}

func TestSignIn_AFlowDiesWithTheEpochAndTheAccount(t *testing.T) {
	for name, f := range changes {
		s := newStage(t)
		s.account()
		sent, code := s.sentSignIn(s.plain)
		s.change(f)
		_, err := s.Token(t.Context(), Redeem{Client: s.plain, Token: sent, Grant: "oob", Code: code})
		want := ErrTokenInvalid
		if strings.Contains(name, "disabled") {
			want = ErrCredentials
		}
		assert.ErrorIs(t, err, want, name)
	}
}

func TestSignUp_AFinishedFlowDiesWithTheEpochAndTheAccount(t *testing.T) {
	for name, f := range changes {
		s := newStage(t)
		sent, code := s.sentSignUp(s.plain, "")
		done, err := s.giveCode(s.plain, sent, code)
		require.NoError(t, err)
		s.change(f)
		_, err = s.Token(t.Context(), Redeem{Client: s.plain, Token: done.Token, Grant: "continuation_token"})
		assert.Error(t, err, name)
	}
}

// Requirement R3, for each of five older tokens.
func TestRefresh_AnOldTokenEndsTheFamilyWhoeverUsesIt(t *testing.T) {
	for old := range 5 {
		s := newStage(t)
		given := []string{signedInFamily(t, s, s.Engine)}
		for range 5 {
			s.clock.pass(time.Minute)
			next, err := refreshed(t, s, s.Engine, given[len(given)-1])
			require.NoError(t, err)
			given = append(given, next)
		}
		s.clock.pass(reuseGrace)
		_, err := refreshed(t, s, s.engine(0), given[old])
		assert.ErrorIs(t, err, ErrRefreshInvalid, "the %d. token", old+1)
		for _, text := range given {
			_, err = refreshed(t, s, s.engine(0), text)
			assert.ErrorIs(t, err, ErrRefreshInvalid)
		}
	}
}

func TestRefresh_IsForItsOwnClient(t *testing.T) {
	s := newStage(t)
	text := signedInFamily(t, s, s.Engine)
	_, err := s.Token(t.Context(), Redeem{Client: s.client, Grant: "refresh_token", RefreshToken: text})
	assert.ErrorIs(t, err, ErrRefreshInvalid)
	_, err = refreshed(t, s, s.Engine, text)
	assert.NoError(t, err, "and a stranger's try does not end it")
}

// A newer secret comes, then goes first, then the old one goes: nobody is signed out, and a repeat
// still gets the successor that was promised.
func TestRefresh_OutlivesAChangeOfTheSecret(t *testing.T) {
	first, second := []byte(strings.Repeat("s", 32)), []byte(strings.Repeat("t", 32))
	secrets := func(list ...[]byte) func(*Config) { return func(c *Config) { c.Secrets = list } }
	s := newStage(t)
	text := signedInFamily(t, s, s.Engine)
	for i, change := range []func(*Config){secrets(first, second), secrets(second, first), secrets(second, first), secrets(second)} {
		next, err := refreshed(t, s, s.engine(0, change), text)
		require.NoError(t, err, "step %d", i)
		if i < 3 {
			again, err := refreshed(t, s, s.engine(0, secrets(second, first)), text)
			require.NoError(t, err, "step %d", i)
			assert.Equal(t, next, again, "step %d", i)
		}
		text = next
		s.clock.pass(time.Hour)
	}
	_, err := refreshed(t, s, s.engine(0, secrets(first)), text)
	assert.ErrorIs(t, err, ErrRefreshInvalid)
}

func TestRefresh_TheStoreHoldsNoToken(t *testing.T) {
	s := newStage(t)
	text := signedInFamily(t, s, s.Engine)
	r, err := s.opaque.ParseRefresh(text, s.plain.ID)
	require.NoError(t, err)
	e, err := s.store.Get(t.Context(), r.Family.Key())
	require.NoError(t, err)
	assert.NotContains(t, string(e.Value), text[30:60])
	assert.NotContains(t, string(e.Value), casey)
}
