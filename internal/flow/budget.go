package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nativeauth/nativeauth/store"
)

// What is known of the codes that were sent to an account, over all flows, clients and instances, is in one
// record. A code leaves when that says so, and after it was written there: of calls that race, one sends.

const (
	// codesDay is how long a code counts. It may be tried for ten minutes after it was sent, so those of 25 hours
	// are all that can be tried in any 24.
	codesDay    = 25 * time.Hour
	budgetTries = 32 // to write the record: each that fails is another's that succeeds, and few of those may
)

// budget is the record of an account on its way through a call.
type budget struct {
	history
	account accountID
	caller  []byte // who calls; nil if nobody can tell
	version int64
	read    time.Time
}

// history is what the store holds of it. How long ago things were is as of the write.
type history struct {
	TTL     int64     `json:"l"` // milliseconds that the record was given
	Sent    sentCodes `json:"s,omitempty"`
	Callers []caller  `json:"c,omitempty"` // from where somebody has signed in
}

// spent is a code that was written down.
type spent struct {
	account accountID
	kind    codeKind
	at      time.Time
}

// budgets tells whether anything limits the codes of an account.
func (e *Engine) budgets() bool { return e.ResendInterval > 0 || !e.Limits.Off }

// readBudget reads what is known of an account's codes, for a call.
func (e *Engine) readBudget(ctx context.Context, account accountID) (*budget, error) {
	b := &budget{account: account, caller: e.callerName(ctx, account)}
	entry, err := e.State.Get(ctx, account.key("codes"))
	b.read = e.Now()
	switch {
	case errors.Is(err, store.ErrNotFound):
		return b, nil
	case err != nil:
		return nil, fmt.Errorf("read codes: %w", err)
	}
	if err := json.Unmarshal(entry.Value, &b.history); err != nil {
		return nil, fmt.Errorf("read codes: %w", err)
	}
	b.version = entry.Version
	b.pass(life{TTL: b.TTL}.sinceWrite(entry.TTL))
	return b, nil
}

// pass lets time pass, by the store's clock up to the read and ours since.
func (b *budget) pass(d time.Duration) {
	for i := range b.Sent {
		b.Sent[i].ago += d
	}
	for i := range b.Callers {
		b.Callers[i].Ago += d.Milliseconds()
	}
}

// catchUp lets the time pass since the record was read.
func (e *Engine) catchUp(b *budget) {
	now := e.Now()
	b.pass(max(0, now.Sub(b.read)))
	b.read = now
}

// writeBudget writes the record over the version that was read, without what counts no more.
func (e *Engine) writeBudget(ctx context.Context, b *budget) error {
	kept := codesDay
	if e.Limits.Off {
		kept = e.ResendInterval
	}
	b.Sent = b.Sent.within(kept)
	b.forgetCallers()
	if len(b.Callers) > 0 {
		kept = callerKept
	}
	b.TTL = kept.Milliseconds()
	value, err := json.Marshal(&b.history)
	if err == nil {
		err = e.State.Put(ctx, b.account.key("codes"), store.Entry{Value: value, Version: b.version, TTL: kept})
	}
	return err
}

// nextCode says of which kind the next code is, or how long it has to wait.
func (e *Engine) nextCode(b *budget) (codeKind, error) {
	e.catchUp(b)
	l, gap := e.Limits, b.Sent.until(1, e.ResendInterval, ordinaryCode, spareCode, reservedCode)
	if l.Off {
		return ordinaryCode, tooSoon(TooSoonError{Wait: gap, Limit: e.intervalLimit()})
	}
	day := b.Sent.until(l.PerDay, codesDay, ordinaryCode)
	kind, wait := ordinaryCode, max(day, b.Sent.until(l.PerHour, time.Hour, ordinaryCode))
	if b.knows() && l.Reserved > 0 {
		if w := b.Sent.until(l.Reserved, codesDay, reservedCode); w < wait {
			kind, wait = reservedCode, w
		}
	}
	if day > 0 && l.Every > 0 {
		if w := b.Sent.until(1, l.Every, ordinaryCode, spareCode); w < wait {
			kind, wait = spareCode, w
		}
	}
	if gap >= wait {
		return kind, tooSoon(TooSoonError{Wait: gap, Limit: e.intervalLimit()})
	}
	if day > 0 {
		return kind, &TooSoonError{Wait: wait, OfDay: true, Limit: fmt.Sprintf("an account is sent %d codes in %v (Limits.CodesPerDay)", l.PerDay, codesDay)}
	}
	return kind, &TooSoonError{Wait: wait, OfHour: true, Limit: fmt.Sprintf("an account is sent %d codes in an hour (Limits.CodesPerHour)", l.PerHour)}
}

// tooSoon is no error where there is nothing to wait for.
func tooSoon(e TooSoonError) error {
	if e.Wait <= 0 {
		return nil
	}
	return &e
}

// spend writes down that the flow gets a code, if it still may have one.
func (e *Engine) spend(ctx context.Context, f *flow) error {
	if f.budget == nil || f.spent != nil { // a first try at the call has written it down
		return nil
	}
	for range budgetTries {
		b := f.budget
		kind, err := e.nextCode(b)
		if err != nil {
			return err
		}
		b.Sent = b.Sent.with(kind)
		switch err := e.writeBudget(ctx, b); {
		case err == nil:
			f.spent = &spent{b.account, kind, e.Now()}
			return nil
		case !errors.Is(err, store.ErrConflict):
			return fmt.Errorf("write codes: %w", err)
		}
		if f.budget, err = e.readBudget(ctx, b.account); err != nil {
			return err
		}
	}
	return errors.New("write codes: they change faster than they can be read")
}

// giveBack undoes what was written down of a code that did not leave after all, also when the time for the call
// is over. If that fails, too, the next one has to wait.
func (e *Engine) giveBack(ctx context.Context, f *flow) {
	s := f.spent
	if s == nil {
		return
	}
	f.spent = nil
	e.afterwards(ctx, s.account, func(b *budget) bool { return b.Sent.drop(s.kind, e.Now().Sub(s.at)) })
}

// afterwards changes the record of an account when the call that it is about is as good as over. If that fails
// the call does not.
func (e *Engine) afterwards(ctx context.Context, account accountID, change func(b *budget) bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWord)
	defer cancel()
	for range budgetTries {
		b, err := e.readBudget(ctx, account)
		if err == nil {
			if !change(b) {
				return
			}
			err = e.writeBudget(ctx, b)
		}
		switch {
		case err == nil:
			return
		case !errors.Is(err, store.ErrConflict):
			e.missed(ctx, err)
			return
		}
	}
}

// missed tells of what has failed beside a call that goes on.
func (e *Engine) missed(ctx context.Context, err error) {
	if e.Missed != nil {
		e.Missed(ctx, fmt.Errorf("change the record of an account afterwards: %w", err))
	}
}
