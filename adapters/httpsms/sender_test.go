package httpsms_test

import (
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nativeauth/nativeauth/adapters/httpsms"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func message() otp.Message {
	return otp.Message{Channel: otp.SMS, To: "+4915112345678", Purpose: otp.SecondFactor, App: "Engine", Code: "31415926",
		Life: 10 * time.Minute, Expires: time.Date(2026, 3, 1, 12, 25, 0, 999, time.FixedZone("", 2*60*60))}
}

// request is what a gateway was asked.
type request struct {
	*http.Request
	body string
}

// gateway stands between us and a provider. It remembers what it was asked.
type gateway struct {
	*httptest.Server
	mu   sync.Mutex
	seen []request
}

// newGateway returns one that answers as told; nil is 202 Accepted.
func newGateway(t *testing.T, answer http.HandlerFunc) *gateway {
	t.Helper()
	g := &gateway{}
	g.Server = httptest.NewServer(g.remember(answer))
	t.Cleanup(g.Close)
	return g
}

func (g *gateway) remember(answer http.HandlerFunc) http.Handler {
	if answer == nil {
		answer = status(http.StatusAccepted)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		g.mu.Lock()
		g.seen = append(g.seen, request{r, string(body)})
		g.mu.Unlock()
		answer(w, r)
	})
}

func (g *gateway) requests() []request {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.seen
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// open returns a sender to a URL.
func open(t *testing.T, c httpsms.Config) *httpsms.Sender {
	t.Helper()
	sender, err := httpsms.New(c)
	require.NoError(t, err)
	return sender
}

func TestSend_PostsOneObject(t *testing.T) {
	g := newGateway(t, nil)
	require.NoError(t, open(t, httpsms.Config{URL: g.URL + "/v1/sms?account=7"}).Send(t.Context(), message()))

	require.Len(t, g.requests(), 1)
	r := g.requests()[0]
	assert.Equal(t, "POST", r.Method)
	assert.Equal(t, "/v1/sms?account=7", r.RequestURI)
	assert.Equal(t, []string{"application/json"}, r.Header["Content-Type"])
	assert.Regexp(t, `^[A-Z2-7]{26}$`, r.Header.Get("Idempotency-Key"))
	assert.NotContains(t, r.Header, "Authorization")
	assert.True(t, r.Close, "a connection of its own")
	assert.Equal(t, `{"channel":"sms","to":"+4915112345678","text":"31415926 is your code to finish signing in to Engine, `+
		`good for 10 minutes. Do not share it.","app":"Engine","purpose":"second-factor","code":"31415926",`+
		`"expires_at":"2026-03-01T10:25:00Z"}`, r.body)
	assert.Equal(t, int64(len(r.body)), r.ContentLength)
}

func TestSend_ANoticeHasNoCode(t *testing.T) {
	g := newGateway(t, nil)
	m := message()
	m.Purpose, m.Expires = otp.NotRegistered, time.Time{}
	require.NoError(t, open(t, httpsms.Config{URL: g.URL}).Send(t.Context(), m))
	require.Len(t, g.requests(), 1)
	assert.Equal(t, `{"channel":"sms","to":"+4915112345678","text":"Somebody, perhaps you, tried to sign in to Engine `+
		`with this number. It has no account.","app":"Engine","purpose":"not-registered"}`, g.requests()[0].body)
}

func TestSend_CarriesAnyName(t *testing.T) {
	g := newGateway(t, nil)
	m := message()
	m.App = "\"Büro\"\\ & <図書館>\r\n\u2028\x00"
	require.NoError(t, open(t, httpsms.Config{URL: g.URL}).Send(t.Context(), m))
	require.Len(t, g.requests(), 1)
	assert.JSONEq(t, `{"channel":"sms","to":"+4915112345678","text":"31415926 is your code to finish signing in to `+
		`\"Büro\"\\ & <図書館>\r\n\u2028\u0000, good for 10 minutes. Do not share it.","app":"\"Büro\"\\ & <図書館>\r\n\u2028\u0000",`+
		`"purpose":"second-factor","code":"31415926","expires_at":"2026-03-01T10:25:00Z"}`, g.requests()[0].body)
}

func TestSend_SaysWhoPosts(t *testing.T) {
	for name, c := range map[string]struct {
		config httpsms.Config
		user   string // in front of the host
		want   http.Header
	}{
		"a token":  {httpsms.Config{Token: "hunter2"}, "", http.Header{"Authorization": {"Bearer hunter2"}}},
		"a header": {httpsms.Config{Header: http.Header{"x-api-key": {"hunter2", "hunter3"}}}, "", http.Header{"X-Api-Key": {"hunter2", "hunter3"}}},
		"both": {httpsms.Config{Token: "hunter2", Header: http.Header{"X-Tenant": {"7"}}}, "",
			http.Header{"Authorization": {"Bearer hunter2"}, "X-Tenant": {"7"}}},
		"another scheme":    {httpsms.Config{Header: http.Header{"Authorization": {"AccessKey hunter2"}}}, "", http.Header{"Authorization": {"AccessKey hunter2"}}},
		"a user in the URL": {httpsms.Config{}, "engine:hunter2@", http.Header{"Authorization": {"Basic ZW5naW5lOmh1bnRlcjI="}}},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGateway(t, nil)
			c.config.URL = strings.Replace(g.URL, "http://", "http://"+c.user, 1)
			require.NoError(t, open(t, c.config).Send(t.Context(), message()))
			require.Len(t, g.requests(), 1)
			for name, values := range c.want {
				assert.Equal(t, values, g.requests()[0].Header[name])
			}
			assert.Equal(t, []string{"application/json"}, g.requests()[0].Header["Content-Type"])
		})
	}
}

func TestNew_KeepsNothingThatTheHostMayChange(t *testing.T) {
	g := newGateway(t, nil)
	client := &http.Client{}
	config := httpsms.Config{URL: g.URL, Header: http.Header{"X-Api-Key": {"hunter2"}}, Client: client}
	sender := open(t, config)
	assert.Nil(t, client.CheckRedirect, "the host's client stays as it was")
	config.Header.Set("X-Api-Key", "changed")
	require.NoError(t, sender.Send(t.Context(), message()))
	assert.Equal(t, "hunter2", g.requests()[0].Header.Get("X-Api-Key"))
}

func TestSend_GivesEachMessageAKeyOfItsOwn(t *testing.T) {
	g := newGateway(t, nil)
	sender := open(t, httpsms.Config{URL: g.URL})
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() { assert.NoError(t, sender.Send(t.Context(), message())) })
	}
	wg.Wait()
	keys := map[string]bool{}
	for _, r := range g.requests() {
		assert.Len(t, r.Header["Idempotency-Key"], 1)
		keys[r.Header.Get("Idempotency-Key")] = true
	}
	assert.Len(t, keys, 10)
}

func TestSend_IsDoneWithAnyStatusOfSuccess(t *testing.T) {
	for _, code := range []int{200, 201, 202, 204, 299} {
		assert.NoError(t, open(t, httpsms.Config{URL: newGateway(t, status(code)).URL}).Send(t.Context(), message()), code)
	}
}

func TestSend_TrustsNoCertificateThatTheClientDoesNot(t *testing.T) {
	g := &gateway{}
	g.Server = httptest.NewUnstartedServer(g.remember(nil))
	g.Config.ErrorLog = log.New(io.Discard, "", 0) // the refusal below
	g.StartTLS()
	t.Cleanup(g.Close)
	require.NoError(t, open(t, httpsms.Config{URL: g.URL, Client: g.Client()}).Send(t.Context(), message()))

	err := open(t, httpsms.Config{URL: g.URL}).Send(t.Context(), message())
	assert.ErrorAs(t, err, new(x509.UnknownAuthorityError))
	assert.Len(t, g.requests(), 1)
}

func TestSend_RefusesWhatIsNotForAPhone(t *testing.T) {
	g := newGateway(t, nil)
	sender := open(t, httpsms.Config{URL: g.URL})
	for _, channel := range []otp.Channel{otp.Email, "", "fax"} {
		m := message()
		m.Channel = channel
		assert.EqualError(t, sender.Send(t.Context(), m),
			"httpsms: compose: message is not an SMS: give mail a sender of its own, with otp.ByChannel", channel)
	}
	for _, to := range []otp.Address{"", "ada@example.com", "4915112345678", "+49 151 12345678", "+49(0)15112345678", "+4915112345678\r\n",
		"+4915112345678,+18005550199", "+٤٩١٥١١٢٣٤٥٦٧٨"} {
		m := message()
		m.To = to
		assert.EqualError(t, sender.Send(t.Context(), m), "httpsms: compose: recipient is not a canonical number", "%q", to)
	}
	assert.Empty(t, g.requests(), "the server heard of it")
}
