package handler_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
)

// Section 6.4 of the contract, 3.2, C8, C11, C31, D22: what the token call answers when a first factor has
// passed, whatever that was.

const (
	secIntrospect = "/oauth2/v2.0/introspect"
	regIntrospect = "/register/v1.0/introspect"
	regChallenge  = "/register/v1.0/challenge"
	regContinue   = "/register/v1.0/continue"

	mfaOnly      = "mfa_required"
	registerOnly = "registration_required"
	android      = "MSAL.Android"
)

// postAs sends a form as a library does that names itself.
func (w *world) postAs(sku, path string, pairs ...string) answer {
	w.Helper()
	r := request(w.T, w.base+path, form(pairs...))
	if sku != "" {
		r.Header.Set("x-client-SKU", sku)
	}
	return w.send(r)
}

// greeting is what a library says of itself when it opens a flow.
type greeting struct {
	sku   string
	pairs []string
}

func (w *world) open(o greeting, path, client, types string) (token string) {
	w.Helper()
	return w.postAs(o.sku, path, append([]string{"client_id", client, "username", casey, "challenge_type", types}, o.pairs...)...).ok()
}

// firstFactors are the ways to prove a first factor of casey's account, which has these methods then. Each
// goes as far as the token call.
var firstFactors = []struct {
	name string
	pass func(w *world, client string, o greeting, methods ...store.Method) (redeem func() answer)
}{
	{"a password", func(w *world, client string, o greeting, methods ...store.Method) func() answer {
		w.person(casey, methods...)
		token := w.signInChallenge(client, w.open(o, inStart, client, every)).ok()
		return func() answer { return w.redeemPassword(client, token, harbor) }
	}},
	{"a code", func(w *world, client string, o greeting, methods ...store.Method) func() answer {
		w.person(casey, methods...)
		start := w.open(o, inStart, client, native)
		token, code := w.nextCode(func() answer { return w.signInChallenge(client, start) })
		return func() answer { return w.redeemCode(client, token, code) }
	}},
	{"a sign-up", func(w *world, client string, o greeting, methods ...store.Method) func() answer {
		o.pairs = append([]string{"password", harbor}, o.pairs...)
		start := w.open(o, upStart, client, every)
		sent, code := w.nextCode(func() answer { return w.signUpChallenge(client, start) })
		token := w.signUpCode(client, sent, code).ok()
		w.update(casey, func(u *store.User) { u.Methods = methods })
		return func() answer { return w.redeemToken(client, token) }
	}},
	{"a reset", func(w *world, client string, o greeting, methods ...store.Method) func() answer {
		w.person(casey, methods...)
		start := w.open(o, reStart, client, native)
		sent, code := w.nextCode(func() answer { return w.resetChallenge(client, start) })
		proven := w.resetCode(client, sent, code).ok()
		mails := w.mail.count()
		token := w.resetPoll(client, w.resetSubmit(client, proven, busyHarbor).ok()).ok()
		w.mail.take(mails + 1) // the notice
		return func() answer { return w.redeemToken(client, token) }
	}},
}

// lacking is the answer for an app that has not announced a capability.
func (a answer) lacking(capability string) {
	a.t.Helper()
	assert.Equal(a.t, 200, a.status)
	assert.Equal(a.t, map[string]any{
		"challenge_type": "redirect", "redirect_reason": "Client is missing " + capability + " capability",
	}, a.body)
}

// announcements are the ways to say what an app can do, and what is understood.
var announcements = []struct {
	name string
	greeting
	mfa, register bool
}{
	{"both", greeting{"", []string{"capabilities", able}}, true, true},
	{"nothing", greeting{}, false, false},
	{"nothing, by old Android", greeting{sku: android}, true, true},

	{"a second factor alone", greeting{"", []string{"capabilities", mfaOnly}}, true, false},
	{"a registration alone", greeting{"", []string{"capabilities", registerOnly}}, false, true},
	{"both, as capability", greeting{"", []string{"capability", able}}, true, true},
	{"both, parted by a comma", greeting{"", []string{"capability", mfaOnly + "," + registerOnly}}, true, true},
	{"both, parted by comma and blanks", greeting{"", []string{"capabilities", " " + registerOnly + " , " + mfaOnly + ", "}}, true, true},
	{"one as each", greeting{"", []string{"capability", mfaOnly, "capabilities", registerOnly}}, true, true},
	{"others beside", greeting{"", []string{"capabilities", "passkey " + mfaOnly + " registration"}}, true, false},
	{"others alone", greeting{"", []string{"capabilities", "passkey"}}, false, false},
	{"what only begins alike", greeting{"", []string{"capabilities", "mfa_required2 registration_requiredX"}}, false, false},
	{"nothing, by another library", greeting{sku: "msal.browser"}, false, false},
	{"something, by Android", greeting{android, []string{"capabilities", registerOnly}}, false, true},
	{"others, by Android", greeting{android, []string{"capabilities", "passkey"}}, false, false},
}

func TestGate_WhatTheTokenCallAnswers(t *testing.T) {
	t.Parallel()
	for i, first := range firstFactors {
		for j, said := range announcements {
			if i > 0 && j > 2 {
				break // how they are read does not depend on the first factor
			}
			t.Run(first.name+"; the app announces "+said.name, func(t *testing.T) {
				w := newWorld(t, secondFactors)
				redeem := first.pass(w, fresh, said.greeting, textMethod)
				if a := redeem(); said.mfa {
					w.introspect(fresh, a.wants("mfa_required")).ok()
				} else {
					a.lacking("mfa_required")
				}
				redeem().badToken() // D22, 6.7: replaced, or the flow is over

				w = newWorld(t, secondFactors)
				redeem = first.pass(w, fresh, said.greeting)
				if a := redeem(); said.register {
					w.kinds(fresh, a.wants("registration_required")).ok()
				} else {
					a.lacking("registration_required")
				}
				redeem().badToken()
			})
		}
	}
}

func TestGate_InTheStrictModeOldAndroidIsRedirectedToo(t *testing.T) {
	t.Parallel()
	strict := func(c *handler.Config) { c.Legacy.StrictCapabilities = true }
	for _, first := range firstFactors {
		t.Run(first.name, func(t *testing.T) {
			first.pass(newWorld(t, secondFactors, strict), fresh, greeting{sku: android}, textMethod)().lacking("mfa_required")
			first.pass(newWorld(t, secondFactors, strict), fresh, greeting{sku: android})().lacking("registration_required")
			w := newWorld(t, secondFactors, strict)
			first.pass(w, fresh, greeting{android, []string{"capabilities", able}}, textMethod)().wants("mfa_required")
		})
	}
}

func TestGate_WithoutADemandAFirstFactorIsEnough(t *testing.T) {
	t.Parallel()
	for _, first := range firstFactors {
		t.Run(first.name, func(t *testing.T) {
			w := newWorld(t, secondFactors)
			a := first.pass(w, keyed, greeting{}, textMethod)().tokens()
			assert.Equal(t, "1", idClaims(t, a)["acr"])
			w = newWorld(t, secondFactors)
			first.pass(w, keyed, greeting{})().tokens()
		})
	}
}

// Each first factor, a second, tokens: F4 and C31.
func TestGate_ASecondFactorEndsInTokensAfterAnyFirst(t *testing.T) {
	t.Parallel()
	for _, first := range firstFactors {
		t.Run(first.name+", then a method", func(t *testing.T) {
			w := newWorld(t, secondFactors)
			token := first.pass(w, fresh, greeting{"", []string{"capabilities", able}}, textMethod)().wants("mfa_required")
			token, code := w.nextCode(func() answer { return w.signInChallenge(fresh, token) })
			assert.EqualValues(t, number, w.mail.take(w.mail.count()).To)
			w.redeemSecond(fresh, token, otherCode(code)).wrongCode()
			a := w.redeemSecond(fresh, token, code).tokens()
			w.redeemSecond(fresh, token, code).badToken() // D1
			w.refresh(fresh, a.text("refresh_token")).tokens()
		})
		t.Run(first.name+", then a registration", func(t *testing.T) {
			w := newWorld(t, secondFactors)
			token := first.pass(w, fresh, greeting{"", []string{"capabilities", able}})().wants("registration_required")
			token = w.kinds(fresh, token).ok()
			token, code := w.nextCode(func() answer { return w.register(fresh, token, number) })
			mails := w.mail.count()
			token = w.registerCode(fresh, token, code).ok()
			w.mail.take(mails + 1) // the notice
			a := w.redeemToken(fresh, token).tokens()
			w.redeemToken(fresh, token).badToken()
			w.refresh(fresh, a.text("refresh_token")).tokens()

			start := w.post(inStart, "client_id", fresh, "username", casey, "challenge_type", native, "capabilities", able).ok()
			token, code = w.nextCode(func() answer { return w.signInChallenge(fresh, start) })
			w.redeemCode(fresh, token, code).wants("mfa_required") // from now on
		})
	}
}

func TestGate_NothingOfTheFirstFactorIsGivenASecondTime(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey, mailMethod, textMethod)
	start := w.post(inStart, "client_id", guarded, "username", casey, "challenge_type", native, "capabilities", able).ok()
	sent, code := w.nextCode(func() answer { return w.signInChallenge(guarded, start) })
	token := w.redeemCode(guarded, sent, code).wants("mfa_required")
	w.redeemCode(guarded, token, code).badToken()
	w.redeemSecond(guarded, token, code).badToken()
	token, second := w.nextCode(func() answer { return w.askedBy(guarded, token, mailMethod.ID) })
	if code != second {
		w.redeemSecond(guarded, token, code).wrongCode()
	}
	w.redeemSecond(guarded, token, second).tokens()
	w.redeemCode(guarded, sent, code).badToken()
}

// D14, and SP 800-63B-4 3.1.3.1 in the words of the security requirements: two codes to one mailbox are one factor.
func TestGate_TheMailboxOfTheFirstFactorIsNoSecond(t *testing.T) {
	own := store.Method{ID: mailMethod.ID, Kind: store.MethodEmail, Target: casey}
	for _, first := range firstFactors[1:] {
		if first.name == "a sign-up" {
			continue // whose password counts
		}
		t.Run(first.name, func(t *testing.T) {
			w := newWorld(t, secondFactors)
			redeem := first.pass(w, fresh, greeting{"", []string{"capabilities", able}}, own)
			redeem().refused(400, "invalid_grant", "", 400002)

			w = newWorld(t, secondFactors)
			a := w.introspect(fresh, first.pass(w, fresh, greeting{"", []string{"capabilities", able}}, own, textMethod)().wants("mfa_required"))
			assert.Len(t, a.body["methods"], 1)
			w.askedBy(fresh, a.ok(), own.ID).refused(400, "invalid_request", "", 901001)
			w.nextCode(func() answer { return w.signInChallenge(fresh, a.ok()) })
			assert.EqualValues(t, number, w.mail.take(w.mail.count()).To)
		})
	}
	t.Run("after the password it is one", func(t *testing.T) {
		w := newWorld(t, secondFactors)
		w.person(casey, own)
		token, code := w.nextCode(func() answer { return w.signInChallenge(guarded, w.first(guarded, casey).wants("mfa_required")) })
		w.redeemSecond(guarded, token, code).tokens()
	})
	t.Run("nor can it be registered as one", func(t *testing.T) {
		w := newWorld(t, secondFactors)
		w.signUp(casey)
		start := w.post(inStart, "client_id", coded, "username", casey, "challenge_type", native, "capabilities", able).ok()
		sent, code := w.nextCode(func() answer { return w.signInChallenge(coded, start) })
		a := w.kinds(coded, w.redeemCode(coded, sent, code).wants("registration_required"))
		assert.Equal(t, "", a.body["methods"].([]any)[0].(map[string]any)["login_hint"])
		w.register(coded, a.ok(), strings.ToUpper(casey)).refused(400, "invalid_request", "", 901001)
		w.registerKnown(coded, a.ok()).badToken()
		token, code := w.nextCode(func() answer { return w.register(coded, a.ok(), another) })
		w.redeemToken(coded, w.registerCode(coded, token, code).ok()).tokens()
	})
}

func TestGate_WhereNobodyCanRegisterNobodyIsAskedTo(t *testing.T) {
	w := newWorld(t, secondFactors, func(c *handler.Config) {
		c.Clients = append(c.Clients, handler.Client{ID: "closed", Passwords: true, SecondFactor: handler.Always, Methods: []store.MethodKind{}})
	})
	w.person(casey)
	w.first("closed", casey).refused(400, "invalid_grant", "", 400002)
}
