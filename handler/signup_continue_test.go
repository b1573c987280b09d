package handler_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// Section 4.3 of the contract. What is about attributes is in attributes_test.go, what is about
// codes in code_test.go.

func TestSignUpContinue_MakesTheAccountAndAnswersAToken(t *testing.T) {
	w := newWorld(t)
	token, code := w.signUpSent(plain, casey)
	a := w.signUpCode(plain, token, code)
	assert.Equal(t, map[string]any{"continuation_token": a.ok()}, a.body)
	u, err := w.store.UserByUsername(t.Context(), casey)
	require.NoError(t, err)
	assert.Regexp(t, guidForm, u.ID)
	assert.Equal(t, store.User{
		ID: u.ID, Username: casey, Email: casey, Version: 1, CreatedAt: w.clock.now(),
	}, u)
}

func TestSignUpContinue_Errors(t *testing.T) {
	w := newWorld(t)
	start := w.signUpStart(asking, "sam@contoso.com").ok()
	token, code := w.signUpSent(plain, casey)
	for _, row := range []struct {
		name           string
		client         string
		more           []string
		code, suberror string
		number         int
		says           string
	}{
		{"a missing client is malformed", "", []string{"continuation_token", token, "grant_type", "oob", "oob", code}, "invalid_request", "", 90100, "client_id parameter is empty or not valid"},
		{"an unknown client is unauthorized", "nobody", []string{"continuation_token", token, "grant_type", "oob", "oob", code}, "unauthorized_client", "", 700016, ""},
		{"a missing grant type is asked for", plain, []string{"continuation_token", token, "oob", code}, "invalid_request", "", 900144, "'grant_type'"},
		{"a grant type nobody knows is refused", plain, []string{"continuation_token", token, "grant_type", "sms", "oob", code}, "invalid_grant", "", 70003, ""},
		{"a grant type of the token endpoint is unknown here", plain, []string{"continuation_token", token, "grant_type", "continuation_token"}, "invalid_grant", "", 70003, ""},
		{"the second factor's grant type is unknown here", plain, []string{"continuation_token", token, "grant_type", "mfa_oob", "oob", code}, "invalid_grant", "", 70003, ""},
		{"grant types are told apart by case", plain, []string{"continuation_token", token, "grant_type", "OOB", "oob", code}, "invalid_grant", "", 70003, ""},
		{"a missing token is asked for", plain, []string{"grant_type", "oob", "oob", code}, "invalid_request", "", 900144, "'continuation_token'"},
		{"a forged token is refused", plain, []string{"continuation_token", "forged", "grant_type", "oob", "oob", code}, "invalid_request", "", 55200, ""},
		{"a password is not awaited from a client without passwords", plain, []string{"continuation_token", token, "grant_type", "password", "password", "Aa1!Aa1!"}, "invalid_request", "", 55200, ""},
		{"a code is not awaited before one was sent", asking, []string{"continuation_token", start, "grant_type", "oob", "oob", code}, "invalid_request", "", 55200, ""},
		{"a missing code is asked for", plain, []string{"continuation_token", token, "grant_type", "oob"}, "invalid_request", "", 900144, "'oob'"},
		{"a code of blanks is missing", plain, []string{"continuation_token", token, "grant_type", "oob", "oob", "   "}, "invalid_request", "", 900144, "'oob'"},
		{"missing attributes are asked for", plain, []string{"continuation_token", token, "grant_type", "attributes"}, "invalid_request", "", 900144, "'attributes'"},
		{"attributes that are no JSON are refused", plain, []string{"continuation_token", token, "grant_type", "attributes", "attributes", "["}, "invalid_request", "", 90023, ""},
		{"a wrong code is refused", plain, []string{"continuation_token", token, "grant_type", "oob", "oob", otherCode(code)}, "invalid_grant", "invalid_oob_value", 50181, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := *w
			w.T = t
			w.post(endpoints[2], append([]string{"client_id", row.client}, row.more...)...).
				refused(400, row.code, row.suberror, row.number).says(row.says)
		})
	}
	w.signUpCode(plain, token, code).ok() // no error uses up token or code
}

func TestSignUpContinue_AnAccountMadeMeanwhileIsRespected(t *testing.T) {
	w := newWorld(t)
	token, code := w.signUpSent(plain, casey)
	require.NoError(t, w.store.CreateUser(t.Context(), store.User{ID: "7", Username: casey, Email: casey}))
	w.signUpCode(plain, token, code).refused(400, "user_already_exists", "", 1003037)
	u, err := w.store.UserByUsername(t.Context(), casey)
	require.NoError(t, err)
	assert.Equal(t, "7", u.ID)
	assert.EqualValues(t, 1, u.Version)
}

// An interrupted write: the account was made, and the word of it was lost.
type forgetfulUsers struct {
	store.Users
	forget bool
}

func (u *forgetfulUsers) CreateUser(ctx context.Context, user store.User) error {
	if err := u.Users.CreateUser(ctx, user); err != nil || !u.forget {
		return err
	}
	return errors.New("connection reset")
}

func TestSignUpContinue_AStepThatWasInterruptedFindsItsOwnAccount(t *testing.T) {
	users := &forgetfulUsers{forget: true}
	w := newWorld(t, func(c *handler.Config) {
		users.Users = c.Users
		c.Users = users
	})
	token, code := w.signUpSent(plain, casey)
	w.signUpCode(plain, token, code).refused(503, "temporarily_unavailable", "", 90033)
	users.forget = false
	w.signUpCode(plain, token, code).ok()
	w.signIn(casey)
}
