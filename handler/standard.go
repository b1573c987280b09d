package handler

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/nativeauth/nativeauth/internal/flow"
	"github.com/nativeauth/nativeauth/token"
)

// The standard endpoints of OAuth 2.0 and OpenID Connect, beside those of the native API.

// plain is how paths outside of the native API answer: errors in the shape of RFC 6749 §5.2, an error and
// its description and nothing else.
type plain struct {
	// rows are errors in the words of an API beside the native one. They come before those that all such
	// paths have.
	rows []row
	// media is the Content-Type, where clients know it in a spelling of its own; nil means that of all answers.
	media []string
	// body makes something else of an error than that shape; nil makes nothing else.
	body func(x *exchange, e row, err error) any
}

// plainly says which paths those are. All others answer errors in the envelope of the contract.
var plainly = map[string]*plain{
	pathRevoke:      {},
	pathInspect:     {},
	pathUserInfo:    {},
	pathUserInfoToo: {},
	pathDecide:      {},
	pathDevicePage:  {rows: deviceRows, body: (*exchange).deviceTrouble},

	pathAuth0Token:     {rows: auth0Rows},
	pathAuthenticators: {rows: auth0Rows},
	pathMFAChallenge:   {rows: auth0Rows},
	pathOTPSend:        &tencent,
	pathOTPToken:       &tencent,
}

type plainErrorBody struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	MFAToken    string `json:"mfa_token,omitempty"` // of Auth0: goes on with a second factor
}

// rowClientAuth is what these paths say of every client that is not authenticated.
var rowClientAuth = row{Status: http.StatusUnauthorized, Code: "invalid_client", Text: "The client could not be authenticated.", cause: errClientAuth}

// rowOf finds the answer for an error: in the words of the API, or in those of the catalogue without its
// numbers.
func (p *plain) rowOf(err error) row {
	if v, ok := errors.AsType[*flow.TooSoonError](err); ok && v.Of != "" {
		err = fmt.Errorf("%w: %w", errTooMany, err)
	} else if ok {
		err = fmt.Errorf("%w: %w", errTooSoon, err)
	} else if _, ok := errors.AsType[*flow.SecondFactorRequired](err); ok {
		err = fmt.Errorf("%w: %w", errSecond, err)
	}
	for _, e := range p.rows {
		if errors.Is(err, e.cause) {
			return e
		}
	}
	if errors.Is(err, errClientAuth) {
		return rowClientAuth
	}
	return rowOf(err)
}

// failPlain is fail without the envelope.
func (x *exchange) failPlain(err error) {
	if x.correlation == "" {
		x.correlate("")
	}
	e := x.plain.rowOf(err)
	if refused, ok := errors.AsType[*refusal](err); ok {
		e = row{Status: refused.status, Code: refused.word(), Text: refused.description}
		x.w.Header().Set("WWW-Authenticate", refused.challenge())
	} else if e.Status == http.StatusUnauthorized {
		x.challengeBasic()
	}
	if v, ok := errors.AsType[*flow.TooSoonError](err); ok {
		x.retryAfter(v.Wait)
	} else if v, ok := errors.AsType[*flow.LockedError](err); ok && e.Status == http.StatusTooManyRequests {
		x.retryAfter(v.Wait)
	}
	if e.Status == http.StatusServiceUnavailable {
		x.retryAfter(time.Second)
	}
	hint := x.hint(err)
	x.log(err, e, x.correlation, hint)
	if x.plain.body != nil {
		x.reply(e.Status, headerNoStore, x.plain.body(x, e, err))
		return
	}
	body := plainErrorBody{Error: e.Code, Description: words(e, err)}
	if x.auth.hints && x.plain.rows == nil { // the libraries of other APIs match what theirs say
		body.Description += " Hint: " + withLink(hint, e.Number)
	}
	if v, ok := errors.AsType[*flow.SecondFactorRequired](err); ok {
		body.MFAToken = v.Token
	}
	x.reply(e.Status, headerNoStore, body)
}

// challengeBasic answers a client that has used the Authorization header: RFC 6749 §5.2.
func (x *exchange) challengeBasic() (used bool) {
	if used = x.r.Header.Get("Authorization") != ""; used {
		x.w.Header().Set("WWW-Authenticate", basicRealm)
	}
	return used
}

// served is what an endpoint does once it knows the client.
type served func(*exchange, context.Context, form, client) (any, error)

// standard turns a function into an endpoint for clients that authenticate.
func standard(serve served) func(*exchange) (any, error) {
	return identified(readForm, (*exchange).authenticate, serve)
}

// sibling is standard for an API beside the native one, whose clients send forms or JSON.
func sibling(serve served) func(*exchange) (any, error) {
	return identified(readEither, (*exchange).authenticate, serve)
}

// revoke ends a refresh token and all that descend from the same sign-in: RFC 7009. Access tokens have
// nothing to end: they live for minutes, and whoever asks about one learns that its session is over.
func (x *exchange) revoke(ctx context.Context, f form, c client) (any, error) {
	if f.Token == "" {
		return nil, &flow.MissingError{Parameter: "token"}
	}
	return struct{}{}, x.auth.engine.Revoke(ctx, &c.flow, f.Token)
}

// inspectionBody is the answer of RFC 7662 §2.2.
type inspectionBody struct {
	Active    bool           `json:"active"`
	Scope     string         `json:"scope,omitempty"`
	ClientID  string         `json:"client_id,omitempty"`
	Username  string         `json:"username,omitempty"`
	Type      string         `json:"token_type,omitempty"`
	Expires   int64          `json:"exp,omitempty"`
	IssuedAt  int64          `json:"iat,omitempty"`
	NotBefore int64          `json:"nbf,omitempty"`
	Subject   string         `json:"sub,omitempty"`
	Audience  token.Audience `json:"aud,omitempty"`
	Issuer    string         `json:"iss,omitempty"`
	ID        string         `json:"jti,omitempty"`
}

// inspect tells a confidential client what a token comes to: RFC 7662. A public one could ask about any
// token that it found, so it is not told (§2.1, §4).
func (x *exchange) inspect(ctx context.Context, f form, c client) (any, error) {
	if !c.config.confidential() {
		return nil, noClient("a public one")
	}
	if f.Token == "" {
		return nil, &flow.MissingError{Parameter: "token"}
	}
	i, err := x.auth.engine.Inspect(ctx, &c.flow, f.Token)
	if err != nil {
		return nil, err
	}
	if !x.auth.serves(i.ClientID) {
		return inspectionBody{}, nil
	}
	return inspectionBody(i), nil
}

// serves tells whether a client still may have tokens.
func (a *Auth) serves(clientID string) bool {
	c, ok := a.clients[clientID]
	return ok && !c.config.Disabled
}
