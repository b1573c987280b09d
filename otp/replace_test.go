package otp_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/otp"
)

// busy returns a queue whose workers are kept by messages of their own until release is called.
func busy(t *testing.T, s sender) (d *desk, release func()) {
	held := make(chan struct{})
	d = newDesk(func(ctx context.Context, m otp.Message) error {
		if m.Code < numbered(atOnce).Code {
			<-held
			return nil
		}
		return s(ctx, m)
	})
	for n := range atOnce {
		require.NoError(t, d.Add(numbered(n)))
	}
	synctest.Wait()
	return d, func() { close(held); synctest.Wait() }
}

func TestReplace_WhatWaitsDoesNotLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, release := busy(t, ends(nil))
		require.NoError(t, d.Replace("one", 10, numbered(10)))
		require.NoError(t, d.Replace("two", 20, numbered(20)))
		require.NoError(t, d.Replace("one", 11, numbered(11)))
		require.NoError(t, d.Replace("one", 12, numbered(12)))
		release()
		assert.ElementsMatch(t, append(numbers(0, atOnce), "00000012", "00000020"), d.delivered())
		assert.Empty(t, d.logged(), "nothing is wrong with that")

		require.NoError(t, d.Replace("one", 13, numbered(13)))
		synctest.Wait()
		assert.Contains(t, d.delivered(), "00000013", "after one that was sent")
	})
}

func TestReplace_WhatWaitsForItsNextTryDoesNotLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{fault: refuses}
		d := newDesk(s.send)
		require.NoError(t, d.Replace("one", 10, numbered(10)))
		time.Sleep(10 * time.Second)
		require.NoError(t, d.Replace("one", 11, numbered(11)))
		time.Sleep(time.Second)
		s.set(nil)
		before := len(d.delivered())
		time.Sleep(time.Hour)
		assert.Equal(t, []string{"00000011"}, d.delivered()[before:])
		assert.NotContains(t, d.logged(), "message not sent")
	})
}

func TestReplace_WhatIsOnItsWayIsNotTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{fault: hangs}
		d := newDesk(s.send)
		require.NoError(t, d.Replace("one", 10, numbered(10)))
		time.Sleep(time.Second)
		s.set(nil)
		require.NoError(t, d.Replace("one", 11, numbered(11)))
		time.Sleep(time.Hour)
		assert.Equal(t, numbers(10, 12), d.delivered(), "each of them once")
	})
}

func TestReplace_NeedsNoRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, release := busy(t, ends(nil))
		require.NoError(t, d.Replace("one", 10, numbered(10)))
		for n := range 8_999 {
			require.NoError(t, d.Add(numbered(1000+n)))
		}
		assert.ErrorIs(t, d.Replace("two", 20, numbered(20)), otp.ErrQueueFull)
		assert.NoError(t, d.Replace("one", 11, numbered(11)))
		release()
		assert.Contains(t, d.delivered(), "00000011")
		assert.NotContains(t, d.delivered(), "00000010")
	})
}

func TestReplace_TheHighestVersionLeavesInWhateverOrderTheyCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, release := busy(t, ends(nil))
		for _, n := range []int{11, 10, 13, 12} {
			require.NoError(t, d.Replace("one", int64(n), numbered(n)))
		}
		release()
		assert.ElementsMatch(t, append(numbers(0, atOnce), "00000013"), d.delivered())
	})
}

func TestReplace_WhatComesAfterAHigherVersionThatIsOnItsWayIsTriedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(func(ctx context.Context, _ otp.Message) error { return hangs(ctx) })
		newer, older := numbered(11), numbered(10)
		newer.Expires = time.Now().Add(time.Minute)
		require.NoError(t, d.Replace("one", 11, newer))
		require.NoError(t, d.Replace("one", 10, older))
		time.Sleep(time.Hour)
		assert.ElementsMatch(t, numbers(10, 12), d.delivered()[:2])
		assert.NotContains(t, d.delivered()[2:], "00000010")
		assert.Contains(t, d.delivered()[2:], "00000011")
	})
}

func TestReplace_WhatCanLeaveAtOnceIsOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(nil)
		for n := range 8 {
			require.NoError(t, d.Replace("one", int64(n), numbered(n)))
		}
		synctest.Wait()
		assert.ElementsMatch(t, numbers(0, 8), d.delivered())
	})
}

func TestReplace_AppliesAcrossChannels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, release := busy(t, ends(nil))
		require.NoError(t, d.Replace("one", 10, numbered(10)))
		sms := numbered(11)
		sms.Channel, sms.To = otp.SMS, "+4915112345678"
		require.NoError(t, d.Replace("one", 11, sms))
		release()
		assert.Contains(t, d.delivered(), "00000011")
		assert.NotContains(t, d.delivered(), "00000010")
	})
}

func TestAdd_ReplacesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, release := busy(t, ends(nil))
		for range 3 {
			require.NoError(t, d.Add(of(otp.PasswordChanged, 10)))
		}
		release()
		assert.Len(t, d.delivered(), atOnce+3)
	})
}
