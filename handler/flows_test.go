package handler_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/password"
	"github.com/nativeauth/nativeauth/store"
)

// forms are the flows of a world in process, called from a page that a browser asks for.
type forms struct {
	*world
	*handler.Flows
	ctx context.Context
}

func (w *world) forms(client string, scopes ...string) *forms {
	w.Helper()
	flows, err := w.auth.Flows(client, scopes...)
	require.NoError(w, err)
	return &forms{w, flows, w.page()}
}

// page is the context of a request to a page of the host.
func (w *world) page(headers ...string) context.Context {
	r := httptest.NewRequestWithContext(w.Context(), http.MethodPost, "/sign-in", nil)
	r.RemoteAddr = "127.0.0.1:1" // where the calls of the tests come from
	if w.addr != "" {
		r.Header.Set("X-Forwarded-For", w.addr)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return w.auth.WithRequest(r.Context(), r)
}

// at is a step without an error that needs something.
func (f *forms) at(need handler.Need) func(handler.FlowStep, error) handler.FlowStep {
	return func(s handler.FlowStep, err error) handler.FlowStep {
		f.Helper()
		require.NoError(f, err)
		require.Equal(f, need, s.Needs)
		return s
	}
}

// sent is a step that waits for a code, and the code.
func (f *forms) sent(call func() (handler.FlowStep, error)) (handler.FlowStep, string) {
	f.Helper()
	before := f.mail.count()
	s := f.at(handler.NeedCode)(call())
	return s, f.mail.take(before + 1).Code
}

// signInSent is a sign-in that waits for its code.
func (f *forms) signInSent(user string) (handler.FlowStep, string) {
	f.Helper()
	return f.sent(func() (handler.FlowStep, error) { return f.SignIn(f.ctx, user) })
}

// refusal is an error of Flows.
func refusal(t *testing.T, err error) *handler.FlowError {
	t.Helper()
	var refused *handler.FlowError
	require.ErrorAs(t, err, &refused)
	return refused
}

// ended is the last step of a flow, whose tokens are good.
func (f *forms) ended(s handler.FlowStep, err error) handler.FlowStep {
	f.Helper()
	f.at(handler.NeedNothing)(s, err)
	assert.Empty(f, s.State)
	require.NotNil(f, s.Tokens)
	f.userInfo(s.Tokens.Access).tokensOf(f.T)
	return s
}

func (a answer) tokensOf(t *testing.T) {
	t.Helper()
	require.Equal(t, 200, a.status, "%v", a.body)
	assert.Equal(t, casey, a.body["email"])
}

func TestFlows_ASignUpAsksForAllThatIsMissing(t *testing.T) {
	f := newWorld(t).forms(both)
	s, code := f.sent(func() (handler.FlowStep, error) {
		return f.SignUp(f.ctx, handler.SignUp{Username: " Casey@Contoso.com "})
	})
	assert.Equal(t, otp.SignUp, s.Purpose)
	assert.Equal(t, handler.Challenge{Channel: "email", Target: maskedCasey, Length: 8}, s.Challenge)
	s = f.at(handler.NeedNewPassword)(f.Code(f.ctx, s.State, code[:4]+" "+code[4:]))
	s = f.at(handler.NeedAttributes)(f.Password(f.ctx, s.State, harbor))
	require.Len(t, s.Attributes, 1)
	assert.Equal(t, "city", s.Attributes[0].Name)
	s = f.ended(f.Attributes(f.ctx, s.State, map[string]string{"city": "Oslo", "age": "12"}))
	assert.Equal(t, "openid profile", s.Tokens.Scope)
	u, err := f.store.UserByUsername(t.Context(), casey)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"city": "Oslo"}, u.Attributes)
}

func TestFlows_ASignUpThatSaysAllAtOnceAsksForTheCodeAlone(t *testing.T) {
	f := newWorld(t).forms(both, "Orders.Read")
	s, code := f.sent(func() (handler.FlowStep, error) {
		return f.SignUp(f.ctx, handler.SignUp{Username: casey, Password: harbor, Attributes: map[string]string{"city": "<Oslo>"}})
	})
	s = f.at(handler.NeedNothing)(f.Code(f.ctx, s.State, code))
	assert.Contains(t, s.Tokens.Scope, "Orders.Read")
}

func TestFlows_WhatASignUpIsToldBeforeItsCodeIsKept(t *testing.T) {
	f := newWorld(t).forms(both)
	s, _ := f.sent(func() (handler.FlowStep, error) { return f.SignUp(f.ctx, handler.SignUp{Username: casey}) })
	s, _ = f.sent(func() (handler.FlowStep, error) { return f.Password(f.ctx, s.State, harbor) })
	s, code := f.sent(func() (handler.FlowStep, error) {
		return f.Attributes(f.ctx, s.State, map[string]string{"city": "Oslo"})
	})
	f.ended(f.Code(f.ctx, s.State, code))
}

func TestFlows_ASignInByCode(t *testing.T) {
	f := newWorld(t).forms(plain)
	f.signUp(casey)
	s, code := f.signInSent(casey)
	assert.Equal(t, otp.SignIn, s.Purpose)
	again, err := f.Code(f.ctx, s.State, otherCode(code))
	refused := refusal(t, err)
	require.ErrorIs(t, err, handler.ErrWrongCode)
	assert.Equal(t, []any{"invalid_grant", "invalid_oob_value", 50181, 400}, []any{refused.Code, refused.SubError, refused.Number, refused.Status})
	assert.Equal(t, s.Challenge, again.Challenge)
	assert.Equal(t, handler.NeedCode, again.Needs)
	s, next := f.sent(func() (handler.FlowStep, error) { return f.SendCode(f.ctx, s.State) })
	_, err = f.Code(f.ctx, s.State, code)
	require.ErrorIs(t, err, handler.ErrWrongCode, "the one before")
	f.ended(f.Code(f.ctx, s.State, next))
	over, err := f.Code(f.ctx, s.State, next)
	require.ErrorIs(t, err, handler.ErrFlowOver)
	assert.Equal(t, handler.FlowStep{}, over)
}

func TestFlows_ASignInByPasswordOrACodeInItsPlace(t *testing.T) {
	f := newWorld(t).forms(keyed)
	f.enrol(casey, harbor)
	s := f.at(handler.NeedPassword)(f.SignIn(f.ctx, casey))
	again, err := f.Password(f.ctx, s.State, busyHarbor)
	require.ErrorIs(t, err, handler.ErrWrongPassword)
	f.ended(f.Password(f.ctx, again.State, harbor))

	s = f.at(handler.NeedPassword)(f.SignIn(f.ctx, casey))
	s, code := f.sent(func() (handler.FlowStep, error) { return f.SendCode(f.ctx, s.State) })
	f.ended(f.Code(f.ctx, s.State, code))
}

func TestFlows_AResetEndsInASignIn(t *testing.T) {
	f := newWorld(t).forms(keyed)
	f.enrol(casey, harbor)
	s, code := f.sent(func() (handler.FlowStep, error) { return f.Reset(f.ctx, casey) })
	s = f.at(handler.NeedNewPassword)(f.Code(f.ctx, s.State, code))
	assert.Equal(t, otp.Reset, s.Purpose)
	again, err := f.Password(f.ctx, s.State, "short")
	require.ErrorIs(t, err, &password.Rejected{Reason: password.TooShort})
	assert.Equal(t, "password_too_short", refusal(t, err).SubError)
	assert.Equal(t, handler.NeedNewPassword, again.Needs)
	f.ended(f.Password(f.ctx, again.State, busyHarbor))
	f.enter(casey, busyHarbor).tokens()
}

func TestFlows_ASecondFactor(t *testing.T) {
	f := newWorld(t, secondFactors).forms(guarded)
	f.person(casey, mailMethod, textMethod)
	s := f.at(handler.NeedPassword)(f.SignIn(f.ctx, casey))
	s = f.at(handler.NeedSecondFactor)(f.Password(f.ctx, s.State, harbor))
	assert.Equal(t, otp.SecondFactor, s.Purpose)
	assert.Equal(t, []handler.Method{{mailMethod.ID, "email", "s***d@c***o.c***"}, {textMethod.ID, "sms", "+4***8"}}, s.Methods)
	same, err := f.Choose(f.ctx, s.State, "none")
	require.ErrorIs(t, err, handler.ErrNoMethod)
	s, first := f.sent(func() (handler.FlowStep, error) { return f.Choose(f.ctx, same.State, textMethod.ID) })
	assert.Equal(t, "sms", s.Challenge.Channel)
	s, code := f.sent(func() (handler.FlowStep, error) { return f.Choose(f.ctx, s.State, s.Methods[0].ID) })
	again, err := f.Code(f.ctx, s.State, first)
	require.ErrorIs(t, err, handler.ErrWrongCode, "of the other method")
	f.ended(f.Code(f.ctx, again.State, code))
}

func TestFlows_TheRegistrationOfASecondFactor(t *testing.T) {
	for name, walk := range map[string]func(f *forms, s handler.FlowStep) handler.FlowStep{
		"by mail": func(f *forms, s handler.FlowStep) handler.FlowStep {
			same, err := f.Register(f.ctx, s.State, "email", "no address")
			require.ErrorIs(f, err, handler.ErrContact)
			s, _ = f.sent(func() (handler.FlowStep, error) { return f.Register(f.ctx, same.State, "email", another) })
			assert.Equal(f, handler.Challenge{Channel: "email", Target: another, Length: 8}, s.Challenge)
			s, code := f.sent(func() (handler.FlowStep, error) { return f.SendCode(f.ctx, s.State) })
			return f.ended(f.Code(f.ctx, s.State, code))
		},
		"the address that took the code of the sign-up": func(f *forms, s handler.FlowStep) handler.FlowStep {
			return f.ended(f.Register(f.ctx, s.State, "email", s.Methods[0].Hint))
		},
		"by an app": func(f *forms, s handler.FlowStep) handler.FlowStep {
			s = f.at(handler.NeedCode)(f.Register(f.ctx, s.State, "totp", ""))
			s = f.Show(s.State)
			s = f.ended(f.Code(f.ctx, s.State, f.shown(s.Challenge.URI)))
			assert.Len(f, s.Recovery, otp.RecoveryCodes)
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newWorld(t, secondFactors).forms(fresh)
			s, code := f.sent(func() (handler.FlowStep, error) {
				return f.SignUp(f.ctx, handler.SignUp{Username: casey, Password: harbor})
			})
			s = f.at(handler.NeedRegistration)(f.Code(f.ctx, s.State, code))
			assert.Equal(t, otp.Registration, s.Purpose)
			assert.Len(t, s.Methods, 3)
			assert.Equal(t, casey, s.Methods[0].Hint)
			walk(f, s)
			u, err := f.store.UserByUsername(t.Context(), casey)
			require.NoError(t, err)
			assert.NotEmpty(t, u.Methods)
		})
	}
}

func TestFlows_WhatNeverBeganNeedsTheFirstForm(t *testing.T) {
	w := newWorld(t, func(c *handler.Config) { c.Aliases = true })
	w.signUp(casey)
	require.NoError(t, w.store.CreateUser(t.Context(), store.User{ID: "alias", Username: "alias"}))
	f, k := w.forms(plain), w.forms(keyed)
	for name, row := range map[string]struct {
		call func() (handler.FlowStep, error)
		want error
	}{
		"no address":         {func() (handler.FlowStep, error) { return f.SignUp(f.ctx, handler.SignUp{Username: "casey"}) }, handler.ErrUsername},
		"no account":         {func() (handler.FlowStep, error) { return f.SignIn(f.ctx, another) }, handler.ErrUserNotFound},
		"an account":         {func() (handler.FlowStep, error) { return f.SignUp(f.ctx, handler.SignUp{Username: casey}) }, handler.ErrUserExists},
		"no password":        {func() (handler.FlowStep, error) { return k.Reset(k.ctx, casey) }, handler.ErrNoPassword},
		"no way to serve":    {func() (handler.FlowStep, error) { return f.SignIn(f.ctx, "alias") }, handler.ErrElsewhere},
		"no state":           {func() (handler.FlowStep, error) { return f.Code(f.ctx, "", "12345678") }, handler.ErrFlowOver},
		"a state of nobody":  {func() (handler.FlowStep, error) { return f.Retry(f.ctx, "AAAA") }, handler.ErrFlowOver},
		"an address of 1 MB": {func() (handler.FlowStep, error) { return f.SignIn(f.ctx, string(make([]byte, 1<<20))) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := row.call()
			assert.Equal(t, handler.FlowStep{}, s)
			refused := refusal(t, err)
			assert.Equal(t, 400, refused.Status)
			if row.want != nil {
				require.ErrorIs(t, err, row.want)
			}
		})
	}
}

func TestFlows_AStateIsOfItsClientAndItsForm(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	f, other := w.forms(plain), w.forms(keyed)
	s, code := f.signInSent(casey)
	_, err := other.Code(other.ctx, s.State, code)
	require.ErrorIs(t, err, handler.ErrFlowOver)
	changed := []byte(s.State)
	changed[len(changed)/2] ^= 1
	assert.Equal(t, handler.FlowStep{}, f.Show(string(changed)))
	for name, call := range map[string]func() (handler.FlowStep, error){
		"a password": func() (handler.FlowStep, error) { return f.Password(f.ctx, s.State, harbor) },
		"attributes": func() (handler.FlowStep, error) {
			return f.Attributes(f.ctx, s.State, map[string]string{"city": "Oslo"})
		},
		"a retry":   func() (handler.FlowStep, error) { return f.Retry(f.ctx, s.State) },
		"a contact": func() (handler.FlowStep, error) { return f.Register(f.ctx, s.State, "email", another) },
	} {
		_, err := call()
		require.ErrorIs(t, err, handler.ErrFlowOver, name)
	}
	assert.Equal(t, s.Challenge, f.Show(s.State).Challenge)
	f.ended(f.Code(f.ctx, s.State, code))
}

func TestFlows_AStateEndsWithItsTime(t *testing.T) {
	f := newWorld(t).forms(plain)
	f.signUp(casey)
	s, code := f.signInSent(casey)
	f.clock.pass(11 * time.Minute)
	over, err := f.Code(f.ctx, s.State, code)
	require.ErrorIs(t, err, handler.ErrFlowOver)
	assert.Equal(t, "expired_token", refusal(t, err).Code)
	assert.Equal(t, handler.FlowStep{}, over)
}

func TestFlows_AreForPublicClientsThatThereAre(t *testing.T) {
	w := newWorld(t)
	for _, client := range []string{"", "nobody", "off", "secretive"} {
		_, err := w.auth.Flows(client)
		require.Error(t, err, client)
	}
}

func TestFlows_NeedToKnowTheRequest(t *testing.T) {
	f := newWorld(t).forms(plain)
	_, err := f.SignIn(t.Context(), casey)
	require.ErrorContains(t, err, "WithRequest")
}
