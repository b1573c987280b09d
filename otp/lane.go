package otp

import (
	"slices"
	"time"
)

const (
	senders      = 8 // that work at once on a channel
	repeaters    = 6 // of these, who may be at what was tried before
	shortest     = time.Second
	longest      = 20 * time.Second // with the 10 seconds that a hanging server may take: half a minute
	mostDoubling = 20               // beyond which a pause is longer than any message lives
)

// item is a message in the queue.
type item struct {
	message Message
	key     string    // see Queue.Replace
	version int64     // likewise
	tries   int       // that have failed
	unknown int       // how many of these may have delivered it
	err     error     // of the last one
	began   time.Time // when it was tried last
	due     time.Time // when its pause ends
	inHand  bool      // it is being sent
	stale   bool      // a newer one has come: it is not tried again
}

// pause returns how long to wait after a failed try: twice as long each time. Where nobody knows whether the
// message arrived there is no upper limit, so that a mailbox which gets each copy gets less than twenty a day.
func (i *item) pause(o outcome) time.Duration {
	if o == unknown {
		return shortest << min(i.unknown-1, mostDoubling)
	}
	return min(shortest<<min(i.tries-1, mostDoubling), longest)
}

// line is of items, first come, first served.
type line []*item

func (l *line) pop() *item {
	first := (*l)[0]
	(*l)[0] = nil
	if *l = (*l)[1:]; len(*l) == 0 {
		*l = nil // what a burst has grown
	}
	return first
}

// lane is the part of a Queue that one channel has: a mail server that hangs holds up no SMS. It is guarded by
// the Queue's mutex.
type lane struct {
	fresh line    // not tried yet
	again line    // tried in vain; their pause is over
	later []*item // in a pause, whose ends first comes first
	timer *time.Timer
	ring  func() // for the timer

	working  int       // workers
	inHand   int       // messages that they are sending
	retrying int       // of those, who are at what was tried before
	failing  bool      // the last try found no server, or none that answered
	woken    time.Time // when pauses were last cut short
}

// repeatable is how many may be tried again now. Two workers repeat nothing, so that a receiver who hangs
// leaves hands for the rest; all tells to do without this.
func (l *lane) repeatable(all bool) int {
	if all {
		return len(l.again)
	}
	return min(len(l.again), repeaters-l.retrying)
}

// take returns what to send next, or nil: what was not tried before what was.
func (l *lane) take(all bool) *item {
	var i *item
	switch {
	case len(l.fresh) > 0:
		i = l.fresh.pop()
	case l.repeatable(all) > 0:
		i = l.again.pop()
		l.retrying++
	default:
		return nil
	}
	l.inHand++
	i.inHand, i.began = true, time.Now()
	return i
}

// remove removes a message that waits.
func (l *lane) remove(i *item) {
	is := func(other *item) bool { return other == i }
	l.fresh, l.again, l.later = slices.DeleteFunc(l.fresh, is), slices.DeleteFunc(l.again, is), slices.DeleteFunc(l.later, is)
}

// giveBack takes note of how a try has ended.
func (l *lane) giveBack(i *item, o outcome) {
	l.inHand--
	i.inHand = false
	if i.tries > 0 {
		l.retrying--
	}
	switch o {
	case sent:
		if l.failing && time.Since(l.woken) >= longest {
			l.wake()
		}
		l.failing = false
	case temporary, unknown:
		l.failing = true
	}
}

// wake ends the pauses of those that were certainly not delivered: the server is back. It is not called again
// for as long as a pause can be, or a single receiver who is out of order would have no pauses at all.
func (l *lane) wake() {
	l.woken = time.Now()
	sleepers := l.later[:0]
	for _, i := range l.later {
		if i.unknown > 0 {
			sleepers = append(sleepers, i)
		} else {
			l.again = append(l.again, i)
		}
	}
	clear(l.later[len(sleepers):])
	l.later = sleepers
}

// postpone lets a message wait for its next try. One that was on its way to a hanging server while that came
// back does not wait long.
func (l *lane) postpone(i *item, o outcome) {
	wait := i.pause(o)
	if o == temporary && i.began.Before(l.woken) {
		wait = shortest
	}
	i.due = time.Now().Add(wait)
	at, _ := slices.BinarySearchFunc(l.later, i.due, func(other *item, due time.Time) int {
		if other.due.After(due) {
			return 1
		}
		return -1 // behind those with the same end
	})
	l.later = slices.Insert(l.later, at, i)
}

// ripen puts those whose pause ends by now in the line.
func (l *lane) ripen(now time.Time) {
	n := 0
	for n < len(l.later) && !l.later[n].due.After(now) {
		n++
	}
	l.again = append(l.again, l.later[:n]...)
	l.later = slices.Delete(l.later, 0, n)
}

// setTimer lets ring be called when the next pause ends.
func (l *lane) setTimer() {
	switch {
	case len(l.later) == 0:
		l.later = nil
		if l.timer != nil {
			l.timer.Stop()
		}
	case l.timer == nil:
		l.timer = time.AfterFunc(time.Until(l.later[0].due), l.ring)
	default:
		l.timer.Reset(time.Until(l.later[0].due))
	}
}

// idle tells whether all is done.
func (l *lane) idle() bool { return l.working == 0 && len(l.fresh)+len(l.again)+len(l.later) == 0 }
