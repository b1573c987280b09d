package otp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// The errors of Queue.Add.
var (
	ErrQueueFull   = errors.New("otp: too many messages wait to be sent")
	ErrQueueClosed = errors.New("otp: the queue is shut down")
)

const (
	queueLength = 10_000
	senders     = 8                // that work at once
	sendTimeout = 30 * time.Second // for one message
)

// Queue hands messages to a Sender outside the requests that caused them, so that a mail server
// that is slow or down costs no request any time and tells its sender nothing. It holds at most
// 10,000 messages, drops those that have expired, tries each once, and survives a Sender that
// panics. It is safe for concurrent use and has no goroutine while it is empty.
type Queue struct {
	sender Sender
	log    *slog.Logger
	now    func() time.Time

	mu      sync.Mutex
	waiting []Message
	working int
	closed  bool
	idle    chan struct{} // closed once closed is true and nothing waits or works
}

// NewQueue returns an empty Queue for s.
func NewQueue(s Sender, log *slog.Logger, now func() time.Time) *Queue {
	return &Queue{sender: s, log: log, now: now, idle: make(chan struct{})}
}

// Add puts m in the queue and returns at once, with ErrQueueFull or ErrQueueClosed if m is not
// taken.
func (q *Queue) Add(m Message) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return ErrQueueClosed
	case len(q.waiting) >= queueLength:
		return ErrQueueFull
	}
	q.waiting = append(q.waiting, m)
	if q.working < senders {
		q.working++
		go q.work()
	}
	return nil
}

// Shutdown takes no more messages and returns when all that were taken have been sent or have
// failed, or with an error when ctx is done before.
func (q *Queue) Shutdown(ctx context.Context) error {
	q.mu.Lock()
	if !q.closed {
		q.closed = true
		q.closeIfIdle()
	}
	q.mu.Unlock()
	select {
	case <-q.idle:
		return nil
	case <-ctx.Done():
		q.mu.Lock()
		defer q.mu.Unlock()
		return fmt.Errorf("otp: %d messages not sent: %w", len(q.waiting)+q.working, ctx.Err())
	}
}

// work sends until nothing waits. Should the Logger panic or the Sender end the goroutine, another
// takes over.
func (q *Queue) work() {
	finished := false
	defer func() {
		if !finished {
			_ = recover()
			go q.work()
		}
	}()
	for m, ok := q.next(); ok; m, ok = q.next() {
		if err := q.send(m); err != nil {
			q.log.Error("nativeauth: message not sent", "message", m, "error", err)
		}
	}
	finished = true
}

// next takes the message that has waited longest. Without one it signs the worker off.
func (q *Queue) next() (m Message, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.waiting = nil // what a burst has grown
		q.working--
		q.closeIfIdle()
		return m, false
	}
	m, q.waiting[0] = q.waiting[0], Message{}
	q.waiting = q.waiting[1:]
	return m, true
}

// closeIfIdle tells Shutdown that all is done. q.mu is held.
func (q *Queue) closeIfIdle() {
	if q.closed && q.working == 0 && len(q.waiting) == 0 {
		close(q.idle)
	}
}

func (q *Queue) send(m Message) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("sender panicked: %v", p)
		}
	}()
	if !q.now().Before(m.Expires) {
		return errors.New("it expired while it waited")
	}
	ctx, cancel := context.WithTimeout(context.Background(), sendTimeout)
	defer cancel()
	return q.sender.Send(ctx, m)
}
