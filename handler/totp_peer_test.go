package handler_test

import (
	"bytes"
	"encoding/base32"
	"encoding/json"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/internal/peers"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/store"
)

// appAsked is a question to an authenticator app that is not ours, and appSays its answer. The app is in
// internal/clienttest/totp.mjs.
type (
	appAsked struct {
		URI    string `json:"uri,omitempty"`
		Secret string `json:"secret,omitempty"`
		Time   int64  `json:"time"` // ms
		Code   string `json:"code,omitempty"`
		Around int    `json:"around"`
	}
	appSays struct {
		Issuer, Account, Secret, Kind, Shown string
		Named                                bool
		Off                                  *int // steps; nil for a code that is refused
	}
)

// askApp puts questions to the app.
func askApp(t *testing.T, questions ...appAsked) (answers []appSays) {
	t.Helper()
	folder := filepath.Join("..", "internal", "clienttest")
	peers.NeedModules(t, folder)
	script := filepath.Join(folder, "totp.mjs")
	require.FileExists(t, script) // and the go command runs this anew when it changes
	in, err := json.Marshal(questions)
	require.NoError(t, err)
	app := exec.CommandContext(t.Context(), peers.Need(t, "node"), script)
	var out, complaints bytes.Buffer
	app.Stdin, app.Stdout, app.Stderr = bytes.NewReader(in), &out, &complaints
	require.NoError(t, app.Run(), "%s", &complaints)
	require.NoError(t, json.Unmarshal(out.Bytes(), &answers))
	require.Len(t, answers, len(questions))
	return answers
}

// someTime is any of the first 200 years, to the millisecond.
func someTime(chance rand.Source) time.Time {
	return time.UnixMilli(rand.New(chance).Int64N(200 * 365 * 24 * time.Hour.Milliseconds()))
}

func TestOTPAuth_ShowsAndTakesTheCodesOfTheServer(t *testing.T) {
	t.Parallel()
	// The same in each run: of that many codes two may be equal by chance, one run in a thousand.
	chance := rand.NewChaCha8([32]byte{6, 2, 3, 8})
	var questions []appAsked
	for i := range 300 {
		secret, err := otp.NewTOTPSecret(chance)
		require.NoError(t, err)
		now, off := someTime(chance), int64(i%5-2)
		code := otp.TOTP(secret, otp.TOTPStep(now)+off)
		questions = append(questions, appAsked{Secret: otp.TOTPText(secret), Time: now.UnixMilli(), Code: code, Around: 1})
	}
	for i, a := range askApp(t, questions...) {
		q, off := questions[i], i%5-2
		secret, now := parseSecret(t, q.Secret), time.UnixMilli(q.Time)
		assert.Equal(t, otp.TOTP(secret, otp.TOTPStep(now)), a.Shown, "%v", q)
		if off == 2 || off == -2 {
			assert.Nil(t, a.Off, "two steps off: %v", q)
		} else if assert.NotNil(t, a.Off, "%v", q) {
			assert.Equal(t, off, *a.Off, "%v", q)
		}
		step, ok := otp.VerifyTOTP(secret, a.Shown, now)
		assert.True(t, ok, "%v", q)
		assert.Equal(t, otp.TOTPStep(now), step, "%v", q)
	}
}

func TestOTPAuth_MakesSecretsThatTheServerCanUse(t *testing.T) {
	chance := rand.NewChaCha8([32]byte{6, 2, 3, 8})
	questions := make([]appAsked, 200)
	for i := range questions {
		questions[i].Time = someTime(chance).UnixMilli()
	}
	for i, a := range askApp(t, questions...) {
		_, ok := otp.VerifyTOTP(parseSecret(t, a.Secret), a.Shown, time.UnixMilli(questions[i].Time))
		assert.True(t, ok, "%v", a)
	}
}

func parseSecret(t *testing.T, text string) []byte {
	t.Helper()
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	require.NoError(t, err)
	return secret
}

func TestOTPAuth_IsSetUpByTheURI(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ app, user, issuer, account string }{
		"plain names":                  {"Contoso", casey, "Contoso", casey},
		"blanks and signs of a URI":    {"A & B = 100 %? #1/2", "o'neil+a&b=c@contoso.com", "A & B = 100 %? #1/2", "o'neil+a&b=c@contoso.com"},
		"a plus, which is no blank":    {"Notes+", "casey+notes@contoso.com", "Notes+", "casey+notes@contoso.com"},
		"colons, which part the names": {"Contoso: Berlin", "staff:casey", "Contoso Berlin", "staffcasey"},
		"what looks escaped":           {"50%3A50", "casey%40home", "50%3A50", "casey%40home"},
		"letters of other scripts":     {"Bücher 本 🔑", "кейси", "Bücher 本 🔑", "кейси"},
		"quotes and brackets":          {`"Contoso" <\o/>`, "[casey]", `"Contoso" <\o/>`, "[casey]"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, secondFactors, func(config *handler.Config) { config.App = c.app })
			w.signUp(casey)
			var id string
			w.update(casey, func(u *store.User) { id, u.Username = u.ID, c.user }) // as a host's own table may have it
			set, err := w.auth.NewTOTP(t.Context(), id)
			require.NoError(t, err)
			w.update(c.user, func(u *store.User) { u.Username = casey })

			app := askApp(t, appAsked{URI: set.URI, Time: w.clock.now().UnixMilli()})[0]
			assert.Equal(t, c.issuer, app.Issuer)
			assert.Equal(t, c.account, app.Account)
			assert.True(t, app.Named, "the label says the issuer, too")
			assert.Equal(t, set.Text, app.Secret)
			assert.Equal(t, "SHA1 6 30", app.Kind)

			_, err = w.auth.ConfirmTOTP(t.Context(), id, app.Shown)
			require.NoError(t, err)
			w.clock.pass(30 * time.Second)
			next := askApp(t, appAsked{URI: set.URI, Time: w.clock.now().UnixMilli()})[0]
			start := w.signInStart(coded, casey, "capabilities", able).ok()
			sent, code := w.nextCode(func() answer { return w.signInChallenge(coded, start) })
			token := w.signInChallenge(coded, w.redeemCode(coded, sent, code).wants("mfa_required")).ok()
			w.redeemSecond(coded, token, next.Shown).tokens()
		})
	}
}

func TestOTPAuth_IsSetUpOverHTTP(t *testing.T) {
	w := newWorld(t, secondFactors)
	w.person(casey)
	listed := w.kinds(fresh, w.first(fresh, casey).wants("registration_required")).ok()
	a := w.register(fresh, listed, "", "challenge_channel", "totp")
	app := askApp(t, appAsked{URI: a.text("otpauth_uri"), Time: w.clock.now().UnixMilli()})[0]
	assert.Equal(t, "Contoso", app.Issuer)
	assert.Equal(t, casey, app.Account)
	w.redeemToken(fresh, w.registerCode(fresh, a.ok(), app.Shown).ok()).tokens()
}
