package handler

import (
	"errors"
	"fmt"

	"github.com/nativeauth/nativeauth/internal/flow"
	"github.com/nativeauth/nativeauth/password"
	"github.com/nativeauth/nativeauth/token"
)

// row is an answer that the contract has for a call that failed. The catalogue below holds every
// one of them; the table in docs/errors.md is made from it.
type row struct {
	Status   int    // of HTTP
	Code     string // error: RFC 6749 §5.2 and the contract
	SubError string // suberror: what clients branch on, where there is one
	Number   int    // the one member of error_codes
	Text     string // what error_description says after the number
	When     string // for the documentation

	cause error // what the engine or this package says when the row applies
}

// What this package itself finds wrong; the rest is in internal/flow.
var (
	errMalformed    = errors.New("the request cannot be read")
	errTooLarge     = errors.New("the body is too large")
	errMediaType    = errors.New("the content type is not form-encoded")
	errMethod       = errors.New("the method is not allowed")
	errNoRoute      = errors.New("no such endpoint")
	errClientID     = errors.New("client_id is missing or malformed")
	errClient       = errors.New("the client is unknown")
	errConfidential = errors.New("the client is confidential")
	errDisabled     = errors.New("the client is disabled")
	errPanic        = errors.New("panic")
	errCrossOrigin  = errors.New("the request comes from another origin")
	errTenant       = errors.New("the tenant is another")
	errTenantShared = errors.New("the tenant is common or consumers")
	errUnavailable  = errors.New("something this server needs is out of order")
)

// catalogue lists every error of the API. Clients match the numbers and texts of some rows (sections
// 2.5 and 5 of the contract), so no text may hold a phrase that another row is known by.
var catalogue = []row{
	{400, "invalid_request", "", 90100, "client_id parameter is empty or not valid.", "client_id is missing or malformed", errClientID},
	{400, "unauthorized_client", "", 700016, "The application was not found.", "client_id is well-formed and unknown", errClient},
	{400, "invalid_client", "", 550022, "Confidential Client is not supported in Native Authentication API flow.", "a confidential client calls the native API", errConfidential},
	{400, "invalid_client", "nativeauthapi_disabled", 7000112, "Native authentication is disabled for the application.", "the client is marked Disabled", errDisabled},
	{401, "invalid_client", "", 7000218, "The application has to authenticate, by client_secret or client_assertion.", "a confidential client sends no credential, for a grant that is none of the native API", errCredentialMissing},
	{401, "invalid_client", "", 7000215, "The client secret is not valid.", "the secret of a confidential client is wrong", errSecretWrong},
	{401, "invalid_client", "", 700027, "The client assertion is not valid.", "the assertion of a confidential client is forged, expired, used, of another client or for another server", errAssertionBad},
	{401, "invalid_client", "", 700025, "The application is public and must send neither client_secret nor client_assertion.", "a public client sends a credential, for a grant of GrantTypes", errCredentialOfNone},
	{401, "invalid_client", "", 70002, "The application could not be authenticated.", "the Authorization header cannot be read, or the assertion is of an unknown type", errClientAuth},
	{400, "invalid_request", "", 90002, "The tenant was not found.", "the tenant in the path is neither TenantID, nor organizations, nor the host of Issuer", errTenant},
	{400, "invalid_request", "", 9001023, "The grant type needs the tenant in the path, or organizations.", "the tenant in the path is common or consumers", errTenantShared},

	{400, "invalid_request", "", 90100, "username parameter is empty or not valid.", "username is missing, or is no address (or alias, where they are on)", flow.ErrUsername},
	{400, "invalid_request", "", 900144, "The request body must contain the parameter", "a required parameter is missing; the text names it", flow.ErrParameter},
	{400, "invalid_request", "", 901007, "The challenge_type list parameter contains an unsupported challenge type.", "challenge_type holds an unknown value", flow.ErrChallengeType},
	{400, "unsupported_challenge_type", "", 901007, "The challenge_type list parameter does not include the 'redirect' type.", "challenge_type lacks redirect", flow.ErrNoRedirect},
	{400, "invalid_request", "", 90023, "The attributes parameter is not a JSON object of names and plain values.", "attributes cannot be read", flow.ErrAttributesJSON},
	{400, "invalid_grant", "attribute_validation_failed", 901014, "One or more attributes are not valid.", "an attribute breaks its rule; invalid_attributes names it", errAttributes},

	{400, "invalid_request", "", 55200, "The continuation_token is invalid.", "the token is forged, replaced, used, another client's, or of another step", flow.ErrTokenInvalid},
	{400, "expired_token", "", 552003, "The continuation_token is expired.", "the token, or its flow, is too old", flow.ErrTokenExpired},
	{400, "invalid_grant", "invalid_oob_value", 50181, "Unable to validate the otp.", "the code is wrong, expired, replaced, used or tried too often", flow.ErrCodeWrong},
	{400, "credential_required", "", 55103, "Credential required.", "the password is missing, or something came before the code; continuation_token goes on at the challenge", errCredential},
	{400, "attributes_required", "", 55106, "User attributes are required.", "required_attributes are missing; continuation_token goes on at continue", errMissing},

	{400, "user_already_exists", "", 1003037, "It looks like you may already have an account. Please sign in instead.", "the address has an account", flow.ErrUserExists},
	{400, "user_not_found", "", 50034, "The user account does not exist.", "the user name has no account", flow.ErrUserNotFound},
	{400, "invalid_grant", "", 50126, "Error validating credentials.", "the password is wrong or was tried too often, the account is disabled, or username names another one", flow.ErrCredentials},
	{400, "invalid_grant", "mfa_required", 50076, "A second factor is required.", "the policy asks for a second factor; continuation_token goes on at introspect or challenge", errSecond},
	{400, "invalid_grant", "registration_required", 50079, "A method for a second factor has to be registered.", "the policy asks for a second factor and the account has none; continuation_token goes on at register", errRegistration},
	{400, "invalid_request", "introspect_required", 50076, "The account has several methods. Name one by its id.", "a second factor was asked for without id, and no method is the default", flow.ErrIntrospect},
	{400, "invalid_request", "", 901001, "The id is that of no method of the account.", "id names no method that can be used here", flow.ErrMethod},
	{400, "invalid_grant", "", 400002, "The account has to be signed in to by another method.", "a second factor is due, and the account's only ones are those this flow has used, or cannot be used, or none can be registered", flow.ErrOtherMethod},
	{400, "invalid_grant", "", 50076, "A second factor is required (interaction_required): sign in again.", "a refresh token from before the policy asked for a second factor, or a password in one call, which has no room for it", flow.ErrSecondFactor},
	{400, "invalid_request", "", 901001, "The contact is not valid.", "challenge_target is malformed, of a channel or country that is not served, or the first factor itself", flow.ErrContact},
	{400, "access_denied", "provider_blocked_by_rep", 550024, "The contact is blocked.", "Config.Gate returned ErrContactBlocked for the code of a first factor", flow.ErrMailBlocked},
	{400, "access_denied", "provider_blocked_by_admin", 550024, "The contact is not allowed.", "Config.Gate returned ErrContactForbidden for the code of a first factor", flow.ErrMailForbidden},
	{400, "access_denied", "provider_blocked_by_rep", 550024, "Configuring multi-factor authentication method is blocked.", "Config.Gate returned ErrContactBlocked for a second factor", flow.ErrContactBlocked},
	{400, "access_denied", "provider_blocked_by_admin", 550024, "Configuring multi-factor authentication method is not allowed.", "Config.Gate returned ErrContactForbidden for a second factor", flow.ErrContactForbidden},
	{400, "access_denied", "provider_blocked_by_admin", 550024, "The account has as many methods as it can.", "a method was registered for an account that has ten", flow.ErrMethodsFull},
	{400, "invalid_request", "", 50142, "The password must be changed before it can be used again.", "the host requires a reset", flow.ErrMustChange},
	{400, "invalid_request", "", 500222, "The tenant or user does not support native credential recovery.", "the account has no password, or the client no resets", flow.ErrNoRecovery},
	rejected(password.TooWeak, "the password has too few classes of characters"),
	rejected(password.TooShort, "the password is shorter than Config.Passwords allows"),
	rejected(password.TooLong, "the password is longer than 256 characters"),
	rejected(password.RecentlyUsed, "the password is, or was of late, the account's own"),
	rejected(password.Banned, "the password is common, made of the names of person or service, or known from a breach"),
	rejected(password.Invalid, "the password is blank, or no text that can be typed again"),

	{400, "invalid_grant", "", 70003, "The grant type is not supported at this endpoint.", "grant_type is unknown at a continue call", flow.ErrGrantUnknown},
	{400, "unsupported_grant_type", "", 70003, "The grant type is not supported.", "grant_type is unknown at token", flow.ErrGrantUnsupported},
	{400, "unauthorized_client", "", 70001, "The application may not use the grant type.", "grant_type is not among the client's GrantTypes", flow.ErrGrantForbidden},
	{400, "invalid_grant", "", 70000, "The grant is not valid.", "a grant of the host returned ErrGrantRefused", flow.ErrGrantRefused},
	{400, "invalid_scope", "", 70011, "The scope is not valid.", "a scope is unknown, or of a second resource, or wider than was granted", flow.ErrScope},
	{400, "invalid_grant", "consent_required", 65001, "The application has no consent for a scope.", "the client may not have a scope, for a grant that is none of the native API", flow.ErrConsentRequired},
	{400, "invalid_grant", "", 65001, "The application has no consent for a scope.", "the client may not have a scope", flow.ErrConsent},
	{400, "invalid_grant", "bad_token", 70000, "The refresh token is not valid.", "the refresh token is unknown, used again, revoked, or the user is gone", flow.ErrRefreshInvalid},
	{400, "invalid_grant", "bad_token", 700082, "The refresh token has expired.", "the refresh token was not used for too long", flow.ErrRefreshExpired},
	{400, "access_denied", "", 53003, "The sign-in was refused.", "Auth0.Rule returned ErrAccessDenied", flow.ErrDenied},

	{400, "authorization_pending", "", 70016, "Nobody has decided about the device yet. Ask again after the interval.", "a device polls, and nobody has approved or denied it", flow.ErrDevicePending},
	{400, "slow_down", "", 70016, "The device asks too often. The interval is 5 seconds longer from now on.", "a device polls before its interval is over", flow.ErrSlowDown},
	{400, "authorization_declined", "", 65004, "The request of the device was denied.", "somebody has denied the device", flow.ErrDeviceDenied},
	{400, "expired_token", "", 70020, "The device_code has expired.", "the device code is older than 15 minutes", flow.ErrDeviceExpired},
	{400, "bad_verification_code", "", 70018, "The device_code is not valid.", "the device code is forged, used, another client's, or who approved it is gone, disabled or signed out everywhere", flow.ErrDeviceCode},
	{400, "bad_verification_code", "", 70018, "The user_code is wrong, was used, or has expired.", "the code that somebody typed leads to no device that waits", flow.ErrUserCode},
	{401, "insufficient_user_authentication", "", 50076, "The device's app asks for a second factor. Sign in with one, then approve.", "who would approve has not passed the second factor that the policy asks for at the device's client", flow.ErrApproval},

	{400, "invalid_request", "", 90023, "The request is malformed.", "a parameter is doubled, too long, not UTF-8 or holds control characters; the text says which", errMalformed},
	{403, "access_denied", "", 90023, "The request comes from another origin.", "a page of another origin, also of a sub-domain, called what sets or uses the cookie of a session", errCrossOrigin},
	{404, "invalid_request", "", 90023, "There is no such endpoint.", "the path is unknown", errNoRoute},
	{405, "invalid_request", "", 900561, "The endpoint does not accept this method.", "the method is another than Allow says", errMethod},
	{413, "invalid_request", "", 90023, "The request body is too large.", "the body is over 64 KiB", errTooLarge},
	{415, "invalid_request", "", 90023, "The request body must be application/x-www-form-urlencoded.", "the content type is another", errMediaType},
	{429, "temporarily_unavailable", "", 90055, "Too many requests. Try again later.", "the next code, or the next call from the client address, must wait; Retry-After says how long", errTooSoon},
	{500, "server_error", "", 50000, "The server made a mistake.", "a bug, here or in a hook", errPanic},
	{500, "server_error", "", 50000, "The server made a mistake.", "a hook set a claim of the protocol", token.ErrReserved},
	{503, "temporarily_unavailable", "", 90033, "A service is temporarily unavailable. Try again later.", "a store, the keys, the mail queue or a hook failed or did not answer in time; Retry-After says when to come back", errUnavailable},
}

// rejected is the row of a password that must not be chosen. The policy's own words follow its text.
func rejected(reason password.Reason, when string) row {
	return row{400, "invalid_grant", string(reason), 399246, "The new password cannot be used.", when, &password.Rejected{Reason: reason}}
}

// Rows whose cause comes with data, as a type of internal/flow.
var (
	errAttributes   = errors.New("attributes are not valid")
	errCredential   = errors.New("a credential is required")
	errMissing      = errors.New("attributes are required")
	errTooSoon      = errors.New("the next code must wait")
	errTooMany      = fmt.Errorf("%w: of a client address", errTooSoon)
	errSecond       = errors.New("a second factor is required")
	errRegistration = errors.New("a method has to be registered")
)

// row finds the answer for an error. What no row names is something out of order.
func rowOf(err error) row {
	for _, e := range catalogue {
		if errors.Is(err, e.cause) {
			return e
		}
	}
	return rowOf(errUnavailable)
}

// legacy returns the answer that older versions of the contract had for a path, where the host has
// chosen it.
func (l Legacy) legacy(path string, e row) row {
	signUp := path == pathSignUpChallenge || path == pathSignUpContinue
	token := path == pathSignUpChallenge || path == pathSignInChallenge || path == pathToken
	switch {
	case l.UnknownClientInvalid && e.cause == errClient && signUp:
		e.Code = "invalid_client"
	case l.UnknownUserInvalidGrant && e.cause == flow.ErrUserNotFound && path == pathSignInStart:
		e.Code = "invalid_grant"
	case l.BadTokenInvalidGrant && e.cause == flow.ErrTokenInvalid && token:
		e.Code = "invalid_grant"
	case l.NoRedirectInvalid && e.cause == flow.ErrNoRedirect:
		e.Code = "invalid_request"
	case l.DeviceErrorsOfRFC && e.cause == flow.ErrDeviceDenied:
		e.Code = "access_denied"
	case l.DeviceErrorsOfRFC && e.cause == flow.ErrDeviceCode:
		e.Code = "invalid_grant"
	case l.AttributesFailedError && e.cause == errAttributes:
		e.Code, e.SubError = e.SubError, ""
	}
	return e
}
