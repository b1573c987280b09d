package observe_test

import (
	"fmt"
	"io"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/example/observe"
	"github.com/nativeauth/nativeauth/handler"
)

func TestPrometheus_CountsEachEventOfASignUp(t *testing.T) {
	registry := prometheus.NewRegistry()
	sink, err := observe.Prometheus(registry)
	require.NoError(t, err)
	signUp(t, sink, bare)
	page := scrape(t, registry)
	for _, e := range played {
		assert.Contains(t, page, fmt.Sprintf("nativeauth_events_total{event=%q,outcome=%q} 1\n", e.name, e.outcome))
	}
	assert.NotContains(t, page, "ada", "who it was is no label")

	_, err = observe.Prometheus(registry)
	assert.Error(t, err, "the registry has them")
}

func TestPrometheus_TheIDOfAKeyIsNoLabel(t *testing.T) {
	registry := prometheus.NewRegistry()
	sink, err := observe.Prometheus(registry)
	require.NoError(t, err)
	sink.Event(t.Context(), handler.Event{Name: handler.EventKeyRotated, Outcome: "kid-1"})
	sink.Event(t.Context(), handler.Event{Name: handler.EventKeyRotated, Outcome: "kid-2"})
	assert.Contains(t, scrape(t, registry), `nativeauth_events_total{event="key_rotated",outcome="rotated"} 2`)
}

// scrape reads the page as Prometheus does.
func scrape(t *testing.T, registry *prometheus.Registry) string {
	t.Helper()
	server := httptest.NewServer(observe.Metrics(registry))
	defer server.Close()
	resp, err := server.Client().Get(server.URL)
	require.NoError(t, err)
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(page)
}
