package handler_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// Second factors of clients of Auth0, many calls at once on two instances.

// keyedUp gives an account a password.
func (p *pair) keyedUp(user string) {
	p.Helper()
	u := p.userOn(user)
	u.PasswordHash = hashOf(p.T, harbor)
	require.NoError(p, p.users.UpdateUser(p.Context(), u))
}

// owners are calls at once that each redeem a second factor.
func (p *pair) owners(n int, grant, token string, pairs func(i int) []string) []shot {
	p.Helper()
	return p.atOnce(n, auth0Token, func(i int) []string {
		return append([]string{"client_id", guardedApp, "grant_type", grant, "mfa_token", token}, pairs(i)...)
	})
}

func (p *pair) mfaOf(user string) (token string) {
	p.Helper()
	return p.give(guardedApp, user, harbor).text("mfa_token")
}

func TestAuth0Race_OneRightSecondFactorSignsInOnce(t *testing.T) {
	onPairs(t, func(p *pair) {
		mail := func(user string) (grant, token string, pairs []string) {
			p.somebody(user, store.Method{ID: mailMethod.ID, Kind: store.MethodEmail, Target: "second." + user})
			p.keyedUp(user)
			token = p.mfaOf(user)
			oob, code := p.mfaSent(token)
			return byOOB, token, []string{"oob_code", oob, "binding_code", code}
		}
		app := func(user string) (grant, token string, pairs []string) {
			code, _ := p.armed(user)
			p.keyedUp(user)
			return byApp, p.mfaOf(user), []string{"otp", code}
		}
		paper := func(user string) (grant, token string, pairs []string) {
			_, codes := p.armed(user)
			p.keyedUp(user)
			return byRecovery, p.mfaOf(user), []string{"recovery_code", codes[3]}
		}
		for i := range factorRounds {
			for n, asked := range []func(string) (string, string, []string){mail, app, paper} {
				grant, token, pairs := asked(fmt.Sprintf("owner%d.%d@contoso.com", i, n))
				shots := p.owners(factorsAtOnce, grant, token, func(int) []string { return pairs })
				require.Len(p, winners(shots), 1, "successes in round %d of kind %d", i, n)
				for _, s := range shots {
					if s.status != 200 {
						assert.Contains(p, []any{malformedMFA, invalidCode, invalidOTP, "MFA Authorization rejected."}, s.body["error_description"])
					}
				}
			}
		}
	})
}

func TestAuth0Race_ParallelGuessesUseTheTriesUp(t *testing.T) {
	onPairs(t, func(p *pair) {
		p.somebody(casey, mailMethod)
		p.keyedUp(casey)
		for range factorRounds {
			token := p.mfaOf(casey)
			oob, code := p.mfaSent(token)
			p.log.take(wasCompared)
			require.Empty(p, winners(p.owners(factorsAtOnce, byOOB, token, func(i int) []string {
				return []string{"oob_code", oob, "binding_code", guess(code, i)}
			})))
			assert.LessOrEqual(p, p.log.take(wasCompared), otp.Tries)
			p.mfaGive(byOOB, token, "oob_code", oob, "binding_code", code).says0(403, "invalid_grant", invalidCode)
		}
	})
}

func TestAuth0Race_ChallengesAtOnceLeaveTheLastCodeGood(t *testing.T) {
	onPairs(t, func(p *pair) {
		p.somebody(casey, mailMethod)
		p.keyedUp(casey)
		for range factorRounds {
			token := p.mfaOf(casey)
			mails := p.mail.count()
			shots := p.atOnce(3, mfaChallenge, func(int) []string { return []string{"client_id", guardedApp, "mfa_token", token} })
			p.mail.take(mails + len(winners(shots)))
			oob, code := p.mfaSent(token)
			p.mfaGive(byOOB, token, "oob_code", oob, "binding_code", code).tokens()
		}
	})
}
