package flow

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nativeauth/nativeauth/password"
	"github.com/nativeauth/nativeauth/store"
)

// limit bounds the tries of a day, which begins with the first of them, at something of an account that can be guessed, whoever makes them and
// wherever.
type limit struct {
	tried, wait string // the keys of the count and of the wait
	free        int64  // wrong tries; each further one has to wait for the one before
	most        int64
}

var (
	// passwordLimit holds wrong tries of any 24 hours to 100. It counts by days that begin with their first try, of
	// which any 24 hours touch two. The waits leave more of those than that: up to 123, by what was saved up
	// for the end of one day and the beginning of the next. So each day may have half.
	passwordLimit = limit{"tried", "wait", 9, 50}
	// factorLimit is that of authenticator apps and recovery codes. A try at an app is compared with three
	// codes of 10^6: twice 16 of them, in any 24 hours, succeed with a probability of 9.6e-5, for somebody who has the
	// first factor.
	factorLimit = limit{"tried-second", "wait-second", 5, 16}
)

const (
	triesLife   = 24 * time.Hour
	firstWait   = 30 * time.Second
	longestWait = 15 * time.Minute
)

// counter counts the tries that were not right.
func (l limit) counter(account accountID) counter {
	return counter{key: account.key(l.tried), life: triesLife, ofAccount: true}
}

// checkPassword takes the password of a sign-in. Whoever the account is, and whether there is one,
// as much is done for it.
func (e *Engine) checkPassword(ctx context.Context, f *flow, in input) error {
	if in.password == "" {
		return &MissingError{"password"}
	}
	u, err := e.whose(ctx, f)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("look up user: %w", err)
	}
	stale, err := e.tryPassword(ctx, accountOf(f.id), f.count, u.PasswordHash, in.password)
	if err != nil {
		return err
	}
	if err := e.enter(ctx, &u, in.password, stale); err != nil {
		return err
	}
	f.user, f.Met = &u, true // or a later challenge would look it up anew, and its epoch with it
	e.prove(f, proof{Kind: byPassword})
	return nil
}

// enter judges an account whose password was right, which is hashed anew if its hash is stale.
func (e *Engine) enter(ctx context.Context, u *store.User, text string, stale bool) error {
	switch {
	case u.Disabled:
		return fmt.Errorf("%w: disabled", ErrCredentials)
	case u.MustChangePassword:
		return ErrMustChange
	case stale:
		e.rehash(ctx, u, text)
	}
	return nil
}

// countPassword counts a try at a password and makes it.
func (e *Engine) countPassword(ctx context.Context, account accountID, hash, text string) (stale bool, err error) {
	tries := passwordLimit.counter(account)
	n, err := e.State.Add(ctx, tries.key, 1, tries.life)
	if err != nil {
		return false, fmt.Errorf("count: %w", err)
	}
	return e.tryPassword(ctx, account, n, hash, text)
}

// whose reads the account that a password is to be compared with. Where accounts are hidden a flow may
// know of none yet, and is of the one that the right password is of. There, to be disabled is not to
// exist: what a right password costs less, or more, would tell of it.
func (e *Engine) whose(ctx context.Context, f *flow) (store.User, error) {
	if !e.HideAccounts || f.Met {
		return e.Users.UserByID(ctx, f.UserID)
	}
	u, err := e.Users.UserByUsername(ctx, f.Username)
	if err == nil && u.Disabled {
		return store.User{}, store.ErrNotFound
	}
	if err == nil {
		f.UserID, f.Epoch = u.ID, u.Epoch
		e.note(ctx, e.subjectOf(f))
	}
	return u, err
}

// tryPassword makes a try at a password: the n-th of the day, as it has been counted, for good, before
// anything is compared. It returns ErrCredentials unless hash is the password's, and whether a right
// one should be hashed anew. A try that comes too soon is refused, right or wrong, in the same words
// and after the same work, and so is one at a password that is disabled.
func (e *Engine) tryPassword(ctx context.Context, account accountID, n store.Count, hash, text string) (stale bool, err error) {
	admitted, err := e.admit(ctx, passwordLimit, account, n.Value)
	if err != nil {
		return false, err
	}
	if !admitted { // nothing is compared, so it is no try of a row either
		return e.tryOfDay(ctx, account, n, false, "", text)
	}
	err = e.inARow(ctx, passwordFactor, account, func() error {
		stale, err = e.tryOfDay(ctx, account, n, true, hash, text)
		return err
	})
	if !errors.Is(err, errFactorDisabled) {
		return stale, err
	}
	if _, err := e.tryOfDay(ctx, account, n, true, "", text); !errors.Is(err, ErrCredentials) {
		return false, err
	}
	return false, &LockedError{disabledWait}
}

// tryOfDay is a try as far as the limit of a day is concerned, which has admitted it or not.
func (e *Engine) tryOfDay(ctx context.Context, account accountID, n store.Count, admitted bool, hash, text string) (stale bool, err error) {
	found, err := e.Hasher.Verify(ctx, hash, text)
	failed := err != nil && !errors.Is(err, password.ErrUnreadable)
	if !admitted || found.Right || failed {
		e.forgive(ctx, passwordLimit.counter(account), n)
	}
	if admitted && n.Value > passwordLimit.free && (found.Right || failed) {
		e.unlock(ctx, passwordLimit, account)
	}
	switch {
	case failed:
		return false, fmt.Errorf("check password: %w", err)
	case err != nil: // the log says so, and the caller nothing of the account
		return false, fmt.Errorf("%w: %w", ErrCredentials, err)
	case !admitted:
		return false, &LockedError{passwordLimit.waitAfter(max(n.Value-1, passwordLimit.free+1))}
	case !found.Right:
		return false, fmt.Errorf("%w: wrong password", ErrCredentials)
	}
	return found.Rehash, nil
}

// admit tells whether the n-th try of the day may be compared now. Beyond the free ones, each starts
// a wait that the next has to respect: of tries that race, one writes the entry.
func (e *Engine) admit(ctx context.Context, l limit, account accountID, n int64) (bool, error) {
	switch {
	case n <= l.free:
		return true, nil
	case n > l.most:
		return false, nil
	}
	err := e.State.Put(ctx, account.key(l.wait), store.Entry{Value: []byte{1}, TTL: l.waitAfter(n)})
	if errors.Is(err, store.ErrConflict) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("begin wait: %w", err)
	}
	return true, nil
}

// waitAfter is how long the n-th try of the day makes the next one wait.
func (l limit) waitAfter(n int64) time.Duration {
	if doublings := n - l.free - 1; doublings < 5 {
		return firstWait << doublings
	}
	return longestWait
}

// unlock ends the wait of a try that was not wrong. If that fails it ends by itself.
func (e *Engine) unlock(ctx context.Context, l limit, account accountID) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWord)
	defer cancel()
	key := account.key(l.wait)
	if entry, err := e.State.Get(ctx, key); err == nil {
		_ = e.State.Delete(ctx, key, entry.Version)
	}
}

// rehash stores the hash that the password would get today. If that fails the old one does.
func (e *Engine) rehash(ctx context.Context, u *store.User, text string) {
	hash, err := e.Hasher.Hash(ctx, text)
	if err != nil {
		return
	}
	changed := *u
	changed.PasswordHash = hash
	_ = e.Users.UpdateUser(ctx, changed)
}

// choosePassword returns the hash of a password that somebody wants to have, if the policy lets them.
func (e *Engine) choosePassword(ctx context.Context, text string, about ...string) (string, error) {
	if err := e.Policy.Check(ctx, text, about...); err != nil {
		return "", fmt.Errorf("choose password: %w", err)
	}
	hash, err := e.Hasher.Hash(ctx, text)
	if err != nil {
		return "", fmt.Errorf("choose password: %w", err)
	}
	return hash, nil
}

// keepPassword stores a password that comes before the code. The app goes back to the challenge for
// its code.
func (e *Engine) keepPassword(ctx context.Context, f *flow, in input) (err error) {
	if in.password == "" {
		return &MissingError{"password"}
	}
	f.Password, err = e.choosePassword(ctx, in.password, f.about()...)
	return err
}

// completePassword takes the password after the address was proven.
func (e *Engine) completePassword(ctx context.Context, f *flow, in input) error {
	if err := e.keepPassword(ctx, f, in); err != nil {
		return err
	}
	return e.finishSignUp(ctx, f, in)
}

// about lists what is known of a person and is a bad password.
func (f *flow) about() []string {
	return append(slices.Collect(maps.Values(f.Values)), f.Username, string(f.Email))
}

// withPassword returns the account with a new password, and all sessions ended, to be written at once.
func (e *Engine) withPassword(ctx context.Context, u store.User, text string) (store.User, error) {
	about := append(slices.Collect(maps.Values(u.Attributes)), u.Username, u.Email)
	if err := e.Policy.Check(ctx, text, about...); err != nil {
		return u, fmt.Errorf("choose password: %w", err)
	}
	if err := e.mustBeUnused(ctx, u, text); err != nil {
		return u, err
	}
	hash, err := e.Hasher.Hash(ctx, text)
	if err != nil {
		return u, fmt.Errorf("choose password: %w", err)
	}
	u.PasswordHistory = former(u, e.Policy.Remembered()-1)
	u.PasswordHash, u.PasswordChangedAt = hash, e.Now().UTC()
	u.MustChangePassword = false
	u.Epoch++
	return u, nil
}

// mustBeUnused refuses a password that the person has, or had of late.
func (e *Engine) mustBeUnused(ctx context.Context, u store.User, text string) error {
	used, err := e.Hasher.Used(ctx, text, former(u, e.Policy.Remembered()))
	if err != nil {
		return fmt.Errorf("choose password: %w", err)
	}
	if used {
		return fmt.Errorf("choose password: %w", &password.Rejected{Reason: password.RecentlyUsed})
	}
	return nil
}

// former returns the hashes of the person's latest n passwords, the present one first.
func former(u store.User, n int) []string {
	if u.PasswordHash == "" {
		return nil
	}
	all := append([]string{u.PasswordHash}, u.PasswordHistory...)
	return all[:min(max(0, n), len(all))]
}
