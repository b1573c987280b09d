//go:build unix

package proofs

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const tries = 5 // that a code has

// What an instance logs as the cause when a code was compared and was wrong; when it was not compared,
// more follows.
const compared = "the code is wrong, expired, used or tried too often"

// wrong returns the i-th code that is not the right one.
func wrong(code string, i int) string {
	n, _ := strconv.Atoi(code)
	return fmt.Sprintf("%08d", (n+1+i)%100_000_000)
}

// T2, tries: of many wrong submissions at once five are compared, and after them the right one is
// refused. Each was counted once.
func TestT2_FiveTriesAreFive(t *testing.T) {
	rounds := pick(3, 50)
	onEach(t, func(t *testing.T, b backend) {
		s := newSite(t, b.fresh(t))
		instances := s.three()
		refused, broken := 0, 0
		for round := range rounds {
			j := s.journey(fmt.Sprintf("u%d@contoso.com", round))
			j.travel(t, instances[0].base, signUpStart, signUpCode)
			answers := atOnce(burst, instances, func(i int, base string) answer {
				guess := *j
				guess.code = wrong(j.code, i)
				return post(base, steps[signUpCode].path, guess.withCode()...)
			})
			last := j.call(instances[round%3].base, signUpCode)
			if last.number() == 50181 {
				refused++
			}
			for _, a := range append(answers, last) {
				if a.err != nil || a.status != http.StatusBadRequest {
					broken++
				}
			}
		}
		calls := rounds * (burst + 1)
		proof(t, "T2 "+b.name+" wrong codes compared, of "+number(float64(rounds*burst)), countCompared(t, instances, calls), "codes", atMost(tries*rounds))
		proof(t, "T2 "+b.name+" right code refused after them", refused, "codes", exactly(rounds))
		proof(t, "T2 "+b.name+" answers other than 400", broken, "answers", exactly(0))
		endless, counters := s.look().census(t)
		assert.Len(t, counters, rounds)
		proof(t, "T2 "+b.name+" drift of the counters of tries", drift(counters, burst+1), "tries", exactly(0))
		proof(t, "T2 "+b.name+" counters without an end", endless, "counters", exactly(0))
	})
}

// countCompared waits until the logs tell of all calls, and returns how many of them compared a code.
func countCompared(t *testing.T, instances []*instance, calls int) (n int) {
	require.Eventually(t, func() bool {
		logged := 0
		n = 0
		for _, i := range instances {
			for cause, times := range i.log.causes() {
				logged += times
				if cause == compared {
					n += times
				}
			}
		}
		return logged >= calls
	}, 5*time.Second, 20*time.Millisecond)
	return n
}

// drift is by how much counters are off.
func drift(counters []counted, want int64) (off int) {
	for _, c := range counters {
		off += int(math.Abs(float64(c.value - want)))
	}
	return off
}

// T2, sends: however many ask at once, in however many flows, an address gets one code in a minute.
func TestT2_AnAddressGetsOneCodeAtATime(t *testing.T) {
	rounds := pick(3, 30)
	const flows = 12
	onEach(t, func(t *testing.T, b backend) {
		s := newSite(t, b.fresh(t), func(s *settings) { s.Resend = time.Minute })
		instances := s.three()
		sent, broken := 0, 0
		for round := range rounds {
			user := fmt.Sprintf("u%d@contoso.com", round)
			var journeys []*journey
			for f := range flows {
				j := s.journey(user)
				j.travel(t, instances[f%3].base, signUpStart, signUpChallenge)
				journeys = append(journeys, j)
			}
			for _, a := range atOnce(burst, instances, func(i int, base string) answer {
				return post(base, steps[signUpChallenge].path, journeys[i/3%flows].withToken()...)
			}) {
				if a.ok() {
					sent++
				} else if a.err != nil || a.status != http.StatusTooManyRequests && a.number() != 55200 {
					t.Log(a)
					broken++
				}
			}
		}
		mails := 0
		require.Eventually(t, func() bool {
			mails = 0
			for round := range rounds {
				mails += s.box.count(fmt.Sprintf("u%d@contoso.com", round))
			}
			return mails >= sent
		}, 5*time.Second, 10*time.Millisecond)
		proof(t, "T2 "+b.name+" codes sent, to "+number(float64(rounds))+" addresses", mails, "mails", exactly(rounds))
		proof(t, "T2 "+b.name+" answers other than 200, 400 and 429", broken, "answers", exactly(0))
		_, counters := s.look().census(t)
		assert.Empty(t, counters, "what was sent is in a record, and who asked in vain nowhere")
	})
}

// T2, crash: an instance that dies between counting and answering has counted. Whoever could make it
// die at will would otherwise guess for ever.
func TestT2_ATryCountsThoughTheInstanceDies(t *testing.T) {
	flows := pick(1, 10)
	onEach(t, func(t *testing.T, b backend) {
		s := newSite(t, b.fresh(t))
		survivor := s.start()
		refused := 0
		for f := range flows {
			j := s.journey(fmt.Sprintf("u%d@contoso.com", f))
			j.travel(t, survivor.base, signUpStart, signUpCode)
			for i := range tries {
				victim := s.start()
				victim.condemn(t, afterCounting)
				guess := *j
				guess.code = wrong(j.code, i)
				a := guess.call(victim.base, signUpCode)
				require.Error(t, a.err, "nobody was to answer: %v", a)
				<-victim.over
			}
			if a := j.call(survivor.base, signUpCode); a.number() == 50181 {
				refused++
			} else {
				t.Log(a)
			}
		}
		proof(t, "T2 "+b.name+" right code refused after "+number(tries)+" kills", refused, "codes", exactly(flows))
		endless, counters := s.look().census(t)
		assert.Len(t, counters, flows)
		proof(t, "T2 "+b.name+" drift of the counters after kills", drift(counters, tries+1), "tries", exactly(0))
		proof(t, "T2 "+b.name+" counters without an end after kills", endless, "counters", exactly(0))
	})
}
