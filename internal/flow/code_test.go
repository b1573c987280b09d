package flow

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

func (s *stage) again(continuation string) (token, code string) {
	s.Helper()
	return s.newest(func() (Challenged, error) {
		return s.SignUpChallenge(s.Context(), Challenge{Client: s.plain, Token: continuation})
	})
}

func TestCode_FiveTriesAndNoMore(t *testing.T) {
	for wrong := range otp.Tries + 2 {
		s := newStage(t)
		sent, code := s.sentSignUp(s.plain, "")
		for range wrong {
			_, err := s.giveCode(s.plain, sent, other(code))
			require.ErrorIs(t, err, ErrCodeWrong)
		}
		_, err := s.giveCode(s.plain, sent, code)
		if wrong < otp.Tries {
			assert.NoError(t, err, "after %d wrong ones", wrong)
		} else {
			assert.ErrorIs(t, err, ErrCodeWrong, "after %d wrong ones", wrong)
		}
	}
}

func TestCode_WhatIsNoCodeUsesNoTryUp(t *testing.T) {
	s := newStage(t)
	sent, code := s.sentSignUp(s.plain, "")
	for range 20 {
		_, err := s.giveCode(s.plain, sent, "1234")
		require.ErrorIs(t, err, ErrCodeWrong)
	}
	_, err := s.giveCode(s.plain, sent, code[:4]+"-"+code[4:])
	assert.NoError(t, err)
}

func TestCode_AResendKillsTheOldCodeAndGivesTheNewOneItsOwnTries(t *testing.T) {
	s := newStage(t)
	sent, first := s.sentSignUp(s.plain, "")
	for range otp.Tries {
		_, err := s.giveCode(s.plain, sent, other(first))
		require.ErrorIs(t, err, ErrCodeWrong)
	}
	sent, second := s.again(sent)
	require.NotEqual(t, first, second, "one chance in a hundred million")
	for range otp.Tries - 1 {
		_, err := s.giveCode(s.plain, sent, first)
		require.ErrorIs(t, err, ErrCodeWrong)
	}
	_, err := s.giveCode(s.plain, sent, second)
	assert.NoError(t, err)
}

// The way back through attributes leads to the same code, where it is too soon for another: it has
// the tries that are left, and no more.
func TestCode_AttributesInBetweenGiveItNoNewTries(t *testing.T) {
	s := newStage(t, func(c *Config) { c.ResendInterval = time.Minute })
	sent, code := s.sentSignUp(s.client, `{"city":"Oslo"}`)
	for range 2 {
		for range 2 {
			_, err := s.giveCode(s.client, sent, other(code))
			require.ErrorIs(t, err, ErrCodeWrong)
		}
		_, err := s.giveAttributes(s.client, sent, `{"nickname":"Cas"}`)
		wanted, ok := errors.AsType[*CredentialRequired](err)
		require.True(t, ok, "%v", err)
		again, err := s.SignUpChallenge(t.Context(), Challenge{Client: s.client, Token: wanted.Token})
		require.NoError(t, err)
		sent = again.Token
	}
	_, err := s.giveCode(s.client, sent, other(code))
	require.ErrorIs(t, err, ErrCodeWrong, "the fifth")
	_, err = s.giveCode(s.client, sent, code)
	assert.ErrorIs(t, err, ErrCodeWrong, "the sixth, though right")
}

func TestCode_AFlowSendsFive(t *testing.T) {
	s := newStage(t)
	sent, code := s.sentSignUp(s.plain, "")
	for range sendsPerFlow - 1 {
		sent, code = s.again(sent)
	}
	var wait *TooSoonError
	for range 3 {
		_, err := s.SignUpChallenge(t.Context(), Challenge{Client: s.plain, Token: sent})
		require.ErrorAs(t, err, &wait)
		assert.Equal(t, flowLife, wait.Wait, "until the flow ends")
	}
	_, err := s.giveCode(s.plain, sent, code)
	assert.NoError(t, err, "the last one is still good")
}

func TestCode_ACounterThatEndsItsGoroutineLetsNoTryThrough(t *testing.T) {
	s := newStage(t)
	sent, code := s.sentSignUp(s.plain, "")
	s.State = ending{s.state}
	_, err := s.giveCode(s.plain, sent, code)
	assert.Error(t, err)
	_, err = s.store.UserByUsername(t.Context(), casey)
	assert.ErrorIs(t, err, store.ErrNotFound)
}

// ending is a State that ends the goroutine it counts in, as t.FailNow does.
type ending struct{ *switchboard }

func (ending) Add(context.Context, string, int64, time.Duration) (store.Count, error) {
	runtime.Goexit()
	return store.Count{}, nil
}

// other is a code that is not this one.
func other(code string) string {
	b := []byte(code)
	b[0] = '0' + (b[0]-'0'+1)%10
	return string(b)
}
