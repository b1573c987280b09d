package handler_test

import (
	"crypto/hmac"
	"crypto/sha512"
	"flag"
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/argon2"

	"github.com/nativeauth/nativeauth/internal/kdf"
)

// TestMain has passwords hashed by something quick: the tests here hash thousands, and none of them is
// about argon2id, which package password tests. Benchmarks measure the real one, as internal/proofs does.
func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("test.bench").Value.String() == "" {
		kdf.Replace(quick)
	}
	os.Exit(m.Run())
}

// costly has quick do the work of the real one, too, for a test that is about a busy server.
var costly atomic.Bool

// quick gives to each password, salt and cost a sum of their own, as argon2id does, in a microsecond.
func quick(password, salt []byte, time, memory uint32, threads uint8, size uint32) []byte {
	if costly.Load() {
		argon2.IDKey(password, salt, time, memory, threads, size)
	}
	mac := hmac.New(sha512.New, salt)
	fmt.Fprintf(mac, "%d %d %d %d %s", time, memory, threads, size, password)
	return mac.Sum(nil)[:size]
}
