package handler_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/handler"
)

// Section 7.4 of the contract.

const self = "http://127.0.0.1/contoso.onmicrosoft.com"

func TestScope_WhatIsGranted(t *testing.T) {
	for _, row := range []struct{ name, asked, echoed, scp, audience string }{
		{"nothing means the usual three", "", "openid profile", "", self},
		{"blanks mean the usual three", "  ", "openid profile", "", self},
		{"the usual three", "openid profile offline_access", "openid profile", "", self},
		{"openid alone gets profile", "openid", "openid profile", "", self},
		{"email is granted where asked for", "openid email", "openid email profile", "", self},
		{"an API's scope alone gets the rest", "Orders.Read", "Orders.Read openid profile", "Orders.Read", self},
		{"scopes of one API", "Orders.Write Orders.Read openid", "Orders.Write Orders.Read openid profile", "Orders.Write Orders.Read", self},
		{"another API has its own audience", "Stock.Read openid", "Stock.Read openid profile", "Stock.Read", "api://stock"},
		{"runs of blanks part scopes", " openid   Orders.Read ", "openid Orders.Read profile", "Orders.Read", self},
		{"the spelling of the client is echoed", "ORDERS.read OpenID PROFILE", "ORDERS.read OpenID PROFILE", "Orders.Read", self},
		{"a scope asked for twice counts once", "Orders.Read orders.read openid openid", "Orders.Read openid profile", "Orders.Read", self},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t)
			w.signUp(casey)
			a := w.signIn(casey, "scope", row.asked)
			assert.Equal(t, row.echoed, a.body["scope"])
			claims := accessClaims(t, a)
			assert.Equal(t, row.audience, claims["aud"])
			scp, _ := claims["scp"].(string)
			assert.Equal(t, row.scp, scp)
			assert.NotEmpty(t, a.body["id_token"])
			assert.NotEmpty(t, a.body["refresh_token"])
		})
	}
}

func TestScope_TheFormIsReadAsTheHostDeclaredIt(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	assert.Equal(t, "Orders.Read openid profile", accessClaims(t, w.signIn(casey, "scope", "ORDERS.READ"))["scope"])
}

func TestScope_WhatIsRefused(t *testing.T) {
	w := newWorld(t)
	done := w.signUp(casey)
	for _, scope := range []string{
		"Nothing.Read", "openid Nothing.Read", "Orders.Read Stock.Read", "Orders.Read,Orders.Write", "orders", "*", ".default", "openid;profile", `"openid"`,
	} {
		w.redeemToken(plain, done, "scope", scope).refused(400, "invalid_scope", "", 70011)
	}
	w.redeemToken(plain, done, "scope", "Orders.Read").tokens()
}

// C24 of the contract.
func TestScope_WhatTheClientMayNotHaveIsAMatterOfConsent(t *testing.T) {
	w := newWorld(t, func(c *handler.Config) {
		c.Clients[0].Scopes = []string{"Orders.Read"}
		c.Clients[1].Scopes = []string{}
	})
	done := w.signUp(casey)
	for _, scope := range []string{"Orders.Write", "orders.write openid", "Stock.Read", "openid Orders.Read Orders.Write"} {
		a := w.redeemToken(plain, done, "scope", scope).refused(400, "invalid_grant", "", 65001)
		assert.NotContains(t, strings.ToLower(a.text("error_description")), "consent_required")
	}
	a := w.redeemToken(plain, done, "scope", "Orders.Read").tokens()
	w.refresh(plain, a.text("refresh_token"), "scope", "Orders.Write").refused(400, "invalid_grant", "", 65001)

	start := w.signInStart(asking, casey).ok()
	token, code := w.nextCode(func() answer { return w.signInChallenge(asking, start) })
	w.redeemCode(asking, token, code, "scope", "Orders.Read").refused(400, "invalid_grant", "", 65001) // an empty list is none
	w.redeemCode(asking, token, code, "scope", "openid email").tokens()
}

// C23 of the contract: the option follows the documents.
func TestScope_StrictlyEachTokenHasItsScope(t *testing.T) {
	strict := func(c *handler.Config) { c.StrictScopes = true }
	for _, row := range []struct {
		asked, echoed string
		id, refresh   bool
		profile       []string // of the claims of a profile
	}{
		{"openid profile offline_access", "openid profile", true, true, []string{"preferred_username"}},
		{"", "openid profile", true, true, []string{"preferred_username"}},
		{"openid", "openid", true, false, nil},
		{"openid email", "openid email", true, false, []string{"email"}},
		{"openid email profile", "openid email profile", true, false, []string{"email", "preferred_username"}},
		{"offline_access", "", false, true, nil},
		{"Orders.Read", "Orders.Read", false, false, nil},
		{"Orders.Read offline_access", "Orders.Read", false, true, nil},
		{"Orders.Read openid", "Orders.Read openid", true, false, nil},
	} {
		t.Run(row.asked, func(t *testing.T) {
			w := newWorld(t, strict)
			w.signUp(casey)
			a := w.signIn(casey, "scope", row.asked)
			assert.Equal(t, row.echoed, a.body["scope"])
			assert.NotEmpty(t, a.body["client_info"])
			for member, due := range map[string]bool{"id_token": row.id, "refresh_token": row.refresh, "refresh_token_expires_in": row.refresh} {
				if due {
					assert.NotEmpty(t, a.body[member], member)
				} else {
					assert.NotContains(t, a.body, member)
				}
			}
			if row.id {
				var profile []string
				for _, name := range []string{"email", "preferred_username"} {
					if idClaims(t, a)[name] != nil {
						profile = append(profile, name)
					}
				}
				assert.Equal(t, row.profile, profile)
			}
			if row.refresh {
				again := w.refresh(plain, a.text("refresh_token")).tokens()
				assert.Equal(t, row.echoed, again.body["scope"])
				assert.Equal(t, row.id, again.body["id_token"] != nil)
			}
		})
	}
}

func TestScope_StrictlyAFlowWithoutARefreshTokenIsOverAllTheSame(t *testing.T) {
	w := newWorld(t, func(c *handler.Config) { c.StrictScopes = true })
	done := w.signUp(casey)
	w.redeemToken(plain, done, "scope", "openid").tokens()
	w.redeemToken(plain, done, "scope", "openid").badToken()
}
