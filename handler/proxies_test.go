package handler_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/nativeauth/nativeauth/handler"
	"github.com/nativeauth/nativeauth/internal/figures"
)

// L4 and T22 of the security requirements: nobody chooses by a header where they are counted.

// spoofs are headers of a client that wants to be somebody else each time. N stands for a number.
var spoofs = [][]string{
	{"X-Forwarded-For", "203.0.113.N"},
	{"x-forwarded-for", "203.0.113.N"},
	{"X-FORWARDED-FOR", "203.0.113.N"},
	{"X_Forwarded_For", "203.0.113.N"},
	{"X-Forwarded-For", "203.0.113.N", "X-Forwarded-For", "203.0.114.N"},
	{"X-Forwarded-For", "203.0.113.N, 203.0.114.N"},
	{"X-Forwarded-For", "203.0.113.N:4711"},
	{"X-Forwarded-For", "2001:db8:N::1"},
	{"X-Forwarded-For", "[2001:db8:N::1]:4711"},
	{"X-Forwarded-For", "fe80::N%eth0"},
	{"X-Forwarded-For", "::ffff:203.0.113.N"},
	{"X-Forwarded-For", "unknown"},
	{"X-Forwarded-For", `"203.0.113.N"`},
	{"X-Forwarded-For", "for=203.0.113.N"},
	{"X-Forwarded-For", ",,, ,203.0.113.N,"},
	{"X-Forwarded-For", "127.0.0.N"},
	{"X-Forwarded-For", "203.0.113.N, 127.0.0.1"},
	{"X-Forwarded-For", "203.0.113.N" + strings.Repeat(", 127.0.0.1", 100)},
	{"Forwarded", "for=203.0.113.N"},
	{"Forwarded", `for="[2001:db8:N::1]:4711";proto=https, for=203.0.113.N`},
	{"X-Real-IP", "203.0.113.N"},
	{"X-Client-IP", "203.0.113.N"},
	{"True-Client-IP", "203.0.113.N"},
	{"CF-Connecting-IP", "203.0.113.N"},
	{"CF-Connecting-IPv6", "2001:db8:N::1"},
	{"Fastly-Client-IP", "203.0.113.N"},
	{"X-Cluster-Client-IP", "203.0.113.N"},
	{"X-Originating-IP", "203.0.113.N"},
	{"X-Remote-Addr", "203.0.113.N"},
	{"X-Forwarded", "203.0.113.N"},
	{"X-Azure-ClientIP", "203.0.113.N"},
	{"auth0-forwarded-for", "203.0.113.N"},
	{"Via", "1.1 203.0.113.N"},
}

// spoofed makes calls with the n-th version of a header, each from where it wants to be.
func (w *world) spoofed(n int, headers []string, added ...string) answer {
	w.Helper()
	r := request(w.T, w.base+"/oauth2/v2.0/initiate", form("client_id", plain, "username", casey, "challenge_type", native))
	for i := 0; i < len(headers); i += 2 {
		r.Header[headers[i]] = append(r.Header[headers[i]], strings.ReplaceAll(headers[i+1], "N", fmt.Sprint(n)))
	}
	for _, spelling := range []string{"x-forwarded-for", "X-FORWARDED-FOR"} {
		if written := r.Header[spelling]; len(added) > 0 && written != nil { // names have no case for a proxy
			delete(r.Header, spelling)
			r.Header["X-Forwarded-For"] = written
		}
	}
	for _, hop := range added { // what the proxy adds, as a header of its own or to the one that is there
		if n%2 == 0 {
			r.Header["X-Forwarded-For"] = []string{strings.Join(append(r.Header.Values("X-Forwarded-For"), hop), ", ")}
		} else {
			r.Header["X-Forwarded-For"] = append(r.Header["X-Forwarded-For"], hop)
		}
	}
	return w.send(r)
}

func TestT22_HeadersDoNotChooseTheBucket(t *testing.T) {
	const starts = 3
	var chosen int
	for name, row := range map[string]struct {
		change func(*handler.Config)
		added  []string
	}{
		"without a proxy":             {func(*handler.Config) {}, nil},
		"behind one":                  {behind, []string{near}},
		"behind two":                  {behind, []string{near, "127.0.0.9"}},
		"behind one, from a /64":      {behind, []string{"2001:db8:7:7:aaaa::1"}},
		"behind one that adds a port": {behind, []string{near + ":1234"}},
	} {
		w := newWorld(t, limited(handler.Limits{StartsPerMinute: starts, StartsPerHour: 1000}), row.change)
		w.mustEnrol(casey)
		for _, headers := range spoofs {
			w.clock.pass(time.Minute)
			for n := range starts {
				w.spoofed(n+1, headers, row.added...).ok()
			}
			if a := w.spoofed(9, headers, row.added...); !assert.Equal(t, http.StatusTooManyRequests, a.status, "%s: %v", name, headers) {
				chosen++
			}
		}
	}
	figures.Report(t, "T22 forged headers that name a client address", len(spoofs), "headers", figures.AtLeast(20))
	figure(t, fmt.Sprintf("T22 of %d forged headers, those that choose where a call is counted", len(spoofs)), chosen, "headers", 0)
}

func TestStarts_AnAddressIsCountedAsItsNetwork(t *testing.T) {
	w := newDoor(t, limited(handler.Limits{StartsPerMinute: 1}))
	for _, same := range [][]string{
		{"2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::1%eth0", "[2001:db8:1:2::9]:80"},
		{"192.0.2.7", "::ffff:192.0.2.7", "192.0.2.7:4711", "[::ffff:192.0.2.7]:80"},
		{"2001:db8:1:3::1"}, {"192.0.2.6"},
	} {
		w.knock(knocks[1], casey, same[0]).ok()
		for _, from := range same {
			w.knock(knocks[1], casey, from).tooMany()
		}
	}
}
