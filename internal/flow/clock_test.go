package flow

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/store"
)

func TestClock_InstancesAgreeOnAnAge(t *testing.T) {
	s := newStage(t)
	var clocks []*storeClock
	for _, skew := range skews {
		clocks = append(clocks, s.engine(skew).clock)
	}
	began, err := clocks[0].instant(t.Context())
	require.NoError(t, err)
	for _, pass := range []time.Duration{0, 200 * time.Millisecond, 700 * time.Millisecond, 20 * time.Second, time.Hour} {
		s.clock.pass(pass)
		for _, c := range clocks {
			now, err := c.instant(t.Context())
			require.NoError(t, err)
			first, err := clocks[0].instant(t.Context())
			require.NoError(t, err)
			assert.Equal(t, first, now)
		}
	}
	age, ok, err := clocks[2].age(t.Context(), began)
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, time.Hour+20*time.Second+900*time.Millisecond, age)
}

func TestClock_AsksOnceASecond(t *testing.T) {
	s := newStage(t)
	for range 60 { // six seconds
		_, err := s.Engine.clock.instant(t.Context())
		require.NoError(t, err)
		s.clock.pass(100 * time.Millisecond)
	}
	assert.LessOrEqual(t, s.state.calls.Load(), int32(8))
	assert.GreaterOrEqual(t, s.state.calls.Load(), int32(6))
}

func TestClock_InstancesThatStartAtOnceStartOne(t *testing.T) {
	s := newStage(t)
	found := make([]instant, 30)
	var all sync.WaitGroup
	for i := range found {
		c := s.engine(0).clock
		all.Go(func() {
			var err error
			found[i], err = c.instant(t.Context())
			assert.NoError(t, err)
		})
	}
	all.Wait()
	for _, i := range found {
		assert.Equal(t, found[0].Clock, i.Clock)
	}
}

// What a store has lost, it has lost: a flow that was opened before is over, and the next begins.
func TestClock_AStoreThatIsEmptyAgainHasANewOne(t *testing.T) {
	s := newStage(t)
	s.account()
	before := s.startSignIn(s.client)
	other := s.engine(0) // notices by itself
	s.state.State = memory.NewAt(s.clock.now)
	_, err := other.SignInStart(t.Context(), SignInStart{Client: s.client, Username: casey, Types: "oob redirect"})
	require.NoError(t, err)
	_, err = other.SignInChallenge(t.Context(), Challenge{Client: s.client, Token: before})
	assert.ErrorIs(t, err, ErrTokenExpired)

	after, err := other.SignInStart(t.Context(), SignInStart{Client: s.client, Username: casey, Types: "oob redirect"})
	require.NoError(t, err)
	_, err = s.SignInChallenge(t.Context(), Challenge{Client: s.client, Token: after.Token})
	assert.NoError(t, err, "an instance that has not asked for a while asks when it is told of another clock")
}

func TestSignInStart_CostsTheStoreNothing(t *testing.T) {
	s := newStage(t)
	s.account()
	s.startSignIn(s.client) // reads the clock
	s.state.calls.Store(0)
	s.startSignIn(s.client)
	assert.Zero(t, s.state.calls.Load())
}

func TestSignInStart_TheTokensOfAllAccountsAreEquallyLong(t *testing.T) {
	for size := len("a@b.example"); size <= 240; size += 7 {
		s := newStage(t, func(c *Config) { c.HideAccounts = true })
		s.client.Passwords = true
		name := strings.Repeat("a", min(60, size-10)) + "@b." + strings.Repeat("c.", max(0, size-70)/2) + "example"
		open := func() int {
			started, err := s.SignInStart(t.Context(), SignInStart{Client: s.client, Username: name, Types: "oob password redirect", Capabilities: "mfa_required registration_required"})
			require.NoError(t, err)
			return len(started.Token)
		}
		nobody := open()
		for _, u := range []store.User{{ID: "7"}, {ID: strings.Repeat("7", 64), Epoch: 1 << 62, PasswordHash: "x"}} {
			u.Username, u.Email = name, name
			s.store = memory.NewAt(s.clock.now)
			require.NoError(t, s.store.CreateUser(t.Context(), u))
			s.Users = s.store
			assert.Equal(t, nobody, open(), "%d characters", len(name))
		}
	}
}

// The first token carries the flow, so it would do for ever if nothing remembered its use.
func TestSignIn_TheFirstTokenBeginsItOnce(t *testing.T) {
	for _, scope := range []string{"openid", "openid offline_access"} {
		s := newStage(t, func(c *Config) { c.StrictScopes = true })
		s.account()
		started := s.startSignIn(s.client)
		sent, code := s.newest(func() (Challenged, error) {
			return s.SignInChallenge(t.Context(), Challenge{Client: s.client, Token: started})
		})
		_, err := s.Token(t.Context(), Redeem{Client: s.client, Token: sent, Grant: "oob", Code: code, Scope: scope})
		require.NoError(t, err)
		for _, after := range []time.Duration{0, 8 * time.Minute, 2 * time.Minute} {
			s.clock.pass(after)
			_, err = s.SignInChallenge(t.Context(), Challenge{Client: s.client, Token: started})
			over(t, err)
		}
	}
}

func TestSignIn_TheFirstChallengeMayBeRepeatedUntilTheFlowHasMovedOn(t *testing.T) {
	s := newStage(t)
	s.account()
	started := s.startSignIn(s.client)
	lost, dead := s.newest(func() (Challenged, error) {
		return s.SignInChallenge(t.Context(), Challenge{Client: s.client, Token: started})
	})
	second, code := s.newest(func() (Challenged, error) {
		return s.SignInChallenge(t.Context(), Challenge{Client: s.client, Token: started})
	})
	_, err := s.Token(t.Context(), Redeem{Client: s.client, Token: lost, Grant: "oob", Code: dead})
	assert.ErrorIs(t, err, ErrTokenInvalid)
	_, err = s.SignInChallenge(t.Context(), Challenge{Client: s.client, Token: second}) // the flow moves on
	require.NoError(t, err)
	_, err = s.SignInChallenge(t.Context(), Challenge{Client: s.client, Token: started})
	assert.ErrorIs(t, err, ErrTokenInvalid)
	assert.NotEmpty(t, code)
}
