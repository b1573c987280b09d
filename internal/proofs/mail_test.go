//go:build unix

package proofs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/adapters/smtpmail"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// T18: a mail server that is out of order costs nobody any time, makes nobody get a code twice or late, and
// nobody go without a notice.
func TestT18_AMailServerThatIsIllHarmsNobody(t *testing.T) {
	for _, ails := range []ailment{refusing, hanging, busy, unwilling, untrusted, sluggish, vanishing} {
		t.Run(string(ails), func(t *testing.T) {
			if !long { // where all are ill at once, and nothing is timed
				t.Parallel()
			}
			newSickness(t, ails).prove(t)
		})
	}
}

// codeLife is how long codes are good for. Half of those that are asked for outlive it while the server is ill.
const codeLife = 10 * time.Minute

// sickness is an API before a mail server that falls ill.
type sickness struct {
	ails   ailment
	server *mailServer
	mail   *minutes
	auth   *handler.Auth
	users  store.Users
	base   string
	ahead  atomic.Int64 // of the time, in ns
	people int
	noted  []string // who is to get a notice
}

func newSickness(t *testing.T, ails ailment) *sickness {
	m := memory.New()
	s := &sickness{ails: ails, users: m}
	s.server = newMailServer(t, s.now)
	sender, err := smtpmail.New(smtpmail.Config{
		Addr: s.server.addr, From: "no-reply@contoso.com", TLS: smtpmail.StartTLS, RootCAs: s.server.pool,
	})
	require.NoError(t, err)
	s.mail = &minutes{Sender: sender, now: s.now, expires: map[string]time.Time{}, tries: map[otp.Address]int{}}
	mux := http.NewServeMux()
	s.auth, err = handler.Mount(mux, handler.Config{
		Issuer: "http://127.0.0.1" + prefix, Secret: secret, Clients: []handler.Client{{ID: app}}, CodeLifetime: codeLife,
		Users: m, State: m, Sender: s.mail, Limits: handler.Limits{Off: true}, Now: s.now, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	require.NoError(t, err)
	api := httptest.NewServer(mux)
	t.Cleanup(api.Close)
	s.base = api.URL + prefix
	return s
}

func (s *sickness) now() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }

// minutes keeps what was handed to a Sender.
type minutes struct {
	otp.Sender
	now func() time.Time

	mu      sync.Mutex
	expires map[string]time.Time // of codes
	tries   map[otp.Address]int  // that have ended
	late    int                  // tries with a code that had expired
	refused int                  // messages that were tried again though they were refused for good
	final   map[otp.Address]bool
}

func (m *minutes) Send(ctx context.Context, msg otp.Message) error {
	m.mu.Lock()
	if msg.Purpose.HasCode() {
		m.expires[msg.Code] = msg.Expires
		if !m.now().Before(msg.Expires) {
			m.late++
		}
	}
	if m.final[msg.To] {
		m.refused++
	}
	m.mu.Unlock()
	err := m.Sender.Send(ctx, msg)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tries[msg.To]++
	if errors.Is(err, otp.ErrRejected) {
		if m.final == nil {
			m.final = map[otp.Address]bool{}
		}
		m.final[msg.To] = true
	}
	return err
}

// tried tells whether each of these has been tried, and the try has ended.
func (m *minutes) tried(people []string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !slices.ContainsFunc(people, func(p string) bool { return m.tries[otp.Address(p)] == 0 })
}

// ask asks for codes for n people, and returns who they are and how long each challenge took. In the long form
// there are fifty a second.
func (s *sickness) ask(t *testing.T, n int) (people []string, took []time.Duration) {
	pace := time.NewTicker(pick(time.Microsecond, 20*time.Millisecond))
	defer pace.Stop()
	for range n {
		<-pace.C
		s.people++
		p := fmt.Sprintf("p%d@contoso.com", s.people)
		start := post(s.base, "/signup/v1.0/start", "username", p, "challenge_type", "oob redirect")
		require.True(t, start.ok(), "%v", start)
		a := post(s.base, "/signup/v1.0/challenge", "continuation_token", start.field("continuation_token"), "challenge_type", "oob redirect")
		require.True(t, a.ok(), "%v", a)
		people, took = append(people, p), append(took, a.took)
	}
	return people, took
}

// notify changes the accounts of n people, who are told.
func (s *sickness) notify(t *testing.T, n int) (people []string) {
	for range n {
		p := fmt.Sprintf("n%d@contoso.com", len(s.noted))
		id := fmt.Sprintf("9f3c1a52-0000-4000-8000-%012d", len(s.noted))
		require.NoError(t, s.users.CreateUser(t.Context(), store.User{ID: id, Username: p, Email: p}))
		_, err := s.auth.AddMethod(t.Context(), id, store.MethodEmail, "other-"+p)
		require.NoError(t, err)
		s.noted, people = append(s.noted, p), append(people, p)
	}
	return people
}

// awaitTries waits until these people's messages have been tried.
func (s *sickness) awaitTries(t *testing.T, people ...string) {
	require.Eventually(t, func() bool { return s.mail.tried(people) }, 2*time.Minute, 5*time.Millisecond)
}

// awaitMails waits until the server has kept a mail for each of these people, and returns how many have none.
func (s *sickness) awaitMails(people []string) (missing int) {
	deadline := time.After(2 * time.Minute)
	for {
		mails, more := s.server.seen()
		kept := map[string]bool{}
		for _, m := range mails {
			kept[m.recipient()] = kept[m.recipient()] || m.kept
		}
		missing = 0
		for _, p := range people {
			if !kept[p] {
				missing++
			}
		}
		if missing == 0 {
			return 0
		}
		select {
		case <-more:
		case <-deadline:
			return missing
		}
	}
}

// recipient is the one that a mail has.
func (d delivery) recipient() string {
	if len(d.to) != 1 {
		return fmt.Sprint(d.to)
	}
	return strings.TrimSuffix(strings.TrimPrefix(d.to[0], "TO:<"), ">")
}

func (s *sickness) prove(t *testing.T) {
	name := "T18 " + string(s.ails) + ", "
	well, before := s.ask(t, pick(2, 500))
	s.awaitTries(t, well...)
	require.NoError(t, s.server.set(s.ails))

	expiring, during := s.ask(t, pick(4, 16))
	noted := s.notify(t, 2)
	s.awaitTries(t, append(expiring, noted...)...)
	s.ahead.Add(int64(codeLife + time.Minute))
	most, lasting := 0, []string(nil)
	for end := time.Now().Add(pick(0, 40*time.Second)); ; {
		people, took := s.ask(t, pick(4, 50))
		lasting, during = append(lasting, people...), append(during, took...)
		most = max(most, sending())
		if time.Now().After(end) {
			noted = append(noted, s.notify(t, 2)...)
			s.finish(t, name, lasting, noted)
			break
		}
	}
	// With the other servers that are ill, in the short form.
	proof(t, name+"goroutines at most", most, "goroutines", atMost(pick(7*16, 16)))
	if long {
		rise := percentile99(during) - percentile99(before)
		proof(t, name+"rise of p99 of /challenge", float64(rise.Microseconds())/1000, "ms", atMost(20))
	}
}

// finish makes the server well and proves what has come of those who asked last, and of the notices.
func (s *sickness) finish(t *testing.T, name string, lasting, noted []string) {
	if !long { // where the server has been ill long enough
		s.awaitTries(t, append(lasting, noted...)...)
	}
	mended := time.Now()
	require.NoError(t, s.server.set(healthy))
	if s.ails != unwilling { // which is a last word
		proof(t, name+"notices that do not arrive", s.awaitMails(noted), "notices", exactly(0))
		if long {
			proof(t, name+"notices out after", seconds(time.Since(mended)), "s", atMost(60))
		}
	}
	if s.ails != unwilling && s.ails != sluggish && s.ails != vanishing { // after which nobody knows
		proof(t, name+"codes that do not arrive", s.awaitMails(lasting), "codes", exactly(0))
		if long {
			proof(t, name+"codes out after", seconds(time.Since(mended)), "s", atMost(30))
		}
	}
	require.NoError(t, s.auth.Shutdown(t.Context()))
	mails, _ := s.server.seen()
	s.mail.mu.Lock()
	defer s.mail.mu.Unlock()
	doubled, late := s.judge(mails)
	proof(t, name+"codes that came twice", doubled, "codes", exactly(0))
	proof(t, name+"codes that came late", late+s.mail.late, "codes", exactly(0))
	proof(t, name+"messages refused for good and tried again", s.mail.refused, "messages", exactly(0))
}

var codePattern = regexp.MustCompile(`Your code is ([0-9]{8})\r\n`)

// judge counts the codes that the server got twice, and those that it got when they had expired.
func (s *sickness) judge(mails []delivery) (doubled, late int) {
	seen := map[string]bool{}
	for _, m := range mails {
		found := codePattern.FindStringSubmatch(m.data)
		if found == nil {
			continue
		}
		code := found[1]
		if seen[code] {
			doubled++
		}
		seen[code] = true
		if !m.at.Before(s.mail.expires[code]) {
			late++
		}
	}
	return doubled, late
}

// sending counts the goroutines that queues have.
func sending() int {
	stacks := make([]byte, 8<<20)
	n := 0
	for stack := range bytes.SplitSeq(stacks[:runtime.Stack(stacks, true)], []byte("\n\n")) {
		if bytes.Contains(stack, []byte("otp.(*Queue)")) || bytes.Contains(stack, []byte("smtpmail.")) {
			n++
		}
	}
	return n
}

func percentile99(took []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(took))
	return sorted[(len(sorted)-1)*99/100]
}
