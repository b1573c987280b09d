package flow

import (
	"context"

	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

// state is where a flow stands. The numbers are in tokens and in the store: they never change their
// meaning.
type state byte

const (
	signUpStarted    state = 1 // nothing sent yet
	signUpCodeSent   state = 2
	signUpAttributes state = 3 // the address is proven, attributes are missing
	signUpDone       state = 4 // the account exists
	signUpCredential state = 5 // the address is proven, a password is missing
	signUpPassword   state = 6 // and was asked for
	signInStarted    state = 16
	signInCodeSent   state = 17
	signInPassword   state = 18 // the password was asked for
	resetStarted     state = 24
	resetCodeSent    state = 25
	resetProven      state = 26 // the address is proven, the new password is missing
	resetSubmitted   state = 27 // the account has its new password
	resetDone        state = 28 // and the app knows
	signedIn         state = 32 // tokens were given: the record is a family of refresh tokens
	secondWanted     state = 40 // the first factor is proven, a second is due
	secondListed     state = 41 // and the app knows the methods
	secondAsked      state = 42 // and one was asked for
	mfaWanted        state = 43 // a second factor is due, and its one token goes through all that is asked for
	mfaSent          state = 44 // of no flow: in the token that names the code which such a flow has sent
	registerWanted   state = 48 // the first factor is proven, a method for a second has to be registered
	registerListed   state = 49 // and the app knows the kinds
	registerAsked    state = 50 // and has to prove one
	registerKnown    state = 51 // or has proven it before
	registered       state = 52 // the account has the method
	deviceAsked      state = 56 // a device waits: the record is a device, and no moves begin here
	deviceApproved   state = 57
	deviceDenied     state = 58
	otpSignIn        state = 64 // a code was sent to an account for an OTP grant
	otpFresh         state = 65 // or to an address without an account
	otpSignUp        state = 66 // or to one that wants an account
)

// event is what a call wants to happen.
type event string

const (
	challengeSignUp event = "sign-up challenge"
	giveCode        event = "sign-up code"
	giveAttributes  event = "sign-up attributes"
	givePassword    event = "sign-up password"
	challengeSignIn event = "sign-in challenge"
	redeemCode      event = "token for a code"
	redeemPassword  event = "token for a password"
	redeemSecond    event = "token for a second factor"
	redeemFlow      event = "token for a finished flow"
	redeemOTP       event = "token for a code of an OTP grant"
	challengeReset  event = "reset challenge"
	giveResetCode   event = "reset code"
	giveNewPassword event = "new password"
	pollReset       event = "reset poll"

	listMethods        event = "list of methods"
	listAuthenticators event = "list of authenticators"
	challengeMFA       event = "MFA challenge"
	redeemMFA          event = "token for an mfa_token"

	listKinds         event = "list of what can be registered"
	challengeRegister event = "registration challenge"
	giveContactCode   event = "registration code"
	confirmContact    event = "registration without a code"
)

func (ev event) isChallenge() bool {
	return ev == challengeSignUp || ev == challengeSignIn || ev == challengeReset || ev == challengeRegister
}

func (ev event) takesCode() bool {
	return ev == giveCode || ev == redeemCode || ev == redeemSecond || ev == redeemMFA || ev == giveResetCode || ev == giveContactCode
}

// afterFirst tells whether a flow has proven its first factor and is about a second.
func (s state) afterFirst() bool { return secondWanted <= s && s <= registered }

// input is what a call brings along. A step reads what it needs.
type input struct {
	types      challengeTypes // 0 means those of the opening call
	code       string
	password   string
	attributes string
	method     string             // the id of one, for a second factor
	target     string             // what is to be registered
	channel    string             // and of which kind it is
	kinds      []store.MethodKind // of the method that a call of an mfa_token is about
	sent       token.Continuation // which code is meant, where the flow's token does not tell
	sentFor    sentFor            // what a code of an OTP grant was sent for
	refused    error              // what was found wrong before the flow was opened
}

// step is what a move does: it checks what was given and changes the flow. An error leaves the flow
// in the store as it was.
type step func(e *Engine, ctx context.Context, f *flow, in input) error

type move struct {
	from state
	on   event
}

type outcome struct {
	to state // unless the step sets another
	do step
}

// moves is all that can happen. A move that is not listed is refused.
var moves = map[move]outcome{
	{signUpStarted, challengeSignUp}:    {signUpCodeSent, (*Engine).askOpeningCode},
	{signUpCodeSent, challengeSignUp}:   {signUpCodeSent, (*Engine).askCode}, // resend
	{signUpStarted, giveAttributes}:     {signUpStarted, (*Engine).keepAttributes},
	{signUpCodeSent, giveAttributes}:    {signUpStarted, (*Engine).keepAttributes},
	{signUpStarted, givePassword}:       {signUpStarted, (*Engine).keepPassword},
	{signUpCodeSent, givePassword}:      {signUpStarted, (*Engine).keepPassword},
	{signUpCodeSent, giveCode}:          {signUpDone, (*Engine).proveAddress},
	{signUpCredential, challengeSignUp}: {signUpPassword, (*Engine).askPassword},
	{signUpPassword, challengeSignUp}:   {signUpPassword, (*Engine).askPassword},
	{signUpCredential, givePassword}:    {signUpDone, (*Engine).completePassword},
	{signUpPassword, givePassword}:      {signUpDone, (*Engine).completePassword},
	{signUpAttributes, giveAttributes}:  {signUpDone, (*Engine).completeAttributes},
	{signUpDone, redeemFlow}:            {signedIn, (*Engine).proveNothing},

	{signInStarted, challengeSignIn}:  {signInPassword, (*Engine).askCredential},
	{signInCodeSent, challengeSignIn}: {signInCodeSent, (*Engine).askCredential}, // resend, or the other method
	{signInPassword, challengeSignIn}: {signInPassword, (*Engine).askCredential},
	{signInCodeSent, redeemCode}:      {signedIn, (*Engine).checkCode},
	{signInPassword, redeemPassword}:  {signedIn, (*Engine).checkPassword},

	{resetStarted, challengeReset}:  {resetCodeSent, (*Engine).askCode},
	{resetCodeSent, challengeReset}: {resetCodeSent, (*Engine).askCode}, // resend
	{resetCodeSent, giveResetCode}:  {resetProven, (*Engine).proveReset},
	{resetProven, giveNewPassword}:  {resetSubmitted, (*Engine).replacePassword},
	{resetSubmitted, pollReset}:     {resetDone, (*Engine).proveNothing},
	{resetDone, redeemFlow}:         {signedIn, (*Engine).proveNothing},

	{secondWanted, listMethods}:     {secondListed, (*Engine).readMethods},
	{secondListed, listMethods}:     {secondListed, (*Engine).readMethods},
	{secondAsked, listMethods}:      {secondAsked, (*Engine).readMethods},
	{secondWanted, challengeSignIn}: {secondAsked, (*Engine).askSecond},
	{secondListed, challengeSignIn}: {secondAsked, (*Engine).askSecond},
	{secondAsked, challengeSignIn}:  {secondAsked, (*Engine).askSecond}, // resend, or another method
	{secondAsked, redeemSecond}:     {signedIn, (*Engine).checkSecond},
	{secondAsked, redeemCode}:       {signedIn, (*Engine).checkSecond},

	{mfaWanted, listAuthenticators}: {mfaWanted, (*Engine).readMethods},
	{mfaWanted, challengeMFA}:       {mfaWanted, (*Engine).askMFA},
	{mfaWanted, redeemMFA}:          {signedIn, (*Engine).checkMFA},

	{registerWanted, listKinds}:         {registerListed, (*Engine).readOwner},
	{registerListed, listKinds}:         {registerListed, (*Engine).readOwner},
	{registerAsked, listKinds}:          {registerAsked, (*Engine).readOwner},
	{registerListed, challengeRegister}: {registerAsked, (*Engine).askContact},
	{registerAsked, challengeRegister}:  {registerAsked, (*Engine).askContact}, // resend, or another contact
	{registerKnown, challengeRegister}:  {registerAsked, (*Engine).askContact},
	{registerAsked, giveContactCode}:    {registered, (*Engine).proveContact},
	{registerAsked, confirmContact}:     {registered, (*Engine).refuseConfirm},
	{registerKnown, confirmContact}:     {registered, (*Engine).register},
	{registered, redeemFlow}:            {signedIn, (*Engine).proveNothing},

	// The state stays, for it says whose code it was and what for: the tokens end it.
	{otpSignIn, redeemOTP}: {otpSignIn, (*Engine).checkOTP},
	{otpFresh, redeemOTP}:  {otpFresh, (*Engine).checkOTP},
	{otpSignUp, redeemOTP}: {otpSignUp, (*Engine).checkOTP},
}

// take makes the move that ev is from where f stands.
func (e *Engine) take(ctx context.Context, f *flow, ev event, in input) error {
	m, ok := moves[move{f.State, ev}]
	if !ok {
		return &OutOfOrderError{f.State, ev, f.client}
	}
	before, purpose := f.State, f.purpose()
	f.State = m.to
	err := m.do(e, ctx, f, in)
	if err == nil && (ev.takesCode() || ev == redeemOTP) {
		f.accepted(purpose, before)
	}
	return err
}

// step opens the flow of a token, makes the move that ev is from there, and saves the flow with a
// fresh token, which it returns.
func (e *Engine) step(ctx context.Context, client *Client, text string, ev event, in input) (*flow, string, error) {
	f, err := e.open(ctx, client, text, ev, in)
	if err != nil {
		return nil, "", err
	}
	if err := e.take(ctx, f, ev, in); err != nil {
		return nil, "", err
	}
	next, err := e.save(ctx, f)
	return f, next, err
}
