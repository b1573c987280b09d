package handler_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// Sections 4.8 to 4.12 and 6.6 of the contract. The way through is in password_test.go, what ends
// with a reset in epoch_test.go.

// submitted takes a reset to where the account has the new password.
func (w *world) submitted(next string) (token string) {
	w.Helper()
	return w.resetSubmit(keyed, w.proven(casey), next).ok()
}

func withNoReset(c *handler.Config) {
	c.Clients = append(c.Clients, handler.Client{ID: "own", Passwords: true, NoReset: true})
}

func TestResetStart_Answers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withNoReset)
	for _, u := range []store.User{
		{ID: "casey", Username: casey, Email: casey, PasswordHash: hashOf(t, harbor)},
		{ID: "robin", Username: robin, Email: robin},
		{ID: "disabled", Username: "d@contoso.com", Email: "d@contoso.com", Disabled: true, PasswordHash: hashOf(t, harbor)},
		{ID: "mute", Username: "mute@contoso.com", PasswordHash: hashOf(t, harbor)},
	} {
		require.NoError(t, w.store.CreateUser(t.Context(), u))
	}
	for _, row := range []struct {
		name, client, user, types string
		code                      string // "ok", "redirect" or an error
		number                    int
	}{
		{"an account with a password is let on", keyed, casey, native, "ok", 0},
		{"however its name is written", keyed, "Casey@CONTOSO.com", native, "ok", 0},
		{"an app that could take the password, too", keyed, casey, every, "ok", 0},
		{"a disabled account is let on, so as not to tell", keyed, "d@contoso.com", native, "ok", 0},
		{"nobody has no password", keyed, "nobody@contoso.com", native, "user_not_found", 50034},
		{"an account without a password has none to reset", keyed, robin, native, "invalid_request", 500222},
		{"an account without a mailbox cannot be asked", keyed, "mute@contoso.com", native, "invalid_request", 500222},
		{"a client without resets offers none", "own", casey, native, "invalid_request", 500222},
		{"a client without resets tells nothing of accounts", "own", "nobody@contoso.com", native, "invalid_request", 500222},
		{"a client without passwords offers none", plain, casey, native, "invalid_request", 500222},
		{"an app that takes no code is redirected", keyed, casey, onlyPassword, "redirect", 0},
		{"an app that takes nothing is redirected", keyed, casey, "redirect", "redirect", 0},
		{"an app that takes nothing is redirected whoever asks", keyed, "nobody@contoso.com", "redirect", "redirect", 0},
		{"the account before the redirect", keyed, robin, onlyPassword, "invalid_request", 500222},
		{"the user name before the types", keyed, "casey", unknownType, "invalid_request", 90100},
		{"the user name is required", keyed, "", native, "invalid_request", 90100},
		{"the types are required", keyed, casey, "", "invalid_request", 900144},
		{"an unknown type before the client's resets", plain, casey, unknownType, "invalid_request", 901007},
		{"an unknown type before the account", keyed, "nobody@contoso.com", unknownType, "invalid_request", 901007},
		{"a missing redirect before the account", keyed, "nobody@contoso.com", noRedirect, "unsupported_challenge_type", 901007},
		{"the client before the user name", "nobody", "", "", "unauthorized_client", 700016},
		{"a disabled client", "off", casey, native, "invalid_client", 7000112},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := *w
			w.T = t
			a := w.post(reStart, "client_id", row.client, "username", row.user, "challenge_type", row.types)
			switch row.code {
			case "ok":
				assert.Equal(t, map[string]any{"continuation_token": a.ok()}, a.body)
			case "redirect":
				a.redirected()
			default:
				require.Equal(t, 400, a.status, "%v", a.body)
				assert.Equal(t, row.code, a.body["error"])
				assert.Equal(t, []any{float64(row.number)}, a.body["error_codes"])
			}
		})
	}
	assert.Zero(t, w.mail.count())
}

func TestResetChallenge_AnswersAsAtSignUp(t *testing.T) {
	t.Parallel()
	w := newEntry(t)
	start := w.resetStart(keyed, casey).ok()
	a := w.resetChallenge(keyed, start)
	assert.Equal(t, map[string]any{
		"continuation_token": a.ok(), "challenge_type": "oob", "binding_method": "prompt", "challenge_channel": "email",
		"challenge_target_label": "c***y@c***o.c***", "code_length": 8.0, "interval": 0.0,
	}, a.body)
}

// D22.
func TestResetChallenge_ARedirectLeavesTheTokenGood(t *testing.T) {
	t.Parallel()
	w := newEntry(t)
	typed := func(token, types string) answer {
		return w.post(reChallenge, "client_id", keyed, "continuation_token", token, "challenge_type", types)
	}
	start := w.resetStart(keyed, casey).ok()
	typed(start, onlyPassword).redirected()
	typed(start, "redirect").redirected()
	typed(start, unknownType).refused(400, "invalid_request", "", 901007)
	typed(start, noRedirect).refused(400, "unsupported_challenge_type", "", 901007)
	sent, code := w.nextCode(func() answer { return typed(start, every) })
	typed(sent, onlyPassword).redirected()
	typed(sent, unknownType).refused(400, "invalid_request", "", 901007)
	w.resetCode(keyed, sent, code).ok()
}

func TestResetChallenge_AnotherCodeKillsTheOneBefore(t *testing.T) {
	t.Parallel()
	w := newEntry(t)
	start := w.resetStart(keyed, casey).ok()
	_, lost := w.nextCode(func() answer { return w.resetChallenge(keyed, start) })
	sent, first := w.nextCode(func() answer { return w.resetChallenge(keyed, start) }) // the answer was lost
	w.resetCode(keyed, sent, lost).wrongCode()
	again, second := w.nextCode(func() answer { return w.resetChallenge(keyed, sent) })
	w.resetCode(keyed, sent, second).badToken()
	w.resetCode(keyed, again, first).wrongCode()
	w.resetCode(keyed, again, second).ok()
}

func TestResetContinue_Errors(t *testing.T) {
	t.Parallel()
	w := newEntry(t)
	start := w.resetStart(keyed, casey).ok()
	sent, code := w.resetSent(keyed, casey)
	for _, row := range []struct {
		name, token    string
		more           []string
		code, suberror string
		number         int
		says           string
	}{
		{"a missing token is asked for", "", []string{"grant_type", "oob", "oob", code}, "invalid_request", "", 900144, "'continuation_token'"},
		{"a missing grant type is asked for", sent, []string{"oob", code}, "invalid_request", "", 900144, "'grant_type'"},
		{"a password is no grant here", sent, []string{"grant_type", "password", "password", harbor}, "invalid_grant", "", 70003, ""},
		{"attributes are no grant here", sent, []string{"grant_type", "attributes", "attributes", "{}"}, "invalid_grant", "", 70003, ""},
		{"a token is no grant here", sent, []string{"grant_type", "continuation_token"}, "invalid_grant", "", 70003, ""},
		{"a second factor is no grant here", sent, []string{"grant_type", "mfa_oob", "oob", code}, "invalid_grant", "", 70003, ""},
		{"grant types are told apart by case", sent, []string{"grant_type", "OOB", "oob", code}, "invalid_grant", "", 70003, ""},
		{"an unknown grant type before a forged token", "forged", []string{"grant_type", "sms"}, "invalid_grant", "", 70003, ""},
		{"a forged token before a missing code", "forged", []string{"grant_type", "oob"}, "invalid_request", "", 55200, ""},
		{"a code is not awaited before one was sent", start, []string{"grant_type", "oob", "oob", code}, "invalid_request", "", 55200, ""},
		{"a missing code is asked for", sent, []string{"grant_type", "oob"}, "invalid_request", "", 900144, "'oob'"},
		{"a wrong code is refused", sent, []string{"grant_type", "oob", "oob", otherCode(code)}, "invalid_grant", "invalid_oob_value", 50181, ""},
		{"what cannot be a code is refused", sent, []string{"grant_type", "oob", "oob", "quiet"}, "invalid_grant", "invalid_oob_value", 50181, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := *w
			w.T = t
			a := w.post(reContinue, append([]string{"client_id", keyed, "continuation_token", row.token}, row.more...)...).
				refused(400, row.code, row.suberror, row.number).says(row.says)
			assert.NotContains(t, a.body, "continuation_token")
		})
	}
	w.resetCode(keyed, sent, code).ok() // no error uses up token or code
	w.resetCode(keyed, sent, code).badToken()
}

func TestResetContinue_SaysHowLongThereIs(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		age  time.Duration // of the flow when the code is given
		want float64
	}{
		{"at once", 0, 600},
		{"while the flow has more than ten minutes", 18 * time.Minute, 600},
		{"what the flow has left", 25 * time.Minute, 300},
		{"less than a second more", 27*time.Minute + 59500*time.Millisecond, 120},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newEntry(t)
			sent, code := w.resetSent(keyed, casey)
			for left := row.age; left > 0; left -= 9 * time.Minute { // a new code keeps the flow awake
				w.clock.pass(min(left, 9*time.Minute))
				sent, code = w.nextCode(func() answer { return w.resetChallenge(keyed, sent) })
			}
			a := w.resetCode(keyed, sent, code)
			proven := a.ok()
			require.Equal(t, row.want, a.body["expires_in"])
			assert.Len(t, a.body, 2)
			w.clock.pass(time.Duration(row.want)*time.Second - time.Millisecond)
			w.resetSubmit(keyed, proven, "short").refused(400, "invalid_grant", "password_too_short", 399246)
			w.clock.pass(time.Second)
			w.resetSubmit(keyed, proven, busyHarbor).refused(400, "expired_token", "", 552003)
		})
	}
}
