package flow

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/token"
)

// held is a flow that no store knows yet, as its token carries it.
type held struct {
	Username  string         `json:"n"`
	Email     otp.Address    `json:"m,omitempty"` // "." if it is the user name
	UserID    string         `json:"u"`
	Epoch     int64          `json:"e,omitempty"`
	Types     challengeTypes `json:"y"`
	Abilities capabilities   `json:"b,omitempty"`
	CanEnter  bool           `json:"h,omitempty"`
	Notice    otp.Purpose    `json:"k,omitempty"`
	Began     instant        `json:"i"`
}

// hold begins a flow that only names an account: its token carries it, and no store gets to know it
// before its first challenge.
func (e *Engine) hold(ctx context.Context, client *Client, r record) (Continue, error) {
	f, err := e.begin(client, r)
	if err != nil {
		return Continue{}, err
	}
	began, err := e.clock.instant(ctx)
	if err != nil {
		return Continue{}, err
	}
	t, err := e.newToken(f, idleLife)
	if err != nil {
		return Continue{}, err
	}
	h := held{r.Username, r.Email, r.UserID, r.Epoch, r.Types, r.Abilities, r.CanEnter, r.Notice, began}
	if string(h.Email) == h.Username {
		h.Email = "."
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false) // which would make some addresses longer
	if err := enc.Encode(h); err != nil {
		return Continue{}, fmt.Errorf("write flow: %w", err)
	}
	size := heldRest + len(h.Username)
	if e.HideAccounts {
		size = heldRest + 2*maxAddress // an alias has a mailbox of another name
	}
	t.Record = pad(text.Bytes(), size)
	return Continue{e.opaque.Continuation(t, f.Client)}, nil
}

const (
	heldUnit   = 256
	heldRest   = 208 // more than all but the names takes, with an id of up to 64 characters
	maxAddress = 254
)

// pad fills text up with blanks to a size that comes from what the caller knows, lest the length of
// the token should tell something of the account: to size, rounded up to a multiple of heldUnit, or
// to the next that it fits into.
func pad(text []byte, size int) []byte {
	size = (max(size, len(text)) + heldUnit - 1) / heldUnit * heldUnit
	return append(text, bytes.Repeat([]byte{' '}, size-len(text))...)
}

// find reads the flow that a token belongs to: from the token itself, if that is its first.
func (e *Engine) find(ctx context.Context, client *Client, t token.Continuation) (*flow, error) {
	if t.Record == nil {
		return e.load(ctx, t.Flow)
	}
	var h held
	if err := json.Unmarshal(t.Record, &h); err != nil {
		return nil, fmt.Errorf("read flow: %w", err)
	}
	age, ok, err := e.clock.age(ctx, h.Began)
	if err != nil {
		return nil, err
	}
	if !ok || age >= idleLife {
		return nil, ErrTokenExpired
	}
	if h.Email == "." {
		h.Email = otp.Address(h.Username)
	}
	hash := sha256.Sum256(t.Secret[:])
	r := record{
		life: newLife(0, idleLife), State: state(t.State), Client: client.ID, Token: hash[:],
		Username: h.Username, Email: h.Email, UserID: h.UserID, Epoch: h.Epoch,
		Types: h.Types, Abilities: h.Abilities, CanEnter: h.CanEnter, Notice: h.Notice,
	}
	return &flow{record: r, id: t.Flow, left: idleLife - age, read: e.Now()}, nil
}
