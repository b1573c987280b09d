package handler

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nativeauth/nativeauth/attrs"
	"github.com/nativeauth/nativeauth/internal/flow"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/password"
	"github.com/nativeauth/nativeauth/token"
)

// Mux is what Mount asks of a router. *http.ServeMux is one.
type Mux interface {
	Handle(pattern string, h http.Handler)
}

// Auth is the API. It is an http.Handler that serves all of it. It is safe for concurrent use.
type Auth struct {
	cfg     Config // with its defaults
	prefix  string
	engine  *flow.Engine
	signer  *token.Signer
	clients map[string]client
	routes  map[string]route
	tenants map[string]error // see Config.tenants

	description func() (json.RawMessage, error) // of the API, made when it is first asked for
	hints       bool                            // answers say what a call should have been: the issuer is on loopback
}

// client is an app as configured, and as the flows see it.
type client struct {
	config  Client
	flow    flow.Client
	secrets [][sha256.Size]byte // hashes of those of the config
}

// keysTimeout bounds the look at the keys that Mount takes.
const keysTimeout = 10 * time.Second

// Mount is New, and registers the API on mux, beneath the path of cfg.Issuer.
//
// The patterns are paths without a method, since every method has an answer. An http.ServeMux has no
// room for them beside a catch-all with a method: register yours as "/" or "GET /{$}", not "GET /".
func Mount(mux Mux, cfg Config) (*Auth, error) {
	a, err := New(cfg)
	if err != nil {
		return nil, err
	}
	if err := a.register(mux); err != nil {
		return nil, err
	}
	return a, nil
}

// register hands every path to mux, which may refuse one by a panic.
func (a *Auth) register(mux Mux) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("handler: the router refuses the API: %v", p)
		}
	}()
	for path := range a.routes {
		mux.Handle(a.prefix+path, a)
	}
	for _, path := range a.tenantPaths() {
		mux.Handle(a.prefix+path, a)
	}
	if a.prefix != "" {
		mux.Handle(a.prefix, a) // or http.ServeMux would redirect it to the next
		mux.Handle(a.prefix+"/", a)
		return nil
	}
	for _, tree := range families { // and not /signup itself, which may be a page of the host
		mux.Handle(tree, a)
	}
	return nil
}

// New returns the API without registering it, for a router that Mount cannot use: hand it the whole tree beneath
// the path of cfg.Issuer, with that path in front. It reports every mistake of the config at once, and asks
// cfg.Keys for its keys once. The caller's cfg stays as it was; its slices and maps must not change afterwards.
// Call Shutdown before the process ends.
func New(cfg Config) (*Auth, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	a := &Auth{cfg: cfg, prefix: cfg.prefix(), clients: map[string]client{}, routes: map[string]route{}, tenants: cfg.tenants(), hints: cfg.developing()}
	a.signer = token.NewSigner(a.watchKeys(cfg.Keys))
	ctx, cancel := context.WithTimeout(context.Background(), keysTimeout)
	defer cancel()
	if err := a.signer.Check(ctx); err != nil {
		return nil, fmt.Errorf("handler: Keys: %w", err)
	}
	for _, c := range cfg.Clients {
		set, err := attrs.Compile(c.Attributes)
		if err != nil {
			return nil, err // Validate has let it pass
		}
		a.clients[c.ID] = client{c, flow.Client{
			ID: c.ID, Confidential: c.confidential(), Attributes: set, Scopes: c.Scopes, Passwords: c.Passwords, Reset: c.Passwords && !c.NoReset,
			SecondFactor: c.SecondFactor.forFlow(), RegisterAddress: c.RegisterAddress, GrantTypes: c.GrantTypes, Methods: cfg.methodsOf(c),
			Keep: c.keep(), Auth0: c.Auth0.forFlow(), Sources: cfg.sourcesOf(c),
		}, c.hashes()}
	}
	a.engine = flow.New(a.flowConfig())
	for _, r := range append(a.table(), a.auth0Table()...) {
		if there, optional := onlyIf[r.path]; !optional || there(cfg) {
			a.routes[r.path] = r
		}
	}
	a.description = sync.OnceValues(func() (json.RawMessage, error) { return json.Marshal(a.OpenAPI()) })
	return a, nil
}

// flowConfig is the part of the config that the flows work with.
func (a *Auth) flowConfig() flow.Config {
	c := a.cfg
	resources := make([]flow.Resource, len(c.Resources))
	for i, r := range c.Resources {
		resources[i] = flow.Resource{Audience: r.Audience, Scopes: r.Scopes, OfflineAccess: r.OfflineAccess}
	}
	f := flow.Config{
		Issuer: c.Issuer, TenantID: c.TenantID, App: c.App,
		Secrets: append([][]byte{c.Secret}, c.OldSecrets...), Resources: resources, UserInfoAudience: c.Issuer + pathUserInfo,
		Users: c.Users, State: c.State, Queue: otp.NewQueue(c.Sender, c.Logger, c.Now), Signer: a.signer, Claims: c.Claims,
		Policy: c.policy(), Hasher: password.NewHasher(password.HasherConfig{Params: c.Hashing, Random: c.Random}),
		FindClient: a.findClient, HostGrants: c.hostGrants(), SecondFactor: c.SecondFactor.forFlow(), Gate: c.Gate.forFlow(), Style: styleOf(c.Messages.Styles()), FixedCodes: c.FixedCodes, Countries: c.SMSCountries, MaskHints: c.MaskHints,
		Aliases: c.Aliases, HideAccounts: c.HideAccounts, StrictScopes: c.StrictScopes,
		CodeLife: c.CodeLifetime, ResendInterval: max(0, c.ResendInterval), Limits: c.Limits.forFlow(),
		AccessLife: c.AccessTokenLifetime, IDLife: c.IDTokenLifetime,
		RefreshIdle: c.RefreshTokenIdle, RefreshLife: c.RefreshTokenLifetime,
		Now: c.Now, Random: c.Random, Alarm: a.alarmed, Missed: a.missed,
	}
	if a.listens() {
		f.Events, f.About = a.tell, a.note
	}
	return f
}

// policy is the one that people meet: the name of the app is no password either.
func (c Config) policy() password.Policy {
	p := c.Passwords
	p.Words = append([]string{c.App}, p.Words...)
	return p
}

// Shutdown sends the mail that waits to be sent and takes no more. It returns when all is out, or
// with an error when ctx is done before. Shut the http.Server down first: requests that need mail
// are refused from now on.
func (a *Auth) Shutdown(ctx context.Context) error { return a.engine.Shutdown(ctx) }

// ServeHTTP serves the API.
func (a *Auth) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, a.prefix), "/")
	x := &exchange{auth: a, w: w, r: r, path: path}
	if a.listens() {
		x.trail = &trail{}
	}
	allowed := x.allowOrigin()
	if !allowed {
		defer x.missOrigin()
	}
	route, ok := a.routes[path]
	if ok {
		x.plain = plainly[path]
	} else {
		route, ok = x.beneathTenant()
	}
	switch {
	case !ok:
		x.path = "" // the caller's text, which is not for the log
		x.fail(errNoRoute)
	case r.Method == http.MethodOptions:
		x.preflight(route, allowed)
	case !slices.Contains(route.methods, r.Method):
		w.Header().Set("Allow", strings.Join(route.methods, ", "))
		x.fail(errMethod)
	default:
		x.serve(route)
	}
}
