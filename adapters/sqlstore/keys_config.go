package sqlstore

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/nativeauth/nativeauth/token"
)

// KeysConfig says how Keys are kept. But for Logger it has to be the same on all instances.
type KeysConfig struct {
	// Secrets encrypt the keys in the database: each at least 32 random bytes, the newest first. A
	// key that was encrypted under an older one is encrypted again under the newest. To change the
	// secret, first add the new one behind the old on all instances, then swap, then drop the old one
	// a day later. A secret that somebody has learned calls for Rotate, too.
	Secrets [][]byte
	// RotateEvery is how long a key signs. 0 means 90 days.
	RotateEvery time.Duration
	// PublishAhead is how long a key is published at least before it signs. 0 means 24 hours; less
	// than two hours is for tests, as others keep what is published for an hour.
	PublishAhead time.Duration
	// KeepFor is how long a key stays published after it has ceased to sign: the longest life of a
	// token and 5 minutes at least. 0 means 25 hours.
	KeepFor time.Duration
	// Algorithm is that of new keys: ES256, RS256 with 3072 bits, or EdDSA. "" means ES256.
	Algorithm jose.SignatureAlgorithm
	// Logger is told about new keys, and about keys that cannot be read. nil: nobody is.
	Logger *slog.Logger
}

func (c KeysConfig) withDefaults() KeysConfig {
	c.RotateEvery = cmp.Or(c.RotateEvery, 90*24*time.Hour)
	c.PublishAhead = cmp.Or(c.PublishAhead, 24*time.Hour)
	c.KeepFor = cmp.Or(c.KeepFor, 25*time.Hour)
	c.Algorithm = cmp.Or(c.Algorithm, jose.ES256)
	c.Logger = cmp.Or(c.Logger, slog.New(slog.DiscardHandler))
	return c
}

// validate returns every problem of a config that has its defaults.
func (c KeysConfig) validate() error {
	var problems []error
	add := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if len(c.Secrets) == 0 {
		add("Secrets is missing")
	}
	for i, secret := range c.Secrets {
		if len(secret) < 32 {
			add("Secrets[%d] has %d bytes and must have 32 or more", i, len(secret))
		}
	}
	if c.PublishAhead < 0 || c.KeepFor < 0 {
		add("PublishAhead and KeepFor must not be negative")
	}
	if c.RotateEvery < c.PublishAhead {
		add("RotateEvery is %v and must not be less than PublishAhead, %v", c.RotateEvery, c.PublishAhead)
	}
	if !slices.Contains(token.Algorithms, c.Algorithm) {
		add("Algorithm is %q and must be one of %v", c.Algorithm, token.Algorithms)
	}
	return errors.Join(problems...)
}
