package flow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// sendFirst gives the flow a code for its first factor, unless a limit or the host forbids it.
func (e *Engine) sendFirst(ctx context.Context, f *flow) (err error) {
	if f.budget == nil && e.budgets() { // the call looked as if it asked for a password: see sendAgain
		if f.budget, err = e.readBudget(ctx, accountOf(f.id)); err != nil {
			return err
		}
	}
	if err := e.mayRepeat(f); err != nil {
		return err
	}
	if err := e.mayProve(ctx, accountOf(f.id)); err != nil {
		return err
	}
	// The host is told of no user: nobody has proven anything, and its answer must not tell who has an account.
	err = e.mayContact(ctx, f, store.User{})
	switch {
	case errors.Is(err, ErrContactBlocked):
		return fmt.Errorf("%w: %w", ErrMailBlocked, err)
	case errors.Is(err, ErrContactForbidden):
		return fmt.Errorf("%w: %w", ErrMailForbidden, err)
	case err != nil:
		return err
	}
	if err := e.spend(ctx, f); err != nil {
		return err
	}
	return e.makeCode(ctx, f)
}

// mayRepeat refuses a code that comes too soon after others.
func (e *Engine) mayRepeat(f *flow) error {
	if f.Sends-f.Earlier >= sendsPerFlow {
		return &TooSoonError{Wait: flowLife - e.age(f), Limit: fmt.Sprintf("a flow sends %d codes for a factor", sendsPerFlow)}
	}
	if f.budget == nil || f.spent != nil {
		return nil
	}
	_, err := e.nextCode(f.budget)
	return err
}

// intervalLimit is the limit that keeps the codes to one address apart.
func (e *Engine) intervalLimit() string {
	return fmt.Sprintf("codes to one address are %v apart (ResendInterval; on loopback less than 0 takes that away)", e.ResendInterval)
}

// makeCode gives the flow a new code, which replaces the one before, and writes the mail. Where
// nothing can come of the flow the same happens, but for what the mail says.
func (e *Engine) makeCode(ctx context.Context, f *flow) error {
	code, err := e.newCode(f)
	if err != nil {
		return err
	}
	f.Code = e.codes.Sum(f.binding(), code)
	f.CodeAge = e.age(f).Milliseconds()
	f.Sends++
	f.tally()
	f.mail = &otp.Message{
		Channel: f.target().Channel(), To: f.target(), Purpose: f.purpose(), App: e.App,
		Code: code, Life: e.codeLife(f), Expires: e.Now().Add(e.codeLife(f)),
		Style: e.Style(ctx),
	}
	if f.Notice != "" {
		f.mail.Purpose, f.mail.Code = f.Notice, ""
	}
	return nil
}

// newCode draws a code, unless a test has fixed it.
func (e *Engine) newCode(f *flow) (string, error) {
	if e.FixedCodes != nil {
		if code, ok := otp.CanonicalOf(e.FixedCodes(f.target()), f.digits()); ok {
			return code, nil
		}
	}
	return otp.NewOf(e.Random, f.digits())
}

// checkCode takes the code that was sent. Each try at it has been counted, for good, before
// it is compared; the first success uses the code up, since the flow moves on.
func (e *Engine) checkCode(ctx context.Context, f *flow, in input) error {
	if in.code == "" {
		return &MissingError{"oob"}
	}
	code, ok := otp.CanonicalOf(in.code, f.digits())
	if !ok {
		e.uncount(ctx, f.counter, f.count) // it may look like a code of an app
		return fmt.Errorf("%w: not a code", ErrCodeWrong)
	}
	if e.codeExpired(f) {
		return fmt.Errorf("%w: expired", ErrCodeWrong)
	}
	tries, err := e.tries(ctx, f)
	if err != nil {
		return err
	}
	if f.count.Value > tries {
		return fmt.Errorf("%w: %w", ErrCodeWrong, ErrTooOften)
	}
	if err := e.compareCode(ctx, f, code); err != nil {
		return err
	}
	if f.Notice != "" || f.target() == "" {
		return fmt.Errorf("%w: none was sent", ErrCodeWrong)
	}
	f.Code = nil
	e.prove(f, proofBy(f.target()))
	return nil
}

// compareCode compares a code with the one that was sent.
func (e *Engine) compareCode(ctx context.Context, f *flow, code string) error {
	return e.codeInARow(ctx, codeFactor, e.codesOf(f), func() error {
		if e.codes.Verify(f.Code, f.binding(), code) {
			return nil
		}
		return e.codeFailed(ctx)
	})
}

// tally notes what the code that the flow gets is good for, and whether its caller is known where the sign-in
// would note them.
func (f *flow) tally() {
	f.Tries = 0
	if f.spent == nil {
		return
	}
	if f.spent.kind == spareCode {
		f.Tries = 1
	}
	if f.spent.account == accountOf(f.id) {
		f.Known = f.budget.fresh()
	}
}

// target is where the flow's codes go.
func (f *flow) target() otp.Address {
	if f.Chosen != nil {
		return f.Chosen.Target
	}
	return f.Email
}

// codesOf returns the account that the flow's codes are counted with: that of where they go.
func (e *Engine) codesOf(f *flow) accountID {
	if f.Chosen != nil {
		return e.account(string(f.Chosen.Target), "")
	}
	return accountOf(f.id)
}

func (e *Engine) codeExpired(f *flow) bool {
	return e.age(f)-time.Duration(f.CodeAge)*time.Millisecond >= e.codeLife(f)
}

// codeLife is how long the flow's codes are good for, and digits how long they are.
func (e *Engine) codeLife(f *flow) time.Duration {
	return cmp.Or(time.Duration(f.CodeLife)*time.Millisecond, e.CodeLife)
}

func (f *flow) digits() int { return cmp.Or(f.Digits, otp.Digits) }

func (f *flow) binding() otp.Binding {
	return otp.Binding{Purpose: f.purpose(), Flow: f.id.Key(), Account: f.target(), Client: f.Client}
}

// purpose is what the flow's codes prove.
func (f *flow) purpose() otp.Purpose {
	switch s := f.State; {
	case f.Chosen != nil && registerWanted <= s && s <= registered:
		return otp.Registration
	case f.Chosen != nil:
		return otp.SecondFactor
	case s < signInStarted, s == otpSignUp:
		return otp.SignUp
	case resetStarted <= s && s <= resetDone:
		return otp.Reset
	}
	return otp.SignIn
}

// lacksPassword tells whether a sign-up is at the step that asks for its password.
func (s state) lacksPassword() bool { return s == signUpCredential || s == signUpPassword }
