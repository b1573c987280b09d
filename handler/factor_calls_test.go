//go:build !race

package handler_test

import (
	"fmt"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/otp"
)

// The calls of a factorWalker: each asks the model, the API, and whether they agree.

func (w *factorWalker) ask(q *quest, path, client, t string) {
	w.Helper()
	pairs, types, id := []string{"client_id", client, "continuation_token", t}, "", ""
	if w.chance(25) {
		types = one(w.walker, []string{native, onlyPassword, every})
		pairs = append(pairs, "challenge_type", types)
	}
	if q.isSecond() && w.chance(60) || w.chance(5) { // D21: the first factor takes no notice
		id = "0c0c0c0c-1111-4bbb-8222-3c3c3c3c3c3c"
		if q != nil && w.chance(90) {
			if h := w.m.holders[q.user]; h != nil && len(h.means) > 0 {
				id = one(w.walker, h.means).id
			}
		}
		pairs = append(pairs, "id", id)
	}
	before := w.mail.count()
	want, sends := w.m.ask(q, path, t, types, id)
	got, body := w.call(map[string]string{up: upChallenge, in: inChallenge, re: reChallenge}[path], pairs...)
	w.agree(want, got)
	if got != goesOn {
		return
	}
	w.accept(q, body)
	if q.isAt("challenged") {
		w.shows(q.asked, body)
	}
	if sends {
		w.letter(q, before)
	}
}

// shows compares a challenge with the method that it is for.
func (w *factorWalker) shows(m *means, body map[string]any) {
	w.Helper()
	length := map[string]float64{"totp": otp.TOTPDigits, "recovery": otp.RecoveryLength}[m.kind]
	if length == 0 {
		length = otp.Digits
		require.Equal(w, otp.Address(m.target).Mask(), body["challenge_target_label"])
	}
	require.Equal(w, []any{"oob", m.kind, length}, []any{body["challenge_type"], body["challenge_channel"], body["code_length"]}, "%v", w.trail)
}

func (w *factorWalker) list(q *quest, client, t string) {
	w.Helper()
	want := w.m.list(q, t)
	got, body := w.call(secIntrospect, "client_id", client, "continuation_token", t)
	w.agree(want, got)
	if got != goesOn {
		return
	}
	w.accept(q, body)
	var ids []any
	for _, m := range w.m.usable(q, q.passed) {
		ids = append(ids, m.id+" "+m.kind)
	}
	var listed []any
	for _, m := range body["methods"].([]any) {
		one := m.(map[string]any)
		listed = append(listed, fmt.Sprint(one["id"], " ", one["challenge_channel"]))
	}
	require.Equal(w, ids, listed, "%v", w.trail)
}

func (w *factorWalker) kinds(q *quest, client, t string) {
	w.Helper()
	want := w.m.listKinds(q, t)
	got, body := w.call(regIntrospect, "client_id", client, "continuation_token", t)
	w.agree(want, got)
	if got != goesOn {
		return
	}
	w.accept(q, body)
	kinds, hint := 0, ""
	for _, m := range body["methods"].([]any) {
		one := m.(map[string]any)
		require.True(w, registers(client, one["id"].(string)))
		if kinds++; one["id"] == "email" {
			hint = one["login_hint"].(string)
		}
	}
	require.Equal(w, map[bool]int{true: 3, false: 2}[client == fresh], kinds)
	require.Equal(w, w.m.hint(q), hint, "%v", w.trail)
}

func (w *factorWalker) register(q *quest, client, t string) {
	w.Helper()
	target := one(w.walker, []string{w.users[0], "mail." + w.users[0], w.number, w.number + "1", "+33612345678", "@contoso.com"})
	if q != nil && w.chance(25) {
		target = q.user
	}
	channel := ""
	if w.chance(30) {
		channel = one(w.walker, []string{"email", "sms", "totp", "totp"})
	}
	before := w.mail.count()
	want, sends := w.m.register(q, t, channel, target)
	got, body := w.call(regChallenge, "client_id", client, "continuation_token", t, "challenge_type", "oob", "challenge_target", target, "challenge_channel", channel)
	w.agree(want, got)
	if got != goesOn {
		return
	}
	w.accept(q, body)
	require.Equal(w, map[bool]any{true: "oob", false: "preverified"}[q.at == "proving"], body["challenge_type"])
	switch {
	case sends:
		w.letter(q, before)
	case q.at == "proving":
		q.asked.secret = secretOf(w.T, body["otpauth_uri"].(string))
		w.watch.apps[q.user] = append(w.watch.apps[q.user], string(q.asked.secret))
	}
}

func (w *factorWalker) enrol(q *quest, client, t string) {
	w.Helper()
	grant, code := "oob", w.aCode(q)
	if q.isAt("known") || w.chance(12) {
		grant = "continuation_token"
	}
	if w.chance(3) {
		grant = "mfa_oob"
	}
	before := w.mail.count()
	if grant == "oob" {
		w.m.tried(t, client, "registration", code)
	}
	want := w.m.enrol(q, t, grant, code)
	got, body := w.call(regContinue, "client_id", client, "continuation_token", t, "grant_type", grant, "oob", code)
	w.agree(want, got)
	if got != goesOn {
		return
	}
	w.accept(q, body)
	w.passed["new "+q.asked.kind]++
	if q.asked.target != q.user {
		w.notice(q.user, before, otp.MethodAdded)
	}
	if list, ok := body["recovery_codes"].([]any); ok {
		w.paper(q.user, list)
	}
	w.learn(q.user)
}

// paper gives an account the recovery codes that it was told.
func (w *factorWalker) paper(user string, codes []any) {
	means := w.m.holders[user].means
	paper := means[len(means)-1]
	for _, c := range codes {
		paper.left = append(paper.left, c.(string))
		w.watch.papers[user] = append(w.watch.papers[user], c.(string))
	}
}

// learn compares the methods of an account with those that it should have, and reads their ids.
func (w *factorWalker) learn(user string) {
	w.Helper()
	h := w.m.holders[user]
	u, err := w.store.UserByUsername(w.Context(), user)
	require.NoError(w, err)
	require.Equal(w, h.kept(), keptOf(u), "%s", strings.Join(w.trail, "\n"))
	for i, m := range u.Methods {
		h.means[i].id = m.ID
		require.Len(w, m.Codes, len(h.means[i].left), "recovery codes\n%s", strings.Join(w.trail, "\n"))
	}
}

func (w *factorWalker) carry(q *quest, client, t string) {
	w.Helper()
	grant, code, word := one(w.walker, []string{"oob", "attributes", "password", "continuation_token"}), w.aCode(q), "short"
	if q != nil && w.chance(80) {
		grant = map[string]string{"sent": "oob", "credential": "password", "asked": "password"}[q.at]
		if grant == "" {
			grant = "oob"
		}
	}
	if q != nil {
		word = w.aWord(q.user)
	}
	want := w.m.give(q.bare(), t, grant, code, word, true)
	got, body := w.call(upContinue, "client_id", client, "continuation_token", t, "grant_type", grant, "oob", code, "attributes", `{"jobTitle":"Pilot"}`, "password", word)
	w.agree(want, got)
	if got == goesOn || got == credential {
		w.m.noteCode(q)
		w.accept(q, body)
		if got == goesOn {
			w.learn(q.user)
		}
	}
}

func (w *factorWalker) prove(q *quest, client, t string) {
	w.Helper()
	code := w.aCode(q)
	want := w.m.wordModel.prove(q.bare(), t, "oob", code)
	got, body := w.call(reContinue, "client_id", client, "continuation_token", t, "grant_type", "oob", "oob", code)
	w.agree(want, got)
	if got == goesOn {
		w.m.noteCode(q)
		w.accept(q, body)
	}
}

func (w *factorWalker) submit(q *quest, client, t string) {
	w.Helper()
	word, before, epoch := "short", w.mail.count(), 0
	if q != nil {
		word, epoch = w.aWord(q.user), w.m.people[q.user].epoch
		if w.hashes && w.chance(60) {
			word = calmHarbor
		}
	}
	want := w.m.submit(q.bare(), t, word)
	got, body := w.call(reSubmit, "client_id", client, "continuation_token", t, "new_password", word)
	w.agree(want, got)
	if got != goesOn {
		return
	}
	w.accept(q, body)
	if w.m.people[q.user].epoch > epoch {
		w.notice(q.user, before, otp.PasswordChanged)
	}
}

func (w *factorWalker) poll(q *quest, client, t string) {
	w.Helper()
	want := w.m.poll(q.bare(), t)
	got, body := w.call(rePoll, "client_id", client, "continuation_token", t)
	w.agree(want, got)
	if got == goesOn {
		w.accept(q, body)
	}
}

func (w *factorWalker) redeem(q *quest, client, t string) {
	w.Helper()
	grant, code, word := one(w.walker, []string{"oob", "continuation_token", "password", "mfa_oob", "attributes"}), w.aCode(q), harbor
	if q != nil && w.chance(80) {
		grant = map[string]string{"sent": "oob", "asked": "password", "challenged": "mfa_oob"}[q.at]
		switch {
		case grant == "":
			grant = "continuation_token"
		case grant == "mfa_oob" && w.chance(30):
			grant = "oob"
		}
	}
	if q != nil {
		word = w.aWord(q.user)
	}
	if !w.hashes && grant == "password" && q.isAt("asked") && t == q.token {
		return
	}
	w.m.tried(t, client, grant, code)
	want, lacks := w.m.redeem(q, t, grant, code, word)
	got, body := w.call(inToken, "client_id", client, "continuation_token", t, "grant_type", grant, "oob", code, "password", word)
	w.agree(want, got)
	switch got {
	case redirect:
		require.Equal(w, "Client is missing "+lacks+" capability", body["redirect_reason"])
	case secondDue, methodDue:
		w.accept(q, body)
	case tokens:
		w.passed["tokens after "+q.kind]++
		if q.asked != nil {
			w.passed["tokens with "+q.asked.kind]++
		}
		text := body["refresh_token"].(string)
		w.m.kin = append(w.m.kin, &heritage{
			&lineage{&descent{client: q.client, given: []string{text}}, q.user, q.epoch},
			enoughOf(q.passed, w.m.holders[q.user].means),
		})
		w.pool = append(w.pool, text)
	}
}

func (w *factorWalker) renew(client, t string) {
	w.Helper()
	if len(w.m.kin) > 0 && w.chance(85) {
		d := one(w.walker, w.m.kin)
		if t = one(w.walker, d.given); w.chance(70) {
			t = d.given[len(d.given)-1]
		}
		if w.chance(90) {
			client = d.client
		}
	}
	want, d, successor := w.m.refresh(t, client)
	got, body := w.call(inToken, "client_id", client, "grant_type", "refresh_token", "refresh_token", t)
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
