package handler

import (
	"errors"
	"net/http"

	"github.com/nativeauth/nativeauth/internal/flow"
)

// userInfo says who the person is whose access token a request carries: OpenID Connect Core §5.3.
func (x *exchange) userInfo() (any, error) {
	text, _, err := x.accessToken()
	if err != nil {
		return nil, err
	}
	defer x.watch()()
	ctx, cancel := x.stepContext()
	defer cancel()
	info, err := x.auth.engine.UserInfo(ctx, text)
	switch {
	case errors.Is(err, flow.ErrAccessInvalid):
		return nil, refuseToken.because(err)
	case errors.Is(err, flow.ErrNoOpenID):
		return nil, refuseScope([]string{"openid"})
	case err != nil:
		return nil, err
	case !x.auth.serves(info.ClientID):
		return nil, refuseToken
	}
	return info.Claims, nil
}

// accessToken returns the token of a request, from its header (RFC 6750 §2.1) or its body (§2.2), but
// not from both; and what else the body holds.
func (x *exchange) accessToken() (string, form, error) {
	text, refused := bearer(x.r)
	if x.r.Method != http.MethodPost {
		return text, form{}, refused.orNil()
	}
	f, err := readForm(x.w, x.r)
	x.correlate(f.CorrelationID)
	switch {
	case err != nil:
		return "", f, err
	case f.AccessToken == "":
		return text, f, refused.orNil()
	case len(x.r.Header.Values("Authorization")) > 0:
		return "", f, malformed("the access token is in header and body")
	}
	return f.AccessToken, f, nil
}
