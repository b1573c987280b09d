package handler_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// counted counts the calls of a store.
type counted struct {
	*memory.Store
	mu    sync.Mutex
	calls []string
}

func (c *counted) note(call string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, call)
}

// taken returns the calls since it was last asked, in alphabetical order: some are made side by side.
func (c *counted) taken() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	calls := c.calls
	c.calls = nil
	slices.Sort(calls)
	return calls
}

func (c *counted) UserByUsername(ctx context.Context, name string) (store.User, error) {
	c.note("UserByUsername")
	return c.Store.UserByUsername(ctx, name)
}

func (c *counted) UserByID(ctx context.Context, id string) (store.User, error) {
	c.note("UserByID")
	return c.Store.UserByID(ctx, id)
}

func (c *counted) UpdateUser(ctx context.Context, u store.User) error {
	c.note("UpdateUser")
	return c.Store.UpdateUser(ctx, u)
}

func (c *counted) Get(ctx context.Context, key string) (store.Entry, error) {
	c.note("Get")
	return c.Store.Get(ctx, key)
}

func (c *counted) Put(ctx context.Context, key string, e store.Entry) error {
	c.note("Put")
	return c.Store.Put(ctx, key, e)
}

func (c *counted) Delete(ctx context.Context, key string, version int64) error {
	c.note("Delete")
	return c.Store.Delete(ctx, key, version)
}

func (c *counted) Add(ctx context.Context, key string, delta int64, ttl time.Duration) (store.Count, error) {
	c.note("Add")
	return c.Store.Add(ctx, key, delta, ttl)
}

// T9, as far as it is no matter of time: an account and none cost the same calls of the store.
func TestT9_TheStoreIsCalledAlike(t *testing.T) {
	t.Parallel()
	for _, kind := range kindsOfAccount {
		if kind.name == "locked" { // nobody can be locked, too
			continue
		}
		var c *counted
		h := newHiding(t, roomy, func(cfg *handler.Config) {
			cfg.ResendInterval = -1
			c = &counted{Store: cfg.Users.(*hostUsers).Users.(*memory.Store)}
			cfg.Users = c
		})
		h.spy.State = c
		off, all := 0, 0
		token := h.signInChallenge(keyed, h.signInStart(keyed, "first@contoso.com").ok()).ok() // starts the clock of the store
		for range 2 {
			h.redeemCode(keyed, token, "12345678").wrongCode() // reads whether there is an alarm
		}
		for n, s := range scripts() {
			known, nobody := fmt.Sprintf("known%d@contoso.com", n), fmt.Sprintf("never%d@contoso.com", n)
			kind.make(h, store.User{ID: known, Username: known, Email: known})
			for i := range s.calls {
				upTo := script{calls: s.calls[:i+1]}
				if i < len(s.calls)-1 && !long {
					continue // the last counts them all
				}
				c.taken()
				h.play(upTo, keyed, known, kind.says)
				theirs := c.taken()
				h.play(upTo, keyed, nobody, kind.says)
				if none := c.taken(); !assert.Equal(t, none, theirs, "%s: %s", kind.name, s.name) {
					off++
				}
				all++
			}
		}
		figure(t, fmt.Sprintf("T9 account %s, scripts with other calls of the store, of %d", kind.name, all), off, "scripts", 0)
	}
}
