package handler_test

import (
	"crypto/ecdsa"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/adapters/sqlstore"
	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/internal/figures"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/nativeauth/nativeauth/token"
)

// T24, G1 and C7 of the security requirements: a thousand secrets of all kinds pass through the API, and none is in the
// log, in the store, or in an answer other than the one that gives it out.

// givenOut are the members of answers that give secrets out. All other secrets are in no answer.
var givenOut = []string{
	"continuation_token", "access_token", "id_token", "refresh_token", "mfa_token", "otp_token", "oob_code", "device_code", "user_code", "otpauth_uri", "recovery_codes",
}

// taken are the parameters that secrets come in.
var taken = []string{
	"oob", "otp", "binding_code", "recovery_code", "password", "new_password", "client_secret", "client_assertion", "token",
	"continuation_token", "refresh_token", "mfa_token", "otp_token", "oob_code", "device_code", "user_code",
}

// nest knows every secret that has passed through a server, and what the answers were without those that they give out.
type nest struct {
	mu      sync.Mutex
	secrets map[string]string // to what kind it is of
	answers strings.Builder
}

func (n *nest) plant(kind string, secrets ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range secrets {
		if len(s) >= 8 { // what an authenticator app shows is too short to be found, and its seed is here
			n.secrets[s] = kind
		}
	}
}

// around notes what a server is sent and what it answers.
func (n *nest) around(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		n.hears(r, string(body))
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		n.sees(rec.Header(), rec.Body.String())
		maps.Copy(w.Header(), rec.Header())
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	})
}

func (n *nest) hears(r *http.Request, body string) {
	values, _ := url.ParseQuery(body)
	var members map[string]any
	_ = json.Unmarshal([]byte(body), &members)
	for _, name := range taken {
		n.plant(name, values[name]...)
		text, _ := members[name].(string)
		n.plant(name, text)
	}
	if id, secret, ok := r.BasicAuth(); ok {
		n.plant("secret of "+id, secret, strings.TrimPrefix(r.Header.Get("Authorization"), "Basic "))
	}
}

func (n *nest) sees(header http.Header, body string) {
	rest := body
	out := func(kind, secret string) {
		times := 1
		if kind == "user_code" {
			times = 2 // the message for people says it, too
		}
		written, _ := json.Marshal(secret)
		rest = strings.Replace(rest, strings.Trim(string(written), `"`), "", times)
		n.plant(kind, secret)
	}
	var members map[string]any
	_ = json.Unmarshal([]byte(body), &members)
	for _, name := range givenOut {
		switch value := members[name].(type) {
		case string:
			out(name, value)
			if u, err := url.Parse(value); err == nil && name == "otpauth_uri" {
				n.plant("seed", u.Query().Get("secret"))
			}
		case []any:
			for _, v := range value {
				out(name, fmt.Sprint(v))
			}
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.answers.WriteString(rest + "\n")
	for name, values := range header {
		for _, v := range values {
			if cookie, err := http.ParseSetCookie(v); name == "Set-Cookie" && err == nil && cookie.Value != "" {
				n.secrets[cookie.Value] = "session"
				v = strings.Replace(v, cookie.Value, "", 1)
			}
			n.answers.WriteString(v + "\n")
		}
	}
}

var digits = regexp.MustCompile(`^[0-9]+$`)

// in lists the secrets that are in a text, in whatever form.
func (n *nest) in(text string) (found []string) {
	numbers := map[string]bool{}
	for _, number := range regexp.MustCompile(`[0-9A-Za-z]+`).FindAllString(text, -1) {
		numbers[number] = true
	}
	for secret, kind := range n.secrets {
		if digits.MatchString(secret) { // a time may have any eight digits in it
			if numbers[secret] {
				found = append(found, kind+" "+secret)
			}
			continue
		}
		for _, form := range []string{secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(secret))} {
			if strings.Contains(text, form) {
				found = append(found, kind+" "+secret)
				break
			}
		}
	}
	return found
}

// driversSay are the errors of drivers that cannot connect, with the secrets of their DSNs.
func (n *nest) driversSay(t *testing.T) (list []error) {
	t.Helper()
	for i, driver := range []string{"pgx", "mysql", "redis"} {
		word := fmt.Sprintf("canary-dsn-word-%d", i)
		dsn := map[string]string{
			"pgx":   "postgres://svc:" + word + "@127.0.0.1:1/app?sslmode=disable",
			"mysql": "svc:" + word + "@tcp(127.0.0.1:1)/app",
			"redis": "redis://svc:" + word + "@127.0.0.1:1/0",
		}[driver]
		n.plant("DSN", word, dsn)
		if driver == "redis" {
			o, err := redis.ParseURL(dsn)
			require.NoError(t, err)
			o.DialerRetries = 1
			client := redis.NewClient(o)
			list = append(list, client.Ping(t.Context()).Err())
			require.NoError(t, client.Close())
			continue
		}
		db, err := sql.Open(driver, dsn)
		require.NoError(t, err)
		list = append(list, db.PingContext(t.Context()))
		require.NoError(t, db.Close())
	}
	for _, err := range list {
		require.Error(t, err)
	}
	return list
}

// plantKey plants what keys are made of, in the forms that they have in texts.
func (n *nest) plantKey(t *testing.T, keys token.Keys) {
	t.Helper()
	key, err := keys.SigningKey(t.Context())
	require.NoError(t, err)
	held := key.Key
	if jwk, ok := held.(jose.JSONWebKey); ok {
		held = jwk.Key
	}
	raw, err := held.(*ecdsa.PrivateKey).Bytes()
	require.NoError(t, err)
	n.plant("key", string(raw), base64.RawURLEncoding.EncodeToString(raw), new(big.Int).SetBytes(raw).String())
}

// nested is a trip in which everything is there that has secrets.
type nested struct {
	*trip
	*nest
	kept   *countedStore
	put    watched // all that it was ever given, though it may be gone
	said   []error
	person string
	word   string
}

func newNested(t *testing.T, kept *countedStore) *nested {
	t.Helper()
	n := &nested{nest: &nest{secrets: map[string]string{}}, kept: kept}
	n.said = n.driversSay(t)
	const secret = "canary-config-secret-0123456789-0123456789"
	n.plant("Config.Secret", secret)
	n.trip = newTrip(t, secondFactors, withAuth0, withTencent, withDevices, withServers, func(c *handler.Config) {
		f := c.State.(*fault)
		n.put.State = kept.State
		f.Users, f.State = kept.Users, &n.put
		if kept.sql != nil {
			keys, err := sqlstore.OpenKeys(t.Context(), kept.sql, sqlstore.KeysConfig{Secrets: [][]byte{[]byte(secret)}})
			require.NoError(t, err)
			f.Keys = keys
		}
		n.plantKey(t, f.Keys)
		c.Secret, c.Now = []byte(secret), time.Now
		c.Events = []handler.EventSink{handler.LogEvents(c.Logger)}
	})
	n.users = &hostUsers{Users: kept.Users}
	n.http.Config.Handler = n.around(n.http.Config.Handler)
	n.serve("/me", n.auth.RequireSession()(whoami))
	return n
}

// app is what an authenticator app shows some steps of time from now, by the clock on the wall, which is the server's here.
func (n *nested) app(uri string, steps int64) string {
	return otp.TOTP(secretOf(n.T, uri), otp.TOTPStep(time.Now())+steps)
}

// live is what somebody does in the course of their life, and what goes wrong in it.
func (n *nested) live(i int) {
	n.person, n.word = fmt.Sprintf("canary.%d@nest-of-canaries.example", i), fmt.Sprintf("canary-word number %d", i)
	n.joins()
	n.returns()
	n.forgets()
	n.guards()
	n.siblings()
	n.connects()
	n.serves(i)
}

func (n *nested) joins() {
	n.post(upStart, "client_id", keyed, "username", n.person, "challenge_type", every, "password", "short "+n.word+"\x00")
	start := n.post(upStart, "client_id", keyed, "username", n.person, "challenge_type", every, "password", n.word).ok()
	sent, code := n.nextCode(func() answer { return n.signUpChallenge(keyed, start) })
	n.signUpCode(keyed, sent, otherCode(code)).wrongCode()
	n.redeemToken(keyed, n.signUpCode(keyed, sent, code).ok()).tokens()
}

func (n *nested) returns() {
	n.redeemPassword(keyed, n.askedPassword(keyed, n.person), n.word+", wrong")
	tokens := n.enter(n.person, n.word).tokens()
	n.world.refresh(keyed, tokens.text("refresh_token")).tokens()
	n.ask(inspect, basic(backend, newSecret), "token", tokens.text("access_token"))
	n.userInfo(tokens.text("access_token"))
	n.revoke(keyed, tokens.text("refresh_token"))
	n.signIn(n.person)
	b := n.browse()
	b.signIn(n.person)
	b.logout()
}

func (n *nested) forgets() {
	start := n.resetStart(keyed, n.person).ok()
	sent, code := n.nextCode(func() answer { return n.resetChallenge(keyed, start) })
	proven := n.resetCode(keyed, sent, code).ok()
	n.resetSubmit(keyed, proven, "2short!")
	n.word += ", next"
	mails := n.mail.count()
	n.redeemToken(keyed, n.resetPoll(keyed, n.resetSubmit(keyed, proven, n.word).ok()).ok())
	n.mail.take(mails + 1) // the notice
}

// guards sets up an authenticator app, and signs in by it and by a recovery code.
func (n *nested) guards() {
	first := func() string {
		start := n.post(inStart, "client_id", fresh, "username", n.person, "challenge_type", every, "capabilities", able).ok()
		a := n.redeemPassword(fresh, n.signInChallenge(fresh, start).ok(), n.word)
		require.Equal(n, 400, a.status, "%v", a.body)
		return a.text("continuation_token")
	}
	mails := n.mail.count()
	a := n.register(fresh, n.kinds(fresh, first()).ok(), "", "challenge_channel", "totp")
	uri := a.text("otpauth_uri")
	n.plant("seed", string(secretOf(n.T, uri)))
	a = n.registerCode(fresh, a.ok(), n.app(uri, 0))
	n.redeemToken(fresh, a.ok()).tokens()
	n.mail.take(mails + 1)
	n.redeemSecond(fresh, n.signInChallenge(fresh, first()).ok(), n.app(uri, 1)).tokens()
	list := n.introspect(fresh, first())
	recovery := list.body["methods"].([]any)[1].(map[string]any)["id"].(string)
	n.redeemSecond(fresh, n.askedBy(fresh, list.ok(), recovery).ok(), a.body["recovery_codes"].([]any)[3].(string)).tokens()

	mfa := n.give(guardedApp, n.person, n.word).text("mfa_token")
	n.post(auth0Token, "client_id", guardedApp, "grant_type", byApp, "mfa_token", mfa, "otp", n.app(uri, -5))
	n.post(auth0Token, "client_id", guardedApp, "grant_type", byRecovery, "mfa_token", mfa, "recovery_code", a.body["recovery_codes"].([]any)[4].(string)).tokens()
}

// siblings are the calls of Auth0's and Tencent's clients.
func (n *nested) siblings() {
	n.give(passwordApp, n.person, n.word+", wrong").wrong0()
	n.give(passwordApp, n.person, n.word, "scope", "openid offline_access").tokens()
	redeem := n.otpSent(byMail(n.person))
	n.tencent(otpToken, redeem.with("otp", otherCode(redeem["otp"].(string))))
	n.tencent(otpToken, redeem).tokens()
}

// connects lets a device in.
func (n *nested) connects() {
	d := n.device(television)
	access := n.access(remote, n.person)
	n.decide(access, otherUserCode(d.user), "approve")
	n.poll(television, d.device).isPending()
	n.decide(access, d.user, "approve").done()
	n.poll(television, d.device)
}

// serves is what servers do, with parts of the host out of order meanwhile.
func (n *nested) serves(i int) {
	wrong := fmt.Sprintf("canary-secret-of-a-server-%d", i)
	for _, authorization := range []string{basic(backend, wrong), basic(backend, newSecret)} {
		n.ask(revoke, authorization, "token", "x")
	}
	n.ask(revoke, "", "client_id", backend, "client_secret", wrong+"!", "token", "x")
	n.ask(revoke, "", asserted(n.assertion(clientKey()))...)
	n.ask(revoke, "", asserted(n.assertion(clientKey(), "exp", 1))...)
	if i > 6 {
		return
	}
	n.fault.says = n.said[i%len(n.said)]
	for call := range 5 {
		start := n.opened(keyed, n.person)
		asked := n.signInChallenge(keyed, start).ok()
		n.fault.arm([]mode{fails, panics}[i%2], call)
		n.redeemPassword(keyed, asked, n.word)
		n.signInChallenge(keyed, start)
		n.fault.mend()
		n.settle()
	}
}

func TestT24_NoSecretIsWhereItDoesNotBelong(t *testing.T) {
	for _, kind := range benchStores {
		t.Run(kind.name, func(t *testing.T) {
			n := newNested(t, kind.open(t))
			least := pick(250, 1000)
			if kind.name == "memory" {
				least = 1000
			}
			for i := 0; i < 40 && len(n.secrets) < least; i++ {
				n.live(i)
			}
			n.mail.mu.Lock()
			for _, m := range n.mail.messages {
				n.plant("code", m.Code)
			}
			n.mail.mu.Unlock()
			log, dump := n.log.String(), n.kept.dump()+n.put.values.String()
			require.Greater(t, strings.Count(log, "\n"), 50, "a log that says nothing proves nothing")
			require.Contains(t, dump, "nest-of-canaries", "nor does an empty store")
			require.Contains(t, log, "127.0.0.1:1", "nor drivers that are not heard")
			name := "T24 " + kind.name + ", "
			figures.Report(t, name+"secrets planted", len(n.secrets), "secrets", figures.AtLeast(least))
			figures.Report(t, name+"kinds of secrets", len(slices.Compact(slices.Sorted(maps.Values(n.secrets)))), "kinds", figures.AtLeast(20))
			for _, place := range []struct{ name, text string }{{"log", log}, {"store", dump}, {"answers, but for those that give them out", n.answers.String()}} {
				found := n.in(place.text)
				assert.Empty(t, found, place.name)
				figure(t, name+"secrets in the "+place.name, len(found), "secrets", 0)
			}
		})
	}
}
