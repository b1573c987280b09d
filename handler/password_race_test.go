//go:build !race

// The race detector makes a hash so slow that calls would run out of their time.

package handler_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// As many as are compared at once whatever was tried before: the tenth of a day would have to wait.
const passwordsAtOnce = 9

// refusedAs checks that all but one of the calls were refused with 55200, and returns the one.
func refusedAs(t *testing.T, shots []shot) (winner int) {
	t.Helper()
	winner = -1
	for i, s := range shots {
		if s.status == 200 {
			require.Equal(t, -1, winner, "two have won")
			winner = i
			continue
		}
		assert.Equal(t, []any{55200.0}, s.body["error_codes"], "%v", s.body)
	}
	require.NotEqual(t, -1, winner, "nobody has won: %v", shots)
	return winner
}

func TestRace_OneRightPasswordSignsInOnce(t *testing.T) {
	onPairs(t, func(p *pair) {
		p.enrolOn(p.users, casey)
		for range 5 { // right ones are off the count again
			asked := p.askedPassword(keyed, casey)
			refusedAs(p.T, p.atOnce(passwordsAtOnce, inToken, func(int) []string {
				return []string{"client_id", keyed, "continuation_token", asked, "grant_type", "password", "password", harbor}
			}))
		}
	})
}

func TestRace_OneResetTokenReplacesThePasswordOnce(t *testing.T) {
	onPairs(t, func(p *pair) {
		p.enrolOn(p.users, casey)
		for round, next := range []func(i int) string{
			func(int) string { return busyHarbor },
			func(i int) string { return fmt.Sprint("harbour number ", i) },
		} {
			proven, before := p.proven(casey), p.mail.count()
			shots := p.atOnce(4, reSubmit, func(i int) []string {
				return []string{"client_id", keyed, "continuation_token", proven, "new_password", next(i)}
			})
			winner := refusedAs(p.T, shots)
			p.enter(casey, next(winner)).tokens()
			assert.EqualValues(p, round+1, p.userOn(casey).Epoch)
			p.mail.take(before + 1)
			submitted := shots[winner].body["continuation_token"].(string)
			final := p.resetPoll(keyed, submitted).ok()
			refusedAs(p.T, p.atOnce(inParallel, inToken, func(int) []string {
				return []string{"client_id", keyed, "continuation_token", final, "grant_type", "continuation_token"}
			}))
			assert.Equal(p, before+1, p.mail.count(), "notices of one reset")
		}
	})
}

// Of two resets that were both proven one is finished.
func TestRace_OfTwoResetsOneHasItsPassword(t *testing.T) {
	onPairs(t, func(p *pair) {
		p.enrolOn(p.users, casey)
		for i := range 5 {
			proven := []string{p.proven(casey), p.proven(casey)}
			next := func(n int) string { return fmt.Sprintf("harbour %d of %d", n, i) }
			winner := refusedAs(p.T, p.atOnce(2, reSubmit, func(n int) []string {
				return []string{"client_id", keyed, "continuation_token", proven[n], "new_password", next(n)}
			}))
			p.enter(casey, next(winner)).tokens()
			p.enter(casey, next(1-winner)).refused(400, "invalid_grant", "", 50126)
			assert.EqualValues(p, i+1, p.userOn(casey).Epoch)
		}
	})
}

func TestRace_OneLastStepMakesOneAccountWithItsPassword(t *testing.T) {
	onPairs(t, func(p *pair) {
		for i := range 5 {
			early, late := fmt.Sprintf("early%d@contoso.com", i), fmt.Sprintf("late%d@contoso.com", i)
			start := p.post(upStart, "client_id", keyed, "username", early, "challenge_type", every, "password", harbor).ok()
			sent, code := p.nextCode(func() answer { return p.signUpChallenge(keyed, start) })
			shots := p.atOnce(inParallel, upContinue, func(int) []string {
				return []string{"client_id", keyed, "continuation_token", sent, "grant_type", "oob", "oob", code}
			})
			// A code that was tried more than five times is wrong, right or not.
			require.Len(p, winners(shots), 1)
			losers(p.T, shots)

			start = p.post(upStart, "client_id", keyed, "username", late, "challenge_type", every).ok()
			sent, code = p.nextCode(func() answer { return p.signUpChallenge(keyed, start) })
			asked := p.signUpCode(keyed, sent, code).refused(400, "credential_required", "", 55103).text("continuation_token")
			next := func(n int) string { return fmt.Sprint("harbour number ", n) }
			shots = p.atOnce(4, upContinue, func(n int) []string {
				return []string{"client_id", keyed, "continuation_token", asked, "grant_type", "password", "password", next(n)}
			})
			winner := refusedAs(p.T, shots)
			id := p.userOn(late).ID
			p.redeemToken(keyed, shots[winner].body["continuation_token"].(string)).tokens()
			assert.Equal(p, id, p.userOn(late).ID)
			p.enter(early, harbor).tokens()
			p.enter(late, next(winner)).tokens()
		}
	})
}

// Rivals who got the code each: one account, with the password of the one who was told so.
func TestRace_OfTwoSignUpsOneHasItsPassword(t *testing.T) {
	onPairs(t, func(p *pair) {
		for i := range 5 {
			user := fmt.Sprintf("rival%d@contoso.com", i)
			var sent, codes [2]string
			next := func(n int) string { return fmt.Sprint("harbour number ", n) }
			for n := range sent {
				start := p.post(upStart, "client_id", keyed, "username", user, "challenge_type", every, "password", next(n)).ok()
				sent[n], codes[n] = p.nextCode(func() answer { return p.signUpChallenge(keyed, start) })
			}
			shots := p.atOnce(2, upContinue, func(n int) []string {
				return []string{"client_id", keyed, "continuation_token", sent[n], "grant_type", "oob", "oob", codes[n]}
			})
			require.Len(p, winners(shots), 1)
			for n, s := range shots {
				if s.status == 200 {
					p.enter(user, next(n)).tokens()
					continue
				}
				assert.Equal(p, "user_already_exists", s.body["error"])
				p.enter(user, next(n)).refused(400, "invalid_grant", "", 50126)
			}
		}
	})
}

// A reset that another one has overtaken is no place to guess the other's password at.
func TestReset_ThatWasOvertakenAnswersNoGuesses(t *testing.T) {
	h := plainTries(t)
	thief := h.proven(casey)
	h.reset(casey, busyHarbor)
	for i := range 9 {
		h.resetSubmit(keyed, thief, fmt.Sprint("harbour number ", i)).refused(400, "invalid_request", "", 55200)
	}
	h.resetSubmit(keyed, thief, fmt.Sprint("harbour number ", 9)).refused(400, "invalid_request", "", 55200)
	h.resetSubmit(keyed, thief, busyHarbor).refused(400, "invalid_request", "", 55200)
	assert.EqualValues(t, 1, h.userBy("casey").Epoch)
}
