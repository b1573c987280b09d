package handler_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// Whatever of the host is out of order while a server signs somebody in, it is told so in the envelope, nothing
// is half done, and once all is well again the next call succeeds.
func TestROPC_WithAPartOutOfOrderSaysSo(t *testing.T) {
	for m, status := range map[mode]int{fails: 503, panics: 500} {
		t.Run(string(m), func(t *testing.T) {
			t.Parallel()
			s := newTrip(t, withROPC)
			require.NoError(t, s.store.CreateUser(t.Context(), store.User{ID: "casey", Username: casey, Email: casey, PasswordHash: hashOf(t, harbor)}))
			sign := func() reply {
				return s.do(signer, leg{"ropc", tokenPath, func(*trip) []string { return ropc(withAssertion(s.assertionOf(signer))...) }, nil})
			}
			require.Equal(t, 200, sign().status)
			calls := s.fault.traced()
			require.Equal(t, []string{"Put", "UserByUsername", "Add"}, calls[:3], "the assertion, the person, the try")
			for n, call := range calls {
				s.fault.arm(m, n)
				r := sign()
				what := fmt.Sprintf("%s at call %d, %s: %s", m, n, call, r.text)
				require.NoError(t, r.err, what)
				struck := s.fault.traced()[n]
				s.fault.mend()
				if r.status == 200 {
					// The try is taken off the count again, which is done as far as it can be.
					assert.Equal(t, "Add", struck, what)
					assert.Greater(t, n, 2, what)
				} else {
					assert.Equal(t, status, r.status, what)
					assert.NotContains(t, string(r.text), "access_token", what)
					var e map[string]any
					require.NoError(t, json.Unmarshal(r.text, &e), what)
					assert.Len(t, e["error_codes"], 1, what)
				}
				assert.Equal(t, 200, sign().status, "after %s", what)
				s.fault.traced()
			}
		})
	}
}

// E3 of the security requirements: whoever the account is, the store is asked the same.
func TestROPC_AsksTheStoreTheSameForEverybody(t *testing.T) {
	for _, hide := range []bool{false, true} {
		s := newTrip(t, withROPC, func(c *handler.Config) { c.HideAccounts = hide })
		for _, u := range []store.User{
			{ID: "casey", Username: casey, Email: casey, PasswordHash: hashOf(t, harbor)},
			{ID: "codes", Username: "codes@contoso.com", Email: "codes@contoso.com"},
			{ID: "off", Username: "off@contoso.com", Email: "off@contoso.com", PasswordHash: hashOf(t, harbor), Disabled: true},
		} {
			require.NoError(t, s.store.CreateUser(t.Context(), u))
		}
		ask := func(name, password string) []string {
			s.fault.traced()
			s.own(legacyApp, name, password).refused(400, "invalid_grant", "", 50126)
			return s.fault.traced()
		}
		want := ask("nobody@contoso.com", "a wrong one")
		for _, name := range []string{casey, "codes@contoso.com", "off@contoso.com"} {
			assert.Equal(t, want, ask(name, "a wrong one"), "hidden %v, %s", hide, name)
		}
		if hide {
			assert.Equal(t, want, ask("off@contoso.com", harbor), "the right password of who is disabled")
		}
	}
}
