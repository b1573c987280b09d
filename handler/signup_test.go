package handler_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSignUp_EndsInTokens(t *testing.T) {
	w := newWorld(t)
	start := w.signUpStart(plain, casey).ok()
	sent := w.signUpChallenge(plain, start)
	token, code := sent.ok(), w.mail.take(1).Code
	assert.Equal(t, map[string]any{
		"continuation_token": token, "challenge_type": "oob", "binding_method": "prompt", "challenge_channel": "email",
		"challenge_target_label": "c***y@c***o.c***", "code_length": 8.0, "interval": 0.0,
	}, sent.body)
	done := w.signUpCode(plain, token, code).ok()
	tokens := w.redeemToken(plain, done, "username", casey, "scope", "openid offline_access")
	require.Equal(t, 200, tokens.status, "%v", tokens.body)
	assert.Equal(t, "Bearer", tokens.body["token_type"])
	w.signIn(casey)
}

// D1 of the contract.
func TestFlow_WhatHasWonOnceIsRefusedTheSecondTime(t *testing.T) {
	w := newWorld(t)
	sent, code := w.signUpSent(plain, casey)
	done := w.signUpCode(plain, sent, code).ok()
	w.signUpCode(plain, sent, code).refused(400, "invalid_request", "", 55200)
	w.redeemToken(plain, done).tokens()
	w.redeemToken(plain, done).refused(400, "invalid_request", "", 55200)

	sent, code = w.signInSent(plain, casey)
	w.redeemCode(plain, sent, code).tokens()
	w.redeemCode(plain, sent, code).refused(400, "invalid_request", "", 55200)
	w.signInChallenge(plain, sent).refused(400, "invalid_request", "", 55200)
}
