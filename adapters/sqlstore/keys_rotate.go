package sqlstore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// keyRow is a key as the database has it.
type keyRow struct {
	seq       int64
	kid       string
	algorithm string
	sealed    []byte
	signsAt   int64 // ms since 1970, by the database's clock
}

// openedKey is a key that has been decrypted.
type openedKey struct {
	keyRow
	private jose.JSONWebKey
	older   bool // it was encrypted under another secret than the newest
}

// keySet is what was read from the database at one moment. Nobody changes it.
type keySet struct {
	read   time.Time   // by our clock, just before
	now    int64       // by the database's clock
	newest keyRow      // also if it cannot be opened; seq is 0 if there is none
	keys   []openedKey // by seq, those alone that are to be published
	public []jose.JSONWebKey
	first  int64 // the seq of the first key that is to be published
	more   bool  // there are keys before it
}

// signing returns the newest key whose time has come. All instances change to the next one together,
// since they count from the clock of the database.
func (s *keySet) signing() openedKey {
	now := s.now + time.Since(s.read).Milliseconds()
	for i := len(s.keys) - 1; i > 0; i-- {
		if s.keys[i].signsAt <= now {
			return s.keys[i]
		}
	}
	return s.keys[0]
}

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

// load reads and decrypts the keys. unreadable tells of those that none of the secrets opens.
func (k *Keys) load(ctx context.Context) (set *keySet, unreadable, err error) {
	set = &keySet{read: time.Now()}
	rows, now, err := k.rows(ctx)
	if err != nil {
		return nil, nil, err
	}
	if set.now = now; len(rows) > 0 {
		set.newest, set.first = rows[len(rows)-1], rows[0].seq
	}
	for _, row := range rows {
		// Every key before one that has signed for so long is of no use any more.
		if row.signsAt+k.c.KeepFor.Milliseconds() <= now {
			set.first = row.seq
			set.more = row.seq > rows[0].seq
		}
	}
	var problems []error
	for _, row := range rows {
		if row.seq < set.first {
			continue
		}
		key, err := k.open(row)
		if err != nil {
			problems = append(problems, fmt.Errorf("key %q cannot be decrypted: Secrets must have the one that other instances use, or used before: %w", row.kid, err))
			continue
		}
		set.keys = append(set.keys, key)
		set.public = append(set.public, key.private.Public())
	}
	return set, errors.Join(problems...), nil
}

// open decrypts the key of a row. A key that is known stays so when another instance has sealed it
// under a secret that this one has not got yet.
func (k *Keys) open(row keyRow) (openedKey, error) {
	known := k.known(row)
	if known != nil && bytes.Equal(known.sealed, row.sealed) {
		return openedKey{row, known.private, known.older}, nil
	}
	var err error
	for i, s := range k.seals {
		var private jose.JSONWebKey
		if private, err = s.open(row); err == nil {
			return openedKey{row, private, i > 0}, nil
		}
	}
	if known != nil {
		return openedKey{row, known.private, false}, nil
	}
	return openedKey{}, err
}

func (k *Keys) known(row keyRow) *openedKey {
	if set := k.current.Load(); set != nil {
		for i, key := range set.keys {
			if key.seq == row.seq && key.kid == row.kid {
				return &set.keys[i]
			}
		}
	}
	return nil
}

func (k *Keys) rows(ctx context.Context) (all []keyRow, now int64, err error) {
	rows, err := k.store.db.QueryContext(ctx, k.store.queries.listKeys)
	if err != nil {
		return nil, 0, fmt.Errorf("list keys: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r keyRow
		if err := rows.Scan(&r.seq, &r.kid, &r.algorithm, &r.sealed, &r.signsAt, &now); err != nil {
			return nil, 0, fmt.Errorf("list keys: %w", err)
		}
		all = append(all, r)
	}
	if err := rows.Err(); err != nil {
		return nil, 0, fmt.Errorf("list keys: %w", err)
	}
	return all, now, nil
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
