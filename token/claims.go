package token

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nativeauth/nativeauth/store"
)

// ClaimsRequest says whose tokens are being made.
type ClaimsRequest struct {
	User     store.User
	ClientID string
	Scopes   []string // granted
}

// ExtraClaims are claims of the host, by name.
type ExtraClaims struct {
	Access map[string]any // for the access token
	ID     map[string]any // for the id token
}

// ClaimsFunc adds the host's own claims to the tokens of a user, and those of the id token to what
// userinfo says. It is called at every sign-in, every refresh and every call of userinfo, inside the request, by many goroutines at once, and has a second and a half. An
// error refuses the tokens for now: the caller is told to come back (503), and the flow stays as it
// was. To refuse a person, disable the user. So does a claim that the protocol sets itself, such as
// sub or aud; those of the profile, such as name, may be set and replace ours.
type ClaimsFunc func(ctx context.Context, r ClaimsRequest) (ExtraClaims, error)

// AccessClaims are the protocol's claims of an access token: RFC 9068 §2.2, and those that readers
// of Entra's tokens look for.
type AccessClaims struct {
	Issuer    string   `json:"iss"`
	Subject   string   `json:"sub"`
	Audience  Audience `json:"aud"`
	Expires   int64    `json:"exp"`
	NotBefore int64    `json:"nbf"`
	IssuedAt  int64    `json:"iat"`
	ID        string   `json:"jti"`
	ClientID  string   `json:"client_id"`
	Scope     string   `json:"scope"`         // all that was granted
	APIScope  string   `json:"scp,omitempty"` // the API's scopes among them
	AuthTime  int64    `json:"auth_time"`
	AMR       []string `json:"amr"`
	ACR       string   `json:"acr"` // "1", or "2" where two different factors were proven
	ObjectID  string   `json:"oid"`
	TenantID  string   `json:"tid"`
	Party     string   `json:"azp"`
	Version   string   `json:"ver"`
	Session   string   `json:"sid"` // the sign-in that it comes from, and ends with where the server is asked
}

// IDClaims are the protocol's claims of an id token: OpenID Connect Core §2, and those that MSAL
// reads.
type IDClaims struct {
	Issuer    string   `json:"iss"`
	Subject   string   `json:"sub"`
	Audience  string   `json:"aud"`
	Expires   int64    `json:"exp"`
	NotBefore int64    `json:"nbf"`
	IssuedAt  int64    `json:"iat"`
	AuthTime  int64    `json:"auth_time"`
	AMR       []string `json:"amr"`
	ACR       string   `json:"acr"` // "1", or "2" where two different factors were proven
	ObjectID  string   `json:"oid"`
	TenantID  string   `json:"tid"`
	Version   string   `json:"ver"`
}

// reserved are the claims that a host cannot set: they decide what a token is good for.
var reserved = []string{
	"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "client_id", "scope", "scp", "azp", "oid", "tid", "ver", "sid",
	"auth_time", "amr", "acr", "nonce", "cnf", "at_hash", "c_hash", "tfp", "signin_state", "act", "may_act",
}

// ErrReserved says that a ClaimsFunc returned a claim that the protocol sets itself.
var ErrReserved = errors.New("token: claim is set by the protocol")

// Merge returns the protocol's claims and the others as one JSON object, or ErrReserved.
func Merge(protocol any, others map[string]any) ([]byte, error) {
	body, err := json.Marshal(protocol)
	if err != nil {
		return nil, fmt.Errorf("token: claims: %w", err)
	}
	if len(others) == 0 {
		return body, nil
	}
	for name := range others {
		// In any case: a reader that ignores it would take the last of the two.
		if slices.ContainsFunc(reserved, func(r string) bool { return strings.EqualFold(r, name) }) {
			return nil, fmt.Errorf("%w: %q", ErrReserved, name)
		}
	}
	more, err := json.Marshal(others)
	if err != nil {
		return nil, fmt.Errorf("token: claims of the host: %w", err)
	}
	if string(body) == "{}" {
		return more, nil
	}
	body[len(body)-1] = ','
	return append(body, more[1:]...), nil
}
