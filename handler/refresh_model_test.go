package handler_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// T15: random histories of refresh tokens at two instances, beside a model of R1 to R5.

// pedigree is what the model knows of the refresh tokens of one sign-in.
type pedigree struct {
	texts   []string    // by generation; the last is the one that is good
	ends    []time.Time // of each by itself
	born    time.Time
	written time.Time // when the last was made
	epoch   int
	over    bool
}

const (
	inGrace    = 10 * time.Second
	idleLimit  = 14 * day
	wholeLimit = 90 * day
	apart      = 5 * time.Minute // that clocks may be
)

// chronicle is a history as it goes on.
type chronicle struct {
	*world
	sides    [2]*world
	random   *rand.Rand
	user, id string
	epoch    int
	disabled bool
	families []*pedigree
	trail    []string
}

func (c *chronicle) side() *world { return c.sides[c.random.IntN(2)] }

func (c *chronicle) note(format string, args ...any) {
	c.trail = append(c.trail, fmt.Sprintf(format, args...))
}

// agree compares what was answered with what the model says.
func (c *chronicle) agree(want bool, a answer) {
	c.Helper()
	require.Equal(c, want, a.status == 200, "%d %v\n%s", a.status, a.body, strings.Join(c.trail, "\n"))
	if !want {
		assert.Equal(c, "invalid_grant", a.body["error"], "%s", strings.Join(c.trail, "\n"))
		assert.Equal(c, "bad_token", a.body["suberror"], "%s", strings.Join(c.trail, "\n"))
	}
}

func (c *chronicle) signIn() {
	w := c.side()
	start := w.signInStart(plain, c.user)
	if start.status != 200 {
		return
	}
	sent, code := w.nextCode(func() answer { return w.signInChallenge(plain, start.ok()) })
	a := w.redeemCode(plain, sent, code)
	c.note("sign in: %d", a.status)
	require.Equal(c, !c.disabled, a.status == 200, "%v\n%s", a.body, strings.Join(c.trail, "\n"))
	if c.disabled {
		return
	}
	now := c.clock.now()
	c.families = append(c.families, &pedigree{
		texts: []string{a.text("refresh_token")}, ends: []time.Time{now.Add(idleLimit)}, born: now, written: now, epoch: c.epoch,
	})
}

// token picks a pedigree and one of its tokens, most often one of the last two.
func (c *chronicle) token() (l *pedigree, generation int) {
	l = c.families[c.random.IntN(len(c.families))]
	newest := len(l.texts) - 1
	switch c.random.IntN(8) {
	case 0, 1:
		return l, max(0, newest-1)
	case 2:
		return l, c.random.IntN(newest + 1)
	}
	return l, newest
}

func (c *chronicle) refreshOne() { c.refreshOf(c.token()) }

func (c *chronicle) refreshOf(l *pedigree, generation int) {
	now, newest := c.clock.now(), len(l.texts)-1
	gone := l.over || !now.Before(l.ends[newest])
	repeat := generation == newest-1 && now.Sub(l.written) < inGrace
	var good bool
	switch {
	case !now.Before(l.ends[generation].Add(apart)): // told from the token alone
	case gone:
	case generation != newest && !repeat, l.epoch != c.epoch || c.disabled:
		l.over = true
	default:
		good = true
	}
	c.note("refresh %d of %d at %v: %v", generation, newest, now, good)
	a := c.side().refresh(plain, l.texts[generation])
	c.agree(good, a)
	if !good {
		return
	}
	next := a.text("refresh_token")
	if repeat {
		require.Equal(c, l.texts[newest], next, "another successor\n%s", strings.Join(c.trail, "\n"))
		return
	}
	require.NotContains(c, l.texts, next)
	l.texts, l.written = append(l.texts, next), now
	l.ends = append(l.ends, now.Add(min(idleLimit, wholeLimit-now.Sub(l.born))))
}

func (c *chronicle) revokeOne() {
	l, generation := c.token()
	client := plain
	if c.random.IntN(3) == 0 {
		client = keyed // whose it is not
	} else {
		l.over = true
	}
	c.note("revoke %d by %s", generation, client)
	c.side().ask(revoke, "", "client_id", client, "token", l.texts[generation]).empty()
}

// misuse presents a token in ways that change nothing.
func (c *chronicle) misuse() {
	l, generation := c.token()
	text := l.texts[generation]
	switch c.random.IntN(3) {
	case 0:
		c.note("another client's")
		c.agree(false, c.side().refresh(keyed, text))
	case 1:
		c.note("one character changed")
		at := c.random.IntN(len(text))
		c.agree(false, c.side().refresh(plain, text[:at]+string("AB"[b2i(text[at] == 'A')])+text[at+1:]))
	case 2:
		c.note("as a continuation token")
		c.side().redeemToken(plain, text).badToken()
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (c *chronicle) administer() {
	w := c.side()
	switch c.random.IntN(3) {
	case 0:
		c.note("end sessions")
		require.NoError(c, w.auth.EndSessions(c.Context(), c.id))
		c.epoch++
	case 1:
		c.note("disable")
		require.NoError(c, w.auth.Disable(c.Context(), c.id))
		c.disabled = true
		c.epoch++
	case 2:
		c.note("enable")
		require.NoError(c, w.auth.Enable(c.Context(), c.id))
		if c.disabled {
			c.disabled = false
			c.epoch++
		}
	}
}

var passes = []time.Duration{0, time.Second, 9 * time.Second, 11 * time.Second, time.Minute, time.Hour, day, 6 * day, 13 * day, 15 * day}

// play is what happens in the history with a number, the same whenever it is played.
func (c *chronicle) play(n int) {
	c.signUp(c.user)
	c.id = c.idOf(c.user)
	c.signIn()
	for range movesOfAHistory {
		switch p := c.random.IntN(100); {
		case n%5 == 0 && p < 80: // somebody comes back often enough to reach the end of it all
			c.note("12 days pass")
			c.clock.pass(12 * day)
			c.refreshOf(c.families[0], len(c.families[0].texts)-1)
		case p < 50:
			c.refreshOne()
		case p < 80:
			by := passes[c.random.IntN(len(passes))]
			c.note("%v pass", by)
			c.clock.pass(by)
		case p < 86:
			c.misuse()
		case p < 90:
			c.revokeOne()
		case p < 93:
			c.administer()
		default:
			c.signIn()
		}
	}
}

const (
	movesOfAHistory = 25
	ofOneClock      = 100 // histories: or years would pass by the hundred
)

func TestT15_RandomHistoriesAgreeWithAModel(t *testing.T) {
	keys := withKeys(t)
	agreed := agreements(t, "T15 histories of refresh tokens", "histories", histories)
	for from := 0; from < histories; from += ofOneClock {
		t.Run(fmt.Sprintf("%d to %d", from, from+ofOneClock-1), func(t *testing.T) {
			t.Parallel()
			first := newWorld(t, keys)
			sides := [2]*world{first, first.sibling(keys)}
			for n := from; n < from+ofOneClock; n++ {
				c := &chronicle{
					world: first, sides: sides, random: rand.New(rand.NewPCG(15, uint64(n))),
					user: fmt.Sprintf("h%d@contoso.com", n),
				}
				c.play(n)
				agreed()
			}
		})
	}
	t.Logf("%d histories of %d moves", histories, histories*movesOfAHistory)
}
