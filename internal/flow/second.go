package flow

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// chosen is the method that a flow proves, or registers, as a second factor.
type chosen struct {
	Kind   store.MethodKind `json:"k"`
	ID     string           `json:"i"`
	Target otp.Address      `json:"a,omitempty"` // where codes go
	Secret []byte           `json:"s,omitempty"` // sealed, of an authenticator app that is being registered
}

// Introspect asks for the methods by which a second factor can be passed, or registered.
type Introspect struct {
	Client *Client
	Token  string
}

// Method is one of them, as an app shows it.
type Method struct {
	ID      string
	Channel string
	Hint    string
}

// Methods is a list of methods to choose from.
type Methods struct {
	Token   string
	Methods []Method
}

// SecondIntrospect lists the methods by which the flow can pass a second factor.
func (e *Engine) SecondIntrospect(ctx context.Context, req Introspect) (Methods, error) {
	f, next, err := e.step(ctx, req.Client, req.Token, listMethods, input{})
	if err != nil {
		return Methods{}, err
	}
	return Methods{next, e.describe(f)}, nil
}

// describe lists the methods of a flow whose account has been read.
func (e *Engine) describe(f *flow) (list []Method) {
	for _, m := range e.usable(f, *f.user) {
		list = append(list, Method{m.ID, string(m.Kind), hint(m.Kind, otp.Address(m.Target))})
	}
	return list
}

// hint tells a person which method is meant, and nobody else what is behind it.
func hint(kind store.MethodKind, target otp.Address) string {
	switch kind {
	case store.MethodTOTP:
		return "authenticator app"
	case store.MethodRecovery:
		return "recovery code"
	}
	return target.Mask()
}

// readMethods is the step of a call that lists what a person has.
func (e *Engine) readMethods(ctx context.Context, f *flow, _ input) error {
	u, err := e.userOf(ctx, f)
	if err == nil && len(e.usable(f, u)) == 0 {
		return fmt.Errorf("%w: the methods are gone", ErrTokenInvalid)
	}
	return err
}

// askSecond asks for a second factor by one of the person's methods, and sends the code if that takes one.
func (e *Engine) askSecond(ctx context.Context, f *flow, in input) error {
	u, err := e.userOf(ctx, f)
	if err != nil {
		return err
	}
	m, err := e.choose(f, u, in.method)
	if err != nil {
		return err
	}
	// Who names a method has seen of what type it is; MSAL for Android then names no type.
	if types := cmp.Or(in.types, f.Types); !types.has(typeOOB) && (in.types != 0 || in.method == "") {
		return &Redirect{}
	}
	return e.ask(ctx, f, u, m, in)
}

// ask asks for a method, and gives the flow a code if that takes one.
func (e *Engine) ask(ctx context.Context, f *flow, u store.User, m store.Method, in input) error {
	f.Chosen = &chosen{Kind: m.Kind, ID: m.ID}
	if m.Target == "" {
		f.Code = nil
		return nil
	}
	f.Chosen.Target = otp.Address(m.Target)
	return e.sendTo(ctx, f, u)
}

// choose finds the method that a challenge is for: the one named, the one asked for last, the account's
// default, or the only one. A recovery code is asked for by name only, unless there is nothing else.
func (e *Engine) choose(f *flow, u store.User, id string) (store.Method, error) {
	methods := e.usable(f, u)
	named := func(id string) int {
		return slices.IndexFunc(methods, func(m store.Method) bool { return m.ID == id })
	}
	if id != "" {
		if i := named(id); i >= 0 {
			return methods[i], nil
		}
		return store.Method{}, ErrMethod
	}
	if f.Chosen != nil {
		if i := named(f.Chosen.ID); i >= 0 {
			return methods[i], nil
		}
	}
	if i := slices.IndexFunc(methods, func(m store.Method) bool { return m.Default }); i >= 0 {
		return methods[i], nil
	}
	if len(methods) > 1 {
		methods = slices.DeleteFunc(methods, func(m store.Method) bool { return m.Kind == store.MethodRecovery })
	}
	if len(methods) != 1 {
		return store.Method{}, ErrIntrospect
	}
	return methods[0], nil
}

// sendTo gives the flow a new code for the address that it is to go to, unless the host or a limit forbids
// it. Where it goes is known only now, so what was sent there is read now.
func (e *Engine) sendTo(ctx context.Context, f *flow, u store.User) error {
	about := e.codesOf(f)
	if e.budgets() {
		var err error
		if f.budget, err = e.readBudget(ctx, about); err != nil {
			return err
		}
	}
	if err := e.mayRepeat(f); err != nil {
		return err
	}
	if err := e.mayProve(ctx, about); err != nil {
		return err
	}
	if err := e.mayContact(ctx, f, u); err != nil {
		return err
	}
	if err := e.spend(ctx, f); err != nil {
		return err
	}
	if f.target().Channel() == otp.SMS {
		if err := e.countTexts(ctx, f, about); err != nil {
			return err
		}
	}
	return e.makeCode(ctx, f)
}

// mayContact asks the host whether a code may go where it should.
func (e *Engine) mayContact(ctx context.Context, f *flow, u store.User) error {
	if e.Gate == nil {
		return nil
	}
	to := f.target()
	if e.HideAccounts && f.Chosen == nil { // where an account's mail goes is not for callers to learn
		to = otp.Address(f.Username)
	}
	err := e.Gate(ctx, GateRequest{Purpose: f.purpose(), Channel: to.Channel(), To: to, User: u, ClientID: f.Client})
	if err != nil {
		return fmt.Errorf("gate of the host: %w", err)
	}
	return nil
}

// checkSecond takes the code of a second factor.
func (e *Engine) checkSecond(ctx context.Context, f *flow, in input) error {
	if in.code == "" {
		return &MissingError{"oob"}
	}
	m, err := e.chosenOf(ctx, f)
	if err != nil {
		e.uncount(ctx, f.counter, f.count)
		return err
	}
	switch m.Kind {
	case store.MethodTOTP:
		return e.checkTOTP(ctx, f, m.Secret, in)
	case store.MethodRecovery:
		return e.checkRecovery(ctx, f, in)
	}
	return e.checkCode(ctx, f, in)
}

// chosenOf reads the method that a flow has asked for.
func (e *Engine) chosenOf(ctx context.Context, f *flow) (store.Method, error) {
	u, err := e.userOf(ctx, f)
	if err != nil {
		return store.Method{}, err
	}
	i := findMethod(u, f.Chosen.ID)
	if i < 0 {
		return store.Method{}, fmt.Errorf("%w: the method is gone", ErrTokenInvalid)
	}
	return u.Methods[i], nil
}
