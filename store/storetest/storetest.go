// Package storetest holds an implementation of store.Users, store.State or token.Keys to the promises
// that the comments there make. The rest of the module is safe because of them, so whoever writes an adapter
// runs this suite against it:
//
//	func TestState(t *testing.T) {
//		storetest.RunState(t, func(t *testing.T) store.State { return open(t) })
//	}
//
// Run it against the real database: what two transactions do to each other cannot be imitated.
// It takes a few seconds. RunSharedState, RunSharedUsers and RunSharedKeys are for what several
// instances share.
//
// Each check has been seen to fail against adapters that break its promise; they are kept in the
// tests of this package.
package storetest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

// RunState checks a store.State. It calls open once for each check; the store need not be empty,
// as no key is used twice.
func RunState(t *testing.T, open func(*testing.T) store.State) {
	run(t, stateChecks, alone(open))
}

// RunSharedState is RunState for what several instances share: open returns some handles on one and
// the same data, each as another process would have it, say with a connection pool of its own. The
// calls of every check are spread over the handles.
func RunSharedState(t *testing.T, open func(*testing.T) []store.State) {
	run(t, stateChecks, open)
}

// RunUsers checks a store.Users. It calls open once for each check; the store need not be empty, as
// no ID and no username is used twice.
func RunUsers(t *testing.T, open func(*testing.T) store.Users) {
	run(t, userChecks, alone(open))
}

// RunSharedUsers is RunUsers for several handles on one and the same data, as in RunSharedState.
func RunSharedUsers(t *testing.T, open func(*testing.T) []store.Users) {
	run(t, userChecks, open)
}

// RunKeys checks a token.Keys. It calls open once for each check, and no key may be rotated meanwhile.
func RunKeys(t *testing.T, open func(*testing.T) token.Keys) {
	run(t, keyChecks, alone(open))
}

// RunSharedKeys is RunKeys for several handles on the same keys, as in RunSharedState.
func RunSharedKeys(t *testing.T, open func(*testing.T) []token.Keys) {
	run(t, keyChecks, open)
}

// check is one promise and the attempt to catch an adapter at breaking it.
type check[S any] struct {
	promise string
	run     func(t testingT, s handles[S])
}

// testingT is the part of *testing.T that checks use, so that the tests of this package can hand
// them something else and see them fail.
type testingT interface {
	require.TestingT
	Context() context.Context
}

// handles are one or more ways to the same data.
type handles[S any] []S

// at returns a handle for the i-th caller.
func (h handles[S]) at(i int) S { return h[i%len(h)] }

// both returns the first handle to write through and the second, if there is one, to read through.
func (h handles[S]) both() (writer, reader S) { return h.at(0), h.at(1) }

func run[S any](t *testing.T, checks []check[S], open func(*testing.T) []S) {
	for _, c := range checks {
		t.Run(c.promise, func(t *testing.T) { c.run(t, open(t)) })
	}
}

func alone[S any](open func(*testing.T) S) func(*testing.T) []S {
	return func(t *testing.T) []S { return []S{open(t)} }
}
