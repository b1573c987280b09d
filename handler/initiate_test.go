package handler_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// Section 4.4 of the contract.

func TestSignInStart_AnswersATokenAndNothingElse(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	for _, name := range []string{casey, " CASEY@contoso.com", "casey@CONTOSO.COM\t"} {
		a := w.signInStart(plain, name)
		assert.Equal(t, map[string]any{"continuation_token": a.ok()}, a.body)
	}
	assert.Equal(t, 1, w.mail.count(), "no code before the challenge")
}

func TestSignInStart_RedirectsAnAppThatListsNoMethodWeHave(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	for _, types := range []string{"redirect", "password redirect"} {
		w.post(endpoints[3], "client_id", plain, "username", casey, "challenge_type", types).redirected()
	}
}

func TestSignInStart_RedirectsAnAccountThatNoCodeCanReach(t *testing.T) {
	w := newWorld(t, func(c *handler.Config) { c.Aliases = true })
	for name, email := range map[string]string{"casey": "", "sam": "no address"} {
		require.NoError(t, w.store.CreateUser(t.Context(), store.User{ID: name, Username: name, Email: email}))
		w.signInStart(plain, name).redirected()
	}
}

func TestSignInStart_Errors(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	for _, row := range []struct {
		name                    string
		client, username, types string
		code, suberror          string
		number                  int
		says                    string
	}{
		{"a missing client is malformed", "", casey, native, "invalid_request", "", 90100, "client_id parameter is empty or not valid"},
		{"an unknown client is unauthorized", "nobody", casey, native, "unauthorized_client", "", 700016, ""},
		{"a client that is switched off is told so", "off", casey, native, "invalid_client", "nativeauthapi_disabled", 7000112, ""},
		{"a confidential client is told so", "secretive", casey, native, "invalid_client", "", 550022, ""},
		{"a missing user name is malformed", plain, "", native, "invalid_request", "", 90100, "username parameter is empty or not valid"},
		{"a user name that is no address is malformed", plain, "casey", native, "invalid_request", "", 90100, "username parameter is empty or not valid"},
		{"missing challenge types are asked for", plain, casey, "", "invalid_request", "", 900144, "'challenge_type'"},
		{"a challenge type nobody knows is refused", plain, casey, "oob otp redirect", "invalid_request", "", 901007, "The challenge_type list parameter contains an unsupported challenge type"},
		{"challenge types without redirect are refused", plain, casey, "oob password", "unsupported_challenge_type", "", 901007, "does not include the 'redirect' type"},
		{"an address without an account is not found", plain, "sam@contoso.com", native, "user_not_found", "", 50034, ""},
		{"an address without an account is not found, whatever the method", plain, "sam@contoso.com", "password redirect", "user_not_found", "", 50034, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := *w
			w.T = t
			w.post(endpoints[3], "client_id", row.client, "username", row.username, "challenge_type", row.types).
				refused(400, row.code, row.suberror, row.number).says(row.says)
		})
	}
}

// D10 of the contract.
func TestAliases_AreOffByDefault(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.store.CreateUser(t.Context(), store.User{ID: "7", Username: "casey.j", Email: casey}))
	w.signInStart(plain, "casey.j").refused(400, "invalid_request", "", 90100).says("username parameter is empty or not valid")
}

func TestAliases_SignInWhereTheHostTurnsThemOn(t *testing.T) {
	w := newWorld(t, func(c *handler.Config) { c.Aliases = true })
	require.NoError(t, w.store.CreateUser(t.Context(), store.User{ID: "7", Username: "casey.j", Email: casey}))
	for _, name := range []string{"casey.j", " CASEY.J "} {
		sent := w.mail.count()
		a := w.signInChallenge(plain, w.signInStart(plain, name).ok())
		assert.Equal(t, "c***y@c***o.c***", a.body["challenge_target_label"])
		m := w.mail.take(sent + 1)
		assert.EqualValues(t, casey, m.To)
		for _, user := range []string{"sam", "sam@contoso.com", "casey@contoso.org"} {
			w.redeemCode(plain, a.ok(), m.Code, "username", user).refused(400, "invalid_grant", "", 50126)
		}
		tokens := w.redeemCode(plain, a.ok(), m.Code, "username", "Casey@Contoso.com").tokens() // either name will do
		assert.Equal(t, "casey.j", idClaims(t, tokens)["preferred_username"])
		assert.Equal(t, casey, idClaims(t, tokens)["email"])
	}
	w.signInStart(plain, "nobody").refused(400, "user_not_found", "", 50034)
	for _, name := range []string{"casey j", "casey@", "cäsey", "casey/j", "K\u0130m", "\u212aim", "a234567890123456789012345678901234567890123456789012345678901234x"} {
		w.signInStart(plain, name).refused(400, "invalid_request", "", 90100)
	}
	w.signUpStart(plain, "casey.j").refused(400, "invalid_request", "", 90100) // people do not choose them
}
