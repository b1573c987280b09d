package handler

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/nativeauth/nativeauth/internal/flow"
)

// Device authorization: RFC 8628, with the additions of Azure AD v2 (section 11 of the contract).

func (c Config) hasDevices() bool {
	return slices.ContainsFunc(c.Clients, func(c Client) bool { return slices.Contains(c.GrantTypes, GrantDeviceCode) })
}

// hasApprovers tells whether apps can approve devices.
func (c Config) hasApprovers() bool {
	return c.hasDevices() && slices.ContainsFunc(c.Clients, func(c Client) bool { return c.ApprovesDevices })
}

// hasDevicePage tells whether the page of ours is there.
func (c Config) hasDevicePage() bool { return c.hasDevices() && c.hasCookies() && c.DevicePage == "" }

// devicePage is where devices send people.
func (c Config) devicePage() string { return cmp.Or(c.DevicePage, c.Issuer+pathDevicePage) }

func (c Config) checkDevices(p *problems) {
	if _, taken := c.Grants[GrantDeviceCode]; taken {
		p.add("Grants: %q is a grant of this package", GrantDeviceCode)
	}
	for i, client := range c.Clients {
		if client.Cookies && slices.Contains(client.GrantTypes, GrantDeviceCode) {
			p.add("Clients[%d]: GrantTypes has %q, and Cookies keeps the client from tokens", i, GrantDeviceCode)
		}
		if client.ApprovesDevices && client.Cookies {
			p.add("Clients[%d]: ApprovesDevices is for a client with access tokens, which Cookies keeps it from", i)
		}
		if !isText(client.Name, "") || len(client.Name) > maxName {
			p.add("Clients[%d]: Name is longer than %d bytes, or no plain text", i, maxName)
		}
	}
	if c.hasDevices() && c.DevicePage == "" && !c.hasCookies() {
		p.add("DevicePage is missing: set the URL of a page of yours where people type the code of a device, or give a client Cookies for the page of this package")
	}
	if c.DevicePage != "" && !isPage(c.DevicePage) {
		p.add("DevicePage %q is no https URL without a fragment", c.DevicePage)
	}
	if path := c.SignInPage; path != "" && !isPage(path) && !isPagePath(path) {
		p.add("SignInPage %q is neither a path nor an https URL without a fragment", path)
	}
	for i, r := range c.Resources {
		for scope := range r.Descriptions {
			if !slices.Contains(r.Scopes, scope) {
				p.add("Resources[%d]: Descriptions has %q, which is none of its Scopes", i, scope)
			}
		}
	}
}

const maxName = 100 // bytes of the name of a client

// isPage tells whether text is the URL of a page that people can be sent to.
func isPage(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Hostname() != "" && u.User == nil && !strings.Contains(text, "#") && isText(text, "") &&
		(u.Scheme == "https" || u.Scheme == "http" && onLoopback(u.Hostname()))
}

// isPagePath tells whether text is a path of the same origin.
func isPagePath(text string) bool {
	u, err := url.Parse(text)
	return err == nil && strings.HasPrefix(text, "/") && u.Host == "" && !strings.HasPrefix(text, "//") &&
		!strings.ContainsAny(text, `\#`) && isText(text, "")
}

// findClient returns a client for the engine, if it is served.
func (a *Auth) findClient(id string) (*flow.Client, bool) {
	c, ok := a.clients[id]
	return &c.flow, ok && !c.config.Disabled
}

// deviceCodeBody is the answer of RFC 8628 §3.2, with the text that Entra adds.
type deviceCodeBody struct {
	DeviceCode string `json:"device_code"`
	UserCode   string `json:"user_code"`
	Page       string `json:"verification_uri"`
	ExpiresIn  int    `json:"expires_in"` // seconds
	Interval   int    `json:"interval"`   // seconds
	Message    string `json:"message"`
}

// deviceCode gives a device its codes.
func (x *exchange) deviceCode(ctx context.Context, f form, c client) (any, error) {
	d, err := x.auth.engine.DeviceStart(ctx, flow.DeviceStart{Client: &c.flow, Scope: f.Scope})
	if err != nil {
		return nil, err
	}
	page := x.auth.cfg.devicePage()
	return deviceCodeBody{
		DeviceCode: d.Code, UserCode: d.UserCode, Page: page,
		ExpiresIn: wholeSeconds(d.Life), Interval: wholeSeconds(d.Interval),
		Message: fmt.Sprintf("Open %s on a phone or computer and type the code %s there.", page, d.UserCode),
	}, nil
}

// What somebody can do about a device.
const (
	actionApprove = "approve"
	actionDeny    = "deny"
)

// decide does what the action of a form says about the device that its user code leads to; without one it
// looks only.
func (x *exchange) decide(ctx context.Context, by flow.Session, f form) (flow.PendingDevice, error) {
	e := x.auth.engine
	switch f.Action {
	case "":
		return e.FindDevice(ctx, by, f.UserCode)
	case actionApprove, actionDeny:
		return e.DecideDevice(ctx, by, f.UserCode, f.Action == actionApprove)
	}
	return flow.PendingDevice{}, malformed("parameter action is neither approve nor deny")
}

// decisionBody tells an app about a device. It is ours: no RFC has one.
type decisionBody struct {
	Status       string   `json:"status"` // pending, approved or denied
	UserCode     string   `json:"user_code"`
	ClientID     string   `json:"client_id"`
	ClientName   string   `json:"client_name"`
	Scope        string   `json:"scope"`
	Descriptions []string `json:"scope_descriptions"` // in the order of scope
}

var (
	refuseApprover = &refusal{status: http.StatusForbidden, code: "unauthorized_client", description: "The app may not approve devices."}
	refuseApproval = &refusal{status: http.StatusUnauthorized, code: "insufficient_user_authentication", description: rowOf(flow.ErrApproval).Text} // RFC 9470 §3
)

// decideDevice lets an app look at a device, approve or deny it, for the person whose access token it shows.
func (x *exchange) decideDevice() (any, error) {
	text, f, err := x.accessToken()
	if err != nil {
		return nil, err
	}
	defer x.watch()()
	ctx, cancel := x.stepContext()
	defer cancel()
	by, err := x.auth.engine.Approver(ctx, text)
	if err != nil {
		return nil, refusedDecision(err)
	}
	c, known := x.auth.clients[by.Client]
	switch {
	case !known || c.config.Disabled:
		return nil, refuseToken
	case !c.config.ApprovesDevices:
		return nil, refuseApprover
	}
	p, err := x.decide(ctx, by, f)
	if err != nil {
		return nil, refusedDecision(err)
	}
	status := map[string]string{"": "pending", actionApprove: "approved", actionDeny: "denied"}[f.Action]
	return decisionBody{
		Status: status, UserCode: p.UserCode, ClientID: p.Client.ID, ClientName: x.auth.nameOf(p.Client.ID),
		Scope: strings.Join(p.Scopes, " "), Descriptions: x.auth.cfg.describe(p.Scopes),
	}, nil
}

// refusedDecision puts what is wrong with a token, or the sign-in behind it, as RFC 6750 §3 has it.
func refusedDecision(err error) error {
	switch {
	case errors.Is(err, flow.ErrApproval):
		return refuseApproval.because(err)
	case errors.Is(err, flow.ErrAccessInvalid), errors.Is(err, flow.ErrSessionOver):
		return refuseToken.because(err)
	}
	return err
}

// nameOf is what people know a client by.
func (a *Auth) nameOf(clientID string) string {
	return cmp.Or(a.clients[clientID].config.Name, clientID)
}

// ownWords describe the scopes of OpenID Connect.
var ownWords = map[string]string{
	"openid":         "know which account is yours",
	"profile":        "see your name",
	"email":          "see your email address",
	"offline_access": "stay signed in until you or it signs out",
}

// describe says what scopes allow.
func (c Config) describe(scopes []string) []string {
	list := make([]string, len(scopes))
	for i, s := range scopes {
		list[i] = cmp.Or(ownWords[s], s)
		for _, r := range c.Resources {
			list[i] = cmp.Or(r.Descriptions[s], list[i])
		}
	}
	return list
}
