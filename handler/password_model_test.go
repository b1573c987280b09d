package handler_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// owner is an account as whoever has it knows it. Its password is "" if it has none.
type owner struct {
	password string
	epoch    int // how often its sessions were ended
	wrong    int // passwords of the day
	waits    bool
}

// try tells whether a password is right. After nine wrong ones each has to wait, and in a walk no time
// passes.
func (p *owner) try(text string) bool {
	if p.wrong >= 9 && p.waits {
		return false
	}
	if text != p.password || text == "" {
		p.wrong++
		p.waits = p.wrong > 9
		return false
	}
	return true
}

// course is one flow as its client has gone it.
type course struct {
	kind          string // the first segment of its paths
	client, user  string
	at            string // start, sent, credential, asked, attributes, proven, submitted, done, over
	token, before string
	first         string // token
	code          string
	tries, sends  int
	epoch         int    // of the account when it began
	canEnter      bool   // with a password
	password      string // that was chosen
	missing       bool   // required attributes
	proven        bool   // a code of this flow was accepted, or the password of its account
}

const (
	up = "signup"
	in = "oauth2"
	re = "resetpassword"
)

// takesPasswords and asksForCity say what the clients of a walk want.
func takesPasswords(client string) bool { return client != plain && client != coded }
func asksForCity(client string) bool    { return client == both }

// weak is what the policy says of a password.
func weak(text string) bool { return len(text) < 8 }

// wordModel is sections 6.1, 6.3, 6.6, 6.7 and 15 of the contract in short, for clients and people with
// passwords. It was written from those sections, not from the code.
type wordModel struct {
	people   map[string]*owner
	families []*lineage
}

// lineage is a descent that ends with the sessions of its account.
type lineage struct {
	*descent
	user  string
	epoch int
}

func (m *wordModel) current(f *course) bool { return m.people[f.user].epoch == f.epoch }

func (m *wordModel) start(kind, client, user, password string) verdict {
	p := m.people[user]
	switch {
	case kind == up && takesPasswords(client) && password != "" && weak(password):
		return tooShort
	case kind == up && p != nil:
		return exists
	case kind == re && !takesPasswords(client):
		return noReset
	case kind != up && p == nil:
		return unknown
	case kind == re && p.password == "":
		return noReset
	}
	return goesOn
}

// challenge also tells whether a code goes out.
func (m *wordModel) challenge(f *course, token, types string) (v verdict, sends bool) {
	moving := f != nil && slices.Contains([]string{"start", "sent", "credential", "asked"}, f.at)
	current := moving && token == f.token
	if f != nil && token == f.first && types == onlyPassword && (f.kind == re || f.kind == in && !f.canEnter) {
		return redirect, false // it says all of itself, and nothing is moved
	}
	if !current && !(moving && token == f.before && (f.at == "sent" || f.at == "asked")) {
		return badToken, false
	}
	next := "sent"
	switch {
	case f.kind == up && (f.at == "credential" || f.at == "asked"):
		next = "asked"
	case f.kind == in && f.canEnter && (types == onlyPassword || types != native && f.code == ""):
		next = "asked"
	}
	switch {
	case next == "asked" && types == native && f.kind == up, next == "sent" && types == onlyPassword:
		return redirect, false
	case next == "sent" && f.sends == 5 && (f.kind != up || f.at == "sent" || f.code == ""):
		return tooSoon, false
	}
	if current {
		f.before = token
	}
	if sends = next == "sent" && f.sends < 5; sends {
		f.sends, f.tries, f.code = f.sends+1, 0, ""
	}
	f.at = next
	return goesOn, sends
}

func (f *course) try(code string) bool {
	if len(code) != otp.Digits { // of another form, and not compared
		return false
	}
	f.tries++
	f.proven = f.proven || f.tries <= 5 && code == f.code
	return f.tries <= 5 && code == f.code
}

func (m *wordModel) give(f *course, token, grant, code, password string, complete bool) verdict {
	current := f != nil && token == f.token
	switch {
	case grant == "continuation_token":
		return badGrant
	case current && grant == "oob" && f.at == "sent":
		if !f.try(code) {
			return badCode
		}
		return m.need(f)
	case current && grant == "attributes" && (f.at == "start" || f.at == "sent"):
		f.at, f.before, f.missing = "start", "", f.missing && !complete
		return credential
	case grant == "attributes" && f != nil && f.at == "attributes" && (current || token == f.before):
		if f.missing = !complete; complete {
			return m.need(f)
		}
		if current {
			f.before = token
		}
		return attributes
	case current && grant == "password" && takesPasswords(f.client) && slices.Contains([]string{"start", "sent", "credential", "asked"}, f.at):
		if weak(password) {
			return tooShort
		}
		if f.at == "credential" || f.at == "asked" {
			f.password = password
			return m.need(f)
		}
		f.password, f.at, f.before = password, "start", ""
		return credential
	}
	return badToken
}

// need goes on to what a sign-up with a proven address lacks, or makes the account.
func (m *wordModel) need(f *course) verdict {
	switch {
	case takesPasswords(f.client) && f.password == "":
		f.at, f.before, f.code = "credential", "", ""
		return credential
	case f.missing:
		f.at, f.before, f.code = "attributes", "", ""
		return attributes
	case m.people[f.user] != nil:
		if f.at == "credential" || f.at == "asked" {
			f.password = "" // the step has failed and left nothing
		}
		if f.at == "attributes" {
			f.missing = true
		}
		return exists
	}
	m.people[f.user] = &owner{password: f.password}
	f.at, f.before = "done", ""
	return goesOn
}

func (m *wordModel) prove(f *course, token, grant, code string) verdict {
	switch {
	case grant != "oob":
		return badGrant
	case f == nil || token != f.token || f.at != "sent":
		return badToken
	case !f.try(code):
		return badCode
	case !m.current(f):
		return badToken
	}
	f.at, f.before, f.code = "proven", "", ""
	return goesOn
}

func (m *wordModel) submit(f *course, token, password string) verdict {
	if f == nil || token != f.token || f.at != "proven" {
		return badToken
	}
	p := m.people[f.user]
	switch {
	case f.epoch == p.epoch && weak(password):
		return tooShort
	case f.epoch == p.epoch && password == p.password:
		return usedBefore
	case f.epoch == p.epoch:
		p.password = password
		p.epoch++
	case f.epoch+1 != p.epoch || !p.try(password): // the repeat of a step that was interrupted, or none
		return badToken
	}
	f.epoch, f.at, f.before = p.epoch, "submitted", ""
	return goesOn
}

func (m *wordModel) poll(f *course, token string) verdict {
	switch {
	case f != nil && token == f.token && f.at == "submitted":
		f.at, f.before = "done", token
	case f == nil || token != f.before || f.at != "done":
		return badToken
	}
	return goesOn
}

func (m *wordModel) redeem(f *course, token, grant, code, password string) verdict {
	current := f != nil && token == f.token
	switch {
	case grant == "attributes":
		return badGrant
	case current && grant == "oob" && f.kind == in && f.at == "sent":
		if !f.try(code) {
			return badCode
		}
	case current && grant == "password" && f.kind == in && f.at == "asked":
		if !m.people[f.user].try(password) {
			return badEntry
		}
		f.proven = true
	case current && grant == "continuation_token" && f.at == "done":
	default:
		return badToken
	}
	if !m.current(f) {
		return badToken
	}
	f.at, f.before = "over", ""
	return tokens
}

func (m *wordModel) refresh(token, client string) (v verdict, d *lineage, successor string) {
	for _, d := range m.families {
		i := slices.Index(d.given, token)
		switch last := len(d.given) - 1; {
		case i < 0 || d.client != client:
			continue
		case d.ended || m.people[d.user].epoch != d.epoch:
		case i == last:
			return tokens, d, ""
		case i == last-1:
			return tokens, d, d.given[last]
		default:
			d.ended = true
		}
		break
	}
	return badRefresh, nil, ""
}

// wordWalker goes one walk with passwords.
type wordWalker struct {
	*walker
	m       wordModel
	ways    []*course
	history map[string]*course
	hashes  bool // else it makes no call for which a password is hashed
}

func (w *wordWalker) accept(f *course, body map[string]any) {
	w.Helper()
	next, ok := body["continuation_token"].(string)
	require.True(w, ok, "%v", body)
	require.NotContains(w, w.history, next, "a token given twice")
	f.token, w.history[next] = next, f
	w.pool = append(w.pool, next)
}

// aWord is a password for a call.
func (w *wordWalker) aWord(user string) string {
	if !w.hashes || w.chance(10) {
		return "short"
	}
	if p := w.m.people[user]; p != nil && p.password != "" && w.chance(40) {
		return p.password
	}
	return one(w.walker, []string{harbor, busyHarbor, calmHarbor, " " + harbor})
}

// pick is a token for a call, mostly the newest of some flow.
func (w *wordWalker) pick() string {
	if len(w.pool) == 0 || w.chance(4) {
		return "forged"
	}
	t := one(w.walker, w.pool)
	if len(w.ways) > 0 && w.chance(78) {
		f := w.ways[len(w.ways)-1]
		if w.chance(30) {
			f = one(w.walker, w.ways)
		}
		if t = f.token; f.before != "" && w.chance(12) {
			t = f.before
		}
	}
	if w.chance(4) {
		b := []byte(t)
		b[w.random.IntN(len(b))] ^= 1
		return string(b)
	}
	return t
}

func (w *wordWalker) pickCode(f *course) string {
	if f != nil && f.code != "" && w.chance(75) {
		return f.code
	}
	if len(w.codes) > 0 && w.chance(60) {
		return one(w.walker, w.codes)
	}
	return "00000000"
}

// awaited are the calls that a flow waits for.
func (f *course) awaited() string {
	switch f.kind + " " + f.at {
	case up + " start", in + " start", re + " start", up + " credential":
		return "challenge"
	case up + " sent", up + " asked", up + " attributes", re + " sent":
		return "continue"
	case re + " proven":
		return "submit"
	case re + " submitted":
		return "poll"
	}
	return "token"
}

func (w *wordWalker) step() {
	w.Helper()
	if len(w.ways) == 0 || w.chance(15) {
		w.open()
		return
	}
	t := w.pick()
	f := w.history[t]
	client, kind := one(w.walker, []string{plain, keyed, both}), one(w.walker, []string{up, in, re})
	do := one(w.walker, []string{"challenge", "continue", "continue", "submit", "poll", "token", "token", "refresh"})
	if f != nil && w.chance(93) {
		client = f.client
	}
	if f != nil && w.chance(90) {
		kind = f.kind
	}
	if f != nil && w.chance(60) {
		do = f.awaited()
	}
	if do == "continue" && kind == in {
		kind = re // a sign-in goes on to its tokens
	}
	if f != nil && (f.client != client || (do == "challenge" || do == "continue") && f.kind != kind) {
		f = nil // its token is of no use there
	}
	switch do {
	case "challenge":
		w.ask(f, kind, client, t)
	case "continue":
		if kind == up {
			w.carry(f, client, t)
		} else {
			w.give(w.only(f, re), client, t)
		}
	case "submit":
		w.submit(w.only(f, re), client, t)
	case "poll":
		w.poll(w.only(f, re), client, t)
	case "token":
		w.redeem(f, client, t)
	case "refresh":
		w.renew(client, t)
	}
}

// only is f if it is of a kind.
func (w *wordWalker) only(f *course, kind string) *course {
	if f != nil && f.kind == kind {
		return f
	}
	return nil
}

func (w *wordWalker) open() {
	w.Helper()
	kind, client, user := one(w.walker, []string{up, in, re}), one(w.walker, []string{plain, keyed, keyed, both}), one(w.walker, w.users)
	if w.hashes && w.chance(50) {
		user = w.users[1] // so that flows of one account meet
	}
	if (w.m.people[user] == nil) != (kind == up) && w.chance(75) {
		kind = map[bool]string{true: up, false: one(w.walker, []string{in, re})}[w.m.people[user] == nil]
	}
	path, pairs := map[string]string{up: upStart, in: inStart, re: reStart}[kind], []string{"client_id", client, "username", user, "challenge_type", every}
	f := &course{kind: kind, client: client, user: user, at: "start", missing: kind == up && asksForCity(client)}
	if kind == up && w.chance(40) {
		word := w.aWord(user)
		pairs = append(pairs, "password", word)
		if takesPasswords(client) {
			f.password = word
		}
	}
	if kind == up && w.chance(40) {
		pairs, f.missing = append(pairs, "attributes", `{"city":"Oslo"}`), false
	}
	want := w.m.start(kind, client, user, f.password)
	got, body := w.strike(path, pairs...)
	w.agree(want, got)
	if got != goesOn {
		return
	}
	if p := w.m.people[user]; p != nil {
		f.epoch, f.canEnter = p.epoch, takesPasswords(client) && p.password != ""
	}
	w.ways = append(w.ways, f)
	w.accept(f, body)
	f.first = f.token
}

func (w *wordWalker) ask(f *course, kind, client, t string) {
	w.Helper()
	types := every
	pairs := []string{"client_id", client, "continuation_token", t}
	if w.chance(25) {
		types = one(w.walker, []string{native, onlyPassword, every})
		pairs = append(pairs, "challenge_type", types)
	}
	sent := w.mail.count()
	want, sends := w.m.challenge(f, t, types)
	got, body := w.strike(map[string]string{up: upChallenge, in: inChallenge, re: reChallenge}[kind], pairs...)
	w.agree(want, got)
	if got != goesOn {
		return
	}
	w.accept(f, body)
	require.Equal(w, map[bool]any{true: "password", false: "oob"}[f.at == "asked"], body["challenge_type"], "%v", w.trail)
	if sends {
		f.code = w.mail.take(sent + 1).Code
		w.codes = append(w.codes, f.code)
	}
}

func (w *wordWalker) carry(f *course, client, t string) {
	w.Helper()
	grant := one(w.walker, []string{"oob", "attributes", "password", "continuation_token"})
	if f != nil && w.chance(70) {
		switch f.at {
		case "sent":
			grant = "oob"
		case "credential", "asked":
			grant = "password"
		case "attributes":
			grant = "attributes"
		}
	}
	code, complete, word, values := w.pickCode(f), w.chance(60), "short", `{"jobTitle":"Pilot"}`
	if complete {
		values = `{"city":"Oslo","jobTitle":"Pilot"}`
	}
	if f != nil {
		word = w.aWord(f.user)
	}
	want := w.m.give(f, t, grant, code, word, complete)
	got, body := w.strike(upContinue, "client_id", client, "continuation_token", t, "grant_type", grant, "oob", code, "attributes", values, "password", word)
	w.agree(want, got)
	if got == goesOn || got == credential || got == attributes {
		w.accept(f, body)
	}
}

func (w *wordWalker) give(f *course, client, t string) {
	w.Helper()
	grant, code := "oob", w.pickCode(f)
	if w.chance(10) {
		grant = one(w.walker, []string{"attributes", "password", "continuation_token"})
	}
	want := w.m.prove(f, t, grant, code)
	got, body := w.strike(reContinue, "client_id", client, "continuation_token", t, "grant_type", grant, "oob", code)
	w.agree(want, got)
	if got == goesOn {
		w.accept(f, body)
	}
}

func (w *wordWalker) submit(f *course, client, t string) {
	w.Helper()
	word := "short"
	if f != nil {
		word = w.aWord(f.user)
	}
	sent, before := w.mail.count(), 0
	if f != nil {
		before = w.m.people[f.user].epoch
	}
	want := w.m.submit(f, t, word)
	got, body := w.strike(reSubmit, "client_id", client, "continuation_token", t, "new_password", word)
	w.agree(want, got)
	if got != goesOn {
		return
	}
	w.accept(f, body)
	if w.m.people[f.user].epoch > before {
		require.Equal(w, otp.PasswordChanged, w.mail.take(sent+1).Purpose)
	}
}

func (w *wordWalker) poll(f *course, client, t string) {
	w.Helper()
	want := w.m.poll(f, t)
	got, body := w.strike(rePoll, "client_id", client, "continuation_token", t)
	w.agree(want, got)
	if got == goesOn {
		require.Equal(w, "succeeded", body["status"])
		w.accept(f, body)
	}
}

func (w *wordWalker) redeem(f *course, client, t string) {
	w.Helper()
	grant, code, word := one(w.walker, []string{"oob", "continuation_token", "password", "mfa_oob", "attributes"}), w.pickCode(f), harbor
	if f != nil && w.chance(75) {
		grant = map[string]string{"sent": "oob", "asked": "password"}[f.at]
		if grant == "" {
			grant = "continuation_token"
		}
	}
	if f != nil {
		word = w.aWord(f.user)
	}
	if !w.hashes && f != nil && grant == "password" && f.at == "asked" && t == f.token {
		return
	}
	want := w.m.redeem(f, t, grant, code, word)
	got, body := w.strike(inToken, "client_id", client, "continuation_token", t, "grant_type", grant, "oob", code, "password", word)
	w.agree(want, got)
	if got == tokens {
		require.True(w, f.proven, "tokens before anything was proven:\n%v", w.trail)
		text := body["refresh_token"].(string)
		w.m.families = append(w.m.families, &lineage{&descent{client: f.client, given: []string{text}}, f.user, f.epoch})
		w.pool = append(w.pool, text)
	}
}

func (w *wordWalker) renew(client, t string) {
	w.Helper()
	if len(w.m.families) > 0 && w.chance(85) {
		d := one(w.walker, w.m.families)
		t = one(w.walker, d.given)
		if w.chance(90) {
			client = d.client
		}
	}
	want, d, successor := w.m.refresh(t, client)
	got, body := w.strike(inToken, "client_id", client, "grant_type", "refresh_token", "refresh_token", t)
	w.agree(want, got)
	if got != tokens {
		return
	}
	text := body["refresh_token"].(string)
	if successor == "" {
		d.given = append(d.given, text)
		w.pool = append(w.pool, text)
		return
	}
	require.Equal(w, successor, text)
}

// T7, with passwords and resets. A hash takes longer than many walks, so only one walk in twelve chooses
// and enters passwords; the others do everything else.
func TestModel_TheAPIAgreesWithTheContractOnRandomWalksWithPasswords(t *testing.T) {
	const seed = 20260302
	w := newWorld(t)
	count := map[verdict]int{}
	begin := time.Now()
	agreed := agreements(t, "T7 walks with passwords", "walks", walksWithPassword)
	for i := range uint64(walksWithPassword) {
		walk := &wordWalker{
			walker:  &walker{world: w, random: rand.New(rand.NewPCG(seed, i))},
			m:       wordModel{people: map[string]*owner{}},
			history: map[string]*course{}, hashes: i%12 == 0,
		}
		for n, password := range []string{"", harbor, "-", "-"} { // two have no account yet
			user := fmt.Sprintf("w%d.%d@contoso.com", i, n)
			walk.users = append(walk.users, user)
			if password == "-" {
				continue
			}
			u := store.User{ID: user, Username: user, Email: user}
			if password != "" {
				u.PasswordHash = hashOf(t, password)
			}
			walk.m.people[user] = &owner{password: password}
			require.NoError(t, w.store.CreateUser(t.Context(), u))
		}
		walk.trail = []string{fmt.Sprintf("seed %d, walk %d", seed, i)}
		longest := 12
		if i%50 == 0 || walk.hashes {
			longest = 40
		}
		for range 1 + walk.random.IntN(longest) {
			walk.step()
		}
		for _, line := range walk.trail[1:] {
			count[said(line)]++
		}
		w.clock.pass(time.Hour)
		agreed()
	}
	t.Logf("%d walks in %v: %v", walksWithPassword, time.Since(begin).Round(time.Millisecond), count)
	for _, v := range []verdict{
		goesOn, tokens, badToken, badCode, badGrant, credential, attributes, exists, unknown, badRefresh, redirect,
		noReset, badEntry, tooShort, usedBefore,
	} {
		require.Positive(t, count[v], "no walk led to %q", v)
	}
}
