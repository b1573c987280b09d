package handler_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// L1 of the security requirements, as far as it is about second factors: codes to one address, of one flow,
// and text messages.

const aDay = 24 * time.Hour

func TestSecondFactor_CodesToOneAddressAreAMinuteApart(t *testing.T) {
	w := newWorld(t, secondFactors, withInterval(0))
	w.person(casey, mailMethod, textMethod)
	w.clock.pass(time.Minute)
	token := w.first(guarded, casey).wants("mfa_required")
	a := w.askedBy(guarded, token, mailMethod.ID)
	token = a.ok()
	code := w.mail.take(2).Code
	assert.Equal(t, 60.0, a.body["interval"])
	w.askedBy(guarded, token, mailMethod.ID).tooSoon("60")
	other := w.first(guarded, casey).wants("mfa_required")
	w.askedBy(guarded, other, mailMethod.ID).tooSoon("60") // over all flows
	w.signUpChallenge(plain, w.signUpStart(plain, another).ok()).tooSoon("60")
	w.askedBy(guarded, other, textMethod.ID).ok() // another address does not wait
	w.mail.take(3)
	w.redeemSecond(guarded, token, code).tokens() // the refusals have kept the code

	other = w.first(guarded, casey).wants("mfa_required")
	w.clock.pass(59*time.Second + 999*time.Millisecond)
	w.askedBy(guarded, other, mailMethod.ID).tooSoon("1")
	w.clock.pass(time.Millisecond)
	w.askedBy(guarded, other, mailMethod.ID).ok()
}

func TestSecondFactor_TheCodeOfTheFirstHoldsNoSecondUp(t *testing.T) {
	w := newWorld(t, secondFactors, withInterval(0))
	w.signUp(casey)
	w.update(casey, func(u *store.User) { u.Methods = []store.Method{mailMethod} })
	w.clock.pass(time.Minute)
	start := w.post(inStart, "client_id", coded, "username", casey, "challenge_type", native, "capabilities", able).ok()
	sent, code := w.nextCode(func() answer { return w.signInChallenge(coded, start) })
	w.signInChallenge(coded, w.redeemCode(coded, sent, code).wants("mfa_required")).ok()
}

func TestSecondFactor_AFlowSendsFiveCodesForIt(t *testing.T) {
	mails := []store.Method{}
	for i := range 3 {
		mails = append(mails, store.Method{ID: fmt.Sprintf("0e0e0e0e-1111-4bbb-8222-3c3c3c3c3c3%d", i), Kind: store.MethodEmail, Target: fmt.Sprintf("m%d@contoso.com", i)})
	}
	w := newWorld(t, secondFactors)
	w.signUp(casey)
	w.update(casey, func(u *store.User) { u.Methods = mails })
	token := w.post(inStart, "client_id", coded, "username", casey, "challenge_type", native, "capabilities", able).ok()
	var code string
	for range 3 { // those of the first factor do not count
		token, code = w.nextCode(func() answer { return w.signInChallenge(coded, token) })
	}
	token = w.redeemCode(coded, token, code).wants("mfa_required")
	for i := range 5 {
		token, code = w.nextCode(func() answer { return w.askedBy(coded, token, mails[i%3].ID) })
	}
	w.askedBy(coded, token, mails[2].ID).tooSoon("1800")
	w.signInChallenge(coded, token).tooSoon("1800")
	w.redeemSecond(coded, token, code).tokens()
}

// A day begins with its first message.
func TestSMS_ANumberGetsFiveADay(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey, textMethod)
	w.person("sam@contoso.com", textMethod)
	texts := func(user string) answer {
		return w.askedBy(guarded, w.first(guarded, user).wants("mfa_required"), textMethod.ID)
	}
	for i := range 5 {
		texts([]string{casey, "sam@contoso.com"}[i%2]).ok()
		w.clock.pass(time.Minute)
	}
	for _, user := range []string{casey, "sam@contoso.com"} {
		texts(user).tooSoon("86100")
	}
	w.update("sam@contoso.com", func(u *store.User) { u.Methods = nil })
	token := w.kinds(guarded, w.first(guarded, "sam@contoso.com").wants("registration_required")).ok()
	w.register(guarded, token, "+49 (1511) 234-5678").tooSoon("86100") // however it is spelt, and what for
	w.mail.take(2 + 5)                                                 // a code is not sent once its time is over
	w.clock.pass(aDay - 5*time.Minute - time.Second)
	texts(casey).tooSoon("1")
	w.clock.pass(time.Second)
	texts(casey).ok()
	assert.Equal(t, 2+5+1, w.mailed(8))
}

// mailed waits for n messages and returns how many there are.
func (w *world) mailed(n int) int {
	w.mail.take(n)
	return w.mail.count()
}

func TestSMS_AnAccountCausesTenADay(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey)
	for i := range 10 {
		token := w.kinds(guarded, w.first(guarded, casey).wants("registration_required")).ok()
		w.register(guarded, token, fmt.Sprintf("+491511000%04d", i)).ok()
	}
	w.mail.take(1 + 10) // a code is not sent once its time is over
	w.clock.pass(time.Hour)
	token := w.kinds(guarded, w.first(guarded, casey).wants("registration_required")).ok()
	w.register(guarded, token, "+4915110009999").tooSoon("82800")
	assert.Equal(t, 1+10, w.mailed(11))
	w.nextCode(func() answer { return w.register(guarded, token, another) }) // mail costs nothing

	w.person("sam@contoso.com")
	token = w.kinds(guarded, w.first(guarded, "sam@contoso.com").wants("registration_required")).ok()
	w.register(guarded, token, "+4915110009999").ok() // it is the account's limit
}

// Who registers a number need not own it. Were all five for that, anybody could keep its owner out.
func TestSMS_RegistrationsLeaveTwoToSignIn(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey, textMethod)
	w.person("mallory@contoso.com")
	claim := func() answer {
		token := w.kinds(guarded, w.first(guarded, "mallory@contoso.com").wants("registration_required")).ok()
		return w.register(guarded, token, number)
	}
	for range 3 {
		claim().ok()
	}
	claim().tooSoon("86400")
	for range 2 {
		w.askedBy(guarded, w.first(guarded, casey).wants("mfa_required"), textMethod.ID).ok()
	}
	w.askedBy(guarded, w.first(guarded, casey).wants("mfa_required"), textMethod.ID).tooSoon("86400")
}

func TestSMS_AnAccountBeyondItsLimitUsesUpNoNumber(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey, textMethod)
	w.person("mallory@contoso.com")
	claim := func(target string) answer {
		token := w.kinds(guarded, w.first(guarded, "mallory@contoso.com").wants("registration_required")).ok()
		return w.register(guarded, token, target)
	}
	for i := range 10 {
		claim(fmt.Sprintf("+491511000%04d", i)).ok()
	}
	for range 6 {
		claim(number).tooSoon("86400")
	}
	for range 5 {
		w.askedBy(guarded, w.first(guarded, casey).wants("mfa_required"), textMethod.ID).ok()
	}
}

func TestSMS_LimitsHoldOverInstances(t *testing.T) {
	a := newWorld(t, secondFactors)
	a.person(casey, textMethod)
	b := a.sibling(secondFactors)
	for i := range 5 {
		w := []*world{a, b}[i%2]
		w.askedBy(guarded, w.first(guarded, casey).wants("mfa_required"), textMethod.ID).ok()
	}
	for _, w := range []*world{a, b} {
		w.askedBy(guarded, w.first(guarded, casey).wants("mfa_required"), textMethod.ID).tooSoon("86400")
	}
}

func TestSMS_GoesToListedCountriesAlone(t *testing.T) {
	for _, row := range []struct {
		name      string
		countries otp.Countries
		number    string
		goes      bool
	}{
		{"a listed one", otp.Countries{"+33", "+49"}, number, true},
		{"another", otp.Countries{"+49"}, "+33612345678", false},
		{"none is listed", nil, number, false},
		{"the country of an island that shares the code", otp.Countries{"+1"}, "+18765551234", false},
		{"the island itself", otp.Countries{"+1876"}, "+18765551234", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			countries := func(c *handler.Config) {
				c.SMSCountries = row.countries
				for i := range c.Clients {
					c.Clients[i].Methods = nil // the default of a client goes by the list
				}
			}
			text := store.Method{ID: textMethod.ID, Kind: store.MethodSMS, Target: row.number}
			w := newWorld(t, secondFactors, countries)
			w.person(casey, mailMethod, text)
			a := w.introspect(guarded, w.first(guarded, casey).wants("mfa_required"))
			assert.Len(t, a.body["methods"], map[bool]int{true: 2, false: 1}[row.goes])
			if row.goes {
				w.nextCode(func() answer { return w.askedBy(guarded, a.ok(), text.ID) })
			} else {
				w.askedBy(guarded, a.ok(), text.ID).refused(400, "invalid_request", "", 901001)
			}

			w.person("sam@contoso.com")
			a = w.kinds(guarded, w.first(guarded, "sam@contoso.com").wants("registration_required"))
			assert.Len(t, a.body["methods"], map[bool]int{true: 2, false: 1}[row.countries != nil])
			if row.goes {
				w.register(guarded, a.ok(), row.number).ok()
			} else {
				w.register(guarded, a.ok(), row.number).refused(400, "invalid_request", "", 901001)
			}
		})
	}
}

// Somebody whose only method cannot be used must not be let in by registering another.
func TestSMS_ANumberThatGetsNoneAnyMoreStillGuards(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey, store.Method{ID: textMethod.ID, Kind: store.MethodSMS, Target: "+33612345678"})
	w.first(guarded, casey).refused(400, "invalid_grant", "", 400002)
}
