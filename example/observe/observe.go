// Package observe shows what to do with the events of nativeauth (handler.Config.Events): counters for Prometheus,
// counters and span events for OpenTelemetry, and a webhook, whose receiver can trust what it gets and misses nothing
// because it was away for a while. Each file is one sink.
//
// It is a module of its own, so that the package depends on none of these libraries. To take one over, copy its file.
//
// What holds for all: a sink is called inside the request, after its answer, and must not wait for a server far away.
// Names and outcomes are few and make good labels; users, clients' ids and addresses do not, nor does the outcome of
// key_rotated, which is the id of a key.
package observe

import "github.com/nativeauth/nativeauth/handler"

// outcome is that of an event where it is one of few values, so that it can be a label.
func outcome(e handler.Event) string {
	if e.Name == handler.EventKeyRotated {
		return "rotated"
	}
	return e.Outcome
}
