package flow

import "context"

// state is where a flow stands. The numbers are in tokens and in the store: they never change their
// meaning.
type state byte

const (
	signUpStarted    state = 1 // nothing sent yet
	signUpCodeSent   state = 2
	signUpAttributes state = 3 // the address is proven, attributes are missing
	signUpDone       state = 4 // the account exists
	signInStarted    state = 16
	signInCodeSent   state = 17
	signedIn         state = 32 // tokens were given: the record is a family of refresh tokens
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
)

func (ev event) isChallenge() bool { return ev == challengeSignUp || ev == challengeSignIn }

func (ev event) takesCode() bool { return ev == giveCode || ev == redeemCode }

// input is what a call brings along. A step reads what it needs.
type input struct {
	code       string
	attributes string
	refused    error // what was found wrong before the flow was opened
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
	{signUpStarted, challengeSignUp}:   {signUpCodeSent, (*Engine).openingCode},
	{signUpCodeSent, challengeSignUp}:  {signUpCodeSent, (*Engine).makeCode}, // resend
	{signUpStarted, giveAttributes}:    {signUpStarted, (*Engine).keepAttributes},
	{signUpCodeSent, giveAttributes}:   {signUpStarted, (*Engine).keepAttributes},
	{signUpCodeSent, giveCode}:         {signUpDone, (*Engine).proveAddress},
	{signUpAttributes, giveAttributes}: {signUpDone, (*Engine).completeAttributes},
	{signUpDone, redeemFlow}:           {signedIn, (*Engine).proveNothing},

	{signInStarted, challengeSignIn}:  {signInCodeSent, (*Engine).makeCode},
	{signInCodeSent, challengeSignIn}: {signInCodeSent, (*Engine).makeCode}, // resend
	{signInCodeSent, redeemCode}:      {signedIn, (*Engine).checkCode},
}

// take makes the move that ev is from where f stands.
func (e *Engine) take(ctx context.Context, f *flow, ev event, in input) error {
	m, ok := moves[move{f.State, ev}]
	if !ok {
		return ErrTokenInvalid
	}
	f.State = m.to
	return m.do(e, ctx, f, in)
}
