package handler_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// Section 12.2.

const unknownRefresh = "Unknown or invalid refresh token."

// renew refreshes at the token endpoint of Auth0's clients.
func (w *world) renew(client, token string, more ...string) answer {
	w.Helper()
	return w.post(auth0Token, append([]string{"client_id", client, "grant_type", "refresh_token", "refresh_token", token}, more...)...)
}

// lasting is a sign-in with a refresh token.
func (w *world) lasting() answer {
	w.Helper()
	return w.give(passwordApp, casey, harbor, "audience", stock, "scope", "openid email Stock.Read offline_access").tokens()
}

func TestAuth0Refresh_TheAnswerOfTheContract(t *testing.T) {
	w := newAuth0(t)
	first := w.lasting()
	w.clock.pass(time.Minute)
	a := w.renew(passwordApp, first.text("refresh_token")).tokens()
	assert.Equal(t, "openid email Stock.Read offline_access", a.body["scope"])
	assert.Equal(t, "Bearer", a.body["token_type"])
	assert.Equal(t, 900.0, a.body["expires_in"])
	assert.Len(t, a.body, 6)
	assert.Equal(t, []any{stock, infos}, accessClaims(t, a)["aud"])
	assert.Equal(t, idClaims(t, first)["auth_time"], idClaims(t, a)["auth_time"])
	assert.Equal(t, idClaims(t, first)["sub"], idClaims(t, a)["sub"])
	assert.NotEqual(t, first.body["refresh_token"], a.body["refresh_token"])

	w.postJSON(auth0Token, "client_id", passwordApp, "grant_type", "refresh_token", "refresh_token", a.text("refresh_token")).tokens()
	w.clock.pass(time.Minute)
	w.renew(passwordApp, first.text("refresh_token")).says0(403, "invalid_grant", unknownRefresh)
	w.renew(passwordApp, a.text("refresh_token")).says0(403, "invalid_grant", unknownRefresh) // the family has ended
}

func TestAuth0Refresh_AScopeMayBeLessForOneAccessToken(t *testing.T) {
	w := newAuth0(t)
	for _, row := range []struct {
		asked, issued, said string
		aud                 any
	}{
		{"Stock.Read", "Stock.Read", "Stock.Read", stock},
		{"openid", "openid", "openid", []any{stock, infos}},
		{"email offline_access", "email", "email offline_access", stock},
		{"offline_access", "", "offline_access", stock},
		{"", "openid email Stock.Read", "openid email Stock.Read offline_access", []any{stock, infos}},
	} {
		t.Run(row.asked, func(t *testing.T) {
			a := w.renew(passwordApp, w.lasting().text("refresh_token"), "scope", row.asked).tokens()
			assert.Equal(t, row.issued, accessClaims(t, a)["scope"])
			assert.Equal(t, row.said, a.body["scope"])
			assert.Equal(t, row.aud, accessClaims(t, a)["aud"])
			assert.Equal(t, row.asked == "openid" || row.asked == "", a.body["id_token"] != nil)
			again := w.renew(passwordApp, a.text("refresh_token")).tokens()
			assert.Equal(t, "openid email Stock.Read", accessClaims(t, again)["scope"], "the family has what it had")
		})
	}
}

func TestAuth0Refresh_AWiderScopeIsRefusedAndBurnsNothing(t *testing.T) {
	w := newAuth0(t)
	refresh := w.lasting().text("refresh_token")
	for _, wider := range []string{"profile", "openid profile", "Orders.Read", "Stock.Write", "stock.read"} {
		w.renew(passwordApp, refresh, "scope", wider).says0(400, "invalid_scope", "The scope is wider than was granted.")
	}
	w.clock.pass(time.Minute)
	w.renew(passwordApp, refresh).tokens()
}

func TestAuth0Refresh_IsOfItsClientAndUser(t *testing.T) {
	w := newAuth0(t)
	refresh := w.lasting().text("refresh_token")
	w.renew(stockApp, refresh).says0(403, "invalid_grant", unknownRefresh)
	w.renew(passwordApp, refresh[1:]).says0(403, "invalid_grant", unknownRefresh)
	w.renew(passwordApp, "").plainly(400, "invalid_request")
	w.ask(auth0Token, basic(backOffice, newSecret), "grant_type", "refresh_token", "refresh_token", refresh).says0(403, "invalid_grant", unknownRefresh)
	w.update(casey, func(u *store.User) { u.Epoch++ })
	w.renew(passwordApp, refresh).says0(403, "invalid_grant", unknownRefresh)
}

func TestAuth0Refresh_OfAConfidentialClientNeedsItsSecret(t *testing.T) {
	w := newAuth0(t)
	a := w.ask(auth0Token, basic(backOffice, newSecret), "grant_type", "password", "username", casey, "password", harbor, "scope", "openid offline_access").tokens()
	w.renew(backOffice, a.text("refresh_token")).plainly(401, "invalid_client")
	w.renew(backOffice, a.text("refresh_token"), "client_secret", oldSecret).tokens()
}

func TestAuth0Refresh_DiesOfAge(t *testing.T) {
	w := newAuth0(t)
	refresh := w.lasting().text("refresh_token")
	w.clock.pass(14 * 24 * time.Hour)
	w.renew(passwordApp, refresh).says0(403, "invalid_grant", unknownRefresh)
}

func TestAuth0Refresh_AsksThePolicyAgain(t *testing.T) {
	required := false
	w := newAuth0(t, func(c *handler.Config) {
		c.SecondFactor = func(context.Context, handler.SecondFactorRequest) (bool, error) { return required, nil }
	})
	refresh := w.lasting().text("refresh_token")
	required = true
	w.renew(passwordApp, refresh).says0(403, "invalid_grant", "Multifactor authentication required: sign in again.")
}

// A family's rules go with it: what it was granted is never more at the other token endpoint.
func TestAuth0Refresh_AtTheNativeEndpointStaysWhatItWas(t *testing.T) {
	w := newAuth0(t)
	a := w.refresh(passwordApp, w.lasting().text("refresh_token"), "scope", "openid profile offline_access")
	a.refused(400, "invalid_scope", "", 70011)
	a = w.refresh(passwordApp, w.lasting().text("refresh_token")).tokens()
	assert.Equal(t, "openid email Stock.Read", accessClaims(t, a)["scope"])
	assert.Equal(t, []any{stock, infos}, accessClaims(t, a)["aud"])
}

func TestAuth0Refresh_OneSuccessorOnTwoInstances(t *testing.T) {
	same := withKeys(t)
	a := newAuth0(t, same)
	b := a.sibling(same, withAuth0)
	refresh := a.lasting().text("refresh_token")
	next := a.renew(passwordApp, refresh).tokens().text("refresh_token")
	assert.Equal(t, next, b.renew(passwordApp, refresh).tokens().text("refresh_token"))
	a.clock.pass(time.Minute)
	b.renew(passwordApp, refresh).says0(403, "invalid_grant", unknownRefresh)
	a.renew(passwordApp, next).says0(403, "invalid_grant", unknownRefresh)
}
