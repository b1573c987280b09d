package storetest_test

import (
	"testing"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/store/storetest"
	"github.com/nativeauth/nativeauth/token"
)

// The tests of an adapter, which memory stands for here. They run against the real database. Those of several handles
// on the same data are for what instances share.
func Example() {
	TestState := func(t *testing.T) {
		storetest.RunState(t, func(*testing.T) store.State { return memory.New() })
	}
	TestSharedState := func(t *testing.T) {
		storetest.RunSharedState(t, func(*testing.T) []store.State {
			shared := memory.New() // in truth two pools of one database
			return []store.State{shared, shared}
		})
	}
	_, _ = TestState, TestSharedState
}

// The tests of a user table.
func ExampleRunUsers() {
	TestUsers := func(t *testing.T) {
		storetest.RunUsers(t, func(*testing.T) store.Users { return memory.New() })
	}
	TestSharedUsers := func(t *testing.T) {
		storetest.RunSharedUsers(t, func(*testing.T) []store.Users {
			shared := memory.New()
			return []store.Users{shared, shared}
		})
	}
	_, _ = TestUsers, TestSharedUsers
}

// The tests of signing keys.
func ExampleRunKeys() {
	open := func(t *testing.T) token.Keys {
		keys, err := token.Ephemeral()
		if err != nil {
			t.Fatal(err)
		}
		return keys
	}
	TestKeys := func(t *testing.T) { storetest.RunKeys(t, open) }
	TestSharedKeys := func(t *testing.T) {
		storetest.RunSharedKeys(t, func(t *testing.T) []token.Keys {
			shared := open(t)
			return []token.Keys{shared, shared}
		})
	}
	_, _ = TestKeys, TestSharedKeys
}
