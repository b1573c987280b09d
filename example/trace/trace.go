// Package trace shows what an app and the API say to one another while somebody builds the app: each request, the step
// of a flow that it hit, what it brought and what came back, and for errors what was expected in its place.
//
// Requests are put together to flows by their correlation id, and where an app sends a new one with each request by the
// token that one answer gives and the next request brings. They are kept in memory, and only the newest. Passwords, codes
// and tokens are left out; of tokens there is a mark, by which it shows whether a request has brought the latest one.
//
// The page is for development, as the inbox is, and answers to the machine that it runs on only.
package trace

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nativeauth/nativeauth/handler"
)

// Capacity is the number of requests that a Trace keeps.
const Capacity = 500

// Config says where things are.
type Config struct {
	Path  string // of the page, as "/dev/flows"; what is beneath it belongs to the page, too
	Inbox string // of the inbox that the page links to; "" for none
	API   string // in front of all paths of the API; it is left out where they are shown
}

// Trace keeps the newest requests to an API. It looks on from outside (Wrap, or Around), and hears from the API what a
// request has caused if it is one of handler.Config.Events. As an http.Handler it is the page. It is safe for concurrent
// use; make one with New.
type Trace struct {
	cfg   Config
	epoch string // of this process, in the ids of a stream
	mark  []byte // keys the hashes of tokens
	ended chan struct{}

	mu       sync.Mutex
	kept     []*entry // oldest first
	answered int      // requests so far
	changes  int      // to what is kept, so far
	flowOf   map[key]link
	flows    map[string]*flow // by id
	watchers map[chan struct{}]bool
}

// key is the hash of a correlation id or of a token.
type key [sha256.Size]byte

// link says which flow a key leads to, and with which request it came last. It goes when that request does.
type link struct {
	flow *flow
	call int
}

// flow is what requests have in common.
type flow struct {
	id     string // the correlation id of its first request
	number int    // of that request
	title  string
	calls  int // that are kept
}

// entry is a request that was answered.
type entry struct {
	call   Call
	flow   *flow
	keys   []key
	change int // the latest that was made to it
}

// New returns an empty Trace.
func New(cfg Config) *Trace {
	mark := make([]byte, sha256.Size)
	_, _ = rand.Read(mark) // which never fails
	return &Trace{
		cfg: cfg, epoch: rand.Text()[:8], mark: mark, ended: make(chan struct{}),
		flowOf: map[key]link{}, flows: map[string]*flow{}, watchers: map[chan struct{}]bool{},
	}
}

// Close ends the streams of open pages, which would otherwise keep an http.Server from shutting down. It is called once.
func (t *Trace) Close() { close(t.ended) }

// Around returns a router for handler.Mount that puts Wrap around all that it registers.
func (t *Trace) Around(mux handler.Mux) handler.Mux { return around{t, mux} }

type around struct {
	trace *Trace
	mux   handler.Mux
}

// Handle registers a handler.
func (a around) Handle(pattern string, h http.Handler) { a.mux.Handle(pattern, a.trace.Wrap(h)) }

// Wrap returns a handler that answers as next does, and keeps what it has seen. Preflights of browsers are not kept.
func (t *Trace) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			next.ServeHTTP(w, r)
			return
		}
		e := &entry{}
		x := &recorder{ResponseWriter: w, trace: t, entry: e, began: time.Now(), asked: r, sent: &heard{ReadCloser: r.Body}}
		defer x.finish() // of a panic, too
		r = r.WithContext(context.WithValue(r.Context(), entryKey{}, e))
		r.Body = x.sent
		next.ServeHTTP(x, r)
	})
}

// entryKey is where the context of a request holds its entry.
type entryKey struct{}

// Event notes what a request has caused: handler.EventSink.
func (t *Trace) Event(ctx context.Context, e handler.Event) {
	of, ok := ctx.Value(entryKey{}).(*entry)
	if !ok {
		return // of a method of Auth that the host has called
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	// A copy, for what was handed out is read without the lock.
	of.call.Caused = append(slices.Clip(of.call.Caused), Effect{string(e.Name), e.Outcome, e.Address})
	if of.flow != nil {
		t.changed(of)
	}
}

// keep adds a request that was answered. The keys are of the tokens that it has brought, and that its answer gave.
func (t *Trace) keep(e *entry, c Call, brought, given []key) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.answered++
	c.ID, c.Caused = t.answered, e.call.Caused
	e.call = c
	if c.CorrelationID != "" {
		brought = append(brought, t.key("id", c.CorrelationID))
	}
	e.flow = t.join(brought, c)
	e.keys = append(brought, given...)
	e.flow.calls++
	for _, k := range e.keys {
		t.flowOf[k] = link{e.flow, c.ID}
	}
	if len(t.kept) == Capacity {
		t.drop(t.kept[0])
		t.kept = slices.Delete(t.kept, 0, 1)
	}
	t.kept = append(t.kept, e)
	t.changed(e)
}

// join returns the flow that one of the keys leads to, or opens one. What a token says counts before the correlation id,
// which an app may use for all that it does.
func (t *Trace) join(keys []key, c Call) *flow {
	for _, k := range keys {
		if known, ok := t.flowOf[k]; ok {
			return known.flow
		}
	}
	id := cmp.Or(c.CorrelationID, fmt.Sprintf("request-%d", c.ID))
	if f, ok := t.flows[id]; ok { // its first request is forgotten, and others are not
		return f
	}
	f := &flow{id: id, number: c.ID, title: titleOf(c.Step)}
	t.flows[f.id] = f
	return f
}

// drop forgets a request.
func (t *Trace) drop(e *entry) {
	for _, k := range e.keys {
		if t.flowOf[k].call == e.call.ID {
			delete(t.flowOf, k)
		}
	}
	if e.flow.calls--; e.flow.calls == 0 {
		delete(t.flows, e.flow.id)
	}
}

// changed wakes whoever watches. Nobody is waited for: a watcher that is still busy looks again when it is done.
func (t *Trace) changed(e *entry) {
	t.changes++
	e.change = t.changes
	for wake := range t.watchers {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}

// key hashes a correlation id or a token. The key of the hash is this process's own, so that what is kept of a token
// tells nothing about it.
func (t *Trace) key(kind, text string) key {
	mac := hmac.New(sha256.New, t.mark)
	mac.Write([]byte(kind + "\x00" + text))
	return key(mac.Sum(nil))
}

// short is how a key is shown: long enough to tell the tokens of a flow apart.
func (k key) short() string { return hex.EncodeToString(k[:2]) }

// Flows returns what is kept, the flow that was used last first.
func (t *Trace) Flows() []Flow {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.list()
}

func (t *Trace) list() []Flow {
	all := []Flow{}
	at := map[*flow]int{}
	for _, e := range slices.Backward(t.kept) {
		i, known := at[e.flow]
		if !known {
			i = len(all)
			at[e.flow] = i
			all = append(all, Flow{ID: e.flow.id, Title: e.flow.title, number: e.flow.number})
		}
		all[i].Calls = append(all[i].Calls, e.call)
	}
	for i := range all {
		slices.Reverse(all[i].Calls)
	}
	return all
}

// find returns the flow that has a request with an id: its correlation id, or the trace id of an error.
func find(flows []Flow, id string) (Flow, bool) {
	i := slices.IndexFunc(flows, func(f Flow) bool {
		return strings.EqualFold(f.ID, id) || slices.ContainsFunc(f.Calls, func(c Call) bool { return c.isCalled(id) })
	})
	if i < 0 {
		return Flow{}, false
	}
	return flows[i], true
}
