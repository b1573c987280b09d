package handler_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/internal/figures"
	"github.com/nativeauth/nativeauth/store"
)

// verdict is what an answer says: the number of its error, or what a success carries.
type verdict string

const (
	goesOn     verdict = "a continuation token"
	tokens     verdict = "tokens"
	badToken   verdict = "55200"
	badCode    verdict = "50181 invalid_oob_value"
	credential verdict = "55103, with a token"
	attributes verdict = "55106, with a token"
	exists     verdict = "1003037"
	unknown    verdict = "50034"
	tooSoon    verdict = "90055"
	badGrant   verdict = "70003"
	badRefresh verdict = "70000 bad_token"
	redirect   verdict = "redirect"
	noReset    verdict = "500222"
	badEntry   verdict = "50126"
	tooShort   verdict = "399246 password_too_short"
	usedBefore verdict = "399246 password_recently_used"
)

// model is sections 6.1 to 6.4, 6.7, 7.5 and 15 of the contract in short, for clients and people
// without passwords or second factors. It was written from those sections, not from the code.
type model struct {
	flows    []*journey
	families []*descent
	accounts map[string]bool
}

// journey is one flow as its client has gone it.
type journey struct {
	signUp        bool
	client, user  string
	at            string // start, sent, attributes, done, over
	token, before string // the one that is good; and the one that its call may be repeated with (D2)
	code          string // that is good now
	tries, sends  int
	missing       bool // required attributes
	proven        bool // a code of this flow was accepted
}

// descent is a family of refresh tokens, oldest first.
type descent struct {
	client string
	given  []string
	ended  bool
}

// holder finds the flow that gave a token out, now or before.
func (m *model) holder(history map[string]*journey, token, client string, signUp bool) *journey {
	if f := history[token]; f != nil && f.client == client && f.signUp == signUp {
		return f
	}
	return nil
}

func (m *model) start(signUp bool, user string) verdict {
	switch {
	case signUp && m.accounts[user]:
		return exists
	case !signUp && !m.accounts[user]:
		return unknown
	}
	return goesOn
}

func (m *model) challenge(f *journey, token string) verdict {
	current := f != nil && token == f.token && (f.at == "start" || f.at == "sent")
	repeat := f != nil && token == f.before && f.at == "sent"
	if !current && !repeat {
		return badToken
	}
	if f.sends == 5 && (f.at == "sent" || f.code == "") {
		return tooSoon
	}
	if current {
		f.before = token
	}
	if f.sends < 5 { // else the code stands that was sent before attributes came in between
		f.sends, f.tries, f.code = f.sends+1, 0, ""
	}
	f.at = "sent"
	return goesOn
}

func (m *model) give(f *journey, token, grant, code string, complete bool) verdict {
	current := f != nil && token == f.token
	switch {
	case grant == "continuation_token":
		return badGrant
	case current && grant == "oob" && f.at == "sent":
		if !f.try(code) {
			return badCode
		}
		if f.missing {
			f.at, f.before = "attributes", ""
			return attributes
		}
		return m.create(f)
	case current && grant == "attributes" && (f.at == "start" || f.at == "sent"):
		f.at, f.before, f.missing = "start", "", f.missing && !complete
		return credential
	case grant == "attributes" && f != nil && f.at == "attributes" && (current || token == f.before):
		if complete {
			return m.create(f)
		}
		if current {
			f.before = token
		}
		return attributes
	}
	return badToken
}

func (f *journey) try(code string) bool {
	f.tries++
	f.proven = f.proven || f.tries <= 5 && code == f.code
	return f.tries <= 5 && code == f.code
}

func (m *model) create(f *journey) verdict {
	if m.accounts[f.user] {
		return exists
	}
	m.accounts[f.user], f.at, f.before = true, "done", ""
	return goesOn
}

func (m *model) redeem(up, in *journey, token, grant, code string) verdict {
	if grant == "attributes" {
		return badGrant
	}
	if grant == "continuation_token" && up != nil && up.at == "done" && token == up.token {
		up.at = "over"
		return tokens
	}
	if grant == "oob" && in != nil && in.at == "sent" && token == in.token {
		if !in.try(code) {
			return badCode
		}
		in.at = "over"
		return tokens
	}
	return badToken
}

// refresh gives a successor; the token before the last the same one again, as the clock of a walk
// stands still; and ends the family at the sight of an older one.
func (m *model) refresh(token, client string) (v verdict, d *descent, successor string) {
	for _, d := range m.families {
		i := slices.Index(d.given, token)
		switch last := len(d.given) - 1; {
		case i < 0 || d.client != client:
			continue
		case !d.ended && i == last:
			return tokens, d, ""
		case !d.ended && i == last-1:
			return tokens, d, d.given[last]
		}
		d.ended = true
		break
	}
	return badRefresh, nil, ""
}

// walker goes one walk through the API and the model side by side.
type walker struct {
	*world
	m       model
	random  *rand.Rand
	history map[string]*journey // of every continuation token ever given
	pool    []string            // every token ever given, in order
	codes   []string            // every code ever sent
	users   []string
	agent   string // x-client-SKU
	trail   []string
}

// strike sends a call and returns what the answer says.
func (w *walker) strike(path string, pairs ...string) (verdict, map[string]any) {
	r := httptest.NewRequest(http.MethodPost, strings.TrimPrefix(w.base, w.http.URL)+path, strings.NewReader(form(pairs...)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("x-client-SKU", w.agent)
	rec := httptest.NewRecorder()
	w.auth.ServeHTTP(rec, r)
	var body map[string]any
	require.NoError(w, json.Unmarshal(rec.Body.Bytes(), &body), "%s", rec.Body)
	_, next := body["continuation_token"]
	var v verdict
	switch {
	case rec.Code == http.StatusOK && body["access_token"] != nil:
		v = tokens
	case rec.Code == http.StatusOK && next:
		v = goesOn
	case rec.Code == http.StatusOK && body["challenge_type"] == "redirect":
		v = redirect
	case rec.Code != http.StatusOK:
		v = verdict(fmt.Sprint(int(body["error_codes"].([]any)[0].(float64))))
		if s, ok := body["suberror"]; ok {
			v += verdict(" " + s.(string))
		}
		if next {
			v += ", with a token"
		}
	}
	w.trail = append(w.trail, fmt.Sprintf("%s %v: %s", path, pairs, v))
	return v, body
}

// said is the verdict in a line of a trail.
func said(line string) verdict { return verdict(line[strings.LastIndex(line, ": ")+2:]) }

// agree fails the walk where the API says something else than the model.
func (w *walker) agree(want, got verdict) {
	w.Helper()
	if want != got {
		require.Failf(w, "disagreement", "the model says %q, the API %q:\n%s", want, got, strings.Join(w.trail, "\n"))
	}
}

// receive notes the token that an answer goes on with.
func (w *walker) receive(f *journey, body map[string]any) {
	w.Helper()
	next, ok := body["continuation_token"].(string)
	require.True(w, ok, "%v", body)
	require.NotContains(w, w.history, next, "a token given twice")
	f.token, w.history[next] = next, f
	w.pool = append(w.pool, next)
}

// signedIn notes a refresh token; without a proven flow it must not have been given.
func (w *walker) signedIn(f *journey, body map[string]any) {
	w.Helper()
	require.True(w, f.proven, "tokens before a code was accepted:\n%s", strings.Join(w.trail, "\n"))
	text := body["refresh_token"].(string)
	w.m.families = append(w.m.families, &descent{client: f.client, given: []string{text}})
	w.pool = append(w.pool, text)
}

func one[T any](w *walker, list []T) T { return list[w.random.IntN(len(list))] }

func (w *walker) chance(percent int) bool { return w.random.IntN(100) < percent }

// aToken is a token for a call: mostly the newest of some flow, else a stale or a swapped one, or a
// forgery.
func (w *walker) aToken() string {
	if len(w.pool) == 0 || w.chance(4) {
		return "forged"
	}
	t := one(w, w.pool)
	if len(w.m.flows) > 0 && w.chance(75) {
		t = w.m.flows[len(w.m.flows)-1].token
		if w.chance(25) {
			t = one(w, w.m.flows).token
		}
	}
	if w.chance(6) {
		b := []byte(t)
		b[w.random.IntN(len(b))] ^= 1
		return string(b)
	}
	return t
}

// aCode is a code for a call with a token: mostly the right one, else an old one, another flow's or
// one that never was.
func (w *walker) aCode(token string) string {
	if f := w.history[token]; f != nil && f.code != "" && w.chance(70) {
		return f.code
	}
	if len(w.codes) > 0 && w.chance(60) {
		return one(w, w.codes)
	}
	return "00000000"
}

func (w *walker) aClient(token string) string {
	if f := w.history[token]; f != nil && w.chance(92) {
		return f.client
	}
	return one(w, []string{plain, asking})
}

// step makes one call of both.
func (w *walker) step() {
	w.Helper()
	kind := w.random.IntN(100)
	if len(w.m.flows) == 0 {
		kind %= 12
	}
	t := w.aToken()
	client, signUp := w.aClient(t), w.chance(50)
	if f := w.history[t]; f != nil && w.chance(85) {
		signUp = f.signUp
	}
	f := w.m.holder(w.history, t, client, signUp)
	if f != nil && kind >= 12 && w.chance(65) {
		kind = w.nextOf(f)
	}
	switch {
	case kind < 12:
		w.stepStart(client, signUp)
	case kind < 36:
		w.stepChallenge(f, client, t, signUp)
	case kind < 66 && signUp:
		w.stepContinue(w.m.holder(w.history, t, client, true), client, t)
	case kind < 91:
		w.stepRedeem(client, t)
	default:
		w.stepRefresh(client, t)
	}
}

// nextOf is a call that a flow waits for.
func (w *walker) nextOf(f *journey) (kind int) {
	switch {
	case f.at == "start" || f.at == "sent" && w.chance(15):
		return 35
	case f.at == "sent" && f.signUp || f.at == "attributes":
		return 65
	case f.at == "over":
		return 99
	}
	return 90
}

// grant is a grant type for a flow: mostly the one that it waits for, else any of a list.
func (w *walker) grant(f *journey, list ...string) string {
	if f != nil && w.chance(65) {
		switch f.at {
		case "sent":
			return "oob"
		case "attributes":
			return "attributes"
		case "done":
			return "continuation_token"
		}
	}
	return one(w, list)
}

func (w *walker) stepStart(client string, signUp bool) {
	w.Helper()
	user := one(w, w.users)
	if w.m.accounts[user] == signUp && w.chance(70) {
		signUp = !signUp
	}
	path := "/oauth2/v2.0/initiate"
	if signUp {
		path = "/signup/v1.0/start"
	}
	want := w.m.start(signUp, user)
	got, body := w.strike(path, "client_id", client, "username", user, "challenge_type", native)
	w.agree(want, got)
	if got == goesOn {
		f := &journey{signUp: signUp, client: client, user: user, at: "start", missing: signUp && client == asking}
		w.m.flows = append(w.m.flows, f)
		w.receive(f, body)
	}
}

func (w *walker) stepChallenge(f *journey, client, t string, signUp bool) {
	w.Helper()
	path := "/oauth2/v2.0/challenge"
	if signUp {
		path = "/signup/v1.0/challenge"
	}
	sent := w.mail.count()
	want := w.m.challenge(f, t)
	got, body := w.strike(path, "client_id", client, "continuation_token", t)
	w.agree(want, got)
	if got == goesOn {
		w.receive(f, body)
		if f.code != "" {
			return
		}
		for end := time.Now().Add(10 * time.Second); w.mail.count() == sent; time.Sleep(10 * time.Microsecond) {
			require.True(w, time.Now().Before(end), "no code came:\n%s", strings.Join(w.trail, "\n"))
		}
		f.code = w.mail.take(sent + 1).Code
		w.codes = append(w.codes, f.code)
	}
}

func (w *walker) stepContinue(f *journey, client, t string) {
	w.Helper()
	grant, code, complete := w.grant(f, "oob", "attributes", "password"), w.aCode(t), w.chance(60)
	values := `{"displayName":"Casey"}`
	if complete {
		values = `{"displayName":"Casey","city":"Oslo","` + terms + `":true}`
	}
	want := w.m.give(f, t, grant, code, complete)
	got, body := w.strike("/signup/v1.0/continue", "client_id", client, "continuation_token", t, "grant_type", grant, "oob", code, "attributes", values)
	w.agree(want, got)
	if got == goesOn || got == credential || got == attributes {
		w.receive(f, body)
	}
}

func (w *walker) stepRedeem(client, t string) {
	w.Helper()
	grant, code := w.grant(w.history[t], "oob", "continuation_token", "password", "mfa_oob"), w.aCode(t)
	up, in := w.m.holder(w.history, t, client, true), w.m.holder(w.history, t, client, false)
	want := w.m.redeem(up, in, t, grant, code)
	got, body := w.strike("/oauth2/v2.0/token", "client_id", client, "continuation_token", t, "grant_type", grant, "oob", code)
	w.agree(want, got)
	if got == tokens {
		f := up
		if f == nil {
			f = in
		}
		w.signedIn(f, body)
	}
}

func (w *walker) stepRefresh(client, t string) {
	w.Helper()
	if len(w.m.families) > 0 && w.chance(85) {
		d := one(w, w.m.families)
		t = one(w, d.given)
		if w.chance(85) {
			client = d.client
		}
	}
	want, d, successor := w.m.refresh(t, client)
	got, body := w.strike("/oauth2/v2.0/token", "client_id", client, "grant_type", "refresh_token", "refresh_token", t)
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

// T7: random walks over the API, with stale, swapped, repeated, foreign and forged tokens and with
// right, old and wrong codes.
// agreements reports at the end of a test how much of what it did agreed with a model, and whether something did not: the
// first that does not ends it. The function that it returns counts one that did.
func agreements(t *testing.T, name, unit string, least int) (one func()) {
	t.Helper()
	var n atomic.Int64
	t.Cleanup(func() {
		disagreed := 0
		if t.Failed() {
			disagreed = 1
		}
		figure(t, name+" that disagree with the model", disagreed, unit, 0)
		figures.Report(t, name+" that agree with it", int(n.Load()), unit, figures.AtLeast(least))
	})
	return func() { n.Add(1) }
}

func TestModel_TheAPIAgreesWithTheContractOnRandomWalks(t *testing.T) {
	const seed = 20260301
	w := newWorld(t)
	count := map[verdict]int{}
	begin := time.Now()
	agreed := agreements(t, "T7 walks", "walks", walks)
	for i := range uint64(walks) {
		walk := &walker{world: w, random: rand.New(rand.NewPCG(seed, i)), history: map[string]*journey{}, m: model{accounts: map[string]bool{}}}
		for n := range 3 {
			walk.users = append(walk.users, fmt.Sprintf("p%d.%d@contoso.com", i, n))
		}
		walk.m.accounts[walk.users[0]] = true
		require.NoError(t, w.store.CreateUser(t.Context(), store.User{ID: walk.users[0], Username: walk.users[0], Email: walk.users[0], CreatedAt: w.clock.now()}))
		walk.trail = []string{fmt.Sprintf("seed %d, walk %d", seed, i)}
		longest := 12
		if i%50 == 0 { // some go on to where limits are met
			longest = 100
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
	t.Logf("%d walks in %v: %v", walks, time.Since(begin).Round(time.Millisecond), count)
	met := []verdict{goesOn, tokens, badToken, badCode, badGrant, credential, attributes, exists, unknown, badRefresh}
	if walks == 10_000 { // fewer may not get so far
		met = append(met, tooSoon)
	}
	for _, v := range met {
		require.Positive(t, count[v], "no walk led to %q", v)
	}
}
