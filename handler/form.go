package handler

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/gorilla/schema"

	"github.com/nativeauth/nativeauth/internal/flow"
)

const (
	formType      = "application/x-www-form-urlencoded"
	maxBody       = 64 << 10
	maxParameters = 64
)

// form holds the parameters of the contract that the endpoints read. All others are ignored.
type form struct {
	ClientID          string `schema:"client_id"`
	Username          string `schema:"username"`
	ChallengeType     string `schema:"challenge_type"`
	Capabilities      string `schema:"capabilities"`
	Capability        string `schema:"capability"` // as an older version of the contract spells it
	ContinuationToken string `schema:"continuation_token"`
	GrantType         string `schema:"grant_type"`
	Code              string `schema:"oob"`
	Password          string `schema:"password"`
	NewPassword       string `schema:"new_password"`
	Attributes        string `schema:"attributes"`
	Method            string `schema:"id"`
	Target            string `schema:"challenge_target"`
	Channel           string `schema:"challenge_channel"`
	Scope             string `schema:"scope"`
	RefreshToken      string `schema:"refresh_token"`
	CorrelationID     string `schema:"client-request-id"`
	AfterLogout       string `schema:"post_logout_redirect_uri"`
	State             string `schema:"state"`
	DeviceCode        string `schema:"device_code"`
	UserCode          string `schema:"user_code"`
	Locales           string `schema:"ui_locales"`
	Action            string `schema:"action"`

	// Of the standard endpoints.
	ClientSecret  string `schema:"client_secret"`
	Assertion     string `schema:"client_assertion"`
	AssertionType string `schema:"client_assertion_type"`
	Token         string `schema:"token"`
	AccessToken   string `schema:"access_token"`

	// Of the OTP grants.
	OTPToken   string `schema:"otp_token"`
	Source     string `schema:"auth_source_id"`
	Number     string `schema:"phone_number"`
	Email      string `schema:"email"`
	Usage      string `schema:"usage"`
	AutoSignUp string `schema:"auto_signup"`

	// Of clients of Auth0.
	Audience      string `schema:"audience"`
	Realm         string `schema:"realm"`
	MFAToken      string `schema:"mfa_token"`
	Authenticator string `schema:"authenticator_id"`
	OOBCode       string `schema:"oob_code"`
	BindingCode   string `schema:"binding_code"`
	OTP           string `schema:"otp"`
	RecoveryCode  string `schema:"recovery_code"`

	sku  string // of a header: the library that calls
	body string // all of it
}

// caps are the known parameters and the most bytes each may have. Those not in form are known to
// the contract and of no use here. A user name is measured where its grammar is, and an address, a number and a client id
// likewise, since clients look for the errors that those have.
var caps = map[string]int{
	"client_id": maxBody, "username": maxBody, "challenge_type": 256, "capabilities": 1024, "capability": 1024,
	"continuation_token": 4096, "grant_type": 256, "oob": 32, "password": 1024, "attributes": 16384,
	"scope": 1024, "refresh_token": 1024, "client-request-id": 256, "client_info": 256, "claims": 16384,
	"post_logout_redirect_uri": 2048, "state": 1024,
	"id": 256, "new_password": 1024, "challenge_target": 256, "challenge_channel": 256,
	"client_secret": 1024, "client_assertion": 16384, "client_assertion_type": 256, "token": 16384, "token_type_hint": 256,
	"access_token": 16384, "device_code": 4096, "user_code": 64, "action": 32, "ui_locales": 256,
	"otp_token": 1024, "auth_source_id": 256, "phone_number": maxBody, "email": maxBody, "usage": 256, "auto_signup": 256,
	"audience": 1024, "realm": 256, "mfa_token": 4096, "authenticator_id": 256, "oob_code": 4096,
	"binding_code": 32, "otp": 32, "recovery_code": 32,
}

var decoder = newDecoder()

func newDecoder() *schema.Decoder {
	d := schema.NewDecoder()
	d.IgnoreUnknownKeys(true)
	return d
}

// readForm reads a body as section 1.3 of the contract wants it: lenient where clients are sloppy,
// strict where two readers could disagree. Parameters in the URL are not read.
func readForm(w http.ResponseWriter, r *http.Request) (form, error) {
	media, err := mediaOf(r)
	if err == nil && media != formType {
		err = errMediaType
	}
	if err != nil {
		return form{}, err
	}
	body, err := readText(w, r)
	if err != nil {
		return form{}, err
	}
	values, err := parseBody(body)
	if err != nil {
		return form{}, err
	}
	f, err := decodeForm(r, values)
	f.body = body
	return f, err
}

// decodeForm makes a form of parameters, however they came.
func decodeForm(r *http.Request, values map[string][]string) (f form, err error) {
	if err := decoder.Decode(&f, values); err != nil {
		return f, fmt.Errorf("%w: %w", errMalformed, err)
	}
	f.sku = r.Header.Get("x-client-SKU")
	return f, nil
}

// mediaOf returns the media type of a body. One that has none is a form.
func mediaOf(r *http.Request) (string, error) {
	t := r.Header.Get("Content-Type")
	if t == "" || t == formType {
		return formType, nil
	}
	media, _, err := mime.ParseMediaType(t)
	if err != nil {
		return "", errMediaType
	}
	return media, nil
}

// readText reads a whole body, if it is not too large.
func readText(w http.ResponseWriter, r *http.Request) (string, error) {
	if r.ContentLength > maxBody {
		return "", errTooLarge
	}
	b := bytes.NewBuffer(make([]byte, 0, max(r.ContentLength, 0)+bytes.MinRead))
	if _, err := b.ReadFrom(http.MaxBytesReader(w, r.Body, maxBody)); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return "", errTooLarge
		}
		return "", fmt.Errorf("%w: %w", errMalformed, err)
	}
	return b.String(), nil
}

// parseBody splits a form-encoded text into the known parameters.
func parseBody(body string) (map[string][]string, error) {
	values := make(map[string][]string, 8)
	count := 0
	for pair := range strings.SplitSeq(strings.TrimPrefix(body, "?"), "&") {
		if pair == "" {
			continue
		}
		if count++; count > maxParameters {
			return nil, malformed("too many parameters")
		}
		name, value, err := parsePair(pair)
		if err != nil {
			return nil, err
		}
		if _, known := caps[name]; !known {
			continue
		}
		if before, twice := values[name]; twice {
			if name != "continuation_token" {
				return nil, malformed("parameter " + name + " is given twice")
			}
			if value == "" {
				value = before[0] // the last that says something counts
			}
		}
		values[name] = []string{value}
	}
	return values, nil
}

func parsePair(pair string) (name, value string, err error) {
	name, value, _ = strings.Cut(pair, "=")
	if name, err = url.QueryUnescape(name); err != nil {
		return "", "", malformed("a parameter name is not form-encoded")
	}
	if value, err = url.QueryUnescape(value); err != nil {
		return "", "", malformed("a parameter value is not form-encoded")
	}
	return parameter(name, value)
}

// parameter returns a parameter as it is read, with the name it is known by, if it is text and not too long.
func parameter(name, value string) (string, string, error) {
	name = strings.Trim(name, " \t\r\n")
	if name == "continuation-token" { // as in examples of the first version
		name = "continuation_token"
	}
	if name != "password" && name != "new_password" {
		value = strings.Trim(value, " \t\r\n")
	}
	if !isText(name, "") {
		return "", "", malformed("a parameter name is not plain text")
	}
	blanks := ""
	if name == "attributes" { // JSON, which may be laid out in lines
		blanks = "\t\r\n"
	}
	limit, known := caps[name]
	if known && len(value) > limit {
		return "", "", malformed("parameter " + name + " is too long")
	}
	if !isText(value, blanks) {
		called := "another" // what callers made up is not repeated to them
		if known {
			called = name
		}
		return "", "", malformed("parameter " + called + " is not plain text")
	}
	return name, value, nil
}

// isText tells whether s is UTF-8 without control characters other than those allowed.
func isText(s, allowed string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool {
		return (r < ' ' || r == 0x7f) && !strings.ContainsRune(allowed, r)
	}) < 0
}

// malformedError says which part of a request cannot be read. It is an errMalformed, and its words
// are fit for the caller: they hold nothing that the caller sent.
type malformedError struct{ text string }

func (e *malformedError) Error() string        { return e.text }
func (e *malformedError) Is(target error) bool { return target == errMalformed }

func malformed(text string) error { return &malformedError{text} }

// What each endpoint hands to its step.

func (f form) signUpStart(c *flow.Client) flow.SignUpStart {
	return flow.SignUpStart{Client: c, Username: f.Username, Types: f.ChallengeType, Capabilities: f.capabilities(), Password: f.Password, Attributes: f.Attributes}
}

func (f form) challenge(c *flow.Client) flow.Challenge {
	return flow.Challenge{Client: c, Token: f.ContinuationToken, Types: f.ChallengeType, Method: f.Method}
}

func (f form) introspect(c *flow.Client) flow.Introspect {
	return flow.Introspect{Client: c, Token: f.ContinuationToken}
}

func (f form) registerChallenge(c *flow.Client) flow.RegisterChallenge {
	return flow.RegisterChallenge{Client: c, Token: f.ContinuationToken, Type: f.ChallengeType, Target: f.Target, Channel: f.Channel}
}

func (f form) registerContinue(c *flow.Client) flow.RegisterContinue {
	return flow.RegisterContinue{Client: c, Token: f.ContinuationToken, Grant: f.GrantType, Code: f.Code}
}

func (f form) signUpContinue(c *flow.Client) flow.SignUpContinue {
	return flow.SignUpContinue{Client: c, Token: f.ContinuationToken, Grant: f.GrantType, Code: f.Code, Password: f.Password, Attributes: f.Attributes}
}

func (f form) signInStart(c *flow.Client) flow.SignInStart {
	return flow.SignInStart{Client: c, Username: f.Username, Types: f.ChallengeType, Capabilities: f.capabilities()}
}

func (f form) resetStart(c *flow.Client) flow.ResetStart {
	return flow.ResetStart{Client: c, Username: f.Username, Types: f.ChallengeType, Capabilities: f.capabilities()}
}

func (f form) resetContinue(c *flow.Client) flow.ResetContinue {
	return flow.ResetContinue{Client: c, Token: f.ContinuationToken, Grant: f.GrantType, Code: f.Code}
}

func (f form) resetSubmit(c *flow.Client) flow.ResetSubmit {
	return flow.ResetSubmit{Client: c, Token: f.ContinuationToken, Password: f.NewPassword}
}

func (f form) resetPoll(c *flow.Client) flow.ResetPoll {
	return flow.ResetPoll{Client: c, Token: f.ContinuationToken}
}

func (f form) redeem(c *flow.Client) flow.Redeem {
	return flow.Redeem{
		Client: c, Grant: f.GrantType, Token: f.ContinuationToken, Code: f.Code, Password: f.Password,
		Username: f.Username, Scope: f.Scope, RefreshToken: f.RefreshToken, DeviceCode: f.DeviceCode,
		Capabilities: f.capabilities(), Body: f.body,
	}
}

// oldAndroid is the library whose first versions know both capabilities and announce none. They cannot
// read the redirect that a token call has for apps without them.
const oldAndroid = "MSAL.Android"

func (f form) capabilities() string {
	if f.Capabilities == "" && f.Capability == "" && f.sku == oldAndroid {
		return "mfa_required registration_required"
	}
	return f.Capabilities + " " + f.Capability
}
