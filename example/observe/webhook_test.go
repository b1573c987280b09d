package observe_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/example/observe"
	"github.com/nativeauth/nativeauth/handler"
)

var secret = bytes.Repeat([]byte("w"), 32)

// got is an event as a receiver reads it.
type got struct {
	ID            string    `json:"id"`
	Name          string    `json:"name"`
	Time          time.Time `json:"time"`
	CorrelationID string    `json:"correlation_id"`
	UserID        string    `json:"user_id"`
	ClientID      string    `json:"client_id"`
	Address       string    `json:"address"`
	RemoteAddr    string    `json:"remote_addr"`
	Outcome       string    `json:"outcome"`
}

// receiver is the other end of a webhook, which verifies what it gets before it answers.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []got
	forged int
	answer func(try int) int // the status of a try, from 1
}

func newReceiver(t *testing.T, answer func(try int) int) *receiver {
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(io.LimitReader(req.Body, 64<<10))
	var e got
	if err == nil {
		err = observe.Verify(secret, req.Header.Get(observe.SignatureHeader), body, time.Now())
	}
	if err == nil {
		err = json.Unmarshal(body, &e)
	}
	r.mu.Lock()
	if err != nil {
		r.forged++
	}
	r.bodies = append(r.bodies, e)
	try := len(r.bodies)
	r.mu.Unlock()
	w.WriteHeader(r.answer(try))
}

// all are the events that came, each try counted.
func (r *receiver) all() []got {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]got(nil), r.bodies...)
}

// newWebhook returns one that does not pause long. change may alter its config.
func newWebhook(t *testing.T, url string, change ...func(*observe.WebhookConfig)) *observe.Webhook {
	t.Helper()
	c := observe.WebhookConfig{URL: url, Secret: secret, Pause: time.Millisecond, Logger: slog.New(slog.DiscardHandler)}
	for _, f := range change {
		f(&c)
	}
	w, err := observe.NewWebhook(c)
	require.NoError(t, err)
	return w
}

func TestWebhook_ASignUpArrivesInOrderThoughTheReceiverFailsTwice(t *testing.T) {
	r := newReceiver(t, func(try int) int {
		if try <= 2 {
			return http.StatusServiceUnavailable
		}
		return http.StatusNoContent
	})
	w := newWebhook(t, r.URL)
	steps := signUp(t, w, bare)
	require.Eventually(t, func() bool { return len(r.all()) == len(played)+2 }, time.Minute, time.Millisecond)
	require.NoError(t, w.Shutdown(t.Context()))
	assert.Zero(t, r.forged)
	all := r.all()
	require.Len(t, all, len(played)+2)
	assert.Equal(t, all[2], all[0], "each try has the id of the first")
	assert.Equal(t, all[2], all[1])
	for i, e := range played {
		one := all[2+i]
		assert.Equal(t, []any{string(e.name), e.outcome, steps[e.step].id, "mobile", "a***@e***e.c***", "127.0.0.0/24"},
			[]any{one.Name, one.Outcome, one.CorrelationID, one.ClientID, one.Address, one.RemoteAddr})
		assert.NotEmpty(t, one.UserID)
		assert.Equal(t, time.UTC, one.Time.Location())
	}
}

func TestWebhook_ShutdownSendsWhatWaits(t *testing.T) {
	down := make(chan struct{})
	r := newReceiver(t, func(try int) int {
		if try == 1 {
			close(down)
			return http.StatusBadGateway
		}
		return http.StatusNoContent
	})
	w := newWebhook(t, r.URL, func(c *observe.WebhookConfig) { c.Pause = time.Hour / 2 })
	signUp(t, w, bare)
	<-down // and the next try is half an hour away
	require.NoError(t, w.Shutdown(t.Context()))
	assert.Len(t, r.all(), len(played)+1)
	require.NoError(t, w.Shutdown(t.Context()), "twice")
	w.Event(t.Context(), handler.Event{Name: handler.EventStart}) // is dropped
	assert.Len(t, r.all(), len(played)+1)
}

func TestWebhook_ShutdownDoesNotWaitForeverForAReceiverThatHangs(t *testing.T) {
	hangs := make(chan struct{})
	r := newReceiver(t, func(int) int { <-hangs; return http.StatusNoContent })
	t.Cleanup(func() { close(hangs) }) // before the receiver is closed, which waits for its requests
	w := newWebhook(t, r.URL)
	w.Event(t.Context(), handler.Event{Name: handler.EventStart})
	require.Eventually(t, func() bool { return len(r.all()) == 1 }, time.Minute, time.Millisecond)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, w.Shutdown(over), context.Canceled)
}

// Each way to lose an event leaves a line in the log, and none holds up a request.
func TestWebhook_LogsWhatIsLost(t *testing.T) {
	for _, row := range []struct {
		name   string
		status int
		tries  int
	}{
		{"an event that is refused is given up at once", http.StatusForbidden, 1},
		{"a redirect is no answer", http.StatusFound, 1},
		{"an event that nobody takes is given up when its life is over", http.StatusBadGateway, 4},
	} {
		t.Run(row.name, func(t *testing.T) {
			var log bytes.Buffer
			var now atomic.Int64
			now.Store(time.Now().UnixNano())
			clock := func() time.Time { return time.Unix(0, now.Load()) }
			r := newReceiver(t, func(int) int {
				now.Add(int64(time.Minute)) // the tries are a minute apart
				return row.status
			})
			w := newWebhook(t, r.URL, func(c *observe.WebhookConfig) {
				c.Now, c.Life, c.Logger = clock, 4*time.Minute, slog.New(slog.NewTextHandler(&log, nil))
			})
			w.Event(t.Context(), handler.Event{Name: handler.EventStart, CorrelationID: "c-1"})
			w.Event(t.Context(), handler.Event{Name: handler.EventSignIn}) // is tried, too
			require.Eventually(t, func() bool { return len(r.all()) > row.tries }, time.Minute, time.Millisecond)
			require.NoError(t, w.Shutdown(t.Context()))
			var tries int
			for _, e := range r.all() {
				if e.Name == "start" {
					tries++
				}
			}
			assert.Equal(t, row.tries, tries)
			assert.Contains(t, log.String(), "event=start")
			assert.Contains(t, log.String(), "correlation_id=c-1")
		})
	}
}

func TestWebhook_AFullQueueDropsAndNeverWaits(t *testing.T) {
	var log bytes.Buffer
	hangs := make(chan struct{})
	r := newReceiver(t, func(int) int { <-hangs; return http.StatusNoContent })
	release := sync.OnceFunc(func() { close(hangs) })
	t.Cleanup(release)
	w := newWebhook(t, r.URL, func(c *observe.WebhookConfig) { c.Queue, c.Logger = 1, slog.New(slog.NewTextHandler(&log, nil)) })
	w.Event(t.Context(), handler.Event{Name: "first"})
	require.Eventually(t, func() bool { return len(r.all()) == 1 }, time.Minute, time.Millisecond)
	w.Event(t.Context(), handler.Event{Name: "waits"})
	w.Event(t.Context(), handler.Event{Name: "dropped"})
	assert.Contains(t, log.String(), "event=dropped")
	assert.NotContains(t, log.String(), "event=waits")
	release()
	require.NoError(t, w.Shutdown(t.Context()))
	assert.Len(t, r.all(), 2)
}

func TestWebhook_VerifyTakesNothingElse(t *testing.T) {
	var header string
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		header = r.Header.Get(observe.SignatureHeader)
		body, _ = io.ReadAll(r.Body)
	}))
	w := newWebhook(t, server.URL)
	w.Event(t.Context(), handler.Event{Name: handler.EventSignIn})
	require.NoError(t, w.Shutdown(t.Context()))
	server.Close()
	now := time.Now()
	require.NoError(t, observe.Verify(secret, header, body, now))
	for name, err := range map[string]error{
		"another secret":    observe.Verify(bytes.Repeat([]byte("x"), 32), header, body, now),
		"another body":      observe.Verify(secret, header, append(body, ' '), now),
		"no header":         observe.Verify(secret, "", body, now),
		"another time":      observe.Verify(secret, "t=1"+header[len("t=1"):], body, now),
		"a cut header":      observe.Verify(secret, header[:len(header)-1], body, now),
		"one from long ago": observe.Verify(secret, header, body, now.Add(2*observe.Leeway)),
		"one from far ahead": observe.Verify(secret, header, body,
			now.Add(-2*observe.Leeway)),
	} {
		if name == "another time" && header[2] == '1' {
			continue // it is the same
		}
		assert.ErrorIs(t, err, observe.ErrSignature, name)
	}
}

func TestWebhook_NeedsASecretAndTLS(t *testing.T) {
	for _, c := range []observe.WebhookConfig{
		{URL: "https://hooks.example.com", Secret: []byte("short")},
		{URL: "http://hooks.example.com", Secret: secret},
		{URL: "hooks", Secret: secret},
	} {
		_, err := observe.NewWebhook(c)
		assert.Error(t, err, c.URL)
	}
}
