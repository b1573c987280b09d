package flow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// Budgets bound what can be guessed of one account. What is guessed of all of them together is bounded by an alarm:
// when too many codes fail, over the whole deployment, each has one try for an hour.

const (
	failedKey    = "failed-codes"
	failedWithin = time.Hour
	alarmKey     = "alarm"
	alarmLife    = time.Hour
	alarmFresh   = time.Second // for so long what was read of it is taken for what is
)

// alarmReading is whether there was an alarm, and when that was read.
type alarmReading struct {
	stands bool
	at     time.Time
}

// canAlarm tells whether there is anything to count.
func (e *Engine) canAlarm() bool { return !e.Limits.Off && e.Limits.AlarmAt > 0 }

// tries is how many submissions are compared with the flow's code. Whether there is an alarm makes a difference from
// the second on.
func (e *Engine) tries(ctx context.Context, f *flow) (int64, error) {
	n := int64(cmp.Or(f.Tries, otp.Tries))
	if f.count.Value <= 1 || f.count.Value > n {
		return n, nil
	}
	alarmed, err := e.alarmed(ctx)
	if alarmed {
		n = 1
	}
	return n, err
}

// alarmed tells whether there is an alarm.
func (e *Engine) alarmed(ctx context.Context) (bool, error) {
	if !e.canAlarm() {
		return false, nil
	}
	if last := e.alarm.Load(); last != nil {
		if passed := e.Now().Sub(last.at); 0 <= passed && passed < alarmFresh {
			return last.stands, nil
		}
	}
	_, err := e.State.Get(ctx, alarmKey)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return false, fmt.Errorf("read alarm: %w", err)
	}
	e.alarm.Store(&alarmReading{err == nil, e.Now()})
	return err == nil, nil
}

// codeFailed counts a code that was compared and was wrong, and raises the alarm where that is one too many. It
// returns ErrCodeWrong, unless it could not be counted.
func (e *Engine) codeFailed(ctx context.Context) error {
	if !e.canAlarm() {
		return ErrCodeWrong
	}
	n, err := e.State.Add(ctx, failedKey, 1, failedWithin)
	if err != nil {
		return fmt.Errorf("count: %w", err)
	}
	if n.Value > e.Limits.AlarmAt {
		if err := e.raiseAlarm(ctx, n.Value); err != nil {
			return err
		}
	}
	return ErrCodeWrong
}

// raiseAlarm begins an alarm, if there is none. Of calls that do, one tells of it.
func (e *Engine) raiseAlarm(ctx context.Context, failed int64) error {
	err := e.State.Put(ctx, alarmKey, store.Entry{Value: []byte{1}, TTL: alarmLife})
	if err != nil && !errors.Is(err, store.ErrConflict) {
		return fmt.Errorf("raise alarm: %w", err)
	}
	e.alarm.Store(&alarmReading{true, e.Now()})
	if err != nil {
		return nil
	}
	if e.Alarm != nil {
		e.Alarm(ctx, failed)
	}
	e.Tell(ctx, Event{Name: EventLimitHit, Outcome: "alarm"})
	return nil
}
