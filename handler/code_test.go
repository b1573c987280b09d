package handler_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
)

// codeFlow is a flow with a code on its way, of either kind.
type codeFlow struct {
	name   string
	send   func(w *world) (token, code string)
	resend func(w *world, token string) answer
	give   func(w *world, token, code string) answer
}

var codeFlows = []codeFlow{
	{
		"sign-up", func(w *world) (string, string) { return w.signUpSent(plain, "new@contoso.com") },
		func(w *world, token string) answer { return w.signUpChallenge(plain, token) },
		func(w *world, token, code string) answer { return w.signUpCode(plain, token, code) },
	},
	{
		"sign-in", func(w *world) (string, string) { return w.signInSent(plain, casey) },
		func(w *world, token string) answer { return w.signInChallenge(plain, token) },
		func(w *world, token, code string) answer { return w.redeemCode(plain, token, code) },
	},
}

// eachCodeFlow runs a test with a world for each kind of flow. casey has an account in it.
func eachCodeFlow(t *testing.T, test func(w *world, f codeFlow), change ...func(*handler.Config)) {
	for _, f := range codeFlows {
		t.Run(f.name, func(t *testing.T) {
			w := newWorld(t, change...)
			w.signUp(casey)
			test(w, f)
		})
	}
}

func (a answer) wrongCode() {
	a.t.Helper()
	a.refused(400, "invalid_grant", "invalid_oob_value", 50181)
}

func (a answer) accepted() {
	a.t.Helper()
	require.Equal(a.t, 200, a.status, "%v", a.body)
}

func TestCode_MayBeSpeltAsPeopleDo(t *testing.T) {
	for _, spell := range []func(c string) string{
		func(c string) string { return c[:4] + " " + c[4:] },
		func(c string) string { return c[:4] + "-" + c[4:] },
		func(c string) string { return " " + c + "\t" },
		func(c string) string { return c[:2] + " - " + c[2:4] + "-" + c[4:6] + " " + c[6:] },
	} {
		eachCodeFlow(t, func(w *world, f codeFlow) {
			token, code := f.send(w)
			f.give(w, token, spell(code)).accepted()
		})
	}
}

// C5 of the security requirements.
func TestCode_OtherSpellingsAreRefusedAndCostNoTry(t *testing.T) {
	eachCodeFlow(t, func(w *world, f codeFlow) {
		token, code := f.send(w)
		for _, spelling := range []string{
			code[1:], code + "0", "0" + code, code + code, "+" + code, code + ".0", code[:7] + "a", "0x" + code[2:], "１２３４５６７８", "١٢٣٤٥٦٧٨",
			code[:4] + "\u00a0" + code[4:], code[:4] + "_" + code[4:], code[:4] + "–" + code[4:], "--------", "a", "'" + code + "'",
		} {
			f.give(w, token, spelling).wrongCode()
		}
		f.give(w, token, code).accepted()
	})
}

// C3 of the security requirements.
func TestCode_FiveTriesAreCompared(t *testing.T) {
	eachCodeFlow(t, func(w *world, f codeFlow) {
		token, code := f.send(w)
		for range 4 {
			f.give(w, token, otherCode(code)).wrongCode()
		}
		f.give(w, token, code).accepted() // the fifth
	})
	eachCodeFlow(t, func(w *world, f codeFlow) {
		token, code := f.send(w)
		for range 5 {
			f.give(w, token, otherCode(code)).wrongCode()
		}
		for range 3 {
			f.give(w, token, code).wrongCode() // right, and too late
		}
		token, code = w.nextCode(func() answer { return f.resend(w, token) }) // the token is as good as before
		f.give(w, token, code).accepted()
	})
}

// C6 of the security requirements.
func TestCode_AResendKillsTheOneBefore(t *testing.T) {
	eachCodeFlow(t, func(w *world, f codeFlow) {
		token, first := f.send(w)
		f.give(w, token, otherCode(first)).wrongCode()
		next, second := w.nextCode(func() answer { return f.resend(w, token) })
		require.NotEqual(w, first, second)
		f.give(w, token, first).refused(400, "invalid_request", "", 55200)
		f.give(w, next, first).wrongCode()
		f.give(w, next, second).accepted()
	})
}

// C2 of the security requirements, with a life that ends before the token's.
func TestCode_LivesUpToItsLastSecond(t *testing.T) {
	shorter := func(c *handler.Config) { c.CodeLifetime = 5 * time.Minute }
	eachCodeFlow(t, func(w *world, f codeFlow) {
		token, code := f.send(w)
		w.clock.pass(5*time.Minute - time.Millisecond)
		f.give(w, token, code).accepted()
	}, shorter)
	eachCodeFlow(t, func(w *world, f codeFlow) {
		token, code := f.send(w)
		w.clock.pass(5 * time.Minute)
		f.give(w, token, code).wrongCode()
		token, code = w.nextCode(func() answer { return f.resend(w, token) })
		w.clock.pass(5*time.Minute - time.Second)
		f.give(w, token, code).accepted()
	}, shorter)
}

func TestCode_LivesTenMinutesByDefault(t *testing.T) {
	eachCodeFlow(t, func(w *world, f codeFlow) {
		sent := w.mail.count()
		token, code := f.send(w)
		m := w.mail.take(sent + 1)
		assert.Equal(w, 10*time.Minute, m.Life)
		assert.Equal(w, w.clock.now().Add(10*time.Minute), m.Expires)
		w.clock.pass(10*time.Minute - time.Millisecond)
		f.give(w, token, code).accepted()
	})
	eachCodeFlow(t, func(w *world, f codeFlow) {
		token, code := f.send(w)
		w.clock.pass(10 * time.Minute)
		f.give(w, token, code).refused(400, "expired_token", "", 552003)
	})
}

// C7 of the security requirements.
func TestCode_IsGoodInItsOwnFlowOnly(t *testing.T) {
	w := newWorld(t)
	w.signUp(casey)
	w.signUp("sam@contoso.com")
	mine, code := w.signInSent(plain, casey)
	again, codeAgain := w.signInSent(plain, casey)
	other, codeOther := w.signInSent(plain, "sam@contoso.com")
	start := w.signInStart(asking, casey).ok()
	foreign, codeForeign := w.nextCode(func() answer { return w.signInChallenge(asking, start) })
	signUp, codeSignUp := w.signUpSent(plain, "new@contoso.com")
	codes := []string{code, codeAgain, codeOther, codeForeign, codeSignUp}
	for i, give := range []func(code string) answer{
		func(code string) answer { return w.redeemCode(plain, mine, code) },
		func(code string) answer { return w.redeemCode(plain, again, code) },
		func(code string) answer { return w.redeemCode(plain, other, code) },
		func(code string) answer { return w.redeemCode(asking, foreign, code) },
		func(code string) answer { return w.signUpCode(plain, signUp, code) },
	} {
		for j, each := range codes {
			if j != i {
				give(each).wrongCode()
			}
		}
		give(codes[i]).accepted()
	}
}

func TestCode_KeepsItsLeadingZeros(t *testing.T) {
	w := newWorld(t, func(c *handler.Config) { c.Random = zeros{} })
	token, code := w.signUpSent(plain, casey)
	require.Equal(t, "00000000", code)
	w.signUpCode(plain, token, "0").wrongCode()
	w.signUpCode(plain, token, code).ok()
}

// zeros is a randomness of the worst kind.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

func TestCode_IsNotInTheAnswers(t *testing.T) {
	eachCodeFlow(t, func(w *world, f codeFlow) {
		token, code := f.send(w)
		for _, a := range []answer{f.resend(w, token), f.give(w, token, code)} {
			for name, value := range a.body {
				if text, ok := value.(string); ok && name != "continuation_token" {
					assert.NotContains(w, text, code)
				}
			}
		}
	})
}
