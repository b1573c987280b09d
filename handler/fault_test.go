package handler_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

// inner is what drivers say in their errors, and no caller may read.
const inner = "pq: SQLSTATE 08006 at postgres://svc:hunter2@db.internal:5432/app in /srv/app/db.go:42"

// leaks are the words of it, and those of a stack.
var leaks = []string{"pq:", "SQLSTATE", "08006", "postgres", "hunter2", "db.internal", "/srv", ".go", "goroutine", "panic", "deadline", "context", "store", "Claims"}

// A mode is a way in which a host's part is out of order.
type mode string

const (
	fails  mode = "fails"
	hangs  mode = "hangs until its context ends"
	sticks mode = "hangs whatever its context says"
	panics mode = "panics"

	forgets mode = "writes and says that it could not"
)

// fault stands before all that a host brings along, and lets calls through until it is armed.
type fault struct {
	store.Users
	store.State
	token.Keys

	mu      sync.Mutex
	calls   []string // so far
	record  string   // the key that was read last
	mode    mode     // "" for none
	left    int      // calls to let through before it strikes
	release chan struct{}
	says    error // what a call that fails returns; nil means inner
	mine    *mine // nil for none
}

func (f *fault) arm(m mode, left int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mode, f.left, f.release = m, left, make(chan struct{})
}

// mend lets everything through again, and what is stuck go on.
func (f *fault) mend() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mode = ""
	if f.release != nil {
		close(f.release)
		f.release = nil
	}
}

func (f *fault) traced() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := f.calls
	f.calls = nil
	return list
}

// meet is what each call comes by.
func (f *fault) meet(ctx context.Context, name string) error {
	if f.mine != nil {
		f.mine.step(name)
	}
	f.mu.Lock()
	f.calls = append(f.calls, name)
	m, release, says := f.mode, f.release, f.says
	if m != "" && f.left > 0 {
		f.left--
		m = ""
	}
	f.mu.Unlock()
	switch m {
	case fails:
		return cmp.Or(says, errors.New(inner))
	case hangs:
		<-ctx.Done()
		return fmt.Errorf("%s: %w", inner, ctx.Err())
	case sticks:
		<-release
	case panics:
		panic(cmp.Or(says, errors.New(inner)).Error())
	}
	return nil
}

func (f *fault) CreateUser(ctx context.Context, u store.User) error {
	if err := f.meet(ctx, "CreateUser"); err != nil {
		return err
	}
	return f.Users.CreateUser(ctx, u)
}

func (f *fault) UpdateUser(ctx context.Context, u store.User) error {
	if err := f.meet(ctx, "UpdateUser"); err != nil {
		return err
	}
	err := f.Users.UpdateUser(ctx, u)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil && f.mode == forgets {
		return errors.New(inner)
	}
	return err
}

func (f *fault) UserByUsername(ctx context.Context, name string) (store.User, error) {
	if err := f.meet(ctx, "UserByUsername"); err != nil {
		return store.User{}, err
	}
	return f.Users.UserByUsername(ctx, name)
}

func (f *fault) UserByID(ctx context.Context, id string) (store.User, error) {
	if err := f.meet(ctx, "UserByID"); err != nil {
		return store.User{}, err
	}
	return f.Users.UserByID(ctx, id)
}

func (f *fault) Get(ctx context.Context, key string) (store.Entry, error) {
	if err := f.meet(ctx, "Get"); err != nil {
		return store.Entry{}, err
	}
	f.mu.Lock()
	f.record = key
	f.mu.Unlock()
	return f.State.Get(ctx, key)
}

func (f *fault) Put(ctx context.Context, key string, e store.Entry) error {
	if err := f.meet(ctx, "Put"); err != nil {
		return err
	}
	err := f.State.Put(ctx, key, e)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil && f.mode == forgets {
		return errors.New(inner)
	}
	return err
}

func (f *fault) Delete(ctx context.Context, key string, version int64) error {
	if err := f.meet(ctx, "Delete"); err != nil {
		return err
	}
	return f.State.Delete(ctx, key, version)
}

func (f *fault) Add(ctx context.Context, key string, delta int64, ttl time.Duration) (store.Count, error) {
	if err := f.meet(ctx, "Add"); err != nil {
		return store.Count{}, err
	}
	return f.State.Add(ctx, key, delta, ttl)
}

func (f *fault) SigningKey(ctx context.Context) (jose.SigningKey, error) {
	if err := f.meet(ctx, "SigningKey"); err != nil {
		return jose.SigningKey{}, err
	}
	return f.Keys.SigningKey(ctx)
}

func (f *fault) VerificationKeys(ctx context.Context) (jose.JSONWebKeySet, error) {
	if err := f.meet(ctx, "VerificationKeys"); err != nil {
		return jose.JSONWebKeySet{}, err
	}
	return f.Keys.VerificationKeys(ctx)
}

// claims is the host's hook.
func (f *fault) claims(ctx context.Context, _ token.ClaimsRequest) (token.ExtraClaims, error) {
	return token.ExtraClaims{}, f.meet(ctx, "Claims")
}

// lines is a log that goroutines write.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// trip is a person's way through sign-up, sign-in and refresh, on a world that can break.
type trip struct {
	*world
	fault                fault
	log                  lines
	token, code, refresh string
	mails                int
}

func newTrip(t *testing.T, change ...func(*handler.Config)) *trip {
	t.Helper()
	s := &trip{}
	s.world = newWorld(t, append([]func(*handler.Config){func(c *handler.Config) {
		keys, err := token.Ephemeral()
		require.NoError(t, err)
		s.fault.Users, s.fault.State, s.fault.Keys = c.Users, c.State, keys
		c.Users, c.State, c.Keys, c.Claims = &s.fault, &s.fault, &s.fault, s.fault.claims
		c.Logger = slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}}, change...)...)
	s.fault.traced()
	t.Cleanup(s.fault.mend)
	return s
}

// caller gives up where a server does not answer at all.
var caller = &http.Client{Timeout: 30 * time.Second}

// soon is the 2 s in which a caller is promised an answer, and what a busy machine may add: what hangs in
// these tests hangs for good.
const soon = 8 * time.Second

// A leg is one call of a trip.
type leg struct {
	name, path string
	pairs      func(s *trip) []string
	note       func(s *trip, body map[string]any)
}

// legs are the calls of a trip without passwords, in order.
var legs = []leg{
	{"sign-up start", "/signup/v1.0/start", func(*trip) []string { return []string{"username", casey, "challenge_type", native} }, noteToken},
	{"sign-up challenge", "/signup/v1.0/challenge", withToken, noteCode},
	{"sign-up code", "/signup/v1.0/continue", withCode, noteToken},
	{"tokens for a sign-up", "/oauth2/v2.0/token", func(s *trip) []string {
		return append(withToken(s), "grant_type", "continuation_token", "username", casey)
	}, noteRefresh},
	{"sign-in start", "/oauth2/v2.0/initiate", func(*trip) []string { return []string{"username", casey, "challenge_type", native} }, noteToken},
	{"sign-in challenge", "/oauth2/v2.0/challenge", withToken, noteCode},
	{"tokens for a code", "/oauth2/v2.0/token", withCode, noteRefresh},
	{"refresh", "/oauth2/v2.0/token", func(s *trip) []string { return []string{"grant_type", "refresh_token", "refresh_token", s.refresh} }, noteRefresh},
}

func withToken(s *trip) []string { return []string{"continuation_token", s.token} }
func withCode(s *trip) []string  { return append(withToken(s), "grant_type", "oob", "oob", s.code) }

func noteToken(s *trip, body map[string]any)   { s.token, _ = body["continuation_token"].(string) }
func noteRefresh(s *trip, body map[string]any) { s.refresh, _ = body["refresh_token"].(string) }
func noteCode(s *trip, body map[string]any) {
	noteToken(s, body)
	s.mails++
	s.code = s.mail.take(s.mails).Code
}

// reply is an answer as it came.
type reply struct {
	status int
	header http.Header
	text   []byte
	took   time.Duration
	err    error
}

// call makes one leg, by a goroutine of any kind.
func (s *trip) call(leg int) (r reply) { return s.do(plain, legs[leg]) }

// do makes a call for a client, by a goroutine of any kind.
func (s *trip) do(client string, l leg) (r reply) {
	body := form(append([]string{"client_id", client}, l.pairs(s)...)...)
	begin := time.Now()
	resp, err := caller.Post(s.base+l.path, "application/x-www-form-urlencoded", strings.NewReader(body))
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	r.status, r.header = resp.StatusCode, resp.Header
	r.text, r.err = io.ReadAll(resp.Body)
	r.took = time.Since(begin)
	return r
}

// travel takes the trip from one leg to before another.
func (s *trip) travel(from, to int) {
	s.Helper()
	for leg := from; leg < to; leg++ {
		r := s.call(leg)
		require.NoError(s, r.err)
		require.Equal(s, 200, r.status, "%s: %s", legs[leg].name, r.text)
		var body map[string]any
		require.NoError(s, json.Unmarshal(r.text, &body))
		legs[leg].note(s, body)
	}
}

// get fetches a URL, with a bearer token if there is one.
func get(url, bearer string) (r reply) {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return reply{err: err}
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	begin := time.Now()
	resp, err := caller.Do(req)
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	r.status, r.header = resp.StatusCode, resp.Header
	r.text, r.err = io.ReadAll(resp.Body)
	r.took = time.Since(begin)
	return r
}
