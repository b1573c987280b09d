package handler

import (
	"context"
	"net/http"

	"github.com/nativeauth/nativeauth/internal/flow"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// SecondFactor says whether somebody who has proven a first factor must prove a second before they get
// tokens. It is asked at the end of each flow, and at each refresh and each request with a session of
// somebody who has proven one only: who is required to by then has to sign in again. It is called inside the
// request, by many goroutines at once, and has a second and a half; an error refuses the tokens for now (503).
//
// Who must and has no method is asked to register one, if the app can do that.
type SecondFactor func(ctx context.Context, r SecondFactorRequest) (bool, error)

// SecondFactorRequest says who is signing in.
type SecondFactorRequest struct {
	User     store.User
	ClientID string
	Request  *http.Request // whose body was read
}

// Always requires a second factor of everybody.
func Always(context.Context, SecondFactorRequest) (bool, error) { return true, nil }

// Never requires it of nobody: for a client, where Config.SecondFactor says otherwise.
func Never(context.Context, SecondFactorRequest) (bool, error) { return false, nil }

// Gate judges a contact before a code leaves for it, for a second factor, to register one, or for the grants
// GrantOTPEmail and GrantOTPSMS: as a host
// that knows numbers of ill repute. It returns ErrContactBlocked or ErrContactForbidden to keep it from
// leaving; any other error refuses the call for now (503). It is called inside the request, by many
// goroutines at once, and has a second and a half.
type Gate func(ctx context.Context, r GateRequest) error

// GateRequest says which contact it is, and who wants a code there.
type GateRequest struct {
	Purpose  otp.Purpose // otp.SecondFactor or otp.Registration; otp.SignIn or otp.SignUp of an OTP grant
	Channel  otp.Channel
	To       otp.Address
	User     store.User // the zero one for an OTP grant: nobody has proven anything then
	ClientID string
	Request  *http.Request // whose body was read
}

// The errors of a Gate.
var (
	// ErrContactBlocked says that the contact is of ill repute (access_denied, provider_blocked_by_rep).
	ErrContactBlocked = flow.ErrContactBlocked
	// ErrContactForbidden says that a rule of the host forbids it (access_denied, provider_blocked_by_admin).
	ErrContactForbidden = flow.ErrContactForbidden
)

// requestKey is where the context of a step holds the request, for functions of the host.
type requestKey struct{}

func requestFrom(ctx context.Context) *http.Request {
	r, _ := ctx.Value(requestKey{}).(*http.Request)
	return r
}

func (s SecondFactor) forFlow() flow.SecondFactor {
	if s == nil {
		return nil
	}
	return func(ctx context.Context, u store.User, clientID string) (bool, error) {
		return s(ctx, SecondFactorRequest{u, clientID, requestFrom(ctx)})
	}
}

func (g Gate) forFlow() func(context.Context, flow.GateRequest) error {
	if g == nil {
		return nil
	}
	return func(ctx context.Context, r flow.GateRequest) error {
		return g(ctx, GateRequest{r.Purpose, r.Channel, r.To, r.User, r.ClientID, requestFrom(ctx)})
	}
}

// methodsOf are the kinds of methods that people of a client can register.
func (c Config) methodsOf(client Client) []store.MethodKind {
	switch {
	case client.Methods != nil:
		return client.Methods
	case len(c.SMSCountries) > 0:
		return []store.MethodKind{store.MethodEmail, store.MethodSMS}
	}
	return []store.MethodKind{store.MethodEmail}
}
