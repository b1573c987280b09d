package handler_test

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// T8 and T9 for the APIs beside the native one.

// siblingScript is a script of one client.
type siblingScript struct {
	script
	client string
}

// siblingScripts are what a caller can do there who has neither the mailbox nor the password.
func siblingScripts() []siblingScript {
	password := []string{"username", "NAME", "password", "PASSWORD"}
	owner := func(path, grant string, more ...string) call {
		return call{path, slices.Concat([]string{"grant_type", grant}, password, more)}
	}
	send := func(usage string) call {
		return call{otpSend, []string{"email", "NAME", "auth_source_id", viaMail, "usage", usage}}
	}
	return []siblingScript{
		{script{"ROPC", true, slices.Repeat([]call{owner(inToken, "password", "scope", "openid")}, 2)}, legacyApp},
		{script{"ROPC for too much", true, []call{owner(inToken, "password", "scope", "nonsense")}}, legacyApp},
		{script{"Auth0", true, slices.Repeat([]call{owner(auth0Token, "password")}, 2)}, passwordApp},
		{script{"Auth0 until it is locked", true, slices.Repeat([]call{owner(auth0Token, "password")}, 12)}, passwordApp},
		{script{"Auth0 with a realm", true, []call{owner(auth0Token, realmGrant, "realm", "employees"), owner(auth0Token, realmGrant, "realm", "nobody")}}, passwordApp},
		{script{"Auth0, where all need two", true, []call{owner(auth0Token, "password")}}, guardedApp},
		{script{"OTP for a sign-in", false, []call{send("login"), send("login")}}, mobile},
		{script{"OTP for a sign-up", false, []call{send("signup"), send("signup")}}, mobile},
	}
}

func siblings(c *handler.Config) {
	withOwners(c)
	withAuth0(c)
	withTencent(c)
	c.ResendInterval = time.Minute
	roomy(c)
}

func TestT8_NoSiblingTellsAnAccountFromNone(t *testing.T) {
	for k, kind := range kindsOfAccount {
		t.Run(kind.name, func(t *testing.T) {
			var c *counted
			h := newHiding(t, siblings, func(cfg *handler.Config) {
				c = &counted{Store: cfg.Users.(*hostUsers).Users.(*memory.Store)}
				cfg.Users = c
			})
			h.spy.State = c
			compared := 0
			for n, s := range siblingScripts() {
				known, nobody := fmt.Sprintf("s%d.%d.known@contoso.com", k, n), fmt.Sprintf("s%d.%d.never@contoso.com", k, n)
				kind.make(h, store.User{ID: known, Username: known, Email: known})
				if kind.name == "locked" { // nobody can be, too
					kind.make(h, store.User{ID: nobody, Username: nobody, Email: nobody})
					u, err := h.store.UserByID(t.Context(), nobody)
					require.NoError(t, err)
					u.Username, u.Email = "elsewhere"+nobody, "elsewhere"+nobody
					require.NoError(t, h.store.UpdateUser(t.Context(), u))
				}
				c.taken()
				theirs, calls := h.play(s.script, s.client, known, kind.says), c.taken()
				none, callsOfNone := h.play(s.script, s.client, nobody, kind.says), c.taken()
				for i := range theirs {
					theirs[i] = bytes.ReplaceAll(theirs[i], []byte(known), []byte(nobody))
					assert.Equal(t, withoutOTP(none[i]), withoutOTP(theirs[i]), "%s, call %d", s.name, i+1)
					compared++
				}
				assert.Equal(t, callsOfNone, calls, "%s: calls of the store", s.name)
			}
			t.Logf("%d answers", compared)
		})
	}
}

var otpTokenText = regexp.MustCompile(`"otp_token":"([^"]*)"`)

// withoutOTP hides an otp_token, but for its length.
func withoutOTP(text []byte) string {
	return string(otpTokenText.ReplaceAllFunc(text, func(t []byte) []byte { return fmt.Appendf(nil, `"otp_token":%d`, len(t)) }))
}
