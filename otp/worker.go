package otp

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// hire starts workers for what can be sent now. It is on its way from then on. q.mu is held.
func (q *Queue) hire(l *lane) {
	for l.working < senders {
		i := q.take(l)
		if i == nil {
			return
		}
		l.working++
		go q.work(l, i)
	}
}

// work sends i, and then what else there is to send now. Should the Sender end the goroutine, another takes over.
func (q *Queue) work(l *lane, i *item) {
	finished := false
	defer func() {
		if finished {
			return
		}
		_ = recover()
		if i := q.next(l); i != nil {
			go q.work(l, i)
		}
	}()
	for ; i != nil; i = q.next(l) {
		q.deliver(l, i)
	}
	finished = true
}

// next takes a message. Without one it signs the worker off.
func (q *Queue) next(l *lane) *item {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := q.take(l)
	if i == nil {
		l.working--
		q.closeIfIdle()
	}
	return i
}

// take takes a message out of its line, if one can be sent now. q.mu is held.
func (q *Queue) take(l *lane) *item {
	i := l.take(q.closed)
	if i != nil {
		q.held--
	}
	return i
}

// deliver is one try. It is accounted for however the Sender ends it.
func (q *Queue) deliver(l *lane, i *item) {
	o, err := unknown, errEnded
	defer func() { q.settle(l, i, o, err) }()
	o, err = q.send(i.message)
}

// send hands m to the Sender, for as long as m is worth it.
func (q *Queue) send(m Message) (o outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			o, err = unknown, fmt.Errorf("sender panicked: %v", p)
		}
	}()
	left := m.Expires.Sub(q.now())
	if left <= 0 {
		return expired, errExpired
	}
	ctx, cancel := context.WithTimeout(context.Background(), min(sendTimeout, left))
	defer cancel()
	err = q.sender.Send(ctx, m)
	return outcomeOf(err), err
}

// settle decides what becomes of a message after a try, and logs it if that was the last.
func (q *Queue) settle(l *lane, i *item, o outcome, err error) {
	if q.account(l, i, o, err) {
		q.say(slog.LevelError, "nativeauth: message not sent",
			slog.Any("message", i.message), slog.Int("tries", i.tries), slog.Any("error", i.err))
	}
}

// account enters the end of a try into the books. It tells whether the message was given up and
// that is still to be logged.
func (q *Queue) account(l *lane, i *item, o outcome, err error) (lost bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l.giveBack(i, o)
	defer func() { // pauses may have begun or been cut short
		l.setTimer()
		q.hire(l)
	}()
	i.fail(o, err)
	again := o == temporary || o == unknown && i.message.Purpose.tellsOfChange()
	switch {
	case i.stale:
		return false
	case again && !q.closed:
		l.postpone(i, o)
		q.held++
		q.delayed.add(err)
		return false
	case again:
		q.lost++
	case o != sent:
		lost = true
	}
	if q.newest[i.key] == i {
		delete(q.newest, i.key)
	}
	return lost
}

// fail notes how a try ended.
func (i *item) fail(o outcome, err error) {
	switch o {
	case sent:
		return
	case expired:
		if i.err != nil {
			err = fmt.Errorf("%w; before that: %w", err, i.err)
		}
		i.err = err
		return
	case unknown:
		i.unknown++
	}
	i.tries++
	i.err = err
}

// ring is called when a pause is over.
func (q *Queue) ring(l *lane) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l.ripen(time.Now())
	l.setTimer()
	q.hire(l)
}
