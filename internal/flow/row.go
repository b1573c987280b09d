package flow

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nativeauth/nativeauth/store"
)

// NIST SP 800-63B-4 (3.2.2) wants a factor to fail a hundred times in a row at the most, and to be of no use from then
// on. That lets whoever knows an address take the factor away from its owner, so it is the host's choice.

// factor is something that an account proves itself by.
type factor string

const (
	codeFactor     factor = "codes"  // that are sent to an address or a number
	passwordFactor factor = "words"  // the password
	appFactor      factor = "second" // authenticator apps and recovery codes
)

var allFactors = []factor{codeFactor, passwordFactor, appFactor}

const (
	// rowLife is how long the tries of a row count together. What ends a row is kept longer, so that none that has
	// ended is taken up again.
	rowLife      = 365 * 24 * time.Hour
	rowEndKept   = 2 * rowLife
	disabledKept = clockLife
	disabledWait = 24 * time.Hour // what callers are told to wait; it does not help them
)

// errFactorDisabled refuses a factor of which too many tries in a row have failed.
var errFactorDisabled = fmt.Errorf("%w: the factor is disabled until the host enables it", ErrTooOften)

// row is the present row of tries of a factor that have failed. A right one ends it, and the next row has the next
// number: so no two right ones that race end one row twice.
type row struct {
	rowState
	account accountID
	factor  factor
	version int64
	count   store.Count // with the try that is being made
}

// rowState is what the store holds of it, once one has ended.
type rowState struct {
	Number   int64 `json:"n"`
	Disabled bool  `json:"d,omitempty"`
}

func (r *row) key() string { return r.account.key("row/" + string(r.factor)) }

// counter counts the tries of the row that were not right.
func (r *row) counter() counter {
	return counter{key: r.key() + "/" + strconv.FormatInt(r.Number, 10), life: rowLife, ofAccount: true}
}

// readRow reads the present row; nil where rows are of no matter.
func (e *Engine) readRow(ctx context.Context, of factor, account accountID) (*row, error) {
	if e.Limits.InARow == 0 {
		return nil, nil
	}
	r := &row{account: account, factor: of}
	entry, err := e.State.Get(ctx, r.key())
	switch {
	case errors.Is(err, store.ErrNotFound):
		return r, nil
	case err == nil:
		r.version, err = entry.Version, json.Unmarshal(entry.Value, &r.rowState)
	}
	if err != nil {
		return nil, fmt.Errorf("read row: %w", err)
	}
	return r, nil
}

// mayProve refuses to send a code to an account whose codes are disabled.
func (e *Engine) mayProve(ctx context.Context, account accountID) error {
	r, err := e.readRow(ctx, codeFactor, account)
	if err != nil || r == nil || !r.Disabled {
		return err
	}
	return &TooSoonError{Wait: disabledWait, OfDay: true, Limit: fmt.Sprintf(
		"%d codes in a row were wrong (Limits.FailuresInARow), so the account gets none until Auth.EnableFactors", e.Limits.InARow)}
}

// inARow makes a try at a factor, unless too many in a row have failed: then it returns errFactorDisabled. A try that
// compares something and finds it wrong returns an ErrCodeWrong or an ErrCredentials, and nothing of tries that are too
// many.
func (e *Engine) inARow(ctx context.Context, of factor, account accountID, try func() error) error {
	r, err := e.joinRow(ctx, of, account)
	if err != nil {
		return err
	}
	err = try()
	switch {
	case r == nil:
	case err == nil:
		e.passed(ctx, r)
	case foundWrong(err):
		err = cmp.Or(e.failed(ctx, r), err)
	default:
		e.forgive(ctx, r.counter(), r.count)
	}
	return err
}

// codeInARow is inARow for codes: one that is disabled is a wrong one.
func (e *Engine) codeInARow(ctx context.Context, of factor, account accountID, try func() error) error {
	err := e.inARow(ctx, of, account, try)
	if errors.Is(err, errFactorDisabled) {
		return fmt.Errorf("%w: %w", ErrCodeWrong, err)
	}
	return err
}

// foundWrong tells whether an error is of something that was compared.
func foundWrong(err error) bool {
	return (errors.Is(err, ErrCodeWrong) || errors.Is(err, ErrCredentials)) && !errors.Is(err, ErrTooOften) && !errors.Is(err, ErrLocked)
}

// joinRow counts a try at a factor, for good, before anything is compared. It returns errFactorDisabled if the try is
// not to be made.
func (e *Engine) joinRow(ctx context.Context, of factor, account accountID) (*row, error) {
	r, err := e.readRow(ctx, of, account)
	if err != nil || r == nil {
		return nil, err
	}
	if r.Disabled {
		return nil, errFactorDisabled
	}
	c := r.counter()
	if r.count, err = e.State.Add(ctx, c.key, 1, c.life); err != nil {
		return nil, fmt.Errorf("count: %w", err)
	}
	if r.count.Value > e.Limits.InARow {
		return nil, errFactorDisabled
	}
	return r, nil
}

// passed ends the row, for a try that was right. If that fails the row goes on: the next right one ends it.
func (e *Engine) passed(ctx context.Context, r *row) {
	if r.count.Value == 1 {
		e.forgive(ctx, r.counter(), r.count)
		return
	}
	_ = e.endRow(context.WithoutCancel(ctx), r)
}

// failed disables the factor if the try, which was wrong, is one too many.
func (e *Engine) failed(ctx context.Context, r *row) error {
	if r.count.Value < e.Limits.InARow {
		return nil
	}
	r.Disabled = true
	if err := e.writeRow(ctx, r, disabledKept); !errors.Is(err, store.ErrConflict) {
		return err
	}
	return nil
}

// endRow begins the next row.
func (e *Engine) endRow(ctx context.Context, r *row) error {
	ctx, cancel := context.WithTimeout(ctx, lastWord)
	defer cancel()
	r.rowState = rowState{Number: r.Number + 1}
	return e.writeRow(ctx, r, rowEndKept)
}

func (e *Engine) writeRow(ctx context.Context, r *row, kept time.Duration) error {
	value, err := json.Marshal(r.rowState)
	if err == nil {
		err = e.State.Put(ctx, r.key(), store.Entry{Value: value, Version: r.version, TTL: kept})
	}
	if err != nil {
		return fmt.Errorf("write row: %w", err)
	}
	return nil
}

// EnableFactors lets all factors of an account be tried again, of which too many tries in a row have failed: those of
// the user of a name, if there is one, and the codes to an address or a number.
func (e *Engine) EnableFactors(ctx context.Context, username string) error {
	name, err := e.canonicalName(username)
	if err != nil {
		return err
	}
	accounts := []accountID{e.account("", name)}
	u, err := e.Users.UserByUsername(ctx, name)
	switch {
	case err == nil:
		accounts = append(accounts, e.account(u.Email, u.Username))
		for _, m := range u.Methods {
			if m.Target != "" {
				accounts = append(accounts, e.account(m.Target, ""))
			}
		}
	case !errors.Is(err, store.ErrNotFound):
		return fmt.Errorf("look up user: %w", err)
	}
	for _, a := range accounts {
		for _, f := range allFactors {
			if err := e.enable(ctx, f, a); err != nil {
				return err
			}
		}
	}
	return nil
}

// enable ends the row of a factor, also one that has disabled it.
func (e *Engine) enable(ctx context.Context, of factor, account accountID) error {
	for range casTries {
		r, err := e.readRow(ctx, of, account)
		if err != nil || r == nil {
			return err
		}
		if err = e.endRow(ctx, r); !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return errors.New("write row: it changes faster than it can be read")
}

// withoutRow is for what replaces a factor: the new one has not failed. If that fails the host can still enable it.
func (e *Engine) withoutRow(ctx context.Context, of factor, u store.User) {
	if e.Limits.InARow > 0 {
		_ = e.enable(context.WithoutCancel(ctx), of, e.ofUser(u))
	}
}
