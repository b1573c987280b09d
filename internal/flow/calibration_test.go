package flow

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/internal/figures"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// T4 of the security requirements, the calibration: guessing wins as often as it should where it can win at all. Were
// there 1,000 codes in place of 100,000,000, and none after the twenty of a day, 1 - (1 - 5/1000)^20 = 9.54 % of all
// accounts would be lost.
func TestT4_GuessingWinsWhereItCan(t *testing.T) {
	accounts := 200
	if os.Getenv("NATIVEAUTH_PROOFS") == "long" {
		accounts = 2000
	}
	drawn := rand.New(rand.NewPCG(7, 11))
	s := newStage(t, func(c *Config) {
		c.ResendInterval = time.Minute
		c.Limits = Limits{PerHour: 10, PerDay: 20}
		c.FixedCodes = func(otp.Address) string { return fmt.Sprintf("%08d", drawn.IntN(1000)) }
	})
	names := make([]string, accounts)
	for i := range names {
		names[i] = fmt.Sprintf("u%d@contoso.com", i)
		require.NoError(t, s.store.CreateUser(t.Context(), store.User{ID: fmt.Sprint("id", i), Username: names[i], Email: names[i]}))
	}
	lost := map[string]bool{}
	for n := range 40 { // twice what leaves
		sent := 0
		for _, name := range names {
			if !lost[name] && s.guess(drawn, name, &sent) {
				lost[name] = true
			}
		}
		assert.Equal(t, n < 20, sent > 0, "code %d", n+1)
		s.clock.pass(time.Minute)
		if n == 9 {
			s.clock.pass(51 * time.Minute)
		}
	}
	p := 1 - math.Pow(1-5.0/1000, 20)
	mean, sigma := p*float64(accounts), math.Sqrt(p*(1-p)*float64(accounts))
	name := fmt.Sprintf("T4 accounts lost with codes of 3 digits, of %d, where %.0f±%.0f have to be: ", accounts, mean, 4*sigma)
	figures.Report(t, name+"enough", len(lost), "accounts", figures.AtLeast(int(math.Ceil(mean-4*sigma))))
	figures.Report(t, name+"not too many", len(lost), "accounts", figures.AtMost(int(mean+4*sigma)))
}

// guess makes a code be sent and tries to guess it, five times. It tells whether that went well.
func (s *stage) guess(drawn *rand.Rand, name string, sent *int) bool {
	started, err := s.SignInStart(s.Context(), SignInStart{Client: s.plain, Username: name, Types: "oob redirect"})
	require.NoError(s, err)
	asked, err := s.SignInChallenge(s.Context(), Challenge{Client: s.plain, Token: started.Token})
	if err != nil {
		var wait *TooSoonError
		require.ErrorAs(s, err, &wait)
		return false
	}
	*sent++
	for _, guess := range drawn.Perm(1000)[:otp.Tries] { // none twice
		if _, err := s.Token(s.Context(), Redeem{Client: s.plain, Token: asked.Token, Grant: "oob", Code: fmt.Sprintf("%08d", guess)}); err == nil {
			return true
		}
	}
	return false
}
