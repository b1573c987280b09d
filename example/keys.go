package main

import (
	"github.com/nativeauth/nativeauth/adapters/keyfile"
	"github.com/nativeauth/nativeauth/token"
)

// openKeys opens the key file. Without one it returns nil, which stands for a key that lasts as long
// as the process: access tokens end with it, refresh tokens get new ones.
func openKeys(file string) (token.Keys, error) {
	if file == "" {
		return nil, nil
	}
	return keyfile.Open(file)
}
