package flow

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

// Revoke ends the family of a client's refresh token, whichever of its tokens it is: RFC 7009 §2.1. With
// anything else, as a token of another client, there is nothing to do (§2.2). It returns nil only when
// the store has said that the family is gone.
func (e *Engine) Revoke(ctx context.Context, client *Client, text string) error {
	t, err := e.opaque.ParseRefresh(text, client.ID)
	if errors.Is(err, token.ErrInvalid) {
		return nil
	} else if err != nil {
		return err
	}
	for range casTries {
		m, entry, err := e.readFamily(ctx, t.Family)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		err = e.revoke(ctx, t.Family, entry.Version, nil)
		if errors.Is(err, errMoved) {
			continue
		}
		if err == nil {
			e.Tell(ctx, Event{EventRevoke, Subject{UserID: m.User, ClientID: m.Client}, "refresh_token"})
		}
		return err
	}
	return errors.New("revoke: the family changes faster than it can be read")
}

// ErrAssertionUsed refuses an assertion that came before.
var ErrAssertionUsed = errors.New("the assertion was used before")

// assertionKept is longer than any two instances take an assertion for, however their clocks differ.
const assertionKept = token.AssertionLife + 2*token.Leeway + 2*clockSkew

// UseAssertion uses up what a client has named an assertion: of any number of calls one succeeds, the
// others get ErrAssertionUsed (RFC 7523 §3, rule 7).
func (e *Engine) UseAssertion(ctx context.Context, clientID, id string) error {
	// No client id holds a NUL, so no two pairs hash alike.
	key := fmt.Sprintf("assertion/%x", sha256.Sum256([]byte(clientID+"\x00"+id)))
	err := e.State.Put(ctx, key, store.Entry{Value: []byte{1}, TTL: assertionKept})
	return decided(err, ErrAssertionUsed, "use assertion")
}
