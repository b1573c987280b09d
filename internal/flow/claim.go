package flow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nativeauth/nativeauth/store"
)

// What is good once and can be shown by several flows, as a code of an authenticator app, is claimed by the
// one that shows it first. That flow may show it again, where a part was out of order after the claim: what
// comes of the flow comes once, by the write that ends it.

// claimant is the name of who claims. Nobody is the empty one, whose claims cannot be repeated.
type claimant []byte

// claimant is the flow, unless it registers a method: that is no write which ends the flow.
func (f *flow) claimant() claimant {
	if registerWanted <= f.State && f.State <= registered {
		return nil
	}
	return f.id[:]
}

// value is what a claim is in the store: never nothing.
func (c claimant) value() []byte { return append([]byte{1}, c...) }

// claim uses something up, for a while: of flows that race, one does. The others get ErrCodeWrong.
func (e *Engine) claim(ctx context.Context, key string, by claimant, life time.Duration) error {
	err := e.State.Put(ctx, key, store.Entry{Value: by.value(), TTL: life})
	if errors.Is(err, store.ErrConflict) {
		return e.claimed(ctx, key, by)
	} else if err != nil {
		return fmt.Errorf("use code up: %w", err)
	}
	return nil
}

// claimed returns nil if it was this very flow that has used something up, or ErrCodeWrong.
func (e *Engine) claimed(ctx context.Context, key string, by claimant) error {
	entry, err := e.State.Get(ctx, key)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return ErrCodeWrong
	case err != nil:
		return fmt.Errorf("read who used a code: %w", err)
	case len(by) == 0 || !bytes.Equal(entry.Value, by.value()):
		return fmt.Errorf("%w: used before", ErrCodeWrong)
	}
	return nil
}
