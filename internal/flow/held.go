package flow

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/token"
)

// held is a flow that no store knows yet, as its token carries it. How long it is would tell something of
// the account; where callers must not learn that, it knows of none.
type held struct {
	Username  string         `json:"n"`
	Email     otp.Address    `json:"m,omitempty"`
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
	t.Record, err = json.Marshal(held{r.Username, r.Email, r.UserID, r.Epoch, r.Types, r.Abilities, r.CanEnter, r.Notice, began})
	if err != nil {
		return Continue{}, fmt.Errorf("write flow: %w", err)
	}
	e.Tell(ctx, Event{EventStart, e.subjectOf(f), string(f.purpose())})
	return Continue{e.opaque.Continuation(t, f.Client)}, nil
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
	hash := sha256.Sum256(t.Secret[:])
	r := record{
		life: newLife(0, idleLife), State: state(t.State), Client: client.ID, Token: hash[:],
		Username: h.Username, Email: h.Email, UserID: h.UserID, Epoch: h.Epoch,
		Types: h.Types, Abilities: h.Abilities, CanEnter: h.CanEnter, Notice: h.Notice,
	}
	return &flow{record: r, id: t.Flow, left: idleLife - age, read: e.Now()}, nil
}
