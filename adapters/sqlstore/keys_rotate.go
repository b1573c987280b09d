package sqlstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Rotate makes a new key now, as somebody may want who fears for the old one, and returns its kid. It
// is published at once and signs when PublishAhead is over. If another instance is just doing the
// same, its key is the new one.
func (k *Keys) Rotate(ctx context.Context) (kid string, err error) {
	set, unreadable, err := k.load(ctx)
	if err = cmp.Or(err, unreadable); err == nil {
		err = k.add(ctx, set.newest.seq+1, k.lead())
	}
	if err == nil {
		set, unreadable, err = k.load(ctx)
	}
	if err = cmp.Or(err, unreadable); err != nil {
		return "", fmt.Errorf("sqlstore: rotate keys: %w", err)
	}
	k.use(set)
	return set.newest.kid, nil
}

// lead is the time from the making of a key to its first signature: what is promised, after all
// instances have noticed.
func (k *Keys) lead() time.Duration { return k.c.PublishAhead + k.tooOld() }

// refresh reads the keys, and makes a new one if it is time for that. Keys that cannot be opened are no
// reason to do without the others.
func (k *Keys) refresh(ctx context.Context) (unreadable, err error) {
	set, unreadable, err := k.load(ctx)
	if err != nil {
		return nil, err
	}
	// Whoever lacks a secret must not be the one that makes a key: the others could not use it.
	if due, lead := k.due(set); due && unreadable == nil {
		if err := k.add(ctx, set.newest.seq+1, lead); err != nil {
			return nil, err
		}
		if set, unreadable, err = k.load(ctx); err != nil {
			return nil, err
		}
	}
	if len(set.keys) == 0 {
		return nil, errors.Join(errors.New("there is no key that can be used"), unreadable)
	}
	k.use(set)
	return unreadable, k.tidy(ctx, set)
}

// use makes set the current one, unless somebody has read the keys since.
func (k *Keys) use(set *keySet) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if current := k.current.Load(); current == nil || current.read.Before(set.read) {
		k.current.Store(set)
	}
}

// due tells whether it is time for a new key, and how long it is to be published before it signs.
func (k *Keys) due(set *keySet) (bool, time.Duration) {
	if set.newest.seq == 0 {
		return true, 0 // nobody knows any key yet
	}
	next := set.newest.signsAt + (k.c.RotateEvery - k.lead()).Milliseconds()
	return next <= set.now, k.lead()
}

// add makes the key number seq, unless somebody else has: then the key is the other one's. As numbers
// are not skipped, and the newest key is never removed, no number is given away twice.
func (k *Keys) add(ctx context.Context, seq int64, lead time.Duration) error {
	key, err := generateKey(k.c.Algorithm)
	if err != nil {
		return err
	}
	sealed, err := k.seals[0].close(seq, key)
	if err != nil {
		return fmt.Errorf("encrypt a key: %w", err)
	}
	q := k.store.queries.addKey
	added, err := k.store.exec(ctx, q, seq, key.KeyID, key.Algorithm, sealed, lead.Milliseconds())
	if err != nil {
		return fmt.Errorf("add a key: %w", err)
	}
	if added == 1 {
		k.c.Logger.LogAttrs(ctx, slog.LevelInfo, "key rotated",
			slog.String("kid", key.KeyID), slog.String("alg", key.Algorithm), slog.Duration("signs_in", lead))
	}
	return nil
}

// tidy removes the keys that are of no use any more, and encrypts those again that were under an older
// secret, so that it can be dropped.
func (k *Keys) tidy(ctx context.Context, set *keySet) error {
	if set.more {
		if _, err := k.store.exec(ctx, k.store.queries.removeKeys, set.first); err != nil {
			return fmt.Errorf("remove keys: %w", err)
		}
	}
	for _, key := range set.keys {
		if !key.older {
			continue
		}
		sealed, err := k.seals[0].close(key.seq, key.private)
		if err == nil {
			_, err = k.store.exec(ctx, k.store.queries.resealKey, sealed, key.seq, key.sealed)
		}
		if err != nil {
			return fmt.Errorf("encrypt a key again: %w", err)
		}
	}
	return nil
}
