package handler_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Section 4.6 of the contract. Scopes, claims and refreshing have files of their own.

func TestToken_AnswersEverythingThatMSALNeeds(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	a := w.signIn(casey)
	for _, name := range []string{"access_token", "refresh_token", "id_token", "client_info"} {
		assert.NotEmpty(t, a.body[name], name)
		delete(a.body, name)
	}
	assert.Equal(t, map[string]any{
		"token_type": "Bearer", "scope": "openid profile", "expires_in": 900.0, "ext_expires_in": 900.0,
		"refresh_token_expires_in": 14 * 24 * 3600.0,
	}, a.body)
}

func TestToken_ParametersThatDoNotCountAreIgnored(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	w.signIn(casey, "client_info", "1", "challenge_type", "sms", "nca", "1", "claims", `{"access_token":{"xms_cc":{"values":["cp1"]}}}`)
	w.signIn(casey, "client_info", "true", "password", "guess", "redirect_uri", "https://evil.example", "attributes", "[")
	w.signIn(casey, "client_info", "0")
}

func TestToken_Errors(t *testing.T) {
	w := newWorld(t)
	done := w.signUp(casey)
	started := w.signInStart(plain, casey).ok()
	token, code := w.signInSent(plain, casey)
	with := func(token, grant string, more ...string) []string {
		return append([]string{"continuation_token", token, "grant_type", grant}, more...)
	}
	for _, row := range []struct {
		name           string
		client         string
		more           []string
		code, suberror string
		number         int
		says           string
	}{
		{"a missing client is malformed", "", with(token, "oob", "oob", code), "invalid_request", "", 90100, "client_id parameter is empty or not valid"},
		{"an unknown client is unauthorized", "nobody", with(token, "oob", "oob", code), "unauthorized_client", "", 700016, ""},
		{"a confidential client is told so", "secretive", with(token, "oob", "oob", code), "invalid_client", "", 550022, "Confidential Client is not supported"},
		{"a client that is switched off is told so", "off", with(token, "oob", "oob", code), "invalid_client", "nativeauthapi_disabled", 7000112, ""},
		{"a missing grant type is asked for", plain, with(token, "", "oob", code), "invalid_request", "", 900144, "'grant_type'"},
		{"a grant type nobody knows is unsupported", plain, with(token, "sms", "oob", code), "unsupported_grant_type", "", 70003, ""},
		{"a grant type of other flows is unsupported", plain, with(token, "authorization_code", "code", code), "unsupported_grant_type", "", 70003, ""},
		{"a grant type of the sign-up is unsupported", plain, with(token, "attributes"), "unsupported_grant_type", "", 70003, ""},
		{"a missing token is asked for", plain, with("", "oob", "oob", code), "invalid_request", "", 900144, "'continuation_token'"},
		{"a password without a flow misses its token", plain, []string{"grant_type", "password", "username", casey, "password", "x"}, "invalid_request", "", 900144, "'continuation_token'"},
		{"a missing refresh token is asked for", plain, []string{"grant_type", "refresh_token"}, "invalid_request", "", 900144, "'refresh_token'"},
		{"a forged token is refused", plain, with(strings.Repeat("A", 98), "oob", "oob", code), "invalid_request", "", 55200, ""},
		{"another client's token is refused", asking, with(token, "oob", "oob", code), "invalid_request", "", 55200, ""},
		{"a password is not awaited after a sign-in code", plain, with(token, "password", "password", "x"), "invalid_request", "", 55200, ""},
		{"a second factor is not awaited before the first", plain, with(token, "mfa_oob", "oob", code), "invalid_request", "", 55200, ""},
		{"a flow is not finished before its code", plain, with(token, "continuation_token"), "invalid_request", "", 55200, ""},
		{"a code is not awaited before one was sent", plain, with(started, "oob", "oob", code), "invalid_request", "", 55200, ""},
		{"a finished sign-up has no code to give", plain, with(done, "oob", "oob", code), "invalid_request", "", 55200, ""},
		{"a missing code is asked for", plain, with(token, "oob"), "invalid_request", "", 900144, "'oob'"},
		{"a scope nobody knows is refused", plain, with(token, "oob", "oob", code, "scope", "openid Nothing.Read"), "invalid_scope", "", 70011, ""},
		{"a wrong code is refused", plain, with(token, "oob", "oob", otherCode(code)), "invalid_grant", "invalid_oob_value", 50181, ""},
		{"the name of another is refused", plain, with(token, "oob", "oob", code, "username", "sam@contoso.com"), "invalid_grant", "", 50126, ""},
		{"a name that is none is refused", plain, with(done, "continuation_token", "username", "casey"), "invalid_grant", "", 50126, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := *w
			w.T = t
			w.post(endpoints[5], append([]string{"client_id", row.client}, row.more...)...).
				refused(400, row.code, row.suberror, row.number).says(row.says)
		})
	}
	// No error uses up a token.
	w.redeemCode(plain, token, code).tokens()
	w.redeemToken(plain, done).tokens()
}

// C22 of the contract.
func TestToken_TheUserNameIsOptionalAndCheckedIfGiven(t *testing.T) {
	for _, name := range []string{"", " ", casey, "CASEY@Contoso.com "} {
		w := newWorld(t)
		w.redeemToken(plain, w.signUp(casey), "username", name).tokens()
	}
}

// Section 6.8 of the contract, both ways.
func TestToken_TheCaseOfTheQuestionAndAnswerThread(t *testing.T) {
	w := newWorld(t)
	done := w.signUp(casey)
	a := w.post(endpoints[5], "client_id", plain, "continuation_token", done, "grant_type", "password", "password", "Aa1!Aa1!Aa1!", "scope", "openid offline_access", "username", casey)
	a.refused(400, "invalid_request", "", 55200).says("AADSTS55200: ")
	w.redeemToken(plain, done, "username", casey, "scope", "openid offline_access").tokens()
}

func TestToken_ABadScopeBurnsNoCode(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	token, code := w.signInSent(plain, casey)
	for range 10 {
		w.redeemCode(plain, token, code, "scope", "Nothing.Read").refused(400, "invalid_scope", "", 70011)
	}
	w.redeemCode(plain, token, code).tokens()
}

func TestToken_TheBodyHasOnlyMembersOfTheContract(t *testing.T) {
	w := newWorld(t)
	a := w.redeemToken(plain, w.signUp(casey)).tokens()
	known := []string{"token_type", "scope", "expires_in", "ext_expires_in", "access_token", "refresh_token", "refresh_token_expires_in", "id_token", "client_info"}
	for name := range a.body {
		assert.True(t, slices.Contains(known, name), name)
	}
	for _, name := range []string{"error", "error_description", "suberror", "foci"} {
		assert.NotContains(t, a.body, name, "MSAL would take it for a failure, or for a family of apps")
	}
}
