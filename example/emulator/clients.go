package emulator

import (
	"cmp"
	"slices"
	"strings"

	"github.com/nativeauth/nativeauth/attrs"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

func (s *Setup) readClients(f section) {
	clients := f.sections("clients")
	if len(clients) == 0 {
		f.complain("clients", "is missing: write the apps that may call, each with an id")
	}
	for _, c := range clients {
		client := s.readClient(c)
		for _, other := range s.Config.Clients {
			if other.ID == client.ID {
				c.complain("id", "is there twice: each client has its own")
			}
		}
		s.Config.Clients = append(s.Config.Clients, client)
		c.done()
	}
}

// The user flows that there are.
const (
	byCode     = "email-code"
	byPassword = "email-password"
)

func (s *Setup) readClient(c section) handler.Client {
	client := handler.Client{
		ID: c.need("id", "that of the app registration, a GUID"), Name: c.text("name"),
		Passwords: c.choice("user_flow", byCode, byPassword) == byPassword,
		NoReset:   !c.flag("reset", true), Disabled: c.flag("disabled", false),
	}
	client.Name = cmp.Or(client.Name, client.ID)
	s.readKind(c, &client)
	if client.ID != "" {
		c.judge("id", alone(handler.Config{Clients: []handler.Client{{ID: client.ID}}}))
	}
	for _, scope := range c.list("scopes") {
		if !slices.ContainsFunc(s.Config.Resources, func(r handler.Resource) bool { return slices.Contains(r.Scopes, scope.text) }) {
			c.r.complain(scope.line, "%s has %s, which is in none of the resources", c.called("scopes"), scope.text)
		}
		client.Scopes = append(client.Scopes, scope.text)
	}
	if c.take("scopes") == nil {
		for _, r := range s.Config.Resources {
			client.Scopes = append(client.Scopes, r.Scopes...)
		}
	}
	client.Attributes = readAttributes(c)
	s.readMFA(c, &client)
	return client
}

// readKind reads whether the client can keep a secret. One that can is refused by the native API.
func (s *Setup) readKind(c section, client *handler.Client) {
	secret := c.text("secret")
	client.Confidential = c.choice("type", "public", "confidential") == "confidential"
	switch {
	case secret != "" && !client.Confidential:
		c.complain("secret", "is for a client of the type confidential: leave it out, or write type: confidential")
	case secret != "":
		client.Secrets = []string{secret}
		c.judge("secret", alone(handler.Config{Clients: []handler.Client{{ID: "any", Secrets: client.Secrets}}}))
	}
}

// types are what apps are told of inputs that are more than text.
var types = map[attrs.Input]string{attrs.Boolean: "boolean"}

func readAttributes(c section) (all attrs.Schema) {
	for _, a := range c.sections("attributes") {
		attribute := attrs.Attribute{
			Name: a.need("name", "displayName, or extension_APPID_NAME"), Required: a.flag("required", false), Regex: a.text("regex"), Type: a.text("type"),
			Input: attrs.Input(a.choice("input", string(attrs.TextBox), string(attrs.Boolean), string(attrs.SingleRadioSelect), string(attrs.CheckboxMultiSelect))),
		}
		attribute.Type = cmp.Or(attribute.Type, types[attribute.Input], "string")
		for _, option := range a.list("options") {
			attribute.Options = append(attribute.Options, option.text)
		}
		if attribute.Name != "" {
			a.judge("name", attrs.Schema{attribute}.Validate())
		}
		for _, other := range all {
			if strings.EqualFold(other.Name, attribute.Name) {
				a.complain("name", "is there twice: names differ in more than case")
			}
		}
		all = append(all, attribute)
		a.done()
	}
	return all
}

func (s *Setup) readMFA(c section, client *handler.Client) {
	switch c.choice("mfa", "never", "always", "per-user") {
	case "always":
		client.SecondFactor = handler.Always
	case "per-user":
		s.asks[client.ID] = true
	}
	client.Methods = []store.MethodKind{} // which lets nobody register any
	for _, kind := range c.list("methods") {
		if kind.text != string(store.MethodEmail) && kind.text != string(store.MethodSMS) {
			c.r.complain(kind.line, "%s has %q: write email or sms", c.called("methods"), kind.text)
			continue
		}
		client.Methods = append(client.Methods, store.MethodKind(kind.text))
	}
	if c.take("methods") == nil {
		client.Methods = []store.MethodKind{store.MethodEmail, store.MethodSMS}
	}
}
