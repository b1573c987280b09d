package handler_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/handler"
)

// Section 8 of the contract: where its sources contradict one another, this is what was decided,
// and what the option changes, and nothing else.

type option func(l *handler.Legacy)

func (o option) config(c *handler.Config) {
	if o != nil {
		o(&c.Legacy)
	}
}

var (
	legacyClient     option = func(l *handler.Legacy) { l.UnknownClientInvalid = true }
	legacyUser       option = func(l *handler.Legacy) { l.UnknownUserInvalidGrant = true }
	legacyToken      option = func(l *handler.Legacy) { l.BadTokenInvalidGrant = true }
	legacyRedirect   option = func(l *handler.Legacy) { l.NoRedirectInvalid = true }
	legacyAttributes option = func(l *handler.Legacy) { l.AttributesFailedError = true }
	legacyAll        option = func(l *handler.Legacy) {
		for _, o := range []option{legacyClient, legacyUser, legacyToken, legacyRedirect, legacyAttributes} {
			o(l)
		}
	}
)

// others is every option but one.
func others(but option) option {
	return func(l *handler.Legacy) {
		var only handler.Legacy
		legacyAll(l)
		but(&only)
		l.UnknownClientInvalid = l.UnknownClientInvalid && !only.UnknownClientInvalid
		l.UnknownUserInvalidGrant = l.UnknownUserInvalidGrant && !only.UnknownUserInvalidGrant
		l.BadTokenInvalidGrant = l.BadTokenInvalidGrant && !only.BadTokenInvalidGrant
		l.NoRedirectInvalid = l.NoRedirectInvalid && !only.NoRedirectInvalid
		l.AttributesFailedError = l.AttributesFailedError && !only.AttributesFailedError
	}
}

func TestDecision_AndItsOption(t *testing.T) {
	byPath := func(path string, pairs ...string) func(w *world) answer {
		return func(w *world) answer { return w.post(path, pairs...) }
	}
	forged := func(path, grant string) func(w *world) answer {
		return byPath(path, "client_id", plain, "continuation_token", "forged", "grant_type", grant, "oob", "12345678")
	}
	expired := func(w *world) answer {
		token := w.signUpStart(plain, casey).ok()
		w.clock.pass(10 * time.Minute)
		return w.signUpChallenge(plain, token)
	}
	for _, row := range []struct {
		name      string
		option    option
		call      func(w *world) answer
		number    int
		code, sub string // by default
		old, osub string // with the option
	}{
		{"C1 an unknown client at start", legacyClient, byPath(endpoints[0], "client_id", "nobody"), 700016, "unauthorized_client", "", "unauthorized_client", ""},
		{"C1 an unknown client at sign-up challenge", legacyClient, byPath(endpoints[1], "client_id", "nobody"), 700016, "unauthorized_client", "", "invalid_client", ""},
		{"C1 an unknown client at sign-up continue", legacyClient, byPath(endpoints[2], "client_id", "nobody"), 700016, "unauthorized_client", "", "invalid_client", ""},
		{"C1 an unknown client at initiate", legacyClient, byPath(endpoints[3], "client_id", "nobody"), 700016, "unauthorized_client", "", "unauthorized_client", ""},
		{"C1 an unknown client at challenge", legacyClient, byPath(endpoints[4], "client_id", "nobody"), 700016, "unauthorized_client", "", "unauthorized_client", ""},
		{"C1 an unknown client at token", legacyClient, byPath(endpoints[5], "client_id", "nobody"), 700016, "unauthorized_client", "", "unauthorized_client", ""},
		{"C1 a malformed client", legacyClient, byPath(endpoints[1], "client_id", "?"), 90100, "invalid_request", "", "invalid_request", ""},
		{"C1 a disabled client", legacyClient, byPath(endpoints[1], "client_id", "off"), 7000112, "invalid_client", "nativeauthapi_disabled", "invalid_client", "nativeauthapi_disabled"},

		{"C2 an unknown user at initiate", legacyUser, func(w *world) answer { return w.signInStart(plain, casey) }, 50034, "user_not_found", "", "invalid_grant", ""},
		{"C2 a user that is gone at token", legacyUser, func(w *world) answer {
			done := w.signUp(casey)
			u, _ := w.store.UserByUsername(w.Context(), casey)
			w.users.gone = u.ID
			return w.redeemToken(plain, done)
		}, 50034, "user_not_found", "", "user_not_found", ""},

		{"C3 a bad token at sign-up challenge", legacyToken, forged(endpoints[1], ""), 55200, "invalid_request", "", "invalid_grant", ""},
		{"C3 a bad token at sign-up continue", legacyToken, forged(endpoints[2], "oob"), 55200, "invalid_request", "", "invalid_request", ""},
		{"C3 a bad token at challenge", legacyToken, forged(endpoints[4], ""), 55200, "invalid_request", "", "invalid_grant", ""},
		{"C3 a bad token at token", legacyToken, forged(endpoints[5], "oob"), 55200, "invalid_request", "", "invalid_grant", ""},
		{"C3 a missing token", legacyToken, byPath(endpoints[1], "client_id", plain), 900144, "invalid_request", "", "invalid_request", ""},
		{"C4 an expired token", legacyToken, expired, 552003, "expired_token", "", "expired_token", ""},

		{"C6 redirect missing at start", legacyRedirect, start(plain, casey, "oob"), 901007, "unsupported_challenge_type", "", "invalid_request", ""},
		{"C6 redirect missing at initiate", legacyRedirect, byPath(endpoints[3], "client_id", plain, "username", casey, "challenge_type", "oob"), 901007, "unsupported_challenge_type", "", "invalid_request", ""},
		{"C6 redirect missing at challenge", legacyRedirect, func(w *world) answer {
			return w.post(endpoints[1], "client_id", plain, "continuation_token", w.signUpStart(plain, casey).ok(), "challenge_type", "oob")
		}, 901007, "unsupported_challenge_type", "", "invalid_request", ""},
		{"C7 an unknown challenge type", legacyRedirect, start(plain, casey, unknownType), 901007, "invalid_request", "", "invalid_request", ""},

		{"C9 attributes refused at start", legacyAttributes, start(asking, casey, native, "attributes", `{"city":"1"}`), 901014, "invalid_grant", "attribute_validation_failed", "attribute_validation_failed", ""},
		{"C9 attributes refused at continue", legacyAttributes, func(w *world) answer {
			return w.signUpAttributes(asking, w.asked(casey).text("continuation_token"), `{"city":"1"}`)
		}, 901014, "invalid_grant", "attribute_validation_failed", "attribute_validation_failed", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.call(newWorld(t)).refused(400, row.code, row.sub, row.number)
			row.call(newWorld(t, row.option.config)).refused(400, row.old, row.osub, row.number)
			row.call(newWorld(t, others(row.option).config)).refused(400, row.code, row.sub, row.number)
		})
	}
}

func TestDecision_WithoutAnOption(t *testing.T) {
	eachMistake(t, []mistake{
		{"C5 a wrong code at sign-up", func(w *world) answer {
			token, code := w.signUpSent(plain, casey)
			return w.signUpCode(plain, token, otherCode(code))
		}, 400, "invalid_grant", "invalid_oob_value", 50181},
		{"C10 a second factor's grant in the first factor's state", func(w *world) answer {
			w.signUp(casey)
			token, code := w.signInSent(plain, casey)
			return w.post(endpoints[5], "client_id", plain, "continuation_token", token, "grant_type", "mfa_oob", "oob", code)
		}, 400, "invalid_request", "", 55200},
		{"C16 an unknown grant at token", func(w *world) answer {
			return w.post(endpoints[5], "client_id", plain, "grant_type", "x")
		}, 400, "unsupported_grant_type", "", 70003},
		{"C17 an unknown grant at continue", func(w *world) answer {
			return w.post(endpoints[2], "client_id", plain, "grant_type", "x")
		}, 400, "invalid_grant", "", 70003},
		{"C20 an account made meanwhile", func(w *world) answer {
			token, code := w.signUpSent(plain, casey)
			w.signUp(casey)
			return w.signUpCode(plain, token, code)
		}, 400, "user_already_exists", "", 1003037},
		{"C24 a scope without consent", func(w *world) answer {
			return w.redeemToken(plain, w.signUp(casey), "scope", "Orders.Write")
		}, 400, "invalid_grant", "", 65001},
		{"C35 a password for a finished sign-up", func(w *world) answer {
			return w.post(endpoints[5], "client_id", plain, "continuation_token", w.signUp(casey), "grant_type", "password", "password", "x")
		}, 400, "invalid_request", "", 55200},
	})
}

// C8 of the contract.
func TestDecision_CapabilitiesInEitherSpellingAndWithEitherSeparator(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	for _, name := range []string{"capability", "capabilities"} {
		for _, value := range []string{"mfa_required registration_required", "mfa_required,registration_required", "mfa_required, registration_required", "unknown", "", ","} {
			w.signInStart(plain, casey, name, value).ok()
			w.signUpStart(plain, "sam@contoso.com", name, value).ok()
		}
	}
}

// C12 and C13 of the contract.
func TestDecision_NoNameAndNoValueHasStrayBlanks(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	bodies := []map[string]any{
		w.signUpChallenge(plain, w.signUpStart(plain, "sam@contoso.com").ok()).body,
		w.signIn(casey).body, w.asked("kim@contoso.com").body,
	}
	assert.Contains(t, bodies[1], "scope")
	assert.NotContains(t, bodies[1], "scopes")
	for _, body := range bodies {
		for name, value := range body {
			assert.Regexp(t, `^[a-z_]+$`, name)
			if text, ok := value.(string); ok {
				assert.NotRegexp(t, `^\s|\s$`, text, name)
			}
		}
	}
}
