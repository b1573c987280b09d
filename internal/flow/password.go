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

// Limits of tries at the password of an account, whoever makes them and wherever.
const (
	freeTries   = 9 // wrong ones of a day; each further try has to wait for the one before
	mostTries   = 100
	triesLife   = 24 * time.Hour
	firstWait   = 30 * time.Second
	longestWait = 15 * time.Minute
)

// passwordTries counts the tries at the password of an account that were not right.
func passwordTries(account accountID) counter { return counter{account.key("tried"), triesLife} }

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
	switch {
	case u.Disabled:
		return fmt.Errorf("%w: disabled", ErrCredentials)
	case u.MustChangePassword:
		return ErrMustChange
	case stale:
		e.rehash(ctx, &u, in.password)
	}
	f.user, f.amr = &u, []string{"pwd"}
	return nil
}

// countPassword counts a try at a password and makes it.
func (e *Engine) countPassword(ctx context.Context, account accountID, hash, text string) (stale bool, err error) {
	tries := passwordTries(account)
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
	}
	return u, err
}

// tryPassword makes a try at a password: the n-th of the day, as it has been counted, for good, before
// anything is compared. It returns ErrCredentials unless hash is the password's, and whether a right
// one should be hashed anew. A try that comes too soon is refused, right or wrong, in the same words
// and after the same work.
func (e *Engine) tryPassword(ctx context.Context, account accountID, n store.Count, hash, text string) (stale bool, err error) {
	admitted, err := e.admit(ctx, account, n.Value)
	if err != nil {
		return false, err
	}
	if !admitted {
		hash = ""
	}
	found, err := e.Hasher.Verify(ctx, hash, text)
	failed := err != nil && !errors.Is(err, password.ErrUnreadable)
	if !admitted || found.Right || failed {
		e.forgive(ctx, passwordTries(account), n)
	}
	if admitted && n.Value > freeTries && (found.Right || failed) {
		e.unlock(ctx, account)
	}
	switch {
	case failed:
		return false, fmt.Errorf("check password: %w", err)
	case err != nil: // the log says so, and the caller nothing of the account
		return false, fmt.Errorf("%w: %w", ErrCredentials, err)
	case !admitted:
		return false, fmt.Errorf("%w: tried too often", ErrCredentials)
	case !found.Right:
		return false, fmt.Errorf("%w: wrong password", ErrCredentials)
	}
	return found.Rehash, nil
}

// admit tells whether the n-th try of the day may be compared now. Beyond the free ones, each starts
// a wait that the next has to respect: of tries that race, one writes the entry.
func (e *Engine) admit(ctx context.Context, account accountID, n int64) (bool, error) {
	switch {
	case n <= freeTries:
		return true, nil
	case n > mostTries:
		return false, nil
	}
	wait := longestWait
	if doublings := n - freeTries - 1; doublings < 5 {
		wait = firstWait << doublings
	}
	err := e.State.Put(ctx, account.key("wait"), store.Entry{Value: []byte{1}, TTL: wait})
	if errors.Is(err, store.ErrConflict) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("begin wait: %w", err)
	}
	return true, nil
}

// unlock ends the wait of a try that was not wrong. If that fails it ends by itself.
func (e *Engine) unlock(ctx context.Context, account accountID) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWord)
	defer cancel()
	key := account.key("wait")
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
