package flow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nativeauth/nativeauth/store"
)

// Second factors of Auth0's clients (section 12.3 of the contract): the same methods, codes and counters as
// those of native authentication, under the one mfa_token of a flow.

// The grant types of second factors: a code that was sent, one of an authenticator app, a recovery code.
const (
	GrantMFACode     = "http://auth0.com/oauth/grant-type/mfa-oob"
	GrantMFAApp      = "http://auth0.com/oauth/grant-type/mfa-otp"
	GrantMFARecovery = "http://auth0.com/oauth/grant-type/mfa-recovery-code"
)

var (
	sentKinds = []store.MethodKind{store.MethodEmail, store.MethodSMS}
	appKinds  = []store.MethodKind{store.MethodTOTP}
)

// The ways in which these calls fail, beside those of all others.
var (
	ErrNotEnrolled  = errors.New("the account has no second factor that can be given here")
	ErrOOBCode      = errors.New("the oob_code is not that of the code sent last")
	ErrAppCode      = errors.New("the code of the authenticator app is wrong, used or tried too often")
	ErrRecoveryCode = errors.New("the recovery code is wrong, used or tried too often")
)

// An mfa_token is a continuation token with the client's id behind it, since one of the calls it is good for
// names no client. The dot keeps it from being read as a continuation token, and the state in it from being
// good for one's calls if somebody takes the id off.

func mfaToken(continuation, clientID string) string { return continuation + "." + clientID }

// MFAClient returns the client that an mfa_token says it is of. Whether that is so shows when it is used.
func MFAClient(text string) (clientID string) {
	_, clientID, _ = strings.Cut(text, ".")
	return clientID
}

// openMFA opens the flow that an mfa_token belongs to.
func (e *Engine) openMFA(ctx context.Context, client *Client, text string, ev event, in input) (*flow, error) {
	if text == "" {
		return nil, &MissingError{"mfa_token"}
	}
	continuation, clientID, _ := strings.Cut(text, ".")
	if continuation == "" || clientID != client.ID {
		return nil, fmt.Errorf("%w: not an mfa_token of this client", ErrTokenUnreadable)
	}
	return e.open(ctx, client, continuation, ev, in)
}

// Authenticators lists the methods by which the flow of an mfa_token can pass its second factor.
func (e *Engine) Authenticators(ctx context.Context, req Introspect) ([]Method, error) {
	f, err := e.openMFA(ctx, req.Client, req.Token, listAuthenticators, input{})
	if err == nil {
		err = e.take(ctx, f, listAuthenticators, input{})
	}
	if err != nil {
		return nil, err
	}
	return e.describe(f), nil
}

// MFAChallenge asks for a second factor by a method of one of the types that an app can do.
type MFAChallenge struct {
	Client *Client
	Token  string // mfa_token
	Types  string // "" means all
	Method string // optional
}

// MFAChallenged says how it is given.
type MFAChallenged struct {
	OOBCode string // names the code that is on its way; "" where none is
}

// MFAChallenge asks for a second factor, and sends the code if that takes one.
func (e *Engine) MFAChallenge(ctx context.Context, req MFAChallenge) (MFAChallenged, error) {
	in := input{method: req.Method}
	in.kinds, in.refused = kindsOf(req.Types)
	for range casTries { // the mfa_token is as good after another call as before
		c, err := e.challengeMFA(ctx, req, in)
		if !errors.Is(err, errOtherWon) {
			return c, err
		}
	}
	return MFAChallenged{}, errors.New("challenge: the flow changes faster than it can be read")
}

func (e *Engine) challengeMFA(ctx context.Context, req MFAChallenge, in input) (MFAChallenged, error) {
	f, err := e.openMFA(ctx, req.Client, req.Token, challengeMFA, in)
	if err != nil {
		return MFAChallenged{}, err
	}
	code, err := e.sendMFA(ctx, f, in)
	if err != nil {
		e.giveBack(ctx, f)
	}
	return MFAChallenged{code}, err
}

// sendMFA makes the challenge and hands its code over, if there is one, in the order that send has it.
func (e *Engine) sendMFA(ctx context.Context, f *flow, in input) (oobCode string, err error) {
	if err := e.take(ctx, f, challengeMFA, in); err != nil {
		return "", err
	}
	if err := e.rewrite(ctx, f); err != nil || f.Chosen.Target == "" {
		return "", err
	}
	if err := e.post(ctx, f); err != nil {
		return "", err
	}
	t, err := e.newToken(f, e.CodeLife)
	t.State = byte(mfaSent)
	return e.opaque.Continuation(t, f.Client), err
}

// kindsOf are the methods of the challenge types that an app can do. Types that are unknown it may have for
// other servers.
func kindsOf(types string) (kinds []store.MethodKind, err error) {
	for _, t := range strings.Fields(cmp.Or(strings.TrimSpace(types), "oob otp")) {
		switch t {
		case "oob":
			kinds = append(kinds, sentKinds...)
		case "otp":
			kinds = append(kinds, appKinds...)
		}
	}
	if kinds == nil {
		return nil, ErrChallengeType
	}
	return kinds, nil
}

// askMFA asks for a second factor.
func (e *Engine) askMFA(ctx context.Context, f *flow, in input) error {
	u, err := e.userOf(ctx, f)
	if err != nil {
		return err
	}
	m, err := e.authenticator(f, u, in)
	if err != nil {
		return err
	}
	return e.ask(ctx, f, u, m, in)
}

// authenticator finds the method that is meant: the one named, the one asked for last, the account's
// default, or the first. It is of one of the kinds that the call is for.
func (e *Engine) authenticator(f *flow, u store.User, in input) (store.Method, error) {
	methods := slices.DeleteFunc(e.usable(f, u), func(m store.Method) bool { return !slices.Contains(in.kinds, m.Kind) })
	if in.method != "" {
		if i := slices.IndexFunc(methods, func(m store.Method) bool { return m.ID == in.method }); i >= 0 {
			return methods[i], nil
		}
		return store.Method{}, ErrMethod
	}
	if len(methods) == 0 {
		return store.Method{}, ErrNotEnrolled
	}
	likes := []func(store.Method) bool{
		func(m store.Method) bool { return f.Chosen != nil && m.ID == f.Chosen.ID },
		func(m store.Method) bool { return m.Default },
	}
	for _, like := range likes {
		if i := slices.IndexFunc(methods, like); i >= 0 {
			return methods[i], nil
		}
	}
	return methods[0], nil
}

// ofMFA is a grant that redeems a second factor for an mfa_token.
type ofMFA struct {
	kinds     []store.MethodKind // that the code may be of
	parameter string             // that the code comes in
	wrong     error              // what is said of a wrong one beside ErrCodeWrong, or nil
}

func (p ofMFA) prove(e *Engine, ctx context.Context, req Redeem, in input) (*flow, store.User, error) {
	in.kinds = p.kinds
	if in.code == "" {
		in.refused = &MissingError{p.parameter}
	} else if req.Grant == GrantMFACode {
		in.refused = e.readOOB(req, &in)
	}
	f, err := e.openMFA(ctx, req.Client, req.Token, redeemMFA, in)
	if err == nil {
		err = e.take(ctx, f, redeemMFA, in)
	}
	if errors.Is(err, ErrCodeWrong) && p.wrong != nil {
		err = fmt.Errorf("%w: %w", p.wrong, err)
	}
	if err != nil {
		return nil, store.User{}, err
	}
	u, err := e.userOf(ctx, f)
	return f, u, err
}

// readOOB reads the oob_code, which says which code is meant.
func (e *Engine) readOOB(req Redeem, in *input) error {
	if req.OOBCode == "" {
		return &MissingError{"oob_code"}
	}
	t, err := e.opaque.ParseContinuation(req.OOBCode, req.Client.ID)
	if err != nil || state(t.State) != mfaSent {
		return ErrOOBCode
	}
	in.sent = t
	return nil
}

// checkMFA takes the code of a second factor: one that was sent, or that of a method that needs no challenge.
func (e *Engine) checkMFA(ctx context.Context, f *flow, in input) error {
	if err := e.pickMFA(ctx, f, in); err != nil {
		e.uncount(ctx, f.counter, f.count)
		return err
	}
	return e.checkSecond(ctx, f, in)
}

// pickMFA settles which method a code is of.
func (e *Engine) pickMFA(ctx context.Context, f *flow, in input) error {
	u, err := e.userOf(ctx, f)
	if err != nil {
		return err
	}
	if slices.Equal(in.kinds, sentKinds) {
		if in.sent.Flow != f.id || int(in.sent.Code) != f.Sends || f.Code == nil {
			return ErrOOBCode
		}
		return nil
	}
	m, err := e.authenticator(f, u, in)
	if err != nil {
		return err
	}
	f.Chosen = &chosen{Kind: m.Kind, ID: m.ID}
	return nil
}
