package store_test

import (
	"testing"

	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/store/storetest"
)

// The promises of store.Users are the security of sign-ups. This is how a host has them tested.
func TestUsers_AHostsOwnTableKeepsThePromises(t *testing.T) {
	db := openShop(t.TempDir())
	defer db.Close()
	storetest.RunUsers(t, func(*testing.T) store.Users { return customers{db} })
}
