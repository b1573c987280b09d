package handler

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/nativeauth/nativeauth/attrs"
	"github.com/nativeauth/nativeauth/internal/flow"
	"github.com/nativeauth/nativeauth/otp"
)

// Need is what a FlowStep asks of the person: which form to draw.
type Need string

// The needs, each with the method of Flows that its form calls.
const (
	NeedStart        Need = ""              // nothing goes on from here: the first form; SignIn, SignUp or Reset
	NeedCode         Need = "code"          // the code that FlowStep.Challenge tells of: Code; another one: SendCode
	NeedPassword     Need = "password"      // the password of the account: Password; a code in its place: SendCode
	NeedNewPassword  Need = "new-password"  // a password to choose, at a sign-up or a reset: Password
	NeedAttributes   Need = "attributes"    // FlowStep.Attributes: Attributes
	NeedSecondFactor Need = "second-factor" // one of FlowStep.Methods: Choose
	NeedRegistration Need = "registration"  // a contact or an app for second factors, of one of the kinds in FlowStep.Methods: Register
	NeedRetry        Need = "retry"         // patience: what was said was taken, and a part is out of order, or a code must wait: Retry
	NeedNothing      Need = "nothing"       // the person is signed in
)

// FlowStep is where a flow stands: which form to draw next. It holds no secret of the server; State, Tokens, Recovery and the URI of
// an authenticator app are secrets of the person.
type FlowStep struct {
	Needs Need
	// Purpose is what the person is at: otp.SignUp, SignIn, Reset, SecondFactor or Registration.
	Purpose otp.Purpose
	// State takes the flow on: for a hidden field of the form, or a session of the host; not for a URL. It is opaque, sealed, good
	// at this client for ten minutes, and replaced by that of the next FlowStep.
	State string
	// Challenge tells where the code went, with NeedCode.
	Challenge Challenge
	// Methods are those to choose from, with NeedSecondFactor and NeedRegistration, and still with the NeedCode after them.
	Methods []Method
	// Attributes are those that are missing, with NeedAttributes.
	Attributes []attrs.Attribute
	// Recovery are codes for the day on which the authenticator app is gone, which came with its registration. Show them once.
	Recovery []string
	// Tokens are what a sign-in ends in, with NeedNothing; nil for a client with Cookies, whose session has begun.
	Tokens *Tokens
}

// Challenge says where a code went, and what it looks like.
type Challenge struct {
	Channel string        // "email", "sms", "totp" or "recovery"
	Target  string        // masked, or words for what has no address; as it was typed, where it is registered
	Length  int           // of the code, in characters
	Wait    time.Duration // before another may be asked for
	URI     string        // of an authenticator app that is registered, otpauth://totp/...: what a QR code shows
}

// Method is a way to pass a second factor or, with NeedRegistration, a kind of them.
type Method struct {
	ID      string // for Choose, or the kind, for Register
	Channel string // as a Challenge has it
	Hint    string // masked, or words; of a kind the address to offer, or ""
}

// Tokens are what a sign-in of a client without Cookies ends in, as the token endpoint gives them.
type Tokens struct {
	Access      string
	AccessLife  time.Duration
	ID          string // "" where the scopes have none
	Refresh     string // likewise; redeem it at the token endpoint
	RefreshLife time.Duration
	Scope       string
}

// carried is what the State of a FlowStep holds.
type carried struct {
	Token      string      `json:"t"` // continuation token
	Needs      Need        `json:"n"`
	Purpose    otp.Purpose `json:"p"`
	Next       onward      `json:"x,omitempty"` // the call that needs nothing of the person
	Challenge  Challenge   `json:"c,omitzero"`
	Methods    []Method    `json:"m,omitempty"`
	Attributes []string    `json:"a,omitempty"` // names
	Recovery   []string    `json:"r,omitempty"`
	Kind       string      `json:"k,omitempty"` // of what is registered
	Target     string      `json:"g,omitempty"`

	tokens *Tokens // of a flow that has ended, and no State
}

// maxState is more than a State can have: ten methods, fifty names of attributes.
const maxState = 32 << 10

// read opens a State.
func (f *Flows) read(state string) (c carried, err error) {
	if len(state) > maxState {
		return c, fmt.Errorf("%w: a state that is too long", flow.ErrTokenUnreadable)
	}
	text, err := f.auth.engine.Carried(state, f.client.flow.ID)
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(text, &c); err != nil { // of another version
		return carried{}, fmt.Errorf("%w: %w", flow.ErrTokenUnreadable, err)
	}
	return c, nil
}

// step makes a FlowStep of what is carried. A flow that never began, or has ended, has no State.
func (f *Flows) step(c carried) FlowStep {
	if c.Token == "" {
		return FlowStep{Needs: c.Needs, Purpose: c.Purpose, Recovery: c.Recovery, Tokens: c.tokens}
	}
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // texts and numbers
	}
	s := FlowStep{
		Needs: c.Needs, Purpose: c.Purpose, State: f.auth.engine.Carry(text, f.client.flow.ID),
		Challenge: c.Challenge, Methods: c.Methods, Recovery: c.Recovery,
	}
	if len(c.Attributes) > 0 {
		s.Attributes = slices.DeleteFunc(f.client.flow.Attributes.Missing(nil), func(a attrs.Attribute) bool {
			return !slices.Contains(c.Attributes, a.Name)
		})
	}
	return s
}

// missing is where attributes are asked for.
func (c carried) missing(token string, missing []attrs.Attribute) carried {
	next := carried{Token: token, Purpose: c.Purpose, Needs: NeedAttributes}
	for _, a := range missing {
		next.Attributes = append(next.Attributes, a.Name)
	}
	return next
}

// asked is where a challenge was made.
func (c carried) asked(to flow.Challenged) carried {
	next := carried{Token: to.Token, Purpose: c.Purpose, Needs: NeedCode, Methods: c.Methods}
	switch {
	case !to.Password:
		next.Challenge = Challenge{Channel: to.Channel, Target: to.Target, Length: to.Length, Wait: to.Interval}
	case c.Purpose == otp.SignUp:
		next.Needs = NeedNewPassword
	default:
		next.Needs = NeedPassword
	}
	return next
}

// then is where a call comes next that needs nothing of the person: it is made at once, or by Retry.
func (c carried) then(next onward, token string) carried {
	return carried{Token: token, Purpose: c.Purpose, Needs: NeedRetry, Next: next, Recovery: c.Recovery}
}

func methodsOfStep(list []flow.Method) []Method {
	all := make([]Method, len(list))
	for i, m := range list {
		all[i] = Method(m)
	}
	return all
}
