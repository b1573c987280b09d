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

// Challenge asks a flow for its next challenge; for a second one, too.
type Challenge struct {
	Client *Client
	Token  string
	Types  string // optional: "" means those of the opening call
	Method string // of a second factor; optional
}

// Challenged says what is asked for. Unless that is a password, a code is on its way, and the rest
// says where to look for it.
type Challenged struct {
	Token    string
	Password bool
	Channel  string
	Target   string        // masked
	Length   int           // of the code
	Interval time.Duration // before another may be asked for
}

// SignUpChallenge asks for what a sign-up lacks: the code, which it sends, another one in its place,
// or the password.
func (e *Engine) SignUpChallenge(ctx context.Context, req Challenge) (Challenged, error) {
	return e.challenge(ctx, req, challengeSignUp)
}

// SignInChallenge asks for the password of the account or for a code, which it sends; and, when that is
// proven and a second factor is due, for that.
func (e *Engine) SignInChallenge(ctx context.Context, req Challenge) (Challenged, error) {
	return e.challenge(ctx, req, challengeSignIn)
}

// ResetChallenge sends the code of a reset, or another one in its place.
func (e *Engine) ResetChallenge(ctx context.Context, req Challenge) (Challenged, error) {
	return e.challenge(ctx, req, challengeReset)
}

func (e *Engine) challenge(ctx context.Context, req Challenge, ev event) (Challenged, error) {
	in := input{method: req.Method}
	if req.Types != "" {
		in.types, in.refused = parseTypes(req.Types)
	}
	f, err := e.open(ctx, req.Client, req.Token, ev, in)
	if err != nil {
		return Challenged{}, err
	}
	next, err := e.send(ctx, f, ev, in)
	if f.version == 0 && errors.Is(err, errOtherWon) {
		f, next, err = e.sendAgain(ctx, f, ev, in)
	}
	if err != nil {
		e.giveBack(ctx, f)
		return Challenged{}, err
	}
	return e.asked(f, next), nil
}

// asked says what a flow is waiting for.
func (e *Engine) asked(f *flow, next string) Challenged {
	switch {
	case f.State == signUpPassword || f.State == signInPassword:
		return Challenged{Token: next, Password: true}
	case f.Chosen != nil:
		return Challenged{
			Token: next, Channel: string(f.Chosen.Kind), Target: hint(f.Chosen.Kind, f.Chosen.Target),
			Length: lengthOf(f.Chosen.Kind), Interval: e.ResendInterval,
		}
	}
	return Challenged{Token: next, Channel: string(otp.Email), Target: e.label(f), Length: otp.Digits, Interval: e.ResendInterval}
}

// lengthOf is how long the code is that a kind of method asks for.
func lengthOf(kind store.MethodKind) int {
	switch kind {
	case store.MethodTOTP:
		return otp.TOTPDigits
	case store.MethodRecovery:
		return otp.RecoveryLength
	}
	return otp.Digits
}

// send makes the challenge and hands the mail over, if there is one. Not before the flow is saved: of
// calls that race, one sends. And if the mail is not taken the caller may repeat the call with the
// token it has.
func (e *Engine) send(ctx context.Context, f *flow, ev event, in input) (next string, err error) {
	if err := e.take(ctx, f, ev, in); err != nil {
		return "", err
	}
	return e.dispatch(ctx, f)
}

// dispatch saves the flow, and hands its mail over then.
func (e *Engine) dispatch(ctx context.Context, f *flow) (next string, err error) {
	if next, err = e.save(ctx, f); err == nil {
		err = e.post(ctx, f)
	}
	if err != nil {
		return "", err
	}
	return next, nil
}

// post hands the mail of a flow over, if there is one. What was sent before in this flow and still waits is of
// no use any more: its code is another.
func (e *Engine) post(ctx context.Context, f *flow) error {
	if f.mail == nil || f.mail.To == "" {
		return nil
	}
	if err := e.Queue.Replace(f.id.Key(), f.version, *f.mail); err != nil {
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	e.Tell(ctx, Event{EventCodeSent, e.subjectOf(f), f.sent()})
	return nil
}

// sendAgain repeats the first challenge of a flow that its token carries: the answer was lost, since
// the store has the flow by now.
func (e *Engine) sendAgain(ctx context.Context, first *flow, ev event, in input) (f *flow, next string, err error) {
	f, err = e.load(ctx, first.id)
	if err != nil {
		return first, "", err
	}
	if !e.isBefore(f, first.Before) {
		return first, "", errOtherWon
	}
	f.client, f.budget, f.spent = first.client, first.budget, first.spent
	if err = e.meet(ctx, f, ev, in); err == nil { // which the call before may have had no need of
		next, err = e.send(ctx, f, ev, in)
	}
	return f, next, err
}

// method is what a sign-in is asked for: of what account and client have, the password before the
// code, unless it was a code that was asked for last. It is 0 if the app can take none of them.
func (e *Engine) method(f *flow, in input) challengeTypes {
	types := cmp.Or(in.types, f.Types)
	password, code := f.CanEnter && types.has(typePassword), e.hasMailbox(f) && types.has(typeOOB)
	switch {
	case code && (f.State == signInCodeSent || !password):
		return typeOOB
	case password:
		return typePassword
	}
	return 0
}

// askCredential asks a sign-in for the password or sends it a code.
func (e *Engine) askCredential(ctx context.Context, f *flow, in input) error {
	switch e.method(f, in) {
	case typePassword:
		f.State = signInPassword
		return nil
	case typeOOB:
		f.State = signInCodeSent
		return e.sendFirst(ctx, f)
	}
	return &Redirect{}
}

// askCode sends the code of a sign-up or a reset.
func (e *Engine) askCode(ctx context.Context, f *flow, in input) error {
	if !cmp.Or(in.types, f.Types).has(typeOOB) {
		return &Redirect{}
	}
	return e.sendFirst(ctx, f)
}

// askPassword asks a sign-up for the password that it lacks.
func (e *Engine) askPassword(_ context.Context, f *flow, in input) error {
	if !cmp.Or(in.types, f.Types).has(typePassword) {
		return &Redirect{}
	}
	return nil
}

// askOpeningCode sends a sign-up its first code. After attributes or a password that came in between
// it is another one; or, where it is too soon for that, the one that was sent before is as good as it
// was.
func (e *Engine) askOpeningCode(ctx context.Context, f *flow, in input) error {
	err := e.askCode(ctx, f, in)
	if _, tooSoon := errors.AsType[*TooSoonError](err); tooSoon && f.Code != nil && !e.codeExpired(f) {
		return nil
	}
	return err
}
