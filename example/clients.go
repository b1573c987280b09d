package main

import (
	"github.com/nativeauth/nativeauth/attrs"
	"github.com/nativeauth/nativeauth/handler"
)

// app is a client as the page offers it: a way to get in, and whether a profile is asked for.
type app struct {
	ID       string
	Name     string // as in "the app with …"
	Password bool   // whether people choose one, beside the code
	Profile  bool   // whether signing up asks for attributes
}

var (
	quick        = app{ID: "11111111-1111-4111-8111-111111111111", Name: "codes"}
	withPassword = app{ID: "22222222-2222-4222-8222-222222222222", Name: "passwords", Password: true}
	withProfile  = app{ID: "33333333-3333-4333-8333-333333333333", Name: "codes and profiles", Profile: true}
	withBoth     = app{ID: "44444444-4444-4444-8444-444444444444", Name: "passwords and profiles", Password: true, Profile: true}
)

// apps are the clients that may call the API.
var apps = []app{quick, withPassword, withProfile, withBoth}

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

// clients returns the apps as the API takes them. Passwords come with their reset.
func clients() []handler.Client {
	all := make([]handler.Client, len(apps))
	for i, a := range apps {
		all[i] = handler.Client{ID: a.ID, Passwords: a.Password}
		if a.Profile {
			all[i].Attributes = profile
		}
	}
	return all
}
