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

// Gate judges a contact before a code leaves for it: for a sign-up, a sign-in, a reset, a second factor or its
// registration, of whichever API. It is where a host looks for bots, by a token that its page has put into a
// header of the request (Request.Header.Get("x-captcha-token")), or knows contacts of ill repute. It returns
// ErrContactBlocked or ErrContactForbidden to keep the code from leaving, which then counts for no limit; any
// other error refuses the call for now (503). A code that a limit keeps back already it is not asked about, and
// neither about notices, which go to the owner of an account after something was done.
//
// It is called inside the request, by many goroutines at once, and has a second and a half.
type Gate func(ctx context.Context, r GateRequest) error

// GateRequest says which contact it is, and who wants a code there. With Config.HideAccounts it is the same for
// a contact with an account and one without, as long as nobody has proven anything, so that the answer of a Gate
// tells nobody which it is.
type GateRequest struct {
	Purpose  otp.Purpose   // what the code is for
	Channel  otp.Channel   // how it would travel
	To       otp.Address   // the whole address: where it would go or, with HideAccounts, what the caller said for a first factor
	User     store.User    // for a second factor or its registration; the zero one for a first factor
	ClientID string        // of the app
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
