package main

import (
	"github.com/nativeauth/nativeauth/attrs"
	"github.com/nativeauth/nativeauth/handler"
)

// app is a client as the page offers it: one choice of two.
type app struct {
	ID      string
	Name    string
	Profile bool // whether signing up asks for attributes
}

var (
	quick       = app{ID: "11111111-1111-4111-8111-111111111111", Name: "Quick"}
	withProfile = app{ID: "33333333-3333-4333-8333-333333333333", Name: "With profile", Profile: true}
)

// extension begins the names of attributes that an app adds to the usual ones.
const extension = "extension_2588abcdwhtfeehjjeeqwertc_"

// clients are the apps that may call the API.
var clients = []handler.Client{
	{ID: quick.ID},
	{ID: withProfile.ID, Attributes: attrs.Schema{
		{Name: "displayName", Required: true},
		{Name: "city", Required: true, Regex: `^[A-Za-z .'-]{2,60}$`},
		{Name: extension + "terms", Input: attrs.Boolean, Required: true}, // a client that insists on true adds the Regex "^true$"
		{Name: "jobTitle"},
		{Name: extension + "hobbies", Input: attrs.CheckboxMultiSelect, Options: []string{"Dancing", "Swimming", "Traveling"}},
	}},
}
