package flow

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// stepLife is how long a step of time stays used up: as long as any instance, its clock however wrong,
// could still take the code for one of now.
const stepLife = 2*clockSkew + 2*time.Minute

// sealFor is what the secret of an authenticator app is sealed about: it opens for its own account only.
func sealFor(userID string) string { return "totp " + userID }

// checkTOTP takes the code of an authenticator app. The step that it is of is used up then.
func (e *Engine) checkTOTP(ctx context.Context, f *flow, sealed []byte, in input) error {
	code, ok := otp.CanonicalTOTP(in.code)
	if !ok {
		e.uncount(ctx, f.counter, f.count)
		return fmt.Errorf("%w: not a code of an app", ErrCodeWrong)
	}
	err := e.tryFactor(ctx, accountOf(f.id), f.count, func() error {
		return e.matchTOTP(ctx, f.UserID, f.Chosen.ID, sealed, code, f.claimant())
	})
	if err == nil {
		e.prove(f, proof{proofKind(store.MethodTOTP), f.Chosen.ID})
	}
	return err
}

// matchTOTP compares a code with those of now, and uses its step up: of flows that race, one gets it.
func (e *Engine) matchTOTP(ctx context.Context, userID, methodID string, sealed []byte, code string, by claimant) error {
	secret, old, err := e.seals.Open(sealed, sealFor(userID))
	if err != nil {
		return fmt.Errorf("secret of an authenticator app: %w", err)
	}
	step, ok := otp.VerifyTOTP(secret, code, e.Now())
	if !ok {
		return ErrCodeWrong
	}
	if err := e.claim(ctx, "step/"+methodID+"/"+strconv.FormatInt(step, 10), by, stepLife); err != nil {
		return err
	}
	if old {
		e.reseal(ctx, userID, methodID, e.seals.Seal(secret, sealFor(userID)))
	}
	return nil
}

// reseal stores the secret of an app as it is sealed today. If that fails the old way does.
func (e *Engine) reseal(ctx context.Context, userID, methodID string, sealed []byte) {
	_ = e.update(ctx, userID, func(u store.User) (store.User, error) {
		i := findMethod(u, methodID)
		if i < 0 {
			return u, ErrMethod // one that is being set up
		}
		u.Methods = slices.Clone(u.Methods)
		u.Methods[i].Secret = sealed
		return u, nil
	}, nil)
}

// tryFactor makes a try at what an app or a list of recovery codes holds: the n-th wrong one of the day, as
// it has been counted, for good, before anything is compared.
func (e *Engine) tryFactor(ctx context.Context, account accountID, n store.Count, check func() error) error {
	admitted, err := e.admit(ctx, factorLimit, account, n.Value)
	if err != nil {
		return err
	}
	if !admitted {
		e.forgive(ctx, factorLimit.counter(account), n)
		return fmt.Errorf("%w: %w", ErrCodeWrong, ErrTooOften)
	}
	err = e.codeInARow(ctx, appFactor, account, check)
	if !errors.Is(err, ErrCodeWrong) {
		e.forgive(ctx, factorLimit.counter(account), n)
		if n.Value > factorLimit.free {
			e.unlock(ctx, factorLimit, account)
		}
	}
	return err
}

// checkRecovery takes a recovery code, which is gone then: of calls that race, one gets it.
func (e *Engine) checkRecovery(ctx context.Context, f *flow, in input) error {
	code, ok := otp.CanonicalRecovery(in.code)
	if !ok {
		e.uncount(ctx, f.counter, f.count)
		return fmt.Errorf("%w: not a recovery code", ErrCodeWrong)
	}
	err := e.tryFactor(ctx, accountOf(f.id), f.count, func() error {
		return e.matchRecovery(ctx, f, otp.RecoveryHash(f.UserID, code))
	})
	if err == nil {
		e.prove(f, proof{proofKind(store.MethodRecovery), f.Chosen.ID})
	}
	return err
}

// matchRecovery looks for a code on the account's list, and takes it off. What the flow has taken off
// before, in a call that could not be finished, is as good as on it.
func (e *Engine) matchRecovery(ctx context.Context, f *flow, hash []byte) error {
	key := "recovery/" + base64.RawURLEncoding.EncodeToString(hash)
	i := findMethod(*f.user, f.Chosen.ID)
	if i < 0 || !slices.ContainsFunc(f.user.Methods[i].Codes, isCode(hash)) {
		return e.claimed(ctx, key, f.claimant())
	}
	if err := e.claim(ctx, key, f.claimant(), flowLife); err != nil {
		return err
	}
	return e.dropRecovery(ctx, f, hash)
}

// dropRecovery takes a code off the account's list, unless a call beside this one has.
func (e *Engine) dropRecovery(ctx context.Context, f *flow, hash []byte) error {
	dropped := errors.New("dropped")
	err := e.update(ctx, f.UserID, func(u store.User) (store.User, error) {
		if err := mayUse(u, f.Epoch); err != nil {
			return u, err
		}
		i := findMethod(u, f.Chosen.ID)
		if i < 0 {
			return u, fmt.Errorf("%w: the method is gone", ErrTokenInvalid)
		}
		if !slices.ContainsFunc(u.Methods[i].Codes, isCode(hash)) {
			return u, dropped
		}
		u.Methods = slices.Clone(u.Methods)
		u.Methods[i].Codes = slices.DeleteFunc(slices.Clone(u.Methods[i].Codes), isCode(hash))
		return u, nil
	}, func(u store.User) { f.user = &u })
	if errors.Is(err, dropped) {
		return nil
	}
	return err
}

// isCode tells whether a hash on the list is the one given.
func isCode(hash []byte) func(c []byte) bool {
	return func(c []byte) bool { return subtle.ConstantTimeCompare(c, hash) == 1 }
}

// newRecovery returns fresh recovery codes of an account, and the method that they make up.
func (e *Engine) newRecovery(userID, id string, now time.Time) (codes []string, m store.Method, err error) {
	m = store.Method{ID: id, Kind: store.MethodRecovery, AddedAt: now}
	for range otp.RecoveryCodes {
		code, err := otp.NewRecoveryCode(e.Random)
		if err != nil {
			return nil, m, err
		}
		// Without hyphens: MSAL lets nobody submit a code whose length is not the announced one.
		code, _ = otp.CanonicalRecovery(code)
		codes = append(codes, code)
		m.Codes = append(m.Codes, otp.RecoveryHash(userID, code))
	}
	return codes, m, nil
}

// findMethod returns the place of a method among an account's, or -1.
func findMethod(u store.User, id string) int {
	return slices.IndexFunc(u.Methods, func(m store.Method) bool { return m.ID == id })
}
