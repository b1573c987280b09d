package handler_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/otp"
)

// The flows of section 9.2 of the contract, with passwords.

func TestPasswordSignUp_EverythingAtStart(t *testing.T) {
	w := newWorld(t)
	start := w.post("/signup/v1.0/start", "client_id", both, "username", casey, "challenge_type", every,
		"password", harbor, "attributes", `{"city":"Oslo"}`).ok()
	sent, code := w.nextCode(func() answer { return w.signUpChallenge(both, start) })
	done := w.signUpCode(both, sent, code).ok()
	w.redeemToken(both, done, "username", casey).tokens()
	w.enter(casey, harbor).tokens()
}

func TestPasswordSignUp_EverythingLate(t *testing.T) {
	w := newWorld(t)
	start := w.post("/signup/v1.0/start", "client_id", both, "username", casey, "challenge_type", every).ok()
	sent, code := w.nextCode(func() answer { return w.signUpChallenge(both, start) })
	proven := w.signUpCode(both, sent, code).refused(400, "credential_required", "", 55103).text("continuation_token")
	a := w.signUpChallenge(both, proven)
	asked := a.ok()
	assert.Equal(t, map[string]any{"challenge_type": "password", "continuation_token": asked}, a.body)
	chosen := w.signUpPassword(both, asked, harbor).refused(400, "attributes_required", "", 55106).text("continuation_token")
	done := w.signUpAttributes(both, chosen, `{"city":"Oslo"}`).ok()
	w.redeemToken(both, done).tokens()
	w.enter(casey, harbor).tokens()
}

func TestPasswordSignIn_AWrongOneLeavesTheTokenGood(t *testing.T) {
	w := newWorld(t)
	w.enrol(casey, harbor)
	asked := w.askedPassword(keyed, casey)
	w.redeemPassword(keyed, asked, "a loud harbour").refused(400, "invalid_grant", "", 50126)
	w.redeemPassword(keyed, asked, harbor).tokens()
}

func TestReset_ReplacesThePassword(t *testing.T) {
	w := newWorld(t)
	w.enrol(casey, harbor)
	refresh := w.enter(casey, harbor).tokens().text("refresh_token")

	start := w.resetStart(keyed, casey).ok()
	sent, code := w.nextCode(func() answer { return w.resetChallenge(keyed, start) })
	w.resetCode(keyed, sent, "00000000").refused(400, "invalid_grant", "invalid_oob_value", 50181)
	a := w.resetCode(keyed, sent, code)
	proven := a.ok()
	assert.Equal(t, 600.0, a.body["expires_in"])
	w.resetSubmit(keyed, proven, "short").refused(400, "invalid_grant", "password_too_short", 399246)
	w.resetSubmit(keyed, proven, harbor).refused(400, "invalid_grant", "password_recently_used", 399246)
	before := w.mail.count()
	a = w.resetSubmit(keyed, proven, "a busy harbour")
	submitted := a.ok()
	assert.Equal(t, 2.0, a.body["poll_interval"])
	notice := w.mail.take(before + 1)
	assert.Equal(t, otp.PasswordChanged, notice.Purpose)
	assert.EqualValues(t, casey, notice.To)

	for range 3 { // the same token for each poll
		a = w.resetPoll(keyed, submitted)
		require.Equal(t, "succeeded", a.body["status"])
	}
	w.redeemToken(keyed, a.ok(), "username", casey).tokens()
	w.enter(casey, harbor).refused(400, "invalid_grant", "", 50126)
	w.enter(casey, "a busy harbour").tokens()
	w.refresh(keyed, refresh).refused(400, "invalid_grant", "bad_token", 70000)
}
