//go:build !race

package handler_test

import (
	"io"
	"maps"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/internal/figures"
)

// T20 of the security requirements: each parameter of each endpoint is spoilt in each way, on each store. The
// short form takes some of all that.
func TestT20_NoSpoiltParameterDoesHarmOnAnyStore(t *testing.T) {
	t.Parallel()
	some := pick(31, 1)
	figures.Report(t, "T20 ways to spoil a parameter", len(spoilt("x")), "ways", figures.AtLeast(40))
	for _, kind := range benchStores {
		t.Run(kind.name, func(t *testing.T) {
			kept := kind.open(t)
			w := newPages(t, withServers, withOmni, func(c *handler.Config) { c.Users, c.State, c.Now = kept.Users, kept.State, time.Now })
			sent, failed, harmful, took := 0, 0, 0, []time.Duration{}
			before := heap()
			n := 0
			for path, methods := range w.auth.Paths() {
				if !slices.Contains(methods, "POST") {
					continue
				}
				for name, values := range allParameters() {
					for _, bad := range spoilt(values[0]) {
						if n++; n%some != 0 {
							continue
						}
						others := maps.Clone(allParameters())
						delete(others, name)
						began := time.Now()
						status, resp, body := w.spoil(path, others, name, bad)
						took = append(took, time.Since(began))
						if !harmless(t, resp, body, path+" with "+name+"="+bad[:min(40, len(bad))]) {
							harmful++
						}
						if status >= 500 {
							failed++
						}
						sent++
					}
				}
			}
			name := "T20 " + kind.name + ", "
			figures.Report(t, name+"requests with a spoilt parameter", sent, "requests", figures.AtLeast(pick(1000, 20_000)))
			figure(t, name+"answers 5xx", failed, "answers", 0)
			figure(t, name+"answers that do harm in another way", max(0, harmful-failed), "answers", 0)
			slices.Sort(took)
			if p99 := took[len(took)*99/100]; long {
				figures.Report(t, name+"p99 of the answers", float64(p99.Microseconds())/1000, "ms", figures.AtMost(50))
				figures.Report(t, name+"heap that stays in use", float64(heap()-before)/(1<<20), "MiB", figures.AtMost(32))
			}
		})
	}
}

func (w *world) spoil(path string, others url.Values, name, bad string) (status int, resp *http.Response, body []byte) {
	w.Helper()
	resp, err := http.DefaultTransport.RoundTrip(request(w.T, w.base+path, others.Encode()+"&"+name+"="+bad))
	require.NoError(w, err)
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	require.NoError(w, err)
	return resp.StatusCode, resp, body
}

// heap is what is in use once everything is collected that can be.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
