package trace

import (
	"slices"
	"strings"

	"github.com/nativeauth/nativeauth/handler"
)

// beside are the calls that no flow waits for: those that open one, and those around. Of two that fit, the one with the
// grant type counts.
var beside = []handler.Step{
	{Name: "sign-up start", Path: "/signup/v1.0/start"},
	{Name: "sign-in start", Path: "/oauth2/v2.0/initiate"},
	{Name: "reset start", Path: "/resetpassword/v1.0/start"},
	{Name: "token", Path: "/oauth2/v2.0/token"},
	{Name: "token refresh", Path: "/oauth2/v2.0/token", GrantType: handler.GrantRefreshToken},
	{Name: "token for a device", Path: "/oauth2/v2.0/token", GrantType: handler.GrantDeviceCode},
	{Name: "device start", Path: "/oauth2/v2.0/devicecode"},
	{Name: "device start", Path: "/devicecode"},
	{Name: "device decision", Path: "/oauth2/v2.0/device"},
	{Name: "device page", Path: "/device"},
	{Name: "token refresh", Path: "/oauth/token", GrantType: handler.GrantRefreshToken},
	{Name: nameAndPassword, Path: "/oauth/token", GrantType: handler.GrantPassword},
	{Name: nameAndPassword, Path: "/oauth/token", GrantType: handler.GrantPasswordRealm},
	{Name: "OTP start", Path: "/otp/send"},
	{Name: "token refresh", Path: "/oauth2/token", GrantType: handler.GrantRefreshToken},
	{Name: "revocation", Path: "/oauth2/revoke"},
	{Name: "introspection", Path: "/oauth2/introspect"},
	{Name: "user info", Path: "/userinfo"},
	{Name: "user info", Path: "/oauth2/userinfo"},
	{Name: "sign-out", Path: "/oauth2/logout"},
	{Name: discovery, Path: "/.well-known/openid-configuration"},
	{Name: discovery, Path: "/v2.0/.well-known/openid-configuration"},
	{Name: "keys", Path: "/discovery/v2.0/keys"},
	{Name: "API description", Path: "/.well-known/openapi.json"},
}

const (
	nameAndPassword = "token for name and password"
	discovery       = "discovery"
	unknownStep     = "unknown path"
)

// steps are all calls of the API.
var steps = append(handler.Steps(), beside...)

// stepOf names the call of a path, which has the API's prefix and perhaps a tenant in front.
func stepOf(path, grant string, inFlow bool) string {
	path = strings.TrimSuffix(path, "/")
	best, found := handler.Step{}, false
	for _, s := range steps {
		if !strings.HasSuffix(path, s.Path) || s.GrantType != "" && s.GrantType != grant {
			continue
		}
		longer := len(s.Path) > len(best.Path)
		if !found || longer || len(s.Path) == len(best.Path) && s.GrantType != "" {
			best, found = s, true
		}
	}
	switch {
	case !found:
		return unknownStep
	case best.GrantType == handler.GrantPassword && strings.HasSuffix(best.Path, "/token") && !inFlow:
		return nameAndPassword
	}
	return best.Name
}

// titles say what a flow is that begins with a step: the first whose beginning fits.
var titles = []struct{ begins, title string }{
	{"sign-up", "Sign-up"},
	{"sign-in", "Sign-in"},
	{"reset", "Password reset"},
	{"new password", "Password reset"},
	{"device", "Device"},
	{"token for a device", "Device"},
	{"token refresh", "Refresh"},
	{"OTP", "One-time code"},
	{"token for a code of an OTP grant", "One-time code"},
	{"token", "Sign-in"},
	{"list", "Sign-in"},
	{"registration", "Sign-in"},
	{"MFA", "Sign-in"},
}

func titleOf(step string) string {
	i := slices.IndexFunc(titles, func(t struct{ begins, title string }) bool { return strings.HasPrefix(step, t.begins) })
	if i >= 0 {
		return titles[i].title
	}
	return strings.ToUpper(step[:1]) + step[1:]
}
