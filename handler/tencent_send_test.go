package handler_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// Section 10.1 of the contract.

const (
	badNumber  = "The phone number is malformed or not served"
	badAddress = "The email address is malformed"
)

func TestOTPSend_WhatIsRefused(t *testing.T) {
	w := newWorld(t, withTencent)
	missing := "The request body must contain the parameter '%s'."
	for name, row := range map[string]struct {
		call              fields
		code, description string
	}{
		"neither number nor address":      {byMail("").with("email", nil), "invalid_request", fmt.Sprintf(missing, "email")},
		"an empty address":                {byMail(""), "invalid_request", fmt.Sprintf(missing, "email")},
		"both":                            {byMail(casey).with("phone_number", mainland), "invalid_request", "The request is malformed. Both phone_number and email are given."},
		"no source":                       {byMail(casey).with("auth_source_id", nil), "invalid_request", fmt.Sprintf(missing, "auth_source_id")},
		"no source for a sign-up":         {byMail(casey).with("auth_source_id", nil, "usage", "signup"), "invalid_request", fmt.Sprintf(missing, "auth_source_id")},
		"an unknown source":               {byMail(casey).with("auth_source_id", "unknown"), "invalid_auth_source", "Auth source and application not associated"},
		"a source of another client":      {byMail(casey).with("auth_source_id", "other"), "invalid_auth_source", "Auth source and application not associated"},
		"a source of numbers":             {byMail(casey).with("auth_source_id", viaText), "invalid_auth_source", "Auth source and application not associated"},
		"a source of addresses":           {byText(mainland).with("auth_source_id", viaMail), "invalid_auth_source", "Auth source and application not associated"},
		"a usage that nothing redeems":    {byMail(casey).with("usage", "update_userinfo"), "invalid_request", "The usage is not supported"},
		"another one":                     {byMail(casey).with("usage", "reset_password"), "invalid_request", "The usage is not supported"},
		"an unknown usage":                {byMail(casey).with("usage", "LOGIN"), "invalid_request", "The usage is not supported"},
		"no address":                      {byMail("casey"), "malformed_email", badAddress},
		"an address with a name":          {byMail("Casey <casey@contoso.com>"), "malformed_email", badAddress},
		"a long address":                  {byMail(strings.Repeat("c", 255) + "@contoso.com"), "malformed_email", badAddress},
		"a number as an address":          {byMail(mainland), "malformed_email", badAddress},
		"an address as a number":          {byText(casey), "malformed_phone_number", badNumber},
		"a short number":                  {byText("1361234567"), "malformed_phone_number", badNumber},
		"a long number":                   {byText("136123456789"), "malformed_phone_number", badNumber},
		"a number of no mobile phone":     {byText("03612345678"), "malformed_phone_number", badNumber},
		"digits of another script":        {byText("１３６１２３４５６７８"), "malformed_phone_number", badNumber},
		"a country that is not served":    {byText("+33612345678"), "malformed_phone_number", badNumber},
		"a number of a country elsewhere": {byText("8613612345678"), "malformed_phone_number", badNumber},
		"a client without SMS":            {byText(mainland).with("client_id", mailOnly), "unauthorized_client", "The application may not use the grant type."},
		"a client without either":         {byMail(casey).with("client_id", plain), "unauthorized_client", "The application may not use the grant type."},
	} {
		t.Run(name, func(t *testing.T) {
			w.T = t
			w.tencent(otpSend, row.call).exactly(400, row.code, row.description)
		})
	}
	w.T = t
	assert.Zero(t, w.mail.count())
}

func TestOTPSend_OneNumberHasOneForm(t *testing.T) {
	w := newWorld(t, withTencent)
	for i, spelling := range []string{mainland, abroad, "+86 136 1234-5678", " 13612345678 "} {
		redeem := w.otpSent(byText(spelling))
		assert.Equal(t, otp.Address(abroad), w.mail.take(i+1).To)
		assert.Equal(t, otp.SMS, w.mail.take(i+1).Channel)
		w.tencent(otpToken, redeem.with("phone_number", mainland, "auto_signup", true)).tokens()
	}
	w.otpSent(byText("+4915112345678"))
	assert.Equal(t, otp.Address("+4915112345678"), w.mail.take(w.mail.count()).To)
}

func TestOTPSend_ACodeSaysWhatItIsFor(t *testing.T) {
	w := newWorld(t, withTencent)
	for usage, purpose := range map[any]otp.Purpose{nil: otp.SignIn, "login": otp.SignIn, "signup": otp.SignUp} {
		w.otpSent(byMail(casey).with("usage", usage))
		m := w.mail.take(w.mail.count())
		assert.Equal(t, purpose, m.Purpose)
		assert.Len(t, m.Code, 8)
		assert.Equal(t, 5*time.Minute, m.Life)
	}
	w.otpSent(byMail(casey).with("client_id", mailOnly))
	m := w.mail.take(w.mail.count())
	assert.Len(t, m.Code, 12)
	assert.Equal(t, time.Minute, m.Life)
}

func TestOTPSend_ATakenAddressIsNotSignedUp(t *testing.T) {
	w := newWorld(t, withTencent)
	w.signUp(casey)
	w.tencent(otpToken, w.otpSent(byText(mainland)).with("auto_signup", "true")).tokens()
	sent := w.mail.count()
	w.tencent(otpSend, byMail(casey).with("usage", "signup")).exactly(400, "email_is_used", "The email address has an account")
	w.tencent(otpSend, byText(mainland).with("usage", "signup")).exactly(400, "phone_number_is_used", "The phone number has an account")
	assert.Equal(t, sent, w.mail.count())
}

func TestOTPSend_CodesToOneAddressAreKeptApart(t *testing.T) {
	w := newWorld(t, withTencent, withInterval(time.Minute))
	w.otpSent(byMail(casey))
	w.otpSent(byText(mainland))
	w.clock.pass(20 * time.Second)
	for range 2 {
		for _, client := range []string{mobile, curious} { // whoever asks
			a := w.tencent(otpSend, byMail(casey).with("client_id", client)).exactly(400, "insufficient_email_quota", "The next code must wait")
			assert.Equal(t, "40", a.header.Get("Retry-After"))
			a = w.tencent(otpSend, byText(abroad).with("client_id", client)).exactly(400, "sms_rate_limit_exceeded", "The next code must wait")
			assert.Equal(t, "40", a.header.Get("Retry-After"))
		}
	}
	start := w.signUpStart(plain, casey).ok()
	w.signUpChallenge(plain, start).refused(429, "temporarily_unavailable", "", 90055) // the same counter
	w.clock.pass(40 * time.Second)
	w.signUpChallenge(plain, start).ok()
	w.tencent(otpSend, byMail(casey)).exactly(400, "insufficient_email_quota", "The next code must wait")
	w.otpSent(byText(mainland))
}

func TestOTPSend_ANumberHasAQuota(t *testing.T) {
	w := newWorld(t, withTencent)
	for range 5 {
		w.otpSent(byText(mainland))
	}
	a := w.tencent(otpSend, byText(mainland)).exactly(400, "insufficient_sms_quota", "No more codes can be sent to the phone number today")
	assert.Equal(t, "86400", a.header.Get("Retry-After"))
	w.otpSent(byText("13612345679"))
	w.clock.pass(24 * time.Hour)
	w.otpSent(byText(mainland))
}

func TestOTPSend_TheGateIsAsked(t *testing.T) {
	var asked []handler.GateRequest
	answer := errors.New("out of order")
	w := newWorld(t, withTencent, func(c *handler.Config) {
		c.Gate = func(_ context.Context, r handler.GateRequest) error {
			asked = append(asked, r)
			return answer
		}
	})
	w.tencent(otpSend, byMail(casey)).plainly(503, "temporarily_unavailable")
	for _, answer = range []error{handler.ErrContactBlocked, handler.ErrContactForbidden} {
		w.tencent(otpSend, byMail(casey)).exactly(400, "invalid_email", "The email address is refused")
		w.tencent(otpSend, byText(mainland).with("usage", "signup")).exactly(400, "malformed_phone_number", badNumber)
	}
	assert.Zero(t, w.mail.count())
	answer = nil
	w.signUp(casey)
	w.otpSent(byMail(casey))
	r := asked[len(asked)-1]
	assert.NotNil(t, r.Request)
	r.Request = nil
	assert.Equal(t, handler.GateRequest{Purpose: otp.SignIn, Channel: otp.Email, To: casey, ClientID: mobile}, r, "of no user")
	assert.Equal(t, otp.SignUp, asked[2].Purpose)
}

// With HideAccounts nothing but the mailbox tells who has an account.
func TestOTPSend_HidesWhoHasAnAccount(t *testing.T) {
	w := newWorld(t, withTencent, hidden, func(c *handler.Config) { c.ResendInterval = time.Minute; roomy(c) })
	const taken, off = "+8613612345670", "off@contoso.com"
	for _, u := range []store.User{{ID: "1", Username: casey, Email: casey}, {ID: "2", Username: taken}, {ID: "3", Username: off, Email: off, Disabled: true}} {
		require.NoError(t, w.store.CreateUser(t.Context(), u))
	}
	for usage, notice := range map[string]otp.Purpose{"login": "", "signup": otp.AlreadyRegistered} {
		var answers []answer
		for _, row := range []struct {
			call fields
			want otp.Purpose
		}{
			{byMail("nobody@contoso.com"), ""},
			{byMail(casey), notice},
			{byMail(off), otp.AccountDisabled},
			{byText(mainland), ""},
			{byText(taken), notice},
		} {
			w.clock.pass(time.Hour)
			before := w.mail.count()
			a := w.tencent(otpSend, row.call.with("usage", usage))
			require.Equal(t, 200, a.status, "%v", a.body)
			m := w.mail.take(before + 1)
			if row.want != "" {
				assert.Equal(t, row.want, m.Purpose)
				assert.Empty(t, m.Code)
			} else {
				assert.NotEmpty(t, m.Code)
			}
			again := w.tencent(otpSend, row.call.with("usage", usage))
			assert.Equal(t, 400, again.status)
			w.tencent(otpToken, redeeming(row.call, a.text("otp_token"), "00000000")).badOTP()
			answers = append(answers, a)
		}
		for _, a := range answers {
			assert.Equal(t, shape(answers[0]), shape(a))
		}
	}
}

// shape is an answer without what is random in it, but for how long that is.
func shape(a answer) string {
	h := a.header.Clone()
	for _, name := range []string{"Date", "Client-Request-Id", "X-Ms-Request-Id"} {
		h.Del(name)
	}
	return fmt.Sprint(a.status, h, len(a.text("otp_token")), len(a.body))
}

// What is done for somebody is done for nobody, too.
func TestOTPSend_DoesTheSameForWhoeverIsHidden(t *testing.T) {
	for _, usage := range []string{"login", "signup"} {
		var traces [][]string
		s := newTrip(t, withTencent, hidden, func(c *handler.Config) { c.ResendInterval = time.Minute; roomy(c) })
		require.NoError(t, s.store.CreateUser(t.Context(), store.User{ID: "1", Username: casey, Email: casey}))
		require.NoError(t, s.store.CreateUser(t.Context(), store.User{ID: "2", Username: "off@contoso.com", Email: "off@contoso.com", Disabled: true}))
		for _, user := range []string{casey, "nobody@contoso.com", "off@contoso.com"} {
			s.fault.traced()
			a := s.tencent(otpSend, byMail(user).with("usage", usage))
			require.Equal(t, 200, a.status)
			traces = append(traces, s.fault.traced())
		}
		require.NotEmpty(t, traces[0])
		assert.Equal(t, traces[0], traces[1], usage)
		assert.Equal(t, traces[0], traces[2], usage)
		assert.Equal(t, 1, len(slices.DeleteFunc(slices.Clone(traces[0]), func(c string) bool { return c != "UserByUsername" })), "%v", traces[0])
	}
}

func TestOTPSend_WhatIsOutOfOrderIsSaid(t *testing.T) {
	for _, m := range []mode{fails, panics} {
		s := newTrip(t, withTencent)
		s.tencent(otpSend, byMail(casey))
		calls := len(s.fault.traced())
		for n := range calls {
			s.fault.arm(m, n)
			a := s.tencent(otpSend, byMail(casey))
			want, code := 503, "temporarily_unavailable"
			if m == panics {
				want, code = 500, "server_error"
			} else {
				assert.NotEmpty(t, a.header.Get("Retry-After"))
			}
			a.plainly(want, code)
			for _, word := range leaks {
				assert.NotContains(t, a.body["error_description"], word)
			}
			s.fault.mend()
		}
		require.Greater(t, calls, 1)
		s.otpSent(byMail(casey))
	}
}

func TestOTPSend_AQueueThatIsShutTakesNoMore(t *testing.T) {
	w := newWorld(t, withTencent, withInterval(time.Minute))
	require.NoError(t, w.auth.Shutdown(t.Context()))
	for range 2 { // and the code that was not sent is not counted
		w.tencent(otpSend, byMail(casey)).plainly(503, "temporarily_unavailable")
	}
}

// Where an account's mail goes is not told to whoever can tell callers, by what the gate lets through.
func TestOTPSend_TheGateLearnsWhatWasSaidWhereAccountsHide(t *testing.T) {
	for hide, want := range map[bool]otp.Address{true: casey, false: "new@contoso.com"} {
		var asked []otp.Address
		w := newWorld(t, withTencent, func(c *handler.Config) {
			c.HideAccounts = hide
			c.Gate = func(_ context.Context, r handler.GateRequest) error {
				asked = append(asked, r.To)
				return nil
			}
		})
		require.NoError(t, w.store.CreateUser(t.Context(), store.User{ID: "1", Username: casey, Email: "new@contoso.com"}))
		w.otpSent(byMail(casey))
		w.otpSent(byText(mainland))
		assert.Equal(t, []otp.Address{want, abroad}, asked)
		assert.Equal(t, otp.Address("new@contoso.com"), w.mail.take(1).To)
	}
}
