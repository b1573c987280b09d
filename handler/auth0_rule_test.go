package handler_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// The rule hook of section 12.1.

// ruled has a rule for the client with a refresh token and for the one with a second factor.
func ruled(t *testing.T, rule handler.Auth0Rule) *world {
	t.Helper()
	return newAuth0(t, func(c *handler.Config) {
		c.Clients = append(c.Clients,
			handler.Client{ID: "ruled", Passwords: true, GrantTypes: plainGrants, Auth0: &handler.Auth0{Rule: rule}},
			handler.Client{ID: "ruled-twice", Passwords: true, GrantTypes: plainGrants, Auth0: &handler.Auth0{Rule: rule}, SecondFactor: handler.Always})
	})
}

func TestAuth0_ARuleMayChangeScopes(t *testing.T) {
	var gives []string
	var seen handler.Auth0RuleRequest
	w := ruled(t, func(_ context.Context, r handler.Auth0RuleRequest) ([]string, error) {
		seen = r
		return gives, nil
	})
	ask := func(more ...string) answer {
		return w.give("ruled", casey, harbor, append([]string{"audience", stock}, more...)...).tokens()
	}
	gives = []string{"openid", "Stock.Read", "Orders.Read", "nonsense", "offline_access"}
	a := ask("scope", "openid profile")
	assert.Equal(t, "openid Stock.Read", accessClaims(t, a)["scope"])
	assert.Equal(t, "openid Stock.Read", a.body["scope"])
	assert.NotContains(t, a.body, "refresh_token")
	assert.Equal(t, casey, seen.User.Username)
	assert.Equal(t, "ruled", seen.ClientID)
	assert.Equal(t, stock, seen.Audience)
	assert.Equal(t, []string{"openid", "profile", "Stock.Read"}, seen.Scopes)
	assert.Equal(t, auth0Token, seen.Request.URL.Path[len(seen.Request.URL.Path)-len(auth0Token):])

	gives = []string{"Stock.Read"}
	a = ask("scope", "openid Stock.Read offline_access")
	assert.NotContains(t, a.body, "id_token")
	assert.Equal(t, "Stock.Read offline_access", a.body["scope"])
	gives = []string{"openid", "Stock.Read"}
	a = w.renew("ruled", a.text("refresh_token")).tokens()
	assert.Equal(t, "Stock.Read", accessClaims(t, a)["scope"], "no more than the sign-in got")
	gives = nil
	a = w.renew("ruled", a.text("refresh_token")).tokens()
	assert.Empty(t, accessClaims(t, a)["scope"])
}

func TestAuth0_ARuleMayRefuse(t *testing.T) {
	var verdict error
	calls := 0
	w := ruled(t, func(_ context.Context, r handler.Auth0RuleRequest) ([]string, error) {
		calls++
		return r.Scopes, verdict
	})
	w.update(casey, func(u *store.User) { u.Methods = []store.Method{mailMethod} })
	refresh := w.give("ruled", casey, harbor, "scope", "openid offline_access").text("refresh_token")
	calls = 0
	w.give("ruled", casey, "a wrong one").wrong0()
	assert.Zero(t, calls, "it is not asked about strangers")
	verdict = fmt.Errorf("%w: of the wrong department", handler.ErrAccessDenied)
	for _, a := range []answer{w.give("ruled", casey, harbor), w.give("ruled-twice", casey, harbor), w.renew("ruled", refresh)} {
		a.says0(403, "access_denied", "Access denied.")
	}
	w.refresh("ruled", refresh).badRefresh()
	verdict = errors.New("the directory is away")
	w.give("ruled", casey, harbor).plainly(503, "temporarily_unavailable")
	w.renew("ruled", refresh).plainly(503, "temporarily_unavailable")
	verdict = nil
	w.renew("ruled", refresh).tokens()
}

// The client may call the native API and use other grants, too: none of them leads around the rule.
func TestAuth0_ARuleHoldsWhereverTheClientSignsPeopleIn(t *testing.T) {
	var verdict error
	var takes string
	w := ruled(t, func(_ context.Context, r handler.Auth0RuleRequest) ([]string, error) {
		return slices.DeleteFunc(r.Scopes, func(s string) bool { return s == takes }), verdict
	})
	native := func() answer {
		return w.redeemPassword("ruled", w.askedPassword("ruled", casey), harbor, "scope", "openid Orders.READ Orders.Write offline_access")
	}
	owner := func() answer { return w.own("ruled", casey, harbor, "scope", "openid Orders.READ offline_access") }
	takes = "Orders.Write"
	a := native().tokens()
	assert.Equal(t, "openid Orders.READ profile", a.body["scope"])
	takes = "Orders.Read"
	assert.Equal(t, "openid", owner().tokens().body["scope"])
	a = w.refresh("ruled", a.text("refresh_token")).tokens()
	assert.NotContains(t, accessClaims(t, a)["scope"], "Orders")

	verdict = handler.ErrAccessDenied
	native().refused(400, "access_denied", "", 53003)
	owner().refused(400, "access_denied", "", 53003)
	w.refresh("ruled", a.text("refresh_token")).badRefresh()
}
