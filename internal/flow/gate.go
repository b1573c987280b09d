package flow

import (
	"context"
	"fmt"
	"slices"

	"github.com/nativeauth/nativeauth/store"
)

// clearance says that a user has passed every factor that the policy asks for. The gate alone gives one,
// and no token is made without.
type clearance struct {
	user   store.User
	second bool // a second factor was among them
}

// SecondFactor is a policy: it says who has to prove themselves twice.
type SecondFactor func(ctx context.Context, u store.User, clientID string) (bool, error)

// clear lets a flow of a user pass, whose first factor is proven, or says what is still due. The flow then
// waits for that, if the app can do it.
func (e *Engine) clear(ctx context.Context, f *flow, u store.User) (clearance, error) {
	passed := clearance{u, f.twice(u)}
	due, err := e.secondDue(ctx, f.client, u, passed.second)
	if err != nil || !due {
		return passed, err
	}
	switch {
	case f.oneCall:
		return clearance{}, ErrSecondFactor
	case f.Ask != nil && len(e.usable(f, u)) > 0:
		return clearance{}, e.demand(ctx, f, mfaWanted)
	case f.Ask != nil: // there is no call by which to register a method
		return clearance{}, ErrNotEnrolled
	case len(e.usable(f, u)) > 0:
		return clearance{}, e.demand(ctx, f, secondWanted)
	case guarded(f, u) || len(f.client.Methods) == 0:
		return clearance{}, ErrOtherMethod
	}
	return clearance{}, e.demand(ctx, f, registerWanted)
}

// twice tells whether a flow has passed a second factor, or the sign-in that it comes from has.
func (f *flow) twice(u store.User) bool {
	if f.inherited != nil {
		return f.inherited.Second
	}
	return enough(f.Proofs, u.Methods)
}

// guarded tells whether an account has a method, or beside its methods a password, that a flow has not
// passed. Then the flow is no reason to let anybody add another: a code to a mailbox would be good for
// what the other is there to keep.
func guarded(f *flow, u store.User) bool {
	unseen := slices.ContainsFunc(u.Methods, func(m store.Method) bool {
		return m.Kind != store.MethodRecovery && !slices.Contains(f.Proofs, proofOf(m))
	})
	return unseen || len(u.Methods) > 0 && u.PasswordHash != "" && !f.has(byPassword) && !f.has(byChoice)
}

// clearFamily lets a refresh pass, or sends the person back to signing in: the policy may have changed.
func (e *Engine) clearFamily(ctx context.Context, client *Client, u store.User, m *family) (clearance, error) {
	due, err := e.secondDue(ctx, client, u, m.Second)
	switch {
	case err != nil:
		return clearance{}, err
	case due:
		return clearance{}, ErrSecondFactor
	}
	return clearance{u, m.Second}, nil
}

// secondDue asks the policy, unless a second factor was passed whatever it says.
func (e *Engine) secondDue(ctx context.Context, client *Client, u store.User, passed bool) (bool, error) {
	policy := client.SecondFactor
	if policy == nil {
		policy = e.SecondFactor
	}
	if passed || policy == nil {
		return false, nil
	}
	due, err := policy(ctx, u, client.ID)
	if err != nil {
		return false, fmt.Errorf("policy of the host: %w", err)
	}
	return due, nil
}

// demands says what an app must be able to do for a state that the gate leaves a flow in.
var demands = map[state]struct {
	ability   capabilities
	interrupt func(token string) error
}{
	secondWanted:   {canMFA, func(token string) error { return &SecondFactorRequired{token} }},
	mfaWanted:      {canMFA, func(token string) error { return &SecondFactorRequired{token} }},
	registerWanted: {canRegister, func(token string) error { return &RegistrationRequired{token} }},
}

// demand leaves the flow waiting for a second factor, or ends it, if the app cannot go on by itself.
func (e *Engine) demand(ctx context.Context, f *flow, to state) error {
	d := demands[to]
	if !f.Abilities.has(d.ability) {
		if err := e.end(ctx, f.id, f.version, errOtherWon); err != nil {
			return err
		}
		e.written(ctx, f)
		return &Redirect{Reason: "Client is missing " + d.ability.name() + " capability"}
	}
	f.State, f.Code, f.Earlier = to, nil, f.Sends
	next, err := e.save(ctx, f)
	if err != nil {
		return err
	}
	if to == mfaWanted {
		next = mfaToken(next, f.Client)
	}
	return d.interrupt(next)
}

// has tells whether a flow has passed a factor of a kind.
func (f *flow) has(kind proofKind) bool {
	return slices.ContainsFunc(f.Proofs, func(p proof) bool { return p.Kind == kind })
}
