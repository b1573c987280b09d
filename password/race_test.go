//go:build race

package password_test

// The race detector keeps notes on every byte of memory, in memory.
const raced = true
