package handler_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/nativeauth/nativeauth/handler"
)

func TestDevice_SecretsChangeWhileItWaits(t *testing.T) {
	same := withKeys(t)
	before := newWorld(t, withDevices, same, withSecrets("1"))
	before.signUp(casey)
	d := before.device(television)
	after := before.sibling(withDevices, same, withSecrets("2", "1"))
	after.poll(television, d.device).isPending()
	after.decide(after.access(remote, casey), d.user, "approve").done()
	after.poll(television, d.device).tokens()
	d = after.device(television)
	gone := before.sibling(withDevices, same, withSecrets("3"))
	gone.poll(television, d.device).isNoDevice()
	gone.decide(gone.access(remote, casey), d.user, "").plainly(400, "bad_verification_code")
}

func TestDevice_WithTheLibraryOfGo(t *testing.T) {
	t.Parallel() // most of its time it waits
	w, access := newDevices(t)
	c := oauth2.Config{
		ClientID: television, Scopes: []string{"openid", "Orders.Read", "offline_access"},
		Endpoint: oauth2.Endpoint{DeviceAuthURL: w.base + deviceCodes[0], TokenURL: w.base + "/oauth2/v2.0/token", AuthStyle: oauth2.AuthStyleInParams},
	}
	d, err := c.DeviceAuth(t.Context())
	require.NoError(t, err)
	assert.Equal(t, self+"/device", d.VerificationURI)
	assert.EqualValues(t, 5, d.Interval)
	d.Interval = 1 // the server's clock goes as fast: see impatient

	polls := 0
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, &http.Client{Transport: impatient(func() {
		if polls++; polls == 2 {
			w.decide(access, d.UserCode, "approve").done()
		}
		w.clock.pass(5 * time.Second)
	})})
	tokens, err := c.DeviceAccessToken(ctx, d)
	require.NoError(t, err)
	assert.Equal(t, 2, polls)
	assert.NotEmpty(t, tokens.RefreshToken)
	assert.NotEmpty(t, tokens.Extra("id_token"))
	w.userInfo(tokens.AccessToken).known()

	for name, row := range map[string]struct {
		legacy bool
		code   string
	}{"Entra's word": {false, "authorization_declined"}, "the RFC's": {true, "access_denied"}} {
		w, access := newDevices(t, func(c *handler.Config) { c.Legacy.DeviceErrorsOfRFC = row.legacy })
		c.Endpoint.DeviceAuthURL, c.Endpoint.TokenURL = w.base+deviceCodes[1], w.base+"/oauth2/v2.0/token"
		d, err := c.DeviceAuth(t.Context())
		require.NoError(t, err)
		d.Interval = 1
		w.decide(access, d.UserCode, "deny").done()
		_, err = c.DeviceAccessToken(t.Context(), d)
		var refused *oauth2.RetrieveError
		require.ErrorAs(t, err, &refused, name)
		assert.Equal(t, row.code, refused.ErrorCode, name)
	}
}

// impatient does something before each request.
type impatient func()

func (h impatient) RoundTrip(r *http.Request) (*http.Response, error) {
	h()
	return http.DefaultTransport.RoundTrip(r)
}

func TestDevice_IsInTheDiscoveryDocument(t *testing.T) {
	w, _ := newDevices(t)
	d := w.method("GET", documents[0]).body
	assert.Equal(t, self+deviceCodes[0], d["device_authorization_endpoint"])
	assert.Contains(t, d["grant_types_supported"], deviceGrant)
	d = newWorld(t).method("GET", documents[0]).body
	assert.NotContains(t, d, "device_authorization_endpoint")
	assert.NotContains(t, d["grant_types_supported"], deviceGrant)
}

func TestDevice_PathsAreThereForThoseWhoNeedThem(t *testing.T) {
	device := func(c *handler.Config) {
		c.Clients = append(c.Clients, handler.Client{ID: television, GrantTypes: []string{deviceGrant}})
	}
	own := func(c *handler.Config) { c.DevicePage = "https://contoso.com/tv" }
	approver := func(c *handler.Config) {
		c.Clients = append(c.Clients, handler.Client{ID: remote, ApprovesDevices: true})
	}
	for name, row := range map[string]struct {
		change           []func(*handler.Config)
		codes, api, page int
	}{
		"no device":           {[]func(*handler.Config){cookies, approver}, 404, 404, 404},
		"a page of the host":  {[]func(*handler.Config){device, own, cookies}, 400, 404, 404},
		"a page of ours":      {[]func(*handler.Config){device, cookies}, 400, 404, 401},
		"an app and a page":   {[]func(*handler.Config){device, cookies, approver}, 400, 401, 401},
		"an app and a page's": {[]func(*handler.Config){device, own, approver}, 400, 401, 404},
	} {
		w := newWorld(t, row.change...)
		for _, path := range deviceCodes {
			assert.Equal(t, row.codes, w.post(path, "client_id", plain).status, "%s: %s", name, path)
		}
		assert.Equal(t, row.api, w.post(decide, "user_code", "x").status, name)
		resp, _ := w.bare("GET", w.base+"/device", "")
		assert.Equal(t, row.page, resp.StatusCode, name)
	}
	w := newWorld(t, device, own)
	assert.Equal(t, "https://contoso.com/tv", w.post(deviceCodes[0], "client_id", television).body["verification_uri"])
}

func TestConfig_MistakesAboutDevicesAreNamed(t *testing.T) {
	device := handler.Client{ID: "tv", GrantTypes: []string{handler.GrantDeviceCode}}
	for _, row := range []struct {
		change  func(c *handler.Config)
		problem string
	}{
		{func(c *handler.Config) {}, "DevicePage is missing"},
		{func(c *handler.Config) { c.DevicePage = "http://contoso.com/tv" }, `DevicePage "http://contoso.com/tv" is no https URL`},
		{func(c *handler.Config) { c.DevicePage = "https://contoso.com/tv#x" }, `DevicePage "https://contoso.com/tv#x" is no https URL`},
		{func(c *handler.Config) { c.DevicePage = "/tv" }, `DevicePage "/tv" is no https URL`},
		{func(c *handler.Config) { c.SignInPage = "//evil.example" }, `SignInPage "//evil.example" is neither`},
		{func(c *handler.Config) { c.SignInPage = `/\evil.example` }, `SignInPage "/\\evil.example" is neither`},
		{func(c *handler.Config) { c.SignInPage = "sign-in" }, `SignInPage "sign-in" is neither`},
		{func(c *handler.Config) { c.SignInPage = "javascript:x" }, `SignInPage "javascript:x" is neither`},
		{func(c *handler.Config) {
			c.Clients[0].Cookies, c.Clients[0].GrantTypes = true, device.GrantTypes
		}, "Cookies keeps the client from tokens"},
		{func(c *handler.Config) { c.Clients[0].Cookies, c.Clients[0].ApprovesDevices = true, true }, "Clients[0]: ApprovesDevices is for"},
		{func(c *handler.Config) { c.Clients[0].Name = "a\nb" }, "Clients[0]: Name is"},
		{func(c *handler.Config) { c.Clients[0].Name = strings.Repeat("x", 101) }, "Clients[0]: Name is"},
		{func(c *handler.Config) {
			c.Resources = []handler.Resource{{Scopes: []string{"a"}, Descriptions: map[string]string{"b": "x"}}}
		}, `Resources[0]: Descriptions has "b"`},
		{func(c *handler.Config) {
			c.Grants = map[string]handler.Grant{handler.GrantDeviceCode: handler.GrantFunc(nil)}
		}, "is a grant of this package"},
	} {
		c := complete(t)
		c.Clients = append(c.Clients, device)
		row.change(&c)
		assert.ErrorContains(t, c.Validate(), row.problem)
	}
	for _, page := range []string{"", "/sign-in", "/sign-in?a=b", "https://contoso.com/sign-in", "http://localhost:3000/"} {
		c := complete(t)
		c.Clients = append(c.Clients, device, handler.Client{ID: "pages", Cookies: true})
		c.SignInPage = page
		assert.NoError(t, c.Validate(), page)
	}
}

// X3: the store's clock judges, so that instances whose clocks differ by minutes agree.
func TestDevice_InstancesWhoseClocksDifferAgree(t *testing.T) {
	same := withKeys(t)
	w, _ := newDevices(t, same)
	at := func(skew time.Duration) *world {
		return w.sibling(withDevices, same, func(c *handler.Config) {
			c.Now = func() time.Time { return w.clock.now().Add(skew) }
		})
	}
	for _, skew := range []time.Duration{-2 * time.Minute, 2 * time.Minute} {
		b := at(skew)
		d, late, approved := b.device(television), b.device(television), b.device(television)
		w.poll(television, d.device).isPending()
		w.clock.pass(4 * time.Second)
		b.poll(television, d.device).slowsDown()
		w.clock.pass(15*time.Minute - 5*time.Second)
		w.poll(television, late.device).isPending()
		b.poll(television, d.device).isPending()
		access := w.access(remote, casey)
		w.decide(access, approved.user, "approve").done()
		b.poll(television, approved.device).tokens()
		w.clock.pass(time.Second)
		for _, x := range []*world{w, b, at(-skew)} {
			assert.Contains(t, []any{"expired_token", "bad_verification_code"}, x.poll(television, late.device).body["error"])
		}
		w.decide(access, late.user, "approve").plainly(400, "bad_verification_code")
	}
}
