package handler

import (
	"cmp"
	"slices"
)

// call is how a step of a flow is asked for.
type call struct {
	step  string // of flow.Calls
	path  string
	grant string // its grant_type, where it has one
	with  string // what it needs beside the token
}

// calls are the steps as they travel, for hints. Those of APIs beside the native one are at the end.
var calls = []call{
	{"sign-up code", pathSignUpContinue, "oob", "oob"},
	{"sign-up password", pathSignUpContinue, "password", "password"},
	{"sign-up attributes", pathSignUpContinue, "attributes", "attributes"},
	{"sign-up challenge", pathSignUpChallenge, "", ""},
	{"token for a code", pathToken, "oob", "oob"},
	{"token for a password", pathToken, "password", "password"},
	{"token for a second factor", pathToken, "mfa_oob", "oob"},
	{"token for a finished flow", pathToken, "continuation_token", ""},
	{"sign-in challenge", pathSignInChallenge, "", ""},
	{"reset code", pathResetContinue, "oob", "oob"},
	{"reset challenge", pathResetChallenge, "", ""},
	{"new password", pathResetSubmit, "", "new_password"},
	{"reset poll", pathResetPoll, "", ""},
	{"list of methods", pathIntrospect, "", ""},
	{"list of what can be registered", pathRegisterIntrospect, "", ""},
	{"registration challenge", pathRegisterChallenge, "", "challenge_type and challenge_target"},
	{"registration code", pathRegisterContinue, "oob", "oob"},
	{"registration without a code", pathRegisterContinue, "continuation_token", ""},

	{"list of authenticators", pathAuthenticators, "", ""},
	{"MFA challenge", pathMFAChallenge, "", ""},
	{"token for an mfa_token", pathAuth0Token, "", "mfa_token and a code"},
	{"token for a code of an OTP grant", pathOTPToken, "", "otp_token and otp"},
}

// Step is a call that takes a flow on.
type Step struct {
	Name      string // "sign-in challenge", or "token for a code"
	Path      string // beneath Config.Issuer
	GrantType string // "" where the call has none, or the path takes several for the same
}

// Steps returns all calls that take a flow on, those of other vendors' APIs at the end: for pages and logs that name what
// was called.
func Steps() []Step {
	all := make([]Step, len(calls))
	for i, c := range calls {
		all[i] = Step{c.step, c.path, c.grant}
	}
	return all
}

// callOf finds the call of a step.
func callOf(step string) call {
	i := slices.IndexFunc(calls, func(c call) bool { return c.step == step })
	if i < 0 {
		return call{}
	}
	return calls[i]
}

// String is the call as a hint has it: "/oauth2/v2.0/token with grant_type=oob and oob".
func (c call) String() string {
	text := c.path
	if c.grant != "" {
		text += " with grant_type=" + c.grant
	}
	switch {
	case c.with == "":
		return text
	case c.grant != "":
		return text + " and " + c.with
	}
	return text + " with " + c.with
}

// grantsAt are the grant types of the steps at a path.
func grantsAt(path string, passwords bool) (all []string) {
	for _, c := range calls {
		if c.path == path && c.grant != "" && (c.grant != GrantPassword || passwords) {
			all = append(all, c.grant)
		}
	}
	return all
}

// challenges are the calls that send another code, for the paths that take one within a flow.
var challenges = map[string]string{
	pathSignUpContinue:   pathSignUpChallenge,
	pathResetContinue:    pathResetChallenge,
	pathRegisterContinue: pathRegisterChallenge,
}

// challenge is the call that sends another code, for the path that was called.
func (x *exchange) challenge() string { return cmp.Or(challenges[x.path], pathSignInChallenge) }
