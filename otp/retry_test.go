package otp_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/otp"
)

var (
	errDown = otp.Temporary(errors.New("connection refused"))
	errLost = errors.New("connection lost")
	errFull = otp.Rejected(errors.New("mailbox full"))
)

// ends is a Sender that always ends in one way.
func ends(err error) sender { return func(context.Context, otp.Message) error { return err } }

// server is a Sender that is out of order until it is mended.
type server struct {
	mu    sync.Mutex
	fault func(ctx context.Context) error
}

func (s *server) set(fault func(ctx context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = fault
}

func (s *server) send(ctx context.Context, _ otp.Message) error {
	s.mu.Lock()
	fault := s.fault
	s.mu.Unlock()
	if fault == nil {
		return nil
	}
	return fault(ctx)
}

func refuses(context.Context) error { return errDown }

// hangs is how a Sender fails that has ten seconds for a message.
func hangs(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	<-ctx.Done()
	return otp.Temporary(ctx.Err())
}

// tries returns when a message was tried, as seconds since it was added, for as long as span.
func tries(t *testing.T, m otp.Message, span time.Duration, s sender) (seconds []int, log string) {
	begin := time.Now()
	d := newDesk(func(ctx context.Context, m otp.Message) error {
		seconds = append(seconds, int(time.Since(begin).Seconds()))
		return s(ctx, m)
	})
	require.NoError(t, d.Add(m))
	time.Sleep(span)
	return seconds, d.logged()
}

func TestQueue_TriesAgainAfterGrowingPausesUntilTheMessageExpires(t *testing.T) {
	for _, p := range slices.Concat(codes, notices) {
		synctest.Test(t, func(t *testing.T) {
			m := of(p, 1)
			m.Expires = time.Now().Add(2 * time.Minute)
			seconds, log := tries(t, m, time.Hour, ends(errDown))
			assert.Equal(t, []int{0, 1, 3, 7, 15, 31, 51, 71, 91, 111}, seconds, p)
			assert.Equal(t, 1, strings.Count(log, `msg="nativeauth: message not sent"`))
			assert.Contains(t, log, `tries=10 error="it expired while it waited; before that: connection refused"`)
			assert.Contains(t, log, `level=WARN msg="nativeauth: sending failed and will be tried again" tries=1 error="connection refused"`)
			assert.NotContains(t, log, m.Code)
			assert.NotContains(t, log, "casey")
		})
	}
}

func TestQueue_DoesNotTryAgainWhatWasRefusedForGood(t *testing.T) {
	for _, p := range slices.Concat(codes, notices) {
		synctest.Test(t, func(t *testing.T) {
			seconds, log := tries(t, of(p, 1), time.Hour, ends(errFull))
			assert.Equal(t, []int{0}, seconds, p)
			assert.Contains(t, log, `msg="nativeauth: message not sent" message.channel=email message.purpose=`+
				string(p)+` message.to=[address] tries=1 error="mailbox full"`)
		})
	}
}

func TestQueue_SendsNothingTwiceButNoticesOfChanges(t *testing.T) {
	for _, p := range slices.Concat(codes, notices[3:]) {
		synctest.Test(t, func(t *testing.T) {
			seconds, log := tries(t, of(p, 1), time.Hour, ends(errLost))
			assert.Equal(t, []int{0}, seconds, p)
			assert.Contains(t, log, "connection lost")
		})
	}
}

func TestQueue_TriesANoticeOfAChangeAgainThoughItMayHaveArrived(t *testing.T) {
	for name, s := range map[string]sender{
		"an error": ends(errLost),
		"a panic":  func(context.Context, otp.Message) error { panic("nil pointer in the mailer") },
		"an end":   func(context.Context, otp.Message) error { runtime.Goexit(); return nil },
	} {
		for _, p := range notices[:3] {
			synctest.Test(t, func(t *testing.T) {
				m := of(p, 1)
				m.Expires = time.Now().Add(24 * time.Hour)
				seconds, log := tries(t, m, 48*time.Hour, s)
				assert.Equal(t, []int{0, 1, 3, 7, 15, 31, 63, 127, 255, 511}, seconds[:10], name)
				assert.Less(t, len(seconds), 20, "of a whole day")
				assert.Equal(t, 1, strings.Count(log, "message not sent"))
			})
		}
	}
}

func TestQueue_ATryEndsWithTheLifeOfItsMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(func(ctx context.Context, _ otp.Message) error {
			deadline, _ := ctx.Deadline()
			assert.Equal(t, 5*time.Second, time.Until(deadline))
			return nil
		})
		m := numbered(1)
		m.Expires = time.Now().Add(5 * time.Second)
		require.NoError(t, d.Add(m))
		synctest.Wait()
		assert.Len(t, d.delivered(), 1)
	})
}

func TestQueue_WhatWaitsGoesOutWithinHalfAMinuteOfRecovery(t *testing.T) {
	for name, fault := range map[string]func(context.Context) error{"refused": refuses, "hanging": hangs} {
		for outage := range 40 { // seconds
			synctest.Test(t, func(t *testing.T) {
				s := &server{fault: fault}
				arrived := map[string]int{}
				var mu sync.Mutex
				d := newDesk(func(ctx context.Context, m otp.Message) error {
					err := s.send(ctx, m)
					if err == nil {
						mu.Lock()
						arrived[m.Code]++
						mu.Unlock()
					}
					return err
				})
				for n := range 100 {
					require.NoError(t, d.Add(numbered(n)))
				}
				time.Sleep(time.Duration(outage)*time.Second + time.Second/2)
				s.set(nil)
				time.Sleep(30 * time.Second)
				mu.Lock()
				defer mu.Unlock()
				assert.Len(t, arrived, 100, "%s for %d s", name, outage)
				for code, n := range arrived {
					assert.Equal(t, 1, n, code)
				}
			})
		}
	}
}

func TestQueue_ASuccessEndsThePauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{fault: refuses}
		d := newDesk(s.send)
		for n := range 1000 {
			require.NoError(t, d.Add(numbered(n)))
		}
		time.Sleep(40 * time.Second) // the pauses last until 51
		s.set(nil)
		before := len(d.delivered())
		require.NoError(t, d.Add(numbered(1000)))
		synctest.Wait()
		assert.Len(t, d.delivered(), before+1001, "with the new one all that waited")
	})
}

func TestQueue_OneDeadReceiverHasItsPausesThoughOthersAreReached(t *testing.T) {
	for name, err := range map[string]error{"refused": errDown, "lost": errLost} {
		synctest.Test(t, func(t *testing.T) {
			dead, others := 0, 0
			var mu sync.Mutex
			d := newDesk(func(_ context.Context, m otp.Message) error {
				mu.Lock()
				defer mu.Unlock()
				if m.Purpose == otp.PasswordChanged {
					dead++
					return err
				}
				others++
				return nil
			})
			m := of(otp.PasswordChanged, 1)
			m.Expires = time.Now().Add(time.Hour)
			require.NoError(t, d.Add(m))
			for range 2 * 60 * 60 {
				time.Sleep(time.Second / 2)
				require.NoError(t, d.Add(numbered(2)))
			}
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			assert.Equal(t, 2*60*60, others)
			if name == "lost" {
				assert.LessOrEqual(t, dead, 12)
			} else {
				assert.LessOrEqual(t, dead, 2*60*60/20+10, "at most one more in each twenty seconds")
			}
		})
	}
}

func TestQueue_WhatWaitsForItsNextTryKeepsNobodyBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{fault: refuses}
		d := newDesk(s.send)
		for n := range 1000 {
			require.NoError(t, d.Add(numbered(n)))
		}
		time.Sleep(20 * time.Second)
		assert.Zero(t, workers())
		s.set(nil)
		time.Sleep(20 * time.Second)
		assert.Zero(t, workers())
		assert.NoError(t, d.Shutdown(t.Context()))
	})
}

func TestQueue_AReceiverThatHangsLeavesHandsForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(func(ctx context.Context, m otp.Message) error {
			if m.Code < "00001000" {
				return hangs(ctx)
			}
			return nil
		})
		for n := range 40 {
			require.NoError(t, d.Add(numbered(n)))
		}
		time.Sleep(55 * time.Second) // all have been tried, and only they are left
		for n := range 100 {
			require.NoError(t, d.Add(numbered(1000+n)))
			synctest.Wait()
			require.Contains(t, d.delivered(), fmt.Sprintf("%08d", 1000+n))
			time.Sleep(time.Second)
		}
		time.Sleep(time.Hour) // until all have expired
	})
}

func TestQueue_AChannelThatHangsHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(func(ctx context.Context, m otp.Message) error {
			if m.Channel == otp.Email {
				return hangs(ctx)
			}
			return nil
		})
		for n := range 1000 {
			require.NoError(t, d.Add(numbered(n)))
		}
		synctest.Wait()
		m := numbered(9999)
		m.Channel, m.To = otp.SMS, "+4915112345678"
		require.NoError(t, d.Add(m))
		synctest.Wait()
		assert.Len(t, d.delivered(), atOnce+1)
		assert.Equal(t, atOnce, workers())
		time.Sleep(time.Hour) // until all have expired
	})
}

func TestQueue_OfWhatItRefusesItLogsTheNumberOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, release := busy(t, ends(nil))
		defer release()
		for n := range 9_000 {
			require.NoError(t, d.Add(numbered(atOnce+n)))
		}
		for n := range 10_000 {
			require.ErrorIs(t, d.Add(numbered(n)), otp.ErrQueueFull)
		}
		time.Sleep(3 * time.Second)
		const line = `level=ERROR msg="nativeauth: messages refused" messages=%d error="otp: too many messages wait to be sent"`
		assert.Equal(t, 1, strings.Count(d.logged(), "\n"))
		assert.Contains(t, d.logged(), fmt.Sprintf(line, 10_000))
		require.Error(t, d.Add(numbered(1)))
		time.Sleep(3 * time.Second)
		assert.Equal(t, 2, strings.Count(d.logged(), "\n"))
		assert.Contains(t, d.logged(), fmt.Sprintf(line, 1))
		assert.NotContains(t, d.logged(), "casey")
	})
}

func TestShutdown_TriesWhatWaitsOnceMore(t *testing.T) {
	for name, back := range map[string]bool{"the server is back": true, "it is not": false} {
		synctest.Test(t, func(t *testing.T) {
			s := &server{fault: refuses}
			d := newDesk(s.send)
			for n := range 100 {
				require.NoError(t, d.Add(numbered(n)))
			}
			time.Sleep(40 * time.Second)
			if back {
				s.set(nil)
			}
			before, begin := len(d.delivered()), time.Now()
			require.NoError(t, d.Shutdown(t.Context()))
			assert.Zero(t, time.Since(begin), name)
			assert.Len(t, d.delivered(), before+100, "each once")
			const line = `msg="nativeauth: messages not sent before the shutdown" messages=100`
			assert.Equal(t, !back, strings.Contains(d.logged(), line), d.logged())
			require.NoError(t, d.Shutdown(t.Context()))
			assert.LessOrEqual(t, strings.Count(d.logged(), line), 1)
			assert.NotContains(t, d.logged(), "message not sent")
			time.Sleep(time.Hour)
			assert.Len(t, d.delivered(), before+100)
		})
	}
}

func TestShutdown_CountsWhatWaitsForItsNextTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(func(ctx context.Context, _ otp.Message) error { return hangs(ctx) })
		for n := range 20 {
			require.NoError(t, d.Add(numbered(n)))
		}
		time.Sleep(25 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		assert.ErrorContains(t, d.Shutdown(ctx), "otp: 20 messages not sent")
		time.Sleep(time.Minute)
		assert.NoError(t, d.Shutdown(t.Context()))
		assert.Contains(t, d.logged(), "messages=20")
	})
}
