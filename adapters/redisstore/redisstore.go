// Package redisstore keeps state on Redis or on a Redis Cluster.
//
// What makes it safe for many goroutines and many instances: every promise of store.State is one
// script on one key, which the server runs as a whole or not at all, so the server decides who wins,
// and no method reads in order to write. An entry, its version and its end are one string, written by
// one SET; a counter is born with its end. Expiry is judged by the server's clock alone.
//
//	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379"}) // or NewClusterClient
//	…
//	s, err := redisstore.Open(ctx, client)
//
// # A lost answer
//
// Every write is sent once, whatever MaxRetries of the client says. If the answer to it is lost, the
// method returns an error that is not store.ErrConflict, and the write may or may not have happened:
// the caller answers that it does not know, and a repeat finds the version as it is. Sending a write
// again would be wrong, even one that could recognise itself: an addition would count twice, a delete
// that won would be told that somebody else did, and a first copy that was only delayed would bring
// an entry back to life after it was used up. Reads change nothing and are retried by the client.
//
// # What a crash takes back
//
// Redis acknowledges a write before it is on a disk, unless appendonly is yes and appendfsync is
// always. Only so is an addition durable when Add returns, and only so is what happened once sure to
// have happened for good. With less, Open warns, and this is what a crash can undo:
//
//   - appendfsync everysec: a power cut takes back the last second or two of all writes, and so does
//     a kill of the server while its disk is slow. Seen from outside, that time did not happen. A code
//     or a refresh token used in it can be used again by whoever has it, a revoked refresh token is
//     valid again, and tries counted in it are forgotten.
//   - snapshots only: the same, for all the minutes since the last snapshot.
//   - no persistence: everything is gone, which is milder, as nothing comes back to life. Everybody
//     signs in again, and all limits start to count from zero.
//
// Replication is asynchronous, so a failover takes back what the replica had not received, with any of
// these settings; min-replicas-to-write bounds how much that is. A host for which a code that works
// twice after a power cut is out of the question keeps its state in adapters/sqlstore.
package redisstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/nativeauth/nativeauth/store"
)

var _ store.State = (*Store)(nil)

// Store implements store.State. It is made by Open, and needs no closing.
type Store struct {
	client redis.UniversalClient
	prefix string
}

// Option changes what Open does. All of them may be left out.
type Option func(*options)

type options struct {
	log    *slog.Logger
	prefix string
}

// WithLogger sets where Open reports what is doubtful, but no reason to refuse: settings that let a
// crash take writes back, and settings that the server does not tell. It is lost without it.
func WithLogger(log *slog.Logger) Option { return func(o *options) { o.log = log } }

// WithPrefix sets what the names of all keys begin with. It is "nativeauth:" if it is not set. Where
// several Stores share a database, no prefix may begin with another.
func WithPrefix(prefix string) Option { return func(o *options) { o.prefix = prefix } }

// Open checks that the client and the server, or all masters of the cluster, are fit to decide what
// may happen only once. It reports all problems with their settings together. Replicas need the same
// settings as their master, whose place they may take. Open does not take the client over: the host
// closes it.
//
// The client is a *redis.Client, also one of redis.NewFailoverClient, or a *redis.ClusterClient. Its
// settings may be the default ones. ContextTimeoutEnabled is worth setting: every method returns when
// its context is done anyway, but without it the connection stays taken until the read timeout.
func Open(ctx context.Context, client redis.UniversalClient, opts ...Option) (*Store, error) {
	o := options{log: slog.New(slog.DiscardHandler), prefix: "nativeauth:"}
	for _, set := range opts {
		set(&o)
	}
	if o.log == nil {
		o.log = slog.New(slog.DiscardHandler)
	}
	if err := errors.Join(clientProblems(client)...); err != nil {
		return nil, fmt.Errorf("redisstore: open: %w", err)
	}
	servers, err := await(ctx, func() ([]server, error) { return askServers(ctx, client) })
	if err != nil {
		return nil, fmt.Errorf("redisstore: open: %w", err)
	}
	var problems []error
	for _, srv := range servers {
		problems = append(problems, srv.problems()...)
		for _, w := range srv.warnings() {
			o.log.LogAttrs(ctx, slog.LevelWarn, "redisstore: "+w, slog.String("server", srv.addr))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("redisstore: open: %w", err)
	}
	s := &Store{client: client, prefix: o.prefix}
	// So that a user who may not run scripts or touch these keys is noticed now.
	if _, err := s.Add(ctx, "open", 0, time.Second); err != nil {
		return nil, fmt.Errorf("redisstore: open: try an addition: %w", err)
	}
	return s, nil
}
