//go:build unix

package proofs

import (
	"encoding/base32"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/otp"
)

// able is what an app says that can go through a second factor.
const able = "mfa_required registration_required"

// T1, second factors: of many flows of one account, at three instances, one gets through with one code of
// its app, and one with one of its recovery codes.
func TestT1_WhatProvesASecondFactorOnceWorksOnce(t *testing.T) {
	rounds := pick(2, 30)
	const flows = 15
	onEach(t, func(t *testing.T, b backend) {
		s := newSite(t, b.fresh(t), func(s *settings) { s.Twice = true })
		instances := s.three()
		once, broken := map[string]int{}, 0
		for round := range rounds {
			for _, kind := range []string{"totp", "recovery"} { // the tries of the one would use up those of the other
				j := s.journey(fmt.Sprintf("%s%d@contoso.com", kind, round))
				shown, kept := j.equip(t, instances[round%3].base)
				code := map[string]string{"totp": shown, "recovery": kept}[kind]
				var asked [flows]string
				for f := range asked {
					asked[f] = j.asked(t, instances[f%3].base, kind)
				}
				won := 0
				for _, a := range atOnce(flows, instances, func(f int, base string) answer {
					return post(base, "/oauth2/v2.0/token", "continuation_token", asked[f], "grant_type", "mfa_oob", "oob", code)
				}) {
					if a.ok() {
						won++
					} else if a.err != nil || a.status != http.StatusBadRequest || a.number() != 50181 {
						t.Log(a)
						broken++
					}
				}
				if won == 1 {
					once[kind]++
				}
			}
		}
		proof(t, "T1 "+b.name+" flows let in by one code of an app", once["totp"], "rounds", exactly(rounds))
		proof(t, "T1 "+b.name+" flows let in by one recovery code", once["recovery"], "rounds", exactly(rounds))
		proof(t, "T1 "+b.name+" answers other than good and wrong, to second factors", broken, "answers", exactly(0))
	})
}

// must makes a call that is answered with a token to go on with, be it by an interrupt.
func must(t testing.TB, a answer) answer {
	t.Helper()
	require.NotEmpty(t, a.field("continuation_token"), "%v", a)
	return a
}

// equip signs a person up, who registers an authenticator app, and returns what proves a second factor once
// each: the code of the app's next step and a recovery code.
func (j *journey) equip(t testing.TB, base string) (shown, kept string) {
	t.Helper()
	a := must(t, post(base, "/signup/v1.0/start", "username", j.user, "challenge_type", "oob redirect", "attributes", attributes, "capabilities", able))
	j.token = a.field("continuation_token")
	j.travel(t, base, signUpChallenge, signUpTokens)
	next := func(path string, pairs ...string) {
		a = must(t, post(base, path, append([]string{"continuation_token", j.token}, pairs...)...))
		j.token = a.field("continuation_token")
	}
	next("/oauth2/v2.0/token", "grant_type", "continuation_token")
	next("/register/v1.0/introspect")
	next("/register/v1.0/challenge", "challenge_type", "oob", "challenge_channel", "totp")
	u, err := url.Parse(a.field("otpauth_uri"))
	require.NoError(t, err)
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(u.Query().Get("secret"))
	require.NoError(t, err)
	now := otp.TOTPStep(time.Now())
	next("/register/v1.0/continue", "grant_type", "oob", "oob", otp.TOTP(secret, now))
	codes, _ := a.body["recovery_codes"].([]any)
	require.NotEmpty(t, codes, "%v", a)
	_, j.mails = j.box.next(j.user, j.mails) // the notice
	return otp.TOTP(secret, now+1), codes[0].(string)
}

// asked takes a sign-in to where a method of a kind was asked for.
func (j *journey) asked(t testing.TB, base, kind string) (token string) {
	t.Helper()
	j.token = must(t, post(base, "/oauth2/v2.0/initiate", "username", j.user, "challenge_type", "oob redirect", "capabilities", able)).field("continuation_token")
	j.travel(t, base, signInChallenge, signInCode)
	a := must(t, post(base, steps[signInCode].path, j.withCode()...))
	a = must(t, post(base, "/oauth2/v2.0/introspect", "continuation_token", a.field("continuation_token")))
	for _, m := range a.body["methods"].([]any) {
		if one := m.(map[string]any); one["challenge_channel"] == kind {
			a = post(base, "/oauth2/v2.0/challenge", "continuation_token", a.field("continuation_token"), "id", one["id"].(string))
			return must(t, a).field("continuation_token")
		}
	}
	require.Fail(t, "no such method", "%s: %v", kind, a)
	return ""
}
