package flow

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nativeauth/nativeauth/internal/guid"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// The OTP grants are those of Tencent CIAM (section 10 of the contract): one call sends a code, and another
// gives tokens for it. Between them there is a flow, whose token is the otp_token. Whoever is meant is looked
// up by both: the code is of no use to anybody whose sessions were ended in between.

// The grant types of codes that one call has sent, by the URIs that clients know them by.
const (
	GrantOTPEmail = "http://tencentciam.com/oauth2/grant-type/otp/email"
	GrantOTPSMS   = "http://tencentciam.com/oauth2/grant-type/otp/sms"
)

// OTPTokenLife is how long an otp_token lives, and the most that its code can.
const OTPTokenLife = 5 * time.Minute

// otpTokens is for whom otp_tokens are sealed. No client has a blank in its id, so that no otp_token can be
// taken for a continuation token, nor the reverse. Whose one is stands in its flow: another client's is
// refused in words of its own.
const otpTokens = "otp tokens"

// holder is for whom the tokens are sealed that an event takes.
func (ev event) holder(client *Client) string {
	if ev == redeemOTP {
		return otpTokens
	}
	return client.ID
}

// holder is for whom the tokens of a flow are sealed.
func (f *flow) holder() string {
	if f.State.ofOTP() {
		return otpTokens
	}
	return f.Client
}

func (s state) ofOTP() bool { return otpSignIn <= s && s <= otpSignUp }

// idleLife is how long a flow waits for its next call.
func (s state) idleLife() time.Duration {
	if s.ofOTP() {
		return OTPTokenLife
	}
	return idleLife
}

// Source is a way for a client to have codes sent.
type Source struct {
	ID       string
	Channel  otp.Channel
	CodeLife time.Duration
	Digits   int
}

// source finds the source of a channel that a call names.
func (c *Client) source(id string, channel otp.Channel) (Source, error) {
	if id == "" {
		return Source{}, &MissingError{"auth_source_id"}
	}
	i := slices.IndexFunc(c.Sources, func(s Source) bool { return s.ID == id && s.Channel == channel })
	if i < 0 {
		return Source{}, ErrSource
	}
	return c.Sources[i], nil
}

// sentFor is what a code was sent for, as a call says it. All of it is in the flow.
type sentFor struct {
	client, source, address string
}

// OTPSend asks for a code.
type OTPSend struct {
	Client  *Client
	Source  string
	Usage   string // "" is login
	Channel otp.Channel
	Address string // as it was typed
}

// The usages whose codes are good for tokens. The others of the contract are for calls that are not here.
const (
	usageLogin  = "login"
	usageSignUp = "signup"
)

// SendOTP sends a code to an address, whether or not it has an account: who knows the code may make one, or
// be told that there is none. It returns the otp_token. A code that is to sign up is refused with
// ErrUserExists if there is an account; where callers must not learn that, its owner is told.
func (e *Engine) SendOTP(ctx context.Context, req OTPSend) (string, error) {
	r, err := e.otpRecord(ctx, req)
	if err != nil {
		return "", err
	}
	f, err := e.begin(req.Client, r)
	if err != nil {
		return "", err
	}
	f.then(EventStart, string(f.purpose()))
	e.note(ctx, e.subjectOf(f))
	// The gate is told of no user: nobody has proven anything, and its answer must not tell who has an account.
	err = e.sendTo(ctx, f, store.User{})
	next := ""
	if err == nil {
		next, err = e.dispatch(ctx, f)
	}
	if err != nil {
		e.giveBack(ctx, f)
	}
	return next, err
}

// otpRecord is the flow of a call that asks for a code.
func (e *Engine) otpRecord(ctx context.Context, req OTPSend) (record, error) {
	var none record
	switch {
	case !req.Client.mayOTP(grantOf(req.Channel)):
		return none, ErrGrantForbidden
	case req.Usage != "" && req.Usage != usageLogin && req.Usage != usageSignUp:
		return none, ErrUsage
	}
	source, err := req.Client.source(req.Source, req.Channel)
	if err != nil {
		return none, err
	}
	address, err := e.otpAddress(req.Channel, req.Address)
	if err != nil {
		return none, err
	}
	id, err := guid.New(e.Random) // of the account that may be made
	if err != nil {
		return none, err
	}
	r := record{
		State: otpFresh, Username: string(address), Email: address, UserID: id, Met: true,
		Source: source.ID, CodeLife: source.CodeLife.Milliseconds(), Digits: source.Digits,
	}
	if req.Usage == usageSignUp {
		r.State = otpSignUp
		r.Notice, err = arriveAsking(ctx, e, func() (otp.Purpose, error) { return e.occupied(ctx, r.Username) })
		return r, err
	}
	if err := e.arrive(ctx); err != nil {
		return none, err
	}
	return e.otpSignInOf(ctx, r)
}

// otpSignInOf makes the flow that of the account that its address has, if it has one.
func (e *Engine) otpSignInOf(ctx context.Context, r record) (record, error) {
	u, err := e.Users.UserByUsername(ctx, r.Username)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return r, nil
	case err != nil:
		return r, fmt.Errorf("look up user: %w", err)
	case u.Disabled && e.HideAccounts:
		r.Notice = otp.AccountDisabled
	}
	r.State, r.UserID, r.Epoch = otpSignIn, u.ID, u.Epoch
	if r.Email.Channel() == otp.Email {
		r.Email = recordOf(u).Email // as every other sign-in has it
	}
	return r, nil
}

// grantOf is the grant type that redeems the codes of a channel.
func grantOf(channel otp.Channel) string {
	if channel == otp.SMS {
		return GrantOTPSMS
	}
	return GrantOTPEmail
}

// mayOTP tells whether a client has an OTP grant. One that keeps sessions gets no tokens.
func (c *Client) mayOTP(grant string) bool { return c.may(grant) && c.Keep == nil }

// mainland is a mobile number as it is dialled within mainland China, whose calling code is 86.
var mainland = regexp.MustCompile(`^1[0-9]{10}$`)

// otpAddress returns the canonical form of what was typed as an address of a channel, which is also the user
// name that its account is found by. A text message goes only where the host lets it.
func (e *Engine) otpAddress(channel otp.Channel, text string) (otp.Address, error) {
	if channel != otp.SMS {
		a, err := otp.ParseAddress(text)
		if err != nil {
			return "", fmt.Errorf("%w: %w", ErrContact, err)
		}
		return a, nil
	}
	if text = strings.Trim(text, " \t"); mainland.MatchString(text) {
		text = "+86" + text
	}
	a, err := otp.ParseNumber(text)
	switch {
	case err != nil:
		return "", fmt.Errorf("%w: %w", ErrContact, err)
	case !e.Countries.Allows(a):
		return "", fmt.Errorf("%w: of a country that is not served", ErrContact)
	}
	return a, nil
}

// OTPRedeem is what a call of an OTP grant brings along, beside the code.
type OTPRedeem struct {
	Token  string // otp_token
	Source string
	Number string
	Email  string
	SignUp bool // makes an account where there is none
}

// otpGrant is the grant of codes that were sent over a channel.
type otpGrant struct{ channel otp.Channel }

func (p otpGrant) prove(e *Engine, ctx context.Context, req Redeem, in input) (*flow, store.User, error) {
	var none store.User
	switch {
	case req.OTP == nil:
		return nil, none, ErrGrantUnsupported
	case !req.Client.mayOTP(req.Grant):
		return nil, none, ErrGrantForbidden
	}
	var err error
	if in.sentFor, err = p.sentFor(e, req); err != nil {
		return nil, none, err
	}
	f, err := e.open(ctx, req.Client, req.OTP.Token, redeemOTP, in)
	if err != nil {
		return nil, none, err
	}
	if err := e.take(ctx, f, redeemOTP, in); err != nil {
		return nil, none, err
	}
	f.oneCall = true
	u, err := e.otpUser(ctx, f, req.OTP.SignUp, in)
	return f, u, err
}

// sentFor reads what a call says that its code was sent for. An address that is none was sent nothing.
func (p otpGrant) sentFor(e *Engine, req Redeem) (sentFor, error) {
	source, err := req.Client.source(req.OTP.Source, p.channel)
	if err != nil {
		return sentFor{}, err
	}
	field, text := "email", req.OTP.Email
	if p.channel == otp.SMS {
		field, text = "phone_number", req.OTP.Number
	}
	for _, need := range []struct{ name, value string }{{field, text}, {"otp_token", req.OTP.Token}, {"otp", req.Code}} {
		if need.value == "" {
			return sentFor{}, &MissingError{need.name}
		}
	}
	address, _ := e.otpAddress(p.channel, text)
	return sentFor{req.Client.ID, source.ID, string(address)}, nil
}

// checkOTP takes the code of an OTP grant, if it was sent for what the call says. The try is counted before
// anything is compared.
func (e *Engine) checkOTP(ctx context.Context, f *flow, in input) error {
	if in.sentFor != (sentFor{f.Client, f.Source, f.Username}) {
		return ErrSent
	}
	if _, ok := otp.CanonicalOf(in.code, f.digits()); ok {
		n, err := e.State.Add(ctx, f.id.Key()+"/"+strconv.Itoa(f.Sends), 1, e.codeLife(f))
		if err != nil {
			return fmt.Errorf("count: %w", err)
		}
		f.count = n
	}
	return e.checkCode(ctx, f, in)
}

// otpUser finds the account of somebody whose code was right, or makes it. Where a call is repeated that was
// interrupted after it had made the account, that is recognised.
func (e *Engine) otpUser(ctx context.Context, f *flow, signUp bool, in input) (store.User, error) {
	if f.State != otpSignIn {
		var none store.User
		switch {
		case !signUp:
			return none, ErrUserNotFound
		case len(f.client.Attributes.Missing(f.Values)) > 0:
			return none, ErrSignUpAsks
		}
		if err := e.createUser(ctx, f, in); err != nil {
			return none, err
		}
	}
	return e.userOf(ctx, f)
}
