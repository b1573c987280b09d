package flow

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/nativeauth/nativeauth/internal/guid"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

// objectID is the user's id as MSAL wants it: a GUID, which ids of a host's own rows need not be.
func (e *Engine) objectID(u store.User) string {
	if guid.Valid(u.ID) {
		return strings.ToLower(u.ID)
	}
	return guid.FromName("user "+e.TenantID, u.ID)
}

func (e *Engine) accessClaims(u store.User, m *family, g grant, extra map[string]any) ([]byte, error) {
	id, err := guid.New(e.Random)
	if err != nil {
		return nil, err
	}
	now := e.Now()
	return token.Merge(token.AccessClaims{
		Issuer: e.Issuer, Subject: u.ID, Audience: e.audiences(g),
		Expires: now.Add(e.AccessLife).Unix(), NotBefore: now.Unix(), IssuedAt: now.Unix(), ID: id,
		ClientID: m.Client, Scope: strings.Join(g.scopes, " "), APIScope: strings.Join(g.api(), " "),
		AuthTime: m.AuthTime, AMR: m.AMR, ACR: m.ACR,
		ObjectID: e.objectID(u), TenantID: e.TenantID, Party: m.Client, Version: "2.0",
		Session: m.id.String(),
	}, extra)
}

// audiences are whom an access token is for. Where the call has named an API, openid adds userinfo to it.
func (e *Engine) audiences(g grant) token.Audience {
	if g.ofAsk && g.openid && g.audience != e.UserInfoAudience {
		return token.Audience{g.audience, e.UserInfoAudience}
	}
	return token.Audience{g.audience}
}

func (e *Engine) idClaims(u store.User, m *family, g grant, extra map[string]any) ([]byte, error) {
	now := e.Now()
	profile := e.profile(u, g)
	maps.Copy(profile, extra)
	return token.Merge(token.IDClaims{
		Issuer: e.Issuer, Subject: u.ID, Audience: m.Client,
		Expires: now.Add(e.IDLife).Unix(), NotBefore: now.Unix(), IssuedAt: now.Unix(),
		AuthTime: m.AuthTime, AMR: m.AMR, ACR: m.ACR,
		ObjectID: e.objectID(u), TenantID: e.TenantID, Version: "2.0",
	}, profile)
}

// profile returns what the id token says of the person: OpenID Connect Core §5.1. Native clients
// get all of it, as MSAL shows it; in strict mode, and for clients of Auth0, the scopes decide.
func (e *Engine) profile(u store.User, g grant) map[string]any {
	p := map[string]any{}
	all := !e.StrictScopes && !g.ofAsk
	if all || slices.Contains(g.scopes, "profile") {
		p["preferred_username"] = cmp.Or(u.Username, u.Email)
		for claim, attribute := range map[string]string{
			"name": "displayName", "given_name": "givenName", "family_name": "surname",
		} {
			if v := u.Attributes[attribute]; v != "" {
				p[claim] = v
			}
		}
	}
	if u.Email != "" && (all || slices.Contains(g.scopes, "email")) {
		p["email"] = u.Email
	}
	return p
}
