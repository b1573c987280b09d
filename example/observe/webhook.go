package observe

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/nativeauth/nativeauth/handler"
)

// WebhookConfig says where events go. Zero means the recommended setting.
type WebhookConfig struct {
	URL    string // https, or http to this machine
	Secret []byte // 32 random bytes that the receiver has, too

	Queue  int              // events that can wait, 0 means 10,000; what comes beyond is dropped and counted in the log
	Life   time.Duration    // for which an event is tried; 0 means an hour
	Pause  time.Duration    // after a first failure, doubled with each up to a minute; 0 means 1 s
	Client *http.Client     // nil means one that waits for 10 s and follows no redirect
	Logger *slog.Logger     // nil means slog.Default()
	Now    func() time.Time // nil means time.Now
}

const longestPause = time.Minute

// Webhook is a sink that posts each event as JSON, in the order that they came in, signed: see Verify. An event that
// the receiver does not take (an answer of 5xx or 429, or none) is sent again until its life is over, with the same
// id; what the receiver refuses is given up. So it can arrive twice, and after a crash of this process not at all.
type Webhook struct {
	WebhookConfig
	queue   chan delivery
	closing chan struct{} // closed when no more events are taken
	stopped chan struct{} // closed when the last was sent or given up

	mu      sync.RWMutex // held to write while closing
	closed  bool
	sending context.Context // ends when Shutdown will wait no more
	abort   context.CancelFunc
}

// delivery is the body of a request.
type delivery struct {
	ID            string            `json:"id"` // the same at each try
	Name          handler.EventName `json:"name"`
	Time          time.Time         `json:"time"`
	CorrelationID string            `json:"correlation_id,omitempty"`
	UserID        string            `json:"user_id,omitempty"`
	ClientID      string            `json:"client_id,omitempty"`
	Address       string            `json:"address,omitempty"`
	RemoteAddr    string            `json:"remote_addr,omitempty"` // the network
	Outcome       string            `json:"outcome"`

	ends time.Time
}

// NewWebhook returns a Webhook that sends from now on, until Shutdown. The error says what is wrong with the config.
func NewWebhook(c WebhookConfig) (*Webhook, error) {
	if u, err := url.Parse(c.URL); err != nil || u.Scheme != "https" && (u.Scheme != "http" || !onLoopback(u.Hostname())) {
		return nil, errors.New("webhook: URL has to begin with https://")
	}
	if len(c.Secret) < 32 {
		return nil, fmt.Errorf("webhook: Secret has %d bytes: set 32, random ones", len(c.Secret))
	}
	c.Queue = cmp.Or(c.Queue, 10_000)
	c.Life = cmp.Or(c.Life, time.Hour)
	c.Pause = cmp.Or(c.Pause, time.Second)
	c.Logger = cmp.Or(c.Logger, slog.Default())
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Client == nil {
		c.Client = &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}}
	}
	w := &Webhook{WebhookConfig: c, queue: make(chan delivery, c.Queue), closing: make(chan struct{}), stopped: make(chan struct{})}
	w.sending, w.abort = context.WithCancel(context.Background())
	go w.run()
	return w, nil
}

// onLoopback tells whether only this machine can listen there.
func onLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Event queues an event. It never waits.
func (w *Webhook) Event(ctx context.Context, e handler.Event) {
	d := delivery{rand.Text(), e.Name, e.Time, e.CorrelationID, e.UserID, e.ClientID, e.Address, e.RemoteAddr, e.Outcome, w.Now().Add(w.Life)}
	w.mu.RLock()
	defer w.mu.RUnlock()
	if !w.closed {
		select {
		case w.queue <- d:
			return
		default:
		}
	}
	w.lost(ctx, d, errors.New("the queue is full or closed"))
}

// Shutdown takes no more events and sends those that wait, each once more at least; pauses are over. It returns when all
// are sent or given up, or with an error when ctx is done before. Call it after http.Server.Shutdown.
func (w *Webhook) Shutdown(ctx context.Context) error {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.closing)
		close(w.queue)
	}
	w.mu.Unlock()
	select {
	case <-w.stopped:
		return nil
	case <-ctx.Done():
		w.abort()
		<-w.stopped
		return fmt.Errorf("webhook: events were not sent: %w", ctx.Err())
	}
}

// run sends what is queued, one after the other.
func (w *Webhook) run() {
	defer close(w.stopped)
	for d := range w.queue {
		if err := w.deliver(d); err != nil {
			w.lost(w.sending, d, err)
		}
	}
}

// deliver tries to send until that succeeds or is of no use any more.
func (w *Webhook) deliver(d delivery) error {
	for pause := w.Pause; ; pause = min(2*pause, longestPause) {
		last := w.isClosing()
		err := w.send(d)
		if err == nil || errors.Is(err, errRefused) || last || !w.Now().Add(pause).Before(d.ends) {
			return err
		}
		t := time.NewTimer(pause)
		select {
		case <-t.C:
		case <-w.closing:
			t.Stop()
		}
	}
}

func (w *Webhook) isClosing() bool {
	select {
	case <-w.closing:
		return true
	default:
		return false
	}
}

// errRefused is an answer that will not change.
var errRefused = errors.New("the receiver refuses the event")

// send makes one try.
func (w *Webhook) send(d delivery) error {
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(w.sending, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(SignatureHeader, sign(w.Secret, w.Now(), body))
	resp, err := w.Client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	switch {
	case resp.StatusCode < 300:
		return nil
	case resp.StatusCode >= 500, resp.StatusCode == http.StatusTooManyRequests:
		return fmt.Errorf("the receiver answers %d", resp.StatusCode)
	}
	return fmt.Errorf("%w: status %d", errRefused, resp.StatusCode)
}

// lost logs an event that nobody gets.
func (w *Webhook) lost(ctx context.Context, d delivery, err error) {
	w.Logger.LogAttrs(ctx, slog.LevelError, "webhook: event not sent",
		slog.String("event", string(d.Name)), slog.String("id", d.ID), slog.String("correlation_id", d.CorrelationID), slog.Any("cause", err))
}
