package flow

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

// ErrAccessInvalid refuses an access token: forged, expired, for another API, or of a session that is over.
var ErrAccessInvalid = errors.New("the access token is not good")

// ErrNoOpenID refuses an access token that was not granted openid.
var ErrNoOpenID = errors.New("the access token lacks the scope openid")

// accessToken is what is read from an access token: RFC 9068 §2.2.
type accessToken struct {
	Issuer    string         `json:"iss"`
	Subject   string         `json:"sub"`
	Audience  token.Audience `json:"aud"`
	Expires   int64          `json:"exp"`
	NotBefore int64          `json:"nbf"`
	IssuedAt  int64          `json:"iat"`
	ID        string         `json:"jti"`
	ClientID  string         `json:"client_id"`
	Scope     string         `json:"scope"`
	Session   string         `json:"sid"`

	session Session // the sign-in that it comes from
}

// access reads an access token and its user. It is good as long as the session that it comes from: not
// after a sign-out, the revocation of a refresh token, or a new epoch.
func (e *Engine) access(ctx context.Context, text string) (accessToken, store.User, error) {
	var t accessToken
	raw, err := e.Signer.Verify(ctx, token.AccessToken, text, e.Issuer, e.Now())
	if err == nil && json.Unmarshal(raw, &t) != nil {
		err = token.ErrInvalid
	}
	var id token.ID
	if err == nil {
		id, err = token.ParseID(t.Session)
	}
	if errors.Is(err, token.ErrInvalid) {
		return t, store.User{}, fmt.Errorf("%w: %w", ErrAccessInvalid, err)
	} else if err != nil {
		return t, store.User{}, err
	}
	m, _, err := e.readFamily(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return t, store.User{}, fmt.Errorf("%w: the session is over", ErrAccessInvalid)
	} else if err != nil {
		return t, store.User{}, err
	}
	if m.User != t.Subject || m.Client != t.ClientID {
		return t, store.User{}, fmt.Errorf("%w: of another session", ErrAccessInvalid)
	}
	t.session = m.session()
	u, err := e.userOfFamily(ctx, &m)
	if errors.Is(err, errUserOut) {
		return t, u, fmt.Errorf("%w: user gone, disabled or signed out", ErrAccessInvalid)
	}
	return t, u, err
}

// userOfFamily reads the user of a family, or returns errUserOut.
func (e *Engine) userOfFamily(ctx context.Context, m *family) (store.User, error) {
	u, err := e.Users.UserByID(ctx, m.User)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return u, fmt.Errorf("look up user: %w", err)
	} else if err != nil || u.Disabled || u.Epoch != m.Epoch {
		return u, errUserOut
	}
	return u, nil
}

// Inspection is what a token comes to now: RFC 7662 §2.2. The zero one is of a token that is not active,
// of which no more is told.
type Inspection struct {
	Active    bool
	Scope     string
	ClientID  string
	Username  string
	Type      string // as RFC 6749 §5.1 has it; "" for a refresh token
	Expires   int64
	IssuedAt  int64 // 0 for a refresh token, as are those below
	NotBefore int64
	Subject   string
	Audience  token.Audience
	Issuer    string
	ID        string
}

// Inspect tells a client what an access token of any client comes to, or a refresh token of its own.
func (e *Engine) Inspect(ctx context.Context, client *Client, text string) (Inspection, error) {
	inspect := e.inspectRefresh
	if strings.Contains(text, ".") { // in which no refresh token has one
		inspect = e.inspectAccess
	}
	i, err := inspect(ctx, client, text)
	if errors.Is(err, ErrAccessInvalid) || errors.Is(err, ErrRefreshInvalid) {
		return Inspection{}, nil
	}
	return i, err
}

func (e *Engine) inspectAccess(ctx context.Context, _ *Client, text string) (Inspection, error) {
	t, u, err := e.access(ctx, text)
	if err != nil {
		return Inspection{}, err
	}
	// Whoever verifies leaves leeway for clocks; whoever asks us is told as it is.
	if e.Now().Unix() >= t.Expires {
		return Inspection{}, fmt.Errorf("%w: expired", ErrAccessInvalid)
	}
	return Inspection{
		Active: true, Scope: t.Scope, ClientID: t.ClientID, Username: nameOf(u), Type: "Bearer",
		Expires: t.Expires, IssuedAt: t.IssuedAt, NotBefore: t.NotBefore,
		Subject: t.Subject, Audience: t.Audience, Issuer: t.Issuer, ID: t.ID,
	}, nil
}

// inspectRefresh looks at a refresh token and leaves it as it is. One that was replaced is not active,
// though a repeat within the grace would be answered.
func (e *Engine) inspectRefresh(ctx context.Context, client *Client, text string) (Inspection, error) {
	t, err := e.opaque.ParseRefresh(text, client.ID)
	if err != nil {
		return Inspection{}, fmt.Errorf("%w: %w", ErrRefreshInvalid, err)
	}
	m, _, err := e.readFamily(ctx, t.Family)
	if errors.Is(err, store.ErrNotFound) || err == nil && t.Counter != m.Counter {
		return Inspection{}, ErrRefreshInvalid
	} else if err != nil {
		return Inspection{}, err
	}
	u, err := e.userOfFamily(ctx, &m) // errUserOut is an ErrRefreshInvalid
	if err != nil {
		return Inspection{}, err
	}
	return Inspection{
		Active: true, Scope: strings.Join(m.Scopes, " "), ClientID: m.Client, Username: nameOf(u),
		Expires: t.Expires.Unix(), Subject: u.ID, Issuer: e.Issuer,
	}, nil
}

// nameOf returns what a user signs in with.
func nameOf(u store.User) string { return cmp.Or(u.Username, u.Email) }

// UserInfo is what the app may know of the person whose access token it shows.
type UserInfo struct {
	ClientID string
	Claims   json.RawMessage
}

// UserInfo returns the claims of the person whom an access token for this app itself is about: OpenID
// Connect Core §5.3. They are those of the id token, by the token's scopes.
func (e *Engine) UserInfo(ctx context.Context, text string) (UserInfo, error) {
	t, u, err := e.access(ctx, text)
	if err != nil {
		return UserInfo{}, err
	}
	scopes := strings.Fields(t.Scope)
	named := slices.Contains(t.Audience, e.UserInfoAudience)
	switch {
	case !slices.Contains(t.Audience, e.Issuer) && !named:
		// An API that was sent the token must not learn more with it than the token says.
		return UserInfo{}, fmt.Errorf("%w: for another API", ErrAccessInvalid)
	case !slices.Contains(scopes, "openid"):
		return UserInfo{}, ErrNoOpenID
	}
	claims := e.profile(u, grant{scopes: scopes, ofAsk: named})
	if e.Claims != nil {
		extra, err := e.Claims(ctx, token.ClaimsRequest{User: u, ClientID: t.ClientID, Scopes: scopes})
		if err != nil {
			return UserInfo{}, fmt.Errorf("claims of the host: %w", err)
		}
		maps.Copy(claims, extra.ID)
	}
	body, err := token.Merge(struct {
		Subject string `json:"sub"`
	}{u.ID}, claims)
	return UserInfo{t.ClientID, body}, err
}
