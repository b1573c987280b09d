package handler

import (
	"slices"

	"github.com/go-jose/go-jose/v4"

	"github.com/nativeauth/nativeauth/internal/flow"
)

// headerHour is how long anybody may keep the discovery document and the keys. A new key has to be
// published at least twice as long before it signs.
var headerHour = []string{"public, max-age=3600"}

// metadata is the discovery document: OpenID Connect Discovery 1.0 §3, without what an API that
// never shows a page has no use for.
type metadata struct {
	Issuer        string   `json:"issuer"`
	TokenEndpoint string   `json:"token_endpoint"`
	Keys          string   `json:"jwks_uri"`
	ResponseTypes []string `json:"response_types_supported"`
	SubjectTypes  []string `json:"subject_types_supported"`
	Algorithms    []string `json:"id_token_signing_alg_values_supported"`
	Scopes        []string `json:"scopes_supported"`
	Grants        []string `json:"grant_types_supported"`
	TokenAuth     []string `json:"token_endpoint_auth_methods_supported"`
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
	return metadata{
		Issuer: cfg.Issuer, TokenEndpoint: cfg.Issuer + pathToken, Keys: cfg.Issuer + pathKeys,
		ResponseTypes: []string{"none"}, // no authorization endpoint, and the list may not be empty
		SubjectTypes:  []string{"public"}, Algorithms: algorithms(set), Scopes: scopes, Grants: x.auth.grants(),
		TokenAuth: []string{"none"},
		Claims: []string{
			"iss", "sub", "aud", "exp", "nbf", "iat", "auth_time", "amr", "oid", "tid", "ver",
			"preferred_username", "email", "name", "given_name", "family_name",
		},
	}, nil
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
	ctx, cancel := stepContext(x.r)
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

// grants lists the grant types of the token endpoint. A password is one where a client has them.
func (a *Auth) grants() []string {
	for _, c := range a.clients {
		if c.flow.Passwords {
			return flow.Grants
		}
	}
	return slices.DeleteFunc(slices.Clone(flow.Grants), func(g string) bool { return g == "password" })
}
