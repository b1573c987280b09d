package flow

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/internal/figures"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

func TestLife_CountsByWhatTheStoreSaysIsLeft(t *testing.T) {
	l := newLife(4*time.Minute, 10*time.Minute)
	for left, want := range map[time.Duration]time.Duration{
		10 * time.Minute: 0,
		9 * time.Minute:  time.Minute,
		time.Millisecond: 10*time.Minute - time.Millisecond,
		0:                10 * time.Minute,
		11 * time.Minute: 0, // a store that rounds up takes no time back
	} {
		assert.Equal(t, want, l.sinceWrite(left))
		assert.Equal(t, 4*time.Minute+want, l.age(left))
	}
}

// skews are how far the clocks of three instances on one store are off.
var skews = []time.Duration{-120 * time.Second, 0, 120 * time.Second}

// onTwo runs a check for each pair of instances: one that gives out, one that takes. The store has
// a clock of its own, which is right.
func onTwo(t *testing.T, change func(*Config), check func(t *testing.T, s *stage, gives, takes *Engine)) {
	for _, a := range skews {
		for _, b := range skews {
			ok := t.Run(fmt.Sprintf("given at %v, taken at %v", a, b), func(t *testing.T) {
				s := newStage(t)
				check(t, s, s.engine(a, change), s.engine(b, change))
			})
			judge(t, ok)
		}
	}
}

// judged counts the verdicts of each test, and those that were early or late.
var judged = map[string]*struct{ all, wrong int }{}

// judge counts one. When the test is over they are reported.
func judge(t *testing.T, ok bool) {
	j := judged[t.Name()]
	if j == nil {
		j = &struct{ all, wrong int }{}
		judged[t.Name()] = j
		t.Cleanup(func() {
			delete(judged, t.Name())
			figures.Report(t, fmt.Sprintf("T19 %s, early or late verdicts of %d", t.Name(), j.all), j.wrong, "verdicts", figures.Exactly(0))
		})
	}
	j.all++
	if !ok {
		j.wrong++
	}
}

func asItIs(*Config) {}

// over is what a token is that has come to its end. Which of the two words is said may differ where
// the clocks do.
func over(t *testing.T, err error) {
	t.Helper()
	assert.Error(t, err)
	if err != nil && err != ErrTokenExpired {
		assert.ErrorIs(t, err, ErrTokenInvalid)
	}
}

func TestSkew_ATokenIdlesTenMinutes(t *testing.T) {
	for at, verdict := range map[time.Duration]bool{0: true, 8 * time.Minute: true, 10*time.Minute - 1: true, 10 * time.Minute: false, 14 * time.Minute: false, time.Hour: false} {
		onTwo(t, asItIs, func(t *testing.T, s *stage, gives, takes *Engine) {
			s.account()
			started, err := gives.SignInStart(t.Context(), SignInStart{Client: s.client, Username: casey, Types: "oob redirect"})
			require.NoError(t, err)
			s.clock.pass(at)
			_, err = takes.SignInChallenge(t.Context(), Challenge{Client: s.client, Token: started.Token})
			if verdict {
				assert.NoError(t, err, "after %v", at)
			} else {
				over(t, err)
			}
		})
	}
}

func TestExpiry_IsToldFromForgery(t *testing.T) {
	s := newStage(t)
	s.account()
	started := s.startSignIn(s.client)
	s.clock.pass(10 * time.Minute)
	_, err := s.SignInChallenge(t.Context(), Challenge{Client: s.client, Token: started})
	assert.ErrorIs(t, err, ErrTokenExpired)
	s.state.calls.Store(0)
	s.clock.pass(time.Hour)
	_, err = s.SignInChallenge(t.Context(), Challenge{Client: s.client, Token: started})
	assert.ErrorIs(t, err, ErrTokenExpired)
	assert.Zero(t, s.state.calls.Load(), "long after, without a look-up")
}

func TestSkew_ThePreviousTokenEndsInItsOwnTime(t *testing.T) {
	for at, verdict := range map[time.Duration]bool{10*time.Minute - 1: true, 10 * time.Minute: false, 13 * time.Minute: false} {
		onTwo(t, asItIs, func(t *testing.T, s *stage, gives, takes *Engine) {
			s.account()
			started, err := gives.SignInStart(t.Context(), SignInStart{Client: s.client, Username: casey, Types: "oob redirect"})
			require.NoError(t, err)
			s.clock.pass(9 * time.Minute)
			_, err = gives.SignInChallenge(t.Context(), Challenge{Client: s.client, Token: started.Token})
			require.NoError(t, err) // and the answer is lost
			s.clock.pass(at - 9*time.Minute)
			_, err = takes.SignInChallenge(t.Context(), Challenge{Client: s.client, Token: started.Token})
			if verdict {
				assert.NoError(t, err, "after %v", at)
			} else {
				over(t, err)
			}
		})
	}
}

func TestSkew_ACodeIsGoodUpToItsLastMoment(t *testing.T) {
	fiveMinutes := func(c *Config) { c.CodeLife = 5 * time.Minute }
	for at, verdict := range map[time.Duration]bool{5*time.Minute - time.Millisecond: true, 5 * time.Minute: false, 7 * time.Minute: false} {
		onTwo(t, fiveMinutes, func(t *testing.T, s *stage, gives, takes *Engine) {
			s.account()
			started, err := gives.SignInStart(t.Context(), SignInStart{Client: s.client, Username: casey, Types: "oob redirect"})
			require.NoError(t, err)
			s.clock.pass(time.Minute) // a code has its own birthday
			sent, code := s.newest(func() (Challenged, error) {
				return takes.SignInChallenge(t.Context(), Challenge{Client: s.client, Token: started.Token})
			})
			s.clock.pass(at)
			_, err = gives.Token(t.Context(), Redeem{Client: s.client, Token: sent, Grant: "oob", Code: code})
			if verdict {
				assert.NoError(t, err, "after %v", at)
			} else {
				assert.ErrorIs(t, err, ErrCodeWrong, "after %v", at)
			}
		})
	}
}

func TestSkew_ACodeOfTenMinutesIsGoodUpToItsLastMoment(t *testing.T) {
	for at, verdict := range map[time.Duration]bool{10*time.Minute - time.Millisecond: true, 10 * time.Minute: false} {
		onTwo(t, asItIs, func(t *testing.T, s *stage, gives, takes *Engine) {
			started, err := gives.SignUpStart(t.Context(), SignUpStart{Client: s.plain, Username: casey, Types: "oob redirect"})
			require.NoError(t, err)
			sent, code := s.newest(func() (Challenged, error) {
				return gives.SignUpChallenge(t.Context(), Challenge{Client: s.plain, Token: started.Token})
			})
			s.clock.pass(at)
			_, err = takes.SignUpContinue(t.Context(), SignUpContinue{Client: s.plain, Token: sent, Grant: "oob", Code: code})
			if verdict {
				assert.NoError(t, err, "after %v", at)
			} else {
				over(t, err)
			}
		})
	}
}

// However busy, and whichever instance is asked: half an hour.
func TestSkew_AFlowEndsAfterHalfAnHour(t *testing.T) {
	for at, verdict := range map[time.Duration]bool{30*time.Minute - 2*time.Millisecond: true, 30 * time.Minute: false, 31 * time.Minute: false} {
		onTwo(t, asItIs, func(t *testing.T, s *stage, gives, takes *Engine) {
			s.account()
			started, err := gives.SignInStart(t.Context(), SignInStart{Client: s.client, Username: casey, Types: "oob redirect"})
			require.NoError(t, err)
			next := started.Token
			for _, e := range []*Engine{takes, gives, takes} {
				s.clock.pass(9 * time.Minute)
				sent, err := e.SignInChallenge(t.Context(), Challenge{Client: s.client, Token: next})
				require.NoError(t, err)
				next = sent.Token
			}
			s.clock.pass(at - 27*time.Minute)
			_, err = gives.SignInChallenge(t.Context(), Challenge{Client: s.client, Token: next})
			if verdict {
				assert.NoError(t, err, "after %v", at)
			} else {
				over(t, err)
			}
		})
	}
}

// signedInFamily signs in and returns the refresh token.
func signedInFamily(t *testing.T, s *stage, e *Engine) string {
	t.Helper()
	s.account()
	started, err := e.SignInStart(t.Context(), SignInStart{Client: s.plain, Username: casey, Types: "oob redirect"})
	require.NoError(t, err)
	sent, code := s.newest(func() (Challenged, error) {
		return e.SignInChallenge(t.Context(), Challenge{Client: s.plain, Token: started.Token})
	})
	tokens, err := e.Token(t.Context(), Redeem{Client: s.plain, Token: sent, Grant: "oob", Code: code})
	require.NoError(t, err)
	require.NotEmpty(t, tokens.Refresh)
	return tokens.Refresh
}

func refreshed(t *testing.T, s *stage, e *Engine, text string) (string, error) {
	t.Helper()
	tokens, err := e.Token(t.Context(), Redeem{Client: s.plain, Grant: "refresh_token", RefreshToken: text})
	return tokens.Refresh, err
}

// ended is what a refresh token is that has come to its end.
func ended(t *testing.T, err error) {
	t.Helper()
	assert.Error(t, err)
	if err != nil && err != ErrRefreshExpired {
		assert.ErrorIs(t, err, ErrRefreshInvalid)
	}
}

const day = 24 * time.Hour

func TestSkew_AFamilyIdlesTwoWeeks(t *testing.T) {
	for at, verdict := range map[time.Duration]bool{14*day - time.Millisecond: true, 14 * day: false, 14*day + 4*time.Minute: false} {
		onTwo(t, asItIs, func(t *testing.T, s *stage, gives, takes *Engine) {
			text := signedInFamily(t, s, gives)
			s.clock.pass(at)
			_, err := refreshed(t, s, takes, text)
			if verdict {
				assert.NoError(t, err, "after %v", at)
			} else {
				ended(t, err)
			}
		})
	}
}

func TestSkew_AFamilyEndsAfterNinetyDays(t *testing.T) {
	for at, verdict := range map[time.Duration]bool{90*day - time.Millisecond: true, 90 * day: false, 90*day + 4*time.Minute: false} {
		onTwo(t, asItIs, func(t *testing.T, s *stage, gives, takes *Engine) {
			text := signedInFamily(t, s, gives)
			var err error
			for i := range 8 {
				s.clock.pass(10 * day)
				text, err = refreshed(t, s, []*Engine{gives, takes}[i%2], text)
				require.NoError(t, err)
			}
			s.clock.pass(at - 80*day)
			_, err = refreshed(t, s, takes, text)
			if verdict {
				assert.NoError(t, err, "after %v", at)
			} else {
				ended(t, err)
			}
		})
	}
}

func TestSkew_ARefreshMayBeRepeatedForTenSeconds(t *testing.T) {
	for at, verdict := range map[time.Duration]bool{0: true, 10*time.Second - time.Millisecond: true, 10 * time.Second: false, time.Hour: false} {
		onTwo(t, asItIs, func(t *testing.T, s *stage, gives, takes *Engine) {
			first := signedInFamily(t, s, gives)
			second, err := refreshed(t, s, gives, first)
			require.NoError(t, err)
			s.clock.pass(at)
			again, err := refreshed(t, s, takes, first)
			if verdict {
				require.NoError(t, err, "after %v", at)
				assert.Equal(t, second, again)
				return
			}
			assert.ErrorIs(t, err, ErrRefreshInvalid)
			_, err = refreshed(t, s, gives, second)
			assert.ErrorIs(t, err, ErrRefreshInvalid, "a token used again ends the family")
		})
	}
}

func TestSkew_AnAccessTokenIsJudgedWithAMinuteOfLeeway(t *testing.T) {
	s := newStage(t)
	family := signedInFamily(t, s, s.Engine)
	tokens, err := s.Token(t.Context(), Redeem{Client: s.plain, Grant: "refresh_token", RefreshToken: family})
	require.NoError(t, err)
	for after, want := range map[time.Duration]error{
		-61 * time.Second: token.ErrInvalid, -60 * time.Second: nil, 0: nil,
		16*time.Minute - 1: nil, 16 * time.Minute: token.ErrInvalid,
	} {
		_, err := s.Signer.Verify(t.Context(), token.AccessToken, tokens.Access, s.Issuer, s.clock.now().Add(after))
		assert.ErrorIs(t, err, want, "%v", after)
	}
}

// A store whose answer takes long: what passes between read and write is counted, too.
func TestFlow_TimeThatAStepTakesCounts(t *testing.T) {
	s := newStage(t)
	s.account()
	started := s.startSignIn(s.client)
	slow := s.engine(0)
	spent := time.Duration(0)
	slow.Now = func() time.Time { spent += time.Second; return s.clock.now().Add(spent) }
	for range 4 {
		sent, err := slow.SignInChallenge(t.Context(), Challenge{Client: s.client, Token: started})
		require.NoError(t, err)
		started = sent.Token
	}
	c, err := s.opaque.ParseContinuation(started, s.client.ID)
	require.NoError(t, err)
	entry, err := s.store.Get(t.Context(), c.Flow.Key())
	require.NoError(t, err)
	assert.Positive(t, entry.TTL)
	assert.LessOrEqual(t, entry.TTL, 10*time.Minute)
	f, err := s.load(t.Context(), c.Flow)
	require.NoError(t, err)
	assert.Positive(t, f.Age, "although the store's clock stood still")
	assert.NotErrorIs(t, err, store.ErrNotFound)
}
