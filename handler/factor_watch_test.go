//go:build !race

package handler_test

import (
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// watch looks on: it knows nothing of states, and asks of each token that leaves whether the secrets were
// really given that it stands for (F4). What it knows is what people know: their passwords, what came to
// their mailboxes and phones, what their apps show, and the codes that they have on paper.
type watch struct {
	*world
	demands func(client, user string) bool
	flights map[string]*flight         // by each continuation and refresh token of theirs
	words   map[string]string          // passwords, by user
	apps    map[string][]string        // secrets of apps, those that are being set up included
	papers  map[string][]string        // recovery codes
	spent   map[string]*flight         // what is good once and was taken, by user and code
	own     map[string]map[factor]bool // apps that were confirmed
	early   []string                   // what must not have been
}

// flight is a flow, with all that was given in it.
type flight struct {
	client, user string
	word         string            // the last password of a sign-up
	letters      map[string]factor // by code
	given        []factor
	second       bool // tokens left, and two factors were given
}

func newWatch(w *world, demands func(client, user string) bool) *watch {
	return &watch{
		world: w, demands: demands, flights: map[string]*flight{}, words: map[string]string{}, apps: map[string][]string{},
		papers: map[string][]string{}, spent: map[string]*flight{}, own: map[string]map[factor]bool{},
	}
}

// sent notes a code, and a token of the flow that it was sent for.
func (w *watch) sent(token string, m otp.Message) {
	w.flights[token].letters[m.Code] = factor(string(m.Channel) + ":" + string(m.To))
}

// has notes that a user has confirmed an app.
func (w *watch) has(user, secret string) {
	if w.own[user] == nil {
		w.own[user] = map[factor]bool{}
	}
	w.own[user][factor("totp:"+secret)] = true
}

// saw looks at a call and its answer.
func (w *watch) saw(path string, pairs []string, v verdict, body map[string]any) {
	w.Helper()
	said := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		said[pairs[i]] = pairs[i+1]
	}
	next, _ := body["continuation_token"].(string)
	f := w.flights[said["continuation_token"]]
	if said["username"] != "" && next != "" {
		f = &flight{client: said["client_id"], user: said["username"], letters: map[string]factor{}}
	}
	if f != nil {
		w.code(f, path, said["oob"], v)
		w.word(f, path, said, v)
		if next != "" {
			w.flights[next] = f
		}
	}
	if body["access_token"] == nil && body["refresh_token"] == nil && body["id_token"] == nil {
		return
	}
	refreshed := w.flights[said["refresh_token"]]
	if refreshed != nil {
		f = refreshed
	}
	if f == nil || said["client_id"] != f.client {
		w.early = append(w.early, "tokens for nothing")
		return
	}
	w.judge(f, refreshed == nil, body)
	w.flights[body["refresh_token"].(string)] = f
}

func (f *flight) give(one factor) {
	if !slices.Contains(f.given, one) {
		f.given = append(f.given, one)
	}
}

// code notes a code that a call has brought along, if it is right and was not taken elsewhere.
func (w *watch) code(f *flight, path, code string, v verdict) {
	if letter, ok := f.letters[code]; ok {
		f.give(letter)
	}
	if by := w.spent[f.user+code]; by != nil && by != f {
		return
	}
	taken := func() {
		if v == tokens || v == goesOn && path == regContinue {
			w.spent[f.user+code] = f
		}
	}
	for _, secret := range w.apps[f.user] {
		for n := int64(-1); n <= 1; n++ {
			if code == otp.TOTP([]byte(secret), otp.TOTPStep(w.clock.now())+n) {
				f.give(factor("totp:" + secret))
				taken()
				if v == goesOn && path == regContinue {
					w.has(f.user, secret)
				}
			}
		}
	}
	if slices.Contains(w.papers[f.user], code) {
		f.give("recovery:")
		taken()
	}
}

// word notes a password that a call has brought along, if it is right or becomes so.
func (w *watch) word(f *flight, path string, said map[string]string, v verdict) {
	switch word := said["password"]; {
	case strings.HasPrefix(path, "/signup/"):
		if word != "" && takesPasswords(f.client) && said["grant_type"] != "oob" && (v == goesOn || v == credential) {
			f.word = word
		}
		if v == goesOn && path == upContinue && f.word != "" {
			w.words[f.user] = f.word
			f.give(chose)
		}
	case word != "" && word == w.words[f.user]:
		f.give(knows)
	}
	if path == reSubmit && v == goesOn {
		w.words[f.user] = said["new_password"]
	}
}

// judge notes tokens that have left too early, or say too much.
func (w *watch) judge(f *flight, first bool, body map[string]any) {
	w.Helper()
	u, err := w.store.UserByUsername(w.Context(), f.user)
	require.NoError(w, err)
	method := slices.ContainsFunc(f.given, func(one factor) bool { return w.isOf(u, one) })
	f.second = f.second || first && method && len(f.given) > 1
	switch {
	case len(f.given) == 0:
		w.early = append(w.early, "tokens before anything was given")
	case w.demands(f.client, f.user) && !f.second:
		w.early = append(w.early, "tokens before a second factor")
	}
	if first {
		w.read(f, method, jwtPart(w.T, body["id_token"].(string), 1))
	}
}

// isOf tells whether a factor is a method of an account.
func (w *watch) isOf(u store.User, one factor) bool {
	return slices.ContainsFunc(u.Methods, func(m store.Method) bool {
		switch m.Kind {
		case store.MethodTOTP:
			return w.own[u.Username][one]
		case store.MethodRecovery:
			return one == "recovery:"
		}
		return one == factor(string(m.Kind)+":"+m.Target)
	})
}

// read compares what a token says of the factors with what was given.
func (w *watch) read(f *flight, method bool, claims map[string]any) {
	proven := slices.DeleteFunc(slices.Clone(f.given), func(one factor) bool { return one == chose })
	has := func(kinds ...string) bool {
		return slices.ContainsFunc(proven, func(one factor) bool {
			kind, _, _ := strings.Cut(string(one), ":")
			return slices.Contains(kinds, kind)
		})
	}
	over := claims["acr"] == "2" && (!method || len(proven) < 2)
	for _, name := range claims["amr"].([]any) {
		switch name {
		case "pwd":
			over = over || !has("pwd")
		case "sms":
			over = over || !has("sms")
		case "otp":
			over = over || !has("email", "totp", "recovery")
		case "mfa":
			over = over || !has("pwd") || !has("sms", "totp", "recovery")
		default:
			over = true
		}
	}
	if over {
		w.early = append(w.early, "tokens that say more than was proven")
	}
}
