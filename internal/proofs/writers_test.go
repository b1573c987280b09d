//go:build unix

package proofs

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// writers are people who sign up, one after the other, and try again when they get no answer.
type writers struct {
	*site
	base atomic.Pointer[string] // of the instance to call; nil while there is none
	stop atomic.Bool
	all  sync.WaitGroup

	acknowledged atomic.Int64
	interrupted  atomic.Int64 // last steps that got no answer, or a 503
	unanswered   atomic.Int64 // of those, the ones that had been done
	stuck        atomic.Int64 // of those, the ones that could not be repeated
	overtaken    atomic.Int64 // repetitions that the call before them, of a dead instance, came between

	mu     sync.Mutex
	done   []string // who has an account
	errors []string
}

func (s *site) newWriters(n int) *writers {
	w := &writers{site: s}
	for i := range n {
		w.all.Go(func() {
			for serial := 0; !w.stop.Load(); serial++ {
				w.signUp(fmt.Sprintf("w%dn%d@contoso.com", i, serial))
			}
		})
	}
	return w
}

// comeTo tells the writers where to call, and waits until the API is there.
func (w *writers) comeTo(t *testing.T, base string) {
	w.base.Store(&base)
	j := w.journey("somebody@contoso.com")
	begin := time.Now()
	require.Eventually(t, func() bool { return j.call(base, signUpStart).ok() }, 20*time.Second, 5*time.Millisecond)
	if took := time.Since(begin); took > 5*time.Second {
		w.complain("the API was back after %v", took)
	}
}

// finish lets everybody come to an end with what he has begun.
func (w *writers) finish() {
	w.stop.Store(true)
	w.all.Wait()
}

// signUp signs somebody up. Each step is repeated until it is answered.
func (w *writers) signUp(user string) {
	j := w.journey(user)
	again := false
	for n := signUpStart; n <= signUpCode; {
		a, repeats := w.persist(j, n)
		switch {
		case n == signUpChallenge && repeats > 0 && a.number() == 55200 && !again:
			// A database may still do what an instance asked for that is dead by now, and so between the
			// reading and the writing of the repetition, which then has lost a race. Repeated once more
			// it has to succeed: the token before the newest one is good for that.
			w.overtaken.Add(1)
			again = true
			continue
		case a.ok() && n == signUpChallenge && j.code == "":
			// The mail was lost with the instance: another one is asked for.
		case a.ok() && n == signUpCode:
			w.acknowledged.Add(1)
			w.note(user)
			n++
		case a.ok():
			n++
		case n == signUpCode && repeats > 0 && a.number() == 55200:
			// The flow has gone on: all was done, and only the answer was lost. The account has to be
			// there, or else this person is neither in nor able to get in.
			w.unanswered.Add(1)
			if !w.hasAccount(user) {
				w.stuck.Add(1)
			}
			w.note(user)
			return
		case n == signUpChallenge && a.status == 429:
			j, n = w.journey(user), signUpStart // a flow sends five codes, and their mails were all lost
		case n == signUpCode && a.number() == 50181:
			n = signUpChallenge // each repetition is a try, and five are all there are
		case n == signUpCode:
			w.stuck.Add(1)
			w.complain("%s: %s: %v", user, steps[n].name, a)
			return
		default:
			w.complain("%s: %s: %v", user, steps[n].name, a)
			return
		}
		again = false
	}
}

// persist makes a call again and again until it gets an answer that is none of trouble.
func (w *writers) persist(j *journey, n step) (a answer, repeats int) {
	for ; ; time.Sleep(5 * time.Millisecond) {
		base := w.base.Load()
		if base == nil {
			continue
		}
		if a = j.call(*base, n); a.err == nil && a.status != 503 {
			return a, repeats
		}
		if repeats == 0 && n == signUpCode {
			w.interrupted.Add(1)
		}
		if repeats++; repeats > 10_000 {
			w.complain("%s: %s: no answer after %d calls: %v", j.user, steps[n].name, repeats, a)
			return a, repeats
		}
	}
}

// hasAccount asks the API, as the person would.
func (w *writers) hasAccount(user string) bool {
	a, _ := w.persist(w.journey(user), signInStart)
	return a.ok()
}

func (w *writers) note(user string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done = append(w.done, user)
}

func (w *writers) complain(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.errors = append(w.errors, fmt.Sprintf(format, args...))
}

func (w *writers) complaints() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.errors, "\n")
}

// each calls do for all items, with so many at once.
func each[T any](workers int, items []T, do func(T)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(items); i = next.Add(1) - 1 {
				do(items[i])
			}
		})
	}
	all.Wait()
}
