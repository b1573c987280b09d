package store_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/store"
)

// Of all who have read one version of an entry, one writes it; and one takes it away. So a code is good once, over any
// number of instances.
func ExampleState() {
	var s store.State = memory.New()
	ctx := context.Background()
	_ = s.Put(ctx, "flow", store.Entry{Value: []byte("a code is due"), TTL: time.Minute})
	mine, _ := s.Get(ctx, "flow")
	yours, _ := s.Get(ctx, "flow")

	mine.Value = []byte("the code was right")
	fmt.Println(s.Put(ctx, "flow", mine))
	yours.Value = []byte("the code was right")
	fmt.Println(errors.Is(s.Put(ctx, "flow", yours), store.ErrConflict))

	tries, _ := s.Add(ctx, "tries", 1, time.Hour)
	fmt.Println(tries.Value, tries.TTL > 59*time.Minute)
	// Output:
	// <nil>
	// true
	// 1 true
}
