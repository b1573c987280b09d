package flow

import (
	"crypto/sha256"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

// legal is the contract's view (sections 6.1, 6.3, 6.5, 6.6 and D17): which call is answered where, and where it
// leads a flow that lacks nothing.
var legal = map[state]map[event]state{
	signUpStarted:    {challengeSignUp: signUpCodeSent, giveAttributes: signUpStarted, givePassword: signUpStarted},
	signUpCodeSent:   {challengeSignUp: signUpCodeSent, giveAttributes: signUpStarted, givePassword: signUpStarted, giveCode: signUpDone},
	signUpCredential: {challengeSignUp: signUpPassword, givePassword: signUpDone},
	signUpPassword:   {challengeSignUp: signUpPassword, givePassword: signUpDone},
	signUpAttributes: {giveAttributes: signUpDone},
	signUpDone:       {redeemFlow: signedIn},
	signInStarted:    {challengeSignIn: signInPassword},
	signInCodeSent:   {challengeSignIn: signInCodeSent, redeemCode: signedIn},
	signInPassword:   {challengeSignIn: signInPassword, redeemPassword: signedIn},
	resetStarted:     {challengeReset: resetCodeSent},
	resetCodeSent:    {challengeReset: resetCodeSent, giveResetCode: resetProven},
	resetProven:      {giveNewPassword: resetSubmitted},
	resetSubmitted:   {pollReset: resetDone},
	resetDone:        {redeemFlow: signedIn},
	signedIn:         {},
	secondWanted:     {listMethods: secondListed, challengeSignIn: secondAsked},
	secondListed:     {listMethods: secondListed, challengeSignIn: secondAsked},
	secondAsked:      {listMethods: secondAsked, challengeSignIn: secondAsked, redeemSecond: signedIn, redeemCode: signedIn},
	mfaWanted:        {listAuthenticators: mfaWanted, challengeMFA: mfaWanted, redeemMFA: signedIn},
	mfaSent:          {}, // of no flow
	registerWanted:   {listKinds: registerListed},
	registerListed:   {listKinds: registerListed, challengeRegister: registerAsked},
	registerAsked:    {listKinds: registerAsked, challengeRegister: registerAsked, giveContactCode: registered, confirmContact: registerAsked},
	registerKnown:    {challengeRegister: registerAsked, confirmContact: registered},
	registered:       {redeemFlow: signedIn},
	otpSignIn:        {redeemOTP: signedIn},
	otpFresh:         {redeemOTP: signedIn},
	otpSignUp:        {redeemOTP: signedIn},
	// Numbers that stand for nothing.
	0: {}, 7: {}, 15: {}, 19: {}, 23: {}, 29: {}, 31: {}, 33: {}, 39: {}, 45: {}, 47: {}, 53: {}, 63: {}, 67: {}, 255: {},
}

// calls are the ways to make each event happen, with all that it needs.
var calls = map[event]func(s *stage, token string) error{
	challengeSignUp: func(s *stage, token string) error {
		_, err := s.SignUpChallenge(s.Context(), Challenge{Client: s.client, Token: token})
		return err
	},
	giveCode: func(s *stage, token string) error {
		_, err := s.SignUpContinue(s.Context(), SignUpContinue{Client: s.client, Token: token, Grant: "oob", Code: "01234567"})
		return err
	},
	giveAttributes: func(s *stage, token string) error {
		_, err := s.SignUpContinue(s.Context(), SignUpContinue{Client: s.client, Token: token, Grant: "attributes", Attributes: `{"city":"Oslo"}`})
		return err
	},
	givePassword: func(s *stage, token string) error {
		_, err := s.SignUpContinue(s.Context(), SignUpContinue{Client: s.client, Token: token, Grant: "password", Password: "a fresh start"})
		return err
	},
	challengeReset: func(s *stage, token string) error {
		_, err := s.ResetChallenge(s.Context(), Challenge{Client: s.client, Token: token})
		return err
	},
	giveResetCode: func(s *stage, token string) error {
		_, err := s.ResetContinue(s.Context(), ResetContinue{Client: s.client, Token: token, Grant: "oob", Code: "01234567"})
		return err
	},
	giveNewPassword: func(s *stage, token string) error {
		_, err := s.ResetSubmit(s.Context(), ResetSubmit{Client: s.client, Token: token, Password: "a fresh start"})
		return err
	},
	pollReset: func(s *stage, token string) error {
		_, err := s.ResetPoll(s.Context(), ResetPoll{Client: s.client, Token: token})
		return err
	},
	challengeSignIn: func(s *stage, token string) error {
		_, err := s.SignInChallenge(s.Context(), Challenge{Client: s.client, Token: token})
		return err
	},
	listMethods: func(s *stage, token string) error {
		_, err := s.SecondIntrospect(s.Context(), Introspect{s.client, token})
		return err
	},
	listKinds: func(s *stage, token string) error {
		_, err := s.RegisterIntrospect(s.Context(), Introspect{s.client, token})
		return err
	},
	challengeRegister: func(s *stage, token string) error {
		_, err := s.RegisterChallenge(s.Context(), RegisterChallenge{Client: s.client, Token: token, Type: "oob", Target: another})
		return err
	},
	giveContactCode: func(s *stage, token string) error {
		_, err := s.RegisterContinue(s.Context(), RegisterContinue{Client: s.client, Token: token, Grant: "oob", Code: "01234567"})
		return err
	},
	confirmContact: func(s *stage, token string) error {
		_, err := s.RegisterContinue(s.Context(), RegisterContinue{Client: s.client, Token: token, Grant: "continuation_token"})
		if errors.Is(err, ErrGrantUnknown) { // D16: known to the call, and not for what needs a code
			return nil
		}
		return err
	},
	redeemCode:     redeemWith("oob"),
	redeemPassword: redeemWith("password"),
	redeemSecond:   redeemWith("mfa_oob"),
	redeemFlow:     redeemWith("continuation_token"),
	redeemOTP: func(s *stage, token string) error {
		_, err := s.Token(s.Context(), Redeem{Client: s.client, Grant: GrantOTPEmail, Code: "01234567", OTP: &OTPRedeem{
			Token: token, Source: "mail", Email: casey, SignUp: true,
		}})
		return err
	},

	listAuthenticators: func(s *stage, token string) error {
		_, err := s.Authenticators(s.Context(), Introspect{s.client, mfaToken(token, s.client.ID)})
		return err
	},
	challengeMFA: func(s *stage, token string) error {
		_, err := s.MFAChallenge(s.Context(), MFAChallenge{Client: s.client, Token: mfaToken(token, s.client.ID)})
		return err
	},
	redeemMFA: func(s *stage, token string) error {
		_, err := s.Auth0Token(s.Context(), Redeem{
			Client: s.client, Grant: GrantMFACode, Token: mfaToken(token, s.client.ID), OOBCode: s.oobCode(token), Code: "01234567",
		})
		return err
	},
}

// oobCode names the code that the flow of a token has sent.
func (s *stage) oobCode(text string) string {
	c, err := s.opaque.ParseContinuation(text, s.client.ID)
	if err != nil {
		return "forged, too"
	}
	c.State, c.Code = byte(mfaSent), 1
	return s.opaque.Continuation(c, s.client.ID)
}

func redeemWith(grant string) func(*stage, string) error {
	return func(s *stage, token string) error {
		_, err := s.Token(s.Context(), Redeem{Client: s.client, Token: token, Grant: grant, Code: "01234567", Password: "a quiet harbour"})
		return err
	}
}

// place writes a flow that lacks nothing but the next step in a state, and returns its key and token.
func (s *stage) place(at state) (key, continuation string) {
	s.Helper()
	f, err := s.begin(s.client, record{
		State: at, Username: casey, Email: casey, UserID: "9b2c1d3e-0000-4000-8000-000000000001",
		Values: map[string]string{"city": "Bergen"}, Password: "a hash", CanEnter: true, Types: typeOOB | typePassword | typeRedirect, Sends: 1,
	})
	require.NoError(s, err)
	switch at {
	case signUpCodeSent, signInCodeSent, resetCodeSent, otpSignIn, otpFresh, otpSignUp:
		f.Code = s.codes.Sum(f.binding(), "01234567")
	case signUpAttributes:
		f.Values = nil
	case signUpCredential, signUpPassword:
		f.Password = ""
	}
	if at.ofOTP() {
		f.Source, f.Password = "mail", ""
	}
	s.client.GrantTypes, s.client.Sources = []string{GrantOTPEmail}, []Source{{ID: "mail", Channel: otp.Email}}
	s.client.Passwords, s.client.Reset = true, true
	s.client.Methods = []store.MethodKind{store.MethodEmail}
	if at.afterFirst() {
		s.placeSecond(f)
	}
	continuation, err = s.save(s.Context(), f)
	require.NoError(s, err)
	if at >= signUpDone && at != signUpCredential && at != signUpPassword && at != otpFresh && at != otpSignUp {
		u := s.accountWithPassword("a quiet harbour")
		if secondWanted <= at && at < registerWanted {
			u.Methods, u.Version = []store.Method{{ID: "m", Kind: store.MethodEmail, Target: another}}, 2
			require.NoError(s, s.store.UpdateUser(s.Context(), u))
		}
	}
	return f.id.Key(), continuation
}

// parsed reads the token of a flow that stands in a state.
func (s *stage) parsed(at state, text string) token.Continuation {
	s.Helper()
	c, err := s.opaque.ParseContinuation(text, (&flow{record: record{State: at, Client: s.client.ID}}).holder())
	require.NoError(s, err)
	return c
}

// A token that is authentic, and says what it should, is of no use where the other kind is taken.
func TestFlow_AnOTPTokenIsNoContinuationToken(t *testing.T) {
	for at, accepted := range legal {
		for ev := range accepted {
			s := newStage(t)
			_, continuation := s.place(at)
			c := s.parsed(at, continuation)
			holder := otpTokens
			if ev == redeemOTP {
				holder = s.client.ID
			}
			assert.ErrorIs(t, calls[ev](s, s.opaque.Continuation(c, holder)), ErrTokenInvalid, "%s in state %d", ev, at)
		}
	}
}

// another is a contact for second factors.
const another = "another@contoso.com"

// placeSecond makes a flow one that has proven a password and is about a second factor.
func (s *stage) placeSecond(f *flow) {
	f.Proofs = []proof{{Kind: byPassword}}
	if f.State == mfaWanted {
		f.Ask, s.client.Auth0 = &ask{}, &Auth0{}
	}
	f.Chosen = &chosen{Kind: store.MethodEmail, ID: "m", Target: another}
	f.Code = s.codes.Sum(f.binding(), "01234567")
}

func isInterrupt(err error) bool {
	_, credential := errors.AsType[*CredentialRequired](err)
	_, attributes := errors.AsType[*AttributesRequired](err)
	return credential || attributes
}

func TestFlow_EveryEventInEveryState(t *testing.T) {
	tried := 0
	for at, accepted := range legal {
		for ev, call := range calls {
			s := newStage(t)
			key, continuation := s.place(at)
			before, err := s.store.Get(t.Context(), key)
			require.NoError(t, err)

			err = call(s, continuation)
			after, getErr := s.store.Get(t.Context(), key)
			require.NoError(t, getErr)
			tried++
			if to, ok := accepted[ev]; ok {
				assert.True(t, err == nil || isInterrupt(err), "%s in state %d: %v", ev, at, err)
				assert.Contains(t, string(after.Value), `"s":`+itoa(to), "%s in state %d leads on", ev, at)
				continue
			}
			assert.ErrorIs(t, err, ErrTokenInvalid, "%s in state %d", ev, at)
			assert.Equal(t, before, after, "%s in state %d leaves the record as it was", ev, at)
		}
	}
	t.Logf("%d pairs of state and event", tried)
}

func itoa(s state) string {
	if s < 10 {
		return string('0' + byte(s))
	}
	return string('0'+byte(s)/10) + string('0'+byte(s)%10)
}

// The table and the contract's view of it are two texts: what is added to one is missing here.
func TestMoves_AreThoseOfTheContract(t *testing.T) {
	n := 0
	for at, accepted := range legal {
		n += len(accepted)
		for ev, to := range accepted {
			if at == registerAsked && ev == confirmContact {
				to = registered // the move is there to be refused
			}
			if ev == redeemOTP {
				to = at // the step has to know it
			}
			assert.Equal(t, to, moves[move{at, ev}].to, "%s in state %d", ev, at)
		}
	}
	assert.Len(t, moves, n)
	assert.Len(t, calls, 22)
}

func TestFlow_WhatATokenCannotDoIsToldWithoutALookUp(t *testing.T) {
	for at, accepted := range legal {
		s := newStage(t)
		_, continuation := s.place(at)
		s.state.calls.Store(0)
		for ev, call := range calls {
			if _, ok := accepted[ev]; !ok {
				assert.ErrorIs(t, call(s, continuation), ErrTokenInvalid)
			}
		}
		for _, forged := range []string{"x", continuation[1:], "A" + continuation[1:], continuation + "A"} {
			if forged == continuation {
				continue
			}
			for _, call := range calls {
				assert.ErrorIs(t, call(s, forged), ErrTokenInvalid)
			}
		}
		assert.Zero(t, s.state.calls.Load(), "calls of the store in state %d", at)
	}
}

// The state in a token is authenticated, yet it is the record's that counts: a token that says
// another state than its flow is in is good for nothing.
func TestFlow_TheStatesOfTokenAndRecordMustAgree(t *testing.T) {
	for at := range legal {
		for says, accepted := range legal {
			for ev := range accepted {
				if says == at {
					continue
				}
				s := newStage(t)
				key, continuation := s.place(at)
				c := s.parsed(at, continuation)
				c.State = byte(says)
				before, err := s.store.Get(t.Context(), key)
				require.NoError(t, err)
				assert.ErrorIs(t, calls[ev](s, s.opaque.Continuation(c, ev.holder(s.client))), ErrTokenInvalid, "%s in state %d with a token of %d", ev, at, says)
				after, err := s.store.Get(t.Context(), key)
				require.NoError(t, err)
				assert.Equal(t, before, after)
			}
		}
	}
}

func TestFlow_ATokenOfTheSameFlowWithAnotherSecretIsRefused(t *testing.T) {
	for at, accepted := range legal {
		for ev := range accepted {
			s := newStage(t)
			_, continuation := s.place(at)
			c := s.parsed(at, continuation)
			for _, i := range []int{0, 15, 31} { // a prefix that is right is not enough
				other := c
				other.Secret[i] ^= 1
				assert.ErrorIs(t, calls[ev](s, s.opaque.Continuation(other, ev.holder(s.client))), ErrTokenInvalid, "%s in state %d", ev, at)
			}
		}
	}
}

func TestFlow_NoPreviousTokenIsAcceptedWhereNothingWasSent(t *testing.T) {
	// A record without a previous token has no hash of one: an empty hash must match nothing.
	s := newStage(t)
	key, continuation := s.place(signUpStarted)
	entry, err := s.store.Get(t.Context(), key)
	require.NoError(t, err)
	require.NotContains(t, string(entry.Value), `"p":`)
	c, err := s.opaque.ParseContinuation(continuation, s.client.ID)
	require.NoError(t, err)
	c.Secret = [32]byte{}
	assert.ErrorIs(t, calls[challengeSignUp](s, s.opaque.Continuation(c, s.client.ID)), ErrTokenInvalid)
}

// A finished sign-in leaves a family of refresh tokens under the flow's key. The flow's own tokens
// must not open it.
func TestFlow_WhatWasRedeemedIsOver(t *testing.T) {
	for at, ev := range map[state]event{signUpDone: redeemFlow, signInCodeSent: redeemCode, otpSignIn: redeemOTP} {
		s := newStage(t)
		key, continuation := s.place(at)
		require.NoError(t, calls[ev](s, continuation))
		before, err := s.store.Get(t.Context(), key)
		require.NoError(t, err)
		for again, call := range calls {
			assert.ErrorIs(t, call(s, continuation), ErrTokenInvalid, "%s after %s", again, ev)
		}
		id := s.parsed(at, continuation)
		for says := range legal {
			c := token.Continuation{State: byte(says), Expires: s.clock.now().Add(time.Minute), Flow: id.Flow, Secret: sha256.Sum256(nil)}
			for again, call := range calls {
				assert.ErrorIs(t, call(s, s.opaque.Continuation(c, again.holder(s.client))), ErrTokenInvalid, "state %d", says)
			}
		}
		after, err := s.store.Get(t.Context(), key)
		require.NoError(t, err)
		assert.Equal(t, before, after)
	}
}

func TestFlow_ARecordThatCannotBeReadIsNoVerdict(t *testing.T) {
	for _, text := range []string{"", "{", "null{}", "\x00", `{"s":"x"}`} {
		s := newStage(t)
		key, continuation := s.place(signInCodeSent)
		e, err := s.store.Get(t.Context(), key)
		require.NoError(t, err)
		require.NoError(t, s.store.Put(t.Context(), key, store.Entry{Value: []byte(text), Version: e.Version, TTL: time.Minute}))
		err = calls[redeemCode](s, continuation)
		assert.Error(t, err)
		assert.NotErrorIs(t, err, ErrTokenInvalid)
	}
}

func TestGrants_AreThoseOfTheTable(t *testing.T) {
	for _, g := range Grants {
		_, listed := grants[g]
		assert.True(t, listed || g == GrantRefresh, g)
	}
	for grant, p := range grants {
		if of, ok := p.(passwords); ok {
			p = of.ofFlow
		}
		if _, ok := p.(otpGrant); ok {
			p = ofFlow{redeemOTP}
		}
		if _, ok := p.(deviceCode); ok {
			continue // which begins no flow
		}
		assert.Contains(t, calls, p.(ofFlow).event, grant)
	}
	for grant, ev := range signUpGrants {
		assert.Contains(t, calls, ev, grant)
	}
	assert.True(t, slices.IsSorted([]state{signUpStarted, signUpCodeSent, signUpAttributes, signUpDone, signInStarted}), "purpose tells them by order")
}
