package flow

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/nativeauth/nativeauth/otp"
)

// Challenge asks a flow for its next challenge; for a second one, too.
type Challenge struct {
	Client *Client
	Token  string
	Types  string // "" means those of the opening call
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
	f, err := e.open(ctx, req.Client, req.Token, ev)
	if err != nil {
		return CodeSent{}, err
	}
	types := f.Types
	if req.Types != "" {
		if types, err = parseTypes(req.Types); err != nil {
			return CodeSent{}, err
		}
	}
	if !slices.Contains(types, typeOOB) {
		return CodeSent{}, &Redirect{}
	}
	if err := e.take(ctx, f, ev, input{}); err != nil {
		return CodeSent{}, err
	}
	next, err := e.save(ctx, f)
	if err != nil {
		return CodeSent{}, err
	}
	// Not before the flow is saved: of calls that race, one sends. And if the queue is full the
	// caller may repeat the call with the token it has.
	if err := e.Queue.Add(*f.mail); err != nil {
		return CodeSent{}, fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return CodeSent{next, otp.Email, f.Email.Mask(), otp.Digits, e.ResendInterval}, nil
}

// makeCode gives the flow a new code, which replaces the one before, and writes the mail.
func (e *Engine) makeCode(ctx context.Context, f *flow, _ input) error {
	if f.Sends >= sendsPerFlow {
		return &TooSoonError{flowLife - e.age(f)}
	}
	if err := e.spaceCodes(ctx, f.Email); err != nil {
		return err
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

// spaceCodes keeps the codes to one address apart, over all flows.
func (e *Engine) spaceCodes(ctx context.Context, to otp.Address) error {
	if e.ResendInterval <= 0 {
		return nil
	}
	sum := e.names.Sum([]byte(to))
	key := "sent/" + base64.RawURLEncoding.EncodeToString(sum[:])
	n, err := e.State.Add(ctx, key, 1, e.ResendInterval)
	if err != nil {
		return fmt.Errorf("count codes: %w", err)
	}
	if n.Value > 1 {
		return &TooSoonError{n.TTL}
	}
	return nil
}

// checkCode takes the code that was sent. Each try at it is counted, for good, before it is
// compared; the first success uses the code up, since the flow moves on.
func (e *Engine) checkCode(ctx context.Context, f *flow, in input) error {
	if in.code == "" {
		return &MissingError{"oob"}
	}
	code, ok := otp.Canonical(in.code)
	if !ok {
		return fmt.Errorf("%w: not a code", ErrCodeWrong)
	}
	if e.age(f)-time.Duration(f.CodeAge)*time.Millisecond >= e.CodeLife {
		return fmt.Errorf("%w: expired", ErrCodeWrong)
	}
	tries, err := e.State.Add(ctx, f.triesKey(), 1, e.CodeLife)
	if err != nil {
		return fmt.Errorf("count tries: %w", err)
	}
	if tries.Value > otp.Tries {
		return fmt.Errorf("%w: tried too often", ErrCodeWrong)
	}
	if !e.codes.Verify(f.Code, f.binding(), code) {
		return ErrCodeWrong
	}
	f.Code = nil
	return nil
}

// triesKey names the counter of the code that is good now.
func (f *flow) triesKey() string { return f.id.Key() + "/" + strconv.Itoa(f.Sends) }

func (f *flow) binding() otp.Binding {
	return otp.Binding{Purpose: f.State.purpose(), Flow: f.id.Key(), Account: f.Email, Client: f.Client}
}

func (s state) purpose() otp.Purpose {
	if s < signInStarted {
		return otp.SignUp
	}
	return otp.SignIn
}
