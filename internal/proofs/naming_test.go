//go:build unix && !race

package proofs

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// naming is what T11 does on a store: the API, mounted three times, with one table of users.
type naming struct {
	*testing.T
	base, slow, named string // without waits between codes, with them, and with aliases
	users             *countedUsers
	mail              *postbox
	classes           map[string][]string
	stop              []func(context.Context) error
	brief             bool // what no store is asked for is asked at one endpoint in turn

	mu                             sync.Mutex
	ids                            map[string]string // of the accounts, by name
	calls, verdicts, wrong, broken int
}

func newNaming(t *testing.T, b backend) *naming {
	n := &naming{T: t, brief: b.fresh != nil, mail: newPostbox(), classes: classes(corpus), ids: map[string]string{}}
	inMemory := memory.New()
	n.users = &countedUsers{Users: inMemory}
	state := store.State(inMemory)
	if b.fresh != nil {
		p := b.fresh(t)
		p.Hasty = p.Driver == "sqlite" // nothing is lost here
		k, err := p.open(t.Context())
		require.NoError(t, err)
		t.Cleanup(k.close)
		state = k.state
		if k.redis == nil {
			n.users.Users = k.users
		}
	}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	mount := func(path string, change func(*handler.Config)) string {
		c := handler.Config{
			Issuer: "http://127.0.0.1" + path, Clients: []handler.Client{{ID: app}, {ID: "resetting", Passwords: true}},
			// With a secret of its own, none counts what the others do.
			Secret: []byte(times(8, path)), Users: n.users, State: state, Sender: n.mail, Limits: handler.Limits{Off: true},
			Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		}
		change(&c)
		auth, err := handler.Mount(mux, c)
		require.NoError(t, err)
		n.stop = append(n.stop, auth.Shutdown)
		return server.URL + path
	}
	n.base = mount("/base", func(*handler.Config) {})
	n.slow = mount("/slow", func(c *handler.Config) { c.ResendInterval, c.Limits = 10*time.Minute, wide })
	n.named = mount("/named", func(c *handler.Config) { c.Aliases = true })
	return n
}

func (n *naming) shutDown() (err error) {
	for _, stop := range n.stop {
		err = errors.Join(err, stop(context.Background()))
	}
	return err
}

// countedUsers counts the accounts that were made.
type countedUsers struct {
	store.Users
	made atomic.Int64
}

func (u *countedUsers) CreateUser(ctx context.Context, user store.User) error {
	err := u.Users.CreateUser(ctx, user)
	if err == nil {
		u.made.Add(1)
	}
	return err
}

// postbox is an otp.Sender, of as many mailboxes as there are recipients.
type postbox struct {
	mu    sync.Mutex
	boxes map[string]*pigeonhole
}

// pigeonhole is one mailbox: what it got, and what is due to it.
type pigeonhole struct {
	codes    chan string
	got, due int
}

func newPostbox() *postbox { return &postbox{boxes: map[string]*pigeonhole{}} }

func (p *postbox) of(address string, got, due int) *pigeonhole {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.boxes[address] == nil {
		p.boxes[address] = &pigeonhole{codes: make(chan string, 100)}
	}
	p.boxes[address].got += got
	p.boxes[address].due += due
	return p.boxes[address]
}

// Send puts a mail where those who read its header bring it.
func (p *postbox) Send(_ context.Context, m otp.Message) error {
	list, err := mail.ParseAddressList("<" + string(m.To) + ">")
	if err != nil || len(list) == 0 {
		p.of("nobody", 1, 0)
		return err
	}
	for _, to := range list {
		p.of(to.Address, 1, 0).codes <- m.Code
	}
	return nil
}

// next returns the code in the next mail to this very address, or "". After a challenge that was
// refused none is due.
func (p *postbox) next(address string, challenge answer) string {
	if !challenge.ok() {
		return ""
	}
	select {
	case code := <-p.of(address, 0, 1).codes:
		return code
	case <-time.After(patience):
		return ""
	}
}

// counts returns how many mails were sent, and how many of them to whom none was due.
func (p *postbox) counts() (sent, strays int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range p.boxes {
		sent += b.got
		strays += max(0, b.got-b.due)
	}
	return sent, strays
}

func (n *naming) call(base, path string, pairs ...string) answer {
	a := post(base, path, pairs...)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.calls++
	if a.err != nil || a.status >= http.StatusInternalServerError {
		n.broken++
	}
	return a
}

// judge counts a verdict, and tells of a wrong one.
func (n *naming) judge(good bool, text, what string, a any) {
	n.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.verdicts++; good {
		return
	}
	if n.wrong++; n.wrong <= 20 {
		n.Errorf("%.80q: %s: %.300s", text, what, fmt.Sprint(a))
	}
}

func (a answer) is(status int, code string, number int) bool {
	return a.err == nil && a.status == status && a.field("error") == code && a.number() == number
}

const bothTypes = "oob redirect"

func (n *naming) start(base, path, text string, more ...string) answer {
	return n.call(base, path, append([]string{"username", text, "challenge_type", bothTypes}, more...)...)
}

const (
	toSignUp = "/signup/v1.0/start"
	toSignIn = "/oauth2/v2.0/initiate"
	toReset  = "/resetpassword/v1.0/start"
)

// each goes through the classes, some at a time: databases write for many as fast as for one.
func (n *naming) each(do func(address string, spellings []string)) {
	many(slices.Sorted(maps.Keys(n.classes)), func(address string) { do(address, n.classes[address]) })
}

// many does something for each of a list.
func many[T any](list []T, do func(T)) {
	var all sync.WaitGroup
	places := make(chan struct{}, 2*connections)
	for _, one := range list {
		places <- struct{}{}
		all.Go(func() {
			do(one)
			<-places
		})
	}
	all.Wait()
}

// remember keeps the ID of the account with a name.
func (n *naming) remember(name, id string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ids[name] = id
}

// account returns the ID of the account that tokens are for.
func (a answer) account() string {
	var info struct{ UID string }
	text, _ := base64.RawURLEncoding.DecodeString(a.field("client_info"))
	_ = json.Unmarshal(text, &info)
	return info.UID
}
