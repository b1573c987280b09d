// Package keyfile keeps the keys that sign tokens in a file.
//
//	keys, err := keyfile.Open("/var/lib/app/keys.json") // made if there is none
//	cfg.Keys = keys
//
// The file is a JSON Web Key Set with private keys (RFC 7517 §5), or PEM. Its first key signs, all
// of them are published. A running program notices a change within a second, so that keys are
// changed without a restart and, done in this order, without refusing a single token:
//
//  1. Add a key. It is published and does not sign yet.
//  2. Wait at least 24 hours, until everybody who caches the published keys has it.
//  3. Promote it. It signs from now on, the key before it stays published.
//  4. Wait for the longest life of a token plus 5 minutes.
//  5. Remove the old key.
//
// Whoever reads the file can make tokens for anybody: it must be open to its owner alone.
package keyfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/nativeauth/nativeauth/token"
)

// interval is the time between two looks at the file.
const interval = time.Second

// maxFile bounds what is read. A thousand keys fit in.
const maxFile = 1 << 20

// Keys is a token.Keys that reads a file and follows its changes. It is safe for concurrent use;
// make one with Open.
type Keys struct {
	path    string
	current atomic.Pointer[contents]

	looking sync.Mutex // held while looking at the file
	looked  time.Time
}

var _ token.Keys = (*Keys)(nil)

// contents is what the file held when it was read.
type contents struct {
	info   fs.FileInfo
	keys   []jose.JSONWebKey // private, the one that signs first
	public []jose.JSONWebKey
}

// Open reads the keys from the file at path. If there is none, it makes one with a new P-256 key; of
// several processes that do so at once, one makes it and all use it.
//
// Accepted are EC keys on P-256, which sign with ES256, RSA keys of at least 2048 bits, with RS256,
// and Ed25519 keys, with EdDSA. A key without a kid gets its thumbprint (RFC 7638) for one. Open
// refuses any other key, a public one, two with the same kid, and, but for Windows, a file that
// others than its owner may touch.
func Open(path string) (*Keys, error) {
	k := &Keys{path: path, looked: time.Now()}
	err := k.Reload()
	if errors.Is(err, fs.ErrNotExist) {
		if err := create(path); err != nil {
			return nil, err
		}
		err = k.Reload()
	}
	if err != nil {
		return nil, err
	}
	return k, nil
}

// Reload reads the file now and returns what is wrong with it. On an error the keys that were read
// last stay in use. Changes are noticed without it; it is for those who want to know that their
// change is good, such as a health check.
func (k *Keys) Reload() error {
	c, err := read(k.path)
	if err != nil {
		return err
	}
	k.current.Store(c)
	return nil
}

// SigningKey returns the first key of the file. It never fails: while the file cannot be used, the
// keys that were read last stay in use.
func (k *Keys) SigningKey(context.Context) (jose.SigningKey, error) {
	first := k.latest().keys[0]
	return jose.SigningKey{Algorithm: jose.SignatureAlgorithm(first.Algorithm), Key: first}, nil
}

// VerificationKeys returns the public parts of all keys of the file, in its order. It never fails,
// for the same reason.
func (k *Keys) VerificationKeys(context.Context) (jose.JSONWebKeySet, error) {
	return jose.JSONWebKeySet{Keys: slices.Clone(k.latest().public)}, nil
}

// latest returns the keys, after a look at the file if the last one is a while ago. Only one caller
// looks; the others do not wait for the disk. There is nobody here to tell an error to: the file is
// tried again at the next look, and Reload reports.
func (k *Keys) latest() *contents {
	if k.looking.TryLock() {
		defer k.looking.Unlock()
		if now := time.Now(); now.Sub(k.looked) >= interval {
			k.looked = now
			if k.changed() {
				_ = k.Reload()
			}
		}
	}
	return k.current.Load()
}

// changed tells whether the file is another one than was read last: one of another size or time, or
// one with an old time that was renamed into its place.
func (k *Keys) changed() bool {
	old := k.current.Load().info
	info, err := os.Stat(k.path)
	return err == nil && (!os.SameFile(old, info) || old.Size() != info.Size() || !old.ModTime().Equal(info.ModTime()))
}

// read opens the file once, so that what is checked is what is parsed.
func read(path string) (*contents, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("keyfile: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("keyfile: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("keyfile: %s is open to others than its owner (mode %04o): run chmod 600 on it", path, mode)
	}
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("keyfile: %w", err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("keyfile: %s is larger than %d bytes", path, maxFile)
	}
	keys, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("keyfile: %s: %w", path, err)
	}
	c := &contents{info: info, keys: keys}
	for _, key := range keys {
		c.public = append(c.public, key.Public())
	}
	return c, nil
}
