//go:build unix

package proofs

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What an address may do by default.
const (
	startsPerMinute = 30
	signalsPerHour  = 20
)

// startFrom opens a sign-up, or a sign-in of nobody, as a proxy hands it on.
func startFrom(client, base, path string) answer {
	form := url.Values{"client_id": {app}, "username": {"nobody@contoso.com"}, "challenge_type": {"oob redirect"}}
	r, err := http.NewRequest(http.MethodPost, base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{err: err}
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Forwarded-For", client)
	begin := time.Now()
	resp, err := caller.Do(r)
	return read(resp, err, begin)
}

// crowd is what has become of many calls at once from one address, and of others.
type crowd struct{ begun, told, over, unsure, broken int }

// crowdFrom lets an address call more often than it may, through all instances.
func crowdFrom(t *testing.T, instances []*instance, client string, all *crowd) {
	begun, told := 0, 0
	for _, a := range atOnce(burst, instances, func(_ int, base string) answer { return startFrom(client, base, steps[signInStart].path) }) {
		switch {
		case a.ok():
			begun++
		case a.number() == 50034: // user_not_found
			told++
		case a.status == http.StatusServiceUnavailable: // on a slow machine, which may have counted it
			all.unsure++
		case a.status != http.StatusTooManyRequests:
			t.Log(a)
			all.broken++
		}
	}
	all.begun, all.told = all.begun+begun, all.told+told
	all.over += max(0, begun-startsPerMinute) + max(0, told-signalsPerHour)
}

// T2, client addresses: however many call at once, through three processes, an address begins what it may and is
// told what it may, and the counters say so.
func TestT2_AnAddressBeginsAndIsToldWhatItMay(t *testing.T) {
	rounds := pick(1, 20)
	onEach(t, func(t *testing.T, b backend) {
		for what, hides := range map[string]bool{"starts": true, "signals": false} { // where accounts hide nobody is told
			s := newSite(t, b.fresh(t), func(s *settings) { s.Limits, s.Hides = true, hides })
			instances := s.three()
			var all crowd
			for round := range rounds {
				crowdFrom(t, instances, fmt.Sprintf("192.0.2.%d", round+1), &all)
			}
			proof(t, "T2 "+b.name+" "+what+" beyond those of an address", all.over, what, exactly(0))
			proof(t, "T2 "+b.name+" "+what+", answers other than 200, 400, 429 and 503", all.broken, "answers", exactly(0))
			k := s.look()
			endless, _ := k.census(t)
			proof(t, "T2 "+b.name+" "+what+", counters without an end", endless, "counters", exactly(0))
			counters, err := k.counters(t.Context())
			require.NoError(t, err)
			begun, told := 0, 0
			for _, c := range counters {
				if strings.HasPrefix(c.key, "hour/") {
					begun += int(c.value >> 40)
					told += int(c.value & (1<<40 - 1))
				}
			}
			if all.unsure > 0 {
				t.Logf("%d calls were not answered in time: the counters may be ahead", all.unsure)
				continue
			}
			if hides {
				assert.Equal(t, rounds*startsPerMinute, all.begun)
			}
			assert.Positive(t, all.begun+all.told)
			drift := max(begun-all.begun-all.told, all.begun+all.told-begun) + max(told-all.told, all.told-told)
			proof(t, "T2 "+b.name+" "+what+", drift of the counters", drift, "calls", exactly(0))
		}
	})
}
