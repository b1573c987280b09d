//go:build !race

package handler_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

const moody = "66666666-6666-4666-8666-666666666666" // passwords, a second factor of whom the host says

// factorWalker goes one walk with second factors.
type factorWalker struct {
	*walker
	m       factorModel
	watch   *watch
	quests  []*quest
	history map[string]*quest
	hashes  bool // else it makes no call for which a password is hashed
	nags    bool // it goes to where limits are met: of codes that are sent,
	errs    bool // and of tries
	direct  bool // it mostly goes on with what it has begun
	number  string
	passed  map[string]int // second factors, by what was done
}

// call makes a call that the watch looks at.
func (w *factorWalker) call(path string, pairs ...string) (verdict, map[string]any) {
	w.Helper()
	v, body := w.strike(path, pairs...)
	w.watch.saw(path, pairs, v, body)
	require.Empty(w, w.watch.early, "%s", strings.Join(w.trail, "\n"))
	return v, body
}

// accept notes the token that an answer goes on with.
func (w *factorWalker) accept(q *quest, body map[string]any) {
	w.Helper()
	next, ok := body["continuation_token"].(string)
	require.True(w, ok, "%v", body)
	require.NotContains(w, w.history, next, "a token given twice")
	q.token, w.history[next] = next, q
	w.m.issued[next] = origin{q, q.at, q.sends}
	w.pool = append(w.pool, next)
}

// letter waits for the code that the latest call has sent.
func (w *factorWalker) letter(q *quest, before int) {
	m := w.mail.take(before + 1)
	q.code, w.codes = m.Code, append(w.codes, m.Code)
	w.watch.sent(q.token, m)
}

// notice waits for a mail of a kind to the owner of an account.
func (w *factorWalker) notice(user string, before int, what otp.Purpose) {
	w.Helper()
	m := w.mail.take(before + 1)
	require.Equal(w, []any{what, otp.Address(user)}, []any{m.Purpose, m.To}, "%v", w.trail)
}

// pick is a token for a call, mostly the newest of some flow.
func (w *factorWalker) pick() string {
	if w.direct && len(w.quests) > 0 && w.chance(85) {
		return w.quests[len(w.quests)-1].token
	}
	if len(w.pool) == 0 || w.chance(3) {
		return "forged"
	}
	t := one(w.walker, w.pool)
	if len(w.quests) > 0 && w.chance(88) {
		q := w.quests[len(w.quests)-1]
		if w.chance(30) {
			q = one(w.walker, w.quests)
		}
		for _, far := range w.quests {
			if far.isSecond() && w.chance(40) {
				q = far
			}
		}
		if t = q.token; q.before != "" && w.chance(12) {
			t = q.before
		}
	}
	if w.chance(3) {
		b := []byte(t)
		b[w.random.IntN(len(b))] ^= 1
		return string(b)
	}
	return t
}

// aCode is a code for a call: mostly a right one, else another's, an old one, one of another kind, or none.
func (w *factorWalker) aCode(q *quest) string {
	if w.errs && q.isAt("challenged", "proving") && w.chance(85) {
		return one(w.walker, []string{"00000000", "000000", "0000000000000000"})
	}
	if q.isAt("challenged", "proving") && w.chance(80) {
		switch q.asked.kind {
		case "totp":
			return one(w.walker, w.m.shown(q.asked))
		case "recovery":
			if len(q.asked.left) > 0 {
				return one(w.walker, q.asked.left)
			}
		}
	}
	if q != nil && q.code != "" && w.chance(80) {
		return q.code
	}
	if len(w.codes) > 0 && w.chance(65) {
		return one(w.walker, w.codes)
	}
	return one(w.walker, []string{"00000000", "000000", "0000000000000000"})
}

// aWord is a password for a call.
func (w *factorWalker) aWord(user string) string {
	if !w.hashes || w.chance(8) {
		return "short"
	}
	if p := w.m.people[user]; p != nil && p.password != "" && w.chance(60) {
		return p.password
	}
	return one(w.walker, []string{harbor, busyHarbor})
}

// awaited is the call that a flow waits for.
func (q *quest) awaited() string {
	switch q.at {
	case "wanted":
		return "list"
	case "listed":
		return "challenge"
	case "lacking":
		return "kinds"
	case "offered":
		return "register"
	case "proving", "known":
		return "enrol"
	}
	return q.course.awaited()
}

func (w *factorWalker) step() {
	w.Helper()
	if len(w.quests) == 0 || w.chance(11) || w.direct && w.quests[len(w.quests)-1].isAt("over") && w.chance(60) {
		w.open()
		return
	}
	if w.chance(3) {
		w.host()
		return
	}
	t := w.pick()
	q := w.history[t]
	client, path := one(w.walker, []string{plain, keyed, guarded, fresh, coded, moody}), one(w.walker, []string{up, in, re})
	do := one(w.walker, []string{"challenge", "challenge", "continue", "submit", "poll", "token", "token", "refresh", "list", "kinds", "register", "enrol"})
	if q != nil && w.chance(94) {
		client = q.client
	}
	if q != nil && w.chance(92) {
		path = q.kind
		if q.isSecond() {
			path = in
		}
	}
	if q != nil && w.chance(map[bool]int{true: 95, false: 84}[w.direct]) {
		do = q.awaited()
	}
	switch {
	case q.isAt("over") && w.chance(50):
		do = "refresh"
	case w.nags && q.isAt("challenged") && w.chance(80):
		do = "challenge"
	case w.nags && q.isAt("proving") && w.chance(80):
		do = "register"
	}
	if do == "continue" && path == in {
		path = re // a sign-in goes on to its tokens
	}
	w.make(do, path, client, t)
}

// make makes a call with a token.
func (w *factorWalker) make(do, path, client, t string) {
	w.Helper()
	q := w.history[t]
	if q != nil && q.client != client {
		q = nil // its token is of no use there
	}
	switch do {
	case "challenge":
		w.ask(q, path, client, t)
	case "continue":
		if path == up {
			w.carry(w.only(q, up), client, t)
		} else {
			w.prove(w.only(q, re), client, t)
		}
	case "submit":
		w.submit(w.only(q, re), client, t)
	case "poll":
		w.poll(w.only(q, re), client, t)
	case "token":
		w.redeem(q, client, t)
	case "refresh":
		w.renew(client, t)
	case "list":
		w.list(q, client, t)
	case "kinds":
		w.kinds(q, client, t)
	case "register":
		w.register(q, client, t)
	case "enrol":
		w.enrol(q, client, t)
	}
}

// only is q if it is of a kind.
func (w *factorWalker) only(q *quest, kind string) *quest {
	if q != nil && q.kind == kind {
		return q
	}
	return nil
}

// bare is what the models of other sections know of a flow.
func (q *quest) bare() *course {
	if q == nil {
		return nil
	}
	return &q.course
}

func (w *factorWalker) open() {
	w.Helper()
	kind, client := one(w.walker, []string{up, in, in, re}), one(w.walker, []string{plain, keyed, guarded, guarded, fresh, fresh, coded, coded, moody, moody, moody})
	user := w.users[0]
	switch {
	case w.chance(45): // else flows of one account meet
		user = one(w.walker, w.users)
	case w.hashes && w.m.people[w.users[3]] == nil:
		user = w.users[3]
	}
	if (w.m.people[user] == nil) != (kind == up) && w.chance(80) {
		kind = map[bool]string{true: up, false: one(w.walker, []string{in, in, re})}[w.m.people[user] == nil]
	}
	switch { // or few flows would go far
	case !w.hashes && kind == re && w.chance(85):
		kind = in
	case !w.hashes && kind == up && w.chance(85):
		client = coded
	case kind == re && !takesPasswords(client) && w.chance(90), w.hashes && kind == up && w.chance(50):
		client = one(w.walker, []string{moody, fresh, guarded})
	}
	q := &quest{course: course{kind: kind, client: client, user: user, at: "start"}, opening: every}
	if w.chance(25) {
		q.opening = one(w.walker, []string{native, native, onlyPassword})
	}
	if !w.hashes && kind == in && w.chance(85) {
		q.opening = native
	}
	pairs := []string{"client_id", client, "username", user, "challenge_type", q.opening}
	w.agent = ""
	switch w.random.IntN(10) {
	case 0:
		pairs, q.can = append(pairs, "capabilities", "mfa_required"), []string{"mfa_required"}
	case 1:
		pairs, q.can = append(pairs, "capability", "registration_required,something"), []string{"registration_required"}
	case 2:
	case 3: // section 6.4: the library that announces none
		w.agent, q.can = "MSAL.Android", []string{"mfa_required", "registration_required"}
	default:
		pairs, q.can = append(pairs, "capabilities", able), []string{"mfa_required", "registration_required"}
	}
	if kind == up && w.chance(map[bool]int{true: 60, false: 10}[w.hashes]) {
		word := w.aWord(user)
		pairs = append(pairs, "password", word)
		if takesPasswords(client) {
			q.password = word
		}
	}
	if p := w.m.people[user]; p != nil {
		q.epoch, q.canEnter = p.epoch, takesPasswords(client) && p.password != ""
	}
	want := w.m.open(q, q.password)
	got, body := w.call(map[string]string{up: upStart, in: inStart, re: reStart}[kind], pairs...)
	w.agent = ""
	w.agree(want, got)
	if got != goesOn {
		return
	}
	w.quests = append(w.quests, q)
	w.accept(q, body)
	q.first = q.token
}

// host does what the host may do in the middle of it all.
func (w *factorWalker) host() {
	user := w.users[0]
	if w.chance(50) {
		user = one(w.walker, w.users)
	}
	h := w.m.holders[user]
	if h != nil && w.chance(25) {
		u, err := w.store.UserByUsername(w.Context(), user)
		require.NoError(w, err)
		require.NoError(w, w.auth.EndSessions(w.Context(), u.ID))
		w.m.people[user].epoch++
		w.trail = append(w.trail, fmt.Sprintf("the host ends the sessions of %s: the host", user))
		return
	}
	if h == nil || len(h.means) == 0 || w.chance(70) {
		w.m.strict[user] = !w.m.strict[user]
		w.trail = append(w.trail, fmt.Sprintf("the host asks %s for two factors %v: the host", user, w.m.strict[user]))
		return
	}
	gone, before := one(w.walker, h.means), w.mail.count()
	h.means = slices.DeleteFunc(slices.Clone(h.means), func(m *means) bool { return m == gone })
	u, err := w.store.UserByUsername(w.Context(), user)
	require.NoError(w, err)
	require.NoError(w, w.auth.RemoveMethod(w.Context(), u.ID, gone.id))
	w.notice(user, before, otp.MethodRemoved)
	w.trail = append(w.trail, fmt.Sprintf("the host takes %s %s from %s: the host", gone.kind, gone.target, user))
}

// people makes the accounts of a walk, of which one has none.
func (w *factorWalker) people(i uint64) {
	w.Helper()
	for n, kind := range w.random.Perm(5)[:4] {
		user := fmt.Sprintf("f%d.%d@contoso.com", i, n)
		w.users = append(w.users, user)
		if n == 3 {
			return
		}
		u, p := store.User{ID: user, Username: user, Email: user}, &owner{}
		if w.chance(55) {
			u.PasswordHash, p.password = hashOf(w.T, harbor), harbor
			w.watch.words[user] = harbor
		}
		h := &holder{}
		mail, text := &means{kind: "email", target: "second." + user}, &means{kind: "sms", target: w.number}
		switch kind {
		case 1:
			h.means = []*means{mail}
		case 2:
			h.means = []*means{mail, text}
			h.means[w.random.IntN(2)].first = w.chance(50)
		case 4:
			h.means = []*means{{kind: "email", target: user}}
		}
		for _, m := range h.means {
			m.id = fmt.Sprintf("%08d-%04d-4000-8000-%012d", i, n, w.random.IntN(1e9))
			u.Methods = append(u.Methods, store.Method{ID: m.id, Kind: store.MethodKind(m.kind), Target: m.target, Default: m.first})
		}
		require.NoError(w, w.store.CreateUser(w.Context(), u))
		w.m.people[user], w.m.holders[user] = p, h
		if kind == 3 {
			w.app(user)
		}
	}
}

// app sets up an authenticator app for an account, through the API for hosts.
func (w *factorWalker) app(user string) {
	w.Helper()
	before, h := w.mail.count(), w.m.holders[user]
	s, err := w.auth.NewTOTP(w.Context(), user)
	require.NoError(w, err)
	app := &means{kind: "totp", secret: secretOf(w.T, s.URI)}
	code := w.m.shown(app)[1]
	app.used = []string{code}
	codes, err := w.auth.ConfirmTOTP(w.Context(), user, code)
	require.NoError(w, err)
	w.notice(user, before, otp.MethodAdded)
	h.means = append(h.means, app, &means{kind: "recovery"})
	var list []any
	for _, c := range codes {
		list = append(list, c)
	}
	w.paper(user, list)
	w.learn(user)
	w.watch.apps[user] = append(w.watch.apps[user], string(app.secret))
	w.watch.has(user, string(app.secret))
	w.watch.spent[user+code] = &flight{}
}

// T7, with second factors and their registration. A hash takes longer than many walks, so only one walk in
// twelve chooses and enters passwords; the others do everything else.
func TestModel_TheAPIAgreesWithTheContractOnRandomWalksWithSecondFactors(t *testing.T) {
	const seed = 20261121
	walks, calls := 1_000, 0
	if long {
		walks = 10_000
	}
	strict := map[string]bool{}
	w := newWorld(t, secondFactors, func(c *handler.Config) {
		c.Clients = append(c.Clients, handler.Client{ID: moody, Passwords: true, SecondFactor: func(_ context.Context, r handler.SecondFactorRequest) (bool, error) {
			return strict[r.User.Username], nil
		}})
	})
	count, passed, begin := map[verdict]int{}, map[string]int{}, time.Now()
	agreed := agreements(t, "T7 walks with second factors", "walks", walks)
	var seen *watch
	t.Cleanup(func() { figure(t, "T7 tokens before all factors were given", len(seen.early), "tokens", 0) })
	for i := range uint64(walks) {
		walk := &factorWalker{
			walker: &walker{world: w, random: rand.New(rand.NewPCG(seed, i))}, history: map[string]*quest{},
			hashes: i%12 == 0, direct: i%3 == 0, nags: i%20 == 3, errs: i%20 == 4, passed: passed, number: fmt.Sprintf("+49151%07d", i),
			m: factorModel{
				wordModel: wordModel{people: map[string]*owner{}}, holders: map[string]*holder{}, strict: strict,
				now: w.clock.now(), issued: map[string]origin{}, texts: map[string]int{}, claims: map[string]int{},
			},
		}
		walk.watch = newWatch(w, func(client, user string) bool {
			return client == guarded || client == fresh || client == coded || client == moody && strict[user]
		})
		seen = walk.watch
		walk.trail = []string{fmt.Sprintf("seed %d, walk %d", seed, i)}
		walk.people(i)
		longest := 25
		if walk.hashes || walk.nags || walk.errs {
			longest = 70
		}
		for range 1 + walk.random.IntN(longest) {
			walk.step()
		}
		for _, user := range walk.users {
			if walk.m.holders[user] != nil {
				walk.learn(user)
			}
		}
		for _, line := range walk.trail[1:] {
			count[said(line)]++
		}
		calls += len(walk.trail) - 1
		w.clock.pass(time.Hour)
		agreed()
	}
	t.Logf("%d walks of %d calls in %v: %v; %v", walks, calls-count["the host"], time.Since(begin).Round(time.Millisecond), count, passed)
	for _, v := range []verdict{
		goesOn, tokens, secondDue, methodDue, nameOne, otherWay, badInput, signInAnew, badToken, badCode, badGrant, credential,
		exists, unknown, badRefresh, redirect, noReset, tooSoon, badEntry, tooShort,
	} {
		require.Positive(t, count[v], "no walk led to %q", v)
	}
	for _, p := range []string{
		"new email", "new sms", "new totp", "tokens with email", "tokens with sms", "tokens with totp", "tokens with recovery",
	} {
		require.Positive(t, passed[p], "no walk led to %q", p)
	}
}
