package handler_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/store"
)

// Section 4.1 of the contract.

func TestSignUpStart_AnswersATokenAndNothingElse(t *testing.T) {
	w := newWorld(t)
	for _, types := range []string{"oob redirect", "redirect oob", "oob password redirect", "OOB REDIRECT", " oob  redirect "} {
		a := w.post(endpoints[0], "client_id", plain, "username", casey, "challenge_type", types)
		assert.Equal(t, map[string]any{"continuation_token": a.ok()}, a.body)
		assert.Regexp(t, `^[A-Za-z0-9_-]{43,}$`, a.body["continuation_token"], "fit for a URL, and long enough")
	}
}

func TestSignUpStart_RedirectsAnAppThatListsNoMethodWeHave(t *testing.T) {
	w := newWorld(t)
	for _, types := range []string{"redirect", "password redirect", "redirect redirect"} {
		w.post(endpoints[0], "client_id", plain, "username", casey, "challenge_type", types).redirected()
	}
	w.signUp(casey)
	w.post(endpoints[0], "client_id", plain, "username", casey, "challenge_type", "redirect").redirected()
	assert.Equal(t, 1, w.mail.count())
}

func TestSignUpStart_Errors(t *testing.T) {
	w := newWorld(t)
	w.signUp("taken@contoso.com")
	for _, row := range []struct {
		name                            string
		client, username, types, attrib string
		code, suberror                  string
		number                          int
		says                            string
	}{
		{"a missing client is malformed", "", casey, native, "", "invalid_request", "", 90100, "client_id parameter is empty or not valid"},
		{"a client out of form is malformed", "a b", casey, native, "", "invalid_request", "", 90100, "client_id parameter is empty or not valid"},
		{"a client that is not configured is unknown", "nobody", casey, native, "", "unauthorized_client", "", 700016, ""},
		{"a client is told apart by case", strings.ToUpper("off"), casey, native, "", "unauthorized_client", "", 700016, ""},
		{"a client that is switched off is told so", "off", casey, native, "", "invalid_client", "nativeauthapi_disabled", 7000112, ""},
		{"a confidential client is told so", "secretive", casey, native, "", "invalid_client", "", 550022, "Confidential Client is not supported in Native Authentication API flow."},
		{"a missing user name is malformed", plain, "", native, "", "invalid_request", "", 90100, "username parameter is empty or not valid"},
		{"a user name that is no address is malformed", plain, "casey", native, "", "invalid_request", "", 90100, "username parameter is empty or not valid"},
		{"missing challenge types are asked for", plain, casey, "", "", "invalid_request", "", 900144, "'challenge_type'"},
		{"blank challenge types are missing", plain, casey, "  ", "", "invalid_request", "", 900144, "'challenge_type'"},
		{"a challenge type nobody knows is refused", plain, casey, "oob sms redirect", "", "invalid_request", "", 901007, "The challenge_type list parameter contains an unsupported challenge type"},
		{"a comma does not part challenge types", plain, casey, "oob,redirect", "", "invalid_request", "", 901007, "The challenge_type list parameter contains an unsupported challenge type"},
		{"challenge types without redirect are refused", plain, casey, "oob", "", "unsupported_challenge_type", "", 901007, "does not include the 'redirect' type"},
		{"attributes that are no JSON are refused", plain, casey, native, "city=Bern", "invalid_request", "", 90023, ""},
		{"an attribute against its rule is refused", asking, casey, native, `{"city":"B"}`, "invalid_grant", "attribute_validation_failed", 901014, ""},
		{"an address with an account is refused", plain, "taken@contoso.com", native, "", "user_already_exists", "", 1003037, "It looks like you may already have an account"},
		{"an address in another spelling is the same", plain, " TAKEN@Contoso.COM ", native, "", "user_already_exists", "", 1003037, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := *w
			w.T = t
			a := w.post(endpoints[0], "client_id", row.client, "username", row.username, "challenge_type", row.types, "attributes", row.attrib)
			a.refused(400, row.code, row.suberror, row.number).says(row.says)
		})
	}
	assert.Equal(t, 1, w.mail.count(), "no error sends mail")
}

func TestSignUpStart_AddressesHaveOneForm(t *testing.T) {
	for sent, canonical := range map[string]string{
		"Casey@Contoso.COM":       "casey@contoso.com",
		"\tcasey@contoso.com ":    "casey@contoso.com",
		"c.a+tag@contoso.com":     "c.a+tag@contoso.com",
		"casey@münchen.example":   "casey@xn--mnchen-3ya.example",
		"casey@MÜNCHEN.example":   "casey@xn--mnchen-3ya.example",
		"o'hara@sub.contoso.com":  "o'hara@sub.contoso.com",
		"casey@contoso.co-op.org": "casey@contoso.co-op.org",
	} {
		w := newWorld(t)
		w.signUp(sent)
		u, err := w.store.UserByUsername(t.Context(), canonical)
		require.NoError(t, err, sent)
		assert.Equal(t, canonical, u.Email)
		assert.EqualValues(t, canonical, w.mail.take(1).To)
		w.signUpStart(plain, canonical).refused(400, "user_already_exists", "", 1003037)
		w.signIn(sent)
	}
}

func TestSignUpStart_WhatIsNoAddressIsMalformed(t *testing.T) {
	w := newWorld(t)
	for _, username := range []string{
		"casey", "@contoso.com", "casey@", "casey@contoso", "casey@@contoso.com", "a b@contoso.com", "casey@con toso.com",
		"Casey <casey@contoso.com>", "casey@contoso.com, sam@contoso.com", "casey@contoso.com;sam@contoso.com", `"casey"@contoso.com`,
		"casey(comment)@contoso.com", "casey@[127.0.0.1]", "casey@127.0.0.1", "josé@contoso.com", "ｃasey@contoso.com", "casey@contoso.com.",
		".casey@contoso.com", "casey.@contoso.com", "ca..sey@contoso.com", "casey%other@contoso.com", "casey!other@contoso.com",
		"casey\u00a0@contoso.com", "ca\u200bsey@contoso.com", "casey@-contoso.com", "casey@contoso-.com", "casey@con_toso.com",
	} {
		w.signUpStart(plain, username).refused(400, "invalid_request", "", 90100).says("username parameter is empty or not valid")
		w.signInStart(plain, username).refused(400, "invalid_request", "", 90100).says("username parameter is empty or not valid")
	}
}

// F5: nobody is in the user table before the code was accepted.
func TestSignUpStart_MakesNoAccount(t *testing.T) {
	w := newWorld(t)
	token, code := w.signUpSent(plain, casey)
	w.signUpCode(plain, token, otherCode(code)).refused(400, "invalid_grant", "invalid_oob_value", 50181)
	_, err := w.store.UserByUsername(t.Context(), casey)
	assert.ErrorIs(t, err, store.ErrNotFound)
	w.signInStart(plain, casey).refused(400, "user_not_found", "", 50034)
}

func TestSignUpStart_OneAddressMayHaveManyOpenFlows(t *testing.T) {
	w := newWorld(t)
	first, firstCode := w.signUpSent(plain, casey)
	second, secondCode := w.signUpSent(asking, casey)
	third, thirdCode := w.signUpSent(plain, casey)
	w.signUpCode(plain, third, firstCode).refused(400, "invalid_grant", "invalid_oob_value", 50181)
	w.signUpCode(plain, third, thirdCode).ok()
	// D13 of the contract: the others end where they would make the account.
	w.signUpCode(plain, first, firstCode).refused(400, "user_already_exists", "", 1003037)
	next := w.signUpCode(asking, second, secondCode).refused(400, "attributes_required", "", 55106).text("continuation_token")
	w.signUpAttributes(asking, next, `{"displayName":"C","city":"Bern","`+terms+`":true}`).refused(400, "user_already_exists", "", 1003037)
}
