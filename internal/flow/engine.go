// Package flow holds the flows as state machines: which step may follow which, and what each step
// changes. It knows no HTTP; an endpoint is a method of Engine that takes and returns plain values.
//
// A flow is one record in the state store. A step reads it, checks that the continuation token is
// the current one and that the move is in the table, does its work, and writes the record with one
// compare-and-swap before it answers. So a step that raced another is refused and nothing is done
// twice, on any number of instances; and a crash leaves a record that expires.
//
// A flow that only names an account is not worth a record yet: it travels in its token, encrypted,
// and its first challenge writes it. Opening such flows costs the store no room, however many.
package flow

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"io"
	"sync/atomic"
	"time"

	"github.com/nativeauth/nativeauth/attrs"
	"github.com/nativeauth/nativeauth/internal/keyed"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/password"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

// Config is what an Engine works with. Every field is set.
type Config struct {
	Issuer    string
	TenantID  string
	App       string
	Secrets   [][]byte // newest first, 32 bytes or more each
	Resources []Resource
	// UserInfoAudience is what tokens name that are good for userinfo, beside those for the app itself.
	UserInfoAudience string

	Users  store.Users
	State  store.State
	Queue  *otp.Queue
	Signer *token.Signer
	Claims token.ClaimsFunc // or nil
	Policy password.Policy
	Hasher *password.Hasher

	FindClient   func(id string) (*Client, bool) // one that is served
	HostGrants   map[string]HostGrant
	SecondFactor SecondFactor                                   // or nil: of nobody
	Gate         func(ctx context.Context, r GateRequest) error // or nil
	Events       func(ctx context.Context, ev Event)            // or nil: hears what has happened
	Alarm        func(ctx context.Context, failed int64)        // or nil: hears that so many codes have failed in an hour
	About        func(ctx context.Context, s Subject)           // or nil: hears whom a call is about
	Missed       func(ctx context.Context, err error)           // or nil: hears what has failed beside a call that goes on
	Style        func(ctx context.Context) otp.Style            // how a message is written
	FixedCodes   func(to otp.Address) string                    // or nil: all are random
	Countries    otp.Countries
	MaskHints    bool

	Aliases        bool
	HideAccounts   bool
	StrictScopes   bool
	CodeLife       time.Duration
	ResendInterval time.Duration // 0 means no wait
	Limits         Limits
	AccessLife     time.Duration
	IDLife         time.Duration
	RefreshIdle    time.Duration
	RefreshLife    time.Duration

	Now    func() time.Time
	Random io.Reader
}

// Client is an app as the flows see it.
type Client struct {
	ID              string
	Confidential    bool     // authenticates, and has no flows
	GrantTypes      []string // beside those of native authentication
	Attributes      *attrs.Set
	Scopes          []string           // of resources; nil means all
	Passwords       bool               // sign-up asks for a password, sign-in takes one
	Reset           bool               // a forgotten one can be replaced
	SecondFactor    SecondFactor       // or nil: as Config has it
	RegisterAddress bool               // a sign-up makes the address a method for second factors
	Methods         []store.MethodKind // what people can register
	Sources         []Source           // of codes, for OTP grants
	Keep            Keep               // or nil: keeps sessions, which its flows then end in, and never in tokens
	Auth0           *Auth0             // or nil: none of Auth0's
}

// GateRequest says where a code is to go. Where accounts are hidden and nobody has proven anything, To is what
// the caller has named and not what the account has.
type GateRequest struct {
	Purpose  otp.Purpose
	Channel  otp.Channel
	To       otp.Address
	User     store.User // the zero one as long as nobody has proven anything
	ClientID string
}

// Resource is an API and the scopes it has.
type Resource struct {
	Audience      string
	Scopes        []string
	OfflineAccess bool // clients of Auth0 may have refresh tokens for it; others need no leave
}

const (
	idleLife      = 10 * time.Minute // of a continuation token
	flowLife      = 30 * time.Minute // of a flow, however busy
	sendsPerFlow  = 5
	noticeLife    = 24 * time.Hour   // in which a mail server may be down
	longestStep   = 5 * time.Second  // no call takes longer
	lastWord      = 2 * time.Second  // to take back what was counted, beyond the end of a call
	clockSkew     = 5 * time.Minute  // that instances may be apart
	reuseGrace    = 10 * time.Second // in which a refresh may be repeated
	casTries      = 4                // for writes that may be repeated safely
	defaultScopes = "openid profile offline_access"
)

// Engine runs the flows. It is safe for concurrent use. What it remembers itself is the time of the
// store, and whether there is an alarm, for a second.
type Engine struct {
	Config
	codes     otp.Hasher
	opaque    token.Opaque
	names     *keyed.MAC   // makes the hashes of addresses
	userCodes []*keyed.MAC // make the hashes of user codes
	seals     keyed.Sealer // of the secrets of authenticator apps
	forms     keyed.Sealer // of what forms carry
	clock     *storeClock
	alarm     atomic.Pointer[alarmReading]
}

// New returns an Engine.
func New(c Config) *Engine {
	return &Engine{
		Config:    c,
		codes:     otp.NewHasher(subkeys(c.Secrets, "code")),
		opaque:    token.NewOpaque(subkeys(c.Secrets, "opaque")),
		names:     keyed.New(subkeys(c.Secrets[:1], "name")[0]),
		userCodes: keyed.NewAll(subkeys(c.Secrets, "user code")),
		seals:     keyed.NewSealer(subkeys(c.Secrets, "method")),
		forms:     keyed.NewSealer(subkeys(c.Secrets, "form")),
		clock:     &storeClock{state: c.State, now: c.Now, random: c.Random},
	}
}

// subkeys derives, from each secret, the key for one use, so that no two uses share a key.
func subkeys(secrets [][]byte, use string) [][]byte {
	keys := make([][]byte, len(secrets))
	for i, s := range secrets {
		key, err := hkdf.Key(sha256.New, s, nil, "nativeauth "+use+" v1", sha256.Size)
		if err != nil {
			panic(err) // only for a length beyond what HKDF can give
		}
		keys[i] = key
	}
	return keys
}

// Shutdown sends what waits to be sent.
func (e *Engine) Shutdown(ctx context.Context) error { return e.Queue.Shutdown(ctx) }
