package handler_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/store"
)

// A flow that travels in its first token has no record to be missed: what has ended must not begin again
// with that token, and with it whatever is named after the flow.

func TestEnded_AFamilyThatWasRevokedDoesNotComeBackToLife(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	start := w.signInStart(plain, casey).ok()
	sent, code := w.nextCode(func() answer { return w.signInChallenge(plain, start) })
	stolen := w.redeemCode(plain, sent, code).tokens().text("refresh_token")
	second := w.refresh(plain, stolen).tokens().text("refresh_token")
	third := w.refresh(plain, second).tokens().text("refresh_token")
	w.refresh(plain, stolen).refused(400, "invalid_grant", "bad_token", 70000) // and with it the family

	w.signInChallenge(plain, start).badToken()
	for _, text := range []string{stolen, second, third} {
		w.refresh(plain, text).refused(400, "invalid_grant", "bad_token", 70000)
	}
}

func TestEnded_AFlowThatWasRedirectedIsOver(t *testing.T) {
	w := newEntry(t, func(u *store.User) { u.Methods = []store.Method{mailMethod} })
	for user, capability := range map[string]string{casey: "mfa_required", robin: "registration_required"} {
		start := w.signInStart(coded, user).ok()
		sent, code := w.nextCode(func() answer { return w.signInChallenge(coded, start) })
		a := w.redeemCode(coded, sent, code)
		assert.Equal(t, map[string]any{"challenge_type": "redirect", "redirect_reason": "Client is missing " + capability + " capability"}, a.body)
		before := w.mail.count()
		for _, token := range []string{start, sent} {
			w.signInChallenge(coded, token).badToken()
		}
		w.redeemCode(coded, sent, code).badToken()
		assert.Equal(t, before, w.mail.count(), "a code was sent for nothing")
	}
}
