package flow

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/nativeauth/nativeauth/store"
)

// At a client address are counted the calls that open a flow or try to sign in by themselves, and the answers
// that tell it whether somebody has an account. Both are counted before anything is looked up, so that a refusal
// is the same whoever is meant.

// MostStarts is the largest of the limits of an hour at one client address that fits into what counts it.
const MostStarts = 100_000

// What an hour has seen of an address is one counter, so that it costs one write: its starts, the calls under way
// that may turn out to tell of an account, and those that have. The ones under way count as if they had, or calls at
// once would be told more than calls in turn.
const (
	oneSignal  = 1
	oneAsking  = 1 << 20
	oneStart   = 1 << 40
	fieldOfOne = oneAsking - 1
)

type hourOf int64

func (h hourOf) starts() int64  { return int64(h / oneStart) }
func (h hourOf) asking() int64  { return int64(h / oneAsking & fieldOfOne) }
func (h hourOf) signals() int64 { return int64(h & fieldOfOne) }

// The limits of a client address, as a TooSoonError names them.
const (
	LimitStarts  = "starts"
	LimitSignals = "signals"
)

// asking is how long a call has to wait for those that are under way.
const asking = time.Second

// arrive counts a call at its client address, for nothing but its start, and refuses it where there were too many.
func (e *Engine) arrive(ctx context.Context) error {
	_, err := e.countStart(ctx, oneStart)
	return err
}

// arriveAsking is arrive for a call whose answer may tell whether somebody has an account: look finds that out.
// Once an address was told often enough, all such calls from there are refused, whoever they are about.
func arriveAsking[T any](ctx context.Context, e *Engine, look func() (T, error)) (found T, err error) {
	if e.HideAccounts {
		if err := e.arrive(ctx); err != nil {
			return found, err
		}
		return look()
	}
	v, err := e.countStart(ctx, oneStart+oneAsking)
	if err != nil {
		return found, err
	}
	defer func() {
		if tells(err) {
			v.add(ctx, oneSignal-oneAsking)
		} else {
			v.add(ctx, -oneAsking)
		}
	}()
	return look()
}

// tells says whether an error tells of an account to somebody who has proven nothing.
func tells(err error) bool {
	return errors.Is(err, ErrUserNotFound) || errors.Is(err, ErrUserExists) || errors.Is(err, ErrNoRecovery)
}

// visit is what was counted of a call in the hour of its address. The zero visit was not.
type visit struct {
	engine *Engine
	key    string
	count  store.Count
}

// countStart adds to the hour of the client address of a call, and one to its minute. What was refused is taken off
// the hour again: somebody who does not wait keeps nobody out for longer than a minute.
func (e *Engine) countStart(ctx context.Context, what int64) (visit, error) {
	from, known := callerOf(ctx)
	if !known || e.Limits.Off {
		return visit{}, nil
	}
	sum := e.names.Sum([]byte("starts " + from.String()))
	at := base64.RawURLEncoding.EncodeToString(sum[:16])
	inMinute := inBackground(func() (store.Count, error) { return e.State.Add(ctx, "minute/"+at, 1, time.Minute) })
	v := visit{engine: e, key: "hour/" + at}
	var err error
	v.count, err = e.State.Add(ctx, v.key, what, time.Hour)
	minute, minuteErr := inMinute()
	switch {
	case err != nil:
		return visit{}, fmt.Errorf("count: %w", err)
	case minuteErr != nil:
		err = fmt.Errorf("count: %w", minuteErr)
	default:
		err = e.Limits.judge(minute, v.count, what >= oneStart+oneAsking)
	}
	if err != nil {
		v.add(ctx, -what)
		return visit{}, err
	}
	return v, nil
}

// judge refuses a call that was counted, if that was too much.
func (l Limits) judge(minute, hour store.Count, asks bool) error {
	h := hourOf(hour.Value)
	switch {
	case h.starts() > l.StartsPerHour:
		return l.tooMany(LimitStarts, hour.TTL)
	case minute.Value > l.StartsPerMinute:
		return l.tooMany(LimitStarts, minute.TTL)
	case asks && h.signals() >= l.SignalsPerHour:
		return l.tooMany(LimitSignals, hour.TTL)
	case asks && h.signals()+h.asking() > l.SignalsPerHour:
		return l.tooMany(LimitSignals, asking)
	}
	return nil
}

func (l Limits) tooMany(of string, wait time.Duration) error {
	words := fmt.Sprintf("%d flows and sign-ins in one call begin at a client address in a minute, %d in an hour", l.StartsPerMinute, l.StartsPerHour)
	if of == LimitSignals {
		words = fmt.Sprintf("a client address is told %d times in an hour whether somebody has an account", l.SignalsPerHour)
	}
	return &TooSoonError{Wait: wait, Of: of, Limit: words}
}

// add changes what was counted.
func (v visit) add(ctx context.Context, delta int64) {
	if v.engine != nil {
		v.engine.correct(ctx, counter{key: v.key, life: time.Hour}, v.count, delta)
	}
}
