package observe

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/nativeauth/nativeauth/handler"
)

// OpenTelemetry returns a sink that counts events, by name and outcome, with a meter, and notes each on the span of
// its request with the correlation id that the answer has. The span is that of the context that the request came
// with: wrap the mux in a middleware that starts one, as otelhttp does. Without one events are counted all the same.
func OpenTelemetry(meter metric.Meter) (handler.EventSink, error) {
	counts, err := meter.Int64Counter("nativeauth.events",
		metric.WithDescription("Events of native authentication."), metric.WithUnit("{event}"))
	if err != nil {
		return nil, err
	}
	return handler.EventFunc(func(ctx context.Context, e handler.Event) {
		counts.Add(ctx, 1, metric.WithAttributes(attribute.String("event", string(e.Name)), attribute.String("outcome", outcome(e))))
		if span := trace.SpanFromContext(ctx); span.IsRecording() {
			span.AddEvent("nativeauth."+string(e.Name), trace.WithTimestamp(e.Time), trace.WithAttributes(known(e)...))
		}
	}), nil
}

// known are the members of an event that are not empty.
func known(e handler.Event) (all []attribute.KeyValue) {
	for _, m := range []struct{ name, value string }{
		{"nativeauth.correlation_id", e.CorrelationID}, {"nativeauth.client_id", e.ClientID}, {"nativeauth.user_id", e.UserID},
		{"nativeauth.address", e.Address}, {"nativeauth.remote_addr", e.RemoteAddr}, {"nativeauth.outcome", e.Outcome},
	} {
		if m.value != "" {
			all = append(all, attribute.String(m.name, m.value))
		}
	}
	return all
}
