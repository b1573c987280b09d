// Package handlertest serves native authentication for tests: of an app that mounts it, and of one that talks to
// Microsoft Entra External ID in production and gets a stand-in here. New starts it on memory stores, with a clock that
// stands still, an inbox, and everything else that a test wants to set up, to move or to break.
//
//	s := handlertest.New(t)
//	s.AddUser(handlertest.User{Username: "ada@example.com", Password: "a quiet harbour"})
//	app := NewApp(s.URL) // the app under test
//	app.SignIn("ada@example.com")
//	code, err := s.Inbox.WaitCode(t.Context(), "ada@example.com")
//
// Its fakes of the interfaces that a host implements (Users, State, Sender, Keys) fail and dawdle as a test says.
//
// It is for tests alone, and panics in any other program.
package handlertest

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/internal/guid"
	"github.com/nativeauth/nativeauth/internal/script"
	"github.com/nativeauth/nativeauth/otp"
)

// ClientID is the client that a Server has unless the test names others: one with passwords.
const ClientID = "11111111-1111-4111-8111-111111111111"

// Server is a running API. Its methods fail the test that made it when they cannot do what they are asked. It is
// safe for concurrent use.
type Server struct {
	URL   string         // of the issuer, beneath which the API hangs
	Auth  *handler.Auth  // for RequireToken and the like
	Mux   *http.ServeMux // serves the API; a test adds the app's own routes
	Inbox *Inbox         // gets all mails and text messages
	Clock *Clock
	Store *memory.Store // the users and the state

	t      testing.TB
	plans  *script.Script
	mint   string // the grant type by which Tokens are given
	cfg    handler.Config
	mu     sync.Mutex
	fixed  map[otp.Address]string
	server *httptest.Server
}

// New starts a Server, which ends with the test. change may alter its config before it is mounted: add clients,
// resources and hooks, put other stores in. Two codes to one address may follow at once, and Limits are off,
// unless it says otherwise.
func New(t testing.TB, change ...func(*handler.Config)) *Server {
	if !testing.Testing() {
		panic("handlertest is for tests: no other program may have codes that everybody knows")
	}
	t.Helper()
	s := &Server{
		Mux: http.NewServeMux(), Inbox: newInbox(), Clock: newClock(), t: t,
		mint: "urn:nativeauth:handlertest:" + guid.FromName("mint", t.Name()), fixed: map[otp.Address]string{},
	}
	s.Store = memory.NewAt(s.Clock.Now)
	s.server = httptest.NewUnstartedServer(nil)
	s.URL = "http://" + s.server.Listener.Addr().String()
	cfg := s.config()
	for _, f := range change {
		f(&cfg)
	}
	s.mount(cfg)
	s.server.Config.Handler = s.plans.Wrap(s.Mux)
	s.server.Start()
	t.Cleanup(s.close)
	return s
}

func (s *Server) config() handler.Config {
	return handler.Config{
		Issuer: s.URL, App: "Test", Clients: []handler.Client{{ID: ClientID, Passwords: true}},
		Users: s.Store, State: s.Store, Sender: s.Inbox, Now: s.Clock.Now, FixedCodes: s.codeFor,
		ResendInterval: -1, Limits: handler.Limits{Off: true}, Logger: slog.New(slog.DiscardHandler),
	}
}

// mount adds to the config what the Server needs, and mounts it.
func (s *Server) mount(cfg handler.Config) {
	s.t.Helper()
	cfg = withMint(cfg, s.mint)
	auth, err := handler.Mount(s.Mux, cfg)
	if err != nil {
		s.t.Fatalf("handlertest: %v", err)
	}
	s.Auth, s.cfg, s.URL = auth, cfg, cfg.Issuer
	issuer, err := url.Parse(cfg.Issuer)
	if err != nil {
		s.t.Fatalf("handlertest: %v", err) // Mount has parsed it
	}
	s.plans = script.New(issuer.Path, s.Clock.Now)
}

// close ends the server, and waits for mail that is on its way.
func (s *Server) close() {
	s.server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.Auth.Shutdown(ctx); err != nil {
		s.t.Logf("handlertest: %v", err) // a Sender of the test's that hangs, say
	}
}

// FixCode gives an address, or a number, one code from now on, of 8 digits: for tests that cannot look into the inbox.
// "" makes its codes random again.
func (s *Server) FixCode(address, code string) {
	s.t.Helper()
	if _, ok := otp.Canonical(code); !ok && code != "" {
		s.t.Fatalf("handlertest: FixCode: %q is not %d digits", code, otp.Digits)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fixed[s.parse(address)] = code
}

func (s *Server) codeFor(to otp.Address) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fixed[to]
}

// parse reads an address or a number.
func (s *Server) parse(text string) otp.Address {
	s.t.Helper()
	a, err := otp.ParseContact(text)
	if err != nil {
		s.t.Fatalf("handlertest: %q is neither an address nor a number: %v", text, err)
	}
	return a
}
