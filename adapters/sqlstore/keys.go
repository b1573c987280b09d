package sqlstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/nativeauth/nativeauth/token"
)

var _ token.Keys = (*Keys)(nil)

// Keys keeps the keys that sign tokens in the database, encrypted, for all instances. It is safe for
// concurrent use; make one with OpenKeys.
//
// Whoever finds by the clock of the database that it is time for a new key makes one. The database
// lets one do so; the others use what that one has made. The new key is published at once by all
// instances and signs when PublishAhead is over, so nobody ever meets a key that he cannot know yet.
// The very first key signs at once.
//
// The keys are read again once a minute while they are used, on a goroutine that ends with the reading.
// While the database is down, those that were read last stay in use.
type Keys struct {
	store *Store
	c     KeysConfig
	seals []seal // one for each secret

	// every is how old what was read may become before it is read again, and then for a while still
	// be used.
	every   time.Duration
	current atomic.Pointer[keySet]

	mu      sync.Mutex
	tried   time.Time     // when the last reading began
	reading chan struct{} // closed at the end of the reading that is going on; nil: there is none
}

// patience is how long a caller waits for the database before it gets old keys.
const patience = time.Second

// OpenKeys reads the keys, and makes the first one if there is none: of several instances that do so at
// once, one makes it and all use it. It fails if the database cannot be reached, or holds a key that
// none of the secrets opens. The Keys need no closing; they use s, which has to stay open.
func OpenKeys(ctx context.Context, s *Store, c KeysConfig) (*Keys, error) {
	c = c.withDefaults()
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("sqlstore: open keys: %w", err)
	}
	if c.PublishAhead < 2*time.Hour || c.KeepFor < 65*time.Minute {
		c.Logger.LogAttrs(ctx, slog.LevelWarn, "sqlstore: signing keys change so fast that tokens may be refused",
			slog.Duration("publish_ahead", c.PublishAhead), slog.Duration("keep_for", c.KeepFor))
	}
	k := &Keys{store: s, c: c, every: min(time.Minute, max(time.Millisecond, c.PublishAhead/20))}
	for _, secret := range c.Secrets {
		seal, err := newSeal(secret)
		if err != nil {
			return nil, fmt.Errorf("sqlstore: open keys: %w", err)
		}
		k.seals = append(k.seals, seal)
	}
	k.tried = time.Now()
	unreadable, err := k.refresh(ctx)
	if err = cmp.Or(err, unreadable); err != nil {
		return nil, fmt.Errorf("sqlstore: open keys: %w", err)
	}
	return k, nil
}

// SigningKey returns the key that signs now, by the clock of the database. It never fails.
func (k *Keys) SigningKey(ctx context.Context) (jose.SigningKey, error) {
	key := k.latest(ctx).signing().private
	return jose.SigningKey{Algorithm: jose.SignatureAlgorithm(key.Algorithm), Key: key}, nil
}

// VerificationKeys returns the public parts of all keys that have signed what may still be in use, or
// will sign next. It never fails.
func (k *Keys) VerificationKeys(ctx context.Context) (jose.JSONWebKeySet, error) {
	return jose.JSONWebKeySet{Keys: slices.Clone(k.latest(ctx).public)}, nil
}

// Reload reads the keys now and returns what is wrong with them, as a health check wants to know. On an
// error the keys that were read last stay in use. Changes are noticed without it.
func (k *Keys) Reload(ctx context.Context) error {
	unreadable, err := k.refresh(ctx)
	if err = cmp.Or(err, unreadable); err != nil {
		return fmt.Errorf("sqlstore: reload keys: %w", err)
	}
	return nil
}

// latest returns the keys. When it is time, somebody begins to read them again, and nobody waits: a new
// key is not needed for long. Only whoever has not looked for a while does, lest he miss all of the
// time for which a key is published ahead.
func (k *Keys) latest(ctx context.Context) *keySet {
	set := k.current.Load()
	age := time.Since(set.read)
	if age < k.every {
		return set
	}
	done := k.read()
	if age < k.tooOld() || done == nil {
		return set
	}
	select {
	case <-done:
	case <-ctx.Done():
	case <-time.After(patience):
	}
	return k.current.Load()
}

// tooOld is the age of what is used at most, if the database can be reached.
func (k *Keys) tooOld() time.Duration { return 2 * k.every }

// read starts to read the keys, unless somebody is reading them or has just failed to. It returns what
// is closed when the reading is over, or nil if there is none.
func (k *Keys) read() <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.reading != nil || time.Since(k.tried) < k.every {
		return k.reading
	}
	done := make(chan struct{})
	k.tried, k.reading = time.Now(), done
	go func() {
		defer close(done)
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		err := recovered(func() error {
			unreadable, err := k.refresh(ctx)
			return errors.Join(err, unreadable)
		})
		if err != nil {
			k.c.Logger.LogAttrs(ctx, slog.LevelError, "sqlstore: signing keys were not read", slog.Any("error", err))
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		k.reading = nil
	}()
	return done
}
