package emulator

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/nativeauth/nativeauth/attrs"
	"github.com/nativeauth/nativeauth/internal/guid"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// Person is a user as the file and the admin API have them.
type Person struct {
	ID            string            `json:"id"`       // a GUID; "" makes one up, the same for a name every time
	Username      string            `json:"username"` // an address; or another name, with Email
	Email         string            `json:"email"`    // where codes go; "" means Username
	Password      string            `json:"password,omitempty"`
	Attributes    map[string]string `json:"attributes"`
	Methods       []Method          `json:"methods"` // for second factors
	MFA           bool              `json:"mfa"`     // asked for one by clients whose mfa is per-user
	Disabled      bool              `json:"disabled"`
	ResetRequired bool              `json:"reset_required"` // the password leads to the demand to reset it
}

// Method is a way to prove a second factor.
type Method struct {
	Kind   store.MethodKind `json:"kind"`   // email or sms
	Target string           `json:"target"` // the address or number
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

// mostMethods is how many an account can have.
const mostMethods = 10

// otherName is a user name that is no address.
var otherName = regexp.MustCompile(`^[0-9A-Za-z._-]{1,64}$`)

// check says what is wrong with p.
func (p Person) check() (problems []string) {
	add := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	_, noAddress := otp.ParseAddress(p.Username)
	switch {
	case p.Username == "":
		add("username is missing: write an e-mail address")
	case noAddress != nil && !otherName.MatchString(p.Username):
		add("username %q is neither an e-mail address nor a name of letters, digits and . _ -", p.Username)
	case noAddress != nil && p.Email == "":
		add("email is missing: the user name is no address, and codes have to go somewhere")
	}
	if _, err := otp.ParseAddress(p.Email); p.Email != "" && err != nil {
		add("email %q is not an e-mail address", p.Email)
	}
	if p.ID != "" && !guid.Valid(p.ID) {
		add("id %q is not a GUID: write one, or leave it out", p.ID)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Attributes)) {
		if err := (attrs.Schema{{Name: name}}).Validate(); err != nil {
			add("attributes has %q, which cannot be one: write it as displayName or extension_APPID_NAME", name)
		}
	}
	for _, m := range p.Methods {
		if to, err := otp.ParseContact(m.Target); err != nil || string(to.Channel()) != string(m.Kind) {
			add("methods has kind %q with target %q: write email with an address, or sms with a number as +4915112345678", m.Kind, m.Target)
		}
	}
	if len(p.Methods) > mostMethods {
		add("methods has %d: write %d at most", len(p.Methods), mostMethods)
	}
	return problems
}

// canonical returns p, which has been checked, with the names and addresses that are looked up.
func (p Person) canonical() Person {
	p.Username = canonicalName(p.Username)
	if p.Email == "" {
		p.Email = p.Username
	}
	p.Email = canonicalName(p.Email)
	if p.ID == "" {
		p.ID = guid.FromName("user", p.Username)
	}
	p.ID = strings.ToLower(p.ID)
	p.Methods = slices.Clone(p.Methods)
	for i, m := range p.Methods {
		if to, err := otp.ParseContact(m.Target); err == nil {
			p.Methods[i].Target = string(to)
		}
	}
	return p
}

// canonicalName is an address or another user name in the one spelling that is looked up.
func canonicalName(text string) string {
	if a, err := otp.ParseAddress(text); err == nil {
		return string(a)
	}
	return strings.ToLower(text)
}

// row is p, which is canonical, as stores keep people. Without a password there is no hash.
func (e *Emulator) row(ctx context.Context, p Person) (store.User, error) {
	u := store.User{
		ID: p.ID, Username: p.Username, Email: p.Email, Attributes: p.Attributes, Disabled: p.Disabled,
		MustChangePassword: p.ResetRequired, Methods: methodsAt(p, e.clock.now()), CreatedAt: e.clock.now(),
	}
	var err error
	if p.Password != "" {
		u.PasswordHash, err = e.hasher.Hash(ctx, p.Password)
	}
	return u, err
}

func methodsAt(p Person, now time.Time) (all []store.Method) {
	for _, m := range p.Methods {
		all = append(all, store.Method{ID: guid.FromName("method", p.ID+" "+m.Target), Kind: m.Kind, Target: m.Target, AddedAt: now})
	}
	return all
}

// person is a row as the admin API shows it: without the password, which nobody knows.
func (e *Emulator) person(u store.User) Person {
	p := Person{
		ID: u.ID, Username: u.Username, Email: u.Email, Attributes: map[string]string{}, Methods: []Method{}, // {} and [], and not null
		MFA: e.isAsked(u.ID), Disabled: u.Disabled, ResetRequired: u.MustChangePassword,
	}
	maps.Copy(p.Attributes, u.Attributes)
	for _, m := range u.Methods {
		p.Methods = append(p.Methods, Method{m.Kind, m.Target})
	}
	return p
}
