package handler_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/internal/figures"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/password"
	"github.com/nativeauth/nativeauth/store"
)

// long selects the form of a proof that takes its time: see package proofs.
var long = os.Getenv("NATIVEAUTH_PROOFS") == "long"

// pick returns what the form of a proof asks for.
func pick(short, whole int) int {
	if long {
		return whole
	}
	return short
}

// figure reports a proven figure, which may be most at the most.
func figure(t testing.TB, name string, value int, unit string, most int) {
	t.Helper()
	l := figures.AtMost(most)
	if most == 0 {
		l = figures.Exactly(0)
	}
	figures.Report(t, name, value, unit, l)
}

func hidden(c *handler.Config) { c.HideAccounts, c.Aliases = true, true }

// spy notes under which key the tries at a password are counted.
type spy struct {
	store.State
	mu    sync.Mutex
	tried string
}

func (s *spy) Add(ctx context.Context, key string, delta int64, ttl time.Duration) (store.Count, error) {
	if strings.HasPrefix(key, "tried/") {
		s.mu.Lock()
		s.tried = key
		s.mu.Unlock()
	}
	return s.State.Add(ctx, key, delta, ttl)
}

func (s *spy) key() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tried
}

// kindOfAccount is what an account may be like, other than not to exist.
type kindOfAccount struct {
	name string
	make func(h *hiding, u store.User)
	says string // the password that is tried
}

// hiding is a world in which accounts hide.
type hiding struct {
	*world
	spy  *spy
	hash string // of harbor
}

func newHiding(t *testing.T, change ...func(*handler.Config)) *hiding {
	h := &hiding{spy: &spy{}}
	h.world = newWorld(t, append([]func(*handler.Config){hidden, func(c *handler.Config) {
		h.spy.State = c.State
		c.State = h.spy
	}}, change...)...)
	h.hash = hashOf(t, harbor)
	return h
}

var hashOnce = sync.OnceValues(func() (string, error) {
	return password.NewHasher(password.HasherConfig{}).Hash(context.Background(), harbor)
})

// hashOf returns the hash of harbor, which is made once.
func hashOf(t testing.TB, text string) string {
	t.Helper()
	require.Equal(t, harbor, text)
	hash, err := hashOnce()
	require.NoError(t, err)
	return hash
}

func (h *hiding) create(u store.User) {
	h.Helper()
	require.NoError(h, h.store.CreateUser(h.Context(), u))
}

// lock makes the account of a user one at whose password too many wrong ones were tried.
func (h *hiding) lock(user string) {
	h.Helper()
	asked := h.askedPassword(keyed, user)
	h.signInChallenge(keyed, asked).ok()
	h.redeemPassword(keyed, asked, harbor).badToken() // counted, and given back
	_, err := h.store.Add(h.Context(), h.spy.key(), 200, 24*time.Hour)
	require.NoError(h, err)
}

var kindsOfAccount = []kindOfAccount{
	{"with a password", func(h *hiding, u store.User) { u.PasswordHash = h.hash; h.create(u) }, "a loud harbour"},
	{"without a password", func(h *hiding, u store.User) { h.create(u) }, harbor},
	{"disabled", func(h *hiding, u store.User) { u.PasswordHash, u.Disabled, u.Epoch = h.hash, true, 1; h.create(u) }, harbor},
	{"locked", func(h *hiding, u store.User) { u.PasswordHash = h.hash; h.create(u); h.lock(u.Username) }, harbor},
	{"with another mailbox", func(h *hiding, u store.User) {
		u.PasswordHash, u.Email, u.Epoch = h.hash, "elsewhere."+u.ID+"@example.org", 1_000_000
		h.create(u)
	}, "a loud harbour"},
	{"without a mailbox", func(h *hiding, u store.User) { u.PasswordHash, u.Email = h.hash, ""; h.create(u) }, "a loud harbour"},
}

// pairsOf is how many accounts of a kind are compared with nobody.
func pairsOf(s script, rare bool) int {
	switch {
	case long && rare:
		return 100
	case long:
		return 1000
	case s.dear:
		return 1
	}
	return 4
}

// T8: to whom it is not theirs, no account of any kind can be told from none.
func TestT8_NoAccountCanBeToldFromNone(t *testing.T) {
	for _, alias := range []bool{false, true} {
		for k, kind := range kindsOfAccount {
			t.Run(fmt.Sprintf("%s, by alias %v", kind.name, alias), func(t *testing.T) {
				t.Parallel()
				h := newHiding(t)
				compared, off := 0, 0
				for n, s := range scripts() {
					for i := range pairsOf(s, alias || k > 3) {
						client := []string{keyed, plain}[i%2]
						if s.dear {
							client = keyed
						}
						known, nobody := fmt.Sprintf("u%d.%d.%d.known", k, n, i), fmt.Sprintf("u%d.%d.%d.never", k, n, i)
						known, nobody = known+"x", nobody+"x" // as long, and with the same ends
						u := store.User{ID: "host-" + known, Username: known, Email: known + "@contoso.com", Attributes: map[string]string{"city": "Oslo"}}
						if !alias {
							known, nobody = known+"@contoso.com", nobody+"@contoso.com"
							u.Username = known
						}
						kind.make(h, u)
						theirs, none := h.play(s, client, known, kind.says), h.play(s, client, nobody, kind.says)
						for c := range theirs {
							theirs[c] = bytes.ReplaceAll(theirs[c], []byte(known), []byte(nobody))
							if d := differing(theirs[c], none[c]); d > 0 {
								off += d
								t.Errorf("%s, call %d of %s:\n%s\n\nand of nobody:\n%s", s.name, c+1, client, theirs[c], none[c])
							}
							compared++
						}
						if t.Failed() {
							return
						}
					}
				}
				figure(t, fmt.Sprintf("T8 account %s, alias %v, differing bytes of %d answers", kind.name, alias, compared), off, "bytes", 0)
			})
		}
	}
}

// T8: nor by the length of a token, however long the names are.
func TestT8_TokensAreOfOneLength(t *testing.T) {
	h := newHiding(t)
	for n := 1; ; n++ {
		local := strings.Repeat("n", min(64, n))
		domain := "contoso.com"
		for rest := n - len(local); rest > 0; rest -= 62 {
			domain = strings.Repeat("d", min(61, rest)) + "." + domain
		}
		if len(local+"@"+domain) > 254 {
			break
		}
		known, nobody := local+"@k"+domain[1:], local+"@u"+domain[1:]
		if _, err := h.store.UserByUsername(t.Context(), known); err == nil {
			continue // no label ends there
		}
		h.create(store.User{ID: fmt.Sprintf("9f3c1a52-0000-4000-8000-%012d", n), Username: known, Email: "m" + known[1:], PasswordHash: h.hash, Epoch: int64(n) << 40})
		for _, path := range []string{inStart, reStart} {
			length := func(user string) int {
				return len(h.post(path, "client_id", keyed, "username", user, "challenge_type", every, "capabilities", "mfa_required registration_required").ok())
			}
			assert.Equal(t, length(nobody), length(known), "of a name of %d characters", len(known))
		}
	}
}

// T8: an address that waits for its next code does not tell, either.
func TestT8_TheWaitForACodeIsThatOfTheAddress(t *testing.T) {
	for _, kind := range kindsOfAccount {
		h := newHiding(t, withInterval(time.Minute))
		kind.make(h, store.User{ID: "1", Username: casey, Email: casey})
		sent := h.mail.count()
		for _, s := range scripts() {
			if !s.dear {
				theirs, none := h.play(s, keyed, casey, kind.says), h.play(s, keyed, "cassy@contoso.com", kind.says)
				for c := range theirs {
					theirs[c] = bytes.ReplaceAll(theirs[c], []byte(casey), []byte("cassy@contoso.com"))
					require.Equal(t, string(none[c]), string(theirs[c]), "%s: %s", kind.name, s.name)
				}
			}
		}
		assert.LessOrEqual(t, h.mail.count()-sent, 2, kind.name)
	}
}

// What the owner of an address is told in place of a code.
func TestHide_TheOwnerIsToldByMail(t *testing.T) {
	for _, row := range []struct {
		account               string
		make                  func(u *store.User)
		signUp, signIn, reset otp.Purpose
	}{
		{"none", nil, otp.SignUp, otp.NotRegistered, otp.NotRegistered},
		{"with a password", func(u *store.User) { u.PasswordHash = hashOf(t, harbor) }, otp.AlreadyRegistered, otp.SignIn, otp.Reset},
		{"without a password", func(*store.User) {}, otp.AlreadyRegistered, otp.SignIn, otp.NoPassword},
		{"disabled", func(u *store.User) { u.PasswordHash, u.Disabled = hashOf(t, harbor), true }, otp.AccountDisabled, otp.AccountDisabled, otp.AccountDisabled},
		{"disabled, without a password", func(u *store.User) { u.Disabled = true }, otp.AccountDisabled, otp.AccountDisabled, otp.AccountDisabled},
	} {
		h := newHiding(t)
		if row.make != nil {
			u := store.User{ID: "1", Username: casey, Email: casey}
			row.make(&u)
			h.create(u)
		}
		for _, flow := range []struct {
			start, challenge string
			want             otp.Purpose
		}{{upStart, upChallenge, row.signUp}, {inStart, inChallenge, row.signIn}, {reStart, reChallenge, row.reset}} {
			sent := h.mail.count()
			start := h.post(flow.start, "client_id", keyed, "username", casey, "challenge_type", every).ok()
			a := h.post(flow.challenge, "client_id", keyed, "continuation_token", start, "challenge_type", native)
			a.ok()
			assert.Equal(t, otp.Address(casey).Mask(), a.body["challenge_target_label"])
			m := h.mail.take(sent + 1)
			assert.Equal(t, flow.want, m.Purpose, "%s: %s", row.account, flow.start)
			assert.EqualValues(t, casey, m.To)
			assert.Equal(t, flow.want.HasCode(), m.Code != "")
			assert.Equal(t, sent+1, h.mail.count())
		}
	}
}

// E4, and where the code goes: to the mailbox of the account, of which the caller sees nothing.
func TestHide_TheMaskIsOfTheNameThatWasSaid(t *testing.T) {
	h := newHiding(t)
	h.create(store.User{ID: "1", Username: casey, Email: "inbox@fabrikam.org", PasswordHash: h.hash})
	for _, flow := range [][2]string{{inStart, inChallenge}, {reStart, reChallenge}} {
		sent := h.mail.count()
		start := h.post(flow[0], "client_id", keyed, "username", casey, "challenge_type", native).ok()
		a := h.post(flow[1], "client_id", keyed, "continuation_token", start)
		a.ok()
		assert.Equal(t, "c***y@c***o.c***", a.body["challenge_target_label"])
		assert.EqualValues(t, "inbox@fabrikam.org", h.mail.take(sent+1).To)
	}
}

func TestHide_NobodyIsToldWhereThereIsNoMailbox(t *testing.T) {
	h := newHiding(t)
	h.create(store.User{ID: "1", Username: casey, PasswordHash: h.hash})
	for _, flow := range [][2]string{{inStart, inChallenge}, {reStart, reChallenge}} {
		start := h.post(flow[0], "client_id", keyed, "username", casey, "challenge_type", native).ok()
		h.post(flow[1], "client_id", keyed, "continuation_token", start).ok()
	}
	require.NoError(t, h.auth.Shutdown(t.Context()))
	assert.Zero(t, h.mail.count())
	h.enter(casey, harbor).tokens()
}

// A caller may guess the code that was never sent, and gets nothing for it.
func TestHide_NothingComesOfADecoy(t *testing.T) {
	certain := func(c *handler.Config) { c.Random = zeros{} }
	account := func(change func(u *store.User)) func(h *hiding) {
		return func(h *hiding) {
			u := store.User{ID: "1", Username: casey, Email: casey, PasswordHash: h.hash}
			change(&u)
			h.create(u)
		}
	}
	none := func(*hiding) {}
	plainly := account(func(*store.User) {})
	disabled := account(func(u *store.User) { u.Disabled = true })
	bare := account(func(u *store.User) { u.PasswordHash = "" })
	homeless := account(func(u *store.User) { u.Email = "" })
	signUp := []call{opens(upStart, native), goes(upChallenge), goes(upContinue, "grant_type", "oob", "oob", "CODE")}
	signIn := []call{opens(inStart, native), goes(inChallenge, "challenge_type", native), goes(inToken, "grant_type", "oob", "oob", "CODE")}
	reset := []call{opens(reStart, native), goes(reChallenge), goes(reContinue, "grant_type", "oob", "oob", "CODE")}
	for _, row := range []struct {
		name  string
		make  func(h *hiding)
		calls []call
		good  bool
	}{
		{"a sign-up of an account", plainly, signUp, false},
		{"a sign-up of a disabled account", disabled, signUp, false},
		{"a sign-in of nobody", none, signIn, false},
		{"a sign-in of a disabled account", disabled, signIn, false},
		{"a sign-in without a mailbox", homeless, signIn, false},
		{"a reset of nobody", none, reset, false},
		{"a reset without a password", bare, reset, false},
		{"a reset of a disabled account", disabled, reset, false},
		{"a reset without a mailbox", homeless, reset, false},
		{"a sign-up, to see that the code is the one", none, signUp, true},
		{"a sign-in, likewise", plainly, signIn, true},
		{"a reset, likewise", plainly, reset, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := newHiding(t, certain)
			row.make(h)
			client := plain
			if row.calls[0].path == reStart {
				client = keyed
			}
			answers := h.play(script{calls: row.calls}, client, casey, "")
			last := string(answers[len(answers)-1])
			if row.good {
				assert.Contains(t, last, "200 OK")
			} else {
				assert.Contains(t, last, `"suberror":"invalid_oob_value"`)
			}
		})
	}
}

// E2: without HideAccounts the protocol's own signals tell of an account, and nothing else does.
func TestT8_TheDefaultModeHasTheProtocolsSignalsOnly(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		account                      string
		make                         func(h *hiding)
		signUp, signIn, token, reset string
	}{
		{"none", func(*hiding) {}, "", "user_not_found", "", "user_not_found"},
		{"with a password", func(h *hiding) { h.create(store.User{ID: "1", Username: casey, Email: casey, PasswordHash: h.hash}) }, "user_already_exists", "", "50126", ""},
		{"without a password", func(h *hiding) { h.create(store.User{ID: "1", Username: casey, Email: casey}) }, "user_already_exists", "", "", "500222"},
		{"disabled", func(h *hiding) {
			h.create(store.User{ID: "1", Username: casey, Email: casey, PasswordHash: h.hash, Disabled: true})
		}, "user_already_exists", "", "50126", ""},
		{"locked", func(h *hiding) {
			h.create(store.User{ID: "1", Username: casey, Email: casey, PasswordHash: h.hash})
			h.lock(casey)
		}, "user_already_exists", "", "50126", ""},
	} {
		h := newHiding(t, func(c *handler.Config) { c.HideAccounts = false })
		row.make(h)
		says := func(a answer, want string) {
			t.Helper()
			if want == "" {
				a.ok()
				return
			}
			assert.Contains(t, fmt.Sprint(a.body["error"], a.body["error_codes"]), want, row.account)
		}
		says(h.signUpStart(plain, casey), row.signUp)
		says(h.signInStart(keyed, casey), row.signIn)
		says(h.resetStart(keyed, casey), row.reset)
		if row.token != "" { // right, wrong: it is all one
			asked := h.askedPassword(keyed, casey)
			bodies := [][]byte{mask(h.raw(asked, "a loud harbour")), mask(h.raw(asked, "a loud harbour"))}
			if row.account != "with a password" {
				bodies = append(bodies, mask(h.raw(asked, harbor)))
			}
			for _, b := range bodies {
				assert.Contains(t, string(b), row.token)
				assert.Equal(t, string(bodies[0]), string(b), row.account)
			}
		}
	}
}

// raw tries a password and returns the answer as it travels.
func (h *hiding) raw(token, says string) []byte {
	h.Helper()
	resp, err := http.DefaultTransport.RoundTrip(request(h.T, h.base+inToken, form("client_id", keyed, "continuation_token", token, "grant_type", "password", "password", says)))
	require.NoError(h, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(h, err)
	return body
}
