package handler_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
)

// A first challenge may be repeated, as its answer can be lost, and may then ask for something else. What that sends
// counts as any other code: the flow has gone on to a code since, whose repetition the repeated call becomes.
func TestBudget_AFirstChallengeThatIsRepeatedSendsNoCodeBesideIt(t *testing.T) {
	for name, hide := range map[string]bool{"accounts shown": false, "accounts hidden": true} {
		t.Run(name, func(t *testing.T) {
			w := newBudgets(t, func(c *handler.Config) { c.HideAccounts = hide })
			w.burn(casey)
			w.clock.pass(30 * time.Minute)
			first := w.opened(keyed, casey)
			w.awaited(func() answer { return w.inTyped(first, native) }).ok() // the spare code of this half an hour
			for range 4 {
				w.inTyped(first, every).tooSoon("1800")
			}
			assert.Equal(t, 21, w.mailed(21))
		})
	}
}

// Where accounts are hidden, a password is asked for before anybody is looked for.
func TestHide_AFirstChallengeThatIsRepeatedForACodeSendsIt(t *testing.T) {
	w := newBudgets(t, func(c *handler.Config) { c.HideAccounts = true })
	first := w.opened(keyed, casey)
	w.inTyped(first, every).ok()
	token := w.inTyped(first, native).ok()
	require.Eventually(t, func() bool { return w.mail.count() == 1 }, soon, time.Millisecond, "the code leaves")
	w.redeemCode(keyed, token, w.mail.take(1).Code).tokens()
}
