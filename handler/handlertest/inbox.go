package handlertest

import (
	"context"
	"fmt"
	"sync"

	"github.com/nativeauth/nativeauth/otp"
)

// Inbox is an otp.Sender that keeps what it is given. It is safe for concurrent use.
type Inbox struct {
	mu    sync.Mutex
	all   []otp.Message
	taken map[otp.Address]int // how many of all WaitCode has gone through
	came  chan struct{}       // closed when another message has come
}

func newInbox() *Inbox { return &Inbox{taken: map[otp.Address]int{}, came: make(chan struct{})} }

// Send keeps m.
func (i *Inbox) Send(_ context.Context, m otp.Message) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.all = append(i.all, m)
	close(i.came)
	i.came = make(chan struct{})
	return nil
}

// WaitCode waits for the next code to an address or number, and returns it: each once, in the order in which they
// came. It fails when ctx is done; a test's own context ends with the test, so give it a deadline.
func (i *Inbox) WaitCode(ctx context.Context, address string) (string, error) {
	m, err := i.Wait(ctx, address, otp.Purpose.HasCode)
	return m.Code, err
}

// Wait is WaitCode for messages that are for what a function says; nil means all.
func (i *Inbox) Wait(ctx context.Context, address string, of func(otp.Purpose) bool) (otp.Message, error) {
	to, err := otp.ParseContact(address)
	if err != nil {
		return otp.Message{}, fmt.Errorf("handlertest: wait for mail to %q: %w", address, err)
	}
	for {
		m, found, more := i.next(to, of)
		if found {
			return m, nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return otp.Message{}, fmt.Errorf("handlertest: no such message to %s: %w", address, ctx.Err())
		}
	}
}

// next returns the first message to an address that was not taken, or what to wait for.
func (i *Inbox) next(to otp.Address, of func(otp.Purpose) bool) (m otp.Message, found bool, more <-chan struct{}) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for n := i.taken[to]; n < len(i.all); n++ {
		if m := i.all[n]; m.To == to && (of == nil || of(m.Purpose)) {
			i.taken[to] = n + 1
			return m, true, nil
		}
	}
	return m, false, i.came
}

// Messages returns all messages so far, the oldest first, to an address or number; "" means to all.
func (i *Inbox) Messages(address string) []otp.Message {
	to, _ := otp.ParseContact(address)
	i.mu.Lock()
	defer i.mu.Unlock()
	var list []otp.Message
	for _, m := range i.all {
		if address == "" || m.To == to {
			list = append(list, m)
		}
	}
	return list
}

// keep cuts the Inbox back to its first n messages, all of which WaitCode has gone through.
func (i *Inbox) keep(n int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.all = i.all[:min(n, len(i.all)):min(n, len(i.all))]
	i.taken = map[otp.Address]int{}
	for _, m := range i.all {
		i.taken[m.To] = len(i.all)
	}
}
