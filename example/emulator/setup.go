package emulator

import (
	"bytes"
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/nativeauth/nativeauth/attrs"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/internal/guid"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/password"
	"github.com/nativeauth/nativeauth/store"
)

// Sample is a file that shows every setting, with its default and what it does.
//
//go:embed emulator.yaml
var Sample string

// Setup is a tenant as a file describes it.
type Setup struct {
	// Path is that of the issuer: /NAME.onmicrosoft.com.
	Path string
	// Config is all that the file says of it. The issuer, stores, the sender and keys are missing.
	Config handler.Config

	people []Person
	fixed  map[otp.Address]string
	asks   map[string]bool // the clients that ask those for a second factor of whom Person.MFA says so
}

// Read reads a file, whose name is for what is wrong with it: every mistake is in the one error, each with its line
// and what to write.
func Read(name string, content []byte) (Setup, error) {
	r := &reader{}
	f, ok := open(r, bytes.NewReader(content))
	if !ok {
		return Setup{}, r.err(name)
	}
	s := Setup{fixed: map[otp.Address]string{}, asks: map[string]bool{}}
	s.readTenant(f.in("tenant"))
	s.Config.App = cmp.Or(f.text("app"), s.Config.App)
	f.judge("app", alone(handler.Config{App: s.Config.App}))
	s.Config.SMSCountries = anywhere()
	s.readResources(f)
	s.readClients(f)
	s.readPasswords(f.in("passwords"))
	s.Config.HideAccounts = f.flag("hide_accounts", false)
	s.Config.Aliases = f.flag("aliases", false)
	s.readOrigins(f)
	s.readUsers(f)
	s.readCodes(f)
	s.Config.Limits.Off = f.choice("limits", "off", "on") == "off"
	s.readLifetimes(f.in("lifetimes"))
	f.done()
	return s, r.err(name)
}

// anywhere is every calling code of one to three digits: nothing is really sent. The islands that share +1 are
// not among them.
func anywhere() (all otp.Countries) {
	for n := range 1000 {
		if code := fmt.Sprintf("+%d", n); (otp.Countries{code}).Validate() == nil {
			all = append(all, code)
		}
	}
	return all
}

// judge complains about a key in the words of who knows what is wrong with a part of the config, without what the
// part is called there.
func (s section) judge(key string, err error) {
	for _, one := range each(err) {
		text := one.Error()
		if _, after, found := strings.Cut(text, ": "); found {
			text = after
		}
		s.r.complain(s.lineOf(key), "%s: %s", s.called(key), text)
	}
}

// alone validates a part of the config, with the rest as it should be.
func alone(part handler.Config) error {
	part.Issuer = "http://localhost" // where all else may be left out
	if part.Clients == nil {
		part.Clients = []handler.Client{{ID: "any"}}
	}
	return part.Validate()
}

// each takes apart what errors.Join has joined.
func each(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

var tenantForm = regexp.MustCompile(`^[0-9a-z][0-9a-z-]{0,62}$`)

func (s *Setup) readTenant(t section) {
	name := t.need("name", "what stands before .onmicrosoft.com, as contoso")
	if name != "" && !tenantForm.MatchString(name) {
		t.complain("name", "is %q: write small letters, digits and hyphens alone, without .onmicrosoft.com", name)
	}
	s.Config.App, s.Path = name, "/"+name+".onmicrosoft.com"
	s.Config.TenantID = strings.ToLower(t.text("id"))
	if id := s.Config.TenantID; id != "" && !guid.Valid(id) {
		t.complain("id", "is %q: write a GUID, or leave it out", id)
	}
	s.Config.TenantID = cmp.Or(s.Config.TenantID, guid.FromName("tenant", name))
	t.done()
}

func (s *Setup) readResources(f section) {
	for _, r := range f.sections("resources") {
		resource := handler.Resource{Audience: r.need("audience", "the aud of its tokens, as api://orders")}
		for _, scope := range r.list("scopes") {
			resource.Scopes = append(resource.Scopes, scope.text)
		}
		if len(resource.Scopes) == 0 {
			r.complain("scopes", "is missing: write what apps ask for, as [Orders.Read]")
		} else {
			r.judge("scopes", alone(handler.Config{Resources: []handler.Resource{resource}}))
		}
		for _, other := range s.Config.Resources {
			for _, scope := range other.Scopes {
				if slices.Contains(resource.Scopes, scope) {
					r.complain("scopes", "has %s, which is in another resource: each belongs to one", scope)
				}
			}
		}
		s.Config.Resources = append(s.Config.Resources, resource)
		r.done()
	}
}

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

func (s *Setup) readPasswords(p section) {
	s.Config.Passwords = password.Policy{MinLength: p.number("min_length", 8, 8, 64), Classes: p.number("classes", 0, 0, 4), Remember: p.number("remember", 1, 0, 24)}
	if s.Config.Passwords.Remember == 0 {
		s.Config.Passwords.Remember = -1 // none; 0 is the default
	}
	for _, word := range p.list("banned") {
		s.Config.Passwords.Words = append(s.Config.Passwords.Words, word.text)
	}
	p.judge("banned", s.Config.Passwords.Validate())
	p.done()
}

func (s *Setup) readOrigins(f section) {
	for _, o := range f.list("origins") {
		one := section{f.r, "", o.line, nil, nil}
		one.judge("origins", alone(handler.Config{Origins: []string{o.text}}))
		s.Config.Origins = append(s.Config.Origins, o.text)
	}
}

func (s *Setup) readUsers(f section) {
	names, ids := map[string]bool{}, map[string]bool{}
	for _, u := range f.sections("users") {
		p := readPerson(u)
		if problems := p.check(); len(problems) > 0 {
			for _, text := range problems {
				u.r.complain(u.line, "%s: %s", u.name, text)
			}
			continue
		}
		if p = p.canonical(); names[p.Username] {
			u.complain("username", "is there twice: each user has their own")
		} else if ids[p.ID] {
			u.complain("id", "is there twice: each user has their own")
		}
		names[p.Username], ids[p.ID] = true, true
		if err := s.admits(p); err != nil {
			u.complain("username", "is no address: %v", err)
		}
		s.people = append(s.people, p)
	}
}

// admits refuses somebody whose user name nobody could sign in with.
func (s *Setup) admits(p Person) error {
	if _, err := otp.ParseAddress(p.Username); err != nil && !s.Config.Aliases {
		return errors.New("write aliases: true in the file, where people sign in with other names")
	}
	return nil
}

func readPerson(u section) Person {
	p := Person{
		ID: u.text("id"), Username: u.text("username"), Email: u.text("email"), Password: u.text("password"), Attributes: map[string]string{},
		MFA: u.flag("mfa", false), Disabled: u.flag("disabled", false), ResetRequired: u.flag("reset_required", false),
	}
	for name, value := range u.pairs("attributes") {
		p.Attributes[name] = value.text
	}
	for _, m := range u.sections("methods") {
		p.Methods = append(p.Methods, Method{store.MethodKind(m.text("kind")), m.text("target")})
		m.done()
	}
	u.done()
	return p
}

func (s *Setup) readCodes(f section) {
	codes := f.pairs("codes")
	for _, to := range slices.Sorted(maps.Keys(codes)) {
		code := codes[to]
		address, err := parseContact(to)
		if err != nil {
			f.r.complain(code.line, "codes: %q is neither an address nor a number with its country's code", to)
			continue
		}
		digits, ok := otp.Canonical(code.text)
		if !ok {
			f.r.complain(code.line, "codes: %q is not a code: write %d digits", code.text, otp.Digits)
		}
		s.fixed[address] = digits
	}
}

func (s *Setup) readLifetimes(l section) {
	for _, life := range []struct {
		key       string
		otherwise time.Duration
		of        func(*handler.Config) *time.Duration
	}{
		{"code", 10 * time.Minute, func(c *handler.Config) *time.Duration { return &c.CodeLifetime }},
		{"access_token", 15 * time.Minute, func(c *handler.Config) *time.Duration { return &c.AccessTokenLifetime }},
		{"id_token", time.Hour, func(c *handler.Config) *time.Duration { return &c.IDTokenLifetime }},
		{"refresh_token", 90 * 24 * time.Hour, func(c *handler.Config) *time.Duration { return &c.RefreshTokenLifetime }},
		{"refresh_token_idle", 14 * 24 * time.Hour, func(c *handler.Config) *time.Duration { return &c.RefreshTokenIdle }},
		{"resend", 0, func(c *handler.Config) *time.Duration { return &c.ResendInterval }},
	} {
		var part handler.Config
		*life.of(&part) = cmp.Or(l.duration(life.key), life.otherwise)
		l.judge(life.key, alone(part))
		*life.of(&s.Config) = *life.of(&part)
	}
	if s.Config.Limits.Off && s.Config.ResendInterval > 0 {
		l.complain("resend", "has no meaning without limits: write limits: on, or leave it out")
	}
	s.Config.ResendInterval = cmp.Or(s.Config.ResendInterval, -1) // no wait; 0 is the default
	l.done()
}

// parseContact reads an address or, if it begins with a plus, a number.
func parseContact(text string) (otp.Address, error) {
	if strings.HasPrefix(text, "+") {
		return otp.ParseNumber(text)
	}
	return otp.ParseAddress(text)
}
