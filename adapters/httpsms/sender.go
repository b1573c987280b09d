// Package httpsms posts SMS as JSON to a URL, where an app hands them to the provider that it has a
// contract with.
//
// Each message is one POST of one object, here of a code:
//
//	POST /sms HTTP/1.1
//	Authorization: Bearer 2YotnFZFEjr1zCsicMWpAA
//	Content-Type: application/json
//	Idempotency-Key: 5YXPZGXQ5N3OIUAVPUXGY4F2YR
//
//	{"channel":"sms","to":"+4915112345678",
//	 "text":"31415926 is your code to sign in to Engine, good for 10 minutes. Do not share it.",
//	 "app":"Engine","purpose":"sign-in","code":"31415926","expires_at":"2026-03-01T10:25:00Z"}
//
// Its members are strings:
//
//   - channel is "sms".
//   - to is the number, E.164 with its plus (otp.ParseNumber).
//   - text is what to send, in the language of whoever reads it. An app with words of its own makes them
//     from the members below.
//   - app is the name of the app that asks.
//   - purpose says what the message is for, in the words of otp.Purpose. There will be more of them; for
//     one that is not known text is right.
//   - code is the code alone, for providers that want it apart from the words. A notice has none.
//   - expires_at is when the message is no longer worth sending, RFC 3339 in UTC. It is left out if the
//     message does not say.
//
// More members may come. Whoever takes the message over answers with any status from 200 to 299; what
// else the answer says is not looked at. 408, 425, 429 and 503 mean that nothing was sent and that the message
// may be posted again (otp.ErrTemporary), as it is when there was no connection; 300 to 499 else that it was
// refused for good (otp.ErrRejected). After any other status, or none, nobody knows, and no code is posted
// again. Each post has an Idempotency-Key of its own, by which what a proxy repeats can be told.
//
// A code in an SMS is as safe as the way it takes: unless the URL is on this machine, it is https.
package httpsms

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/nativeauth/nativeauth/otp"
)

const (
	maxAnswer  = 64 << 10    // bytes that are read, so that most servers get rid of what they say
	answerTime = time.Second // that they may take
)

// Sender is an otp.Sender that posts each message over a connection of its own. It is safe for
// concurrent use.
type Sender struct {
	config Config
	client *http.Client
}

var _ otp.Sender = (*Sender)(nil)

// New returns a Sender, or every problem that Validate finds in c. It does not connect.
func New(c Config) (*Sender, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("httpsms: %w", err)
	}
	c.Header = c.Header.Clone()
	return &Sender{config: c, client: c.client()}, nil
}

// LogValue keeps token, headers and all but the host of the URL out of logs, whoever logs a Sender.
func (s *Sender) LogValue() slog.Value { return s.config.LogValue() }

// Send posts m and returns when it was answered, soon after ctx is done, or after the timeout of
// Config.Client. It refuses a message for another channel than otp.SMS and a recipient that is not in
// canonical form, without a connection.
//
// The errors hold the status of an answer or what the network, TLS or ctx reported, and neither number,
// code nor URL. They are marked as the package's documentation says. With a Config.Client whose Transport is
// none of net/http nobody knows whether there was a connection.
func (s *Sender) Send(ctx context.Context, m otp.Message) error {
	body, err := compose(m)
	if err != nil {
		return otp.Rejected(fmt.Errorf("httpsms: compose: %w", err))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	traced, connected := s.watch(ctx)
	r, err := s.request(traced, body)
	if err != nil {
		return otp.Rejected(fmt.Errorf("httpsms: send: %w", err))
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return fmt.Errorf("httpsms: send: %w", failed(ctx, err, connected()))
	}
	defer answer.Body.Close()
	// The status is all there is to know. An answer that goes on and on must not look like a failure,
	// or the person would be told to ask for a second code.
	stop := time.AfterFunc(answerTime, cancel)
	defer stop.Stop()
	_, _ = io.CopyN(io.Discard, answer.Body, maxAnswer)
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("httpsms: send: %w", refused(answer.StatusCode))
	}
	return nil
}

// watch returns a context for a request, and whether there was a connection for that: with TLS one that has
// shaken hands. Transports of the host's own need not tell; then there may have been one.
func (s *Sender) watch(ctx context.Context) (traced context.Context, connected func() bool) {
	var got atomic.Bool
	if _, ok := cmp.Or[http.RoundTripper](s.client.Transport, http.DefaultTransport).(*http.Transport); !ok {
		got.Store(true)
	}
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { got.Store(true) }}
	return httptrace.WithClientTrace(ctx, trace), got.Load
}

// request is the POST of one message.
func (s *Sender) request(ctx context.Context, body []byte) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.config.URL, bytes.NewReader(body))
	if err != nil {
		return nil, errURL // which err quotes
	}
	for name, values := range s.config.Header {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	r.Header.Set("Content-Type", "application/json")
	if s.config.Token != "" {
		r.Header.Set("Authorization", "Bearer "+s.config.Token)
	}
	// In lower case, which is the same to a server: spelled otherwise, net/http takes the header for
	// leave to post again when a connection breaks.
	r.Header["idempotency-key"] = []string{rand.Text()}
	// Without that leave, a message is lost that meets a connection which the server has just given up.
	r.Close = true
	return r, nil
}
