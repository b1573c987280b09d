package keyfile_test

import (
	"testing"

	"github.com/nativeauth/nativeauth/store/storetest"
	"github.com/nativeauth/nativeauth/token"
)

func TestKeys_KeepTheContract(t *testing.T) {
	storetest.RunSharedKeys(t, func(t *testing.T) []token.Keys {
		path := missing(t)
		return []token.Keys{open(t, path), open(t, path)}
	})
}
