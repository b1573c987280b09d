package handler_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/nativeauth/nativeauth/adapters/memory"
	"github.com/nativeauth/nativeauth/adapters/sqlstore"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/store"
	"github.com/nativeauth/nativeauth/token"
)

// hostStore is what both adapters are.
type hostStore interface {
	store.Users
	store.State
}

// pair are two instances of one API: they share the secret, the keys and the store, and nothing of
// the process.
type pair struct {
	*world // the first
	second *world
	users  store.Users
	log    *causes // of both
}

// onPairs runs a test on two instances with each store. On SQLite each has a pool of its own.
func onPairs(t *testing.T, test func(p *pair)) {
	onStores(t, func(t *testing.T, first, second hostStore) { test(newPair(t, first, second)) })
}

// onStores runs a test with each store, opened for two instances.
func onStores(t *testing.T, test func(t *testing.T, first, second hostStore)) {
	t.Run("memory", func(t *testing.T) {
		kept := memory.New()
		test(t, kept, kept)
	})
	t.Run("SQLite", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "race.db")
		open := func() hostStore {
			db, err := sql.Open("sqlite", sqlstore.SQLiteDSN(file))
			require.NoError(t, err)
			t.Cleanup(func() { assert.NoError(t, db.Close()) })
			s, err := sqlstore.Open(t.Context(), db, sqlstore.SQLite)
			require.NoError(t, err)
			return s
		}
		test(t, open(), open())
	})
}

// storeOf is the store that a test of onStores runs on, as figures name it.
func storeOf(t *testing.T) string {
	_, name, _ := strings.Cut(t.Name(), "/")
	return strings.ToLower(name)
}

func newPair(t *testing.T, stores ...hostStore) *pair {
	t.Helper()
	keys, err := token.Ephemeral()
	require.NoError(t, err)
	var worlds []*world
	log := newCauses()
	for _, s := range stores {
		worlds = append(worlds, newWorld(t, secondFactors, withAuth0, withTencent, func(c *handler.Config) {
			c.Users, c.State, c.Keys, c.Now, c.Logger = s, s, keys, time.Now, slog.New(log)
			if len(worlds) > 0 {
				c.Sender = worlds[0].mail
			}
		}))
	}
	return &pair{world: worlds[0], second: worlds[1], users: stores[0], log: log}
}

// take returns how often a cause was seen since it was taken last.
func (c *causes) take(cause string) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n = c.seen[cause]
	delete(c.seen, cause)
	return n
}

// shot is what came back of one of many calls at once.
type shot struct {
	status int
	body   map[string]any
	err    error
}

// atOnce sends n calls at the same time, half of them to each instance.
func (p *pair) atOnce(n int, path string, pairs func(i int) []string) []shot {
	p.Helper()
	shots := make([]shot, n)
	gate := make(chan struct{})
	var done sync.WaitGroup
	for i := range n {
		base := []string{p.base, p.second.base}[i%2]
		body := form(pairs(i)...)
		done.Go(func() {
			<-gate
			resp, err := http.Post(base+path, "application/x-www-form-urlencoded", strings.NewReader(body))
			if err != nil {
				shots[i].err = err
				return
			}
			defer resp.Body.Close()
			shots[i].status = resp.StatusCode
			shots[i].err = json.NewDecoder(resp.Body).Decode(&shots[i].body)
		})
	}
	close(gate)
	done.Wait()
	for _, s := range shots {
		require.NoError(p, s.err)
		require.Less(p, s.status, 500, "%v, of %v", s.body, p.log.seen)
	}
	return shots
}

// winners are the calls that succeeded.
func winners(shots []shot) (list []shot) {
	for _, s := range shots {
		if s.status == http.StatusOK {
			list = append(list, s)
		}
	}
	return list
}

// losers checks that all but the winners were told so in the words of the contract.
func losers(t *testing.T, shots []shot) {
	t.Helper()
	for _, s := range shots {
		if s.status != http.StatusOK {
			assert.Contains(t, []any{"invalid_request", "invalid_grant"}, s.body["error"], "%v", s.body)
		}
	}
}

func TestRace_OneRightCodeSignsUpOnce(t *testing.T) {
	onPairs(t, func(p *pair) {
		begin := time.Now()
		for i := range rounds {
			user := fmt.Sprintf("up%d@contoso.com", i)
			sent, code := p.signUpSent(plain, user)
			shots := p.atOnce(inParallel, "/signup/v1.0/continue", func(int) []string {
				return []string{"client_id", plain, "continuation_token", sent, "grant_type", "oob", "oob", code}
			})
			won := winners(shots)
			require.Len(p, won, 1, "successes in round %d", i)
			losers(p.T, shots)
			_, err := p.users.UserByUsername(p.Context(), user)
			require.NoError(p, err)
			final := won[0].body["continuation_token"].(string)
			require.Equal(p, 200, p.redeemToken(plain, final).status)
		}
		p.Logf("%d rounds of %d in %v", rounds, inParallel, time.Since(begin).Round(time.Millisecond))
	})
}

func TestRace_OneRightCodeSignsInOnce(t *testing.T) {
	onPairs(t, func(p *pair) {
		begin := time.Now()
		p.signUp(casey)
		for i := range rounds {
			sent, code := p.signInSent(plain, casey)
			shots := p.atOnce(inParallel, "/oauth2/v2.0/token", func(int) []string {
				return []string{"client_id", plain, "continuation_token", sent, "grant_type", "oob", "oob", code}
			})
			require.Len(p, winners(shots), 1, "successes in round %d", i)
			losers(p.T, shots)
		}
		p.Logf("%d rounds of %d in %v", rounds, inParallel, time.Since(begin).Round(time.Millisecond))
	})
}

func TestRace_AFinishedSignUpIsRedeemedOnce(t *testing.T) {
	onPairs(t, func(p *pair) {
		for i := range 20 {
			final := p.signUp(fmt.Sprintf("final%d@contoso.com", i))
			shots := p.atOnce(inParallel, "/oauth2/v2.0/token", func(int) []string {
				return []string{"client_id", plain, "continuation_token", final, "grant_type", "continuation_token"}
			})
			require.Len(p, winners(shots), 1, "successes in round %d", i)
			losers(p.T, shots)
		}
	})
}

func TestRace_ParallelRefreshesHaveOneSuccessor(t *testing.T) {
	onPairs(t, func(p *pair) {
		p.signUp(casey)
		begin := time.Now()
		text := p.signIn(casey).text("refresh_token")
		for i := range 20 {
			shots := p.atOnce(inParallel, "/oauth2/v2.0/token", func(int) []string {
				return []string{"client_id", plain, "grant_type", "refresh_token", "refresh_token", text}
			})
			successors := map[any]int{}
			for _, s := range shots {
				require.Equal(p, 200, s.status, "%v", s.body)
				successors[s.body["refresh_token"]]++
			}
			require.Len(p, successors, 1, "successors in round %d", i)
			for next := range successors {
				require.NotEqual(p, text, next)
				text = next.(string)
			}
		}
		p.Logf("20 rounds of %d in %v", inParallel, time.Since(begin).Round(time.Millisecond))
	})
}

func TestRace_ParallelGuessesUseTheTriesUp(t *testing.T) {
	onPairs(t, func(p *pair) {
		p.signUp(casey)
		for _, c := range []struct {
			guesses int
			good    bool
		}{{4, true}, {5, false}, {inParallel, false}} {
			for range 5 {
				sent, code := p.signInSent(plain, casey)
				shots := p.atOnce(c.guesses, "/oauth2/v2.0/token", func(i int) []string {
					return []string{"client_id", plain, "continuation_token", sent, "grant_type", "oob", "oob", guess(code, i)}
				})
				require.Empty(p, winners(shots))
				a := p.redeemCode(plain, sent, code)
				if c.good {
					require.Equal(p, 200, a.status, "%v", a.body)
				} else {
					a.refused(400, "invalid_grant", "invalid_oob_value", 50181)
				}
			}
		}
	})
}

// Five of many are compared, whatever the order: the right one among 63 guesses is rarely one of them.
func TestRace_OfParallelGuessesFiveAreCompared(t *testing.T) {
	onPairs(t, func(p *pair) {
		p.signUp(casey)
		won := 0
		for range 40 {
			sent, code := p.signInSent(plain, casey)
			right := rand.IntN(inParallel)
			shots := p.atOnce(inParallel, "/oauth2/v2.0/token", func(i int) []string {
				try := guess(code, i)
				if i == right {
					try = code
				}
				return []string{"client_id", plain, "continuation_token", sent, "grant_type", "oob", "oob", try}
			})
			won += len(winners(shots))
		}
		assert.LessOrEqual(p, won, mostOf40, "rounds of 40 in which the right code was compared")
	})
}

// guess is the i-th code that is not the right one.
func guess(code string, i int) string {
	b := []byte(code)
	b[i%8] = '0' + (b[i%8]-'0'+1+byte(i/8%9))%10
	return string(b)
}

func TestRace_ParallelChallengesLeaveOneGoodCode(t *testing.T) {
	onPairs(t, func(p *pair) {
		for i := range 10 {
			start := p.signUpStart(plain, fmt.Sprintf("ch%d@contoso.com", i)).ok()
			before := p.mail.count()
			shots := p.atOnce(inParallel, "/signup/v1.0/challenge", func(int) []string {
				return []string{"client_id", plain, "continuation_token", start}
			})
			// A call that comes after another has won repeats it (D2): each success is one code, of
			// which a flow has five.
			won := winners(shots)
			require.NotEmpty(p, won)
			require.LessOrEqual(p, len(won), 5)
			p.mail.take(before + len(won))
			good := 0
			for _, s := range won {
				for n := range won {
					a := p.signUpCode(plain, s.body["continuation_token"].(string), p.mail.take(before+n+1).Code)
					if a.status == 200 {
						good++
					}
				}
			}
			require.LessOrEqual(p, good, 1, "codes that are good")
		}
	})
}

func TestRace_TwoSignUpsOfOneAddressMakeOneAccount(t *testing.T) {
	onPairs(t, func(p *pair) {
		for i := range 20 {
			user := fmt.Sprintf("rival%d@contoso.com", i)
			var sent, codes [8]string
			for n := range sent {
				sent[n], codes[n] = p.signUpSent(plain, user)
			}
			shots := p.atOnce(len(sent), "/signup/v1.0/continue", func(n int) []string {
				return []string{"client_id", plain, "continuation_token", sent[n], "grant_type", "oob", "oob", codes[n]}
			})
			require.Len(p, winners(shots), 1)
			for _, s := range shots {
				if s.status != 200 {
					require.Equal(p, "user_already_exists", s.body["error"])
				}
			}
		}
	})
}
