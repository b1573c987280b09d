package otp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
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

const atOnce = 8 // messages that are on their way at once

// sender is an otp.Sender whose behaviour a test writes.
type sender func(ctx context.Context, m otp.Message) error

func (s sender) Send(ctx context.Context, m otp.Message) error { return s(ctx, m) }

// desk is a queue, what became of its messages, and what it logged.
type desk struct {
	*otp.Queue
	mu   sync.Mutex
	sent []string
	log  bytes.Buffer
}

// Write takes the log.
func (d *desk) Write(line []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.Write(line)
}

// newDesk returns a queue before s, which sees each message after it was noted. nil delivers.
func newDesk(s sender) *desk {
	d := &desk{}
	d.Queue = otp.NewQueue(sender(func(ctx context.Context, m otp.Message) error {
		d.mu.Lock()
		d.sent = append(d.sent, m.Code)
		d.mu.Unlock()
		if s == nil {
			return nil
		}
		return s(ctx, m)
	}), slog.New(slog.NewTextHandler(d, nil)), time.Now)
	return d
}

func (d *desk) delivered() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.sent)
}

func (d *desk) logged() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.String()
}

// workers counts the goroutines of queues.
func workers() int {
	stacks := make([]byte, 1<<20)
	return bytes.Count(stacks[:runtime.Stack(stacks, true)], []byte("otp.(*Queue).work("))
}

// numbered returns a message that is told by its number.
func numbered(n int) otp.Message {
	m := message("Contoso")
	m.Code, m.Expires = fmt.Sprintf("%08d", n), time.Now().Add(10*time.Minute)
	return m
}

// of returns a message for a purpose that is told by its number.
func of(p otp.Purpose, n int) otp.Message {
	m := numbered(n)
	m.Purpose = p
	return m
}

func numbers(from, to int) (list []string) {
	for n := from; n < to; n++ {
		list = append(list, fmt.Sprintf("%08d", n))
	}
	return list
}

// hangUntil is a Sender that ends only with its context, but for messages from n on.
func hangUntil(n int) sender {
	return func(ctx context.Context, m otp.Message) error {
		if m.Code >= fmt.Sprintf("%08d", n) {
			return nil
		}
		<-ctx.Done()
		return ctx.Err()
	}
}

func TestQueue_DeliversEachMessageOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(nil)
		for n := range 1000 {
			require.NoError(t, d.Add(numbered(n)))
		}
		synctest.Wait()
		assert.ElementsMatch(t, numbers(0, 1000), d.delivered())
		assert.Empty(t, d.logged())
	})
}

func TestQueue_TheLongestWaitingGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// All workers but one are kept for good, so that the rest goes through a single pair of hands.
		release := make(chan struct{})
		d := newDesk(func(_ context.Context, m otp.Message) error {
			if m.Code < fmt.Sprintf("%08d", atOnce-1) {
				<-release
			}
			return nil
		})
		for n := range atOnce - 1 {
			require.NoError(t, d.Add(numbered(n)))
			synctest.Wait()
		}
		for n := atOnce - 1; n < 500; n++ {
			require.NoError(t, d.Add(numbered(n)))
		}
		synctest.Wait()
		assert.Equal(t, numbers(0, 500), d.delivered())
		close(release)
	})
}

func TestQueue_HoldsTenThousandAndNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(hangUntil(atOnce))
		for n := range atOnce {
			require.NoError(t, d.Add(numbered(n)))
		}
		synctest.Wait() // these are on their way and do not wait
		for n := range 9_000 {
			require.NoError(t, d.Add(numbered(atOnce+n)))
		}
		for _, p := range slices.Concat(codes, notices[3:]) { // the first three are of changes
			assert.ErrorIs(t, d.Add(of(p, 99_999)), otp.ErrQueueFull, "%s: the rest is for notices of changes", p)
		}
		for n := range 1_000 {
			require.NoError(t, d.Add(of(notices[n%3], 9_000+atOnce+n)))
		}
		for _, p := range slices.Concat(codes, notices) {
			assert.ErrorIs(t, d.Add(of(p, 99_999)), otp.ErrQueueFull, p)
		}

		time.Sleep(time.Minute) // the hanging ones are given up, the rest goes out
		assert.ElementsMatch(t, numbers(0, atOnce+10_000), d.delivered(), "what was refused is not sent")
		assert.NoError(t, d.Add(numbered(10_008)), "there is room again")
		synctest.Wait()
		assert.Len(t, d.delivered(), atOnce+10_001)
	})
}

func TestQueue_AHangingSenderHoldsUpNoCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(hangUntil(100))
		begin := time.Now()
		for n := range 1000 {
			require.NoError(t, d.Add(numbered(n)))
		}
		assert.Zero(t, time.Since(begin))
		synctest.Wait()
		assert.Len(t, d.delivered(), atOnce, "on their way at once")

		time.Sleep(13*20*time.Second + time.Second) // 100 hanging ones, 8 at a time, 20 s each
		assert.Len(t, d.delivered(), 1000)
		assert.Contains(t, d.logged(), "context deadline exceeded")
	})
}

func TestQueue_ACodeIsTriedOnceUnlessTheErrorIsTemporary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(func(context.Context, otp.Message) error { return errors.New("mailbox full") })
		require.NoError(t, d.Add(numbered(1)))
		time.Sleep(time.Hour)
		assert.Equal(t, numbers(1, 2), d.delivered())
		assert.Contains(t, d.logged(), "mailbox full")
		assert.NotContains(t, d.logged(), "00000001")
		assert.NotContains(t, d.logged(), "casey")
	})
}

func TestQueue_AnExpiredMessageDoesNotLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(hangUntil(atOnce))
		for n := range atOnce {
			require.NoError(t, d.Add(numbered(n)))
		}
		synctest.Wait()
		expired, last := numbered(50), numbered(51)
		expired.Expires = time.Now().Add(20 * time.Second) // which is when a worker gets to it
		last.Expires = expired.Expires.Add(1)
		require.NoError(t, d.Add(expired))
		require.NoError(t, d.Add(last))
		time.Sleep(time.Minute)
		assert.NotContains(t, d.delivered(), expired.Code)
		assert.Contains(t, d.delivered(), last.Code)
		assert.Contains(t, d.logged(), "expired while it waited")
	})
}

func TestQueue_TheLogSaysWhatWasNotSent(t *testing.T) {
	for _, m := range messages("Contoso") {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(func(context.Context, otp.Message) error { return otp.Rejected(errors.New("mailbox full")) })
			m.Expires = time.Now().Add(time.Hour)
			require.NoError(t, d.Add(m))
			m.Expires = time.Now()
			require.NoError(t, d.Add(m))
			synctest.Wait()
			assert.Len(t, d.delivered(), 1, "the expired one does not leave, notice or not")
			assert.Equal(t, 2, strings.Count(d.logged(), `msg="nativeauth: message not sent"`))
			assert.Equal(t, 2, strings.Count(d.logged(), "message.purpose="+string(m.Purpose)))
			assert.NotContains(t, d.logged(), "the code")
		})
	}
}

func TestQueue_OutlivesASenderThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(func(_ context.Context, m otp.Message) error {
			if m.Code < "00000100" {
				panic("nil pointer in the mailer")
			}
			return nil
		})
		for n := range 200 {
			require.NoError(t, d.Add(numbered(n)))
		}
		synctest.Wait()
		assert.ElementsMatch(t, numbers(0, 200), d.delivered())
		assert.Contains(t, d.logged(), "nil pointer in the mailer")
		assert.NoError(t, d.Shutdown(t.Context()), "no worker is lost")
	})
}

func TestQueue_OutlivesASenderThatEndsItsGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(func(_ context.Context, m otp.Message) error {
			if m.Code < "00000100" {
				runtime.Goexit() // as t.FailNow does
			}
			return nil
		})
		for n := range 200 {
			require.NoError(t, d.Add(numbered(n)))
		}
		synctest.Wait()
		assert.ElementsMatch(t, numbers(0, 200), d.delivered())
		assert.NoError(t, d.Shutdown(t.Context()), "no worker is lost")
	})
}

func TestQueue_OutlivesAClockAndALoggerThatPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		q := otp.NewQueue(sender(func(context.Context, otp.Message) error { return errors.New("down") }),
			slog.New(panicking{}), func() time.Time {
				if calls++; calls == 1 {
					panic("no time")
				}
				return time.Now()
			})
		for n := range 3 {
			require.NoError(t, q.Add(numbered(n)))
			synctest.Wait()
		}
		assert.NoError(t, q.Shutdown(t.Context()))
	})
}

// panicking is a slog.Handler of a host that is out of order.
type panicking struct{ slog.Handler }

func (panicking) Enabled(context.Context, slog.Level) bool  { return true }
func (panicking) Handle(context.Context, slog.Record) error { panic("disk full") }

func TestQueue_HasNoGoroutineWhileItIsEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(func(context.Context, otp.Message) error { time.Sleep(time.Second); return nil })
		assert.Zero(t, workers(), "when new")
		for n := range 100 {
			require.NoError(t, d.Add(numbered(n)))
		}
		synctest.Wait()
		assert.Equal(t, atOnce, workers(), "at work")
		time.Sleep(time.Minute)
		assert.Zero(t, workers(), "when all is sent")
		require.NoError(t, d.Add(numbered(100)))
		synctest.Wait()
		assert.Equal(t, 1, workers(), "at work again")
		time.Sleep(time.Minute)
		assert.Zero(t, workers())
	})
}

func TestShutdown_SendsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(func(context.Context, otp.Message) error { time.Sleep(time.Second); return nil })
		for n := range 100 {
			require.NoError(t, d.Add(numbered(n)))
		}
		begin := time.Now()
		require.NoError(t, d.Shutdown(t.Context()))
		assert.Equal(t, 13*time.Second, time.Since(begin), "100 messages, 8 at a time")
		assert.Len(t, d.delivered(), 100)
	})
}

func TestShutdown_TakesNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(func(context.Context, otp.Message) error { time.Sleep(time.Second); return nil })
		require.NoError(t, d.Add(numbered(0)))
		go func() { assert.NoError(t, d.Shutdown(t.Context())) }()
		synctest.Wait()
		assert.ErrorIs(t, d.Add(numbered(1)), otp.ErrQueueClosed, "while it drains")
		time.Sleep(time.Minute)
		assert.ErrorIs(t, d.Add(numbered(2)), otp.ErrQueueClosed, "when it is empty")
		assert.Equal(t, numbers(0, 1), d.delivered())
	})
}

func TestShutdown_GivesUpWhenItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(hangUntil(1000))
		for n := range 20 {
			require.NoError(t, d.Add(numbered(n)))
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		begin := time.Now()
		err := d.Shutdown(ctx)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.ErrorContains(t, err, "20 messages not sent")
		assert.Equal(t, 5*time.Second, time.Since(begin))
		time.Sleep(2 * time.Minute)
	})
}

func TestShutdown_MayBeCalledOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(nil)
		var calls sync.WaitGroup
		for range 20 {
			calls.Go(func() { assert.NoError(t, d.Shutdown(t.Context())) })
		}
		calls.Wait()
		assert.NoError(t, d.Shutdown(t.Context()))
	})
}
