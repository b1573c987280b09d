package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"

	"github.com/nativeauth/nativeauth/attrs"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// app is a client as the page offers it: a way to get in, and what is asked for beside that.
type app struct {
	ID       string
	Name     string // as in "the app with …"
	Password bool   // whether people choose one, beside the code
	Beside   string // one of the constants below, "" for nothing
}

// What an app asks for beside the way in.
const (
	aProfile = "profile" // attributes, at sign-up
	aFactor  = "factor"  // a second factor always; the address of a fresh account is one
	aChoice  = "choice"  // a second factor always; a fresh account has none and registers one
)

var (
	quick        = app{ID: "11111111-1111-4111-8111-111111111111", Name: "codes"}
	withPassword = app{ID: "22222222-2222-4222-8222-222222222222", Name: "passwords", Password: true}
	withProfile  = app{ID: "33333333-3333-4333-8333-333333333333", Name: "codes and profiles", Beside: aProfile}
	withFactor   = app{ID: "44444444-4444-4444-8444-444444444444", Name: "passwords and second factors", Password: true, Beside: aFactor}
	withChoice   = app{ID: "55555555-5555-4555-8555-555555555555", Name: "passwords and second factors of choice", Password: true, Beside: aChoice}
	withBoth     = app{ID: "77777777-7777-4777-8777-777777777777", Name: "passwords and profiles", Password: true, Beside: aProfile}
)

// apps are the clients that may call the API.
var apps = []app{quick, withPassword, withProfile, withFactor, withChoice, withBoth}

// pages is the client of the account pages, whose flows end in a session and never in tokens.
const pages = "88888888-8888-4888-8888-888888888888"

// server is the client of a server that has a secret: it signs people in by each of the grants that are not
// of native authentication, and asks about tokens.
const server = "66666666-6666-4666-8666-666666666666"

// ofServer is that client. It may be the server of an app that was written for Azure AD, Auth0 or Tencent CIAM.
// Of these only Auth0's API has calls for a second factor; the others refuse people who have to give one.
func ofServer(texts otp.Countries, secret string) handler.Client {
	c := handler.Client{
		ID: server, Name: "Contoso’s server", Secrets: []string{secret}, Passwords: true,
		GrantTypes: []string{
			handler.GrantPassword, handler.GrantDeviceCode,
			handler.GrantPasswordRealm, handler.GrantRefreshToken, handler.GrantOTPEmail,
		},
		Auth0:       &handler.Auth0{Audience: ordersAPI, Realms: []string{"people"}},
		AuthSources: []handler.AuthSource{{ID: "mail", Channel: otp.Email}},

		SecondFactor: ofWhoHasOne,
	}
	if len(texts) > 0 {
		c.GrantTypes = append(c.GrantTypes, handler.GrantOTPSMS)
		c.AuthSources = append(c.AuthSources, handler.AuthSource{ID: "sms", Channel: otp.SMS})
	}
	return c
}

// ofWhoHasOne asks for a second factor whoever has registered one.
func ofWhoHasOne(_ context.Context, r handler.SecondFactorRequest) (bool, error) {
	return len(r.User.Methods) > 0, nil
}

// ordersAPI is an API beside the app's own, for clients of Auth0 and devices to ask tokens for.
const ordersAPI = "https://orders.contoso.example"

var resources = []handler.Resource{{
	Audience: ordersAPI, Scopes: []string{"Orders.Read"}, OfflineAccess: true,
	Descriptions: map[string]string{"Orders.Read": "see your orders"},
}}

// serverSecret returns what the client server authenticates with. It is made of the secret that instances
// share, so that it is the same at all of them; without one it lasts as long as this process.
func serverSecret(shared []byte) string {
	if shared == nil {
		return rand.Text() + rand.Text()
	}
	mac := hmac.New(sha256.New, shared)
	mac.Write([]byte("secret of the client " + server))
	return hex.EncodeToString(mac.Sum(nil))
}

// leastPassword is the least length of a password, which the page says before anybody chooses one.
const leastPassword = 8

// extension begins the names of attributes that an app adds to the usual ones.
const extension = "extension_2588abcdwhtfeehjjeeqwertc_"

// profile is what a sign-up with a profile asks for.
var profile = attrs.Schema{
	{Name: "displayName", Required: true},
	{Name: "city", Required: true, Regex: `^[A-Za-z .'-]{2,60}$`},
	{Name: extension + "terms", Input: attrs.Boolean, Required: true}, // a client that insists on true adds the Regex "^true$"
	{Name: "jobTitle"},
	{Name: extension + "hobbies", Input: attrs.CheckboxMultiSelect, Options: []string{"Dancing", "Swimming", "Traveling"}},
}

// clients returns the apps as the API takes them, and those that the page does not offer. Passwords come with
// their reset.
func clients(texts otp.Countries, secret string) []handler.Client {
	all := make([]handler.Client, len(apps))
	for i, a := range apps {
		all[i] = handler.Client{ID: a.ID, Passwords: a.Password}
		switch a.Beside {
		case aProfile:
			all[i].Attributes = profile
		case aFactor, aChoice:
			all[i].SecondFactor = handler.Always
			all[i].RegisterAddress = a.Beside == aFactor
			all[i].Methods = methodKinds(texts)
		}
	}
	return append(all,
		handler.Client{ID: pages, Name: "Contoso’s account pages", Cookies: true}, ofServer(texts, secret))
}

// methodKinds are what people can register, for a page that draws the QR codes of authenticator apps.
func methodKinds(texts otp.Countries) []store.MethodKind {
	if len(texts) == 0 {
		return []store.MethodKind{store.MethodEmail, store.MethodTOTP}
	}
	return []store.MethodKind{store.MethodEmail, store.MethodSMS, store.MethodTOTP}
}
