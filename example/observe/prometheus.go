package observe

import (
	"context"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/nativeauth/nativeauth/handler"
)

// Prometheus returns a sink that counts events by name and outcome, and registers its counters. The error is that of
// a registry which has them already.
//
// An alert worth having is any increase of event="refresh_reuse", and one of event="store_failure"; a rise of
// event="limit_hit" against event="start" is somebody who guesses.
func Prometheus(registry prometheus.Registerer) (handler.EventSink, error) {
	counts := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "nativeauth_events_total",
		Help: "Events of native authentication.",
	}, []string{"event", "outcome"})
	if err := registry.Register(counts); err != nil {
		return nil, err
	}
	return handler.EventFunc(func(_ context.Context, e handler.Event) {
		counts.WithLabelValues(string(e.Name), outcome(e)).Inc()
	}), nil
}

// Metrics is the page /metrics, for Prometheus to read. Keep it from the public: it tells how many people sign in.
func Metrics(registry prometheus.Gatherer) http.Handler {
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}
