package emulator

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/internal/guid"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/password"
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

func (s *Setup) readCodes(f section) {
	codes := f.pairs("codes")
	for _, to := range slices.Sorted(maps.Keys(codes)) {
		code := codes[to]
		address, err := otp.ParseContact(to)
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
