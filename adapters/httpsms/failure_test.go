package httpsms_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nativeauth/nativeauth/adapters/httpsms"
	"github.com/nativeauth/nativeauth/otp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// assertSilent checks that an error holds nothing that logs must not hold.
func assertSilent(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	for _, secret := range []string{"31415926", "4915112345678", "hunter2", "secret-path", "?"} {
		assert.NotContains(t, fmt.Sprintf("%v %+v", err, err), secret)
	}
}

// secretly returns a config that holds secrets wherever one can.
func secretly(base string) httpsms.Config {
	return httpsms.Config{URL: strings.Replace(base, "://", "://engine:hunter2@", 1) + "/secret-path?key=hunter2"}
}

func TestSend_ReportsAStatusWithoutTheServersWords(t *testing.T) {
	for _, code := range []int{400, 401, 403, 404, 409, 413, 429, 499, 500, 502, 503, 599, 999} {
		g := newGateway(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "31415926")
			w.WriteHeader(code)
			_, _ = io.WriteString(w, "31415926 to +4915112345678 with hunter2")
		})
		err := open(t, secretly(g.URL)).Send(t.Context(), message())
		assert.EqualError(t, err, fmt.Sprintf("httpsms: send: server answered %d", code))
		assert.Len(t, g.requests(), 1, "there is no second try")
	}
}

// mark tells what an error says about the message.
func mark(err error) string {
	switch {
	case err == nil:
		return "sent"
	case errors.Is(err, otp.ErrRejected):
		return "rejected"
	case errors.Is(err, otp.ErrTemporary):
		return "temporary"
	}
	return "unknown"
}

func TestSend_SaysWhetherAnotherTryIsSafe(t *testing.T) {
	for code, want := range map[int]string{200: "sent", 202: "sent", 299: "sent",
		301: "rejected", 307: "rejected", 400: "rejected", 401: "rejected", 403: "rejected", 404: "rejected", 409: "rejected", 422: "rejected",
		408: "temporary", 425: "temporary", 429: "temporary", 503: "temporary",
		500: "unknown", 501: "unknown", 502: "unknown", 504: "unknown", 599: "unknown", 999: "unknown"} {
		g := newGateway(t, status(code))
		assert.Equal(t, want, mark(open(t, secretly(g.URL)).Send(t.Context(), message())), code)
	}
}

func TestSend_MarksWhatNobodyHeardOf(t *testing.T) {
	g := newGateway(t, nil)
	g.Close()
	assert.Equal(t, "temporary", mark(open(t, secretly(g.URL)).Send(t.Context(), message())), "nobody listens")

	secure := httptest.NewTLSServer(nil)
	defer secure.Close()
	assert.Equal(t, "temporary", mark(open(t, secretly(secure.URL)).Send(t.Context(), message())), "a certificate of nobody we know")

	m := message()
	m.To = "4915112345678"
	assert.Equal(t, "rejected", mark(open(t, secretly(g.URL)).Send(t.Context(), m)), "no recipient")
	m = message()
	m.Channel = otp.Email
	assert.Equal(t, "rejected", mark(open(t, secretly(g.URL)).Send(t.Context(), m)), "not an SMS")
}

func TestSend_DoesNotKnowWhatBecameOfAMessageWithoutAnAnswer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	g := newGateway(t, func(w http.ResponseWriter, r *http.Request) { cancel(); hang(w, r) })
	assert.Equal(t, "unknown", mark(open(t, secretly(g.URL)).Send(ctx, message())), "no answer yet")

	g = newGateway(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	assert.Equal(t, "unknown", mark(open(t, secretly(g.URL)).Send(t.Context(), message())), "a lost connection")
	assert.Equal(t, "unknown", mark(open(t, secretly(raw(t, "hunter2\r\n\r\n"))).Send(t.Context(), message())), "nonsense")

	config := secretly("https://sms.example.com")
	config.Client = &http.Client{Transport: failing{errors.New("down")}}
	assert.Equal(t, "unknown", mark(open(t, config).Send(t.Context(), message())), "a transport that does not tell")
}

func TestSend_FollowsNoRedirect(t *testing.T) {
	other := newGateway(t, nil)
	for _, code := range []int{300, 301, 302, 303, 304, 307, 308} {
		for _, location := range []string{other.URL, other.URL + "/?31415926", "/hunter2", ""} {
			g := newGateway(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost && r.URL.Path == "/secret-path" {
					w.Header().Set("Location", location)
					w.WriteHeader(code)
				}
			})
			config := secretly(g.URL)
			config.Client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}
			for _, c := range []httpsms.Config{config, secretly(g.URL)} {
				err := open(t, c).Send(t.Context(), message())
				assert.EqualError(t, err, fmt.Sprintf("httpsms: send: server answered %d, a redirect, which is not followed", code))
			}
			assert.Len(t, g.requests(), 2)
		}
	}
	assert.Empty(t, other.requests())
}

func TestSend_QuotesNoAnswerThatMakesNoSense(t *testing.T) {
	for name, answer := range map[string]string{
		"no HTTP":            "hunter2 31415926\r\n\r\n",
		"no status":          "HTTP/1.1 31415926 hunter2\r\n\r\n",
		"no header":          "HTTP/1.1 200 OK\r\n31415926 +4915112345678\r\n\r\n",
		"no length":          "HTTP/1.1 200 OK\r\nContent-Length: 31415926hunter2\r\n\r\n",
		"no encoding":        "HTTP/1.1 200 OK\r\nTransfer-Encoding: hunter2\r\n\r\n",
		"a location of none": "HTTP/1.1 302 Found\r\nLocation: http://hunter2:31415926\x7f/\r\n\r\n",
		"endless headers":    "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("31415926 ", 2<<20) + "\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			err := open(t, secretly(raw(t, answer))).Send(t.Context(), message())
			assertSilent(t, err)
			assert.ErrorContains(t, err, "httpsms: send: no answer that is understood (")
		})
	}
}

// raw starts a server that answers with bytes of its own.
func raw(t *testing.T, answer string) (base string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			go func() {
				defer conn.Close()
				if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					_, _ = io.Copy(io.Discard, r.Body)
					_, _ = io.WriteString(conn, answer)
				}
			}()
		}
	}()
	return "http://" + listener.Addr().String()
}

func TestSend_ReportsAServerThatIsNotThere(t *testing.T) {
	g := newGateway(t, nil)
	g.Close()
	err := open(t, secretly(g.URL)).Send(t.Context(), message())
	assertSilent(t, err)
	assert.ErrorAs(t, err, new(*net.OpError))
	assert.ErrorContains(t, err, "httpsms: send: dial tcp 127.0.0.1:")
}

func TestSend_ReportsALostConnectionAndPostsNothingTwice(t *testing.T) {
	// The first answer leaves a connection open, which net/http would post again over.
	shared := &http.Client{Transport: &http.Transport{}}
	var answers atomic.Int32
	g := newGateway(t, func(w http.ResponseWriter, r *http.Request) {
		if answers.Add(1) > 1 {
			panic(http.ErrAbortHandler)
		}
	})
	first, err := shared.Get(g.URL)
	require.NoError(t, err)
	require.NoError(t, first.Body.Close())

	config := secretly(g.URL)
	config.Client = shared
	err = open(t, config).Send(t.Context(), message())
	assertSilent(t, err)
	assert.ErrorIs(t, err, io.EOF)
	assert.Len(t, g.requests(), 2, "the host's own, and ours once")
}

func TestSend_ReportsAServerWithoutTLS(t *testing.T) {
	g := newGateway(t, nil)
	err := open(t, secretly(strings.Replace(g.URL, "http:", "https:", 1))).Send(t.Context(), message())
	assertSilent(t, err)
	assert.ErrorIs(t, err, http.ErrSchemeMismatch)
}

func TestSend_NamesTheKindOfAnErrorItDoesNotKnow(t *testing.T) {
	config := secretly("https://sms.example.com")
	config.Client = &http.Client{Transport: failing{fmt.Errorf("wrapped: %w", refusal("hunter2"))}}
	assert.EqualError(t, open(t, config).Send(t.Context(), message()),
		"httpsms: send: no answer that is understood (httpsms_test.refusal)")
}

type refusal string

func (r refusal) Error() string { return string(r) }

// failing is a transport of a host that is out of order.
type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

// hang answers nothing until its caller is gone.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func TestSend_EndsSoonAfterItsContext(t *testing.T) {
	g := newGateway(t, hang)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	err := open(t, secretly(g.URL)).Send(ctx, message())
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	assertSilent(t, err)
	assert.Less(t, time.Since(begin), 8*time.Second)
}

func TestSend_EndsAtOnceWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	g := newGateway(t, func(w http.ResponseWriter, r *http.Request) { cancel(); hang(w, r) })
	sender := open(t, secretly(g.URL))
	assert.ErrorIs(t, sender.Send(ctx, message()), context.Canceled)
	assert.ErrorIs(t, sender.Send(ctx, message()), context.Canceled, "before it begins")
	assert.Len(t, g.requests(), 1)
}

func TestSend_EndsAfterTheTimeoutOfTheClient(t *testing.T) {
	config := secretly(newGateway(t, hang).URL)
	config.Client = &http.Client{Timeout: 50 * time.Millisecond}
	err := open(t, config).Send(t.Context(), message())
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	assertSilent(t, err)
}

func TestSend_ReadsNoMoreOfAnAnswerThan64KiB(t *testing.T) {
	const whole = 64 << 20
	for code, want := range map[int]string{200: "", 500: "httpsms: send: server answered 500"} {
		body := &counted{Reader: io.LimitReader(zeros{}, whole)}
		config := httpsms.Config{URL: "https://sms.example.com/", Client: &http.Client{Transport: answering{code, body}}}
		err := open(t, config).Send(t.Context(), message())
		if want == "" {
			assert.NoError(t, err)
		} else {
			assert.EqualError(t, err, want)
		}
		assert.Equal(t, 64<<10, body.read, "bytes of %d", code)
		assert.True(t, body.closed)
	}
}

func TestSend_IsDoneThoughTheAnswerIsHuge(t *testing.T) {
	g := newGateway(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.Copy(w, io.LimitReader(zeros{}, 64<<20))
	})
	assert.NoError(t, open(t, httpsms.Config{URL: g.URL}).Send(t.Context(), message()))
}

func TestSend_IsDoneThoughTheAnswerNeverEnds(t *testing.T) {
	for _, code := range []int{200, 503} {
		g := newGateway(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(code)
			_ = http.NewResponseController(w).Flush()
			hang(w, r)
		})
		begin := time.Now()
		err := open(t, httpsms.Config{URL: g.URL}).Send(t.Context(), message())
		assert.Equal(t, code == 200, err == nil, err)
		assert.Less(t, time.Since(begin), 8*time.Second)
	}
}

func TestSend_IsDoneThoughTheAnswerBreaksOff(t *testing.T) {
	base := raw(t, "HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\nbroken")
	assert.NoError(t, open(t, httpsms.Config{URL: base}).Send(t.Context(), message()))
}

// answering is a transport that answers with a status and a body.
type answering struct {
	code int
	body io.ReadCloser
}

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	w.Code = a.code
	answer := w.Result()
	answer.Body, answer.Request = a.body, r
	return answer, nil
}

// counted is a body that knows how much of it was read.
type counted struct {
	io.Reader
	read   int
	closed bool
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += n
	return n, err
}

func (c *counted) Close() error {
	if c.closed {
		return errors.New("closed twice")
	}
	c.closed = true
	return nil
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
