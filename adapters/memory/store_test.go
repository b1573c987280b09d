package memory_test

import (
	"testing"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/store/storetest"
)

func TestState(t *testing.T) {
	storetest.RunState(t, func(*testing.T) store.State { return memory.New() })
}

func TestUsers(t *testing.T) {
	storetest.RunUsers(t, func(*testing.T) store.Users { return memory.New() })
}
