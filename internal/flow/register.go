package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nativeauth/nativeauth/internal/guid"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// RegisterIntrospect lists the kinds of methods that the person can register.
func (e *Engine) RegisterIntrospect(ctx context.Context, req Introspect) (Methods, error) {
	f, next, err := e.step(ctx, req.Client, req.Token, listKinds, input{})
	if err != nil {
		return Methods{}, err
	}
	var list []Method
	for _, kind := range f.client.Methods {
		m := Method{ID: string(kind), Channel: string(kind)}
		if kind == store.MethodEmail {
			m.Hint = e.prefill(f)
		}
		list = append(list, m)
	}
	return Methods{next, list}, nil
}

// prefill is the address that an app can offer for registration: the account's own, if a code to it would
// be a second factor.
func (e *Engine) prefill(f *flow) string {
	address, err := otp.ParseAddress(f.user.Email)
	switch {
	case err != nil || !canAdd(f, proofBy(address)):
		return ""
	case e.MaskHints || e.HideAccounts:
		return address.Mask()
	}
	return string(address)
}

// canAdd tells whether a proof would be a second factor beside those that the flow has.
func canAdd(f *flow, p proof) bool { return len(others(f.Proofs, p)) > 0 }

// readOwner is the step of a call that needs the account and no more.
func (e *Engine) readOwner(ctx context.Context, f *flow, _ input) error {
	_, err := e.userOf(ctx, f)
	return err
}

// RegisterChallenge names what is to be registered.
type RegisterChallenge struct {
	Client  *Client
	Token   string
	Type    string
	Target  string
	Channel string // optional: "" means that of Target
}

// Registering says what has to be proven of it.
type Registering struct {
	Token   string
	Known   bool // nothing: the flow has proven it before
	Channel string
	Target  string // as it was given
	Length  int    // of the code
	URI     string // of an authenticator app: what a QR code shows
}

// RegisterChallenge sends a code to the contact that is to be registered, or makes a secret for an
// authenticator app.
func (e *Engine) RegisterChallenge(ctx context.Context, req RegisterChallenge) (Registering, error) {
	in := input{target: req.Target, channel: strings.ToLower(req.Channel)}
	in.refused = checkRegisterType(req.Type)
	if in.refused == nil && req.Target == "" && in.channel != string(store.MethodTOTP) {
		in.refused = &MissingError{"challenge_target"}
	}
	f, err := e.open(ctx, req.Client, req.Token, challengeRegister, in)
	if err != nil {
		return Registering{}, err
	}
	next, err := e.send(ctx, f, challengeRegister, in)
	switch {
	case err != nil:
		e.giveBack(ctx, f)
		return Registering{}, err
	case f.State == registerKnown:
		return Registering{Token: next, Known: true}, nil
	}
	r := Registering{Token: next, Channel: string(f.Chosen.Kind), Target: req.Target, Length: lengthOf(f.Chosen.Kind)}
	if f.Chosen.Kind == store.MethodTOTP {
		r.URI = f.uri
	}
	return r, nil
}

// checkRegisterType judges the challenge type of a registration, which is that of the method.
func checkRegisterType(text string) error {
	if text == "" {
		return &MissingError{"challenge_type"}
	}
	types, err := parseTypes(text + " redirect")
	if err == nil && !types.has(typeOOB) {
		return &Redirect{}
	}
	return err
}

// askContact makes the challenge by which a new method is proven.
func (e *Engine) askContact(ctx context.Context, f *flow, in input) error {
	u, err := e.userOf(ctx, f)
	if err != nil {
		return err
	}
	f.Code = nil
	if f.Chosen, err = e.newMethod(f, in); err != nil {
		return err
	}
	if f.Chosen.Kind == store.MethodTOTP {
		return e.makeSecret(f, u)
	}
	p := proofBy(f.Chosen.Target)
	switch known := slices.Contains(f.Proofs, p); {
	case !canAdd(f, p):
		return fmt.Errorf("%w: it is the first factor", ErrContact)
	case known:
		f.State = registerKnown
		return e.mayContact(ctx, f, u)
	}
	return e.sendTo(ctx, f, u)
}

// makeSecret makes the secret that an authenticator app is to be set up with.
func (e *Engine) makeSecret(f *flow, u store.User) error {
	secret, err := otp.NewTOTPSecret(e.Random)
	if err != nil {
		return err
	}
	f.Chosen.Secret = e.seals.Seal(secret, sealFor(u.ID))
	f.uri = otp.TOTPURI(secret, e.App, u.Username)
	return nil
}

// newMethod reads what is to be registered, of the kinds that people of the client may have.
func (e *Engine) newMethod(f *flow, in input) (*chosen, error) {
	c := &chosen{Kind: store.MethodKind(in.channel)}
	var err error
	switch {
	case c.Kind == store.MethodTOTP:
	case c.Kind == store.MethodEmail, c.Kind == "" && strings.Contains(in.target, "@"):
		c.Target, err = otp.ParseAddress(in.target)
	default:
		if c.Target, err = otp.ParseNumber(in.target); err == nil && !e.Countries.Allows(c.Target) {
			err = errCountry
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrContact, err)
	}
	if c.Target != "" {
		if kind := methodOf(c.Target); c.Kind != "" && c.Kind != kind {
			return nil, fmt.Errorf("%w: not of that channel", ErrContact)
		}
		c.Kind = methodOf(c.Target)
	}
	if !slices.Contains(f.client.Methods, c.Kind) {
		return nil, fmt.Errorf("%w: no method of the client", ErrContact)
	}
	c.ID, err = guid.New(e.Random)
	return c, err
}

// RegisterContinue gives the proof of what is to be registered.
type RegisterContinue struct {
	Client *Client
	Token  string
	Grant  string // oob, or continuation_token for what is known
	Code   string
}

// Registered says that the method is the account's.
type Registered struct {
	Token    string
	Recovery []string // codes for the day on which the authenticator app is gone, if the account had none
}

var registerGrants = map[string]event{"oob": giveContactCode, "continuation_token": confirmContact}

// RegisterContinue adds the method to the account.
func (e *Engine) RegisterContinue(ctx context.Context, req RegisterContinue) (Registered, error) {
	ev, err := grantEvent(registerGrants, req.Grant, ErrGrantUnknown)
	if err != nil {
		return Registered{}, err
	}
	in := input{code: req.Code}
	if ev == giveContactCode && req.Code == "" {
		in.refused = &MissingError{"oob"}
	}
	f, next, err := e.step(ctx, req.Client, req.Token, ev, in)
	if err != nil {
		return Registered{}, err
	}
	return Registered{next, f.recovery}, nil
}

// refuseConfirm refuses to register without a code what needs one.
func (e *Engine) refuseConfirm(context.Context, *flow, input) error { return ErrGrantUnknown }

// proveContact takes the code that went to the contact, or one of the app, and registers it.
func (e *Engine) proveContact(ctx context.Context, f *flow, in input) error {
	check := e.checkCode
	if f.Chosen.Kind == store.MethodTOTP {
		check = func(ctx context.Context, f *flow, in input) error { return e.checkTOTP(ctx, f, f.Chosen.Secret, in) }
	}
	if err := check(ctx, f, in); err != nil {
		return err
	}
	return e.register(ctx, f, in)
}

// register adds the chosen method to the account. A step that was interrupted after that write recognises
// it by its id.
func (e *Engine) register(ctx context.Context, f *flow, _ input) error {
	m := store.Method{
		ID: f.Chosen.ID, Kind: f.Chosen.Kind, Target: string(f.Chosen.Target), Secret: f.Chosen.Secret,
		AddedAt: e.Now().UTC(),
	}
	err := e.update(ctx, f.UserID, func(u store.User) (store.User, error) {
		if err := mayUse(u, f.Epoch); err != nil {
			return u, err
		}
		if f.user = &u; findMethod(u, m.ID) >= 0 {
			return u, errOwnMethod
		}
		// The account may have got a method since, by which this flow would have had to go.
		if guarded(f, u) {
			return u, fmt.Errorf("%w: the account has another method by now", ErrTokenInvalid)
		}
		u, codes, err := e.withMethod(u, m)
		f.recovery = codes
		return u, err
	}, func(u store.User) {
		f.user = &u
		if m.Target != u.Email {
			e.tell(ctx, u, otp.MethodAdded, m.AddedAt)
		}
		e.Tell(ctx, Event{EventFactorChanged, e.subjectOf(f), "added"})
	})
	switch {
	case errors.Is(err, errOwnMethod):
		return nil
	case errors.Is(err, store.ErrNotFound):
		return ErrUserNotFound
	}
	return err
}

var errCountry = errors.New("no text messages go to that country")

// errOwnMethod says that there is nothing left to write: the method is there already.
var errOwnMethod = errors.New("the registration was interrupted after its write")
