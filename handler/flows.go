package handler

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/nativeauth/nativeauth/internal/flow"
	"github.com/nativeauth/nativeauth/otp"
)

// Flows are the flows of native authentication without HTTP, for an app whose server draws the forms itself: the same
// engine, limits, checks and events as beneath the API, for one client. Each method takes what a person has typed and
// returns the FlowStep that says which form to draw next.
//
// Beside an error the FlowStep is the form to draw again, with the words of the error: after a wrong code or password the flow
// goes on with the State it had. It is the zero FlowStep, which needs NeedStart, where the flow never began or is over. The error is a
// *FlowError, unless the code of the host has made a mistake: the context of each call is that of a request (WithRequest or,
// for a client with Cookies, a page beneath WithSession).
//
// With a client with Cookies the last step begins the session of RequireSession, under a token of its own. With any other it ends
// in Tokens, and keeping pages of other origins from posting the forms is for the host, by http.CrossOriginProtection.
//
// A call takes two seconds at the most, whatever becomes of the stores. Flows are safe for concurrent use.
type Flows struct {
	auth   *Auth
	client client
	scope  string
}

// Flows returns the flows of a client of the config, which must be neither confidential nor disabled. scopes are what the tokens
// are for, as the parameter scope of the token endpoint; none means those of OpenID Connect.
func (a *Auth) Flows(clientID string, scopes ...string) (*Flows, error) {
	c, err := a.find(clientID)
	if err == nil && c.config.confidential() {
		err = errConfidential
	}
	if err != nil {
		return nil, fmt.Errorf("handler: Flows of %q: %w", clientID, err)
	}
	return &Flows{a, c, strings.Join(scopes, " ")}, nil
}

// WithLocales returns a context by which the mail of Flows is in the first of some languages that there is, as ui_locales
// asks for over HTTP: "de fr". Without it the Accept-Language of the request decides.
func WithLocales(ctx context.Context, locales string) context.Context {
	return withLocales(ctx, locales)
}

// In process all there is can be done: the forms of every challenge and interrupt can be drawn.
const (
	allTypes        = "oob password redirect"
	allCapabilities = "mfa_required registration_required"
)

// SignIn opens a sign-in. It asks for the password of the account if the client has passwords, or sends a code.
func (f *Flows) SignIn(ctx context.Context, username string) (FlowStep, error) {
	return f.run(ctx, pathSignInStart, carried{}, func(ctx context.Context, t *turn) (carried, error) {
		said := []string{"username", username, "challenge_type", allTypes, "capabilities", allCapabilities}
		next, err := ask(ctx, t, pathSignInStart, said, form.signInStart, f.auth.engine.SignInStart)
		return carried{Purpose: otp.SignIn}.then(nextChallenge, next.Token), err
	})
}

// SignUp says who signs up. What is left out is asked for later, if it is needed.
type SignUp struct {
	Username   string            // an e-mail address
	Password   string            // of a client with Passwords
	Attributes map[string]string // by the names of Client.Attributes; those that are not named there are ignored
}

// SignUp opens a sign-up and sends a code to the address. There is no account before all that is needed was given.
func (f *Flows) SignUp(ctx context.Context, who SignUp) (FlowStep, error) {
	return f.run(ctx, pathSignUpStart, carried{}, func(ctx context.Context, t *turn) (carried, error) {
		attributes, err := attributesText(who.Attributes)
		if err != nil {
			return carried{}, err
		}
		said := []string{
			"username", who.Username, "password", who.Password, "attributes", attributes,
			"challenge_type", allTypes, "capabilities", allCapabilities,
		}
		next, err := ask(ctx, t, pathSignUpStart, said, form.signUpStart, f.auth.engine.SignUpStart)
		return carried{Purpose: otp.SignUp}.then(nextChallenge, next.Token), err
	})
}

// Reset opens the reset of a forgotten password and sends a code. It ends in a sign-in.
func (f *Flows) Reset(ctx context.Context, username string) (FlowStep, error) {
	return f.run(ctx, pathResetStart, carried{}, func(ctx context.Context, t *turn) (carried, error) {
		said := []string{"username", username, "challenge_type", allTypes, "capabilities", allCapabilities}
		next, err := ask(ctx, t, pathResetStart, said, form.resetStart, f.auth.engine.ResetStart)
		return carried{Purpose: otp.Reset}.then(nextChallenge, next.Token), err
	})
}

// Code takes the code that was asked for: of a mailbox or telephone, an authenticator app, or a recovery code. Blanks and
// hyphens in it do not matter.
func (f *Flows) Code(ctx context.Context, state, code string) (FlowStep, error) {
	return f.from(ctx, state, pathToken, func(ctx context.Context, t *turn, c carried) (carried, error) {
		switch c.Purpose {
		case otp.SignUp:
			return t.continueSignUp(ctx, c, "oob", "oob", code)
		case otp.Reset:
			return t.proveReset(ctx, c, code)
		case otp.Registration:
			return t.continueRegistration(ctx, c, "oob", "oob", code)
		case otp.SecondFactor:
			return t.redeem(ctx, c, "mfa_oob", "oob", code)
		}
		return t.redeem(ctx, c, "oob", "oob", code)
	})
}

// Password takes the password of an account, or the one that somebody chooses at a sign-up or a reset, as the FlowStep asks for. It is
// taken as it is, blanks included.
func (f *Flows) Password(ctx context.Context, state, text string) (FlowStep, error) {
	return f.from(ctx, state, pathToken, func(ctx context.Context, t *turn, c carried) (carried, error) {
		switch c.Purpose {
		case otp.SignUp:
			return t.continueSignUp(ctx, c, "password", "password", text)
		case otp.Reset:
			next, err := ask(ctx, t, pathResetSubmit, c.with("new_password", text), form.resetSubmit, f.auth.engine.ResetSubmit)
			return c.then(nextPoll, next.Token), err
		}
		return t.redeem(ctx, c, "password", "password", text)
	})
}

// Attributes takes what a sign-up asks for beside the address, by the names of FlowStep.Attributes.
func (f *Flows) Attributes(ctx context.Context, state string, values map[string]string) (FlowStep, error) {
	return f.from(ctx, state, pathSignUpContinue, func(ctx context.Context, t *turn, c carried) (carried, error) {
		text, err := attributesText(values)
		if err != nil {
			return c, err
		}
		return t.continueSignUp(ctx, c, "attributes", "attributes", text)
	})
}

// SendCode sends another code in the place of the last, or a code where a password was asked for. Codes to one address are
// apart, by the Wait of the Challenge.
func (f *Flows) SendCode(ctx context.Context, state string) (FlowStep, error) {
	return f.from(ctx, state, pathSignInChallenge, func(ctx context.Context, t *turn, c carried) (carried, error) {
		switch c.Purpose {
		case otp.Registration:
			return t.register(ctx, c, c.Kind, c.Target)
		case otp.SignIn:
			return t.challenge(ctx, c, "challenge_type", "oob redirect")
		}
		return t.challenge(ctx, c)
	})
}

// Choose asks for a second factor by the method with an id, one of FlowStep.Methods, also after another was asked for.
func (f *Flows) Choose(ctx context.Context, state, methodID string) (FlowStep, error) {
	return f.from(ctx, state, pathSignInChallenge, func(ctx context.Context, t *turn, c carried) (carried, error) {
		return t.challenge(ctx, c, "id", methodID)
	})
}

// Register sends a code to the contact that is to become a method for second factors: an address for the kind "email", a number
// for "sms". For "totp" there is no target, and the URI of the Challenge sets the app up. kind is the ID of one of
// FlowStep.Methods.
func (f *Flows) Register(ctx context.Context, state, kind, target string) (FlowStep, error) {
	return f.from(ctx, state, pathRegisterChallenge, func(ctx context.Context, t *turn, c carried) (carried, error) {
		return t.register(ctx, c, kind, target)
	})
}

// Retry goes on from NeedRetry.
func (f *Flows) Retry(ctx context.Context, state string) (FlowStep, error) {
	return f.from(ctx, state, pathToken, func(_ context.Context, _ *turn, c carried) (carried, error) {
		if c.Next == "" {
			return c, fmt.Errorf("%w: it waits for something else", flow.ErrTokenInvalid)
		}
		return c, nil
	})
}

// Show returns the FlowStep of a State, to draw its form again, as after a redirect; the zero FlowStep if it is none. Whether the flow
// still goes on shows when the form is sent.
func (f *Flows) Show(state string) FlowStep {
	c, err := f.read(state)
	if err != nil {
		return FlowStep{}
	}
	return f.step(c)
}

// from is run from where a State says that the flow stands.
func (f *Flows) from(ctx context.Context, state, path string, p func(context.Context, *turn, carried) (carried, error)) (FlowStep, error) {
	c, err := f.read(state)
	return f.run(ctx, path, c, func(ctx context.Context, t *turn) (carried, error) {
		if err != nil {
			return c, err
		}
		return p(ctx, t, c)
	})
}

// onward is a call that needs nothing of the person.
type onward string

const (
	nextChallenge onward = "challenge" // sends the code, or asks for the password
	nextMethods   onward = "methods"   // lists those for a second factor
	nextKinds     onward = "kinds"     // lists those that can be registered
	nextConfirm   onward = "confirm"   // registers a contact that is proven
	nextPoll      onward = "poll"      // asks whether the new password is in force
	nextRedeem    onward = "redeem"    // ends the flow
)

// onward makes such a call.
func (t *turn) onward(ctx context.Context, c carried) (carried, error) {
	e := t.auth.engine
	switch c.Next {
	case nextChallenge:
		return t.challenge(ctx, c)
	case nextMethods:
		m, err := ask(ctx, t, pathIntrospect, c.with(), form.introspect, e.SecondIntrospect)
		return carried{Token: m.Token, Purpose: otp.SecondFactor, Needs: NeedSecondFactor, Methods: methodsOfStep(m.Methods), Recovery: c.Recovery}, err
	case nextKinds:
		m, err := ask(ctx, t, pathRegisterIntrospect, c.with(), form.introspect, e.RegisterIntrospect)
		return carried{Token: m.Token, Purpose: otp.Registration, Needs: NeedRegistration, Methods: methodsOfStep(m.Methods), Recovery: c.Recovery}, err
	case nextConfirm:
		return t.continueRegistration(ctx, c, "continuation_token")
	case nextPoll:
		next, err := ask(ctx, t, pathResetPoll, c.with(), form.resetPoll, e.ResetPoll)
		return c.then(nextRedeem, next.Token), err
	}
	return t.redeem(ctx, c, "continuation_token")
}

// with are the parameters of a call that goes on, beside some more.
func (c carried) with(more ...string) []string {
	return append([]string{"continuation_token", c.Token}, more...)
}

// challenge asks a flow for its challenge.
func (t *turn) challenge(ctx context.Context, c carried, more ...string) (carried, error) {
	e := t.auth.engine
	path, step := pathSignInChallenge, e.SignInChallenge
	switch c.Purpose {
	case otp.SignUp:
		path, step = pathSignUpChallenge, e.SignUpChallenge
	case otp.Reset:
		path, step = pathResetChallenge, e.ResetChallenge
	}
	to, err := ask(ctx, t, path, c.with(more...), form.challenge, step)
	return c.asked(to), err
}

// continueSignUp gives something to a sign-up.
func (t *turn) continueSignUp(ctx context.Context, c carried, grant string, more ...string) (carried, error) {
	said := c.with(append([]string{"grant_type", grant}, more...)...)
	next, err := ask(ctx, t, pathSignUpContinue, said, form.signUpContinue, t.auth.engine.SignUpContinue)
	if err != nil {
		return interrupted(c, err)
	}
	return c.then(nextRedeem, next.Token), nil
}

// proveReset gives the code to a reset.
func (t *turn) proveReset(ctx context.Context, c carried, code string) (carried, error) {
	said := c.with("grant_type", "oob", "oob", code)
	next, err := ask(ctx, t, pathResetContinue, said, form.resetContinue, t.auth.engine.ResetContinue)
	return carried{Token: next.Token, Purpose: c.Purpose, Needs: NeedNewPassword}, err
}

// register names what is to become a method.
func (t *turn) register(ctx context.Context, c carried, kind, target string) (carried, error) {
	said := c.with("challenge_type", "oob", "challenge_channel", kind, "challenge_target", target)
	r, err := ask(ctx, t, pathRegisterChallenge, said, form.registerChallenge, t.auth.engine.RegisterChallenge)
	if r.Known {
		return c.then(nextConfirm, r.Token), err
	}
	return carried{
		Token: r.Token, Purpose: c.Purpose, Needs: NeedCode, Methods: c.Methods, Kind: kind, Target: target,
		Challenge: Challenge{Channel: r.Channel, Target: r.Target, Length: r.Length, Wait: max(0, t.auth.cfg.ResendInterval), URI: r.URI},
	}, err
}

// continueRegistration proves what is to become a method.
func (t *turn) continueRegistration(ctx context.Context, c carried, grant string, more ...string) (carried, error) {
	said := c.with(append([]string{"grant_type", grant}, more...)...)
	r, err := ask(ctx, t, pathRegisterContinue, said, form.registerContinue, t.auth.engine.RegisterContinue)
	c.Recovery = r.Recovery
	return c.then(nextRedeem, r.Token), err
}

// redeem ends a flow in tokens or in a session, unless a second factor is due.
func (t *turn) redeem(ctx context.Context, c carried, grant string, more ...string) (carried, error) {
	said := c.with(append([]string{"grant_type", grant, "scope", t.flows.scope}, more...)...)
	tokens, err := ask(ctx, t, pathToken, said, form.redeem, t.auth.signIn)
	if err != nil {
		return interrupted(c, err)
	}
	return carried{Purpose: c.Purpose, Needs: NeedNothing, Recovery: c.Recovery, tokens: tokens}, nil
}

// signIn is redeem without its bodies: nil tokens mean that the session of the context has begun.
func (a *Auth) signIn(ctx context.Context, req flow.Redeem) (*Tokens, error) {
	if req.Client.Keep != nil {
		_, err := a.beginSession(ctx, req)
		return nil, err
	}
	t, err := a.engine.Token(ctx, req)
	return &Tokens{t.Access, t.AccessLife, t.ID, t.Refresh, t.RefreshLife, t.Scope}, err
}

// interrupted is where a flow stands that wants something more, or the error if it is no interrupt.
func interrupted(c carried, err error) (carried, error) {
	if e, ok := errors.AsType[*flow.CredentialRequired](err); ok {
		return c.then(nextChallenge, e.Token), nil
	} else if e, ok := errors.AsType[*flow.AttributesRequired](err); ok {
		return c.missing(e.Token, e.Missing), nil
	} else if e, ok := errors.AsType[*flow.SecondFactorRequired](err); ok {
		return c.then(nextMethods, e.Token), nil
	} else if e, ok := errors.AsType[*flow.RegistrationRequired](err); ok {
		return c.then(nextKinds, e.Token), nil
	}
	return c, err
}

// attributesText is the parameter attributes. Text that is none is refused here: in JSON it would have become some.
func attributesText(values map[string]string) (string, error) {
	if len(values) == 0 {
		return "", nil
	}
	for name, value := range values {
		if !utf8.ValidString(name) || !utf8.ValidString(value) {
			return "", malformed("parameter attributes is not plain text")
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // or "<" would count as six bytes
	if err := e.Encode(values); err != nil {
		return "", err
	}
	return b.String(), nil
}
