package flow

import (
	"fmt"
	"slices"
)

// The ways in which a continuation token is no good, beside that of an OutOfOrderError. Each is an
// ErrTokenInvalid, and on the wire they are all one.
var (
	// ErrTokenUnreadable: it was not made here, or not for this client, or not whole.
	ErrTokenUnreadable = fmt.Errorf("%w: not made here for this client", ErrTokenInvalid)
	// ErrTokenReplaced: an answer has brought another one in its place.
	ErrTokenReplaced = fmt.Errorf("%w: replaced", ErrTokenInvalid)
	// ErrFlowOver: the flow was completed, or has ended.
	ErrFlowOver = fmt.Errorf("%w: the flow is over", ErrTokenInvalid)
)

// How long what a continuation token stands for lasts.
const (
	TokenLife = idleLife // after the answer that brought it
	FlowLife  = flowLife // however busy
)

// Made tells whether a text is a continuation token, good or not, that was made here for a client.
func (e *Engine) Made(text, clientID string) bool {
	_, err := e.opaque.ParseContinuation(text, clientID)
	return err == nil
}

// OutOfOrderError is an ErrTokenInvalid of a token that is good, but for other calls.
type OutOfOrderError struct {
	from   state
	wanted event
	client *Client
}

func (e *OutOfOrderError) Error() string {
	return fmt.Sprintf("%v: %s in state %d", ErrTokenInvalid, e.wanted, e.from)
}

// Is makes it an ErrTokenInvalid.
func (e *OutOfOrderError) Is(target error) bool { return target == ErrTokenInvalid }

// Standing says what the token is of: "a sign-in that waits for its code".
func (e *OutOfOrderError) Standing() string { return standings[e.from] }

// Awaits are the calls that go on from there, by their names among Calls.
func (e *OutOfOrderError) Awaits() (calls []string) {
	for _, ev := range events {
		if e.client.goesOn(move{e.from, ev}) {
			calls = append(calls, string(ev))
		}
	}
	return calls
}

// goesOn tells whether a move can lead a client anywhere.
func (c *Client) goesOn(m move) bool {
	_, listed := moves[m]
	switch {
	case !listed:
		return false
	case m.on == givePassword:
		return c.Passwords
	case m == move{registerAsked, confirmContact}: // which is listed to be refused in other words
		return false
	case m == move{secondAsked, redeemCode}: // redeemSecond is its name
		return false
	}
	return true
}

// Calls are the names of all calls that take a flow on.
func Calls() []string {
	names := make([]string, len(events))
	for i, ev := range events {
		names[i] = string(ev)
	}
	return names
}

// Standings are all that an OutOfOrderError may say a token is of.
func Standings() (all []string) {
	for _, s := range standings {
		all = append(all, s)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// events are those of the moves, what goes on before what is done again.
var events = []event{
	giveCode, redeemCode, redeemPassword, redeemSecond, redeemFlow, redeemOTP, redeemMFA, giveResetCode, giveNewPassword, pollReset,
	giveContactCode, confirmContact, listMethods, listKinds, listAuthenticators,
	challengeSignUp, challengeSignIn, challengeReset, challengeRegister, challengeMFA, givePassword, giveAttributes,
}

// standings are the states that a flow can wait in, in words.
var standings = map[state]string{
	signUpStarted:    "a sign-up that has sent no code yet",
	signUpCodeSent:   "a sign-up that waits for its code",
	signUpAttributes: "a sign-up that waits for attributes",
	signUpDone:       "a sign-up that is done",
	signUpCredential: "a sign-up that lacks a password",
	signUpPassword:   "a sign-up that waits for a password",
	signInStarted:    "a sign-in that has asked for nothing yet",
	signInCodeSent:   "a sign-in that waits for its code",
	signInPassword:   "a sign-in that waits for the password",
	resetStarted:     "a reset that has sent no code yet",
	resetCodeSent:    "a reset that waits for its code",
	resetProven:      "a reset that waits for the new password",
	resetSubmitted:   "a reset that waits to be asked whether it is done",
	resetDone:        "a reset that is done",
	secondWanted:     "a sign-in that needs a second factor",
	secondListed:     "a sign-in that waits for the choice of a second factor",
	secondAsked:      "a sign-in that waits for the code of its second factor",
	mfaWanted:        "a sign-in that goes on with its mfa_token",
	mfaSent:          "a code that was sent, which its oob_code names",
	registerWanted:   "a sign-in that needs a method to be registered",
	registerListed:   "a sign-in that waits for the contact to register",
	registerAsked:    "a sign-in that waits for the code of the contact to register",
	registerKnown:    "a sign-in that waits to register a contact that is proven",
	registered:       "a sign-in whose method is registered",
	// What was sent is not told, for it tells of the account.
	otpSignIn: "a code of an OTP grant",
	otpFresh:  "a code of an OTP grant",
	otpSignUp: "a code of an OTP grant",
}
