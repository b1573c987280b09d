package handler

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/nativeauth/nativeauth/internal/flow"
	"github.com/nativeauth/nativeauth/otp"
)

// The OTP grants of Tencent CIAM, for clients that were written for it (section 10 of the contract): one call,
// POST /otp/send, sends a code and returns an otp_token; another, POST /oauth2/token, gives tokens for the two.
// Both take a form or JSON. A client has them by its GrantTypes and AuthSources; it may be public or
// confidential. A limit, a wrong code and a disabled account count and end the same as in the native API. A
// second factor, where one is due, refuses the call ("Abnormal user status"): there is no room for it.
//
// People are found by what the code was sent to: store.Users.UserByUsername is asked for the e-mail address, or
// for the telephone number as "+8613612345678". An account that auto_signup makes for a number has it as its
// Username, and no Email.
const (
	GrantOTPEmail = flow.GrantOTPEmail
	GrantOTPSMS   = flow.GrantOTPSMS
)

// AuthSource is a way in which a client can have codes sent: an authentication source of Tencent CIAM.
type AuthSource struct {
	// ID is the auth_source_id: 1 to 128 printable characters of ASCII without blanks.
	ID string
	// Channel is otp.Email, for GrantOTPEmail, or otp.SMS, for GrantOTPSMS.
	Channel otp.Channel
	// CodeLifetime is 1 s to 5 min; 0 means 5 min, or Config.CodeLifetime if that is less. The otp_token lives
	// for 5 min in any case.
	CodeLifetime time.Duration
	// CodeLength is 8 to 16 digits; 0 means 8. Fewer could be guessed: an address may get a code a minute,
	// and five tries at each, which within a year finds one of six digits more often than not.
	CodeLength int
}

// The paths of the OTP grants.
const (
	pathOTPSend  = "/otp/send"
	pathOTPToken = "/oauth2/token" // and not pathToken, which is the native API's
)

// tencent is how the two calls answer: in the words of Tencent CIAM where it has some.
var tencent = plain{
	media: []string{"application/json;charset=UTF-8"},
	rows: []row{
		{Status: 400, Code: "invalid_grant", Text: "Unknown or expired otp_token", When: "otp_token is forged, used or too old, or the account's sessions were ended since", cause: flow.ErrTokenInvalid},
		{Status: 400, Code: "invalid_grant", Text: "Unknown or expired otp_token", When: "otp_token is more than 5 minutes old", cause: flow.ErrTokenExpired},
		{Status: 400, Code: "invalid_grant", Text: "Unknown or expired OTP", When: "otp is wrong, expired or tried more than five times", cause: flow.ErrCodeWrong},
		{Status: 400, Code: "invalid_request", Text: "Mismatched OTP token and OTP sending parameters", When: "client, source, number or address is another than the code was sent for", cause: flow.ErrSent},
		{Status: 400, Code: "invalid_grant", Text: "User not found", When: "there is no account, and auto_signup is not true", cause: flow.ErrUserNotFound},
		{Status: 400, Code: "invalid_grant", Text: "Abnormal user status", When: "the account is disabled", cause: flow.ErrCredentials},
		{Status: 400, Code: "invalid_grant", Text: "Abnormal user status", When: "a second factor is due", cause: flow.ErrSecondFactor},
		{Status: 400, Code: "invalid_auth_source", Text: "Auth source and application not associated", When: "auth_source_id is none of the client's for the channel", cause: flow.ErrSource},
		{Status: 400, Code: "invalid_request", Text: "Automatic sign-up is not possible: the application asks for attributes", When: "auto_signup for a client whose sign-up has required attributes", cause: flow.ErrSignUpAsks},
		{Status: 400, Code: "invalid_request", Text: "The usage is not supported", When: "usage is update_userinfo, reset_password or unknown: nothing here redeems such a code", cause: flow.ErrUsage},
		{Status: 400, Code: "malformed_phone_number", Text: "The phone number is malformed or not served", When: "phone_number is no number, of a country that is not in SMSCountries, or refused by Gate", cause: errNumber},
		{Status: 400, Code: "malformed_email", Text: "The email address is malformed", When: "email is no address", cause: errMail},
		{Status: 400, Code: "invalid_email", Text: "The email address is refused", When: "Gate refuses the address", cause: errMailRefused},
		{Status: 400, Code: "phone_number_is_used", Text: "The phone number has an account", When: "usage is signup and there is an account, unless HideAccounts is on; or one was made since", cause: errNumberUsed},
		{Status: 400, Code: "email_is_used", Text: "The email address has an account", When: "the same for an address", cause: errMailUsed},
		{Status: 400, Code: "sms_rate_limit_exceeded", Text: "The next code must wait", When: "a code was sent to the number less than ResendInterval ago, it had its codes of an hour, or too much comes from the client address; Retry-After says how long", cause: errSMSRate},
		{Status: 400, Code: "insufficient_sms_quota", Text: "No more codes can be sent to the phone number today", When: "the number had its five messages of a day, or its codes of one; Retry-After says how long", cause: errSMSQuota},
		{Status: 400, Code: "insufficient_email_quota", Text: "The next code must wait", When: "a code was sent to the address less than ResendInterval ago, it had its codes of an hour or day, or too much comes from the client address; Retry-After says how long", cause: errMailQuota},
		{Status: 415, Code: "invalid_request", Text: "The request body must be application/json or application/x-www-form-urlencoded.", When: "the content type is another", cause: errMediaType},
	},
}

// What the rows tell apart by the channel.
var (
	errNumber      = errors.New("the number cannot be used")
	errMail        = errors.New("the address cannot be used")
	errMailRefused = errors.New("the host refuses the address")
	errNumberUsed  = errors.New("the number has an account")
	errMailUsed    = errors.New("the address has an account")
	errSMSRate     = errors.New("the next message to the number must wait")
	errSMSQuota    = errors.New("the messages of a day to the number are used up")
	errMailQuota   = errors.New("the next message to the address must wait")
)

// byChannel returns an error of a step as the rows know it.
func byChannel(channel otp.Channel, err error) error {
	var mail, number error
	soon, tooSoon := errors.AsType[*flow.TooSoonError](err)
	switch {
	case errors.Is(err, flow.ErrContact):
		mail, number = errMail, errNumber
	case errors.Is(err, flow.ErrContactBlocked), errors.Is(err, flow.ErrContactForbidden):
		mail, number = errMailRefused, errNumber
	case errors.Is(err, flow.ErrUserExists):
		mail, number = errMailUsed, errNumberUsed
	case tooSoon && soon.OfDay:
		mail, number = errMailQuota, errSMSQuota
	case tooSoon:
		mail, number = errMailQuota, errSMSRate
	default:
		return err
	}
	if channel == otp.SMS {
		return fmt.Errorf("%w: %w", number, err)
	}
	return fmt.Errorf("%w: %w", mail, err)
}

// hasOTP tells whether a client has an OTP grant.
func (c Client) hasOTP() bool {
	return slices.Contains(c.GrantTypes, GrantOTPEmail) || slices.Contains(c.GrantTypes, GrantOTPSMS)
}

func (c Config) hasOTP() bool { return slices.ContainsFunc(c.Clients, Client.hasOTP) }

// sourcesOf are a client's as the flows see them.
func (c Config) sourcesOf(client Client) []flow.Source {
	list := make([]flow.Source, len(client.AuthSources))
	for i, s := range client.AuthSources {
		life := cmp.Or(s.CodeLifetime, min(c.CodeLifetime, flow.OTPTokenLife))
		list[i] = flow.Source{ID: s.ID, Channel: s.Channel, CodeLife: life, Digits: s.CodeLength}
	}
	return list
}

// sourceForm is what the id of a source may hold.
var sourceForm = regexp.MustCompile(`^[!-~]{1,128}$`)

func (c Config) checkAuthSources(p *problems) {
	for i, client := range c.Clients {
		if client.hasOTP() && client.Cookies {
			p.add("Clients[%d]: GrantTypes has %q or %q, which end in tokens, and a client with Cookies gets none", i, GrantOTPEmail, GrantOTPSMS)
		}
		seen := map[string]bool{}
		for n, s := range client.AuthSources {
			c.checkAuthSource(p, fmt.Sprintf("Clients[%d]: AuthSources[%d]", i, n), client, s)
			if seen[s.ID] {
				p.add("Clients[%d]: AuthSources[%d]: ID %q is there already", i, n, s.ID)
			}
			seen[s.ID] = true
		}
		for _, channel := range []otp.Channel{otp.Email, otp.SMS} {
			grant := otpGrants[channel]
			has := slices.ContainsFunc(client.AuthSources, func(s AuthSource) bool { return s.Channel == channel })
			if slices.Contains(client.GrantTypes, grant) && !has {
				p.add("Clients[%d]: GrantTypes has %q, and AuthSources has none with Channel %q", i, grant, channel)
			}
		}
	}
}

// otpGrants are the grants of the channels.
var otpGrants = map[otp.Channel]string{otp.Email: GrantOTPEmail, otp.SMS: GrantOTPSMS}

func (c Config) checkAuthSource(p *problems, where string, client Client, s AuthSource) {
	if !sourceForm.MatchString(s.ID) {
		p.add("%s: ID %q is not 1 to 128 printable characters of ASCII", where, s.ID)
	}
	grant, ok := otpGrants[s.Channel]
	switch {
	case !ok:
		p.add("%s: Channel is %q: set %q or %q", where, s.Channel, otp.Email, otp.SMS)
	case !slices.Contains(client.GrantTypes, grant):
		p.add("%s: Channel is %q, and GrantTypes lacks %q", where, s.Channel, grant)
	case s.Channel == otp.SMS && len(c.SMSCountries) == 0:
		p.add("%s: Channel is %q, and SMSCountries has no country that messages go to", where, s.Channel)
	}
	if s.CodeLifetime != 0 && (s.CodeLifetime < time.Second || s.CodeLifetime > flow.OTPTokenLife) {
		p.add("%s: CodeLifetime is %v: set 1s to %v, or 0 for the default", where, s.CodeLifetime, flow.OTPTokenLife)
	}
	if s.CodeLength != 0 && (s.CodeLength < otp.Digits || s.CodeLength > otp.MaxDigits) {
		p.add("%s: CodeLength is %d: set %d to %d, or 0 for %d; fewer digits could be guessed", where, s.CodeLength, otp.Digits, otp.MaxDigits, otp.Digits)
	}
}

type otpSentBody struct {
	OTPToken string `json:"otp_token"`
}

// sendOTP sends a code: section 10.1 of the contract.
func (x *exchange) sendOTP(ctx context.Context, f form, c client) (any, error) {
	send := flow.OTPSend{Client: &c.flow, Source: f.Source, Usage: f.Usage, Channel: otp.Email, Address: f.Email}
	switch {
	case f.Email != "" && f.Number != "":
		return nil, malformed("both phone_number and email are given")
	case f.Number != "":
		send.Channel, send.Address = otp.SMS, f.Number
	case f.Email == "":
		return nil, &flow.MissingError{Parameter: "email"} // or phone_number: either will do
	}
	token, err := x.auth.engine.SendOTP(ctx, send)
	if err != nil {
		return nil, byChannel(send.Channel, err)
	}
	return otpSentBody{token}, nil
}

// otpTokensBody has the members that Tencent CIAM's has, and no other.
type otpTokensBody struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token,omitempty"`
	Scope        string `json:"scope"`
	IDToken      string `json:"id_token,omitempty"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"` // whole seconds that are left
}

// redeemOTP gives tokens for a code, or for a refresh token: section 10.2 of the contract.
func (x *exchange) redeemOTP(ctx context.Context, f form, c client) (any, error) {
	channel := otp.Email
	switch f.GrantType {
	case GrantOTPSMS:
		channel = otp.SMS
	case GrantOTPEmail, "": // the engine misses it
	case flow.GrantRefresh:
		if !c.config.hasOTP() || c.config.Cookies {
			return nil, flow.ErrGrantForbidden
		}
	default:
		return nil, flow.ErrGrantUnsupported
	}
	switch f.AutoSignUp {
	case "", "true", "false":
	default:
		return nil, malformed("auto_signup is neither true nor false")
	}
	t, err := x.auth.engine.Token(ctx, flow.Redeem{
		Client: &c.flow, Grant: f.GrantType, Code: f.OTP, Scope: f.Scope, RefreshToken: f.RefreshToken,
		OTP: &flow.OTPRedeem{Token: f.OTPToken, Source: f.Source, Number: f.Number, Email: f.Email, SignUp: f.AutoSignUp == "true"},
	})
	if err != nil {
		return nil, byChannel(channel, err)
	}
	now := x.auth.cfg.Now()
	left := t.AccessLife - now.Sub(now.Truncate(time.Second)) // tokens are dated in whole seconds
	return otpTokensBody{t.Access, t.Refresh, t.Scope, t.ID, "Bearer", int(left.Seconds())}, nil
}
