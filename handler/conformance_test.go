package handler_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The checklist of section 13 of the contract, as far as it is about e-mail codes. Each line is held
// in more detail elsewhere; here it stands by its number.

func TestConformance_01_EveryReplyIsJSONAndNotStoredWithBothCorrelationHeadersAndCORSOnErrorsToo(t *testing.T) {
	w := newWorld(t, withOrigins)
	for _, path := range append(endpoints[:len(endpoints):len(endpoints)], "/signup/nothing") {
		for _, method := range []string{"POST", "GET"} {
			r := request(t, w.base+path, "client_id="+plain)
			r.Method = method
			r.Header.Set("Origin", appOrigin)
			a := w.send(r) // JSON
			assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
			assert.Regexp(t, guidForm, a.header.Get("client-request-id"))
			assert.Equal(t, a.header.Get("client-request-id"), a.header.Get("x-ms-request-id"))
			assert.Equal(t, appOrigin, a.header.Get("Access-Control-Allow-Origin"))
		}
	}
}

func TestConformance_02_EveryProtocolErrorIs400WithOneIntegerForACode(t *testing.T) {
	for name, fail := range failures {
		a := fail(failing(t))
		if a.status != 400 {
			assert.Contains(t, []string{"path unknown", "method wrong", "body too large", "media type wrong", "code too soon", "a hook that fails", "a hook that reaches too far"}, name)
		}
		codes := a.body["error_codes"].([]any)
		assert.Len(t, codes, 1)
		assert.IsType(t, 1.0, codes[0])
		assert.Equal(t, math.Trunc(codes[0].(float64)), codes[0])
	}
}

func TestConformance_03_AnInterruptCarriesATokenAndWhatItAsksFor(t *testing.T) {
	w := newWorld(t)
	token := w.signUpStart(asking, casey).ok()
	a := w.signUpAttributes(asking, token, "{}").refused(400, "credential_required", "", 55103)
	assert.NotEmpty(t, a.body["continuation_token"])
	a = w.asked("sam@contoso.com")
	assert.NotEmpty(t, a.body["continuation_token"])
	assert.NotEmpty(t, a.body["required_attributes"])
}

func TestConformance_04_AChallengeCarriesLabelChannelAndAnIntegerLengthWithoutStrayBlanks(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	for _, a := range []answer{
		w.signUpChallenge(plain, w.signUpStart(plain, "sam@contoso.com").ok()), w.signInChallenge(plain, w.signInStart(plain, casey).ok()),
	} {
		assert.Regexp(t, `^\S+$`, a.body["challenge_target_label"])
		assert.Equal(t, "email", a.body["challenge_channel"])
		assert.Equal(t, 8.0, a.body["code_length"])
		assert.Equal(t, "oob", a.body["challenge_type"])
		assert.Equal(t, "prompt", a.body["binding_method"])
	}
}

func TestConformance_05_ATokenReplyIsWhole(t *testing.T) {
	w := newWorld(t)
	first := w.redeemToken(plain, w.signUp(casey))
	second := w.signIn(casey, "scope", "Stock.Read")
	for _, a := range []answer{first, second, w.refresh(plain, second.text("refresh_token"), "scope", "Stock.Read")} {
		for _, name := range []string{"access_token", "id_token", "refresh_token", "client_info"} {
			assert.NotEmpty(t, a.text(name))
		}
		assert.Positive(t, a.body["expires_in"])
		assert.Equal(t, "Bearer", a.body["token_type"])
		assert.Contains(t, a.body["scope"], "openid profile")
	}
}

func TestConformance_06_TheAccountIsTheSameInClientInfoAndIDTokenAndOnRefresh(t *testing.T) {
	w := newWorld(t)
	first := w.redeemToken(plain, w.signUp(casey))
	second := w.refresh(plain, first.text("refresh_token"))
	for _, a := range []answer{first, second} {
		assert.Equal(t, map[string]any{"uid": idClaims(t, a)["oid"], "utid": idClaims(t, a)["tid"]}, clientInfo(t, a))
	}
	assert.Equal(t, first.body["client_info"], second.body["client_info"])
}

func TestConformance_07_AfterAWrongCodeTheSameTokenRetriesAndResends(t *testing.T) {
	eachCodeFlow(t, func(w *world, f codeFlow) {
		token, code := f.send(w)
		f.give(w, token, otherCode(code)).wrongCode()
		f.give(w, token, code).accepted()
	})
	eachCodeFlow(t, func(w *world, f codeFlow) {
		token, old := f.send(w)
		f.give(w, token, otherCode(old)).wrongCode()
		next, code := w.nextCode(func() answer { return f.resend(w, token) })
		if old != code {
			f.give(w, next, old).wrongCode()
		}
		f.give(w, next, code).accepted()
	})
}

func TestConformance_08_AWrongCodeIsASubErrorAndNever50126(t *testing.T) {
	eachCodeFlow(t, func(w *world, f codeFlow) {
		token, code := f.send(w)
		for range 8 { // also when it is burnt
			a := f.give(w, token, otherCode(code))
			assert.Equal(w, "invalid_oob_value", a.body["suberror"])
			assert.NotContains(w, a.body["error_codes"], 50126.0)
		}
	})
}

func TestConformance_09_ASignUpTokenWithAPasswordIs55200AndGoodAfterwards(t *testing.T) {
	w := newWorld(t)
	done := w.signUp(casey)
	for range 2 {
		w.post(endpoints[5], "client_id", plain, "continuation_token", done, "grant_type", "password", "password", "x", "scope", "openid").badToken()
	}
	w.redeemToken(plain, done, "username", casey, "scope", "openid").tokens()
}

func TestConformance_13_ARefreshIgnoresTelemetryInTheBodyAndCallsADeadTokenBad(t *testing.T) {
	w := newWorld(t)
	first := w.redeemToken(plain, w.signUp(casey)).text("refresh_token")
	w.refresh(plain, first, "x-client-SKU", "msal.js.browser", "X-AnchorMailbox", "Oid:x@y", "x-ms-lib-capability", "retry-after, h429").tokens()
	w.clock.pass(day)
	w.refresh(plain, first).refused(400, "invalid_grant", "bad_token", 70000)
}

func TestConformance_14_CapabilitiesAreReadInBothNamesAndWithBothSeparators(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"capability", "capabilities"} {
		for _, flags := range []string{"mfa_required,registration_required", "registration_required mfa_required", "other"} {
			w.signUpStart(plain, casey, name, flags).ok()
		}
	}
}

func TestConformance_15_UnknownParametersAreIgnoredInBodyAndQuery(t *testing.T) {
	w := newWorld(t)
	unknown := []string{"nca", "1", "x", "", "client_secret", "s", "redirect_uri", "https://app.contoso.com", "nca", "2"}
	more := "?dc=ESTS&unknown=%20&unknown=2"
	call := func(path string, pairs ...string) answer {
		return w.post(path+more, append(append([]string{"client_id", plain}, pairs...), unknown...)...)
	}
	start := call(endpoints[0], "username", casey, "challenge_type", native).ok()
	sent, code := w.nextCode(func() answer { return call(endpoints[1], "continuation_token", start) })
	done := call(endpoints[2], "continuation_token", sent, "grant_type", "oob", "oob", code).ok()
	refresh := call(endpoints[5], "continuation_token", done, "grant_type", "continuation_token").tokens().text("refresh_token")
	call(endpoints[5], "refresh_token", refresh, "grant_type", "refresh_token").tokens()
	start = call(endpoints[3], "username", casey, "challenge_type", native).ok()
	sent, code = w.nextCode(func() answer { return call(endpoints[4], "continuation_token", start) })
	call(endpoints[5], "continuation_token", sent, "grant_type", "oob", "oob", code).tokens()
}
