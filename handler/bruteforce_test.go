//go:build !race

package handler_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// T4 of the security requirements: somebody who knows an address, and not its mailbox, guesses at its codes for
// three days, with all that they can think of. The limits are the recommended ones. It can win: see the calibration in
// internal/flow.

// guesser attacks casey's address. Calls go straight to the handler: a connection for each would take most of the time.
type guesser struct {
	*world
	instances []*handler.Auth
	addresses int         // that calls come from
	mu        sync.Mutex  // for these two
	compared  []time.Time // guesses, as the log tells of them
	mails     []time.Time
	random    *rand.Rand
	held      []heldCode // codes that are kept for later
	flow      string     // the token of the flow that is under way, "" for none
	client    string
	next      time.Time // when casey signs in again
	kind      codeFlowKind
	seconds   int // codes of second factors that were guessed at
}

// heldCode is a code that was sent and not tried yet.
type heldCode struct {
	give func(code string) int
	at   time.Time
}

// codeFlowKind is a flow in which a code goes to casey's address.
type codeFlowKind struct{ start, challenge, give string }

var (
	signsIn = codeFlowKind{inStart, inChallenge, inToken}
	resets  = codeFlowKind{reStart, reChallenge, reContinue}
	signsUp = codeFlowKind{upStart, upChallenge, upContinue}
)

// A guesser is the log and hears the events: what counts is what they tell.

func (g *guesser) Enabled(context.Context, slog.Level) bool { return true }
func (g *guesser) WithAttrs([]slog.Attr) slog.Handler       { return g }
func (g *guesser) WithGroup(string) slog.Handler            { return g }
func (g *guesser) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "cause" && a.Value.String() == comparedWrong {
			g.mu.Lock()
			g.compared = append(g.compared, g.clock.now())
			g.mu.Unlock()
		}
		return true
	})
	return nil
}

func (g *guesser) Event(_ context.Context, e handler.Event) {
	if e.Name == handler.EventCodeSent {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.mails = append(g.mails, e.Time)
	}
}

func newGuesser(t *testing.T, addresses int) *guesser {
	t.Helper()
	g := &guesser{addresses: addresses, random: rand.New(rand.NewPCG(1, uint64(addresses)))}
	recommended := func(c *handler.Config) {
		c.ResendInterval, c.Limits = 0, handler.Limits{}
		c.FixedCodes = func(otp.Address) string { return fixedCode }
		secondFactors(c)
		hidden(c) // so that a sign-up sends something, too
		c.Logger, c.Sender = slog.New(g), wastebin{}
		c.Events = append(c.Events, g)
	}
	g.world = newWorld(t, recommended)
	g.instances = []*handler.Auth{g.auth}
	for range 2 {
		g.instances = append(g.instances, g.sibling(recommended, func(c *handler.Config) { c.Sender = wastebin{} }).auth)
	}
	require.NoError(t, g.store.CreateUser(t.Context(), store.User{ID: "casey", Username: casey, Email: casey, PasswordHash: hashOf(t, harbor), Methods: []store.Method{ownMail}}))
	return g
}

// ownMail is casey's own address as a second factor, beside the password.
var ownMail = store.Method{ID: mailMethod.ID, Kind: store.MethodEmail, Target: casey}

// wastebin is an otp.Sender of mail that nobody reads.
type wastebin struct{}

func (wastebin) Send(context.Context, otp.Message) error { return nil }

// call makes a call from the n-th address, at the n-th instance.
func (g *guesser) call(instance int, from, path string, pairs ...string) (status int, body map[string]any, wait time.Duration) {
	r := httptest.NewRequest(http.MethodPost, strings.TrimPrefix(g.base, g.http.URL)+path, strings.NewReader(form(pairs...)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = from + ":4711"
	rec := httptest.NewRecorder()
	g.instances[instance].ServeHTTP(rec, r)
	_ = json.NewDecoder(io.LimitReader(rec.Body, 1<<20)).Decode(&body)
	seconds, _ := strconv.Atoi(rec.Header().Get("Retry-After"))
	return rec.Code, body, time.Duration(seconds) * time.Second
}

// from is one of the addresses.
func (g *guesser) from() string {
	n := g.random.IntN(g.addresses)
	return fmt.Sprintf("198.18.%d.%d", n/250, n%250)
}

func (g *guesser) instance() int { return g.random.IntN(len(g.instances)) }

// begin opens a flow.
func (g *guesser) begin(kind codeFlowKind, client string) bool {
	g.kind, g.client = kind, client
	_, body, _ := g.call(g.instance(), g.from(), kind.start, "client_id", client, "username", casey, "challenge_type", native)
	g.flow, _ = body["continuation_token"].(string)
	return g.flow != ""
}

// send asks the flow for a code. It returns how long the next has to wait, and the way to give it.
func (g *guesser) send() (code *heldCode, wait time.Duration) {
	status, body, wait := g.call(g.instance(), g.from(), g.kind.challenge, "client_id", g.client, "continuation_token", g.flow)
	token, _ := body["continuation_token"].(string)
	if status != http.StatusOK || token == "" {
		return nil, max(wait, time.Second)
	}
	g.flow = token
	kind, client := g.kind, g.client
	return &heldCode{at: g.clock.now(), give: func(code string) int {
		status, _, _ := g.call(g.instance(), g.from(), kind.give, "client_id", client, "continuation_token", token, "grant_type", "oob", "oob", code)
		return status
	}}, time.Minute
}

// guess tries a code until no more is compared.
func (g *guesser) guess(c *heldCode) {
	for _, code := range g.guesses() {
		c.give(code)
	}
}

// guesses are as many as a code has tries, and one more.
func (g *guesser) guesses() (list []string) {
	for range otp.Tries + 1 {
		list = append(list, fmt.Sprintf("%08d", 1+g.random.IntN(otp.Codes-1)))
	}
	return list
}

// second is once for the code of a second factor: the attacker has casey's password.
func (g *guesser) second() time.Duration {
	post := func(path string, pairs ...string) (token string, wait time.Duration) {
		_, body, wait := g.call(g.instance(), g.from(), path, append([]string{"client_id", guarded}, pairs...)...)
		token, _ = body["continuation_token"].(string)
		return token, wait
	}
	token, _ := post(inStart, "username", casey, "challenge_type", every, "capabilities", able)
	token, _ = post(inChallenge, "continuation_token", token)
	token, _ = post(inToken, "continuation_token", token, "grant_type", "password", "password", harbor)
	sent, wait := post(inChallenge, "continuation_token", token)
	if sent == "" {
		return max(wait, time.Second)
	}
	g.seconds++
	g.guess(&heldCode{give: func(code string) int {
		status, _, _ := g.call(g.instance(), g.from(), inToken, "client_id", guarded, "continuation_token", sent, "grant_type", "mfa_oob", "oob", code)
		return status
	}})
	return time.Minute
}

// once sends a code in a flow of its own and guesses. It returns how long the next has to wait.
func (g *guesser) once(kind codeFlowKind, client string) time.Duration {
	if !g.begin(kind, client) {
		return time.Minute
	}
	code, wait := g.send()
	if code != nil {
		g.guess(code)
	}
	return wait
}

// ask asks an instance for a code, from an address, and returns the way to give it.
func (g *guesser) ask(instance int, from string) (code *heldCode, wait time.Duration) {
	_, body, _ := g.call(instance, from, inStart, "client_id", plain, "username", casey, "challenge_type", native)
	token, _ := body["continuation_token"].(string)
	status, body, wait := g.call(instance, from, inChallenge, "client_id", plain, "continuation_token", token)
	if status != http.StatusOK {
		return nil, wait
	}
	token, _ = body["continuation_token"].(string)
	return &heldCode{give: func(code string) int {
		status, _, _ := g.call(instance, from, inToken, "client_id", plain, "continuation_token", token, "grant_type", "oob", "oob", code)
		return status
	}}, time.Minute
}

// entersAtHome is casey, who signs in from home.
func (g *guesser) entersAtHome() {
	_, body, _ := g.call(0, home, inStart, "client_id", keyed, "username", casey, "challenge_type", every)
	token, _ := body["continuation_token"].(string)
	_, body, _ = g.call(0, home, inChallenge, "client_id", keyed, "continuation_token", token)
	token, _ = body["continuation_token"].(string)
	status, _, _ := g.call(0, home, inToken, "client_id", keyed, "continuation_token", token, "grant_type", "password", "password", harbor)
	require.Equal(g, http.StatusOK, status)
}

const mixed = "all kinds of flows"

// strategies are what the attacker does at each step. It returns the time until the next.
var strategies = []struct {
	name string
	step func(g *guesser) time.Duration
}{
	{"one flow", func(g *guesser) time.Duration {
		if g.flow == "" && !g.begin(signsIn, plain) {
			return time.Minute
		}
		code, wait := g.send()
		if code != nil {
			g.guess(code)
		} else if wait > time.Minute {
			g.flow = "" // it has no more
		}
		return min(wait, time.Minute)
	}},
	{"a new flow for each code", func(g *guesser) time.Duration { return g.once(signsIn, plain) }},
	{"a storm of resends", func(g *guesser) time.Duration {
		if g.flow == "" && !g.begin(signsIn, plain) {
			return time.Minute
		}
		for range 4 {
			if code, _ := g.send(); code != nil {
				g.guess(code)
			}
		}
		if g.random.IntN(4) == 0 {
			g.flow = ""
		}
		return 95 * time.Second
	}},
	{"several clients", func(g *guesser) time.Duration {
		return g.once(signsIn, []string{plain, keyed, asking, both}[g.random.IntN(4)])
	}},
	{mixed, func(g *guesser) time.Duration {
		switch g.random.IntN(4) {
		case 0:
			return g.once(resets, keyed)
		case 1:
			return g.once(signsUp, plain)
		case 2:
			return g.second()
		}
		return g.once(signsIn, plain)
	}},
	{"three instances at once", func(g *guesser) time.Duration {
		waits := make([]time.Duration, len(g.instances))
		var all sync.WaitGroup
		for i := range g.instances {
			from, guesses := g.from(), g.guesses()
			all.Go(func() {
				code, wait := g.ask(i, from)
				if waits[i] = wait; code == nil {
					return
				}
				for _, guess := range guesses {
					code.give(guess)
				}
			})
		}
		all.Wait()
		return min(slices.Min(waits), 10*time.Minute)
	}},
	{"at the edges of windows", func(g *guesser) time.Duration {
		now := g.clock.now()
		for len(g.held) > 0 && now.Sub(g.held[0].at) >= 10*time.Minute-2*time.Second {
			g.guess(&g.held[0]) // at its last moment
			g.held = g.held[1:]
		}
		if g.begin(signsIn, plain) {
			if code, _ := g.send(); code != nil {
				g.held = append(g.held, *code)
			}
		}
		return 59*time.Second + 900*time.Millisecond // ten of which are just less than a code lives
	}},
	{"beside the victim's own sign-ins", func(g *guesser) time.Duration {
		if now := g.clock.now(); !now.Before(g.next) {
			g.next = now.Add(6 * time.Hour)
			code, _ := g.ask(0, home)
			require.NotNil(g, code, "the owner is kept out")
			require.Equal(g, http.StatusOK, code.give(fixedCode))
			return time.Minute
		}
		return g.once(signsIn, plain)
	}},
	{"from the victim's own address", func(g *guesser) time.Duration {
		code, wait := g.ask(0, home)
		if code != nil {
			g.guess(code)
		}
		return wait
	}},
}

func TestT4_GuessingAtOneAccount(t *testing.T) {
	crowds := []int{1, 100, 10_000}
	for i, s := range strategies {
		guesses, mails := 0, 0
		for j, crowd := range crowds {
			if !long && j != i%len(crowds) {
				continue
			}
			for _, days := range []int{1, 3} {
				if !long && days == 1 {
					continue // the three hold it
				}
				g := newGuesser(t, crowd)
				g.attack(s.step, time.Duration(days)*24*time.Hour)
				require.Equal(t, s.name == mixed, g.seconds > 0, s.name)
				guesses, mails = max(guesses, inADay(g.compared)), max(mails, inADay(g.mails))
			}
		}
		figure(t, "T4 guesses in any 24 h, "+s.name+",", guesses, "guesses", 173)
		figure(t, "T4 mails in any 24 h, "+s.name+",", mails, "mails", 73)
		require.Greater(t, guesses, 100, "%s: nobody was in the way", s.name)
	}
}

// attack lets the attacker have their way for a time. Casey has signed in before.
func (g *guesser) attack(step func(g *guesser) time.Duration, d time.Duration) {
	g.entersAtHome()
	for end := g.clock.now().Add(d); g.clock.now().Before(end); {
		wait := step(g)
		g.clock.pass(max(time.Second, min(wait, 30*time.Minute)))
	}
}

// inADay is how many of some times lie within any 24 hours.
func inADay(at []time.Time) (n int) {
	first := 0
	for i := range at {
		for at[i].Sub(at[first]) >= 24*time.Hour {
			first++
		}
		n = max(n, i-first+1)
	}
	return n
}
