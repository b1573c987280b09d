// Package kdf is argon2id (RFC 9106), whose cost is the point of it and which tests of something
// else cannot afford thousands of times.
package kdf

import "golang.org/x/crypto/argon2"

// Func derives size bytes from a password. Memory is in KiB.
type Func func(password, salt []byte, time, memory uint32, threads uint8, size uint32) []byte

var current Func = argon2.IDKey

// Key is argon2id.
func Key(password, salt []byte, time, memory uint32, threads uint8, size uint32) []byte {
	return current(password, salt, time, memory, threads, size)
}

// Replace has Key do something else until the process ends. It is for a TestMain, before any test
// runs: a test of internal/arrows fails where anything but tests calls it.
func Replace(f Func) { current = f }
