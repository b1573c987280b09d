package handler

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/nativeauth/nativeauth/internal/flow"
)

// The token endpoint. Beside native authentication it serves grants of the host, and what Azure AD v2 has
// there, also beneath a tenant: section 11 of the contract.

// redeemer returns the client of a call. Grants that are none of native authentication are for confidential
// clients, too; and a refresh is one of it, where the client is public.
func (x *exchange) redeemer(ctx context.Context, f form) (*flow.Client, error) {
	named, known := x.auth.clients[f.ClientID]
	refreshes := f.GrantType == flow.GrantRefresh && known && !named.config.confidential()
	if refreshes || f.redeem(nil).Native() {
		return x.public(ctx, f)
	}
	c, err := x.authenticate(ctx, f)
	if err != nil {
		return nil, err
	}
	return &c.flow, nil
}

// token serves a call of a client.
func (x *exchange) token(ctx context.Context, f form, c *flow.Client) (any, error) {
	if x.tenant != "" && !ofTenant(c.GrantTypes) {
		return nil, flow.ErrGrantForbidden
	}
	return x.auth.redeem(ctx, f.redeem(c))
}

// tenanted are the paths that are there beneath a tenant, too, if a client has a grant of Azure AD's.
var tenanted = []string{pathToken, pathDeviceCode, pathDeviceCodeToo}

// ofTenant tells whether one of a client's grant types is Azure AD's.
func ofTenant(grants []string) bool {
	return slices.Contains(grants, GrantPassword) || slices.Contains(grants, GrantDeviceCode)
}

// tenants are the names that a tenant has in a path, each with what is wrong with it: nothing where it means
// the one directory there is. nil if no client has a grant that comes with them.
func (c Config) tenants() map[string]error {
	if !slices.ContainsFunc(c.Clients, func(one Client) bool { return ofTenant(one.GrantTypes) }) {
		return nil
	}
	names := map[string]error{
		c.TenantID: nil, "organizations": nil,
		"common": errTenantShared, "consumers": errTenantShared, // which hold personal accounts
	}
	// The name of a host is that of its directory. An address of IPv6 is a name of neither.
	if u, err := url.Parse(c.Issuer); err == nil && !strings.Contains(u.Hostname(), ":") {
		names[strings.ToLower(u.Hostname())] = nil
	}
	return names
}

// tenantPaths are the paths that the tenants have by name.
func (a *Auth) tenantPaths() (paths []string) {
	for name := range a.tenants {
		for _, path := range tenanted {
			if _, there := a.routes[path]; there {
				paths = append(paths, "/"+name+path)
			}
		}
	}
	return paths
}

// beneathTenant finds the route of a path that begins with a tenant, whose name is known in any case.
func (x *exchange) beneathTenant() (route, bool) {
	name, rest, _ := strings.Cut(strings.TrimPrefix(x.path, "/"), "/")
	rest = "/" + rest
	r, there := x.auth.routes[rest]
	if x.auth.tenants == nil || !there || !slices.Contains(tenanted, rest) {
		return route{}, false
	}
	name = strings.ToLower(name)
	refused, known := x.auth.tenants[name]
	if !known {
		refused = errTenant
	}
	if refused != nil {
		r.serve = func(*exchange) (any, error) { return nil, refused }
	}
	x.tenant, x.path = "/"+name, rest
	return r, true
}
