// Package keyed computes HMAC-SHA-256 (RFC 2104) under keys that are used again and again, without
// setting the key up each time.
package keyed

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"sync"
)

// Size is the length of a sum.
const Size = sha256.Size

// MAC is a key that is ready for use. It is safe for concurrent use.
type MAC struct {
	states sync.Pool
}

// New returns the MAC of a key.
func New(key []byte) *MAC {
	m := &MAC{}
	m.states.New = func() any { return hmac.New(sha256.New, key) }
	return m
}

// NewAll returns the MACs of several keys, in their order.
func NewAll(keys [][]byte) []*MAC {
	macs := make([]*MAC, len(keys))
	for i, key := range keys {
		macs[i] = New(key)
	}
	return macs
}

// Sum returns the HMAC of text.
func (m *MAC) Sum(text []byte) [Size]byte {
	state := m.states.Get().(hash.Hash)
	defer m.states.Put(state)
	state.Reset()
	state.Write(text)
	var sum [Size]byte
	state.Sum(sum[:0])
	return sum
}
