package flow

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

// life is a clock inside a record. It is driven by the store's clock alone, because what it counts
// is what the store says is left: instances whose clocks differ agree on it.
type life struct {
	Age int64 `json:"a,omitempty"` // milliseconds that the record had lived when it was written
	TTL int64 `json:"l"`           // milliseconds that it was given then
}

// sinceWrite is the time since the record was written, for an entry read with so much left.
func (l life) sinceWrite(left time.Duration) time.Duration {
	return max(0, time.Duration(l.TTL)*time.Millisecond-left)
}

// age is the time since the record was first written.
func (l life) age(left time.Duration) time.Duration {
	return time.Duration(l.Age)*time.Millisecond + l.sinceWrite(left)
}

func newLife(age, ttl time.Duration) life {
	return life{Age: age.Milliseconds(), TTL: ttl.Milliseconds()}
}

// record is a flow as the store holds it. None of it is a usable code or token.
type record struct {
	life
	State     state             `json:"s"`
	Client    string            `json:"c"`
	Username  string            `json:"n"`           // canonical, as it was given
	Email     otp.Address       `json:"m"`           // where codes go
	UserID    string            `json:"u"`           // of the account, or of the one to be made
	Epoch     int64             `json:"e,omitempty"` // of the account when the flow began
	Types     challengeTypes    `json:"y,omitempty"` // of the opening call
	Abilities capabilities      `json:"b,omitempty"` // of the opening call: they decide what a second factor may ask
	Values    map[string]string `json:"v,omitempty"` // attributes that passed
	Password  string            `json:"w,omitempty"` // hash of the one that a sign-up has chosen
	CanEnter  bool              `json:"h,omitempty"` // a sign-in may ask for the account's password
	Notice    otp.Purpose       `json:"k,omitempty"` // what the mailbox gets in place of a code: nothing will come of the flow
	Met       bool              `json:"x,omitempty"` // who the flow is about has been looked up, where accounts are hidden
	Proofs    []proof           `json:"f,omitempty"` // the factors that have passed
	ProvenAge int64             `json:"z,omitempty"` // the record's age, in milliseconds, when the latest did
	Chosen    *chosen           `json:"r,omitempty"` // the method that is asked for as a second factor, or registered
	Code      []byte            `json:"o,omitempty"` // keyed hash of the code that is good now
	CodeAge   int64             `json:"g,omitempty"` // the record's age, in milliseconds, when the code was made
	CodeLife  int64             `json:"L,omitempty"` // in milliseconds, of the codes of an OTP grant, and
	Digits    int               `json:"D,omitempty"` // how long they are
	Source    string            `json:"S,omitempty"` // and by what they were sent
	Sends     int               `json:"d,omitempty"` // codes so far
	Earlier   int               `json:"j,omitempty"` // of them, those for the first factor
	Tries     int               `json:"T,omitempty"` // that the code has; 0 means as many as any
	Known     bool              `json:"K,omitempty"` // the account has noted of late from where it is asked for
	Token     []byte            `json:"t"`           // hash of the secret of the token that is good now
	Before    []byte            `json:"p,omitempty"` // hash of the one before, if the call that replaced it is repeatable
	Ask       *ask              `json:"i,omitempty"` // of a client of Auth0: what its tokens are for
	BeforeAge int64             `json:"q,omitempty"` // the record's age, in milliseconds, when that one was made
}

// flow is a record on its way through a step.
type flow struct {
	record
	id       token.ID
	version  int64
	left     time.Duration // the entry's life when it was read
	read     time.Time
	client   *Client
	counter  counter      // what the step has to count, if it has a key
	count    store.Count  // how much that is by now, this call included
	budget   *budget      // what is known of the codes of the account that one goes to, where they are limited
	spent    *spent       // the code that was written down there
	mail     *otp.Message // goes out once the flow is saved
	user     *store.User  // once a step has read it
	recovery []string     // codes that came with a new method, to be told once
	oneCall  bool         // nothing can follow: what is still due cannot be proven
	uri      string       // of the authenticator app that is being set up
	news     []news       // what is told once the flow is saved

	inherited *Session // the sign-in that a device gets its tokens from; nil if the flow is one itself
	granted   *grant   // what that has agreed to
}

// begin returns a flow that the store does not know yet. The first half of its id is that of the
// account: so a token tells which account it is about, without a look-up.
func (e *Engine) begin(client *Client, r record) (*flow, error) {
	f := &flow{record: r, client: client, read: e.Now()}
	f.Client = client.ID
	about := e.ofUser(store.User{Email: string(r.Email), Username: r.Username})
	copy(f.id[:], about[:])
	_, err := io.ReadFull(e.Random, f.id[len(about):])
	return f, err
}

// open returns the flow that a continuation token belongs to, if the token is good for the event. An
// error that in brings along comes after those of the token. What can be told from the token alone is
// told without a look-up.
func (e *Engine) open(ctx context.Context, client *Client, text string, ev event, in input) (*flow, error) {
	if text == "" {
		return nil, &MissingError{"continuation_token"}
	}
	t, err := e.opaque.ParseContinuation(text, ev.holder(client))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTokenUnreadable, err)
	}
	if _, ok := moves[move{state(t.State), ev}]; !ok || ev == givePassword && !client.Passwords {
		return nil, &OutOfOrderError{state(t.State), ev, client}
	}
	// A token lives as long as the record that it is written with, so the store's clock decides;
	// ours does where no store need be asked, and where the record is gone and its end is all that
	// is left to tell.
	if !e.Now().Before(t.Expires.Add(clockSkew)) {
		return nil, ErrTokenExpired
	}
	f, err := e.loadAndCount(ctx, client, t, ev, in)
	if err == nil {
		f.client = client
		e.note(ctx, e.subjectOf(f))
		if err = e.accept(f, t, ev); err != nil {
			e.uncount(ctx, f.counter, f.count)
		}
	}
	if errors.Is(err, ErrTokenInvalid) && !e.Now().Before(t.Expires) {
		return nil, ErrTokenExpired
	}
	if err != nil {
		return nil, err
	}
	return f, in.refused
}

// load reads a flow. One that is gone has ended, or was completed.
func (e *Engine) load(ctx context.Context, id token.ID) (*flow, error) {
	entry, err := e.State.Get(ctx, id.Key())
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("%w: no such flow", ErrFlowOver)
	} else if err != nil {
		return nil, fmt.Errorf("read flow: %w", err)
	}
	f := &flow{id: id, version: entry.Version, left: entry.TTL, read: e.Now()}
	err = json.Unmarshal(entry.Value, &f.record)
	if f.State == signedIn { // a family by now, whose record has another shape
		return nil, fmt.Errorf("%w: it was completed", ErrFlowOver)
	} else if err != nil {
		return nil, fmt.Errorf("read flow: %w", err)
	}
	return f, nil
}

// accept takes t if it is the current token or, where a call may be repeated, the one before it. It
// notes which token the next answer replaces.
func (e *Engine) accept(f *flow, t token.Continuation, ev event) error {
	hash := sha256.Sum256(t.Secret[:])
	if f.repeatable(ev) && e.isBefore(f, hash[:]) {
		if ev == pollReset {
			f.State = resetSubmitted // the very call again
		}
		return nil
	}
	if subtle.ConstantTimeCompare(hash[:], f.Token) != 1 || state(t.State) != f.State {
		return ErrTokenReplaced
	}
	f.Before, f.BeforeAge = nil, 0
	if f.repeatable(ev) {
		f.Before, f.BeforeAge = f.Token, f.Age
	}
	return nil
}

// isBefore tells whether a hash is that of the token before the current one, and in its time.
func (e *Engine) isBefore(f *flow, hash []byte) bool {
	idle := e.age(f) - time.Duration(f.BeforeAge)*time.Millisecond
	return idle < idleLife && subtle.ConstantTimeCompare(hash, f.Before) == 1
}

// repeatable tells whether a call may come again with the token that it has replaced: a challenge,
// whose answer may have been lost; a poll, which clients repeat with the one token they have; and
// attributes that left others missing, an answer in which MSAL JS sees a failure, so that it keeps
// the token it had.
func (f *flow) repeatable(ev event) bool {
	return ev.isChallenge() || ev == pollReset || ev == giveAttributes && f.State == signUpAttributes
}

// age is the time since the flow began, by the store's clock up to the read and ours since.
func (e *Engine) age(f *flow) time.Duration {
	return f.record.age(f.left) + max(0, e.Now().Sub(f.read))
}

// save writes the flow with a fresh token, which it returns. Whoever comes second loses.
func (e *Engine) save(ctx context.Context, f *flow) (string, error) {
	age := e.age(f)
	ttl := min(f.State.idleLife(), flowLife-age)
	if ttl < time.Millisecond {
		return "", ErrTokenExpired
	}
	t, err := e.newToken(f, ttl)
	if err != nil {
		return "", err
	}
	hash := sha256.Sum256(t.Secret[:])
	f.Token = hash[:]
	f.life = newLife(age, ttl)
	if err := e.put(ctx, f.id, f.version, ttl, &f.record, errOtherWon); err != nil {
		return "", err
	}
	e.written(ctx, f)
	return e.opaque.Continuation(t, f.holder()), nil
}

// rewrite writes the flow and leaves its token as good as it was, and for as long. Whoever comes second loses.
func (e *Engine) rewrite(ctx context.Context, f *flow) error {
	ttl := f.left - e.Now().Sub(f.read)
	if ttl < time.Millisecond {
		return ErrTokenExpired
	}
	f.life = newLife(e.age(f), ttl)
	err := e.put(ctx, f.id, f.version, ttl, &f.record, errOtherWon)
	if err == nil {
		e.written(ctx, f)
	}
	return err
}

// newToken makes a token for the flow as it stands.
func (e *Engine) newToken(f *flow, ttl time.Duration) (token.Continuation, error) {
	t := token.Continuation{State: byte(f.State), Code: byte(f.Sends), Expires: e.Now().Add(ttl), Flow: f.id}
	_, err := io.ReadFull(e.Random, t.Secret[:])
	return t, err
}

// errOtherWon is what a continuation token gets whose flow another call has taken on.
var errOtherWon = fmt.Errorf("%w: another call won", ErrTokenReplaced)

// put writes a record over the version that was read. If that is gone it returns lost.
func (e *Engine) put(ctx context.Context, id token.ID, version int64, ttl time.Duration, record any, lost error) error {
	value, err := json.Marshal(record)
	if err == nil {
		err = e.State.Put(ctx, id.Key(), store.Entry{Value: value, Version: version, TTL: ttl})
	}
	return decided(err, lost, "write record")
}

// decided turns the outcome of a conditional write into an error: lost if another call has won.
func decided(err, lost error, what string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrConflict):
		return lost
	}
	return fmt.Errorf("%s: %w", what, err)
}
