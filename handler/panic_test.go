package handler_test

import (
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/internal/figures"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// T23 and S6 of the security requirements: whatever a host brings along panics, at each place where it is called. The
// process goes on, and so does all that it serves. It is a process of its own, so that its end can be counted.

// mine is a part of a host that panics at one of its calls.
type mine struct {
	mu     sync.Mutex
	calls  map[string]int // of the flow, by the name of the part
	armed  string         // the part that panics
	who    string         // whose mails count
	left   int            // calls of it before it does
	round  int            // so often it was armed
	struck int            // the round in which it panicked last
}

func (m *mine) arm(part string, n int, who string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls, m.armed, m.left, m.who = map[string]int{}, part, n, who
	m.round++
}

// step is what each call of the host's parts comes by.
func (m *mine) step(part string) {
	m.mu.Lock()
	m.calls[part]++
	strikes := part == m.armed && m.calls[part] == m.left+1
	if strikes {
		m.struck, m.armed = m.round, ""
	}
	boom := m.boom()
	m.mu.Unlock()
	if strikes {
		panic(boom)
	}
}

// boom is what it says in this round.
func (m *mine) boom() string { return fmt.Sprintf("boom %d!", m.round) }

func (m *mine) hasStruck() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.struck == m.round
}

// of tells whether a message is of the flow that is under way: others may have been late.
func (m *mine) of(msg otp.Message) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return strings.Contains(string(msg.To), m.who)
}

// counted is how often each part was called since it was armed.
func (m *mine) counted() map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.calls)
}

// minedSessions are a host's own store of sessions.
type minedSessions struct {
	scs.CtxStore
	*mine
}

func (s minedSessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	s.step("Sessions.Find")
	return s.CtxStore.FindCtx(ctx, token)
}

func (s minedSessions) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	s.step("Sessions.Commit")
	return s.CtxStore.CommitCtx(ctx, token, b, expiry)
}

func (s minedSessions) DeleteCtx(ctx context.Context, token string) error {
	s.step("Sessions.Delete")
	return s.CtxStore.DeleteCtx(ctx, token)
}

// mined is a server all parts of which can panic.
type mined struct {
	*trip
	*mine
	who    string // whose flow it is
	people int
	harm   []string // answers that should not have been

	sending atomic.Int64 // mails that are on their way
	sent    atomic.Int64 // that were, of the flow
	held    atomic.Pointer[func()]
}

func newMined(t *testing.T) *mined {
	t.Helper()
	m := &mined{mine: &mine{calls: map[string]int{}}}
	m.trip = newTrip(t, secondFactors, withAuth0, withTencent, withDevices, withServers, withBadges, m.lay)
	m.serve("/me", m.auth.RequireSession()(whoami))
	m.serve("/api", m.auth.RequireToken()(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	return m
}

// lay puts mines into all that a config has room for.
func (m *mined) lay(c *handler.Config) {
	c.State.(*fault).mine = m.mine
	asks := func(name string, due bool) handler.SecondFactor {
		return func(context.Context, handler.SecondFactorRequest) (bool, error) { m.step(name); return due, nil }
	}
	for i := range c.Clients {
		client := &c.Clients[i]
		if client.SecondFactor != nil {
			client.SecondFactor = asks("Client.SecondFactor", true)
		}
		if client.Auth0 != nil {
			client.Auth0 = &handler.Auth0{Realms: client.Auth0.Realms, Audience: client.Auth0.Audience, Rule: func(_ context.Context, r handler.Auth0RuleRequest) ([]string, error) {
				m.step("Auth0.Rule")
				return r.Scopes, nil
			}}
		}
	}
	inner := c.Grants[badge]
	c.Grants[badge] = handler.GrantFunc(func(ctx context.Context, r handler.GrantRequest) (handler.GrantResult, error) {
		m.step("Grant.Redeem")
		return inner.Redeem(ctx, r)
	})
	c.SecondFactor = asks("SecondFactor", false)
	c.Gate = func(context.Context, handler.GateRequest) error { m.step("Gate"); return nil }
	c.FixedCodes = func(otp.Address) string { m.step("FixedCodes"); return fixedCode }
	c.Passwords.Breached = func(context.Context, string) (bool, error) { m.step("Passwords.Breached"); return false, nil }
	c.Events = []handler.EventSink{handler.EventFunc(func(context.Context, handler.Event) { m.step("Events") })}
	c.Messages.Layout = template.Must(template.New("").Funcs(template.FuncMap{"logo": func() string { m.step("Messages.Layout"); return "" }}).Parse(`{{logo}}{{.Code}}`))
	box := c.Sender
	c.Sender = posted(func(ctx context.Context, msg otp.Message) error {
		m.sending.Add(1)
		defer m.sending.Add(-1)
		if !m.of(msg) {
			return nil
		}
		defer m.sent.Add(1)
		m.step("Sender.Send")
		if hold := m.held.Load(); hold != nil {
			(*hold)()
		}
		if msg.Channel == otp.Email && !strings.Contains(msg.HTML(), msg.Code) {
			return fmt.Errorf("a mail without its code: %w", otp.ErrRejected)
		}
		return box.Send(ctx, msg)
	})
	c.Sessions = handler.NewSessions(c.State)
	c.Sessions.Store = minedSessions{c.Sessions.Store.(scs.CtxStore), m.mine}
	c.Sessions.Cookie.Name, c.Sessions.Cookie.Secure = cookieName, false
	c.Limits = handler.Limits{StartsPerMinute: 10_000, StartsPerHour: 100_000, SignalsPerHour: 100_000}
}

// stopped ends a flow that was answered by a 500.
type stopped struct{}

// runs runs a flow and tells whether it came to its end.
func (m *mined) runs(flow func(*mined)) (done bool) {
	defer func() {
		if p := recover(); p != nil {
			if _, ok := p.(stopped); !ok {
				panic(p)
			}
		}
	}()
	flow(m)
	return true
}

// sends makes a call. A 500 ends the flow, and anything that is neither that nor what the flow expects is noted.
func (m *mined) sends(method, url, bearer string, client *http.Client, body string, want ...int) map[string]any {
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	require.NoError(m, err)
	r.Header.Set("Content-Type", formMedia)
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if bearer != "" {
		r.Header.Set("Authorization", bearer)
	}
	resp, err := client.Do(r)
	if err != nil {
		m.harm = append(m.harm, fmt.Sprintf("%s: %v", url, err))
		panic(stopped{})
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	if strings.Contains(string(text), "boom") || strings.Contains(string(text), "goroutine") {
		m.harm = append(m.harm, fmt.Sprintf("%s tells of it: %s", url, text))
	}
	var answer map[string]any
	isJSON := json.Unmarshal(text, &answer) == nil
	switch {
	case resp.StatusCode == 500 && (isJSON || strings.HasSuffix(url, "/device")):
		panic(stopped{})
	case resp.StatusCode == 503 && strings.HasSuffix(url, "/me"): // as a middleware says it
		panic(stopped{})
	case !slices.Contains(append(want, 200), resp.StatusCode):
		m.harm = append(m.harm, fmt.Sprintf("%s: %d %s", url, resp.StatusCode, text))
		panic(stopped{})
	}
	return answer
}

// posts makes a call of the API and returns what a member of its answer says.
func (m *mined) posts(path, member string, pairs ...string) string {
	return m.asks(path, member, "", pairs...)
}

func (m *mined) asks(path, member, authorization string, pairs ...string) string {
	answer := m.sends("POST", m.base+path, authorization, caller, form(pairs...), 400, 403)
	text, _ := answer[member].(string)
	if text == "" && member != "" {
		m.harm = append(m.harm, fmt.Sprintf("%s: no %s in %v", path, member, answer))
		panic(stopped{})
	}
	return text
}

const ct = "continuation_token"

// entered is a sign-in with a password that is not finished yet.
func (m *mined) entered(client, member string) string {
	start := m.posts(inStart, ct, "client_id", client, "username", m.who, "challenge_type", every, "capabilities", able)
	start = m.posts(inChallenge, ct, "client_id", client, ct, start)
	return m.posts(inToken, member, "client_id", client, ct, start, "grant_type", "password", "password", harbor)
}

// codedIn is a sign-in with a code.
func (m *mined) codedIn(client, member string) string {
	start := m.posts(inStart, ct, "client_id", client, "username", m.who, "challenge_type", native)
	start = m.posts(inChallenge, ct, "client_id", client, ct, start)
	return m.posts(inToken, member, "client_id", client, ct, start, "grant_type", "oob", "oob", fixedCode)
}

// minedFlows are flows that call every part of a host. Somebody has an account with a password in each.
var minedFlows = []struct {
	name  string
	mails int64
	run   func(m *mined)
}{
	{"sign-up", 1, func(m *mined) {
		m.who = "new-" + m.who
		start := m.posts(upStart, ct, "client_id", both, "username", m.who, "challenge_type", every, "password", harbor)
		start = m.posts(upChallenge, ct, "client_id", both, ct, start)
		m.posts(upContinue, "", "client_id", both, ct, start, "grant_type", "oob", "oob", "12345678")
		next := m.posts(upContinue, ct, "client_id", both, ct, start, "grant_type", "oob", "oob", fixedCode)
		next = m.posts(upContinue, ct, "client_id", both, ct, next, "grant_type", "attributes", "attributes", `{"city":"Bern"}`)
		m.posts(inToken, "access_token", "client_id", both, ct, next, "grant_type", "continuation_token", "username", m.who)
	}},
	{"sign-in by a code", 1, func(m *mined) {
		refresh := m.codedIn(plain, "refresh_token")
		refresh = m.posts(inToken, "refresh_token", "client_id", plain, "grant_type", "refresh_token", "refresh_token", refresh)
		m.asks(inspect, "", basic(backend, newSecret), "token", refresh)
		m.asks(revoke, "", "", "client_id", plain, "token", refresh)
	}},
	{"sign-in by a password", 0, func(m *mined) {
		start := m.posts(inStart, ct, "client_id", keyed, "username", m.who, "challenge_type", every)
		start = m.posts(inChallenge, ct, "client_id", keyed, ct, start)
		m.posts(inToken, "", "client_id", keyed, ct, start, "grant_type", "password", "password", "wrong")
		access := m.posts(inToken, "access_token", "client_id", keyed, ct, start, "grant_type", "password", "password", harbor)
		m.asks(inspect, "", basic(backend, newSecret), "token", access)
		m.sends("GET", m.base+userInfos[0], "Bearer "+access, caller, "")
		m.sends("GET", m.http.URL+"/api", "Bearer "+access, caller, "")
	}},
	{"reset", 2, func(m *mined) {
		start := m.posts(reStart, ct, "client_id", keyed, "username", m.who, "challenge_type", every)
		start = m.posts(reChallenge, ct, "client_id", keyed, ct, start)
		start = m.posts(reContinue, ct, "client_id", keyed, ct, start, "grant_type", "oob", "oob", fixedCode)
		start = m.posts(reSubmit, ct, "client_id", keyed, ct, start, "new_password", harbor+", next")
		start = m.posts(rePoll, ct, "client_id", keyed, ct, start)
		m.posts(inToken, "access_token", "client_id", keyed, ct, start, "grant_type", "continuation_token")
	}},
	{"registration of an app", 1, func(m *mined) {
		start := m.posts("/register/v1.0/introspect", ct, "client_id", fresh, ct, m.entered(fresh, ct))
		asked := m.sends("POST", m.base+"/register/v1.0/challenge", "", caller, form("client_id", fresh, ct, start, "challenge_type", "oob", "challenge_target", "", "challenge_channel", "totp"))
		uri, _ := asked["otpauth_uri"].(string)
		start, _ = asked[ct].(string)
		start = m.posts("/register/v1.0/continue", ct, "client_id", fresh, ct, start, "grant_type", "oob", "oob", m.shown(uri))
		m.posts(inToken, "access_token", "client_id", fresh, ct, start, "grant_type", "continuation_token")
		m.clock.pass(time.Minute)
		again := m.posts(inChallenge, ct, "client_id", fresh, ct, m.entered(fresh, ct))
		m.posts(inToken, "access_token", "client_id", fresh, ct, again, "grant_type", "mfa_oob", "oob", m.shown(uri))
	}},
	{"registration of an address", 3, func(m *mined) {
		start := m.posts("/register/v1.0/introspect", ct, "client_id", fresh, ct, m.entered(fresh, ct))
		start = m.posts("/register/v1.0/challenge", ct, "client_id", fresh, ct, start, "challenge_type", "oob", "challenge_target", "second-"+m.who, "challenge_channel", "email")
		start = m.posts("/register/v1.0/continue", ct, "client_id", fresh, ct, start, "grant_type", "oob", "oob", fixedCode)
		m.posts(inToken, "access_token", "client_id", fresh, ct, start, "grant_type", "continuation_token")
		m.clock.pass(time.Minute)
		again := m.posts(inChallenge, ct, "client_id", fresh, ct, m.posts("/oauth2/v2.0/introspect", ct, "client_id", fresh, ct, m.entered(fresh, ct)))
		m.posts(inToken, "access_token", "client_id", fresh, ct, again, "grant_type", "mfa_oob", "oob", fixedCode)
	}},
	{"Auth0", 0, func(m *mined) {
		refresh := m.posts(auth0Token, "refresh_token", "client_id", passwordApp, "grant_type", "password", "username", m.who, "password", harbor, "scope", "openid offline_access")
		m.posts(auth0Token, "access_token", "client_id", passwordApp, "grant_type", "refresh_token", "refresh_token", refresh)
	}},
	{"Auth0 with a second factor", 1, func(m *mined) {
		u, err := m.store.UserByUsername(m.Context(), m.who)
		require.NoError(m, err)
		u.Methods = []store.Method{{ID: mailMethod.ID, Kind: store.MethodEmail, Target: "second-" + m.who}}
		require.NoError(m, m.store.UpdateUser(m.Context(), u))
		mfa := m.posts(auth0Token, "mfa_token", "client_id", guardedApp, "grant_type", "password", "username", m.who, "password", harbor)
		m.sends("GET", m.base+mfaAuthenticators, "Bearer "+mfa, caller, "")
		oob := m.posts(mfaChallenge, "oob_code", "client_id", guardedApp, "mfa_token", mfa, "challenge_type", "oob")
		m.posts(auth0Token, "access_token", "client_id", guardedApp, "grant_type", byOOB, "mfa_token", mfa, "oob_code", oob, "binding_code", fixedCode)
	}},
	{"Tencent", 1, func(m *mined) {
		asked := m.posts(otpSend, "otp_token", "client_id", mobile, "email", m.who, "auth_source_id", viaMail)
		m.posts(otpToken, "access_token", "client_id", mobile, "email", m.who, "auth_source_id", viaMail, "grant_type", handler.GrantOTPEmail, "otp_token", asked, "otp", fixedCode)
	}},
	{"device", 1, func(m *mined) {
		asked := m.sends("POST", m.base+deviceCodes[0], "", caller, form("client_id", television))
		device, _ := asked["device_code"].(string)
		user, _ := asked["user_code"].(string)
		poll := []string{"client_id", television, "grant_type", deviceGrant, "device_code", device}
		m.posts(inToken, "", poll...)
		access := m.codedIn(remote, "access_token")
		for _, action := range []string{"", "approve"} {
			m.asks(decide, "", "Bearer "+access, "user_code", user, "action", action)
		}
		m.clock.pass(10 * time.Second)
		m.posts(inToken, "access_token", poll...)
	}},
	{"session", 1, func(m *mined) {
		b := m.browse()
		start := m.posts(inStart, ct, "client_id", paged, "username", m.who, "challenge_type", native)
		start = m.posts(inChallenge, ct, "client_id", paged, ct, start)
		m.sends("POST", m.base+inToken, "", b.client, form("client_id", paged, ct, start, "grant_type", "oob", "oob", fixedCode))
		m.clock.pass(time.Minute)
		m.sends("GET", m.http.URL+"/me", "", b.client, "")
		asked := m.sends("POST", m.base+deviceCodes[0], "", caller, form("client_id", television))
		user, _ := asked["user_code"].(string)
		m.sends("POST", m.base+"/device", "", b.client, form("user_code", user))
		m.sends("POST", m.base+"/device", "", b.client, form("user_code", user, "action", "deny"))
		m.sends("POST", m.base+"/oauth2/logout", "", b.client, "", 204, 303)
	}},
	{"a grant of the host", 0, func(m *mined) {
		m.posts(inToken, "access_token", "client_id", doorman, "grant_type", badge, "badge", m.idOf(m.who))
	}},
	{"a password in one call", 0, func(m *mined) {
		m.sends("POST", m.base+inToken, "", m.browse().client, form("client_id", paged, "grant_type", "password", "username", m.who, "password", harbor))
	}},
	{"documents", 0, func(m *mined) {
		for _, path := range documents {
			m.sends("GET", m.base+path, "", caller, "")
		}
	}},
}

// somebody makes an account for the next flow.
func (m *mined) somebody() {
	m.people++
	m.who, m.harm = fmt.Sprintf("p%d@contoso.com", m.people), nil
	require.NoError(m, m.store.CreateUser(m.Context(), store.User{ID: fmt.Sprint("id-", m.people), Username: m.who, Email: m.who, PasswordHash: hashOf(m.T, harbor)}))
}

// begins gets ready for a flow, to which nothing is left of the one before.
func (m *mined) begins() {
	m.somebody()
	m.arm("", 0, m.who)
	require.True(m, within(soon, func() bool { return m.sending.Load() == 0 }))
	m.clock.pass(time.Minute) // what is looked up once in a while is looked up in each flow
	m.log.mu.Lock()
	defer m.log.mu.Unlock()
	m.log.b.Reset()
}

// site is a place where a part is called: the n-th time in a flow, from 0.
type site struct {
	flow int
	part string
	n    int
}

func (s site) String() string {
	return fmt.Sprintf("%s: %s %d", minedFlows[s.flow].name, s.part, s.n+1)
}

// sites are all that there are. Each flow runs once, and all of it is well.
func (m *mined) sites() (list []site) {
	for _, f := range minedFlows { // what is done once is done now
		m.begins()
		require.True(m, m.runs(f.run), "%s: %v", f.name, m.harm)
		m.settle()
	}
	for i, f := range minedFlows {
		m.begins()
		m.sent.Store(0)
		require.True(m, m.runs(f.run), "%s: %v", f.name, m.harm)
		m.settle()
		require.True(m, within(soon, func() bool { return m.sent.Load() == f.mails }), "%s: %v", f.name, m.counted())
		for _, part := range slices.Sorted(maps.Keys(m.counted())) {
			for n := range m.counted()[part] {
				list = append(list, site{i, part, n})
			}
		}
	}
	return list
}

// outside are the parts that answer nobody: a call goes on as if they had not panicked.
var outside = []string{"Events", "Sender.Send", "Messages.Layout"}

// survives lets a part panic at one place, and tells what is wrong afterwards.
func (m *mined) survives(s site) (wrong []string) {
	m.begins()
	m.arm(s.part, s.n, m.who)
	done := m.runs(minedFlows[s.flow].run)
	m.settle()
	wrong = m.harm
	if !within(soon, m.hasStruck) {
		return append(wrong, "it did not panic")
	}
	if s.part == "Messages.Layout" {
		return wrong // the package of templates makes an error of it, and the mail leaves without the layout
	}
	logged := func() bool { return strings.Contains(m.log.String(), m.boom()) }
	if !within(soon, logged) {
		wrong = append(wrong, "nothing is logged")
	}
	beside := slices.Contains(outside, s.part) || strings.Contains(m.log.String(), "beside a call that went on")
	if done != beside {
		wrong = append(wrong, fmt.Sprintf("the flow came to its end: %v", done))
	}
	return wrong
}

// within tells whether something comes to be so in time.
func within(d time.Duration, so func() bool) bool {
	for end := time.Now().Add(d); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

// toll is what all the panics have come to.
type toll struct {
	Sites, Wrong, Broken, Goroutines, Refused, Workers int
	Parts                                              map[string]int
}

// blowUp lets all parts panic at each place from the n-th on, one after the other.
func (m *mined) blowUp(n int) (all toll) {
	list := m.sites()
	before := goroutines()
	all.Parts = map[string]int{}
	for i, s := range list {
		all.Parts[s.part]++
		if i < n {
			continue
		}
		fmt.Println(underWay, i, s)
		if wrong := m.survives(s); len(wrong) > 0 {
			m.Logf("%v: %v", s, wrong)
			all.Wrong++
		}
		if all.Wrong == 10 {
			break // more are as bad as that
		}
	}
	all.Sites = len(list)
	for _, f := range minedFlows {
		m.begins()
		if !m.runs(f.run) {
			all.Broken++
		}
	}
	all.Refused, all.Workers = m.refusals(8), m.workers()
	within(soon, func() bool { return goroutines() <= before })
	all.Goroutines = max(0, goroutines()-before)
	return all
}

// goroutines is how many there are beside those of connections.
func goroutines() int {
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	return runtime.NumGoroutine()
}

// refusals is how many of n sign-ins with a password at once are refused: there is room for all, unless panics have taken it.
func (m *mined) refusals(n int) int {
	var tokens []string
	for range n {
		m.somebody()
		start := m.posts(inStart, ct, "client_id", keyed, "username", m.who, "challenge_type", every)
		tokens = append(tokens, m.posts(inChallenge, ct, "client_id", keyed, ct, start))
	}
	var refused atomic.Int64
	var all sync.WaitGroup
	for _, token := range tokens {
		all.Go(func() {
			resp, err := caller.Post(m.base+inToken, formMedia, strings.NewReader(form("client_id", keyed, ct, token, "grant_type", "password", "password", harbor)))
			if err != nil {
				refused.Add(1)
				return
			}
			defer resp.Body.Close()
			if text, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
				m.Logf("a sign-in is refused: %s", text)
				refused.Add(1)
			}
		})
	}
	all.Wait()
	return int(refused.Load())
}

// mailWorkers is how many messages are on their way at once: see otp.Queue.
const mailWorkers = 8

// workers is how many of the queue's workers can be at work at once.
func (m *mined) workers() int {
	var at atomic.Int64
	full := make(chan struct{})
	hold := func() {
		if at.Add(1) == mailWorkers {
			close(full)
		}
		select {
		case <-full:
		case <-time.After(soon):
		}
	}
	m.arm("", 0, "")
	m.held.Store(&hold)
	for range mailWorkers {
		m.somebody()
		start := m.posts(inStart, ct, "client_id", plain, "username", m.who, "challenge_type", native)
		m.posts(inChallenge, ct, "client_id", plain, ct, start)
	}
	within(soon/2, func() bool { return at.Load() >= mailWorkers })
	m.held.Store(nil)
	return int(at.Load())
}

const (
	blownUp  = "NATIVEAUTH_BLOWN_UP" // set in the process that the panics are in, to the first place
	underWay = "under way:"
	atTheEnd = "at the end:"
)

func TestT23_NoPanicOfAHostEndsAnything(t *testing.T) {
	if from := os.Getenv(blownUp); from != "" {
		n, err := strconv.Atoi(from)
		require.NoError(t, err)
		report, err := json.Marshal(newMined(t).blowUp(n))
		require.NoError(t, err)
		fmt.Println(atTheEnd, string(report))
		return
	}
	t.Parallel()
	var all toll
	ended := 0
	for from := 0; ended < 5; ended++ { // more are as bad as that
		report, last, said := explode(t, from)
		if report != nil {
			require.NoError(t, json.Unmarshal(report, &all))
			break
		}
		t.Errorf("the process ended at place %d: %s", last, said)
		from = last + 1
	}
	figures.Report(t, "T23 parts of a host that panic", len(all.Parts), "parts", figures.AtLeast(20))
	figures.Report(t, "T23 places where one is called, and panics", all.Sites, "places", figures.AtLeast(500))
	figure(t, "T23 ends of the host's process", ended, "processes", 0)
	figure(t, "T23 panics that are not logged, or whose answer is not a plain 500", all.Wrong, "panics", 0)
	figure(t, "T23 flows that do not work afterwards, of "+strconv.Itoa(len(minedFlows)), all.Broken, "flows", 0)
	figure(t, "T23 sign-ins that find no room for their hash afterwards, of 8 at once", all.Refused, "sign-ins", 0)
	figures.Report(t, "T23 workers of the queue of mails afterwards", all.Workers, "workers", figures.Exactly(mailWorkers))
	figure(t, "T23 goroutines left", all.Goroutines, "goroutines", 0)
}

// explode runs the panics in a process of their own, from the n-th place on. There is no report if that came to its end; last is
// then where.
func explode(t *testing.T, from int) (report []byte, last int, said string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=5m")
	c.Env = append(os.Environ(), blownUp+"="+strconv.Itoa(from))
	out, err := c.CombinedOutput()
	last = -1
	for line := range strings.Lines(string(out)) {
		if text, ok := strings.CutPrefix(line, atTheEnd); ok {
			report = []byte(text)
		}
		if text, ok := strings.CutPrefix(line, underWay); ok {
			_, scanErr := fmt.Sscan(text, &last)
			require.NoError(t, scanErr)
			said = text
			continue
		}
		if strings.Contains(line, "_test.go:") || strings.HasPrefix(line, "panic:") {
			t.Log(strings.TrimSpace(line))
		}
	}
	if report == nil && last < from {
		require.NoError(t, err, "%s", out)
	}
	return report, last, said
}
