package handler

import (
	"maps"
	"slices"

	"github.com/go-jose/go-jose/v4"

	"github.com/nativeauth/nativeauth/internal/flow"
	"github.com/nativeauth/nativeauth/token"
)

// headerHour is how long anybody may keep the discovery document and the keys. A new key has to be
// published at least twice as long before it signs.
var headerHour = []string{"public, max-age=3600"}

// metadata is the discovery document: OpenID Connect Discovery 1.0 §3 and RFC 8414 §2, without what an API that
// never shows a page has no use for.
type metadata struct {
	Issuer        string   `json:"issuer"`
	TokenEndpoint string   `json:"token_endpoint"`
	Keys          string   `json:"jwks_uri"`
	DeviceCode    string   `json:"device_authorization_endpoint,omitempty"` // RFC 8628 §4
	EndSession    string   `json:"end_session_endpoint,omitempty"`          // RP-Initiated Logout 1.0 §2.1
	ResponseTypes []string `json:"response_types_supported"`
	SubjectTypes  []string `json:"subject_types_supported"`
	Algorithms    []string `json:"id_token_signing_alg_values_supported"`
	Scopes        []string `json:"scopes_supported"`
	Grants        []string `json:"grant_types_supported"`
	TokenAuth     []string `json:"token_endpoint_auth_methods_supported"`
	TokenAlgs     []string `json:"token_endpoint_auth_signing_alg_values_supported,omitempty"`
	Revoke        string   `json:"revocation_endpoint"`
	RevokeAuth    []string `json:"revocation_endpoint_auth_methods_supported"`
	RevokeAlgs    []string `json:"revocation_endpoint_auth_signing_alg_values_supported,omitempty"`
	Inspect       string   `json:"introspection_endpoint,omitempty"`
	InspectAuth   []string `json:"introspection_endpoint_auth_methods_supported,omitempty"`
	InspectAlgs   []string `json:"introspection_endpoint_auth_signing_alg_values_supported,omitempty"`
	UserInfo      string   `json:"userinfo_endpoint"`
	Contexts      []string `json:"acr_values_supported"`
	Claims        []string `json:"claims_supported"`
}

// discovery serves the discovery document. Everything in it comes from the config, never from the
// request.
func (x *exchange) discovery() (any, error) {
	set, err := x.publicKeys()
	if err != nil {
		return nil, err
	}
	cfg := x.auth.cfg
	scopes := []string{"openid", "profile", "email", "offline_access"}
	for _, r := range cfg.Resources {
		scopes = append(scopes, r.Scopes...)
	}
	m := metadata{
		Issuer: cfg.Issuer, TokenEndpoint: cfg.Issuer + pathToken, Keys: cfg.Issuer + pathKeys,
		ResponseTypes: []string{"none"}, // no authorization endpoint, and the list may not be empty
		SubjectTypes:  []string{"public"}, Algorithms: algorithms(set), Scopes: scopes, Grants: x.auth.grants(),
		Revoke: cfg.Issuer + pathRevoke, UserInfo: cfg.Issuer + pathUserInfo, Contexts: flow.Contexts,
		Claims: []string{
			"iss", "sub", "aud", "exp", "nbf", "iat", "auth_time", "amr", "acr", "oid", "tid", "ver",
			"preferred_username", "email", "name", "given_name", "family_name",
		},
	}
	if cfg.Sessions != nil {
		m.EndSession = cfg.Issuer + pathLogout
	}
	if cfg.hasDevices() {
		m.DeviceCode = cfg.Issuer + pathDeviceCode
	}
	m.authenticate(x.auth)
	return m, nil
}

// authenticate says how clients do so. Introspection is not there where none can.
func (m *metadata) authenticate(a *Auth) {
	methods := a.authMethods()
	m.TokenAuth = append([]string{authNone}, methods...)
	m.RevokeAuth = m.TokenAuth
	if len(methods) > 0 {
		m.Inspect, m.InspectAuth = a.cfg.Issuer+pathInspect, methods
	}
	if slices.Contains(methods, authJWT) {
		for _, alg := range token.Algorithms {
			m.TokenAlgs = append(m.TokenAlgs, string(alg))
		}
		m.RevokeAlgs, m.InspectAlgs = m.TokenAlgs, m.TokenAlgs
	}
}

// keys serves the public keys as a JWK Set (RFC 7517 §5).
func (x *exchange) keys() (any, error) {
	set, err := x.publicKeys()
	if err != nil {
		return nil, err
	}
	return set, nil
}

func (x *exchange) publicKeys() (jose.JSONWebKeySet, error) {
	defer x.watch()()
	ctx, cancel := x.stepContext()
	defer cancel()
	return x.auth.signer.PublicKeys(ctx)
}

func algorithms(set jose.JSONWebKeySet) (list []string) {
	for _, k := range set.Keys {
		if !slices.Contains(list, k.Algorithm) {
			list = append(list, k.Algorithm)
		}
	}
	return list
}

// grants lists the grant types of the token endpoint. A password is one where a client has
// them, and a second factor where somebody asks for it.
func (a *Auth) grants() []string {
	unused := map[string]bool{"password": true, "refresh_token": true, "mfa_oob": a.cfg.SecondFactor == nil}
	for _, c := range a.clients {
		unused["refresh_token"] = unused["refresh_token"] && c.config.Cookies
		unused["password"] = unused["password"] && !c.flow.Passwords
		unused["mfa_oob"] = unused["mfa_oob"] && c.flow.SecondFactor == nil
	}
	own := slices.Sorted(maps.Keys(a.cfg.Grants))
	if a.cfg.hasDevices() {
		own = append(own, GrantDeviceCode)
	}
	return append(slices.DeleteFunc(slices.Clone(flow.Grants), func(g string) bool { return unused[g] }), own...)
}
