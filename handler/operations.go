package handler

import (
	"net/http"
	"slices"
)

// operation is what the description says of a path: what it takes, and what it answers when all goes well.
type operation struct {
	path    string
	about   string
	params  []param
	answers []any    // a body each, of which one comes
	json    bool     // the parameters may travel as JSON, too
	bearer  bool     // an access token, in a header
	reads   bool     // it is a GET
	errors  []string // beside those of all paths
}

// param is one of the form.
type param struct {
	name     string
	required bool
	about    string
}

func must(name, about string) param { return param{name, true, about} }
func may(name, about string) param  { return param{name, false, about} }

// Parameters that many endpoints have.
var (
	clientParam       = must("client_id", "The app that calls.")
	tokenParam        = must("continuation_token", "That of the answer before.")
	typesParam        = must("challenge_type", "What the app can do, separated by blanks: oob, password, redirect. redirect is always among them.")
	typesAgainParam   = may("challenge_type", "As before, if it has changed.")
	capabilitiesParam = may("capabilities", "mfa_required and registration_required, separated by blanks: what the app can go on with.")
	localesParam      = may("ui_locales", "The languages in which the person wants to read mail, separated by blanks, the best first.")
	attributesParam   = may("attributes", "A JSON object of what people say about themselves.")
	secretParam       = may("client_secret", "Of a confidential client, unless it authenticates by the Authorization header or an assertion.")
	assertionParam    = may("client_assertion", "Of a confidential client with keys (RFC 7523).")
	assertionTypeOf   = may("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer, with client_assertion.")
	scopeParam        = may("scope", "What the access token is for, separated by blanks.")
	usernameParam     = must("username", "The address that somebody signs in with, or another name, where the host has given one.")
)

// Errors that many endpoints have.
var (
	ofClients = []string{"unauthorized_client", "invalid_client"}
	ofTokens  = []string{"unauthorized", "invalid_token", "insufficient_scope"}
)

// also adds errors to a list that others have.
func also(some []string, more ...string) []string { return append(slices.Clone(some), more...) }

// operations describes every path of the API, in the order of the table.
var operations = []operation{
	{path: pathSignUpStart, errors: also(ofClients, "attribute_validation_failed", "unsupported_challenge_type", "user_already_exists", "invalid_grant"),
		about: "Opens a sign-up.", params: []param{clientParam, usernameParam, typesParam,
			may("password", "The one that the account is to have. It may come later."), attributesParam, capabilitiesParam},
		answers: []any{continueBody{}, redirectBody{}}},
	{path: pathSignUpChallenge, errors: also(ofClients, "expired_token", "unsupported_challenge_type", "access_denied", "invalid_grant"),
		about:  "Sends the code of a sign-up, or another one; or asks for the password.",
		params: []param{clientParam, tokenParam, typesAgainParam, localesParam}, answers: []any{challengeBody{}, typeBody{}, redirectBody{}}},
	{path: pathSignUpContinue, errors: also(ofClients, "expired_token", "invalid_grant", "credential_required", "attributes_required", "attribute_validation_failed", "user_already_exists"),
		about: "Takes the code, the password or attributes of a sign-up.",
		params: []param{clientParam, tokenParam, must("grant_type", "oob, password or attributes."),
			may("oob", "The code, with grant_type oob."), may("password", "With grant_type password."), attributesParam},
		answers: []any{continueBody{}}},
	{path: pathSignInStart, errors: also(ofClients, "unsupported_challenge_type", "user_not_found", "invalid_grant"),
		about: "Opens a sign-in.", params: []param{clientParam, usernameParam, typesParam, capabilitiesParam},
		answers: []any{continueBody{}, redirectBody{}}},
	{path: pathSignInChallenge, errors: also(ofClients, "expired_token", "unsupported_challenge_type", "access_denied", "invalid_grant", "user_not_found"),
		about:   "Asks for the password, or sends a code: of a sign-in, or of a second factor.",
		params:  []param{clientParam, tokenParam, typesAgainParam, may("id", "The method, for a second factor."), localesParam},
		answers: []any{challengeBody{}, typeBody{}, redirectBody{}}},
	{path: pathToken, errors: also(ofClients, "expired_token", "invalid_grant", "unsupported_grant_type", "invalid_scope", "access_denied", "user_not_found", "authorization_pending", "slow_down", "authorization_declined", "bad_verification_code"),
		about: "Gives tokens, or a session to a client with cookies.",
		params: []param{clientParam,
			must("grant_type", "oob, password, mfa_oob, continuation_token or refresh_token; or one of the client's GrantTypes."),
			may("continuation_token", "That of the answer before, in a flow."), may("oob", "The code, with oob and mfa_oob."),
			may("password", "With password."), may("username", "With password where there is no continuation_token."),
			may("refresh_token", "With refresh_token."), may("device_code", "Of a device that polls."),
			scopeParam, capabilitiesParam, secretParam, assertionParam, assertionTypeOf, localesParam},
		answers: []any{tokenBody{}, sessionBody{}, redirectBody{}}},
	{path: pathResetStart, errors: also(ofClients, "unsupported_challenge_type", "user_not_found"),
		about: "Opens the reset of a password.", params: []param{clientParam, usernameParam, typesParam, capabilitiesParam},
		answers: []any{continueBody{}, redirectBody{}}},
	{path: pathResetChallenge, errors: also(ofClients, "expired_token", "unsupported_challenge_type", "access_denied"),
		about:  "Sends the code of a reset, or another one.",
		params: []param{clientParam, tokenParam, typesAgainParam, localesParam}, answers: []any{challengeBody{}, redirectBody{}}},
	{path: pathResetContinue, errors: also(ofClients, "expired_token", "invalid_grant"),
		about:  "Takes the code of a reset.",
		params: []param{clientParam, tokenParam, must("grant_type", "oob."), must("oob", "The code.")}, answers: []any{provenBody{}}},
	{path: pathResetSubmit, errors: also(ofClients, "expired_token", "invalid_grant"),
		about:  "Takes the new password.",
		params: []param{clientParam, tokenParam, must("new_password", "The password."), localesParam}, answers: []any{submittedBody{}}},
	{path: pathResetPoll, errors: also(ofClients, "expired_token"),
		about: "Says whether the new password is in force.", params: []param{clientParam, tokenParam}, answers: []any{polledBody{}}},
	{path: pathIntrospect, errors: also(ofClients, "user_not_found", "expired_token", "invalid_grant"),
		about: "Lists the methods by which a second factor can be passed.", params: []param{clientParam, tokenParam},
		answers: []any{methodsBody{}}},
	{path: pathRegisterIntrospect, errors: also(ofClients, "user_not_found", "expired_token", "invalid_grant"),
		about: "Lists the methods that can be registered.", params: []param{clientParam, tokenParam},
		answers: []any{methodsBody{}}},
	{path: pathRegisterChallenge, errors: also(ofClients, "user_not_found", "expired_token", "unsupported_challenge_type", "access_denied", "invalid_grant"),
		about: "Sends a code to the contact that is to become a method.",
		params: []param{clientParam, tokenParam, may("challenge_type", "oob."), may("challenge_target", "The address or number; none for totp."),
			may("challenge_channel", "email, sms or totp."), localesParam},
		answers: []any{registeringBody{}, typeBody{}, redirectBody{}}},
	{path: pathRegisterContinue, errors: also(ofClients, "user_not_found", "expired_token", "invalid_grant", "access_denied"),
		about:   "Takes the code, and registers the method.",
		params:  []param{clientParam, tokenParam, must("grant_type", "oob, or continuation_token for what is preverified."), may("oob", "The code."), localesParam},
		answers: []any{registeredBody{}}},

	{path: pathRevoke, errors: ofClients,
		about:   "Ends a refresh token and all that came of its sign-in (RFC 7009).",
		params:  []param{clientParam, must("token", "The refresh token."), may("token_type_hint", "Not looked at."), secretParam, assertionParam, assertionTypeOf},
		answers: []any{struct{}{}}},
	{path: pathInspect, errors: ofClients,
		about:   "Tells a confidential client what a token comes to (RFC 7662).",
		params:  []param{clientParam, must("token", "The token."), may("token_type_hint", "Not looked at."), secretParam, assertionParam, assertionTypeOf},
		answers: []any{inspectionBody{}}},
	{path: pathUserInfo, errors: ofTokens,
		about: "Says who the person of an access token is (OpenID Connect Core §5.3).", bearer: true, reads: true,
		answers: []any{map[string]any{}}},
	{path: pathUserInfoToo, errors: ofTokens,
		about: "The same, where Azure AD has it.", bearer: true, reads: true, answers: []any{map[string]any{}}},
	{path: pathLogout, errors: also(ofClients, "access_denied"),
		about: "Ends the session of the cookie. The answer is a redirect, 303, where the app names a place to go on.",
		params: []param{may("client_id", "The app, with post_logout_redirect_uri."), may("post_logout_redirect_uri", "One of the client's LogoutURIs."),
			may("state", "Handed on.")}, answers: []any{struct{}{}}},

	{path: pathDeviceCode, errors: also(ofClients, "invalid_scope", "invalid_grant"),
		about:  "Gives a device its codes (RFC 8628).",
		params: []param{clientParam, scopeParam, secretParam, assertionParam, assertionTypeOf}, answers: []any{deviceCodeBody{}}},
	{path: pathDeviceCodeToo, errors: also(ofClients, "invalid_scope", "invalid_grant"),
		about:  "The same, where Azure AD has it.",
		params: []param{clientParam, scopeParam, secretParam, assertionParam, assertionTypeOf}, answers: []any{deviceCodeBody{}}},
	{path: pathDecide, errors: also(ofTokens, "bad_verification_code", "unauthorized_client", "insufficient_user_authentication"),
		about: "Lets an app look at a device, approve or deny it.", bearer: true,
		params:  []param{must("user_code", "What the device shows."), may("action", "approve or deny; none to look."), may("access_token", "Unless it is in the header.")},
		answers: []any{decisionBody{}}},

	{path: pathAuth0Token, errors: also(ofClients, "invalid_grant", "mfa_required", "expired_token", "access_denied", "invalid_scope", "unsupported_grant_type", "unsupported_challenge_type", "too_many_attempts"),
		about: "Gives tokens to clients of Auth0.", json: true,
		params: []param{clientParam, must("grant_type", "As Auth0 has them."), may("username", ""), may("password", ""), may("realm", ""),
			may("audience", "The API that the access token is for."), scopeParam, may("refresh_token", ""), may("mfa_token", ""), may("oob_code", ""),
			may("binding_code", ""), may("otp", ""), may("recovery_code", ""), secretParam, assertionParam, assertionTypeOf},
		answers: []any{auth0Body{}}},
	{path: pathAuthenticators, errors: also(ofTokens, "invalid_grant", "expired_token", "unauthorized_client"),
		about: "Lists the methods for a second factor. The bearer token is the mfa_token.", bearer: true, reads: true,
		answers: []any{[]authenticatorBody{}}},
	{path: pathMFAChallenge, errors: also(ofClients, "invalid_grant", "expired_token", "access_denied", "unsupported_challenge_type", "too_many_attempts"),
		about: "Asks for a second factor.", json: true,
		params: []param{clientParam, must("mfa_token", ""), may("challenge_type", "otp and oob, separated by blanks."), may("authenticator_id", ""),
			secretParam, assertionParam, assertionTypeOf, localesParam},
		answers: []any{mfaChallengeBody{}}},

	{path: pathOTPSend, errors: also(ofClients, "invalid_auth_source", "malformed_phone_number", "malformed_email", "invalid_email", "phone_number_is_used", "email_is_used", "sms_rate_limit_exceeded", "insufficient_sms_quota", "insufficient_email_quota"),
		about: "Sends a code to clients of Tencent CIAM.", json: true,
		params: []param{clientParam, must("auth_source_id", ""), may("email", "This or phone_number."), may("phone_number", ""), may("usage", "login or signup."),
			secretParam, assertionParam, assertionTypeOf, localesParam}, answers: []any{otpSentBody{}}},
	{path: pathOTPToken, errors: also(ofClients, "invalid_grant", "unsupported_grant_type", "invalid_scope", "invalid_auth_source", "malformed_phone_number", "malformed_email", "phone_number_is_used", "email_is_used", "invalid_email"),
		about: "Gives tokens for that code.", json: true,
		params: []param{clientParam, must("grant_type", ""), may("auth_source_id", ""), may("otp_token", ""), may("otp", ""), may("email", ""), may("phone_number", ""),
			may("auto_signup", "true makes an account where there is none."), may("refresh_token", ""), scopeParam, secretParam, assertionParam, assertionTypeOf},
		answers: []any{otpTokensBody{}}},

	{path: pathDiscovery, about: "The discovery document (OpenID Connect Discovery 1.0).", reads: true, answers: []any{metadata{}}},
	{path: pathDiscoveryV2, about: "The same, where Azure AD has it.", reads: true, answers: []any{metadata{}}},
	{path: pathKeys, about: "The public keys (RFC 7517).", reads: true, answers: []any{map[string]any{}}},
	{path: pathDescription, about: "This document.", reads: true, answers: []any{map[string]any{}}},
}

// authenticates tells whether confidential clients call it.
func (o operation) authenticates() bool {
	return slices.ContainsFunc(o.params, func(p param) bool { return p.name == secretParam.name })
}

// method is the one that is described; others a path takes mean the same.
func (o operation) method() string {
	if o.reads {
		return http.MethodGet
	}
	return http.MethodPost
}
