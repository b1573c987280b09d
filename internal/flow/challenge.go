package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nativeauth/nativeauth/otp"
)

// Challenge asks a flow for its next challenge; for a second one, too.
type Challenge struct {
	Client *Client
	Token  string
	Types  string // optional: "" means those of the opening call
}

// Challenged says what is asked for. Unless that is a password, a code is on its way, and the rest
// says where to look for it.
type Challenged struct {
	Token    string
	Password bool
	Channel  otp.Channel
	Target   string        // masked
	Length   int           // of the code
	Interval time.Duration // before another may be asked for
}

// SignUpChallenge asks for what a sign-up lacks: the code, which it sends, another one in its place,
// or the password.
func (e *Engine) SignUpChallenge(ctx context.Context, req Challenge) (Challenged, error) {
	return e.challenge(ctx, req, challengeSignUp)
}

// SignInChallenge asks for the password of the account or for a code, which it sends.
func (e *Engine) SignInChallenge(ctx context.Context, req Challenge) (Challenged, error) {
	return e.challenge(ctx, req, challengeSignIn)
}

// ResetChallenge sends the code of a reset, or another one in its place.
func (e *Engine) ResetChallenge(ctx context.Context, req Challenge) (Challenged, error) {
	return e.challenge(ctx, req, challengeReset)
}

func (e *Engine) challenge(ctx context.Context, req Challenge, ev event) (Challenged, error) {
	var in input
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
	if err != nil || f.mail == nil {
		e.giveBack(ctx, f)
	}
	switch {
	case err != nil:
		return Challenged{}, err
	case f.State == signUpPassword || f.State == signInPassword:
		return Challenged{Token: next, Password: true}, nil
	}
	return Challenged{Token: next, Channel: otp.Email, Target: e.label(f), Length: otp.Digits, Interval: e.ResendInterval}, nil
}

// send makes the challenge and hands the mail over, if there is one. Not before the flow is saved: of
// calls that race, one sends. And if the mail is not taken the caller may repeat the call with the
// token it has.
func (e *Engine) send(ctx context.Context, f *flow, ev event, in input) (next string, err error) {
	if err := e.take(ctx, f, ev, in); err != nil {
		return "", err
	}
	next, err = e.save(ctx, f)
	if err != nil || f.mail == nil || f.mail.To == "" {
		return next, err
	}
	if err := e.Queue.Add(*f.mail); err != nil {
		return "", fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return next, nil
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
	f.client, f.counter, f.count = first.client, first.counter, first.count
	next, err = e.send(ctx, f, ev, in)
	return f, next, err
}

// method is what a sign-in is asked for: of what account and client have, the password before the
// code, unless a code is on its way already. It is "" if the app can take none of them.
func (e *Engine) method(f *flow, in input) string {
	types := in.types
	if types == nil {
		types = f.Types
	}
	var usable []string
	if f.CanEnter && slices.Contains(types, typePassword) {
		usable = append(usable, typePassword)
	}
	if e.hasMailbox(f) && slices.Contains(types, typeOOB) {
		usable = append(usable, typeOOB)
	}
	switch {
	case len(usable) == 0:
		return ""
	case f.Code != nil && slices.Contains(usable, typeOOB):
		return typeOOB
	}
	return usable[0]
}

// meet looks for the account of a flow, where callers must not learn of it. They could by the time that
// takes, however little: so no call that opens a flow looks for one, and this is done beside the counting
// of the code that is to be sent, which takes longer. Where a password comes first, it is done there.
func (e *Engine) meet(ctx context.Context, f *flow, ev event, in input) error {
	if !e.HideAccounts || f.Met || ev == challengeSignIn && e.method(f, in) == typePassword {
		return nil
	}
	var r record
	var err error
	switch ev {
	case challengeSignUp:
		r = f.record
		r.Notice, err = e.occupied(ctx, f.Username)
	case challengeSignIn:
		r, err = e.signInOf(ctx, f.Username)
	case challengeReset:
		r, err = e.resetOf(ctx, f.Username)
	default:
		return nil
	}
	f.Met, f.UserID, f.Email, f.Epoch, f.Notice = true, r.UserID, r.Email, r.Epoch, r.Notice
	return err
}

// hasMailbox tells whether a code can be sent to the account or, where callers must not learn that,
// whether they named it by an address. Whatever that comes to then, it looks the same.
func (e *Engine) hasMailbox(f *flow) bool {
	if !e.HideAccounts {
		return f.Email != ""
	}
	_, err := otp.ParseAddress(f.Username)
	return err == nil
}

// label is what callers see of where a code goes: where they must not learn that, of what they said.
func (e *Engine) label(f *flow) string {
	if e.HideAccounts {
		return otp.Address(f.Username).Mask()
	}
	return f.Email.Mask()
}

// askCredential asks a sign-in for the password or sends it a code.
func (e *Engine) askCredential(ctx context.Context, f *flow, in input) error {
	switch e.method(f, in) {
	case typePassword:
		f.State = signInPassword
		return nil
	case typeOOB:
		f.State = signInCodeSent
		return e.makeCode(ctx, f, in)
	}
	return &Redirect{}
}

// askCode sends the code of a sign-up or a reset.
func (e *Engine) askCode(ctx context.Context, f *flow, in input) error {
	if in.types != nil && !slices.Contains(in.types, typeOOB) {
		return &Redirect{}
	}
	return e.makeCode(ctx, f, in)
}

// askPassword asks a sign-up for the password that it lacks.
func (e *Engine) askPassword(_ context.Context, f *flow, in input) error {
	if in.types != nil && !slices.Contains(in.types, typePassword) {
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
