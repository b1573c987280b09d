package storetest

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/store"
)

// attempts is how often a check may look at a wrong adapter. Checks never fail a right one because
// the machine is slow, hence they do miss a life that ends too early while the machine is away.
const attempts = 5

// wrong is an adapter with one fault, and the check that is there to find it.
type wrong[S any] struct {
	promise string
	fault   string
	open    func() S
}

func TestStateChecks_CatchWrongAdapters(t *testing.T) {
	testChecks(t, stateChecks, wrongStates)
}

func TestUserChecks_CatchWrongAdapters(t *testing.T) {
	testChecks(t, userChecks, slices.Concat(wrongUsers, wrongPasswords, wrongMethods))
}

func TestStateChecks_PassTheRightAdapter(t *testing.T) {
	RunSharedState(t, func(*testing.T) []store.State {
		s := memory.New()
		return []store.State{s, s, s}
	})
}

func TestUserChecks_PassTheRightAdapter(t *testing.T) {
	RunSharedUsers(t, func(*testing.T) []store.Users {
		s := memory.New()
		return []store.Users{s, s, s}
	})
}

func TestChecks_HandlesOnDifferentDataAreCaught(t *testing.T) {
	r := try(t, entryIsReadBack, states{memory.New(), memory.New()})
	assert.True(t, r.failed)
	r = try(t, userIsReadBack, users{memory.New(), memory.New()})
	assert.True(t, r.failed)
}

func testChecks[S any](t *testing.T, checks []check[S], wrongs []wrong[S]) {
	tried := map[string]int{}
	for _, w := range wrongs {
		tried[w.promise]++
		t.Run(w.fault, func(t *testing.T) {
			t.Parallel()
			run := find(t, checks, w.promise)
			for range attempts {
				if r := try(t, run, handles[S]{w.open()}); r.failed {
					t.Log(r.said)
					return
				}
			}
			require.Fail(t, "it was let pass", "by the check %q", w.promise)
		})
	}
	for _, c := range checks {
		assert.NotZero(t, tried[c.promise], "no wrong adapter shows that %q can fail", c.promise)
	}
}

func find[S any](t *testing.T, checks []check[S], promise string) func(testingT, handles[S]) {
	for _, c := range checks {
		if c.promise == promise {
			return c.run
		}
	}
	require.Fail(t, "there is no such check", promise)
	return nil
}

// recorder stands in for the *testing.T of a check that is to fail.
type recorder struct {
	ctx    context.Context
	failed bool
	said   string
}

func (r *recorder) Context() context.Context { return r.ctx }

func (r *recorder) Errorf(format string, args ...any) { r.said += fmt.Sprintf(format, args...) }

func (r *recorder) FailNow() {
	r.failed = true
	runtime.Goexit()
}

// try runs a check on a goroutine of its own, which FailNow can end.
func try[S any](t *testing.T, run func(testingT, handles[S]), s handles[S]) *recorder {
	r := &recorder{ctx: t.Context()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(r, s)
	}()
	<-done
	return r
}
