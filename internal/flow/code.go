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
	Types  string // optional: those of the opening call were found good
}

// CodeSent says that a code is on its way, and where to look for it.
type CodeSent struct {
	Token    string
	Channel  otp.Channel
	Target   string        // masked
	Length   int           // of the code
	Interval time.Duration // before another may be asked for
}

// SignUpChallenge sends the code of a sign-up, or another one in its place.
func (e *Engine) SignUpChallenge(ctx context.Context, req Challenge) (CodeSent, error) {
	return e.challenge(ctx, req, challengeSignUp)
}

// SignInChallenge sends the code of a sign-in, or another one in its place.
func (e *Engine) SignInChallenge(ctx context.Context, req Challenge) (CodeSent, error) {
	return e.challenge(ctx, req, challengeSignIn)
}

func (e *Engine) challenge(ctx context.Context, req Challenge, ev event) (CodeSent, error) {
	in := input{refused: servable(req.Types)}
	f, err := e.open(ctx, req.Client, req.Token, ev, in)
	if err != nil {
		return CodeSent{}, err
	}
	next, err := e.send(ctx, f, ev, in)
	if f.version == 0 && errors.Is(err, errOtherWon) {
		f, next, err = e.sendAgain(ctx, f, ev, in)
	}
	if err != nil || f.mail == nil {
		e.giveBack(ctx, f)
	}
	if err != nil {
		return CodeSent{}, err
	}
	return CodeSent{next, otp.Email, f.Email.Mask(), otp.Digits, e.ResendInterval}, nil
}

// send makes the challenge and hands the mail over, if there is one. Not before the flow is saved: of
// calls that race, one sends. And if the mail is not taken the caller may repeat the call with the
// token it has.
func (e *Engine) send(ctx context.Context, f *flow, ev event, in input) (next string, err error) {
	if err := e.take(ctx, f, ev, in); err != nil {
		return "", err
	}
	next, err = e.save(ctx, f)
	if err != nil || f.mail == nil {
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

// servable tells what is wrong with the challenge types of a call, if there are any: those of the
// opening call were found good then.
func servable(text string) error {
	if text == "" {
		return nil
	}
	types, err := parseTypes(text)
	if err == nil && !slices.Contains(types, typeOOB) {
		return &Redirect{}
	}
	return err
}

// openingCode gives the flow its first code. After attributes that came in between it is another one;
// or, where it is too soon for that, the one that was sent before is as good as it was.
func (e *Engine) openingCode(ctx context.Context, f *flow, in input) error {
	err := e.makeCode(ctx, f, in)
	if _, tooSoon := errors.AsType[*TooSoonError](err); tooSoon && f.Code != nil && !e.codeExpired(f) {
		return nil
	}
	return err
}

// makeCode gives the flow a new code, which replaces the one before, and writes the mail.
func (e *Engine) makeCode(ctx context.Context, f *flow, _ input) error {
	if f.Sends >= sendsPerFlow {
		return &TooSoonError{flowLife - e.age(f)}
	}
	if f.count.Value > 1 { // codes to one address are kept apart, over all flows
		return &TooSoonError{f.count.TTL}
	}
	code, err := otp.New(e.Random)
	if err != nil {
		return err
	}
	f.Code = e.codes.Sum(f.binding(), code)
	f.CodeAge = e.age(f).Milliseconds()
	f.Sends++
	f.mail = &otp.Message{
		Channel: otp.Email, To: f.Email, Purpose: f.State.purpose(), App: e.App,
		Code: code, Life: e.CodeLife, Expires: e.Now().Add(e.CodeLife),
	}
	return nil
}

// checkCode takes the code that was sent. Each try at it has been counted, for good, before
// it is compared; the first success uses the code up, since the flow moves on.
func (e *Engine) checkCode(ctx context.Context, f *flow, in input) error {
	if in.code == "" {
		return &MissingError{"oob"}
	}
	code, ok := otp.Canonical(in.code)
	if !ok {
		return fmt.Errorf("%w: not a code", ErrCodeWrong)
	}
	if e.codeExpired(f) {
		return fmt.Errorf("%w: expired", ErrCodeWrong)
	}
	if f.count.Value > otp.Tries {
		return fmt.Errorf("%w: tried too often", ErrCodeWrong)
	}
	if !e.codes.Verify(f.Code, f.binding(), code) {
		return ErrCodeWrong
	}
	f.Code = nil
	return nil
}

func (e *Engine) codeExpired(f *flow) bool {
	return e.age(f)-time.Duration(f.CodeAge)*time.Millisecond >= e.CodeLife
}

func (f *flow) binding() otp.Binding {
	return otp.Binding{Purpose: f.State.purpose(), Flow: f.id.Key(), Account: f.Email, Client: f.Client}
}

func (s state) purpose() otp.Purpose {
	if s < signInStarted {
		return otp.SignUp
	}
	return otp.SignIn
}
