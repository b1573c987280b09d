package handler_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
)

// Sections 4.14 and 6.5 of the contract: what is to be registered, and where its code goes.

// listedKinds takes casey, who has a password and no method, to where the app knows the kinds.
func (w *world) listedKinds() (token string) {
	w.Helper()
	return w.kinds(guarded, w.unregistered()).ok()
}

func TestRegisterChallenge_SendsACodeAndSaysWhere(t *testing.T) {
	for _, row := range []struct {
		name, target, channel string
		to                    otp.Address
		kind                  otp.Channel
	}{
		{"an address", another, "email", another, otp.Email},
		{"an address, its channel derived", another, "", another, otp.Email},
		{"an address in capitals", "Second@CONTOSO.com", "Email", another, otp.Email},
		{"the account's own, after its password", casey, "email", casey, otp.Email},
		{"a number", number, "sms", number, otp.SMS},
		{"a number, its channel derived", number, "", number, otp.SMS},
		{"a number as people write it", "+49 (151) 1234-5678", "SMS", number, otp.SMS},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t, secondFactors)
			token := w.listedKinds()
			more := []string{}
			if row.channel != "" {
				more = []string{"challenge_channel", row.channel}
			}
			var a answer
			token, code := w.nextCode(func() answer { a = w.register(guarded, token, row.target, more...); return a })
			assert.Equal(t, map[string]any{
				"continuation_token": token, "challenge_type": "oob", "binding_method": "prompt",
				"challenge_target": row.target, "challenge_channel": string(row.kind), "code_length": 8.0,
			}, a.body)
			sent := w.mail.take(w.mail.count())
			assert.Equal(t, otp.Message{
				Channel: row.kind, To: row.to, Purpose: otp.Registration, App: "Contoso", Code: code, Life: sent.Life, Expires: sent.Expires, Style: sent.Style,
			}, sent)
			w.registerCode(guarded, token, code).ok()
			assert.EqualValues(t, row.to, w.methodsOf(casey)[0].Target)
			assert.EqualValues(t, row.kind, w.methodsOf(casey)[0].Kind)
		})
	}
}

// The token of [R1] outlives a contact that was mistyped: JS lets the person correct it.
func TestRegisterChallenge_WhatIsNoContact(t *testing.T) {
	w := newWorld(t, secondFactors)
	token := w.listedKinds()
	mails := w.mail.count()
	for _, row := range []struct{ name, target, channel string }{
		{"no address", "second", ""},
		{"an address without a domain", "second@", ""},
		{"two addresses", "a@contoso.com,b@contoso.com", "email"},
		{"a name before it", "Casey <second@contoso.com>", "email"},
		{"a number without its country", "015112345678", "sms"},
		{"a number of a country that gets none", "+33612345678", "sms"},
		{"a number that is too short", "+49151", ""},
		{"words", "my phone", "sms"},
		{"an address that is said to be a number", another, "sms"},
		{"a number that is said to be an address", number, "email"},
		{"a channel that is none", number, "voice"},
		{"a channel that is none, for an address", another, "post"},
		{"recovery codes, which nobody registers", number, "recovery"},
		{"recovery codes, with an address", another, "recovery"},
		{"an app, which the client has not", "", "totp"},
		{"an app, with an address", another, "totp"},
	} {
		w.register(guarded, token, row.target, "challenge_channel", row.channel).refused(400, "invalid_request", "", 901001)
	}
	assert.Equal(t, mails, w.mail.count())
	token, code := w.nextCode(func() answer { return w.register(guarded, token, another) })
	w.register(guarded, token, "second", "challenge_channel", "email").refused(400, "invalid_request", "", 901001)
	w.registerCode(guarded, token, code).ok() // nor does a later one harm the code that was sent
	assert.Empty(t, w.methodsOf(casey)[0].Secret)
}

func TestRegisterChallenge_ItsParameters(t *testing.T) {
	w := newWorld(t, secondFactors)
	token := w.listedKinds()
	ask := func(pairs ...string) answer {
		return w.post(regChallenge, append([]string{"client_id", guarded, "continuation_token", token}, pairs...)...)
	}
	ask("challenge_target", another).refused(400, "invalid_request", "", 900144).says("'challenge_type'")
	ask("challenge_type", "oob").refused(400, "invalid_request", "", 900144).says("'challenge_target'")
	ask("challenge_type", "oob", "challenge_target", " ").refused(400, "invalid_request", "", 900144).says("'challenge_target'")
	ask("challenge_type", "oob", "challenge_channel", "sms").refused(400, "invalid_request", "", 900144).says("'challenge_target'")
	ask("challenge_type", "sms", "challenge_target", another).refused(400, "invalid_request", "", 901007).says("an unsupported challenge type")
	ask("challenge_type", "preverified", "challenge_target", another).refused(400, "invalid_request", "", 901007)
	ask("challenge_type", "password", "challenge_target", another).redirected()
	ask("challenge_type", "redirect", "challenge_target", another).redirected()
	w.register("nobody", token, another).refused(400, "unauthorized_client", "", 700016)
	w.register(fresh, token, another).badToken()
	w.register(guarded, "", another).refused(400, "invalid_request", "", 900144).says("'continuation_token'")
	w.register(guarded, "forged", "second").badToken() // 3.3: the token comes before what is with it
	w.post(regChallenge, "client_id", guarded, "continuation_token", "forged").badToken()
	for _, types := range []string{"OOB", "oob redirect", "oob password redirect"} {
		token = ask("challenge_type", types, "challenge_target", another).ok()
	}
	w.clock.pass(10 * time.Minute)
	w.register(guarded, token, another).refused(400, "expired_token", "", 552003)
}

func TestRegisterChallenge_AResendAndAnotherContactReplaceTheCode(t *testing.T) {
	w := newWorld(t, secondFactors)
	token, first := w.registering(another)
	token, second := w.nextCode(func() answer { return w.register(guarded, token, another) })
	token, third := w.nextCode(func() answer { return w.register(guarded, token, number) })
	for _, old := range []string{first, second} {
		if old != third {
			w.registerCode(guarded, token, old).wrongCode()
		}
	}
	w.registerCode(guarded, token, third).ok()
	assert.Equal(t, number, w.methodsOf(casey)[0].Target)
	assert.Len(t, w.methodsOf(casey), 1)
}

// A code proves the contact that it went to, and not one that was named since.
func TestRegisterChallenge_ACodeIsOfItsOwnContact(t *testing.T) {
	w := newWorld(t, secondFactors)
	token, code := w.registering("mallory@contoso.com")
	token, other := w.nextCode(func() answer { return w.register(guarded, token, another) })
	if code != other {
		w.registerCode(guarded, token, code).wrongCode()
	}
	assert.Empty(t, w.methodsOf(casey))
}

// D2, as for every challenge.
func TestRegisterChallenge_ALostOneMayBeRepeated(t *testing.T) {
	w := newWorld(t, secondFactors)
	listed := w.listedKinds()
	lost, dead := w.nextCode(func() answer { return w.register(guarded, listed, another) })
	w.kinds(guarded, listed).badToken()
	token, code := w.nextCode(func() answer { return w.register(guarded, listed, another) })
	w.registerCode(guarded, lost, code).badToken()
	if dead != code {
		w.registerCode(guarded, token, dead).wrongCode()
	}
	w.registerCode(guarded, token, code).ok()
	w.register(guarded, listed, number).badToken() // the flow has moved past it
}

func TestRegisterChallenge_Limits(t *testing.T) {
	w := newWorld(t, secondFactors, withInterval(0))
	token := w.listedKinds()
	token = w.register(guarded, token, another).ok()
	w.register(guarded, token, strings.ToUpper(another)).tooSoon("60")
	w.register(guarded, token, "third@contoso.com").ok() // D2; another address does not wait
	w.mail.take(3)
	w.clock.pass(time.Minute)
	w.register(guarded, token, another).ok()

	w = newWorld(t, secondFactors)
	token = w.listedKinds()
	var code string
	for range 5 {
		token, code = w.nextCode(func() answer { return w.register(guarded, token, another) })
	}
	w.register(guarded, token, "third@contoso.com").tooSoon("1800")
	w.registerCode(guarded, token, code).ok()
}

// [R3]: what the sign-up has verified needs no code, and what it has not does.
func TestRegisterChallenge_Preverified(t *testing.T) {
	for name, change := range map[string]func(*handler.Config){"": secondFactors, "where accounts hide": hiddenFactors} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, change)
			token := w.kinds(fresh, w.redeemToken(fresh, w.signedUp(fresh, casey)).wants("registration_required")).ok()
			mails := w.mail.count()
			a := w.register(fresh, token, "Casey@Contoso.com")
			assert.Equal(t, map[string]any{"continuation_token": a.ok(), "challenge_type": "preverified"}, a.body)
			assert.Equal(t, mails, w.mail.count())
			w.registerCode(fresh, a.ok(), "12345678").badToken() // D16
			w.kinds(fresh, a.ok()).badToken()                    // D17 does not list it

			token, code := w.nextCode(func() answer { return w.register(fresh, a.ok(), another) }) // [R3] →14
			w.registerKnown(fresh, token).refused(400, "invalid_grant", "", 70003)
			token = w.register(fresh, token, casey).ok() // and back
			w.registerCode(fresh, token, code).badToken()
			w.redeemToken(fresh, token).badToken()
			w.redeemToken(fresh, w.registerKnown(fresh, token).ok()).tokens()
			assert.Equal(t, casey, w.methodsOf(casey)[0].Target)
		})
	}
}
