package handler_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/internal/figures"
	"github.com/nativeauth/nativeauth/otp"
)

// T3, T14, F2, K2: what is good in one place is good in no other. All of it is of one client, so that
// nothing is refused for being another's.

// omni can do everything, and asks some people for a second factor.
const omni = "99999999-9999-4999-8999-999999999999"

// steady keeps the password that they have.
const steady = "steady@contoso.com"

// stand is a mounted API in which every kind of credential can be had.
type stand struct {
	*world
	people int
	code   string // the one that was sent last, and the token of its flow
	sent   string
	oob    string // what Auth0's clients call that code
}

func newStand(t *testing.T) *stand {
	s := &stand{world: newPages(t, withServers, withOmni)}
	s.serve("/api/me", s.auth.RequireToken()(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	s.enrol(casey, harbor)
	s.enrol(steady, harbor)
	s.person(withMethod, mailMethod)
	return s
}

// withOmni adds a client that may do everything there is.
func withOmni(c *handler.Config) {
	c.Clients[0].ApprovesDevices = true
	c.Clients = append(c.Clients, handler.Client{
		ID: omni, Passwords: true, Auth0: &handler.Auth0{},
		SecondFactor: func(_ context.Context, r handler.SecondFactorRequest) (bool, error) {
			return r.User.Username != casey && r.User.Username != steady, nil
		},
		GrantTypes: append([]string{handler.GrantDeviceCode, handler.GrantOTPEmail}, plainGrants...), ApprovesDevices: true,
		AuthSources: []handler.AuthSource{{ID: viaMail, Channel: otp.Email}},
	})
}

func (s *stand) somebody() string {
	s.people++
	return fmt.Sprintf("somebody%d@contoso.com", s.people)
}

// tokens are those of a sign-in.
func (s *stand) tokens() answer {
	sent, code := s.signInSent(omni, casey)
	return s.redeemCode(omni, sent, code).tokens()
}

// sends notes the code that a challenge sends, and the token of its flow.
func (s *stand) sends(challenge func() answer) {
	s.sent, s.code = s.nextCode(challenge)
}

func (s *stand) sendsForSignIn() {
	start := s.signInStart(omni, casey).ok()
	s.sends(func() answer { return s.signInChallenge(omni, start) })
}

func (s *stand) beginsSignUp() (token string) {
	return s.post(upStart, "client_id", omni, "username", s.somebody(), "challenge_type", every, "capabilities", able, "password", harbor).ok()
}

func (s *stand) sendsForSignUp() {
	start := s.beginsSignUp()
	s.sends(func() answer { return s.signUpChallenge(omni, start) })
}

func (s *stand) sendsForReset() {
	start := s.resetStart(omni, casey).ok()
	s.sends(func() answer { return s.resetChallenge(omni, start) })
}

func (s *stand) sendsForSecond() {
	wanted := s.first(omni, withMethod).wants("mfa_required")
	s.sends(func() answer { return s.signInChallenge(omni, wanted) })
}

func (s *stand) mfaToken() (token string) {
	return s.give(omni, withMethod, harbor).text("mfa_token")
}

func (s *stand) sendsForMFA() {
	s.sent = s.mfaToken()
	mails := s.mail.count()
	s.oob = s.post(mfaChallenge, "client_id", omni, "mfa_token", s.sent).text("oob_code")
	s.code = s.mail.take(mails + 1).Code
}

// redeemMFA gives a second factor in Auth0's way.
func (s *stand) redeemMFA(token, oob, code string) answer {
	return s.post(auth0Token, "client_id", omni, "grant_type", byOOB, "mfa_token", token, "oob_code", oob, "binding_code", code)
}

func (s *stand) sendsOTP() {
	redeem := s.otpSent(byMail(casey).with("client_id", omni))
	s.sent, s.code = redeem["otp_token"].(string), redeem["otp"].(string)
}

// codeOf makes a credential of what is sent.
func codeOf(send func(*stand)) func(*stand) string {
	return func(s *stand) string { send(s); return s.code }
}

// takesCode makes a place of where a code goes: with the flow that it was sent for, or a new one.
func takesCode(send func(*stand), give func(s *stand, sent, code string) answer) func(*stand, string, bool) answer {
	return func(s *stand, text string, own bool) answer {
		if !own {
			send(s)
		}
		return give(s, s.sent, text)
	}
}

// takesToken makes a place of where a continuation token goes.
func takesToken(give func(s *stand, text string) answer) func(*stand, string, bool) answer {
	return func(s *stand, text string, _ bool) answer { return give(s, text) }
}

// kind is one of credentials, and the place where it is good.
type kind struct {
	name string
	get  func(s *stand) string
	use  func(s *stand, text string, own bool) answer
	also []string // other places that take it
}

var kinds = []kind{
	{"access token", func(s *stand) string { return s.tokens().text("access_token") }, takesToken(func(s *stand, text string) answer {
		return answer{t: s.T, status: get(s.http.URL+"/api/me", text).status}
	}), []string{"introspected token", "userinfo token", "token that approves"}},
	{"userinfo token", func(s *stand) string { return s.tokens().text("access_token") },
		takesToken(func(s *stand, text string) answer { return s.userInfo(text) }), []string{"access token", "introspected token", "token that approves"}},
	{"introspected token", func(s *stand) string { return s.tokens().text("access_token") }, takesToken(func(s *stand, text string) answer {
		a := s.inspect(text)
		if a.body["active"] != true {
			a.status = 400
		}
		return a
	}), []string{"access token", "userinfo token", "token that approves"}},
	{"id token", func(s *stand) string { return s.tokens().text("id_token") }, nil, nil},
	{"refresh token", func(s *stand) string { return s.tokens().text("refresh_token") },
		takesToken(func(s *stand, text string) answer { return s.refresh(omni, text) }), []string{"refresh token of Auth0's", "refresh token of an otp_token"}},

	{"token of a sign-up", (*stand).beginsSignUp,
		takesToken(func(s *stand, text string) answer { return s.signUpChallenge(omni, text) }), nil},
	{"token of a sign-in", func(s *stand) string { return s.signInStart(omni, casey).ok() },
		takesToken(func(s *stand, text string) answer { return s.signInChallenge(omni, text) }), nil},
	{"token of a reset", func(s *stand) string { return s.resetStart(omni, casey).ok() },
		takesToken(func(s *stand, text string) answer { return s.resetChallenge(omni, text) }), nil},
	{"token of a proven reset", func(s *stand) string { s.sendsForReset(); return s.resetCode(omni, s.sent, s.code).ok() },
		takesToken(func(s *stand, text string) answer { return s.resetSubmit(omni, text, harbor+"!") }), nil},
	{"token between factors", func(s *stand) string { return s.first(omni, withMethod).wants("mfa_required") },
		takesToken(func(s *stand, text string) answer { return s.introspect(omni, text) }), []string{"token of a sign-in"}}, // both challenge
	{"token of a registration", func(s *stand) string {
		return s.redeemToken(omni, s.signedUp(omni, s.somebody())).wants("registration_required")
	}, takesToken(func(s *stand, text string) answer { return s.kinds(omni, text) }), nil},
	{"token of a finished sign-up", func(s *stand) string {
		s.sendsForSignUp()
		return s.signUpCode(omni, s.sent, s.code).ok()
	}, takesToken(func(s *stand, text string) answer {
		a := s.redeemToken(omni, text)
		if a.body["suberror"] == "registration_required" { // which is what comes after
			a.status = 200
		}
		return a
	}), nil},

	{"code of a sign-in", codeOf((*stand).sendsForSignIn), takesCode((*stand).sendsForSignIn, func(s *stand, sent, code string) answer {
		return s.redeemCode(omni, sent, code)
	}), nil},
	{"code of a sign-up", codeOf((*stand).sendsForSignUp), takesCode((*stand).sendsForSignUp, func(s *stand, sent, code string) answer {
		return s.signUpCode(omni, sent, code)
	}), nil},
	{"code of a reset", codeOf((*stand).sendsForReset), takesCode((*stand).sendsForReset, func(s *stand, sent, code string) answer {
		return s.resetCode(omni, sent, code)
	}), nil},
	{"code of a second factor", codeOf((*stand).sendsForSecond), takesCode((*stand).sendsForSecond, func(s *stand, sent, code string) answer {
		return s.redeemSecond(omni, sent, code)
	}), nil},

	{"mfa_token", (*stand).mfaToken, takesToken(func(s *stand, text string) answer {
		return s.post(mfaChallenge, "client_id", omni, "mfa_token", text)
	}), nil},
	{"oob_code", func(s *stand) string { s.sendsForMFA(); return s.oob }, takesCode((*stand).sendsForMFA, func(s *stand, sent, oob string) answer {
		return s.redeemMFA(sent, oob, s.code)
	}), nil},
	{"code of an mfa_token", codeOf((*stand).sendsForMFA), takesCode((*stand).sendsForMFA, func(s *stand, sent, code string) answer {
		return s.redeemMFA(sent, s.oob, code)
	}), nil},
	{"refresh token of Auth0's", func(s *stand) string {
		return s.give(omni, steady, harbor, "scope", "openid offline_access").text("refresh_token")
	}, takesToken(func(s *stand, text string) answer {
		return s.post(auth0Token, "client_id", omni, "grant_type", "refresh_token", "refresh_token", text)
	}), []string{"refresh token", "refresh token of an otp_token"}}, // which keeps what it was granted

	{"otp_token", func(s *stand) string { s.sendsOTP(); return s.sent }, takesToken(func(s *stand, text string) answer {
		return s.tencent(otpToken, redeeming(byMail(casey), text, s.code).with("client_id", omni))
	}), nil},
	{"code of an otp_token", codeOf((*stand).sendsOTP), takesCode((*stand).sendsOTP, func(s *stand, sent, code string) answer {
		return s.tencent(otpToken, redeeming(byMail(casey), sent, code).with("client_id", omni))
	}), nil},
	{"refresh token of an otp_token", func(s *stand) string {
		s.sendsOTP()
		return s.tencent(otpToken, redeeming(byMail(casey), s.sent, s.code).with("client_id", omni)).text("refresh_token")
	}, takesToken(func(s *stand, text string) answer {
		return s.tencent(otpToken, fields{"client_id": omni, "grant_type": "refresh_token", "refresh_token": text})
	}), []string{"refresh token", "refresh token of Auth0's"}},

	{"session", func(s *stand) string {
		b := s.browse()
		b.signIn(casey)
		return b.cookie()
	}, takesToken(func(s *stand, text string) answer {
		b := s.browse()
		b.hold(text)
		return b.get("/me")
	}), nil},
	{"device code", func(s *stand) string {
		d := s.device(omni)
		s.decide(s.tokens().text("access_token"), d.user, "approve").done()
		return d.device
	}, takesToken(func(s *stand, text string) answer { return s.poll(omni, text) }), nil},
	{"user code", func(s *stand) string { return s.device(omni).user }, takesToken(func(s *stand, text string) answer {
		user := s.somebody() // each has ten wrong ones an hour
		s.signUp(user)
		return s.decide(s.signIn(user).text("access_token"), text, "")
	}), nil},
	{"token that approves", func(s *stand) string { return s.tokens().text("access_token") }, takesToken(func(s *stand, text string) answer {
		return s.decide(text, s.device(omni).user, "")
	}), []string{"access token", "userinfo token", "introspected token"}},
	{"client assertion", func(s *stand) string { return s.assertion(clientKey()) }, takesToken(func(s *stand, text string) answer {
		return s.ask(revoke, "", asserted(text)...)
	}), nil},
}

func TestT3_WhatIsGoodInOnePlaceIsGoodInNoOther(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	pairs, taken, wrong := 0, 0, 0
	for _, credential := range kinds {
		for _, place := range kinds {
			if place.use == nil {
				continue
			}
			own := place.name == credential.name
			text := credential.get(s)
			require.NotEmpty(t, text)
			a := place.use(s, text, own)
			good := own || slices.Contains(credential.also, place.name)
			if good != (a.status == 200) {
				wrong++
			}
			assert.Equal(t, good, a.status == 200, "%s as %s: %d %v", credential.name, place.name, a.status, a.body)
			assert.Less(t, a.status, 500, "%s as %s: %v", credential.name, place.name, a.body)
			pairs++
			if a.status == 200 {
				taken++
			}
		}
	}
	t.Logf("%d pairs, %d of them good", pairs, taken)
	figures.Report(t, "T3 pairs of a credential and a place", pairs, "pairs", figures.AtLeast(150))
	figure(t, "T3 pairs with another verdict than the diagonal's", wrong, "pairs", 0)
}
