package handler_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// What is good once is good once, over all calls, flows and instances: codes of a second factor, a step of
// an authenticator app, a recovery code, and the way to an account's first method.

const (
	factorRounds = 6
	flowsAtOnce  = 12
	// What is logged when a code was compared and was wrong; when it was not compared, more follows.
	wasCompared = "the code is wrong, expired, used or tried too often"
)

// somebody makes an account without a password. Its mailbox takes the first factor.
func (p *pair) somebody(user string, methods ...store.Method) {
	p.Helper()
	require.NoError(p, p.users.CreateUser(p.Context(), store.User{ID: user, Username: user, Email: user, Methods: methods}))
}

// armed makes an account with an authenticator app, and returns the code of the app's next step.
func (p *pair) armed(user string) (ahead string, recovery []string) {
	p.Helper()
	p.somebody(user)
	s, err := p.auth.NewTOTP(p.Context(), user)
	require.NoError(p, err)
	before := p.mail.count()
	now := otp.TOTPStep(time.Now())
	recovery, err = p.auth.ConfirmTOTP(p.Context(), user, otp.TOTP(secretOf(p.T, s.URI), now))
	require.NoError(p, err)
	p.mail.take(before + 1)
	return otp.TOTP(secretOf(p.T, s.URI), now+1), recovery
}

// half goes through the first factor of somebody, by a code, and returns the answer.
func (w *world) half(client, user string) answer {
	w.Helper()
	start := w.signInStart(client, user, "capabilities", able).ok()
	token, code := w.nextCode(func() answer { return w.signInChallenge(client, start) })
	return w.redeemCode(client, token, code)
}

// asksFor takes a flow to where the method of a kind was asked for.
func (p *pair) asksFor(user string, kind store.MethodKind) (token string) {
	p.Helper()
	wanted := p.half(coded, user).wants("mfa_required")
	u := p.userOn(user)
	i := slices.IndexFunc(u.Methods, func(m store.Method) bool { return m.Kind == kind })
	require.GreaterOrEqual(p, i, 0)
	return p.askedBy(coded, wanted, u.Methods[i].ID).ok()
}

// seconds are calls at once that each give a code to the flow of a token.
func (p *pair) seconds(n int, give func(i int) (token, code string)) []shot {
	p.Helper()
	return p.atOnce(n, inToken, func(i int) []string {
		token, code := give(i)
		return []string{"client_id", coded, "continuation_token", token, "grant_type", []string{"mfa_oob", "oob"}[i%2], "oob", code}
	})
}

// keysOf is a store that notes for what it has counted last.
type keysOf struct {
	hostStore
	prefix string

	mu  sync.Mutex
	key string
}

func (k *keysOf) Add(ctx context.Context, key string, delta int64, ttl time.Duration) (store.Count, error) {
	if strings.HasPrefix(key, k.prefix) {
		k.mu.Lock()
		k.key = key
		k.mu.Unlock()
	}
	return k.hostStore.Add(ctx, key, delta, ttl)
}

// counted is what it has counted there.
func (k *keysOf) counted(t *testing.T) int64 {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	require.NotEmpty(t, k.key)
	n, err := k.hostStore.Add(t.Context(), k.key, 0, time.Hour)
	require.NoError(t, err)
	return n.Value
}

func TestRace_OneRightSecondFactorSignsInOnce(t *testing.T) {
	onPairs(t, func(p *pair) {
		mail := func(user string) (token, code string) {
			p.somebody(user, store.Method{ID: mailMethod.ID, Kind: store.MethodEmail, Target: "second." + user})
			wanted := p.half(coded, user).wants("mfa_required")
			return p.nextCode(func() answer { return p.askedBy(coded, wanted, mailMethod.ID) })
		}
		app := func(user string) (token, code string) {
			code, _ = p.armed(user)
			return p.asksFor(user, store.MethodTOTP), code
		}
		paper := func(user string) (token, code string) {
			_, codes := p.armed(user)
			return p.asksFor(user, store.MethodRecovery), codes[3]
		}
		for i := range factorRounds {
			for n, asked := range []func(string) (token, code string){mail, app, paper} {
				token, code := asked(fmt.Sprintf("s%d.%d@contoso.com", i, n))
				shots := p.seconds(factorsAtOnce, func(int) (string, string) { return token, code })
				require.Len(p, winners(shots), 1, "successes in round %d of kind %d", i, n)
				losers(p.T, shots)
			}
		}
	})
}

func TestRace_OneStepOfAnAppIsGoodForOneFlow(t *testing.T) {
	onPairs(t, func(p *pair) {
		for i := range factorRounds {
			user := fmt.Sprintf("step%d@contoso.com", i)
			code, _ := p.armed(user)
			var tokens [flowsAtOnce]string
			for n := range tokens {
				tokens[n] = p.asksFor(user, store.MethodTOTP)
			}
			shots := p.seconds(len(tokens), func(n int) (string, string) { return tokens[n], code })
			require.Len(p, winners(shots), 1, "successes in round %d", i)
			losers(p.T, shots)
		}
	})
}

func TestRace_OneRecoveryCodeIsGoodForOneFlow(t *testing.T) {
	onPairs(t, func(p *pair) {
		for i := range factorRounds {
			user := fmt.Sprintf("paper%d@contoso.com", i)
			_, codes := p.armed(user)
			var tokens [flowsAtOnce]string
			for n := range tokens {
				tokens[n] = p.asksFor(user, store.MethodRecovery)
			}
			shots := p.seconds(len(tokens), func(n int) (string, string) { return tokens[n], codes[0] })
			require.Len(p, winners(shots), 1, "successes in round %d", i)
			losers(p.T, shots)
			assert.Len(p, p.userOn(user).Methods[1].Codes, otp.RecoveryCodes-1)
		}
	})
}

// Codes that differ do not get into one another's way: none is lost, and each is used up.
func TestRace_RecoveryCodesOfTheirOwnAreAllGood(t *testing.T) {
	onPairs(t, func(p *pair) {
		for i := range factorRounds {
			user := fmt.Sprintf("papers%d@contoso.com", i)
			_, codes := p.armed(user)
			tokens := []string{p.asksFor(user, store.MethodRecovery), p.asksFor(user, store.MethodRecovery), p.asksFor(user, store.MethodRecovery)}
			shots := p.seconds(len(tokens), func(n int) (string, string) { return tokens[n], codes[n] })
			require.Len(p, winners(shots), len(tokens), "%v", shots)
			assert.Len(p, p.userOn(user).Methods[1].Codes, otp.RecoveryCodes-len(tokens))
		}
	})
}

func TestRace_ParallelGuessesAtASecondFactorUseTheTriesUp(t *testing.T) {
	onPairs(t, func(p *pair) {
		p.somebody(casey, mailMethod)
		for range factorRounds {
			wanted := p.half(coded, casey).wants("mfa_required")
			token, code := p.nextCode(func() answer { return p.askedBy(coded, wanted, mailMethod.ID) })
			p.log.take(wasCompared)
			require.Empty(p, winners(p.seconds(factorsAtOnce, func(i int) (string, string) { return token, guess(code, i) })))
			assert.LessOrEqual(p, p.log.take(wasCompared), otp.Tries)
			p.redeemSecond(coded, token, code).refused(400, "invalid_grant", "invalid_oob_value", 50181)
		}
	})
}

// The tries at an app are those of the account: five, and one more that begins the wait.
func TestRace_ParallelGuessesAtAnAppStayWithinTheLimit(t *testing.T) {
	const free = 5
	onStores(t, func(t *testing.T, first, second hostStore) {
		noted := &keysOf{hostStore: first, prefix: "tried-second/"}
		p := newPair(t, noted, second)
		for i := range factorRounds {
			user := fmt.Sprintf("guessed%d@contoso.com", i)
			code, codes := p.armed(user)
			ahead, err := strconv.Atoi(code)
			require.NoError(t, err)
			tokens := []string{p.asksFor(user, store.MethodTOTP), p.asksFor(user, store.MethodTOTP), p.asksFor(user, store.MethodRecovery)}
			p.log.take(wasCompared)
			require.Empty(p, winners(p.seconds(factorsAtOnce-factorsAtOnce%3, func(i int) (string, string) {
				if i%3 == 2 {
					return tokens[2], strings.Repeat("0", otp.RecoveryLength)
				}
				return tokens[i%3], fmt.Sprintf("%06d", (ahead+1+i)%1_000_000)
			})))
			compared := p.log.take(wasCompared)
			assert.LessOrEqual(p, compared, free+1, "tries that were compared")
			assert.GreaterOrEqual(p, compared, free)
			assert.EqualValues(p, compared, noted.counted(p.T), "tries that were counted: drift")
			p.redeemSecond(coded, tokens[0], code).refused(400, "invalid_grant", "invalid_oob_value", 50181)
			p.redeemSecond(coded, tokens[2], codes[0]).refused(400, "invalid_grant", "invalid_oob_value", 50181)
			assert.EqualValues(p, compared, noted.counted(p.T), "right ones that had to wait are counted")
		}
	})
}

// registering takes a flow to where a code went to a contact that is to be registered.
func (p *pair) registering(user, contact string) (token, code string) {
	p.Helper()
	listed := p.kinds(coded, p.half(coded, user).wants("registration_required")).ok()
	return p.nextCode(func() answer { return p.register(coded, listed, contact) })
}

func TestRace_OneRegistrationAddsOneMethod(t *testing.T) {
	onPairs(t, func(p *pair) {
		for i := range factorRounds {
			user := fmt.Sprintf("reg%d@contoso.com", i)
			p.somebody(user)
			token, code := p.registering(user, "second."+user)
			before := p.mail.count()
			shots := p.atOnce(factorsAtOnce, regContinue, func(int) []string {
				return []string{"client_id", coded, "continuation_token", token, "grant_type", "oob", "oob", code}
			})
			won := winners(shots)
			require.Len(p, won, 1, "successes in round %d", i)
			losers(p.T, shots)
			require.Len(p, p.userOn(user).Methods, 1)
			assert.Equal(p, otp.MethodAdded, p.mail.take(before+1).Purpose)
			final := won[0].body["continuation_token"].(string)
			shots = p.atOnce(factorsAtOnce, inToken, func(int) []string {
				return []string{"client_id", coded, "continuation_token", final, "grant_type", "continuation_token"}
			})
			require.Len(p, winners(shots), 1)
			assert.Equal(p, before+1, p.mail.count(), "notices of one method")
		}
	})
}

func TestRace_OneAppThatIsSetUpIsOneMethodWithOneListOfRecoveryCodes(t *testing.T) {
	onPairs(t, func(p *pair) {
		for i := range factorRounds {
			user := fmt.Sprintf("app%d@contoso.com", i)
			p.somebody(user)
			listed := p.kinds(apps, p.half(apps, user).wants("registration_required")).ok()
			a := p.register(apps, listed, "", "challenge_channel", "totp")
			code := otp.TOTP(secretOf(p.T, a.text("otpauth_uri")), otp.TOTPStep(time.Now()))
			shots := p.atOnce(factorsAtOnce, regContinue, func(int) []string {
				return []string{"client_id", apps, "continuation_token", a.ok(), "grant_type", "oob", "oob", code}
			})
			won := winners(shots)
			require.Len(p, won, 1, "successes in round %d", i)
			losers(p.T, shots)
			assert.Len(p, won[0].body["recovery_codes"], otp.RecoveryCodes)
			methods := p.userOn(user).Methods
			require.Len(p, methods, 2)
			assert.Equal(p, []store.MethodKind{store.MethodTOTP, store.MethodRecovery}, []store.MethodKind{methods[0].Kind, methods[1].Kind})
		}
	})
}

// Two who got through the first factor: whoever comes second would have to pass what the first has added.
func TestRace_OfTwoContactsAnAccountGetsOne(t *testing.T) {
	onPairs(t, func(p *pair) {
		for i := range 2 * factorRounds {
			user := fmt.Sprintf("both%d@contoso.com", i)
			p.somebody(user)
			var tokens, codes [2]string
			for n := range tokens {
				tokens[n], codes[n] = p.registering(user, fmt.Sprintf("mail%d.%s", n, user))
			}
			shots := p.atOnce(2, regContinue, func(n int) []string {
				return []string{"client_id", coded, "continuation_token", tokens[n], "grant_type", "oob", "oob", codes[n]}
			})
			require.Len(p, winners(shots), 1)
			methods := p.userOn(user).Methods
			require.Len(p, methods, 1)
			for n, s := range shots {
				if s.status == 200 {
					assert.Equal(p, fmt.Sprintf("mail%d.%s", n, user), methods[0].Target)
					continue
				}
				assert.Equal(p, []any{55200.0}, s.body["error_codes"], "%v", s.body)
				p.registerCode(coded, tokens[n], codes[n]).badToken()
			}
		}
	})
}
