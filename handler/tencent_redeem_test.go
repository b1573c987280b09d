package handler_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// Section 10.2 of the contract.

func TestOTPToken_EveryRefusal(t *testing.T) {
	w := newWorld(t, withTencent)
	w.signUp(casey)
	mail, text := w.otpSent(byMail(casey)), w.otpSent(byText(mainland))
	missing := func(name string) string { return "The request body must contain the parameter '" + name + "'." }
	const unknownToken, unknownOTP = "Unknown or expired otp_token", "Unknown or expired OTP"
	const mismatched = "Mismatched OTP token and OTP sending parameters"
	for name, row := range map[string]struct {
		call              fields
		code, description string
	}{
		"no grant type":                    {mail.with("grant_type", nil), "invalid_request", missing("grant_type")},
		"a grant type of the native API":   {mail.with("grant_type", "oob"), "unsupported_grant_type", "The grant type is not supported."},
		"a grant type under an older host": {mail.with("grant_type", "http://eiam.example/oauth2/grant-type/otp/email"), "unsupported_grant_type", "The grant type is not supported."},
		"a client without the grant":       {text.with("client_id", mailOnly), "unauthorized_client", "The application may not use the grant type."},
		"no source":                        {mail.with("auth_source_id", nil), "invalid_request", missing("auth_source_id")},
		"an unknown source":                {mail.with("auth_source_id", "x"), "invalid_auth_source", "Auth source and application not associated"},
		"a source of the other channel":    {mail.with("auth_source_id", viaText), "invalid_auth_source", "Auth source and application not associated"},
		"no address":                       {mail.with("email", nil), "invalid_request", missing("email")},
		"a number in place of the address": {mail.with("email", nil, "phone_number", mainland), "invalid_request", missing("email")},
		"no number":                        {text.with("phone_number", nil), "invalid_request", missing("phone_number")},
		"no token":                         {mail.with("otp_token", nil), "invalid_request", missing("otp_token")},
		"no code":                          {mail.with("otp", ""), "invalid_request", missing("otp")},
		"an auto_signup that is neither":   {mail.with("auto_signup", "yes"), "invalid_request", "The request is malformed. Auto_signup is neither true nor false."},
		"a forged token":                   {mail.with("otp_token", "MOCK_OTP_TOKEN"), "invalid_grant", unknownToken},
		"a changed token":                  {mail.with("otp_token", mutate(mail["otp_token"].(string))), "invalid_grant", unknownToken},
		"another address":                  {mail.with("email", "sam@contoso.com"), "invalid_request", mismatched},
		"what is no address":               {mail.with("email", "casey"), "invalid_request", mismatched},
		"another number":                   {text.with("phone_number", "13612345679"), "invalid_request", mismatched},
		"a number that is not served":      {text.with("phone_number", "+33612345678"), "invalid_request", mismatched},
		"another client":                   {mail.with("client_id", curious), "invalid_request", mismatched},
		"a confidential one":               {mail.with("client_id", portal, "client_secret", newSecret), "invalid_request", mismatched},
		"the other grant":                  {mail.with("grant_type", handler.GrantOTPSMS, "auth_source_id", viaText, "phone_number", mainland), "invalid_request", mismatched},
		"the code of another flow":         {mail.with("otp", text["otp"]), "invalid_grant", unknownOTP},
		"what is no code":                  {mail.with("otp", "1234567"), "invalid_grant", unknownOTP},
		"a number of JSON":                 {mail.with("otp", 1234567), "invalid_grant", unknownOTP},
	} {
		t.Run(name, func(t *testing.T) {
			w.T = t
			w.tencent(otpToken, row.call).exactly(400, row.code, row.description)
		})
	}
	w.T = t
	w.tencent(otpToken, mail).tokens()
	w.tencent(otpToken, text).noUser()
}

func TestOTPToken_ARefreshIsForClientsOfTheGrants(t *testing.T) {
	w := newWorld(t, withTencent)
	w.signUp(casey)
	call := fields{"client_id": plain, "grant_type": "refresh_token", "refresh_token": w.signIn(casey).text("refresh_token")}
	w.tencent(otpToken, call).plainly(400, "unauthorized_client")
	w.tencent(otpToken, call.with("client_id", mobile)).plainly(400, "invalid_grant")
	w.tencent(otpToken, call.with("client_id", mobile, "refresh_token", nil)).exactly(400, "invalid_request", "The request body must contain the parameter 'refresh_token'.")
	w.refresh(plain, call["refresh_token"].(string)).tokens()
}

func TestOTPToken_AnotherSourceOfTheClientIsAMismatch(t *testing.T) {
	w := newWorld(t, withTencent)
	redeem := w.otpSent(byMail(casey).with("client_id", portal, "client_secret", newSecret)).with("auto_signup", "true")
	w.tencent(otpToken, redeem.with("auth_source_id", "other")).mismatched()
	w.tencent(otpToken, redeem).tokens()
}

// What comes first is told first: section 10.2 has the order.
func TestOTPToken_TheOrderOfChecks(t *testing.T) {
	w := newWorld(t, withTencent)
	bad := w.otpSent(byMail("nobody@contoso.com")).with("client_id", "nobody", "grant_type", "x", "auth_source_id", "x", "otp_token", "x", "email", "x@x.com", "otp", "0")
	good := w.otpSent(byMail("nobody@contoso.com"))
	w.tencent(otpToken, bad).plainly(401, "invalid_client")
	bad["client_id"] = mobile
	w.tencent(otpToken, bad).plainly(400, "unsupported_grant_type")
	bad["grant_type"] = good["grant_type"]
	w.tencent(otpToken, bad).noSource()
	bad["auth_source_id"] = viaMail
	w.tencent(otpToken, bad).badOTPToken()
	bad["otp_token"] = good["otp_token"]
	w.tencent(otpToken, bad).mismatched()
	bad["email"] = good["email"]
	w.tencent(otpToken, bad).badOTP()
	bad["otp"] = good["otp"]
	w.tencent(otpToken, bad).noUser()
	bad["auto_signup"] = "true"
	w.tencent(otpToken, bad).tokens()
}

func TestOTPToken_AWrongCodeLeavesTheToken(t *testing.T) {
	w := newWorld(t, withTencent)
	w.signUp(casey)
	redeem := w.otpSent(byMail(casey))
	code := redeem["otp"].(string)
	for range 4 {
		w.tencent(otpToken, redeem.with("otp", otherCode(code))).badOTP()
		w.tencent(otpToken, redeem.with("email", "sam@contoso.com")).mismatched() // which is no try
		w.tencent(otpToken, redeem.with("otp", "123")).badOTP()                   // nor is that
	}
	w.tencent(otpToken, redeem.with("otp", " "+code[:4]+"-"+code[4:]+" ")).tokens()
	w.tencent(otpToken, redeem).badOTPToken()

	redeem = w.otpSent(byMail(casey))
	for range 5 {
		w.tencent(otpToken, redeem.with("otp", otherCode(redeem["otp"].(string)))).badOTP()
	}
	w.tencent(otpToken, redeem).badOTP()
	w.tencent(otpToken, w.otpSent(byMail(casey))).tokens()
}

func TestOTPToken_LivesUpToItsLastMoment(t *testing.T) {
	for _, row := range []struct {
		send  fields
		after time.Duration
		want  func(answer)
	}{
		{byMail(casey), 5*time.Minute - time.Millisecond, func(a answer) { a.tokens() }},
		{byMail(casey), 5 * time.Minute, answer.badOTPToken},
		{byMail(casey), time.Hour, answer.badOTPToken},
		{byMail(casey).with("client_id", mailOnly), time.Minute - time.Millisecond, func(a answer) { a.tokens() }},
		{byMail(casey).with("client_id", mailOnly), time.Minute, answer.badOTP},
	} {
		w := newWorld(t, withTencent)
		w.signUp(casey)
		redeem := w.otpSent(row.send)
		w.clock.pass(row.after)
		row.want(w.tencent(otpToken, redeem))
	}
}

func TestOTPToken_CodeLifetimeOfTheConfigIsAlsoTheMost(t *testing.T) {
	w := newWorld(t, withTencent, func(c *handler.Config) { c.CodeLifetime = 30 * time.Second })
	w.signUp(casey)
	redeem := w.otpSent(byMail(casey))
	w.clock.pass(30 * time.Second)
	w.tencent(otpToken, redeem).badOTP()
}

func TestOTPToken_ASignUpMakesAnAccount(t *testing.T) {
	for _, auto := range []any{true, "true"} {
		for _, usage := range []any{nil, "login", "signup"} {
			w := newWorld(t, withTencent)
			redeem := w.otpSent(byMail(casey).with("usage", usage))
			_, err := w.store.UserByUsername(t.Context(), casey)
			require.ErrorIs(t, err, store.ErrNotFound, "not before the code was accepted")
			w.tencent(otpToken, redeem).noUser()
			w.tencent(otpToken, redeem.with("auto_signup", false)).noUser()
			w.tencent(otpToken, redeem.with("auto_signup", auto, "otp", otherCode(redeem["otp"].(string)))).badOTP()
			_, err = w.store.UserByUsername(t.Context(), casey)
			require.ErrorIs(t, err, store.ErrNotFound)

			a := w.tencent(otpToken, redeem.with("auto_signup", auto)).tokens()
			u, err := w.store.UserByUsername(t.Context(), casey)
			require.NoError(t, err)
			assert.Equal(t, accessClaims(t, a)["sub"], u.ID)
			assert.Equal(t, casey, u.Email)
			assert.Empty(t, u.PasswordHash)
			require.Len(t, u.Methods, 1, "RegisterAddress")
			w.tencent(otpToken, w.otpSent(byMail(casey)).with("auto_signup", auto)).tokens()
			w.signIn(casey)
		}
	}
}

func TestOTPToken_ANumberIsAUserName(t *testing.T) {
	w := newWorld(t, withTencent)
	a := w.tencent(otpToken, w.otpSent(byText(mainland)).with("auto_signup", "true")).tokens()
	u, err := w.store.UserByUsername(t.Context(), abroad)
	require.NoError(t, err)
	assert.Empty(t, u.Email)
	assert.Empty(t, u.Methods)
	claims := idClaims(t, a)
	assert.Equal(t, u.ID, claims["sub"])
	assert.Equal(t, abroad, claims["preferred_username"])
	assert.NotContains(t, claims, "email")
	assert.Equal(t, []any{"sms"}, claims["amr"])
	again := w.tencent(otpToken, w.otpSent(byText(abroad)).with("phone_number", mainland)).tokens()
	assert.Equal(t, u.ID, accessClaims(t, again)["sub"])
	w.tencent(otpToken, fields{"client_id": mobile, "grant_type": "refresh_token", "refresh_token": again.text("refresh_token")}).tokens()
}

func TestOTPToken_ASignUpThatAsksForMoreIsNotDoneHere(t *testing.T) {
	w := newWorld(t, withTencent)
	redeem := w.otpSent(byMail(casey).with("client_id", curious))
	w.tencent(otpToken, redeem.with("auto_signup", "true")).exactly(400, "invalid_request", "Automatic sign-up is not possible: the application asks for attributes")
	w.tencent(otpToken, redeem).noUser()
	_, err := w.store.UserByUsername(t.Context(), casey)
	require.ErrorIs(t, err, store.ErrNotFound)
	w.signUp(casey)
	w.tencent(otpToken, w.otpSent(byMail(casey).with("client_id", curious)).with("auto_signup", "true")).tokens()
}

func TestOTPToken_ARivalSignUpWins(t *testing.T) {
	for _, usage := range []string{"login", "signup"} {
		w := newWorld(t, withTencent)
		redeem := w.otpSent(byMail(casey).with("usage", usage))
		w.signUp(casey)
		w.tencent(otpToken, redeem).noUser()
		w.tencent(otpToken, redeem.with("auto_signup", "true")).exactly(400, "email_is_used", "The email address has an account")
		text, rival := w.otpSent(byText(mainland).with("usage", usage)), w.otpSent(byText(mainland))
		w.tencent(otpToken, rival.with("auto_signup", "true")).tokens()
		w.tencent(otpToken, text.with("auto_signup", "true")).exactly(400, "phone_number_is_used", "The phone number has an account")
	}
}

func TestOTPToken_AnAccountThatMayNotSignIn(t *testing.T) {
	w := newWorld(t, withTencent)
	w.signUp(casey)
	disabled := w.otpSent(byMail(casey))
	w.update(casey, func(u *store.User) { u.Disabled = true })
	w.tencent(otpToken, disabled).abnormal()
	w.tencent(otpToken, w.otpSent(byMail(casey)).with("auto_signup", true)).abnormal()
	w.update(casey, func(u *store.User) { u.Disabled = false })
	w.tencent(otpToken, disabled).tokens()

	ended := w.otpSent(byMail(casey))
	require.NoError(t, w.auth.EndSessions(t.Context(), w.idOf(casey)))
	w.tencent(otpToken, ended).badOTPToken()
	w.tencent(otpToken, w.otpSent(byMail(casey))).tokens()

	gone := w.otpSent(byMail(casey))
	w.users.gone = w.idOf(casey)
	w.tencent(otpToken, gone.with("auto_signup", "true")).noUser()
}

func TestOTPToken_ASecondFactorIsAskedForElsewhere(t *testing.T) {
	w := newWorld(t, withTencent)
	w.signUp(casey)
	cautiously := byMail(casey).with("client_id", cautious)
	w.tencent(otpToken, w.otpSent(cautiously)).abnormal()
	w.update(casey, func(u *store.User) { u.Methods = []store.Method{textMethod} })
	a := w.tencent(otpToken, w.otpSent(cautiously))
	a.abnormal()
	w.tencent(otpToken, w.otpSent(byMail(casey))).tokens()
}

// Where accounts are hidden, a wrong code says as much of one as of another.
func TestOTPToken_HidesWhoHasAnAccount(t *testing.T) {
	w := newWorld(t, withTencent, hidden)
	require.NoError(t, w.store.CreateUser(t.Context(), store.User{ID: "1", Username: casey, Email: casey}))
	for _, user := range []string{casey, "nobody@contoso.com"} {
		redeem := w.otpSent(byMail(user))
		for range 5 {
			w.tencent(otpToken, redeem.with("otp", otherCode(redeem["otp"].(string)))).badOTP()
		}
		w.tencent(otpToken, redeem).badOTP()
	}
	w.tencent(otpToken, w.otpSent(byMail(casey))).tokens()
	w.tencent(otpToken, w.otpSent(byMail("nobody@contoso.com"))).noUser()
	w.tencent(otpToken, w.otpSent(byMail("nobody@contoso.com")).with("auto_signup", "true")).tokens()
}

// A code goes where every other sign-in of the account has it go, and nowhere if that is nowhere.
func TestOTPToken_TheCodeGoesToTheAccountsMailbox(t *testing.T) {
	w := newWorld(t, withTencent)
	require.NoError(t, w.store.CreateUser(t.Context(), store.User{ID: "1", Username: casey, Email: "new@contoso.com"}))
	require.NoError(t, w.store.CreateUser(t.Context(), store.User{ID: "2", Username: "none@contoso.com"}))
	redeem := w.otpSent(byMail(casey))
	assert.Equal(t, otp.Address("new@contoso.com"), w.mail.take(1).To)
	w.tencent(otpToken, redeem.with("email", "new@contoso.com")).mismatched()
	w.tencent(otpToken, redeem).tokens()
	token := w.tencent(otpSend, byMail("none@contoso.com")).text("otp_token")
	w.tencent(otpToken, redeeming(byMail("none@contoso.com"), token, "00000000")).badOTP()
	w.otpSent(byMail("another@contoso.com"))
	assert.Equal(t, otp.Address("another@contoso.com"), w.mail.take(2).To, "and none before it")
}

const (
	otpRounds = 8
	otpAtOnce = 5 // each is a try
)

// listed is a call as a form.
func (f fields) listed() (pairs []string) {
	for name, value := range f {
		pairs = append(pairs, name, fmt.Sprint(value))
	}
	return pairs
}

func TestRace_OneRightOTPGivesTokensOnce(t *testing.T) {
	onPairs(t, func(p *pair) {
		for _, auto := range []string{"true", "false"} { // makes the accounts, and finds them
			for round := range otpRounds {
				redeem := p.otpSent(byMail(fmt.Sprintf("otp%d@contoso.com", round))).with("auto_signup", auto)
				shots := p.atOnce(otpAtOnce, otpToken, func(int) []string { return redeem.listed() })
				require.Len(p, winners(shots), 1, "successes in round %d", round)
				for _, s := range shots {
					if s.status != 200 {
						assert.Equal(p, "Unknown or expired otp_token", s.body["error_description"])
					}
				}
			}
		}
	})
}

func TestRace_FiveTriesAtAnOTPAreCompared(t *testing.T) {
	onPairs(t, func(p *pair) {
		redeem := p.otpSent(byMail(casey))
		p.log.take(wasCompared)
		shots := p.atOnce(inParallel, otpToken, func(int) []string {
			return redeem.with("otp", otherCode(redeem["otp"].(string))).listed()
		})
		require.Empty(p, winners(shots))
		assert.Equal(p, 5, p.log.take(wasCompared))
		p.tencent(otpToken, redeem).badOTP()
	})
}

func TestOTPToken_InstancesAreAsOne(t *testing.T) {
	same := withKeys(t)
	a := newWorld(t, withTencent, same)
	b := a.sibling(withTencent, same)
	redeem := a.otpSent(byMail(casey)).with("auto_signup", "true")
	for i := range 5 {
		[]*world{a, b}[i%2].tencent(otpToken, redeem.with("otp", otherCode(redeem["otp"].(string)))).badOTP()
	}
	b.tencent(otpToken, redeem).badOTP()
	a.tencent(otpToken, redeem).badOTP()
	redeem = b.otpSent(byMail(casey)).with("auto_signup", "true")
	tokens := a.tencent(otpToken, redeem).tokens()
	b.tencent(otpToken, redeem).badOTPToken()
	b.tencent(otpToken, fields{"client_id": mobile, "grant_type": "refresh_token", "refresh_token": tokens.text("refresh_token")}).tokens()
}

// Whatever is out of order while a code is redeemed, the call may be repeated, and makes one account.
func TestOTPToken_ARepeatAfterAnOutageSucceeds(t *testing.T) {
	places := func() int {
		s := newTrip(t, withTencent)
		redeem := s.otpSent(byMail(casey)).with("auto_signup", "true")
		s.fault.traced()
		s.tencent(otpToken, redeem).tokens()
		return len(s.fault.traced())
	}()
	require.Greater(t, places, 4)
	for _, m := range []mode{fails, panics} {
		for n := range places {
			s := newTrip(t, withTencent)
			redeem := s.otpSent(byMail(casey)).with("auto_signup", "true")
			s.fault.arm(m, n)
			a := s.tencent(otpToken, redeem)
			if m == fails {
				a.plainly(503, "temporarily_unavailable")
			} else {
				a.plainly(500, "server_error")
			}
			s.fault.mend()
			a = s.tencent(otpToken, redeem).tokens()
			assert.Equal(t, s.idOf(casey), accessClaims(t, a)["sub"])
		}
	}
}

func TestOTPToken_WritesNoSecretIntoTheLog(t *testing.T) {
	var log lines
	w := newWorld(t, withTencent, func(c *handler.Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	redeem := w.otpSent(byMail(casey).with("client_id", portal, "client_secret", newSecret))
	w.tencent(otpToken, redeem.with("email", "sam@contoso.com")).mismatched()
	w.tencent(otpToken, redeem).noUser()
	w.tencent(otpToken, redeem.with("otp", "99999999"))
	w.tencent(otpSend, byMail("casey"))
	assert.Contains(t, log.String(), "another client, source or address")
	for _, canary := range []string{redeem["otp"].(string), redeem["otp_token"].(string), newSecret, "casey", "sam@"} {
		assert.NotContains(t, log.String(), canary)
	}
}
