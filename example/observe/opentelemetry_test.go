package observe_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/nativeauth/nativeauth/example/observe"
)

func TestOpenTelemetry_CountsEachEventAndNotesItOnTheSpanOfItsRequest(t *testing.T) {
	reader := metric.NewManualReader()
	sink, err := observe.OpenTelemetry(metric.NewMeterProvider(metric.WithReader(reader)).Meter("nativeauth"))
	require.NoError(t, err)
	spans := tracetest.NewSpanRecorder()
	tracer := trace.NewTracerProvider(trace.WithSpanProcessor(spans)).Tracer("app")
	steps := signUp(t, sink, func(next http.Handler) http.Handler { // as otelhttp does
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, span := tracer.Start(r.Context(), r.URL.Path)
			defer span.End()
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	})

	var all metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &all))
	require.Len(t, all.ScopeMetrics, 1)
	require.Len(t, all.ScopeMetrics[0].Metrics, 1)
	assert.Equal(t, "nativeauth.events", all.ScopeMetrics[0].Metrics[0].Name)
	sum, ok := all.ScopeMetrics[0].Metrics[0].Data.(metricdata.Sum[int64])
	require.True(t, ok)
	counts := map[string]int64{}
	for _, p := range sum.DataPoints {
		name, _ := p.Attributes.Value("event")
		outcome, _ := p.Attributes.Value("outcome")
		counts[name.AsString()+" "+outcome.AsString()] = p.Value
	}
	want := map[string]int64{}
	for _, e := range played {
		want[string(e.name)+" "+e.outcome] = 1
	}
	assert.Equal(t, want, counts)

	ended := spans.Ended()
	require.Len(t, ended, len(steps))
	bySpan := map[string][]attribute.KeyValue{} // by correlation id and name
	for _, span := range ended {
		for _, e := range span.Events() {
			for _, a := range e.Attributes {
				if a.Key == "nativeauth.correlation_id" {
					bySpan[a.Value.AsString()+" "+e.Name] = e.Attributes
				}
			}
		}
	}
	require.Len(t, bySpan, len(played))
	for _, e := range played {
		noted := bySpan[steps[e.step].id+" nativeauth."+string(e.name)]
		assert.Contains(t, noted, attribute.String("nativeauth.outcome", e.outcome), "%s", e.name)
		assert.Contains(t, noted, attribute.String("nativeauth.client_id", "mobile"))
		assert.Contains(t, noted, attribute.String("nativeauth.remote_addr", "127.0.0.0/24"))
		assert.NotContains(t, noted, attribute.String("nativeauth.address", person), "addresses are masked")
	}
}

func TestOpenTelemetry_CountsWithoutASpan(t *testing.T) {
	reader := metric.NewManualReader()
	sink, err := observe.OpenTelemetry(metric.NewMeterProvider(metric.WithReader(reader)).Meter("nativeauth"))
	require.NoError(t, err)
	signUp(t, sink, bare)
	var all metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &all))
	sum, ok := all.ScopeMetrics[0].Metrics[0].Data.(metricdata.Sum[int64])
	require.True(t, ok)
	assert.Len(t, sum.DataPoints, len(played))
}
