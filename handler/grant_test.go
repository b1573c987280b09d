package handler_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

const (
	badge   = "https://contoso.com/grants/badge"
	doorman = "66666666-6666-4666-8666-666666666611" // may use badges
)

// withBadges adds a grant of the host's own, for the badge of a person that is their id.
func withBadges(c *handler.Config) {
	c.Grants = map[string]handler.Grant{badge: handler.GrantFunc(func(_ context.Context, r handler.GrantRequest) (handler.GrantResult, error) {
		switch shown := r.Parameters.Get("badge"); shown {
		case "":
			return handler.GrantResult{}, fmt.Errorf("%w: no badge", handler.ErrGrantRefused)
		case "jammed":
			return handler.GrantResult{}, errors.New("the reader is jammed")
		case "panics":
			panic("badge")
		default:
			return handler.GrantResult{UserID: shown, AMR: []string{"swk", r.Request.Header.Get("x-gate")}}, nil
		}
	})}
	c.Clients = append(c.Clients, handler.Client{ID: doorman, GrantTypes: []string{badge}},
		handler.Client{ID: "strict", GrantTypes: []string{badge}, SecondFactor: handler.Always})
}

func (w *world) show(client, badgeID string, more ...string) answer {
	w.Helper()
	r := request(w.T, w.base+"/oauth2/v2.0/token", form(append([]string{"client_id", client, "grant_type", badge, "badge", badgeID}, more...)...))
	r.Header.Set("x-gate", "north")
	return w.send(r)
}

func TestGrant_OfTheHostGivesTokens(t *testing.T) {
	w := newWorld(t, withBadges)
	w.signUp(casey)
	a := w.show(doorman, w.idOf(casey), "scope", "openid Orders.Read offline_access").tokens()
	assert.Equal(t, []any{"swk", "north"}, idClaims(t, a)["amr"])
	assert.Equal(t, casey, idClaims(t, a)["preferred_username"])
	assert.Equal(t, "openid Orders.Read profile", a.body["scope"])
	w.refresh(doorman, a.text("refresh_token")).tokens()
}

func TestGrant_OfTheHostIsRefused(t *testing.T) {
	w := newWorld(t, withBadges)
	w.signUp(casey)
	id := w.idOf(casey)
	w.show(plain, id).refused(400, "unauthorized_client", "", 70001)
	w.show(doorman, "").refused(400, "invalid_grant", "", 70000)
	w.show(doorman, "jammed").refused(503, "temporarily_unavailable", "", 90033)
	w.show(doorman, "panics").refused(500, "server_error", "", 50000)
	w.show(doorman, "nobody").refused(400, "user_not_found", "", 50034)
	w.show(doorman, id, "scope", "Unknown").refused(400, "invalid_scope", "", 70011)
	w.update(casey, func(u *store.User) { u.Disabled = true })
	w.show(doorman, id).refused(400, "invalid_grant", "", 50126)
}

func TestGrant_OfTheHostComesBeforeASecondFactor(t *testing.T) {
	w := newWorld(t, withBadges, secondFactors)
	w.person(casey, mailMethod)
	id := w.idOf(casey)
	assert.Equal(t, "redirect", w.show("strict", id).body["challenge_type"], "an app that can do no second factor")
	token := w.show("strict", id, "capabilities", able).wants("mfa_required")
	sent, code := w.nextCode(func() answer { return w.askedBy("strict", token, mailMethod.ID) })
	claims := idClaims(t, w.redeemSecond("strict", sent, code).tokens())
	assert.Equal(t, []any{"swk", "north", "otp"}, claims["amr"])
	assert.Equal(t, "2", claims["acr"])
}

// legacyApp may send name and password in one call.
const legacyApp = "66666666-6666-4666-8666-666666666622"

func withOwners(c *handler.Config) {
	c.Clients = append(c.Clients,
		handler.Client{ID: legacyApp, Passwords: true, GrantTypes: []string{handler.GrantPassword}},
		handler.Client{ID: "strict-owner", Passwords: true, GrantTypes: []string{handler.GrantPassword}, SecondFactor: handler.Always})
}

func (w *world) own(client, user, password string, more ...string) answer {
	w.Helper()
	return w.post("/oauth2/v2.0/token", append([]string{"client_id", client, "grant_type", "password", "username", user, "password", password}, more...)...)
}

func TestResourceOwner_NameAndPasswordInOneCall(t *testing.T) {
	w := newWorld(t, withOwners)
	w.enrol(casey, harbor)
	a := w.own(legacyApp, " Casey@Contoso.com ", harbor, "scope", "openid Orders.Read offline_access").tokens()
	assert.Equal(t, []any{"pwd"}, idClaims(t, a)["amr"])
	w.refresh(legacyApp, a.text("refresh_token")).tokens()
}

func TestResourceOwner_EveryRefusal(t *testing.T) {
	w := newWorld(t, withOwners, secondFactors)
	w.enrol(casey, harbor)
	w.signUp("code@contoso.com")
	w.enrol("off@contoso.com", harbor)
	w.update("off@contoso.com", func(u *store.User) { u.Disabled = true })
	w.enrol("must@contoso.com", harbor)
	w.update("must@contoso.com", func(u *store.User) { u.MustChangePassword = true })

	for _, name := range []string{casey, "nobody@contoso.com", "code@contoso.com", "off@contoso.com", "must@contoso.com"} {
		w.own(legacyApp, name, "a wrong one").refused(400, "invalid_grant", "", 50126)
	}
	w.own(legacyApp, "off@contoso.com", harbor).refused(400, "invalid_grant", "", 50126)
	w.own(legacyApp, "must@contoso.com", harbor).refused(400, "invalid_request", "", 50142)
	w.own(legacyApp, "no name", harbor).refused(400, "invalid_request", "", 90100)
	w.own(legacyApp, casey, "").refused(400, "invalid_request", "", 900144)
	w.own(legacyApp, casey, harbor, "scope", "Unknown").refused(400, "invalid_scope", "", 70011)
	w.own(keyed, casey, harbor).refused(400, "invalid_request", "", 900144).says("continuation_token")
	w.own("strict-owner", casey, harbor, "capabilities", able).refused(400, "invalid_grant", "", 50076)
	assert.NotContains(t, w.own("strict-owner", casey, harbor).body, "continuation_token", "nothing goes on from there")
}

func TestResourceOwner_ItsTriesCountWithThoseOfSignIns(t *testing.T) {
	w := newWorld(t, withOwners)
	w.enrol(casey, harbor)
	for range 5 {
		w.own(legacyApp, casey, "a wrong one").refused(400, "invalid_grant", "", 50126)
		w.enter(casey, "a wrong one").refused(400, "invalid_grant", "", 50126)
	}
	w.own(legacyApp, casey, harbor).refused(400, "invalid_grant", "", 50126)
	w.enter(casey, harbor).refused(400, "invalid_grant", "", 50126)
}

func TestResourceOwner_AWrongPasswordBesideABadScopeIsNotTried(t *testing.T) {
	w := newWorld(t, withOwners)
	w.enrol(casey, harbor)
	for range 12 {
		w.own(legacyApp, casey, "a wrong one", "scope", "Unknown").refused(400, "invalid_scope", "", 70011)
	}
	w.own(legacyApp, casey, harbor).tokens()
}

func TestGrant_MountRefusesWhatIsNoGrant(t *testing.T) {
	_, err := handler.Mount(http.NewServeMux(), handler.Config{
		Issuer: "http://127.0.0.1/a",
		Grants: map[string]handler.Grant{"badge": handler.GrantFunc(nil), "urn:x": nil},
		Clients: []handler.Client{
			{ID: "a", GrantTypes: []string{"password"}}, {ID: "b", Passwords: true, GrantTypes: []string{"password", "urn:y"}},
		},
	})
	for _, part := range []string{
		`Grants: "badge" is not an absolute URI`, `Grants: "urn:x" is nil`,
		`Clients[0]: GrantTypes has "password", and Passwords is off`, `Clients[1]: GrantTypes has "urn:y"`,
	} {
		assert.ErrorContains(t, err, part)
	}
}
