// Package emulator stands in for the native authentication of Microsoft Entra External ID: for apps that use that in
// production, and are developed and tested without a tenant, a mailbox and a network. A file says what the tenant has
// (Read, Sample); an admin API beneath /dev/ reads codes, changes users, moves the clock, plans failures and begins
// again.
//
// Whoever reaches the admin API can sign in as anybody. It answers to programs on the machine it runs on, and to no
// page of another origin that a browser there shows.
package emulator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/nativeauth/nativeauth/adapters/devmail"
	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/internal/script"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/password"
	"github.com/nativeauth/nativeauth/store"
)

// Emulator is the stand-in. It is safe for concurrent use; make one with New.
type Emulator struct {
	setup  Setup
	clock  clock
	hasher *password.Hasher

	// From Mount on:
	auth   *handler.Auth
	issuer string
	users  store.Users
	kept   *memory.Store // users and flows; nil where a database has them
	inbox  *devmail.Inbox
	plans  *script.Script
	paths  map[string]any // of the API, which failures can be planned for

	mu        sync.Mutex
	asked     map[string]bool // ids of those whom Person.MFA says so of
	came      chan struct{}   // closed when a message has come
	snapshots map[string]snapshot
}

// New returns the stand-in that a file describes.
func New(s Setup) *Emulator {
	return &Emulator{
		setup: s, hasher: password.NewHasher(password.HasherConfig{}),
		asked: map[string]bool{}, came: make(chan struct{}), snapshots: map[string]snapshot{},
	}
}

// Now is the time that the admin API moves. Stores that are to expire with it ask for it.
func (e *Emulator) Now() time.Time { return e.clock.now() }

// Path is that of the issuer, unless somebody serves it elsewhere: /NAME.onmicrosoft.com.
func (e *Emulator) Path() string { return e.setup.Path }

// Config is what the file says of the config. Who calls Mount adds the rest.
func (e *Emulator) Config() handler.Config {
	c := e.setup.Config
	c.Now, c.FixedCodes, c.SecondFactor = e.Now, e.codeFor, e.requires
	return c
}

func (e *Emulator) codeFor(to otp.Address) string { return e.setup.fixed[to] }

// requires is the policy of clients whose mfa is per-user.
func (e *Emulator) requires(_ context.Context, r handler.SecondFactorRequest) (bool, error) {
	return e.setup.asks[r.ClientID] && e.isAsked(r.User.ID), nil
}

func (e *Emulator) isAsked(userID string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.asked[userID]
}

func (e *Emulator) ask(userID string, mfa bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if mfa {
		e.asked[userID] = true
	} else {
		delete(e.asked, userID)
	}
}

// Mount makes the people of the file and puts the API on mux, beneath the path of the issuer and beneath the tenant's
// id. inbox is one that cfg.Sender sends to.
func (e *Emulator) Mount(ctx context.Context, mux handler.Mux, cfg handler.Config, inbox *devmail.Inbox) (*handler.Auth, error) {
	issuer, err := url.Parse(cfg.Issuer)
	if err != nil {
		return nil, err
	}
	e.issuer, e.users, e.inbox = cfg.Issuer, cfg.Users, inbox
	if kept, ok := cfg.Users.(*memory.Store); ok && cfg.State == store.State(kept) {
		e.kept = kept
	}
	cfg.Sender = noticed{cfg.Sender, e}
	if e.auth, err = handler.New(cfg); err != nil {
		return nil, err
	}
	if err := e.seed(ctx); err != nil {
		return nil, errors.Join(err, e.auth.Shutdown(ctx))
	}
	e.paths, _ = e.auth.OpenAPI()["paths"].(map[string]any)
	e.plans = script.New(issuer.Path, e.Now)
	api, byID := e.plans.Wrap(e.auth), "/"+cfg.TenantID
	mux.Handle(issuer.Path+"/", api)
	if byID != issuer.Path {
		mux.Handle(byID+"/", renamed(byID, issuer.Path, api))
	}
	return e.auth, nil
}

// renamed lets next see another path: the service goes by the tenant's name and by its id.
func renamed(from, to string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := r.Clone(r.Context())
		seen.URL.Path, seen.URL.RawPath = to+strings.TrimPrefix(r.URL.Path, from), ""
		next.ServeHTTP(w, seen)
	})
}

// seed makes the people of the file. In a database, those who are there already stay as they are.
func (e *Emulator) seed(ctx context.Context) error {
	for _, p := range e.setup.people {
		u, err := e.row(ctx, p)
		if err == nil {
			err = e.users.CreateUser(ctx, u)
		}
		if err != nil && (e.kept != nil || !errors.Is(err, store.ErrExists)) {
			return fmt.Errorf("user %s: %w", p.Username, err)
		}
		e.ask(u.ID, p.MFA)
	}
	if e.kept != nil {
		e.snap(asInFile)
	}
	return nil
}

// noticed is a Sender that says when a message has come.
type noticed struct {
	otp.Sender
	e *Emulator
}

func (n noticed) Send(ctx context.Context, m otp.Message) error {
	err := n.Sender.Send(ctx, m)
	n.e.mu.Lock()
	defer n.e.mu.Unlock()
	close(n.e.came)
	n.e.came = make(chan struct{})
	return err
}

// arrival is closed when the next message comes.
func (e *Emulator) arrival() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.came
}
