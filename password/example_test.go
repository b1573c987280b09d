package password_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/nativeauth/nativeauth/password"
)

func ExampleHasher() {
	ctx := context.Background()
	h := password.NewHasher(password.HasherConfig{})

	stored, err := h.Hash(ctx, "seven green umbrellas")
	if err != nil {
		panic(err)
	}
	fmt.Println(stored[:strings.LastIndex(stored[:40], "$")])

	right, _ := h.Verify(ctx, stored, "seven green umbrellas")
	wrong, _ := h.Verify(ctx, stored, "seven grey umbrellas")
	fmt.Println(right.Right, wrong.Right)
	// Output:
	// $argon2id$v=19$m=19456,t=2,p=1
	// true false
}

// Accounts that come from elsewhere keep their passwords. The first sign-in replaces the hash.
func ExampleHasher_Verify() {
	ctx := context.Background()
	h := password.NewHasher(password.HasherConfig{})
	stored := "$2a$10$IB9sx8yikQoOPEOYrQZzReBBieI1dHah.cwd0XlAvqIjVNqodPrVe"

	result, err := h.Verify(ctx, stored, "seven green umbrellas")
	if err != nil {
		panic(err)
	}
	if result.Right && result.Rehash {
		stored, err = h.Hash(ctx, "seven green umbrellas")
		if err != nil {
			panic(err)
		}
	}
	fmt.Println(strings.HasPrefix(stored, "$argon2id$"))
	// Output: true
}
