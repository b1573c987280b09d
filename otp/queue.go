package otp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// The errors of Queue.Add and Queue.Replace.
var (
	ErrQueueFull   = errors.New("otp: too many messages wait to be sent")
	ErrQueueClosed = errors.New("otp: the queue is shut down")
)

const (
	queueLength = 10_000
	forChanges  = 1_000            // of these, for notices of changes alone
	sendTimeout = 20 * time.Second // for one try
)

var (
	errExpired = errors.New("it expired while it waited")
	errEnded   = errors.New("sender ended its goroutine")
)

// Queue hands messages to a Sender outside the requests that caused them, so that a mail server
// that is slow or down costs no request any time and tells its sender nothing.
//
// What was not sent is tried again, after pauses that grow from 1 second to 20, until it expires, if the
// Sender's error Is ErrTemporary, and is given up if it Is ErrRejected. Any other error leaves open whether the
// message is on its way: a code is given up then, lest anybody get it twice; a notice that an account was
// changed is tried again, after pauses without an upper limit, lest its owner never hear of it. What is given
// up is logged, as "message not sent", once.
//
// A Queue holds at most 10,000 messages, the last 1,000 of which are such notices, beside the eight on each
// channel that are on their way. It survives a Sender that panics. It is safe for concurrent use and has no
// goroutine while there is nothing to send.
type Queue struct {
	sender Sender
	log    *slog.Logger
	now    func() time.Time

	refused tally // messages that found no room
	delayed tally // tries that are going to be repeated

	mu     sync.Mutex
	lanes  map[Channel]*lane
	newest map[string]*item // by key: of those that wait or are on their way
	held   int              // messages that wait
	lost   int              // messages given up because of the shutdown
	closed bool
	idle   chan struct{} // closed once closed is true and nothing waits or works
}

// NewQueue returns an empty Queue for s.
func NewQueue(s Sender, log *slog.Logger, now func() time.Time) *Queue {
	q := &Queue{sender: s, log: log, now: now, lanes: map[Channel]*lane{}, newest: map[string]*item{}, idle: make(chan struct{})}
	q.refused.say = func(n int, last error) {
		q.say(slog.LevelError, "nativeauth: messages refused", slog.Int("messages", n), slog.Any("error", last))
	}
	q.delayed.say = func(n int, last error) {
		q.say(slog.LevelWarn, "nativeauth: sending failed and will be tried again", slog.Int("tries", n), slog.Any("error", last))
	}
	return q
}

// Add puts m in the queue and returns at once, with ErrQueueFull or ErrQueueClosed if m is not
// taken. That is logged, too, as a number and once a second at most.
func (q *Queue) Add(m Message) error { return q.Replace("", 0, m) }

// Replace is Add for a message that makes those with the same key and a lower version worthless, as a new code
// does: of what waits only the highest version leaves, in the place of the one before; what is on its way is not
// tried again. Versions are there because of calls at once, whose messages may come in any order. Keys are
// compared within this Queue only. With the key "" nothing is replaced.
func (q *Queue) Replace(key string, version int64, m Message) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		q.refused.add(ErrQueueClosed)
		return ErrQueueClosed
	}
	other := q.newest[key] // none has the key ""
	if other != nil && !other.inHand {
		if version < other.version {
			return nil
		}
		if m.Channel == other.message.Channel {
			other.message, other.version = m, version
			return nil
		}
	}
	if q.held >= room(m.Purpose) {
		q.refused.add(ErrQueueFull)
		return ErrQueueFull
	}
	i := &item{message: m, key: key, version: version}
	switch {
	case other == nil:
	case version < other.version:
		i.stale = true
	case other.inHand:
		other.stale = true
	default: // it waits in another channel
		q.lanes[other.message.Channel].remove(other)
		q.held--
	}
	q.put(i)
	return nil
}

// room is how many messages may wait for one more to be taken. What anybody can cause leaves some to what the
// owner of an account must hear of.
func room(p Purpose) int {
	if p.tellsOfChange() {
		return queueLength
	}
	return queueLength - forChanges
}

// put puts a message that is new into its line. q.mu is held.
func (q *Queue) put(i *item) {
	l := q.lanes[i.message.Channel]
	if l == nil {
		l = &lane{}
		l.ring = func() { q.ring(l) }
		q.lanes[i.message.Channel] = l
	}
	if i.key != "" && !i.stale {
		q.newest[i.key] = i
	}
	l.fresh = append(l.fresh, i)
	q.held++
	q.hire(l)
}

// Shutdown takes no more messages and returns when all that were taken have been sent or have
// failed, or with an error when ctx is done before. What waits to be tried again is tried once more, at once;
// how many were given up that might have been sent later is logged.
func (q *Queue) Shutdown(ctx context.Context) error {
	q.mu.Lock()
	if !q.closed {
		q.closed = true
		for _, l := range q.lanes {
			l.again, l.later = append(l.again, l.later...), nil
			l.setTimer()
			q.hire(l)
		}
		q.closeIfIdle()
	}
	q.mu.Unlock()
	defer q.lastWords()
	select {
	case <-q.idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("otp: %d messages not sent: %w", q.unsent(), ctx.Err())
	}
}

// unsent is how many messages wait or are on their way.
func (q *Queue) unsent() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := q.held
	for _, l := range q.lanes {
		n += l.inHand
	}
	return n
}

// lastWords logs what has not been said yet.
func (q *Queue) lastWords() {
	q.refused.flush()
	q.delayed.flush()
	q.mu.Lock()
	lost := q.lost
	q.lost = 0
	q.mu.Unlock()
	if lost > 0 {
		q.say(slog.LevelError, "nativeauth: messages not sent before the shutdown", slog.Int("messages", lost))
	}
}

// say logs, and survives a Logger that panics.
func (q *Queue) say(level slog.Level, words string, about ...slog.Attr) {
	defer func() { _ = recover() }()
	q.log.LogAttrs(context.Background(), level, words, about...)
}

// closeIfIdle tells Shutdown that all is done. q.mu is held.
func (q *Queue) closeIfIdle() {
	if !q.closed {
		return
	}
	for _, l := range q.lanes {
		if !l.idle() {
			return
		}
	}
	close(q.idle)
}
