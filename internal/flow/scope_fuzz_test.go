package flow

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Whatever is asked for, what is granted is declared, the client's to have, of one resource, each once, and is
// granted again when it is asked for.
func FuzzScopes(f *testing.F) {
	for _, seed := range []string{
		"", "openid profile offline_access", "Orders.Read", "ORDERS.read OpenID", "Stock.Read Orders.Read", "openid,profile", ".default", "api://stock/Stock.Read",
		"openid\topenid", "offline_access", "Orders.Read\x00", "Orders.Write", strings.Repeat("openid ", 100), "\u212a", "ſcope", "openid\u00a0profile", "\xff",
	} {
		f.Add(seed)
	}
	e := New(Config{
		Issuer: "https://id.example", Secrets: [][]byte{[]byte(strings.Repeat("s", 32))},
		Resources: []Resource{{Audience: "https://id.example", Scopes: []string{"Orders.Read", "Orders.Write"}}, {Audience: "api://stock", Scopes: []string{"Stock.Read"}}},
	})
	some := &Client{ID: "some", Scopes: []string{"Orders.Read", "Stock.Read"}}
	f.Fuzz(func(t *testing.T, text string) {
		g, err := e.exactScopes(text, some)
		if err != nil {
			assert.True(t, errors.Is(err, ErrScope) || errors.Is(err, ErrConsent), "%v", err)
			assert.Equal(t, grant{}, g)
			return
		}
		for i, s := range g.scopes {
			assert.True(t, slices.Contains(oidcScopes, s) || slices.Contains(some.Scopes, s), s)
			assert.Equal(t, i, slices.Index(g.scopes, s), "twice: %s", s)
			assert.True(t, strings.EqualFold(s, g.echo[i]), "%q for %q", g.echo[i], s)
		}
		for _, s := range g.api() {
			_, audience, ok := e.findScope(s)
			assert.True(t, ok)
			assert.Equal(t, g.audience, audience)
		}
		assert.Equal(t, slices.Contains(g.scopes, "openid"), g.openid)
		all := g.scopes
		if g.offline {
			all = append(slices.Clone(all), scopeOffline)
		}
		again, err := e.exactScopes(strings.Join(all, " "), some)
		assert.NoError(t, err)
		again.echo = g.echo
		assert.Equal(t, g, again)
	})
}
