package otp_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/otp"
)

func TestShort_ReadsWell(t *testing.T) {
	for purpose, want := range map[otp.Purpose]string{
		otp.SignUp:       "01234567 is your code to sign up for Contoso, good for 10 minutes. Do not share it.",
		otp.SignIn:       "01234567 is your code to sign in to Contoso, good for 10 minutes. Do not share it.",
		otp.Reset:        "01234567 is your code to reset your Contoso password, good for 10 minutes. Do not share it.",
		otp.SecondFactor: "01234567 is your code to finish signing in to Contoso, good for 10 minutes. Do not share it.",
		otp.Registration: "01234567 is your code to add this number to your Contoso account, good for 10 minutes. Do not share it.",
		otp.MethodAdded: "A way to confirm sign-ins was added to your Contoso account. If it was not you, " +
			"reset your password and tell the support.",
		otp.NotRegistered: "Somebody, perhaps you, tried to sign in to Contoso with this number. It has no account.",
	} {
		m := message("Contoso")
		m.Channel, m.To, m.Purpose = otp.SMS, "+4915112345678", purpose
		assert.Equal(t, want, m.Short())
	}
}

// basic is the part of the alphabet of GSM 03.38 that our words are made of. A single character
// beyond it makes an SMS of 70.
const basic = " .,:-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func TestShort_FitsIntoOneSMS(t *testing.T) {
	for _, m := range shortMessages(strings.Repeat("x", 30)) {
		assert.Less(t, len(m.Short()), 160, m.Purpose)
		assert.Empty(t, strings.Trim(m.Short(), basic), m.Purpose)
		assert.Contains(t, m.Short(), m.App, m.Purpose)
		assert.True(t, strings.HasSuffix(m.Short(), "."), m.Purpose)
	}
}

func TestShort_BeginsWithTheCodeAndANoticeHasNone(t *testing.T) {
	for _, app := range apps() {
		for _, m := range shortMessages(app) {
			assert.Equal(t, m.Purpose.HasCode(), strings.HasPrefix(m.Short(), "01234567 is your code "), m.Purpose)
			assert.Equal(t, m.Purpose.HasCode(), strings.Contains(m.Short(), "01234567"), m.Purpose)
			assert.Equal(t, m.Purpose.HasCode(), strings.HasSuffix(m.Short(), ", good for 10 minutes. Do not share it."), m.Purpose)
		}
	}
}

func TestShort_IsFilledInOnceAndHoldsNoLinkAndNoNumber(t *testing.T) {
	for _, m := range shortMessages("{life}{when}{contact}{app}") {
		assert.Contains(t, m.Short(), "{life}{when}{contact}{app}", "%s: the name stays a name", m.Purpose)
	}
	for _, m := range shortMessages("Contoso") {
		for _, part := range []string{"{", "://", "www", "http", "+", "4915", "@", "\n", "\t", "  "} {
			assert.NotContains(t, m.Short(), part, m.Purpose)
		}
	}
}

func TestShort_OfAPurposeWithoutWordsIsEmpty(t *testing.T) {
	m := message("Contoso")
	m.Purpose = "from the future"
	assert.Empty(t, m.Short())
}
