//go:build unix

package proofs

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// T6, the slowest moment: a database that makes its writers wait still does what an instance asked for
// that is dead by now, and only then what the repetition asks for, which so has lost a race. The person
// is not stuck: the same call once more is answered.
func TestT6_ARepetitionMayBeOvertakenByTheDead(t *testing.T) {
	for _, b := range backends[1:3] { // those in which writers wait inside
		t.Run(b.name, func(t *testing.T) {
			s := newSite(t, b.fresh(t))
			victim, survivor := s.start(), s.start()
			j := s.journey("u@contoso.com")
			j.travel(t, survivor.base, signUpStart, signUpChallenge)

			tx, err := s.look().db.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			defer tx.Rollback()
			var n int
			require.NoError(t, tx.QueryRow(`SELECT 1 FROM nativeauth_state FOR UPDATE`).Scan(&n))
			answers := make(chan answer)
			ask := func(i *instance) {
				go func() { answers <- post(i.base, steps[signUpChallenge].path, j.withToken()...) }()
				time.Sleep(200 * time.Millisecond) // until it waits for the row
			}
			ask(victim)
			victim.kill()
			require.Error(t, (<-answers).err)
			ask(survivor)
			require.NoError(t, tx.Rollback())
			overtaken := <-answers
			assert.Equal(t, 55200, overtaken.number(), "%v", overtaken)

			through := 0
			if j.call(survivor.base, signUpChallenge).ok() {
				through++
			}
			proof(t, "T6 "+b.name+" repetitions overtaken by a dead instance, repeated", through, "calls", exactly(1))
			j.travel(t, survivor.base, signUpCode, allSteps)
		})
	}
}
