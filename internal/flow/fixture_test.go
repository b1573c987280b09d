package flow

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/attrs"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/password"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

const casey = "casey@contoso.com"

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// stage is one store, with as many engines around it as a test wants.
type stage struct {
	*testing.T
	clock *clock // the store's
	store *memory.Store
	state *switchboard
	keys  token.Keys
	mail  mails
	*Engine
	client *Client // asks for a city; a nickname is optional
	plain  *Client // asks for nothing
}

func newStage(t *testing.T, change ...func(*Config)) *stage {
	t.Helper()
	s := &stage{T: t, clock: &clock{t: time.Date(2026, 3, 1, 10, 15, 0, 0, time.UTC)}}
	s.store = memory.NewAt(s.clock.now)
	s.state = &switchboard{State: s.store}
	keys, err := token.Ephemeral()
	require.NoError(t, err)
	s.keys = keys
	set, err := attrs.Compile(attrs.Schema{{Name: "city", Required: true}, {Name: "nickname"}})
	require.NoError(t, err)
	none, err := attrs.Compile(nil)
	require.NoError(t, err)
	s.client = &Client{ID: "web", Attributes: set}
	s.plain = &Client{ID: "plain", Attributes: none}
	s.Engine = s.engine(0, change...)
	return s
}

// engine returns another instance on the same store, whose clock is off by a skew.
func (s *stage) engine(skew time.Duration, change ...func(*Config)) *Engine {
	now := func() time.Time { return s.clock.now().Add(skew) }
	c := Config{
		Issuer: "https://id.example", TenantID: "7d1f2c3e-0000-4000-8000-000000000000", App: "Contoso",
		Secrets:          [][]byte{[]byte(strings.Repeat("s", 32))},
		Resources:        []Resource{{Audience: "https://id.example", Scopes: []string{"Orders.Read", "Orders.Write"}}, {Audience: "api://stock", Scopes: []string{"Stock.Read"}}},
		UserInfoAudience: "https://id.example/userinfo",
		Users:            s.store, State: s.state, Signer: token.NewSigner(s.keys), Limits: Limits{Off: true},
		Hasher:   password.NewHasher(password.HasherConfig{Random: rand.Reader}),
		Queue:    otp.NewQueue(&s.mail, slog.New(slog.NewTextHandler(io.Discard, nil)), now),
		CodeLife: 10 * time.Minute, AccessLife: 15 * time.Minute, IDLife: time.Hour,
		RefreshIdle: 14 * 24 * time.Hour, RefreshLife: 90 * 24 * time.Hour,
		Style: func(context.Context) otp.Style { return otp.Style{} },
		Now:   now, Random: rand.Reader,
	}
	for _, f := range change {
		f(&c)
	}
	return New(c)
}

// mails keeps what is sent.
type mails struct {
	mu   sync.Mutex
	list []otp.Message
}

func (m *mails) Send(_ context.Context, msg otp.Message) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list = append(m.list, msg)
	return nil
}

// code waits for the code of the n-th mail, from 1.
func (s *stage) code(n int) string {
	s.Helper()
	for range 5000 {
		s.mail.mu.Lock()
		if len(s.mail.list) >= n {
			defer s.mail.mu.Unlock()
			return s.mail.list[n-1].Code
		}
		s.mail.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
	require.Fail(s, "no mail came")
	return ""
}

// newest waits for one more mail than before and returns its code.
func (s *stage) newest(call func() (Challenged, error)) (token, code string) {
	s.Helper()
	s.mail.mu.Lock()
	n := len(s.mail.list)
	s.mail.mu.Unlock()
	sent, err := call()
	require.NoError(s, err)
	return sent.Token, s.code(n + 1)
}

// switchboard is a State that a test can interrupt, and that counts.
type switchboard struct {
	store.State
	calls atomic.Int32
	put   func(key string, e store.Entry) error // instead of a Put; nil lets it through
}

func (s *switchboard) Get(ctx context.Context, key string) (store.Entry, error) {
	s.calls.Add(1)
	return s.State.Get(ctx, key)
}

func (s *switchboard) Put(ctx context.Context, key string, e store.Entry) error {
	s.calls.Add(1)
	if s.put != nil {
		return s.put(key, e)
	}
	return s.State.Put(ctx, key, e)
}

func (s *switchboard) Add(ctx context.Context, key string, delta int64, ttl time.Duration) (store.Count, error) {
	s.calls.Add(1)
	return s.State.Add(ctx, key, delta, ttl)
}

// The steps of the flows as a client takes them.

func (s *stage) startSignUp(c *Client, attributes string) string {
	s.Helper()
	started, err := s.SignUpStart(s.Context(), SignUpStart{Client: c, Username: casey, Types: "oob redirect", Attributes: attributes})
	require.NoError(s, err)
	return started.Token
}

func (s *stage) sentSignUp(c *Client, attributes string) (token, code string) {
	s.Helper()
	started := s.startSignUp(c, attributes)
	return s.newest(func() (Challenged, error) {
		return s.SignUpChallenge(s.Context(), Challenge{Client: c, Token: started})
	})
}

func (s *stage) startSignIn(c *Client) string {
	s.Helper()
	started, err := s.SignInStart(s.Context(), SignInStart{Client: c, Username: casey, Types: "oob redirect"})
	require.NoError(s, err)
	return started.Token
}

func (s *stage) sentSignIn(c *Client) (token, code string) {
	s.Helper()
	started := s.startSignIn(c)
	return s.newest(func() (Challenged, error) {
		return s.SignInChallenge(s.Context(), Challenge{Client: c, Token: started})
	})
}

// account makes the user that signs in.
func (s *stage) account() store.User {
	s.Helper()
	u := store.User{ID: "9b2c1d3e-0000-4000-8000-000000000001", Username: casey, Email: casey, CreatedAt: s.clock.now()}
	require.NoError(s, s.store.CreateUser(s.Context(), u))
	return u
}

var hashes sync.Map

// hashOf returns the hash of a password, which is made once.
func hashOf(text string) string {
	if hash, ok := hashes.Load(text); ok {
		return hash.(string)
	}
	hash, err := password.NewHasher(password.HasherConfig{}).Hash(context.Background(), text)
	if err != nil {
		panic(err)
	}
	hashes.Store(text, hash)
	return hash
}

// accountWithPassword makes the user that signs in with a password.
func (s *stage) accountWithPassword(text string) store.User {
	s.Helper()
	u := s.account()
	u.PasswordHash = hashOf(text)
	u.Version = 1
	require.NoError(s, s.store.UpdateUser(s.Context(), u))
	return u
}
