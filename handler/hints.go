package handler

import (
	"fmt"
	"strings"

	"github.com/nativeauth/nativeauth/internal/flow"
	"github.com/nativeauth/nativeauth/password"
	"github.com/nativeauth/nativeauth/token"
)

// hints are the words for every row of the catalogue. The first that fits counts, so what says more comes first.
var hints []hint

func init() { // hints look at routes, which answer with hints
	hints = []hint{
		of(outOfOrder),
		depends(flow.ErrTokenUnreadable, (*exchange).unreadable),
		on(flow.ErrTokenReplaced, "This token was replaced. "+eachAnswer+" Of calls that run at once, or come twice, one goes on."),
		on(flow.ErrFlowOver, "The flow of this token is over: it was completed, or has ended. "+startAgain),
		on(flow.ErrTokenInvalid, "What the flow rests on has changed since it began, as a new password or an end of all sessions does. "+startAgain),
		on(flow.ErrTokenExpired, fmt.Sprintf("A token is good for %v after the answer that brought it, and a flow for %v in all. %s",
			flow.TokenLife, flow.FlowLife, startAgain)),
		of((*exchange).missing),
		of((*exchange).tooSoon),
		on(errTooSoon, "Wait as long as the Retry-After header says."),

		// Of the client.
		on(errClientID, "Send client_id: the ID of one of Config.Clients."),
		on(errClient, "client_id is not the ID of one of Config.Clients."),
		on(errConfidential, "The client has Secrets, Keys or Confidential set, and native authentication is for public clients: give the app an entry of its own in Config.Clients, without these."),
		on(errDisabled, "The client has Disabled set in Config.Clients."),
		on(errCredentialMissing, "The client has Secrets or Keys: send one of the secrets (client_secret, or the Authorization header), or an assertion that a key has signed."),
		on(errSecretWrong, "The secret has to be one of Client.Secrets, form-encoded where it travels in the Authorization header."),
		on(errAssertionBad, "An assertion is signed by a key of Client.Keys, with its kid and alg; iss and sub are the client_id, aud the issuer or the endpoint, exp at most ten minutes away, and each jti is good once."),
		on(errCredentialOfNone, "The client has neither Secrets nor Keys in Config.Clients: leave client_secret and client_assertion out, or give it one."),
		on(errClientAuth, "A client names itself by client_id. One with Secrets or Keys authenticates by client_secret, by Authorization: Basic, or by client_assertion with client_assertion_type "+jwtBearer+"."),
		depends(errTenant, (*exchange).tenantNames),
		depends(errTenantShared, (*exchange).tenantNames),

		// Of parameters.
		on(flow.ErrUsername, "username is an e-mail address. Config.Aliases lets people sign in with other names, too."),
		on(flow.ErrParameter, "Parameters travel in the body, form-encoded ("+formType+")."),
		on(flow.ErrChallengeType, "challenge_type is a list, separated by blanks, of oob, password and redirect; at "+pathRegisterChallenge+" it is oob."),
		on(flow.ErrNoRedirect, "Send challenge_type=oob redirect, or oob password redirect where the client has passwords: redirect is always among them."),
		on(flow.ErrAttributesJSON, "attributes is one JSON object of at most 50 members, without arrays and objects in it and each name once, form-encoded as any parameter."),
		of(func(_ *exchange, e *flow.InvalidAttributesError) string {
			said := make([]string, len(e.Invalid))
			for i, v := range e.Invalid {
				said[i] = v.Name + ": " + v.Reason
			}
			return "Client.Attributes has the rules. " + strings.Join(said, " ")
		}),
		on(errAttributes, "Client.Attributes has the rules."),
		of(func(_ *exchange, e *flow.AttributesRequired) string {
			names := make([]string, len(e.Missing))
			for i, m := range e.Missing {
				names[i] = m.Name
			}
			return "Go on with " + callOf("sign-up attributes").String() + ": " + strings.Join(names, ", ") + "."
		}),
		on(errMissing, "Go on with "+callOf("sign-up attributes").String()+"."),
		depends(flow.ErrGrantUnknown, (*exchange).grantTypes),
		depends(flow.ErrGrantUnsupported, (*exchange).grantTypes),
		depends(flow.ErrGrantForbidden, (*exchange).grantTypes),
		on(flow.ErrGrantRefused, "The function in Config.Grants returned ErrGrantRefused; the log has what it wraps."),
		depends(flow.ErrScope, (*exchange).scopes),
		depends(flow.ErrConsent, (*exchange).consent),

		// Of people. What is said here must not depend on who they are.
		depends(flow.ErrCodeWrong, (*exchange).wrongCode),
		of(func(x *exchange, _ *flow.CredentialRequired) string { return x.goOnAtChallenge() }),
		depends(errCredential, (*exchange).goOnAtChallenge),
		on(flow.ErrUserExists, "Sign the person in ("+pathSignInStart+"). With Config.HideAccounts no answer tells of an account."),
		on(flow.ErrUserNotFound, "Sign the person up ("+pathSignUpStart+"). With Config.HideAccounts no answer tells of an account."),
		on(flow.ErrCredentials, "Name, password and account do not go together, or were tried too often; the log says which. "+pathResetStart+" begins a reset. A parameter username at the token endpoint is the one that the flow began with, or is left out."),
		of(func(*exchange, *flow.SecondFactorRequired) string { return secondHint }),
		on(errSecond, secondHint),
		of(func(*exchange, *flow.RegistrationRequired) string { return registrationHint }),
		on(errRegistration, registrationHint),
		on(flow.ErrIntrospect, "List the methods with "+pathIntrospect+", and send the id of one to "+pathSignInChallenge+"."),
		on(flow.ErrMethod, "Send as id that of a method which "+pathIntrospect+" has listed for this flow."),
		on(flow.ErrOtherMethod, "What the first factor was cannot be the second. The account needs a method of another kind: Auth.AddMethod adds one, and Client.Methods says which people can register."),
		on(flow.ErrSecondFactor, "SecondFactor (of Config or of the client) asks for a second factor, and this call has no room for one: sign in by native authentication ("+pathSignInStart+"), with capabilities, or let SecondFactor spare the client."),
		on(flow.ErrContact, "challenge_target is an e-mail address, or a number as +49 and the rest, of a country in Config.SMSCountries, with challenge_channel email or sms as Client.Methods allows; and not where the first code went."),
		on(flow.ErrContactBlocked, "Config.Gate returned ErrContactBlocked for the contact."),
		on(flow.ErrMailBlocked, "Config.Gate returned ErrContactBlocked for the contact."),
		on(flow.ErrContactForbidden, "Config.Gate returned ErrContactForbidden for the contact."),
		on(flow.ErrMailForbidden, "Config.Gate returned ErrContactForbidden for the contact."),
		on(flow.ErrMethodsFull, "An account has ten methods at the most: Auth.RemoveMethod takes one away."),
		on(flow.ErrMustChange, "The account has to have a new password first: "+pathResetStart+" begins a reset."),
		on(flow.ErrNoRecovery, "A reset is for accounts with a password, at clients with Passwords and without NoReset; others sign in with a code."),
		of(func(*exchange, *password.Rejected) string {
			return "Config.Passwords has the rules, and its Breached the check for breaches."
		}),

		// Of refresh tokens and devices.
		on(flow.ErrRefreshReused, "This refresh token was used before, and all that came of its sign-in has ended. Keep the refresh token of each answer in place of the one sent. "+signInAgain),
		on(flow.ErrRefreshInvalid, "A refresh token is good for the client it was made for, until it was used, or its sign-in was ended. "+signInAgain),
		depends(flow.ErrRefreshExpired, func(x *exchange) string {
			return fmt.Sprintf("A refresh token ends after %v without use (Config.RefreshTokenIdle), and %v after the sign-in (RefreshTokenLifetime). %s",
				x.auth.cfg.RefreshTokenIdle, x.auth.cfg.RefreshTokenLifetime, signInAgain)
		}),
		on(flow.ErrDenied, "Auth0.Rule of the client returned ErrAccessDenied."),
		on(flow.ErrDevicePending, "Nothing is wrong: poll again when the interval has passed, which the answer to "+pathDeviceCode+" names."),
		on(flow.ErrSlowDown, "Keep to the interval of "+pathDeviceCode+", and add 5 seconds each time this comes."),
		on(flow.ErrDeviceDenied, "Somebody has said no: stop polling."),
		on(flow.ErrDeviceExpired, "A device code is good for 15 minutes: ask for another ("+pathDeviceCode+")."),
		on(flow.ErrDeviceCode, "Send the device_code of the latest answer of "+pathDeviceCode+", with the client_id that has asked for it; it gives tokens once."),
		on(flow.ErrUserCode, "user_code is the one that the device shows, good for 15 minutes and until somebody has decided. Blanks, hyphens and case do not matter."),
		on(flow.ErrApproval, "SecondFactor asks for a second factor at the device's client: sign in with one here, then approve."),

		// Of the transport.
		on(errMalformed, "Form-encode the parameters, each once, as UTF-8 without control characters; no more than 64."),
		on(errCrossOrigin, "What sets or uses the cookie of a session is called by pages of the API's own origin. Config.Origins is for calls without one."),
		depends(errNoRoute, (*exchange).paths),
		depends(errMethod, (*exchange).methods),
		on(errTooLarge, "A body has 64 KiB at the most."),
		on(errMediaType, "Send Content-Type: "+formType+" with a body as a=1&b=2, which JSON is not."),
		of(func(_ *exchange, r *refusal) string { return hintOfRefusal(r) }),

		// Of the server.
		on(errPanic, "The log has the cause, under the same ids."),
		on(token.ErrReserved, "Config.Claims returned a claim that the protocol sets itself; the log says which."),
		{fits: func(error) bool { return true }, text: "The log has the cause, under the same ids. Come back when the Retry-After header says."},
	}
}

const (
	signInAgain      = "Sign in again (" + pathSignInStart + ")."
	secondHint       = "Nothing is wrong: go on with the continuation_token of this answer, at " + pathIntrospect + " to list the methods, or " + pathSignInChallenge + " to send a code; then " + pathToken + " with grant_type=mfa_oob and oob."
	registrationHint = "Nothing is wrong: go on with the continuation_token of this answer, at " + pathRegisterIntrospect + ", " + pathRegisterChallenge + ", " + pathRegisterContinue + "; then " + pathToken + " with grant_type=continuation_token."
)

// goOnAtChallenge says where a credential is asked for.
func (x *exchange) goOnAtChallenge() string {
	return "Go on with the continuation_token of this answer at " + x.challenge() + ", then send what that asks for."
}

// hintOfRefusal is for the answers of RFC 6750.
func hintOfRefusal(r *refusal) string {
	switch r.code {
	case "":
		return "Send the access token as Authorization: Bearer, a blank, and the token."
	case "invalid_token":
		return "Send the access_token of the latest token answer; it has to be for this API (aud) and from this Issuer, its sign-in not ended, and no id token or refresh token."
	case "insufficient_scope":
		return "Ask for the scopes that WWW-Authenticate names, by scope at " + pathToken + "."
	}
	return "Send one Authorization header: Bearer, one blank, and the access token."
}
