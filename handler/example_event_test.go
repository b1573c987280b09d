package handler_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"sync"

	"github.com/nativeauth/nativeauth/handler"
)

// metrics counts events and shows how many there were, as Prometheus reads it. A library for metrics has counters in
// place of the map.
type metrics struct {
	mu     sync.Mutex
	counts map[string]int
}

func (m *metrics) Event(_ context.Context, e handler.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts[fmt.Sprintf(`nativeauth_events_total{name=%q,outcome=%q}`, e.Name, e.Outcome)]++
}

func (m *metrics) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	m.write(w)
}

func (m *metrics) write(w io.Writer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, series := range slices.Sorted(maps.Keys(m.counts)) {
		fmt.Fprintln(w, series, m.counts[series])
	}
}

// Events are counted for Prometheus, and the ends of sign-ins go to an audit log, which is a queue here: a sink should
// not wait for a server far away.
func ExampleEventSink() {
	counted := &metrics{counts: map[string]int{}}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", counted)
	audit := make(chan handler.Event, 1000)
	app := newApp(handler.Config{
		Clients: []handler.Client{{ID: "mobile"}},
		Events: []handler.EventSink{counted, handler.EventFunc(func(_ context.Context, e handler.Event) {
			if e.Name != handler.EventSignIn {
				return
			}
			select {
			case audit <- e:
			default: // nobody reads them: count that, too
			}
		})},
	})
	_, a := app.post("/signup/v1.0/start", url.Values{"username": {"ada@example.com"}, "challenge_type": {"oob redirect"}})
	_, a = app.post("/signup/v1.0/challenge", next(a))
	app.post("/signup/v1.0/continue", next(a, "grant_type", "oob", "oob", "00000000")) // a wrong one
	_, a = app.post("/signup/v1.0/continue", next(a, "grant_type", "oob", "oob", <-app.codes))
	app.post("/oauth2/v2.0/token", next(a, "grant_type", "continuation_token"))
	app.Close() // and all is told

	counted.write(os.Stdout)
	e := <-audit
	fmt.Println(e.Name, e.Address, e.ClientID, e.Outcome)
	// Output:
	// nativeauth_events_total{name="code_accepted",outcome="sign-up"} 1
	// nativeauth_events_total{name="code_failed",outcome="refused"} 1
	// nativeauth_events_total{name="code_sent",outcome="sign-up"} 1
	// nativeauth_events_total{name="sign_in",outcome="tokens"} 1
	// nativeauth_events_total{name="start",outcome="sign-up"} 1
	// sign_in a***@e***e.c*** mobile tokens
}
