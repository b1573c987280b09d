package redisstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// script is a Lua script on one key. The server runs nothing else in between, and its clock stands
// still meanwhile: what is there at the start of a script does not expire in it.
type script struct {
	source string
	hash   string
	writes bool
}

func newScript(source string, writes bool) script {
	return script{source: source, hash: redis.NewScript(source).Hash(), writes: writes}
}

var (
	// getEntry answers with the entry and what is left of its life, or with nothing.
	getEntry = newScript(`
local entry = redis.call('GET', KEYS[1])
if not entry then return false end
return {entry, redis.call('PTTL', KEYS[1])}`, false)

	// putEntry takes the version expected (none: the key must not exist), the new entry and its life.
	// GETRANGE of a key that does not exist is the empty string.
	putEntry = newScript(`
if redis.call('GETRANGE', KEYS[1], 0, 7) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`, true)

	// deleteEntry takes the version expected.
	deleteEntry = newScript(`
if redis.call('GETRANGE', KEYS[1], 0, 7) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`, true)

	// addCounter takes what to add and the life of a counter that does not exist yet. The life comes
	// first, so that there is no moment at which a counter has none. What INCRBY answers has been
	// through a double, what GET answers has not.
	addCounter = newScript(`
redis.call('SET', KEYS[1], '0', 'NX', 'PX', ARGV[2])
redis.call('INCRBY', KEYS[1], ARGV[1])
return {redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1])}`, true)
)

// once is a command that the client does not send again, whatever MaxRetries and MaxRedirects say. A
// server of a cluster that redirects it has not run it, so that redirections are followed.
type once struct{ *redis.Cmd }

// NoRetry implements redis.Cmder.
func (once) NoRetry() bool { return true }

// run lets the server run a script on key. It returns when ctx is done, even if the server has not
// answered by then.
func (s *Store) run(ctx context.Context, sc script, key string, args ...any) (any, error) {
	return await(ctx, func() (any, error) {
		reply, err := s.send(ctx, sc.writes, "evalsha", sc.hash, key, args)
		if redis.HasErrorPrefix(err, "NOSCRIPT") { // it has not run: the server learns it now
			reply, err = s.send(ctx, sc.writes, "eval", sc.source, key, args)
		}
		return reply, err
	})
}

func (s *Store) send(ctx context.Context, writes bool, name, which, key string, args []any) (any, error) {
	cmd := redis.NewCmd(ctx, append([]any{name, which, 1, key}, args...)...)
	cmd.SetFirstKeyPos(3)
	var err error
	if writes {
		err = s.client.Process(ctx, once{cmd})
	} else {
		err = s.client.Process(ctx, cmd)
	}
	if err != nil {
		s.noteFailure(ctx, err)
		return nil, err
	}
	return cmd.Val(), nil
}

// noteFailure makes a cluster client look at once who the masters are now, when one of them cannot be
// reached. It would go on to ask a master that is gone for up to a minute.
func (s *Store) noteFailure(ctx context.Context, err error) {
	cluster, ok := s.client.(*redis.ClusterClient)
	if _, answered := errors.AsType[redis.Error](err); ok && !answered {
		cluster.ReloadState(ctx)
	}
}

// await returns what do returns, or sooner, when ctx is done. The client heeds the cancellation of a
// context nowhere while it waits for an answer, and deadlines only where ContextTimeoutEnabled is
// set. What was given up ends by the read timeout, which Open demands.
func await[T any](ctx context.Context, do func() (T, error)) (T, error) {
	var none T
	if err := ctx.Err(); err != nil {
		return none, err
	}
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		value, err := recovered(do)
		done <- outcome{value, err}
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// recovered turns a panic, say of a hook that the host has added to the client, into an error: the
// host's process is not ours to end.
func recovered[T any](do func() (T, error)) (value T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return do()
}
