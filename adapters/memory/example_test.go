package memory_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/store"
)

// Users for a test, or for a server that may forget them.
func ExampleNew() {
	ctx, s := context.Background(), memory.New()
	ada := store.User{ID: "1815", Username: "ada@example.com", Email: "ada@example.com"}
	fmt.Println(s.CreateUser(ctx, ada))
	fmt.Println(errors.Is(s.CreateUser(ctx, ada), store.ErrExists))
	u, err := s.UserByUsername(ctx, "ada@example.com")
	fmt.Println(u.ID, u.Version, err)
	// Output:
	// <nil>
	// true
	// 1815 1 <nil>
}

// A test lets things expire without sleeping.
func ExampleNewAt() {
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	ctx, s := context.Background(), memory.NewAt(func() time.Time { return now })
	_ = s.Put(ctx, "code", store.Entry{Value: []byte("hash"), TTL: time.Minute})

	now = now.Add(time.Minute)
	_, err := s.Get(ctx, "code")
	fmt.Println(errors.Is(err, store.ErrNotFound))
	// Output: true
}

// Going back to how things were.
func ExampleStore_Snapshot() {
	ctx, s := context.Background(), memory.New()
	before := s.Snapshot()
	_, _ = s.Add(ctx, "tries", 1, time.Minute)
	s.Restore(before)
	count, _ := s.Add(ctx, "tries", 1, time.Minute)
	fmt.Println(count.Value)
	// Output: 1
}
