package sqlstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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
