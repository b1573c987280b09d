//go:build linux && !race

// The race detector keeps notes on every byte of memory, in memory.

package proofs

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/password"
	"github.com/nativeauth/nativeauth/store"
)

// T12: however many sign in with a password at once, known or not, the memory of the server is bounded,
// and who has to come back later is told soon.
func TestT12_ACrowdIsServedInBoundedMemory(t *testing.T) {
	rounds := pick(1, 5)
	const crowd = 500
	s := newSite(t, newFile(t), func(s *settings) { s.Hides = true })
	server := s.start()
	users := s.look().users
	hash, err := password.NewHasher(password.HasherConfig{}).Hash(t.Context(), harbor)
	require.NoError(t, err)
	var growth, served, late, odd int
	var slowest time.Duration
	for round := range rounds {
		var asked [crowd]string
		for i := range asked {
			user := fmt.Sprintf("u%d.%d@contoso.com", round, i)
			if i%2 == 0 {
				require.NoError(t, users.CreateUser(t.Context(), store.User{ID: user, Username: user, Email: user, PasswordHash: hash}))
			}
			a := post(server.base, "/oauth2/v2.0/initiate", "username", user, "challenge_type", "password redirect")
			require.True(t, a.ok(), "%v", a)
			a = post(server.base, "/oauth2/v2.0/challenge", "continuation_token", a.field("continuation_token"))
			require.Equal(t, "password", a.field("challenge_type"), "%v", a)
			asked[i] = a.field("continuation_token")
		}
		before, watch := server.memory(t), server.watch(t)
		answers := make([]answer, crowd)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() {
				answers[i] = post(server.base, "/oauth2/v2.0/token", "continuation_token", asked[i], "grant_type", "password", "password", harbor)
			})
		}
		all.Wait()
		growth = max(growth, watch()-before)
		for i, a := range answers {
			switch {
			case a.err == nil && i%2 == 0 && a.ok(), a.err == nil && i%2 == 1 && a.status == http.StatusBadRequest && a.number() == 50126:
				served++
			case a.err == nil && a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") != "":
				late++
				slowest = max(slowest, a.took)
			default:
				odd++
				t.Log(a)
			}
		}
	}
	t.Logf("of %d, %d were served and %d were to come back", rounds*crowd, served, late)
	assert.Positive(t, served)
	proof(t, "T12 growth of memory under "+number(float64(crowd))+" logins at once", growth>>10, "MiB", atMost(320))
	proof(t, "T12 answers other than good, wrong and 503", odd, "answers", exactly(0))
	proof(t, "T12 time until 503, at most", seconds(slowest), "s", within(3))
}

// memory is what the instance holds now, in KiB.
func (i *instance) memory(t testing.TB) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", i.cmd.Process.Pid))
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	require.NoError(t, err)
	return kib
}

// watch samples the memory of the instance until the function is called that it returns, which returns
// the peak.
func (i *instance) watch(t testing.TB) (stop func() int) {
	peak, quit, over := 0, make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		for {
			peak = max(peak, i.memory(t))
			select {
			case <-quit:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	return func() int {
		close(quit)
		<-over
		return peak
	}
}
