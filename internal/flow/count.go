package flow

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

// accountID is what an account is counted under, whether or not it exists. It does not tell its name.
type accountID [8]byte

// account returns the id of an account: that of its address or, where it has none, of its user name.
func (e *Engine) account(email, username string) (id accountID) {
	sum := e.names.Sum([]byte(cmp.Or(email, username)))
	copy(id[:], sum[:])
	return id
}

// ofUser returns the id under which a flow of the user is counted. Where flows do not know who it is
// that they are about, that is the name.
func (e *Engine) ofUser(u store.User) accountID {
	if e.HideAccounts {
		return e.account("", u.Username)
	}
	return e.account(u.Email, u.Username)
}

// accountOf returns the account that a flow is about.
func accountOf(id token.ID) accountID { return accountID(id[:len(accountID{})]) }

// key names something that is kept of the account.
func (a accountID) key(what string) string {
	return what + "/" + base64.RawURLEncoding.EncodeToString(a[:])
}

// counter names what a call has to count, and for how long the count lasts. Both can be told from
// the token, so that counting costs no waiting of its own.
type counter struct {
	key       string
	life      time.Duration
	ofAccount bool // of tries, which are taken off again if they were not wrong
}

// counterOf returns the counter of a call; one without a key if the call counts nothing, because
// nothing can come of it or because nothing is limited.
func (e *Engine) counterOf(t token.Continuation, ev event, in input) counter {
	switch {
	case in.refused != nil:
	case ev == redeemPassword:
		return passwordLimit.counter(accountOf(t.Flow))
	case ev == redeemMFA: // whose token is older than the code
		t.Code = in.sent.Code
		return e.codeCounter(t, in.code)
	case ev.takesCode():
		return e.codeCounter(t, in.code)
	}
	return counter{}
}

// codeCounter returns the counter of tries at a code. What has the form of no code is compared with none.
func (e *Engine) codeCounter(t token.Continuation, code string) counter {
	if _, sent := otp.Canonical(code); sent {
		return counter{key: t.Flow.Key() + "/" + strconv.Itoa(int(t.Code)), life: e.CodeLife}
	}
	_, shown := otp.CanonicalTOTP(code)
	_, kept := otp.CanonicalRecovery(code)
	if (shown || kept) && state(t.State).afterFirst() {
		return factorLimit.counter(accountOf(t.Flow))
	}
	return counter{}
}

// loadAndCount reads the flow and counts what the call has to count, both at once. The count stands,
// whatever becomes of the call.
func (e *Engine) loadAndCount(ctx context.Context, client *Client, t token.Continuation, ev event, in input) (*flow, error) {
	if e.sends(t, ev, in) {
		return e.findForCode(ctx, client, t, ev, in)
	}
	c := e.counterOf(t, ev, in)
	if c.key == "" {
		return e.findAndMeet(ctx, client, t, ev, in)
	}
	counted := inBackground(func() (store.Count, error) { return e.State.Add(ctx, c.key, 1, c.life) })
	f, err := e.findAndMeet(ctx, client, t, ev, in)
	n, countErr := counted()
	if err != nil {
		if countErr == nil {
			e.uncount(ctx, c, n)
		}
		return nil, err
	}
	if countErr != nil {
		return nil, fmt.Errorf("count: %w", countErr)
	}
	f.counter, f.count = c, n
	return f, nil
}

// findAndMeet reads the flow, and looks for the account that it is about where that is done now.
func (e *Engine) findAndMeet(ctx context.Context, client *Client, t token.Continuation, ev event, in input) (*flow, error) {
	f, err := e.find(ctx, client, t)
	if err == nil {
		err = e.meet(ctx, f, ev, in)
	}
	return f, err
}

// sends tells whether a call may end in a code for a first factor, and something limits those.
func (e *Engine) sends(t token.Continuation, ev event, in input) bool {
	return in.refused == nil && ev.isChallenge() && e.budgets() && !state(t.State).lacksPassword() && !state(t.State).afterFirst()
}

// findForCode reads the flow and what is known of the codes of its account, both at once. A flow that its token
// carries takes no waiting; if it asks for a password, no code is to be sent.
func (e *Engine) findForCode(ctx context.Context, client *Client, t token.Continuation, ev event, in input) (*flow, error) {
	if t.Record != nil {
		if f, err := e.find(ctx, client, t); err != nil || e.method(f, in) == typePassword {
			return f, err
		}
	}
	read := inBackground(func() (*budget, error) { return e.readBudget(ctx, accountOf(t.Flow)) })
	f, err := e.findAndMeet(ctx, client, t, ev, in)
	b, readErr := read()
	switch {
	case err != nil:
		return nil, err
	case readErr != nil:
		return nil, readErr
	}
	f.budget = b
	return f, nil
}

// uncount takes a try off the account's count when nothing is compared after all. Tries at a code that was
// sent stay: they are of one flow only.
func (e *Engine) uncount(ctx context.Context, c counter, n store.Count) {
	if c.ofAccount {
		e.forgive(ctx, c, n)
	}
}

// forgive takes a try off the count that was not wrong: or a busy server would lock people out.
func (e *Engine) forgive(ctx context.Context, c counter, n store.Count) { e.correct(ctx, c, n, -1) }

// correct changes a count that was made, also when the time for the call is over. If that fails, or the count may
// have ended by now, it stays: a new count must not begin below zero.
func (e *Engine) correct(ctx context.Context, c counter, n store.Count, delta int64) {
	if n.TTL <= longestStep {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWord)
	defer cancel()
	_, _ = e.State.Add(ctx, c.key, delta, c.life)
}

// inBackground starts do and returns a function that waits for what it returns. A panic of do comes
// out there.
func inBackground[T any](do func() (T, error)) (wait func() (T, error)) {
	var value T
	err := errors.New("the call ended its goroutine") // unless it returns: no count is no leave to go on
	var panicked any
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { panicked = recover() }()
		value, err = do()
	}()
	return func() (T, error) {
		<-done
		if panicked != nil {
			panic(panicked)
		}
		return value, err
	}
}
