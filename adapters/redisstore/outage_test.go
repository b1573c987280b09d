package redisstore_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/redisstore"
	"github.com/nativeauth/nativeauth/store"
)

// brief returns a context that is soon done.
func brief(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// calls are all methods, each of which needs an answer.
func calls(s *redisstore.Store) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"get":    func(ctx context.Context) error { _, err := s.Get(ctx, "called"); return err },
		"put":    func(ctx context.Context) error { return s.Put(ctx, "called", entry(time.Minute)) },
		"delete": func(ctx context.Context) error { return s.Delete(ctx, "called", 1) },
		"add":    func(ctx context.Context) error { _, err := s.Add(ctx, "called", 1, time.Minute); return err },
	}
}

// requireUnknown requires an error that no flow takes for an answer of the store.
func requireUnknown(t *testing.T, err error) {
	require.Error(t, err)
	for _, answer := range []error{store.ErrConflict, store.ErrNotFound, store.ErrExists} {
		require.NotErrorIs(t, err, answer)
	}
}

// requireServing requires that everything works again, in 5 s or what those come to on a busy machine.
func requireServing(t *testing.T, s *redisstore.Store) {
	t.Helper()
	start := time.Now()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		for range 20 { // not only by the one connection that is well
			_, err := s.Add(brief(t, time.Second), "after", 1, time.Minute)
			require.NoError(c, err)
		}
	}, 20*time.Second, 50*time.Millisecond)
	t.Logf("serving again after %v", time.Since(start).Round(time.Millisecond))
}

// requireFailing makes every call at once from several goroutines and requires errors within patience.
func requireFailing(t *testing.T, s *redisstore.Store, ctx func() context.Context, patience time.Duration) {
	t.Helper()
	var callers sync.WaitGroup
	for range 10 {
		for name, call := range calls(s) {
			callers.Go(func() {
				start := time.Now()
				err := call(ctx())
				assert.Less(t, time.Since(start), patience, name)
				assert.ErrorContains(t, err, "redisstore: "+name+": ")
				assert.NotErrorIs(t, err, store.ErrNotFound, name)
				assert.NotErrorIs(t, err, store.ErrConflict, name)
			})
		}
	}
	callers.Wait()
}

func TestOutage_AServerThatIsGoneAndComesBack(t *testing.T) {
	server := startServer(t, "--appendonly", "yes", "--appendfsync", "always")
	s := openStore(t, server.client(t, nil))
	require.NoError(t, s.Put(t.Context(), "k", entry(time.Minute)))
	_, err := s.Add(t.Context(), "k", 3, time.Minute)
	require.NoError(t, err)

	server.kill()
	requireFailing(t, s, t.Context, 10*time.Second)
	server.start(t)
	requireServing(t, s)
	e, err := s.Get(t.Context(), "k")
	require.NoError(t, err)
	assert.Equal(t, "v", string(e.Value))
	n, err := s.Add(t.Context(), "k", 0, time.Minute)
	require.NoError(t, err)
	assert.EqualValues(t, 3, n.Value)
}

func TestOutage_ConnectionsThatTheServerEnds(t *testing.T) {
	server := startServer(t)
	client := server.client(t, nil)
	s := openStore(t, client)
	for range 3 {
		require.NoError(t, server.client(t, nil).Do(t.Context(), "CLIENT", "KILL", "TYPE", "normal").Err())
		for name, call := range calls(s) {
			if err := call(t.Context()); err != nil {
				assert.True(t, errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrConflict), "%s: %v", name, err)
			}
		}
	}
}

func TestOutage_AServerThatHangs(t *testing.T) {
	for name, deadlines := range map[string]bool{"with deadlines": true, "without deadlines": false} {
		t.Run(name, func(t *testing.T) {
			server := startServer(t)
			w := &wire{}
			client := server.client(t, func(o *redis.Options) {
				o.Dialer = w.dial
				o.ContextTimeoutEnabled = deadlines
			})
			s := openStore(t, client)
			silent, end := silence(t)
			w.detour.Store(&silent)
			require.NoError(t, server.client(t, nil).Do(t.Context(), "CLIENT", "KILL", "TYPE", "normal").Err())

			requireFailing(t, s, func() context.Context { return brief(t, 300*time.Millisecond) }, 2500*time.Millisecond) // the client by itself takes 3 s
			w.detour.Store(nil)
			end()
			requireServing(t, s)
		})
	}
}

func TestOutage_ACancelledContextEndsTheWait(t *testing.T) {
	server := startServer(t)
	s := openStore(t, server.client(t, nil))
	for range 2 {
		require.NoError(t, server.client(t, nil).ClientPause(t.Context(), 2*time.Second).Err())
		requireFailing(t, s, func() context.Context {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(200*time.Millisecond, cancel)
			return ctx
		}, 1900*time.Millisecond)
		time.Sleep(2 * time.Second)
		requireServing(t, s)
	}
}

func TestOutage_AServerWithoutMemoryRefusesAndForgetsNothing(t *testing.T) {
	server := startServer(t)
	client := server.client(t, nil)
	s := openStore(t, client)
	require.NoError(t, s.Put(t.Context(), "k", entry(time.Minute)))
	require.NoError(t, client.ConfigSet(t.Context(), "maxmemory", "1").Err())

	e, err := s.Get(t.Context(), "k")
	require.NoError(t, err)
	requireUnknown(t, s.Put(t.Context(), "k", e))
	requireUnknown(t, s.Put(t.Context(), "new", entry(time.Minute)))
	_, err = s.Add(t.Context(), "new", 1, time.Minute)
	requireUnknown(t, err)
	require.NoError(t, s.Delete(t.Context(), "k", e.Version))

	require.NoError(t, client.ConfigSet(t.Context(), "maxmemory", "0").Err())
	n, err := s.Add(t.Context(), "new", 1, time.Minute)
	require.NoError(t, err)
	assert.EqualValues(t, 1, n.Value)
}

// faulty is a hook of a host.
type faulty struct{}

func (faulty) DialHook(next redis.DialHook) redis.DialHook { return next }
func (faulty) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
func (faulty) ProcessHook(redis.ProcessHook) redis.ProcessHook {
	return func(context.Context, redis.Cmder) error { panic("a host's") }
}

func TestOutage_APanicOfAHookIsAnError(t *testing.T) {
	client := startServer(t).client(t, nil)
	s := openStore(t, client)
	client.AddHook(faulty{})
	requireFailing(t, s, t.Context, 10*time.Second)
}
