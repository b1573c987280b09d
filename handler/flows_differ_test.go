package handler_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// The same histories over HTTP and in process, on two worlds that know nothing of each other: whatever is answered, sent,
// told and counted is the same.

// seen is what a player gets to see of a move.
type seen struct {
	need      handler.Need
	challenge handler.Challenge
	methods   []handler.Method
	asked     []string // names of attributes
	recovery  int
	scope     string
	code, sub string // of the error
	number    int
	status    int
	wait      time.Duration
	invalid   []string
}

// player goes through flows. Pages are numbered as they come; a move is made from any of them.
type player interface {
	signIn(user string) seen
	signUp(user, password string, attributes map[string]string) seen
	reset(user string) seen
	code(page int, text string) seen
	password(page int, text string) seen
	attributes(page int, values map[string]string) seen
	sendCode(page int) seen
	choose(page, n int) seen // the n-th of the methods
	register(page int, kind, target string) seen
	retry(page int) seen
}

// inProcess plays by Flows.
type inProcess struct {
	*forms
	states  []string
	methods [][]handler.Method
}

func (p *inProcess) see(s handler.FlowStep, err error) seen {
	p.states, p.methods = append(p.states, s.State), append(p.methods, s.Methods)
	v := seen{need: s.Needs, challenge: s.Challenge, methods: s.Methods, recovery: len(s.Recovery)}
	for _, a := range s.Attributes {
		v.asked = append(v.asked, a.Name)
	}
	if s.Tokens != nil {
		v.scope = s.Tokens.Scope
	}
	var e *handler.FlowError
	if errors.As(err, &e) {
		v.code, v.sub, v.number, v.status, v.wait = e.Code, e.SubError, e.Number, e.Status, e.RetryAfter
		for _, one := range e.Invalid {
			v.invalid = append(v.invalid, one.Name)
		}
	} else {
		require.NoError(p, err)
	}
	return v
}

func (p *inProcess) signIn(user string) seen { return p.see(p.SignIn(p.ctx, user)) }
func (p *inProcess) reset(user string) seen  { return p.see(p.Reset(p.ctx, user)) }
func (p *inProcess) signUp(user, password string, attributes map[string]string) seen {
	return p.see(p.SignUp(p.ctx, handler.SignUp{Username: user, Password: password, Attributes: attributes}))
}
func (p *inProcess) code(page int, text string) seen {
	return p.see(p.Code(p.ctx, p.states[page], text))
}
func (p *inProcess) password(page int, text string) seen {
	return p.see(p.Password(p.ctx, p.states[page], text))
}
func (p *inProcess) attributes(page int, values map[string]string) seen {
	return p.see(p.Attributes(p.ctx, p.states[page], values))
}
func (p *inProcess) sendCode(page int) seen { return p.see(p.SendCode(p.ctx, p.states[page])) }
func (p *inProcess) choose(page, n int) seen {
	return p.see(p.Choose(p.ctx, p.states[page], idOf(p.methods[page], n)))
}
func (p *inProcess) register(page int, kind, target string) seen {
	return p.see(p.Register(p.ctx, p.states[page], kind, target))
}
func (p *inProcess) retry(page int) seen { return p.see(p.Retry(p.ctx, p.states[page])) }

// overHTTP plays as an app does that makes the calls of the contract.
type overHTTP struct {
	*world
	client string
	pages  []appPage
}

// appPage is what an app remembers between two calls.
type appPage struct {
	seen
	flow         string // sign-up, sign-in, reset, second or registration
	token        string
	next         string // the call that needs nobody
	kind, target string // of what is registered
}

func (p *overHTTP) call(path string, more ...string) answer {
	return p.post(path, append([]string{"client_id", p.client}, more...)...)
}

// show remembers a page and says what is seen of it.
func (p *overHTTP) show(g appPage) seen {
	p.pages = append(p.pages, g)
	return g.seen
}

// begin opens a flow, from no page.
func (p *overHTTP) begin(flow, path string, more ...string) seen {
	a := p.call(path, append(more, "challenge_type", every, "capabilities", able)...)
	return p.show(p.goOn(p.after(appPage{}, a, appPage{flow: flow, next: "challenge"})))
}

// after is the page that an answer leads to: next, or the one before with the words of the error, or none.
func (p *overHTTP) after(before appPage, a answer, next appPage) appPage {
	token, _ := a.body["continuation_token"].(string)
	if a.status == 200 && a.body["challenge_type"] != "redirect" {
		if next.token = token; next.next != "" {
			next.need, next.recovery = handler.NeedRetry, before.recovery
		}
		return next
	}
	g := before
	g.code, g.sub, g.number, g.status, g.wait, g.invalid = "", "", 0, a.status, 0, nil
	if a.status == 200 {
		g.code, g.status = "redirect", 400
		return g
	}
	g.code, _ = a.body["error"].(string)
	g.sub, _ = a.body["suberror"].(string)
	g.number = int(a.body["error_codes"].([]any)[0].(float64))
	if text := a.header.Get("Retry-After"); text != "" {
		wait, err := time.ParseDuration(text + "s")
		require.NoError(p, err)
		g.wait = wait
	}
	for _, one := range objectsIn(a, "invalid_attributes") {
		g.invalid = append(g.invalid, one["name"].(string))
	}
	retry := seen{need: handler.NeedRetry, recovery: before.recovery}
	switch {
	case g.code == "credential_required":
		return appPage{seen: retry, flow: before.flow, token: token, next: "challenge"}
	case g.code == "attributes_required":
		g = appPage{seen: seen{need: handler.NeedAttributes}, flow: before.flow, token: token}
		for _, one := range objectsIn(a, "required_attributes") {
			g.asked = append(g.asked, one["name"].(string))
		}
		return g
	case g.sub == "mfa_required":
		return appPage{seen: retry, flow: before.flow, token: token, next: "introspect"}
	case g.sub == "registration_required":
		return appPage{seen: retry, flow: before.flow, token: token, next: "kinds"}
	case slices.Contains([]int{55200, 552003, 1003037, 50034, 50142, 400002}, g.number):
		return appPage{seen: seen{code: g.code, sub: g.sub, number: g.number, status: g.status}}
	}
	return g
}

// objectsIn reads a list of objects.
func objectsIn(a answer, member string) (all []map[string]any) {
	items, _ := a.body[member].([]any)
	for _, one := range items {
		all = append(all, one.(map[string]any))
	}
	return all
}

// goOn makes the calls that need nobody.
func (p *overHTTP) goOn(g appPage) appPage {
	for g.next != "" && g.code == "" {
		t := []string{"continuation_token", g.token}
		switch g.next {
		case "challenge":
			g = p.challenged(g)
		case "introspect":
			a := p.call("/oauth2/v2.0/introspect", t...)
			g = p.after(g, a, appPage{flow: "second", seen: seen{need: handler.NeedSecondFactor, methods: methodsIn(a)}})
		case "kinds":
			a := p.call("/register/v1.0/introspect", t...)
			g = p.after(g, a, appPage{flow: "registration", seen: seen{need: handler.NeedRegistration, methods: methodsIn(a)}})
		case "poll":
			g = p.after(g, p.call("/resetpassword/v1.0/poll_completion", t...), appPage{flow: g.flow, next: "redeem"})
		case "confirm":
			g = p.registered(g, p.call("/register/v1.0/continue", append(t, "grant_type", "continuation_token")...))
		case "redeem":
			g = p.redeemed(g, "continuation_token")
		}
	}
	return g
}

func methodsIn(a answer) (all []handler.Method) {
	for _, one := range objectsIn(a, "methods") {
		all = append(all, handler.Method{ID: one["id"].(string), Channel: one["challenge_channel"].(string), Hint: one["login_hint"].(string)})
	}
	return all
}

func (p *overHTTP) challenged(g appPage, more ...string) appPage {
	path := map[string]string{"sign-up": "/signup/v1.0/challenge", "reset": "/resetpassword/v1.0/challenge"}[g.flow]
	a := p.call(cmp.Or(path, "/oauth2/v2.0/challenge"), append(more, "continuation_token", g.token)...)
	next := appPage{flow: g.flow, seen: seen{need: handler.NeedCode, methods: g.methods, challenge: challengeIn(a, "challenge_target_label")}}
	if a.body["challenge_type"] == "password" {
		next.seen.need, next.methods = handler.NeedPassword, g.methods
		if g.flow == "sign-up" {
			next.need = handler.NeedNewPassword
		}
	}
	return p.after(g, a, next)
}

func challengeIn(a answer, target string) (c handler.Challenge) {
	if c.Channel, _ = a.body["challenge_channel"].(string); c.Channel == "" {
		return c
	}
	c.Target, _ = a.body[target].(string)
	c.Length = int(a.body["code_length"].(float64))
	c.Wait = time.Minute // of a registration, whose body has no member for it
	if seconds, ok := a.body["interval"].(float64); ok {
		c.Wait = time.Duration(seconds) * time.Second
	}
	return c
}

func (p *overHTTP) registered(g appPage, a answer) appPage {
	codes, _ := a.body["recovery_codes"].([]any)
	next := p.after(g, a, appPage{flow: g.flow, next: "redeem"})
	if a.status == 200 {
		next.recovery = len(codes)
	}
	return next
}

func (p *overHTTP) redeemed(g appPage, grant string, more ...string) appPage {
	a := p.call("/oauth2/v2.0/token", append(more, "continuation_token", g.token, "grant_type", grant)...)
	scope, _ := a.body["scope"].(string)
	return p.after(g, a, appPage{flow: g.flow, seen: seen{need: handler.NeedNothing, scope: scope, recovery: g.recovery}})
}

// from makes a move from a page. Without a token there is none to make.
func (p *overHTTP) from(page int, move func(g appPage) appPage) seen {
	g := p.pages[page]
	if g.token == "" || g.need == handler.NeedNothing {
		return p.show(appPage{seen: seen{number: 55200, status: 400}})
	}
	next := g.next
	g.next, g.seen = "", seen{need: g.need, challenge: g.challenge, methods: g.methods, asked: g.asked, recovery: g.recovery}
	after := move(g)
	if after.token == g.token { // it was refused, and leaves everything as it was
		after.next = next
		return p.show(after)
	}
	return p.show(p.goOn(after))
}

func (p *overHTTP) signIn(user string) seen {
	return p.begin("sign-in", "/oauth2/v2.0/initiate", "username", user)
}
func (p *overHTTP) reset(user string) seen {
	return p.begin("reset", "/resetpassword/v1.0/start", "username", user)
}
func (p *overHTTP) signUp(user, password string, attributes map[string]string) seen {
	return p.begin("sign-up", "/signup/v1.0/start", "username", user, "password", password, "attributes", object(attributes))
}

func object(values map[string]string) string {
	if values == nil {
		return ""
	}
	text, _ := json.Marshal(values) // never fails
	return string(text)
}

func (p *overHTTP) continued(g appPage, grant, value string) appPage {
	name := map[string]string{"oob": "oob"}[grant]
	a := p.call("/signup/v1.0/continue", "continuation_token", g.token, "grant_type", grant, cmp.Or(name, grant), value)
	return p.after(g, a, appPage{flow: g.flow, next: "redeem"})
}

func (p *overHTTP) code(page int, text string) seen {
	return p.from(page, func(g appPage) appPage {
		switch g.flow {
		case "sign-up":
			return p.continued(g, "oob", text)
		case "reset":
			a := p.call("/resetpassword/v1.0/continue", "continuation_token", g.token, "grant_type", "oob", "oob", text)
			return p.after(g, a, appPage{flow: g.flow, seen: seen{need: handler.NeedNewPassword}})
		case "registration":
			return p.registered(g, p.call("/register/v1.0/continue", "continuation_token", g.token, "grant_type", "oob", "oob", text))
		case "second":
			return p.redeemed(g, "mfa_oob", "oob", text)
		}
		return p.redeemed(g, "oob", "oob", text)
	})
}

func (p *overHTTP) password(page int, text string) seen {
	return p.from(page, func(g appPage) appPage {
		switch g.flow {
		case "sign-up":
			return p.continued(g, "password", text)
		case "reset":
			a := p.call("/resetpassword/v1.0/submit", "continuation_token", g.token, "new_password", text)
			return p.after(g, a, appPage{flow: g.flow, next: "poll"})
		}
		return p.redeemed(g, "password", "password", text)
	})
}

func (p *overHTTP) attributes(page int, values map[string]string) seen {
	return p.from(page, func(g appPage) appPage { return p.continued(g, "attributes", object(values)) })
}

func (p *overHTTP) sendCode(page int) seen {
	return p.from(page, func(g appPage) appPage {
		switch g.flow {
		case "registration":
			return p.registering(g, g.kind, g.target)
		case "sign-in":
			return p.challenged(g, "challenge_type", native)
		}
		return p.challenged(g)
	})
}

func (p *overHTTP) choose(page, n int) seen {
	return p.from(page, func(g appPage) appPage { return p.challenged(g, "id", idOf(g.methods, n)) })
}

// idOf is that of the n-th method, or of none.
func idOf(methods []handler.Method, n int) string {
	switch {
	case n < 0:
		return ""
	case n >= len(methods):
		return "none"
	}
	return methods[n].ID
}

// bare is what is seen without the ids, which each world draws itself.
func (v seen) bare() seen {
	v.methods = slices.Clone(v.methods)
	for i := range v.methods {
		v.methods[i].ID = ""
	}
	return v
}

func (p *overHTTP) registering(g appPage, kind, target string) appPage {
	a := p.call("/register/v1.0/challenge", "continuation_token", g.token, "challenge_type", "oob", "challenge_channel", kind, "challenge_target", target)
	if a.body["challenge_type"] == "preverified" {
		return p.after(g, a, appPage{flow: g.flow, next: "confirm"})
	}
	return p.after(g, a, appPage{flow: g.flow, kind: kind, target: target,
		seen: seen{need: handler.NeedCode, methods: g.methods, challenge: challengeIn(a, "challenge_target")}})
}

func (p *overHTTP) register(page int, kind, target string) seen {
	return p.from(page, func(g appPage) appPage { return p.registering(g, kind, target) })
}

func (p *overHTTP) retry(page int) seen {
	g := p.pages[page]
	if g.next == "" {
		return p.show(appPage{seen: seen{number: 55200, status: 400}})
	}
	g.seen = seen{need: g.need, recovery: g.recovery}
	return p.show(p.goOn(g))
}

// journal notes what is counted and written.
type journal struct {
	store.State
	mu    sync.Mutex
	lines []string
}

func (l *journal) note(what, key string, more ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kind, _, _ := strings.Cut(key, "/")
	l.lines = append(l.lines, fmt.Sprint(what, " ", kind, " ", more))
}

// since returns what was noted since the last time, in an order of its own: some calls run side by side.
func (l *journal) since() (lines []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines, l.lines = l.lines, nil
	slices.Sort(lines)
	return lines
}

func (l *journal) Get(ctx context.Context, key string) (store.Entry, error) {
	e, err := l.State.Get(ctx, key)
	l.note("get", key, e.TTL, err)
	return e, err
}

func (l *journal) Put(ctx context.Context, key string, e store.Entry) error {
	err := l.State.Put(ctx, key, e)
	l.note("put", key, e.TTL, err)
	return err
}

func (l *journal) Delete(ctx context.Context, key string, version int64) error {
	err := l.State.Delete(ctx, key, version)
	l.note("delete", key, err)
	return err
}

func (l *journal) Add(ctx context.Context, key string, delta int64, ttl time.Duration) (store.Count, error) {
	c, err := l.State.Add(ctx, key, delta, ttl)
	l.note("add", key, delta, c.Value, c.TTL, err)
	return c, err
}

const eachCode = "24681357"

// stage is a world for a player, with its ear and its journal.
type stage struct {
	*world
	*ear
	*journal
	player
	due int // mails that an event has told of
}

func newStage(t *testing.T, change func(*handler.Config)) *stage {
	s := &stage{journal: &journal{}}
	s.world, s.ear = newEar(t, secondFactors, change, func(c *handler.Config) {
		s.journal.State = c.State
		c.State, c.Limits, c.FixedCodes = s.journal, handler.Limits{}, func(otp.Address) string { return eachCode }
	})
	hash := hashOf(t, harbor)
	for _, u := range []store.User{
		{ID: "casey", Username: casey, Email: casey, PasswordHash: hash, Methods: []store.Method{mailMethod, textMethod}},
		{ID: "dora", Username: "dora@contoso.com", Email: "dora@contoso.com", PasswordHash: hash},
		{ID: "erin", Username: "erin@contoso.com", Email: "erin@contoso.com"},
		{ID: "finn", Username: "finn@contoso.com", Email: "finn@contoso.com", PasswordHash: hash, MustChangePassword: true},
		{ID: "gone", Username: "gone@contoso.com", Email: "gone@contoso.com", PasswordHash: hash, Disabled: true},
	} {
		require.NoError(t, s.store.CreateUser(t.Context(), u))
	}
	return s
}

// told is what was told since the last time. Ids that a world draws itself say nothing.
func (s *stage) told() (all []string) {
	for _, e := range s.heard(s.ear) {
		if e.Name == handler.EventCodeSent {
			s.due++
		}
		if len(e.UserID) > 5 {
			e.UserID = "new"
		}
		all = append(all, fmt.Sprint(e.Name, e.Outcome, e.UserID, e.ClientID, e.Address, e.RemoteAddr, e.Time, len(e.CorrelationID)))
	}
	return all
}

// settleMail waits for the mails that are due: one whose code has expired would not leave any more.
func (s *stage) settleMail() {
	require.Eventually(s, func() bool {
		n := 0
		for i := range s.mail.count() {
			switch s.mail.take(i + 1).Purpose {
			case otp.PasswordChanged, otp.MethodAdded, otp.MethodRemoved:
			default:
				n++
			}
		}
		return n == s.due
	}, soon, time.Millisecond)
}

// end is what has come of all: the mail that went out, and the accounts.
func (s *stage) end() (all []string) {
	require.NoError(s, s.auth.Shutdown(s.Context()))
	for n := range s.mail.count() {
		m := s.mail.take(n + 1)
		all = append(all, fmt.Sprint(m.To, m.Purpose, m.Channel, m.Code, m.Expires))
	}
	slices.Sort(all) // several leave at once
	for _, name := range townsfolk {
		u, err := s.store.UserByUsername(s.Context(), name)
		methods := ""
		for _, m := range u.Methods {
			methods += string(m.Kind) + m.Target
		}
		all = append(all, fmt.Sprint(name, err, u.Attributes, u.Epoch, u.Disabled, u.PasswordHash != "", u.MustChangePassword, methods))
	}
	return all
}

// townsfolk are those whom histories are about.
var townsfolk = []string{
	casey, "dora@contoso.com", "erin@contoso.com", "finn@contoso.com", "gone@contoso.com", "new@contoso.com", "newer@contoso.com", "no address",
}

// move is one that can be made at any page.
type move struct {
	name string
	make func(p player) seen
}

// draw picks the next move: mostly one that fits.
func draw(r *rand.Rand, at seen, page int) move {
	user := oneOf(r, append(townsfolk, casey, casey)...)
	good := map[string]string{"city": "Oslo"}
	all := map[handler.Need][]move{
		handler.NeedStart: {
			{"sign in " + user, func(p player) seen { return p.signIn(user) }},
			{"sign up " + user, func(p player) seen { return p.signUp(user, "", nil) }},
			{"sign up with all " + user, func(p player) seen { return p.signUp(user, harbor, good) }},
			{"sign up badly " + user, func(p player) seen { return p.signUp(user, "short", map[string]string{"city": "\x00"}) }},
			{"reset " + user, func(p player) seen { return p.reset(user) }},
		},
		handler.NeedCode: {
			{"right code", func(p player) seen { return p.code(page, eachCode) }},
			{"right code in groups", func(p player) seen { return p.code(page, " 2468-1357 ") }},
			{"wrong code", func(p player) seen { return p.code(page, "11111111") }},
			{"no code", func(p player) seen { return p.code(page, "") }},
			{"a code with a control character", func(p player) seen { return p.code(page, "2468\x071357") }},
			{"another code", func(p player) seen { return p.sendCode(page) }},
		},
		handler.NeedPassword: {
			{"right password", func(p player) seen { return p.password(page, harbor) }},
			{"wrong password", func(p player) seen { return p.password(page, loud) }},
			{"password that is no text", func(p player) seen { return p.password(page, harbor+"\xff") }},
			{"password of 1025 bytes", func(p player) seen { return p.password(page, strings.Repeat("p", 1025)) }},
			{"a code instead", func(p player) seen { return p.sendCode(page) }},
		},
		handler.NeedNewPassword: {
			{"a new password", func(p player) seen { return p.password(page, busyHarbor) }},
			{"a short password", func(p player) seen { return p.password(page, "short") }},
			{"no password", func(p player) seen { return p.password(page, "") }},
		},
		handler.NeedAttributes: {
			{"attributes", func(p player) seen { return p.attributes(page, good) }},
			{"other attributes", func(p player) seen { return p.attributes(page, map[string]string{"jobTitle": "Cook"}) }},
			{"bad attributes", func(p player) seen { return p.attributes(page, map[string]string{"city": strings.Repeat("x", 2000)}) }},
			{"no attributes", func(p player) seen { return p.attributes(page, nil) }},
		},
		handler.NeedSecondFactor: {
			{"by the first", func(p player) seen { return p.choose(page, 0) }},
			{"by the second", func(p player) seen { return p.choose(page, 1) }},
			{"by what is not there", func(p player) seen { return p.choose(page, 9) }},
			{"by none", func(p player) seen { return p.choose(page, -1) }},
		},
		handler.NeedRegistration: {
			{"a mailbox", func(p player) seen { return p.register(page, "email", another) }},
			{"the own mailbox", func(p player) seen { return p.register(page, "email", "newer@contoso.com") }},
			{"a telephone", func(p player) seen { return p.register(page, "sms", number) }},
			{"a foreign telephone", func(p player) seen { return p.register(page, "sms", "+8613800000000") }},
			{"nothing", func(p player) seen { return p.register(page, "email", "") }},
		},
		handler.NeedRetry: {{"again", func(p player) seen { return p.retry(page) }}},
	}
	need := at.need
	if need == handler.NeedNothing || r.IntN(12) == 0 {
		need = handler.NeedStart
	} else if page >= 0 && r.IntN(10) == 0 {
		need = oneOf(r, handler.NeedCode, handler.NeedPassword, handler.NeedAttributes, handler.NeedSecondFactor, handler.NeedRegistration, handler.NeedRetry)
	}
	fitting := all[need]
	if r.IntN(2) == 0 {
		return fitting[0]
	}
	return fitting[r.IntN(len(fitting))]
}

func oneOf[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// history plays the same moves over HTTP and in process, and holds one against the other.
type history struct {
	*testing.T
	*rand.Rand
	http, process *stage
	pages         []seen
	trace         []string
}

func newHistory(t *testing.T, n int) *history {
	h := &history{T: t, Rand: rand.New(rand.NewPCG(8, uint64(n)))}
	client, hide := oneOf(h.Rand, plain, keyed, both, guarded, fresh), n%3 == 0
	change := func(c *handler.Config) {
		c.HideAccounts = hide
		if n%4 == 1 {
			c.Legacy = handler.Legacy{UnknownUserInvalidGrant: true, BadTokenInvalidGrant: true, AttributesFailedError: true}
		}
	}
	h.http, h.process = newStage(t, change), newStage(t, change)
	h.http.player = &overHTTP{world: h.http.world, client: client}
	h.process.player = &inProcess{forms: h.process.forms(client)}
	h.trace = []string{fmt.Sprintf("history %d, client %s, hidden %v", n, client, hide)}
	return h
}

// wait lets time pass, sometimes, or the host lock somebody out or in.
func (h *history) wait() {
	switch h.IntN(24) {
	case 0:
		h.lock(true)
	case 1, 2:
		h.lock(false)
	}
	if h.IntN(3) > 0 {
		return
	}
	h.http.settleMail()
	h.process.settleMail()
	d := oneOf(h.Rand, time.Second, time.Minute, 6*time.Minute)
	h.http.clock.pass(d)
	h.process.clock.pass(d)
	h.trace = append(h.trace, "wait "+d.String())
}

func (h *history) lock(out bool) {
	for _, s := range []*stage{h.http, h.process} {
		s.update(casey, func(u *store.User) { u.Disabled = out })
	}
	h.trace = append(h.trace, fmt.Sprint("locked: ", out))
}

// next makes a move from the last page, or from an earlier one.
func (h *history) next() seen {
	h.Helper()
	page := len(h.pages) - 1
	if page >= 0 && h.IntN(12) == 0 {
		page = h.IntN(len(h.pages))
	}
	m := draw(h.Rand, h.at(page), page)
	h.trace = append(h.trace, fmt.Sprintf("%s from %d", m.name, page))
	want, got := m.make(h.http.player), m.make(h.process.player)
	what := strings.Join(h.trace, "\n")
	if want.code == "" && want.number == 55200 { // an app has no call for it
		got.code = ""
	}
	require.Equal(h, want.bare(), got.bare(), what)
	require.Equal(h, h.http.told(), h.process.told(), what)
	require.Equal(h, h.http.since(), h.process.since(), what)
	h.pages = append(h.pages, got)
	return got
}

// at is what a page shows. Before the first there is none.
func (h *history) at(page int) seen {
	if page < 0 {
		return seen{}
	}
	return h.pages[page]
}

func TestFlows_DoWhatTheEndpointsDo(t *testing.T) {
	t.Parallel()
	moves, needs, refusals := 0, map[handler.Need]int{}, map[int]int{}
	for n := range walksWithPassword / 10 {
		h := newHistory(t, n)
		for range 14 {
			h.wait()
			got := h.next()
			needs[got.need]++
			refusals[got.number]++
			moves++
		}
		require.Equal(t, h.http.end(), h.process.end(), strings.Join(h.trace, "\n"))
	}
	t.Log(moves, "moves,", needs, refusals)
}
