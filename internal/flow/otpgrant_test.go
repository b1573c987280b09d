package flow

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/otp"
)

// What a config cannot say the engine refuses by itself: a client that keeps sessions gets no tokens.
func TestOTPGrant_IsNotForClientsThatKeepSessions(t *testing.T) {
	s := newStage(t)
	s.plain.GrantTypes, s.plain.Sources = []string{GrantOTPEmail}, []Source{{ID: "mail", Channel: otp.Email}}
	send := OTPSend{Client: s.plain, Source: "mail", Channel: otp.Email, Address: casey}
	token, err := s.SendOTP(t.Context(), send)
	require.NoError(t, err)

	kept := 0
	s.plain.Keep = func(context.Context, Session) error { kept++; return nil }
	_, err = s.SendOTP(t.Context(), send)
	assert.ErrorIs(t, err, ErrGrantForbidden)
	_, err = s.Token(t.Context(), Redeem{Client: s.plain, Grant: GrantOTPEmail, Code: "01234567", OTP: &OTPRedeem{Token: token, Source: "mail", Email: casey}})
	assert.ErrorIs(t, err, ErrGrantForbidden)
	assert.Zero(t, kept)
}
