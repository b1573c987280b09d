//go:build unix

package proofs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/nativeauth/nativeauth/adapters/keyfile"
	"github.com/nativeauth/nativeauth/adapters/sqlstore"
	"github.com/nativeauth/nativeauth/attrs"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

const (
	instanceVariable = "NATIVEAUTH_PROOFS_INSTANCE"
	app              = "app" // the one client
	prefix           = "/contoso"
)

var secret = []byte(strings.Repeat("proof", 8))

// settings say what an instance is. All instances of one site have the same, but for Skew.
type settings struct {
	Place   place
	Inbox   string        // where mail is posted to
	KeyFile string        // what signs, unless there is a Rotation
	Rotates rotation      // how keys in the database change
	Resend  time.Duration // handler.Config.ResendInterval
	Limits  bool          // whether calls are counted where they come from, which calls name by X-Forwarded-For
	Hides   bool          // whether people have passwords, and hide
	Twice   bool          // whether people prove themselves twice, and register authenticator apps
	Skew    time.Duration // how far its clock is off
}

// rotation is a shrunken sqlstore.KeysConfig.
type rotation struct{ Every, Ahead, Keep time.Duration }

// serve is the whole life of an instance. It ends when standard input does: with the test that
// started it, however that ends.
func serve(text string) error {
	var s settings
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return err
	}
	kept, err := s.Place.open(context.Background())
	if err != nil {
		return err
	}
	defer kept.close()
	keys, err := s.keys(kept)
	if err != nil {
		return err
	}
	var death death
	client := handler.Client{ID: app, Passwords: s.Hides, Attributes: attrs.Schema{{Name: "displayName", Required: true}}}
	if s.Twice {
		client.SecondFactor, client.Methods = handler.Always, []store.MethodKind{store.MethodTOTP}
	}
	mux := http.NewServeMux()
	auth, err := handler.Mount(mux, handler.Config{
		Issuer:  "http://127.0.0.1" + prefix,
		Secret:  secret,
		Clients: []handler.Client{client},
		Users:   deadlyUsers{kept.users, &death}, State: deadlyState{kept.state, &death}, Sender: postman(s.Inbox), Keys: keys,
		ResendInterval: s.Resend, HideAccounts: s.Hides, Limits: s.limits(),
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Logger:         slog.New(slog.NewJSONHandler(os.Stderr, nil)),
		Now:            func() time.Time { return time.Now().Add(s.Skew) },
	})
	if err != nil {
		return err
	}
	mux.HandleFunc("/proofs/die", func(_ http.ResponseWriter, r *http.Request) { death.after.Store(r.URL.RawQuery) })
	mux.Handle("/proofs/mint", &mint{token.NewSigner(keys)})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: mux}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	fmt.Println(l.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err = errors.Join(server.Shutdown(ctx), auth.Shutdown(ctx))
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// limits are off, or so wide that only waits between codes are met: all of a test comes from one address.
func (s settings) limits() handler.Limits {
	switch {
	case s.Limits:
		return handler.Limits{}
	case s.Resend < 0:
		return handler.Limits{Off: true}
	}
	return wide
}

var wide = handler.Limits{StartsPerMinute: 100_000, StartsPerHour: 100_000, SignalsPerHour: 100_000}

func (s settings) keys(kept *kept) (token.Keys, error) {
	if s.Rotates == (rotation{}) {
		return keyfile.Open(s.KeyFile)
	}
	return sqlstore.OpenKeys(context.Background(), kept.sql, sqlstore.KeysConfig{
		Secrets: [][]byte{secret}, RotateEvery: s.Rotates.Every, PublishAhead: s.Rotates.Ahead, KeepFor: s.Rotates.Keep,
	})
}

// death, once it is told after what, ends the process as kill -9 does: when something has been written,
// and before anybody is told.
type death struct{ after atomic.Value }

const (
	afterCounting = "counting"
	afterCreating = "creating"
)

func (d *death) come(after string, err error) {
	if err == nil && d.after.Load() == after {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

type deadlyState struct {
	store.State
	death *death
}

func (d deadlyState) Add(ctx context.Context, key string, delta int64, ttl time.Duration) (store.Count, error) {
	n, err := d.State.Add(ctx, key, delta, ttl)
	d.death.come(afterCounting, err)
	return n, err
}

type deadlyUsers struct {
	store.Users
	death *death
}

func (d deadlyUsers) CreateUser(ctx context.Context, u store.User) error {
	err := d.Users.CreateUser(ctx, u)
	d.death.come(afterCreating, err)
	return err
}

// letter is a message as it is posted.
type letter struct{ To, Code string }

// postman is an otp.Sender that posts to an inbox.
type postman string

func (p postman) Send(ctx context.Context, m otp.Message) error {
	body, err := json.Marshal(letter{string(m.To), m.Code})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, string(p), bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}
