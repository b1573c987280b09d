package handler

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nativeauth/nativeauth/internal/flow"
)

// A hint says what a call should have been, for those who build an app. With an issuer on loopback the description
// of an error has it, and a link to the table of errors; elsewhere the log alone does.
//
// Hints hold nothing that a caller sent and no secret: names of the contract and of the config, and what can be told
// of the token that came. Where a row says one thing for an account and for none, so does its hint: accounts hide
// from callers on loopback, too.

// errorTablePage is the table of errors in docs/errors.md, where each number has an anchor.
const errorTablePage = "https://github.com/nativeauth/nativeauth/blob/main/docs/errors.md#"

// anchorOf is where the table has a number. Answers without one lead to the table's heading.
func anchorOf(number int) string {
	if number == 0 {
		return "errors"
	}
	return "error-" + strconv.Itoa(number)
}

// withLink is a hint as descriptions have it.
func withLink(hint string, number int) string {
	return hint + " See " + errorTablePage + anchorOf(number)
}

// hint finds the words for an error: the first that fit, in a text that RFC 6749 §5.2 has room for.
func (x *exchange) hint(err error) string {
	for _, h := range hints {
		if !h.fits(err) {
			continue
		}
		text := h.text
		if h.say != nil {
			text = h.say(x, err)
		}
		return asDescription(text)
	}
	return ""
}

// asDescription leaves out what an error_description must not hold: RFC 6749 §5.2.
func asDescription(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, text)
}

// hint is what is said of a cause.
type hint struct {
	fits func(err error) bool
	text string
	say  func(x *exchange, err error) string // in place of text, where it depends
}

// on is a hint for what is, or wraps, a cause.
func on(cause error, text string) hint {
	return hint{fits: func(err error) bool { return errors.Is(err, cause) }, text: text}
}

// depends is one whose words depend on the call or the config.
func depends(cause error, say func(x *exchange) string) hint {
	return hint{
		fits: func(err error) bool { return errors.Is(err, cause) },
		say:  func(x *exchange, _ error) string { return say(x) },
	}
}

// of is a hint for a cause that comes with data.
func of[E error](say func(x *exchange, e E) string) hint {
	return hint{
		fits: func(err error) bool { _, ok := errors.AsType[E](err); return ok },
		say: func(x *exchange, err error) string {
			e, _ := errors.AsType[E](err)
			return say(x, e)
		},
	}
}

// outOfOrder says what the token is of, and what goes on from there.
func outOfOrder(_ *exchange, e *flow.OutOfOrderError) string {
	text := "This token is of " + e.Standing() + "."
	var next []string
	for _, step := range e.Awaits() {
		next = append(next, callOf(step).String())
	}
	if len(next) > 0 {
		text += " Go on with " + strings.Join(next, ", or ") + "."
	}
	return text + " " + eachAnswer
}

const (
	eachAnswer = "Each answer brings the token for the next call: use that of the latest."
	startAgain = "Start again: " + pathSignUpStart + ", " + pathSignInStart + " or " + pathResetStart + "."
)

// unreadable says of a token that cannot be read whether it is another client's, which is looked for on loopback
// alone: a forged token must not cost more the more clients there are.
func (x *exchange) unreadable() string {
	if x.auth.hints {
		for id := range x.auth.clients {
			if id != x.clientID && x.auth.engine.Made(x.sent, id) {
				return "This token was made for another client: send the client_id that has begun the flow."
			}
		}
	}
	name := "continuation_token"
	switch x.path {
	case pathAuth0Token, pathAuthenticators, pathMFAChallenge:
		name = "mfa_token"
	case pathOTPToken:
		name = "otp_token"
	}
	return "Send the " + name + " of the latest answer, whole and unchanged, to the server that gave it, with the client_id that has begun " +
		"the flow. No other token takes its place; and tokens end with Config.Secret, which a development server draws anew at each start."
}

// missing says where a parameter belongs.
func (x *exchange) missing(e *flow.MissingError) string {
	const where = "Parameters travel in the body, form-encoded (" + formType + ")"
	if x.r.URL.RawQuery != "" && x.r.URL.Query().Has(e.Parameter) {
		return where + ": what is in the URL is not read, and " + e.Parameter + " is there."
	}
	return where + ", and " + e.Parameter + " is not among them or is empty."
}

// tooSoon says which limit it is.
func (x *exchange) tooSoon(e *flow.TooSoonError) string {
	text := "Wait as long as the Retry-After header says."
	if e.Limit != "" {
		text += " The limit: " + e.Limit + "."
	}
	if e.Of != "" {
		text += " On loopback Config.Limits.Off takes it away."
	}
	return text
}

// grantTypes says what the client may send to the path.
func (x *exchange) grantTypes() string {
	c := x.auth.clients[x.clientID].config
	var may []string
	if !c.confidential() { // or native authentication is not for it
		may = grantsAt(x.path, c.Passwords)
	}
	if x.path == pathToken && !c.Cookies {
		may = append(may, GrantRefreshToken)
	}
	_, isStep := challenges[x.path]
	if isStep {
		return "grant_type is one of " + strings.Join(may, ", ") + "."
	}
	for _, g := range c.GrantTypes {
		if !slices.Contains(may, g) {
			may = append(may, g)
		}
	}
	return "This client may send as grant_type: " + strings.Join(may, ", ") + ". Client.GrantTypes adds others, and Client.Passwords adds password."
}

// scopes says which there are.
func (x *exchange) scopes() string {
	list := []string{"openid profile email offline_access"}
	for _, r := range x.auth.cfg.Resources {
		list = append(list, strings.Join(r.Scopes, " "))
	}
	return "The scopes of the resources in Config.Resources, of which a call names those of one, and those of OpenID Connect: " +
		strings.Join(list, ", ") + ". A refresh asks for none that was not granted before."
}

// consent says which scopes the client may have.
func (x *exchange) consent() string {
	return "Client.Scopes says what the client may have: " + strings.Join(x.auth.clients[x.clientID].config.Scopes, " ") +
		". Add the scope there, or leave Client.Scopes nil, which means all of Config.Resources."
}

// methods says which methods the path takes.
func (x *exchange) methods() string {
	return "Send it as " + strings.Join(x.auth.routes[x.path].methods, ", ") + "."
}

// paths says where the API is.
func (x *exchange) paths() string {
	return "The API hangs beneath " + x.auth.prefix + "/, as in " + x.auth.prefix + pathSignInStart +
		"; some paths are there only for clients that have use for them. docs/reference.md lists all."
}

// tenantNames says which tenants there are.
func (x *exchange) tenantNames() string {
	var names []string
	for name, refused := range x.auth.tenants {
		if refused == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return "The path begins with the tenant: one of " + strings.Join(names, ", ") + "."
}

// wrongCode says what a code is like, and where another comes from. How many tries are left is not told.
func (x *exchange) wrongCode() string {
	return fmt.Sprintf("The code is the one of the latest message of this flow, good once and for %v (Config.CodeLifetime). "+
		"After some wrong ones it is good no more. %s sends another.", x.auth.cfg.CodeLifetime, x.challenge())
}
