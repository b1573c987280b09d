package handlertest

import (
	"context"
	"fmt"
	"strings"

	"github.com/nativeauth/nativeauth/internal/guid"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/password"
	"github.com/nativeauth/nativeauth/store"
)

// User is somebody who has an account already.
type User struct {
	ID         string // "" makes one up, the same for a name in every test
	Username   string // an address; or another name, with Config.Aliases and Email
	Email      string // where codes go; "" means Username
	Password   string // "" means none
	Attributes map[string]string
	Methods    []Method // for second factors
	Disabled   bool
}

// Method is a way to prove a second factor.
type Method struct {
	Kind   store.MethodKind // email or sms
	Target string           // the address or number
}

// AddUser makes an account, and returns it as it is kept.
func (s *Server) AddUser(u User) store.User {
	s.t.Helper()
	if u.Email == "" {
		u.Email = u.Username
	}
	row := store.User{
		ID: u.ID, Username: string(s.nameOf(u)), Email: string(s.parse(u.Email)), Attributes: u.Attributes,
		Disabled: u.Disabled, CreatedAt: s.Clock.Now(),
	}
	if row.ID == "" {
		row.ID = guid.FromName("user", row.Username)
	}
	if u.Password != "" {
		hash, err := s.hash(u.Password)
		if err != nil {
			s.t.Fatalf("handlertest: AddUser: %v", err)
		}
		row.PasswordHash = hash
	}
	for n, m := range u.Methods {
		row.Methods = append(row.Methods, store.Method{
			ID: guid.FromName("method", fmt.Sprint(row.ID, n)), Kind: m.Kind, Target: string(s.parse(m.Target)), AddedAt: s.Clock.Now(),
		})
	}
	if err := s.cfg.Users.CreateUser(context.Background(), row); err != nil {
		s.t.Fatalf("handlertest: AddUser: %s: %v", u.Username, err)
	}
	return s.User(row.Username)
}

// nameOf is the user name in canonical form, if it is an address.
func (s *Server) nameOf(u User) string {
	if a, err := otp.ParseContact(u.Username); err == nil {
		return string(a)
	}
	return strings.ToLower(u.Username)
}

// hash costs what Config.Hashing says.
func (s *Server) hash(text string) (string, error) {
	h := password.NewHasher(password.HasherConfig{Params: s.cfg.Hashing})
	return h.Hash(context.Background(), text)
}

// User returns an account as it is now.
func (s *Server) User(username string) store.User {
	s.t.Helper()
	u, err := s.cfg.Users.UserByUsername(context.Background(), s.nameOf(User{Username: username}))
	if err != nil {
		s.t.Fatalf("handlertest: User: %s: %v", username, err)
	}
	return u
}
