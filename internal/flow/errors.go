package flow

import (
	"errors"
	"fmt"
	"time"

	"github.com/nativeauth/nativeauth/attrs"
)

// The ways in which a step can fail. Each is one row of the wire's error catalogue; what is wrapped
// around them is for the log.
var (
	ErrUsername         = errors.New("the user name is empty or no user name")
	ErrParameter        = errors.New("a required parameter is missing") // wrapped in MissingError
	ErrChallengeType    = errors.New("a challenge type is unknown")
	ErrNoRedirect       = errors.New("the challenge types lack redirect")
	ErrAttributesJSON   = errors.New("attributes is not one flat JSON object")
	ErrTokenInvalid     = errors.New("the continuation token is not good for this call")
	ErrTokenExpired     = errors.New("the continuation token has expired")
	ErrCodeWrong        = errors.New("the code is wrong, expired, used or tried too often")
	ErrUserExists       = errors.New("the user name has an account")
	ErrUserNotFound     = errors.New("the user name has no account")
	ErrCredentials      = errors.New("the password is wrong, tried too often, or the account is disabled or not the one named")
	ErrLocked           = errors.New("the password was tried too often") // as a LockedError
	ErrMustChange       = errors.New("the password must be changed before it is good again")
	ErrNoRecovery       = errors.New("the account has no password to reset, or the client no resets")
	ErrScope            = errors.New("a scope is unknown or of a second resource")
	ErrConsent          = errors.New("the client may not have a scope")
	ErrRefreshInvalid   = errors.New("the refresh token is not good")
	ErrRefreshExpired   = errors.New("the refresh token has expired")
	ErrGrantUnknown     = errors.New("the grant type is unknown to this call")
	ErrGrantUnsupported = errors.New("the grant type is unknown to the token endpoint")
	ErrSecondFactor     = errors.New("a second factor is due, for which the call has no room")
	ErrOtherMethod      = errors.New("the account has other methods, which this flow did not pass")
	ErrIntrospect       = errors.New("the account has several methods, and none was named")
	ErrMethod           = errors.New("the account has no such method")
	ErrMethodsFull      = errors.New("the account has as many methods as it can")
	ErrContact          = errors.New("the contact is malformed, or of no use as a second factor")
	ErrContactBlocked   = errors.New("the host blocks the contact")
	ErrContactForbidden = errors.New("the host forbids to register the contact")
	ErrMailBlocked      = errors.New("the host blocks the contact of a first factor")
	ErrMailForbidden    = errors.New("the host forbids the contact of a first factor")
	ErrGrantForbidden   = errors.New("the client may not use the grant type")
	ErrGrantRefused     = errors.New("a grant of the host refuses the call")
	ErrDevicePending    = errors.New("nobody has decided about the device yet")
	ErrSlowDown         = errors.New("the device polls too often")
	ErrDeviceDenied     = errors.New("the request of the device was denied")
	ErrDeviceExpired    = errors.New("the device code has expired")
	ErrDeviceCode       = errors.New("the device code is not good")
	ErrUserCode         = errors.New("the user code is wrong, used or expired")
	ErrApproval         = errors.New("the sign-in proves less than the device's client asks for")
	ErrSource           = errors.New("the client has no such source of codes")
	ErrUsage            = errors.New("codes of this usage are good for nothing here")
	ErrSent             = errors.New("the code was sent for another client, source or address")
	ErrSignUpAsks       = errors.New("the client's sign-up asks for more than a call brings along")
	ErrBusy             = errors.New("mail cannot be taken over now")
)

// ErrRefreshReused is an ErrRefreshInvalid that somebody should look at: a refresh token that was
// used up came again, so it was stolen, or its successor was. Its family has ended.
var ErrRefreshReused = fmt.Errorf("%w: used again", ErrRefreshInvalid)

// ErrConsentRequired is an ErrConsent of a grant that is none of native authentication.
var ErrConsentRequired = fmt.Errorf("%w: administrators give it", ErrConsent)

// MissingError names the parameter that is missing. It is an ErrParameter.
type MissingError struct{ Parameter string }

func (e *MissingError) Error() string   { return "parameter " + e.Parameter + " is missing" }
func (e *MissingError) Is(t error) bool { return t == ErrParameter }

// LockedError refuses a try at a password, right or wrong, that comes too soon after the one before. It is an
// ErrCredentials, and most callers learn no more; an ErrLocked for those that do.
type LockedError struct{ Wait time.Duration } // that the one before began with

func (e *LockedError) Error() string        { return ErrCredentials.Error() + ": tried too often" }
func (e *LockedError) Is(target error) bool { return target == ErrCredentials || target == ErrLocked }

// TooSoonError refuses another code before a time has passed or, with Of, another start.
type TooSoonError struct {
	Wait   time.Duration
	OfDay  bool   // what is used up is the number of a day
	OfHour bool   // or that of an hour
	Of     string // the limit of the client address that it is; "" where it is about codes
	Limit  string // which limit that is, in words, for those who build the app; "" says nothing
}

func (e *TooSoonError) Error() string {
	if e.Of != "" {
		return "too many " + e.Of + " at the client address: the next must wait " + e.Wait.String()
	}
	return "the next code must wait " + e.Wait.String()
}

// InvalidAttributesError names the attributes that were refused, and why.
type InvalidAttributesError struct{ Invalid []attrs.Invalid }

func (e *InvalidAttributesError) Error() string { return "attributes are not valid" }

// Redirect tells the client to go on in a browser: no method that it offers can serve. The wire
// answers it as a success.
type Redirect struct{ Reason string }

func (r *Redirect) Error() string { return "the client has to use a browser" }

// An interrupt is a step that was taken and led to a state which wants something more. Token goes
// on from there.
type (
	// CredentialRequired asks for the code, after attributes or a password that came before it, or for
	// the password, after the code.
	CredentialRequired struct{ Token string }
	// AttributesRequired asks for the attributes that are still missing.
	AttributesRequired struct {
		Token   string
		Missing []attrs.Attribute
	}
	// SecondFactorRequired asks for a second factor, by one of the account's methods.
	SecondFactorRequired struct{ Token string }
	// RegistrationRequired asks for the registration of a method, by which to pass a second factor.
	RegistrationRequired struct{ Token string }
)

func (*SecondFactorRequired) Error() string { return "a second factor is required" }
func (*RegistrationRequired) Error() string { return "a method has to be registered" }
func (*CredentialRequired) Error() string   { return "a credential is required" }
func (*AttributesRequired) Error() string   { return "attributes are required" }
