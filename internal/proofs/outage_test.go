//go:build unix

package proofs

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// trouble is a way in which a store is out of order.
type trouble struct {
	name         string
	strike, mend func(t *testing.T)
	readable     bool // who opens a sign-in is served, since that only reads
}

// T17: whatever is wrong with a store, every call is answered in time by a 503 that tells nothing of
// it. When the store is back so is the API, without a restart, and no account is there twice.
func TestT17_AnOutageIsSaidInTimeAndPasses(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		t.Parallel()
		p := b.fresh(t)
		direct := p
		var troubles []trouble
		if b.name == "sqlite" {
			troubles = fileTroubles(p)
		} else {
			var way *proxy
			p, way = p.behind(t)
			for _, w := range []weather{refuses, hangs, slow, resets} {
				troubles = append(troubles, trouble{
					string(w), func(t *testing.T) { require.NoError(t, way.set(w)) }, func(t *testing.T) { require.NoError(t, way.set(fair)) }, false,
				})
			}
		}
		s := newSite(t, p)
		i := s.start()
		o := &ordeal{site: s, i: i, users: map[string]bool{}}
		for _, tr := range troubles {
			o.undergo(t, tr)
		}
		name := "T17 " + b.name
		proof(t, name+" answers other than 503 JSON, of "+number(float64(o.answers)), o.other, "answers", exactly(0))
		proof(t, name+" answers with a word of the driver", o.leaks, "answers", exactly(0))
		proof(t, name+" longest body", o.large, "bytes", atMost(1024))
		proof(t, name+" answers after, p99 of the worst trouble", seconds(o.p99), "s", within(2))
		proof(t, name+" serves again after, at most", seconds(o.back), "s", within(5))
		k, err := direct.open(t.Context())
		require.NoError(t, err)
		defer k.close()
		n, err := k.accounts(t.Context())
		require.NoError(t, err)
		proof(t, "T17 "+b.name+" accounts too many or too few, of "+number(float64(len(o.users))), n-len(o.users), "accounts", exactly(0))
	})
}

// fileTroubles are what can befall a file: another process that writes for long, and a table that is
// gone.
func fileTroubles(p place) []trouble {
	var k *kept
	run := func(t *testing.T, statement string) {
		if k == nil {
			var err error
			k, err = p.open(t.Context())
			require.NoError(t, err)
			t.Cleanup(k.close)
			k.db.SetMaxOpenConns(1)
		}
		_, err := k.db.ExecContext(context.Background(), statement)
		require.NoError(t, err)
	}
	swap := func(statements ...string) func(t *testing.T) {
		return func(t *testing.T) {
			for _, statement := range statements {
				run(t, statement)
			}
		}
	}
	return []trouble{
		{"locked", swap(`BEGIN IMMEDIATE`), swap(`ROLLBACK`), true},
		{"broken", swap(`ALTER TABLE nativeauth_state RENAME TO elsewhere`), swap(`ALTER TABLE elsewhere RENAME TO nativeauth_state`), false},
	}
}

// ordeal is an instance that goes through troubles, and the people who meanwhile want something of it.
type ordeal struct {
	*site
	i       *instance
	people  int
	users   map[string]bool // who has an account by now
	waiting []*journey      // one before each step
	early   []*journey      // who came before the API was back

	answers, other, leaks int           // over all troubles
	large                 int           // of the bodies
	p99, back             time.Duration // of the worst trouble
}

func (o *ordeal) somebody() *journey {
	o.people++
	return o.journey(fmt.Sprintf("u%d@contoso.com", o.people))
}

// undergo brings people before each step, strikes, lets all of them call again and again, mends, and
// sees that everybody gets on.
func (o *ordeal) undergo(t *testing.T, tr trouble) {
	o.waiting = nil
	for n := range allSteps {
		j := o.somebody()
		j.travel(t, o.i.base, 0, n)
		o.waiting = append(o.waiting, j)
	}
	tr.strike(t)
	time.Sleep(time.Second) // in which a sign-in may still be opened: that needs no more than the store's time of late
	answers := o.callFor(pick(0, 60*time.Second), tr)
	tr.mend(t)
	mended := time.Now()

	other, leaks, large := 0, 0, 0
	var times []time.Duration
	for _, a := range answers {
		times = append(times, a.took)
		if a.err != nil || a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" || !json.Valid(a.text) {
			t.Log(a)
			other++
		}
		if words := leaked(string(a.text)); len(words) > 0 {
			t.Log(words, a)
			leaks++
		}
		large = max(large, len(a.text))
	}
	slices.Sort(times)
	p99, back := times[(len(times)-1)*99/100], o.recovery(t, mended)
	t.Logf("%s: %d answers, %d other than 503 JSON, %d with a word of the driver, %d bytes at most, p99 %v, back after %v",
		tr.name, len(answers), other, leaks, large, p99, back)
	o.answers, o.other, o.leaks = o.answers+len(answers), o.other+other, o.leaks+leaks
	o.large, o.p99, o.back = max(o.large, large), max(o.p99, p99), max(o.back, back)
	o.finish(t)
}

// callFor makes every waiting call that must fail three times at once, again and again.
func (o *ordeal) callFor(span time.Duration, tr trouble) (answers []answer) {
	var mu sync.Mutex
	for end := time.Now().Add(span); len(answers) == 0 || time.Now().Before(end); {
		var all sync.WaitGroup
		for n, j := range o.waiting {
			if tr.readable && step(n) == signInStart {
				continue
			}
			for range 3 {
				all.Go(func() {
					a := post(o.i.base, steps[n].path, steps[n].pairs(j)...)
					mu.Lock()
					defer mu.Unlock()
					answers = append(answers, a)
				})
			}
		}
		all.Wait()
		time.Sleep(20 * time.Millisecond)
	}
	return answers
}

// words are what no answer may have: they are of drivers, of the network, or of our own inside.
var words = []string{
	"sqlstate", "pgx", "postgres", "mysql", "maria", "redis", "sqlite", "sqlstore", "database", "table", "elsewhere",
	"locked", "busy", "dial", "eof", "tcp", "connect", "refused", "reset", "pipe", "deadline", "timeout", "context",
	"driver", "bad conn", "127.0.0.1", "localhost", "root@", "nativeauth", "goroutine", ".go", "/tmp",
}

func leaked(text string) (found []string) {
	text = strings.ReplaceAll(strings.ToLower(text), "https://github.com/nativeauth/nativeauth/blob/main/docs/errors.md#error-", "") // of a hint
	for _, w := range words {
		if strings.Contains(text, w) {
			found = append(found, w)
		}
	}
	return found
}

// recovery returns how long it takes until somebody new gets through all steps.
func (o *ordeal) recovery(t *testing.T, since time.Time) time.Duration {
	for {
		j := o.somebody()
		through := true
		for n := signUpStart; n < allSteps && through; n++ {
			through = j.call(o.i.base, n).ok()
			if n == signUpCode && through {
				o.users[j.user] = true
			}
		}
		if took := time.Since(since); through || took > 20*time.Second {
			return took
		}
		o.early = append(o.early, j) // whose account may be there although nobody was told
		time.Sleep(20 * time.Millisecond)
	}
}

// finish lets everybody whose call failed repeat it, and then get in, one way or the other.
func (o *ordeal) finish(t *testing.T) {
	for _, j := range o.early {
		o.enter(t, j)
	}
	o.early = nil
	for n, j := range o.waiting {
		a := j.call(o.i.base, step(n))
		assert.NoError(t, a.err)
		assert.Less(t, a.status, http.StatusInternalServerError, "%s, repeated: %v", steps[n].name, a)
		o.enter(t, j)
	}
}

// enter signs somebody up or, if there is an account already, in.
func (o *ordeal) enter(t *testing.T, j *journey) {
	o.users[j.user] = true
	j = o.journey(j.user)
	if a := j.call(o.i.base, signUpStart); a.number() == 1003037 {
		j.travel(t, o.i.base, signInStart, allSteps)
	} else {
		require.True(t, a.ok(), "%v", a)
		j.travel(t, o.i.base, signUpChallenge, allSteps)
	}
}
