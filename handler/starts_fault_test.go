package handler_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/store"
)

func newRecorder() *httptest.ResponseRecorder { return httptest.NewRecorder() }

// askedUsers counts how often it is asked for a name.
type askedUsers struct {
	store.Users
	times atomic.Int64
}

func (u *askedUsers) UserByUsername(ctx context.Context, name string) (store.User, error) {
	u.times.Add(1)
	return u.Users.UserByUsername(ctx, name)
}

func (u *askedUsers) UserByID(ctx context.Context, id string) (store.User, error) {
	u.times.Add(1)
	return u.Users.UserByID(ctx, id)
}

// outOf is a store whose counters with a prefix can be out of order. It notes the keys of counters.
type outOf struct {
	store.State
	prefix string
	down   atomic.Bool
	mu     sync.Mutex
	keys   []string
}

func (o *outOf) Add(ctx context.Context, key string, delta int64, ttl time.Duration) (store.Count, error) {
	o.mu.Lock()
	o.keys = append(o.keys, key)
	o.mu.Unlock()
	if o.down.Load() && strings.HasPrefix(key, o.prefix) {
		return store.Count{}, errors.New(inner)
	}
	return o.State.Add(ctx, key, delta, ttl)
}

func (o *outOf) all() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]string(nil), o.keys...)
}

// key is the last counter with a prefix, "" if there is none.
func (o *outOf) key(prefix string) (last string) {
	for _, k := range o.all() {
		if strings.HasPrefix(k, prefix) {
			last = k
		}
	}
	return last
}

// mustEnrol makes an account without any call.
func (w *world) mustEnrol(user string) {
	w.Helper()
	require.NoError(w, w.store.CreateUser(w.Context(), store.User{ID: user, Username: user, Email: user}))
}
